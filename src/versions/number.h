/* number.h - what the orders of languages' versions share: numbers of any length, and letters. */
#ifndef DFIX_VERSIONS_NUMBER_H
#define DFIX_VERSIONS_NUMBER_H

#include "dfix/base.h"

static inline bool number_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool number_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The digits at the front of *s, taken off. */
static inline struct str number_take(struct str *s)
{
    size_t n = 0;
    while (n < s->n && number_digit(s->p[n]))
        n++;
    struct str out = str_sub(*s, 0, n);
    *s = str_from(*s, n);
    return out;
}

static inline struct str number_plain(struct str s)
{
    while (s.n && s.p[0] == '0')
        s = str_from(s, 1);
    return s;
}

/* Digits as numbers; none are 0. */
static inline int number_compare(struct str a, struct str b)
{
    a = number_plain(a);
    b = number_plain(b);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return str_cmp(a, b);
}

static inline bool number_is(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!number_digit(s.p[i]))
            return false;
    return s.n > 0;
}

#endif
