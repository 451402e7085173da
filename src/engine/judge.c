/* The guard's verdict on fixes. Those of one run are judged together; where they do not hold
 * together they are halved, until it is known which one breaks the file. What is read again is
 * not the file but the instructions that are touched, wherever these can be read apart. */
#include "session.h"

#include <stdlib.h>

#include "lines.h"

/* ---- sets of fixes ---- */

/* The changes of all of them as one fix. */
static struct fix gather(struct arena *a, struct fix *const *v, size_t n)
{
    struct fix all = {.drops_comments = false};

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < v[i]->change.n; k++)
            vec_push(a, &all.change, v[i]->change.v[k]);
        for (size_t k = 0; k < v[i]->declared.n; k++)
            vec_push(a, &all.declared, v[i]->declared.v[k]);
        for (size_t k = 0; k < v[i]->respelled.n; k++)
            vec_push(a, &all.respelled, v[i]->respelled.v[k]);
        for (size_t k = 0; k < v[i]->joined.n; k++)
            vec_push(a, &all.joined, v[i]->joined.v[k]);
        all.drops_comments |= v[i]->drops_comments;
    }
    return all;
}

static struct span hull_of(const struct fix *f)
{
    struct span s = {UINT32_MAX, 0};

    for (size_t i = 0; i < f->change.n; i++) {
        struct span x = f->change.v[i].edit.span;
        s.start = x.start < s.start ? x.start : s.start;
        s.end = x.end > s.end ? x.end : s.end;
    }
    return s;
}

static int by_end(const void *x, const void *y)
{
    const struct fix *f = *(struct fix *const *)x, *g = *(struct fix *const *)y;
    struct span a = hull_of(f), b = hull_of(g);

    if (a.end != b.end)
        return a.end < b.end ? -1 : 1;
    if (a.start != b.start)
        return a.start > b.start ? -1 : 1;
    return (f->order > g->order) - (f->order < g->order);
}

/* Spans that do not overlap, in order. */
typedef VEC(struct span) span_list;

/* Where a span has its place among them; *free: it overlaps none. */
static size_t place_among(const span_list *taken, struct span s, bool *free)
{
    struct bisect b = {.high = taken->n};

    while (bisect_next(&b))
        bisect_take(&b, taken->v[b.at].end <= s.start);
    *free = b.low == taken->n || taken->v[b.low].start >= s.end;
    return b.low;
}

static bool is_free(const span_list *taken, struct edits e)
{
    bool free = true;

    for (size_t i = 0; i < e.n && free; i++)
        place_among(taken, e.v[i].span, &free);
    return free;
}

static void take(struct arena *a, span_list *taken, struct edits e)
{
    for (size_t i = 0; i < e.n; i++) {
        bool free;
        size_t at = place_among(taken, e.v[i].span, &free);
        vec_push(a, taken, e.v[i].span);
        memmove(taken->v + at + 1, taken->v + at, (taken->n - 1 - at) * sizeof(*taken->v));
        taken->v[at] = e.v[i].span;
    }
}

/* Fixes whose changes overlap none of the others': as many as are found, first in `v`. */
static size_t apart(struct arena *a, struct fix **v, size_t n)
{
    struct fix **rest = arena_new(a, struct fix *, n), all = gather(a, v, n);
    span_list taken = {0};
    struct edits e;
    size_t first = 0, left = 0;

    qsort(v, n, sizeof(*v), by_end); /* the one that ends first leaves most room */
    if (fix_edits(a, &all, &e))
        return n;
    for (size_t i = 0; i < n; i++) {
        struct fix *f = v[i];
        if (!fix_edits(a, f, &e)) {
            f->refused = "its edits overlap";
            f->judged = true;
            rest[left++] = f;
        } else if (is_free(&taken, e)) {
            take(a, &taken, e);
            v[first++] = f;
        } else {
            rest[left++] = f;
        }
    }
    for (size_t i = 0; i < left; i++)
        v[first + i] = rest[i];
    return first;
}

/* ---- the part of a file that is touched ---- */

/* Instructions of the file from one to another, by their place among the outermost nodes. */
struct part {
    size_t first, last;
    struct span span; /* whole lines */
    node_id node;     /* the first, and the first behind it */
    node_id behind;
};

