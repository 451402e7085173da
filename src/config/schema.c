/* The schema of policy files. */
#include "config/config.h"

#include <string.h>

#include "dfix/reference.h"
#include "config/config_value.h"
#include "config/extends.h"
#include "config/registries_conf.h"

/* architectures: */

static bool read_architectures(struct config_scope *s, const struct yaml_node *n)
{
    struct str *v;
    size_t count;
    if (!want_list(s, n, check_arch, &v, &count))
        return false;
    s->into->settings.archs = 0;
    for (size_t i = 0; i < count; i++)
        s->into->settings.archs |= arch_of(v[i]);
    return true;
}

/* index: */

static bool read_max_age(struct config_scope *s, const struct yaml_node *n)
{
    return want_time(s, n, &s->into->settings.max_age);
}

static bool read_trusted_sources(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_host, &s->into->settings.trusted_source,
                     &s->into->settings.ntrusted_source);
}

static bool read_mirror(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->mirror);
}

static bool read_security(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->security);
}

static bool read_snapshot(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->snapshot);
}

static bool read_ports(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->ports);
}

static bool read_archive(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->archive);
}

static bool read_keyring(struct config_scope *s, const struct yaml_node *n)
{
    return want_file(s, n, &s->index->keyring);
}

/* The distro's settings in hand, made when there are none yet. */
static void enter_distro(struct config_scope *s, struct str distro)
{
    struct settings *to = &s->into->settings;
    for (size_t i = 0; i < to->nindex; i++)
        if (str_eq(to->index[i].distro, distro)) {
            s->index = &to->index[i];
            return;
        }
    struct index_settings *v = arena_new(s->arena, struct index_settings, to->nindex + 1);
    if (to->nindex)
        memcpy(v, to->index, to->nindex * sizeof(*v));
    to->index = v;
    s->index = &v[to->nindex++];
    *s->index = (struct index_settings){.distro = distro,
                                        .mirror = S(""),
                                        .security = S(""),
                                        .keyring = S(""),
                                        .snapshot = S(""),
                                        .ports = S(""),
                                        .archive = S(""),
                                        .secdb = S("")};
}

static bool read_debian(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {{"mirror", read_mirror, false},
                                             {"security", read_security, false},
                                             {"keyring", read_keyring, false},
                                             {"archive", read_archive, false},
                                             {"snapshot", read_snapshot, false}};
    enter_distro(s, S("debian"));
    return CONFIG_KEYS(s, n, keys);
}

static bool read_ubuntu(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {
        {"mirror", read_mirror, false},     {"security", read_security, false},
        {"keyring", read_keyring, false},   {"archive", read_archive, false},
        {"snapshot", read_snapshot, false}, {"ports", read_ports, false}};
    enter_distro(s, S("ubuntu"));
    return CONFIG_KEYS(s, n, keys);
}

/* A file or folder, or a list of them. */
static bool read_keys(struct config_scope *s, const struct yaml_node *n)
{
    size_t count = n->kind == YAML_LIST ? n->n : 1;
    struct str *v = arena_new(s->arena, struct str, count);
    for (size_t i = 0; i < count; i++)
        if (!want_file(s, n->kind == YAML_LIST ? n->item[i] : n, &v[i]))
            return false;
    s->index->key = v;
    s->index->nkey = count;
    return true;
}

static bool read_secdb(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->index->secdb);
}

static bool read_alpine(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {
        {"mirror", read_mirror, false}, {"keys", read_keys, false}, {"secdb", read_secdb, false}};
    enter_distro(s, S("alpine"));
    return CONFIG_KEYS(s, n, keys);
}

static bool read_apt(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {{"debian", read_debian, false},
                                             {"ubuntu", read_ubuntu, false}};
    return CONFIG_KEYS(s, n, keys);
}

static bool read_apk(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {{"alpine", read_alpine, false}};
    return CONFIG_KEYS(s, n, keys);
}

static bool read_source_keyring(struct config_scope *s, const struct yaml_node *n)
{
    struct settings *to = &s->into->settings;
    return want_file(s, n, &to->source[to->nsource].keyring);
}

