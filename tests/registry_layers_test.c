/* Layers: inflating, tar, what a container would see, and the facts in it. */
#include "cmocka_all.h"

#include "host/digest.h"
#include "memory.h"
#include "registry/facts.h"
#include "registry/installed.h"
#include "reader/layer_facts.h"
#include "reader/tar.h"
#include "tarball.h"

#define assert_str(got, want)                                                                      \
    do {                                                                                           \
        struct str got_ = (got);                                                                   \
        if (!str_eq(got_, str_of(want)))                                                           \
            fail_msg("'" STR_FMT "' is not '%s'", STR_ARG(got_), (want));                          \
    } while (0)

static struct arena *arena;

static int open_arena(void **state)
{
    (void)state;
    arena = arena_open();
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

enum how { PLAIN, GZIP, ZSTD };

static struct layer_file pack(const struct buf *b, enum how how)
{
    static const char zeros[1024];
    struct buf all = {.arena = arena};
    buf_add(&all, buf_str(b));
    buf_add(&all, (struct str){zeros, sizeof zeros});
    struct str bytes = buf_str(&all);
    if (how == GZIP)
        bytes = tarball_gzip(arena, bytes);
    if (how == ZSTD)
        bytes = tarball_zstd(arena, bytes);
    return (struct layer_file){tarball_write(bytes), digest_of(arena, bytes), bytes.n};
}

static void drop(struct layer_file *l, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close(l[i].fd);
}

static struct buf new (void)
{
    return (struct buf){.arena = arena};
}

/* With as much to be read of them as there may be in a run. */
static struct layers all(const struct layer_file *l, size_t n)
{
    static struct layers_left left;
    left = budget_of_run(0).layers;
    return (struct layers){l, n, &left};
}

/* What the wants find in the layers, which are removed. */
static void look(struct layer_file *l, size_t n, const struct want *w, size_t nw, struct found *out)
{
    struct err e;
    if (!rootfs_read(arena, all(l, n), w, nw, out, &e))
        fail_msg("%s", e.text);
    drop(l, n);
}

static void refuses(struct layer_file *l, size_t n, const struct want *w, size_t nw,
                    const char *why)
{
    struct err e;
    struct found out[WANTS_MAX];
    assert_false(rootfs_read(arena, all(l, n), w, nw, out, &e));
    if (!strstr(e.text, why))
        fail_msg("'%s' does not say '%s'", e.text, why);
    drop(l, n);
}

static const struct want one[] = {{"a/b", false, 0, 0}};
static const struct want dir[] = {{"d", true, 0, 0}};

static void test_every_packing(void **state)
{
    (void)state;
    for (int how = PLAIN; how <= ZSTD; how++) {
        struct buf b = new ();
        struct found out;
        tarball_add(&b, '5', "./a/", "", S(""));
        tarball_file(&b, "./a/b", "hello");
        struct layer_file l = pack(&b, (enum how)how);
        look(&l, 1, one, 1, &out);
        assert_true(out.there);
        assert_str(out.bytes, "hello");
    }
}

static void test_names_with_and_without_slashes(void **state)
{
    (void)state;
    static const char *const name[] = {"a/b", "./a/b", "/a/b", "a//b", ".//a/./b"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        struct buf b = new ();
        struct found out;
        tarball_file(&b, "a/../a/b", "a name with .. is passed over");
        tarball_file(&b, name[i], "x");
        struct layer_file l = pack(&b, GZIP);
        look(&l, 1, one, 1, &out);
        assert_str(out.bytes, "x");
    }
}

static void test_gzip_members_and_zeros(void **state)
{
    (void)state;
    struct buf b = new (), all = new ();
    struct found out;
    tarball_file(&b, "a/b", "two members");
    struct str plain = buf_str(&b);
    buf_add(&all, tarball_gzip(arena, str_sub(plain, 0, 700)));
    buf_add(&all, tarball_gzip(arena, str_from(plain, 700)));
    buf_add(&all, (struct str){"\0\0\0", 3});
    struct layer_file l = {tarball_write(buf_str(&all)), digest_of(arena, buf_str(&all)), all.n};
    look(&l, 1, one, 1, &out);
    assert_str(out.bytes, "two members");
}

static void test_newest_layer_wins(void **state)
{
    (void)state;
    struct buf old = new (), young = new ();
    struct found out;
    tarball_file(&old, "a/b", "old");
    tarball_file(&young, "a/b", "new");
    struct layer_file l[] = {pack(&old, GZIP), pack(&young, ZSTD)};
    look(l, 2, one, 1, &out);
    assert_str(out.bytes, "new");
}

static void test_whiteouts(void **state)
{
    (void)state;
    static const char *const gone[] = {"a/.wh.b", ".wh.a", "a/.wh..wh..opq", ".wh..wh..opq"};
    static const char *const kept[] = {"a/.wh.c", "c/.wh..wh..opq", "a/b/.wh.c", "a/.wh..wh.plnk"};
    for (size_t i = 0; i < 8; i++) {
        struct buf old = new (), young = new ();
        struct found out;
        tarball_file(&old, "a/b", "old");
        tarball_file(&young, i < 4 ? gone[i] : kept[i - 4], "");
        struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
        look(l, 2, one, 1, &out);
        assert_int_equal(out.there, i >= 4);
    }
}

/* A layer's whiteout is about older layers, wherever it stands in its own. */
static void test_whiteout_spares_its_own_layer(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        struct buf old = new (), young = new ();
        struct found out[2];
        static const struct want both[] = {{"a/b", false, 0, 0}, {"a", true, 0, 0}};
        tarball_file(&old, "a/b", "old");
        tarball_file(&old, "a/c", "old");
        if (first)
            tarball_file(&young, "a/.wh..wh..opq", "");
        tarball_file(&young, "a/b", "new");
        if (!first)
            tarball_file(&young, "a/.wh..wh..opq", "");
        struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
        look(l, 2, both, 2, out);
        assert_str(out[0].bytes, "new");
        assert_int_equal(out[1].nfile, 1);
        assert_str(out[1].file[0].bytes, "new");
    }
}

