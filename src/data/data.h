/* data.h - what the tables share. */
#ifndef DFIX_DATA_H
#define DFIX_DATA_H

#include "dfix/facts.h"

/* Does `text` fit `pattern`, where * stands for any text? Linear in practice: one star
 * is tried again at a time. */
bool glob_fits(struct str pattern, struct str text);
/* What Docker's official image is built on, by the table; false: not in it. `distro` is
 * "" when it is known to be none of Debian, Ubuntu, Alpine. */
bool official_release(struct str image, struct str tag, struct release *out);

#endif
