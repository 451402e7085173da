/* vex.c - OpenVEX 0.2.0: what others say of vulnerabilities in their products, and accepted risks
 * as such statements. */
#include <jansson.h>
#include <stdlib.h>

#include "accept/accept.h"
#include "accept/document.h"
#include "host/digest.h"
#include "host/json.h"

#define CONTEXT "https://openvex.dev/ns/v0.2.0"

/* ---- reading ---- */

struct statement {
    struct str id, status, justification, impact, moment;
    const json_t *products;
};

static struct statement statement_of(struct arena *a, const json_t *j, struct str moment)
{
    const json_t *v = json_object_get(j, "vulnerability");
    struct statement s = {.id = json_text(a, v, "name"),
                          .status = json_text(a, j, "status"),
                          .justification = json_text(a, j, "justification"),
                          .impact = json_text(a, j, "impact_statement"),
                          .moment = json_text(a, j, "last_updated"),
                          .products = json_object_get(j, "products")};

    if (!s.id.n)
        s.id = json_text_of(a, v); /* as 0.0.1 had it */
    if (!s.moment.n)
        s.moment = json_text(a, j, "timestamp");
    if (!s.moment.n)
        s.moment = moment;
    return s;
}

/* What a product is called: its identifier by a package URL, else its @id. */
static struct str product_name(struct arena *a, const json_t *product)
{
    struct str purl = json_text(a, json_object_get(product, "identifiers"), "purl");

    if (!purl.n)
        purl = json_text(a, product, "@id");
    return purl.n ? purl : json_text_of(a, product);
}

static bool share_a_product(struct arena *a, const json_t *x, const json_t *y)
{
    if (!json_array_size(x) || !json_array_size(y))
        return true;
    for (size_t i = 0; i < json_array_size(x); i++)
        for (size_t k = 0; k < json_array_size(y); k++)
            if (str_eq(product_name(a, json_array_get(x, i)),
                       product_name(a, json_array_get(y, k))))
                return true;
    return false;
}

/* A newer statement takes an older one back. */
static bool is_overruled(struct arena *a, const struct statement *v, size_t n, size_t i)
{
    for (size_t k = 0; k < n; k++) {
        int order = str_cmp(v[k].moment, v[i].moment);
        bool newer = order > 0 || (!order && k > i);
        bool open =
            str_eq(v[k].status, S("affected")) || str_eq(v[k].status, S("under_investigation"));
        if (newer && open && str_eq(v[k].id, v[i].id) &&
            share_a_product(a, v[k].products, v[i].products))
            return true;
    }
    return false;
}

static bool take_statement(struct arena *a, const struct statement *s, struct str author,
                           struct accept_list *out)
{
    struct acceptance x = accept_empty();

    if (str_eq(s->status, S("fixed")))
        x.status = s->status;
    else if (str_eq(s->status, S("not_affected")))
        x.status = s->justification.n ? s->justification : S("vulnerable_code_not_present");
    else
        return false;
    x.id = s->id;
    x.impact = s->impact;
    x.owner = author;
    x.vendor = true;
    if (!json_array_size(s->products))
        return false; /* about nothing */
    for (size_t i = 0; i < json_array_size(s->products); i++) {
        const json_t *product = json_array_get(s->products, i);
        const json_t *parts = json_object_get(product, "subcomponents");
        size_t n = json_array_size(parts);
        for (size_t k = 0; k < n + !n; k++) {
            struct str part = n ? product_name(a, json_array_get(parts, k)) : S("");
            document_add(a, out, x, product_name(a, product), part);
        }
    }
    return true;
}

bool vex_read(struct arena *a, struct str text, struct accept_list *out, struct err *e)
{
    json_t *root = json_object_of(text);
    const json_t *list = json_object_get(root, "statements");
    struct str author = json_text(a, root, "author"), moment = json_text(a, root, "timestamp");
    bool good = str_starts(json_text(a, root, "@context"), S("https://openvex.dev/ns"));
    size_t n = json_array_size(list);

    if (n > ACCEPT_MANY)
        n = ACCEPT_MANY;
    struct statement *v = arena_new(a, struct statement, n + 1);
    for (size_t i = 0; good && i < n; i++)
        v[i] = statement_of(a, json_array_get(list, i), moment);
    for (size_t i = 0; good && i < n; i++)
        if (!v[i].id.n || is_overruled(a, v, n, i) || !take_statement(a, &v[i], author, out))
            out->others++;
    out->kind = S("OpenVEX");
    json_decref(root);
    return good || err_set(e, "it is neither OpenVEX nor CSAF");
}

/* ---- writing ---- */

static json_t *statement_json(struct arena *a, const struct accept_document *d,
                              const struct acceptance *x)
{
    struct str product = document_product(a, d, x), words = document_words(a, x);
    json_t *o = json_pack("{s:{s:o},s:o}", "vulnerability", "name",
                          json_of(x->id.n ? x->id : document_any(a, x)), "products", json_array());
    json_t *p = json_pack("{s:o}", "@id", json_of(product));
    bool fixed = str_eq(x->status, S("fixed"));

    if (x->package.n)
        json_object_set_new(
            p, "subcomponents",
            json_pack("[{s:o}]", "@id", json_of(purl_of_package(a, x->package, x->version))));
    json_array_append_new(json_object_get(o, "products"), p);
    if (x->decided.n)
        json_object_set_new(o, "timestamp",
                            json_of(str_fmt(a, STR_FMT "T00:00:00Z", STR_ARG(x->decided))));
    json_object_set_new(o, "status",
                        json_string(!x->status.n ? "affected"
                                    : fixed      ? "fixed"
                                                 : "not_affected"));
    if (!x->status.n) {
        json_object_set_new(o, "action_statement", json_of(words));
        return o;
    }
    if (!fixed)
        json_object_set_new(o, "justification", json_of(x->status));
    json_object_set_new(o, "status_notes", json_of(words));
    return o;
}

struct str vex_write(struct arena *a, const struct accept_document *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->n; i++)
        json_array_append_new(list, statement_json(a, d, &d->v[i]));
    struct str body = document_text(a, list);
    struct str digest = digest_of(a, body);
    json_t *root = json_pack("{s:s,s:o,s:o,s:o,s:i,s:s,s:O}", "@context", CONTEXT, "@id",
                             json_of(str_fmt(a, "urn:dfix:vex:" STR_FMT, STR_ARG(digest))),
                             "author", json_of(d->author), "timestamp", json_of(d->moment),
                             "version", 1, "tooling", d->tool, "statements", list);
    json_decref(list);
    return document_text_of(a, root);
}
