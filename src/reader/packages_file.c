/* packages_file.c - a Packages file that was signed for becomes a store: unpacked, hashed and read
 * in one pass. */
#include "reader/packages_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "dfix/manager.h"
#include "reader/packages.h"
#include "reader/sum.h"
#include "reader/unpack.h"

enum { READ = 128 * 1024, SHA256_SIZE = 32 };

struct work {
    const struct packages_file *file;
    struct packages *packages;
    struct sum sum;
    uint64_t packed, plain;
};

static bool take_plain(void *user, struct str block, struct err *e)
{
    struct work *w = user;
    w->plain += block.n;
    if (!w->file->sum_of_packed)
        sum_add(&w->sum, block);
    return packages_feed(w->packages, block, e);
}

static bool read_through(struct work *w, struct unpacker *u, struct err *e)
{
    static char block[READ];
    bool ok = true;
    for (ssize_t n; ok && (n = read(w->file->fd, block, sizeof block)) != 0;) {
        if (n < 0) {
            ok = errno == EINTR || err_set(e, "cannot be read: %s", strerror(errno));
            continue;
        }
        struct str part = {block, (size_t)n};
        w->packed += part.n;
        if (w->file->sum_of_packed) { /* longer than signed for: no need to read on */
            ok = w->packed <= w->file->size || err_set(e, "it is larger than its signed size");
            sum_add(&w->sum, part);
        }
        ok = ok && unpack_feed(u, part, e);
    }
    return ok && unpack_finish(u, e);
}

static bool is_signed_for(struct work *w, struct err *e)
{
    const struct packages_file *f = w->file;
    uint8_t sum[SUM_MAX];
    uint64_t size = f->sum_of_packed ? w->packed : w->plain;
    if (size != f->size)
        return err_set(e, "it has %llu bytes, but its signed size is %llu",
                       (unsigned long long)size, (unsigned long long)f->size);
    if (sum_end(&w->sum, sum) != SHA256_SIZE || memcmp(sum, f->sha256, SHA256_SIZE) != 0)
        return err_set(e, "its SHA-256 differs from the signed one; it was damaged or tampered "
                          "with, or the mirror is being updated");
    return true;
}

struct store *packages_file_compile(const struct packages_file *f, const struct store_meta *meta,
                                    struct err *e)
{
    struct work w = {.file = f};
    struct store_writer *writer = store_writer_open(&manager_apt);
    struct unpacker *u = unpack_open(f->packing, f->most, take_plain, &w);
    uint8_t rest[SUM_MAX];
    w.packages = packages_open(writer);
    sum_begin(&w.sum, "sha256");
    bool ok = read_through(&w, u, e) && is_signed_for(&w, e) && packages_finish(w.packages, e);
    struct store *s = ok ? store_build(writer, meta, e) : NULL;
    sum_end(&w.sum, rest);
    unpack_close(u);
    packages_close(w.packages);
    store_writer_close(writer);
    return s;
}
