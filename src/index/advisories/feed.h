/* feed.h - one document of advisories, compiled to an image that is mapped read-only: the Debian
 * security tracker, a repository's list of Alpine's, an export of OSV for one ecosystem, CISA's
 * catalogue, the scores of EPSS.
 *
 * A feed speaks of ecosystems ("debian:12"), of packages in them, and of vulnerabilities. Only a
 * whole one says by its silence that a package is clean; of a `partial` one (some OSV documents, by
 * hand) that holds for nothing.
 *
 * It never changes once written. Opening checks its header; a block of the rest is checked when
 * something of it is first read. Damage gives no answer (feed_damaged), never a wrong one. */
#ifndef DFIX_ADVISORIES_FEED_H
#define DFIX_ADVISORIES_FEED_H

#include "dfix/advisory.h"

enum feed_kind {
    FEED_DEBIAN,
    FEED_ALPINE,
    FEED_OSV,
    FEED_KEV,
    FEED_EPSS,
    FEED_SUPPORT,
    FEED_LIFE,      /* of releases */
    FEED_CHANGELOG, /* what a source package has fixed, by itself: shown, and never matched */
    FEED_KINDS
};

struct feed_meta {
    enum feed_kind kind;
    struct str name;  /* of its file in the cache: "debian", "osv-pypi", "alpine-3.20-main" */
    struct str title; /* for people: "Debian security tracker" */
    struct str url, etag, modified;
    int64_t fetched, dated; /* seconds since 1970; when it was last current; when it was made */
    bool partial;
    struct str scope; /* given: the release that a package's file is of; "" not known */
    uint32_t dropped; /* what of it was not understood */
};

/* ---- writing ---- */

/* What a document says of a vulnerability and of one package. */
struct feed_entry {
    struct str scope, name; /* ecosystem and package */
    struct advisory_range range;
    unsigned state; /* layout.h */
    enum fix_state fix;
    struct str advisory, rating;
};
struct feed_writer;
struct feed_writer *feed_writer_open(void);
void feed_writer_close(struct feed_writer *w);
/* Its place; what is said later fills what was "" or not known before. */
uint32_t feed_writer_vuln(struct feed_writer *w, const struct vulnerability *v, bool bundle);
void feed_writer_add(struct feed_writer *w, uint32_t vuln, const struct feed_entry *e);
void feed_writer_scope(struct feed_writer *w, struct str scope); /* spoken of, perhaps in vain */
/* The image; "" with the reason when it is more than one can hold. */
struct str feed_build(struct feed_writer *w, struct arena *a, const struct feed_meta *meta,
                      struct err *e);

/* The name of the feed of a changelog whose first entry is of this version. */
struct str feed_changelog_name(struct arena *a, struct str scope, struct str source,
                               struct str version);

/* ---- reading ---- */

struct feed;
struct feed *feed_open(struct str path, struct err *e);
/* Of bytes that live as long as the feed. */
struct feed *feed_of(struct str image, struct err *e);
/* All of it is as a writer of good will would have made it. */
bool feed_check(struct feed *f, struct err *e);
void feed_close(struct feed *f);
bool feed_touch(struct str path, int64_t fetched, struct err *e);
struct feed_meta feed_meta(const struct feed *f);
bool feed_damaged(const struct feed *f);
size_t feed_bytes(const struct feed *f);
size_t feed_vulns(const struct feed *f);
size_t feed_packages(const struct feed *f);
size_t feed_scopes(const struct feed *f);
struct str feed_scope(const struct feed *f, size_t i);
bool feed_speaks_of(const struct feed *f, struct str scope);

struct feed_range {
    uint32_t first, end;
};
struct feed_range feed_rows(const struct feed *f, struct str scope, struct str name);
/* The rows of a vulnerability, by feed_ref. */
struct feed_range feed_refs(const struct feed *f, uint32_t vuln);
uint32_t feed_ref(const struct feed *f, uint32_t i);
/* What a row says; `vuln` its vulnerability's place. */
struct feed_entry feed_row(const struct feed *f, uint32_t row, uint32_t *vuln);
/* The vulnerability that has this name, as its id or another name; from `after` on (0 at first).
 * False: no more. */
bool feed_find(const struct feed *f, struct str name, uint32_t *after, uint32_t *vuln);
/* Its names alone, which are most of what a search wants. */
void feed_names(const struct feed *f, uint32_t i, struct str *id, struct str *aliases,
                bool *bundle);
struct vulnerability feed_vuln(const struct feed *f, uint32_t i, bool *bundle);

#endif
