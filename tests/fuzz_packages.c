/* Any bytes as a Packages file, in any packing and cut anywhere: it stays below its cap, does not
 * depend on where it is cut, and nothing comes out that a shell could take for a command. */
#include <stdlib.h>
#include <string.h>

#include "reader/packages.h"
#include "dfix/manager.h"
#include "reader/unpack.h"

enum { MOST = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static bool feed(void *user, struct str block, struct err *e)
{
    return packages_feed(user, block, e);
}

static struct store *compile(struct str bytes, enum packing packing, size_t step)
{
    struct store_writer *w = store_writer_open(&manager_apt);
    struct packages *p = packages_open(w);
    struct unpacker *u = unpack_open(packing, MOST, feed, p);
    const struct store_meta meta = {.manager = &manager_apt,
                                    .uri = S("http://x/y"),
                                    .suite = S("s"),
                                    .component = S("main"),
                                    .arch = S("amd64"),
                                    .etag = S(""),
                                    .modified = S("")};
    struct store *s = NULL;
    struct err e;
    bool ok = true;
    for (size_t at = 0; ok && at < bytes.n; at += step)
        ok = unpack_feed(u, str_sub(bytes, at, at + step < bytes.n ? at + step : bytes.n), &e);
    if (ok && unpack_finish(u, &e) && packages_finish(p, &e))
        s = store_build(w, &meta, &e);
    unpack_close(u);
    packages_close(p);
    store_writer_close(w);
    return s;
}

static void check_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 33 || s.p[i] > 126 || strchr("\"'`$;&|<>(){}[]*?!#\\,=", s.p[i]))
            abort();
}

static void check_store(const struct store *s)
{
    struct err e;
    if (!store_verify(s, &e))
        abort();
    for (uint32_t i = 0; i < store_records(s); i++) {
        struct store_record r = store_record(s, i);
        struct store_range run = store_find(s, r.name);
        if (i < run.first || i >= run.end)
            abort();
        check_plain(r.name);
        check_plain(r.source);
        if (deb_valid(r.version)) /* others are kept to be known as such, and never offered */
            check_plain(r.version);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 2)
        return 0;
    struct str bytes = {(const char *)data + 2, n - 2};
    enum packing packing = (enum packing)(data[0] % 5);
    struct store *whole = compile(bytes, packing, bytes.n + 1);
    struct store *cut = compile(bytes, packing, data[1] % 64 + 1u);
    if (!whole != !cut)
        abort();
    if (whole) {
        check_store(whole);
        if (store_bytes(whole) != store_bytes(cut) || store_records(whole) != store_records(cut))
            abort();
    }
    store_close(whole);
    store_close(cut);
    return 0;
}
