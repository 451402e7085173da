/* image.h - the layout of a compiled index, shared by what writes, reads and
 * saves it. See store.h for what it means.
 *
 * Sections follow each other as struct image_layout says; the header holds their
 * counts. A text is a length byte and its bytes, named by its offset in the
 * strings; offset 0 is the empty text. */
#ifndef DFIX_INDEX_IMAGE_H
#define DFIX_INDEX_IMAGE_H

#include "services/index/store.h"

enum { IMAGE_VERSION = 2, IMAGE_ORDER = 0x01020304, IMAGE_META = 6 };
#define IMAGE_MAGIC "dfixidx\n"

struct image_header {
    char magic[8];
    uint32_t version, order;
    uint64_t size;                /* of the whole image */
    int64_t fetched, valid_until; /* change in place (store_touch): not in the checksum */
    int64_t dated;
    uint32_t checksum; /* CRC-32 of all but the three before */
    uint32_t manager, dropped;
    uint32_t slots, names, records, providers, strings; /* counts; strings in bytes */
    uint32_t meta[IMAGE_META]; /* lengths: uri, suite, component, arch, etag, modified */
    uint8_t sha256[32];
};

_Static_assert(sizeof(struct image_header) == 136, "no padding: all of it is in the checksum");

/* names[count] ends the last run. */
struct image_name {
    uint32_t text, record, provider;
};
struct image_record {
    uint32_t name; /* its place in the names */
    uint32_t version, arch, source, source_version;
};

/* Where the sections of such an image start; `end` is its size. */
struct image_layout {
    uint64_t meta, slots, names, records, providers, strings, end;
};
struct image_layout image_layout(const struct image_header *h);
uint32_t image_checksum(const void *image, size_t size);

struct store {
    struct arena *arena; /* NULL when mapped */
    const unsigned char *p;
    size_t n;
    struct image_header head;
    struct image_layout at;
};

#endif
