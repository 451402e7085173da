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
/* Is its stage the image that the file makes, or one that others are built on? */
bool command_in_image(const struct image *im, const struct command *c);
/* Why what the call leaves for itself, its cache and package lists, must not go at the end of its
 * instruction, for people; "": nothing uses it. */
struct str call_keeps(const struct image *im, struct arena *a, const struct command *c);
/* Why the call must leave something in its cache, for people: a later `rm` wants it; "". */
struct str call_cache_needed(const struct image *im, struct arena *a, const struct command *c);

#endif
