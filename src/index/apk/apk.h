/* apk.h - the parts of the apk service and what they share.
 *
 * A repository is one folder of packages ("https://dl-cdn.alpinelinux.org/alpine/v3.22/main"); a
 * part is its index for one architecture. A question (release, architectures, repositories that a
 * file adds) is answered from the parts that places.c finds for it.
 *
 *     places.c    which repositories and keys a question is about, and what policy allows
 *     part.c      a part: from the cache, from the mirror, or why not
 *     secdb.c     Alpine's advisories
 *     key_files.c the keys that sign the indexes, which dfix-read checks and compiles
 *     apk.c       the service: questions, answers, threads
 *
 * All that is here lives in the service's arena and is changed by one thread at a time. */
#ifndef DFIX_APK_APK_H
#define DFIX_APK_APK_H

#include "index/apk/key_files.h"
#include "host/fetched.h"
#include "host/host.h"
#include "index/store/receive.h"

struct apk_secdb;
struct apk {
    struct world *world;
    const struct settings *settings;
    struct arena *arena;
    int64_t now;
    struct apk_ring *rings;
    struct apk_part *parts;
    struct apk_secdb *secdbs;
    bool news;          /* something was learnt since the last settle */
    bool cache_refused; /* it was said that the cache cannot be written */
};

/* Keys, read once, and only when something is fetched that they sign. */
struct apk_ring {
    struct apk_ring *next;
    struct str name;   /* the file or folder; "" those that go without saying */
    struct str signer; /* their fingerprint; "": they cannot be read */
    bool read;
    struct key_texts keys; /* none: those that dfix brings */
    struct str from;       /* where they come from, for people */
    struct str why;        /* not "": they cannot be read */
};

enum apk_state { APK_WANTED, APK_READY, APK_FAILED };
struct apk_part {
    struct apk_part *next;
    struct apk *apk;
    struct str uri;    /* of the repository, without '/' at its end */
    struct str suite;  /* "v3.22/main"; of a stranger's, its path */
    struct str branch; /* "v3.22", "edge"; "": a stranger's */
    struct str component;
    struct str from; /* as in the offer: "" the release's own */
    struct apk_ring *ring;
    unsigned arch;   /* the bit */
    struct str path; /* of its store in the cache; "" when there is no cache */
    enum apk_state state;
    struct str why;      /* FAILED */
    struct store *store; /* READY; before that, an old one, or NULL */
    struct str etag, modified;
    struct arena *download; /* NULL but between request and answer */
    struct fetch_request request;
};

/* ---- places.c ---- */

typedef VEC(struct apk_part *) apk_parts;
/* The parts that answer for a release with the repositories that a file adds. False with the
 * reason when a repository is not understood, or policy does not allow it. */
bool apk_places(struct apk *apk, const struct release *r, arch_set archs,
                const struct source *extra, size_t nextra, apk_parts *out, struct str *why);
/* False: its keys cannot be read, and k->why says why. */
bool apk_ring_open(struct apk *apk, struct apk_ring *k);
/* Of policy, else the environment, else `fallback`; without '/' at its end. */
struct str apk_server(struct apk *apk, struct str policy, const char *env, const char *fallback);
const struct index_settings *apk_policy(const struct apk *apk); /* NULL: none */

/* ---- part.c ---- */

/* What `like` says of it, made when missing, and looked up in the cache. */
struct apk_part *apk_part(struct apk *apk, const struct apk_part *like);
/* Queue what is missed, unless the run is offline. */
void apk_gather(struct apk_part *p, struct fetcher *f);
void apk_part_close(struct apk_part *p);
void apk_cache_refused(struct apk *apk, const char *why);

/* ---- secdb.c ---- */

enum answer apk_advisories(struct apk *apk, const struct release *r, struct str source,
                           struct advisory_list *out);
void apk_secdb_gather(struct apk *apk, struct fetcher *f);

#endif
