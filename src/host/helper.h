/* helper.h - the programs beside dfix that do what it does not do itself: where they are. */
#ifndef DFIX_HOST_HELPER_H
#define DFIX_HOST_HELPER_H

#include "dfix/base.h"

/* The helper `name`: what the environment's `set` says, else beside dfix, in DFIX_LIBEXEC, in
 * ../libexec/dfix from dfix, where it was installed. "" when there is none. `exe`: the real path of
 * dfix. */
struct str helper_find(struct arena *a, struct str exe, const char *name, const char *set);
/* The same from the running program; false with the reason. */
bool helper_path(struct arena *a, const char *name, const char *set, struct str *out,
                 struct err *e);

#endif
