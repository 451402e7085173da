/* words.h - words of package managers that several share; words.c. */
#ifndef DFIX_PACKAGES_WORDS_H
#define DFIX_PACKAGES_WORDS_H

#include "dfix/calls.h"

/* Is the path one of these folders, or in one? Blank separated. */
bool path_is_in(struct str path, const char *folders);
/* Is the path one of these folders, in one, or one that holds it? */
bool path_meets(struct str path, const char *folders);
/* Does the command remove what is in one of these folders: `rm -rf FOLDER`, `find FOLDER -delete`?
 * What it removes may be known only when built: then it may. */
bool removes_from(const struct command *c, const char *folders);
/* One of these subcommands, with these words behind it: "clean all". */
bool says_words(const struct command *c, const char *subcommands, const char *operand);

/* The operands of an install. */
size_t install_operands(const struct command *c, const struct field *const **out);
bool cleans_nothing(const struct command *c);
bool serves_nothing(const struct image *im, struct arena *a, const struct command *c);

#endif
