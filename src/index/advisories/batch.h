/* batch.h - components that OSV's API is asked about, in place of an export of their ecosystem. It
 * learns what a build uses: policy must name it. */
#ifndef DFIX_ADVISORIES_BATCH_H
#define DFIX_ADVISORIES_BATCH_H

#include "dfix/advisory.h"
#include "host/fetch.h"

struct osv_batch;
/* Gets all documents that came so far, one a line; false with the reason: they are none. */
typedef bool osv_batch_take(void *user, struct str documents, struct err *e);
struct osv_batch *osv_batch_open(struct arena *a, struct str url, osv_batch_take *take, void *user);
bool osv_batch_serves(struct str ecosystem);
/* FOUND: all that OSV knows of it was taken. UNAVAILABLE: `why` says what failed. */
enum answer osv_batch_ask(struct osv_batch *b, const struct component *c, struct str *why);
/* Something was learnt since it was last asked. */
bool osv_batch_news(struct osv_batch *b);
void osv_batch_gather(struct osv_batch *b, struct fetcher *f);

#endif
