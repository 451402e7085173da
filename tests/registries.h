/* registries.h - real registries for a test: tests/integration/registries.py, run and listened to.
 */
#ifndef DFIX_TESTS_REGISTRIES_H
#define DFIX_TESTS_REGISTRIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dfix/base.h"

struct registries {
    pid_t pid;
    int in; /* closing it ends them */
    FILE *out;
    VEC(struct str) said; /* "KEY VALUE" */
};

/* What it said of a key; "" nothing. */
static inline struct str registries_said(const struct registries *r, const char *key)
{
    for (size_t i = 0; i < r->said.n; i++) {
        struct str line = r->said.v[i], first;
        if (str_cut(&line, ' ', &first) && str_eq(first, str_of(key)))
            return line;
    }
    return S("");
}

/* Not everything that is needed is installed: false. */
static inline bool registries_possible(void)
{
    return system("command -v python3 docker-registry openssl >/dev/null 2>&1") == 0;
}

static inline bool registries_start(struct registries *r, struct arena *a, const char *folder,
                                    const char *count, const char *megabytes)
{
    int in[2], out[2];
    char line[1024];
    *r = (struct registries){.in = -1};
    /* Not handed on: a fetcher that a failed test left behind must not keep them running. */
    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        return false;
    r->pid = fork();
    if (r->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execlp("python3", "python3", DFIX_ROOT "/tests/integration/registries.py", folder, count,
               megabytes, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    r->in = in[1];
    r->out = fdopen(out[0], "r");
    while (fgets(line, sizeof line, r->out)) {
        vec_push(a, &r->said, str_dup(a, str_trim(str_of(line))));
        if (strcmp(line, "ready 1\n") == 0)
            return true;
    }
    return false;
}

static inline void registries_stop(struct registries *r)
{
    close(r->in);
    waitpid(r->pid, NULL, 0);
    fclose(r->out);
}

#endif
