/* record.h - a document that a place gave, kept in the cache: the Release file of an apt archive,
 * a list of advisories; with what a server wants to hear to say "not modified", or that the place
 * has none. */
#ifndef DFIX_INDEX_RECORD_H
#define DFIX_INDEX_RECORD_H

#include "dfix/base.h"

struct record {
    int64_t fetched;           /* seconds since 1970: when it was last known to be so; 0: never */
    int64_t newest;            /* the latest date of all that came from there; 0: none had one */
    bool missing;              /* the place has no such thing */
    struct str etag, modified; /* as the server gave them; may be "" */
    struct str text;           /* the document; "" when missing or not known */
};

/* One that is damaged is as good as none: false, and `out` is empty. */
bool record_read(struct arena *a, struct str path, struct record *out);
/* Whole or not at all; folders are made. */
bool record_write(struct str path, const struct record *r, struct err *e);
/* The pure halves of both. */
struct str record_print(struct arena *a, const struct record *r);
bool record_parse(struct str text, struct record *out);

#endif
