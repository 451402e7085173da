/* host.h - what a service (apt, apk, registries) is, and all that it may see of the run that asks
 * it: settings, the cache's folder, and a place for warnings. */
#ifndef DFIX_HOST_H
#define DFIX_HOST_H

#include "dfix/lookup.h"
#include "dfix/settings.h"
#include "host/fetch.h"

struct world; /* world/world.h */

/* A service. Functions that a service does not have are NULL; `self` is what
 * `open` gave. `ask` is called from several threads at once, the others from one,
 * while no thread asks. */
struct world_service {
    const char *name;
    void *(*open)(struct world *w);
    void (*close)(void *self);
    /* Queue requests for what was missed and is not under way. They may queue more as they finish.
     */
    void (*gather)(void *self, struct fetcher *f);
    /* After the fetcher ran; it may run on. True when anything new is known. */
    bool (*settle)(void *self);

    /* Nobody uses what was answered so far, and the run goes on: answers that can be given again
     * without asking anybody may go. Nothing is under way. */
    void (*forget)(void *self);

    unsigned kinds; /* of questions that it answers, as bits */
    enum answer (*ask)(void *self, const struct question *q, struct reply *out);
};

/* What a service keeps of answers over a run of many repositories, in bytes, before it forgets. */
enum { ANSWERS_KEPT = 1 << 20 };

const struct settings *world_settings(const struct world *w);
/* $XDG_CACHE_HOME/dfix, ~/.cache/dfix or settings.cache_dir; "" when there is none, or none that
 * this user alone can write: that is said. */
struct str world_cache_dir(struct world *w);
void world_warn(struct world *w, const char *fmt, ...) DFIX_PRINTF(2, 3);
void world_fail(struct world *w, const char *fmt, ...) DFIX_PRINTF(2, 3);

#endif
