/* The other end of dfix-read's socket: jobs that make no sense, helpers that are missing, die, talk
 * nonsense or lie, and what comes of it. */
#include "cmocka_all.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "dfix/manager.h"
#include "host/digest.h"
#include "host/reading.h"
#include "host/sha2.h"
#include "index/store/layout.h"
#include "index/store/receive.h"
#include "sandbox.h"

static struct arena *arena;
static struct sandbox box;

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    box = sandbox_open();
    unsetenv("DFIX_READ");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unsetenv("DFIX_READ");
    sandbox_close(&box);
    arena_close(arena);
    return 0;
}

static bool run(struct reading *r, struct err *e)
{
    e->text[0] = 0;
    bool ok = reading_run(r, e);
    reading_end(r);
    return ok;
}

/* A program that is dfix-read for a while. */
static void stand_in(const char *script)
{
    sandbox_write(&box, "dfix-read", str_fmt(arena, "#!/bin/sh\n%s\n", script));
    const char *path = sandbox_path(&box, arena, "dfix-read");
    assert_int_equal(chmod(path, 0700), 0);
    setenv("DFIX_READ", path, 1);
}

static void expect_broken(const char *why)
{
    struct reading r;
    struct err e;
    reading_begin(&r, arena, READ_SIGNED);
    assert_false(run(&r, &e));
    assert_true(r.broken);
    if (!strstr(e.text, why))
        fail_msg("'%s' does not say '%s'", e.text, why);
}

static void helpers_that_fail(void **state)
{
    (void)state;
    setenv("DFIX_READ", "/nowhere/dfix-read", 1);
    expect_broken("cannot run /nowhere/dfix-read");
    stand_in("exit 0");
    expect_broken("ended without an answer");
    stand_in("exit 3");
    expect_broken("ended without an answer");
    stand_in("kill -9 $$");
    expect_broken("killed by signal 9");
    stand_in("echo this is no frame at all, and long enough for one >&0");
    expect_broken("ended without an answer");
    /* A whole answer of one that then fails is none either. */
    stand_in("printf '\\001\\000\\000\\000\\006' >&0; exit 1");
    expect_broken("ended without an answer");
    /* A frame that says it is longer than it is. */
    stand_in("printf '\\377\\000\\000\\000\\006' >&0");
    expect_broken("ended without an answer");
    /* A field that reaches past its frame. */
    stand_in("printf '\\006\\000\\000\\000\\006\\003\\377\\000\\000\\000' >&0");
    expect_broken("ended without an answer");
    /* More than one. */
    stand_in("printf '\\001\\000\\000\\000\\006\\001\\000\\000\\000\\006' >&0");
    expect_broken("ended without an answer");
}

/* The same with one answer is good, so that the cases above fail of what they say. */
static void a_whole_answer(void **state)
{
    struct reading r;
    struct err e;
    (void)state;
    stand_in(str_fmt(arena, "printf '\\001\\000\\000\\000\\%03o' >&0", (unsigned)READ_DONE).p);
    reading_begin(&r, arena, READ_SIGNED);
    assert_true(run(&r, &e));
    assert_false(r.broken);
    assert_int_equal(r.answer.n, 0);
}

static void what_people_read_is_clean(void **state)
{
    struct reading r;
    struct err e;
    (void)state;
    stand_in(str_fmt(arena,
                     "printf '\\012\\000\\000\\000\\%03o\\%03o\\004\\000\\000\\000\\033[2J' >&0",
                     (unsigned)READ_REFUSED, (unsigned)READ_ERROR)
                 .p);
    reading_begin(&r, arena, READ_SIGNED);
    assert_false(run(&r, &e));
    assert_false(r.broken);
    assert_string_equal(e.text, "?[2J");
}

/* dfix-read itself: what is missing in a job, or makes no sense, is refused. */
static void jobs_that_make_no_sense(void **state)
{
    static const enum read_kind kinds[] = {READ_SIGNED, READ_PACKAGES, READ_APKINDEX, READ_LAYERS};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (unsigned with = 0; with < 4; with++) {
            struct reading r;
            struct err e;
            reading_begin(&r, arena, kinds[i]);
            if (with & 1)
                wire_text(&r.request, READ_KEY, S("no key"));
            if (with & 2)
                assert_true(reading_bytes(&r, S("nothing that is anything"), &e));
            assert_false(run(&r, &e));
            assert_false(r.broken);
            assert_true(e.text[0]);
        }
    struct reading r;
    struct err e;
    reading_begin(&r, arena, (enum read_kind)77);
    assert_false(run(&r, &e));
    assert_string_equal(e.text, "dfix-read knows no such job");
}

