/* Which files a policy is about: patterns as in a .gitignore, from the policy file's folder on. */
#include <string.h>

#include "config/config.h"
#include "host/files.h"
#include "host/gitignore.h"

/* One name on the way, or all of the way to it. */
static bool fits_at(struct str pattern, bool anchored, struct str path)
{
    return glob_fits_path(pattern, anchored ? path : path_basename(path));
}

bool path_glob_fits(const struct path_glob *g, struct str real)
{
    struct str left, pattern = g->pattern;
    bool folder = str_ends(pattern, S("/"));

    if (!path_below(real, g->folder, &left))
        return false;
    pattern = str_without_end(pattern, '/');
    bool anchored = str_chr(pattern, '/') != STR_NONE;
    while (str_starts(pattern, S("/")))
        pattern = str_from(pattern, 1);
    for (size_t i = 1; i <= left.n; i++)
        if (i == left.n ? !folder : left.p[i] == '/')
            if (fits_at(pattern, anchored, str_sub(left, 0, i)))
                return true;
    return false;
}

static bool any_fits(const struct path_glob *v, size_t n, struct str real)
{
    for (size_t i = 0; i < n; i++)
        if (path_glob_fits(&v[i], real))
            return true;
    return false;
}

bool config_leaves_out(const struct settings *s, struct str real)
{
    return any_fits(s->exclude, s->nexclude, real);
}

bool config_adds(const struct settings *s, struct str real)
{
    return any_fits(s->files, s->nfiles, real);
}

/* Options of both; those of `more` count. */
static void add_options(struct arena *a, struct rule_settings *to, const struct rule_settings *more)
{
    struct setting *v = arena_new(a, struct setting, to->noption + more->noption);
    size_t n = 0;

    for (size_t i = 0; i < to->noption; i++) {
        bool again = false;
        for (size_t k = 0; k < more->noption; k++)
            again |= str_eq(to->option[i].name, more->option[k].name);
        if (!again)
            v[n++] = to->option[i];
    }
    for (size_t k = 0; k < more->noption; k++)
        v[n++] = more->option[k];
    to->option = v;
    to->noption = n;
}

static void add_rule(struct arena *a, struct settings *s, const struct rule_settings *more)
{
    struct rule_settings *to = NULL;

    for (size_t i = 0; i < s->nrule; i++)
        if (str_eq(s->rule[i].rule, more->rule))
            to = &s->rule[i];
    if (!to) {
        s->rule[s->nrule++] = *more;
        return;
    }
    to->level = more->level ? more->level : to->level;
    to->severity = more->has_severity ? more->severity : to->severity;
    to->has_severity |= more->has_severity;
    add_options(a, to, more);
}

bool config_for_file(struct arena *a, const struct settings *s, struct str real,
                     struct settings *out)
{
    bool any = false;

    *out = *s;
    for (size_t i = 0; i < s->nfile_rules; i++) {
        const struct file_rules *f = &s->file_rules[i];
        if (!path_glob_fits(&f->files, real))
            continue;
        struct rule_settings *v = arena_new(a, struct rule_settings, out->nrule + f->nrule);
        if (out->nrule)
            memcpy(v, out->rule, out->nrule * sizeof(*v));
        out->rule = v;
        for (size_t k = 0; k < f->nrule; k++)
            add_rule(a, out, &f->rule[k]);
        out->levels = NULL;
        any = true;
    }
    return any;
}
