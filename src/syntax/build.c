/* build.c - writes tokens and nodes; maps views back to the source.
 *
 * Token and node arrays begin in the arena of the tree, at a size that nearly all files keep
 * to. Where it is not enough they grow by doubling in the builder's scratch arena and are
 * copied once, at their final size: a file costs a handful of allocations. */
#include "syntax/build.h"

#include <string.h>

void build_grow_tokens(struct builder *b)
{
    b->tok = arena_grow(b->scratch, b->tok, b->ntok, &b->captok, b->ntok + 1, sizeof(*b->tok));
}

void build_grow_nodes(struct builder *b)
{
    b->node =
        arena_grow(b->scratch, b->node, b->nnode, &b->capnode, b->nnode + 1, sizeof(*b->node));
}

static bool is_trivia(const struct token *t)
{
    return t->kind <= TOK_BOM;
}

uint32_t behind_line(const char *p, uint32_t at, uint32_t end)
{
    const char *nl = memchr(p + at, '\n', end - at);
    return nl ? (uint32_t)(nl - p) + 1 : end;
}

uint32_t line_text_end(const char *p, uint32_t at, uint32_t end)
{
    uint32_t over = behind_line(p, at, end);
    if (over == at || p[over - 1] != '\n')
        return over;
    return over - at > 1 && p[over - 2] == '\r' ? over - 2 : over - 1;
}

/* White space but for the line end; `at`: a line end, or something else, stands there. */
static uint32_t blanks_end(const char *s, uint32_t at, uint32_t end)
{
    uint32_t i = at;
    for (uint32_t n; i < end && s[i] != '\n' && (n = space_len(s + i, end - i)); i += n)
        ;
    return i < end && i > at && s[i] == '\n' && s[i - 1] == '\r' ? i - 1 : i;
}

/* White space, comments, line ends, and escape characters with what follows them to the
 * line end: all that a gap between the parts of a view may hold. */
void build_put_trivia(struct builder *b, uint32_t end)
{
    const char *s = b->text.p;
    while (b->source_pos < end) {
        uint32_t at = b->source_pos, blanks;
        if (s[at] == '\n')
            build_token(b, TOK_NEWLINE, at + 1);
        else if (s[at] == b->escape)
            build_token(b, TOK_CONTINUATION,
                        at + 1 < end && s[at + 1] == '\n' ? at + 2 : behind_line(s, at, end));
        else if (s[at] == '#')
            build_token(b, TOK_COMMENT, line_text_end(s, at, end));
        else if ((blanks = blanks_end(s, at, end)) > at)
            build_token(b, TOK_BLANK, blanks);
        else if (s[at] == '\r')
            build_token(b, TOK_NEWLINE, at + 2);
        else
            build_token(b, TOK_BLANK, line_text_end(s, at, end));
    }
}

/* Segments */

/* Nearly all gaps are: the escape character and a line end, from `at` to `end`. */
static inline bool is_short_gap(const struct builder *b, uint32_t at, uint32_t end)
{
    return end - at == 2 && b->text.p[at + 1] == '\n' && b->text.p[at] == b->escape;
}

void build_put_gap(struct builder *b)
{
    do {
        uint32_t at = b->source_pos, end = (++b->segment)->source_at;
        if (is_short_gap(b, at, end))
            build_token(b, TOK_CONTINUATION, end);
        else
            build_put_trivia(b, end);
        b->gap = b->segment[1].view_at;
    } while (b->pos == b->gap);
}

/* One token and one short gap in it. False: there is more. */
static inline bool emit_across_one(struct builder *b, enum token_kind k, uint32_t view_end)
{
    uint32_t gap = b->gap, at = b->source_pos + (gap - b->pos);
    if (gap >= view_end || b->ntok + 3 > b->captok)
        return false;
    const struct segment *next = b->segment + 1;
    uint32_t from = next->source_at, next_gap = next[1].view_at;
    if (view_end > next_gap || !is_short_gap(b, at, from))
        return false;
    struct token *tok = b->tok + b->ntok;
    *tok = (struct token){b->source_pos, k};
    tok += gap > b->pos;
    tok[0] = (struct token){at, TOK_CONTINUATION};
    tok[1] = (struct token){from, k};
    b->ntok = (uint32_t)(tok + 2 - b->tok);
    b->source_pos = from + (view_end - gap);
    b->pos = view_end;
    b->segment = next;
    b->gap = next_gap;
    return true;
}

DFIX_APART static void emit_pieces(struct builder *b, enum token_kind k, uint32_t view_end)
{
    while (b->pos < view_end) {
        build_flush_gap(b);
        uint32_t stop = view_end < b->gap ? view_end : b->gap;
        build_token(b, k, b->source_pos + (stop - b->pos));
        b->pos = stop;
    }
}

void build_emit_across(struct builder *b, enum token_kind k, uint32_t view_end)
{
    assert(view_end >= b->pos && view_end <= b->view->n);
    if (!emit_across_one(b, k, view_end))
        emit_pieces(b, k, view_end);
}

