/* apk.c - Alpine's versions, as apk-tools reads them:
 *
 *     digits { "." digits } [ letter ] { "_" suffix [ digits ] } [ "~" hex ] [ "-r" digits ]
 *
 * Two versions are compared token by token. */
#include "dfix/version.h"

/* In the order that decides when two versions go on differently: what comes
 * later here makes the smaller version. */
enum token {
    FIRST,    /* the number at the start */
    NUMBER,   /* ".12" */
    LETTER,   /* "b" */
    SUFFIX,   /* "_rc" */
    COUNT,    /* the 2 of "_rc2" */
    HASH,     /* "~1234abcd" */
    REVISION, /* "-r3" */
    END,
    INVALID
};

/* Before SUFFIX_NONE: an earlier state than the version without suffix. */
static const char *const suffixes[] = {"alpha", "beta", "pre", "rc", "",
                                       "cvs",   "svn",  "git", "hg", "p"};
enum { SUFFIX_NONE = 4, SUFFIX_COUNT = sizeof suffixes / sizeof suffixes[0] };

struct reader {
    struct str rest;
    enum token token;
    struct str value;
    int suffix;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f');
}

static void take(struct reader *r, bool (*class)(char), enum token token)
{
    size_t n = 0;
    while (n < r->rest.n && class(r->rest.p[n]))
        n++;
    r->value = str_sub(r->rest, 0, n);
    r->rest = str_from(r->rest, n);
    r->token = n ? token : INVALID;
}

static void take_suffix(struct reader *r)
{
    take(r, is_lower, SUFFIX);
    for (int i = 0; i < SUFFIX_COUNT && r->token == SUFFIX; i++)
        if (str_eq(str_of(suffixes[i]), r->value)) {
            r->suffix = i;
            return;
        }
    r->token = INVALID;
}

static void next(struct reader *r)
{
    if (!r->rest.n) {
        r->token = END;
        return;
    }
    enum token before = r->token;
    char c = r->rest.p[0];
    if (is_digit(c) && before == SUFFIX) {
        take(r, is_digit, COUNT);
        return;
    }
    if (is_lower(c) && before <= NUMBER) {
        r->value = str_sub(r->rest, 0, 1);
        r->rest = str_from(r->rest, 1);
        r->token = LETTER;
        return;
    }
    r->rest = str_from(r->rest, 1);
    if (c == '.' && before <= NUMBER) {
        take(r, is_digit, NUMBER);
    } else if (c == '_' && before <= COUNT) {
        take_suffix(r);
    } else if (c == '~' && before < HASH) {
        take(r, is_hex, HASH);
    } else if (c == '-' && before < REVISION && r->rest.n && r->rest.p[0] == 'r') {
        r->rest = str_from(r->rest, 1);
        take(r, is_digit, REVISION);
    } else {
        r->token = INVALID;
    }
}

static struct reader start(struct str version)
{
    struct reader r = {.rest = version};
    take(&r, is_digit, FIRST);
    return r;
}

bool apk_valid(struct str version)
{
    struct reader r = start(version);
    while (r.token < END)
        next(&r);
    return r.token == END;
}

static int number_compare(struct str a, struct str b)
{
    while (a.n > 1 && a.p[0] == '0')
        a = str_from(a, 1);
    while (b.n > 1 && b.p[0] == '0')
        b = str_from(b, 1);
    if (a.n != b.n)
        return a.n < b.n ? -1 : 1;
    return str_cmp(a, b);
}

static int token_compare(const struct reader *a, const struct reader *b)
{
    switch (a->token) {
    case FIRST:
    case COUNT:
    case REVISION:
        return number_compare(a->value, b->value);
    case NUMBER: /* with a leading zero it is a fraction: 1.001 < 1.01 */
        if (a->value.p[0] == '0' || b->value.p[0] == '0')
            return str_cmp(a->value, b->value);
        return number_compare(a->value, b->value);
    case SUFFIX:
        return a->suffix - b->suffix;
    case LETTER:
    case HASH:
        return str_cmp(a->value, b->value);
    case END:
    case INVALID:
        break;
    }
    return 0;
}

/* Past the tokens that both have alike. */
static int skip_common(struct reader *a, struct reader *b)
{
    while (a->token == b->token && a->token < END) {
        int d = token_compare(a, b);
        if (d)
            return d;
        next(a);
        next(b);
    }
    return 0;
}

static bool is_early(const struct reader *r)
{
    return r->token == SUFFIX && r->suffix < SUFFIX_NONE;
}

int apk_compare(struct str x, struct str y)
{
    struct reader a = start(x), b = start(y);
    int d = skip_common(&a, &b);
    if (d)
        return d;
    if (a.token == b.token)
        return 0;
    if (is_early(&a) || is_early(&b))
        return is_early(&a) ? -1 : 1;
    return a.token > b.token ? -1 : 1;
}

bool apk_fuzzy(struct str version, struct str prefix)
{
    struct reader a = start(version), b = start(prefix);
    return skip_common(&a, &b) == 0 && b.token == END;
}

bool apk_name_valid(struct str package)
{
    if (!package.n || !(is_lower(package.p[0]) || is_digit(package.p[0]) ||
                        (package.p[0] >= 'A' && package.p[0] <= 'Z') || package.p[0] == '_'))
        return false;
    for (size_t i = 0; i < package.n; i++) {
        char c = package.p[i];
        if (!is_lower(c) && !is_digit(c) && !(c >= 'A' && c <= 'Z') &&
            str_chr(S("+_.-"), c) == STR_NONE)
            return false;
    }
    return true;
}
