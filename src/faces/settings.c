/* Policy files and the command line become settings. */
#include "faces/faces.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "dfix/date.h"
#include "host/files.h"

enum { POLICY_BYTES = 64 << 20 };

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
            if (!dfix_is_named(name))
                return no_rule(name, e);
            vec_push(a, &list, name);
        }
        if (list.n == before)
            return err_set(e, "dfix: --%s needs a rule", option_specs[id].name);
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
            return err_set(e, "dfix: --platform needs an architecture");
        while (str_cut(&rest, ',', &name)) {
            arch_set one = arch_of(str_trim(name));
            if (!one)
                return err_set(e,
                               "dfix: --platform: unknown architecture " STR_FMT
                               " (amd64, arm64, armhf, ...)",
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
    s->today = date_text(a, time(NULL));
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

/* The file that stands in for what lies beside the Dockerfiles; "" when none was named. */
static struct str named_policy(const struct command_line *c)
{
    const char *from_environment = getenv("DFIX_CONFIG");

    if (c->set[OPT_CONFIG])
        return options_value(c, OPT_CONFIG);
    return c->set[OPT_NO_CONFIG] ? S("") : str_of(from_environment);
}

bool settings_load(struct arena *a, const struct command_line *c, struct config *out, struct err *e)
{
    *out = (struct config){.settings = {.max_age = -1}};
    struct str none = S(""), named = named_policy(c);
    struct str machine = c->set[OPT_NO_CONFIG] ? none : config_system_path();
    struct str user = c->set[OPT_NO_CONFIG] ? none : config_user_path(a);

    if (machine.n && (!config_is_roots(a, machine.p, e) ||
                      !config_read(a, machine.p, true, settings_rules(a), out, e)))
        return false;
    if (user.n && !config_read(a, user.p, true, settings_rules(a), out, e))
        return false;
    if (named.n && !config_read(a, str_cstr(a, named), true, settings_rules(a), out, e))
        return false;
    return apply_command_line(a, c, &out->settings, e);
}

/* ---- by file ---- */

struct policy_read {
    dev_t dev;
    ino_t ino;
    bool ok;
    struct policy_file file;
    struct err why;
};
struct policy_pair {
    const struct policy_read *theirs, *ours; /* NULL: none */
    bool ok;
    struct config config;
    struct err why;
};

void policies_open(struct policies *p, struct arena *a, const struct command_line *c,
                   const struct config *base)
{
    struct str none = S("");

    *p = (struct policies){
        .arena = a, .line = c, .base = base, .folder = none, .hadolint = none, .dfix = none};
}

/* Each file is read once, under whatever names. */
static struct policy_read *read_once(struct policies *p, struct str path, struct err *e)
{
    const char *name = str_cstr(p->arena, path);
    struct stat st;

    if (stat(name, &st) < 0) {
        err_set(e, "%s: %s", name, strerror(errno));
        return NULL;
    }
    for (size_t i = 0; i < p->read.n; i++)
        if (p->read.v[i]->dev == st.st_dev && p->read.v[i]->ino == st.st_ino)
            return p->read.v[i];
    struct policy_read *new = arena_new(p->arena, struct policy_read, 1);
    new->dev = st.st_dev;
    new->ino = st.st_ino;
    new->ok = policy_read(p->arena, name, &new->file, &new->why);
    vec_push(p->arena, &p->read, new);
    return new;
}

/* The project's files lie between the user's and the command line. */
static bool combine(struct policies *p, struct policy_pair *pair)
{
    const struct policy_read *both[] = {pair->theirs, pair->ours};
    struct arena *a = p->arena;
    struct config_rules rules = settings_rules(a);

    pair->config = *p->base;
    for (size_t i = 0; i < 2; i++) {
        if (!both[i])
            continue;
        if (!both[i]->ok) {
            pair->why = both[i]->why;
            return false;
        }
        p->bytes += both[i]->file.bytes;
        if (p->bytes > POLICY_BYTES)
            return err_set(
                &pair->why,
                "%s was not read because the policy files of one run are limited to %d MiB",
                both[i]->file.path, POLICY_BYTES >> 20);
        if (!(i ? config_apply : config_apply_hadolint)(a, &both[i]->file, p->base->trust_project,
                                                        rules, &pair->config, &pair->why))
            return false;
    }
    return apply_command_line(a, p->line, &pair->config.settings, &pair->why);
}

static struct policy_pair *pair_of(struct policies *p, const struct policy_read *theirs,
                                   const struct policy_read *ours)
{
    for (size_t i = 0; i < p->pair.n; i++)
        if (p->pair.v[i]->theirs == theirs && p->pair.v[i]->ours == ours)
            return p->pair.v[i];
    struct policy_pair *new = arena_new(p->arena, struct policy_pair, 1);
    *new = (struct policy_pair){.theirs = theirs, .ours = ours};
    new->ok = combine(p, new);
    vec_push(p->arena, &p->pair, new);
    return new;
}

/* Files of one folder have the same ones. */
static void find_policies(struct policies *p, struct str path)
{
    struct str folder = path_folder(p->arena, path);

    if (p->folder.n && str_eq(p->folder, folder))
        return;
    p->folder = folder;
    p->hadolint = config_find_hadolint(p->arena, path);
    p->dfix = config_find(p->arena, path);
}

const struct config *settings_for(struct policies *p, struct str path, struct err *e)
{
    struct policy_read *theirs = NULL, *ours = NULL;

    if (named_policy(p->line).n || p->line->set[OPT_NO_CONFIG])
        return p->base;
    find_policies(p, path);
    struct str hadolint = p->hadolint, dfix = p->dfix;
    if (!hadolint.n && !dfix.n)
        return p->base;
    if ((hadolint.n && !config_is_trusted(p->arena, hadolint, path, e)) ||
        (dfix.n && !config_is_trusted(p->arena, dfix, path, e)))
        return NULL;
    if (hadolint.n)
        theirs = read_once(p, hadolint, e);
    if (dfix.n)
        ours = read_once(p, dfix, e);
    if ((hadolint.n && !theirs) || (dfix.n && !ours))
        return NULL;
    struct policy_pair *pair = pair_of(p, theirs, ours);
    if (!pair->ok) {
        *e = pair->why;
        return NULL;
    }
    return &pair->config;
}
