/* compile.h - a Packages file becomes a store, if it is the file that was signed
 * for: one pass unpacks, hashes and reads it. */
#ifndef DFIX_APT_COMPILE_H
#define DFIX_APT_COMPILE_H

#include "services/index/store.h"
#include "services/unpack.h"

struct compile_job {
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

#endif
