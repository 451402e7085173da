/* The apk service against mirrors of the test's own making, on disk and on loopback: what it
 * answers, what it keeps, what it does when the world fails. */
#include "apk_made.h"
#include "dfix/manager.h"
#include "loopback.h"
#include "memory.h"
#include "sandbox.h"

#include <jansson.h>

#include "host/files.h"
#include "index/store/store.h"
#include "world/world.h"

struct bed {
    struct arena *arena;
    struct sandbox box;
    EVP_PKEY *key;
    struct index_settings index;
    struct settings settings;
    struct str keys[2];
    struct world *world;
    arch_set both;
};

static const struct release v322 = {{"alpine", 6}, {"3.22", 4}, {"", 0}};

static void write_index(struct bed *b, const char *path, const char *description, const char *text)
{
    struct str content = made_content(b->arena, description, str_of(text));
    char name[256];
    snprintf(name, sizeof name, "mirror/%s/APKINDEX.tar.gz", path);
    sandbox_write(&b->box, name, made_signed(b->arena, b->key, content));
}

static const char main_amd64[] = "P:curl\nV:8.14.1-r2\nA:x86_64\no:curl\np:cmd:curl=8.14.1-r2\n\n"
                                 "P:zlib\nV:1.3.1-r2\nA:x86_64\no:zlib\np:so:libz.so.1=1.3.1\n\n"
                                 "P:odd\nV:1.9.5p2-r0\nA:x86_64\no:odd\n\n"
                                 "P:two\nV:1.0-r0\nA:noarch\no:two\n\n"
                                 "P:two\nV:1.1-r0\nA:noarch\no:two\n\n";
static const char main_arm64[] = "P:curl\nV:8.14.1-r3\nA:aarch64\no:curl\n\n"
                                 "P:zlib\nV:1.3.1-r2\nA:aarch64\no:zlib\n\n";
static const char community[] = "P:jq\nV:1.8.0-r0\nA:noarch\no:jq\np:cmd:jq=1.8.0-r0 json-tool\n\n"
                                "P:gojq\nV:0.12-r1\nA:noarch\no:gojq\np:json-tool\n\n";
static const char testing[] = "P:new\nV:0.1_git20250101-r0\nA:noarch\no:new\n\n"
                              "P:curl\nV:8.15.0-r0\nA:noarch\no:curl\n\n";

static void lay_out(struct bed *b)
{
    write_index(b, "v3.22/main/x86_64", "v3.22.2-1-gx", main_amd64);
    write_index(b, "v3.22/main/aarch64", "v3.22.2-1-gx", main_arm64);
    write_index(b, "v3.22/community/x86_64", "v3.22.2-1-gx", community);
    write_index(b, "v3.22/community/aarch64", "v3.22.2-1-gx", community);
    write_index(b, "edge/testing/x86_64", "v20250108-11-gx", testing);
    write_index(b, "edge/testing/aarch64", "v20250108-11-gx", testing);
}

static int set_up(void **state)
{
    struct arena *a = arena_open();
    struct bed *b = arena_new(a, struct bed, 1);
    b->arena = a;
    b->box = sandbox_open();
    b->key = made_key();
    sandbox_write(&b->box, "keys/test.rsa.pub", made_pem(a, b->key));
    b->keys[0] = str_fmt(a, "%s/keys", b->box.dir);
    b->index = (struct index_settings){.distro = S("alpine"),
                                       .mirror = str_fmt(a, "file://%s/mirror", b->box.dir),
                                       .key = b->keys,
                                       .nkey = 1,
                                       .secdb = str_fmt(a, "file://%s/secdb", b->box.dir)};
    b->settings = (struct settings){.max_age = -1,
                                    .index = &b->index,
                                    .nindex = 1,
                                    .cache_dir = str_fmt(a, "%s/cache", b->box.dir)};
    b->both = arch_of(S("amd64")) | arch_of(S("arm64"));
    lay_out(b);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bed *b = *state;
    world_close(b->world);
    EVP_PKEY_free(b->key);
    sandbox_close(&b->box);
    arena_close(b->arena);
    return 0;
}

