/* care.h - looking after what lies beside the images in the cache: records, and what is left over.
 */
#ifndef DFIX_INDEX_CARE_H
#define DFIX_INDEX_CARE_H

#include "host/cache.h"

/* `prune` 0 tells what is damaged; else it is the time now, and what is damaged, of another
 * version, left by a killed run or not used for a month goes. Images are not looked at. */
void index_care(struct str cache_dir, int64_t prune, struct cache_care *out);

#endif
