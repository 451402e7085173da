/* helper.h - the programs beside dfix that do what it does not do itself: where they are. */
#ifndef DFIX_HOST_HELPER_H
#define DFIX_HOST_HELPER_H

#include "dfix/base.h"

/* The program `name` that was installed with dfix: beside it, in DFIX_LIBEXEC, in ../libexec/dfix
 * from it, where it was to be. "" when there is none. `exe`: the real path of dfix or of a
 * helper. */
struct str helper_beside(struct arena *a, struct str exe, const char *name);
/* The helper `name`: what the environment's `set` says, else dfix itself where it is built as one
 * file, else the one beside it. */
struct str helper_find(struct arena *a, struct str exe, const char *name, const char *set);
/* The same from the running program; false with the reason. */
bool helper_path(struct arena *a, const char *name, const char *set, struct str *out,
                 struct err *e);

#endif
