/* syntax.h - a Dockerfile, and the shell inside it, as tokens and nodes.
 *
 * Lossless by construction: a token stores only where it starts, it ends where
 * the next one starts, so tokens cannot leave a byte out or say one twice.
 * Blanks, comments and continuations are tokens like any other. Nodes are laid
 * out in reading order; a node's descendants directly follow it. A tree is
 * never changed: to change a file, edit the text and parse again (edit.h).
 * Parsing never fails: what is not understood is a NODE_ERROR.
 *
 * Sources: the Dockerfile reference and BuildKit's parser; POSIX.1-2024 XCU 2
 * (shell); the bash manual for what bash adds. */
#ifndef DFIX_SYNTAX_H
#define DFIX_SYNTAX_H

#include "dfix/base.h"
#include "dfix/edit.h"

/* Laid out by hand. */
/* clang-format off */

enum token_kind {
    /* Trivia. Inside a word it stands between pieces that the reader joins. */
    TOK_BLANK,        /* spaces and tabs */
    TOK_NEWLINE,      /* one line end: LF or CR LF */
    TOK_COMMENT,      /* # to the end of the line, without the line end */
    TOK_CONTINUATION, /* escape character, blanks, line end */
    TOK_BOM,
    /* What means something. */
    TOK_TEXT,      /* literal bytes of a word, a name, heredoc data */
    TOK_KEYWORD,   /* instruction name, AS, NONE; if then fi for ... */
    TOK_OPERATOR,  /* && || | ; & ( ) { } < > [ ] , = and so on */
    TOK_QUOTE,     /* ' or " or $' or $" or ` */
    TOK_ESCAPE,    /* escape character and the byte it quotes */
    TOK_PARAM,     /* $name, $1, $@; or a piece of ${...} */
    TOK_DELIMITER, /* the line that ends a heredoc, without its line end */
    TOK_DIRECTIVE, /* a parser directive's line, without its line end */
    TOK_ERROR,     /* bytes that fit nowhere */
    TOK_END
};

enum node_kind {
    NODE_FILE,
    NODE_DIRECTIVE,   /* op: enum directive */
    NODE_INSTRUCTION, /* op: enum instruction; ONBUILD and HEALTHCHECK nest another in themselves */
    NODE_KEYWORD,     /* the instruction's name; AS; HEALTHCHECK's NONE */
    NODE_FLAG,        /* --name or --name=value: children NAME, then a WORD for the value */
    NODE_NAME,        /* a key: of a flag, a pair, an assignment; a function's name */
    NODE_WORD,        /* an argument. Children: what in it is not plain text */
    NODE_IMAGE,       /* FROM's image: a word by another name */
    NODE_ALIAS,       /* FROM ... AS this */
    NODE_PAIR,        /* ENV, LABEL, ARG: NAME, and a WORD unless there is no = */
    NODE_EXEC,        /* the JSON form: STRING children */
    NODE_STRING,      /* a JSON string with its quotes */
    NODE_HEREDOC,     /* a body: from after the line end to the end of its delimiter line.
                         Children: SHELL when a shell reads it; else DATA */
    NODE_DATA,        /* opaque bytes: heredoc data, text of a shell not known */
    /* Shell */
    NODE_SHELL,     /* the whole text that one shell reads: a list */
    NODE_LIST,      /* commands between ; & and newlines inside a compound */
    NODE_ANDOR,     /* 2 or more around && and || */
    NODE_PIPELINE,  /* 2 or more around |, or one after ! */
    NODE_COMMAND,   /* simple command: ASSIGN*, WORD*, REDIRECT* in reading order */
    NODE_ASSIGN,    /* NAME, then WORD or ARRAY; no value: none */
    NODE_ARRAY,     /* ( words ) */
    NODE_REDIRECT,  /* op: enum redirect. WORD: the target, or a heredoc's delimiter */
    NODE_SUBSHELL,  /* ( list ) */
    NODE_GROUP,     /* { list } */
    NODE_IF,        /* LIST (condition), LIST (then), ..., LIST (else) */
    NODE_LOOP,      /* while, until: LIST (condition), LIST (body) */
    NODE_FOR,       /* NAME, WORD*, LIST (body); also select */
    NODE_CASE,      /* WORD, CASE_ITEM* */
    NODE_CASE_ITEM, /* WORD* (patterns), LIST */
    NODE_FUNCTION,  /* NAME, the compound command */
    NODE_TEST,      /* [[ ... ]]: WORD* */
    NODE_ARITH,     /* (( ... )) as a command, $(( ... )) or $[ ] in a word */
    /* Inside words */
    NODE_SINGLE,  /* '...' */
    NODE_ANSI,    /* $'...' */
    NODE_DOUBLE,  /* "..." or $"..." */
    NODE_PARAM,   /* $x, ${x}, ${x:-word}: NAME; op: enum param; WORD for the operand */
    NODE_SUBST,   /* $(...) or `...`: SHELL */
    NODE_PROCESS, /* <(...) or >(...): SHELL */
    NODE_ERROR,   /* op: enum syntax_error */
    NODE_KINDS
};

