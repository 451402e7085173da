/* variable-defined: an instruction expands a variable that nothing sets before it. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "A variable that no ARG or ENV of the stage sets before its use is empty: a misspelled name,\n"
    "an ARG that stands before FROM and is not declared again in the stage, or an ARG that comes\n"
    "later. A variable is told of once in a stage. What the base image sets counts, when that is\n"
    "known; when it is not, only names that look misspelled are told of. Selected, the rule tells\n"
    "of each instruction, and of what a base image that is not known may set, without failing the\n"
    "run.\n\n"
    "The shell's own variables in RUN, CMD and ENTRYPOINT are not looked at.\n\n"
    "Safety: only reported.\n";

/* Does BuildKit expand words there? */
static bool expands(enum instruction i)
{
    switch (i) {
    case INST_ADD:
    case INST_ARG:
    case INST_COPY:
    case INST_ENV:
    case INST_LABEL:
    case INST_STOPSIGNAL:
    case INST_USER:
    case INST_VOLUME:
    case INST_WORKDIR:
        return true;
    default:
        return false;
    }
}

/* Is it one of the names that this ARG declares in front of the expansion? */
static bool is_earlier_here(const struct tree *t, node_id n, node_id param, struct str name)
{
    if (node_instruction(t, n) != INST_ARG)
        return false;
    for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR)) && t->node[p].after <= param;)
        if (str_eq(node_text(t, node_first(t, p)), name))
            return true;
    return false;
}

/* Does the image at the root of the stage set it? *known: what that sets is known. */
static bool base_sets(const struct fix_ctx *c, unsigned stage, struct str name, bool *known)
{
    const struct stage *s = &c->image->stage[stage];

    while (s->base == BASE_STAGE && s->base_stage < c->image->nstage)
        s = &c->image->stage[s->base_stage];
    *known = s->base == BASE_SCRATCH || s->facts;
    for (size_t i = 0; s->facts && i < s->facts->nenv; i++) {
        struct str rest = s->facts->env[i], key;
        if (str_cut(&rest, '=', &key) && str_eq(key, name))
            return true;
    }
    return false;
}

/* A variable that nothing sets, where it is used. */
struct use {
    unsigned stage;
    node_id instruction, param;
    struct str name;
};
typedef VEC(struct use) use_list;

static void find(struct fix_ctx *c, node_id n, node_id param, use_list *out)
{
    node_id key = node_next(c->tree, param, 0, NODE_NAME);
    struct str name = key ? node_text(c->tree, key) : S("");
    unsigned stage = image_stage_of(c->image, n);

    if (name.n && stage < c->image->nstage && !str_eq(name, S("PATH")) &&
        !image_is_defined(c->image, n, name) && !is_earlier_here(c->tree, n, param, name))
        vec_push(c->arena, out, (struct use){stage, n, param, name});
}

static int by_name(const void *x, const void *y)
{
    const struct use *a = x, *b = y;
    int c = a->stage == b->stage ? str_cmp(a->name, b->name) : (a->stage > b->stage) * 2 - 1;
    return c ? c : (a->param > b->param) - (a->param < b->param);
}

static void tell(struct fix_ctx *c, const struct use *u)
{
    bool known;

    if (base_sets(c, u->stage, u->name, &known))
        return;
    struct str near = image_name_near(c->image, u->instruction, u->name);
    struct str meant =
        near.n ? str_fmt(c->arena, "; did you mean $" STR_FMT "?", STR_ARG(near)) : S("");
    if (known) {
        fix_hint(c, u->param, "$" STR_FMT " is not set here, so it is empty" STR_FMT,
                 STR_ARG(u->name), STR_ARG(meant));
        return;
    }
    if (!near.n && !fix_asked(c))
        return;
    fix_severity(fix_hint(c, u->param,
                          "$" STR_FMT " is not set here, and is empty unless the base image sets "
                          "it" STR_FMT,
                          STR_ARG(u->name), STR_ARG(meant)),
                 near.n ? SEVERITY_WARNING : SEVERITY_INFO);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    bool each = fix_asked(c);
    use_list uses = {0};

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION || !expands(node_instruction(t, n)))
            continue;
        for (node_id k = n + 1; k < t->node[n].after; k++)
            if (node_kind(t, k) == NODE_PARAM)
                find(c, n, k, &uses);
    }
    if (uses.n)
        qsort(uses.v, uses.n, sizeof *uses.v, by_name);
    for (size_t i = 0; i < uses.n; i++) {
        const struct use *u = &uses.v[i], *last = i ? u - 1 : NULL;
        bool same = last && last->stage == u->stage && str_eq(last->name, u->name);
        if (!same || (each && last->instruction != u->instruction))
            tell(c, u);
    }
}

const struct fixer fixer_variable_defined = {
    .id = "variable-defined",
    .aliases = "UndefinedVar",
    .title = "Set a variable before its use",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .run = run,
};
