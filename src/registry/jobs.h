/* jobs.h - how questions about images are answered: the registry service's own.
 *
 * A question makes a job (an image by name; a base by image and architectures), once a run.
 * gather starts the new jobs; each goes from one answer to the next until it is done:
 *
 *   image: [layout | memory | GET manifest] -> [config, when it is no index] -> [tags]
 *   base:  image -> platform's manifest -> [facts from memory] -> config -> layers -> facts
 *
 * Steps run on one thread (gather, and what the fetcher calls back); questions come from
 * several, but only while nothing is fetched. */
#ifndef DFIX_SERVICES_REGISTRY_JOBS_H
#define DFIX_SERVICES_REGISTRY_JOBS_H

#include <pthread.h>

#include "dfix/reference.h"
#include "registry/budget.h"
#include "registry/client.h"
#include "registry/document.h"
#include "registry/memory.h"
#include "registry/tags.h"
#include "host/host.h"

enum {
    CHAINS = 256,
    FAILURE_LASTS = 10 * 60, /* seconds */
    BASES_AT_ONCE = 8 /* bases whose layers are fetched at the same time: they fill the disk */
};

#define ABSENT_WHY "its registry does not have it"

enum job_state { JOB_NEW, JOB_STARTED, JOB_DONE };

struct base_job;
struct image_job {
    struct registry *registry;
    struct image_job *next; /* in the chain of its name */
    struct str asked;       /* as the first question spelled it */
    struct reference ref;
    struct str domain, path; /* "docker.io", "library/debian" */
    struct str name;         /* "docker.io/library/debian:12" or "...@sha256:...", and how its
                                registry is known to be itself */
    struct str layout;       /* folder of its OCI layout; "" none */
    enum job_state state;
    enum answer answer;
    struct image_info info;
    struct manifest manifest;
    struct image_config config; /* when it is no index */
    struct pointer known;       /* from memory */
    bool has_known, known_tags; /* known_tags: its better tag still holds */
    bool from_network;          /* the registry was asked just now */
    struct call call;
    struct arena *tag_arena; /* of the tags; NULL but between the first page and the probes */
    struct tag_list tags;
    size_t probes_left, pages;
    struct base_job *bases; /* that wait for it */
};

struct layer {
    struct str path; /* of the file that holds it */
    struct str digest;
    uint64_t size;
};
struct layer_job {
    struct layer_job *next;
    struct layer layer;
    bool done;
    struct str why; /* done, but not there */
    unsigned users;
    struct call call;
    struct registry *registry;
};

struct base_job {
    struct image_job *image;
    struct base_job *next; /* of its image */
    struct base_job *queued;
    struct base_job *working, *twins; /* the next one in work; those that wait for this one */
    arch_set archs;
    enum base_depth depth;
    enum job_state state;
    enum answer answer;
    struct base_facts facts;
    struct str digest; /* of the platform's manifest */
    struct manifest manifest;
    struct layer_job **layer;
    bool asked; /* for all of its layers */
    struct call call;
};

/* Questions spell one image in several ways: debian, docker.io/library/debian:latest. */
struct spelling {
    struct spelling *next; /* in its hash chain */
    struct str asked;
    struct image_job *job;
};

struct registry {
    struct world *world;
    const struct settings *settings;
    struct arena *arena;   /* of jobs, until they are forgotten */
    struct arena *lasting; /* of the rest */
    pthread_mutex_t lock;
    struct spelling *spelled[CHAINS];
    struct image_job *named[CHAINS];
    VEC(struct image_job *) missed_images;
    VEC(struct base_job *) missed_bases;
    struct layer_job *layers;
    struct base_job *working;            /* no two of them of one digest */
    struct base_job *queue, **queue_end; /* bases that wait for their turn to fetch layers */
    struct base_job *reading[BASES_AT_ONCE];
    bool taking_turns;
    uint64_t kept; /* bytes of layers that nobody uses just now */
    struct client *client;
    struct str ca; /* of policy's ca-file, as a part of names; "" not asked so far */
    struct memory memory;
    struct registry_budget left; /* what registries may still make this run do */
    VEC(struct str) silent;      /* registries that could not tell what is in an image */
    VEC(uint64_t) asked;         /* what jobs that were forgotten have asked for; sorted */
    bool news;
    int64_t now;
};

/* Without a fetcher: as far as what is at hand goes; a job that wants more is a new one again, and
 * missed. */
void image_start(struct fetcher *f, struct image_job *j);
void base_start(struct fetcher *f, struct base_job *b); /* its image is done */
void layers_forget(struct registry *g);                 /* those that nobody uses */

/* A GET of "KIND/WHICH" in the image's repository; `done` and the rest are the caller's. */
struct call call_for(struct image_job *j, const char *kind, struct str which);
/* A manifest or config that is in the layout or in memory. */
bool at_hand(struct image_job *j, struct arena *a, struct str digest, struct str *out,
             struct err *e);
/* When it is not: may the registry be asked? Not when it could not be reached a short while ago. */
bool may_ask(const struct image_job *j, struct err *e);
/* Has this run asked about that name, or about that host? */
bool asked_before(const struct registry *g, struct str name);
/* What was found out about a name within the last minutes, unless this run is to ask anew. */
bool failed_lately(struct registry *g, struct str name, struct failure *out);
/* The registry said no, or nothing: the next runs need not ask again at once. But when a login
 * was wanted, one may be there next time. */
void remember_failure(struct image_job *j, const struct call *c);
/* Is the answer what the digest names? */
bool good_body(const struct call *c, struct str digest, struct err *e);

#endif