/* Which outermost node begins at the offset, or last before it. */
static size_t outermost_at(const struct session *s, uint32_t offset)
{
    struct bisect b = {.high = s->nouter};

    while (bisect_next(&b))
        bisect_take(&b, s->tree->tok[s->tree->node[s->outer[b.at]].tok].start <= offset);
    return b.low ? b.low - 1 : 0;
}

/* The offset behind the line in which the node ends. */
static uint32_t line_behind(const struct tree *t, node_id n)
{
    uint32_t tok = t->node[n].tok_end;

    while (
        tok < t->ntok && token_is_trivia(t, tok) &&
        !(token_kind(t, tok - 1) != TOK_CONTINUATION && t->text.p[t->tok[tok].start - 1] == '\n'))
        tok++;
    return t->tok[tok].start;
}

/* Can it be read without what stands before it? */
static bool stands_apart(const struct tree *t, node_id n)
{
    enum instruction op = node_kind(t, n) == NODE_INSTRUCTION ? node_instruction(t, n) : INST_FROM;
    return op != INST_FROM && op != INST_SHELL;
}

static void include_node(const struct session *s, struct part *p, node_id n)
{
    size_t at = outermost_at(s, s->tree->tok[s->tree->node[n].tok].start);

    p->first = at < p->first ? at : p->first;
    p->last = at > p->last ? at : p->last;
}

/* The instructions that the changes are in. False: the file must be read whole. */
static bool part_of(const struct session *s, const struct fix *f, struct edits e, struct part *p)
{
    const struct tree *t = s->tree;

    if (!e.n || !s->image->nstage)
        return false;
    *p = (struct part){.first = outermost_at(s, e.v[0].span.start),
                       .last = outermost_at(s, e.v[e.n - 1].span.end)};
    for (size_t i = 0; i < f->change.n; i++) {
        if (!f->change.v[i].inside)
            return false;
        include_node(s, p, f->change.v[i].inside);
    }
    for (size_t i = 0; i < f->declared.n; i++)
        include_node(s, p, f->declared.v[i]);
    while (p->first && line_behind(t, s->outer[p->first - 1]) > e.v[0].span.start)
        p->first--;
    if (!p->first || s->outer[p->first] <= s->image->stage[0].from)
        return false;
    for (size_t i = p->first; i <= p->last; i++)
        if (!stands_apart(t, s->outer[i]))
            return false;
    p->node = s->outer[p->first];
    p->behind = t->node[s->outer[p->last]].after;
    p->span.start = line_behind(t, s->outer[p->first - 1]);
    p->span.end = (uint32_t)t->text.n;
    if (p->last + 1 < s->nouter)
        p->span.end = t->tok[line_start(t, t->node[s->outer[p->last + 1]].tok)].start;
    return e.v[e.n - 1].span.end <= p->span.end && p->span.start <= e.v[0].span.start;
}

/* What follows a part in the file, so that nothing in the part runs on into it unseen. */
#define FENCE "USER 0\n"

/* Nodes of a part that was read apart, the fence left out; 0: it must be read with the rest. */
static node_id nodes_of_part(const struct tree *t, bool fenced)
{
    node_id last = 0;

    if (t->nerror)
        return 0;
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (!stands_apart(t, n))
            return 0;
        last = n;
    }
    if (!fenced)
        return t->nnode;
    bool whole = last && t->text.n >= sizeof(FENCE) - 1 && node_instruction(t, last) == INST_USER &&
                 node_span(t, last).start == t->text.n - (sizeof(FENCE) - 1);
    return whole ? last : 0;
}

/* Only these first nodes of the tree, which are what stands before the fence. */
static void drop_fence(struct tree *t, node_id nodes)
{
    t->ntok = t->node[nodes].tok;
    t->nnode = t->node[0].after = nodes;
    t->node[0].tok_end = t->ntok;
    t->text.n -= sizeof(FENCE) - 1;
    t->tok[t->ntok] = (struct token){(uint32_t)t->text.n, TOK_END};
}

/* The first token that starts at the offset or behind it. */
static uint32_t token_from(const struct tree *t, uint32_t offset)
{
    struct bisect b = {.high = t->ntok};

    while (bisect_next(&b))
        bisect_take(&b, t->tok[b.at].start < offset);
    return (uint32_t)b.low;
}