enum directive { DIRECTIVE_SYNTAX, DIRECTIVE_ESCAPE, DIRECTIVE_CHECK };

/* clang-format off */
enum instruction {
    INST_UNKNOWN,
    INST_ADD, INST_ARG, INST_CMD, INST_COPY, INST_ENTRYPOINT, INST_ENV,
    INST_EXPOSE, INST_FROM, INST_HEALTHCHECK, INST_LABEL, INST_MAINTAINER,
    INST_ONBUILD, INST_RUN, INST_SHELL, INST_STOPSIGNAL, INST_USER,
    INST_VOLUME, INST_WORKDIR
};

enum redirect {
    REDIR_IN,       /* <   */ REDIR_OUT,     /* >   */ REDIR_APPEND, /* >> */
    REDIR_CLOBBER,  /* >|  */ REDIR_RDWR,    /* <>  */
    REDIR_DUP_IN,   /* <&  */ REDIR_DUP_OUT, /* >&  */
    REDIR_BOTH,     /* &>  */ REDIR_BOTH_APPEND, /* &>> */
    REDIR_HEREDOC,  /* <<  */ REDIR_HEREDOC_TABS, /* <<- */ REDIR_HERESTRING /* <<< */
};

enum param {
    PARAM_PLAIN,   /* $x ${x} */
    PARAM_DEFAULT, /* ${x-w} ${x:-w} */ PARAM_ASSIGN,  /* ${x=w} ${x:=w} */
    PARAM_ERROR,   /* ${x?w} ${x:?w} */ PARAM_ALTERNATE, /* ${x+w} ${x:+w} */
    PARAM_PREFIX,  /* ${x#w} ${x##w} */ PARAM_SUFFIX,  /* ${x%w} ${x%%w} */
    PARAM_LENGTH,  /* ${#x} */
    PARAM_OTHER    /* bash: replace, substring, case, indirection, arrays */
};
/* clang-format on */

enum node_flag {
    NODE_COLON = 1,     /* PARAM: the operator had a colon */
    NODE_NEGATED = 2,   /* PIPELINE: began with ! */
    NODE_QUOTED = 4,    /* HEREDOC: delimiter quoted, no expansion in the body */
    NODE_TABS = 8,      /* HEREDOC: <<- */
    NODE_APPEND = 16,   /* ASSIGN: += */
    NODE_BACKTICK = 32, /* SUBST: `...` */
    NODE_LEGACY = 64,   /* PAIR: `ENV name value` */
    NODE_BASH = 128,    /* SHELL: parsed as bash */
    NODE_LEADING_REDIRECT = 256,
    NODE_AFTER_OR = 512 /* a command of an ANDOR: somewhere behind its first || */
};

enum syntax_error {
    SYNTAX_OK,
    SYNTAX_UNKNOWN_INSTRUCTION,
    SYNTAX_MISSING_ARGUMENT,
    SYNTAX_BAD_PAIR,
    SYNTAX_BAD_FLAG,
    SYNTAX_UNTERMINATED_QUOTE,
    SYNTAX_UNTERMINATED_HEREDOC,
    SYNTAX_UNTERMINATED_EXPANSION,
    SYNTAX_UNEXPECTED_TOKEN,
    SYNTAX_EXPECTED_WORD,
    SYNTAX_UNTERMINATED_COMPOUND,
    SYNTAX_TOO_DEEP,
    SYNTAX_BAD_HEREDOC,
    SYNTAX_BAD_ONBUILD,
    SYNTAX_BAD_JSON,
    SYNTAX_BINARY,
    SYNTAX_NO_FROM,
    SYNTAX_UNSUPPORTED,
    SYNTAX_BAD_MODIFIER,
    SYNTAX_BAD_DIRECTIVE,
    SYNTAX_BAD_NAME,
    SYNTAX_ERRORS
};
const char *syntax_error_text(enum syntax_error e); /* "unterminated quote" */

typedef uint32_t node_id; /* 0 is the file, so 0 also means "none" */

enum { TEXT_MAX = 64 * 1024 * 1024 }; /* bytes of a text; more is refused before parsing */

struct token {
    uint32_t start;
    uint32_t kind;
};
struct node {
    uint8_t kind, op;
    uint16_t flags;
    node_id parent, after; /* after: first node past the descendants */
    uint32_t tok, tok_end; /* no trivia at either end (HEREDOC and DATA: may be) */
};
struct tree {
    struct str text;
    struct token *tok; /* [ntok] is TOK_END at text.n */
    struct node *node; /* [0] is NODE_FILE over everything */
    uint32_t ntok, nnode, nerror;
    char escape;                   /* backslash or backtick */
    bool crlf;                     /* the first line ends with CR LF */
    const struct reading *reading; /* in order; before the first one, a POSIX shell reads */
    uint32_t nreading;
};
/* From this offset on, another shell reads what is in shell form: syntax/'s own. */
struct reading {
    uint32_t from, reader;
};

