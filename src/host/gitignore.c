/* gitignore(5): patterns and who decides. */
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
            if (glob_fits_path(r->pattern, r->anchored ? below : name))
                return !r->negated;
        }
    }
    return false;
}
