/* config.h - policy files (dfix.yaml) into settings.
 *
 * A project's policy file (found from a file's folder upward to the repository root) may say
 * which rules run and how. Where packages and images come from, and what is trusted
 * (mirrors, keyrings, plain http, registry hosts) counts only from --config or the user's own
 * file ($XDG_CONFIG_HOME/dfix/dfix.yaml), unless that says `trust-project-config: true`. */
#ifndef DFIX_CONFIG_H
#define DFIX_CONFIG_H

#include "dfix/settings.h"

struct fixer;
struct config {
    struct settings settings;
    bool trust_project;   /* the user's file says so */
    VEC(struct str) warning; /* "FILE:LINE:COL: ..." each once */
};

/* The rules that may be named, for checking ids, aliases and options: the engine's table. */
struct config_rules {
    const struct fixer *const *v;
    size_t n;
};

/* Read one file over what `into` holds. `trusted`: mirror and trust keys count. */
bool config_read(struct arena *a, const char *path, bool trusted, struct config_rules rules,
                 struct config *into, struct err *e);
/* The user's own policy file; "" when there is none. */
struct str config_user_path(struct arena *a);
/* The policy file for a Dockerfile at `path` (need not exist): the nearest dfix.yaml upward,
 * within its repository; "" when there is none. */
struct str config_find(struct arena *a, struct str path);

#endif