static void test_a_file_hides_a_directory(void **state)
{
    (void)state;
    struct buf old = new (), young = new ();
    struct found out;
    tarball_file(&old, "a/b", "old");
    tarball_file(&young, "a", "a file now");
    struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
    look(l, 2, one, 1, &out);
    assert_false(out.there);
}

static void test_directories_merge(void **state)
{
    (void)state;
    struct buf old = new (), young = new ();
    struct found out;
    tarball_file(&old, "d/one", "1");
    tarball_file(&old, "d/two", "2");
    tarball_file(&old, "d/three", "3");
    tarball_file(&old, "d/sub/no", "x");
    tarball_file(&young, "d/two", "new");
    tarball_file(&young, "d/.wh.one", "");
    struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
    look(l, 2, dir, 1, &out);
    assert_int_equal(out.nfile, 2);
    assert_str(out.file[0].name, "three");
    assert_str(out.file[1].name, "two");
    assert_str(out.file[1].bytes, "new");
    assert_false(out.unreadable);
}

static void test_links_are_followed(void **state)
{
    (void)state;
    static const struct {
        char type;
        const char *link;
    } way[] = {
        {'2', "../x/y"}, {'2', "/x/y"}, {'2', "../../../x/./y"}, {'1', "x/y"}, {'1', "./x/y"}};
    for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
        struct buf b = new ();
        struct found out;
        tarball_file(&b, "x/y", "target");
        tarball_add(&b, way[i].type, "a/b", way[i].link, S(""));
        struct layer_file l = pack(&b, GZIP);
        look(&l, 1, one, 1, &out);
        assert_str(out.bytes, "target");
    }
}

static void test_linked_directories(void **state)
{
    (void)state;
    struct buf old = new (), young = new ();
    struct found out[2];
    static const struct want both[] = {{"a/b", false, 0, 0}, {"d", true, 0, 0}};
    tarball_file(&old, "usr/a/b", "through a link");
    tarball_file(&old, "usr/d/file", "listed");
    tarball_add(&young, '2', "a", "usr/a", S(""));
    tarball_add(&young, '2', "d", "usr/d", S(""));
    struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
    look(l, 2, both, 2, out);
    assert_str(out[0].bytes, "through a link");
    assert_int_equal(out[1].nfile, 1);
}

