/* sum.h - digests of bytes that come piece by piece, by OpenSSL: whole layers and indexes. */
#ifndef DFIX_READER_SUM_H
#define DFIX_READER_SUM_H

#include "dfix/base.h"

enum { SUM_MAX = 64 };

struct sum {
    void *ctx; /* NULL: not begun, or at its end */
};
/* `algorithm`: "sha256" or "sha512". */
void sum_begin(struct sum *s, const char *algorithm);
void sum_add(struct sum *s, struct str bytes);
/* How many bytes it has. Frees. */
size_t sum_end(struct sum *s, uint8_t out[SUM_MAX]);

#endif
