/* build.h - how both grammars write tokens and nodes.
 *
 * The builder of images first joins continued lines and drops the comment and
 * blank lines between them; only then does a grammar read the text. So a
 * grammar here reads a `view`: contiguous text, without the gaps. It never
 * sees a continuation of the Dockerfile's. When it emits a token, the view's
 * segments map it back to source bytes, a token that a gap cuts becomes
 * several, and the gap's own trivia tokens are put between.
 *
 * Tokens are emitted in reading order: emit(kind, end) is the bytes from where
 * the last token ended to `end`. Everything is emitted, blanks too. */
#ifndef DFIX_SYNTAX_BUILD_H
#define DFIX_SYNTAX_BUILD_H

#include "dfix/syntax.h"
#include "syntax/scan.h"

#include <assert.h>

/* view.text[view_at ...] is source[source_at ...], up to the next segment. */
struct segment {
    uint32_t view_at, source_at;
};
#define SEGMENT_END UINT32_MAX /* view_at of what follows the last segment */

struct view {
    const char *p; /* text */
    uint32_t n;
    uint32_t room; /* n or more: bytes that may be read, though they mean nothing from p[n] on */
    const struct segment *segment; /* sorted by both; [0].view_at == 0; then SEGMENT_END */
    uint32_t source_end;           /* source offset where the view's last byte ends */
};

struct builder {
    struct token *tok; /* growing, like node */
    struct node *node;
    uint32_t ntok, nnode;
    size_t captok, capnode, fittok, fitnode; /* fit: as long as they are in the tree's arena */
    uint32_t source_pos;                     /* where the last token ended */
    /* the view being read */
    uint32_t pos;                  /* view offset where the last token ended */
    uint32_t gap;                  /* view offset of the next gap, pos or more; SEGMENT_END: none */
    uint32_t wide;                 /* before this view offset SCAN_WIDE bytes may be read at once */
    const struct segment *segment; /* that pos is in */
    const struct view *view;
    node_id open; /* innermost open node */
    uint32_t nerror;
    uint32_t depth; /* nesting of shell constructs */
    char escape;
    struct str text;       /* the source */
    struct arena *arena;   /* of the tree */
    struct arena *scratch; /* what parsing needs until the tree is finished */
};

enum { DEPTH_MAX = 200 }; /* nesting past this is one NODE_ERROR */

/* A builder, all zeros before, with NODE_FILE open; the finished tree, the builder's own memory
 * freed. */
void build_start(struct builder *b, struct arena *a, struct str text);
struct tree *build_finish(struct builder *b);

/* Raw source tokens, outside views. No bytes, no token. */
static inline void build_token(struct builder *b, enum token_kind k, uint32_t source_end);
/* Source bytes that mean nothing, as blanks, comments, continuations, line ends. */
static inline void build_trivia(struct builder *b, uint32_t source_end);

/* Behind the line end, and before it (LF or CR LF); both `end` when there is none. */
uint32_t behind_line(const char *p, uint32_t at, uint32_t end);
uint32_t line_text_end(const char *p, uint32_t at, uint32_t end);

static inline void build_view_begin(struct builder *b, const struct view *v); /* at its start */
void build_view_end(struct builder *b); /* everything was emitted; trailing gaps are flushed */
/* The white space that is left of it is put out by who goes on in the source: build_trivia. */
static inline void build_view_leave(struct builder *b);
/* Read another view from `pos`, which is in its segment `segment`, without ending this. */
static inline void build_view_switch(struct builder *b, const struct view *v, uint32_t pos,
                                     const struct segment *segment);
/* Put out the gap at pos, if there is one: done by build_open for the node's sake. */
static inline void build_flush_gap(struct builder *b);
static inline void build_emit(struct builder *b, enum token_kind k, uint32_t view_end);

static inline node_id build_open(struct builder *b, enum node_kind k, unsigned op);
/* Trivia tokens at the node's ends are left out of it (HEREDOC and DATA keep them). */
static inline void build_close(struct builder *b, node_id n); /* n must be b->open */
/* A node over one token that ends at view_end: opened, emitted, closed. */
static inline node_id build_leaf(struct builder *b, enum node_kind k, enum token_kind t,
                                 uint32_t view_end);
/* Put a node around the finished sibling `first` (a child of b->open) and all
 * after it, and open it: what is emitted next is its child too. Ids from `first` on
 * move up by one. */