/* A new run with the same cache. */
static void again(struct bed *b)
{
    world_close(b->world);
    b->world = world_open(&b->settings);
}

static enum answer ask_with(struct bed *b, arch_set archs, const struct source *extra, size_t n,
                            const char *name, struct package_info *out)
{
    const struct lookup *l;
    enum answer got = ANSWER_PENDING;
    if (!b->world)
        again(b);
    l = world_lookup(b->world);
    for (int i = 0; i < 4 && got == ANSWER_PENDING; i++) {
        if (i)
            l->resolve(l->self);
        got = lookup_package(l,
                             (struct question){.manager = &manager_apk,
                                               .release = &v322,
                                               .archs = archs,
                                               .source = extra,
                                               .nsource = n,
                                               .name = str_of(name)},
                             out);
    }
    assert_int_not_equal(got, ANSWER_PENDING);
    return got;
}

static enum answer ask(struct bed *b, const char *name, struct package_info *out)
{
    return ask_with(b, b->both, NULL, 0, name, out);
}

static void expect_unavailable(struct bed *b, const char *says)
{
    struct package_info info;
    assert_int_equal(ask(b, "curl", &info), ANSWER_UNAVAILABLE);
    if (str_find(info.why, str_of(says)) == STR_NONE)
        fail_msg("wanted \"%s\", got \"" STR_FMT "\"", says, STR_ARG(info.why));
}

static bool noted(struct bed *b, bool error, const char *says)
{
    size_t n;
    const struct world_note *v = world_notes(b->world, &n);
    for (size_t i = 0; i < n; i++)
        if (v[i].error == error && str_find(v[i].text, str_of(says)) != STR_NONE)
            return true;
    return false;
}

static size_t stored(struct bed *b)
{
    size_t n;
    store_list(b->arena, b->settings.cache_dir, &n);
    return n;
}

/* ---- answers ---- */

static void answers(void **state)
{
    struct bed *b = *state;
    struct package_info info;

    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 2);
    assert_true(str_eq(info.offer[0].version, S("8.14.1-r3")));
    assert_int_equal(info.offer[0].archs, arch_of(S("arm64")));
    assert_true(str_eq(info.offer[1].version, S("8.14.1-r2")));
    assert_int_equal(info.offer[1].archs, arch_of(S("amd64")));
    assert_true(str_eq(info.offer[0].suite, S("v3.22/main")));
    assert_true(str_eq(info.offer[0].component, S("main")));
    assert_false(info.offer[0].from.n);

    assert_int_equal(ask(b, "zlib", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 1);
    assert_int_equal(info.offer[0].archs, b->both);

    assert_int_equal(ask(b, "two", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].version, S("1.1-r0")));

    assert_int_equal(ask(b, "cmd:jq", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 0);
    assert_true(str_eq(info.provider[0], S("jq")));
    assert_int_equal(ask(b, "json-tool", &info), ANSWER_FOUND);
    assert_int_equal(info.nprovider, 2);
    assert_true(str_eq(info.provider[0], S("gojq")));

    assert_int_equal(ask(b, "new", &info), ANSWER_ABSENT); /* testing is not asked for */
    assert_int_equal(ask(b, "odd", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("odd with a version that is not valid")) != STR_NONE);
    assert_int_equal(stored(b), 4);
    size_t n;
    world_notes(b->world, &n);
    assert_int_equal(n, 0);
}

static enum answer ask_release(struct bed *b, const char *version, struct package_info *info)
{
    struct release r = {S("alpine"), str_of(version), S("")};
    const struct lookup *l;
    again(b);
    l = world_lookup(b->world);
    const struct question q = {
        .manager = &manager_apk, .release = &r, .archs = arch_of(S("amd64")), .name = S("curl")};
    lookup_package(l, q, info);
    l->resolve(l->self);
    return lookup_package(l, q, info);
}

