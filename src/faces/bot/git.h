/* git.h - git, run for the bot. It obeys the operator's own configuration (identity, signing,
 * credential helpers, certificates) and none of the machine's or the repository's: no hooks, no
 * filters, no submodules, no prompt and no terminal for one, and none of the caller's GIT_
 * variables that would send it elsewhere. A login goes to it by its environment, never among its
 * words. */
#ifndef DFIX_BOT_GIT_H
#define DFIX_BOT_GIT_H

#include "dfix/base.h"

struct secrets;
struct git {
    struct arena *arena;
    struct str dir;                /* the repository that it works in; "": none */
    struct str header_url, header; /* what goes to URLs that begin so; "": nothing */
    const struct secrets *secrets;
    const char *const *more; /* variables of the environment besides, up to NULL; or NULL */
    bool ran;                /* it was there to run, and had the time */
    struct str said;         /* of the last run, what it said besides */
    int64_t limit;           /* milliseconds that a talk with a remote may take; 0: no limit */
    int64_t spent;           /* milliseconds in it and waiting for it */
};

/* Its output, within 256 MiB. The last of the words is NULL. False: `e` has its own reason. */
bool git_run(struct git *g, struct str input, struct str *out, struct err *e,
             const char *const *words);
#define GIT(g, out, e, ...)                                                                        \
    git_run((g), S(""), (out), (e), (const char *const[]){__VA_ARGS__, NULL})

/* The hex name of an object. */
bool git_is_object(struct str name);

#endif
