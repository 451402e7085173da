/* ARG and ENV: what is in force where, found by name. */
#include "model/scope.h"

/* What a stage says of a variable before `top`: the last ENV, and the last ARG behind it. */
struct said {
    const struct definition *env, *arg;
    bool default_; /* an ARG behind it has a default */
};

/* The last definition, of those by hash in `table`, that may have this name; NULL: none. */
static const struct definition *last_of(const struct definitions *d, const uint32_t *table,
                                        struct str name)
{
    uint32_t last = d->nlast ? table[str_hash(name) & (d->nlast - 1)] : 0;
    return last ? &d->v[last - 1] : NULL;
}

static const struct definition *earlier_than(const struct definitions *d,
                                             const struct definition *x)
{
    return x->earlier ? &d->v[x->earlier - 1] : NULL;
}

/* From `x` back. */
static struct said said_of(const struct definitions *d, const struct definition *x, unsigned stage,
                           node_id top, struct str name)
{
    struct said s = {NULL, NULL, false};

    for (; x && !s.env; x = earlier_than(d, x)) {
        if (x->stage != stage && x->stage != UINT32_MAX && x->stage < stage)
            break;
        if (x->stage != stage || x->node >= top || !str_eq(x->name, name))
            continue;
        if (x->env) {
            s.env = x;
        } else {
            s.arg = s.arg ? s.arg : x;
            s.default_ |= x->word != 0;
        }
    }
    return s;
}

/* What the file says before the first stage. */
static const struct definition *outer_of(const struct definitions *d, node_id top, struct str name)
{
    const struct definition *x = last_of(d, d->outer, name);

    while (x && (x->node >= top || !str_eq(x->name, name)))
        x = earlier_than(d, x);
    return x && !x->env ? x : NULL;
}

const struct definition *definition_at(const struct scope *sc, node_id at, struct str name,
                                       bool *argument)
{
    const struct definitions *d = sc->definitions;
    node_id top = at;

    *argument = false;
    if (!d)
        return NULL;
    const struct definition *x = last_of(d, d->last, name);
    while (sc->tree->node[top].parent)
        top = sc->tree->node[top].parent;
    while (!sc->nstage && x && (x->node >= top || !str_eq(x->name, name)))
        x = earlier_than(d, x);
    if (!sc->nstage) /* a file without FROM, or a part of one */
        return x;
    unsigned stage = scope_stage_of(sc, at);
    const struct definition *outer = outer_of(d, top, name);
    *argument = outer != NULL;
    if (stage == UINT32_MAX || sc->stage[stage].from == top)
        return outer;
    /* The nearest of the stages that says something of it. */
    while (x && (x->stage == UINT32_MAX || x->node >= top || !str_eq(x->name, name) ||
                 !scope_is_built_on(sc, stage, x->stage)))
        x = earlier_than(d, x);
    struct said s = said_of(d, x, x ? x->stage : stage, top, name);
    *argument = s.arg != NULL;
    if (s.arg && !s.default_ && outer && outer->word)
        s.arg = outer; /* declared without a default: the one before the first FROM */
    if (s.env && s.arg && (s.default_ || s.arg->word))
        return NULL; /* BuildKit takes the later, other builders the ENV */
    return s.env ? s.env : s.arg;
}