static void releases(void **state)
{
    struct bed *b = *state;
    struct package_info info;
    write_index(b, "v3.2/main/x86_64", "v3.2.3-1-gx", main_amd64); /* had no community */
    assert_int_equal(ask_release(b, "3.2", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].suite, S("v3.2/main")));
    write_index(b, "edge/main/x86_64", "v20250108-11-gx", main_amd64);
    write_index(b, "edge/community/x86_64", "v20250108-11-gx", community);
    assert_int_equal(ask_release(b, "edge", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].suite, S("edge/main")));
    assert_int_equal(ask_release(b, "3.20", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("/v3.20/main has no packages for x86_64")) != STR_NONE);
    assert_int_equal(ask_release(b, "../../x", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("no apk index")) != STR_NONE);
    assert_int_equal(ask_with(b, arch_of(S("armel")), NULL, 0, "curl", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("armel")) != STR_NONE);
}

/* ---- repositories that files add ---- */

static struct source source(const char *uri)
{
    return (struct source){
        .uri = str_of(uri), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};
}

static void repositories_of_alpine(void **state)
{
    struct bed *b = *state;
    struct package_info info;
    static const char *const same[] = {
        "https://dl-cdn.alpinelinux.org/alpine/edge/testing",
        "http://dl-3.alpinelinux.org/alpine/edge/testing/",
        "http://nl.alpinelinux.org/alpine//edge/testing",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        struct source x = source(same[i]);
        again(b);
        assert_int_equal(ask_with(b, b->both, &x, 1, "new", &info), ANSWER_FOUND);
        assert_true(str_eq(info.offer[0].suite, S("edge/testing")));
        assert_true(str_ends(info.offer[0].from, S("mirror/edge/testing")));
        assert_int_equal(ask_with(b, b->both, &x, 1, "curl", &info), ANSWER_FOUND);
        assert_int_equal(info.noffer, 3);
        assert_true(str_eq(info.offer[0].version, S("8.15.0-r0")));
    }
    /* What the release has already is asked once. */
    struct source own = source("https://dl-cdn.alpinelinux.org/alpine/v3.22/main");
    assert_int_equal(ask_with(b, b->both, &own, 1, "zlib", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 1);
    /* A list that replaces the image's own. */
    struct source only = source("https://dl-cdn.alpinelinux.org/alpine/edge/testing");
    only.replaces = true;
    assert_int_equal(ask_with(b, b->both, &only, 1, "zlib", &info), ANSWER_ABSENT);
    assert_int_equal(ask_with(b, b->both, &only, 1, "curl", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 1);
    /* By its name alone, and as a base image's facts have it. */
    struct source named = source("");
    named.suite = S("edge/testing");
    assert_int_equal(ask_with(b, b->both, &named, 1, "new", &info), ANSWER_FOUND);
    struct source facts = source("https://dl-cdn.alpinelinux.org/alpine");
    facts.suite = S("edge/testing");
    assert_int_equal(ask_with(b, b->both, &facts, 1, "new", &info), ANSWER_FOUND);
}

static void repositories_of_strangers(void **state)
{
    struct bed *b = *state;
    struct package_info info;
    static const struct {
        const char *uri, *says;
    } bad[] = {
        {"https://nginx.org/packages/alpine/v3.22/main", "from nginx.org, which the policy"},
        {"https://user:secret@repo.example/alpine/v3.22/main",
         "from repo.example, which the policy"},
        {"https://evil.example/dl-cdn.alpinelinux.org/alpine/edge/testing",
         "packages from evil.example"},
        {"https://xalpinelinux.org/alpine/edge/testing", "from xalpinelinux.org"},
        {"https://dl-cdn.alpinelinux.org/alpine/latest-stable/main", "another release later"},
        {"https://dl-cdn.alpinelinux.org/alpine/v3.22/../../x", "is not an Alpine repository"},
        {"https://dl-cdn.alpinelinux.org/alpine/v3.22", "is not an Alpine repository"},
        {"/packages", "that exists only in the build"},
        {"file:///packages/main", "that exists only in the build"},
        {"ftp://x.example/a", "that exists only in the build"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct source x = source(bad[i].uri);
        assert_int_equal(ask_with(b, b->both, &x, 1, "curl", &info), ANSWER_UNAVAILABLE);
        if (str_find(info.why, str_of(bad[i].says)) == STR_NONE)
            fail_msg("%s: " STR_FMT, bad[i].uri, STR_ARG(info.why));
        assert_true(str_find(info.why, S("secret")) == STR_NONE);
    }
}

/* ---- a mirror on loopback ---- */

enum mode { SERVES, FAILS, LOOPS, CUTS, LIES, TAMPERS, NOT_MODIFIED };
struct server {
    struct bed *bed;
    enum mode mode;
    bool bare; /* its answers have no headers of their own */
    char asked_with[128];
};

static void serve(struct loopback_request *q)
{
    struct server *m = q->server->user;
    struct arena *a = arena_open();
    struct str body;
    struct err e;
    char head[2048] = "ETag: \"one\"\r\nLast-Modified: Tue, 24 Nov 2026 01:00:00 GMT\r\n";
    struct str path = str_fmt(a, "%s%s", m->bed->box.dir, q->path);
    loopback_header(q, "If-None-Match", m->asked_with, sizeof m->asked_with);
    if (m->bare)
        head[0] = 0;
    switch (m->mode) {
    case FAILS:
        loopback_text(q, 403, "", "no");
        break;
    case LOOPS:
        snprintf(head, sizeof head, "Location: %s\r\n", q->path);
        loopback_text(q, 302, head, "");
        break;
    case NOT_MODIFIED:
        loopback_text(q, 304, head, "");
        break;
    case SERVES:
    case CUTS:
    case LIES:
    case TAMPERS:
        if (!file_read(a, path.p, 1 << 20, &body, &e)) {
            loopback_text(q, 404, "", "no such file");
        } else if (m->mode == LIES) { /* says more than it sends */
            struct str raw =
                str_fmt(a, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.n + 9);
            loopback_raw(q->fd, raw.p, raw.n);
            loopback_raw(q->fd, body.p, body.n);
        } else {
            body = str_dup(a, str_sub(body, 0, m->mode == CUTS ? body.n / 2 : body.n));
            if (m->mode == TAMPERS)
                ((char *)(uintptr_t)body.p)[body.n - 20] ^= 1;
            loopback_reply(q, 200, head, body.p, body.n);
        }
        break;
    }
    arena_close(a);
}

static struct loopback *serve_bed(struct bed *b, struct server *m)
{
    *m = (struct server){.bed = b};
    struct loopback *s = loopback_start(serve, m);
    b->index.mirror = str_fmt(b->arena, "http://127.0.0.1:%u/mirror", s->port);
    return s;
}

static void age_cache(struct bed *b)
{
    size_t n;
    struct err e;
    struct str *v = store_list(b->arena, b->settings.cache_dir, &n);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_true(store_touch(v[i], (int64_t)time(NULL) - 30 * 3600, 0, &e));
}

static void freshness(void **state)
{
    struct bed *b = *state;
    struct server m;
    struct loopback *s = serve_bed(b, &m);
    struct package_info info;

    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(s->requests, 4);
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(s->requests, 4); /* fresh: nothing was asked */
    age_cache(b);
    again(b);
    m.mode = NOT_MODIFIED;
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(s->requests, 8);
    assert_string_equal(m.asked_with, "\"one\"");
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(s->requests, 8); /* known to be current again */
    age_cache(b);
    b->settings.offline = true;
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(s->requests, 8);
    assert_true(noted(b, false, "from 30 hours ago: dfix runs offline"));
    b->settings.offline = false;
    b->settings.max_age = 0;
    m.mode = SERVES;
    write_index(b, "v3.22/main/x86_64", "v3.22.3-1-gx",
                "P:curl\nV:8.14.2-r0\nA:x86_64\no:curl\n\n");
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].version, S("8.14.2-r0")));
    loopback_stop(s);
}

