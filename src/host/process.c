/* process.c - programs that dfix starts, and waits for. */
#include "host/process.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

int process_start(const struct process_plan *plan, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    char *const *argv = (char *const *)(uintptr_t)plan->argv; /* which nobody writes to */

    posix_spawn_file_actions_init(&actions);
    for (size_t i = 0; i < plan->nfd; i++) {
        const struct process_fd *f = &plan->fd[i];
        if (f->from == PROCESS_NULL)
            posix_spawn_file_actions_addopen(&actions, f->fd, "/dev/null", O_RDWR, 0);
        else
            posix_spawn_file_actions_adddup2(&actions, f->from, f->fd);
    }
    int failed =
        (plan->search ? posix_spawnp : posix_spawn)(pid, plan->file, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

int process_wait(pid_t pid)
{
    int status = 0;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}
