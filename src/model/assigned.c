/* assigned.c - what a shell's variable holds at a place, as far as the instruction around it
 * says. Known is what an assignment wrote that has surely run by then, with nothing after it
 * that may have changed the variable: not a branch, a loop, a function, `read`, `.` or eval. */
#include "model/effects.h"
#include "model/model.h"

enum { EFFECTS_MAX = 256 }; /* on one name in one instruction; of more nothing is known */

static bool holds(const struct tree *t, node_id n, node_id inner)
{
    return n <= inner && inner < t->node[n].after;
}

/* The nearest ancestor of that kind that does not hold `other` too; 0: none. */
static node_id own_ancestor(const struct tree *t, node_id n, enum node_kind k, node_id other)
{
    node_id up = node_up(t, n, k);
    return up && !holds(t, up, other) ? up : 0;
}

static bool loops_together(const struct tree *t, node_id a, node_id b)
{
    for (node_id up = t->node[a].parent; up; up = t->node[up].parent) {
        enum node_kind k = node_kind(t, up);
        if ((k == NODE_LOOP || k == NODE_FOR) && holds(t, up, b))
            return true;
    }
    return false;
}

static bool is_pipeline(const struct tree *t, node_id n)
{
    node_id first = node_kind(t, n) == NODE_PIPELINE ? node_first(t, n) : 0;
    return first && node_sibling(t, first);
}

/* Does what happens at e happen in the very process that reaches `at`? */
static bool is_same_process(const struct scope *sc, node_id e, node_id at)
{
    const struct tree *t = sc->tree;

    for (node_id n = e; n && !holds(t, n, at); n = t->node[n].parent) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_SUBSHELL || k == NODE_SUBST || k == NODE_PROCESS || k == NODE_HEREDOC ||
            is_pipeline(t, t->node[n].parent) || effects_in_background(sc, n))
            return false;
    }
    return true;
}

/* In a list of && and ||: does n run whenever `at`, which comes later or behind the list, does? */
static bool runs_in_list(const struct scope *sc, node_id list, node_id n, node_id at)
{
    const struct tree *t = sc->tree;
    struct list_place p = effects_list_place(sc, n);

    if (p.sure || !p.directly || !holds(t, list, at))
        return p.sure;
    for (; t->node[at].parent != list; at = t->node[at].parent)
        ;
    return effects_list_place(sc, at).joined == p.joined;
}

/* Has the command n run whenever `at`, which comes later, is reached? */
static bool runs_before(const struct scope *sc, node_id n, node_id at)
{
    const struct tree *t = sc->tree;

    for (node_id up; !holds(t, n, at); n = up) {
        up = t->node[n].parent;
        switch (node_kind(t, up)) {
        case NODE_ANDOR:
            if (!runs_in_list(sc, up, n, at))
                return false;
            break;
        case NODE_IF:
        case NODE_LOOP: /* the first condition */
            if (n != node_first(t, up))
                return false;
            break;
        case NODE_FOR:
        case NODE_CASE:
        case NODE_FUNCTION:
            return false;
        default:
            break;
        }
    }
    return true;
}

static bool in_body(const struct scope *sc, node_id loop, node_id at)
{
    node_id body = node_kind(sc->tree, loop) == NODE_FOR ? effects_inner(sc, loop) : 0;
    return body && holds(sc->tree, body, at);
}

/* Does what stands before a command's name hold at `at`? */
static bool passes_to(const struct tree *t, node_id assign, node_id at)
{
    return holds(t, t->node[assign].parent, at) ? node_up(t, at, NODE_ASSIGN) > assign
                                                : node_up(t, at, NODE_FUNCTION) != 0;
}

/* A heredoc that is read by the shell of the instruction itself, as `RUN <<EOF`. */
static bool is_whole_script(const struct tree *t, node_id instruction)
{
    node_id shell = node_next(t, instruction, 0, NODE_SHELL);
    for (node_id n = shell; shell && n < t->node[shell].after; n++)
        if (node_kind(t, n) == NODE_COMMAND && node_next(t, n, 0, NODE_WORD))
            return false;
    return true;
}

/* In the body of a heredoc what is not quoted is expanded by the shell around it. */
static bool is_expanded_outside(const struct tree *t, node_id instruction, node_id doc)
{
    return doc && !(t->node[doc].flags & NODE_QUOTED) && !is_whole_script(t, instruction);
}

/* What an effect is to a place. */
enum bearing {
    BEARS_NOT,  /* nothing */
    BEARS_SETS, /* the variable is what it made it, if none comes after */
    BEARS_DOUBT /* it cannot be told what the variable is there */
};