/* H4: the server gave nothing to ask with, so that its 304 is no answer. */
static void a_304_that_nobody_asked_for(void **state)
{
    struct bed *b = *state;
    struct server m;
    struct loopback *s = serve_bed(b, &m);
    struct package_info info;
    m.bare = true;
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    age_cache(b);
    m.mode = NOT_MODIFIED;
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND); /* an old index, and said to be */
    assert_true(noted(b, false, "from 30 hours ago"));
    loopback_stop(s);
}

/* M2: what other keys verified is not what these would. */
static void a_cached_index_is_of_its_keys(void **state)
{
    struct bed *b = *state;
    struct package_info info;
    EVP_PKEY *other = made_key();
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    sandbox_write(&b->box, "keys/test.rsa.pub", made_pem(b->arena, other));
    EVP_PKEY_free(other);
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_UNAVAILABLE);
    b->settings.offline = true;
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_UNAVAILABLE);
}

static void offline_without_a_cache(void **state)
{
    struct bed *b = *state;
    b->settings.offline = true;
    expect_unavailable(b, "the index of v3.22/main for x86_64 is not in the cache, and dfix runs");
    assert_int_equal(stored(b), 0);
}

static void faults_with_nothing_at_hand(void **state)
{
    struct bed *b = *state;
    struct server m;
    struct loopback *s = serve_bed(b, &m);
    static const struct {
        enum mode mode;
        const char *says;
    } faults[] = {{FAILS, "the server says 403"},
                  {LOOPS, "redirect"},
                  {CUTS, "it is truncated"},
                  {LIES, ""},
                  {TAMPERS, "is not valid"}};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        m.mode = faults[i].mode;
        again(b);
        expect_unavailable(b, faults[i].says);
        assert_true(noted(b, true, faults[i].says));
        assert_int_equal(stored(b), 0);
    }
    loopback_stop(s);
    again(b);
    expect_unavailable(b, "127.0.0.1"); /* nobody listens any more */
}

