/* gate_face.h - dfix gate: what its parts share.
 *
 *     command.c   the words, the policy, what is written and the status
 *     image.c     what is judged: an image by its digest, an OCI layout, an inventory
 *     source.c    the Dockerfile: what its rules say, and which line brings a package
 *     told.c      the answer for people and for programs
 *     sarif.c     the same for code scanning */
#ifndef DFIX_FACES_GATE_FACE_H
#define DFIX_FACES_GATE_FACE_H

#include "dfix/dfix.h"
#include "faces/faces.h"
#include "gate/gate.h"

struct gate_command {
    struct arena *arena;
    const struct command_line *line;
    struct wishes wishes;
    struct config base;
    struct settings settings;
    struct gate_policy policy;
    struct world *world;
    struct codeowners owners;
    struct str file; /* the Dockerfile as it was named; "" none */
    struct job job;  /* of the Dockerfile */
    struct gate_source source;
    struct gate_input in;
    VEC(struct gate_image) platform;
    VEC(struct component) component;
    uint32_t *slot; /* image.c's: where a component stands, by what it is */
    size_t nslot;
    VEC(struct acceptance) accept;
    VEC(struct gate_secret) secret;
    VEC(struct gate_used) used;
    size_t first_gap;    /* of the components that stand for what a Dockerfile does not tell */
    VEC(struct str) gap; /* why, of each */
    bool whole;          /* every platform that the digest stands for is judged */
};

/* image.c. What the words and options name; false: it cannot be found out. */
bool gate_take(struct gate_command *c, struct err *e);
/* source.c */
bool gate_take_source(struct gate_command *c, struct err *e);
void gate_take_secrets(struct gate_command *c, const struct gate_image *p);

/* told.c, sarif.c */
void gate_tell(FILE *out, const struct gate_command *c, const struct gate_result *r, bool verbose);
void gate_json(FILE *out, const struct gate_command *c, const struct gate_result *r, bool lines);
void gate_sarif(FILE *out, const struct gate_command *c, const struct gate_result *r);

#endif
