/* fetch_child.h - dfix-fetch as a child process: its start and its end. */
#ifndef DFIX_FETCH_CHILD_H
#define DFIX_FETCH_CHILD_H

#include <sys/types.h>

#include "dfix/base.h"

struct fetch_child {
    int fd; /* a socket to it; -1: none runs */
    pid_t pid;
};

bool fetch_child_start(struct fetch_child *c, struct err *e);
/* Close and reap; why it ended, for people (`why` may be NULL). `force`: do not wait for it. */
void fetch_child_end(struct fetch_child *c, bool force, struct err *why);

#endif