/* ---- images that lie ---- */

static const struct store_meta meta = {.manager = &manager_apt,
                                       .uri = {"http://a.example/debian", 23},
                                       .suite = {"bookworm", 8},
                                       .component = {"main", 4},
                                       .arch = {"amd64", 5},
                                       .etag = {"", 0},
                                       .modified = {"", 0},
                                       .signer = {"0123", 4},
                                       .fetched = 7};

static struct str image_of_one(void)
{
    struct err e;
    struct store_writer *w = store_writer_open(&manager_apt);
    struct store_record r = {.name = S("curl"),
                             .version = S("7.88.1-10"),
                             .arch = S("amd64"),
                             .source = S(""),
                             .source_version = S("")};
    assert_true(store_add(w, &r, NULL, 0));
    struct store *s = store_build(w, &meta, &e);
    assert_non_null(s);
    struct str image = str_dup(arena, (struct str){(const char *)s->p, s->n});
    store_close(s);
    store_writer_close(w);
    return image;
}

/* With sums that are right: whoever lies knows how to count. */
static bool is_taken(struct str image, const struct store_meta *asked, struct err *e)
{
    struct image_header h;
    memcpy(&h, image.p, sizeof h);
    struct image_layout at = image_layout(&h);
    unsigned char *p = arena_copy(arena, image.p, image.n, 1);
    if (at.end == image.n)
        image_seal(p, &at);
    struct store *s = store_receive((struct str){(const char *)p, image.n}, asked, e);
    store_close(s);
    return s != NULL;
}

/* `from` stands in the image once; the lie is as long. */
static struct str changed(struct str image, const char *from, const char *to)
{
    char *p = arena_copy(arena, image.p, image.n, 1);
    ptrdiff_t at = str_find(image, str_of(from));
    assert_true(at != STR_NONE);
    memcpy(p + at, to, strlen(to));
    return (struct str){p, image.n};
}

static void images_are_looked_over(void **state)
{
    struct err e;
    struct str image = image_of_one();
    struct store_meta other = meta;
    (void)state;
    assert_true(is_taken(image, &meta, &e));
    assert_false(is_taken(changed(image, "7.88.1-10", "7.88;id-1"), &meta, &e));
    assert_non_null(strstr(e.text, "names that are none"));
    assert_false(is_taken(changed(image, "curl", "cu l"), &meta, &e));
    assert_false(is_taken(changed(image, "bookworm", "bullseye"), &meta, &e));
    assert_non_null(strstr(e.text, "another index"));
    other.signer = S("4567");
    assert_false(is_taken(image, &other, &e));
    other = meta;
    other.fetched = 8;
    assert_false(is_taken(image, &other, &e));
    assert_false(is_taken(str_sub(image, 0, image.n - 8), &meta, &e));
    assert_false(is_taken(str_sub(image, 0, sizeof(struct image_header)), &meta, &e));
    for (size_t at = 0; at < image.n; at++) { /* whatever it is by then, it is safe to look at */
        char *p = arena_copy(arena, image.p, image.n, 1);
        p[at] ^= 0x41;
        is_taken((struct str){p, image.n}, &meta, &e);
    }
}

/* ---- digests that dfix works out itself ---- */

static void digests(void **state)
{
    static const struct {
        const char *text, *digest;
    } c[] = {
        {"", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "sha256:248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abc",
         "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc"
         "1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        assert_true(digest_matches(str_of(c[i].digest), str_of(c[i].text)));
        assert_false(digest_matches(str_of(c[i].digest), S("abd")));
    }
    /* Around the ends of blocks, as the host's own program has it. */
    static const size_t sizes[] = {54, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 70000};
    if (sandbox_run(&box, "command -v sha256sum sha512sum >/dev/null") != 0)
        skip();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *p = arena_new(arena, char, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            p[k] = (char)(k * 7 + i);
        struct str bytes = {p, sizes[i]};
        sandbox_write(&box, "x", bytes);
        assert_int_equal(sandbox_run(&box, "sha256sum x | cut -c-64 | tr -d '\\n' >a && "
                                           "sha512sum x | cut -c-128 | tr -d '\\n' >b"),
                         0);
        const char *const names[] = {"a", "b"};
        for (size_t k = 0; k < 2; k++) {
            struct str want = str_fmt(arena, "sha%s:" STR_FMT, k ? "512" : "256",
                                      STR_ARG(sandbox_read(&box, arena, names[k])));
            assert_true(digest_matches(want, bytes));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(helpers_that_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_whole_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_people_read_is_clean, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jobs_that_make_no_sense, set_up, tear_down),
        cmocka_unit_test_setup_teardown(images_are_looked_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(digests, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
