/* cut.c - ${x#pattern}, ${x%pattern}, ${x/pattern/text} on texts that are known. Patterns of *
 * and ? alone mean the same to shells and to the builder; others are left alone. */
#include "model/model.h"

enum { CUT_MAX = 2048 }; /* bytes of a text or a pattern: matching is quadratic */

static bool is_understood(struct str text, struct str pattern)
{
    bool ascii = true, one = false;
    for (size_t i = 0; i < text.n; i++)
        ascii = ascii && (unsigned char)text.p[i] < 0x80;
    for (size_t i = 0; i < pattern.n; i++) {
        if (str_chr(S("[]()\\"), pattern.p[i]) != STR_NONE)
            return false;
        one = one || pattern.p[i] == '?';
    }
    return text.n <= CUT_MAX && pattern.n <= CUT_MAX && (ascii || !one);
}

bool text_cut(struct str text, struct str pattern, bool end, bool longest, struct str *out)
{
    *out = text;
    if (!is_understood(text, pattern))
        return false;
    for (size_t k = 0; k <= text.n; k++) {
        size_t n = longest ? text.n - k : k; /* bytes to take away */
        struct str part = end ? str_from(text, text.n - n) : str_sub(text, 0, n);
        if (str_glob(pattern, part, true)) {
            *out = end ? str_sub(text, 0, text.n - n) : str_from(text, n);
            return true;
        }
    }
    return true;
}

/* The end of the longest match at `from`; `from`: none. */
static size_t match_end(struct str text, size_t from, struct str pattern)
{
    for (size_t end = text.n; end > from; end--)
        if (str_glob(pattern, str_sub(text, from, end), true))
            return end;
    return from;
}

bool text_replace(struct arena *a, struct str text, struct str pattern, struct str with, bool all,
                  struct str *out)
{
    struct buf b = {.arena = a};
    if (!pattern.n || !is_understood(text, pattern) || text.n > CUT_MAX / 8)
        return false;
    for (size_t i = 0; i < text.n;) {
        size_t end = match_end(text, i, pattern);
        if (end == i) {
            buf_char(&b, text.p[i++]);
            continue;
        }
        buf_add(&b, with);
        i = end;
        if (!all) {
            buf_add(&b, str_from(text, i));
            break;
        }
    }
    *out = buf_str(&b);
    return true;
}
