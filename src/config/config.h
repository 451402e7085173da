/* config.h - policy files (dfix.yaml) into settings.
 *
 * A project's policy file (found from a file's folder upward to the repository root) may say
 * which rules run and how. Where packages and images come from, and what is trusted
 * (mirrors, keyrings, plain http, registry hosts) counts only from --config, DFIX_CONFIG, the
 * user's own file ($XDG_CONFIG_HOME/dfix/dfix.yaml) and root's for the machine
 * (/etc/dfix/dfix.yaml), unless one of these says `trust-project-config: true`.
 *
 *   rules:                               a rule's name or alias
 *     pin-apt: {level: safe, style: compatible}
 *     release-eol: off                   off | hint | safe | unsafe: how far it may go here
 *     user-switch: {severity: error}     info | warning | error
 *   extends: ../dfix.yaml                or a list; they lend no more trust than this file has, and
 *                                        from a repository stay in it or in /etc/dfix
 *   exclude: [legacy/]                   as in a .gitignore; not searched
 *   files: ['*.docker']                  searched besides Dockerfiles
 *   per-file: {'*.dev.Dockerfile': {user-switch: off}}
 *   require-reasons: true                hadolint's comments need one, too
 *   forbid-suppressions: [trusted-from]  or true: no comment suppresses these
 *   docs: URL                            the site of ./dev docs, for each finding's page    *
 *   on-save: [pin-apt, apt-get-yes]      an editor that saves applies the fixes of these only
 *   architectures: [amd64, arm64]
 *   index:
 *     max-age: 24h                       0 asks each time; s, m, h, d
 *     trusted-sources: [packages.corp.example]                          *
 *     sources: {https://packages.corp.example/apt: {keyring: FILE}}     *
 *     apt: {debian: {mirror: URL, security: URL, archive: URL, keyring: FILE, snapshot: URL}}   *
 *     apk: {alpine: {mirror: URL, keys: [FOLDER, FILE], secdb: URL}}    *
 *   registries:                                                         *
 *     trusted: [registry.corp.example, '*.corp.example']
 *     blocked: [...]
 *     mirrors: {docker.io/library: registry.corp.example/hub}
 *     insecure: [localhost:5000]
 *     ca-file: FILE                      PEM, instead of the system's
 *     layouts: {registry.corp.example/base: FOLDER}   OCI layouts, asked instead of the registry
 *     max-layers: 1GB                    of one image, fetched to learn what is in it; 0: none
 *     requests: 90                       to one registry in a run, at most
 *     conf: FILE | system                containers' registries.conf, after what stands here
 *     verify: digest                     digest | off
 *   images:                                                             *
 *     python: registry.corp.example/approved/python
 *     'debian:*-slim': 'registry.corp.example/approved/debian-slim:*'
 *   accept:                              risks that somebody takes; also in .dfix/accept.yaml
 *     - {id: CVE-2024-1234, package: openssl, reason: ..., owner: '@corp/web', expires: 2027-01-31}
 *   gate:                                what an environment lets in; a project's file may only be
 *     production: {severity: medium, user: non-root}                        stricter
 *   hadolint: {ignored: [DL3003], override: {error: [DL3008]}}    the keys of .hadolint.yaml
 *   trust-project-config: true                                          *
 *
 * What is marked * is refused from a project's file, with a warning. */
#ifndef DFIX_CONFIG_H
#define DFIX_CONFIG_H

#include "dfix/settings.h"

/* A setting of a policy file, and where it stands: the newest first. */
struct setting_origin {
    const struct setting_origin *before;
    struct str key, value; /* "rules.pin-apt.style", "exact" */
    const char *path;
    unsigned line;
};

struct config {
    struct settings settings;
    const struct setting_origin *origin; /* NULL: none */
    bool trust_project;                  /* the user's file says so */
    VEC(struct str) warning;             /* "FILE:LINE:COL: ..." each once */
};

