/* variable-defined: an instruction expands a variable that nothing sets before it. */
#include "dfix/fixer.h"

static const char doc[] =
    "A variable that no ARG or ENV of the stage sets before its use is empty: a misspelled name,\n"
    "an ARG that stands before FROM and is not declared again in the stage, or an ARG that comes\n"
    "later. What the base image sets counts, when that is known; when it is not, the finding\n"
    "says so and does not fail the run.\n\n"
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

static void look(struct fix_ctx *c, node_id n, node_id param)
{
    node_id key = node_next(c->tree, param, 0, NODE_NAME);
    struct str name = key ? node_text(c->tree, key) : S("");
    unsigned stage = image_stage_of(c->image, n);
    bool known;

    if (!name.n || stage >= c->image->nstage || str_eq(name, S("PATH")) ||
        image_is_defined(c->image, n, name) || is_earlier_here(c->tree, n, param, name) ||
        base_sets(c, stage, name, &known))
        return;
    struct str near = image_name_near(c->image, n, name);
    struct str meant =
        near.n ? str_fmt(c->arena, "; did you mean $" STR_FMT "?", STR_ARG(near)) : S("");
    if (known) {
        fix_hint(c, param, "$" STR_FMT " is not set here, so it is empty" STR_FMT, STR_ARG(name),
                 STR_ARG(meant));
        return;
    }
    fix_severity(fix_hint(c, param,
                          "$" STR_FMT " is not set here, and is empty unless the base image sets "
                          "it" STR_FMT,
                          STR_ARG(name), STR_ARG(meant)),
                 near.n ? SEVERITY_WARNING : SEVERITY_INFO);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION || !expands(node_instruction(t, n)))
            continue;
        for (node_id k = n + 1; k < t->node[n].after; k++)
            if (node_kind(t, k) == NODE_PARAM)
                look(c, n, k);
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
