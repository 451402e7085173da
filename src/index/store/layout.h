/* image.h - the layout of a compiled index, shared by what writes, reads and
 * saves it. See store.h for what it means.
 *
 * Sections follow each other as struct image_layout says, each at a multiple of
 * eight bytes; the header holds their counts:
 *
 *     header     struct image_header
 *     metadata   IMAGE_META texts without length bytes
 *     sums       u32 sum of each IMAGE_BLOCK bytes from the slots to the needs
 *     slots      struct image_slot
 *     names      struct image_name, and one more that ends the last runs
 *     records    struct image_record
 *     providers  u32 a record's place
 *     strings    u8 length and bytes, named by their offset; 0 is the empty text
 *     needs      u32 sum of each NEEDS_BLOCK bytes of what follows; then u16 length and bytes,
 *                named by their offset; 0 is the empty text
 *     files      struct image_file of each record, or none at all; under the sums of the needs
 *
 * The header's checksum is that of all before the slots. It is checked when an
 * image is opened, each block when it is first read. What packages need, and what
 * files they are, is asked for seldom, and has sums of its own, whose sum is in the header. A sum
 * guards against damage, not against people: who may write the cache may write what they like. */
#ifndef DFIX_INDEX_IMAGE_H
#define DFIX_INDEX_IMAGE_H

#include "index/store/store.h"

enum {
    IMAGE_VERSION = 7,
    IMAGE_ORDER = 0x01020304,
    IMAGE_META = 7,
    IMAGE_BLOCK = 512,
    NEEDS_BLOCK = 4096
};
#define IMAGE_MAGIC "dfixidx\n"

struct image_times {
    int64_t fetched, valid_until; /* seconds since 1970 */
    uint32_t checksum;            /* sum of the two */
    uint32_t unused;
};
struct image_header {
    char magic[8];
    uint32_t version, order;
    uint64_t size;            /* of the whole image */
    struct image_times times; /* change in place (store_touch): not in the checksum */
    int64_t dated;
    uint32_t checksum; /* sum of all before the slots but the times and itself */
    uint32_t manager, dropped;
    uint32_t slots, names, records, providers, strings; /* counts; strings in bytes */
    uint32_t meta[IMAGE_META]; /* lengths: uri, suite, component, arch, etag, modified, signer */
    uint32_t needs, needs_sum; /* bytes, without their sums; the sum of those */
    uint32_t files;            /* as many as records, or 0 */
    uint8_t sha256[32];
};

_Static_assert(sizeof(struct image_header) == 160, "no padding: all of it is in the checksum");

/* Open addressing: a name begins at (hash modulo slots), and goes on behind what was there. */
struct image_slot {
    uint32_t hash; /* upper half */
    uint32_t name; /* its place + 1; 0: free */
};
/* names[count] ends the last run. */
struct image_name {
    uint32_t text, record, provider;
};
struct image_record {
    uint32_t name; /* its place in the names */
    uint32_t version, arch, source, source_version;
    uint32_t needs; /* NEEDS_UNKNOWN: there is more than fits, or it was not understood */
    uint32_t made;  /* seconds since 1970; 0: not known */
};
#define NEEDS_UNKNOWN UINT32_MAX
struct image_file {
    uint8_t sha256[32];
    uint32_t size, path; /* 0: not known; a text: all of the path, or what image_file_name ends */
};

/* Where the sections of such an image start; `end` is its size. */
struct image_layout {
    uint64_t meta, sums, slots, names, records, providers, strings, needs_sums, needs, files, end;
};
struct image_layout image_layout(const struct image_header *h);
/* Eight bytes a step, so that sums cost next to nothing in a look-up; `sum` goes on from one. */
uint32_t image_sum(uint32_t sum, const void *p, size_t n);
struct image_times image_times(int64_t fetched, int64_t valid_until);
uint32_t image_blocks(const struct image_layout *at);
uint32_t image_needs_blocks(const struct image_layout *at);
uint32_t image_needs_sum(const void *image, const struct image_layout *at);
uint32_t image_checksum(const void *image, const struct image_layout *at);
/* Put the sums of all blocks and the checksum into an image that is whole but for them. */
void image_seal(unsigned char *image, const struct image_layout *at);
/* "/o/openssl/libssl3_3.0.11-1_amd64.deb": where nearly all archives have such a package, below a
 * folder of theirs. */
void image_file_name(struct buf *b, const struct store_record *r);
/* A path below an archive that leads nowhere else. */
bool image_path_valid(struct str path);

struct store {
    struct arena *arena; /* NULL when mapped */
    const unsigned char *p;
    size_t n;
    struct image_header head;
    struct image_layout at;
    _Atomic unsigned char *block; /* what is known of each; the last one: of any. NULL: in memory */
    _Atomic int needs_state;      /* of the sums of what packages need; the same values */
};

/* A text by its place; "" when it is none. */
struct str store_text(const struct store *s, uint32_t at);
/* Are these bytes, counted from the needs, what was written? Their sums are looked at once. */
bool store_needs_hold(const struct store *s, uint64_t from, uint64_t n);

#endif
