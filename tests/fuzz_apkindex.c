/* APKINDEX files of any bytes: as they come, as what the second member unpacks to, and as the list
 * of packages; no offer may come of it that could not stand in a Dockerfile. */
#include <stdlib.h>

#include "reader/apkindex.h"
#include "dfix/manager.h"
#include "reader/archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void walk_archive(struct str bytes)
{
    struct archive t = {.rest = bytes};
    struct archive_file f;
    struct err e;
    while (archive_next(&t, &f, &e) == ARCHIVE_FILE)
        if (f.data.n > bytes.n ||
            (f.data.n && (f.data.p < bytes.p || f.data.p + f.data.n > bytes.p + bytes.n)))
            abort();
}

static void read_list(struct str text)
{
    struct store_writer *w = store_writer_open(&manager_apk);
    struct store_meta meta = {.manager = &manager_apk,
                              .uri = S(""),
                              .suite = S(""),
                              .component = S(""),
                              .arch = S("amd64"),
                              .etag = S(""),
                              .modified = S("")};
    struct err e;
    apkindex_read(text, S("x86_64"), w, &e);
    struct store *s = store_build(w, &meta, &e);
    store_writer_close(w);
    if (!s || !store_verify(s, &e))
        abort();
    for (uint32_t i = 0; i < store_records(s); i++) {
        struct store_record r = store_record(s, i);
        if (!apk_name_valid(r.name) || (r.version.n && !apk_valid(r.version)))
            abort();
    }
    store_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct str bytes = str_dup(a, (struct str){(const char *)data, n}), rest = bytes, plain;
    struct apk_keys none = {.from = S("none")};
    struct apkindex x;
    struct err e;
    if (apkindex_open(a, bytes, &none, S("x86_64"), &x, &e))
        abort(); /* nothing is signed by no key */
    if (archive_member(a, &rest, 1 << 20, &plain, &e))
        walk_archive(plain);
    walk_archive(bytes);
    read_list(bytes);
    arena_close(a);
    return 0;
}