node_id build_wrap(struct builder *b, node_id first, enum node_kind k, unsigned op);
DFIX_COLD node_id build_open_error(struct builder *b, enum syntax_error e);
/* The finished or open node turns out to be an error. */
DFIX_COLD void build_error(struct builder *b, node_id n, enum syntax_error e);

/* shell.c: reads the current view from pos to `end` as one NODE_SHELL child of b->open. Dialect:
 * bash's additions are errors for POSIX only where a POSIX shell would refuse or read them
 * otherwise. `lines`: the text may hold line ends, as a logical line of the Dockerfile's does
 * not. Bodies of heredocs opened in a RUN line stand outside the view: heredoc.c. */
enum dialect { DIALECT_POSIX, DIALECT_BASH };
node_id shell_parse(struct builder *b, uint32_t end, enum dialect d, bool lines);

/* The short ways, for the many tokens that no gap cuts and nodes that no trivia begins or
 * ends; what is rare is in build.c. */

void build_put_trivia(struct builder *b, uint32_t source_end);
void build_put_gap(struct builder *b);
void build_emit_across(struct builder *b, enum token_kind k, uint32_t view_end);
DFIX_COLD void build_grow_tokens(struct builder *b);
DFIX_COLD void build_grow_nodes(struct builder *b);
void build_trim(struct builder *b, node_id n);

static inline void build_view_switch(struct builder *b, const struct view *v, uint32_t pos,
                                     const struct segment *segment)
{
    b->view = v;
    b->pos = pos;
    b->segment = segment;
    b->gap = segment[1].view_at;
    b->wide = scan_wide(v->room);
}

static inline void build_view_begin(struct builder *b, const struct view *v)
{
    assert(v->segment[0].view_at == 0 && v->segment[0].source_at == b->source_pos);
    build_view_switch(b, v, 0, v->segment);
}

static inline void build_view_leave(struct builder *b)
{
    b->view = NULL;
    b->gap = SEGMENT_END;
}

static inline void build_token(struct builder *b, enum token_kind k, uint32_t source_end)
{
    assert(source_end >= b->source_pos && source_end <= b->text.n);
    if (source_end == b->source_pos)
        return;
    if (b->ntok == b->captok)
        build_grow_tokens(b);
    b->tok[b->ntok++] = (struct token){b->source_pos, k};
    b->source_pos = source_end;
}

static inline void build_trivia(struct builder *b, uint32_t source_end)
{
    uint32_t at = b->source_pos;
    if (at + 1 == source_end && b->text.p[at] == '\n')
        build_token(b, TOK_NEWLINE, source_end);
    else if (at < source_end)
        build_put_trivia(b, source_end);
}

static inline void build_flush_gap(struct builder *b)
{
    if (b->pos == b->gap)
        build_put_gap(b);
}

static inline void build_emit(struct builder *b, enum token_kind k, uint32_t view_end)
{
    if (view_end <= b->pos)
        return;
    if (view_end > b->gap || b->ntok == b->captok) {
        build_emit_across(b, k, view_end);
        return;
    }
    b->tok[b->ntok++] = (struct token){b->source_pos, k};
    b->source_pos += view_end - b->pos;
    b->pos = view_end;
}

static inline node_id build_open(struct builder *b, enum node_kind k, unsigned op)
{
    build_flush_gap(b);
    if (b->nnode == b->capnode)
        build_grow_nodes(b);
    node_id n = b->nnode++;
    b->node[n] = (struct node){(uint8_t)k, (uint8_t)op, 0, b->open, 0, b->ntok, b->ntok};
    b->open = n;
    return n;
}

static inline void build_close(struct builder *b, node_id id)
{
    assert(id == b->open);
    struct node *n = &b->node[id];
    n->tok_end = b->ntok;
    n->after = b->nnode;
    b->open = n->parent;
    if (n->tok < b->ntok && (b->tok[n->tok].kind <= TOK_BOM || b->tok[b->ntok - 1].kind <= TOK_BOM))
        build_trim(b, id);
}

/* What is written at once up to view_end: no gap cuts it, and there is room for it. */
static inline bool build_fits(const struct builder *b, uint32_t view_end, uint32_t tokens,
                              uint32_t nodes)
{
    return view_end <= b->gap && b->ntok + tokens <= b->captok && b->nnode + nodes <= b->capnode;
}

/* It is written. */
static inline void build_advance(struct builder *b, uint32_t view_end, uint32_t tokens,
                                 uint32_t nodes)
{
    b->ntok += tokens;
    b->nnode += nodes;
    b->source_pos += view_end - b->pos;
    b->pos = view_end;
}

