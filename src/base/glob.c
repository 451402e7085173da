/* glob.c - patterns of names: stars alone, those of fnmatch(3) and those of gitignore(5). A pattern
 * may be anything that a Dockerfile says, so none of them recurses. */
#include "dfix/base.h"

#include <string.h>

/* ---- stars ---- */

bool str_glob(struct str pattern, struct str text, bool one)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && (pattern.p[p] == text.p[t] || (one && pattern.p[p] == '?'))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* Does one of those fit that begin with the letter? Most of a list begins with another. */
static bool one_fits(struct str globs, char letter, struct str text)
{
    const char *p = globs.p, *end = globs.p + globs.n;

    while (p < end && (p = memchr(p, letter, (size_t)(end - p)))) {
        bool begins = p == globs.p || p[-1] == ' ';
        const char *space = begins ? memchr(p, ' ', (size_t)(end - p)) : NULL;
        struct str glob = {p, (size_t)((space ? space : end) - p)};
        if (begins && str_glob(glob, text, false))
            return true;
        p += begins ? glob.n : 1;
    }
    return false;
}

bool globs_fit(struct str globs, struct str text)
{
    return one_fits(globs, '*', text) || (text.n && one_fits(globs, text.p[0], text));
}

/* ---- sets: [a-z], [!a-z], [[:digit:]] ---- */

static const struct class
{
    const char *name, *ranges; /* ranges: pairs */
} classes[] = {{"alpha", "azAZ"},   {"digit", "09"},     {"alnum", "azAZ09"},
               {"lower", "az"},     {"upper", "AZ"},     {"xdigit", "09afAF"},
               {"space", "  \t\r"}, {"blank", "  \t\t"}, {"punct", "!/:@[`{~"},
               {"print", " ~"},     {"graph", "!~"},     {"cntrl", "\x01\x1f\x7f\x7f"}};

/* [:name:] at the front of *p; moves *p past it. False: no such class. */
static bool take_class(struct str *p, char c, bool *hit)
{
    size_t end = (size_t)str_find(*p, S(":]"));
    struct str name = str_sub(*p, 2, end);

    *p = str_from(*p, end + 2);
    for (size_t k = 0; k < sizeof(classes) / sizeof(classes[0]); k++) {
        if (!str_eq(name, str_of(classes[k].name)))
            continue;
        for (const char *r = classes[k].ranges; *r; r += 2)
            *hit = *hit || (c >= r[0] && c <= r[1]);
        return true;
    }
    return false;
}

/* "[:" stands for itself when no ":]" ends at the next bracket. */
static bool begins_class(struct str p)
{
    ptrdiff_t end = str_starts(p, S("[:")) ? str_chr(str_from(p, 2), ']') : STR_NONE;

    return end > 0 && p.p[end + 1] == ':';
}