/* A newer layer's real directory stands where an older one had a link. */
static void test_a_directory_replaces_a_link(void **state)
{
    (void)state;
    struct buf old = new (), young = new ();
    struct found out;
    tarball_file(&old, "usr/a/b", "not seen");
    tarball_add(&old, '2', "a", "usr/a", S(""));
    tarball_add(&young, '5', "a/", "", S(""));
    struct layer_file l[] = {pack(&old, GZIP), pack(&young, GZIP)};
    look(l, 2, one, 1, &out);
    assert_false(out.there);
}

static void test_links_without_end(void **state)
{
    (void)state;
    struct buf b = new ();
    struct found out;
    tarball_add(&b, '2', "a/b", "c", S(""));
    tarball_add(&b, '2', "a/c", "b", S(""));
    struct layer_file l = pack(&b, GZIP);
    look(&l, 1, one, 1, &out);
    assert_false(out.there);
    assert_true(out.unreadable);
}

/* ---- M6: what a few bytes may make a run do ---- */

static uint64_t bytes_read(struct layer_file *l, size_t n, const struct want *w)
{
    struct found out;
    struct err e;
    struct layers layers = all(l, n);
    uint64_t before = layers.left->bytes;
    rootfs_read(arena, layers, w, 1, &out, &e);
    return before - layers.left->bytes;
}

static struct layer_file zeros(size_t n, const struct buf *before)
{
    struct buf b = new ();
    buf_add(&b, buf_str(before));
    tarball_add(&b, '0', "zeros", "", (struct str){arena_new(arena, char, n), n});
    return pack(&b, ZSTD);
}

static void test_m6_a_layer_that_is_listed_often_is_read_once(void **state)
{
    (void)state;
    struct buf none = new ();
    struct layer_file l = zeros(1 << 20, &none), often[64];
    for (size_t i = 0; i < 64; i++)
        often[i] = l;
    assert_int_equal(bytes_read(often, 64, one), bytes_read(&l, 1, one));
    drop(&l, 1);
}

/* But it speaks again where what stands above it does not: a hard link leads to its own layer. */
static void test_m6_what_is_listed_twice_still_counts(void **state)
{
    (void)state;
    struct buf low = new (), link = new ();
    struct found out;
    tarball_file(&low, "x", "old");
    tarball_add(&link, '1', "a/b", "x", S(""));
    struct layer_file file = pack(&low, GZIP), linked = pack(&link, GZIP);
    struct layer_file l[] = {file, linked, file};
    look(l, 3, one, 1, &out);
    assert_true(out.there && str_eq(out.bytes, S("old")));
}

static void test_m6_a_chain_of_links_does_not_read_all_again(void **state)
{
    (void)state;
    enum { ZEROS = 64 << 20 };
    struct buf links = new ();
    static const char *const chain[] = {"a/b", "l1", "l2", "l3", "l4", "l5", "l6"};
    for (size_t i = 0; i + 1 < sizeof chain / sizeof chain[0]; i++)
        tarball_add(&links, '2', chain[i], str_fmt(arena, "/%s", chain[i + 1]).p, S(""));
    struct layer_file l = zeros(ZEROS, &links);
    uint64_t once = ZEROS + 64 * 1024;
    assert_true(bytes_read(&l, 1, one) <= 2 * once + ((uint64_t)256 << 20));
    drop(&l, 1);
}

static void test_m6_an_image_inflates_to_no_more_than_is_left(void **state)
{
    (void)state;
    struct buf none = new ();
    struct layer_file l = zeros(8 << 20, &none);
    struct layers_left left = {1 << 20, 1000};
    struct found out;
    struct err e;
    assert_false(rootfs_read(arena, (struct layers){&l, 1, &left}, one, 1, &out, &e));
    assert_non_null(strstr(e.text, "more than dfix reads"));
    left = (struct layers_left){1 << 30, 1};
    struct buf two = new ();
    tarball_file(&two, "x", "1");
    tarball_file(&two, "y", "2");
    struct layer_file files = pack(&two, GZIP);
    assert_false(rootfs_read(arena, (struct layers){&files, 1, &left}, one, 1, &out, &e));
    assert_non_null(strstr(e.text, "more files than dfix reads"));
    drop(&l, 1);
    drop(&files, 1);
}

