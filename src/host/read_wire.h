/* read_wire.h - what dfix and dfix-read say to each other: one job, one process, one answer.
 *
 * dfix-read is the program that reads what strangers wrote: it verifies signatures, unpacks,
 * compiles. It opens no socket and no file: what it works on comes as descriptors beside the
 * request, what it makes goes into the answer. dfix sends one frame (wire.h) and closes its side;
 * the helper sends what it made in frames of READ_DATA, then READ_DONE or READ_REFUSED with the
 * reason, and ends. A process lives for one job, so that nothing of one stranger's bytes is there
 * when another's are read.
 *
 *     READ_SIGNED    text [signature] keyring...   is this text signed by a key of those?
 *                    ENDED, BUILTIN (names of keyrings that dfix brings), SIGNATURE (there is one)
 *                    -> TEXT: what was signed
 *     READ_PACKAGES  index                         a Debian Packages file into an image of a store
 *                    PACKING, PACKED, SHA256, SIZE, MOST, the image's META
 *                    -> the image, as data
 *     READ_APKINDEX  index                         an APKINDEX.tar.gz likewise
 *                    ARCH, BRANCH, FROM, KEY... (none: Alpine's own), META
 *                    -> the image, as data
 *     READ_LAYERS    layer...                      what the layers of an image hold, oldest first
 *                    DIGEST and SIZE of each, BYTES, ENTRIES (may be read), FACTS (known so far),
 *                    CONTENTS (all files are gone through)
 *                    -> FACTS, BYTES, ENTRIES (left)
 *
 *     READ_ADVISORIES document                     what is known to be vulnerable, into a feed's
 * image FROM (its name), BRANCH (of which release a package is), SHA256 and SIZE (when it is signed
 * for), META of URI, ETAG, MODIFIED, FETCHED
 *                    -> the image, as data
 *
 * Limits: a frame has at most WIRE_FRAME_MAX bytes, what is made READ_DATA_MAX; READ_FILES_MAX
 * descriptors come with a request. What comes back is checked by dfix before it is used: an image
 * by store_receive, facts by the reader of the cache's own facts, numbers against what was allowed,
 * texts for people lose their control characters. */
#ifndef DFIX_HOST_READ_WIRE_H
#define DFIX_HOST_READ_WIRE_H

#include "host/wire.h"

enum { READ_FILES_MAX = 600, READ_FILES_ONCE = 200 /* with one byte of the frame */ };
enum { READ_DATA_MAX = 1 << 30, READ_DATA_PIECE = 1 << 20 };

enum read_kind {
    READ_SIGNED = 1,
    READ_PACKAGES,
    READ_APKINDEX,
    READ_LAYERS,
    READ_ADVISORIES,
    READ_DATA, /* from the helper: a piece */
    READ_DONE,
    READ_REFUSED
};

enum read_tag {
    READ_ERROR = 1,
    READ_PIECE,
    READ_TEXT,
    READ_ENDED,
    READ_SIGNATURE,
    READ_BUILTIN,
    READ_PACKING,
    READ_PACKED,
    READ_SHA256,
    READ_SIZE,
    READ_MOST,
    READ_META_URI, /* these of struct store_meta */
    READ_META_SUITE,
    READ_META_COMPONENT,
    READ_META_ARCH,
    READ_META_ETAG,
    READ_META_MODIFIED,
    READ_META_SIGNER,
    READ_META_SHA256,
    READ_META_FETCHED,
    READ_META_VALID_UNTIL,
    READ_META_DATED,
    READ_ARCH,
    READ_BRANCH,
    READ_FROM,
    READ_KEY_NAME,
    READ_KEY,
    READ_DIGEST,
    READ_BYTES,
    READ_ENTRIES,
    READ_CONTENTS,
    READ_FACTS
};

#endif
