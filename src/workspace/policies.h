/* policies.h - which policy holds for a file: the machine's, the user's, those beside it, and what
 * a command line or an editor says over all of them. */
#ifndef DFIX_WORKSPACE_POLICIES_H
#define DFIX_WORKSPACE_POLICIES_H

#include "config/config.h"

/* What holds over every policy file. */
struct wishes {
    struct str *select, *ignore; /* more rules, by names that are known */
    size_t nselect, nignore;
    bool shellcheck;  /* the rule is on besides */
    arch_set archs;   /* 0: as the policy says */
    int64_t deadline; /* of settings.h; 0: as the policy says */
    bool unsafe, offline, refresh;
    bool timing;                    /* each rule's work is measured */
    bool no_pragmas, strict_labels; /* of settings.h's hadolint */
    struct str installed;           /* a file; "" none */
    struct str config; /* the file that stands in for those beside the Dockerfiles; "" none */
    bool no_config;    /* no policy file at all */
    struct str today;  /* "": the clock's day */
};

/* The rules that a policy file may name. */
struct config_rules settings_rules(struct arena *a);
/* What holds for all files; a project's policy comes on top by file. */
bool policies_load(struct arena *a, const struct wishes *w, struct config *out, struct err *e);

/* What the policy files beside the Dockerfiles say; each file is read once. */
struct policies {
    struct arena *arena;
    const struct wishes *wishes;
    const struct config *base;
    VEC(struct policy_read *) read;
    VEC(struct policy_pair *) pair;
    size_t bytes;        /* put over `base` so far */
    bool users_hadolint; /* it lies at the user's home */
    struct str folder, hadolint, dfix,
        accept; /* the last file's folder, and the policies found from it */
};
void policies_open(struct policies *p, struct arena *a, const struct wishes *w,
                   const struct config *base);
/* `base` with what they add for the Dockerfile at `path`; shared by all that have the same. NULL:
 * a policy is there but cannot be read or is not to be trusted, so nothing may be done. */
const struct config *policies_for(struct policies *p, struct str path, struct err *e);

/* For a text that is fixed as it is saved: the rules that policy names for that, or all that are
 * on, and what they do without being asked: nothing unsafe. */
struct settings settings_on_save(struct arena *a, const struct settings *s);

#endif
