/* Attacks on what one run leaves to the next: M4 (facts without a checksum), M10 (folders and files
 * left behind by runs that were killed), and that `dfix index verify` and `prune` know all of it.
 */
#include "../program.h"

#include <glob.h>
#include <signal.h>

#include "host/cache.h"
#include "host/digest.h"
#include "registry/memory.h"
#include "host/scratch.h"

static struct memory memory;
static struct str cache, digest;

static struct base_facts some_facts(void)
{
    static const struct installed curl = {
        {"curl", 4}, {"7.88.1-10", 9}, {"amd64", 5}, {"curl", 4}, {"7.88.1-10", 9}};
    struct str none = S("");
    return (struct base_facts){.release = {S("debian"), S("12"), S("bookworm")},
                               .user = S("www-data"),
                               .user_known = true,
                               .digest = none,
                               .arch = S("amd64"),
                               .installed = &curl,
                               .ninstalled = 1,
                               .installed_known = true,
                               .spoke = none,
                               .why = none};
}

static void fill(void)
{
    struct base_facts f = some_facts();
    cache = str_fmt(arena, "%s/cache/dfix", box.dir);
    memory_open(&memory, arena, cache);
    digest = digest_of(arena, S("a manifest"));
    memory_keep_blob(&memory, digest, S("a manifest"));
    memory_keep_facts(&memory, digest, memory_facts_text(arena, &f));
    memory_keep_pointer(&memory, S("docker.io/library/debian:12"),
                        &(struct pointer){digest, S("12.4"), 1700000000, true});
    memory_keep_failure(&memory, S("docker.io"),
                        &(struct failure){false, S("no route"), 1700000000});
}

/* Is all of it as it was kept? Nothing counts as that. */
static bool is_true_or_gone(void)
{
    struct base_facts f;
    struct pointer p;
    struct failure failed;
    struct str blob;
    struct arena *a = arena_open();
    bool ok = !memory_blob(&memory, a, digest, &blob) || str_eq(blob, S("a manifest"));
    if (memory_facts(&memory, a, digest, &f)) {
        struct base_facts want = some_facts();
        ok = ok && str_eq(memory_facts_text(a, &f), memory_facts_text(a, &want));
    }
    if (memory_pointer(&memory, a, S("docker.io/library/debian:12"), &p))
        ok = ok && str_eq(p.digest, digest) && str_eq(p.better_tag, S("12.4")) &&
             p.asked == 1700000000 && p.tags_asked;
    if (memory_failure(&memory, a, S("docker.io"), &failed))
        ok = ok && str_eq(failed.why, S("no route")) && failed.asked == 1700000000;
    arena_close(a);
    return ok;
}

static void test_m4_every_bit_of_what_is_known_of_images_counts(void **state)
{
    (void)state;
    glob_t found;
    fill();
    assert_true(is_true_or_gone());
    struct base_facts f;
    assert_true(memory_facts(&memory, arena, digest, &f));
    glob(str_fmt(arena, STR_FMT "/registry/[!b]*/*", STR_ARG(cache)).p, 0, NULL, &found);
    glob(str_fmt(arena, STR_FMT "/registry/blobs/*/*", STR_ARG(cache)).p, GLOB_APPEND, NULL,
         &found);
    assert_true(found.gl_pathc >= 4);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct str path = str_of(found.gl_pathv[i] + strlen(box.dir) + 1);
        struct str bytes = sandbox_read(&box, arena, path.p);
        char *copy = arena_copy(arena, bytes.p, bytes.n, 1);
        for (size_t bit = 0; bit < bytes.n * 8; bit++) {
            copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
            sandbox_write(&box, path.p, (struct str){copy, bytes.n});
            if (!is_true_or_gone())
                fail_msg("%s: bit %zu may be changed", path.p, bit);
            copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        }
        sandbox_write(&box, path.p, bytes);
    }
    globfree(&found);
    assert_true(memory_facts(&memory, arena, digest, &f));
}

/* Facts of one image are not those of another whose name they were given. */
static void test_m4_a_file_under_another_name(void **state)
{
    (void)state;
    struct base_facts f;
    fill();
    struct str other = digest_of(arena, S("another"));
    assert_int_equal(
        sandbox_run(&box, "cd cache/dfix/registry/facts && mv sha256-* sha256-%s", other.p + 7), 0);
    assert_false(memory_facts(&memory, arena, other, &f));
}

static void test_m4_verify_looks_at_them(void **state)
{
    (void)state;
    fill();
    assert_int_equal(shell("dfix index verify"), 0);
    assert_non_null(strstr(out(), "4 of 4 other files are intact"));
    assert_int_equal(shell("cd ../cache/dfix/registry/facts && sed -i s/7.88.1/7.98.1/ *"), 0);
    assert_int_equal(shell("dfix index verify"), 2);
    assert_non_null(strstr(out(), "3 of 4 other files are intact"));
    assert_non_null(strstr(err(), "wrong checksum"));
    assert_int_equal(shell("dfix index prune && dfix index verify"), 0);
    assert_null(strstr(out(), "of 4"));
}

