/* fetched.c - how old an index is, and why a request failed, in words. */
#include "host/fetched.h"

#include <errno.h>
#include <unistd.h>

enum { DAY = 24 * 60 * 60 };

bool index_is_fresh(const struct settings *s, int64_t now, int64_t when)
{
    int64_t most = s->max_age < 0 ? DAY : s->max_age;
    return when > 0 && when <= now && now - when < most;
}

struct str index_age(struct arena *a, int64_t now, int64_t when)
{
    int64_t hours = (now - when) / 3600;
    if (hours < 1)
        return S("less than an hour");
    if (hours < 48)
        return str_fmt(a, "%lld hour%s", (long long)hours, hours == 1 ? "" : "s");
    return str_fmt(a, "%lld days", (long long)(hours / 24));
}

struct str index_failure(struct arena *a, const struct fetch_request *r)
{
    if (r->error.n)
        return r->error;
    return str_fmt(a, STR_FMT ": the server says %u", STR_ARG(r->final_url), r->status);
}

bool index_is_gone(struct arena *a, const struct fetch_request *r)
{
    struct str file = S("file://");
    if (str_starts(r->url, file))
        return r->error.n && access(str_cstr(a, str_from(r->url, file.n)), F_OK) != 0 &&
               errno == ENOENT;
    return !r->error.n && (r->status == 404 || r->status == 410);
}

struct str index_keyring(const struct settings *s, struct str uri)
{
    for (size_t i = 0; i < s->nsource; i++) {
        struct str known = str_without_end(s->source[i].uri, '/');
        if (str_eq(uri, known) ||
            (str_starts(uri, known) && uri.n > known.n && uri.p[known.n] == '/'))
            return s->source[i].keyring;
    }
    return S("");
}

bool index_is_trusted(const struct settings *s, struct str host)
{
    for (size_t i = 0; i < s->ntrusted_source; i++)
        if (str_ieq(s->trusted_source[i], host))
            return true;
    return false;
}

bool index_not_modified(const struct fetch_request *r)
{
    return !r->error.n && r->status == 304 && (r->etag.n || r->modified.n);
}
