/* archive.h - what an APKINDEX.tar.gz is packed in: gzip members one after the other, each a tar
 * of a few plain files. Strict: whatever such an archive never has is refused, not passed over. */
#ifndef DFIX_READER_ARCHIVE_H
#define DFIX_READER_ARCHIVE_H

#include "dfix/base.h"

/* Unpack the gzip member that *bytes begins with, and step over it. More than `most` plain
 * bytes, or a member that is cut off, is an error. */
bool archive_member(struct arena *a, struct str *bytes, size_t most, struct str *plain,
                    struct err *e);

/* The files of a tar, one at a time. The blocks of zeros at the end may be missing. */
struct archive {
    struct str rest;
    size_t entries;
};
struct archive_file {
    struct str name, data;
};
enum archive_step { ARCHIVE_FILE, ARCHIVE_END, ARCHIVE_ERROR };
enum archive_step archive_next(struct archive *t, struct archive_file *out, struct err *e);

#endif
