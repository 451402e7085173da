/* digest.h - content digests (sha256, sha512), the names of all that a registry keeps. */
#ifndef DFIX_SERVICES_REGISTRY_DIGEST_H
#define DFIX_SERVICES_REGISTRY_DIGEST_H

#include "dfix/base.h"

/* algorithm:hex with a known algorithm, lower-case hex of its whole length.
 * What is valid is also fit to be a part of a URL or a file name. */
bool digest_valid(struct str digest);

/* Bytes that come piece by piece. digest_end frees, and says whether they are what
 * was wanted; an empty `want` is met by anything. */
struct digest {
    void *ctx;
    struct str want;
};
void digest_begin(struct digest *d, struct str want); /* valid or empty */
void digest_add(struct digest *d, const void *p, size_t n);
bool digest_end(struct digest *d);

bool digest_matches(struct str want, struct str bytes);  /* false for an invalid `want` */
struct str digest_of(struct arena *a, struct str bytes); /* "sha256:..." */

#endif
