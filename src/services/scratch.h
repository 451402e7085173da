/* scratch.h - folders for what a run needs no longer than itself. Only the run's own user can
 * enter them. They go when they are closed, when a signal ends the run, and, should nothing of
 * that happen (SIGKILL, loss of power), with the next run that looks. */
#ifndef DFIX_SCRATCH_H
#define DFIX_SCRATCH_H

#include <sys/types.h>

#include "dfix/base.h"

/* Of the folder for downloads, and of that for layers in the cache. */
#define SCRATCH_PREFIX "dfix-scratch."
#define LAYERS_PREFIX "layers."

struct scratch {
    struct str path; /* "": not open */
    int slot;
};

/* A new folder `parent`/`prefix`XXXXXX; `parent` is there. */
bool scratch_open(struct scratch *s, struct arena *a, struct str parent, const char *prefix,
                  struct err *e);
/* Remove the files in it, and the folder. */
void scratch_close(struct scratch *s);
/* Remove those of this user whose run has ended. */
void scratch_sweep(struct str parent, const char *prefix);
/* A child that writes into such folders: a signal that ends the run ends it first. 0: none. */
void scratch_has_writer(pid_t pid);

#endif
