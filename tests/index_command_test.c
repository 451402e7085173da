/* dfix index, on the demo's sample of the index: fetched, listed, asked, checked, thrown away. */
#include "apk_made.h"
#include "program.h"

static int dfix(const char *words)
{
    return shell("dfix index %s", words);
}

static bool said(const char *file, const char *text)
{
    return str_find(sandbox_read(&box, arena, file), str_of(text)) != STR_NONE;
}

static void an_empty_cache(void **state)
{
    (void)state;
    assert_int_equal(dfix("list"), 0);
    assert_true(said("err", "The cache holds no index"));
    assert_int_equal(dfix("verify"), 0);
    assert_true(said("out", "0 of 0 indexes are intact"));
    assert_int_equal(dfix("show curl"), 2);
    assert_true(said("err", "name releases with --release"));
}

static void what_is_fetched_is_listed_and_shown(void **state)
{
    (void)state;
    assert_int_equal(dfix("update --release debian:12"), 0);
    assert_true(said("out", "debian:bookworm is current"));
    assert_int_equal(dfix("list"), 0);
    assert_int_equal(sandbox_run(&box, "test $(grep -c packages out) = 6"), 0);
    assert_true(said("out", "bookworm-security"));
    /* The releases are those of the cache. */
    assert_int_equal(dfix("show curl nosuch"), 0);
    assert_true(said("out", "curl | 7.88.1-10+deb12u15 | bookworm/main | amd64, arm64\n"));
    assert_true(said("out", "curl | 7.88.1-10+deb12u5 | bookworm-security/main | "
                            "amd64, arm64 | security\n"));
    assert_true(said("out", "nosuch | - | debian:bookworm has none\n"));
    assert_int_equal(sandbox_run(&box, "sleep 1.1"), 0); /* a later second */
    assert_int_equal(dfix("update"), 0);
    assert_int_equal(dfix("verify"), 0);
    assert_true(said("out", "6 of 6 indexes are intact"));
}

static void what_cannot_be_kept_is_no_update(void **state)
{
    (void)state;
    assert_int_equal(shell("XDG_CACHE_HOME=/dev/null; dfix index update --release debian:12"), 2);
    assert_true(said("err", "dfix: the cache cannot be written: /dev/null/dfix: Not a directory"));
    assert_string_equal(out(), "");
    assert_int_equal(shell("unset XDG_CACHE_HOME HOME; dfix index update --release debian:12"), 2);
    assert_true(said("err", "dfix: there is no cache to update; set HOME or XDG_CACHE_HOME"));
}

/* What could not be asked is not called current, though a run goes on with it. */
static void an_older_one_is_no_update(void **state)
{
    (void)state;
    assert_int_equal(dfix("update --release debian:12"), 0);
    assert_int_equal(sandbox_run(&box, "sleep 1"), 0);
    assert_int_equal(dfix("update --release debian:12 --offline"), 2);
    assert_true(said("err", "using an index of bookworm from less than an hour ago: dfix runs "
                            "offline\n"));
    assert_true(said("err", "dfix: debian:bookworm: its indexes could not be updated\n"));
    assert_false(said("out", "current"));
    assert_int_equal(dfix("show curl --offline"), 0);
}

static void damage_is_found_and_removed(void **state)
{
    (void)state;
    assert_int_equal(dfix("update --release bookworm"), 0);
    assert_int_equal(sandbox_run(&box, "f=$(ls cache/dfix/index/*.idx | head -n1) && "
                                       "n=$(($(stat -c %%s \"$f\") - 3)) && printf X | "
                                       "dd of=\"$f\" bs=1 seek=$n conv=notrunc 2>/dev/null"),
                     0);
    assert_int_equal(dfix("verify"), 2);
    assert_true(said("out", "5 of 6 indexes are intact"));
    assert_int_equal(dfix("prune"), 0);
    assert_true(said("out", "1 of 6 indexes removed"));
    assert_int_equal(dfix("verify"), 0);
}

static void what_is_not_used_is_removed(void **state)
{
    (void)state;
    assert_int_equal(dfix("update --release bookworm"), 0);
    assert_int_equal(dfix("prune"), 0);
    assert_true(said("out", "0 of 6 indexes removed"));
}

static void alpines_repositories_are_a_release(void **state)
{
    (void)state;
    EVP_PKEY *key = made_key();
    sandbox_write(&box, "keys/test.rsa.pub", made_pem(arena, key));
    for (int i = 0; i < 2; i++)
        sandbox_write(&box,
                      i ? "m/v3.22/main/x86_64/APKINDEX.tar.gz"
                        : "m/v3.22/community/x86_64/APKINDEX.tar.gz",
                      made_signed(arena, key,
                                  made_content(arena, "v3.22.2",
                                               i ? S("P:curl\nV:8.14.1-r2\nA:x86_64\n")
                                                 : S("P:docker\nV:28.3.3-r3\nA:x86_64\n"))));
    EVP_PKEY_free(key);
    sandbox_write(&box, "dfix/dfix.yaml",
                  str_fmt(arena,
                          "architectures: [amd64]\nindex: {apk: {alpine: {mirror: 'file://%s/m', "
                          "keys: [%s/keys]}}}\n",
                          box.dir, box.dir));
    assert_int_equal(dfix("update --release alpine:3.22"), 0);
    assert_int_equal(dfix("show curl docker"), 0);
    assert_true(said("out", "curl | 8.14.1-r2 | v3.22/main | amd64\n"));
    assert_true(said("out", "docker | 28.3.3-r3 | v3.22/community | amd64\n"));
}

static void faults_are_told(void **state)
{
    (void)state;
    assert_int_equal(dfix("update --release debian:nosuch"), 2);
    assert_true(said("err", "unknown release debian:nosuch"));
    assert_int_equal(dfix("eat"), 2);
    assert_true(said("err", "index takes list, show"));
    assert_int_equal(dfix("show --release bookworm"), 2);
    assert_int_equal(sandbox_run(&box, "sed -i s/sample/nowhere/ dfix/dfix.yaml"), 0);
    assert_int_equal(dfix("update --release bookworm"), 2);
    assert_true(said("err", "debian:bookworm"));
}

/* No PATH leads to a gpgv, and none was installed beside dfix. */
static void without_a_verifier_nothing_is_believed(void **state)
{
    (void)state;
    assert_int_equal(shell("(PATH=/nowhere; dfix index update --release bookworm)"), 2);
    assert_true(said("err", "there is no gpgv to verify signatures with; install the package "
                            "gpgv"));
    assert_int_equal(dfix("list"), 0);
    assert_true(said("err", "The cache holds no index"));
}

/* The one that was installed with dfix serves where PATH leads to none. */
static void the_verifier_beside_dfix_serves(void **state)
{
    (void)state;
    assert_int_equal(sandbox_run(&box, "mkdir lib && ln -s $(command -v gpgv) lib/gpgv"), 0);
    assert_int_equal(shell("(PATH=/nowhere; export DFIX_LIBEXEC=%s/lib; dfix index update "
                           "--release bookworm)",
                           box.dir),
                     0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, program_set_up, program_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_empty_cache),
        CASE(what_is_fetched_is_listed_and_shown),
        CASE(what_cannot_be_kept_is_no_update),
        CASE(an_older_one_is_no_update),
        CASE(damage_is_found_and_removed),
        CASE(what_is_not_used_is_removed),
        CASE(alpines_repositories_are_a_release),
        CASE(faults_are_told),
        CASE(without_a_verifier_nothing_is_believed),
        CASE(the_verifier_beside_dfix_serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