/* An old index is used, and said to be old, when the mirror fails; not when it lies. */
static void faults_with_an_old_index(void **state)
{
    struct bed *b = *state;
    struct server m;
    struct loopback *s = serve_bed(b, &m);
    struct package_info info;

    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    age_cache(b);
    m.mode = FAILS;
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_true(noted(b, false,
                      "using an index of v3.22/main for x86_64 from 30 hours "
                      "ago: http://127.0.0.1"));
    assert_false(noted(b, true, ""));
    struct str before = S(""), after;
    size_t n;
    struct err e;
    struct str *v = store_list(b->arena, b->settings.cache_dir, &n);
    assert_true(file_read(b->arena, str_cstr(b->arena, v[0]), 1 << 20, &before, &e));
    m.mode = TAMPERS;
    again(b);
    expect_unavailable(b, "is not valid");
    assert_true(noted(b, true, "tampered"));
    assert_true(file_read(b->arena, str_cstr(b->arena, v[0]), 1 << 20, &after, &e));
    assert_true(str_eq(before, after));
    loopback_stop(s);
}

static void indexes_of_something_else(void **state)
{
    struct bed *b = *state;
    write_index(b, "v3.22/main/x86_64", "v3.12.12-45-gx", main_amd64);
    expect_unavailable(b, "it is of another release: v3.12.12-45-gx");
    write_index(b, "v3.22/main/x86_64", "v3.22.2-1-gx", main_arm64);
    again(b);
    expect_unavailable(b, "it is of aarch64, not of x86_64");
    assert_int_equal(sandbox_run(&b->box, "rm -r cache mirror/v3.22/main/aarch64"), 0);
    write_index(b, "v3.22/main/x86_64", "v3.22.2-1-gx", main_amd64);
    again(b);
    expect_unavailable(b, "v3.22/main has no packages for aarch64");
}

