/* release.h - Release files of apt archives: the signed list of what an archive
 * holds. Pure: text in, facts out; whoever calls has verified the signature. */
#ifndef DFIX_APT_RELEASE_H
#define DFIX_APT_RELEASE_H

#include "dfix/base.h"

struct apt_release {
    struct str origin, label, suite, codename, archs, table; /* table: lines of SHA256 */
    int64_t date, valid_until;                               /* seconds since 1970; 0: not given */
    bool by_hash;
    bool all_inside; /* packages for all architectures are in the index of each of them */
};
struct apt_file {
    struct str name;
    bool broken; /* its size or sum cannot be read */
    uint64_t size;
    uint8_t sha256[32];
};

/* Numbers and SHA-256 sums as such files have them. */
bool apt_size_read(struct str text, uint64_t *out);
bool apt_sum_read(struct str text, uint8_t sum[32]);

/* Slices into `text`. */
bool release_parse(struct str text, struct apt_release *out, struct err *e);
/* False: the archive does not list such a file. */
bool release_file(const struct apt_release *r, struct str name, struct apt_file *out);
/* Does the archive have an index for that architecture? */
bool release_has_arch(const struct apt_release *r, struct str arch);

/* Is it what was asked for (`dist`: the folder below dists/, "" when any name will do), not
 * dated in the future, and not before `newest` (of the one that the same place gave last; 0:
 * none), and still valid at `now`? */
enum release_verdict {
    RELEASE_FITS,
    RELEASE_OTHER,   /* of another suite, or dated in the future */
    RELEASE_OLDER,   /* the place went back in time */
    RELEASE_EXPIRED, /* all else is right; what it means is for the caller to say */
};
enum release_verdict release_judge(const struct apt_release *r, struct str dist, int64_t newest,
                                   int64_t now, struct err *e);
/* Not in the future, by a clock that may be a little wrong. */
bool release_is_past(int64_t date, int64_t now);

#endif
