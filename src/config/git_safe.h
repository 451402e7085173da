/* git_safe.h - the folders that git's own configuration calls safe. */
#ifndef DFIX_SERVICES_GIT_SAFE_H
#define DFIX_SERVICES_GIT_SAFE_H

#include "dfix/base.h"

/* Does `safe.directory` of the system's or the user's configuration, or of the environment, name
 * this folder? A repository's own configuration has no say in it. */
bool git_is_safe(struct arena *a, struct str folder);

#endif
