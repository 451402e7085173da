/* calls.h - commands that call a package manager, with an index or without, as rules on commands
 * see them. (Calls whose packages are looked up are `struct install` of image.h.) Pure. */
#ifndef DFIX_CALLS_H
#define DFIX_CALLS_H

#include "dfix/command.h"
#include "dfix/manager.h"

enum verb manager_verb(const struct manager *m, struct str word);
/* What the command calls; VERB_OTHER: no manager, or none of the verbs. */
enum verb command_verb(const struct command *c);
/* Does a cache or tmpfs mount of the RUN hold one of these folders? Blank separated, as a manager's
 * `caches`. */
bool mount_holds(const struct image *im, node_id instruction, const char *folders);

#endif