/* {URL: {keyring: FILE}} */
static bool read_sources(struct config_scope *s, const struct yaml_node *map)
{
    static const struct config_key keys[] = {{"keyring", read_source_keyring, false}};
    struct settings *to = &s->into->settings;
    to->nsource = 0;
    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    to->source = arena_new(s->arena, struct source_settings, map->n);
    for (size_t i = 0; i < map->n; i++) {
        struct source_settings *x = &to->source[to->nsource];
        *x = (struct source_settings){S(""), S("")};
        if (!want_url(s, map->pair[i].key, &x->uri) || !CONFIG_KEYS(s, map->pair[i].value, keys))
            return false;
        if (!x->keyring.n)
            return config_fail(s, map->pair[i].key, "the keyring of this source is missing");
        to->nsource++;
    }
    return true;
}

static bool read_timeout(struct config_scope *s, const struct yaml_node *n)
{
    int64_t *seconds = &s->into->settings.timeout;
    struct str text = S("");
    if (!want_text(s, n, &text))
        return false;
    return (time_parse(text, seconds) && *seconds >= 1 && *seconds <= 3600) ||
           config_fail(s, n, "\"" STR_FMT "\" is not a time between 1s and 60m", STR_ARG(text));
}

static bool read_tracker(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.debian);
}

static bool read_osv(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.osv);
}

static bool read_kev(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.kev);
}

static bool read_epss(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.epss);
}

static bool read_osv_api(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.api);
}

static bool read_life(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.life);
}

static bool read_maven(struct config_scope *s, const struct yaml_node *n)
{
    return want_url(s, n, &s->into->settings.advisories.maven);
}

static bool read_advisories(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {
        {"debian", read_tracker, false},  {"osv", read_osv, false},
        {"osv-api", read_osv_api, false}, {"kev", read_kev, false},
        {"epss", read_epss, false},       {"distro-info", read_life, false},
        {"maven", read_maven, false}};
    return CONFIG_KEYS(s, n, keys);
}

static bool read_index(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {{"max-age", read_max_age, false},
                                             {"timeout", read_timeout, true},
                                             {"trusted-sources", read_trusted_sources, true},
                                             {"sources", read_sources, true},
                                             {"apt", read_apt, true},
                                             {"apk", read_apk, true},
                                             {"advisories", read_advisories, true}};
    return CONFIG_KEYS(s, n, keys);
}

/* registries: and images: */

static bool read_trusted(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_registry, &s->into->settings.trusted, &s->into->settings.ntrusted);
}

static bool read_blocked(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_registry, &s->into->settings.blocked, &s->into->settings.nblocked);
}

static bool read_insecure(struct config_scope *s, const struct yaml_node *n)
{
    return want_list(s, n, check_host, &s->into->settings.insecure, &s->into->settings.ninsecure);
}

static bool read_verify(struct config_scope *s, const struct yaml_node *n)
{
    size_t which;
    if (!want_choice(s, n, "digest|off", &which))
        return false;
    s->into->settings.verify_digest_off = which == 1;
    return true;
}

/* Names are compared in full: `python` is docker.io/library/python, `team/app` docker.io/team/app;
 * a registry stays what it is. */
static struct str full_prefix(struct arena *a, struct str name)
{
    struct reference r;
    bool registry = str_chr(name, '/') == STR_NONE &&
                    (str_chr(name, '.') != STR_NONE || str_chr(name, ':') != STR_NONE ||
                     str_eq(name, S("localhost")));
    if (registry || !reference_parse(name, &r) || r.tag.n || r.digest.n)
        return name;
    if (r.domain.n && !str_eq(r.domain, S("index.docker.io")))
        return name; /* docker.io/library stays a prefix */
    return reference_name(a, &r);
}

