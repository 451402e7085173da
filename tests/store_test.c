/* store_test.c - compiled indexes: what goes in comes out; nothing hostile goes
 * in; a damaged file never crashes; a killed writer leaves a whole file. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka_all.h"
#include "index/store/layout.h"
#include "dfix/manager.h"
#include "reader/packages.h"

static struct arena *arena;
static char folder[64];

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    strcpy(folder, "/tmp/dfix-store-XXXXXX");
    return mkdtemp(folder) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static uint64_t seed = 88172645463325252u;

static unsigned pick(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % n;
}

static struct store_meta meta_of(struct str suite, struct str arch)
{
    return (struct store_meta){.manager = &manager_apt,
                               .uri = S("http://archive.test/debian"),
                               .suite = suite,
                               .component = S("main"),
                               .arch = arch,
                               .etag = S("\"abc\""),
                               .fetched = 1700000000,
                               .valid_until = 1700600000,
                               .sha256 = {1, 2, 3}};
}

/* Fed in blocks of `block` bytes. */
static struct store *compile(struct str text, size_t block, struct str suite, struct str arch)
{
    struct err e;
    struct store_writer *w = store_writer_open(&manager_apt);
    struct packages *p = packages_open(w);
    for (size_t at = 0; at < text.n; at += block) {
        size_t end = at + block < text.n ? at + block : text.n;
        assert_true(packages_feed(p, str_sub(text, at, end), &e));
    }
    assert_true(packages_finish(p, &e));
    packages_close(p);
    struct store_meta meta = meta_of(suite, arch);
    struct store *s = store_build(w, &meta, &e);
    store_writer_close(w);
    assert_non_null(s);
    if (!store_verify(s, &e))
        fail_msg("%s", e.text);
    return s;
}

static struct str text_of(void)
{
    return S("Package: curl\nVersion: 7.88.1-10\nArchitecture: amd64\nDescription: a tool\n"
             " Package: not-a-field\n Version: 9\n\n"
             "Package: mawk\nSource: mawk-src (1.3.4-1)\nVersion: 1.3.4-1+b2\n"
             "Architecture: amd64\nProvides: awk,\n awk-any:any (= 2),  posix-awk\n"
             "Depends: libc6 (>= 2.36)\nRecommends: less\n\n\n"
             "package: gawk\r\nVERSION: 1:5.2.1-2\r\nArchitecture: all\r\nProvides: awk\r\n\r\n"
             "Package: curl\nVersion: 8.0-1\nArchitecture: amd64");
}

static void expect(const struct store *s, uint32_t i, const char *version, const char *source,
                   const char *source_version)
{
    struct store_record r = store_record(s, i);
    assert_true(str_eq(r.version, str_of(version)));
    assert_true(str_eq(r.source, str_of(source)));
    assert_true(str_eq(r.source_version, str_of(source_version)));
}

static void check_sample(const struct store *s)
{
    assert_int_equal(store_records(s), 4);
    struct store_range r = store_find(s, S("curl"));
    assert_int_equal(r.end - r.first, 2);
    expect(s, r.first, "7.88.1-10", "curl", "7.88.1-10");
    expect(s, r.first + 1, "8.0-1", "curl", "8.0-1");
    r = store_find(s, S("mawk"));
    assert_int_equal(r.end - r.first, 1);
    expect(s, r.first, "1.3.4-1+b2", "mawk-src", "1.3.4-1");
    r = store_find(s, S("gawk"));
    expect(s, r.first, "1:5.2.1-2", "gawk", "1:5.2.1-2");
    assert_true(str_eq(store_record(s, r.first).arch, S("all")));
    r = store_providers(s, S("awk"));
    assert_int_equal(r.end - r.first, 2);
    assert_true(str_eq(store_provider(s, r.first).name, S("mawk")));
    assert_true(str_eq(store_provider(s, r.first + 1).name, S("gawk")));
    r = store_providers(s, S("awk-any"));
    assert_int_equal(r.end - r.first, 1);
    r = store_providers(s, S("posix-awk"));
    assert_int_equal(r.end - r.first, 1);
    const char *absent[] = {"awk", "", "cur", "curl ", "not-a-field", "posix-awk"};
    for (size_t i = 0; i < 6; i++) {
        r = store_find(s, str_of(absent[i]));
        assert_int_equal(r.first, r.end);
    }
    r = store_providers(s, S("curl"));
    assert_int_equal(r.first, r.end);
}

