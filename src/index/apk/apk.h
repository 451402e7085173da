/* apk.h - the parts of the reader of Alpine's indexes and what they share.
 *
 * A repository is one folder of packages ("https://dl-cdn.alpinelinux.org/alpine/v3.22/main"); a
 * part is its index for one architecture. A question (release, architectures, repositories that a
 * file adds) is answered from the parts that places.c finds for it.
 *
 *     places.c    which repositories and keys a question is about, and what policy allows
 *     part.c      a part: from the cache, from the mirror, or why not
 *     secdb.c     Alpine's advisories
 *     key_files.c the keys that sign the indexes, which dfix-read checks and compiles
 *     apk.c       the reader */
#ifndef DFIX_APK_APK_H
#define DFIX_APK_APK_H

#include "index/apk/key_files.h"
#include "host/fetched.h"
#include "index/index.h"
#include "index/store/receive.h"

struct apk_secdb;
struct apk {
    struct index_run *run;
    struct apk_ring *rings;
    struct apk_part *parts;
    struct apk_secdb *secdbs;
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

struct apk_part {
    struct index_part part; /* first: apk_part_of. Its suite: "v3.22/main"; a stranger's: the URL */
    struct apk_part *next;
    struct apk *apk;
    struct str uri;    /* of the repository, without '/' at its end */
    struct str branch; /* "v3.22", "edge"; "": a stranger's */
    struct apk_ring *ring;
    unsigned arch; /* the bit */
    struct str etag, modified;
    struct arena *download; /* NULL but between request and answer */
    struct fetch_request request;
};

/* ---- places.c ---- */

/* The parts that answer for a release with the repositories that a file adds. False with the
 * reason when a repository is not understood, or policy does not allow it. */
bool apk_places(struct apk *apk, const struct question *q, index_parts *out, struct str *why);
static inline struct apk_part *apk_part_of(struct index_part *p)
{
    return (struct apk_part *)p;
}
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

/* ---- secdb.c ---- */

enum answer apk_advisories(struct apk *apk, const struct release *r, struct str source,
                           struct advisory_list *out);
void apk_secdb_gather(struct apk *apk, struct fetcher *f);

#endif
