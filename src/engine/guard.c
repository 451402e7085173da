/* The guard: what one fix may do to a file, checked on the result.
 *
 * Outside the edits every token comes back with its kind, its bytes and its place among the
 * nodes; comments stay; no error is new; a change stays in the instruction that it names, and
 * out of opaque data that it does not name; the instructions stay what they are. A fix says
 * beforehand where it means to do more (fix_declares, fix_line_before). */
#include "lines.h"

struct guard {
    const struct tree *before, *after;
    const struct fix *fix;
    struct edits edits;
    uint64_t *path_before, *path_after; /* by token: the kinds of the nodes around it */
    bool *declared;                     /* by token of before: inside a declared node */
    bool *shell;                        /* by token of before: a SHELL instruction may re-read it */
};

/* Where an old offset lies in the new text; what is inserted right at it comes before it. */
static uint32_t forward(struct edits e, uint32_t at)
{
    int64_t shift = 0;

    for (size_t i = 0; i < e.n && e.v[i].span.end <= at; i++)
        shift += (int64_t)e.v[i].text.n - (e.v[i].span.end - e.v[i].span.start);
    return (uint32_t)(at + shift);
}

/* A walk along the tokens of before, and beside it along the edits and the tokens of after. */
struct walk {
    size_t edit;
    int64_t shift;
    uint32_t token;
};

/* The token of after that starts where an old offset lies now; ntok: none does. Offsets are asked
 * for in rising order. */
static uint32_t token_at(struct walk *w, const struct guard *g, uint32_t at)
{
    struct edits e = g->edits;

    for (; w->edit < e.n && e.v[w->edit].span.end <= at; w->edit++)
        w->shift +=
            (int64_t)e.v[w->edit].text.n - (e.v[w->edit].span.end - e.v[w->edit].span.start);
    while (w->token < g->after->ntok && g->after->tok[w->token].start < at + w->shift)
        w->token++;
    bool there = w->token < g->after->ntok && g->after->tok[w->token].start == at + w->shift;
    return there ? w->token : g->after->ntok;
}

static uint64_t *paths_of(struct arena *a, const struct tree *t)
{
    uint64_t *node = arena_new(a, uint64_t, t->nnode), *tok = arena_new(a, uint64_t, t->ntok + 1);

    for (node_id n = 1; n < t->nnode; n++) {
        const struct node *x = &t->node[n];
        node[n] = (node[x->parent] ^ (x->kind * 64u + x->op + 1)) * 1099511628211u;
        /* Preorder: inner nodes come later and overwrite. */
        for (uint32_t i = x->tok; i < x->tok_end; i++)
            tok[i] = node[n];
    }
    return tok;
}

static bool touches(struct edits e, struct span s)
{
    for (size_t i = 0; i < e.n; i++)
        if (e.v[i].span.start <= s.end && e.v[i].span.end >= s.start)
            return true;
    return false;
}

/* The edit that takes the whole of it out; NULL: none does. */
static const struct edit *swallows(struct edits e, struct span s)
{
    for (size_t i = 0; i < e.n; i++)
        if (e.v[i].span.start <= s.start && e.v[i].span.end >= s.end)
            return e.v + i;
    return NULL;
}

static bool is_declared(const struct fix *f, node_id n)
{
    for (size_t i = 0; i < f->declared.n; i++)
        if (f->declared.v[i] == n)
            return true;
    return false;
}

static bool same_token(struct walk *w, const struct guard *g, uint32_t i, bool anywhere)
{
    struct span old = token_span(g->before, i);
    uint32_t j = token_at(w, g, old.start);

    if (j == g->after->ntok || g->after->tok[j].kind != g->before->tok[i].kind)
        return false;
    struct span new = token_span(g->after, j);
    return str_eq(str_sub(g->before->text, old.start, old.end),
                  str_sub(g->after->text, new.start, new.end)) &&
           (anywhere || g->declared[i] || g->path_before[i] == g->path_after[j]);
}

static const char *check_tokens(const struct guard *g)
{
    struct walk w = {0};

    for (uint32_t i = 0; i < g->before->ntok; i++) {
        struct span s = token_span(g->before, i);
        if (g->before->tok[i].kind == TOK_COMMENT) {
            if (swallows(g->edits, s) ? !g->fix->drops_comments : !same_token(&w, g, i, true))
                return "a comment would be lost";
        } else if (!touches(g->edits, s) && !g->shell[i] &&
                   !same_token(&w, g, i, token_is_trivia(g->before, i))) {
            return "bytes outside the fix would be read otherwise";
        }
    }
    return NULL;
}

/* Every error after was an error before, at the same place. */
static const char *check_errors(const struct guard *g)
{
    const struct tree *b = g->before, *a = g->after;
    node_id old = 0;

    for (node_id n = 1; a->nerror && n < a->nnode; n++) {
        if (a->node[n].kind != NODE_ERROR)
            continue;
        uint32_t start = node_span(a, n).start;
        do
            old++;
        while (old < b->nnode &&
               !(b->node[old].kind == NODE_ERROR && b->node[old].op == a->node[n].op &&
                 forward(g->edits, node_span(b, old).start) == start));
        if (old >= b->nnode)
            return "the result would not parse";
    }
    return NULL;
}