/* {FROM: TO}, both names of images or prefixes of them. */
static bool read_image_map(struct config_scope *s, const struct yaml_node *map, config_check *check,
                           struct mirror **out, size_t *n)
{
    if (yaml_is_empty(map)) {
        *n = 0;
        return true;
    }
    if (!want_kind(s, map, YAML_MAP))
        return false;
    struct mirror *v = arena_new(s->arena, struct mirror, map->n);
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *from = map->pair[i].key, *to = map->pair[i].value;
        if (!want_text(s, from, &v[i].from) || !check(s, from, v[i].from) ||
            !want_text(s, to, &v[i].to) || !check(s, to, v[i].to))
            return false;
        v[i].from = str_without_end(v[i].from, '/');
        v[i].to = str_without_end(v[i].to, '/');
        if (!v[i].from.n || !v[i].to.n)
            return config_fail(s, from, "an image name is missing");
    }
    *out = v;
    *n = map->n;
    return true;
}

static bool read_mirrors(struct config_scope *s, const struct yaml_node *n)
{
    struct settings *to = &s->into->settings;
    if (!read_image_map(s, n, check_image, &to->mirror, &to->nmirror))
        return false;
    for (size_t i = 0; i < to->nmirror; i++)
        to->mirror[i].from = full_prefix(s->arena, to->mirror[i].from);
    return true;
}

static bool read_images(struct config_scope *s, const struct yaml_node *n)
{
    struct settings *to = &s->into->settings;
    return read_image_map(s, n, check_replacement, &to->image, &to->nimage);
}

static bool read_layouts(struct config_scope *s, const struct yaml_node *map)
{
    struct settings *to = &s->into->settings;
    if (yaml_is_empty(map)) {
        to->nlayout = 0;
        return true;
    }
    if (!want_kind(s, map, YAML_MAP))
        return false;
    struct mirror *v = arena_new(s->arena, struct mirror, map->n);
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *from = map->pair[i].key;
        if (!want_text(s, from, &v[i].from) || !check_image(s, from, v[i].from) ||
            !want_file(s, map->pair[i].value, &v[i].to))
            return false;
        v[i].from = full_prefix(s->arena, str_without_end(v[i].from, '/'));
    }
    to->layout = v;
    to->nlayout = map->n;
    return true;
}

static bool read_ca_file(struct config_scope *s, const struct yaml_node *n)
{
    return want_file(s, n, &s->into->settings.ca_file);
}

static bool read_max_layers(struct config_scope *s, const struct yaml_node *n)
{
    int64_t *most = &s->into->settings.max_layers;
    if (!want_size(s, n, most))
        return false;
    if (!*most)
        *most = -1; /* none; 0 is the default */
    return true;
}

static bool read_requests(struct config_scope *s, const struct yaml_node *n)
{
    int64_t *most = &s->into->settings.max_requests;
    if (!want_number(s, n, most))
        return false;
    if (!*most)
        *most = -1; /* none; 0 is the default */
    return true;
}

static bool read_conf(struct config_scope *s, const struct yaml_node *n)
{
    struct str *one = arena_new(s->arena, struct str, 1);
    s->conf = one;
    s->nconf = 1;
    if (!str_eq(n->text, S("system")))
        return want_file(s, n, one);
    s->nconf = registries_conf_system(s->arena, &s->conf);
    return true;
}

static bool read_registries(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {
        {"trusted", read_trusted, false}, {"blocked", read_blocked, false},
        {"mirrors", read_mirrors, false}, {"insecure", read_insecure, false},
        {"verify", read_verify, false},   {"layouts", read_layouts, false},
        {"ca-file", read_ca_file, false}, {"max-layers", read_max_layers, false},
        {"conf", read_conf, false},       {"requests", read_requests, false}};
    s->nconf = 0;
    /* What stands here comes before what the other file says, wherever it is named. */
    return CONFIG_KEYS(s, n, keys) && registries_conf_read(s, s->conf, s->nconf);
}

static bool read_trust(struct config_scope *s, const struct yaml_node *n)
{
    return want_bool(s, n, &s->into->trust_project);
}

/* A scope over a copy of what may be changed in place: others may share the original. */
static struct config_scope open_scope(struct arena *a, const struct policy_file *p, bool trusted,
                                      struct config_rules rules, struct config *into, struct err *e)
{
    struct settings *to = &into->settings;
    struct rule_settings *rule = arena_new(a, struct rule_settings, to->nrule);
    struct index_settings *index = arena_new(a, struct index_settings, to->nindex);
    struct str *warning = arena_new(a, struct str, into->warning.n);