static void keys_that_do_not_fit(void **state)
{
    struct bed *b = *state;
    EVP_PKEY *other = made_key();
    sandbox_write(&b->box, "other/test.rsa.pub", made_pem(b->arena, other));
    sandbox_write(&b->box, "bad/test.rsa.pub", S("no key"));
    b->keys[0] = str_fmt(b->arena, "%s/other", b->box.dir);
    expect_unavailable(b, "the signature by test.rsa.pub is not valid");
    b->keys[0] = str_fmt(b->arena, "%s/bad", b->box.dir);
    again(b);
    expect_unavailable(b, "not a public RSA key");
    b->keys[0] = str_fmt(b->arena, "%s/mirror", b->box.dir);
    again(b);
    expect_unavailable(b, "no key (*.pub)");
    b->keys[0] = str_fmt(b->arena, "%s/nowhere", b->box.dir);
    again(b);
    expect_unavailable(b, "No such file");
    EVP_PKEY_free(other);
    b->keys[0] = str_fmt(b->arena, "%s/keys/test.rsa.pub", b->box.dir);
    struct package_info info;
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
}

static void stranger_that_policy_allows(void **state)
{
    struct bed *b = *state;
    struct server m;
    struct loopback *s = serve_bed(b, &m);
    EVP_PKEY *key = made_key();
    struct str uri = str_fmt(b->arena, "http://127.0.0.1:%u/theirs/main", s->port);
    struct source_settings allowed = {uri, str_fmt(b->arena, "%s/theirs/test.rsa.pub", b->box.dir)};
    struct source x = source(uri.p);
    struct package_info info;
    struct str content =
        made_content(b->arena, "", S("P:tool\nV:2.0-r0\nA:noarch\n\nP:curl\nV:9.0-r0\nA:noarch\n"));

    sandbox_write(&b->box, "theirs/test.rsa.pub", made_pem(b->arena, key));
    sandbox_write(&b->box, "theirs/main/x86_64/APKINDEX.tar.gz",
                  made_signed(b->arena, key, content));
    assert_int_equal(ask_with(b, arch_of(S("amd64")), &x, 1, "tool", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("which the policy does not allow")) != STR_NONE);
    b->settings.source = &allowed;
    b->settings.nsource = 1;
    again(b);
    assert_int_equal(ask_with(b, arch_of(S("amd64")), &x, 1, "tool", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].from, uri));
    assert_int_equal(ask_with(b, arch_of(S("amd64")), &x, 1, "curl", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 2);
    /* Their key says nothing of Alpine's own index, nor Alpine's of theirs. */
    struct str host[] = {str_fmt(b->arena, "127.0.0.1:%u", s->port)};
    b->settings.nsource = 0;
    b->settings.trusted_source = host;
    b->settings.ntrusted_source = 1;
    assert_int_equal(sandbox_run(&b->box, "rm -r cache"), 0);
    again(b);
    assert_int_equal(ask_with(b, arch_of(S("amd64")), &x, 1, "tool", &info), ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("is not valid")) != STR_NONE);
    loopback_stop(s);
    EVP_PKEY_free(key);
}

static void cache_that_cannot_be_written(void **state)
{
    struct bed *b = *state;
    struct package_info info;
    sandbox_write(&b->box, "file", S(""));
    b->settings.cache_dir = str_fmt(b->arena, "%s/file/cache", b->box.dir);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_int_equal(info.noffer, 2);
    assert_true(noted(b, false, "used but could not be cached"));
    b->settings.cache_dir = S("");
    assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
    assert_int_equal(unsetenv("HOME"), 0);
    again(b);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
}

