/* Decompresses gzip, xz, zstd and lz4 streams block by block, with a cap on the output. */
#include "reader/unpack.h"

#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { OUT = 128 * 1024, XZ_MEMORY = 256 << 20, ZSTD_WINDOW_LOG = 27 };

struct unpacker {
    enum packing packing;
    uint64_t left; /* plain bytes that may still come */
    unpack_sink *sink;
    void *user;
    bool within; /* a stream (member, frame) has begun and not ended */
    bool any;
    union {
        z_stream gzip;
        lzma_stream xz;
        ZSTD_DCtx *zstd;
        LZ4F_dctx *lz4;
    } u;
    char out[OUT];
};

static bool begin(struct unpacker *u)
{
    switch (u->packing) {
    case PACKING_PLAIN:
        return true;
    case PACKING_GZIP:
        return inflateInit2(&u->u.gzip, 15 + 16) == Z_OK;
    case PACKING_XZ:
        return lzma_stream_decoder(&u->u.xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
    case PACKING_ZSTD:
        u->u.zstd = ZSTD_createDCtx();
        return u->u.zstd && !ZSTD_isError(ZSTD_DCtx_setParameter(u->u.zstd, ZSTD_d_windowLogMax,
                                                                 ZSTD_WINDOW_LOG));
    case PACKING_LZ4:
        return !LZ4F_isError(LZ4F_createDecompressionContext(&u->u.lz4, LZ4F_VERSION));
    }
    return false;
}

struct unpacker *unpack_open(enum packing p, uint64_t most, unpack_sink *sink, void *user)
{
    struct unpacker *u = calloc(1, sizeof *u);
    if (u) {
        u->packing = p;
        u->left = most;
        u->sink = sink;
        u->user = user;
    }
    if (!u || !begin(u)) {
        fputs("dfix: out of memory\n", stderr);
        abort();
    }
    return u;
}

void unpack_close(struct unpacker *u)
{
    switch (u->packing) {
    case PACKING_PLAIN:
        break;
    case PACKING_GZIP:
        inflateEnd(&u->u.gzip);
        break;
    case PACKING_XZ:
        lzma_end(&u->u.xz);
        break;
    case PACKING_ZSTD:
        ZSTD_freeDCtx(u->u.zstd);
        break;
    case PACKING_LZ4:
        LZ4F_freeDecompressionContext(u->u.lz4);
        break;
    }
    free(u);
}

static bool give(struct unpacker *u, const char *p, size_t n, struct err *e)
{
    if (n > u->left)
        return err_set(e, "it decompresses to more bytes than allowed");
    u->left -= n;
    return n == 0 || u->sink(u->user, (struct str){p, n}, e);
}

static bool damaged(struct err *e)
{
    return err_set(e, "its compressed data is damaged");
}

/* Each takes some of `in`, gives what that makes, and sets `within`. A full
 * output block may mean that more waits inside: then they are called again. */

static bool step_gzip(struct unpacker *u, struct str *in, size_t *made, struct err *e)
{
    z_stream *z = &u->u.gzip;
    size_t n = in->n < (1u << 30) ? in->n : 1u << 30;
    z->next_in = (Bytef *)(uintptr_t)in->p;
    z->avail_in = (uInt)n;
    z->next_out = (Bytef *)u->out;
    z->avail_out = OUT;
    u->within = true;
    int r = inflate(z, Z_NO_FLUSH);
    if (r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR)
        return damaged(e);
    *in = str_from(*in, n - z->avail_in);
    *made = OUT - z->avail_out;
    if (r == Z_STREAM_END) {
        u->within = false;
        inflateReset(z);
    }
    return true;
}

static bool step_xz(struct unpacker *u, struct str *in, size_t *made, struct err *e)
{
    lzma_stream *x = &u->u.xz;
    x->next_in = (const uint8_t *)in->p;
    x->avail_in = in->n;
    x->next_out = (uint8_t *)u->out;
    x->avail_out = OUT;
    lzma_ret r = lzma_code(x, LZMA_RUN);
    if (r == LZMA_MEMLIMIT_ERROR)
        return err_set(e, "it needs more memory to decompress than is allowed");
    if (r != LZMA_OK && r != LZMA_BUF_ERROR)
        return damaged(e);
    *in = str_from(*in, in->n - x->avail_in);
    *made = OUT - x->avail_out;
    return true;
}

static bool step_zstd(struct unpacker *u, struct str *in, size_t *made, struct err *e)
{
    ZSTD_inBuffer from = {in->p, in->n, 0};
    ZSTD_outBuffer to = {u->out, OUT, 0};
    size_t r = ZSTD_decompressStream(u->u.zstd, &to, &from);
    if (ZSTD_isError(r))
        return damaged(e);
    *in = str_from(*in, from.pos);
    *made = to.pos;
    u->within = r != 0;
    return true;
}

static bool step_lz4(struct unpacker *u, struct str *in, size_t *made, struct err *e)
{
    size_t from = in->n, to = OUT;
    size_t r = LZ4F_decompress(u->u.lz4, u->out, &to, in->p, &from, NULL);
    if (LZ4F_isError(r))
        return damaged(e);
    *in = str_from(*in, from);
    *made = to;
    u->within = r != 0;
    return true;
}

static bool step(struct unpacker *u, struct str *in, size_t *made, struct err *e)
{
    switch (u->packing) {
    case PACKING_PLAIN:
        break;
    case PACKING_GZIP:
        return step_gzip(u, in, made, e);
    case PACKING_XZ:
        return step_xz(u, in, made, e);
    case PACKING_ZSTD:
        return step_zstd(u, in, made, e);
    case PACKING_LZ4:
        return step_lz4(u, in, made, e);
    }
    return false;
}

bool unpack_feed(struct unpacker *u, struct str block, struct err *e)
{
    if (u->packing == PACKING_PLAIN)
        return give(u, block.p, block.n, e);
    u->any = u->any || block.n > 0;
    for (size_t made = OUT; block.n || made == OUT;) {
        size_t before = block.n;
        made = 0;
        if (block.n == 0 && !u->within && u->packing != PACKING_XZ)
            return true;
        if (!step(u, &block, &made, e) || !give(u, u->out, made, e))
            return false;
        if (block.n == before && made == 0)
            return block.n == 0 || damaged(e);
    }
    return true;
}

bool unpack_finish(struct unpacker *u, struct err *e)
{
    bool whole = !u->within;
    if (u->packing == PACKING_XZ && u->any) {
        lzma_stream *x = &u->u.xz;
        x->next_in = NULL;
        x->avail_in = 0;
        x->next_out = (uint8_t *)u->out;
        x->avail_out = OUT;
        whole = lzma_code(x, LZMA_FINISH) == LZMA_STREAM_END && x->avail_out == OUT;
    }
    if (u->packing != PACKING_PLAIN && !u->any)
        whole = false;
    return whole || err_set(e, "it is truncated");
}
