/* fetched.h - what services that fetch indexes share: age, and why a request failed. */
#ifndef DFIX_INDEX_FETCHED_H
#define DFIX_INDEX_FETCHED_H

#include "dfix/settings.h"
#include "host/fetch.h"

/* Is something that was current at `when` still fresh by policy? */
bool index_is_fresh(const struct settings *s, int64_t now, int64_t when);
/* "30 hours", "12 days" */
struct str index_age(struct arena *a, int64_t now, int64_t when);
/* Why a request brought nothing, for people. */
struct str index_failure(struct arena *a, const struct fetch_request *r);
/* The place answers, and has no such file. */
bool index_is_gone(struct arena *a, const struct fetch_request *r);
/* "Not modified" of what this request had at hand: an answer that nobody asked for is none. */
bool index_not_modified(const struct fetch_request *r);

/* Of the keys in these files: what one keyring has verified is not what another one has. Files
 * of a folder count by name. "": one cannot be read. The cache ("": none) tells it of files that
 * have not changed since it was worked out. */
struct str index_fingerprint(struct arena *a, struct str cache_dir, const struct str *path,
                             size_t n);

/* Policy's keyring for an archive or repository that files may add; "" none. */
struct str index_keyring(const struct settings *s, struct str uri);
/* A host whose sources files may add, by policy. */
bool index_is_trusted(const struct settings *s, struct str host);

#endif
