/* tar.h - tar as layers hold it: ustar, pax (path, linkpath, size), GNU long names.
 * Made by strangers: every length is checked, numbers must fit, checksums must hold. */
#ifndef DFIX_SERVICES_REGISTRY_TAR_H
#define DFIX_SERVICES_REGISTRY_TAR_H

#include "reader/blob.h"

enum tar_type { TAR_FILE, TAR_HARDLINK, TAR_SYMLINK, TAR_DIRECTORY, TAR_OTHER };
enum { TAR_PATH_MAX = 4096, TAR_ENTRIES_MAX = 4 * 1000 * 1000 };

/* `path` is plain: no "./", no "/" at either end, none doubled; "" is the root.
 * Names with ".." in them or longer than TAR_PATH_MAX are passed over. */
struct tar_entry {
    enum tar_type type;
    struct str path;
    struct str link; /* as written; good until the next entry, like `path` */
    uint64_t size;
};

struct tar {
    struct blob *blob;
    uint64_t left; /* of the entry's data and padding */
    uint64_t data; /* of the data alone, not read so far */
    size_t entries;
    bool passed_over; /* some entry was */
    uint64_t
        *most; /* entries that may still come, of this archive and others; NULL: its own bound */
    char path[TAR_PATH_MAX + 1], link[TAR_PATH_MAX + 1];
};

void tar_open(struct tar *t, struct blob *b); /* the blob stays the caller's */
enum tar_step { TAR_ENTRY, TAR_END, TAR_ERROR };
enum tar_step tar_next(struct tar *t, struct tar_entry *out, struct err *e);
/* The next bytes of the entry's data: less than `n` only at its end. */
bool tar_read(struct tar *t, char *p, size_t n, size_t *got, struct err *e);
/* The rest of its data, at most `max` bytes; more is an error. */
bool tar_data(struct tar *t, struct arena *a, size_t max, struct str *out, struct err *e);

/* `path` made plain as above into `out` (of TAR_PATH_MAX + 1 bytes); false: passed over. */
bool tar_plain_path(struct str path, char *out, struct str *plain);

#endif
