/* Names that begin so. A store has them by hash and not in order: all of one architecture's are
 * looked through, which takes a millisecond or two. */
#include <stdlib.h>

#include "index/store/store.h"

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

struct name_list store_names(struct arena *a, const struct store_part *part, size_t n,
                             struct str prefix)
{
    struct arena *scratch = arena_open();
    VEC(struct str) found = {0};
    struct name_list out = {0};
    struct str arch = S("");

    for (size_t i = 0; i < n; i++) {
        const struct store *s = part[i].store;
        const struct store_meta meta = store_meta(s);
        if (!i)
            arch = meta.arch;
        for (uint32_t k = 0; str_eq(meta.arch, arch) && k < store_records(s); k++) {
            struct str name = store_record(s, k).name;
            if (str_starts(name, prefix) && (!found.n || !str_eq(found.v[found.n - 1], name)))
                vec_push(scratch, &found, name);
        }
    }
    if (found.n)
        qsort(found.v, found.n, sizeof(*found.v), by_bytes);
    struct str *v = arena_new(a, struct str, NAMES_MOST);
    for (size_t i = 0; i < found.n && out.n < NAMES_MOST; i++)
        if (!i || !str_eq(found.v[i], found.v[i - 1]))
            v[out.n++] = str_dup(a, found.v[i]);
    out.v = v;
    arena_close(scratch);
    return out;
}