/* ---- advisories ---- */

static enum answer advisories(struct bed *b, const char *version, const char *source,
                              const struct advisory **out, size_t *n)
{
    struct release r = {S("alpine"), str_of(version), S("")};
    struct advisory_list list = {.n = 0};
    const struct lookup *l;
    enum answer got = ANSWER_PENDING;
    if (!b->world)
        again(b);
    l = world_lookup(b->world);
    for (int i = 0; i < 4 && got == ANSWER_PENDING; i++) {
        if (i)
            l->resolve(l->self);
        got = lookup_advisories(l, &manager_apk, &r, str_of(source), &list);
    }
    *out = list.v;
    *n = list.n;
    return got;
}

static bool lay_out_secdb(struct bed *b, const char *version)
{
    return sandbox_run(&b->box,
                       "mkdir -p secdb/v%s && for r in main community; do "
                       "xz -dc '%s/data/secdb/'%s-$r.json.xz > secdb/v%s/$r.json || exit 1; done",
                       version, DFIX_SHARED, version, version) == 0;
}

/* How many ids a plain walk over the file finds for a package, "0" left out. */
static size_t walk(struct bed *b, const char *version, const char *repository, const char *package)
{
    struct str path = str_fmt(b->arena, "%s/secdb/v%s/%s.json", b->box.dir, version, repository);
    json_t *j = json_load_file(path.p, 0, NULL), *entry, *ids, *id;
    size_t i, k, n = 0;
    const char *key;
    assert_non_null(j);
    json_array_foreach(json_object_get(j, "packages"), i, entry)
    {
        json_t *pkg = json_object_get(entry, "pkg");
        if (strcmp(json_string_value(json_object_get(pkg, "name")), package) != 0)
            continue;
        json_object_foreach(json_object_get(pkg, "secfixes"), key, ids)
        {
            json_array_foreach(ids, k, id)
            {
                for (const char *p = json_string_value(id); strcmp(key, "0") != 0 && p;
                     p = strchr(p + 1, ' '))
                    n++;
            }
        }
    }
    json_decref(j);
    return n;
}

static void real_advisories(void **state)
{
    struct bed *b = *state;
    const struct advisory *v;
    size_t n;
    static const char *const packages[] = {"zlib", "openssl", "xen", "git", "bind", "busybox"};
    if (!lay_out_secdb(b, "3.12") || !lay_out_secdb(b, "3.20")) {
        print_message("skipped: no secdb in %s\n", DFIX_SHARED);
        skip();
    }
    assert_int_equal(advisories(b, "3.12", "zlib", &v, &n), ANSWER_FOUND);
    bool seen = false;
    for (size_t i = 0; i < n; i++)
        seen |= str_eq(v[i].id, S("CVE-2022-37434")) && str_eq(v[i].fixed, S("1.2.12-r2"));
    assert_true(seen);
    for (size_t i = 0; i < sizeof packages / sizeof packages[0]; i++) {
        assert_int_equal(advisories(b, "3.20", packages[i], &v, &n), ANSWER_FOUND);
        assert_int_equal(n, walk(b, "3.20", "main", packages[i]) +
                                walk(b, "3.20", "community", packages[i]));
        for (size_t k = 0; k < n; k++) {
            assert_true(apk_valid(v[k].fixed));
            assert_false(str_eq(v[k].fixed, S("0")));
        }
    }
    assert_int_equal(advisories(b, "3.20", "no-such-package", &v, &n), ANSWER_ABSENT);
    assert_int_equal(sandbox_run(&b->box, "rm -r secdb"), 0);
    again(b); /* from the cache */
    assert_int_equal(advisories(b, "3.12", "zlib", &v, &n), ANSWER_FOUND);
    b->settings.max_age = 0;
    again(b);
    assert_int_equal(advisories(b, "3.12", "zlib", &v, &n), ANSWER_FOUND);
    assert_true(noted(b, false, "using security advisories of v3.12 from"));
    assert_int_equal(advisories(b, "3.21", "zlib", &v, &n), ANSWER_UNAVAILABLE);
}

