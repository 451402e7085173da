/* What a helper program has given up is refused by the kernel: files by landlock, calls by seccomp.
 * Each try is a process of its own; its exit status is the error's number. */
#include "cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "host/confine.h"
#include "host/helper.h"
#include "host/read_wire.h"
#include "reader/sandbox.h"

typedef int deed(void);

static int number_of(bool done)
{
    return done ? 0 : errno;
}

static int make_socket(void)
{
    return number_of(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int make_pair(void)
{
    int pair[2];
    return number_of(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
}

static int run_program(void)
{
    char *const argv[] = {"true", NULL}, *const env[] = {NULL};
    execve("/bin/true", argv, env);
    return errno;
}

static int make_process(void)
{
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    return number_of(pid > 0);
}

static int trace(void)
{
    return number_of(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
}

static int read_file(void)
{
    return number_of(open("/etc/passwd", O_RDONLY) >= 0);
}

static char scratch[64];

static int write_file(void)
{
    return number_of(open(scratch, O_WRONLY | O_CREAT, 0600) >= 0);
}

static int compute(void)
{
    void *p = malloc(64 << 20);
    void *q = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool ok = p && q != MAP_FAILED;
    free(p);
    return number_of(ok);
}

static bool as_reader(struct err *e)
{
    return sandbox_enter(false, e);
}

static bool as_runner_of_gpgv(struct err *e)
{
    return sandbox_enter(true, e);
}

static bool as_fetcher(struct err *e)
{
    static const struct confine_path path[] = {{"/", CONFINE_READ}};
    return confine_begin(e) && confine_files(path, 1, e) &&
           confine_calls((struct confine_need){.network = true}, e);
}

static bool as_nobody(struct err *e)
{
    (void)e;
    return true;
}

enum { NOT_CONFINED = 200 };

static int status_of(bool (*enter)(struct err *e), deed *do_it)
{
    int status;
    struct err e;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(enter(&e) ? do_it() : NOT_CONFINED);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool has_landlock(void)
{
#ifdef SYS_landlock_create_ruleset
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
#else
    return false;
#endif
}

/* EPERM of seccomp, EACCES of landlock; either will do where both would refuse. */
static void expect(const char *who, bool (*enter)(struct err *e), deed *do_it, const char *what,
                   bool refused)
{
    int got = status_of(enter, do_it);
    if ((refused && got != EPERM && got != EACCES) || (!refused && got != 0))
        fail_msg("%s: %s: %s", who, what, got ? strerror(got) : "it was let through");
}

static void skip_where_nothing_is_confined(void)
{
#if SANITIZED || (!defined __x86_64__ && !defined __aarch64__)
    skip();
#endif
    if (prctl(PR_GET_SECCOMP) < 0 && errno == EINVAL) {
        print_message("this kernel has no seccomp, nor has qemu that plays it\n");
        skip();
    }
}

static void refused_calls_are_refused(void **state)
{
    static const struct {
        const char *what;
        deed *do_it;
        bool reader, gpgv, fetcher; /* refused to */
    } c[] = {
        {"a socket", make_socket, true, true, false},
        {"a pair of sockets", make_pair, true, true, false},
        {"another program", run_program, true, false, true},
        {"another process", make_process, true, false, false},
        {"ptrace", trace, true, true, true},
        {"memory", compute, false, false, false},
    };
    (void)state;
    skip_where_nothing_is_confined();
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        expect("nobody", as_nobody, c[i].do_it, c[i].what, false);
        expect("dfix-read", as_reader, c[i].do_it, c[i].what, c[i].reader);
        if (c[i].do_it != run_program) /* landlock's: below */
            expect("with gpgv", as_runner_of_gpgv, c[i].do_it, c[i].what, c[i].gpgv);
        expect("dfix-fetch", as_fetcher, c[i].do_it, c[i].what, c[i].fetcher);
    }
}

static void refused_files_are_refused(void **state)
{
    (void)state;
    skip_where_nothing_is_confined();
    snprintf(scratch, sizeof scratch, "/tmp/dfix-confine-test-%ld", (long)getpid());
    expect("nobody", as_nobody, read_file, "reading", false);
    expect("nobody", as_nobody, write_file, "writing", false);
    expect("dfix-read", as_reader, read_file, "reading", true);
    expect("dfix-read", as_reader, write_file, "writing", true);
    if (!has_landlock()) {
        unlink(scratch);
        print_message("this kernel has no landlock: the rest is skipped\n");
        return;
    }
    expect("with gpgv", as_runner_of_gpgv, read_file, "reading", true);
    expect("with gpgv", as_runner_of_gpgv, write_file, "writing", true);
    expect("with gpgv", as_runner_of_gpgv, run_program, "a program that is not gpgv", true);
    expect("dfix-fetch", as_fetcher, read_file, "reading", false);
    expect("dfix-fetch", as_fetcher, write_file, "writing", true);
    unlink(scratch);
}

/* A line of /proc/PID/status. */
static struct str status_line(struct arena *a, pid_t pid, const char *name)
{
    char path[64], line[256];
    struct str found = S("");
    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0)
            found = str_trim(str_dup(a, str_of(line + strlen(name))));
    if (f)
        fclose(f);
    return found;
}

/* dfix-read itself, stopped in the middle of its job by a pipe that gives nothing, has given all
 * that up by then. */
static void the_program_is_confined_when_it_reads(void **state)
{
    struct str program;
    struct err e;
    int pair[2], hold[2];
    (void)state;
    skip_where_nothing_is_confined();
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    unsetenv("DFIX_READ");
    assert_true(helper_path(a, "dfix-read", "DFIX_READ", &program, &e));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(pair[1], STDIN_FILENO);
        execl(program.p, "dfix-read", (char *)NULL);
        _exit(1);
    }
    size_t at = wire_begin(&b, READ_PACKAGES);
    wire_end(&b, at);
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
                          .cmsg_level = SOL_SOCKET,
                          .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.head), &hold[0], sizeof(int));
    struct iovec v = {.iov_base = b.p, .iov_len = b.n};
    struct msghdr m = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof control.room};
    assert_int_equal(sendmsg(pair[0], &m, 0), b.n);
    close(pair[1]);
    shutdown(pair[0], SHUT_WR);
    bool confined = false;
    for (unsigned i = 0; i < 2000 && !confined; i++) {
        usleep(5000); /* it comes to that, sooner or later */
        confined = str_eq(status_line(a, pid, "Seccomp:"), S("2"));
    }
    assert_true(confined);
    assert_true(str_eq(status_line(a, pid, "NoNewPrivs:"), S("1")));
    close(hold[1]);
    close(hold[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(pair[0]);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_calls_are_refused),
        cmocka_unit_test(refused_files_are_refused),
        cmocka_unit_test(the_program_is_confined_when_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
