/* feeds.h - documents of advisories into images of feeds.
 *
 *     feeds.c        what a document is, told by what is in it
 *     feed_lists.c   Debian's tracker, Alpine's lists, CISA's catalogue
 *     feed_osv.c     OSV documents
 *     feed_tables.c  EPSS, debian-security-support, distro-info
 *     feed_deb.c     packages of Debian's: changelogs, debian-security-support (deb.h)
 *     zip.c          archives of documents
 *
 * What is not understood is left out and counted; a text that is not whole makes no feed. */
#ifndef DFIX_READER_FEEDS_H
#define DFIX_READER_FEEDS_H

#include "dfix/pull.h"
#include "index/advisories/feed.h"

enum { FEED_BYTES_MAX = 1 << 30 };

struct feed_source {
    struct arena *arena;   /* as long as the job */
    struct arena *scratch; /* as long as a document */
    struct feed_writer *writer;
    struct feed_meta meta;
    struct str from; /* the name of the file */
    struct err *err;
    uint32_t documents;
};

/* The image of these bytes, packed or not; `given` says where they come from: url, etag, modified,
 * fetched. Pure, but for memory. */
bool feed_compile(struct arena *a, struct str bytes, struct str from, const struct feed_meta *given,
                  struct str *image, struct err *e);

/* A vulnerability of which nothing is known but its name. */
struct vulnerability feed_named(struct str id);
/* Is it one? "CVE-2024-5535", "TEMP-0000000-1A2B3C", "GHSA-g3rq-g295-4j3m". */
bool feed_id_valid(struct str id);
/* The same; what is none is counted as not understood and gets a name of its own: the vulnerability
 * is there whatever it is called. */
struct str feed_id(struct feed_source *s, struct str id);
/* Today's date in a text that begins with one, as seconds; 0: it does not. */
int64_t feed_date(struct str text);

bool feed_read_debian(struct feed_source *s, struct pull *j);
bool feed_read_alpine(struct feed_source *s, struct pull *j);
bool feed_read_kev(struct feed_source *s, struct pull *j);
bool feed_read_osv(struct feed_source *s, struct pull *j); /* one document, or an array of them */
bool feed_read_epss(struct feed_source *s, struct str text);
/* Lists of what is supported no more, and of what is so within limits; "" none. */
bool feed_read_support(struct feed_source *s, struct str scope, struct str ended,
                       struct str limited);
bool feed_read_life(struct feed_source *s, struct str text);
bool feed_read_support_file(struct feed_source *s, struct str text); /* by the file's name */
bool feed_read_deb(struct feed_source *s, struct str bytes);

/* What is packed in `bytes`, or they themselves. */
bool feed_unpack(struct arena *a, struct str bytes, uint64_t most, struct str *out, struct err *e);

/* Each file of an archive that is `wanted` (NULL: all) is unpacked, and taken by name. As many
 * bytes may come out of it as are left. False: it is damaged, or `take` returned false, which ends
 * it. */
struct zip_reader {
    bool (*wanted)(void *user, struct str name);
    bool (*take)(void *user, struct str name, struct str bytes, struct err *e);
    void *user;
};
bool zip_is(struct str bytes);
bool zip_read(struct str bytes, uint64_t *left, const struct zip_reader *r, struct err *e);

#endif
