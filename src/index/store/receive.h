/* receive.h - images that another process made: asked for, taken in and looked over. */
#ifndef DFIX_INDEX_RECEIVE_H
#define DFIX_INDEX_RECEIVE_H

#include "host/read_wire.h"
#include "index/store/store.h"

/* What the image is to say of itself, as fields of a request; and one such field read: false when
 * it is none. */
void store_meta_put(struct buf *request, const struct store_meta *meta);
bool store_meta_take(int tag, struct str value, struct store_meta *meta);

/* The image that these bytes are, copied. NULL with the reason: it is damaged, not of what was
 * asked for, or holds names or versions that the manager has not. Whoever made it was told nothing
 * but what strangers wrote, so nothing of it is believed. */
struct store *store_receive(struct str image, const struct store_meta *asked, struct err *e);

#endif