/* Text longer than TEXT_MAX is the caller's bug. */
struct tree *tree_parse(struct arena *a, struct str text);
/* Whole instructions, without directives, that stand or shall stand at offset `at` of `whole`,
 * behind its first FROM: read as they are read there. */
struct tree *tree_parse_part(struct arena *a, struct str text, const struct tree *whole,
                             uint32_t at);
/* A text that a shell alone reads, without a Dockerfile around it: a NODE_SHELL under the file. */
struct tree *tree_parse_shell(struct arena *a, struct str text, bool bash);

/* Navigation. Preorder: for (n = p + 1; n < t->node[p].after; n++) visits all
 * descendants of p. */
static inline enum node_kind node_kind(const struct tree *t, node_id n)
{
    return (enum node_kind)t->node[n].kind;
}
static inline node_id node_first(const struct tree *t, node_id parent) /* 0: none */
{
    return t->node[parent].after > parent + 1 ? parent + 1 : 0;
}
static inline node_id node_sibling(const struct tree *t, node_id n) /* the next one; 0: none */
{
    node_id next = t->node[n].after;
    return n && next < t->node[t->node[n].parent].after ? next : 0;
}
/* First child of that kind after `prev` (0: from the start); 0: none. */
node_id node_next(const struct tree *t, node_id parent, node_id prev, enum node_kind k);
/* The nearest ancestor (not n itself) of that kind; 0: none. */
node_id node_up(const struct tree *t, node_id n, enum node_kind k);
bool node_is_word(const struct tree *t, node_id n);   /* WORD IMAGE ALIAS STRING */
bool node_has_error(const struct tree *t, node_id n); /* in itself or below */
bool tokens_have_comment(const struct tree *t, uint32_t from, uint32_t to);
static inline bool node_has_comment(const struct tree *t, node_id n)
{
    return tokens_have_comment(t, t->node[n].tok, t->node[n].tok_end);
}

static inline struct span node_span(const struct tree *t, node_id n)
{
    return (struct span){t->tok[t->node[n].tok].start, t->tok[t->node[n].tok_end].start};
}
static inline struct str node_text(const struct tree *t, node_id n) /* as written */
{
    struct span s = node_span(t, n);
    return str_sub(t->text, s.start, s.end);
}
/* The value of a word, a name or a string once quotes, escapes and
 * continuations are gone; false when it holds an expansion or an error. */
bool node_value(const struct tree *t, node_id n, struct arena *a, struct str *out);
/* The same with each expansion as written, between two NULs: words with one template have one
 * value, whatever the variables are. False: it holds an error. */
bool node_template(const struct tree *t, node_id n, struct arena *a, struct str *out);

/* Instructions */
static inline enum instruction node_instruction(const struct tree *t, node_id n)
{
    return (enum instruction)t->node[n].op;
}
/* Does its last line end in a shell's comment? That may go on in the lines below. */
bool instruction_ends_in_comment(const struct tree *t, node_id instruction);
/* What a node right under the file tells to do: itself, or what ONBUILD hands on; 0: it is no
 * instruction, or a broken one. */
node_id instruction_inner(const struct tree *t, node_id n);
/* The next one in reading order behind `after` (0: the first), what ONBUILD holds behind it; 0:
 * none. */
node_id instruction_next(const struct tree *t, node_id after);
/* The words of COPY, ADD and the like in either form, with the heredocs among them (REDIRECT):
 * flags left out, and the target last. */
size_t instruction_words(const struct tree *t, struct arena *a, node_id instruction,
                         const node_id **out);
/* `# hadolint shell=NAME`: the shell that the author says reads the RUNs below; "" another comment.
 */
struct str shell_pragma(struct str comment);
/* A flag of an instruction by name ("from" for --from); 0: none. */
node_id instruction_flag(const struct tree *t, node_id instruction, struct str name);
/* A key of a flag's comma-separated value, as in --mount=type=cache,from=img:
 * the span of its value. False: not there. */
bool flag_key(const struct tree *t, node_id flag, struct str key, struct span *out);
static inline struct span token_span(const struct tree *t, uint32_t tok)
{
    return (struct span){t->tok[tok].start, t->tok[tok + 1].start};
}

struct place_lc {
    uint32_t line, column; /* from 1; column in bytes */
};
struct place_lc text_place(struct str text, uint32_t offset);
/* The same, counting on from the place `at` of the offset `from`, which is not behind it. */
struct place_lc text_place_on(struct str text, struct place_lc at, uint32_t from, uint32_t offset);

/* Views for people and tools; syntax/dump.c. */
/* The blanks that the line begins with, up to `offset`. */
struct str line_indent(const struct tree *t, uint32_t offset);
void tree_dump(struct buf *out, const struct tree *t); /* indented, with spans */
void tree_dump_json(struct buf *out, const struct tree *t);
void tree_dump_buildkit(struct buf *out, const struct tree *t); /* BuildKit's own parse dump */
const char *node_kind_name(enum node_kind k);                   /* "instruction" */
struct str instruction_name(enum instruction i);                /* "RUN" */

/* clang-format on */

#endif
