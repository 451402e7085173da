/* Mirrors that lie: nothing is taken from them, the run says why, and what was there before stays.
 * Every byte of what is signed counts, and so does what a valid signature covers. */
#include "apt_bed.h"
#include "dfix/manager.h"

#include <glob.h>

#include "host/files.h"
#include "index/apt/compile.h"
#include "reader/gpgv.h"
#include "reader/packages_file.h"
#include "index/apt/release.h"

struct lie {
    const char *set;    /* how the archive is signed */
    const char *script; /* then run in its folder */
    const char *says;
};

static const struct lie lies[] = {
    {"", "sed -i 's/^Codename: .*/Codename: other/' InRelease", "is bad; it was changed"},
    {"", "sed -i 1,3d InRelease", "no valid signature"},
    {"", "head -c 600 InRelease > x; mv x InRelease", ""},
    {"", ": > InRelease", "no valid signature"},
    {"", "cp Release InRelease", "no valid signature"},
    {"", "rm InRelease Release.gpg", "it is not signed"},
    {"", "rm InRelease; sed -i 's/^Label: .*/Label: x/' Release", "is bad; it was changed"},
    {"", "rm InRelease; : > Release.gpg", "no valid signature"},
    {"", "rm InRelease; sed -n '1,/^$/p' Release.gpg > x; mv x Release.gpg", ""},
    {"VALID=yesterday", "true", "it expired on"},
    {"DATE=tomorrow", "true", "in the future; check this machine's clock"},
    {"EDIT='s/^Date: .*/Date: soon/'", "true", "its Date cannot be read"},
    {"EDIT='s/^Codename: .*/Codename: sid/;s/^Suite: .*/Suite: unstable/'", "true",
     "not for bookworm"},
    {"EDIT='/^SHA256/,$d'", "true", "it lists no SHA256 sums"},
    /* The signature holds, and covers nonsense. */
    {"EDIT='s/^\\( [0-9a-f]\\{64\\}\\) *[0-9]* /\\1 -1 /'", "true", "no usable size and checksum"},
    {"EDIT='s/^\\( [0-9a-f]\\{64\\}\\) *[0-9]* /\\1 4294967296 /'", "true",
     "no usable size and checksum"},
    {"EDIT='s/^\\( [0-9a-f]\\{64\\}\\) *[0-9]* /\\1 99999999999999999999 /'", "true",
     "no usable size and checksum"},
    {"EDIT='s/^ [0-9a-f]\\{60\\}/ x/'", "true", "no usable size and checksum"},
    {"EDIT='s/^\\( [0-9a-f]\\{64\\}\\) *[0-9]* /\\1 12 /'", "true", "larger than the 13 bytes"},
    {"EDIT='s/^\\( [0-9a-f]\\{64\\}\\) *[0-9]* /\\1 5000 /'", "true",
     "but its signed size is 5000"},
    /* The signature holds; what it speaks of is something else. */
    {"BYHASH=no", "echo 'Package: tool' > main/binary-amd64/Packages.xz",
     "compressed data is damaged"},
    {"BYHASH=no", "xz -c /dev/null > main/binary-amd64/Packages.xz", "but its signed size is"},
    {"BYHASH=no FORMS=", "sed -i s/1.0-1/6.6-6/ main/binary-amd64/Packages",
     "differs from the signed one"},
    {"BYHASH=no FORMS=", "truncate -s -10 main/binary-amd64/Packages", "but its signed size is"},
    {"", "for f in main/binary-amd64/by-hash/SHA256/*; do echo x > $f; done", ""},
    {"BYHASH=no", "rm -r main", "404"},
    /* Small files that would become large ones, by far and by a little. */
    {"EDIT='s/ [0-9]* main.binary-amd64.Packages$/ 20 main\\/binary-amd64\\/Packages/'", "true",
     "it decompresses to more bytes than allowed"},
};

/* The store that a mirror's suite would be kept in. */
static bool is_stored(struct bed *b, const char *what)
{
    size_t n;
    struct str *path = store_list(b->arena, b->settings.cache_dir, &n);
    for (size_t i = 0; i < n; i++)
        if (str_find(path[i], str_of(what)) != STR_NONE)
            return true;
    return false;
}

static void test_lies_are_refused(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        const struct lie *lie = &lies[i];
        assert_int_equal(sandbox_run(&b->box, "rm -rf cache dists/bookworm"), 0);
        bed_packages(b, "dists/bookworm", "main", "amd64", "tool 1.0-1|other 2.0-1");
        bed_sign(b, "dists/bookworm", "bookworm", "bookworm", lie->set);
        assert_int_equal(sandbox_run(&b->box, "cd dists/bookworm && { %s; }", lie->script), 0);
        struct outcome o = bed_tool(b);
        if (o.answer != ANSWER_UNAVAILABLE || !o.errors ||
            str_find(o.notes, str_of(lie->says)) == STR_NONE || !o.why.n)
            fail_msg("%s; %s: answer %d, %u errors: " STR_FMT, lie->set, lie->script, (int)o.answer,
                     o.errors, STR_ARG(o.notes));
        assert_false(is_stored(b, "=bookworm="));
        assert_true(is_stored(b, "=bookworm-updates="));
    }
    bed_close(b);
}

