/* json.h - a stranger's JSON, field by field: what is missing or of another type is empty. */
#ifndef DFIX_SERVICES_REGISTRY_JSON_H
#define DFIX_SERVICES_REGISTRY_JSON_H

#include <jansson.h>

#include "dfix/base.h"

/* NULL: not JSON, or not an object. json_decref is the caller's. */
static inline json_t *json_object_of(struct str text)
{
    json_t *j = json_loadb(text.p, text.n, 0, NULL);
    if (j && json_is_object(j))
        return j;
    json_decref(j);
    return NULL;
}

static inline struct str json_text_of(struct arena *a, const json_t *j)
{
    if (!json_is_string(j) || !json_string_length(j))
        return S("");
    return str_dup(a, (struct str){json_string_value(j), json_string_length(j)});
}

static inline struct str json_text(struct arena *a, const json_t *object, const char *key)
{
    return json_text_of(a, json_object_get(object, key));
}

/* The strings of an array; at most `max`. */
static inline size_t json_texts(struct arena *a, const json_t *array, size_t max,
                                const struct str **out)
{
    size_t n = json_array_size(array), kept = 0;
    if (n > max)
        n = max;
    struct str *v = arena_new(a, struct str, n + 1);
    for (size_t i = 0; i < n; i++)
        if (json_is_string(json_array_get(array, i)))
            v[kept++] = json_text_of(a, json_array_get(array, i));
    *out = v;
    return kept;
}

static inline json_t *json_of(struct str s)
{
    return json_stringn(s.p, s.n); /* NULL when it is not UTF-8; a set of NULL is left out */
}

#endif
