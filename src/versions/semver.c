/* semver.c - semantic versions 2.0.0, as npm, cargo and Go write them. */
#include "dfix/version.h"

#include "versions/number.h"

struct semver {
    struct str number[3], pre;
};

static bool is_label(char c)
{
    return number_digit(c) || number_letter(c) || c == '-' || c == '.';
}

/* The labels up to `end`: none is empty. */
static bool take_labels(struct str *s, char end, struct str *out)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != end)
        n++;
    *out = str_sub(*s, 0, n);
    *s = str_from(*s, n);
    for (size_t i = 0; i < n; i++) {
        bool empty = out->p[i] == '.' && (i == 0 || i + 1 == n || out->p[i + 1] == '.');
        if (!is_label(out->p[i]) || empty)
            return false;
    }
    return n > 0;
}

static bool parse(struct str s, struct semver *v)
{
    struct str build;
    *v = (struct semver){{S(""), S(""), S("")}, S("")};
    if (s.n && (s.p[0] == 'v' || s.p[0] == 'V'))
        s = str_from(s, 1);
    for (size_t i = 0; i < 3; i++) {
        if (i && (!s.n || s.p[0] != '.'))
            break;
        s = str_from(s, i ? 1 : 0);
        v->number[i] = number_take(&s);
        if (!v->number[i].n)
            return false;
    }
    if (s.n && s.p[0] == '-') {
        s = str_from(s, 1);
        if (!take_labels(&s, '+', &v->pre))
            return false;
    }
    if (s.n && s.p[0] == '+') {
        s = str_from(s, 1);
        return take_labels(&s, 0, &build) && !s.n;
    }
    return !s.n;
}

bool semver_valid(struct str version)
{
    struct semver v;
    return parse(version, &v);
}

/* Numbers come before words, and fewer labels before more. */
static int labels_compare(struct str a, struct str b)
{
    struct str x, y;
    while (a.n && b.n) {
        str_cut(&a, '.', &x);
        str_cut(&b, '.', &y);
        bool p = number_is(x), q = number_is(y);
        int d = p && q ? number_compare(x, y) : q - p;
        if (!p && !q)
            d = str_cmp(x, y);
        if (d)
            return d;
    }
    return (a.n > 0) - (b.n > 0);
}

int semver_compare(struct str a, struct str b)
{
    struct semver x, y;
    parse(a, &x);
    parse(b, &y);
    for (size_t i = 0; i < 3; i++) {
        int d = number_compare(x.number[i], y.number[i]);
        if (d)
            return d;
    }
    if (!x.pre.n || !y.pre.n)
        return !x.pre.n - !y.pre.n;
    return labels_compare(x.pre, y.pre);
}
