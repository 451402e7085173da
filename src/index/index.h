/* index.h - package indexes as one service of the world, and those who fill it.
 *
 * A part is one index file: one suite or repository, component and architecture. A question
 * (release, architectures, sources that a file adds) is answered from the parts that a reader, one
 * for each package manager, finds for it; service.c keeps questions, answers and threads, part.c
 * what holds of any part. A reader is asked by one thread at a time. */
#ifndef DFIX_INDEX_INDEX_H
#define DFIX_INDEX_INDEX_H

#include "host/host.h"
#include "index/store/store.h"

/* What all parts of a run share. */
struct index_run {
    struct world *world;
    const struct settings *settings;
    struct arena *arena; /* the service's: all that a reader makes lives there */
    int64_t now;
    bool news;          /* something was learnt since the last settle */
    bool cache_refused; /* it was said that the cache cannot be written */
};

enum part_state {
    PART_WANTED,
    PART_BUSY, /* it is on its way */
    PART_READY,
    PART_EMPTY, /* there is no such index, and that is known for sure */
    PART_FAILED
};
struct index_part {
    struct index_run *run;
    enum part_state state;
    struct str why;              /* FAILED */
    struct str path;             /* of its store in the cache; "" when there is no cache */
    struct store *store;         /* READY; before that, an old one, or NULL */
    struct str suite, component; /* as in the offer */
    struct str from;             /* the same: "" the release's own */
    bool security;
};
typedef VEC(struct index_part *) index_parts;

/* What a reader is asked for: `manager` has fitted already. */
struct index_reader {
    const struct manager *manager;
    void *(*open)(struct index_run *run);
    void (*close)(void *self);
    /* The parts that answer a question of this kind, which lives as long as the run. False with the
     * reason when a source is not understood, or policy does not allow it. */
    bool (*places)(void *self, const struct question *q, index_parts *out, struct str *why);
    /* Queue what is WANTED and not under way. */
    void (*gather)(void *self, struct fetcher *f);
    /* The run is offline: what this part can be had from is at hand, or never. */
    void (*settle_offline)(void *self, struct index_part *p);
    /* The fetcher ran. NULL: nothing waits for that. */
    void (*settle)(void *self);
    /* The file that is at `file` of the part's archive, fetched as it is: PENDING until it is
     * here. NULL: packages are not fetched. */
    enum answer (*fetch)(void *self, struct index_part *p, struct str file,
                         struct package_file *out);
    /* PENDING: gathered with the rest. NULL: there are none. */
    enum answer (*advisories)(void *self, const struct question *q, struct advisory_list *out);
};

/* ---- part.c ---- */

void index_become(struct index_part *p, enum part_state state);
void index_fail(struct index_part *p, struct str why);
/* It failed, and the run says so. */
void index_refuse(struct index_part *p, struct str why);
/* Its place in the cache, and what is there if the same keys have verified it. */
void index_look_up(struct index_part *p, const struct store_meta *meta);
/* The store that was made of it. `unsaved`: why it is not in the cache; NULL when it is. */
void index_take(struct index_part *p, struct store *s, const char *unsaved);
/* The store at hand is what there is today. */
void index_touch(struct index_part *p, int64_t fetched, int64_t valid_until);
/* An old index serves better than none, if the run says so. `of`: for people. */
bool index_use_old(struct index_part *p, struct str of, struct str why);
/* Once is enough: the cache is one folder. */
void index_not_cached(struct index_run *run, const char *why);

#endif
