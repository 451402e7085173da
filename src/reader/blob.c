/* Reads a layer's bytes, or those of an archive in memory: hashes them as they come, inflates them
 * as they are asked for. */
#include "reader/blob.h"

#include "host/digest.h"
#include "reader/sum.h"

#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { IN = 256 * 1024, OUT = 256 * 1024, XZ_MEMORY = 256 << 20 };

/* What a small blob may blow up to. */
static const uint64_t inflated_max = (uint64_t)16 << 30;

enum packing { PACKING_UNKNOWN, PACKING_PLAIN, PACKING_GZIP, PACKING_ZSTD, PACKING_XZ };

struct blob {
    const char *what; /* for people: "a layer" */
    int fd;           /* -1: `bytes` */
    struct str bytes; /* those that are left */
    enum packing packing;
    struct str digest; /* wanted; "" any */
    struct sum sum;
    uint64_t size, taken; /* compressed */
    uint64_t own,
        *left; /* inflated bytes that may still come: bounds of its own, or the caller's */
    z_stream gzip;
    ZSTD_DStream *zstd;
    lzma_stream xz;
    bool in_end;     /* the file was read to its end */
    bool member_end; /* between two gzip members or zstd frames */
    bool end;
    size_t in_at, in_n;
    size_t out_at, out_n;
    unsigned char in[IN];
    char out[OUT];
};

/* The two buffers need no zeros. */
static struct blob *blob_new(int fd, struct str bytes, const char *what)
{
    struct blob *b = malloc(sizeof *b);
    if (!b)
        abort();
    memset(b, 0, offsetof(struct blob, in));
    b->what = what;
    b->fd = fd;
    b->bytes = bytes;
    b->own = inflated_max;
    b->left = &b->own;
    b->digest = S("");
    return b;
}

struct blob *blob_open_bytes(struct str bytes, const char *what)
{
    return blob_new(-1, bytes, what);
}

const char *blob_what(const struct blob *b)
{
    return b->what;
}

struct blob *blob_open(int file, struct str digest, uint64_t size, struct err *e)
{
    int fd = fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0 || (digest.n && !digest_valid(digest))) {
        err_set(e, "a layer cannot be read: %s", fd < 0 ? strerror(errno) : "not a file");
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct blob *b = blob_new(fd, S(""), "a layer");
    b->size = size;
    b->digest = digest;
    if (digest.n)
        sum_begin(&b->sum, str_starts(digest, S("sha256:")) ? "sha256" : "sha512");
    return b;
}

void blob_limit(struct blob *b, uint64_t *left)
{
    b->left = left;
}

void blob_close(struct blob *b)
{
    if (!b)
        return;
    if (b->packing == PACKING_GZIP)
        inflateEnd(&b->gzip);
    if (b->packing == PACKING_XZ)
        lzma_end(&b->xz);
    ZSTD_freeDStream(b->zstd);
    sum_end(&b->sum, (uint8_t[SUM_MAX]){0});
    if (b->fd >= 0)
        close(b->fd);
    free(b);
}

/* As many compressed bytes as there is room for; 0 at their end. */
static ssize_t take(struct blob *b, unsigned char *to, size_t room)
{
    if (b->fd >= 0)
        return read(b->fd, to, room);
    size_t n = b->bytes.n < room ? b->bytes.n : room;
    if (n)
        memcpy(to, b->bytes.p, n);
    b->bytes = str_from(b->bytes, n);
    return (ssize_t)n;
}

/* More compressed bytes, behind those that are still there. */
static bool refill(struct blob *b, struct err *e)
{
    memmove(b->in, b->in + b->in_at, b->in_n - b->in_at);
    b->in_n -= b->in_at;
    b->in_at = 0;
    while (b->in_n < IN && !b->in_end) {
        ssize_t n = take(b, b->in + b->in_n, IN - b->in_n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, "%s cannot be read: %s", b->what, strerror(errno));
        b->in_end = n == 0;
        sum_add(&b->sum, (struct str){(const char *)b->in + b->in_n, (size_t)n});
        b->in_n += (size_t)n;
        b->taken += (size_t)n;
    }
    if (b->digest.n && b->taken > b->size)
        return err_set(e, "%s is longer than its manifest says", b->what);
    return true;
}

static bool begin(struct blob *b, struct err *e)
{
    static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd},
                               xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};
    if (!refill(b, e))
        return false;
    b->packing = PACKING_PLAIN;
    if (b->in_n >= sizeof gzip && memcmp(b->in, gzip, sizeof gzip) == 0) {
        if (inflateInit2(&b->gzip, 15 + 16) != Z_OK)
            abort();
        b->packing = PACKING_GZIP;
    } else if (b->in_n >= 4 &&
               (memcmp(b->in, zstd, sizeof zstd) == 0 ||
                /* a skippable frame, as eStargz's zstd has first */
                ((b->in[0] & 0xf0) == 0x50 && memcmp(b->in + 1, "\x2a\x4d\x18", 3) == 0))) {
        b->zstd = ZSTD_createDStream();
        if (!b->zstd)
            abort();
        b->packing = PACKING_ZSTD;
    } else if (b->in_n >= sizeof xz && memcmp(b->in, xz, sizeof xz) == 0) {
        if (lzma_stream_decoder(&b->xz, XZ_MEMORY, LZMA_CONCATENATED) != LZMA_OK)
            abort();
        b->packing = PACKING_XZ;
    }
    return true;
}

