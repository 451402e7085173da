/* What goes wrong around the apt index: networks, disks, processes that die. The message is
 * clear, the cache is never half-written, the rest of the run is done. */
#include "apt_bed.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <time.h>

#include "index/store/record.h"

enum { KILLS = 40, TWINS = 4 };

/* Enough packages for a store of some pages. */
static void large_debian(struct bed *b)
{
    struct buf text = {.arena = b->arena};
    for (int i = 0; i < 2000; i++)
        buf_fmt(&text, "%spackage%d 1.%d-1", i ? "|" : "", i, i);
    buf_fmt(&text, "|tool 1.0-1");
    bed_debian(b);
    bed_packages(b, "dists/bookworm", "main", "amd64", str_cstr(b->arena, buf_str(&text)));
    bed_sign(b, "dists/bookworm", "bookworm", "bookworm", "");
}

/* Every image in the cache is whole, and so is every record that is not empty. */
static size_t check_cache(struct bed *b)
{
    size_t n;
    struct arena *a = arena_open();
    struct str *path = store_list(a, b->settings.cache_dir, &n);
    for (size_t i = 0; i < n; i++) {
        struct err e;
        struct store *s = store_open(path[i], NULL, &e);
        if (!s || !store_verify(s, &e))
            fail_msg(STR_FMT ": %s", STR_ARG(path[i]), e.text);
        store_close(s);
    }
    arena_close(a);
    return n;
}

static unsigned count_files(struct bed *b, const char *folder)
{
    sandbox_run(&b->box, "find '%s' -type f 2>/dev/null | wc -l > count", folder);
    return (unsigned)atoi(str_cstr(b->arena, sandbox_read(&b->box, b->arena, "count")));
}

/* ---- the network ---- */

static void answer_badly(struct loopback_request *q)
{
    struct bed *b = q->server->user;
    if (!strstr(q->path, b->gone)) {
        bed_answer(q);
    } else if (b->gone_status == 302) {
        char again[1200];
        snprintf(again, sizeof again, "Location: %s\r\n", q->path);
        loopback_text(q, 302, again, "");
    } else { /* it promises more than it gives */
        const char *head = "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nPackage: x\n";
        loopback_raw(q->fd, head, strlen(head));
    }
}

static void test_networks_that_fail(void **state)
{
    static const struct {
        const char *gone;
        unsigned status;
        const char *says;
    } faults[] = {
        {"/dists/bookworm/InRelease", 302, "redirect"},
        {"bookworm/main/binary-amd64", 302, "redirect"},
        {"bookworm/main/binary-amd64", 200, "bookworm/main/binary-amd64"},
        {"bookworm/main/binary-amd64", 404, "bookworm/main/binary-amd64"},
    };
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    bed_serve(b);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        b->gone = faults[i].gone;
        b->gone_status = faults[i].status;
        b->server->answer = faults[i].status == 404 ? bed_answer : answer_badly;
        assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
        struct outcome o = bed_tool(b);
        assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
        assert_int_equal(o.errors, 1);
        if (str_find(o.notes, str_of(faults[i].says)) == STR_NONE)
            fail_msg("%s: " STR_FMT, faults[i].says, STR_ARG(o.notes));
        assert_int_equal(check_cache(b), 2); /* the other suites' */
    }
    /* Nobody listens any more. */
    bed_tool(b);
    b->server->answer = bed_answer;
    b->gone = NULL;
    expect_has(bed_tool(b).offers, "1.0-1 bookworm/main|");
    loopback_stop(b->server);
    b->server = NULL;
    b->settings.max_age = 0;
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    assert_int_equal(o.errors, 0);
    expect_has(o.notes, "cannot fetch");
    bed_close(b);
}

/* One of two files cannot be judged: the other one is done, and the run ends with 2. */
static void test_other_files_are_done(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    sandbox_write(&b->box, "work/a/Dockerfile",
                  S("FROM ubuntu:24.04\nRUN apt-get install -y tool\n"));
    sandbox_write(&b->box, "work/b/Dockerfile", S("FROM debian:12\nRUN apt-get install -y tool\n"));
    sandbox_write(
        &b->box, "policy.yaml",
        str_fmt(b->arena,
                "architectures: [amd64]\nindex:\n  apt:\n"
                "    debian: {mirror: 'file://%s', security: 'file://%s', keyring: good.gpg}\n"
                "    ubuntu: {mirror: 'http://127.0.0.1:9', keyring: good.gpg}\n",
                b->box.dir, b->box.dir));
    int status = sandbox_run(&b->box,
                             "XDG_CACHE_HOME=$PWD/x '%s/dfix' --diff --config policy.yaml --select "
                             "pin-apt work > out 2> err",
                             DFIX_BUILD);
    assert_int_equal(status, 2);
    expect_has(sandbox_read(&b->box, b->arena, "out"), "work/b/Dockerfile");
    expect_has(sandbox_read(&b->box, b->arena, "out"), "tool=1.0-*");
    expect_has(sandbox_read(&b->box, b->arena, "err"), "127.0.0.1:9");
    bed_close(b);
}

/* ---- the disk ---- */