/* The part as a tree of its own; NULL: there is an error in it. */
static const struct tree *tree_of_part(struct arena *a, const struct tree *t, const struct part *p)
{
    uint32_t from = token_from(t, p->span.start), to = token_from(t, p->span.end);
    node_id away = p->node - 1;
    struct tree *x = arena_new(a, struct tree, 1);

    *x = (struct tree){.text = str_sub(t->text, p->span.start, p->span.end),
                       .tok = arena_copy(a, t->tok + from, to - from + 1, sizeof(*t->tok)),
                       .ntok = to - from,
                       .node = arena_copy(a, t->node + away, p->behind - away, sizeof(*t->node)),
                       .nnode = p->behind - away,
                       .escape = t->escape,
                       .crlf = t->crlf};
    for (uint32_t i = 0; i <= x->ntok; i++)
        x->tok[i].start -= p->span.start;
    x->tok[x->ntok].kind = TOK_END;
    x->node[0] = (struct node){.kind = NODE_FILE, .after = x->nnode, .tok_end = x->ntok};
    for (node_id n = 1; n < x->nnode; n++) {
        struct node *y = &x->node[n];
        if (y->kind == NODE_ERROR)
            return NULL;
        y->parent = y->parent ? y->parent - away : 0;
        y->after -= away;
        y->tok -= from;
        y->tok_end -= from;
    }
    return x;
}

/* Would the part be read apart as it is read in the file? */
static bool reads_alike(struct arena *a, const struct tree *t, const struct part *p, bool fenced)
{
    struct str old = str_sub(t->text, p->span.start, p->span.end);

    if (fenced)
        old = str_fmt(a, STR_FMT FENCE, STR_ARG(old));
    return nodes_of_part(tree_parse_part(a, old, t, p->span.start), fenced) ==
           p->behind - p->node + 1;
}

/* The fix as seen in the part. */
static struct fix within_part(struct arena *a, const struct fix *f, const struct part *p)
{
    struct fix inner = {.drops_comments = f->drops_comments};

    for (size_t i = 0; i < f->change.n; i++) {
        struct change c = f->change.v[i];
        c.inside = c.inside - p->node + 1;
        c.edit.span.start -= p->span.start;
        c.edit.span.end -= p->span.start;
        vec_push(a, &inner.change, c);
    }
    for (size_t i = 0; i < f->declared.n; i++)
        vec_push(a, &inner.declared, f->declared.v[i] - p->node + 1);
    for (size_t i = 0; i < f->respelled.n; i++)
        vec_push(a, &inner.respelled, f->respelled.v[i] - p->node + 1);
    for (size_t i = 0; i < f->joined.n; i++)
        vec_push(a, &inner.joined, f->joined.v[i] - p->node + 1);
    return inner;
}

/* What the fix makes of the part, read apart; NULL: it must be read with the rest. */
static const struct tree *part_after(struct arena *a, const struct tree *t, struct str old,
                                     struct edits e, uint32_t at, bool fenced)
{
    struct str new = edits_apply(a, old, e);

    if (str_chr(new, '\0') != STR_NONE) /* it may make the whole file a binary one */
        return NULL;
    if (fenced)
        new = str_fmt(a, STR_FMT FENCE, STR_ARG(new));
    struct tree *after = tree_parse_part(a, new, t, at);
    node_id nodes = nodes_of_part(after, fenced);
    if (nodes && fenced)
        drop_fence(after, nodes);
    return nodes ? after : NULL;
}

/* False: the part cannot be judged apart from the rest. */
static bool judge_part(const struct session *s, struct arena *a, const struct fix *f,
                       struct edits e, const char **why)
{
    struct part p;
    struct edits inner_edits;

    if (!part_of(s, f, e, &p))
        return false;
    bool fenced = p.last + 1 < s->nouter;
    const struct tree *before = tree_of_part(a, s->tree, &p), *after;
    struct fix inner = within_part(a, f, &p);
    if (!before || !fix_edits(a, &inner, &inner_edits))
        return false;
    after = part_after(a, s->tree, before->text, inner_edits, p.span.start, fenced);
    if (!after)
        return false;
    *why = guard_check(a, before, after, &inner, inner_edits);
    return !*why || reads_alike(a, s->tree, &p, fenced);
}

