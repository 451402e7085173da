/* background.h - what the cache lacks is fetched by another run of this program, which nobody waits
 * for: it checks one text as any run does. One at a time for a cache, and not too often. */
#ifndef DFIX_WORKSPACE_BACKGROUND_H
#define DFIX_WORKSPACE_BACKGROUND_H

#include <sys/types.h>

#include "workspace/workspace.h"

struct background_plan {
    struct str path; /* of the text, whose policy holds; "" none */
    struct str text;
    const struct wishes *wishes;
    struct str cache;     /* the folder; "": there is none, and nothing is fetched */
    int64_t pause;        /* seconds since the last one began */
    bool apart;           /* it outlives the caller */
    bool update_releases; /* not the text: all indexes of the cache */
};
struct background {
    pid_t pid;
    int fd; /* at its end it is readable; -1: none runs */
};
/* False: none was started, as one runs or ran, or CI is set, or it must not be. */
bool background_start(struct arena *a, const struct background_plan *p, struct background *out);
void background_reap(struct background *b);

#endif
