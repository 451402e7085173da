/* Policy files and the command line become settings. */
#include "faces/faces.h"

#include <time.h>

static bool add_rules(struct arena *a, const struct command_line *c, enum option_id id,
                      struct str **v, size_t *n, struct err *e)
{
    VEC(struct str) list = {0};

    for (size_t i = 0; i < *n; i++)
        vec_push(a, &list, (*v)[i]);
    for (size_t i = 0; i < c->value[id].n; i++) {
        struct str rest = c->value[id].v[i], name;
        size_t before = list.n;
        while (str_cut(&rest, ',', &name)) {
            name = str_trim(name);
            if (!name.n)
                continue;
            if (!dfix_fixer(name))
                return no_rule(name, e);
            vec_push(a, &list, name);
        }
        if (list.n == before)
            return err_set(e, "dfix: --%s names no rule", option_specs[id].name);
    }
    *v = list.v;
    *n = list.n;
    return true;
}

static bool read_platforms(const struct command_line *c, arch_set *out, struct err *e)
{
    for (size_t i = 0; i < c->value[OPT_PLATFORM].n; i++) {
        struct str rest = c->value[OPT_PLATFORM].v[i], name;
        if (!rest.n)
            return err_set(e, "dfix: --platform names no architecture");
        while (str_cut(&rest, ',', &name)) {
            arch_set one = arch_of(str_trim(name));
            if (!one)
                return err_set(e,
                               "dfix: --platform: no architecture " STR_FMT
                               " is known (amd64, arm64, armhf, ...)",
                               STR_ARG(name));
            *out |= one;
        }
    }
    return true;
}

static bool read_deadline(const struct command_line *c, int64_t *out, struct err *e)
{
    struct str text = options_value(c, OPT_DEADLINE);

    if (!c->set[OPT_DEADLINE])
        return true;
    if (!time_parse(text, out))
        return err_set(e, "dfix: --deadline: \"" STR_FMT "\" is not a time: 90s, 10m, 1h or 0",
                       STR_ARG(text));
    if (!*out)
        *out = -1; /* as long as it takes; 0 is the default */
    return true;
}

static struct str today(struct arena *a)
{
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    return str_fmt(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* What the command line says holds over every policy file. */
static bool apply_command_line(struct arena *a, const struct command_line *c, struct settings *s,
                               struct err *e)
{
    arch_set archs = 0;

    if (!add_rules(a, c, OPT_SELECT, &s->select, &s->nselect, e) ||
        !add_rules(a, c, OPT_IGNORE, &s->ignore, &s->nignore, e) || !read_platforms(c, &archs, e) ||
        !read_deadline(c, &s->deadline, e))
        return false;
    if (archs)
        s->archs = archs;
    s->unsafe |= c->set[OPT_UNSAFE];
    s->offline |= c->set[OPT_OFFLINE];
    s->refresh |= c->set[OPT_REFRESH];
    if (c->set[OPT_INSTALLED])
        s->installed_file = options_value(c, OPT_INSTALLED);
    s->today = today(a);
    return true;
}

struct config_rules settings_rules(struct arena *a)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);
    struct config_rule *v = arena_new(a, struct config_rule, n);

    for (size_t i = 0; i < n; i++)
        v[i] = (struct config_rule){f[i]->id, f[i]->aliases, f[i]->options};
    return (struct config_rules){v, n};
}

bool settings_load(struct arena *a, const struct command_line *c, struct config *out, struct err *e)
{
    *out = (struct config){.settings = {.max_age = -1}};
    struct str user = c->set[OPT_NO_CONFIG] ? S("") : config_user_path(a);

    if (user.n && !config_read(a, user.p, true, settings_rules(a), out, e))
        return false;
    if (c->set[OPT_CONFIG] &&
        !config_read(a, str_cstr(a, options_value(c, OPT_CONFIG)), true, settings_rules(a), out, e))
        return false;
    return apply_command_line(a, c, &out->settings, e);
}

bool settings_for(struct arena *a, const struct command_line *c, const struct config *base,
                  struct str path, struct config *out, struct err *e)
{
    *out = *base;
    if (c->set[OPT_CONFIG] || c->set[OPT_NO_CONFIG])
        return true;
    struct str theirs = config_find_hadolint(a, path), ours = config_find(a, path);
    if (!theirs.n && !ours.n)
        return true;
    /* The project's files lie between the user's and the command line. */
    if (theirs.n &&
        !config_read_hadolint(a, theirs.p, base->trust_project, settings_rules(a), out, e))
        return false;
    if (ours.n && !config_read(a, ours.p, base->trust_project, settings_rules(a), out, e))
        return false;
    return apply_command_line(a, c, &out->settings, e);
}