void build_view_end(struct builder *b)
{
    assert(b->pos == b->view->n);
    build_flush_gap(b);
    build_trivia(b, b->view->source_end);
    build_view_leave(b);
}

/* Nodes */

node_id build_open_error(struct builder *b, enum syntax_error e)
{
    b->nerror++;
    return build_open(b, NODE_ERROR, e);
}

/* Trivia at the ends is left out; what is empty and stood in it moves along. */
static void trim_end(struct builder *b, node_id id)
{
    struct node *x = &b->node[id];
    while (x->tok_end > x->tok && is_trivia(&b->tok[x->tok_end - 1]))
        x->tok_end--;
    for (node_id n = b->nnode - 1; n > id && b->node[n].tok > x->tok_end; n--)
        b->node[n].tok = b->node[n].tok_end = x->tok_end;
}

static void trim_start(struct builder *b, node_id id)
{
    struct node *x = &b->node[id];
    while (x->tok < x->tok_end && is_trivia(&b->tok[x->tok]))
        x->tok++;
    for (node_id n = id + 1; n < b->nnode && b->node[n].tok < x->tok; n++) {
        if (b->node[n].tok != b->node[n].tok_end) {
            x->tok = b->node[n].tok; /* a heredoc's body */
            break;
        }
        b->node[n].tok = b->node[n].tok_end = x->tok;
    }
}

static bool keeps_trivia(const struct node *n)
{
    const uint64_t kinds = 1u << NODE_FILE | 1u << NODE_HEREDOC | 1u << NODE_DATA;
    return kinds >> n->kind & 1;
}

void build_trim(struct builder *b, node_id id)
{
    struct node *n = &b->node[id];
    if (keeps_trivia(n))
        return;
    if (is_trivia(&b->tok[n->tok_end - 1]))
        trim_end(b, id);
    if (n->tok < n->tok_end && is_trivia(&b->tok[n->tok]))
        trim_start(b, id);
}

node_id build_wrap(struct builder *b, node_id first, enum node_kind k, unsigned op)
{
    assert(b->node[first].parent == b->open && first > b->open);
    if (b->nnode == b->capnode)
        build_grow_nodes(b);
    struct node *from = b->node + first;
    uint32_t moved = b->nnode++ - first;
    for (struct node *n = from + moved; n > from; n--) {
        struct node x = n[-1];
        x.after++;
        x.parent++;
        *n = x;
    }
    for (node_id n = first + 1; n < b->nnode; n = b->node[n].after)
        b->node[n].parent = first;
    b->node[first] = (struct node){
        .kind = (uint8_t)k, .op = (uint8_t)op, .parent = b->open, .tok = b->node[first + 1].tok};
    b->open = first;
    return first;
}

void build_error(struct builder *b, node_id n, enum syntax_error e)
{
    if (b->node[n].kind != NODE_ERROR)
        b->nerror++;
    b->node[n].kind = NODE_ERROR;
    b->node[n].op = (uint8_t)e;
}

/* A whole tree */

/* Most files fit in the places made here, in the arena of the tree. */
void build_start(struct builder *b, struct arena *a, struct str text)
{
    b->text = text;
    b->escape = '\\';
    b->gap = SEGMENT_END;
    b->arena = a;
    b->scratch = arena_within(a);
    b->captok = b->fittok = text.n / 4 + 32;
    b->capnode = b->fitnode = text.n / 8 + 32;
    b->tok = arena_room(a, b->captok, sizeof(*b->tok));
    b->node = arena_room(a, b->capnode, sizeof(*b->node));
    build_open(b, NODE_FILE, 0);
}

struct tree *build_finish(struct builder *b)
{
    assert(b->source_pos == b->text.n);
    build_close(b, 0);
    if (b->ntok == b->captok)
        build_grow_tokens(b);
    b->tok[b->ntok] = (struct token){(uint32_t)b->text.n, TOK_END};
    if (b->capnode > b->fitnode)
        b->node = arena_copy(b->arena, b->node, b->nnode, sizeof(*b->node));
    else
        arena_trim(b->arena, b->node, b->nnode, b->capnode, sizeof(*b->node));
    if (b->captok > b->fittok)
        b->tok = arena_copy(b->arena, b->tok, (size_t)b->ntok + 1, sizeof(*b->tok));
    struct tree *t = arena_new(b->arena, struct tree, 1);
    t->text = b->text;
    t->tok = b->tok;
    t->node = b->node;
    t->ntok = b->ntok;
    t->nnode = b->nnode;
    t->nerror = b->nerror;
    t->escape = b->escape;
    const char *line = b->text.n ? memchr(b->text.p, '\n', b->text.n) : NULL;
    t->crlf = line && line > b->text.p && line[-1] == '\r';
    arena_close(b->scratch);
    return t;
}
