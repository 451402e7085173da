/* Attacks on the index and its cache: H4 (a 304 that nobody asked for), H5 (one 404 and the memory
 * against rollback is gone), M1 (keyrings by relative names), M2 (a cache filled by other keys), M3
 * (caches that are not the user's own), L6 (locks and FIFOs in the cache), and an archive's places.
 */
#include "../apt_bed.h"

#include <glob.h>
#include <sys/file.h>

#include "index/store/record.h"

static bool bare_304; /* the server says so to whoever asks for an InRelease */

static void answer(struct loopback_request *q)
{
    if (bare_304 && strstr(q->path, "InRelease"))
        loopback_text(q, 304, "", "");
    else
        bed_answer(q);
}

static struct bed *served(void)
{
    struct bed *b = bed_open();
    bare_304 = false;
    bed_debian(b);
    bed_serve(b);
    b->server->answer = answer;
    return b;
}

static void sign(struct bed *b, const char *tool, const char *set)
{
    bed_packages(b, "dists/bookworm", "main", "amd64", tool);
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", set);
}

static glob_t cached(struct bed *b, const char *pattern)
{
    glob_t found;
    assert_int_equal(
        glob(str_fmt(b->arena, "%s/cache/index/%s", b->box.dir, pattern).p, 0, NULL, &found), 0);
    return found;
}

/* As if the days had passed: what the cache has of bookworm ran out yesterday. */
static void let_it_expire(struct bed *b)
{
    glob_t found = cached(b, "*=bookworm==*.release");
    struct str path = str_of(found.gl_pathv[0]), from = S("\nValid-Until: ");
    struct record r;
    struct err e;
    assert_true(record_read(b->arena, path, &r));
    ptrdiff_t at = str_find(r.text, from);
    assert_true(at >= 0);
    struct str rest = str_from(r.text, (size_t)at + from.n), line;
    assert_true(str_cut(&rest, '\n', &line));
    r.text = str_fmt(b->arena, STR_FMT STR_FMT "Sat, 03 Jan 2026 00:00:00 UTC\n" STR_FMT,
                     STR_ARG(str_sub(r.text, 0, (size_t)at)), STR_ARG(from), STR_ARG(rest));
    assert_true(record_write(path, &r, &e));
    globfree(&found);
    found = cached(b, "*=bookworm=main=*.idx");
    assert_true(store_touch(str_of(found.gl_pathv[0]), r.fetched, 1767398400, &e));
    globfree(&found);
}

static void test_h4_a_304_that_nobody_asked_for(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = served();
    sign(b, "tool 1.0-1", "VALID=tomorrow");
    assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
    /* One that was asked for is an answer. */
    b->settings.max_age = 0;
    assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
    let_it_expire(b);
    bare_304 = true;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    assert_true(o.errors > 0);
    /* Nor does a release that ran out tell that there is no such index. */
    b->settings.max_age = -1;
    assert_int_equal(sandbox_run(&b->box, "rm cache/index/*=bookworm=*.idx"), 0);
    assert_int_equal(bed_ask(b, &bed_bookworm, "riscv64", NULL, 0, "tool").answer,
                     ANSWER_UNAVAILABLE);
    bed_close(b);
}

static void test_h4_a_304_to_a_run_without_a_cache(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = served();
    bare_304 = true;
    assert_int_equal(bed_tool(b).answer, ANSWER_UNAVAILABLE);
    bed_close(b);
}

static void test_h5_the_newest_date_outlives_whatever_is_answered(void **state)
{
    (void)state;
    static const unsigned statuses[] = {404, 410, 403};
    if (!bed_usable())
        return;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct bed *b = served();
        b->settings.max_age = 0;
        assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
        b->gone = "bookworm/"; /* the release and all below it */
        b->gone_status = statuses[i];
        bed_tool(b);
        bed_tool(b);
        b->gone = NULL;
        sign(b, "tool 0.9-1", "DATE=yesterday");
        struct outcome o = bed_tool(b);
        expect_has(o.notes, "than the one that the mirror served before");
        assert_int_equal(str_find(o.offers, S("0.9-1")), STR_NONE);
        /* What the index itself was dated counts too. */
        assert_int_equal(sandbox_run(&b->box, "rm -f cache/index/*.release"), 0);
        o = bed_tool(b);
        assert_int_equal(str_find(o.offers, S("0.9-1")), STR_NONE);
        bed_close(b);
    }
}

