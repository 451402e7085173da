/* blob.h - a layer's bytes: hashed as they are read, inflated as they are asked for. So are those
 * of any other archive that is in memory.
 *
 * gzip (any number of members), zstd (any number of frames), xz or plain, told by
 * their first bytes. Whoever has seen enough calls blob_finish, which reads what is
 * left without inflating it: only then is it known whether the bytes were the right ones. */
#ifndef DFIX_SERVICES_REGISTRY_BLOB_H
#define DFIX_SERVICES_REGISTRY_BLOB_H

#include "dfix/base.h"

struct blob;

/* From the file's beginning; the descriptor stays the caller's. `digest` and `size` are those of
 * the compressed bytes; without a digest neither is checked. */
struct blob *blob_open(int file, struct str digest, uint64_t size, struct err *e);
/* Of bytes that live as long; `what` names them for people: "its data". */
struct blob *blob_open_bytes(struct str bytes, const char *what);
const char *blob_what(const struct blob *b);
/* How many inflated bytes may still come, of this blob and others: counted down there. */
void blob_limit(struct blob *b, uint64_t *left);
void blob_close(struct blob *b);

/* Inflated bytes: false with an error; less than `n` only at the end. */
bool blob_read(struct blob *b, char *p, size_t n, size_t *got, struct err *e);
bool blob_skip(struct blob *b, uint64_t n, struct err *e); /* past the end is an error */
bool blob_finish(struct blob *b, struct err *e);

#endif
