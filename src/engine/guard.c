/* The guard: what one fix may do to a file, checked on the result.
 *
 * Outside the edits every token comes back with its kind, its bytes and its place among the
 * nodes; comments stay; no error is new; a change stays in the instruction that it names, and
 * out of opaque data that it does not name; the instructions stay what they are. A fix says
 * beforehand where it means to do more (fix_declares, fix_line_before). */
#include "lines.h"

#include <stdlib.h>

struct guard {
    const struct tree *before, *after;
    const struct fix *fix;
    struct edits edits;
    int64_t *shift; /* by edit, and one more: how far what comes after the edits before it moved */
    bool *lines;    /* by edit: whole lines are put in there */
    bool *is_declared;                  /* by node of before */
    struct change *change;              /* the fix's, by where they start */
    uint64_t *path_before, *path_after; /* by token: the kinds of the nodes around it */
    bool *declared;                     /* by token of before: inside a declared node */
    bool *shell;                        /* by token of before: a SHELL instruction may re-read it */
};

static int64_t growth_of(const struct edit *e)
{
    return (int64_t)e->text.n - (e->span.end - e->span.start);
}

/* The first edit that ends at `at` or behind it; edits do not touch, so they end in order. */
static size_t edit_ending_at(struct edits e, uint32_t at)
{
    struct bisect b = {.high = e.n};

    while (bisect_next(&b))
        bisect_take(&b, e.v[b.at].span.end < at);
    return b.low;
}

/* Where an old offset lies in the new text; what is inserted right at it comes before it. */
static uint32_t forward(const struct guard *g, uint32_t at)
{
    size_t i = edit_ending_at(g->edits, at);

    i += i < g->edits.n && g->edits.v[i].span.end == at;
    return (uint32_t)(at + g->shift[i]);
}

/* A walk along the tokens of before, and beside it along the edits and the tokens of after. */
struct walk {
    size_t edit;
    uint32_t token;
};

/* The token of after that starts where an old offset lies now; ntok: none does. Offsets are asked
 * for in rising order. */
static uint32_t token_at(struct walk *w, const struct guard *g, uint32_t at)
{
    while (w->edit < g->edits.n && g->edits.v[w->edit].span.end <= at)
        w->edit++;
    at = (uint32_t)(at + g->shift[w->edit]);
    while (w->token < g->after->ntok && g->after->tok[w->token].start < at)
        w->token++;
    bool there = w->token < g->after->ntok && g->after->tok[w->token].start == at;
    return there ? w->token : g->after->ntok;
}

/* By token: what the nodes are that it stands in. */
static uint64_t *paths_of(struct arena *a, const struct tree *t)
{
    uint64_t *node = arena_room(a, t->nnode, sizeof(*node));
    uint64_t *tok = arena_room(a, t->ntok + 1, sizeof(*tok));
    node_id around = 0;
    uint32_t at = 0; /* tokens before it have their path */

    node[0] = 0;
    for (node_id n = 1; n < t->nnode; n++) {
        const struct node *x = &t->node[n];
        for (; around != x->parent; around = t->node[around].parent)
            while (at < t->node[around].tok_end)
                tok[at++] = node[around];
        while (at < x->tok)
            tok[at++] = node[around];
        node[n] = (node[around] ^ (x->kind * 64u + x->op + 1)) * 1099511628211u;
        around = n;
    }
    for (; around; around = t->node[around].parent)
        while (at < t->node[around].tok_end)
            tok[at++] = node[around];
    while (at <= t->ntok)
        tok[at++] = 0;
    return tok;
}

/* The edit that takes the whole of it out; NULL: none does. */
static const struct edit *swallows(struct edits e, struct span s)
{
    size_t i = edit_ending_at(e, s.end);
    return i < e.n && e.v[i].span.start <= s.start ? e.v + i : NULL;
}

/* Does the token at `old` come back? Where no edit touches it, its bytes are the same when it is as
 * long. */
static bool same_token(struct walk *w, const struct guard *g, uint32_t i, struct span old,
                       bool touched)
{
    uint32_t j = token_at(w, g, old.start);

    if (j == g->after->ntok || g->after->tok[j].kind != g->before->tok[i].kind)
        return false;
    struct span new = token_span(g->after, j);
    return new.end - new.start == old.end - old.start &&
           (!touched || str_eq(str_sub(g->before->text, old.start, old.end),
                               str_sub(g->after->text, new.start, new.end))) &&
           (token_is_trivia(g->before, i) || g->declared[i] ||
            g->path_before[i] == g->path_after[j]);
}

static const char *check_tokens(const struct guard *g)
{
    const struct edits e = g->edits;
    struct walk w = {0};
    size_t next = 0; /* the first edit that ends where the token starts, or behind that */

    for (uint32_t i = 0; i < g->before->ntok; i++) {
        struct span s = token_span(g->before, i);
        while (next < e.n && e.v[next].span.end < s.start)
            next++;
        bool touched = next < e.n && e.v[next].span.start <= s.end;
        bool comment = g->before->tok[i].kind == TOK_COMMENT;
        bool swallowed = comment && swallows(e, s);
        if (comment ? swallowed && g->fix->drops_comments : touched || g->shell[i])
            continue;
        if (swallowed || !same_token(&w, g, i, s, touched))
            return comment ? "a comment would be lost"
                           : "text outside the edited range would be parsed differently";
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
                 forward(g, node_span(b, old).start) == start));
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
        const struct change *c = &g->change[i];
        node_id n = node_outermost(t, c->inside);
        if (n && n != around) {
            for (from = t->node[n].tok; from && token_is_trivia(t, from - 1); from--)
                ;
            for (to = t->node[n].tok_end; to < t->ntok && token_is_trivia(t, to); to++)
                ;
            around = n;
        }
        if (n && (c->edit.span.start < t->tok[from].start || c->edit.span.end > t->tok[to].start))
            return "an edit is outside the instruction that it names";
    }
    return NULL;
}

