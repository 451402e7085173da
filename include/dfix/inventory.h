/* inventory.h - what the image of a file will hold, as far as it can be told without a build: the
 * packages that its lines install, those of its base, and what the lock files name that it copies
 * and installs by. What cannot be told is listed as well: it was not checked, and is never clean.
 * Pure. */
#ifndef DFIX_INVENTORY_H
#define DFIX_INVENTORY_H

#include "dfix/advisory.h"
#include "dfix/gate.h"
#include "dfix/image.h"

struct inventory_item {
    struct component is;
    node_id at; /* the word of a package, the command that installs by a lock file, FROM's image */
    unsigned stage;
    const struct install *install; /* BROUGHT_BY_NAME by apt or apk; else NULL */
    const struct package *package;
    uint32_t lock_line; /* BROUGHT_BY_LOCK: of the lock file; 0: not known */
};
struct inventory_gap {
    struct str what, why; /* "the packages of debian:12", "its registry was not asked" */
    node_id at;
    unsigned stage;
};
struct inventory {
    const struct inventory_item *v;
    size_t n;
    const struct inventory_gap *gap;
    size_t ngap;
    bool pending; /* something is not known yet */
};
/* `folder`: that the file's COPY takes from; "" not known. */
void inventory_of(struct arena *a, const struct image *im, const struct lookup *l,
                  struct str folder, struct inventory *out);

/* How to do without an installed package, by what the file says of it: an advice that begins with
 * a verb; "" it says nothing. */
struct str inventory_removal(struct arena *a, const struct image *im,
                             const struct inventory_item *it);

/* What came of an acceptance. */
struct accept_use {
    bool met;        /* it spoke of something that is there */
    node_id lacking; /* where that is, if the acceptance does not count */
};
/* Takes out of the list of this component, which is brought in at `at`, what somebody answers for.
 * `use`: one for each of the `n`, for those that it is worth to say something of; may be NULL. */
void inventory_accept(struct arena *a, const struct accepted *v, size_t n, struct accept_use *use,
                      const struct component *is, node_id at, struct match_list *list);

#endif
