/* config.h - policy files (dfix.yaml) into settings.
 *
 * A project's policy file (found from a file's folder upward to the repository root) may say
 * which rules run and how. Where packages and images come from, and what is trusted
 * (mirrors, keyrings, plain http, registry hosts) counts only from --config or the user's own
 * file ($XDG_CONFIG_HOME/dfix/dfix.yaml), unless that says `trust-project-config: true`.
 *
 *   rules:                               a rule's name or alias
 *     pin-apt: {level: safe, style: compatible}
 *     release-eol: off                   off | hint | safe | unsafe: how far it may go here
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
 *     conf: FILE | system                containers' registries.conf, after what stands here
 *     verify: digest                     digest | off
 *   images:                                                             *
 *     python: registry.corp.example/approved/python
 *     'debian:*-slim': 'registry.corp.example/approved/debian-slim:*'
 *   trust-project-config: true                                          *
 *
 * What is marked * is refused from a project's file, with a warning. */
#ifndef DFIX_CONFIG_H
#define DFIX_CONFIG_H

#include "dfix/settings.h"

struct config {
    struct settings settings;
    bool trust_project;      /* the user's file says so */
    VEC(struct str) warning; /* "FILE:LINE:COL: ..." each once */
};

/* The rules that may be named: what the engine's table says of them. */
struct config_rule {
    const char *id, *aliases;         /* aliases: blank separated */
    const struct option_doc *options; /* ends with a NULL name; may be NULL */
};
struct config_rules {
    const struct config_rule *v;
    size_t n;
};

/* Read one file over what `into` holds, key by key; lists are replaced whole. `trusted`:
 * mirror and trust keys count. What `into` pointed at stays unchanged, so that a copy of it
 * can be read over for each folder. */
bool config_read(struct arena *a, const char *path, bool trusted, struct config_rules rules,
                 struct config *into, struct err *e);
/* The same for what hadolint's own file (.hadolint.yaml) and dfix have in common:
 * trustedRegistries (a project's only where `into` says nothing of images yet: such a list makes
 * findings and nothing else), and `ignored` for rules that have the code as an alias. */
bool config_read_hadolint(struct arena *a, const char *path, bool trusted,
                          struct config_rules rules, struct config *into, struct err *e);
/* The user's own policy file; "" when there is none. */
struct str config_user_path(struct arena *a);
/* The policy file for a Dockerfile at `path` (need not exist): the nearest dfix.yaml (or .yml)
 * upward, within its repository; outside of one, no higher than the working directory. "" when
 * there is none. */
struct str config_find(struct arena *a, struct str path);
struct str config_find_hadolint(struct arena *a, struct str path);

/* Seconds, from 90s, 30m, 24h, 7d, or a number of them. */
bool time_parse(struct str text, int64_t *seconds);

#endif