static void has_needs(const struct store *s, const char *name, bool known, const char *depends,
                      const char *recommends)
{
    struct package_needs n;
    struct store_range r = store_find(s, str_of(name));
    assert_int_equal(r.end - r.first, 1);
    assert_int_equal(store_needs(s, r.first, &n), known);
    if (!str_eq(n.depends, str_of(depends)) || !str_eq(n.recommends, str_of(recommends)))
        fail_msg("%s: " STR_FMT ";" STR_FMT, name, STR_ARG(n.depends), STR_ARG(n.recommends));
}

static void what_packages_need_is_kept(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    buf_add(&b, S("Package: one\nVersion: 1\nArchitecture: all\nPre-Depends: dpkg (>= 1:1.15)\n"
                  "Depends: libc6 (>= 2.36),\n foo:any | bar (= 1.0-1) ,baz\n"
                  "Recommends: less\nDescription: Depends: x\n\n"
                  "Package: two\nVersion: 1\nArchitecture: all\nRecommends: a|b\n"
                  "Suggests: c\nReplaces: d\n\n"
                  "Package: none\nVersion: 1\nArchitecture: all\n\n"
                  "Package: same\nVersion: 1\nArchitecture: all\nRecommends: a|b\n\n"
                  "Package: endless\nVersion: 1\nArchitecture: all\nDepends: x"));
    for (int i = 0; i < 20000; i++)
        buf_add(&b, S(", xyz"));
    buf_add(&b, S("\n\nPackage: strange\nVersion: 1\nArchitecture: all\nDepends: \001x\n"));
    struct store *s = compile(buf_str(&b), 1000, S("s"), S("amd64"));
    has_needs(s, "one", true, "dpkg>=1:1.15,libc6>=2.36,foo|bar=1.0-1,baz", "less");
    has_needs(s, "two", true, "", "a|b");
    has_needs(s, "same", true, "", "a|b");
    has_needs(s, "none", true, "", "");
    has_needs(s, "endless", false, "", "");
    has_needs(s, "strange", false, "", "");
    store_close(s);
    arena_close(a);
}

static void reads_stanzas_however_cut(void **state)
{
    (void)state;
    struct store *whole = compile(text_of(), 1 << 16, S("s"), S("amd64"));
    check_sample(whole);
    for (size_t block = 1; block < text_of().n; block++) {
        struct store *s = compile(text_of(), block, S("s"), S("amd64"));
        assert_int_equal(s->n, whole->n);
        assert_memory_equal(s->p, whole->p, whole->n);
        store_close(s);
    }
    store_close(whole);
}

static void empty_index(void **state)
{
    (void)state;
    struct store *s = compile(S(""), 1, S("s"), S("amd64"));
    assert_int_equal(store_records(s), 0);
    struct store_range r = store_find(s, S("curl"));
    assert_int_equal(r.first, r.end);
    store_close(s);
}

/* ---- hostile ---- */

static void drops_what_is_not_valid(void **state)
{
    (void)state;
    struct str good = S("Package: ok\nVersion: 1\n\n");
    static const char *const bad[] = {
        "Package: a;reboot\nVersion: 1\n",
        "Package: bad\nVersion: 1;reboot\n",
        "Package: bad\nVersion: $(id)\n",
        "Package: bad\nVersion: 1`id`\n",
        "Package: bad\nVersion: 1 2\n",
        "Package: bad\nVersion: 1'2\n",
        "Package: -bad\nVersion: 1\n",
        "Package: bad\n",
        "Version: 1\n",
        "Package: bad\nVersion: 1\nVersion: 2\n",
        "Package: bad\nVersion: 1\n 2\n",
        "Package: bad\nVersion: 1\nArchitecture: x y\n",
        "Package: bad\nVersion: 1\nSource: x`y\n",
        "Package: bad\nVersion: 1\nSource: xy (1;2)\n",
        "Package: bad\nVersion\n",
        "Filename: only\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct str text = str_fmt(arena, "%s\n" STR_FMT, bad[i], STR_ARG(good));
        struct store *s = compile(text, 64, S("s"), S("amd64"));
        if (store_meta(s).dropped != 1)
            fail_msg("kept: %s", bad[i]);
        for (uint32_t k = 0; k < store_records(s); k++)
            if (!str_eq(store_record(s, k).name, S("ok")) && store_record(s, k).version.n)
                fail_msg("kept: %s", bad[i]);
        store_close(s);
    }
}