static void test_caches_that_cannot_be_written(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    bed_debian(b);
    sandbox_write(&b->box, "file", S(""));
    b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "file/cache"));
    struct outcome o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    assert_int_equal(o.errors, 0);
    assert_int_equal(o.info.noffer, 3);
    expect_has(o.notes, "the index was used but could not be cached");
    /* One that others keep, and this run may only read. */
    b->settings.cache_dir = S("/proc/self/cache");
    o = bed_tool(b);
    assert_int_equal(o.answer, ANSWER_FOUND);
    assert_int_equal(o.errors, 0);
    /* No place for downloads. */
    assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
    setenv("TMPDIR", sandbox_path(&b->box, b->arena, "none"), 1);
    b->settings.cache_dir = str_of(sandbox_path(&b->box, b->arena, "cache"));
    o = bed_tool(b);
    unsetenv("TMPDIR");
    assert_int_equal(o.answer, ANSWER_UNAVAILABLE);
    expect_has(o.why, "no folder for downloads");
    bed_close(b);
}

/* In a process of its own, which may write no file longer than that. */
static int ask_with_little_room(struct bed *b, rlim_t most)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){most, most});
        struct outcome o = bed_tool(b);
        bool told = str_find(o.notes, S("could not be cached")) != STR_NONE;
        _exit(o.answer == ANSWER_FOUND && o.info.noffer == 3 && !o.errors && told ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void test_full_disks(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    large_debian(b);
    assert_int_equal(ask_with_little_room(b, 24 << 10), 0);
    assert_int_equal(check_cache(b), 2);
    sandbox_write(&b->box, "disk/empty", S(""));
    const char *disk = sandbox_path(&b->box, b->arena, "disk");
    if (mount("none", disk, "tmpfs", 0, "size=48k,mode=0700") != 0) {
        printf("skipped: no small disk can be mounted\n");
    } else {
        b->settings.cache_dir = str_of(disk);
        struct outcome o = bed_tool(b);
        check_cache(b);
        umount(disk);
        assert_int_equal(o.answer, ANSWER_FOUND);
        assert_int_equal(o.errors, 0);
        expect_has(o.notes, "could not be cached");
    }
    bed_close(b);
}

/* ---- processes ---- */

static pid_t start_asking(struct bed *b)
{
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct outcome o = bed_tool(b);
        _exit(o.answer == ANSWER_FOUND && o.info.noffer == 3 && !o.notes.n ? 0 : 1);
    }
    return pid;
}

static void test_several_at_once(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    large_debian(b);
    pid_t pid[TWINS];
    for (int i = 0; i < TWINS; i++)
        pid[i] = start_asking(b);
    for (int i = 0; i < TWINS; i++) {
        int status;
        assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(check_cache(b), 3);
    b->settings.offline = true;
    assert_int_equal(bed_tool(b).info.noffer, 3);
    bed_close(b);
}

static void test_killed_at_any_moment(void **state)
{
    (void)state;
    if (!bed_usable())
        return;
    struct bed *b = bed_open();
    large_debian(b);
    /* What a killed one leaves of its downloads goes with the sandbox. */
    setenv("TMPDIR", b->box.dir, 1);
    for (long i = 0; i < KILLS; i++) {
        int status;
        if (i % 8 == 0)
            assert_int_equal(sandbox_run(&b->box, "rm -rf cache"), 0);
        b->settings.max_age = 0;
        pid_t pid = start_asking(b);
        nanosleep(&(struct timespec){.tv_nsec = (i * 37 % KILLS) * 5000000L}, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        check_cache(b);
    }
    assert_int_equal(bed_tool(b).info.noffer, 3);
    unsetenv("TMPDIR");
    assert_int_equal(check_cache(b), 3);
    /* No heap of temporary files: three images, three records, a lock, at most what one left. */
    assert_true(count_files(b, "cache") <= 3 + 3 + 1 + 2);
    bed_close(b);
}

/* A record that was cut off or changed is as good as none. */
static void test_damaged_records(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    const struct record r = {.fetched = 1764000000,
                             .etag = S("\"x\""),
                             .modified = S("Mon, 02 Nov 2026 00:00:00 GMT"),
                             .text = S("Codename: bookworm\nSHA256:\n x\n")};
    struct record got;
    struct str text = record_print(a, &r);
    assert_true(record_parse(text, &got));
    assert_true(got.fetched == r.fetched && str_eq(got.etag, r.etag) && str_eq(got.text, r.text) &&
                str_eq(got.modified, r.modified) && !got.missing);
    char *copy = arena_copy(a, text.p, text.n, 1);
    for (size_t i = 0; i < text.n; i++) {
        assert_false(record_parse(str_sub(text, 0, i), &got));
        copy[i] ^= 1;
        assert_false(record_parse((struct str){copy, text.n}, &got));
        copy[i] ^= 1;
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_that_fail),
        cmocka_unit_test(test_other_files_are_done),
        cmocka_unit_test(test_caches_that_cannot_be_written),
        cmocka_unit_test(test_full_disks),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_killed_at_any_moment),
        cmocka_unit_test(test_damaged_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
