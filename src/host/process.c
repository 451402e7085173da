/* process.c - programs that dfix starts, and waits for. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/files.h"

/* A file in memory with these bytes, which stands behind them; -1: errno says why. */
static int memory_with(struct str bytes)
{
    int fd = memfd_create("dfix", MFD_CLOEXEC);

    if (fd >= 0 && !file_put(fd, bytes)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

int process_hold(struct str bytes, int lowest)
{
    int low = memory_with(bytes);
    int fd = low < 0 ? -1 : fcntl(low, F_DUPFD, lowest);

    if (low >= 0)
        close(low);
    return fd;
}

void process_end_with_starter(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

int process_start(const struct process_plan *plan, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t ways;
    char *const *argv = (char *const *)(uintptr_t)plan->argv; /* which nobody writes to */
    char *const *env = plan->env ? (char *const *)(uintptr_t)plan->env : environ;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&ways);
#ifdef POSIX_SPAWN_SETSID
    if (plan->apart)
        posix_spawnattr_setflags(&ways, POSIX_SPAWN_SETSID);
#endif
    for (size_t i = 0; i < plan->nfd; i++) {
        const struct process_fd *f = &plan->fd[i];
        if (f->from == PROCESS_NULL)
            posix_spawn_file_actions_addopen(&actions, f->fd, "/dev/null", O_RDWR, 0);
        else
            posix_spawn_file_actions_adddup2(&actions, f->from, f->fd);
    }
    int failed =
        (plan->search ? posix_spawnp : posix_spawn)(pid, plan->file, &actions, &ways, argv, env);
    posix_spawnattr_destroy(&ways);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

struct str process_own_path(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);

    if (n <= 0 || (size_t)n == sizeof path)
        return S("");
    return str_dup(a, (struct str){path, (size_t)n});
}

int process_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

/* Is there something to read, or the end, before that moment (0: some time)? */
static bool wait_to_read(int fd, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t left = 0;
    int n = 0;

    do {
        left = until ? until - clock_ms() : -1;
        n = until && left <= 0 ? 0 : poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
    } while (n < 0 && errno == EINTR);
    return n != 0;
}

static bool read_all(int fd, struct process_run *r, int64_t until, struct buf *b)
{
    char chunk[16384];
    ssize_t n = 1;

    while (n) {
        r->late = !wait_to_read(fd, until);
        if (r->late)
            return false;
        n = read(fd, chunk, sizeof(chunk));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || b->n + (size_t)n > r->max)
            return false;
        buf_add(b, (struct str){chunk, (size_t)n});
    }
    return true;
}

/* The status of a program that may have ended; past that moment it is killed. */
static int wait_until(pid_t pid, struct process_run *r, int64_t until)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int status = 0;
    pid_t ended = 0;

    while (until && ended == 0 && !r->late) {
        ended = waitpid(pid, &status, WNOHANG);
        r->late = ended == 0 && clock_ms() >= until;
        if (ended == 0 && !r->late)
            nanosleep(&pause, NULL);
    }
    if (ended == pid)
        return status;
    if (r->late && (!r->apart || kill(-pid, SIGKILL) < 0))
        kill(pid, SIGKILL);
    return process_wait(pid);
}

enum { SAID_MAX = 4096 };

static struct str beginning_of(struct arena *a, int fd)
{
    char text[SAID_MAX];
    ssize_t n = pread(fd, text, sizeof(text), 0);

    return n > 0 ? str_dup(a, (struct str){text, (size_t)n}) : S("");
}

/* `input` and `said` may be PROCESS_NULL. */
static bool run_with(struct arena *a, struct process_run *r, int input, int said)
{
    struct buf b = {.arena = a};
    int pipe_of[2];
    pid_t pid;

    if (pipe2(pipe_of, O_CLOEXEC) < 0)
        return false;
    const struct process_fd fd[] = {
        {STDIN_FILENO, input}, {STDOUT_FILENO, pipe_of[1]}, {STDERR_FILENO, said}};
    const struct process_plan plan = {.file = r->argv[0],
                                      .search = true,
                                      .argv = r->argv,
                                      .fd = fd,
                                      .nfd = 3,
                                      .env = r->env,
                                      .apart = r->apart};
    bool started = process_start(&plan, &pid) == 0;
    close(pipe_of[1]);
    int64_t until = r->limit ? clock_ms() + r->limit : 0;
    bool whole = started && read_all(pipe_of[0], r, until, &b);
    close(pipe_of[0]); /* what still writes ends now */
    if (started)
        r->status = wait_until(pid, r, until);
    if (said != PROCESS_NULL)
        r->said = beginning_of(a, said);
    r->out = buf_str(&b);
    return whole && r->status == 0;
}

bool process_output(struct arena *a, const char *const *argv, size_t max, struct str *out)
{
    struct process_run r = {
        .argv = argv, .input = S(""), .max = max, .out = S(""), .said = S(""), .status = -1};
    bool whole = run_with(a, &r, PROCESS_NULL, PROCESS_NULL);

    *out = r.out;
    return whole;
}

bool process_is_there(struct arena *a, const char *program)
{
    const char *const argv[] = {program, "--version", NULL};
    struct str out;

    return process_output(a, argv, SAID_MAX, &out);
}

bool process_run(struct arena *a, struct process_run *r)
{
    int input = memory_with(r->input), said = memory_with(S(""));

    if (input >= 0)
        lseek(input, 0, SEEK_SET);
    r->out = r->said = S("");
    r->status = -1;
    r->late = false;
    bool good = input >= 0 && said >= 0 && run_with(a, r, input, said);
    if (input >= 0)
        close(input);
    if (said >= 0)
        close(said);
    return good;
}
