/* collect.h - the parts of an inventory: inventory.c (packages by name, and bases), along.c and
 * needs.c (what package managers bring along), languages.c (what lock files and commands of
 * languages' package managers name). */
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
    VEC(struct str) lock; /* files that were read, or looked for */
    struct plant *plant;  /* along.c's: of the stage that is the image; NULL: there is none */
    bool pending;
};
void collect_gap(struct collector *x, node_id at, unsigned stage, struct str what, struct str why);
/* The line of the file that a node begins on. */
uint32_t collect_line(const struct collector *x, node_id at);
struct component collect_component(const struct collector *x, const struct stage *s,
                                   const struct offer *o, struct str name);
/* What the call would install of the package; false: that is not known, and `why` says so. */
bool collect_offer(struct collector *x, const struct install *in, const struct package *p,
                   const struct source *source, size_t nsource, const struct offer **out,
                   struct str *why);
/* What the layers of a stage's base hold; false: that is not known, and `why` says so, or not yet.
 */
bool collect_base_facts(struct collector *x, const struct stage *s, struct base_facts *out,
                        struct str *why);

/* ---- along.c ---- */

/* A package that is there at some point of a build. */
struct held {
    struct str name, version, source, source_version, arch;
    enum brought brought; /* BY_NAME, ALONG, BY_BASE */
    node_id at;           /* the word that named it, or that brought it along */
    unsigned stage;
    struct str by, group; /* ALONG: the package that was named; apk's --virtual */
    uint32_t next;        /* of its chain, its place + 1 */
    bool gone;
};
enum { PLANT_CHAINS = 256 };
/* All that is there; by name. */
struct plant {
    VEC(struct held) held;
    uint32_t chain[PLANT_CHAINS];
    bool known; /* what the base holds is */
};
struct held *plant_find(const struct plant *p, struct str name); /* NULL: it is not there */
struct held *plant_put(struct collector *x, struct plant *p, const struct held *h);
void collect_along(struct collector *x);
/* Another version than the base's is there by now, or none. */
bool along_replaced(const struct collector *x, struct str name);

/* ---- needs.c ---- */

/* A call, and where its packages come from. */
struct bringing {
    struct collector *x;
    struct plant *plant;
    const struct install *in;
    const struct source *source;
    size_t nsource;
    struct str lacking; /* the first that is needed and not to be had; "" */
};
/* Puts what the packages need that were put last, from `first` on, into the plant. */
void needs_bring(struct bringing *b, size_t first);
/* Takes out what needs something that is not there any more; and what nothing needs, if `sweep`. */
void needs_settle(struct bringing *b, bool sweep);

void collect_languages(struct collector *x);

#endif
