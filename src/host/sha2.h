/* sha2.h - SHA-256 and SHA-512 (FIPS 180-4) of bytes that are at hand as a
 * whole.
 *
 * For small documents and keyrings, without the library that all of
 * cryptography would bring. Whole layers and indexes are hashed by dfix-read,
 * with OpenSSL. */
#ifndef DFIX_HOST_SHA2_H
#define DFIX_HOST_SHA2_H

#include "dfix/base.h"

enum { SHA256_BYTES = 32, SHA512_BYTES = 64 };

void sha256(struct str bytes, uint8_t out[SHA256_BYTES]);
void sha512(struct str bytes, uint8_t out[SHA512_BYTES]);

#endif
