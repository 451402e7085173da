/* advisories.c - READ_ADVISORIES. */
#include <string.h>

#include "reader/feeds.h"
#include "reader/job.h"
#include "reader/sum.h"

struct request {
    struct str from, sha256;
    uint64_t size;
    struct feed_meta meta;
};

static void read_request(struct job *j, struct request *r)
{
    struct str rest = j->fields, value;
    for (int tag; (tag = wire_field(&rest, &value)) > 0;) {
        if (tag == READ_FROM)
            r->from = value;
        else if (tag == READ_BRANCH)
            r->meta.scope = value;
        else if (tag == READ_SHA256)
            r->sha256 = value;
        else if (tag == READ_SIZE)
            r->size = wire_u64(value);
        else if (tag == READ_META_URI)
            r->meta.url = value;
        else if (tag == READ_META_ETAG)
            r->meta.etag = value;
        else if (tag == READ_META_MODIFIED)
            r->meta.modified = value;
        else if (tag == READ_META_FETCHED)
            r->meta.fetched = (int64_t)wire_u64(value);
    }
}

/* Before anything in it is looked at. */
static bool is_signed_for(struct job *j, const struct request *r, struct str bytes)
{
    uint8_t sum[SUM_MAX];
    struct sum s;
    if (!r->sha256.n)
        return true;
    sum_begin(&s, "sha256");
    sum_add(&s, bytes);
    bool same = sum_end(&s, sum) == r->sha256.n && memcmp(sum, r->sha256.p, r->sha256.n) == 0;
    return (same && bytes.n == r->size) ||
           err_set(&j->err, "its bytes are not those that the index has signed for");
}

bool job_advisories(struct job *j)
{
    struct str none = S(""), bytes;
    struct request r = {.from = none, .sha256 = none};
    r.meta = (struct feed_meta){
        .name = none, .title = none, .url = none, .etag = none, .modified = none, .scope = none};
    read_request(j, &r);
    return job_bytes(j, 0, FEED_BYTES_MAX, &bytes) && is_signed_for(j, &r, bytes) &&
           feed_compile(j->arena, bytes, r.from, &r.meta, &j->image, &j->err);
}
