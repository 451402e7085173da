/* Faults of the system: a run over two files in which one call of the system fails, or does less
 * than it was asked for; each call in turn, each with what it may fail with. Whatever happens, a
 * file is what it was or what it should become, never in between; what was not done is said, and
 * ends with 2; and no temporary file stays behind.
 *
 * The calls are wrapped by the linker (CMakeLists.txt), in all that the program itself does. */
#include <errno.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "faces/faces.h"
#include "program.h"

/* ---- the seam ---- */

enum call {
    CALL_OPEN,
    CALL_OPENAT,
    CALL_READ,
    CALL_PREAD,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_RENAMEAT,
    CALL_RENAMEAT2,
    CALL_LINKAT,
    CALL_UNLINKAT,
    CALL_FSTAT,
    CALL_FSTATAT,
    CALL_FCHMOD,
    CALL_FLOCK,
    CALL_MMAP,
    CALL_REALPATH,
    CALLS
};
static const char *const call_names[CALLS] = {
    "open",   "openat",   "read",  "pread",   "write",  "fsync", "renameat", "renameat2",
    "linkat", "unlinkat", "fstat", "fstatat", "fchmod", "flock", "mmap",     "realpath"};

enum { SHORT = -1 }; /* instead of an error: one byte at a time */
static struct {
    bool armed;
    enum call call;
    int which; /* of these calls, from 0 */
    int error;
    bool hit;
} fault;

/* Does this call fail? Then errno says why. */
static bool fails(enum call call)
{
    if (!fault.armed || fault.call != call || fault.error == SHORT || fault.which-- != 0)
        return false;
    fault.hit = true;
    errno = fault.error;
    return true;
}

static size_t less(enum call call, size_t n)
{
    bool one = fault.armed && fault.error == SHORT && fault.call == call && n > 1;
    fault.hit |= one;
    return one ? 1 : n;
}

#define WRAP(result, call, name, arguments, words, bad)                                            \
    result __real_##name arguments;                                                                \
    result __wrap_##name arguments;                                                                \
    result __wrap_##name arguments                                                                 \
    {                                                                                              \
        return fails(call) ? (bad) : __real_##name words;                                          \
    }
WRAP(int, CALL_FSYNC, fsync, (int fd), (fd), -1)
WRAP(int, CALL_RENAMEAT, renameat, (int a, const char *x, int b, const char *y), (a, x, b, y), -1)
WRAP(int, CALL_LINKAT, linkat, (int a, const char *x, int b, const char *y, int f), (a, x, b, y, f),
     -1)
WRAP(int, CALL_UNLINKAT, unlinkat, (int a, const char *x, int f), (a, x, f), -1)
WRAP(int, CALL_FSTAT, fstat, (int fd, struct stat *st), (fd, st), -1)
WRAP(int, CALL_FSTATAT, fstatat, (int a, const char *x, struct stat *st, int f), (a, x, st, f), -1)
WRAP(int, CALL_FCHMOD, fchmod, (int fd, mode_t m), (fd, m), -1)
WRAP(int, CALL_FLOCK, flock, (int fd, int how), (fd, how), -1)
WRAP(void *, CALL_MMAP, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
     (p, n, prot, flags, fd, at), MAP_FAILED)
WRAP(char *, CALL_REALPATH, realpath, (const char *path, char *out), (path, out), NULL)
WRAP(ssize_t, CALL_READ, read, (int fd, void *p, size_t n), (fd, p, less(CALL_READ, n)), -1)
WRAP(ssize_t, CALL_PREAD, pread, (int fd, void *p, size_t n, off_t at),
     (fd, p, less(CALL_PREAD, n), at), -1)
WRAP(ssize_t, CALL_WRITE, write, (int fd, const void *p, size_t n), (fd, p, less(CALL_WRITE, n)),
     -1)

int __real_openat(int at, const char *path, int flags, ...);

/* What somebody else writes into the next file right before its new text takes its place; and which
 * call fails next then. */
