/* maven.c - Maven's versions, by its version order specification. */
#include "dfix/version.h"

#include "versions/number.h"

enum { TOKENS = 64, VERSION_MAX = 255 };

struct token {
    struct str text;
    char before;   /* '.', '-'; 0: the first */
    bool numbered; /* a number follows without a sign between them */
};
struct tokens {
    struct token v[TOKENS];
    size_t n;
};

bool maven_valid(struct str version)
{
    for (size_t i = 0; i < version.n; i++) {
        char c = version.p[i];
        if (!number_digit(c) && !number_letter(c) && str_chr(S(".-_+~:"), c) == STR_NONE)
            return false;
    }
    return version.n > 0 && version.n <= VERSION_MAX;
}

static size_t token_end(struct str s, size_t at)
{
    bool digit = at < s.n && number_digit(s.p[at]);
    size_t end = at;
    while (end < s.n && s.p[end] != '.' && s.p[end] != '-' && number_digit(s.p[end]) == digit)
        end++;
    return end;
}

/* Qualifiers that stand for "nothing special", and zeros. */
static bool is_null(struct str t)
{
    return !number_plain(t).n || str_ieq(t, S("final")) || str_ieq(t, S("ga")) ||
           str_ieq(t, S("release"));
}

/* From the end, and again before each hyphen. */
static void trim(struct tokens *t)
{
    for (size_t i = t->n; i-- > 0;) {
        bool last = i + 1 == t->n || t->v[i + 1].before == '-';
        if (!i || !last || !is_null(t->v[i].text))
            continue;
        for (size_t k = i; k + 1 < t->n; k++)
            t->v[k] = t->v[k + 1];
        t->n--;
    }
}

static void split(struct str s, struct tokens *t)
{
    char before = 0;
    t->n = 0;
    for (size_t at = 0; t->n < TOKENS;) {
        size_t end = token_end(s, at);
        bool sign = end < s.n && (s.p[end] == '.' || s.p[end] == '-');
        struct str text = end > at ? str_sub(s, at, end) : S("0");
        if (before && !number_is(text))
            before = '-'; /* ".x" is "-x" */
        t->v[t->n++] = (struct token){text, before, end < s.n && !sign};
        if (end >= s.n)
            break;
        before = s.p[end] == '.' ? '.' : '-';
        at = sign ? end + 1 : end;
    }
    trim(t);
}

/* Places in the order; those of other words are behind, by the alphabet. */
static int qualifier_rank(const struct token *t)
{
    static const struct {
        const char *word;
        int rank;
    } known[] = {{"alpha", 1}, {"beta", 2},     {"milestone", 3}, {"rc", 4},
                 {"cr", 4},    {"snapshot", 5}, {"", 6},          {"final", 6},
                 {"ga", 6},    {"release", 6},  {"sp", 7}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(t->text, str_of(known[i].word)))
            return known[i].rank;
    if (t->numbered && t->text.n == 1) {
        char c = (char)(t->text.p[0] | 32);
        if (c == 'a' || c == 'b')
            return c - 'a' + 1;
        if (c == 'm')
            return 3;
    }
    return 8;
}

static int words_compare(struct str a, struct str b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++) {
        char x = number_letter(a.p[i]) ? (char)(a.p[i] | 32) : a.p[i];
        char y = number_letter(b.p[i]) ? (char)(b.p[i] | 32) : b.p[i];
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

/* Qualifiers before "-1" before ".1". */
static int kind_rank(const struct token *t)
{
    if (!number_is(t->text))
        return 0;
    return t->before == '-' ? 1 : 2;
}

static int token_compare(const struct token *x, const struct token *y)
{
    int d = kind_rank(x) - kind_rank(y);
    if (d)
        return d;
    if (kind_rank(x))
        return number_compare(x->text, y->text);
    d = qualifier_rank(x) - qualifier_rank(y);
    return d || qualifier_rank(x) < 8 ? d : words_compare(x->text, y->text);
}

/* What stands for a token that the shorter version lacks. */
static struct token padding(const struct token *t)
{
    struct str text = number_is(t->text) ? S("0") : S("");
    return (struct token){text, t->before, false};
}

int maven_compare(struct str a, struct str b)
{
    struct tokens x, y;
    split(a, &x);
    split(b, &y);
    for (size_t i = 0; i < x.n || i < y.n; i++) {
        struct token p = i < x.n ? x.v[i] : padding(&y.v[i]);
        struct token q = i < y.n ? y.v[i] : padding(&x.v[i]);
        int d = token_compare(&p, &q);
        if (d)
            return d;
    }
    return 0;
}
