/* Reads the JSON of Alpine's security database into advisories. */
#include "index/apk/secdb.h"

#include <jansson.h>
#include <stdlib.h>

enum { FIXES_MAX = 1 << 20, ID_MAX = 64 };

typedef VEC(struct secdb_fix) fixes;

/* "CVE-2022-37434", "XSA-155", "GHSA-g3rq-g295-4j3m" */
static bool is_id(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return s.n > 0 && s.n <= ID_MAX;
}

static struct str text_of(const json_t *j)
{
    return json_is_string(j) ? (struct str){json_string_value(j), json_string_length(j)} : S("");
}

/* One string may hold several ids: "CVE-2019-17349 XSA-295". */
static void add_ids(struct arena *a, struct str source, struct str version, struct str ids,
                    fixes *out)
{
    struct str id;
    while (str_cut(&ids, ' ', &id))
        if (is_id(id) && out->n < FIXES_MAX)
            vec_push(a, out, (struct secdb_fix){source, {str_dup(a, id), version}});
}

static void add_package(struct arena *a, const json_t *pkg, fixes *out)
{
    struct str name = text_of(json_object_get(pkg, "name"));
    json_t *list = json_object_get(pkg, "secfixes"), *ids;
    const char *key;
    if (!apk_name_valid(name) || !json_is_object(list))
        return;
    name = str_dup(a, name);
    json_object_foreach(list, key, ids)
    {
        struct str version = str_dup(a, str_of(key));
        if (str_eq(version, S("0")) || !apk_valid(version))
            continue;
        for (size_t i = 0; i < json_array_size(ids); i++)
            add_ids(a, name, version, text_of(json_array_get(ids, i)), out);
    }
}

static int by_source(const void *x, const void *y)
{
    const struct secdb_fix *p = x, *q = y;
    int d = str_cmp(p->source, q->source);
    if (!d)
        d = apk_compare(p->advisory.fixed, q->advisory.fixed);
    return d ? d : str_cmp(p->advisory.id, q->advisory.id);
}

bool secdb_parse(struct arena *a, struct str text, struct secdb *out, struct err *e)
{
    json_error_t why;
    json_t *j = json_loadb(text.p, text.n, 0, &why);
    const json_t *list = json_object_get(j, "packages");
    fixes found = {0};
    *out = (struct secdb){.n = 0};
    if (!json_is_array(list)) {
        json_decref(j);
        return err_set(e, "it is not a list of advisories");
    }
    for (size_t i = 0; i < json_array_size(list); i++)
        add_package(a, json_object_get(json_array_get(list, i), "pkg"), &found);
    json_decref(j);
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_source);
    *out = (struct secdb){found.v, found.n};
    return true;
}

struct secdb_range secdb_find(const struct secdb *db, struct str source)
{
    struct bisect b = {.high = db->n};
    while (bisect_next(&b))
        bisect_take(&b, str_cmp(db->fix[b.at].source, source) < 0);
    struct secdb_range r = {b.low, b.low};
    while (r.end < db->n && str_eq(db->fix[r.end].source, source))
        r.end++;
    return r;
}
