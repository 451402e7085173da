/* collect.h - the parts of an inventory: inventory.c (packages and bases), languages.c (what lock
 * files and commands of languages' package managers name). */
#ifndef DFIX_INVENTORY_COLLECT_H
#define DFIX_INVENTORY_COLLECT_H

#include "dfix/calls.h"
#include "dfix/file.h"
#include "dfix/inventory.h"
#include "dfix/lock.h"

struct collector {
    struct arena *arena;
    const struct image *im;
    const struct lookup *lookup;
    struct str folder;
    VEC(struct inventory_item) item;
    VEC(struct inventory_gap) gap;
    bool pending;
};
void collect_gap(struct collector *x, node_id at, unsigned stage, struct str what, struct str why);
/* The line of the file that a node begins on. */
uint32_t collect_line(const struct collector *x, node_id at);
void collect_languages(struct collector *x);

#endif
