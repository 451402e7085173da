/* advisories.c - READ_ADVISORIES. */
#include "reader/feeds.h"
#include "reader/job.h"

bool job_advisories(struct job *j)
{
    struct str none = S(""), rest = j->fields, value, bytes, from = none;
    struct feed_meta meta = {
        .name = none, .title = none, .url = none, .etag = none, .modified = none};
    for (int tag; (tag = wire_field(&rest, &value)) > 0;) {
        if (tag == READ_FROM)
            from = value;
        else if (tag == READ_META_URI)
            meta.url = value;
        else if (tag == READ_META_ETAG)
            meta.etag = value;
        else if (tag == READ_META_MODIFIED)
            meta.modified = value;
        else if (tag == READ_META_FETCHED)
            meta.fetched = (int64_t)wire_u64(value);
    }
    return job_bytes(j, 0, FEED_BYTES_MAX, &bytes) &&
           feed_compile(j->arena, bytes, from, &meta, &j->image, &j->err);
}