/* Changes stay out of opaque data that they do not name. */
static const char *check_data(const struct guard *g)
{
    const struct tree *t = g->before;
    size_t first = 0;

    for (node_id n = 1; n < t->nnode; n++) {
        if (t->node[n].kind != NODE_DATA || g->is_declared[n])
            continue;
        struct span s = node_span(t, n);
        while (first < g->fix->change.n && g->change[first].edit.span.end <= s.start)
            first++;
        for (size_t i = first; i < g->fix->change.n && g->change[i].edit.span.start < s.end; i++)
            if (g->change[i].inside != n && g->change[i].edit.span.end > s.start)
                return "the fix would change data that it does not name";
    }
    return NULL;
}

/* Does this part of the new text lie in lines that the fix put there? */
static bool is_new_line(const struct guard *g, struct span s)
{
    struct bisect b = {.high = g->edits.n};

    while (bisect_next(&b))
        bisect_take(&b, g->edits.v[b.at].span.end + g->shift[b.at + 1] < s.end);
    if (b.low == g->edits.n || !g->lines[b.low])
        return false;
    return s.start >= g->edits.v[b.low].span.start + g->shift[b.low];
}

static bool is_joined(const struct guard *g, node_id instruction)
{
    for (size_t i = 0; i < g->fix->joined.n; i++)
        if (g->fix->joined.v[i] == instruction)
            return true;
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
        if (is_joined(g, old))
            continue;
        if (out && g->is_declared[old]) {
            /* It goes, or one other takes its place. */
            uint32_t from = forward(g, out->span.start);
            if (n && node_span(a, n).start >= from && node_span(a, n).start < from + out->text.n)
                n = node_sibling(a, n);
            continue;
        }
        for (; n && node_span(a, n).start < forward(g, s.start); n = node_sibling(a, n))
            if (!is_new_line(g, node_span(a, n)))
                return "an instruction would be added";
        if (!n)
            return "an instruction would be lost";
        if (a->node[n].kind != b->node[old].kind ||
            (a->node[n].op != b->node[old].op && !g->is_declared[old]))
            return "an instruction would turn into another one";
        n = node_sibling(a, n);
    }
    for (; n; n = node_sibling(a, n))
        if (!is_new_line(g, node_span(a, n)))
            return "an instruction would be added";
    return NULL;
}

/* What is only spelled anew says what it said. */
static const char *check_spelling(struct arena *a, const struct guard *g)
{
    for (size_t i = 0; i < g->fix->respelled.n; i++) {
        node_id old = g->fix->respelled.v[i];
        uint32_t start = forward(g, node_span(g->before, old).start);
        node_id new = node_first(g->after, 0);
        while (new &&node_span(g->after, new).start < start)
            new = node_sibling(g->after, new);
        if (!new || !same_pairs(a, g->before, old, g->after, new))
            return "a value would change";
    }
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

    for (size_t i = 0; i < g->fix->declared.n; i++) {
        node_id n = g->fix->declared.v[i];
        if (!g->is_declared[n])
            mark(t, n, g->declared);
        g->is_declared[n] = true;
    }
    if (count_shell_instructions(t) == count_shell_instructions(g->after))
        return;
    for (node_id n = 1; n < t->nnode; n++)
        if (t->node[n].kind == NODE_SHELL || t->node[n].kind == NODE_DATA)
            mark(t, n, g->shell);
}

static int by_start(const void *x, const void *y)
{
    const struct change *a = x, *b = y;

    if (a->edit.span.start != b->edit.span.start)
        return a->edit.span.start < b->edit.span.start ? -1 : 1;
    return (a->edit.span.end > b->edit.span.end) - (a->edit.span.end < b->edit.span.end);
}

/* Changes next to each other are one edit, so each lies in one. */
static void sort_changes(struct guard *g)
{
    for (size_t i = 0; i < g->edits.n; i++)
        g->shift[i + 1] = g->shift[i] + growth_of(&g->edits.v[i]);
    if (g->fix->change.n)
        qsort(g->change, g->fix->change.n, sizeof(*g->change), by_start);
    for (size_t i = 0, k = 0; i < g->fix->change.n && k < g->edits.n; i++) {
        while (k + 1 < g->edits.n && g->edits.v[k].span.end < g->change[i].edit.span.end)
            k++;
        g->lines[k] |= g->change[i].line;
    }
}

const char *guard_check(struct arena *a, const struct tree *before, const struct tree *after,
                        const struct fix *f, struct edits e)
{
    struct guard g = {
        .before = before,
        .after = after,
        .fix = f,
        .edits = e,
        .shift = arena_new(a, int64_t, e.n + 1),
        .lines = arena_new(a, bool, e.n),
        .is_declared = arena_new(a, bool, before->nnode),
        .change = arena_copy(a, f->change.v, f->change.n, sizeof(struct change)),
        .path_before = paths_of(a, before),
        .path_after = paths_of(a, after),
        .declared = arena_new(a, bool, before->ntok + 1),
        .shell = arena_new(a, bool, before->ntok + 1),
    };
    const char *why;

    sort_changes(&g);
    mark_exempt(&g);
    if ((why = check_errors(&g)) || (why = check_places(&g)) || (why = check_data(&g)) ||
        (why = check_instructions(&g)) || (why = check_spelling(a, &g)))
        return why;
    return check_tokens(&g);
}
