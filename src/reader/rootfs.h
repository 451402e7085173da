/* rootfs.h - a few wanted files out of an image's layers, as the container would see them.
 *
 * Layers are read from the newest down; what a newer one has, removes (`.wh.NAME`) or hides
 * (`.wh..wh..opq`, a file where a directory was) counts. A layer is inflated no further than
 * to the point where nothing wanted can come any more; the rest of it is only hashed. One that is
 * listed twice is read once. */
#ifndef DFIX_SERVICES_REGISTRY_ROOTFS_H
#define DFIX_SERVICES_REGISTRY_ROOTFS_H

#include "registry/budget.h"

struct layer_file {
    int fd;
    struct str digest; /* "": not checked */
    uint64_t size;     /* checked with the digest */
};
/* Oldest first, as in a manifest. What is read of them is taken from `left`. */
struct layers {
    const struct layer_file *v;
    size_t n;
    struct layers_left *left;
};

/* What to look for. Once a want is found, the groups that it `settles` need not be. */
struct want {
    const char *path;
    bool directory;          /* all the files directly in it */
    unsigned group, settles; /* bits */
};

struct rootfs_file {
    struct str name, bytes;
};
struct found {
    bool there;      /* a file was found; a directory has files */
    bool unreadable; /* it is there, but not as a plain file (too large, a link to nowhere) */
    struct str bytes;
    const struct rootfs_file *file; /* directory: by name */
    size_t nfile;
};

enum { WANTS_MAX = 32 };
/* `out` has an element for each want. False: a layer is
 * damaged or not the right one, and nothing in `out` may be used. */
bool rootfs_read(struct arena *a, struct layers layers, const struct want *want, size_t nwant,
                 struct found *out, struct err *e);

#endif
