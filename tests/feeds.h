/* feeds.h - feeds compiled in a test, and what a component comes to by them. */
#ifndef DFIX_TEST_FEEDS_H
#define DFIX_TEST_FEEDS_H

#include <stdlib.h>

#include "cmocka_all.h"
#include "host/files.h"
#include "index/advisories/advisories.h"
#include "reader/feeds.h"

enum { FEEDS_MOST = 8 };
struct test_feeds {
    struct arena *arena;
    struct held_feed v[FEEDS_MOST];
    struct held_feeds held;
};

static inline struct test_feeds *feeds_open(void)
{
    struct arena *a = arena_open();
    struct test_feeds *t = arena_new(a, struct test_feeds, 1);
    t->arena = a;
    t->held.v = t->v;
    return t;
}

static inline void feeds_close(struct test_feeds *t)
{
    advisories_close(&t->held);
    arena_close(t->arena);
}

static inline bool feeds_compile(struct test_feeds *t, struct str bytes, const char *from,
                                 struct err *e)
{
    struct str none = S(""), image;
    const struct feed_meta given = {
        .name = none, .title = none, .url = none, .etag = none, .modified = none, .fetched = 1000};
    if (!feed_compile(t->arena, bytes, str_of(from), &given, &image, e))
        return false;
    struct feed *f = feed_of(image, e);
    assert_non_null(f);
    assert_true(feed_check(f, e));
    assert_true(t->held.n < FEEDS_MOST);
    t->v[t->held.n++] = (struct held_feed){f, feed_meta(f), none};
    return true;
}

static inline void feeds_add(struct test_feeds *t, const char *text, const char *from)
{
    struct err e;
    if (!feeds_compile(t, str_of(text), from, &e))
        fail_msg("%s: %s", from, e.text);
}

/* A file of the shared data; false: it is not there. */
static inline bool feeds_add_shared(struct test_feeds *t, const char *name, struct str *bytes)
{
    struct err e;
    const char *path = str_fmt(t->arena, "%s/data/%s", DFIX_SHARED, name).p;
    if (!file_read(t->arena, path, 64 << 20, bytes, &e))
        return false;
    if (!feeds_compile(t, *bytes, name, &e))
        fail_msg("%s: %s", name, e.text);
    return true;
}

static inline struct component component_of(const char *ecosystem, struct str name,
                                            struct str version)
{
    struct str none = S("");
    return (struct component){.ecosystem = str_of(ecosystem),
                              .name = name,
                              .version = version,
                              .source = none,
                              .source_version = none,
                              .arch = none,
                              .by = none};
}

static inline enum answer feeds_ask(struct test_feeds *t, const char *ecosystem, const char *name,
                                    const char *version, struct match_list *out)
{
    struct component c = component_of(ecosystem, str_of(name), str_of(version));
    return advisories_match(t->arena, &t->held, &c, true, out);
}

#endif
