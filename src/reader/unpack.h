/* unpack.h - compressed streams, taken apart block by block. What comes out is
 * capped: a small file cannot become an endless one. */
#ifndef DFIX_UNPACK_H
#define DFIX_UNPACK_H

#include "host/packing.h"

/* Gets each plain block; false (with `e` set) ends the work. */
typedef bool unpack_sink(void *user, struct str block, struct err *e);

struct unpacker;
struct unpacker *unpack_open(enum packing p, uint64_t most, unpack_sink *sink, void *user);
bool unpack_feed(struct unpacker *u, struct str block, struct err *e);
/* False when the stream is cut off. */
bool unpack_finish(struct unpacker *u, struct err *e);
void unpack_close(struct unpacker *u);

#endif
