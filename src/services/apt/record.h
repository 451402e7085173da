/* record.h - what a place said last of an archive, kept in the cache: the signed text of its
 * Release file with what a server wants to hear to say "not modified", or that it has none. */
#ifndef DFIX_APT_RECORD_H
#define DFIX_APT_RECORD_H

#include "dfix/base.h"

struct record {
    int64_t fetched;           /* seconds since 1970: when it was last known to be so; 0: never */
    bool missing;              /* there is no such archive */
    struct str etag, modified; /* of the InRelease file; may be "" */
    struct str text;           /* what was signed; "" when missing or not known */
};

/* One that is damaged is as good as none: `out` is empty then. */
void record_read(struct arena *a, struct str path, struct record *out);
/* Whole or not at all; folders are made. */
bool record_write(struct str path, const struct record *r, struct err *e);
/* The pure halves of both. */
struct str record_print(struct arena *a, const struct record *r);
bool record_parse(struct str text, struct record *out);

#endif
