/* gem.c - versions of Ruby's gems, as Gem::Version orders them. */
#include "dfix/version.h"

#include "versions/number.h"

/* Digits, then parts of letters and digits behind dots; a `-` begins a pre-release. */
bool gem_valid(struct str version)
{
    struct str s = str_trim(version);
    if (!number_take(&s).n)
        return false;
    bool dashed = false;
    for (bool wanted = false; s.n || wanted; s = str_from(s, 1)) {
        if (!s.n)
            return false;
        char c = s.p[0];
        bool part = number_digit(c) || number_letter(c) || (c == '-' && dashed && !wanted);
        if (wanted && !part)
            return false;
        wanted = !part;
        dashed |= c == '-';
        if (!part && c != '.' && c != '-')
            return false;
    }
    return true;
}

/* A run of digits or letters; a `-` stands for ".pre.". */
static struct str next_part(struct str *s, bool *pre)
{
    if (*pre) {
        *pre = false;
        return S("pre");
    }
    while (s->n && !number_digit(s->p[0]) && !number_letter(s->p[0])) {
        bool dash = s->p[0] == '-';
        *s = str_from(*s, 1);
        if (dash)
            return S("pre");
    }
    if (!s->n || number_digit(s->p[0]))
        return number_take(s);
    size_t n = 0;
    while (n < s->n && number_letter(s->p[n]))
        n++;
    struct str out = str_sub(*s, 0, n);
    *s = str_from(*s, n);
    return out;
}

static bool is_zero(struct str part)
{
    return number_is(part) && !number_plain(part).n;
}

/* The next part that counts: zeros do not before the first letters, and at the end. */
static struct str next_counted(struct str *s, size_t *zeros, bool *letters)
{
    bool pre = false;
    if (*zeros) {
        --*zeros;
        return S("0");
    }
    struct str rest = *s, part = next_part(&rest, &pre);
    size_t n = 0;
    for (; is_zero(part); n++)
        part = next_part(&rest, &pre);
    if (!n) {
        *letters |= part.n && !number_is(part);
        *s = rest;
        return part;
    }
    bool ends = !part.n || (!*letters && !number_is(part));
    if (ends) {
        *letters |= part.n > 0;
        *s = rest;
        return part;
    }
    next_part(s, &pre); /* a zero that counts */
    for (*zeros = n - 1; n > 1; n--)
        next_part(s, &pre);
    return S("0");
}

int gem_compare(struct str a, struct str b)
{
    size_t i = 0, j = 0;
    bool p = false, q = false;
    a = str_trim(a);
    b = str_trim(b);
    for (;;) {
        struct str x = next_counted(&a, &i, &p), y = next_counted(&b, &j, &q);
        if (!x.n && !y.n)
            return 0;
        bool word = x.n && !number_is(x), other = y.n && !number_is(y);
        int d = word && other ? str_cmp(x, y) : other - word;
        if (!word && !other)
            d = number_compare(x, y);
        if (d)
            return d;
    }
}