static inline node_id build_leaf(struct builder *b, enum node_kind k, enum token_kind t,
                                 uint32_t view_end)
{
    if (view_end <= b->pos || !build_fits(b, view_end, 1, 1)) {
        node_id n = build_open(b, k, 0);
        build_emit(b, t, view_end);
        build_close(b, n);
        return n;
    }
    node_id n = b->nnode;
    b->tok[b->ntok] = (struct token){b->source_pos, t};
    b->node[n] = (struct node){(uint8_t)k, 0, 0, b->open, n + 1, b->ntok, b->ntok + 1};
    build_advance(b, view_end, 1, 1);
    return n;
}

/* A node over a quote, plain text up to `close` and another quote. False, and nothing is done:
 * a gap cuts it. */
static inline bool build_quoted(struct builder *b, enum node_kind k, uint32_t close)
{
    if (!build_fits(b, close + 1, 3, 1))
        return false;
    uint32_t n = b->nnode, t = b->ntok, source = b->source_pos - b->pos; /* of the view's start */
    uint32_t text = close > b->pos + 1;
    struct token *tok = b->tok + t;
    tok[0] = (struct token){b->source_pos, TOK_QUOTE};
    tok[1] = (struct token){b->source_pos + 1, TOK_TEXT};
    tok[1 + text] = (struct token){source + close, TOK_QUOTE};
    b->node[n] = (struct node){(uint8_t)k, 0, 0, b->open, n + 1, t, t + 2 + text};
    build_advance(b, close + 1, 2 + text, 1);
    return true;
}

/* A pair of plain text: a name up to `equals`, the sign, a word up to `end`. False, and nothing is
 * done: a gap cuts it, or the name or the word is empty. */
static inline bool build_pair(struct builder *b, uint32_t equals, uint32_t end)
{
    if (equals == b->pos || equals + 1 == end || !build_fits(b, end, 3, 3))
        return false;
    uint32_t n = b->nnode, t = b->ntok, source = b->source_pos - b->pos;
    struct token *tok = b->tok + t;
    struct node *node = b->node + n;
    tok[0] = (struct token){b->source_pos, TOK_TEXT};
    tok[1] = (struct token){source + equals, TOK_OPERATOR};
    tok[2] = (struct token){source + equals + 1, TOK_TEXT};
    node[0] = (struct node){NODE_PAIR, 0, 0, b->open, n + 3, t, t + 3};
    node[1] = (struct node){NODE_NAME, 0, 0, n, n + 2, t, t + 1};
    node[2] = (struct node){NODE_WORD, 0, 0, n, n + 3, t + 2, t + 3};
    build_advance(b, end, 3, 3);
    return true;
}

/* A parameter, its dollar up to `name` and its name, a token of kind `k`, up to `end`. False,
 * and nothing is done: a gap cuts it. */
static inline bool build_param(struct builder *b, uint32_t name, enum token_kind k, uint32_t end)
{
    if (!build_fits(b, end, 2, 2))
        return false;
    uint32_t n = b->nnode, t = b->ntok;
    b->tok[t] = (struct token){b->source_pos, TOK_PARAM};
    b->tok[t + 1] = (struct token){b->source_pos + (name - b->pos), k};
    b->node[n] = (struct node){NODE_PARAM, PARAM_PLAIN, 0, b->open, n + 2, t, t + 2};
    b->node[n + 1] = (struct node){NODE_NAME, 0, 0, n, n + 2, t + 1, t + 2};
    build_advance(b, end, 2, 2);
    return true;
}

/* Blanks up to `from`, and behind them a leaf of plain text. */
static inline void build_blank_leaf(struct builder *b, uint32_t from, enum node_kind k, uint32_t to)
{
    if (!build_fits(b, to, 2, 1)) {
        build_emit(b, TOK_BLANK, from);
        build_leaf(b, k, TOK_TEXT, to);
        return;
    }
    uint32_t n = b->nnode, t = b->ntok;
    b->tok[t] = (struct token){b->source_pos, TOK_BLANK};
    b->tok[t + 1] = (struct token){b->source_pos + (from - b->pos), TOK_TEXT};
    b->node[n] = (struct node){(uint8_t)k, 0, 0, b->open, n + 1, t + 1, t + 2};
    build_advance(b, to, 2, 1);
}

#endif
