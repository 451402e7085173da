/* files.h - Dockerfiles on disk: found, read, written. */
#ifndef DFIX_FILES_H
#define DFIX_FILES_H

#include "dfix/base.h"

/* All of a regular file (symlinks followed). Refused, with the reason: folders, FIFOs,
 * devices, files over `max` bytes. */
bool file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *e);
/* The same of one that is open; `path` for messages. */
bool file_read_open(struct arena *a, int fd, const char *path, size_t max, struct str *out,
                    struct err *e);
/* What is at `path` below the folder, and does not lead out of it: a regular file's text, or the
 * names in a folder, a line each. False: no such thing, or one that is too large. */
bool file_below(struct arena *a, struct str folder, struct str path, size_t max, bool *is_folder,
                struct str *out);
/* All of the bytes; false: errno says why. */
bool file_put(int fd, struct str bytes);
/* The folder and those around it, where they are missing. */
bool folder_make(const char *path, unsigned mode, struct err *e);
/* Standard input, up to `max` bytes. */
bool file_read_stdin(struct arena *a, size_t max, struct str *out, struct err *e);
/* Where a file's bytes are, from the working directory when they lie below it: the path itself,
 * or what a link leads to. `real`: where that is, when a search has found it; "" not known. */
struct str file_target(struct arena *a, struct str path, struct str real);

struct found_file {
    struct str path; /* NUL-terminated too */
    struct str real; /* where a search has found it, without links; "": it was named */
    bool is_link;    /* and what it leads to may be found by itself */
};
struct file_list {
    struct found_file *v;
    struct str *left;   /* links that are left alone: which, and why */
    struct str *failed; /* what could not be searched */
    size_t n, nleft, nfailed;
};
/* The Dockerfiles that `path` names: itself when it is no folder, else what lies below it
 * (Dockerfile, Dockerfile.dev, Dockerfile-dev, Dockerfile_dev, dev.Dockerfile; Containerfile
 * and small letters likewise; no templates, backups and the like), without what .gitignore leaves
 * out; sorted by bytes. Links to folders are not followed, and links to files not out of their
 * repository. False with the first reason when something could not be searched; `out` holds the
 * rest all the same. */
/* `also` says which other names count, by where they are without links; it may be NULL. */
typedef bool files_also(const void *user, struct str real);
bool files_find(struct arena *a, struct str path, files_also *also, const void *user,
                struct file_list *out, struct err *e);
/* Is it one by its name? */
bool file_is_dockerfile(struct str name);
/* The repository that an absolute folder lies in: the nearest one upward that has a `.git`; "":
 * none. */
struct str file_repository(struct arena *a, struct str folder);

/* The folder that a path's last name lies in: "." for a bare name. */
struct str path_folder(struct arena *a, struct str path);
/* folder/name; just the name for the folder "." */
struct str path_join(struct arena *a, struct str folder, struct str name);
/* From the file system's root, without "." and ".." and doubled slashes; by names only, so
 * that the path need not exist. NUL-terminated too. */
struct str path_absolute(struct arena *a, struct str path);
/* Of `path` below `folder`, both absolute: what is left of it, "" for the folder itself. */
bool path_below(struct str path, struct str folder, struct str *left);
/* Where it lies from the working directory when it is below that; else `path` from the root. */
struct str path_relative(struct arena *a, struct str path);

#endif
