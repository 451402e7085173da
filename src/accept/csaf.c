/* csaf.c - CSAF 2.0 (OASIS), the VEX profile: what others say of vulnerabilities in their products,
 * and accepted risks as such a document. */
#include <jansson.h>

#include "accept/accept.h"
#include "accept/document.h"
#include "host/digest.h"
#include "host/json.h"

/* ---- reading: products by their numbers ---- */

struct product {
    struct str id, name; /* name: its package URL where it has one */
    struct str part;     /* of a component in a product: the component's */
};
struct products {
    struct arena *arena;
    VEC(struct product) v;
};
enum { DEEP = 32 };

static void add_product(struct products *p, const json_t *full)
{
    struct str id = json_text(p->arena, full, "product_id");
    struct str name =
        json_text(p->arena, json_object_get(full, "product_identification_helper"), "purl");

    if (!name.n)
        name = json_text(p->arena, full, "name");
    if (id.n && p->v.n < ACCEPT_MANY)
        vec_push(p->arena, &p->v, (struct product){id, name, S("")});
}

static void add_branches(struct products *p, const json_t *list, unsigned deep)
{
    for (size_t i = 0; deep < DEEP && i < json_array_size(list); i++) {
        const json_t *branch = json_array_get(list, i);
        add_product(p, json_object_get(branch, "product"));
        add_branches(p, json_object_get(branch, "branches"), deep + 1);
    }
}

static const struct product *product_of(const struct products *p, struct str id)
{
    for (size_t i = 0; id.n && i < p->v.n; i++)
        if (str_eq(p->v.v[i].id, id))
            return &p->v.v[i];
    return NULL;
}

static void add_relationships(struct products *p, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const struct product *part = product_of(p, json_text(p->arena, one, "product_reference"));
        const struct product *whole =
            product_of(p, json_text(p->arena, one, "relates_to_product_reference"));
        struct str id =
            json_text(p->arena, json_object_get(one, "full_product_name"), "product_id");
        if (part && whole && id.n && p->v.n < ACCEPT_MANY)
            vec_push(p->arena, &p->v, (struct product){id, whole->name, part->name});
    }
}

static struct products products_read(struct arena *a, const json_t *tree)
{
    struct products p = {.arena = a};
    const json_t *names = json_object_get(tree, "full_product_names");

    for (size_t i = 0; i < json_array_size(names); i++)
        add_product(&p, json_array_get(names, i));
    add_branches(&p, json_object_get(tree, "branches"), 0);
    add_relationships(&p, json_object_get(tree, "relationships"));
    return p;
}

/* ---- reading: what is said of each ---- */

/* Of a list whose entries name products: the one for this product. */
static const json_t *entry_for(struct arena *a, const json_t *list, struct str id,
                               const char *category)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i), *ids = json_object_get(one, "product_ids");
        if (category && !str_eq(json_text(a, one, "category"), str_of(category)))
            continue;
        for (size_t k = 0; k < json_array_size(ids); k++)
            if (str_eq(json_text_of(a, json_array_get(ids, k)), id))
                return one;
    }
    return NULL;
}

static void take_status(struct arena *a, const struct products *p, const json_t *vulnerability,
                        const char *which, struct acceptance x, struct accept_list *out)
{
    const json_t *ids = json_object_get(json_object_get(vulnerability, "product_status"), which);

    for (size_t i = 0; i < json_array_size(ids); i++) {
        struct str id = json_text_of(a, json_array_get(ids, i));
        const struct product *product = product_of(p, id);
        const json_t *flag = entry_for(a, json_object_get(vulnerability, "flags"), id, NULL);
        const json_t *threat =
            entry_for(a, json_object_get(vulnerability, "threats"), id, "impact");
        struct acceptance one = x;
        if (!product) {
            out->others++;
            continue;
        }
        if (!str_eq(x.status, S("fixed")) && flag)
            one.status = json_text(a, flag, "label");
        one.impact = json_text(a, threat, "details");
        document_add(a, out, one, product->name, product->part);
    }
}

static void take_vulnerability(struct arena *a, const struct products *p, const json_t *j,
                               struct str publisher, struct accept_list *out)
{
    static const char *const fixed[] = {"fixed", "first_fixed"};
    struct acceptance x = accept_empty();

    x.id = json_text(a, j, "cve");
    if (!x.id.n)
        x.id = json_text(a, json_array_get(json_object_get(j, "ids"), 0), "text");
    x.owner = publisher;
    x.vendor = true;
    if (!x.id.n) {
        out->others++;
        return;
    }
    x.status = S("vulnerable_code_not_present");
    take_status(a, p, j, "known_not_affected", x, out);
    x.status = S("fixed");
    for (size_t i = 0; i < 2; i++)
        take_status(a, p, j, fixed[i], x, out);
    const json_t *status = json_object_get(j, "product_status");
    out->others += json_array_size(json_object_get(status, "known_affected")) +
                   json_array_size(json_object_get(status, "under_investigation"));
}

bool csaf_read(struct arena *a, struct str text, struct accept_list *out, struct err *e)
{
    json_t *root = json_object_of(text);
    const json_t *document = json_object_get(root, "document");
    const json_t *list = json_object_get(root, "vulnerabilities");
    struct str publisher = json_text(a, json_object_get(document, "publisher"), "name");
    bool good = str_starts(json_text(a, document, "csaf_version"), S("2."));
    struct products p = products_read(a, json_object_get(root, "product_tree"));

    for (size_t i = 0; good && i < json_array_size(list); i++)
        take_vulnerability(a, &p, json_array_get(list, i), publisher, out);
    out->kind = S("CSAF");
    json_decref(root);
    return good || err_set(e, "it is neither OpenVEX nor CSAF");
}

