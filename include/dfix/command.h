/* command.h - what a build runs: one program each, whoever starts it.
 *
 * A command stands in the file itself (the shell of RUN, an exec form, a heredoc, a function,
 * what ONBUILD hands on), or in a text that another command gives to a shell (`sh -c`, eval, su
 * -c, find's and xargs's words): `within` then. The list is in reading order, a text's commands
 * right behind the command that holds it. Programs that only start another one (sudo, env, nice,
 * timeout) are stepped over and told by `wrappers`. The list belongs to the image; fields are
 * worked out when they are first asked for.
 *
 * Options are read by the program's own table (src/commands/programs.def), GNU getopt's way:
 * letters may be clustered, a value may be glued, `--` ends them. */
#ifndef DFIX_COMMAND_H
#define DFIX_COMMAND_H

#include "dfix/image.h"

enum program {
    PROGRAM_UNKNOWN, /* known only when it is built */
    PROGRAM_OTHER,   /* not one of the table: go by `name` */
#define PROGRAM(id, name, flags, words, options) PROGRAM_##id,
#define ALIAS(id, name)
#include "commands/programs.def"
#undef PROGRAM
#undef ALIAS
    PROGRAMS
};
enum phase {
    PHASE_BUILD, /* RUN */
    PHASE_START  /* CMD, ENTRYPOINT, HEALTHCHECK: what the container runs */
};

struct nested_text;
struct commands; /* the list's own */
struct command {
    enum program program;
    struct str name; /* the program's, without its folder; "" when not known */
    node_id node;    /* COMMAND or EXEC, in `scope`'s tree */
    node_id outer;   /* the same, or the one of the file whose text it stands in */
    node_id instruction;
    unsigned stage;
    enum phase phase;
    unsigned wrappers; /* of enum wrapper, those around its text too */
    bool onbuild;      /* runs in the builds of others */
    bool by_path;      /* the program is named with its folder */
    const struct scope *scope;
    const struct nested_text *within; /* NULL: the file's own tree */
    struct commands *list;
    uint32_t index;  /* in the list */
    uint32_t holder; /* index of the command that hands its text on; UINT32_MAX: none */
    uint32_t at;     /* which of the node's fields is the program */
    uint32_t end;    /* past the last field that is its; UINT32_MAX: all of the node's */
};

/* The next command of that phase after `after` (NULL: the first); NULL: there is none. */
const struct command *command_next(const struct image *im, const struct command *after,
                                   enum phase phase);
/* The same of one program alone: where it does not occur, that costs nothing. */
const struct command *command_next_of(const struct image *im, const struct command *after,
                                      enum program p, enum phase phase);
/* Commands in a row. */
struct command_list {
    const struct command *v;
    size_t n;
};
/* What a find starts by -exec, where that is one command alone; else, and of others, NULL. */
const struct command *command_executed(const struct command *find);
struct command_list commands_of_instruction(const struct image *im, node_id instruction);
/* What a node of the file runs, and behind it the commands of texts that it hands on. */
struct command_list commands_at(const struct image *im, node_id node);
/* Those of a text that is not in the file, such as a script of the build context: no instruction
 * holds them, and nothing is known there of variables. False: it cannot be read. */
bool commands_of_text(struct arena *a, struct str text, struct command_list *out);
/* Of words as an exec form has them, from wherever they are. */
struct command_list commands_of_words(struct arena *a, const struct field *f, size_t n);
/* Its fields from the program on; those of a text name the word of the file that holds the text,
 * and their pieces are literal only where their bytes stand in the file. */
size_t command_args(const struct command *c, const struct field **out);
/* The same with what stands before the program, wrappers and their words: the program is
 * (*out)[c->at]. */
size_t command_words(const struct command *c, const struct field **out);
/* The text that it hands to a shell: which of command_args; 0: none. Its commands follow, those
 * whose `holder` is this one, when it can be read. */
size_t command_text(const struct command *c);
/* Does a text follow that it hands on, and that was read? */
bool command_holds(const struct command *c);
/* sh, bash and the like, `.` and source: it reads a script that it is given. */
bool command_is_shell(const struct command *c);
/* The script that it runs, by its path: what a shell is given, or what is called so; "" none. */
struct str command_script(const struct command *c);
/* Does it only start another program, which does not stand behind it: `tini --`, `env`? Or are its
 * words options alone, for a program that stands elsewhere? */
bool command_starts_another(const struct command *c);
/* Is the arg a word of plain text, in no quotes of its own shell? */
bool command_arg_is_bare(const struct command *c, size_t i);
/* Behind `||`, or in an if, a case, a loop, a function or a substitution: it may not run. */
bool command_may_not_run(const struct command *c);
/* In front of `||`: what follows runs when it fails. */
bool command_may_fail(const struct command *c);
/* The same as command_may_not_run without `||`. */
bool command_in_branch(const struct command *c);
/* The variable as the command gets it: set for it alone, by its shell before, by ENV or ARG. False:
 * it is not set, as far as the file tells. */
bool command_variable(const struct command *c, struct arena *a, struct str name, struct value *out);
/* Does its command line hold what only the build tells, so that more options may come? */
bool command_is_open(const struct command *c);
/* The first operand of programs that have subcommands: "install"; "" none, or not known. */
struct str command_subcommand(const struct command *c);
bool command_is(const struct command *c, enum program p, const char *subcommand);

/* An option as it is given: by its canonical name, or by the bytes behind the dashes when the
 * table has no such option. */
struct command_option {
    struct str name;
    uint32_t arg; /* where it stands: which of command_args */
    bool has_value;
    struct field value;
};
/* The next option of that name (NULL: any) after `after` (NULL: the first); NULL: none. */
const struct command_option *command_option(const struct command *c, const char *name,
                                            const struct command_option *after);
bool command_has(const struct command *c, const char *name);
/* What is neither the program, an option, nor its value; the subcommand left out. How many; `out`
 * may not be NULL. */
size_t command_operands(const struct command *c, const struct field *const **out);

/* Which of command_args the subcommand is; 0, the program, when there is none. */
size_t command_head(const struct command *c);

#endif
