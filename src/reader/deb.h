/* deb.h - packages of Debian's: an ar archive of "debian-binary", the control files, and the files
 * that it installs. Whoever made it may have lied: sizes and names are checked, and only so much is
 * unpacked. */
#ifndef DFIX_READER_DEB_H
#define DFIX_READER_DEB_H

#include "reader/tar.h"

struct deb {
    struct str name, version; /* as its control file has them, and valid */
    struct str data;          /* the packed archive of its files */
};
bool deb_is(struct str bytes);
/* Slices of `bytes` and texts of the arena. False: it is none, or a damaged one. */
bool deb_open(struct arena *a, struct str bytes, struct deb *out, struct err *e);

/* What becomes of each entry of its files. */
enum deb_step { DEB_ON, DEB_ENOUGH, DEB_ERROR };
struct deb_files {
    enum deb_step (*take)(void *user, struct tar *t, const struct tar_entry *entry, struct err *e);
    void *user;
};
/* False: it is damaged, or more than is read, or `take` said so. */
bool deb_read(const struct deb *d, const struct deb_files *files, struct err *e);

#endif
