/* reference.h - image references by the grammar of distribution/reference. Pure. */
#ifndef DFIX_REFERENCE_H
#define DFIX_REFERENCE_H

#include "dfix/base.h"

/* Slices into the text given. */
struct reference {
    struct str domain, path, tag, digest; /* as written; "" when left out */
};
bool reference_parse(struct str text, struct reference *out);
bool tag_valid(struct str tag);
/* docker.io/library/debian for debian: what is meant, without tag and digest. */
struct str reference_name(struct arena *a, const struct reference *r);

#endif
