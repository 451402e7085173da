/* import.c - ignore files of other tools as accepted risks. None of them knows an owner, and few an
 * end: what is missing is left out, and is a finding until somebody fills it in. */
#include "accept/accept.h"

#include "accept/purl.h"
#include "config/toml_tree.h"
#include "config/yaml_tree.h"
#include "dfix/date.h"

static const struct yaml_node *get(const struct yaml_node *map, const char *key)
{
    return map && map->kind == YAML_MAP ? toml_get(map, key) : NULL;
}

static struct str text_of(const struct yaml_node *n)
{
    return n && n->kind == YAML_TEXT && !yaml_is_empty(n) ? str_trim(n->text) : S("");
}

/* The day of "2026-01-31", "2026-01-31T00:00:00Z"; "" for what is none. */
static struct str day_of(struct str moment)
{
    struct str day = moment.n >= 10 ? str_sub(moment, 0, 10) : S("");
    bool alone = moment.n == 10 || (moment.n > 10 && strchr("T t", moment.p[10]));

    return alone && date_is_valid(day) ? day : S("");
}

/* As names of anything are: what is not could not be written down again. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return false;
    return true;
}

static void add(struct arena *a, struct accept_list *out, const struct acceptance *x)
{
    bool plain = is_plain(x->id) && is_plain(x->package) && is_plain(x->version) &&
                 is_plain(x->where) && str_chr(x->reason, 0) == STR_NONE;
    if (plain && (x->id.n || x->package.n) && out->v.n < ACCEPT_MANY)
        vec_push(a, &out->v, *x);
    else
        out->others++;
}

/* ---- trivy: .trivyignore: "CVE-2024-1234 exp:2026-01-31", comments behind `#` ---- */

static bool is_vulnerability(struct str id)
{
    static const char *const fronts[] = {"CVE-",  "GHSA-", "DSA-",  "DLA-",   "USN-",     "ALAS",
                                         "RHSA-", "OSV-",  "GO-",   "PYSEC-", "RUSTSEC-", "SNYK-",
                                         "TEMP-", "ELSA-", "SUSE-", "NSWG-",  "MAL-",     "DTSA-"};

    for (size_t i = 0; i < sizeof(fronts) / sizeof(fronts[0]); i++)
        if (str_starts(id, str_of(fronts[i])))
            return true;
    return false;
}

/* A comment that stands alone is the reason of what follows it directly. */
static void trivy_lines(struct arena *a, struct str text, struct accept_list *out)
{
    struct str line, above = S("");

    out->kind = S("trivy");
    while (text.n && str_cut(&text, '\n', &line)) {
        struct acceptance x = accept_empty();
        struct str word, rest = str_trim(line);
        ptrdiff_t comment = str_chr(rest, '#');
        if (!rest.n || comment == 0) {
            above = rest.n ? str_trim(str_from(rest, 1)) : S("");
            continue;
        }
        x.reason = comment == STR_NONE ? above : str_trim(str_from(rest, (size_t)comment + 1));
        rest = comment == STR_NONE ? rest : str_sub(rest, 0, (size_t)comment);
        if (!word_next(&rest, &x.id) || !is_vulnerability(x.id)) {
            out->others++;
            continue;
        }
        while (word_next(&rest, &word))
            if (str_starts(word, S("exp:")))
                x.expires = day_of(str_from(word, 4));
        add(a, out, &x);
    }
}

/* ---- lists of texts in an entry: an acceptance for each of them ---- */

static size_t each_of(const struct yaml_node *n, const struct yaml_node *const **v)
{
    static const struct yaml_node *const none[] = {NULL};

    *v = none;
    if (n && n->kind == YAML_LIST && n->n) {
        *v = (const struct yaml_node *const *)n->item;
        return n->n;
    }
    return 1;
}

/* ---- trivy: .trivyignore.yaml ---- */

static void trivy_tree(struct arena *a, const struct yaml_node *root, struct accept_list *out)
{
    static const char *const others[] = {"misconfigurations", "secrets", "licenses"};
    const struct yaml_node *list = get(root, "vulnerabilities");

    out->kind = S("trivy");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        const struct yaml_node *other = get(root, others[i]);
        out->others += other && other->kind == YAML_LIST ? other->n : 0;
    }
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        const struct yaml_node *one = list->item[i], *const * path, *const * purl;
        size_t npath = each_of(get(one, "paths"), &path);
        size_t npurl = each_of(get(one, "purls"), &purl);
        for (size_t k = 0; k < npath * npurl; k++) {
            struct acceptance x = accept_empty();
            struct purl of;
            x.id = text_of(get(one, "id"));
            if (purl_parse(a, text_of(purl[k % npurl]), &of)) {
                x.package = of.name;
                x.version = of.version;
            }
            x.where = text_of(path[k / npurl]);
            x.reason = text_of(get(one, "statement"));
            x.expires = day_of(text_of(get(one, "expired_at")));
            add(a, out, &x);
        }
    }
}

/* ---- grype: .grype.yaml ---- */

static const char *const justified[] = {
    "component_not_present", "vulnerable_code_not_present", "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary", "inline_mitigations_already_exist"};

static struct str status_of(struct str vex, struct str justification)
{
    if (str_eq(vex, S("fixed")))
        return vex;
    for (size_t i = 0; i < sizeof(justified) / sizeof(justified[0]); i++)
        if (str_eq(vex, S("not_affected")) && str_eq(justification, str_of(justified[i])))
            return justification;
    return S("");
}

