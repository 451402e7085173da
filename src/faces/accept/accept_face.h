/* accept_face.h - dfix accept: what its parts share.
 *
 *     command.c   the words, what holds here; add, renew, import
 *     list.c      as a table, JSON, OpenVEX, CSAF
 *     page.c      the business owner's page */
#ifndef DFIX_FACES_ACCEPT_FACE_H
#define DFIX_FACES_ACCEPT_FACE_H

#include "accept/accept.h"
#include "faces/faces.h"

struct accept_command {
    struct arena *arena;
    const struct command_line *line;
    struct wishes wishes;
    struct config base;
    struct settings settings;
    struct str repository; /* "": none */
    struct codeowners owners;
    const struct codeowners *known; /* NULL: there is no CODEOWNERS to ask */
    int status;
};

/* What is wrong with an entry, in the repository that this is about. */
unsigned accept_command_faults(const struct accept_command *c, const struct acceptance *x);
/* Prints what holds here, in the format that was asked for. */
int accept_list_print(struct accept_command *c);
/* One page for those who answer for the risks and read no identifiers. */
struct str accept_page(struct accept_command *c, struct str title);
/* Sorted: those that do not count, then by their end. */
const struct acceptance **accept_sorted(struct accept_command *c);

#endif
