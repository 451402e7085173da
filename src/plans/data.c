/* data.c - maps, lists and texts, as YAML, JSON and HCL have them. */
#include "plans/plans.h"

enum { MERGES = 8, MERGES_DEEP = 4 };

struct data *data_new(struct arena *a, enum data_kind kind, struct str text)
{
    struct data *d = arena_new(a, struct data, 1);

    *d = (struct data){.kind = kind, .key = S(""), .text = text};
    return d;
}

void data_put(struct data *in, struct str key, struct data *value)
{
    value->key = key;
    *(in->last ? &in->last->next : &in->first) = value;
    in->last = value;
}

static const struct data *find(const struct data *map, struct str key, unsigned deep)
{
    const struct data *found = NULL, *merged = NULL;

    if (!map || map->kind != DATA_MAP)
        return NULL;
    for (const struct data *d = map->first; d; d = d->next) {
        if (str_eq(d->key, key))
            return d;
        merged = str_eq(d->key, S("<<")) ? d : merged;
    }
    if (!merged || deep == MERGES_DEEP)
        return NULL;
    if (merged->kind == DATA_MAP)
        return find(merged, key, deep + 1);
    unsigned n = 0;
    for (const struct data *d = merged->first; d && !found && n < MERGES; d = d->next, n++)
        found = find(d, key, deep + 1);
    return found;
}

const struct data *data_at(const struct data *map, struct str key)
{
    return find(map, key, 0);
}

struct str data_text(const struct data *map, struct str key)
{
    const struct data *d = data_at(map, key);

    return d && d->kind == DATA_TEXT ? d->text : S("");
}
