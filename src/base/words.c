/* words.c - words of a list, and the parts of a path. */
#include "dfix/base.h"

#include <string.h>

static inline bool is_blank(char c)
{
    return (unsigned char)c <= ' ' && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
}

bool word_next(struct str *rest, struct str *word)
{
    size_t from = 0, to;

    while (from < rest->n && is_blank(rest->p[from]))
        from++;
    for (to = from; to < rest->n && !is_blank(rest->p[to]);)
        to++;
    *word = str_sub(*rest, from, to);
    *rest = str_from(*rest, to);
    return word->n > 0;
}

bool words_have(struct str words, struct str word)
{
    struct str one;

    while (word_next(&words, &one))
        if (str_eq(one, word))
            return true;
    return false;
}

bool str_listed(struct str words, struct str word)
{
    size_t from = 0;

    if (word.n > words.n)
        return false;
    for (size_t i = 0; i <= words.n; i++) {
        if (i < words.n && !is_blank(words.p[i]))
            continue;
        if (i > from && i - from == word.n && str_ieq(str_sub(words, from, i), word))
            return true;
        from = i + 1;
    }
    return false;
}

bool str_is_name(struct str s)
{
    bool name = s.n && !(s.p[0] >= '0' && s.p[0] <= '9');

    for (size_t i = 0; i < s.n; i++)
        name &= char_is_of_name(s.p[i]);
    return name;
}

bool code_is_of(struct str code, const char *family)
{
    size_t n = family ? strlen(family) : 0;

    if (!n || code.n <= n || !str_ieq(str_sub(code, 0, n), str_of(family)))
        return false;
    while (n < code.n && code.p[n] >= '0' && code.p[n] <= '9')
        n++;
    return n == code.n;
}

/* Asked of most words of a file, so that it compares in place, and only where the first byte is. */
bool word_is_one_of(struct str s, const char *list)
{
    if (!s.n || s.p[0] == ' ' || s.p[0] == 0)
        return false;
    for (const char *p = list; (p = strchr(p, s.p[0])); p++) {
        size_t n = 1;
        if (p > list && p[-1] != ' ')
            continue;
        while (n < s.n && p[n] && p[n] != ' ' && p[n] == s.p[n])
            n++;
        if (n == s.n && (!p[n] || p[n] == ' '))
            return true;
    }
    return false;
}

const char *name_among(struct str name, const char *names, size_t width, size_t n)
{
    struct bisect b = {.high = n};

    if (!name.n || name.n >= width)
        return NULL;
    while (bisect_next(&b)) {
        const char *row = names + b.at * width;
        int order = (unsigned char)row[0] - (unsigned char)name.p[0];
        order = order ? order : strncmp(row, name.p, name.n);
        if (!order && !row[name.n])
            return row;
        bisect_take(&b, order < 0);
    }
    return NULL;
}
