/* apkindex.h - APKINDEX.tar.gz: Alpine's list of the packages of one repository and architecture.
 *
 *     gzip member: tar of .SIGN.RSA.KEY (SHA-1) and .SIGN.RSA256.KEY (SHA-256) files
 *     gzip member: tar of DESCRIPTION and APKINDEX; what was signed are its compressed bytes
 *
 * Nothing of the second member is unpacked before a signature of a key at hand holds. */
#ifndef DFIX_READER_APKINDEX_H
#define DFIX_READER_APKINDEX_H

#include "reader/keys.h"
#include "index/store/store.h"

enum { APKINDEX_MAX = 64 * 1024 * 1024, APKINDEX_PLAIN_MAX = 256 * 1024 * 1024 };

struct apkindex {
    struct str key;         /* name of one that signed it */
    struct str description; /* "v3.22.2-206-ge2cfd1f9853": of the tree that it was built from */
    struct str text;        /* stanzas of "X:value" lines */
};
/* Verify and unpack. `arch`: by apk's name, for keys that sign for some architectures only. */
bool apkindex_open(struct arena *a, struct str bytes, const struct apk_keys *keys, struct str arch,
                   struct apkindex *out, struct err *e);
/* Every package into the writer. False: it is another architecture's index. */
bool apkindex_read(struct str text, struct str arch, struct store_writer *w, struct err *e);
/* False: the description says that it belongs to another release than `branch` ("v3.22", "edge").
 */
bool apkindex_is_of(struct str description, struct str branch);

#endif
