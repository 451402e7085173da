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

#include "dfix/lookup.h"
#include "dfix/settings.h"
#include "services/fetch.h"

/* What people should know about what was read: shown once, at the end.
 * An error makes the run exit with 2; the other files are done all the same. */
struct world_note {
    bool error;
    struct str text;
};

struct world;
/* `s` must live as long as the world. */
struct world *world_open(const struct settings *s);
void world_close(struct world *w);
const struct lookup *world_lookup(struct world *w);
/* What the lookup's resolve() does, in parts: wait until something has come or nothing is under
 * way, and for what else comes within this time. True: there is news, so asking again is worth it.
 * *more: some of what was asked for is still under way. */
bool world_step(struct world *w, int64_t ms, bool *more);
/* Sorted, each text once. */
const struct world_note *world_notes(struct world *w, size_t *n);
/* Called while fetching, before the first request: NULL for none. */
void world_progress(struct world *w, void (*show)(void *user, const struct fetch_progress *p),
                    void *user);

/* For services. Functions that a service does not have are NULL; `self` is what
 * `open` gave. Answer functions are called from several threads at once, the
 * others from one, while no thread asks. */
struct world_service {
    const char *name;
    void *(*open)(struct world *w);
    void (*close)(void *self);
    /* Queue requests for what was missed and is not under way. They may queue more as they finish.
     */
    void (*gather)(void *self, struct fetcher *f);
    /* After the fetcher ran; it may run on. True when anything new is known. */
    bool (*settle)(void *self);

    const struct manager *manager; /* whose packages and advisories, when those are set */
    enum answer (*package)(void *self, const struct release *r, arch_set archs,
                           const struct source *extra, size_t nextra, struct str name,
                           struct package_info *out);
    enum answer (*base)(void *self, struct str image, arch_set archs, enum base_depth depth,
                        struct base_facts *out);
    enum answer (*image)(void *self, struct str image, struct image_info *out);
    enum answer (*advisories)(void *self, const struct manager *m, const struct release *r,
                              struct str source, const struct advisory **out, size_t *n);
};

const struct settings *world_settings(const struct world *w);
/* $XDG_CACHE_HOME/dfix, ~/.cache/dfix or settings.cache_dir; "" when there is none, or none that
 * this user alone can write: that is said. */
struct str world_cache_dir(struct world *w);
void world_warn(struct world *w, const char *fmt, ...) DFIX_PRINTF(2, 3);
void world_fail(struct world *w, const char *fmt, ...) DFIX_PRINTF(2, 3);

#endif
