/* compile.h - a Packages file becomes a store, if it is the file that was signed
 * for: one pass unpacks, hashes and reads it, several files at the same time. */
#ifndef DFIX_APT_COMPILE_H
#define DFIX_APT_COMPILE_H

#include "services/index/store.h"
#include "services/unpack.h"

struct compile_job {
    struct compile_job *next;
    const char *file;
    enum packing packing;
    bool sum_of_packed; /* `sha256` and `size` are of the file as it is, else of what it holds */
    uint8_t sha256[32];
    uint64_t size;
    uint64_t most; /* plain bytes that it may hold */
    struct store_meta meta;
    struct str path; /* where the store goes; "": memory only */
    /* What came of it. */
    struct store *store; /* NULL: `err` says why; nothing was written */
    bool saved;          /* false: memory only, `err` says why unless path is "" */
    struct err err;
};

struct compile_pool;
struct compile_pool *compile_open(void);
/* Begins at once. The job is the caller's, and not to be touched until compile_wait. */
void compile_add(struct compile_pool *p, struct compile_job *j);
void compile_wait(struct compile_pool *p);
void compile_close(struct compile_pool *p);

/* One, here and now. */
void compile_run(struct compile_job *j);

#endif
