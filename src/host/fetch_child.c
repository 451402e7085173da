/* fetch_child.c - starts and ends the program that fetches. */
#include "host/fetch_child.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/helper.h"
#include "host/process.h"
#include "host/scratch.h"

static bool spawn(struct fetch_child *c, const char *path, struct err *e)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return err_set(e, "cannot talk to dfix-fetch: %s", strerror(errno));
    const char *argv[] = {"dfix-fetch", NULL};
    const struct process_fd fd[] = {{STDIN_FILENO, pair[1]}, {STDOUT_FILENO, PROCESS_NULL}};
    struct process_plan plan = {.file = path, .argv = argv, .fd = fd, .nfd = 2};
    int failed = process_start(&plan, &c->pid);
    close(pair[1]);
    if (failed) {
        close(pair[0]);
        return err_set(e, "cannot run %s: %s", path, strerror(failed));
    }
    c->fd = pair[0];
    scratch_has_writer(c->pid);
    return true;
}

bool fetch_child_start(struct fetch_child *c, struct err *e)
{
    struct arena *a = arena_open();
    struct str path;
    bool ok =
        helper_path(a, "dfix-fetch", "DFIX_FETCH", &path, e) && spawn(c, str_cstr(a, path), e);
    arena_close(a);
    return ok;
}

void fetch_child_end(struct fetch_child *c, bool force, struct err *why)
{
    if (force)
        kill(c->pid, SIGKILL);
    close(c->fd);
    c->fd = -1;
    int status = process_wait(c->pid);
    scratch_has_writer(0);
    if (!why)
        return;
    if (WIFSIGNALED(status))
        err_set(why, "dfix-fetch was killed by signal %d", WTERMSIG(status));
    else
        err_set(why, "dfix-fetch exited early with code %d", WEXITSTATUS(status));
}