static unsigned char folded(char c, bool fold)
{
    return (unsigned char)(fold && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* One byte of a set, which may be escaped. */
static unsigned char take_byte(struct str *p, bool fold)
{
    if (p->p[0] == '\\' && p->n > 1)
        *p = str_from(*p, 1);
    unsigned char byte = folded(p->p[0], fold);
    *p = str_from(*p, 1);
    return byte;
}

enum glob_set glob_set(struct str *p, char c, bool fold)
{
    struct str rest = str_from(*p, 1);
    bool negated = str_starts(rest, S("!")) || str_starts(rest, S("^")), hit = false;
    unsigned char wanted = folded(c, fold);

    if (negated)
        rest = str_from(rest, 1);
    for (bool first = true; rest.n; first = false) {
        if (rest.p[0] == ']' && !first) {
            *p = str_from(rest, 1);
            return hit != negated ? GLOB_SET_TAKES : GLOB_SET_REFUSES;
        }
        if (begins_class(rest)) {
            if (!take_class(&rest, c, &hit))
                return GLOB_SET_REFUSES;
            continue;
        }
        unsigned char low = take_byte(&rest, fold), high = low;
        if (rest.n > 1 && rest.p[0] == '-' && rest.p[1] != ']') {
            rest = str_from(rest, 1);
            high = take_byte(&rest, fold);
        }
        hit = hit || (wanted >= low && wanted <= high);
    }
    return GLOB_SET_OPEN;
}

/* ---- fnmatch(3) ---- */

/* Takes one byte of the text by the front of *p, which is no star. */
static bool element_takes(struct str *p, char c, unsigned how)
{
    bool fold = how & GLOB_FOLD, slash = (how & GLOB_PATH) && c == '/';
    char first = p->p[0];

    if (first == '[') {
        enum glob_set set = glob_set(p, c, fold);
        if (set != GLOB_SET_OPEN)
            return set == GLOB_SET_TAKES && !slash;
    }
    *p = str_from(*p, 1);
    if (first == '?')
        return !slash;
    if (first == '\\') {
        if (!p->n)
            return false;
        first = p->p[0];
        *p = str_from(*p, 1);
    }
    return folded(first, fold) == folded(c, fold);
}

/* The last star seen is the only one that ever needs to take more. */
bool glob_fits(struct str pattern, struct str text, unsigned how)
{
    struct str behind = S(""), from = S(""); /* what follows the star; what it stands before */
    bool star = false;

    while (text.n) {
        if (pattern.n && pattern.p[0] == '*') {
            pattern = str_from(pattern, 1);
            star = true;
            behind = pattern;
            from = text;
            continue;
        }
        if (pattern.n && element_takes(&pattern, text.p[0], how)) {
            text = str_from(text, 1);
            continue;
        }
        if (!star || ((how & GLOB_PATH) && from.p[0] == '/'))
            return false;
        pattern = behind;
        from = str_from(from, 1);
        text = from;
    }
    while (pattern.n && pattern.p[0] == '*')
        pattern = str_from(pattern, 1);
    return !pattern.n;
}

/* ---- gitignore(5): a set that is never closed takes nothing ---- */

/* Takes one byte of `path` (never a slash) by the front of *p, which is no star. */
static bool name_takes(struct str *p, char c)
{
    if (p->p[0] == '[')
        return glob_set(p, c, false) == GLOB_SET_TAKES && c != '/';
    if (p->p[0] == '?') {
        *p = str_from(*p, 1);
        return c != '/';
    }
    if (p->p[0] == '\\' && p->n > 1)
        *p = str_from(*p, 1);
    bool hit = p->p[0] == c;
    *p = str_from(*p, 1);
    return hit;
}

/* The last star seen is the only one that ever needs to give in; one for `*` (within a name)
 * and one for `**` (over names). So the work is at most pattern times path times names. */
struct retry {
    struct str pattern, path;
    bool set;
};

bool glob_fits_path(struct str pattern, struct str path)
{
    struct retry star = {0}, names = {0};
    bool name_begins = true; /* of the pattern */
    for (;;) {
        if (name_begins && str_starts(pattern, S("**/"))) {
            pattern = str_from(pattern, 3);
            names = (struct retry){pattern, path, true};
            star.set = false;
            continue;
        }
        if (name_begins && str_eq(pattern, S("**")))
            return path.n > 0;
        if (str_starts(pattern, S("*"))) {
            while (str_starts(pattern, S("*")))
                pattern = str_from(pattern, 1);
            star = (struct retry){pattern, path, true};
            name_begins = false;
            continue;
        }
        if (!pattern.n && !path.n)
            return true;
        if (pattern.n && path.n) {
            name_begins = pattern.p[0] == '/';
            if (name_takes(&pattern, path.p[0])) {
                path = str_from(path, 1);
                continue;
            }
        }
        /* Give in: a star takes one byte more, or `**` takes one name more. */
        if (star.set && star.path.n && star.path.p[0] != '/') {
            star.path = str_from(star.path, 1);
            pattern = star.pattern;
            path = star.path;
            name_begins = false;
            continue;
        }
        ptrdiff_t slash = names.set ? str_chr(names.path, '/') : STR_NONE;
        if (slash == STR_NONE)
            return false;
        names.path = str_from(names.path, (size_t)slash + 1);
        pattern = names.pattern;
        path = names.path;
        star.set = false;
        name_begins = true;
    }
}
