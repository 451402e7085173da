/* twins.h - the same file with other line ends, for tests that expect the same of both. */
#ifndef DFIX_TESTS_TWINS_H
#define DFIX_TESTS_TWINS_H

#include "dfix/base.h"

static inline struct str with_crlf(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n')
            buf_char(&b, '\r');
        buf_char(&b, text.p[i]);
    }
    return buf_str(&b);
}

static inline struct str without_final_newline(struct str text)
{
    if (str_ends(text, S("\n")))
        text.n--;
    if (str_ends(text, S("\r")))
        text.n--;
    return text;
}

#endif
