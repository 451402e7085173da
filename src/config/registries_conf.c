/* Reads containers' registries.conf (version 2) into the settings for registries. */
#include "config/registries_conf.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"
#include "config/toml_tree.h"

enum { CONF_MAX = 1024 * 1024 };

/* What the files read so far have said. */
struct said {
    VEC(struct str) prefix;
    bool search;
};

static bool read_text(struct config_scope *s, const struct yaml_node *table, const char *key,
                      config_check *check, struct str *out)
{
    const struct yaml_node *n = toml_get(table, key);
    *out = S("");
    if (!n)
        return true;
    if (!want_text(s, n, out) || !check(s, n, *out))
        return false;
    *out = str_without_end(*out, '/');
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

static bool is_said(struct config_scope *s, struct said *said, struct str prefix)
{
    for (size_t i = 0; i < said->prefix.n; i++)
        if (str_eq(said->prefix.v[i], prefix))
            return true;
    vec_push(s->arena, &said->prefix, prefix);
    return false;
}

/* `*` stands for the hosts below one: *.corp.example. */
static bool good_prefix(struct str prefix)
{
    ptrdiff_t star = str_rchr(prefix, '*');
    return star == STR_NONE ||
           (star == 0 && str_starts(prefix, S("*.")) && str_chr(prefix, '/') == STR_NONE);
}

static bool read_registry(struct config_scope *s, const struct yaml_node *table, struct said *said)
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
    if (!good_prefix(prefix))
        return config_fail(s, table, "`*` in a prefix may only begin a host, as in *.corp.example");
    if (is_said(s, said, prefix))
        return true;
    if (blocked)
        add_text(s->arena, prefix, &t->blocked, &t->nblocked);
    if (insecure)
        add_insecure(s, location.n ? location : prefix);
    struct str to = mirror.n ? mirror : location;
    if (!to.n || str_eq(to, prefix) || blocked)
        return true;
    add_mirror(s, prefix, to);
    return true;
}

/* Only one registry can be what a short name means. */
static bool read_search(struct config_scope *s, const struct yaml_node *list, struct said *said)
{
    struct str *v;
    size_t n;

    if (!list || said->search)
        return true;
    said->search = true;
    if (!want_list(s, list, check_host, &v, &n))
        return false;
    if (n == 1 && !str_eq(v[0], S("docker.io")))
        s->into->settings.short_names = v[0];
    return true;
}

static bool read_file(struct config_scope *s, struct str path, struct said *said)
{
    struct config_scope conf = *s;
    struct yaml_node *root;
    struct str text;

    conf.path = str_cstr(s->arena, path);
    if (!file_read(s->arena, conf.path, CONF_MAX, &text, s->err) ||
        !toml_parse(s->arena, conf.path, text, &root, s->err))
        return false;
    const struct yaml_node *list = toml_get(root, "registry"), *old = toml_get(root, "registries");
    if (old)
        return config_fail(&conf, old,
                           "the old format with [registries.*] is not supported; use [[registry]]");
    if (!read_search(&conf, toml_get(root, "unqualified-search-registries"), said))
        return false;
    if (list && !want_kind(&conf, list, YAML_LIST))
        return false;
    for (size_t i = 0; list && i < list->n; i++)
        if (!read_registry(&conf, list->item[i], said))
            return false;
    return true;
}

bool registries_conf_read(struct config_scope *s, const struct str *path, size_t n)
{
    struct said said = {.search = false};

    for (size_t i = 0; i < n; i++)
        if (!read_file(s, path[i], &said))
            return false;
    return true;
}

/* ---- where they are ---- */

typedef VEC(struct str) path_list;

static bool add_file(struct arena *a, path_list *out, struct str path)
{
    bool there = path.n && access(str_cstr(a, path), R_OK) == 0;
    if (there)
        vec_push(a, out, path);
    return there;
}

static int is_conf(const struct dirent *d)
{
    return str_ends(str_of(d->d_name), S(".conf"));
}

/* A drop-in counts more than those whose names come before its own. */
static void add_drop_ins(struct arena *a, path_list *out, struct str folder)
{
    struct dirent **entry;
    int n = folder.n ? scandir(str_cstr(a, folder), &entry, is_conf, alphasort) : -1;

    for (int i = n; i-- > 0; free(entry[i]))
        add_file(a, out, path_join(a, folder, str_dup(a, str_of(entry[i]->d_name))));
    if (n >= 0)
        free(entry);
}

size_t registries_conf_system(struct arena *a, const struct str **out)
{
    const char *named = getenv("CONTAINERS_REGISTRIES_CONF"), *xdg = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    struct str etc = S("/etc/containers"), mine = S("");
    path_list list = {0};

    if (xdg && xdg[0] == '/')
        mine = path_join(a, str_of(xdg), S("containers"));
    else if (home)
        mine = path_join(a, str_of(home), S(".config/containers"));
    if (!add_file(a, &list, str_of(named))) {
        if (mine.n)
            add_drop_ins(a, &list, path_join(a, mine, S("registries.conf.d")));
        if (!mine.n || !add_file(a, &list, path_join(a, mine, S("registries.conf")))) {
            add_drop_ins(a, &list, path_join(a, etc, S("registries.conf.d")));
            add_file(a, &list, path_join(a, etc, S("registries.conf")));
        }
    }
    *out = list.v;
    return list.n;
}
