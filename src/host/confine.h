/* confine.h - what a helper program gives up before it reads what strangers wrote: files by
 * landlock(7), system calls by seccomp(2), as far as the kernel has them. What is given up cannot
 * be had again, by this process or by what it runs. */
#ifndef DFIX_HOST_CONFINE_H
#define DFIX_HOST_CONFINE_H

#include "dfix/base.h"

/* Below (or at) this path these are still possible; nothing else is, but what is open already. */
enum confine_use { CONFINE_READ = 1, CONFINE_WRITE = 2, CONFINE_RUN = 4 };
struct confine_path {
    const char *path; /* one that is not there is passed over */
    unsigned uses;
};

/* First of all: no program that is run has more privileges than this one. */
bool confine_begin(struct err *e);
/* False: the kernel has it, and it failed. */
bool confine_files(const struct confine_path *path, size_t n, struct err *e);
/* System calls fail with EPERM: all but those that computing, and using open descriptors, takes. */
bool confine_to_computing(struct err *e);
/* The same of those that make sockets (unless `network`), run programs (unless `programs`), or look
 * into other processes and the kernel. */
struct confine_need {
    bool network, programs;
};
bool confine_calls(struct confine_need need, struct err *e);

#endif
