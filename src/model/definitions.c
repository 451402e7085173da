/* ARG and ENV: what is in force where, found by name. */
#include <stdlib.h>

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

static node_id top_of(const struct tree *t, node_id n)
{
    while (t->node[n].parent)
        n = t->node[n].parent;
    return n;
}

/* The last one before `top` in the stage, or in the nearest of those below it; NULL: none. */
static const struct definition *nearest(const struct scope *sc, unsigned stage, node_id top,
                                        struct str name)
{
    const struct definition *x = last_of(sc->definitions, sc->definitions->last, name);

    while (x && (x->stage == UINT32_MAX || x->node >= top || !str_eq(x->name, name) ||
                 !scope_is_built_on(sc, stage, x->stage)))
        x = earlier_than(sc->definitions, x);
    return x;
}

/* In a file without FROM, or a part of one. */
static const struct definition *last_before(const struct definitions *d, node_id top,
                                            struct str name)
{
    const struct definition *x = last_of(d, d->last, name);

    while (x && (x->node >= top || !str_eq(x->name, name)))
        x = earlier_than(d, x);
    return x;
}

const struct definition *definition_at(const struct scope *sc, node_id at, struct str name,
                                       bool *argument)
{
    const struct definitions *d = sc->definitions;

    *argument = false;
    if (!d)
        return NULL;
    node_id top = top_of(sc->tree, at);
    if (!sc->nstage)
        return last_before(d, top, name);
    unsigned stage = scope_stage_of(sc, at);
    const struct definition *outer = outer_of(d, top, name);
    *argument = outer != NULL;
    if (stage == UINT32_MAX || sc->stage[stage].from == top)
        return outer;
    const struct definition *x = nearest(sc, stage, top, name);
    struct said s = said_of(d, x, x ? x->stage : stage, top, name);
    *argument = s.arg != NULL;
    if (s.arg && !s.default_ && outer && outer->word)
        s.arg = outer; /* declared without a default: the one before the first FROM */
    if (s.env && s.arg && (s.default_ || s.arg->word))
        return NULL; /* BuildKit takes the later, other builders the ENV */
    return s.env ? s.env : s.arg;
}

bool arg_is_predefined(struct str name)
{
    return word_is_one_of(name, "BUILDPLATFORM BUILDOS BUILDOSVERSION BUILDARCH BUILDVARIANT "
                                "TARGETPLATFORM TARGETOS TARGETOSVERSION TARGETARCH "
                                "TARGETVARIANT TARGETSTAGE");
}

bool image_is_defined(const struct image *im, node_id at, struct str name)
{
    const struct scope *sc = &im->scope;
    unsigned stage = scope_stage_of(sc, at);

    return sc->definitions && stage != UINT32_MAX && nearest(sc, stage, top_of(sc->tree, at), name);
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

const struct str *image_variables(const struct image *im, struct arena *a, node_id at, size_t *n)
{
    const struct scope *sc = &im->scope;
    unsigned stage = scope_stage_of(sc, at);
    node_id top = top_of(sc->tree, at);
    size_t most = sc->definitions && stage != UINT32_MAX ? sc->definitions->n : 0, kept = 0;
    struct str *v = arena_new(a, struct str, most + 1);

    *n = 0;
    for (size_t i = 0; i < most; i++) {
        const struct definition *x = &sc->definitions->v[i];
        if (x->stage != UINT32_MAX && x->node < top && scope_is_built_on(sc, stage, x->stage))
            v[kept++] = x->name;
    }
    if (kept)
        qsort(v, kept, sizeof(*v), by_name);
    for (size_t i = 0; i < kept; i++)
        if (!*n || !str_eq(v[*n - 1], v[i]))
            v[(*n)++] = v[i];
    return v;
}

node_id image_definition_in(const struct image *im, node_id instruction, struct str name)
{
    const struct definitions *d = im->scope.definitions;
    const struct definition *x = d ? last_of(d, d->last, name) : NULL;

    while (x && (x->node > instruction || (x->node == instruction && !str_eq(x->name, name))))
        x = earlier_than(d, x);
    return x && x->node == instruction ? x->word : 0;
}

struct str image_name_near(const struct image *im, node_id at, struct str name)
{
    enum { NAMES = 64, SHORT = 3 }; /* the nearest ones count; a shorter name is like any other */
    const struct scope *sc = &im->scope;
    struct str known[NAMES] = {S("PATH")};
    node_id top = top_of(sc->tree, at);
    unsigned stage = scope_stage_of(sc, at);
    size_t n = 1;

    if (name.n < SHORT)
        return S("");
    for (size_t i = sc->definitions->n; i-- > 0 && n < NAMES;) {
        const struct definition *x = &sc->definitions->v[i];
        if (x->node < top && x->stage != UINT32_MAX && scope_is_built_on(sc, stage, x->stage))
            known[n++] = x->name;
    }
    return str_nearest(name, known, n);
}
