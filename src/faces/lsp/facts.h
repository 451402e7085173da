/* facts.h - what the world says of a package or an image that a document names; asked of what is at
 * hand, never waited for. */
#ifndef DFIX_LSP_FACTS_H
#define DFIX_LSP_FACTS_H

#include "dfix/advisory.h"
#include "faces/lsp/lsp.h"

/* The package whose name or version is written around the offset, and its call. */
struct package_at {
    const struct install *install;
    const struct package *package;
    const struct stage *stage;
};
bool facts_package_at(const struct image *im, uint32_t offset, struct package_at *out);
/* All versions that the call could take. */
enum answer facts_package(struct request *r, const struct package_at *at, struct package_info *out);
/* What is vulnerable, by the advisories of the cache. */
enum answer facts_matches(struct request *r, const struct component *c, struct match_list *out);
/* Packages of the call's release that begin so; false: they are not at hand. */
bool facts_names(struct request *r, const struct package_at *at, struct str prefix,
                 struct name_list *out);
/* The stage whose FROM names its image around the offset; NULL: none. */
const struct stage *facts_base_at(const struct image *im, uint32_t offset);
/* What the tag points at now. */
enum answer facts_image(struct request *r, const struct stage *g, struct image_info *out);
/* "debian 12 (bookworm)"; "" not known. */
struct str facts_release(struct arena *a, const struct release *r);
/* "supported until 2028-06-30", "end of life since 2024-06-30"; "" nothing is known. */
struct str facts_life(struct request *r, const struct release *release, bool *ended);
/* The digest that the reference is pinned to differs from what its tag points at now. */
bool facts_behind(struct request *r, const struct stage *g, struct str *now);

#endif
