/* Any bytes as a document of advisories, and any bytes over the image of a good one: no feed that
 * is taken breaks its own rules, nothing in it steers a terminal, and every question ends. */
#include <stdlib.h>
#include <string.h>

#include "index/advisories/advisories.h"
#include "index/advisories/layout.h"
#include "index/store/layout.h"
#include "reader/feeds.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { BYTES_MAX = 64 << 10, ASKED_MAX = 64 };

static const char good[] =
    "{\"id\":\"GHSA-1\",\"aliases\":[\"CVE-2023-1\"],\"affected\":[{\"package\":{\"ecosystem\":"
    "\"npm\",\"name\":\"x\"},\"ranges\":[{\"type\":\"SEMVER\",\"events\":[{\"introduced\":\"0\"},{"
    "\"fixed\":\"2.0.0\"}]}]}]}";

static void check_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            abort();
}

static void ask(struct arena *a, struct feed *f, struct str scope, struct str name, bool whole)
{
    struct held_feed held = {f, feed_meta(f), S("")};
    const struct held_feeds feeds = {.v = &held, .n = 1};
    const struct component c = {.ecosystem = scope,
                                .name = name,
                                .version = S("1.0.0"),
                                .source = S(""),
                                .source_version = S("")};
    struct match_list l;
    advisories_match(a, &feeds, &c, true, &l);
    for (size_t i = 0; whole && i < l.n; i++) {
        check_plain(l.v[i].reason);
        check_plain(l.v[i].is.id);
    }
}

/* Of one that is not `whole` nothing is claimed but that reading it ends. */
static void read_all(struct arena *a, struct feed *f, uint32_t rows, bool whole)
{
    for (uint32_t i = 0; i < rows && i < ASKED_MAX; i++) {
        uint32_t vuln, after = 0, at;
        bool bundle;
        struct feed_entry e = feed_row(f, i, &vuln);
        ask(a, f, e.scope, e.name, whole);
        feed_find(f, feed_vuln(f, vuln, &bundle).id, &after, &at);
        feed_refs(f, vuln);
    }
    ask(a, f, feed_scope(f, 0), S("x"), whole);
}

/* With its sums made right again, so that what is behind them is reached. */
static void read_spoilt(struct arena *a, struct str image, struct str over)
{
    uint64_t *room = arena_new(a, uint64_t, image.n / sizeof(uint64_t) + 1);
    char *p = (char *)room;
    struct err e;
    memcpy(p, image.p, image.n);
    for (size_t i = 0; i + 3 <= over.n; i += 3) {
        size_t high = (unsigned char)over.p[i], low = (unsigned char)over.p[i + 1];
        size_t at = (high << 8 | low) % image.n;
        p[at] = over.p[i + 2];
    }
    struct feed_header h;
    memcpy(&h, p, sizeof h);
    struct feed_layout l = feed_layout(&h);
    if (l.end == image.n) {
        for (uint32_t i = 0; i < feed_blocks(&l); i++) {
            uint64_t from = l.scopes + (uint64_t)i * FEED_BLOCK;
            uint32_t sum =
                image_sum(0, p + from, l.end - from < FEED_BLOCK ? l.end - from : FEED_BLOCK);
            memcpy(p + l.sums + i * sizeof sum, &sum, sizeof sum);
        }
        h.fetched_sum = image_sum(0, &h.fetched, sizeof h.fetched);
        memcpy(p, &h, sizeof h);
        h.sum = feed_sum((unsigned char *)p, &l);
        memcpy(p, &h, sizeof h);
    }
    struct feed *f = feed_of((struct str){p, image.n}, &e);
    if (f)
        read_all(a, f, h.rows, feed_check(f, &e));
    feed_close(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct str bytes = {(const char *)data, n < BYTES_MAX ? n : BYTES_MAX}, none = S(""), image;
    const struct feed_meta given = {.name = none,
                                    .title = none,
                                    .url = none,
                                    .etag = none,
                                    .modified = none,
                                    .scope = S("debian:12")};
    struct err e;
    if (feed_compile(a, bytes, S("security-support-ended.deb12"), &given, &image, &e)) {
        struct feed *f = feed_of(image, &e);
        struct feed_header h;
        if (!f || !feed_check(f, &e))
            abort();
        memcpy(&h, image.p, sizeof h);
        read_all(a, f, h.rows, true);
        feed_close(f);
    } else if (!e.text[0]) {
        abort();
    }
    if (!feed_compile(a, str_of(good), none, &given, &image, &e))
        abort();
    read_spoilt(a, image, bytes);
    arena_close(a);
    return 0;
}
