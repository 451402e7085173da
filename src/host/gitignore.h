/* gitignore.h - which paths git would leave out, as gitignore(5) says.
 *
 * Rules form a chain, one link a folder, the innermost first; within a chain the
 * rule that comes last and matches decides. */
#ifndef DFIX_SERVICES_GITIGNORE_H
#define DFIX_SERVICES_GITIGNORE_H

#include "dfix/base.h"

struct ignore_rule {
    struct str pattern; /* without `!`, leading and trailing slash */
    bool negated, folder_only;
    bool anchored; /* held against the path from the folder, not the last name alone */
};
struct ignore_rules {
    const struct ignore_rules *outer;
    struct str folder; /* of the .gitignore, as a prefix of the paths asked: "" or "a/b/" */
    struct ignore_rule *v;
    size_t n;
};

/* The rules of one .gitignore's text, a link to be put before `outer`; NULL: more of them than a
 * search can go through for each name. */
const struct ignore_rules *ignore_parse(struct arena *a, struct str text, struct str folder,
                                        const struct ignore_rules *outer);
/* Does git leave out `path` itself? (The caller asks for the folders above it first: what lies
 * in a folder that is left out cannot come back.) */
bool ignore_matches(const struct ignore_rules *rules, struct str path, bool is_folder);

#endif
