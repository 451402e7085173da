/* held.h - files that were read and may be written.
 *
 * Which file it is is settled when it is read: its folder, which stays open where descriptors
 * allow, its device and inode, its bytes. It is written only while all of that is so; what came
 * to its place meanwhile, and what somebody wrote into it, stays.
 *
 * Files of one folder are mostly read one after another: the folder that was read from last is
 * not opened again for the next of them, which then has to be where its path leads. */
#ifndef DFIX_SERVICES_HELD_H
#define DFIX_SERVICES_HELD_H

#include <sys/types.h>

#include "dfix/base.h"

struct held_folder {
    struct held_folder *next;
    const char *path; /* without links */
    dev_t dev;
    ino_t ino;
    int fd; /* kept until the end; -1: opened again when it is needed */
};
enum { HELD_CHAINS = 256 };
struct held_folders {
    struct arena *arena;
    struct held_folder *chain[HELD_CHAINS];
    size_t room;              /* descriptors that may still be kept */
    struct held_folder *last; /* what was read from last; NULL: nothing */
    int at;                   /* its descriptor */
};
struct held_file {
    const char *path; /* as it was named */
    const char *real; /* without links */
    const char *name; /* in its folder */
    struct held_folder *folder;
    dev_t dev;
    ino_t ino;
};

void held_open(struct held_folders *h, struct arena *a);
void held_close(struct held_folders *h);
/* Read a regular file, as file_read does. `real`: where a search has found it, and it is refused
 * when its path leads elsewhere by now; "": wherever it leads. */
bool held_read(struct held_folders *h, struct str path, struct str real, size_t max,
               struct held_file *out, struct str *text, struct err *e);
/* Put `text` in the place of `was`; mode, owner, access list and attributes stay, other hard
 * links keep the old text. Nothing is written when the file says `text` already. */
bool held_write(const struct held_file *f, struct str was, struct str text, struct err *e);
/* Remove what a killed run has left beside the files that were read. */
void held_clean(const struct held_folders *h);

#endif