/* A package whose version cannot be compared with others has no candidate, whatever else the
 * index has of it; the other packages do. */
static void version_that_is_none(void **state)
{
    (void)state;
    struct store *s = compile(S("Package: odd\nVersion: 1.0\n\nPackage: odd\nVersion: x;y\n\n"
                                "Package: good\nVersion: 1\n"),
                              64, S("s"), S("amd64"));
    struct store_part part = {.store = s, .suite = S("s"), .component = S("main")};
    struct package_info info;
    arch_set amd64 = arch_of(S("amd64"));
    struct err e;
    assert_int_equal(store_merge(arena, &manager_apt, &part, 1, amd64, S("odd"), &info),
                     ANSWER_UNAVAILABLE);
    assert_true(str_find(info.why, S("odd with a version that is not valid")) != STR_NONE);
    assert_int_equal(info.noffer, 0);
    assert_int_equal(store_merge(arena, &manager_apt, &part, 1, amd64, S("good"), &info),
                     ANSWER_FOUND);
    assert_true(store_verify(s, &e));
    store_close(s);
}

static void long_stanza(void **state)
{
    (void)state;
    struct err e;
    struct store_writer *w = store_writer_open(&manager_apt);
    struct packages *p = packages_open(w);
    char block[65536];
    memset(block, 'x', sizeof block);
    bool ok = true;
    int n = 0;
    for (; ok && n < 100; n++)
        ok = packages_feed(p, (struct str){block, sizeof block}, &e);
    assert_false(ok);
    assert_in_range(n, 16, 18);
    packages_close(p);
    store_writer_close(w);
}

/* ---- files ---- */

static struct str path_of(const char *name)
{
    return str_fmt(arena, "%s/index/%s", folder, name);
}

static void saves_and_opens(void **state)
{
    (void)state;
    struct err e;
    struct store *s = compile(text_of(), 999, S("bookworm"), S("amd64"));
    struct store_meta meta = store_meta(s);
    struct str path = store_path(arena, str_of(folder), &meta);
    bool missing;
    assert_null(store_open(path, &missing, &e));
    assert_true(missing);
    if (!store_save(s, path, &e))
        fail_msg("%s", e.text);
    store_close(s);

    s = store_open(path, &missing, &e);
    assert_non_null(s);
    check_sample(s);
    assert_true(store_verify(s, &e));
    meta = store_meta(s);
    assert_true(str_eq(meta.uri, S("http://archive.test/debian")));
    assert_true(str_eq(meta.suite, S("bookworm")) && str_eq(meta.component, S("main")));
    assert_true(str_eq(meta.arch, S("amd64")) && str_eq(meta.etag, S("\"abc\"")));
    assert_int_equal(meta.modified.n, 0);
    assert_true(meta.fetched == 1700000000 && meta.valid_until == 1700600000);
    assert_int_equal(meta.sha256[2], 3);

    assert_true(store_touch(path, 1800000000, 0, &e));
    struct store *again = store_open(path, NULL, &e);
    assert_true(store_meta(again).fetched == 1800000000 && store_meta(again).valid_until == 0);
    assert_true(store_verify(again, &e));
    store_close(again);
    store_close(s);

    size_t n;
    struct str *list = store_list(arena, str_of(folder), &n);
    assert_int_equal(n, 1);
    assert_true(str_eq(list[0], path));
    assert_false(store_touch(path_of("none.idx"), 1, 2, &e));
}

static void paths_do_not_collide(void **state)
{
    (void)state;
    const char *uris[] = {"http://a/b_c",
                          "http://a/b/c",
                          "http://a/b%5fc",
                          "https://a/b/c",
                          "http://a/b=c=",
                          "http://a/b/c=s",
                          "http://a/B/c",
                          "http://a/b/c/",
                          "http://a@b/c",
                          "http://a/b/../../c",
                          "x",
                          "http://b/a@c"};
    enum { N = sizeof uris / sizeof uris[0] };
    struct str path[N];
    for (size_t i = 0; i < N; i++) {
        struct store_meta m = {.uri = str_of(uris[i]), .suite = S("s"), .arch = S("amd64")};
        path[i] = store_path(arena, S("/c"), &m);
        assert_true(str_starts(path[i], S("/c/index/")));
        assert_int_equal(str_chr(str_from(path[i], 9), '/'), STR_NONE);
        for (size_t j = 0; j < i; j++)
            assert_false(str_eq(path[i], path[j]));
    }
    struct store_meta a = {.uri = S("http://me:word@host/x"), .suite = S("s")};
    assert_int_equal(str_find(store_path(arena, S("/c"), &a), S("word")), STR_NONE);
    char long_uri[400];
    memset(long_uri, 'a', sizeof long_uri);
    a.uri = (struct str){long_uri, sizeof long_uri};
    assert_int_equal(store_path(arena, S("/c"), &a).n, 0);
    a.uri = S("x");
    assert_int_equal(store_path(arena, S(""), &a).n, 0);
}

