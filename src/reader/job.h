/* job.h - dfix-read: a job, and the parts that do such.
 *
 *     main.c       hears the job, has it done, answers
 *     sandbox.c    what the process may still do by then
 *     signed.c     READ_SIGNED     gpgv.c
 *     indexes.c    READ_PACKAGES   packages_file.c, unpack.c, packages.c; READ_APKINDEX
 *                                  apkindex.c, archive.c, keys.c
 *     advisories.c READ_ADVISORIES feeds.h
 *     layers.c     READ_LAYERS     layer_facts.c, rootfs.c, contents.h, tar.c, blob.c
 *
 * The protocol is host/read_wire.h's. One thread; the only program that links libcrypto and the
 * decompressors. */
#ifndef DFIX_READER_JOB_H
#define DFIX_READER_JOB_H

#include "host/read_wire.h"
#include "index/store/store.h"

struct job {
    struct arena *arena;
    struct str fields; /* of the request */
    VEC(int) fd;
    struct buf answer;   /* fields */
    struct store *store; /* whose image is the data; NULL: there is none */
    struct str image;    /* the data, where there is no store; "" none */
    struct err err;      /* why it was not done */
};

/* False: it was not done, and `err` says why. */
bool job_signed(struct job *j);
bool job_packages(struct job *j);
bool job_apkindex(struct job *j);
bool job_layers(struct job *j);
bool job_advisories(struct job *j);

/* The whole of a descriptor's file, which may hold so much. */
bool job_bytes(struct job *j, size_t fd, size_t most, struct str *out);

#endif