    if (to->nrule)
        memcpy(rule, to->rule, to->nrule * sizeof(*rule));
    if (to->nindex)
        memcpy(index, to->index, to->nindex * sizeof(*index));
    if (into->warning.n)
        memcpy(warning, into->warning.v, into->warning.n * sizeof(*warning));
    to->rule = rule;
    to->index = index;
    into->warning.v = warning;
    into->warning.cap = into->warning.n;
    return (struct config_scope){.arena = a,
                                 .path = p->path,
                                 .trusted = trusted,
                                 .rules = rules,
                                 .into = into,
                                 .trail = S(""),
                                 .err = e};
}

/* What is no policy at all may be anything, and nothing of it is to be shown. */
bool config_is_policy(struct config_scope *s, const struct yaml_node *root,
                      const struct config_key *keys, size_t n)
{
    struct str known[NAMES_MAX];
    struct buf all = {.arena = s->arena};

    for (size_t i = 0; i < n; i++) {
        known[i] = str_of(keys[i].name);
        buf_fmt(&all, "%s%s", i ? ", " : "", keys[i].name);
    }
    if (root->kind != YAML_MAP || !root->n)
        return true; /* said later, and without showing it */
    for (size_t i = 0; i < root->n; i++)
        if (str_nearest(root->pair[i].key->text, known, n).n)
            return true;
    return config_fail(s, root, "not a policy file; it has none of the known keys (" STR_FMT ")",
                       STR_ARG(buf_str(&all)));
}

/* Read before all others. */
static bool read_extends(struct config_scope *s, const struct yaml_node *n)
{
    (void)s;
    (void)n;
    return true;
}

static const struct config_key top_keys[] = {
    {"extends", read_extends, false},
    {"rules", config_rules_read, false},
    {"on-save", config_on_save_read, false},
    {"hadolint", config_hadolint_read, false},
    {"exclude", config_exclude_read, false},
    {"files", config_files_read, false},
    {"per-file", config_per_file_read, false},
    {"require-reasons", config_require_reasons_read, false},
    {"forbid-suppressions", config_forbid_read, false},
    {"architectures", read_architectures, false},
    {"index", read_index, false},
    {"registries", read_registries, true},
    {"images", read_images, true},
    {"accept", config_accept_read, false},
    {"gate", config_gate_read, false},
    {"docs", config_docs_read, true},
    {"bot", config_bot_read, false},
    {"trust-project-config", read_trust, true},
};
enum { TOP_KEYS = sizeof(top_keys) / sizeof(top_keys[0]) };

bool config_apply_deep(struct arena *a, const struct policy_file *p, bool trusted,
                       struct config_rules rules, struct config *into, struct err *e, unsigned deep)
{
    struct config_scope s = open_scope(a, p, trusted, rules, into, e);

    if (!p->root)
        return true;
    if (!config_is_policy(&s, p->root, top_keys, TOP_KEYS) || !config_extend(&s, p->root, deep))
        return false;
    s = open_scope(a, p, trusted, rules, into, e);
    return CONFIG_KEYS(&s, p->root, top_keys);
}

bool config_apply(struct arena *a, const struct policy_file *p, bool trusted,
                  struct config_rules rules, struct config *into, struct err *e)
{
    return config_apply_deep(a, p, trusted, rules, into, e, 0);
}

bool config_apply_hadolint(struct arena *a, const struct policy_file *file, bool trusted,
                           struct config_rules rules, struct config *into, struct err *e)
{
    struct config_scope s = open_scope(a, file, trusted, rules, into, e);

    into->settings.hadolint.on = true;
    return !file->root || config_hadolint_read(&s, file->root);
}

/* .dfix/accept.yaml, which says nothing else. */
bool config_apply_accept(struct arena *a, const struct policy_file *file, bool trusted,
                         struct config_rules rules, struct config *into, struct err *e)
{
    static const struct config_key keys[] = {{"accept", config_accept_read, false}};
    struct config_scope s = open_scope(a, file, trusted, rules, into, e);

    return !file->root ||
           (config_is_policy(&s, file->root, keys, 1) && CONFIG_KEYS(&s, file->root, keys));
}
