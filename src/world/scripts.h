/* scripts.h - scripts as ShellCheck is given them, and its remarks as it prints them. */
#ifndef DFIX_WORLD_SCRIPTS_H
#define DFIX_WORLD_SCRIPTS_H

#include <jansson.h>

#include "dfix/lookup.h"

/* A file for this user alone. */
bool script_write(const char *path, struct str text, struct err *e);
/* One of the `comments` of its JSON (json1: a tab is one column), read by the text's lines. False:
 * it is not understood. */
bool remark_read(struct arena *a, struct str text, const json_t *comment, struct remark *out);

#endif
