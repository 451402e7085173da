/* options.h - the command line, read from the one table in options.def. */
#ifndef DFIX_OPTIONS_H
#define DFIX_OPTIONS_H

#include <stdio.h>

#include "dfix/base.h"

enum option_id {
#define OPTION(id, name, letter, arg, group, help) OPT_##id,
#include "faces/options.def"
#undef OPTION
    OPTIONS
};

struct option_spec {
    const char *name;
    char letter;
    const char *arg, *group, *help;
};
extern const struct option_spec option_specs[OPTIONS];

struct command_line {
    bool set[OPTIONS];
    VEC(struct str) value[OPTIONS]; /* of options with an argument, each time it was given */
    VEC(struct str) word;           /* what is not an option */
    bool only_paths;                /* `--` came first: no word is a command */
};

/* False: something in it is wrong; `out` holds the rest all the same. */
bool options_parse(struct arena *a, int argc, char **argv, struct command_line *out, struct err *e);
/* Does every option given belong to this command ("" a plain run)? */
bool options_fit(const struct command_line *c, const char *command, struct err *e);
/* The last value given; "" when there is none. */
struct str options_value(const struct command_line *c, enum option_id id);

/* help.c */
void roff_text(FILE *out, const char *text);                   /* `code` in bold */
void roff_item(FILE *out, const char *head, const char *text); /* a paragraph with its head */
void options_help(FILE *out);
/* Lines of at most 80 columns; the first goes on at `column`, the others begin at `indent`. */
void text_wrapped(FILE *out, struct str text, size_t column, size_t indent);
void options_man(FILE *out);
/* What a mistyped word may be meant to be: "dfix --fix", "dfix rules"; "" nothing. */
struct str options_meant(struct arena *a, struct str word);
/* Markdown, as it stands in the README. */
struct str options_table(struct arena *a);
struct str options_exit_status(struct arena *a);

#endif
