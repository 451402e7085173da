/* reading.h - what strangers wrote, read by another process: a job for dfix-read (read_wire.h).
 *
 *     struct reading r;
 *     reading_begin(&r, arena, READ_SIGNED);
 *     wire_number(&r.request, READ_ENDED, true);
 *     ok = reading_file(&r, path, &e) && reading_run(&r, &e);
 *     while ((tag = wire_field(&r.answer, &value)) > 0) ...
 *     reading_end(&r);
 *
 * Jobs may run in several threads at once. The helper is DFIX_READ from the environment, else
 * `dfix-read` where helper.h looks. */
#ifndef DFIX_HOST_READING_H
#define DFIX_HOST_READING_H

#include "host/read_wire.h"

struct reading {
    struct arena *arena;
    struct buf request;
    VEC(int) fd; /* to be handed over; closed by reading_end */
    struct str answer, data;
    bool
        broken; /* the helper is missing, died or talked nonsense: that says nothing of the bytes */
};

void reading_begin(struct reading *r, struct arena *a, enum read_kind kind);
/* What is handed over next. */
bool reading_file(struct reading *r, struct str path, struct err *e);
bool reading_bytes(struct reading *r, struct str bytes, struct err *e);
/* False with the reason. The answer's fields and data are the arena's. */
bool reading_run(struct reading *r, struct err *e);
void reading_end(struct reading *r);

#endif
