/* tags.h - of the tags that a registry lists, those that may say what `latest` is. Pure. */
#ifndef DFIX_SERVICES_REGISTRY_TAGS_H
#define DFIX_SERVICES_REGISTRY_TAGS_H

#include "registry/document.h"

enum { TAGS_CANDIDATES = 24 };

/* Plain version numbers ("3.12.4", "v2.0"; no dates, nothing behind), the highest first, of
 * equal ones the longer first; at most `max`. */
size_t tags_candidates(struct arena *a, const struct tag_list *tags, struct str *out, size_t max);
/* Does tag `x` say more than `y`: more numbers, else a higher version? */
bool tag_more_specific(struct str x, struct str y);

/* The rest of a list: the "next" target of a Link header as "tags/list?...", when it is a page
 * of the same list of this repository; "" when there is none. */
struct str tags_next(struct arena *a, struct str link, struct str path);

#endif