/* A rule that leaves out by what is or is not fixed speaks of no risk that anybody could take. */
static void grype_tree(struct arena *a, const struct yaml_node *root, struct accept_list *out)
{
    const struct yaml_node *list = get(root, "ignore");

    out->kind = S("grype");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        const struct yaml_node *one = list->item[i], *package = get(one, "package");
        struct acceptance x = accept_empty();
        bool by_state = text_of(get(one, "fix-state")).n > 0;
        struct str vex = text_of(get(one, "vex-status"));
        x.id = text_of(get(one, "vulnerability"));
        x.package = text_of(get(package, "name"));
        x.version = text_of(get(package, "version"));
        x.where = text_of(get(package, "location"));
        x.reason = text_of(get(one, "reason"));
        x.status = status_of(vex, text_of(get(one, "vex-justification")));
        if (by_state || (vex.n && !x.status.n))
            out->others++;
        else
            add(a, out, &x);
    }
}

/* ---- osv-scanner.toml ---- */

static void osv_tree(struct arena *a, const struct yaml_node *root, struct accept_list *out)
{
    const struct yaml_node *list = get(root, "IgnoredVulns");
    const struct yaml_node *packages = get(root, "PackageOverrides");

    out->kind = S("osv-scanner");
    for (size_t i = 0; list && list->kind == YAML_LIST && i < list->n; i++) {
        struct acceptance x = accept_empty();
        x.id = text_of(get(list->item[i], "id"));
        x.reason = text_of(get(list->item[i], "reason"));
        x.expires = day_of(text_of(get(list->item[i], "ignoreUntil")));
        add(a, out, &x);
    }
    for (size_t i = 0; packages && packages->kind == YAML_LIST && i < packages->n; i++) {
        const struct yaml_node *one = packages->item[i];
        struct acceptance x = accept_empty();
        bool whole = str_eq(text_of(get(one, "ignore")), S("true")) ||
                     str_eq(text_of(get(get(one, "vulnerability"), "ignore")), S("true"));
        x.package = text_of(get(one, "name"));
        x.version = text_of(get(one, "version"));
        x.reason = text_of(get(one, "reason"));
        x.expires = day_of(text_of(get(one, "effectiveUntil")));
        if (whole)
            add(a, out, &x);
        else
            out->others++;
    }
}

/* ---- Snyk: .snyk ---- */

/* {ID: [{'path > to > package': {reason, expires, created}}]} */
static void snyk_tree(struct arena *a, const struct yaml_node *root, struct accept_list *out)
{
    const struct yaml_node *map = get(root, "ignore");

    out->kind = S("Snyk");
    for (size_t i = 0; map && map->kind == YAML_MAP && i < map->n; i++) {
        const struct yaml_node *list = map->pair[i].value;
        for (size_t k = 0; list->kind == YAML_LIST && k < list->n; k++) {
            const struct yaml_node *paths = list->item[k];
            for (size_t p = 0; paths->kind == YAML_MAP && p < paths->n; p++) {
                struct str path = paths->pair[p].key->text;
                ptrdiff_t last = str_rchr(path, '>');
                struct acceptance x = accept_empty();
                x.id = map->pair[i].key->text;
                x.package = last == STR_NONE ? S("") : str_trim(str_from(path, (size_t)last + 1));
                x.reason = text_of(get(paths->pair[p].value, "reason"));
                x.expires = day_of(text_of(get(paths->pair[p].value, "expires")));
                x.decided = day_of(text_of(get(paths->pair[p].value, "created")));
                add(a, out, &x);
            }
        }
    }
}

/* ---- which it is ---- */

static bool import_tree(struct arena *a, const char *name, const struct yaml_node *root,
                        struct accept_list *out, struct err *e)
{
    const struct yaml_node *ignore = get(root, "ignore");

    if (get(root, "IgnoredVulns") || get(root, "PackageOverrides"))
        osv_tree(a, root, out);
    else if (ignore && ignore->kind == YAML_MAP)
        snyk_tree(a, root, out);
    else if (ignore && ignore->kind == YAML_LIST)
        grype_tree(a, root, out);
    else if (get(root, "vulnerabilities"))
        trivy_tree(a, root, out);
    else
        return err_set(e,
                       "%s is no ignore file of trivy, grype, osv-scanner or Snyk, and neither "
                       "OpenVEX nor CSAF",
                       name);
    return true;
}

static bool import_json(struct arena *a, const char *name, struct str text, struct accept_list *out,
                        struct err *e)
{
    struct err why;

    if (vex_read(a, text, out, &why) || csaf_read(a, text, out, &why))
        return true;
    return err_set(e, "%s: %s", name, why.text);
}

bool accept_import(struct arena *a, const char *name, struct str text, struct accept_list *out,
                   struct err *e)
{
    struct str base = path_basename(str_of(name));
    struct yaml_node *root = NULL;
    bool toml = str_ends(base, S(".toml"));

    *out = (struct accept_list){.kind = S("")};
    if (str_starts(str_trim(text), S("{")))
        return import_json(a, name, text, out, e);
    if (str_find(base, S("trivyignore")) != STR_NONE && !str_ends(base, S(".yaml")) &&
        !str_ends(base, S(".yml"))) {
        trivy_lines(a, text, out);
        return true;
    }
    if (!(toml ? toml_parse : yaml_parse)(a, name, text, &root, e))
        return false;
    return import_tree(a, name, root, out, e);
}