static void write_file(struct str path, const void *p, size_t n)
{
    FILE *f = fopen(path.p, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static const char *const asked[] = {"curl", "awk", "mawk", "gawk", "x", ""};
enum { ASKED = sizeof asked / sizeof asked[0] };

/* What a store says of a name, as text; "?" that it cannot be told. */
static struct str said_of(const struct store *s, const char *name)
{
    struct package_info info;
    struct store_part part = {s, S("s"), S("main"), false, S("")};
    struct buf b = {.arena = arena};
    enum answer answer = store_merge(arena, &manager_apt, &part, 1, 3, str_of(name), &info);
    if (answer == ANSWER_UNAVAILABLE)
        return S("?");
    buf_fmt(&b, "%d", (int)answer);
    for (size_t i = 0; i < info.noffer; i++) {
        const struct question q = {
            .name = str_of(name), .version = info.offer[i].version, .archs = 3};
        struct package_needs needs;
        if (store_merge_needs(&part, 1, &q, &needs) != ANSWER_FOUND)
            return S("?");
        buf_fmt(&b, " " STR_FMT " " STR_FMT " " STR_FMT " %llx " STR_FMT ";" STR_FMT,
                STR_ARG(info.offer[i].version), STR_ARG(info.offer[i].source),
                STR_ARG(info.offer[i].source_version), (unsigned long long)info.offer[i].archs,
                STR_ARG(needs.depends), STR_ARG(needs.recommends));
    }
    for (size_t i = 0; i < info.nprovider; i++)
        buf_fmt(&b, " (" STR_FMT ")", STR_ARG(info.provider[i]));
    return buf_str(&b);
}

/* Damaged as it may be, it says what it said before, or that it cannot tell. */
static void ask_all(const struct store *s, const struct str *before)
{
    struct err e;
    struct arena_mark m = arena_mark(arena);
    for (size_t i = 0; i < ASKED; i++) {
        struct str now = said_of(s, asked[i]);
        if (!str_eq(now, before[i]) && !str_eq(now, S("?")))
            fail_msg("%s: " STR_FMT ", was " STR_FMT, asked[i], STR_ARG(now), STR_ARG(before[i]));
    }
    for (uint32_t i = 0; i < 8; i++) {
        store_record(s, i);
        store_provider(s, i);
    }
    store_verify(s, &e);
    arena_rewind(arena, m);
}

static void damaged_files(void **state)
{
    (void)state;
    struct err e;
    struct store *s = compile(text_of(), 999, S("s"), S("amd64"));
    struct str path = path_of("d.idx");
    assert_true(store_save(s, path, &e));
    unsigned char *p = (unsigned char *)arena_alloc(arena, s->n, 1);
    struct str before[ASKED];
    memcpy(p, s->p, s->n);
    for (size_t i = 0; i < ASKED; i++)
        before[i] = said_of(s, asked[i]);
    assert_int_not_equal(str_find(before[0], S("7.88")), STR_NONE);
    for (size_t n = 0; n < s->n; n++) { /* truncated */
        write_file(path, p, n);
        assert_null(store_open(path, NULL, &e));
    }
    for (size_t i = 0; i < s->n; i++) { /* one byte changed */
        p[i] ^= (unsigned char)(1 + pick(255));
        write_file(path, p, s->n);
        p[i] = s->p[i];
        struct store *d = store_open(path, NULL, &e);
        if (d)
            ask_all(d, before);
        if (d && store_verify(d, &e))
            fail_msg("byte %zu", i);
        if ((d != NULL) != (i >= s->at.slots))
            fail_msg("byte %zu is found too late or too early", i);
        store_close(d);
    }
    for (int round = 0; round < 2000; round++) { /* many, behind the sums */
        memcpy(p, s->p, s->n);
        for (unsigned k = 1 + pick(12); k; k--)
            p[s->at.slots + pick((unsigned)(s->n - s->at.slots))] = (unsigned char)pick(256);
        write_file(path, p, s->n);
        struct store *d = store_open(path, NULL, &e);
        if (d)
            ask_all(d, before);
        store_close(d);
    }
    assert_null(store_open(str_of(folder), NULL, &e)); /* a folder */
    store_close(s);
}

static void a_full_disk_leaves_what_was(void **state)
{
    (void)state;
    struct err e;
    struct str path = path_of("full.idx");
    struct store *s = compile(text_of(), 999, S("s"), S("amd64"));
    assert_true(store_save(s, path, &e));
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){200, 200});
        _exit(store_save(s, path, &e) ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct store *old = store_open(path, NULL, &e);
    assert_non_null(old);
    check_sample(old);
    assert_int_not_equal(access(path_of("new.tmp").p, F_OK), 0);
    store_close(old);
    assert_false(store_save(s, S("/proc/none/index/x.idx"), &e));
    check_sample(s);
    store_close(s);
}

/* Two images that differ in every package; each says which one it is. */
static struct store *numbered(int which)
{
    struct buf b = {.arena = arena};
    for (int i = 0; i < 400; i++)
        buf_fmt(&b, "Package: p%d\nVersion: %d\n\n", i, which);
    return compile(buf_str(&b), 4096, S("s"), S("amd64"));
}

static void is_one_of_two(struct str path)
{
    struct err e;
    struct store *s = store_open(path, NULL, &e);
    if (!s || !store_verify(s, &e))
        fail_msg("%s", e.text);
    assert_int_equal(store_records(s), 400);
    struct str first = store_record(s, 0).version;
    assert_true(str_eq(first, S("1")) || str_eq(first, S("2")));
    assert_true(str_eq(store_record(s, 399).version, first));
    store_close(s);
}

static pid_t keep_saving(struct store *const s[2], struct str path)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    struct err e;
    for (int i = 0;; i++)
        if (!store_save(s[i % 2], path, &e))
            _exit(1);
}

