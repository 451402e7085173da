/* packages.h - Debian Packages files: stanzas of control fields, read as a
 * stream, straight into a store. Blocks may be cut anywhere.
 *
 *     struct packages *p = packages_open(writer);
 *     while (inflate a block, hash it)
 *         if (!packages_feed(p, block, &e)) ...;
 *     ok = packages_finish(p, &e);
 *     packages_close(p);
 *     store = store_build(writer, &meta, &e);
 *
 * Feed before the hash is known is fine: nothing is used before store_build. */
#ifndef DFIX_PACKAGES_H
#define DFIX_PACKAGES_H

#include "index/store/store.h"

enum { PACKAGES_STANZA_MAX = 1024 * 1024 }; /* bytes; a longer one is an error */

struct packages;
struct packages *packages_open(struct store_writer *w);
bool packages_feed(struct packages *p, struct str block, struct err *e);
bool packages_finish(struct packages *p, struct err *e);
void packages_close(struct packages *p);

#endif
