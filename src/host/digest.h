/* digest.h - content digests (sha256, sha512), the names of all that a registry keeps. */
#ifndef DFIX_SERVICES_REGISTRY_DIGEST_H
#define DFIX_SERVICES_REGISTRY_DIGEST_H

#include "dfix/base.h"

/* algorithm:hex with a known algorithm, lower-case hex of its whole length.
 * What is valid is also fit to be a part of a URL or a file name. */
bool digest_valid(struct str digest);

bool digest_matches(struct str want, struct str bytes);  /* false for an invalid `want` */
struct str digest_of(struct arena *a, struct str bytes); /* "sha256:..." */
/* The hex digits of a sum, into `text` of twice its size. */
struct str digest_spell(const uint8_t *sum, size_t n, char *text);

#endif
