/* compile.h - a Packages file becomes a store, if it is the file that was signed
 * for: dfix-read unpacks, hashes and reads it; several files at once in threads. */
#ifndef DFIX_APT_COMPILE_H
#define DFIX_APT_COMPILE_H

#include "host/packing.h"
#include "index/store/store.h"

struct compile_job {
    struct compile_job *next; /* the pool's */
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

void compile_run(struct compile_job *j);

/* Jobs run as they are added; a job and what it names must stay until compile_wait. */
struct compile_pool;
struct compile_pool *compile_pool_open(unsigned threads);
void compile_pool_close(struct compile_pool *p); /* NULL is fine; waits */
void compile_add(struct compile_pool *p, struct compile_job *j);
void compile_wait(struct compile_pool *p);

#endif