static void test_m1_a_keyring_is_the_file_that_is_named(void **state)
{
    (void)state;
    char before[PATH_MAX];
    if (!bed_usable())
        return;
    assert_non_null(getcwd(before, sizeof before));
    for (int by_environment = 0; by_environment < 2; by_environment++) {
        struct bed *b = served();
        bed_key(b, "evil", "");
        /* gpgv would take this one, of a folder of its own. */
        assert_int_equal(
            sandbox_run(&b->box, "cp good.gpg mine.gpg; cp evil.gpg \"$GNUPGHOME/mine.gpg\""), 0);
        assert_int_equal(chdir(b->box.dir), 0);
        b->index[0].keyring = by_environment ? S("") : S("mine.gpg");
        if (by_environment)
            setenv("DFIX_DEBIAN_KEYRING", "mine.gpg", 1);
        assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
        b->settings.max_age = 0;
        sign(b, "tool 6.6-6", "KEY=evil");
        struct outcome o = bed_tool(b);
        assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
        expect_has(o.notes, "is not in the keyring");
        assert_int_equal(chdir(before), 0);
        unsetenv("DFIX_DEBIAN_KEYRING");
        bed_close(b);
    }
}

static void test_m2_a_cached_index_is_of_the_keys_that_verified_it(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = served();
    bed_key(b, "evil", "");
    sign(b, "tool 6.6-6", "KEY=evil");
    struct str good = b->index[0].keyring;
    /* Both in one file, so that the honest suites count too. */
    assert_int_equal(sandbox_run(&b->box, "cat good.gpg evil.gpg > both.gpg"), 0);
    b->index[0].keyring = str_of(sandbox_path(&b->box, b->arena, "both.gpg"));
    expect_has(bed_tool(b).offers, "6.6-6");
    b->index[0].keyring = good;
    assert_int_equal(bed_tool(b).answer, ANSWER_UNAVAILABLE);
    b->settings.offline = true;
    assert_int_equal(bed_tool(b).answer, ANSWER_UNAVAILABLE);
    /* The same name with other keys in it is another keyring. */
    b->index[0].keyring = str_of(sandbox_path(&b->box, b->arena, "both.gpg"));
    expect_has(bed_tool(b).offers, "6.6-6");
    assert_int_equal(sandbox_run(&b->box, "cp good.gpg both.gpg"), 0);
    assert_int_equal(bed_tool(b).answer, ANSWER_UNAVAILABLE);
    bed_close(b);
}

static void test_m3_only_the_users_own_cache_is_read(void **state)
{
    (void)state;
    static const char *const open_up[] = {
        "chmod 777 cache",
        "chmod 1777 cache",
        "chmod 777 cache/index",
        "mv cache real; ln -s real cache; chmod 777 real",
        "mkdir up; mv cache up/; chmod 777 up", /* who may write above can put another one there */
        "chown 65534 cache",
        "chown -R 65534 cache/index",
        "chown 65534 cache/index/*.idx",
        "chmod 666 cache/index/*.idx",
    };
    if (!bed_usable())
        return;
    for (size_t i = 0; i < sizeof open_up / sizeof open_up[0]; i++) {
        struct bed *b = served();
        if (geteuid() != 0 && strstr(open_up[i], "chown")) {
            bed_close(b);
            continue;
        }
        assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
        assert_int_equal(sandbox_run(&b->box, "%s", open_up[i]), 0);
        if (strstr(open_up[i], "up/"))
            b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "up/cache"));
        b->settings.offline = true;
        struct outcome o = bed_tool(b);
        if (o.answer != ANSWER_UNAVAILABLE)
            fail_msg("%s: it was used", open_up[i]);
        if (!strstr(open_up[i], ".idx"))
            expect_has(o.notes, "is not used because");
        bed_close(b);
    }
}

