/* deeds.h - how deeds are found: between the files that read COPY, commands, and texts. */
#ifndef DFIX_DEEDS_H
#define DFIX_DEEDS_H

#include "commands/list.h"
#include "files/files.h"

/* A `cd` or `umask` that ends with what it stands in. */
struct moved {
    const struct scope *scope;
    node_id until;
    struct str before;
    unsigned mask;
};
/* The heredocs of one instruction, or of one text for another shell: operators and bodies come in
 * one order. */
struct bodies {
    const struct tree *tree;
    node_id instruction;
    VEC(node_id) operator_;
    VEC(node_id) body;
};
struct doer {
    const struct image *im;
    struct arena *arena;
    struct image_files *files;
    const struct step *step;
    struct deed now; /* where the next one is done */
    VEC(struct deed) list;
    VEC(struct moved) moved;
    struct bodies bodies;
    struct str at; /* the working folder; "" the base image's own */
    bool starts;   /* CMD or ENTRYPOINT: the build does nothing there */
    node_id next;  /* where it goes on; the stage of what stands before that */
    unsigned stage;
};

/* deeds.c */
struct deed *deed_add(struct doer *d, enum deed_kind kind, struct place to);
struct place place_of(const struct doer *d, const struct value *v);
struct place place_of_text(const struct doer *d, struct str text);
struct str pattern_of(const struct doer *d, const struct value *v); /* not resolved */
bool value_is_sure(const struct value *v); /* known, and no default of a build argument */
/* deed_copy.c */
void deeds_of_copy(struct doer *d, node_id instruction);
void deeds_of_mount(struct doer *d, node_id flag);
/* deed_commands.c */
void deeds_of_command(struct doer *d, const struct command *c);
bool command_acts(const struct command *c); /* else it has no deeds, but for its redirections */
/* texts.c */
void deeds_of_redirects(struct doer *d, node_id command); /* of a COMMAND's own */
void deed_of_group(struct doer *d, node_id redirect);     /* { ...; } > FILE */
/* What is piped or given by heredoc to tee; false: not known. */
bool text_fed(struct doer *d, node_id command, struct str *out);
bool text_of_body(struct doer *d, node_id redirect, struct str *out);

#endif
