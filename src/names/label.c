/* label.c - names of labels, and the formats of their values. */
#include "dfix/label.h"

#include "dfix/facts.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

/* ---- names ---- */

bool label_key_is_reserved(struct str key)
{
    return str_starts(key, S("com.docker.")) || str_starts(key, S("io.docker.")) ||
           str_starts(key, S("org.dockerproject."));
}

bool label_key_is_valid(struct str key)
{
    if (!key.n || !is_lower(key.p[0]) || label_key_is_reserved(key))
        return false;
    char last = key.p[key.n - 1];
    if (!is_lower(last) && !is_digit(last))
        return false;
    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];
        bool twice = i && (c == '.' || c == '-') && key.p[i - 1] == c;
        if (twice || (!is_lower(c) && !is_digit(c) && !memchr(".-_/", c, 4)))
            return false;
    }
    return true;
}

/* ---- formats ---- */

static bool is_of(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr(more, s.p[i])))
            return false;
    return s.n > 0;
}

/* Words with a dot between two. */
static bool are_atoms(struct str s, const char *more)
{
    struct str part;
    bool good = s.n > 0 && s.p[s.n - 1] != '.';

    while (good && str_cut(&s, '.', &part))
        good = is_of(part, more);
    return good;
}

/* name@host: RFC 5322's addr-spec, without quoted names. */
static bool is_email(struct str s)
{
    ptrdiff_t at = str_rchr(s, '@');

    if (at == STR_NONE || s.n > 254)
        return false;
    struct str host = str_from(s, (size_t)at + 1);
    bool literal = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    return are_atoms(str_sub(s, 0, (size_t)at), "!#$%&'*+-/=?^_`{|}~") &&
           (literal || are_atoms(host, "-"));
}

static bool is_hash(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return s.n == 7 || s.n == 40 || s.n == 64;
}

/* `form`: 0 stands for a digit, and anything else for itself. */
static bool cut_form(struct str *s, const char *form)
{
    size_t n = strlen(form);

    for (size_t i = 0; i < n; i++)
        if (i >= s->n || (form[i] == '0' ? !is_digit(s->p[i]) : s->p[i] != form[i]))
            return false;
    *s = str_from(*s, n);
    return true;
}

static unsigned two(struct str s, size_t at)
{
    return (unsigned)(s.p[at] - '0') * 10 + (unsigned)(s.p[at + 1] - '0');
}

static bool is_time(struct str s)
{
    struct str all = s;

    if (!cut_form(&s, "0000-00-00") || !s.n || (s.p[0] != 'T' && s.p[0] != 't'))
        return false;
    s = str_from(s, 1);
    if (!cut_form(&s, "00:00:00"))
        return false;
    if (s.n && s.p[0] == '.') {
        size_t n = 1;
        while (n < s.n && is_digit(s.p[n]))
            n++;
        if (n == 1)
            return false;
        s = str_from(s, n);
    }
    bool zone = s.n == 1 && (s.p[0] == 'Z' || s.p[0] == 'z');
    if (!zone)
        zone = s.n == 6 && (cut_form(&s, "+00:00") || cut_form(&s, "-00:00"));
    return zone && two(all, 5) - 1 < 12 && two(all, 8) - 1 < 31 && two(all, 11) < 24 &&
           two(all, 14) < 60 && two(all, 17) <= 60;
}

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_digit(s.p[i]))
            return false;
    return s.n == 1 || (s.n > 1 && s.p[0] != '0');
}

/* Identifiers behind `-` or `+`; numbers of a pre-release have no zeros in front. */
static bool are_identifiers(struct str s, bool numbers)
{
    struct str part;
    bool good = s.n > 0 && s.p[s.n - 1] != '.';

    while (good && str_cut(&s, '.', &part)) {
        good = is_of(part, "-");
        size_t digits = 0;
        while (digits < part.n && is_digit(part.p[digits]))
            digits++;
        if (numbers && digits == part.n)
            good &= is_number(part);
    }
    return good;
}

static bool is_version(struct str s)
{
    ptrdiff_t plus = str_chr(s, '+');
    if (plus != STR_NONE) {
        if (!are_identifiers(str_from(s, (size_t)plus + 1), false))
            return false;
        s = str_sub(s, 0, (size_t)plus);
    }
    ptrdiff_t dash = str_chr(s, '-');
    if (dash != STR_NONE) {
        if (!are_identifiers(str_from(s, (size_t)dash + 1), true))
            return false;
        s = str_sub(s, 0, (size_t)dash);
    }
    struct str part;
    unsigned n = 0;
    bool good = s.n > 0 && s.p[s.n - 1] != '.';
    for (; good && str_cut(&s, '.', &part); n++)
        good = is_number(part);
    return good && n == 3;
}

/* scheme:rest, of characters that a URI may have. */
static bool is_url(struct str s)
{
    ptrdiff_t colon = str_chr(s, ':');

    if (colon <= 0 || !is_of(str_sub(s, 0, (size_t)colon), "+-.") || is_digit(s.p[0]))
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr("-._~:/?#[]@!$&'()*+,;=%", s.p[i])))
            return false;
    return true;
}

static bool is_text(struct str s)
{
    (void)s;
    return true;
}

static const struct {
    const char *name, *says;
    bool (*fits)(struct str value);
} types[LABEL_TYPES] = {
    [LABEL_TEXT] = {"text", "text", is_text},
    [LABEL_EMAIL] = {"email", "an e-mail address", is_email},
    [LABEL_HASH] = {"hash", "the hash of a git commit", is_hash},
    [LABEL_TIME] = {"rfc3339", "a time as RFC 3339 has it (2024-05-17T09:30:00Z)", is_time},
    [LABEL_VERSION] = {"semver", "a semantic version (1.2.3)", is_version},
    [LABEL_LICENSE] = {"spdx", "an SPDX licence expression (MIT)", license_is_valid},
    [LABEL_URL] = {"url", "a URL", is_url},
};

bool label_type_of(struct str name, enum label_type *out)
{
    *out = LABEL_TEXT;
    for (enum label_type t = 0; t < LABEL_TYPES; t++)
        if (str_ieq(name, str_of(types[t].name))) {
            *out = t;
            return true;
        }
    return !name.n;
}

const char *label_type_says(enum label_type t)
{
    return types[t].says;
}

bool label_fits(enum label_type t, struct str value)
{
    return types[t].fits(value);
}