static const char *rival;
static enum call behind_rival;

int __real_renameat2(int a, const char *x, int b, const char *y, unsigned f);
int __wrap_renameat2(int a, const char *x, int b, const char *y, unsigned f);
int __wrap_renameat2(int a, const char *x, int b, const char *y, unsigned f)
{
    bool late = fault.armed && rival && f == RENAME_EXCHANGE;

    if (late) {
        int fd = __real_openat(b, y, O_WRONLY | O_TRUNC);
        if (fd < 0 || __real_write(fd, rival, strlen(rival)) < 0)
            _exit(97);
        close(fd);
        rival = NULL;
    } else if (fails(CALL_RENAMEAT2)) {
        return -1;
    }
    int moved = __real_renameat2(a, x, b, y, f);
    if (late)
        fault.call = behind_rival;
    return moved;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(CALL_OPEN) ? -1 : __real_open(path, flags, mode);
}

int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...)
{
    va_list ap;

    va_start(ap, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(CALL_OPENAT) ? -1 : __real_openat(at, path, flags, mode);
}

/* ---- a run ---- */

static const char before[] = "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n";
static const char after[] =
    "FROM debian:bookworm\nRUN apt-get install -y \"curl=7.88.*\"\nUSER 1000\n";
static const char *const files[] = {"Dockerfile", "sub/Dockerfile"};

/* The program's own work, in a process that shares nothing with the test. Its status; -1: it was
 * killed. *hit: the fault was met. */
static int run(bool *hit)
{
    static const char *const words[] = {"dfix",    "--fix", "--offline", "--select",
                                        "pin-apt", "-j1",   ".",         NULL};
    int told[2], status;
    char met = 0;

    fflush(NULL);
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct arena *a = arena_open();
        struct command_line c;
        struct err e;
        bool there = chdir(sandbox_path(&box, a, "work")) == 0 &&
                     setenv("XDG_CACHE_HOME", sandbox_path(&box, a, "cache"), 1) == 0 &&
                     setenv("XDG_CONFIG_HOME", box.dir, 1) == 0 &&
                     freopen(sandbox_path(&box, a, "out"), "w", stdout) &&
                     freopen(sandbox_path(&box, a, "err"), "w", stderr);
        if (!there || !options_parse(a, 7, (char **)(uintptr_t)words, &c, &e))
            _exit(99);
        streams_open();
        fault.armed = true;
        status = command_run(a, &c);
        status = streams_end() ? status : EXIT_FAILED;
        fault.armed = false;
        met = fault.hit;
        _exit(write(told[1], &met, 1) == 1 ? status : 98);
    }
    close(told[1]);
    *hit = read(told[0], &met, 1) == 1 && met;
    close(told[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void reset(void)
{
    sandbox_run(&box, "find work -name '.dfix-*' -delete");
    for (size_t i = 0; i < 2; i++)
        put(files[i], before);
}

/* What is wrong after a run with this status; NULL: nothing. */
static const char *wrong(int status)
{
    bool all = true;

    for (size_t i = 0; i < 2; i++) {
        struct str name = str_fmt(arena, "work/%s", files[i]);
        struct str text = sandbox_read(&box, arena, name.p);
        bool fixed = str_eq(text, str_of(after));
        all &= fixed;
        if (!fixed && !str_eq(text, str_of(before)))
            return "a file is neither what it was nor what it should be";
    }
    if (status < 0)
        return "the run crashed";
    if (!all && status != 2)
        return "a file was not fixed, and the status is not 2";
    if (!all && !sandbox_read(&box, arena, "err").n)
        return "a file was not fixed, and nothing is said";
    if (fault.call != CALL_UNLINKAT &&
        sandbox_run(&box, "test -z \"$(find work -name '.dfix-*')\"") != 0)
        return "a temporary file is left";
    return NULL;
}

/* This fault in each such call in turn, until none is left that it could meet. */
static unsigned each_call(enum call call, int error)
{
    unsigned met = 0, failures = 0;

    for (int which = 0; which < 500; which++) {
        bool hit;
        reset();
        fault.call = call;
        fault.which = which;
        fault.error = error;
        int status = run(&hit);
        const char *what = wrong(status);
        if (what && ++failures <= 5)
            print_error("%s number %d, %s: %s (status %d)\n" STR_FMT, call_names[call], which,
                        error == SHORT ? "one byte" : strerror(error), what, status,
                        STR_ARG(sandbox_read(&box, arena, "err")));
        if (hit)
            met++;
        if (!hit || error == SHORT)
            break;
    }
    if (failures)
        fail_msg("%s: %u of %u", call_names[call], failures, met);
    return met;
}

static int set_up_warm(void **state)
{
    program_set_up(state);
    put("sub/Dockerfile", before);
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    return 0;
}

static void without_a_fault_both_are_fixed(void **state)
{
    bool hit;
    (void)state;
    reset();
    fault.call = CALLS;
    assert_int_equal(run(&hit), 0);
    for (size_t i = 0; i < 2; i++)
        assert_true(str_eq(sandbox_read(&box, arena, str_fmt(arena, "work/%s", files[i]).p),
                           str_of(after)));
}

static void every_call_fails(void **state)
{
    static const struct {
        enum call call;
        int error[3];
        unsigned least; /* so often it is met at least: else the seam is not where it was */
    } v[] = {
        {CALL_OPEN, {EMFILE, 0, 0}, 1},        {CALL_OPENAT, {EMFILE, ENOSPC, 0}, 3},
        {CALL_READ, {EIO, 0, 0}, 2},           {CALL_PREAD, {EIO, 0, 0}, 2},
        {CALL_WRITE, {ENOSPC, EIO, 0}, 2},     {CALL_FSYNC, {EIO, 0, 0}, 2},
        {CALL_RENAMEAT2, {EIO, EINVAL, 0}, 2}, {CALL_LINKAT, {ENOSPC, EXDEV, 0}, 2},
        {CALL_UNLINKAT, {EIO, 0, 0}, 2},       {CALL_FSTAT, {EIO, 0, 0}, 4},
        {CALL_FSTATAT, {EIO, 0, 0}, 4},        {CALL_FCHMOD, {EPERM, 0, 0}, 2},
        {CALL_FLOCK, {ENOLCK, 0, 0}, 2},       {CALL_MMAP, {ENOMEM, 0, 0}, 1},
        {CALL_REALPATH, {EIO, 0, 0}, 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        for (size_t k = 0; k < 3 && v[i].error[k]; k++) {
            unsigned met = each_call(v[i].call, v[i].error[k]);
            if (met < v[i].least)
                fail_msg("%s was met %u times", call_names[v[i].call], met);
        }
}

/* Interrupted, or with less than was asked for: that is no failure. */
static void calls_that_do_less(void **state)
{
    static const struct {
        enum call call;
        int error;
    } v[] = {{CALL_READ, SHORT}, {CALL_PREAD, SHORT}, {CALL_WRITE, SHORT},
             {CALL_READ, EINTR}, {CALL_PREAD, EINTR}, {CALL_WRITE, EINTR}};
    (void)state;
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        for (int which = 0; which < 50; which++) {
            bool hit;
            reset();
            fault.call = v[i].call;
            fault.which = which;
            fault.error = v[i].error;
            int status = run(&hit);
            if (status != 0 || wrong(status))
                fail_msg("%s: status %d: " STR_FMT, call_names[v[i].call], status,
                         STR_ARG(sandbox_read(&box, arena, "err")));
            if (!hit || v[i].error == SHORT)
                break;
        }
}

/* Few files, little memory: what cannot be done is said. */
static void limits_of_the_process(void **state)
{
    (void)state;
    if (SANITIZED) /* its own memory and libraries are over the limits */
        skip();
    for (int n = 4; n <= 20; n += 4) {
        reset();
        int status = shell("ulimit -n %d; dfix --fix --offline --select pin-apt .", n);
        const char *what = wrong(status);
        if (what)
            fail_msg("%d files: %s (status %d): %s", n, what, status, err());
    }
    for (int n = 4; n <= 64; n += 12) {
        reset();
        int status = shell("ulimit -v %d; dfix --fix --offline --select pin-apt .", n * 1024);
        const char *what = wrong(status > 2 ? 2 : status); /* it may not even start */
        if (what)
            fail_msg("%d MiB: %s (status %d): %s", n, what, status, err());
    }
}

/* What is printed is all there, or the status is 2. */
static void output_that_is_lost(void **state)
{
    static const char *const runs[] = {"--diff",
                                       "--check",
                                       "--format json --check",
                                       "--fix - <Dockerfile",
                                       "verify old Dockerfile",
                                       "verify --json old Dockerfile",
                                       "tree Dockerfile",
                                       "rules",
                                       "--help"};
    (void)state;
    put("old", after);
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        reset();
        assert_int_equal(shell("dfix --offline %s >/dev/full", runs[i]), 2);
        if (!strstr(err(), "No space left on device"))
            fail_msg("%s: %s", runs[i], err());
    }
}

/* Many writers of the same files: each file is whole at every moment, and fixed in the end. */
static void two_writers(void **state)
{
    (void)state;
    for (int round = 0; round < 5; round++) {
        reset();
        for (int i = 0; i < 20; i++)
            put(str_fmt(arena, "many/Dockerfile.%d", i).p, before);
        int status = shell("one() { dfix --fix --offline --select pin-apt many; }; "
                           "one & p=$!; one; a=$?; wait $p; b=$?; "
                           "echo $a $b; cat many/* | sort | uniq -c | grep -c ' 20 '");
        assert_int_equal(status, 0);
        for (int i = 0; i < 20; i++)
            assert_true(
                str_eq(sandbox_read(&box, arena, str_fmt(arena, "work/many/Dockerfile.%d", i).p),
                       str_of(after)));
        assert_int_equal(sandbox_run(&box, "test -z \"$(find work -name '.dfix-*')\""), 0);
    }
}

static unsigned count_of(const char *names, const char *text)
{
    put("wanted", text);
    shell("find . -name '%s' -exec cmp -s {} wanted \\; -print | wc -l", names);
    return (unsigned)strtoul(out(), NULL, 10);
}

/* A file that changes at the last moment: what stands in it is theirs. Where it cannot be given
 * back its place, it is kept beside it, and that is said. */
static void another_writer_at_the_last_moment(void **state)
{
    static const char theirs[] = "FROM scratch\nCOPY theirs /\n";
    (void)state;
    for (unsigned kept = 0; kept < 2; kept++) {
        bool hit;
        reset();
        fault.call = CALLS;
        fault.which = 0;
        behind_rival = kept ? CALL_RENAMEAT2 : CALLS; /* when they change places again */
        fault.error = EIO;
        rival = theirs;
        assert_int_equal(run(&hit), 2);
        rival = NULL;
        assert_int_equal(hit, kept);
        assert_non_null(strstr(err(), kept ? "its old contents are in the newest `.dfix-` file"
                                           : "it changed after it was read"));
        for (int again = 0; again < 2; again++) {
            assert_int_equal(count_of("Dockerfile", theirs), !kept);
            assert_int_equal(count_of("Dockerfile", after), 1 + kept);
            assert_int_equal(count_of(".dfix-*", theirs), kept);
            assert_int_equal(count_of(".dfix-*", after), 0);
            shell("dfix --fix --offline --select pin-apt ."); /* which clears away drafts */
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_warm, program_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_a_fault_both_are_fixed),
        TEST(every_call_fails),
        TEST(calls_that_do_less),
        TEST(limits_of_the_process),
        TEST(output_that_is_lost),
        TEST(two_writers),
        TEST(another_writer_at_the_last_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