/* A lie costs what was known before nothing: it is there again when the mirror is honest. */
static void test_the_cache_outlives_lies(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    struct outcome first = bed_tool(b);
    b->settings.max_age = 0;
    assert_int_equal(sandbox_run(&b->box, "sed -i 's/^Date/Bate/' dists/bookworm/InRelease"), 0);
    assert_int_equal(bed_tool(b).answer, ANSWER_UNAVAILABLE);
    b->settings.max_age = -1;
    b->settings.offline = true;
    expect_offers(bed_tool(b), str_cstr(b->arena, first.offers));
    bed_close(b);
}

/* ---- every byte ---- */

static bool verify(struct bed *b, struct arena *a, const char *text, const char *signature,
                   struct str *out)
{
    struct str keyring, whole = sandbox_read(&b->box, a, text);
    struct str detached = *signature ? sandbox_read(&b->box, a, signature) : S("");
    struct err e;
    assert_true(file_read(a, str_cstr(a, b->index[0].keyring), 1 << 20, &keyring, &e));
    return gpgv_verify(a, whole, detached, &keyring, 1, false, out, &e);
}

/* Flip one bit of each so-manieth byte: what gpgv gives is the text as it was, or nothing. */
static void expect_guarded(struct bed *b, const char *file, const char *text, const char *signature,
                           size_t step)
{
    struct str bytes = sandbox_read(&b->box, b->arena, file), good;
    unsigned refused = 0, harmless = 0;
    assert_true(verify(b, b->arena, text, signature, &good));
    for (size_t at = 0; at < bytes.n; at += step) {
        struct arena *a = arena_open();
        struct str got;
        char *copy = arena_copy(a, bytes.p, bytes.n, 1);
        copy[at] = (char)(copy[at] ^ (1 << (at % 7)));
        sandbox_write(&b->box, file, (struct str){copy, bytes.n});
        bool taken = verify(b, a, text, signature, &got);
        if (taken && !str_eq(got, good))
            fail_msg("%s: byte %zu may be changed", file, at);
        refused += !taken;
        harmless += taken;
        arena_close(a);
    }
    sandbox_write(&b->box, file, bytes);
    assert_true(refused > harmless); /* armor's own header and the like sign nothing */
}

static void test_every_byte_that_is_signed_counts(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_packages(b, "d", "main", "amd64", "tool 1.0-1");
    bed_sign(b, "d", "bookworm", "bookworm", "FORMS=gz");
    expect_guarded(b, "d/InRelease", "d/InRelease", "", 9);
    expect_guarded(b, "d/Release.gpg", "d/Release", "d/Release.gpg", 5);
    expect_guarded(b, "d/Release", "d/Release", "d/Release.gpg", 21);
    bed_close(b);
}

static const struct store_meta any_meta = {.manager = &manager_apt,
                                           .uri = {"file:///x", 9},
                                           .suite = {"s", 1},
                                           .component = {"main", 4},
                                           .arch = {"amd64", 5},
                                           .etag = {"", 0},
                                           .modified = {"", 0},
                                           .signer = {"", 0}};

/* As dfix-read does it, in this process. */
static void compile_copy(struct bed *b, struct str bytes, struct packages_file f, bool good)
{
    struct err e = {.text = ""};
    sandbox_write(&b->box, "x", bytes);
    f.fd = open(sandbox_path(&b->box, b->arena, "x"), O_RDONLY);
    assert_true(f.fd >= 0);
    struct store *s = packages_file_compile(&f, &any_meta, &e);
    assert_true((s != NULL) == good);
    assert_true(good || e.text[0]);
    store_close(s);
    close(f.fd);
}

/* Through dfix-read: what is not good leaves nothing in the cache. */
static void compile_file(struct bed *b, const char *file, struct packages_file f, bool good)
{
    struct compile_job j = {.file = sandbox_path(&b->box, b->arena, file),
                            .packing = f.packing,
                            .sum_of_packed = f.sum_of_packed,
                            .size = f.size,
                            .most = f.most,
                            .meta = any_meta};
    memcpy(j.sha256, f.sha256, sizeof j.sha256);
    j.path = str_of(sandbox_path(&b->box, b->arena, "cache/index/x.idx"));
    compile_run(&j);
    assert_true((j.store != NULL) == good);
    assert_false(j.err.text[0] && good);
    assert_int_equal(access(j.path.p, F_OK) == 0, good);
    store_close(j.store);
    unlink(j.path.p);
}

