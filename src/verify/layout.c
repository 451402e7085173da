/* What is the same in the end and written otherwise. */
#include "parts.h"

/* The bytes of a node without comments, or those of its layout alone. */
static struct str bytes_of(struct arena *a, const struct tree *t, uint32_t from, uint32_t to,
                           bool gaps)
{
    struct buf b = {.arena = a};

    for (uint32_t i = from; i < to; i++) {
        struct span s = token_span(t, i);
        bool gap = t->tok[i].kind <= TOK_BOM;
        if (t->tok[i].kind != TOK_COMMENT && (gap || !gaps))
            buf_add(&b, str_sub(t->text, s.start, s.end));
    }
    return buf_str(&b);
}

static size_t pieces_of(const struct unit *u)
{
    size_t n = 0;

    for (size_t i = 0; i < u->n; i++)
        n += u->group[i].n;
    return n;
}

static size_t comments_in(const struct tree *t, uint32_t from, uint32_t to)
{
    size_t n = 0;

    for (uint32_t i = from; i < to; i++)
        n += t->tok[i].kind == TOK_COMMENT;
    return n;
}

/* Where words differ their layout is compared as long as there are as many of them. A comment line
 * takes its line end with it. */
void compare_layout(struct comparison *c, const struct unit *x, const struct unit *y)
{
    const struct tree *tx = c->before.tree, *ty = c->after.tree;
    const struct node *nx = &tx->node[x->node], *ny = &ty->node[y->node];
    bool same = x->hash == y->hash && x->op == y->op;

    if ((x->part && x->part != node_next(tx, x->node, 0, node_kind(tx, x->part))) ||
        comments_in(tx, nx->tok, nx->tok_end) != comments_in(ty, ny->tok, ny->tok_end) ||
        (!same && (pieces_of(x) != pieces_of(y) || x->op != y->op)))
        return;
    struct arena_mark mark = arena_mark(c->arena);
    bool differ = !str_eq(bytes_of(c->arena, tx, nx->tok, nx->tok_end, !same),
                          bytes_of(c->arena, ty, ny->tok, ny->tok_end, !same));
    arena_rewind(c->arena, mark);
    if (differ)
        verify_tell(c, DIFFERENCE_LAYOUT, "is written in another way");
}

/* Blanks and empty lines between instructions. */
static struct str gaps_of(struct arena *a, const struct tree *t)
{
    struct buf b = {.arena = a};
    uint32_t at = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        buf_add(&b, bytes_of(a, t, at, t->node[n].tok, true));
        buf_char(&b, '|');
        at = t->node[n].tok_end;
    }
    buf_add(&b, bytes_of(a, t, at, t->ntok, true));
    return buf_str(&b);
}

static size_t top_nodes(const struct tree *t)
{
    size_t count = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        count++;
    return count;
}

void compare_blanks(struct comparison *c)
{
    const struct tree *x = c->before.tree, *y = c->after.tree;
    /* Otherwise they go with what they stood around. */
    bool comparable =
        top_nodes(x) == top_nodes(y) && comments_in(x, 0, x->ntok) == comments_in(y, 0, y->ntok);

    c->where = S("");
    c->at_before = c->at_after = (struct span){0, 0};
    if (comparable && !str_eq(gaps_of(c->arena, x), gaps_of(c->arena, y)))
        verify_tell(c, DIFFERENCE_LAYOUT,
                    "blanks, line ends or empty lines between instructions differ");
    else if (!c->found.n)
        verify_tell(c, DIFFERENCE_LAYOUT, "what has no effect is written in another way");
}
