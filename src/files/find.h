/* find.h - a look at one path: between find.c, which gathers the deeds that may touch it, and
 * plays.c, which does them one after the other. */
#ifndef DFIX_FIND_H
#define DFIX_FIND_H

#include "files/files.h"

struct look {
    const struct image *im;
    struct arena *arena;
    unsigned stage;
    struct str path;
    unsigned depth;   /* of looks for what was copied from somewhere else */
    struct buf *text; /* what is written line by line */
};
/* find.c. What lies there before that deed. */
struct file look_before(const struct look *l, unsigned stage, const struct deed *before,
                        struct str path);
struct str name_of_url(struct str url); /* of the file that it leads to */
/* plays.c. What the deed makes of the file. */
void deed_play(const struct look *l, const struct deed *d, struct file *f);
/* modes.c. 755, u+x,go=rx: changes the bits that are known of a mode; `mask`, the umask, counts
 * where the words do not say for whom. */
void mode_change(struct str mode, bool folder, unsigned mask, unsigned *bits, unsigned *known);
/* The mask behind `umask WORD`. */
unsigned mask_after(struct str word, unsigned mask);

#endif