/* The rules that may be named: what the engine's table says of them. */
struct config_rule {
    const char *id, *aliases;         /* aliases: blank separated */
    const char *family;               /* of codes, as a fixer's; may be NULL */
    const struct option_doc *options; /* ends with a NULL name; may be NULL */
};
struct config_rules {
    const struct config_rule *v;
    size_t n;
};

/* A policy file as it was read, for all the folders that it holds in. */
struct yaml_node;
struct policy_file {
    const char *path;
    struct yaml_node *root; /* NULL: it says nothing */
    size_t bytes;
};
bool policy_read(struct arena *a, const char *path, struct policy_file *out, struct err *e);
/* Put one over what `into` holds, key by key; lists are replaced whole. `trusted`: mirror and
 * trust keys count. What `into` pointed at stays unchanged, so that a copy of it can be read over
 * for each folder. */
bool config_apply(struct arena *a, const struct policy_file *p, bool trusted,
                  struct config_rules rules, struct config *into, struct err *e);
/* The same for hadolint's own file (.hadolint.yaml), all of whose keys count but for
 * trustedRegistries, of which a warning is made; it turns hadolint's rules on. */
bool config_apply_hadolint(struct arena *a, const struct policy_file *p, bool trusted,
                           struct config_rules rules, struct config *into, struct err *e);
/* The same for accepted risks in a file of their own. */
bool config_apply_accept(struct arena *a, const struct policy_file *p, bool trusted,
                         struct config_rules rules, struct config *into, struct err *e);
/* HADOLINT_IGNORE and its like. */
bool config_hadolint_variables(struct arena *a, struct config_rules rules, struct config *into,
                               struct err *e);
/* "error", "style", "none": hadolint's names of levels. */
bool config_fail_level(struct str name, enum fail_level *out, struct err *e);
/* A dfix.yaml that says what hadolint's file says. */
bool config_import_hadolint(struct arena *a, const char *path, struct config_rules rules,
                            struct buf *out, struct err *e);
/* Both steps at once. */
bool config_read(struct arena *a, const char *path, bool trusted, struct config_rules rules,
                 struct config *into, struct err *e);
bool config_read_hadolint(struct arena *a, const char *path, bool trusted,
                          struct config_rules rules, struct config *into, struct err *e);

/* path_glob.c. Is the file at this absolute path, without links, one of them? */
bool path_glob_fits(const struct path_glob *g, struct str real);
bool config_leaves_out(const struct settings *s, struct str real);
bool config_adds(const struct settings *s, struct str real);
/* The settings with what they say of this file alone; false: nothing. */
bool config_for_file(struct arena *a, const struct settings *s, struct str real,
                     struct settings *out);

/* The user's own policy file, and the machine's (/etc/dfix/dfix.yaml); "" when there is none. */
struct str config_user_path(struct arena *a);
struct str config_system_path(void);
#define ACCEPT_FILE ".dfix/accept.yaml"
/* The accepted risks of the repository that a Dockerfile lies in: the nearest .dfix/accept.yaml
 * upward, as far as a policy file is looked for. "" when there is none. */
struct str config_find_accept(struct arena *a, struct str path);
/* The policy file for a Dockerfile at `path` (need not exist): the nearest dfix.yaml (or .yml)
 * upward, within its repository; outside of one, no higher than the working directory. "" when
 * there is none. */
struct str config_find(struct arena *a, struct str path);
/* hadolint's file, the same way; else the user's own, where hadolint looks for it. */
struct str config_find_hadolint(struct arena *a, struct str path, bool *user);

/* Seconds, from 90s, 30m, 24h, 7d, or a number of them. */
bool time_parse(struct str text, int64_t *seconds);
/* May the policy file that was found speak for this Dockerfile? It does not lead out of its
 * repository, and its folder and the repository's `.git` belong to the caller (also behind sudo),
 * or to the Dockerfile's owner when nobody else can write there, or git's safe.directory names the
 * folder. False, with the reason: then nothing may be done for the Dockerfile. */
bool config_is_trusted(struct arena *a, struct str file, struct str dockerfile, struct err *e);
/* Is it root's, and can nobody else write it? */
bool config_is_roots(struct arena *a, const char *path, struct err *e);

#endif
