/* layout.h - the layout of a compiled feed of advisories, shared by what writes and reads it. See
 * feed.h for what it means.
 *
 * Sections follow each other as struct feed_layout says, each at a multiple of eight bytes:
 *
 *     header     struct feed_header
 *     sums       u32 sum of each FEED_BLOCK bytes from the scopes to the end
 *     scopes     u32 text of each ecosystem that it speaks of
 *     slots      struct feed_slot, packages by ecosystem and name; open addressing
 *     packages   struct feed_package, and one more that ends the last run of rows
 *     rows       struct feed_row, by package
 *     ids        struct feed_slot, vulnerabilities by their names
 *     vulns      struct feed_vuln, and one more that ends the last run of refs
 *     refs       u32 rows, by vulnerability
 *     strings    u16 length and bytes, named by their offset; 0 is the empty text
 *
 * The header's sum is that of header and sums; each block is held against its sum when something
 * of it is first read. */
#ifndef DFIX_ADVISORIES_LAYOUT_H
#define DFIX_ADVISORIES_LAYOUT_H

#include "index/advisories/feed.h"

enum { FEED_VERSION = 1, FEED_ORDER = 0x01020304, FEED_BLOCK = 4096, FEED_STRING_MAX = 60000 };
#define FEED_MAGIC "dfixadv\n"

struct feed_header {
    char magic[8];
    uint32_t version, order;
    uint64_t size;
    int64_t fetched;      /* changes in place (feed_touch): not in the sum */
    uint32_t fetched_sum; /* of that alone */
    uint32_t sum;
    int64_t dated;
    uint32_t kind, partial, dropped;
    uint32_t name, title, etag, modified, url;                         /* texts */
    uint32_t scopes, slots, packages, rows, ids, vulns, refs, strings; /* counts; strings: bytes */
};
_Static_assert(sizeof(struct feed_header) == 112, "no padding: all of it is in the sum");

struct feed_slot {
    uint32_t hash, at; /* upper half; its place + 1, 0: free */
};
struct feed_package {
    uint32_t scope, name, row;
};
enum { ROW_RANGE, ROW_EXACT, ROW_NOT_AFFECTED, ROW_UNDETERMINED, ROW_UNSUPPORTED, ROW_LIMITED };
struct feed_row {
    uint32_t package, vuln, introduced, fixed, last, advisory, rating;
    uint8_t state, fix; /* enum fix_state, where there is no fixed version */
    uint16_t unused;
};
enum { VULN_BUNDLE = 1, VULN_EXPLOITED = 2, VULN_RANSOMWARE = 4 };
struct feed_vuln {
    uint32_t id, aliases, summary, published, cvss, rating, rated_by, kev_added, kev_due;
    int32_t epss, percentile;
    uint32_t flags, ref;
};
_Static_assert(sizeof(struct feed_row) == 32 && sizeof(struct feed_vuln) == 52, "no padding");

struct feed_layout {
    uint64_t sums, scopes, slots, packages, rows, ids, vulns, refs, strings, end;
};
struct feed_layout feed_layout(const struct feed_header *h);
uint32_t feed_blocks(const struct feed_layout *at);
uint32_t feed_sum(const unsigned char *image, const struct feed_layout *at);
uint64_t feed_package_hash(struct str scope, struct str name);

#endif
