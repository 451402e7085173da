/* blob.h - a layer's bytes: hashed as they are read, inflated as they are asked for.
 *
 * gzip (any number of members), zstd (any number of frames) or plain, told by
 * their first bytes. Whoever has seen enough calls blob_finish, which reads what is
 * left without inflating it: only then is it known whether the bytes were the right ones. */
#ifndef DFIX_SERVICES_REGISTRY_BLOB_H
#define DFIX_SERVICES_REGISTRY_BLOB_H

#include "dfix/base.h"

struct blob;

/* From the file's beginning; the descriptor stays the caller's. `digest` and `size` are those of
 * the compressed bytes; without a digest neither is checked. */
struct blob *blob_open(int file, struct str digest, uint64_t size, struct err *e);
/* How many inflated bytes may still come, of this blob and others: counted down there. */
void blob_limit(struct blob *b, uint64_t *left);
void blob_close(struct blob *b);

/* Inflated bytes: false with an error; less than `n` only at the end. */
bool blob_read(struct blob *b, char *p, size_t n, size_t *got, struct err *e);
bool blob_skip(struct blob *b, uint64_t n, struct err *e); /* past the end is an error */
bool blob_finish(struct blob *b, struct err *e);

#endif
