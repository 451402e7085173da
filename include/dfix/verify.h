/* verify.h - what sets one Dockerfile apart from another, in words: what a build of the second
 * would do that a build of the first does not. Pure.
 *
 * It is asked of anybody's change, and takes nothing from the guard that stands behind dfix's own:
 * both texts are read anew, each as a whole, and what their instructions come to is compared. What
 * it does not understand is compared byte by byte, so that in doubt texts differ. */
#ifndef DFIX_VERIFY_H
#define DFIX_VERIFY_H

#include "dfix/lookup.h"
#include "dfix/syntax.h"

/* From what matters least to what matters most. */
enum difference_kind {
    DIFFERENCE_NONE,
    DIFFERENCE_LAYOUT,   /* the same build, written in another way */
    DIFFERENCE_COMMENTS, /* comments, and what they tell linters */
    DIFFERENCE_VERSIONS, /* the same packages and images, in other versions */
    DIFFERENCE_CACHES,   /* caches, package lists, logs, and what is printed during the build */
    DIFFERENCE_ORDER,    /* the same parts in another order that the image does not depend on */
    DIFFERENCE_BEHAVIOUR,
    DIFFERENCE_KINDS
};
struct difference {
    enum difference_kind kind;
    struct span before, after; /* empty in the text that has nothing of it */
    struct str where;          /* "RUN in stage build"; "" the whole file */
    struct str what;           /* "installs curl at 7.88.* instead of any version" */
};
struct differences {
    const struct difference *v; /* in the order of the texts */
    size_t n;
};
/* `l` may tell of the build context below `folder`; NULL, and "", are good. */
struct differences verify_texts(struct arena *a, struct str before, struct str after,
                                const struct lookup *l, struct str folder);
enum difference_kind differences_worst(struct differences d);
const char *difference_name(enum difference_kind k); /* "layout" */
const char *difference_doc(enum difference_kind k);  /* what the kind is, for people */

#endif
