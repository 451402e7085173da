/* release.h - Release files of apt archives: the signed list of what an archive
 * holds. Pure: text in, facts out; whoever calls has verified the signature. */
#ifndef DFIX_APT_RELEASE_H
#define DFIX_APT_RELEASE_H

#include "dfix/base.h"

struct apt_release {
    struct str origin, suite, codename, archs, table; /* table: lines of SHA256 */
    int64_t date, valid_until;                        /* seconds since 1970; 0: not given */
    bool by_hash;
};
struct apt_file {
    struct str name;
    uint64_t size;
    uint8_t sha256[32];
};

/* Slices into `text`. */
bool release_parse(struct str text, struct apt_release *out, struct err *e);
/* False: the archive does not list such a file. */
bool release_file(const struct apt_release *r, struct str name, struct apt_file *out);
/* Is it what was asked for (`dist`: the folder below dists/, "" when any name will do), and
 * is it in force at `now`? `ends`: its Valid-Until counts. */
bool release_check(const struct apt_release *r, struct str dist, bool ends, int64_t now,
                   struct err *e);
/* "Sat, 21 Nov 2026 00:53:02 UTC" */
bool release_date(struct str text, int64_t *out);

#endif
