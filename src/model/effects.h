/* effects.h - which node of a shell's text changes which variable. Found in one walk over an
 * instruction, when it is first asked for; looked up by the name. */
#ifndef DFIX_EFFECTS_H
#define DFIX_EFFECTS_H

#include "model/scope.h"

enum effect_kind {
    EFFECT_SETS,   /* to a word that is written */
    EFFECT_PASSES, /* name=value before a command's name: it holds for that command */
    EFFECT_SPOILS  /* to what is not known */
};
struct effect {
    struct str name;      /* "" every variable */
    node_id node;         /* ASSIGN, COMMAND, FOR, PARAM or ARITH */
    struct assignment to; /* SETS */
    enum effect_kind kind;
    uint32_t next; /* on the same name: its index and one; 0: none */
};

/* The effects on a variable in an instruction, in reading order, one of each node. */
struct effect_walk {
    const struct effects *all;
    uint32_t own, any; /* the next one on this name, on every name */
};
struct effect_walk effects_on(const struct scope *sc, node_id instruction, struct str name);
/* On the positional parameters: to.word is the word of `set` before the first of them. */
struct effect_walk effects_on_arguments(const struct scope *sc, node_id instruction);
const struct effect *effect_next(struct effect_walk *w); /* NULL: no more */

/* A command of a list of && and ||. */
struct list_place {
    bool sure;       /* whatever stands before it in the list, it runs */
    bool directly;   /* behind && */
    unsigned joined; /* commands of one list with only && between them have the same number */
};
struct list_place effects_list_place(const struct scope *sc, node_id command);
bool effects_in_background(const struct scope *sc, node_id n); /* `&` stands behind it */
/* The first word of a command, the body of a `for`; 0: none. */
node_id effects_inner(const struct scope *sc, node_id n);

#endif