/* Between two members: only a further member or zeros may follow. */
static bool next_member(struct blob *b, struct err *e)
{
    while (b->in_at < b->in_n && b->in[b->in_at] == 0)
        b->in_at++;
    if (b->in_at == b->in_n)
        return true;
    if (b->in[b->in_at] != 0x1f)
        return err_set(e, "%s has other data after its gzip data", b->what);
    inflateReset(&b->gzip);
    b->member_end = false;
    return true;
}

static bool inflate_gzip(struct blob *b, struct err *e)
{
    if (b->member_end && (!next_member(b, e) || b->member_end))
        return b->member_end;
    b->gzip.next_in = b->in + b->in_at;
    b->gzip.avail_in = (uInt)(b->in_n - b->in_at);
    b->gzip.next_out = (unsigned char *)b->out;
    b->gzip.avail_out = OUT;
    int rc = inflate(&b->gzip, Z_NO_FLUSH);
    b->in_at = b->in_n - b->gzip.avail_in;
    b->out_n = OUT - b->gzip.avail_out;
    b->member_end = rc == Z_STREAM_END;
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return err_set(e, "%s's gzip data is damaged", b->what);
    return true;
}

static bool inflate_zstd(struct blob *b, struct err *e)
{
    ZSTD_inBuffer in = {b->in, b->in_n, b->in_at};
    ZSTD_outBuffer out = {b->out, OUT, 0};
    size_t rc = ZSTD_decompressStream(b->zstd, &out, &in);
    b->in_at = in.pos;
    b->out_n = out.pos;
    if (ZSTD_isError(rc))
        return err_set(e, "%s's zstd data is damaged: %s", b->what, ZSTD_getErrorName(rc));
    b->member_end = rc == 0;
    return true;
}

static bool inflate_xz(struct blob *b, struct err *e)
{
    b->xz.next_in = b->in + b->in_at;
    b->xz.avail_in = b->in_n - b->in_at;
    b->xz.next_out = (uint8_t *)b->out;
    b->xz.avail_out = OUT;
    lzma_ret rc = lzma_code(&b->xz, b->in_end ? LZMA_FINISH : LZMA_RUN);
    b->in_at = b->in_n - b->xz.avail_in;
    b->out_n = OUT - b->xz.avail_out;
    b->member_end = rc == LZMA_STREAM_END;
    if (rc == LZMA_MEMLIMIT_ERROR)
        return err_set(e, "%s needs more memory to decompress than is allowed", b->what);
    return rc == LZMA_OK || rc == LZMA_STREAM_END || rc == LZMA_BUF_ERROR ||
           err_set(e, "%s's xz data is damaged", b->what);
}

/* More inflated bytes, once there are none left. */
static bool produce(struct blob *b, struct err *e)
{
    if (b->packing == PACKING_UNKNOWN && !begin(b, e))
        return false;
    b->out_at = b->out_n = 0;
    while (b->out_n == 0 && !b->end) {
        if (b->in_at == b->in_n && !b->in_end && !refill(b, e))
            return false;
        bool dry = b->in_at == b->in_n && b->in_end;
        switch (b->packing) {
        case PACKING_UNKNOWN:
        case PACKING_PLAIN:
            b->out_n = b->in_n - b->in_at;
            memcpy(b->out, b->in + b->in_at, b->out_n);
            b->in_at = b->in_n;
            b->member_end = true;
            break;
        case PACKING_GZIP:
            if (!inflate_gzip(b, e))
                return false;
            break;
        case PACKING_ZSTD:
            if (!inflate_zstd(b, e))
                return false;
            break;
        case PACKING_XZ:
            if (!inflate_xz(b, e))
                return false;
            break;
        }
        if (dry && b->out_n == 0) {
            if (!b->member_end)
                return err_set(e, "%s ends in the middle of its compressed data", b->what);
            b->end = true;
        }
    }
    if (b->out_n > *b->left) {
        *b->left = 0;
        return err_set(e, "%s decompresses to more than dfix reads",
                       b->fd < 0 ? b->what : "one of its layers");
    }
    *b->left -= b->out_n;
    return true;
}

bool blob_read(struct blob *b, char *p, size_t n, size_t *got, struct err *e)
{
    *got = 0;
    while (*got < n) {
        if (b->out_at == b->out_n) {
            if (!produce(b, e))
                return false;
            if (b->end)
                return true;
        }
        size_t some = b->out_n - b->out_at < n - *got ? b->out_n - b->out_at : n - *got;
        memcpy(p + *got, b->out + b->out_at, some);
        b->out_at += some;
        *got += some;
    }
    return true;
}

bool blob_skip(struct blob *b, uint64_t n, struct err *e)
{
    while (n) {
        if (b->out_at == b->out_n) {
            if (!produce(b, e))
                return false;
            if (b->end)
                return err_set(e, "%s ends in the middle of a file", b->what);
        }
        size_t there = b->out_n - b->out_at;
        size_t some = n < there ? (size_t)n : there;
        b->out_at += some;
        n -= some;
    }
    return true;
}

static bool is_right(struct blob *b)
{
    uint8_t sum[SUM_MAX];
    char text[2 * SUM_MAX];
    size_t n = sum_end(&b->sum, sum);
    return !b->digest.n || str_eq(str_from(b->digest, 7), digest_spell(sum, n, text));
}

bool blob_finish(struct blob *b, struct err *e)
{
    while (!b->in_end) {
        b->in_at = b->in_n;
        if (!refill(b, e))
            return false;
    }
    if (b->digest.n && b->taken != b->size)
        return err_set(e, "%s is shorter than its manifest says", b->what);
    return is_right(b) ||
           err_set(e, "a layer's bytes do not match its digest " STR_FMT, STR_ARG(b->digest));
}
