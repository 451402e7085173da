/* Security databases of any bytes: sorted, and every fix has a version that can be compared. */
#include <stdlib.h>

#include "index/apk/secdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct secdb db;
    struct err e;
    if (secdb_parse(a, str_dup(a, (struct str){(const char *)data, n}), &db, &e))
        for (size_t i = 0; i < db.n; i++) {
            const struct secdb_fix *f = &db.fix[i];
            struct secdb_range r = secdb_find(&db, f->source);
            if (i < r.first || i >= r.end || !apk_name_valid(f->source) ||
                !apk_valid(f->advisory.fixed) || !f->advisory.id.n)
                abort();
        }
    arena_close(a);
    return 0;
}
