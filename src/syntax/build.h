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

#include <assert.h>

/* view.text[view_at ...] is source[source_at ...], up to the next segment. */
struct segment {
    uint32_t view_at, source_at;
};

struct view {
    const char *p; /* text; p[n] may not be read */
    uint32_t n;
    const struct segment *segment; /* sorted by both; [0].view_at == 0 */
    uint32_t nsegment;
    uint32_t source_end; /* source offset where the view's last byte ends */
};

struct builder {
    struct token *tok; /* growing in scratch, like node */
    struct node *node;
    uint32_t ntok, nnode;
    size_t captok, capnode;
    uint32_t source_pos; /* where the last token ended */
    /* the view being read */
    uint32_t pos;     /* view offset where the last token ended */
    uint32_t gap;     /* view offset of the next gap, pos or more; UINT32_MAX: none */
    uint32_t segment; /* index of the segment that pos is in */
    const struct view *view;
    node_id open;   /* innermost open node */
    node_id closed; /* the node closed last */
    uint32_t nerror;
    uint32_t depth; /* nesting of shell constructs */
    char escape;
    struct str text;       /* the source */
    struct arena *scratch; /* what parsing needs until the tree is finished */
};

enum { DEPTH_MAX = 200 }; /* nesting past this is one NODE_ERROR */

/* A builder with NODE_FILE open; the finished tree in `a`, the builder's memory freed. */
void build_start(struct builder *b, struct str text);
struct tree *build_finish(struct builder *b, struct arena *a);

/* Raw source tokens, outside views. No bytes, no token. */
static inline void build_token(struct builder *b, enum token_kind k, uint32_t source_end);
/* Source bytes that mean nothing, as blanks, comments, continuations, line ends. */
void build_trivia(struct builder *b, uint32_t source_end);

void build_view_begin(struct builder *b, const struct view *v); /* at its first byte */
void build_view_end(struct builder *b); /* everything was emitted; trailing gaps are flushed */
/* Read another view from `pos`, which is in its segment `segment`, without ending this. */
void build_view_switch(struct builder *b, const struct view *v, uint32_t pos, uint32_t segment);
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
node_id build_open_error(struct builder *b, enum syntax_error e);
/* The finished or open node turns out to be an error. */
void build_error(struct builder *b, node_id n, enum syntax_error e);

/* shell.c: reads all of the current view (pos 0 .. n) as one NODE_SHELL child of
 * b->open. Dialect: bash's additions are errors for POSIX only where a POSIX shell
 * would refuse or read them otherwise. `heredoc` is called by nobody else: bodies of
 * heredocs opened in a RUN line stand outside the view, see dockerfile.c. */
enum dialect { DIALECT_POSIX, DIALECT_BASH };
node_id shell_parse(struct builder *b, enum dialect d);
/* A word as the Dockerfile itself expands it ($x ${x:-y} '' "" escape); in word.c. */

/* The short ways, for the many tokens that no gap cuts and nodes that no trivia begins or
 * ends; what is rare is in build.c. */

void build_put_gap(struct builder *b);
void build_emit_across(struct builder *b, enum token_kind k, uint32_t view_end);
void build_grow_tokens(struct builder *b);
void build_grow_nodes(struct builder *b);
void build_trim(struct builder *b, node_id n);

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
    b->closed = id;
    if (n->tok < b->ntok && (b->tok[n->tok].kind <= TOK_BOM || b->tok[b->ntok - 1].kind <= TOK_BOM))
        build_trim(b, id);
}

static inline node_id build_leaf(struct builder *b, enum node_kind k, enum token_kind t,
                                 uint32_t view_end)
{
    if (view_end <= b->pos || view_end > b->gap || b->ntok == b->captok || b->nnode == b->capnode) {
        node_id n = build_open(b, k, 0);
        build_emit(b, t, view_end);
        build_close(b, n);
        return n;
    }
    node_id n = b->nnode++;
    b->node[n] = (struct node){(uint8_t)k, 0, 0, b->open, n + 1, b->ntok, b->ntok + 1};
    b->closed = n;
    b->tok[b->ntok++] = (struct token){b->source_pos, t};
    b->source_pos += view_end - b->pos;
    b->pos = view_end;
    return n;
}

#endif
