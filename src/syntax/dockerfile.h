/* dockerfile.h - between the files that read the Dockerfile's own grammar.
 *
 * lines.c    physical lines, logical lines, white space
 * dockerfile.c  the file: directives, comments, which line is what
 * instruction.c every instruction
 * flags.c    --name=value
 * word.c     words as the builder expands them
 * json.c     the exec form
 * heredoc.c  what is a heredoc; the bodies
 * dialect.c  which shell reads what
 *
 * All follow BuildKit's frontend/dockerfile/{parser,shell,instructions}. */
#ifndef DFIX_SYNTAX_DOCKERFILE_H
#define DFIX_SYNTAX_DOCKERFILE_H

#include "syntax/build.h"

/* What reads shell-form text. */
enum reader { READER_POSIX, READER_BASH, READER_OPAQUE };

enum { STAGES_KEPT = 64 }; /* stages remembered for their SHELL: the last ones */
enum { WINDOWS_KEPT = 8 }; /* variables remembered for naming a Windows image: the first ones */

enum { LINE_ENDS = 4096 };
struct line_ends { /* of the text's next bytes: found many at a time */
    uint32_t at[LINE_ENDS + 3], n, next;
    uint32_t scanned; /* up to this offset */
};

struct parser {
    struct builder b;
    struct str text;
    uint32_t wide; /* before this offset of it SCAN_WIDE bytes may be read at once */
    struct line_ends *ends;
    uint32_t at; /* the next physical line */
    /* The logical line in hand. */
    struct view view;  /* or a heredoc's body */
    uint32_t line_end; /* offset after its line end */
    char *joined;      /* its text, when it was continued: room for the whole file's */
    struct segment *segment;
    size_t capsegment;
    bool heredocs; /* the text may hold some */
    bool directives_over;
    unsigned directives_seen;
    bool from_seen, no_from_said;
    enum reader reader; /* of this stage */
    enum reader first;  /* of a stage that says nothing: POSIX, but for a comment above them all */
    struct str alias;   /* this stage's name; "" none */
    struct stage_reader {
        struct str name;
        enum reader reader;
    } * stage; /* [STAGES_KEPT]: earlier stages whose reader is not POSIX */
    unsigned nstage;
    struct str *windows; /* [WINDOWS_KEPT] */
    unsigned nwindows;
    VEC(struct reading) reading;
};

/* lines.c */
enum { SPACE_FIELD = 1, SPACE_BYTE = 2 };
extern const unsigned char space_class[256];
static inline bool is_field_space(char c) /* what splits fields: [\t\v\f\r ] */
{
    return space_class[(unsigned char)c] & SPACE_FIELD;
}
/* One byte as a Latin-1 white space character: some of BuildKit's loops go by bytes. */
static inline bool is_byte_space(char c)
{
    return space_class[(unsigned char)c] & SPACE_BYTE;
}
static inline uint32_t skip_byte_space(const char *p, uint32_t at, uint32_t end)
{
    while (at < end && is_byte_space(p[at]))
        at++;
    return at;
}
static inline scan_bytes may_end_field(scan_bytes v)
{
    return (scan_bytes)(v <= ' ');
}
/* Of the view, from `at` on. */
static inline uint32_t field_end(const struct builder *b, uint32_t at, uint32_t end)
{
    return scan(b->view->p, at, end, b->wide, may_end_field, is_field_space);
}
struct str trim_space(struct str s);
static inline bool is_graphic(char c) /* of ASCII */
{
    return (unsigned char)(c - '!') <= '~' - '!';
}
uint32_t skip_spaces(const char *p, uint32_t at, uint32_t end);
static inline uint32_t skip_space(const char *p, uint32_t at, uint32_t end)
{
    return at == end || is_graphic(p[at]) ? at : skip_spaces(p, at, end);
}
uint32_t rune_len(const char *p, size_t n); /* of the UTF-8 character, 1 when it is none */

