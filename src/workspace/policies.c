/* Policy files, and what holds over them, become settings. */
#include "workspace/policies.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "dfix/date.h"
#include "dfix/dfix.h"
#include "host/files.h"

enum { POLICY_BYTES = 64 << 20 };

static void add_names(struct arena *a, struct str **v, size_t *n, const struct str *more,
                      size_t nmore)
{
    VEC(struct str) list = {0};

    for (size_t i = 0; i < *n; i++)
        vec_push(a, &list, (*v)[i]);
    for (size_t i = 0; i < nmore; i++)
        vec_push(a, &list, more[i]);
    *v = list.v;
    *n = list.n;
}

static void ask_shellcheck(struct arena *a, struct settings *s)
{
    struct str name = S("shellcheck");

    add_names(a, &s->also, &s->nalso, &name, 1);
}

static void apply_wishes(struct arena *a, const struct wishes *w, struct settings *s)
{
    add_names(a, &s->select, &s->nselect, w->select, w->nselect);
    add_names(a, &s->ignore, &s->nignore, w->ignore, w->nignore);
    if (w->shellcheck)
        ask_shellcheck(a, s);
    if (w->archs)
        s->archs = w->archs;
    if (w->deadline)
        s->deadline = w->deadline;
    s->unsafe |= w->unsafe;
    s->offline |= w->offline;
    s->refresh |= w->refresh;
    s->hadolint.no_pragmas |= w->no_pragmas;
    s->hadolint.strict_labels |= w->strict_labels;
    if (w->installed.n)
        s->installed_file = w->installed;
    s->today = w->today.n ? w->today : date_text(a, time(NULL));
}

struct config_rules settings_rules(struct arena *a)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);
    struct config_rule *v = arena_new(a, struct config_rule, n);

    for (size_t i = 0; i < n; i++)
        v[i] = (struct config_rule){f[i]->id, f[i]->aliases, f[i]->family, f[i]->options};
    return (struct config_rules){v, n};
}

bool policies_load(struct arena *a, const struct wishes *w, struct config *out, struct err *e)
{
    *out =
        (struct config){.settings = {.max_age = -1, .docs = S(""), .hadolint = {.schema = S("")}}};
    struct str none = S("");
    struct str machine = w->no_config ? none : config_system_path();
    struct str user = w->no_config ? none : config_user_path(a);

    if (machine.n && (!config_is_roots(a, machine.p, e) ||
                      !config_read(a, machine.p, true, settings_rules(a), out, e)))
        return false;
    if (user.n && !config_read(a, user.p, true, settings_rules(a), out, e))
        return false;
    if (w->config.n && !config_read(a, str_cstr(a, w->config), true, settings_rules(a), out, e))
        return false;
    if (!w->no_config && !config_hadolint_variables(a, settings_rules(a), out, e))
        return false;
    apply_wishes(a, w, &out->settings);
    dfix_settle(a, &dfix_rules, &out->settings);
    return true;
}

/* ---- by file ---- */

struct policy_read {
    dev_t dev;
    ino_t ino;
    bool ok;
    struct policy_file file;
    struct err why;
};
/* hadolint's, dfix's, the accepted risks: in the order in which they are put over each other. */
enum { THEIRS, OURS, ACCEPT, KINDS };
struct policy_pair {
    const struct policy_read *read[KINDS]; /* NULL: none */
    bool ok;
    struct config config;
    struct err why;
};

void policies_open(struct policies *p, struct arena *a, const struct wishes *w,
                   const struct config *base)
{
    struct str none = S("");

    *p = (struct policies){.arena = a,
                           .wishes = w,
                           .base = base,
                           .folder = none,
                           .hadolint = none,
                           .dfix = none,
                           .accept = none};
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

static bool apply_one(struct policies *p, int kind, const struct policy_file *file,
                      struct config *into, struct err *e)
{
    static bool (*const apply[KINDS])(struct arena * a, const struct policy_file *p, bool trusted,
                                      struct config_rules rules, struct config *into,
                                      struct err *e) = {
        [THEIRS] = config_apply_hadolint, [OURS] = config_apply, [ACCEPT] = config_apply_accept};

    p->bytes += file->bytes;
    if (p->bytes > POLICY_BYTES)
        return err_set(e,
                       "%s was not read because the policy files of one run are limited to %d MiB",
                       file->path, POLICY_BYTES >> 20);
    return apply[kind](p->arena, file, p->base->trust_project, settings_rules(p->arena), into, e);
}

/* The project's files lie between the user's and the command line. */
static bool combine(struct policies *p, struct policy_pair *pair)
{
    pair->config = *p->base;
    for (int i = 0; i < KINDS; i++) {
        if (!pair->read[i])
            continue;
        if (!pair->read[i]->ok) {
            pair->why = pair->read[i]->why;
            return false;
        }
        if (!apply_one(p, i, &pair->read[i]->file, &pair->config, &pair->why))
            return false;
    }
    apply_wishes(p->arena, p->wishes, &pair->config.settings);
    dfix_settle(p->arena, &dfix_rules, &pair->config.settings);
    return true;
}

static struct policy_pair *pair_of(struct policies *p, const struct policy_read *const *read)
{
    for (size_t i = 0; i < p->pair.n; i++)
        if (memcmp(p->pair.v[i]->read, read, sizeof(p->pair.v[i]->read)) == 0)
            return p->pair.v[i];
    struct policy_pair *new = arena_new(p->arena, struct policy_pair, 1);
    memcpy(new->read, read, sizeof(new->read));
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
    p->accept = config_find_accept(p->arena, path);
    if (p->wishes->config.n)
        return; /* which stands in for the others */
    p->hadolint = config_find_hadolint(p->arena, path, &p->users_hadolint);
    p->dfix = config_find(p->arena, path);
}

const struct config *policies_for(struct policies *p, struct str path, struct err *e)
{
    const struct policy_read *read[KINDS] = {NULL};

    if (p->wishes->no_config)
        return p->base;
    find_policies(p, path);
    const struct str file[KINDS] = {[THEIRS] = p->hadolint, [OURS] = p->dfix, [ACCEPT] = p->accept};
    if (!file[THEIRS].n && !file[OURS].n && !file[ACCEPT].n)
        return p->base;
    for (int i = 0; i < KINDS; i++)
        if (file[i].n && !(i == THEIRS && p->users_hadolint) &&
            !config_is_trusted(p->arena, file[i], path, e))
            return NULL;
    for (int i = 0; i < KINDS; i++) {
        read[i] = file[i].n ? read_once(p, file[i], e) : NULL;
        if (file[i].n && !read[i])
            return NULL;
    }
    struct policy_pair *pair = pair_of(p, read);
    if (!pair->ok) {
        *e = pair->why;
        return NULL;
    }
    return &pair->config;
}

struct settings settings_on_save(struct arena *a, const struct settings *s)
{
    struct settings copy = *s;

    copy.unsafe = false;
    copy.levels = NULL;
    copy.rule = arena_copy(a, s->rule, s->nrule, sizeof(*s->rule));
    for (size_t i = 0; i < copy.nrule; i++)
        if (copy.rule[i].level == LEVEL_UNSAFE)
            copy.rule[i].level = LEVEL_SAFE;
    if (s->non_save && !s->nselect) {
        copy.select = s->on_save;
        copy.nselect = s->non_save;
    }
    return copy;
}
