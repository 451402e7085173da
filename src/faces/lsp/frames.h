/* frames.h - messages cut out of a stream: headers, an empty line, that many bytes of JSON. */
#ifndef DFIX_LSP_FRAMES_H
#define DFIX_LSP_FRAMES_H

#include "dfix/base.h"

enum { FRAME_MAX = 64 << 20, FRAME_HEADER_MAX = 8 << 10 };

enum frame {
    FRAME_NONE,  /* more bytes are needed */
    FRAME_WHOLE, /* `body` is a message */
    FRAME_BROKEN /* what stood there is no message: it was stepped over, and reading goes on */
};
struct frames {
    char *p;
    size_t n, cap, at; /* bytes from `at` on are not read yet */
    size_t skip;       /* bytes of a body that is too large, still to come */
};
/* Room for `want` more bytes; then tell how many came. */
char *frames_room(struct frames *f, size_t want);
void frames_came(struct frames *f, size_t n);
/* The next one; the body is good until bytes are added. */
enum frame frames_next(struct frames *f, struct str *body);
void frames_close(struct frames *f);

#endif
