/* The schema of policy files: which files, and what holds for all of them. */
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"
#include "host/files.h"

/* The folder of the policy file, without links. */
static struct str folder_of(struct config_scope *s)
{
    struct str folder = path_absolute(s->arena, path_folder(s->arena, str_of(s->path)));
    char *real = realpath(str_cstr(s->arena, folder), NULL);

    if (real)
        folder = str_dup(s->arena, str_of(real));
    free(real);
    return folder;
}

static bool check_glob(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return !str_starts(text, S("!")) ||
           config_fail(s, n, "a pattern that takes back is not understood here");
}

static bool read_globs(struct config_scope *s, const struct yaml_node *n, struct path_glob **out,
                       size_t *count)
{
    struct str *v, folder = folder_of(s);

    if (!want_list(s, n, check_glob, &v, count))
        return false;
    *out = arena_new(s->arena, struct path_glob, *count);
    for (size_t i = 0; i < *count; i++)
        (*out)[i] = (struct path_glob){folder, v[i]};
    return true;
}

bool config_exclude_read(struct config_scope *s, const struct yaml_node *n)
{
    return read_globs(s, n, &s->into->settings.exclude, &s->into->settings.nexclude);
}

bool config_files_read(struct config_scope *s, const struct yaml_node *n)
{
    return read_globs(s, n, &s->into->settings.files, &s->into->settings.nfiles);
}

/* The rules that are given for some files, apart from those for all. */
static bool read_own_rules(struct config_scope *s, const struct yaml_pair *pair,
                           struct file_rules *out)
{
    struct config own = {.origin = s->into->origin};
    struct config_scope inner = *s;

    *out = (struct file_rules){.files = {folder_of(s), pair->key->text}};
    inner.into = &own;
    memset(&inner.seen, 0, sizeof(inner.seen));
    inner.trail = config_trail(s, pair->key->text);
    if (!check_glob(s, pair->key, pair->key->text) || !config_rules_read(&inner, pair->value))
        return false;
    s->into->origin = own.origin;
    out->rule = own.settings.rule;
    out->nrule = own.settings.nrule;
    return true;
}

bool config_per_file_read(struct config_scope *s, const struct yaml_node *map)
{
    struct settings *to = &s->into->settings;

    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    struct file_rules *v = arena_new(s->arena, struct file_rules, to->nfile_rules + map->n);
    if (to->nfile_rules)
        memcpy(v, to->file_rules, to->nfile_rules * sizeof(*v));
    for (size_t i = 0; i < map->n; i++)
        if (!read_own_rules(s, &map->pair[i], &v[to->nfile_rules + i]))
            return false;
    to->file_rules = v;
    to->nfile_rules += map->n;
    return true;
}

/* A policy may ask for more than the one below it, and takes nothing back. */
bool config_require_reasons_read(struct config_scope *s, const struct yaml_node *n)
{
    bool wanted;

    if (!want_bool(s, n, &wanted))
        return false;
    s->into->settings.require_reasons |= wanted;
    return true;
}

static bool check_rule(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    return config_rule_of(&s->rules, text) ||
           config_fail(s, n, "no rule \"" STR_FMT "\"; `dfix rules` lists them", STR_ARG(text));
}

bool config_forbid_read(struct config_scope *s, const struct yaml_node *n)
{
    struct settings *to = &s->into->settings;
    bool all = n->kind == YAML_TEXT && n->plain &&
               (str_eq(n->text, S("true")) || str_eq(n->text, S("false")));
    struct str *v = NULL;
    size_t count = 0;

    if (!all && !want_list(s, n, check_rule, &v, &count))
        return false;
    struct str *more = arena_new(s->arena, struct str, to->nforbid + count + 1);
    if (to->nforbid)
        memcpy(more, to->forbid, to->nforbid * sizeof(*more));
    to->forbid = more;
    for (size_t i = 0; i < count; i++)
        more[to->nforbid++] = v[i];
    if (all && str_eq(n->text, S("true")))
        more[to->nforbid++] = S("all");
    return true;
}

bool config_docs_read(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.docs);
}