static enum bearing bearing_of(const struct scope *sc, const struct effect *e, node_id at,
                               node_id doc, bool first)
{
    const struct tree *t = sc->tree;
    node_id n = e->node, function = own_ancestor(t, at, NODE_FUNCTION, n);

    if (e->kind == EFFECT_PASSES && !passes_to(t, n, at))
        return BEARS_NOT;
    if (node_up(t, n, NODE_HEREDOC) != doc)
        return doc ? BEARS_DOUBT : BEARS_NOT;
    if (!is_same_process(sc, n, at))
        return BEARS_NOT;
    if (own_ancestor(t, n, NODE_FUNCTION, at))
        return BEARS_DOUBT;
    bool later = n > at || (holds(t, n, at) && !in_body(sc, n, at));
    if (later && !function && !loops_together(t, n, at))
        return BEARS_NOT;
    return later || (function && !first) ? BEARS_DOUBT : BEARS_SETS;
}

/* Has the command of an effect that sets surely run at `at`? */
static bool is_sure(const struct scope *sc, const struct effect *e, node_id at)
{
    const struct tree *t = sc->tree;
    node_id n = e->node, function = own_ancestor(t, at, NODE_FUNCTION, n);
    node_id command = node_kind(t, n) == NODE_ASSIGN ? t->node[n].parent : n;

    return e->kind == EFFECT_SETS && runs_before(sc, command, function ? function : at);
}

enum assigned assigned_before(const struct scope *sc, node_id at, struct str name,
                              struct assignment *out)
{
    const struct tree *t = sc->tree;
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), doc = node_up(t, at, NODE_HEREDOC);
    struct effect_walk w = effects_on(sc, instruction, name);
    const struct effect *e, *last = NULL;
    unsigned seen = 0;

    for (; (e = effect_next(&w)); seen++) {
        enum bearing b = bearing_of(sc, e, at, doc, !last);
        if (b == BEARS_DOUBT || seen == EFFECTS_MAX)
            return ASSIGNED_UNKNOWN;
        last = b == BEARS_SETS ? e : last;
    }
    if (!last)
        return ASSIGNED_NOT;
    if (is_expanded_outside(t, instruction, doc) || !is_sure(sc, last, at))
        return ASSIGNED_UNKNOWN;
    *out = last->to;
    return ASSIGNED_KNOWN;
}

/* The loop whose variable `at` is, when nothing in it, nor a function, changes it; 0: none. */
node_id loop_of(const struct scope *sc, node_id at, struct str name)
{
    const struct tree *t = sc->tree;
    node_id loop = at;

    while ((loop = node_up(t, loop, NODE_FOR))) {
        node_id key = node_next(t, loop, 0, NODE_NAME);
        if (key && str_eq(node_text(t, key), name) && in_body(sc, loop, at))
            break;
    }
    if (!loop)
        return 0;
    struct effect_walk w = effects_on(sc, node_up(t, at, NODE_INSTRUCTION), name);
    const struct effect *e;
    for (unsigned seen = 0; (e = effect_next(&w)); seen++) {
        node_id n = e->node;
        bool there = holds(t, loop, n) ? n != loop : own_ancestor(t, n, NODE_FUNCTION, at) != 0;
        bool passes = e->kind != EFFECT_PASSES || passes_to(t, n, at);
        if (seen == EFFECTS_MAX || (there && passes && is_same_process(sc, n, at)))
            return 0;
    }
    return loop;
}

node_id set_before(const struct scope *sc, node_id at, node_id *last)
{
    const struct tree *t = sc->tree;
    struct effect_walk w = effects_on_arguments(sc, node_up(t, at, NODE_INSTRUCTION));
    const struct effect *e, *found = NULL;

    if (node_up(t, at, NODE_FUNCTION) || node_up(t, at, NODE_HEREDOC))
        return 0;
    for (unsigned seen = 0; (e = effect_next(&w)); seen++) {
        node_id n = e->node;
        if (seen == EFFECTS_MAX)
            return 0;
        if (!is_same_process(sc, n, at) || node_up(t, n, NODE_FUNCTION))
            continue;
        bool later = n > at || holds(t, n, at);
        if (later && loops_together(t, n, at))
            return 0;
        found = later ? found : e;
    }
    if (!found || found->kind != EFFECT_SETS || !runs_before(sc, found->node, at))
        return 0;
    *last = found->to.word;
    return found->node;
}
