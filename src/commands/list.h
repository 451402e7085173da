/* list.h - how the list of commands is kept: what is worked out when it is first asked for lies
 * beside each command. */
#ifndef DFIX_COMMANDS_LIST_H
#define DFIX_COMMANDS_LIST_H

#include "commands/commands.h"

struct command_line {
    VEC(struct command_option) option;
    VEC(const struct field *) operand;
    struct str subcommand;
    uint32_t subcommand_arg; /* which of the args; 0: none */
    bool open;               /* a field is known only when it is built */
};
struct command_late {
    const struct field *arg; /* NULL: not asked for yet */
    size_t narg;
    struct command_line *line; /* the same */
    uint32_t alike;            /* the next one of its program: its index and one; 0: none */
};
struct commands {
    struct arena *arena;
    const struct scope *scope; /* of what is in no text */
    const struct field *word;  /* of the command that has no node; NULL: there is none */
    size_t nword;
    struct command *v;
    struct command_late *late; /* one a command */
    size_t n;
    uint32_t *first;                /* by program: the first one's index and one; 0: none */
    const struct command **by_node; /* at_node.c's order; NULL: not yet */
};
/* at_node.c. The first command that this node of that tree is; NULL: none. */
const struct command *command_at_node(struct commands *l, const struct tree *t, node_id n);

/* All fields of the command's node, wrappers and all; said of the file. */
size_t command_fields(struct arena *a, const struct command *c, const struct field **out);
void command_line_read(struct arena *a, enum program p, const struct field *f, size_t n,
                       struct command_line *out);
const struct command_line *command_line_of(const struct command *c);

#endif
