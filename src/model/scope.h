/* scope.h - where a word is read, and so what its value may depend on: the tree that holds it,
 * the stages around it, and what ARG and ENV say there. A text that another shell reads is a
 * scope of its own: nothing is known in it of the variables around it. */
#ifndef DFIX_SCOPE_H
#define DFIX_SCOPE_H

#include "dfix/image.h"

/* ARG or ENV; stage UINT32_MAX: before the first FROM. */
struct definition {
    struct str name;
    node_id node, word; /* word 0: no value, given at build time */
    unsigned stage;
    bool env;
    uint32_t earlier; /* the one before that may have the same name: its index and one; 0: none */
};
/* Those of commands and exec forms that were asked for. */
struct command_fields {
    const struct field *v;
    size_t n;
};
struct kept_fields {
    uint32_t *of; /* by node: which of the list, and one; 0: not yet */
    VEC(struct command_fields) list;
};
struct definitions {
    struct definition *v;
    size_t n;
    uint32_t *last;      /* by the hash of names: the last one's index and one */
    uint32_t *outer;     /* the same of those before the first stage */
    size_t nlast;        /* a power of two */
    struct arena *arena; /* the image's own */
    struct kept_fields *kept;
};

/* What is worked out of the tree when it is first asked for. */
struct tree_effects;
struct use;
struct scope_late {
    struct arena *arena;
    struct tree_effects *effects; /* effects.c's; NULL: not yet */
    const struct use *use;        /* uses.c's, in its order; NULL: not yet */
    size_t nuse;
    size_t listed; /* fields that lists gave, to whatever reads them */
};
/* Of a text that another shell reads: no stages, no definitions. */
struct scope scope_of_text(struct arena *a, const struct tree *t);

/* The stage that a node stands in; UINT32_MAX: before the first FROM, or in another shell's
 * text. */
unsigned scope_stage_of(const struct scope *s, node_id n);
/* The value of a word as the Dockerfile or its shell expands it there. */
struct value scope_value(const struct scope *s, struct arena *a, node_id word);
/* The same of a variable that a text names there. */
struct value scope_variable(const struct scope *s, struct arena *a, node_id at, struct str name);
/* The stage is that one, or built on it. */
bool scope_is_built_on(const struct scope *s, unsigned stage, unsigned base);
/* definitions.c. The definition in force there; NULL: none is known. A stage has what the stage
 * that it is built on has, ARGs too. *argument: a build may give another value. */
const struct definition *definition_at(const struct scope *s, node_id at, struct str name,
                                       bool *argument);
/* Fields that a simple command gets, assignments and redirections left out. */
size_t scope_fields(const struct scope *s, struct arena *a, node_id command,
                    const struct field **out);
struct value value_of_pieces(struct arena *a, const struct piece *v, size_t n);

/* assigned.c. What the instruction around `at` makes of a shell's variable before it. */
enum assigned { ASSIGNED_NOT, ASSIGNED_KNOWN, ASSIGNED_UNKNOWN };
struct assignment {
    node_id word;  /* 0: nothing, the variable is empty */
    uint32_t skip; /* bytes of it that are not the value: `export NAME=` */
};
enum assigned assigned_before(const struct scope *sc, node_id at, struct str name,
                              struct assignment *out);

#endif
