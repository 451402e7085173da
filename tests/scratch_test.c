/* Folders of a run's own: gone with the run, however it ends. */
#include "boxed.h"

#include <dirent.h>
#include <signal.h>

#include "host/scratch.h"

static void put_file(struct str folder, const char *name)
{
    FILE *f = fopen(str_fmt(arena, STR_FMT "/%s", STR_ARG(folder), name).p, "w");
    assert_non_null(f);
    assert_true(fputs("bytes", f) >= 0 && fclose(f) == 0);
}

static size_t names(void)
{
    DIR *d = opendir(box.dir);
    size_t n = 0;
    assert_non_null(d);
    for (struct dirent *x; (x = readdir(d));)
        n += x->d_name[0] != '.';
    closedir(d);
    return n;
}

static struct str open_one(void)
{
    struct err e;
    struct str folder = scratch_folder(arena, str_of(box.dir), SCRATCH_PREFIX, &e);
    if (!folder.n)
        fail_msg("%s", e.text);
    return folder;
}

static void it_goes_with_what_is_in_it(void **state)
{
    struct str s = open_one();
    struct stat st;

    (void)state;
    assert_int_equal(stat(s.p, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    for (int i = 0; i < 300; i++)
        put_file(s, str_fmt(arena, "file-with-a-rather-long-name-%d", i).p);
    scratch_remove(s);
    assert_int_equal(names(), 0);
    scratch_remove(s); /* once is enough */
    struct err e;
    s = scratch_folder(arena, S("/no/such/folder"), SCRATCH_PREFIX, &e);
    assert_int_equal(s.n, 0);
    scratch_remove(s);
    for (int i = 0; i < 50; i++) { /* places are free again */
        s = open_one();
        scratch_remove(s);
    }
}

/* It must not live on, nor be waited for without end. */
static pid_t writer(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        for (;;)
            pause();
    }
    return pid;
}

/* A child with a folder and a file in it, which then ends by a signal. */
static void child_ends_by(int signal_number, bool writes)
{
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        put_file(open_one(), "download");
        put_file(str_of(box.dir), "temporary");
        scratch_note(sandbox_path(&box, arena, "temporary"));
        scratch_has_writer(writes ? writer() : 0);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    kill(pid, signal_number);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), signal_number);
    close(ready[0]);
    close(ready[1]);
}

static void signals_take_it_along(void **state)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU};

    (void)state;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        child_ends_by(signals[i], true);
        assert_int_equal(names(), 0);
    }
}

static void the_next_run_takes_what_a_kill_left(void **state)
{
    struct str live = open_one();

    (void)state;
    child_ends_by(SIGKILL, false);
    assert_int_equal(sandbox_run(&box, "rm temporary"), 0);
    assert_int_equal(names(), 2);
    assert_int_equal(scratch_sweep(str_of(box.dir), SCRATCH_PREFIX), 1);
    assert_int_equal(names(), 1);
    put_file(live, "still here");
    scratch_remove(live);
    assert_int_equal(names(), 0);
    pid_t gone = fork();
    if (gone == 0)
        _exit(0);
    waitpid(gone, NULL, 0);
    assert_int_equal(sandbox_run(&box,
                                 "mkdir -m 700 layers.%ld-aBc123 layers.xYz789; "
                                 "touch layers.%ld-aBc123/x",
                                 (long)gone, (long)gone),
                     0);
    assert_int_equal(scratch_sweep(str_of(box.dir), LAYERS_PREFIX), 2);
    assert_int_equal(names(), 0);
}

static void what_is_not_ours_stays(void **state)
{
    (void)state;
    assert_int_equal(
        sandbox_run(&box, "mkdir -m 755 dfix-scratch.public; mkdir -m 700 dfix-scratch.mine-own "
                          "dfix-other dfix-scratch. away; touch dfix-scratch.afile0 "
                          "away/kept; ln -s away dfix-scratch.alink0; "
                          "mkdir -p -m 700 dfix-scratch.folder/below"),
        0);
    assert_int_equal(scratch_sweep(str_of(box.dir), SCRATCH_PREFIX), 0);
    assert_int_equal(sandbox_run(&box, "[ -e away/kept ] && [ -d dfix-scratch.folder/below ]"), 0);
    assert_int_equal(names(), 8);
    scratch_sweep(S("/no/such/folder"), SCRATCH_PREFIX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_goes_with_what_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signals_take_it_along, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_next_run_takes_what_a_kill_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_stays, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