static void test_every_byte_of_an_index_counts(void **state)
{
    static const char *const forms[] = {".xz", ".gz"};
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_packages(b, "d", "main", "amd64", "tool 1.0-1|other 2.0-1");
    bed_sign(b, "d", "bookworm", "bookworm", "");
    struct apt_release r;
    struct err e;
    assert_true(release_parse(sandbox_read(&b->box, b->arena, "d/Release"), &r, &e));
    for (int i = 0; i < 2; i++) {
        const char *name = str_fmt(b->arena, "main/binary-amd64/Packages%s", forms[i]).p;
        struct str bytes = sandbox_read(&b->box, b->arena, str_fmt(b->arena, "d/%s", name).p);
        struct apt_file f;
        assert_true(release_file(&r, str_of(name), &f) && !f.broken);
        struct packages_file like = {.packing = packing_of(str_of(name)),
                                     .sum_of_packed = true,
                                     .size = f.size,
                                     .most = 1 << 20};
        memcpy(like.sha256, f.sha256, sizeof f.sha256);
        compile_copy(b, bytes, like, true);
        compile_file(b, str_fmt(b->arena, "d/%s", name).p, like, true);
        compile_file(b, "d/Release", like, false);
        char *copy = arena_copy(b->arena, bytes.p, bytes.n, 1);
        for (size_t at = 0; at < bytes.n; at++) {
            copy[at] ^= 16;
            compile_copy(b, (struct str){copy, bytes.n}, like, false);
            copy[at] ^= 16;
            compile_copy(b, str_sub(bytes, 0, at), like, false);
        }
        compile_copy(b, str_fmt(b->arena, STR_FMT "x", STR_ARG(bytes)), like, false);
    }
    bed_close(b);
}

/* A small file that would fill memory: it stops at what was signed for, or at the longest stanza.
 */
static void test_bombs(void **state)
{
    static const char *const pack[] = {"xz -0", "gzip -1", "zstd -q -1", "lz4 -q -1"};
    static const char *const names[] = {"b.xz", "b.gz", "b.zst", "b.lz4"};
    (void)state;
    needs("gpg gpgv xz zstd lz4");
    struct bed *b = bed_open();
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            sandbox_run(&b->box, "head -c 200000000 /dev/zero | %s > %s", pack[i], names[i]), 0);
        struct str bytes = sandbox_read(&b->box, b->arena, names[i]);
        assert_true(bytes.n < 2000000);
        for (int full = 0; full < 2; full++) {
            struct compile_job j = {.file = sandbox_path(&b->box, b->arena, names[i]),
                                    .packing = packing_of(str_of(names[i])),
                                    .sum_of_packed = true,
                                    .size = bytes.n,
                                    .most = full ? 1 << 30 : 100000,
                                    .path = S("")};
            compile_run(&j);
            assert_null(j.store);
            expect_has(str_of(j.err.text), full ? "is longer than" : "more bytes than allowed");
        }
    }
    bed_close(b);
}

/* Validly signed, and still nothing that a shell would read as a command. */
static void test_hostile_content(void **state)
{
    static const char *const hostile[] = {
        "tool 1.0;reboot", "tool 1.0$(id)", "tool 1.0`id`", "tool 1.0 && id", "to;ol 1.0",
        "tool 1:",         "tool \"1.0\"",  "-o 1.0",       "tool ../1"};
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
        bed_packages(b, "dists/bookworm", "main", "amd64", hostile[i]);
        bed_sign(b, "dists/bookworm", "bookworm", "bookworm", "");
        struct outcome o = bed_tool(b);
        if (o.answer == ANSWER_UNAVAILABLE)
            expect_has(o.why, "a version that is not valid");
        else
            expect_text(o.offers,
                        "1.0-2 bookworm-updates/main|1.0-1+deb12u1 bookworm-security/main|");
        assert_int_equal(bed_ask(b, &bed_bookworm, "amd64", NULL, 0, "to;ol").answer,
                         ANSWER_ABSENT);
    }
    bed_close(b);
}

/* The same for what Debian itself has signed, from the lists of the host's apt. */
static void test_debians_own_signature(void **state)
{
    static const char *const scripts[] = {
        "sed -i 's/^Codename: .*/Codename: other/' InRelease", "sed -i 's/^=..../=AAAA/' InRelease",
        "head -c 2000 InRelease > x; mv x InRelease", "true", /* and no Packages at all */
    };
    glob_t g;
    (void)state;
    needs("gpg gpgv xz");
    if (glob("/var/lib/apt/lists/*_dists_bookworm_InRelease", 0, NULL, &g) != 0) {
        print_message("skipped: no bookworm lists of the host's apt\n");
        skip();
    }
    struct bed *b = bed_open();
    b->index[0].keyring = S("");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        assert_int_equal(sandbox_run(&b->box,
                                     "rm -rf cache dists; mkdir -p dists/bookworm; cd "
                                     "dists/bookworm; cp '%s' InRelease; { %s; }",
                                     g.gl_pathv[0], scripts[i]),
                         0);
        struct outcome o = bed_tool(b);
        assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
        assert_true(o.errors > 0);
        assert_false(is_stored(b, "=bookworm="));
    }
    globfree(&g);
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lies_are_refused),
        cmocka_unit_test(test_the_cache_outlives_lies),
        cmocka_unit_test(test_every_byte_that_is_signed_counts),
        cmocka_unit_test(test_every_byte_of_an_index_counts),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_hostile_content),
        cmocka_unit_test(test_debians_own_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