/* What a whiteout names is forgotten with it. */
static void test_m6_whiteouts_leave_nothing_in_memory(void **state)
{
    (void)state;
    enum { WHITEOUTS = 20000, PATH_LONG = 2000 }; /* 40 MB, if they were kept */
    struct buf b = new ();
    char path[PATH_LONG];
    for (int i = 0; i < WHITEOUTS; i++) {
        memset(path, 'x', sizeof path - 1);
        for (size_t k = 200; k < sizeof path - 100; k += 200)
            path[k] = '/';
        snprintf(path + 1900, sizeof path - 1900, "/.wh.%d", i);
        tarball_add(&b, 'L', "long", "", (struct str){path, strlen(path) + 1});
        tarball_file(&b, "short", "");
    }
    struct layer_file l = pack(&b, GZIP);
    struct arena *a = arena_open();
    struct found out;
    struct err e;
    size_t before = memory_held();
    assert_true(rootfs_read(a, all(&l, 1), one, 1, &out, &e));
    size_t after = memory_held();
    assert_true(after < before + WHITEOUTS * PATH_LONG / 4);
    arena_close(a);
    drop(&l, 1);
}

/* M5: a size of 0 is a size. */
static void test_m5_no_bytes_are_no_bytes(void **state)
{
    (void)state;
    struct buf b = new ();
    tarball_file(&b, "a/b", "x");
    struct layer_file l = pack(&b, GZIP);
    l.size = 0;
    refuses(&l, 1, one, 1, "longer than its manifest says");
}

/* Two wants that a link leads to one file. */
static void test_two_wants_one_file(void **state)
{
    (void)state;
    struct buf b = new ();
    struct found out[2];
    static const struct want both[] = {{"a/b", false, 0, 0}, {"a/c", false, 0, 0}};
    tarball_file(&b, "x", "shared");
    tarball_add(&b, '2', "a/b", "../x", S(""));
    tarball_add(&b, '2', "a/c", "../x", S(""));
    struct layer_file l = pack(&b, GZIP);
    look(&l, 1, both, 2, out);
    assert_str(out[0].bytes, "shared");
    assert_str(out[1].bytes, "shared");
}

static void test_long_names(void **state)
{
    (void)state;
    char path[300] = "a/";
    memset(path + 2, 'x', 250);
    const struct want want[] = {{path, false, 0, 0}};
    for (int gnu = 0; gnu < 2; gnu++) {
        struct buf b = new ();
        struct found out;
        if (gnu) {
            tarball_add(&b, 'L', "././@LongLink", "", (struct str){path, strlen(path) + 1});
        } else {
            struct str record = str_fmt(arena, "262 path=%s\n", path);
            assert_int_equal(record.n, 262);
            tarball_add(&b, 'x', "pax", "", record);
        }
        tarball_file(&b, "a/short", "long name");
        tarball_file(&b, "a/other", "other");
        struct layer_file l = pack(&b, GZIP);
        look(&l, 1, want, 1, &out);
        assert_str(out.bytes, "long name");
    }
}

static void test_pax_size_and_link(void **state)
{
    (void)state;
    struct buf b = new ();
    struct found out[2];
    static const struct want both[] = {{"a/b", false, 0, 0}, {"l", false, 0, 0}};
    tarball_add(&b, 'x', "pax", "", S("10 size=5\n"));
    tarball_header(&b, '0', "a/b", "", 0);
    char block[512] = "12345";
    buf_add(&b, (struct str){block, 512});
    tarball_add(&b, 'x', "pax", "", S("16 linkpath=a/b\n"));
    tarball_add(&b, '2', "l", "elsewhere", S(""));
    struct layer_file l = pack(&b, GZIP);
    look(&l, 1, both, 2, out);
    assert_str(out[0].bytes, "12345");
    assert_str(out[1].bytes, "12345");
}