static void killed_writers(void **state)
{
    (void)state;
    struct str path = path_of("k.idx");
    struct err e;
    struct store *s[2] = {numbered(1), numbered(2)};
    assert_true(store_save(s[0], path, &e));
    for (int round = 0; round < 60; round++) {
        pid_t a = keep_saving(s, path), b = keep_saving(s, path);
        assert_true(a > 0 && b > 0);
        usleep(500 + pick(6000));
        is_one_of_two(path);
        kill(a, SIGKILL);
        is_one_of_two(path);
        kill(b, SIGKILL);
        int status;
        waitpid(a, &status, 0);
        assert_true(WIFSIGNALED(status));
        waitpid(b, &status, 0);
        assert_true(WIFSIGNALED(status));
        is_one_of_two(path);
    }
    assert_true(store_save(s[0], path, &e)); /* nothing left behind is in the way */
    is_one_of_two(path);
    store_close(s[0]);
    store_close(s[1]);
}

/* ---- merging ---- */

static void merges_suites_and_archs(void **state)
{
    (void)state;
    arch_set amd64 = arch_of(S("amd64")), arm64 = arch_of(S("arm64"));
    struct store *s[4] = {
        compile(S("Package: a56\nVersion: 1.3-1+b1\nArchitecture: amd64\nSource: a56 (1.3-1)\n\n"
                  "Package: curl\nVersion: 7.88.1-9\nArchitecture: amd64\nProvides: web\n"),
                99, S("bookworm"), S("amd64")),
        compile(S("Package: a56\nVersion: 1.3-1\nArchitecture: arm64\n\n"
                  "Package: curl\nVersion: 7.88.1-9\nArchitecture: arm64\nProvides: web\n"),
                99, S("bookworm"), S("arm64")),
        compile(S("Package: curl\nVersion: 7.88.1-10\nArchitecture: amd64\n\n"
                  "Package: wget\nVersion: 1\nArchitecture: all\nProvides: web\n"),
                99, S("bookworm-security"), S("amd64")),
        compile(S("Package: curl\nVersion: 7.88.1-10\nArchitecture: arm64\n\n"
                  "Package: flat\nVersion: 1\nArchitecture: all\n"),
                99, S("bookworm-security"), S("")),
    };
    struct store_part part[4];
    for (int i = 0; i < 4; i++)
        part[i] = (struct store_part){s[i], store_meta(s[i]).suite, S("main"), i >= 2, S("")};
    struct package_info p;
    arch_set both = amd64 | arm64;
    assert_int_equal(store_merge(arena, &manager_apt, part, 4, both, S("curl"), &p), ANSWER_FOUND);
    assert_int_equal(p.noffer, 2);
    assert_true(str_eq(p.offer[0].version, S("7.88.1-10")) && p.offer[0].security);
    assert_int_equal(p.offer[0].archs, both);
    assert_true(str_eq(p.offer[1].suite, S("bookworm")) && !p.offer[1].security);
    assert_int_equal(p.offer[1].archs, both);

    assert_int_equal(store_merge(arena, &manager_apt, part, 4, both, S("a56"), &p), ANSWER_FOUND);
    assert_int_equal(p.noffer, 2);
    assert_int_equal(p.offer[0].archs, amd64);
    assert_true(str_eq(p.offer[0].source_version, S("1.3-1")));
    assert_int_equal(p.offer[1].archs, arm64);

    assert_int_equal(store_merge(arena, &manager_apt, part, 4, arm64, S("wget"), &p),
                     ANSWER_ABSENT);
    assert_int_equal(store_merge(arena, &manager_apt, part, 4, both, S("flat"), &p), ANSWER_FOUND);
    assert_int_equal(p.offer[0].archs, both);
    assert_int_equal(store_merge(arena, &manager_apt, part, 4, both, S("web"), &p), ANSWER_FOUND);
    assert_int_equal(p.noffer, 0);
    assert_int_equal(p.nprovider, 2);
    assert_true(str_eq(p.provider[0], S("curl")) && str_eq(p.provider[1], S("wget")));
    assert_int_equal(store_merge(arena, &manager_apt, part, 4, both, S("no"), &p), ANSWER_ABSENT);
    for (int i = 0; i < 4; i++)
        store_close(s[i]);
}

