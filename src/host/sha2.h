/* sha2.h - SHA-256 and SHA-512 (FIPS 180-4) of bytes that are at hand as a
 * whole.
 *
 * For small documents and keyrings. Whole layers and indexes are hashed by
 * dfix-read, with OpenSSL, whose start alone would cost the main program more
 * than all of its own; libmd and nettle would be one more library wherever
 * dfix is packaged, for two functions that tests/reading_test.c holds against
 * coreutils. */
#ifndef DFIX_HOST_SHA2_H
#define DFIX_HOST_SHA2_H

#include "dfix/base.h"

enum { SHA256_BYTES = 32, SHA512_BYTES = 64 };

void sha256(struct str bytes, uint8_t out[SHA256_BYTES]);
void sha512(struct str bytes, uint8_t out[SHA512_BYTES]);

#endif
