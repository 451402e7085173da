/* config_value.h - how the schema of policy files reads single values: each is checked, and
 * what is wrong is said at its line and column. */
#ifndef DFIX_SERVICES_CONFIG_VALUE_H
#define DFIX_SERVICES_CONFIG_VALUE_H

#include "config/config.h"
#include "config/yaml_tree.h"

enum { NAMES_MAX = 256 }; /* keys of a map, values of a choice */

/* What is being read into what. */
struct config_scope {
    struct arena *arena;
    const char *path;
    bool trusted;
    struct config_rules rules;
    struct config *into;
    struct index_settings *index; /* inside index.apt.X */
    const struct str *conf;       /* inside registries: the registries.conf files to read */
    size_t nconf;
    VEC(const struct config_rule *) seen; /* rules that this file has set */
    struct str trail; /* the keys that lead to what is being read: "index.apt" */
    struct err *err;
};

/* A key of a map: what reads its value, and whether it is a matter of trust. */
struct config_key {
    const char *name;
    bool (*read)(struct config_scope *s, const struct yaml_node *value);
    bool trust;
};

bool config_fail(struct config_scope *s, const struct yaml_node *at, const char *fmt, ...)
    DFIX_PRINTF(3, 4);
/* "unknown key", with the known one that is meant, or else all of them. */
bool config_fail_unknown(struct config_scope *s, const struct yaml_node *at, const char *what,
                         const struct str *known, size_t n);
/* A key that is left out since the file is not trusted. */
void config_warn_untrusted(struct config_scope *s, const struct yaml_node *key);

bool want_kind(struct config_scope *s, const struct yaml_node *n, enum yaml_kind kind);
/* Where a setting comes from is kept, by the keys that lead to it. */
void config_note(struct config_scope *s, const struct yaml_node *value);
struct str config_trail(struct config_scope *s, struct str key); /* s->trail and one key more */

/* schema_rules.c */
const struct config_rule *config_rule_of(const struct config_rules *rules, struct str name);
/* Has it any known key, or one nearly so? False, without showing the file, when it has none. */
bool config_is_policy(struct config_scope *s, const struct yaml_node *root,
                      const struct config_key *keys, size_t n);
bool config_rules_read(struct config_scope *s, const struct yaml_node *map);
bool config_on_save_read(struct config_scope *s, const struct yaml_node *n);
/* schema_project.c: which files, and what holds for all of them */
bool config_exclude_read(struct config_scope *s, const struct yaml_node *n);
bool config_files_read(struct config_scope *s, const struct yaml_node *n);
bool config_per_file_read(struct config_scope *s, const struct yaml_node *n);
bool config_require_reasons_read(struct config_scope *s, const struct yaml_node *n);
bool config_forbid_read(struct config_scope *s, const struct yaml_node *n);
/* schema_accept.c, schema_gate.c */
bool config_accept_read(struct config_scope *s, const struct yaml_node *list);
bool config_gate_read(struct config_scope *s, const struct yaml_node *map);
/* hadolint.c: hadolint's own keys, in its file or in a section of ours */
bool config_hadolint_read(struct config_scope *s, const struct yaml_node *map);
/* schema_bot.c */
bool config_bot_read(struct config_scope *s, const struct yaml_node *n);
bool config_docs_read(struct config_scope *s, const struct yaml_node *n);

/* One value, of printable bytes. */
bool want_text(struct config_scope *s, const struct yaml_node *n, struct str *out);
/* One of "a|b|c": its index. */
bool want_choice(struct config_scope *s, const struct yaml_node *n, const char *choices,
                 size_t *out);
bool want_bool(struct config_scope *s, const struct yaml_node *n, bool *out);
/* Seconds, from 90s, 30m, 24h, 7d or 0. */
bool want_time(struct config_scope *s, const struct yaml_node *n, int64_t *out);
/* Up to 999999. */
bool want_number(struct config_scope *s, const struct yaml_node *n, int64_t *out);
/* Bytes, from 500MB, 2GB (powers of 1024) or 0. */
bool want_size(struct config_scope *s, const struct yaml_node *n, int64_t *out);
/* http, https or file; without a slash at its end. */
bool want_url(struct config_scope *s, const struct yaml_node *n, struct str *out);
/* A file's name is taken from the policy file's folder; ~/ is the user's home. */
bool want_file(struct config_scope *s, const struct yaml_node *n, struct str *out);
/* A list of values, or one alone. `check` may be NULL. */
typedef bool config_check(struct config_scope *s, const struct yaml_node *n, struct str text);
bool want_list(struct config_scope *s, const struct yaml_node *n, config_check *check,
               struct str **out, size_t *count);
config_check check_arch, check_host, check_registry, check_image, check_replacement;

/* Every pair of a map by its key. Keys of trust are left out, and said so, when the file is
 * not trusted. An empty value is an empty map. */
bool config_keys(struct config_scope *s, const struct yaml_node *map, const struct config_key *keys,
                 size_t n);
#define CONFIG_KEYS(s, map, keys) config_keys((s), (map), (keys), sizeof(keys) / sizeof((keys)[0]))

#endif
