/* output.h - a file that somebody names for what a run has to say: a report, a baseline, a page.
 *
 * It is replaced at once when all of it is there; until then, and when the run fails, it is as it
 * was. Written to as it comes is only what cannot be replaced: a pipe, a device, what standard
 * output already goes to, a file that is another user's or has other names. What a run says can be
 * made again, so that nothing waits for the disk. */
#ifndef DFIX_OUTPUT_H
#define DFIX_OUTPUT_H

#include <stdio.h>
#include <sys/types.h>

#include "dfix/base.h"

struct output {
    FILE *stream; /* NULL: it could not be opened, or is closed */
    struct str file;
    const char *name; /* in the folder */
    int folder, old;  /* descriptors; -1: written to as it comes; nothing was there */
    mode_t mode;      /* of a new one */
    char *text;       /* what the stream has gathered */
    size_t size;
};

/* `file` and `name` are borrowed of the arena. */
bool output_open(struct arena *a, struct str file, struct output *o, struct err *e);
/* False: it is not written, or not all of it. */
bool output_close(struct output *o, struct err *e);
/* Both, of a text. */
bool output_write(struct arena *a, struct str file, struct str text, struct err *e);
/* A file that is not there yet, and not replaced if it is. On disk when it returns true. */
bool output_create(struct arena *a, struct str file, struct str text, struct err *e);

#endif
