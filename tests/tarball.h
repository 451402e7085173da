/* tarball.h - layers for tests: tar entries into a buffer, packed, written to a file. */
#ifndef DFIX_TESTS_TARBALL_H
#define DFIX_TESTS_TARBALL_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "dfix/base.h"

static inline void tarball_header(struct buf *b, char type, const char *path, const char *link,
                                  size_t size)
{
    char h[512] = {0};
    unsigned sum = 0;
    memcpy(h, path, strnlen(path, 100));
    snprintf(h + 100, 8, "%07o", 0644u);
    snprintf(h + 124, 12, "%011o", (unsigned)size);
    h[156] = type;
    memcpy(h + 157, link, strnlen(link, 100));
    memcpy(h + 257, "ustar\00000", 8);
    memset(h + 148, ' ', 8);
    for (size_t i = 0; i < sizeof h; i++)
        sum += (unsigned char)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    buf_add(b, (struct str){h, sizeof h});
}

static inline void tarball_add(struct buf *b, char type, const char *path, const char *link,
                               struct str data)
{
    static const char zeros[512];
    tarball_header(b, type, path, link, data.n);
    buf_add(b, data);
    if (data.n % 512)
        buf_add(b, (struct str){zeros, 512 - data.n % 512});
}

static inline void tarball_file(struct buf *b, const char *path, const char *data)
{
    tarball_add(b, '0', path, "", str_of(data));
}

static inline struct str tarball_gzip(struct arena *a, struct str plain)
{
    z_stream z = {0};
    size_t cap = plain.n + plain.n / 100 + 1024;
    char *p = arena_new(a, char, cap);
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    z.next_in = (unsigned char *)(uintptr_t)plain.p;
    z.avail_in = (uInt)plain.n;
    z.next_out = (unsigned char *)p;
    z.avail_out = (uInt)cap;
    if (deflate(&z, Z_FINISH) != Z_STREAM_END)
        abort();
    deflateEnd(&z);
    return (struct str){p, cap - z.avail_out};
}

static inline struct str tarball_zstd(struct arena *a, struct str plain)
{
    size_t cap = ZSTD_compressBound(plain.n);
    char *p = arena_new(a, char, cap);
    size_t n = ZSTD_compress(p, cap, plain.p, plain.n, 1);
    if (ZSTD_isError(n))
        abort();
    return (struct str){p, n};
}

/* The path of a new file that holds `bytes`. */
/* A file of these bytes, which has no name and is gone when it is closed. */
static inline int tarball_write(struct str bytes)
{
    char path[] = "/tmp/dfix-test-XXXXXX";
    int fd = mkstemp(path);
    if (fd < 0 || unlink(path) != 0 || write(fd, bytes.p, bytes.n) != (ssize_t)bytes.n)
        abort();
    return fd;
}

#endif
