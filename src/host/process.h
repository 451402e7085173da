/* process.h - programs that dfix starts, and waits for. */
#ifndef DFIX_HOST_PROCESS_H
#define DFIX_HOST_PROCESS_H

#include <sys/types.h>

#include "dfix/base.h"

enum { PROCESS_NULL = -1 };
struct process_fd {
    int fd;   /* as the program has it */
    int from; /* as we have it; PROCESS_NULL: /dev/null */
};
struct process_plan {
    const char *file;
    bool search; /* for the file in PATH, when it has no slash */
    const char *const *argv;
    const struct process_fd *fd; /* the program has all others, too, that are not O_CLOEXEC */
    size_t nfd;
    bool apart; /* in a session of its own: what ends ours leaves it alone */
};
/* 0, or the number of what went wrong. */
int process_start(const struct process_plan *plan, pid_t *pid);
/* This program's own file; "" when the kernel does not tell, or it is gone by now. */
struct str process_own_path(struct arena *a);
/* Until it has ended: the status, as waitpid(2) gives it. */
int process_wait(pid_t pid);
/* All that a program of PATH prints, which reads nothing and whose messages nobody sees. False: it
 * could not be started, printed more than `max` bytes, or did not end with 0. */
bool process_output(struct arena *a, const char *const *argv, size_t max, struct str *out);

#endif
