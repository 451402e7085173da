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
/* asks.c. Inside if, case, a loop, a function or a substitution; behind `||`. */
bool node_in_branch(const struct tree *t, node_id n);
bool node_after_or(const struct tree *t, node_id n);
/* installs.c, sources.c: fill im->install, im->added. */
void installs_find(struct image *im, struct arena *a);
void sources_find(struct image *im, struct arena *a);
/* repositories.c. The repositories that a command writes into apk's list; `replaces` tells those of
 * `>`. False: it does something else, or what it writes is not known. */
bool repositories_read(const struct image *im, struct arena *a, node_id command,
                       const struct source **out, size_t *n);

#endif