static void test_damaged_archives(void **state)
{
    (void)state;
    static const struct {
        const char *pax, *why;
    } bad[] = {{"9 size=5", "pax"},
               {"999 size=5\n", "pax"},
               {"x", "pax"},
               {"11 size=-5\n", "size"},
               {"10 size=x\n", "size"},
               {"3 \n", "pax"},
               {"32 size=99999999999999999999999\n", "size"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf b = new ();
        tarball_add(&b, 'x', "pax", "", str_of(bad[i].pax));
        tarball_file(&b, "a/b", "x");
        struct layer_file l = pack(&b, GZIP);
        refuses(&l, 1, one, 1, bad[i].why);
    }
    struct buf b = new ();
    buf_add(&b, S("this is not a tar archive at all, but text of more than one block"));
    struct layer_file l = pack(&b, GZIP);
    refuses(&l, 1, one, 1, "not a tar");
}

static void test_numbers_of_headers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct buf b = new ();
        tarball_file(&b, "z", "");
        tarball_file(&b, "a/b", "x");
        unsigned char *h = (unsigned char *)b.p;
        memset(h + 124, i == 0 ? 0xff : 0, 12); /* negative; too large; base 256 zero */
        h[124] = i == 0 ? 0xff : 0x80;
        if (i == 1)
            memset(h + 125, 0x7f, 11);
        unsigned sum = 0;
        memset(h + 148, ' ', 8);
        for (size_t k = 0; k < 512; k++)
            sum += h[k];
        snprintf((char *)h + 148, 8, "%06o", sum);
        struct layer_file l = pack(&b, GZIP);
        struct found out;
        if (i < 2) {
            refuses(&l, 1, one, 1, "tar");
        } else {
            look(&l, 1, one, 1, &out);
            assert_str(out.bytes, "x");
        }
    }
}

