/* sums.c - what is open, counted by who has it, what it is built on, what would close it, and how
 * long it has been so. */
#include <stdlib.h>

#include "faces/report/report_face.h"

struct key {
    struct str name;
    const struct open_entry *entry;
};

static int by_name(const void *x, const void *y)
{
    return str_cmp(((const struct key *)x)->name, ((const struct key *)y)->name);
}

/* The worst first, then the most. */
static int by_count(const void *x, const void *y)
{
    const struct sum *a = x, *b = y;

    for (int g = 0; g < GRADES; g++)
        if (a->count[g] != b->count[g])
            return a->count[g] > b->count[g] ? -1 : 1;
    if (a->all != b->all)
        return a->all > b->all ? -1 : 1;
    return str_cmp(a->name, b->name);
}

static int by_all(const void *x, const void *y)
{
    const struct sum *a = x, *b = y;

    if (a->all != b->all)
        return a->all > b->all ? -1 : 1;
    return by_count(x, y);
}

static struct str name_of(const struct open_entry *x, enum sum_by by)
{
    switch (by) {
    case BY_OWNER:
        return x->owners.n ? x->owners : S("nobody");
    case BY_BASE:
        return x->image.n ? x->image : S("not known");
    case BY_FIX:
        break;
    }
    return x->fix;
}

static void count(struct sum *s, const struct open_entry *x)
{
    s->all++;
    if (x->risk)
        s->count[x->grade]++;
    else
        s->findings++;
}

struct sums report_sums(const struct report_data *d, enum sum_by by)
{
    struct key *key = arena_new(d->arena, struct key, d->entry.n + 1);
    struct sums out = {.v = arena_new(d->arena, struct sum, d->entry.n + 1)};
    size_t n = 0;

    for (size_t i = 0; i < d->entry.n; i++) {
        struct str name = name_of(&d->entry.v[i], by);
        if (name.n)
            key[n++] = (struct key){name, &d->entry.v[i]};
    }
    qsort(key, n, sizeof(*key), by_name);
    for (size_t i = 0; i < n; i++) {
        if (!i || !str_eq(key[i - 1].name, key[i].name))
            out.v[out.n++] = (struct sum){.name = key[i].name};
        count(&out.v[out.n - 1], key[i].entry);
    }
    qsort(out.v, out.n, sizeof(*out.v), by == BY_FIX ? by_all : by_count);
    return out;
}

struct ages report_ages(const struct report_data *d)
{
    static const int64_t ends[] = {7, 30, 90};
    struct ages out = {.name = {"7 days", "30 days", "90 days", "more", "not known"}};

    for (size_t i = 0; i < d->entry.n; i++) {
        const struct open_entry *x = &d->entry.v[i];
        int at = 0;
        if (!x->risk)
            continue;
        while (at < 3 && x->age > ends[at])
            at++;
        out.count[x->grade][x->age < 0 ? AGES - 1 : at]++;
    }
    return out;
}
