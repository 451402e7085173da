/* files.h - Dockerfiles on disk: found, read, written. */
#ifndef DFIX_FILES_H
#define DFIX_FILES_H

#include "dfix/base.h"

/* All of a regular file (symlinks followed). Refused, with the reason: folders, FIFOs,
 * devices, files over `max` bytes. */
bool file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *e);
/* Standard input, up to `max` bytes. */
bool file_read_stdin(struct arena *a, size_t max, struct str *out, struct err *e);
/* Replace the file's content at once or not at all: temp file in the same folder, fsync,
 * rename; mode and owner kept, symlinks followed. */
bool file_write(const char *path, struct str text, struct err *e);

struct file_list {
    struct str *v; /* NUL-terminated too */
    size_t n;
};
/* The Dockerfiles that `path` names: itself when it is no folder, else what lies below it
 * (Dockerfile, Dockerfile.*, *.Dockerfile, *.dockerfile, Containerfile, Containerfile.*),
 * without what .gitignore leaves out; sorted by bytes. */
bool files_find(struct arena *a, struct str path, struct file_list *out, struct err *e);

#endif
