/* commands.h - the list of an image's commands from within, and the table of programs. */
#ifndef DFIX_COMMANDS_H
#define DFIX_COMMANDS_H

#include "dfix/command.h"
#include "model/model.h"

enum program_flag {
    SUBCOMMAND = 1,   /* the first operand says what to do */
    WRAPS = 2,        /* starts the command that its operands are */
    SHELL = 4,        /* -c TEXT */
    SU = 8,           /* the same; options may stand behind operands */
    ONE_DASH = 16,    /* long options with one dash: no clusters */
    ABBREVIATES = 32, /* any beginning of a long option stands for it, when only one has it */
    LETTERS = 64      /* the first word may be letters without a dash, their values behind it */
};
struct program_row {
    enum program program;
    unsigned flags, words;
    const char *options;
};
/* By the program's name without its folder; NULL: not in the table. */
const struct program_row *program_row_of(struct str name);
const struct program_row *program_row(enum program p); /* NULL for UNKNOWN and OTHER */

/* What a table says of an option. */
struct option_kind {
    struct str name;   /* canonical; "" not in the table */
    bool value, glued; /* a value follows; it may only be glued */
};
struct option_kind option_of_letter(const struct program_row *p, char letter);
struct option_kind option_of_name(const struct program_row *p, struct str name);

/* Past a wrapper's options, env's assignments and its own operands: how many of `f` these are.
 * `f[0]` is the wrapper. */
size_t wrapper_words(const struct program_row *p, const struct field *f, size_t n);

/* How many words stand before the command that this one starts; 0: it starts none, and is itself
 * what runs (`sudo -i`, `env`). Of enum wrapper besides. */
size_t wrapper_step(const struct field *f, size_t n, unsigned *which);

/* command_args whose pieces stand in the command's own scope, a text's too: what a piece that is
 * not known is made of can be asked there. */
size_t command_raw(struct arena *a, const struct command *c, const struct field **out);
/* Are its words as they are written: no quotes, no variables, nothing escaped? */
bool command_is_literal(const struct command *c);
size_t commands_count(const struct image *im); /* of the image's list */
/* Where a command stands among all of its list, and what stands in front of a node's commands: less
 * than theirs, more than that of those before. */
static inline uint32_t command_order(const struct command *c)
{
    return 2 * c->index + 1;
}
/* The first command that a COMMAND or EXEC of the scope's tree is, the file's or a text's; NULL:
 * none. */
const struct command *command_of_node(const struct image *im, const struct scope *sc, node_id n);
uint32_t order_before(const struct image *im, node_id node);

enum { NESTED_MAX = 256 * 1024 }; /* bytes of a text that is read */
/* A text inside the file that another shell reads. */
struct nested_text {
    struct scope scope; /* its tree; no definitions */
    node_id word;       /* of the file: what holds the text */
    struct span place;  /* of that word */
    struct value value; /* of the text; its pieces stand in the file */
};
/* The text that a command hands to a shell: which of its fields; 0: none. */
size_t nested_text_of(const struct program_row *p, const struct field *f, size_t n);
/* NULL: it cannot be read. */
const struct nested_text *nested_open(struct arena *a, const struct field *text, struct span place,
                                      bool bash);
/* Where bytes of the text stand in the file; false: not in one piece, as they are. */
bool nested_span(const struct nested_text *s, struct span in, struct span *out);
/* The script that a command runs: what a shell is given, or what is called by its path; "" none. */
struct str script_path(const struct field *f, size_t n, bool shell);
/* Says what was read in the text's tree of the word of the file that holds it. */
void nested_place(const struct nested_text *s, struct arena *a, struct field *f);

/* steps.c. What an instruction does: a command, or a node that is none and may do something all the
 * same: FOR, FLAG, HEREDOC, the REDIRECT of a group; in reading order, what a text for another
 * shell holds behind the command that hands it on. */
struct step {
    const struct scope *scope;
    node_id node;                  /* of the scope's tree */
    const struct command *command; /* NULL: none of the list */
    bool again;                    /* the node had another one before: find -exec */
    const struct command *holder;  /* whose text it stands in; NULL: the file's own */
    node_id outer;                 /* the same, or the one of the file whose text it stands in */
    node_id instruction;
    unsigned stage;
};
typedef void step_seen(void *self, const struct step *s);
void steps_of_instruction(const struct image *im, node_id instruction, step_seen *seen, void *self);

#endif
