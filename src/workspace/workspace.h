/* workspace.h - what a run over files, an editor and a bot share: the texts at hand, the settings
 * that hold for each, and one world that all of them ask. */
#ifndef DFIX_WORKSPACE_H
#define DFIX_WORKSPACE_H

#include "dfix/dfix.h"
#include "host/held.h"
#include "workspace/policies.h"
#include "world/world.h"

struct workspace {
    struct arena *arena;
    struct wishes wishes;
    struct config base; /* what holds where no policy lies beside a file */
    struct policies policies;
    VEC(struct placed) placed; /* workspace.c's */
    struct str repository;     /* that `owners` is of; "" none so far */
    const struct codeowners *owners;
    struct world *world; /* under the base's settings */
};
/* `over` and what it points at live as long as the workspace. */
bool workspace_open(struct workspace *w, struct arena *a, const struct wishes *over, struct err *e);
void workspace_close(struct workspace *w);
/* On to other files, whose policies have nothing to do with those before: what is read for them
 * stands in `a`. The world stays. */
void workspace_next(struct workspace *w, struct arena *a);
/* What holds for the file at `real`, which was named as `path`; NULL: a policy is there but cannot
 * be read or is not to be trusted, so nothing may be done. *new: that policy, when it is seen for
 * the first time in this folder. */
const struct settings *workspace_settings(struct workspace *w, struct str path, struct str real,
                                          const struct config **new, struct err *e);

/* Before anything is asked: the world is what the cache holds. */
void workspace_keep_to_cache(struct workspace *w);

/* One text. */
struct job {
    struct str path;   /* to read and write; "-": standard input */
    struct str label;  /* in messages */
    struct str target; /* where its bytes are, links followed; as patches name it */
    struct arena *arena;
    const struct settings *settings;
    struct str text;
    struct held_file held; /* of a path */
    struct result result;
    bool settled;
    bool written;   /* it was seen to that the file has what it is to have */
    bool unwritten; /* the fixed text could not be put in its place */
    struct str why_unwritten;
};

/* rounds.c. Jobs are worked on by a few threads; what met a question without an answer yet is run
 * again once there is news, until all are settled or no news comes. */
struct rounds {
    struct job *job;
    size_t n;
    struct world *world;
    long threads;
    bool check;                                 /* else fix */
    bool guarded;                               /* findings have their edits */
    void (*settled)(void *user, struct job *j); /* after each round, of all that are so far */
    void *user;
};
void rounds_run(struct rounds *r);

#endif
