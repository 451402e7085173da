/* Reads and writes documents in the cache, with what a server needs to answer "not modified". */
#include "index/store/record.h"

#include <stdio.h>

#include "host/cache.h"

enum { RECORD_MAX = 64 << 20, LINE_MAX_BYTES = 1024 };

static const char first_line[] = "dfix release 2";

static bool plain_line(struct str s)
{
    return s.n < LINE_MAX_BYTES && str_chr(s, '\n') == STR_NONE;
}

struct str record_print(struct arena *a, const struct record *r)
{
    struct str etag = plain_line(r->etag) ? r->etag : S("");
    struct str modified = plain_line(r->modified) ? r->modified : S("");
    struct str body = str_fmt(a, "%lld\n%lld\n%s\n" STR_FMT "\n" STR_FMT "\n",
                              (long long)r->fetched, (long long)(r->newest > 0 ? r->newest : 0),
                              r->missing ? "missing" : "here", STR_ARG(etag), STR_ARG(modified));
    struct buf b = {.arena = a};
    buf_add(&b, body);
    buf_add(&b, r->text);
    uint64_t sum = str_hash(buf_str(&b));
    struct buf all = {.arena = a};
    buf_fmt(&all, "%s\n%016llx\n", first_line, (unsigned long long)sum);
    buf_add(&all, buf_str(&b));
    return buf_str(&all);
}

static bool take_time(struct str *rest, int64_t *out)
{
    struct str line;
    if (!str_cut(rest, '\n', &line) || !line.n || line.n > 18)
        return false;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return false;
        *out = *out * 10 + (line.p[i] - '0');
    }
    return true;
}

bool record_parse(struct str text, struct record *out)
{
    struct str rest = text, line, sum, state;
    char expected[32];
    *out = (struct record){.etag = S(""), .modified = S(""), .text = S("")};
    if (!str_cut(&rest, '\n', &line) || !str_eq(line, str_of(first_line)) ||
        !str_cut(&rest, '\n', &sum))
        return false;
    snprintf(expected, sizeof expected, "%016llx", (unsigned long long)str_hash(rest));
    struct record r = {.text = S("")};
    if (!str_eq(sum, str_of(expected)) || !take_time(&rest, &r.fetched) ||
        !take_time(&rest, &r.newest))
        return false;
    if (!str_cut(&rest, '\n', &state) || !str_cut(&rest, '\n', &r.etag) ||
        !str_cut(&rest, '\n', &r.modified))
        return false;
    r.missing = str_eq(state, S("missing"));
    if (!r.missing)
        r.text = rest;
    *out = r;
    return true;
}

bool record_read(struct arena *a, struct str path, struct record *out)
{
    struct arena_mark m = arena_mark(a);
    struct str text;
    struct err e;
    if (cache_read(a, path, RECORD_MAX, &text, &e) && record_parse(text, out))
        return true;
    arena_rewind(a, m);
    *out = (struct record){.etag = S(""), .modified = S(""), .text = S("")};
    return false;
}

bool record_write(struct str path, const struct record *r, struct err *e)
{
    struct arena *a = arena_open();
    bool ok =
        cache_write(path, record_print(a, r), false, e); /* if it does not last, its sum tells */
    arena_close(a);
    return ok;
}
