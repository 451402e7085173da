/* compose.c - the model of a file, put together: what rules are given. */
#include "packages/packages.h"

struct image *image_of(struct arena *a, const struct tree *t, const struct lookup *l,
                       const struct image_settings *settings)
{
    struct image *im = image_begin(a, t, l, settings);
    struct image_own *own = im->self;

    own->may_fetch = text_may_fetch(t->text);
    return im;
}