/* ---- a real index against a reading of it, line by line ---- */

static FILE *real_lists(void)
{
    return popen("f=$(ls /var/lib/apt/lists/*_main_binary-*_Packages* 2>/dev/null | head -1);"
                 " [ -n \"$f\" ] && /usr/lib/apt/apt-helper cat-file \"$f\" 2>/dev/null",
                 "r");
}

static void real_index(void **state)
{
    (void)state;
    struct err e;
    FILE *f = real_lists();
    static char block[65536];
    size_t n = f ? fread(block, 1, sizeof block, f) : 0;
    if (!n) {
        print_message("skipped: apt has no lists here\n");
        if (f)
            pclose(f);
        skip();
    }
    struct store_writer *w = store_writer_open(&manager_apt);
    struct packages *p = packages_open(w);
    for (; n; n = fread(block, 1, sizeof block, f))
        assert_true(packages_feed(p, (struct str){block, n}, &e));
    assert_true(packages_finish(p, &e));
    packages_close(p);
    pclose(f);
    struct store_meta meta = meta_of(S("s"), S("amd64"));
    struct store *s = store_build(w, &meta, &e);
    store_writer_close(w);
    assert_true(store_verify(s, &e));
    assert_true(store_bytes(s) < 8 * 1024 * 1024);
    assert_int_equal(store_meta(s).dropped, 0);

    f = real_lists();
    static char line[1 << 20], name[512], version[512];
    uint32_t rows = 0;
    *name = *version = 0;
    while (fgets(line, sizeof line, f)) {
        sscanf(line, "Package: %511s", name);
        sscanf(line, "Version: %511s", version);
        if (line[0] != '\n')
            continue;
        rows++;
        struct store_range run = store_find(s, str_of(name));
        bool found = false;
        for (uint32_t i = run.first; i < run.end; i++)
            found = found || str_eq(store_record(s, i).version, str_of(version));
        if (!found)
            fail_msg("lost: %s %s", name, version);
    }
    pclose(f);
    assert_int_equal(rows, store_records(s));
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_stanzas_however_cut),
        cmocka_unit_test(what_packages_need_is_kept),
        cmocka_unit_test(empty_index),
        cmocka_unit_test(drops_what_is_not_valid),
        cmocka_unit_test(version_that_is_none),
        cmocka_unit_test(long_stanza),
        cmocka_unit_test(saves_and_opens),
        cmocka_unit_test(paths_do_not_collide),
        cmocka_unit_test(damaged_files),
        cmocka_unit_test(a_full_disk_leaves_what_was),
        cmocka_unit_test(killed_writers),
        cmocka_unit_test(merges_suites_and_archs),
        cmocka_unit_test(real_index),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
