/* shell.h - what the parts of the shell grammar share.
 *
 * Every function reads at b->pos, the view offset where the last token ended, and
 * leaves it behind what it read; looking ahead moves nothing. s->end is the end of
 * the text that is being read: of the shell's part of the view, or of the backquotes in it.
 *
 * Errors: the first one puts the rest of the text into a NODE_ERROR and sets
 * s->failed; after that everything unwinds and nothing else is read. */
#ifndef DFIX_SYNTAX_SHELL_H
#define DFIX_SYNTAX_SHELL_H

#include "syntax/build.h"

/* A heredoc whose body begins after the next line end. */
struct pending {
    uint32_t delimiter, size; /* in shell.delimiters: without quotes */
    bool quoted, tabs;
};

struct shell {
    struct builder *b;
    const char *p; /* the view's text */
    uint32_t end;
    unsigned char dialect; /* enum dialect */
    bool failed;
    bool continued;                /* the text holds a backslash before a line end */
    uint32_t word, word_plain_end; /* of a word looked at: begin; end of plain text */
    uint32_t lookahead;            /* bytes that may still be read twice: keeps parsing linear */
    uint32_t ndelimiters, npending;
    uint32_t first_pending; /* of the innermost substitution */
    struct pending *pending;
    size_t cappending;
    char *delimiters;
    size_t capdelimiters;
};

enum char_class {
    CHAR_BLANK = 1,
    CHAR_META = 2,   /* ; & | < > ( ) */
    CHAR_LINE = 4,   /* LF, CR */
    CHAR_EXPAND = 8, /* $ ` \ */
    CHAR_SINGLE = 16,
    CHAR_DOUBLE = 32,
    CHAR_ALPHA = 64, /* letters and _ */
    CHAR_DIGIT = 128,
    CHAR_BRACE = 256,     /* } */
    CHAR_BRACKET = 512,   /* [ ] */
    CHAR_REDIRECT = 1024, /* may begin a redirection: < > & { digits */
    CHAR_HASH = 2048,
    CHAR_PLAIN_END = 4096, /* ; and blanks: what ends most words that are plain */
    CHAR_SPECIAL = 8192    /* names of special parameters: @ * # ? - $ ! */
};
extern const uint16_t shell_class[256];

static inline unsigned char_class(const struct shell *s, uint32_t i)
{
    return shell_class[(unsigned char)s->p[i]];
}

/* The byte at i; -1 at the end. */
static inline int char_at(const struct shell *s, uint32_t i)
{
    return i < s->end ? (unsigned char)s->p[i] : -1;
}

enum { WORD_STOP = CHAR_BLANK | CHAR_META | CHAR_LINE | CHAR_EXPAND | CHAR_SINGLE | CHAR_DOUBLE };

static inline scan_bytes shell_may_end_plain(scan_bytes v)
{
    return (scan_bytes)(((scan_signed)v <= ')') | (v == ';') | ((v | 2) == '>') |
                        ((v | 32) == '|') | (v == '`'));
}

static inline bool shell_stops_plain(char c)
{
    return shell_class[(unsigned char)c] & WORD_STOP;
}

/* Stops before the first byte that may end a plain word. */
static inline uint32_t shell_plain(const char *p, uint32_t i, uint32_t end, uint32_t wide)
{
    return scan(p, i, end, wide, shell_may_end_plain, shell_stops_plain);
}

/* The commonest ends of a word, which leave it plain. */
static inline bool shell_plain_ends(const char *p, uint32_t i, uint32_t end)
{
    return i == end || shell_class[(unsigned char)p[i]] & CHAR_PLAIN_END;
}

/* Length of the line end at i; 0: none there. */
static inline uint32_t line_end_at(const struct shell *s, uint32_t i)
{
    int c = char_at(s, i);
    if (c == '\n')
        return 1;
    return c == '\r' && char_at(s, i + 1) == '\n' ? 2 : 0;
}

/* shell_lex.c. What is inline leaves all but the common case to a function of its own. */
DFIX_COLD uint32_t shell_skip_continuations(const struct shell *s, uint32_t i);
/* Over each backslash and line end that stand at i. */
static inline uint32_t shell_after_continuation(const struct shell *s, uint32_t i)
{
    return s->continued ? shell_skip_continuations(s, i) : i;
}

/* Where the text, whose first byte stands at i, ends, continuations in it stepped over; 0: it
 * does not stand there. */
uint32_t shell_match_rest(const struct shell *s, uint32_t i, const char *text);
static inline uint32_t shell_match(const struct shell *s, uint32_t i, const char *text)
{
    return char_at(s, i) == (unsigned char)*text ? shell_match_rest(s, i, text) : 0;
}

