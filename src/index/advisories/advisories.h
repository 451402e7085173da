/* advisories.h - advisories as a service of the world.
 *
 *     feed.h      a feed, compiled: feed.c, writer.c, layout.h
 *     take.c      a document becomes a feed of the cache
 *     wants.c     which feeds an ecosystem needs, and where they come from
 *     batch.h     OSV's API
 *     care.c      feeds that are damaged, or that nobody uses
 *     match.c     a component against the feeds at hand
 *     service.c   questions, and the feeds that are fetched for them */
#ifndef DFIX_ADVISORIES_ADVISORIES_H
#define DFIX_ADVISORIES_ADVISORIES_H

#include "dfix/settings.h"
#include "host/cache.h"
#include "index/advisories/feed.h"

/* A feed of the cache that is open. */
struct held_feed {
    struct feed *feed;
    struct feed_meta meta;
    struct str path; /* "": there is no cache */
};
struct held_feeds {
    struct held_feed *v; /* a distro's own first, then OSV, then CISA and EPSS */
    size_t n;
    bool covered; /* they have all that there is of what is asked about */
};

/* ---- take.c ---- */

/* All that lie in the cache; one that is damaged is passed over. Changelogs, of which there may be
 * many, lie in a folder of their own. */
struct str advisories_folder(struct arena *a, struct str cache_dir);
struct held_feeds advisories_open(struct arena *a, struct str cache_dir);
struct held_feeds advisories_changelogs(struct arena *a, struct str cache_dir);
void advisories_close(struct held_feeds *f);
/* A document that is to become a feed. */
struct feed_document {
    struct str file; /* where it is; "": `bytes` */
    struct str bytes;
    struct str from;                       /* the name of what it comes from */
    struct str wanted;                     /* the name that the feed must have; "" any */
    struct feed_meta given;                /* url, etag, modified, fetched, scope */
    const struct package_file *signed_for; /* what its bytes must be; NULL: anything */
};
/* Compiled by dfix-read and looked over; kept in the cache ("" none). NULL with the reason; its
 * texts live as long as the arena. */
struct feed *advisories_take(struct arena *a, struct str cache_dir, const struct feed_document *d,
                             struct err *e);

/* ---- care.c: as index_care does for indexes ---- */

void advisories_care(struct str cache_dir, int64_t prune, struct cache_care *out);

/* ---- wants.c ---- */

/* A feed that an ecosystem needs. */
struct feed_want {
    struct str name, url;
    bool may_lack; /* what it is of need not exist */
};
enum { WANTS_MOST = 2 };
/* How many; 0: nobody publishes advisories for it. */
size_t advisories_want(struct arena *a, const struct settings *s, struct str ecosystem,
                       struct feed_want out[WANTS_MOST]);
/* When the release ends, by distro-info; "" no feed says it. */
struct str advisories_life(struct arena *a, const struct held_feeds *feeds,
                           const struct release *r);
/* Where that is published; false: it is of no distro of those. */
bool advisories_want_life(struct arena *a, const struct settings *s, struct str ecosystem,
                          struct feed_want *out);
/* CISA's catalogue and EPSS. */
size_t advisories_want_more(struct arena *a, const struct settings *s,
                            struct feed_want out[WANTS_MOST]);

/* ---- match.c ---- */

/* UNAVAILABLE when the feeds do not speak of its ecosystem; `out` says why. */
enum answer advisories_match(struct arena *a, const struct held_feeds *feeds,
                             const struct component *c, bool settled, struct match_list *out);

#endif
