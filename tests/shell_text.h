/* shell_text.h - a text that only a shell reads, as a tree. */
#ifndef DFIX_TESTS_SHELL_TEXT_H
#define DFIX_TESTS_SHELL_TEXT_H

#include "syntax/build.h"

static inline struct tree *shell_tree(struct arena *a, struct str text, enum dialect d)
{
    struct builder b;
    build_start(&b, text);
    struct segment whole = {0, 0};
    uint32_t n = (uint32_t)text.n;
    struct view v = {.p = text.p, .n = n, .segment = &whole, .nsegment = 1, .source_end = n};
    build_view_begin(&b, &v);
    shell_parse(&b, d);
    build_view_end(&b);
    return build_finish(&b, a);
}

#endif
