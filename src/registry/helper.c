/* Runs a docker credential helper, with a time limit. */
#include "registry/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/process.h"

/* A socket is its input and output, so that a helper that ends early is no SIGPIPE. */
static bool start(const char *program, int *fd, pid_t *pid, struct err *e)
{
    int pair[2];
    const char *argv[] = {program, "get", NULL};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return err_set(e, "%s: %s", program, strerror(errno));
    const struct process_fd end[] = {{STDIN_FILENO, pair[1]}, {STDOUT_FILENO, pair[1]}};
    struct process_plan plan = {.file = program, .search = true, .argv = argv, .fd = end, .nfd = 2};
    int rc = process_start(&plan, pid);
    close(pair[1]);
    if (rc != 0) {
        close(pair[0]);
        return err_set(e, "%s, which docker's config names, cannot be run: %s", program,
                       strerror(rc));
    }
    *fd = pair[0];
    return true;
}

/* All that it says until it closes its output. */
static bool listen_to(struct buf *out, int fd, const char *program, struct err *e)
{
    int64_t end = clock_ms() + HELPER_TIMEOUT_MS;
    for (;;) {
        char some[4096];
        int64_t left = end - clock_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0)
            return err_set(e, "%s did not answer within %d s", program, HELPER_TIMEOUT_MS / 1000);
        ssize_t n = recv(fd, some, sizeof some, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return true;
        buf_add(out, (struct str){some, (size_t)n});
        if (out->n > HELPER_OUTPUT_MAX)
            return err_set(e, "%s gave an answer that is too long", program);
    }
}

bool helper_run(struct arena *a, const char *program, struct str registry, struct str *out,
                struct err *e)
{
    struct buf said = {.arena = a};
    int fd = -1;
    pid_t pid = 0;
    if (!start(program, &fd, &pid, e))
        return false;
    struct str line = str_fmt(a, STR_FMT "\n", STR_ARG(registry));
    ssize_t sent = send(fd, line.p, line.n, MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    bool ok = sent >= 0 || errno == EPIPE ? listen_to(&said, fd, program, e)
                                          : err_set(e, "%s: %s", program, strerror(errno));
    close(fd);
    if (!ok)
        kill(pid, SIGKILL);
    int status = process_wait(pid);
    if (!ok)
        return false;
    *out = buf_str(&said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    /* The protocol's own words for "I have none". */
    if (str_find(*out, S("credentials not found")) == STR_NONE)
        return err_set(e, "%s failed (exit %d)", program,
                       WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    *out = S("");
    return true;
}
