/* fetch_wire.h - what dfix and dfix-fetch say to each other over a socket pair.
 *
 * A frame is a 32-bit length and that many bytes: one byte of kind, then fields,
 * each one byte of tag, a 32-bit length, the bytes. Numbers are 8 bytes. Both
 * ends are of one build on one machine, so bytes are in the machine's order. */
#ifndef DFIX_FETCH_WIRE_H
#define DFIX_FETCH_WIRE_H

#include <string.h>

#include "dfix/base.h"

enum { WIRE_FRAME_MAX = 32 << 20, WIRE_CHUNK = 64 << 10, WIRE_HEADERS_MAX = 64 << 10 };

enum wire_kind {
    WIRE_HELLO = 1, /* to the helper, first: version and limits */
    WIRE_REQUEST,
    WIRE_PROGRESS, /* from the helper: id, bytes, how many are expected */
    WIRE_DATA,     /* id, a piece of an answer that goes to memory */
    WIRE_ANSWER,   /* id, the end of a request */
    WIRE_REFUSED   /* the helper ends: error */
};

enum wire_tag {
    WIRE_ID = 1,
    WIRE_VERSION,
    WIRE_CONNECT_MS,
    WIRE_IDLE_MS,
    WIRE_SLOW_MS,
    WIRE_LOW_SPEED,
    WIRE_TOTAL_MS,
    WIRE_RETRIES,
    WIRE_BACKOFF_MS,
    WIRE_RETRY_AFTER_MS,
    WIRE_URL,
    WIRE_METHOD,
    WIRE_HEADER,
    WIRE_BODY,
    WIRE_FILE,
    WIRE_RESUME,
    WIRE_MAX_BYTES,
    WIRE_REDIRECTS,
    WIRE_PLAIN_HTTP,
    WIRE_LOCAL_FILE,
    WIRE_INSECURE,
    WIRE_NETRC,
    WIRE_CA_FILE,
    WIRE_PROXY,
    WIRE_STATUS,
    WIRE_ERROR,
    WIRE_BYTES,
    WIRE_EXPECTED,
    WIRE_LOCAL,
    WIRE_PIECE
};

static inline void wire_put_u32(struct buf *b, uint32_t n)
{
    char raw[sizeof n];
    memcpy(raw, &n, sizeof n);
    buf_add(b, (struct str){raw, sizeof raw});
}

/* Begin a frame; wire_end gets what this gave. */
static inline size_t wire_begin(struct buf *b, enum wire_kind kind)
{
    size_t at = b->n;
    wire_put_u32(b, 0);
    buf_char(b, (char)kind);
    return at;
}

static inline void wire_text(struct buf *b, enum wire_tag tag, struct str s)
{
    buf_char(b, (char)tag);
    wire_put_u32(b, (uint32_t)s.n);
    buf_add(b, s);
}

static inline void wire_number(struct buf *b, enum wire_tag tag, uint64_t n)
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