static void test_m3_verify_refuses_a_cache_of_others(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix index update --release bookworm && dfix index verify"), 0);
    assert_int_equal(shell("chmod 777 ../cache/dfix && dfix index verify"), 2);
    assert_non_null(strstr(err(), "is not used because"));
}

/* ---- leftovers ---- */

static const int ends[] = {SIGTERM, SIGINT, SIGHUP};

static void test_m10_a_signal_takes_what_is_there_for_a_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int ready[2];
        char byte;
        assert_int_equal(pipe(ready), 0);
        pid_t pid = fork();
        if (pid == 0) {
            struct err e;
            struct str folder = scratch_folder(arena, str_of(box.dir), LAYERS_PREFIX, &e);
            sandbox_write(
                &box,
                str_fmt(arena, STR_FMT "/a", STR_ARG(str_from(folder, strlen(box.dir) + 1))).p,
                S("x"));
            scratch_note(sandbox_path(&box, arena, "temporary"));
            sandbox_write(&box, "temporary", S("x"));
            byte = folder.n ? 1 : 0;
            if (write(ready[1], &byte, 1) == 1)
                pause();
            _exit(0);
        }
        assert_int_equal(read(ready[0], &byte, 1), 1);
        assert_int_equal(byte, 1);
        close(ready[0]);
        close(ready[1]);
        assert_int_equal(sandbox_run(&box, "test -e temporary && ls layers.*/a >/dev/null"), 0);
        int status;
        kill(pid, ends[i]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == ends[i]);
        assert_int_equal(sandbox_run(&box, "test ! -e temporary && ! ls -d layers.* 2>/dev/null"),
                         0);
    }
}

static void test_m10_what_a_killed_run_left_goes(void **state)
{
    (void)state;
    struct err e;
    /* A process that is no more, one that is (this test's own number is), and other names. */
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    assert_int_equal(
        sandbox_run(
            &box,
            "mkdir -m 700 layers.%ld-aB3xYz layers.%ld-aB3xYz layers.%ld-aB layers.x-aB3xYz && "
            "echo x > layers.%ld-aB3xYz/blob",
            (long)gone, (long)getpid(), (long)gone, (long)gone),
        0);
    assert_int_equal(scratch_sweep(str_of(box.dir), LAYERS_PREFIX), 1);
    struct str used = scratch_folder(arena, str_of(box.dir), LAYERS_PREFIX, &e);
    assert_true(used.n > 0);
    assert_int_equal(
        sandbox_run(&box,
                    "test ! -e layers.%ld-aB3xYz -a -d layers.%ld-aB3xYz -a -d layers.%ld-aB "
                    "-a -d layers.x-aB3xYz",
                    (long)gone, (long)getpid(), (long)gone),
        0);
    /* Locked by this run, so that another one leaves it whatever its number says. */
    assert_int_equal(scratch_sweep(str_of(box.dir), LAYERS_PREFIX), 0);
    scratch_remove(used);
    assert_int_not_equal(access(used.p, F_OK), 0);
}

static void test_m10_prune_knows_all_of_it(void **state)
{
    (void)state;
    fill();
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    assert_int_equal(
        shell("cd ../cache/dfix && mkdir -p -m 700 registry/layers.999999999-aB3xYz && "
              "echo x > registry/layers.999999999-aB3xYz/sha256-1 && "
              "echo x > registry/facts/sha256-1.77.tmp && echo x > registry/names/new.tmp && "
              "echo x > index/new.tmp && echo x > index/release.tmp && : > index/lock && "
              "echo old > index/old.release && echo '{\"format\":1}' > registry/facts/sha256-2"),
        0);
    assert_int_equal(shell("dfix index prune"), 0);
    assert_non_null(strstr(out(), "8 other files and folders removed"));
    assert_int_equal(
        shell("cd ../cache/dfix && find . -name '*.tmp' -o -name 'layers*' -o -name lock -o "
              "-name 'sha256-[12]' -o -name 'old*'"),
        0);
    assert_string_equal(out(), "");
    assert_int_equal(shell("dfix index verify"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, program_set_up, program_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_m4_every_bit_of_what_is_known_of_images_counts),
        CASE(test_m4_a_file_under_another_name),
        CASE(test_m4_verify_looks_at_them),
        CASE(test_m3_verify_refuses_a_cache_of_others),
        CASE(test_m10_a_signal_takes_what_is_there_for_a_run),
        CASE(test_m10_what_a_killed_run_left_goes),
        CASE(test_m10_prune_knows_all_of_it),
    };
    /* Whoever runs this may have them ignored, and what is ignored stays so. */
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        signal(ends[i], SIG_DFL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