/* ---- verdicts ---- */

/* Do the fixes keep the promise, where the file is read with all of them? NULL: they do. */
static const char *judge_whole(const struct session *s, struct fix *const *v, size_t n)
{
    struct arena *scratch = arena_within(s->here);
    struct fix all = gather(scratch, v, n);
    struct edits e;
    const char *why = "its edits overlap";

    if (fix_edits(scratch, &all, &e)) {
        struct str text = edits_apply(scratch, s->text, e);
        why = "the result would be too large";
        if (text.n <= TEXT_MAX)
            why = guard_check(scratch, s->tree, tree_parse(scratch, text), &all, e);
    }
    arena_close(scratch);
    return why;
}

/* The same where only their piece of the file is read; false: it must be read with the rest. */
static bool judge_piece(const struct session *s, struct fix *const *v, size_t n, const char **why)
{
    struct arena *scratch = arena_within(s->here);
    struct fix all = gather(scratch, v, n);
    struct edits e;
    bool judged = fix_edits(scratch, &all, &e) && judge_part(s, scratch, &all, e, why);

    arena_close(scratch);
    return judged;
}

/* The instructions of a fix, by their place among the outermost nodes. */
static struct part reach_of(const struct session *s, const struct fix *f)
{
    struct span hull = hull_of(f);
    struct part p = {.first = outermost_at(s, hull.start), .last = outermost_at(s, hull.end)};

    for (size_t i = 0; i < f->change.n; i++)
        include_node(s, &p, f->change.v[i].inside);
    for (size_t i = 0; i < f->declared.n; i++)
        include_node(s, &p, f->declared.v[i]);
    return p;
}

/* Do the fixes, taken together, keep the promise? NULL: they do. They come in the order of
 * `apart`; those that are far from each other are read in pieces, from the last one on, unless one
 * changes how the rest is read: then the file is read once, with all of them. */
static const char *judge_together(struct session *s, struct fix *const *v, size_t n)
{
    const char *why = NULL;

    for (size_t left = n; left && !why;) {
        size_t first = left - 1;
        struct part p = reach_of(s, v[first]);
        while (first) {
            struct part before = reach_of(s, v[first - 1]);
            if (before.last + 1 < p.first)
                break;
            p.first = before.first < p.first ? before.first : p.first;
            first--;
        }
        if (!judge_piece(s, v + first, left - first, &why))
            return judge_whole(s, v, n);
        left = first;
    }
    return why;
}

/* Marks those that break the file; false: one of them does. */
static bool find_broken(struct session *s, struct fix *const *v, size_t n)
{
    const char *why = n ? judge_together(s, v, n) : NULL;

    if (!why)
        return true;
    if (n == 1) {
        v[0]->refused = why;
        v[0]->judged = true;
        return false;
    }
    find_broken(s, v, n / 2);
    find_broken(s, v + n / 2, n - n / 2);
    return false;
}

static size_t without_refused(struct fix **v, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!v[i]->refused)
            v[kept++] = v[i];
    return kept;
}

void judge(struct session *s, fix_list *fixes, struct edits *out)
{
    size_t n = apart(s->here, fixes->v, fixes->n);
    struct fix **v = fixes->v;

    *out = (struct edits){0};
    if (!find_broken(s, v, n)) {
        n = without_refused(v, n);
        while (n > 1 && judge_together(s, v, n))
            n /= 2; /* good apart, not together */
    }
    for (size_t i = 0; i < n; i++)
        v[i]->judged = true;
    fixes->n = n;
    struct fix all = gather(s->here, v, n);
    fix_edits(s->arena, &all, out);
}

void judge_each(struct session *s, struct fix **v, size_t n)
{
    enum { SETS = 16 }; /* more of them, and most stand in each other's way */
    size_t set = 1;

    for (int i = 0; i < SETS && n && set; i++) {
        set = apart(s->here, v, n);
        find_broken(s, v, set);
        v += set;
        n -= set;
    }
    for (size_t i = 0; i < n; i++)
        if (!v[i]->refused)
            find_broken(s, v + i, 1);
}
