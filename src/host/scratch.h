/* scratch.h - what a run leaves on disk only while it lasts: folders for downloads, and the
 * temporary files that become others by a rename.
 *
 * A run removes its own, also when a signal ends it. What could not be removed (SIGKILL, loss of
 * power) goes with the next run that fetches, or by `dfix index prune`: a folder is locked as
 * long as its run lives, so that what is still in use stays. */
#ifndef DFIX_SCRATCH_H
#define DFIX_SCRATCH_H

#include <sys/types.h>

#include "dfix/base.h"

/* Of folders for downloads in the temporary folder, and of those for layers in the cache. */
#define SCRATCH_PREFIX "dfix-scratch."
#define LAYERS_PREFIX  "layers."

/* Where temporary files go that are not worth a place in the cache. */
struct str scratch_temporary(void);
/* `parent`/`prefix`XXXXXX, new and empty, for this user alone; "" with the reason. */
struct str scratch_folder(struct arena *a, struct str parent, const char *prefix, struct err *e);
/* With all that is in it. Once is enough, and "" is fine. */
void scratch_remove(struct str folder);
/* Remove those of this user whose run has ended; how many. */
size_t scratch_sweep(struct str parent, const char *prefix);

enum { SCRATCH_NONE = -1 };
/* This file goes if a signal ends the run; until it is forgotten. */
int scratch_note(const char *file);
void scratch_forget(int note); /* SCRATCH_NONE is fine */

/* A child that writes into such folders: a signal that ends the run ends it first. 0: none. */
void scratch_has_writer(pid_t pid);

#endif
