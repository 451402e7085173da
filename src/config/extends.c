/* `extends:` in a policy file: others that hold below it. They lend no more trust than the file has
 * that names them; what a repository names stays in it, or is root's in /etc/dfix. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/extends.h"
#include "host/files.h"

enum { DEEP = 8, MANY = 32 };

static const struct yaml_node *value_of(const struct yaml_node *map, const char *key)
{
    for (size_t i = 0; map->kind == YAML_MAP && i < map->n; i++)
        if (str_eq(map->pair[i].key->text, str_of(key)))
            return map->pair[i].value;
    return NULL;
}

/* May a file that is not trusted name this one? */
static bool stays_inside(struct config_scope *s, const struct yaml_node *at, struct str real)
{
    struct str mine = path_folder(s->arena, path_absolute(s->arena, str_of(s->path))), left;
    char *whole = realpath(str_cstr(s->arena, mine), NULL);
    struct err e;

    if (whole)
        mine = str_dup(s->arena, str_of(whole));
    free(whole);
    struct str repository = file_repository(s->arena, mine);
    if (path_below(real, S("/etc/dfix"), &left))
        return config_is_roots(s->arena, str_cstr(s->arena, real), &e) ||
               config_fail(s, at, "%s", e.text);
    if (path_below(real, repository.n ? repository : mine, &left) &&
        str_find(real, S("/.git/")) == STR_NONE)
        return true;
    return config_fail(s, at,
                       STR_FMT " is outside of the repository; only a file in it or in "
                               "/etc/dfix can be extended from here",
                       STR_ARG(path_relative(s->arena, real)));
}

static bool extend(struct config_scope *s, const struct yaml_node *n, unsigned deep)
{
    struct policy_file *p = arena_new(s->arena, struct policy_file, 1);
    struct str name = S("");

    if (!want_file(s, n, &name))
        return false;
    char *leads = realpath(str_cstr(s->arena, name), NULL);
    struct str real = leads ? str_dup(s->arena, str_of(leads)) : S("");
    int why = errno;
    free(leads);
    if (!real.n)
        return config_fail(s, n, STR_FMT ": %s", STR_ARG(name), strerror(why));
    if (!s->trusted && !stays_inside(s, n, real))
        return false;
    const char *shown = str_cstr(s->arena, path_relative(s->arena, real));
    return policy_read(s->arena, shown, p, s->err) &&
           config_apply_deep(s->arena, p, s->trusted, s->rules, s->into, s->err, deep + 1);
}

bool config_extend(struct config_scope *s, const struct yaml_node *root, unsigned deep)
{
    const struct yaml_node *n = value_of(root, "extends");

    if (!n)
        return true;
    if (deep >= DEEP)
        return config_fail(s, n, "policy files extend each other more than %d deep", DEEP);
    if (n->kind != YAML_LIST)
        return extend(s, n, deep);
    if (n->n > MANY)
        return config_fail(s, n, "more than %d files", MANY);
    for (size_t i = 0; i < n->n; i++)
        if (!extend(s, n->item[i], deep))
            return false;
    return true;
}
