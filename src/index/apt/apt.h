/* apt.h - the parts of the reader of apt's indexes and what they share.
 *
 * An archive is one suite at one place (a mirror, then where else it may be); a part is one
 * index of it: component and architecture. A question (release, architectures, sources that a
 * file adds) is answered from the parts that places.c finds for it.
 *
 *     places.c   which archives and keyrings a question is about, and what policy allows
 *     archive.c  an archive's parts: from the cache, from a place, or why not
 *     mirrors.c  what its places are asked, and what they answer
 *     lists.c    the same from the lists that the host's apt keeps
 *     record.c   the Release text of an archive as it was last verified, kept in the cache
 *     keyring.c  who may sign, and having dfix-read verify it
 *     compile.c  having dfix-read make stores
 *     debs.c     packages themselves, fetched as they are
 *     apt.c      the reader */
#ifndef DFIX_APT_APT_H
#define DFIX_APT_APT_H

#include "index/apt/compile.h"
#include "host/fetched.h"
#include "index/store/record.h"
#include "index/apt/release.h"
#include "index/apt/sources.h"
#include "index/index.h"

enum { APT_KEYRINGS = 8, APT_PLACES = 2 };

struct apt {
    struct index_run *run;
    struct apt_host host; /* after apt_host */
    bool host_read;
    struct apt_archive *archives;
    struct compile_pool *pool; /* NULL until the first job */
    struct str folder;         /* for downloads; "" until there is one */
    struct apt_deb *debs;
    const struct fetcher *fetcher;
    VEC(const struct apt_archive *) skipped; /* under way when questions were gathered last */
};

/* What one place was asked for: its release. */
struct apt_ask {
    struct apt_archive *archive;
    struct fetch_request request, signature; /* InRelease or Release; Release.gpg */
    bool asked, answered;
    bool detached; /* Release and Release.gpg were asked for */
};

struct apt_archive {
    struct apt_archive *next;
    struct apt *apt;
    struct str place[APT_PLACES]; /* where it may be, in turn: URLs without '/' at their end */
    size_t nplace, at;
    struct str suite; /* as in the URL: "bookworm-security", "buster/updates"; flat: "./" */
    bool flat;        /* the files are at place/suite, and there are no components */
    bool own;         /* the release's own, not one that a file adds */
    bool spare;       /* mirrors need not have the suite: then there is nothing in it */
    bool base;        /* the suite that all others of the release add to */
    bool security;
    bool of_host;     /* its mirror is the one of the host's apt, whose proxy holds too */
    struct str ended; /* when the release's life ended; "": it lives */
    struct str keyring[APT_KEYRINGS];
    size_t nkeyring;
    struct str signer;     /* fingerprint of the keyrings; "": they cannot be read */
    struct str no_keyring; /* why there is none */
    struct apt_part *parts;

    /* At the present place. */
    bool record_read;
    struct record record; /* what came of it last */
    struct apt_release release;
    struct apt_ask ask[APT_PLACES];
    bool silent; /* a place before the present one did not say whether it has it */
};

struct apt_part {
    struct index_part part; /* first: apt_part_of */
    struct apt_part *next;  /* of the archive */
    struct apt_archive *archive;
    struct str arch;  /* "" in a flat archive, as the component is; "all": for every architecture */
    unsigned attempt; /* how many of the file's names were asked for */
    struct str form;  /* the end of the last one: ".xz" */
    struct fetch_request request;
    struct compile_job job;
    struct str temporary; /* a download to delete, or "" */
};

/* ---- places.c ---- */

/* The parts that answer for a release with the sources that a file adds. False with the reason
 * when a source is not understood, or policy does not allow it. */
bool apt_places(struct apt *apt, const struct question *q, index_parts *out, struct str *why);
static inline struct apt_part *apt_part_of(struct index_part *p)
{
    return (struct apt_part *)p;
}

/* ---- archive.c ---- */

struct str apt_place(const struct apt_archive *ar); /* the present one */
struct str apt_shown(const struct apt_archive *ar); /* the same for people: without passwords */
/* Made when missing, and looked up in the cache. */
struct apt_part *apt_part(struct apt_archive *ar, struct str component, struct str arch);
/* Queue what is missed, unless the cache or the host's lists have it. */
void apt_gather(struct apt_archive *ar, struct fetcher *f);
/* Take in what was compiled; what is still WANTED has failed. */
void apt_harvest(struct apt_archive *ar);
void apt_close_parts(struct apt_archive *ar);
/* Is something that was current at `when` still fresh by policy? */
bool apt_is_fresh(const struct apt *apt, int64_t when);
/* Verify a Release file ("" signature: an InRelease) and judge it: the archive's from here on. */
enum release_verdict apt_take_release(struct apt_archive *ar, struct str file, struct str signature,
                                      int64_t newest, struct str *text, struct err *e);
/* What came of the present place last; made the release at hand, if it can stand today. */
const struct record *apt_record(struct apt_archive *ar);
bool apt_use_record(struct apt_archive *ar, struct err *e);
void apt_keep_record(struct apt_archive *ar, struct record r);
/* The latest date of all that ever came from the present place; 0: nothing with a date. */
int64_t apt_newest(struct apt_archive *ar);
/* Nothing of the archive is at the present place: on to the next one, or that was all. */
void apt_take_missing(struct apt_archive *ar);
void apt_next_place(struct apt_archive *ar);
/* What is WANTED cannot be fetched: the old index serves, if the run says so. */
void apt_fall_back(struct apt_archive *ar, struct str why, bool error);
/* What the place gave is not what it should be: nothing is taken from it, and nothing older
 * either, since somebody may want that. */
void apt_refuse(struct apt_archive *ar, struct str what, const char *why);
/* The release at hand lists no index for the part: what that means. */
bool apt_is_unlisted(const struct apt_part *p);
void apt_take_absence(struct apt_part *p);
/* The name of a part's index in its Release file, without the end of its compression. */
struct str apt_index_name(const struct apt_part *p);
/* Begin to make the part's store of `file`, which the archive's release has signed. */
void apt_compile(struct apt_part *p, struct str file, const struct apt_file *signed_for,
                 bool packed, int64_t fetched);
/* The store at hand holds what the release has signed: then it is current. */
bool apt_still_current(struct apt_part *p, int64_t fetched);

/* ---- mirrors.c ---- */

/* Ask the places for the release, and what has it for what is WANTED. False: no folder. */
bool apt_ask_places(struct apt_archive *ar, struct fetcher *f, struct err *e);

/* A request to the archive, as its mirror and policy want it; its file is named by owner and end.
 * There must be a folder for downloads. */
bool apt_make_folder(struct apt *apt, struct err *e);
struct fetch_request apt_request(struct apt_archive *ar, struct str url, const void *owner,
                                 const char *end);

/* ---- debs.c ---- */

enum answer apt_fetch_deb(struct apt *apt, struct apt_archive *ar, struct str file,
                          struct package_file *out);
void apt_gather_debs(struct apt *apt, struct fetcher *f);

/* ---- lists.c ---- */

const struct apt_host *apt_host(struct apt *apt);
/* When the host's apt last made sure that its lists of the archive are current; 0: it has none. */
int64_t apt_lists_time(struct apt_archive *ar);
/* Take from them what is WANTED; false: nothing of it was there. */
bool apt_use_lists(struct apt_archive *ar, int64_t then);

#endif
