/* pep440.c - versions of Python's packages (PEP 440), in every spelling that the specification
 * takes as one of them. */
#include "dfix/version.h"

#include "versions/number.h"

struct pep440 {
    struct str epoch, release; /* digits; digits with dots */
    char pre;                  /* a, b, c (rc); 0: none */
    struct str pre_number, post, dev, local;
    bool has_post, has_dev;
};

static bool is_separator(char c)
{
    return c == '.' || c == '-' || c == '_';
}

static bool take_char(struct str *s, char c)
{
    bool is = s->n && s->p[0] == c;
    if (is)
        *s = str_from(*s, 1);
    return is;
}

/* [separator] word [separator] digits. False, with nothing taken, when it is none of the words. */
static bool take_word(struct str *s, const char *words, struct str *word, struct str *number)
{
    struct str rest = *s, list = str_of(words), one;
    if (rest.n && is_separator(rest.p[0]))
        rest = str_from(rest, 1);
    bool found = false;
    while (!found && word_next(&list, &one))
        found = rest.n >= one.n && str_ieq(str_sub(rest, 0, one.n), one);
    if (!found)
        return false;
    rest = str_from(rest, one.n);
    struct str behind = rest;
    if (behind.n && is_separator(behind.p[0]))
        behind = str_from(behind, 1);
    *number = number_take(&behind);
    *word = one;
    *s = number->n ? behind : rest;
    if (!number->n)
        *number = S("0");
    return true;
}

static bool take_release(struct str *s, struct str *out)
{
    struct str start = *s;
    if (!number_take(s).n)
        return false;
    while (s->n > 1 && s->p[0] == '.' && number_digit(s->p[1])) {
        *s = str_from(*s, 1);
        number_take(s);
    }
    *out = str_sub(start, 0, start.n - s->n);
    return true;
}

/* "-1" is a post release, too. */
static void take_post(struct str *s, struct pep440 *v)
{
    struct str word;
    if (s->n > 1 && s->p[0] == '-' && number_digit(s->p[1])) {
        *s = str_from(*s, 1);
        v->post = number_take(s);
        v->has_post = true;
        return;
    }
    v->has_post = take_word(s, "post rev r", &word, &v->post);
}

static bool take_local(struct str *s, struct pep440 *v)
{
    if (!take_char(s, '+'))
        return true;
    v->local = *s;
    bool wanted = true; /* a letter or digit */
    for (; s->n; *s = str_from(*s, 1)) {
        bool separator = is_separator(s->p[0]);
        if (separator ? wanted : !number_digit(s->p[0]) && !number_letter(s->p[0]))
            return false;
        wanted = separator;
    }
    return !wanted;
}

static bool parse(struct str s, struct pep440 *v)
{
    struct str none = S(""), word, first;
    *v = (struct pep440){none, none, 0, none, none, none, none, false, false};
    s = str_trim(s);
    if (s.n && (s.p[0] == 'v' || s.p[0] == 'V'))
        s = str_from(s, 1);
    if (!take_release(&s, &first))
        return false;
    v->release = first;
    if (s.n && s.p[0] == '!') {
        v->epoch = first;
        s = str_from(s, 1);
        if (!number_is(v->epoch) || !take_release(&s, &v->release))
            return false;
    }
    if (take_word(&s, "alpha a beta b preview pre c rc", &word, &v->pre_number))
        v->pre = word.p[0] == 'a' || word.p[0] == 'b' ? word.p[0] : 'c';
    take_post(&s, v);
    v->has_dev = take_word(&s, "dev", &word, &v->dev);
    return take_local(&s, v) && !s.n;
}

bool pep440_valid(struct str version)
{
    struct pep440 v;
    return parse(version, &v);
}

/* Zeros at the end do not count. */
static int release_compare(struct str a, struct str b)
{
    while (a.n || b.n) {
        int d = number_compare(number_take(&a), number_take(&b));
        if (d)
            return d;
        take_char(&a, '.');
        take_char(&b, '.');
    }
    return 0;
}

/* Development releases of no pre- and post-release come first, those without a pre-release last. */
static int pre_rank(const struct pep440 *v)
{
    if (v->pre)
        return v->pre - 'a' + 1;
    return !v->has_post && v->has_dev ? 0 : 'c';
}

static struct str local_part(struct str *s)
{
    size_t n = 0;
    while (n < s->n && !is_separator(s->p[n]))
        n++;
    struct str out = str_sub(*s, 0, n);
    *s = str_from(*s, n < s->n ? n + 1 : n);
    return out;
}

static int letters_compare(struct str a, struct str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        int d = (a.p[i] | 32) - (b.p[i] | 32);
        if (d)
            return d;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Numbers come after words, and more parts after fewer. */
static int local_compare(struct str a, struct str b)
{
    while (a.n && b.n) {
        struct str x = local_part(&a), y = local_part(&b);
        bool p = number_is(x), q = number_is(y);
        int d = p && q ? number_compare(x, y) : p - q;
        if (!p && !q)
            d = letters_compare(x, y);
        if (d)
            return d;
    }
    return (a.n > 0) - (b.n > 0);
}

int pep440_compare(struct str a, struct str b)
{
    struct pep440 x, y;
    parse(a, &x);
    parse(b, &y);
    int d = number_compare(x.epoch, y.epoch);
    d = d ? d : release_compare(x.release, y.release);
    d = d ? d : pre_rank(&x) - pre_rank(&y);
    d = d ? d : number_compare(x.pre_number, y.pre_number);
    d = d ? d : x.has_post - y.has_post;
    d = d ? d : number_compare(x.post, y.post);
    d = d ? d : y.has_dev - x.has_dev;
    d = d ? d : number_compare(x.dev, y.dev);
    return d ? d : local_compare(x.local, y.local);
}
