/* values.h - what image/ keeps of the variables that a file defines. */
#ifndef DFIX_VALUES_H
#define DFIX_VALUES_H

#include "dfix/image.h"

/* ARG or ENV; stage UINT32_MAX: before the first FROM. */
struct definition {
    struct str name;
    node_id node, word; /* word 0: no value, given at build time */
    unsigned stage;
    bool env;
};
struct definitions {
    struct definition *v;
    size_t n;
};

struct value value_of_pieces(struct arena *a, const struct piece *v, size_t n);
/* installs.c, sources.c: fill im->install, im->added. */
void installs_find(struct image *im, struct arena *a);
void sources_find(struct image *im, struct arena *a);

#endif
