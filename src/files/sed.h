/* sed.h - what sed makes of a text. Pure. */
#ifndef DFIX_SED_H
#define DFIX_SED_H

#include "dfix/base.h"

/* The commands of `script` (s/// with g, and d, with a /pattern/ before them or not) done to every
 * line. False: there is something in it that is not understood. */
bool sed_apply(struct arena *a, struct str script, bool extended, struct str text, struct str *out);

#endif
