/* fetch_child.c - finds, starts and ends the program that fetches. */
#include "host/fetch_child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/process.h"
#include "host/scratch.h"

#ifndef DFIX_LIBEXECDIR
#define DFIX_LIBEXECDIR "/usr/local/libexec/dfix"
#endif

/* "" when the kernel does not tell, or the file is gone by now. */
static struct str own_path(struct arena *a)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);
    if (n <= 0 || (size_t)n == sizeof path)
        return S("");
    return str_dup(a, (struct str){path, (size_t)n});
}

static bool is_program(struct str path)
{
    struct stat st;
    return path.n && stat(path.p, &st) == 0 && S_ISREG(st.st_mode) && access(path.p, X_OK) == 0;
}

struct str fetch_child_find(struct arena *a, struct str exe)
{
    const char *given = getenv("DFIX_FETCH"), *folder = getenv("DFIX_LIBEXEC");
    ptrdiff_t slash = str_rchr(exe, '/');
    if (given && *given)
        return str_of(given);
    /* A prefix may have been moved as a whole after it was installed. */
    struct str places[] = {
        slash < 0 ? S("") : str_fmt(a, "%.*s/dfix-fetch", (int)slash, exe.p),
        folder && *folder ? str_fmt(a, "%s/dfix-fetch", folder) : S(""),
        slash < 0 ? S("") : str_fmt(a, "%.*s/../libexec/dfix/dfix-fetch", (int)slash, exe.p),
        S(DFIX_LIBEXECDIR "/dfix-fetch"),
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (is_program(places[i]))
            return places[i];
    return S("");
}

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
    struct str path = fetch_child_find(a, own_path(a));
    bool ok = path.n
                  ? spawn(c, str_cstr(a, path), e)
                  : err_set(e,
                            "the program dfix-fetch was not found beside dfix, in "
                            "../libexec/dfix from there, nor in %s; install it or set DFIX_FETCH",
                            DFIX_LIBEXECDIR);
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
