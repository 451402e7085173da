/* world.h - everything outside: the one `struct lookup` that a run asks, made of
 * services (apt, apk, registries, advisories).
 *
 * A service answers from memory or a mapped file, or notes the miss and says
 * PENDING. resolve() lets every service queue what it misses on one fetcher,
 * runs that once, and lets every service take in what came. Nothing is opened,
 * fetched or loaded before it is asked for. */
#ifndef DFIX_WORLD_H
#define DFIX_WORLD_H

#include <pthread.h>

#include "host/host.h"

/* What people should know about what was read: shown once, at the end.
 * An error makes the run exit with 2; the other files are done all the same. */
struct world_note {
    bool error;
    struct str text;
};

/* `s` must live as long as the world. */
struct world *world_open(const struct settings *s);
void world_close(struct world *w);
const struct lookup *world_lookup(struct world *w);
/* Seconds that the network may take for one run or repository; negative: as long as it likes. */
int64_t world_network_limit(const struct world *w);
/* What the lookup's resolve() does, in parts: wait until something has come or nothing is under
 * way, and for what else comes within this time. True: there is news, so asking again is worth it.
 * *more: some of what was asked for is still under way. */
bool world_step(struct world *w, int64_t ms, bool *more);
/* On to files that have nothing to do with those before: what was answered so far is used by
 * nobody, and its memory may be used again. What cost a request is known all the same. The limits
 * of a run (bytes, time for the network) begin anew: they are meant for one repository. */
void world_forget(struct world *w);
/* Sorted, each text once. */
const struct world_note *world_notes(struct world *w, size_t *n);
/* Called while fetching, before the first request: NULL for none. */
void world_progress(struct world *w, void (*show)(void *user, const struct fetch_progress *p),
                    void *user);

#endif