struct physical_line {
    uint32_t start, end, next; /* end: before CRs and LF; next: after the LF */
};
void line_ends_find(struct line_ends *l, struct str text);
/* The line that begins at `at`: where the last one that was asked for has its `next`. */
static inline struct physical_line line_at(struct parser *p, uint32_t at)
{
    struct line_ends *ends = p->ends;
    if (ends->next == ends->n)
        line_ends_find(ends, p->text);
    struct physical_line l = {.start = at, .end = ends->at[ends->next++]};
    l.next = l.end + (l.end < p->text.n);
    assert(l.end >= at);
    if (l.end && p->text.p[l.end - 1] == '\r') /* seldom: not behind an empty line, either */
        while (l.end > at && p->text.p[l.end - 1] == '\r')
            l.end--;
    return l;
}
/* Where its text begins, behind white space. */
static inline uint32_t line_text(const struct parser *p, const struct physical_line *l)
{
    const char *s = p->text.p;
    return skip_space(s, scan_blanks(s, l->start, l->end, p->wide), l->end);
}
/* Read the logical line whose first one is [start, end) into p->view; `next`: behind its end. */
void line_read(struct parser *p, uint32_t start, uint32_t end, uint32_t next);
/* What is left of the line's view is white space. Does nothing when it is over. */
void line_over(struct parser *p);
/* p->view over [from, end) of the text. */
void line_view(struct parser *p, uint32_t from, uint32_t end);
/* p->view over pieces of the text, put together. */
struct joined {
    uint32_t n, nsegment; /* bytes; pieces */
};
struct joined join_begin(struct parser *p);
struct joined join_add(struct parser *p, struct joined j, uint32_t from, uint32_t n);
void join_end(struct parser *p, struct joined j);

/* instruction.c */
/* The instruction in view bytes [from, end), white space trimmed. */
void instruction_parse(struct parser *p, uint32_t from, uint32_t end, unsigned depth);
/* That whose name is the line's first field. `room`: bytes that may be read, line.n or more. */
enum instruction instruction_of(struct str line, size_t room);
struct spelling {
    char text[SCAN_WIDE - 1]; /* zeros behind the name */
    unsigned char n;
};
extern const struct spelling instruction_spelling[]; /* tree.c */
bool less_before(struct str s, struct str next);     /* is there a < before one of `next`? */

struct str source_of(const struct builder *b, node_id n); /* as written, gaps included */

/* flags.c: the value of an instruction's flag; "" none. */
struct str flag_text_of(const struct builder *b, node_id instruction, struct str name);
/* flags.c: flags from view pos on; gives where the arguments begin. */
uint32_t flags_parse(struct parser *p, enum instruction i, uint32_t end);
enum { FLAG_ESCAPE = '\\' }; /* in flags, whatever the file's own escape character is */
/* Quotes and escapes gone; `out` holds at least s.n bytes. */
size_t flag_decode(char *out, struct str s);

/* word.c */
enum word_mode {
    WORD_LEXED, /* as shell/lex.go */
    WORD_FLAG,  /* quotes group, but expansion is done after them */
    WORD_RAW    /* just bytes */
};
/* Emit [pos, end) of the view as a node of kind k with what is in it as children. */
node_id word_parse(struct builder *b, enum node_kind k, uint32_t end, enum word_mode m);
/* The same of a field: [pos, white space or end). */
node_id field_parse(struct builder *b, enum node_kind k, uint32_t end);
/* The end of the quoted word that begins at b->pos (parseWords). `plain`: it is nothing but text.
 */
uint32_t word_end(const struct builder *b, uint32_t end, bool *plain);
/* Length of the variable's name at p. */
uint32_t param_name_len(const char *p, uint32_t n);

/* json.c */
enum json { JSON_NOT, JSON_STRINGS, JSON_OTHER };
/* Other: a valid array that holds something else. `room`: bytes that may be read, s.n or more. */
enum json json_kind(struct str s, size_t room);
/* Emit [pos, end), known to be JSON_STRINGS, as NODE_EXEC. `expanded`: $x is looked for. */
void json_parse(struct builder *b, uint32_t end, bool expanded);

/* heredoc.c */
struct heredoc {
    struct str name;
    bool tabs, quoted;
    enum reader reader; /* of the body */
};
struct heredocs {
    struct heredoc *v;
    size_t n, cap;
};
/* Is the whole of s one heredoc word? */
bool heredoc_is(struct arena *scratch, struct str s, bool *tabs);
void heredocs_find(struct arena *scratch, struct heredocs *h, struct str line);
/* The bodies, as children of the open instruction: the line's view is over. `shell` is
 * the line's shell node or 0; `script`: the line is nothing but the heredoc. */
void heredocs_read(struct parser *p, struct heredocs *h, node_id shell, bool script);

/* dialect.c */
enum reader reader_of_exec(const struct builder *b, node_id exec);    /* of SHELL */
enum reader reader_of_script(struct str body, enum reader otherwise); /* by #! */
/* What `# hadolint shell=` says of the RUNs below. */
void reader_by_comment(struct parser *p, struct str comment);
/* What reads the heredocs that the commands under `shell` open. */
void readers_of_heredocs(const struct builder *b, node_id shell, struct heredocs *h);
/* ARG before the first FROM: may name the image of a stage. */
void arg_before_stages(struct parser *p, node_id arg);
void stage_begin(struct parser *p, struct str image, struct str platform, struct str alias);

#endif
