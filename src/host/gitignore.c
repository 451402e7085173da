/* gitignore(5): patterns and who decides. They have a matcher of their own beside base/glob.c: a
 * double star goes over folders, and a set that is never closed takes nothing. */
#include "host/gitignore.h"

enum { RULES_MAX = 1000 * 1000 };

/* Trailing blanks go, unless the last is escaped. */
static struct str trim_end(struct str line)
{
    if (str_ends(line, S("\r")))
        line.n--;
    while (str_ends(line, S(" ")) && !str_ends(line, S("\\ ")))
        line.n--;
    return line;
}

static bool parse_line(struct str line, struct ignore_rule *r)
{
    *r = (struct ignore_rule){0};
    line = trim_end(line);
    if (str_starts(line, S("#")))
        return false;
    if (str_starts(line, S("!"))) {
        r->negated = true;
        line = str_from(line, 1);
    }
    if (str_ends(line, S("/"))) {
        r->folder_only = true;
        line.n--;
    }
    r->anchored = str_chr(line, '/') != STR_NONE;
    if (str_starts(line, S("/")))
        line = str_from(line, 1);
    r->pattern = line;
    return line.n > 0;
}

static size_t take_rules(struct str text, struct ignore_rule *out)
{
    struct str line;
    size_t n = 0;
    while (str_cut(&text, '\n', &line)) {
        struct ignore_rule r;
        if (!parse_line(line, &r))
            continue;
        if (out)
            out[n] = r;
        n++;
    }
    return n;
}

const struct ignore_rules *ignore_parse(struct arena *a, struct str text, struct str folder,
                                        const struct ignore_rules *outer)
{
    struct ignore_rules *rules = arena_new(a, struct ignore_rules, 1);
    if (str_starts(text, S("\xef\xbb\xbf")))
        text = str_from(text, 3);
    size_t n = take_rules(text, NULL);
    if (n > RULES_MAX)
        return NULL;
    *rules = (struct ignore_rules){outer, folder, arena_new(a, struct ignore_rule, n), n};
    take_rules(text, rules->v);
    return rules;
}

bool ignore_matches(const struct ignore_rules *rules, struct str path, bool is_folder)
{
    for (; rules; rules = rules->outer) {
        struct str below = str_from(path, rules->folder.n);
        struct str name = str_from(path, (size_t)(str_rchr(path, '/') + 1));
        for (size_t i = rules->n; i > 0; i--) {
            const struct ignore_rule *r = &rules->v[i - 1];
            if (r->folder_only && !is_folder)
                continue;
            if (ignore_glob(r->pattern, r->anchored ? below : name))
                return !r->negated;
        }
    }
    return false;
}

/* Takes one byte of `path` (never a slash) by the front of *p, which is no star. */
static bool one(struct str *p, char c)
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

bool ignore_glob(struct str pattern, struct str path)
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
            if (one(&pattern, path.p[0])) {
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
