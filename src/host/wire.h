/* wire.h - frames: how dfix and its helper programs write down what they say to each other.
 *
 * A frame is a 32-bit length and that many bytes: one byte of kind, then fields, each one byte of
 * tag, a 32-bit length, the bytes. Numbers are 8 bytes. Both ends are of one build on one machine,
 * so bytes are in the machine's order. Whatever is read is checked against the bytes that there
 * are. */
#ifndef DFIX_HOST_WIRE_H
#define DFIX_HOST_WIRE_H

#include <string.h>

#include "dfix/base.h"

enum { WIRE_FRAME_MAX = 32 << 20 };

static inline void wire_put_u32(struct buf *b, uint32_t n)
{
    char raw[sizeof n];
    memcpy(raw, &n, sizeof n);
    buf_add(b, (struct str){raw, sizeof raw});
}

/* Begin a frame; wire_end gets what this gave. */
static inline size_t wire_begin(struct buf *b, int kind)
{
    size_t at = b->n;
    wire_put_u32(b, 0);
    buf_char(b, (char)kind);
    return at;
}

static inline void wire_text(struct buf *b, int tag, struct str s)
{
    buf_char(b, (char)tag);
    wire_put_u32(b, (uint32_t)s.n);
    buf_add(b, s);
}

static inline void wire_number(struct buf *b, int tag, uint64_t n)
{
    char raw[sizeof n];
    memcpy(raw, &n, sizeof n);
    wire_text(b, tag, (struct str){raw, sizeof raw});
}

static inline void wire_end(struct buf *b, size_t at)
{
    uint32_t n = (uint32_t)(b->n - at - sizeof n);
    memcpy(b->p + at, &n, sizeof n);
}

/* Cut the next whole frame off *in: its kind and its fields. 0: not all of it is
 * here yet; negative: this is no frame. */
static inline int wire_frame(struct str *in, struct str *fields)
{
    uint32_t n;
    if (in->n < sizeof n)
        return 0;
    memcpy(&n, in->p, sizeof n);
    if (n < 1 || n > WIRE_FRAME_MAX)
        return -1;
    if (in->n - sizeof n < n)
        return 0;
    int kind = (unsigned char)in->p[sizeof n];
    *fields = str_sub(*in, sizeof n + 1, sizeof n + n);
    *in = str_from(*in, sizeof n + n);
    return kind;
}

/* The next field: its tag; 0 at the end; negative: broken. */
static inline int wire_field(struct str *fields, struct str *value)
{
    uint32_t n;
    if (fields->n == 0)
        return 0;
    if (fields->n < 1 + sizeof n)
        return -1;
    memcpy(&n, fields->p + 1, sizeof n);
    if (n > fields->n - 1 - sizeof n)
        return -1;
    int tag = (unsigned char)fields->p[0];
    *value = str_sub(*fields, 1 + sizeof n, 1 + sizeof n + n);
    *fields = str_from(*fields, 1 + sizeof n + n);
    return tag;
}

static inline uint64_t wire_u64(struct str value)
{
    uint64_t n = 0;
    if (value.n == sizeof n)
        memcpy(&n, value.p, sizeof n);
    return n;
}

#endif
