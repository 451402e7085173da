/* parts.h - a Dockerfile taken to pieces that can be compared.
 *
 * A unit is an instruction (of LABEL and the like one pair). It consists of groups: a command with
 * its words, or a link between commands (`&&`, `if`). A group consists of pieces. Each piece has
 * the text that it comes to once layout and notation are gone: two pieces of one text do the same
 * in one place. */
#ifndef DFIX_VERIFY_PARTS_H
#define DFIX_VERIFY_PARTS_H

#include "dfix/command.h"
#include "dfix/verify.h"

enum piece_kind {
    PIECE_WORD,
    PIECE_FLAG,     /* of an instruction: --mount=... */
    PIECE_REDIRECT, /* > file */
    PIECE_DATA,     /* bytes as they are */
    PIECE_LINK,     /* an operator or keyword between commands */
    PIECE_EXEC      /* the exec form begins */
};
struct part {
    enum piece_kind kind;
    struct str text;
    const struct tree *tree; /* the file's, or that of a text which a command hands on */
    node_id node;            /* 0: a LINK */
};
struct group {
    const struct part *piece;
    size_t n;
    const struct command *command; /* NULL: a link, or words of an instruction that runs nothing */
    uint64_t hash;
    struct span at; /* in the file */
    size_t holder;  /* of a bracket around a text: the number of the command that hands it to a
                       shell, from 1; 0: no such bracket */
};
struct unit {
    enum instruction op; /* of ONBUILD what it hands on; INST_UNKNOWN: what is no instruction */
    bool onbuild;
    node_id node, part; /* part: the pair or the word that it is; 0: the whole instruction */
    const struct group *group;
    size_t n;
    uint64_t hash;
    bool dead; /* CMD and the like that a later one takes the place of */
};
struct section {    /* a stage; the first one is what stands before all of them */
    unsigned stage; /* UINT32_MAX: before the first */
    VEC(struct unit) unit;
};
struct side {
    struct str text;
    const struct tree *tree;
    const struct image *image;
    bool platform_given; /* an ARG before the first stage gives TARGETPLATFORM a value */
    VEC(struct section) section;
};

/* words.c. A word once quotes, escapes and continuations are gone: what a shell would make of it,
 * expansions and quoted special characters marked; and what a Dockerfile would. */
void word_of_shell(struct buf *b, const struct tree *t, node_id n);
struct str word_of_file(struct arena *a, const struct tree *t, node_id n);
bool word_is_plain(const struct tree *t, node_id n); /* nothing in it is expanded */

/* groups.c. What an instruction, or one part of it, comes to. */
struct unit unit_of(struct arena *a, const struct side *s, node_id instruction, node_id part);
/* units.c */
void side_read(struct arena *a, struct side *s, struct str text, const struct lookup *l,
               struct str folder);
uint64_t verify_hash(uint64_t hash, uint64_t value);

/* align.c. The longest list that both have in one order: for each of x its partner in y, or
 * ALIGN_NONE. */
#define ALIGN_NONE UINT32_MAX
uint32_t *verify_align(struct arena *a, const uint64_t *x, size_t n, const uint64_t *y, size_t m);

/* A comparison under way. */
struct comparison {
    struct arena *arena;
    struct side before, after;
    VEC(struct difference) found;
    const struct lookup *lookup;
    struct str folder; /* of the build context */
    struct str where;  /* of what is compared right now */
    struct span at_before, at_after;
};
/* say.c */
void verify_tell(struct comparison *c, enum difference_kind k, const char *fmt, ...)
    DFIX_PRINTF(3, 4);
struct str verify_shown(struct arena *a,
                        struct str text); /* on one line, in backquotes, cut if long */
struct str piece_shown(struct arena *a, const struct part *p);
struct str group_shown(struct arena *a, const struct group *g);
struct str unit_place(struct arena *a, const struct side *s, const struct unit *u);

/* comments.c, layout.c: what is no part of any unit. */
void compare_comments(struct comparison *c);
void compare_directives(struct comparison *c);
void compare_layout(struct comparison *c, const struct unit *x, const struct unit *y);
void compare_blanks(struct comparison *c);
/* stages.c, words of instructions, commands of RUN and the like */
void compare_stages(struct comparison *c);
void compare_unit(struct comparison *c, const struct unit *x, const struct unit *y);
void compare_commands(struct comparison *c, const struct unit *x, const struct unit *y);
void compare_command(struct comparison *c, const struct group *x, const struct group *y);
/* Words that no program gets; `verb`: what the instruction does with them. */
void compare_words(struct comparison *c, const struct group *x, const struct group *y,
                   const char *verb, enum instruction op);

/* versions.c */
/* How far references to images, and flags with one in them, are apart. */
enum difference_kind images_differ(struct arena *a, struct str x, struct str y);
enum difference_kind flags_differ(struct arena *a, struct str x, struct str y);
/* Are two values of ENV or ARG the same but for versions? */
bool values_differ_in_version(const struct comparison *c, const struct unit *x, struct str old,
                              struct str new);
/* The package that this word of an install names; false: it names none. */
bool package_of_piece(const struct group *g, const struct part *p, struct package *out);

/* Do two assignments give a variable the same packages, in other versions? */
bool assignments_differ_in_version(const struct comparison *c, const struct part *x,
                                   const struct part *y);
/* What a command is called: apt is apt-get; of an assignment alone its variable; "" not known. */
struct str group_name(const struct group *g);

/* effects.c. Does the command nothing but tidy up what package managers leave? */
bool group_tidies(const struct group *g);
/* Why what it tidies up is needed later; "": it is not. */
struct str group_tidies_too_early(const struct comparison *c, const struct unit *y,
                                  const struct group *g);
/* The command that the word is one of: what find starts takes the options of two dashes. */
const struct command *option_taker(const struct group *g, const struct part *p);
/* What a word that only one of both has does for its command. */
enum difference_kind option_matters(const struct group *g, const struct part *p, bool added);

#endif
