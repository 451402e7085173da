#include "services/registries_conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/files.h"
#include "services/toml_tree.h"

enum { CONF_MAX = 1024 * 1024 };

static bool read_text(struct config_scope *s, const struct yaml_node *table, const char *key,
                      config_check *check, struct str *out)
{
    const struct yaml_node *n = toml_get(table, key);
    *out = S("");
    if (!n)
        return true;
    if (!want_text(s, n, out) || !check(s, n, *out))
        return false;
    while (str_ends(*out, S("/")))
        out->n--;
    return true;
}

static bool read_bool(struct config_scope *s, const struct yaml_node *table, const char *key,
                      bool *out)
{
    const struct yaml_node *n = toml_get(table, key);
    *out = false;
    return !n || want_bool(s, n, out);
}

static void add_text(struct arena *a, struct str text, struct str **v, size_t *n)
{
    struct str *all = arena_new(a, struct str, *n + 1);
    if (*n)
        memcpy(all, *v, *n * sizeof(*all));
    all[(*n)++] = text;
    *v = all;
}

static void add_mirror(struct config_scope *s, struct str from, struct str to)
{
    struct settings *t = &s->into->settings;
    struct mirror *all = arena_new(s->arena, struct mirror, t->nmirror + 1);
    for (size_t i = 0; i < t->nmirror; i++) {
        if (str_eq(t->mirror[i].from, from))
            return;
        all[i] = t->mirror[i];
    }
    all[t->nmirror++] = (struct mirror){from, to};
    t->mirror = all;
}

static void add_insecure(struct config_scope *s, struct str location)
{
    struct settings *t = &s->into->settings;
    ptrdiff_t slash = str_chr(location, '/');
    add_text(s->arena, slash == STR_NONE ? location : str_sub(location, 0, (size_t)slash),
             &t->insecure, &t->ninsecure);
}

/* The first mirror is asked first, so it is the one that policy names. One for digests alone
 * does not hold what a tag stands for. */
static bool read_first_mirror(struct config_scope *s, const struct yaml_node *table,
                              bool digests_only, struct str *out)
{
    const struct yaml_node *list = toml_get(table, "mirror");
    *out = S("");
    if (!list)
        return true;
    if (!want_kind(s, list, YAML_LIST))
        return false;
    for (size_t i = 0; i < list->n; i++) {
        struct str location, pull;
        bool insecure;
        if (!want_kind(s, list->item[i], YAML_MAP) ||
            !read_text(s, list->item[i], "location", check_image, &location) ||
            !read_text(s, list->item[i], "pull-from-mirror", check_image, &pull) ||
            !read_bool(s, list->item[i], "insecure", &insecure))
            return false;
        if (!location.n)
            return config_fail(s, list->item[i], "a mirror needs a location");
        if (insecure)
            add_insecure(s, location);
        if (!out->n && !digests_only && !str_eq(pull, S("digest-only")))
            *out = location;
    }
    return true;
}

static bool read_registry(struct config_scope *s, const struct yaml_node *table)
{
    struct settings *t = &s->into->settings;
    struct str prefix, location, mirror;
    bool insecure, blocked, digests_only;

    if (!want_kind(s, table, YAML_MAP) || !read_text(s, table, "prefix", check_registry, &prefix) ||
        !read_text(s, table, "location", check_image, &location) ||
        !read_bool(s, table, "insecure", &insecure) || !read_bool(s, table, "blocked", &blocked) ||
        !read_bool(s, table, "mirror-by-digest-only", &digests_only) ||
        !read_first_mirror(s, table, digests_only, &mirror))
        return false;
    if (!prefix.n)
        prefix = location;
    if (!prefix.n)
        return config_fail(s, table, "a registry needs a prefix or a location");
    if (blocked)
        add_text(s->arena, prefix, &t->blocked, &t->nblocked);
    if (insecure)
        add_insecure(s, location.n ? location : prefix);
    struct str to = mirror.n ? mirror : location;
    if (!to.n || str_eq(to, prefix) || blocked)
        return true;
    if (str_chr(prefix, '*') != STR_NONE)
        return config_fail(s, table, "a prefix with `*` cannot be mapped to a location here");
    add_mirror(s, prefix, to);
    return true;
}

/* Only one registry can be what a short name means. */
static bool read_search(struct config_scope *s, const struct yaml_node *list)
{
    struct str *v;
    size_t n;

    if (!list)
        return true;
    if (!want_list(s, list, check_host, &v, &n))
        return false;
    if (n == 1 && !str_eq(v[0], S("docker.io")))
        s->into->settings.short_names = v[0];
    return true;
}

bool registries_conf_read(struct config_scope *s, const char *path)
{
    struct config_scope conf = *s;
    struct yaml_node *root;
    struct str text;

    conf.path = path;
    if (!file_read(s->arena, path, CONF_MAX, &text, s->err) ||
        !toml_parse(s->arena, path, text, &root, s->err))
        return false;
    const struct yaml_node *list = toml_get(root, "registry"), *old = toml_get(root, "registries");
    if (old)
        return config_fail(&conf, old,
                           "the old format with [registries.*] is not read: use [[registry]]");
    if (!read_search(&conf, toml_get(root, "unqualified-search-registries")))
        return false;
    if (list && !want_kind(&conf, list, YAML_LIST))
        return false;
    for (size_t i = 0; list && i < list->n; i++)
        if (!read_registry(&conf, list->item[i]))
            return false;
    return true;
}

struct str registries_conf_system(struct arena *a)
{
    const char *named = getenv("CONTAINERS_REGISTRIES_CONF"), *home = getenv("HOME");
    const struct str path[] = {
        str_of(named),
        home ? path_join(a, str_of(home), S(".config/containers/registries.conf")) : S(""),
        S("/etc/containers/registries.conf"),
    };

    for (size_t i = 0; i < sizeof path / sizeof path[0]; i++)
        if (path[i].n && access(str_cstr(a, path[i]), R_OK) == 0)
            return path[i];
    return S("");
}