/* The same for an operator of one character, twice. */
static inline uint32_t shell_match_twice(const struct shell *s, uint32_t i, char c)
{
    if (char_at(s, i) != c)
        return 0;
    i = shell_after_continuation(s, i + 1);
    return char_at(s, i) == c ? i + 1 : 0;
}

bool shell_ends_word(const struct shell *s, uint32_t i);
/* A whole word without quotes: a keyword. */
static inline uint32_t shell_match_word(const struct shell *s, uint32_t i, const char *text)
{
    uint32_t end = shell_match(s, i, text);
    return end && shell_ends_word(s, end) ? end : 0;
}

uint32_t shell_name_end(const struct shell *s, uint32_t i); /* i: no name there */

bool shell_begins_word(const struct shell *s, uint32_t i); /* i is before the end */
static inline bool shell_at_word(const struct shell *s)
{
    uint32_t i = s->b->pos;
    return i < s->end &&
           (!(char_class(s, i) & (CHAR_BLANK | CHAR_META | CHAR_LINE)) || shell_begins_word(s, i));
}

/* Like build_emit, continuations become tokens of their own. */
DFIX_COLD void shell_emit_continued(struct shell *s, enum token_kind k, uint32_t end);
static inline void shell_emit(struct shell *s, enum token_kind k, uint32_t end)
{
    if (s->continued)
        shell_emit_continued(s, k, end);
    else
        build_emit(s->b, k, end);
}

void shell_skip_blanks(struct shell *s);
static inline void shell_blanks(struct shell *s) /* and continuations */
{
    uint32_t i = s->b->pos;
    if (i < s->end && (s->continued || char_class(s, i) & CHAR_BLANK))
        shell_skip_blanks(s);
}

void shell_skip_newlines(struct shell *s);
/* shell_ansi.c. The end of the escape sequence of $'...' at i. */
uint32_t shell_ansi_escape_end(const struct shell *s, uint32_t i);
static inline void shell_newlines(struct shell *s) /* also comments, line ends, heredocs' bodies */
{
    uint32_t i = s->b->pos;
    if (i < s->end && char_class(s, i) & (CHAR_BLANK | CHAR_LINE | CHAR_HASH | CHAR_EXPAND))
        shell_skip_newlines(s);
}

void shell_heredoc(struct shell *s, uint32_t from, uint32_t to, bool tabs);
bool shell_arith_ahead(struct shell *s, uint32_t i);
bool shell_enter(struct shell *s); /* one level deeper; false: too deep, which is an error */
void shell_leave(struct shell *s);
DFIX_COLD void shell_unexpected(struct shell *s,
                                enum syntax_error e); /* what stands at pos is wrong */
DFIX_COLD void shell_broken(struct shell *s, node_id open,
                            enum syntax_error e); /* this is incomplete */

/* shell_word.c */
node_id shell_word(struct shell *s);                 /* shell_at_word() */
bool shell_word_wanted(struct shell *s, node_id in); /* blanks, then a word, or an error */
void shell_word_regex(struct shell *s);              /* after =~ */
void shell_name(struct shell *s, uint32_t end, bool subscript);
/* A subscript at i: where its ] is; 0: it is none. */
uint32_t shell_subscript_end(struct shell *s, uint32_t i);
/* The inside and the close, "))" or "]", of an arithmetic expression. */
void shell_arith_rest(struct shell *s, node_id arith, const char *close);

/* shell_backquote.c */
void shell_backquotes(struct shell *s, bool quoted);

/* shell_compound.c */
/* What kind of command begins at pos. */
enum command { COMMAND_NONE, COMMAND_SIMPLE, COMMAND_PREFIXED /* perhaps */, COMMAND_COMPOUND };
extern const uint32_t shell_second[256];
enum command shell_command_told(const struct shell *s);
static inline enum command shell_command_ahead(const struct shell *s)
{
    uint32_t i = s->b->pos;
    bool told = i >= s->end || s->continued ||
                shell_second[(unsigned char)s->p[i]] >> ((unsigned)char_at(s, i + 1) & 31) & 1;
    return told ? shell_command_told(s) : COMMAND_SIMPLE;
}
bool shell_at_list_end(const struct shell *s); /* none */
void shell_compound(struct shell *s);          /* COMMAND_COMPOUND is ahead */
void shell_function_body(struct shell *s, node_id function);

/* shell.c */
void shell_command(struct shell *s, enum command ahead);
void shell_list(struct shell *s); /* up to what ends a list, which the caller looks at */
void shell_text(struct shell *s); /* NODE_SHELL, unless there is no command */
bool shell_begins_redirect(const struct shell *s, uint32_t i);
static inline bool shell_at_redirect(const struct shell *s)
{
    uint32_t i = s->b->pos;
    return i < s->end && char_class(s, i) & CHAR_REDIRECT && shell_begins_redirect(s, i);
}

void shell_redirect(struct shell *s);

#endif
