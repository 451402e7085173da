/* data.h - what the tables share. */
#ifndef DFIX_DATA_H
#define DFIX_DATA_H

#include "dfix/facts.h"

/* What Docker's official image is built on, by the table; false: not in it. `distro` is
 * "" when it is known to be none of Debian, Ubuntu, Alpine. */
bool official_release(struct str image, struct str tag, struct release *out);

#endif
