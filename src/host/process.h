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
    bool apart;             /* in a session of its own: what ends ours leaves it alone */
    const char *const *env; /* "NAME=value"; NULL: ours */
};
/* 0, or the number of what went wrong. */
int process_start(const struct process_plan *plan, pid_t *pid);
/* A file in memory with these bytes, which programs that are started have too, as this descriptor
 * or one above it; -1: errno says why. */
int process_hold(struct str bytes, int lowest);
/* This process is killed when the one that started it ends. */
void process_end_with_starter(void);
/* This program's own file; "" when the kernel does not tell, or it is gone by now. */
struct str process_own_path(struct arena *a);
/* Until it has ended: the status, as waitpid(2) gives it. */
int process_wait(pid_t pid);
/* All that a program of PATH prints, which reads nothing and whose messages nobody sees. False: it
 * could not be started, printed more than `max` bytes, or did not end with 0. */
bool process_output(struct arena *a, const char *const *argv, size_t max, struct str *out);
/* Can this program of PATH be run at all? */
bool process_is_there(struct arena *a, const char *program);

/* A program of PATH that is given something to read, and what came of it. */
struct process_run {
    const char *const *argv;
    const char *const *env; /* NULL: ours */
    struct str input;
    size_t max;      /* bytes that it may print */
    int64_t limit;   /* milliseconds until it is killed, with what it started if it is apart; 0:
                        it may take its time */
    bool late;       /* it was */
    bool apart;      /* as above: it has no terminal to ask anybody at */
    struct str out;  /* what it printed */
    struct str said; /* the beginning of its messages */
    int status;      /* as waitpid(2) gives it; -1: it could not be started */
};
/* True: it ended with 0 and printed no more than it may. */
bool process_run(struct arena *a, struct process_run *r);

#endif