/* ---- writing ---- */

struct writing {
    struct arena *arena;
    const struct accept_document *document;
    json_t *names, *relations;
    VEC(struct str) known; /* product ids */
};

static struct str id_of(struct writing *w, struct str name, json_t *helper)
{
    struct str id = str_fmt(w->arena, "P-" STR_FMT, STR_ARG(name));

    for (size_t i = 0; i < w->known.n; i++)
        if (str_eq(w->known.v[i], id)) {
            json_decref(helper);
            return id;
        }
    vec_push(w->arena, &w->known, id);
    json_t *o = json_pack("{s:o,s:o}", "name", json_of(name), "product_id", json_of(id));
    if (helper)
        json_object_set_new(o, "product_identification_helper", helper);
    json_array_append_new(w->names, o);
    return id;
}

static json_t *helper_of(struct str purl)
{
    return str_starts(purl, S("pkg:")) ? json_pack("{s:o}", "purl", json_of(purl)) : NULL;
}

/* The product, or the package as a part of it. */
static struct str product_id(struct writing *w, const struct acceptance *x)
{
    struct arena *a = w->arena;
    struct str whole = document_product(a, w->document, x), part;
    struct str whole_id = id_of(w, whole, helper_of(whole));

    if (!x->package.n)
        return whole_id;
    part = purl_of_package(a, x->package, x->version);
    struct str part_id = id_of(w, part, helper_of(part));
    struct str id = str_fmt(a, STR_FMT " in " STR_FMT, STR_ARG(part_id), STR_ARG(whole));
    for (size_t i = 0; i < w->known.n; i++)
        if (str_eq(w->known.v[i], id))
            return id;
    vec_push(a, &w->known, id);
    json_array_append_new(
        w->relations,
        json_pack("{s:s,s:{s:o,s:o},s:o,s:o}", "category", "default_component_of",
                  "full_product_name", "name",
                  json_of(str_fmt(a, STR_FMT " in " STR_FMT, STR_ARG(x->package), STR_ARG(whole))),
                  "product_id", json_of(id), "product_reference", json_of(part_id),
                  "relates_to_product_reference", json_of(whole_id)));
    return id;
}

static bool is_cve(struct str id)
{
    struct str rest = id.n > 8 ? str_from(id, 4) : S("");
    bool good = str_starts(id, S("CVE-")) && rest.n >= 9 && rest.p[4] == '-';

    for (size_t i = 0; good && i < rest.n; i++)
        good = i == 4 || (rest.p[i] >= '0' && rest.p[i] <= '9');
    return good;
}

static json_t *vulnerability_json(struct writing *w, const struct acceptance *x)
{
    struct arena *a = w->arena;
    struct str id = product_id(w, x), words = document_words(a, x);
    bool fixed = str_eq(x->status, S("fixed"));
    const char *status = !x->status.n ? "known_affected" : fixed ? "fixed" : "known_not_affected";
    json_t *o = json_pack("{s:[{s:s,s:o}],s:{s:[o]}}", "notes", "category", "details", "text",
                          json_of(words), "product_status", status, json_of(id));

    if (is_cve(x->id))
        json_object_set_new(o, "cve", json_of(x->id));
    else
        json_object_set_new(o, "ids",
                            json_pack("[{s:s,s:o}]", "system_name", x->id.n ? "OSV" : "dfix",
                                      "text", json_of(x->id.n ? x->id : document_any(a, x))));
    if (!x->status.n)
        json_object_set_new(o, "remediations",
                            json_pack("[{s:s,s:o,s:[o]}]", "category", "no_fix_planned", "details",
                                      json_of(words), "product_ids", json_of(id)));
    else if (!fixed)
        json_object_set_new(
            o, "flags",
            json_pack("[{s:o,s:[o]}]", "label", json_of(x->status), "product_ids", json_of(id)));
    return o;
}

static json_t *document_json(struct arena *a, const struct accept_document *d, struct str digest)
{
    struct str title = str_fmt(a, "Accepted risks of " STR_FMT, STR_ARG(d->product));
    struct str id = str_fmt(a, "dfix-" STR_FMT, STR_ARG(str_from(digest, digest.n - 16)));

    return json_pack(
        "{s:s,s:s,s:o,s:{s:s,s:o,s:s},s:{s:o,s:o,s:o,s:s,s:s,s:[{s:o,s:s,s:s}],s:{s:{s:s}}}}",
        "category", "csaf_vex", "csaf_version", "2.0", "title", json_of(title), "publisher",
        "category", "user", "name", json_of(d->author), "namespace", "urn:dfix:owners", "tracking",
        "id", json_of(id), "current_release_date", json_of(d->moment), "initial_release_date",
        json_of(d->moment), "status", "final", "version", "1", "revision_history", "date",
        json_of(d->moment), "number", "1", "summary", "As it stands now", "generator", "engine",
        "name", d->tool);
}

struct str csaf_write(struct arena *a, const struct accept_document *d)
{
    struct writing w = {
        .arena = a, .document = d, .names = json_array(), .relations = json_array()};
    json_t *list = json_array(), *tree;

    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(list, vulnerability_json(&w, &d->v[i]));
    tree = json_pack("{s:o}", "full_product_names", w.names);
    if (json_array_size(w.relations))
        json_object_set(tree, "relationships", w.relations);
    json_decref(w.relations);
    struct str digest = digest_of(a, document_text(a, list));
    return document_text_of(a, json_pack("{s:o,s:o,s:o}", "document", document_json(a, d, digest),
                                         "product_tree", tree, "vulnerabilities", list));
}
