/* packages.h - what the files of this room share: calls of package managers, and where those take
 * packages from. */
#ifndef DFIX_PACKAGES_H
#define DFIX_PACKAGES_H

#include "dfix/calls.h"
#include "files/files.h"

/* upkeep.c. Package lists as they are behind a node of a stage. */
struct lists_left {
    const struct manager *manager;
    unsigned stage;
    node_id from, here; /* here: the instruction that `from` stands in; 0: it begins one */
};
/* What may need them there, or in a stage that is built on it, and does not bring them up to date
 * itself; 0: nothing. */
node_id lists_user(const struct image *im, const struct lists_left *left);
/* before.c */
void calls_index(const struct image *im, struct arena *a, struct image_late *late);
void sources_index(const struct image *im, struct arena *a, struct image_late *late);
typedef VEC(struct source) source_vec;
/* The sources that the file adds before the call; false: more than SOURCES_MAX. */
enum { SOURCES_MAX = 100 };
bool install_added_sources(const struct image *im, struct arena *a, const struct install *in,
                           source_vec *v);
const struct install *install_of_command(const struct image *im, node_id command); /* NULL: none */
/* The next call of the instruction behind `after` (NULL: the first); NULL: no more. */
const struct install *install_of_instruction(const struct image *im, node_id instruction,
                                             const struct install *after);
/* lists.c. Is it known from the registry where the stage's base image takes apt packages from? */
bool stage_tells_sources(const struct stage *s);
/* snapshot.c. An archive as it was on some day: its versions are not today's. */
bool uri_is_dated(struct str uri);
/* source_hints.c. What shows that a text, a program by its name, or a script, changes where a
 * package manager takes packages from; NULL nothing. */
struct sign {
    const char *text, *why;
    const struct manager *manager;
};
const struct sign *sign_in(struct str text);
const struct sign *sign_of_program(struct str name);
const struct sign *sign_in_script(struct str text);
/* What the walk over sources looks at: an instruction, a command, another node that may do
 * something; and what it does to files. */
struct spot {
    struct step at;
    const struct deed *deed;
    size_t ndeed;
};
/* landing.c. It copies from a stage of the file in which nothing but programs is, and nothing lands
 * where settings lie. */
bool copies_no_settings(const struct image *im, const struct deed *copy);
/* landing.c. Why what is done there may put a file among the manager's settings that cannot be read
 * here; NULL: it does not. */
const char *lands_unread(const struct image *im, struct arena *a, const struct manager *m,
                         const struct spot *s);
/* What add-apt-repository adds. */
struct source_list;
bool repository_added(const struct image *im, struct arena *a, const struct command *c,
                      struct source_list *out);

#endif
