/* cache.h - the folder that one run leaves to the next: whose it must be, and how a file in it is
 * read and replaced.
 *
 * What is in it is believed without asking anybody again, so it must be the user's own (or
 * root's), and no other user may be able to write to it, nor to put another folder in its place. */
#ifndef DFIX_CACHE_H
#define DFIX_CACHE_H

#include "dfix/base.h"

/* False, with the reason: nothing is read from it, and nothing written. One that does not exist
 * can be used if it can be made safely. */
bool cache_usable(struct arena *a, struct str folder, struct err *e);

/* A file of it to be read, by whoever may be trusted; a negative descriptor with errno set. */
int cache_open(const char *path);
bool cache_read(struct arena *a, struct str path, size_t max, struct str *out, struct err *e);
/* With those above it; for this user alone. */
bool cache_make_folder(struct arena *a, struct str folder, struct err *e);
/* The lock of the file's folder, made with it when missing (0700): gone when it is closed. A
 * negative descriptor with the reason: all of a run's waiting for locks has an end. */
int cache_lock(const char *path, struct err *e);
/* Put the file there whole or not at all. `lasting`: it is on disk when this returns. */
bool cache_write(struct str path, struct str bytes, bool lasting, struct err *e);

/* What looking after the cache's files came to. */
struct cache_care {
    size_t files, whole, removed;
    void (*damaged)(void *user, const char *why);
    void *user;
};

#endif
