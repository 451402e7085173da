/* atomic.h - a file's content replaced at once or not at all.
 *
 * The new text is written to a file without a name where the file system can (O_TMPFILE), which
 * is gone with its process; it has a name, `.dfix-PID-XXXXXX`, only for the moment in which it
 * takes the old one's place. A writer holds a lock on what it gave such a name, so that
 * atomic_clean can tell what a killed one has left from what is in use. */
#ifndef DFIX_SERVICES_ATOMIC_H
#define DFIX_SERVICES_ATOMIC_H

#include <sys/types.h>

#include "dfix/base.h"

struct atomic_place {
    int folder;       /* a descriptor of it */
    const char *name; /* in it, without a slash */
    /* What is to be replaced, open for reading: its mode, owner, access list and other extended
     * attributes are kept, it must have no other hard link, and it has to be there still, with the
     * bytes of `was`, when the new text takes its place. -1: whatever is there, or nothing. */
    int old;
    struct str was;
    bool any;    /* whatever its bytes are by now */
    bool fresh;  /* nothing may stand there yet */
    mode_t mode; /* of the new file where there is no old one */
    /* The name that the new file has meanwhile, with what a killed writer left there gone: no two
     * write in this folder at once. NULL: a name of its own, as above. */
    const char *draft;
    bool fleeting; /* it may be lost with the machine's power: it is not waited for */
};

/* On disk when it returns true, unless it is fleeting. No signal that can be held back ends the
 * program meanwhile. */
bool atomic_replace(const struct atomic_place *p, struct str text, struct err *e);
/* Remove what killed writers left in this folder. */
void atomic_clean(int folder);
/* Is this a name that atomic_replace gives to what is not yet in its place? */
bool atomic_is_temporary(const char *name);

#endif