/* A change stays where the node is that it names: between the instructions around it. */
static const char *check_places(const struct guard *g)
{
    const struct tree *t = g->before;
    node_id around = 0;
    uint32_t from = 0, to = 0;

    for (size_t i = 0; i < g->fix->change.n; i++) {
        const struct change *c = &g->fix->change.v[i];
        node_id n = node_outermost(t, c->inside);
        if (n && n != around) {
            for (from = t->node[n].tok; from && token_is_trivia(t, from - 1); from--)
                ;
            for (to = t->node[n].tok_end; to < t->ntok && token_is_trivia(t, to); to++)
                ;
            around = n;
        }
        if (n && (c->edit.span.start < t->tok[from].start || c->edit.span.end > t->tok[to].start))
            return "a change lies outside of the instruction that it names";
    }
    return NULL;
}

/* Changes stay out of opaque data that they do not name. */
static const char *check_data(const struct guard *g)
{
    const struct tree *t = g->before;

    for (node_id n = 1; n < t->nnode; n++) {
        if (t->node[n].kind != NODE_DATA || is_declared(g->fix, n))
            continue;
        struct span s = node_span(t, n);
        for (size_t i = 0; i < g->fix->change.n; i++) {
            const struct change *c = &g->fix->change.v[i];
            if (c->inside != n && c->edit.span.start < s.end && c->edit.span.end > s.start)
                return "data would change that the fix does not name";
        }
    }
    return NULL;
}

/* Does this part of the new text lie in lines that the fix put there? */
static bool is_new_line(const struct guard *g, struct span s)
{
    for (size_t i = 0; i < g->fix->change.n; i++) {
        const struct change *c = &g->fix->change.v[i];
        for (size_t k = 0; c->line && k < g->edits.n; k++) {
            const struct edit *e = &g->edits.v[k]; /* neighbours were joined into one */
            uint32_t end = forward(g->edits, e->span.end);
            if (e->span.start <= c->edit.span.start && c->edit.span.end <= e->span.end &&
                s.start >= end - e->text.n && s.end <= end)
                return true;
        }
    }
    return false;
}

/* Lines put between instructions are the only new ones; none goes unless declared. */
static const char *check_instructions(const struct guard *g)
{
    const struct tree *b = g->before, *a = g->after;
    node_id n = node_first(a, 0);

    for (node_id old = node_first(b, 0); old; old = node_sibling(b, old)) {
        struct span s = node_span(b, old);
        const struct edit *out = swallows(g->edits, s);
        if (out && is_declared(g->fix, old)) {
            /* It goes, or one other takes its place. */
            uint32_t from = forward(g->edits, out->span.start);
            if (n && node_span(a, n).start >= from && node_span(a, n).start < from + out->text.n)
                n = node_sibling(a, n);
            continue;
        }
        for (; n && node_span(a, n).start < forward(g->edits, s.start); n = node_sibling(a, n))
            if (!is_new_line(g, node_span(a, n)))
                return "an instruction would appear";
        if (!n)
            return "an instruction would be lost";
        if (a->node[n].kind != b->node[old].kind ||
            (a->node[n].op != b->node[old].op && !is_declared(g->fix, old)))
            return "an instruction would become another";
        n = node_sibling(a, n);
    }
    for (; n; n = node_sibling(a, n))
        if (!is_new_line(g, node_span(a, n)))
            return "an instruction would appear";
    return NULL;
}

static void mark(const struct tree *t, node_id n, bool *by_token)
{
    for (uint32_t k = t->node[n].tok; k < t->node[n].tok_end; k++)
        by_token[k] = true;
}

static size_t count_shell_instructions(const struct tree *t)
{
    size_t n = 0;

    for (node_id i = 1; i < t->nnode; i++)
        n += t->node[i].kind == NODE_INSTRUCTION && t->node[i].op == INST_SHELL;
    return n;
}

static void mark_exempt(struct guard *g)
{
    const struct tree *t = g->before;

    for (size_t i = 0; i < g->fix->declared.n; i++)
        mark(t, g->fix->declared.v[i], g->declared);
    if (count_shell_instructions(t) == count_shell_instructions(g->after))
        return;
    for (node_id n = 1; n < t->nnode; n++)
        if (t->node[n].kind == NODE_SHELL || t->node[n].kind == NODE_DATA)
            mark(t, n, g->shell);
}

const char *guard_check(struct arena *a, const struct tree *before, const struct tree *after,
                        const struct fix *f, struct edits e)
{
    struct guard g = {
        .before = before,
        .after = after,
        .fix = f,
        .edits = e,
        .path_before = paths_of(a, before),
        .path_after = paths_of(a, after),
        .declared = arena_new(a, bool, before->ntok + 1),
        .shell = arena_new(a, bool, before->ntok + 1),
    };
    const char *why;

    mark_exempt(&g);
    if ((why = check_errors(&g)) || (why = check_places(&g)) || (why = check_data(&g)) ||
        (why = check_instructions(&g)))
        return why;
    return check_tokens(&g);
}
