/* challenge.c - WWW-Authenticate = #challenge
 *   challenge  = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
 *   auth-param = token BWS "=" BWS ( token / quoted-string )
 * A comma separates both challenges and parameters: a token that no "=" follows
 * begins the next challenge. */
#include "registry/challenge.h"

#include <string.h>

enum { HEADER_MAX = 16 * 1024 };

static bool is_token(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("!#$%&'*+-.^_`|~", c));
}

static void skip_blanks(struct str *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = str_from(*s, 1);
}

static struct str take_token(struct str *s)
{
    size_t n = 0;
    while (n < s->n && is_token(s->p[n]))
        n++;
    struct str token = str_sub(*s, 0, n);
    *s = str_from(*s, n);
    return token;
}

/* quoted-string: the slash quotes any byte; control bytes but tab are refused. */
static bool take_quoted(struct arena *a, struct str *s, struct str *out)
{
    struct buf b = {.arena = a};
    for (size_t i = 1; i < s->n; i++) {
        char c = s->p[i];
        if (c == '"') {
            *out = buf_str(&b);
            *s = str_from(*s, i + 1);
            return true;
        }
        if (c == '\\' && ++i < s->n)
            c = s->p[i];
        if (((unsigned char)c < 32 && c != '\t') || c == 127)
            return false;
        buf_char(&b, c);
    }
    return false;
}

/* token68 stands alone after the scheme: its letters, then only "=" and the end. */
static bool take_token68(struct str *s)
{
    size_t n = 0;
    while (n < s->n && (is_token(s->p[n]) || s->p[n] == '/'))
        n++;
    size_t letters = n;
    while (n < s->n && s->p[n] == '=')
        n++;
    struct str rest = str_from(*s, n);
    skip_blanks(&rest);
    if (!letters || (rest.n && rest.p[0] != ','))
        return false;
    *s = rest;
    return true;
}

static void param_set(struct challenge *c, struct str name, struct str value)
{
    const struct {
        struct str name;
        struct str *to;
    } known[] = {{S("realm"), &c->realm},
                 {S("service"), &c->service},
                 {S("scope"), &c->scope},
                 {S("error"), &c->error}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_ieq(name, known[i].name) && !known[i].to->n)
            *known[i].to = value;
}

/* After a token: its "=value", when there is one. */
static bool take_value(struct arena *a, struct str *s, bool *is_param, struct str *value)
{
    struct str at = *s;
    skip_blanks(&at);
    *is_param = at.n && at.p[0] == '=';
    if (!*is_param)
        return true;
    at = str_from(at, 1);
    skip_blanks(&at);
    if (at.n && at.p[0] == '"') {
        if (!take_quoted(a, &at, value))
            return false;
    } else {
        *value = take_token(&at);
        if (!value->n)
            return false;
    }
    *s = at;
    return true;
}

static bool end_of_item(struct str *s)
{
    skip_blanks(s);
    return !s->n || s->p[0] == ',';
}

size_t challenge_parse(struct arena *a, struct str s, struct challenge *out, size_t max)
{
    size_t n = 0;
    if (s.n > HEADER_MAX)
        return 0;
    for (;;) {
        while (s.n && (s.p[0] == ',' || s.p[0] == ' ' || s.p[0] == '\t'))
            s = str_from(s, 1);
        if (!s.n)
            return n;
        struct str token = take_token(&s), value = S("");
        bool is_param;
        if (!token.n || !take_value(a, &s, &is_param, &value))
            return 0;
        if (is_param) {
            if (n == 0 || !end_of_item(&s))
                return 0;
            param_set(&out[n - 1], token, value);
            continue;
        }
        if (n == max)
            return n;
        out[n++] = (struct challenge){token, S(""), S(""), S(""), S("")};
        if (end_of_item(&s))
            continue;
        /* Something follows the scheme: a parameter (read by the next turn) or token68. */
        struct str ahead = s;
        struct str name = take_token(&ahead);
        skip_blanks(&ahead);
        bool param_follows = name.n && ahead.n > 1 && ahead.p[0] == '=';
        if (param_follows) {
            struct str try = s;
            if (!take_token68(&try))
                continue;
            s = try;
        } else if (!take_token68(&s)) {
            return 0;
        }
    }
}