static void advisories_that_are_none(void **state)
{
    struct bed *b = *state;
    const struct advisory *v;
    size_t n;
    sandbox_write(&b->box, "secdb/v3.22/main.json",
                  S("{\"packages\":[{\"pkg\":{\"name\":\"a\",\"secfixes\":{"
                    "\"0\":[\"CVE-1-1\"],\"1.0-r0\":[\"CVE-1-2 XSA-3\",\"$(id)\",7],"
                    "\"1;x\":[\"CVE-1-4\"],\"2.0-r0\":null}}},"
                    "{\"pkg\":{\"name\":\"$(id)\",\"secfixes\":{\"1-r0\":[\"CVE-1-5\"]}}},"
                    "{\"pkg\":[]},7,null]}"));
    assert_int_equal(advisories(b, "3.22", "a", &v, &n), ANSWER_FOUND);
    assert_int_equal(n, 2);
    assert_true(str_eq(v[0].id, S("CVE-1-2")));
    assert_true(str_eq(v[1].id, S("XSA-3")));
    assert_int_equal(advisories(b, "3.22", "$(id)", &v, &n), ANSWER_ABSENT);
    sandbox_write(&b->box, "secdb/v3.23/main.json", S("<html>"));
    assert_int_equal(advisories(b, "3.23", "a", &v, &n), ANSWER_UNAVAILABLE);
    assert_true(noted(b, true, "it is not a list of advisories"));
    b->settings.offline = true;
    again(b);
    assert_int_equal(advisories(b, "3.22", "a", &v, &n), ANSWER_FOUND);
    assert_int_equal(advisories(b, "3.24", "a", &v, &n), ANSWER_UNAVAILABLE);
}

/* Of a fleet each repository may name sources of its own. What they were is not kept for ever, and
 * what is at hand answers as before. */
static void sources_of_many_repositories(void **state)
{
    enum { REPOSITORIES = 4000, LONG = 600, KEPT = 8 << 20 };
    struct bed *b = *state;
    struct package_info info;
    char uri[LONG] = "";
    size_t before = 0;

    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    memset(uri, 'x', LONG - 1);
    for (int i = 0; i < REPOSITORIES; i++) {
        int n = snprintf(uri, LONG, "https://%d.example/", i);
        uri[n] = 'x';
        const struct source one = source(uri);
        assert_int_equal(ask_with(b, b->both, &one, 1, "curl", &info), ANSWER_UNAVAILABLE);
        before = i ? before : memory_held();
        world_forget(b->world);
    }
    assert_true(memory_held() < before + KEPT);
    assert_int_equal(ask(b, "curl", &info), ANSWER_FOUND);
    assert_true(str_eq(info.offer[0].version, S("8.14.1-r3")));
}

#define WITH_BED(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BED(answers),
        WITH_BED(releases),
        WITH_BED(repositories_of_alpine),
        WITH_BED(repositories_of_strangers),
        WITH_BED(freshness),
        WITH_BED(a_304_that_nobody_asked_for),
        WITH_BED(a_cached_index_is_of_its_keys),
        WITH_BED(offline_without_a_cache),
        WITH_BED(faults_with_nothing_at_hand),
        WITH_BED(faults_with_an_old_index),
        WITH_BED(indexes_of_something_else),
        WITH_BED(keys_that_do_not_fit),
        WITH_BED(stranger_that_policy_allows),
        WITH_BED(real_advisories),
        WITH_BED(advisories_that_are_none),
        WITH_BED(cache_that_cannot_be_written),
        WITH_BED(sources_of_many_repositories),
    };
    setenv("DFIX_FETCH", DFIX_BUILD "/dfix-fetch", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