static void test_bytes_are_verified_to_the_end(void **state)
{
    (void)state;
    struct buf b = new ();
    tarball_file(&b, "a/b", "found at once");
    char *noise = arena_new(arena, char, 1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        noise[i] = (char)(i * 2654435761u >> 13);
    tarball_add(&b, '0', "z", "", (struct str){noise, 1 << 20});
    struct layer_file l = pack(&b, GZIP), other = l;
    struct found out;
    struct err e;
    assert_int_equal(pwrite(l.fd, "XY", 2, (off_t)l.size - 100), 2);
    assert_false(rootfs_read(arena, all(&l, 1), one, 1, &out, &e));
    assert_non_null(strstr(e.text, "digest"));
    other.size = l.size + 1;
    assert_false(rootfs_read(arena, all(&other, 1), one, 1, &out, &e));
    assert_non_null(strstr(e.text, "shorter"));
    other.size = l.size - 1;
    refuses(&other, 1, one, 1, "longer");
}

static void test_truncated_layers(void **state)
{
    (void)state;
    static const struct want late[] = {{"zz", false, 0, 0}};
    for (int how = PLAIN; how <= ZSTD; how++) {
        struct buf b = new ();
        char *noise = arena_new(arena, char, 5000);
        for (size_t i = 0; i < 5000; i++)
            noise[i] = (char)(i * 2654435761u >> 13);
        tarball_add(&b, '0', "z", "", (struct str){noise, 5000});
        struct layer_file l = pack(&b, (enum how)how);
        assert_int_equal(ftruncate(l.fd, (off_t)l.size / 2), 0);
        l.digest = S("");
        l.size = 0;
        refuses(&l, 1, late, 1, "ends in the middle");
    }
}

/* In a sorted walk nothing more can come once the path is passed: what is behind is not
 * inflated, only hashed. Here it could not be. */
static struct layer_file sorted_then_garbage(bool sorted, const char *from)
{
    struct buf b = new (), all = new ();
    tarball_file(&b, from, "");
    for (int i = 0; i < 100; i++)
        tarball_file(&b, str_fmt(arena, "d/%02d", sorted ? i : (i * 37) % 100).p, "x");
    tarball_file(&b, "e", "past d");
    char garbage[600];
    memset(garbage, 'g', sizeof garbage);
    buf_add(&all, buf_str(&b));
    buf_add(&all, (struct str){garbage, sizeof garbage});
    return pack(&all, GZIP);
}

static void test_sorted_layers_end_early(void **state)
{
    (void)state;
    struct found out;
    struct layer_file l = sorted_then_garbage(true, "a");
    look(&l, 1, dir, 1, &out);
    assert_int_equal(out.nfile, 100);
    l = sorted_then_garbage(false, "a");
    refuses(&l, 1, dir, 1, "tar");
    /* An archive that begins behind the wanted path may be several, one after another. */
    l = sorted_then_garbage(true, "d/000");
    static const struct want before[] = {{"c", true, 0, 0}};
    refuses(&l, 1, before, 1, "tar");
}

/* ---- records ---- */

static void test_dpkg_status(void **state)
{
    (void)state;
    struct installed_list l = {.broken = false};
    installed_dpkg(arena,
                   S("Package: libc-bin\nStatus: install ok installed\nArchitecture: amd64\n"
                     "Source: glibc (2.36-9)\nVersion: 2.36-9+deb12u1\nDescription: x\n y\n .\n\n"
                     "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n"
                     "Package: held\nStatus: hold ok installed\nSource: src\nVersion: 1:2-3\n"),
                   &l);
    assert_false(l.broken);
    assert_int_equal(l.list.n, 2);
    assert_str(l.list.v[0].name, "libc-bin");
    assert_str(l.list.v[0].version, "2.36-9+deb12u1");
    assert_str(l.list.v[0].source, "glibc");
    assert_str(l.list.v[0].source_version, "2.36-9");
    assert_str(l.list.v[1].source, "src");
    assert_str(l.list.v[1].source_version, "1:2-3");
    installed_dpkg(arena, S("Package: bad name;\nVersion: 1\n"), &l);
    assert_true(l.broken);
    assert_int_equal(l.list.n, 2);
}

static void test_apk_installed(void **state)
{
    (void)state;
    struct installed_list l = {.broken = false};
    installed_apk(arena,
                  S("C:Q1x=\nP:libcrypto1.1\nV:1.1.1t-r2\nA:x86_64\no:openssl\nF:lib\nR:x\n\n"
                    "P:musl\nV:1.2.2-r0\nA:x86_64\n"),
                  &l);
    assert_false(l.broken);
    assert_int_equal(l.list.n, 2);
    assert_str(l.list.v[0].source, "openssl");
    assert_str(l.list.v[0].source_version, "1.1.1t-r2");
    assert_str(l.list.v[1].source, "musl");
}

static void test_os_release(void **state)
{
    (void)state;
    static const struct {
        const char *text, *distro, *version, *codename, *id;
    } c[] = {
        {"PRETTY_NAME=\"Debian GNU/Linux 12\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n"
         "ID=debian\n",
         "debian", "12", "bookworm", "debian"},
        {"ID=debian\nVERSION_CODENAME=trixie\n", "debian", "", "trixie", "debian"},
        {"ID='alpine'\nVERSION_ID=3.20.3\n", "alpine", "3.20", "", "alpine"},
        {"ID=alpine\nVERSION_ID=3.21.0_alpha20240807\n", "alpine", "edge", "", "alpine"},
        {"ID=ubuntu\nVERSION_ID=\"22.04\"\nUBUNTU_CODENAME=jammy\n", "ubuntu", "22.04", "jammy",
         "ubuntu"},
        {"ID=wolfi\nVERSION_ID=20230201\nID_LIKE=debian\n", "", "", "", "wolfi"},
        {"ID=\"debian; rm -rf\"\n", "", "", "", ""},
        {"ID=../../etc\n", "", "", "", ""},
        {"", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct release r;
        struct str id;
        release_read(arena, str_of(c[i].text), &r, &id);
        assert_str(r.distro, c[i].distro);
        assert_str(r.version, c[i].version);
        assert_str(r.codename, c[i].codename);
        assert_str(id, c[i].id);
    }
}

static void test_sources(void **state)
{
    (void)state;
    struct source_list l = {.broken = false};
    sources_read_lines(arena,
                       S("# comment\ndeb http://a/debian bookworm main contrib # x\n"
                         "deb-src http://a/debian bookworm main\n"
                         "deb [arch=amd64 signed-by=/k.gpg] https://b/x stable main\n"
                         "deb http://c/flat ./\n"),
                       &l);
    assert_false(l.broken);
    assert_int_equal(l.list.n, 3);
    assert_str(l.list.v[0].components, "main contrib");
    assert_str(l.list.v[1].signed_by, "/k.gpg");
    assert_str(l.list.v[1].suite, "stable");
    assert_str(l.list.v[2].suite, "./");
    l = (struct source_list){.broken = false};
    sources_read_deb822(arena,
                        S("Types: deb deb-src\nURIs: http://a http://b\nSuites: s\n s-updates\n"
                          "# note\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY\n .\n\n"
                          "Types: deb\nURIs: http://off\nSuites: s\nEnabled: no\n"),
                        &l);
    assert_false(l.broken);
    assert_int_equal(l.list.n, 4);
    assert_str(l.list.v[3].uri, "http://b");
    assert_str(l.list.v[3].suite, "s-updates");
    assert_str(l.list.v[0].signed_by, "(in the file)");
    l = (struct source_list){.broken = false};
    sources_apk(arena,
                S("https://a/alpine/v3.20/main\n#https://x\n@edge https://a/alpine/edge/main\n"),
                &l);
    assert_int_equal(l.list.n, 1);
    assert_str(l.list.v[0].uri, "https://a/alpine");
    assert_str(l.list.v[0].suite, "v3.20/main");
    l = (struct source_list){.broken = false};
    sources_read_repositories(arena, S("# a\n\thttps://a/x/y \n@edge\thttps://b/x/y\r\n"), &l);
    assert_false(l.broken);
    assert_int_equal(l.list.n, 2);
    assert_str(l.list.v[0].uri, "https://a/x/y");
    assert_str(l.list.v[0].tag, "");
    assert_str(l.list.v[1].uri, "https://b/x/y");
    assert_str(l.list.v[1].tag, "edge");
    static const char *const no_repositories[] = {"https://a/x/y # new\n", "@\n", "@edge\n"};
    for (size_t i = 0; i < sizeof no_repositories / sizeof no_repositories[0]; i++) {
        l = (struct source_list){.broken = false};
        sources_read_repositories(arena, str_of(no_repositories[i]), &l);
        assert_true(l.broken);
    }
    static const char *const bad[] = {"deb http://a\n", "rpm x y\n", "deb [x http://a b\n",
                                      "deb http://$(ARCH)/ b c\n"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        l = (struct source_list){.broken = false};
        sources_read_lines(arena, str_of(bad[i]), &l);
        assert_true(l.broken);
    }
}

static void test_what_moves_candidates(void **state)
{
    (void)state;
    assert_false(preferences_matter(S("# only\n\n# comments\n")));
    assert_true(preferences_matter(S("Package: *\nPin: release a=x\nPin-Priority: 900\n")));
    assert_false(
        apt_conf_matters(arena, S("APT::Install-Recommends \"0\";\n// Default-Release\n")));
    assert_true(apt_conf_matters(arena, S("APT::Default-Release \"stable\";\n")));
}

/* ---- facts ---- */

static const struct image_config as_root = {.user = {"", 0}};

static struct base_facts facts(struct layer_file *l, size_t n, const char *user)
{
    struct image_config c = as_root;
    struct base_facts f;
    struct err e;
    c.user = str_of(user);
    facts_of_config(&c, &f);
    if (!facts_of_layers(arena, all(l, n), &f, &e))
        fail_msg("%s", e.text);
    return f;
}

static void test_facts_of_debian(void **state)
{
    (void)state;
    struct buf base = new (), young = new ();
    tarball_add(&base, '2', "etc/os-release", "../usr/lib/os-release", S(""));
    tarball_file(&base, "usr/lib/os-release",
                 "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n");
    tarball_file(&base, "etc/apt/sources.list.d/debian.sources",
                 "Types: deb\nURIs: http://a\nSuites: bookworm\nComponents: main\n");
    tarball_file(&base, "etc/passwd", "root:x:0:0::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\n");
    tarball_file(&base, "var/lib/dpkg/status", "Package: old\nVersion: 1\n");
    tarball_file(&young, "var/lib/dpkg/status", "Package: new\nVersion: 2\n");
    tarball_file(&young, "etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:100:0::/:/bin/sh\n");
    struct layer_file l[] = {pack(&base, GZIP), pack(&young, GZIP)};
    struct base_facts f = facts(l, 2, "app:app");
    assert_str(f.release.codename, "bookworm");
    assert_true(f.installed_known && f.sources_known && !f.preferences && !f.user_root);
    assert_int_equal(f.ninstalled, 1);
    assert_str(f.installed[0].name, "new");
    assert_int_equal(f.nsource, 1);
    assert_str(f.source[0].suite, "bookworm");
    assert_true(facts(l, 1, "toor").user_root);
    assert_true(facts(l, 1, "0:5").user_root);
    assert_true(facts(l, 1, "+0").user_root);
    assert_false(facts(l, 1, "1000").user_root);
    assert_false(facts(l, 1, "nobody").user_root);
    drop(l, 2);
}

static void test_facts_of_distroless(void **state)
{
    (void)state;
    struct buf a = new (), b = new ();
    tarball_file(&a, "./var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12\n");
    tarball_file(&a, "./usr/lib/os-release", "ID=debian\nVERSION_ID=12\n");
    tarball_file(&b, "./var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2.36\n");
    tarball_file(&b, "./var/lib/dpkg/status.d/libc6.md5sums", "0123 usr/lib/libc.so\n");
    struct layer_file l[] = {pack(&a, GZIP), pack(&b, GZIP)};
    struct base_facts f = facts(l, 2, "");
    assert_str(f.release.version, "12");
    assert_int_equal(f.ninstalled, 2);
    assert_true(f.installed_known);
    drop(l, 2);
}

static void test_facts_of_merged_usr_apk(void **state)
{
    (void)state;
    struct buf a = new ();
    tarball_add(&a, '2', "lib", "usr/lib", S(""));
    tarball_file(&a, "usr/lib/apk/db/installed", "P:musl\nV:1.2.5-r1\nA:aarch64\n");
    tarball_file(&a, "etc/os-release", "ID=wolfi\nVERSION_ID=1\n");
    struct layer_file l = pack(&a, ZSTD);
    struct base_facts f = facts(&l, 1, "");
    assert_int_equal(f.ninstalled, 1);
    assert_str(f.installed[0].arch, "aarch64");
    assert_str(f.release.distro, "");
    assert_true(str_find(f.why, S("wolfi")) != STR_NONE);
    drop(&l, 1);
}

/* The installed databases of real Alpine images. */
static void test_real_alpine(void **state)
{
    (void)state;
    static const char *const release[] = {"3.12.12", "3.16.9", "3.20.3"};
    for (size_t i = 0; i < 3; i++) {
        char path[600], *text = malloc(4 << 20);
        snprintf(path, sizeof path, DFIX_SHARED "/data/alpine/%s/lib/apk/db/installed", release[i]);
        FILE *f = fopen(path, "r");
        if (!f) {
            print_message("no %s: skipped\n", path);
            free(text);
            skip();
            return;
        }
        size_t n = fread(text, 1, 4 << 20, f);
        fclose(f);
        struct installed_list l = {.broken = false};
        installed_apk(arena, (struct str){text, n}, &l);
        assert_false(l.broken);
        assert_true(l.list.n >= 13);
        free(text);
    }
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_arena, close_arena)
    const struct CMUnitTest tests[] = {
        T(test_every_packing),
        T(test_names_with_and_without_slashes),
        T(test_gzip_members_and_zeros),
        T(test_newest_layer_wins),
        T(test_whiteouts),
        T(test_whiteout_spares_its_own_layer),
        T(test_a_file_hides_a_directory),
        T(test_directories_merge),
        T(test_links_are_followed),
        T(test_linked_directories),
        T(test_a_directory_replaces_a_link),
        T(test_links_without_end),
        T(test_two_wants_one_file),
        T(test_m6_a_layer_that_is_listed_often_is_read_once),
        T(test_m6_what_is_listed_twice_still_counts),
        T(test_m6_a_chain_of_links_does_not_read_all_again),
        T(test_m6_an_image_inflates_to_no_more_than_is_left),
        T(test_m6_whiteouts_leave_nothing_in_memory),
        T(test_m5_no_bytes_are_no_bytes),
        T(test_long_names),
        T(test_pax_size_and_link),
        T(test_damaged_archives),
        T(test_numbers_of_headers),
        T(test_bytes_are_verified_to_the_end),
        T(test_truncated_layers),
        T(test_sorted_layers_end_early),
        T(test_dpkg_status),
        T(test_apk_installed),
        T(test_os_release),
        T(test_sources),
        T(test_what_moves_candidates),
        T(test_facts_of_debian),
        T(test_facts_of_distroless),
        T(test_facts_of_merged_usr_apk),
        T(test_real_alpine),
    };
    return cmocka_run_group_tests_name("registry layers", tests, NULL, NULL);
}