static void test_m3_folders_and_files_are_for_one_user(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = served();
    mode_t mask = umask(0);
    assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
    umask(mask);
    assert_int_equal(sandbox_run(&b->box, "test -z \"$(find cache -perm /077)\""), 0);
    /* An older version's, which others may read: that is mended. */
    assert_int_equal(sandbox_run(&b->box, "chmod 755 cache cache/index"), 0);
    b->settings.offline = true;
    assert_int_equal(bed_tool(b).answer, ANSWER_FOUND);
    assert_int_equal(sandbox_run(&b->box, "test -z \"$(find cache/index -perm /077)\""), 0);
    bed_close(b);
}

static void test_l6_locks_and_fifos_hold_nobody_up(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = served();
    assert_int_equal(sandbox_run(&b->box, "mkdir -p -m 700 cache/index && cd cache/index && mkfifo "
                                          "new.tmp release.tmp lock"),
                     0);
    expect_offers(bed_tool(b), "1.0-2 bookworm-updates/main|1.0-1+deb12u1 bookworm-security/main|"
                               "1.0-1 bookworm/main|");
    /* All waiting for a lock that is never given up ends, once for the whole run. */
    assert_int_equal(sandbox_run(&b->box, "rm -r cache/index/*"), 0);
    int fd =
        open(sandbox_path(&b->box, b->arena, "cache/index"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    expect_has(o.notes, "cannot be locked");
    close(fd);
    bed_close(b);
}

/* A release whose life has ended may be at the mirror still, or in the archive: both are asked at
 * once, and a mirror that does not answer is not waited for again. */
static void test_places_are_asked_together(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    static const struct release buster = {{"debian", 6}, {"10", 2}, {"buster", 6}};
    struct bed *b = served();
    static const char *const suites[] = {"buster", "buster-updates"};
    for (int i = 0; i < 2; i++) {
        const char *folder = str_fmt(b->arena, "old/dists/%s", suites[i]).p;
        bed_packages(b, folder, "main", "amd64", i ? "tool 1.2-1" : "tool 1.1-1");
        bed_sign(b, folder, suites[i], suites[i], "");
    }
    b->index[0].archive = str_fmt(b->arena, "http://127.0.0.1:%u/old", b->server->port);
    struct outcome o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    expect_text(o.offers, "1.2-1 buster-updates/main|1.1-1 buster/main|");
    /* Nobody listens at port 1. */
    assert_int_equal(sandbox_run(&b->box, "rm -r cache"), 0);
    b->index[0].mirror = S("http://127.0.0.1:1");
    o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    expect_has(o.offers, "1.1-1 buster/main|");
    /* Nor does one that refuses hide the archive; but it may have what that has not. */
    assert_int_equal(sandbox_run(&b->box, "rm -r cache old/dists/buster-updates"), 0);
    b->index[0].mirror = str_fmt(b->arena, "http://127.0.0.1:%u/refused", b->server->port);
    b->gone = "/refused/";
    b->gone_status = 403;
    o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "does not hold buster-updates");
    assert_int_equal(sandbox_run(&b->box, "rm -r cache"), 0);
    bed_packages(b, "old/dists/buster-updates", "main", "amd64", "tool 1.2-1");
    bed_sign(b, "old/dists/buster-updates", "buster-updates", "buster-updates", "");
    o = bed_ask(b, &buster, "amd64", NULL, 0, "tool");
    expect_text(o.offers, "1.2-1 buster-updates/main|1.1-1 buster/main|");
    bed_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_h4_a_304_that_nobody_asked_for),
        cmocka_unit_test(test_h4_a_304_to_a_run_without_a_cache),
        cmocka_unit_test(test_h5_the_newest_date_outlives_whatever_is_answered),
        cmocka_unit_test(test_m1_a_keyring_is_the_file_that_is_named),
        cmocka_unit_test(test_m2_a_cached_index_is_of_the_keys_that_verified_it),
        cmocka_unit_test(test_m3_only_the_users_own_cache_is_read),
        cmocka_unit_test(test_m3_folders_and_files_are_for_one_user),
        cmocka_unit_test(test_l6_locks_and_fifos_hold_nobody_up),
        cmocka_unit_test(test_places_are_asked_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
