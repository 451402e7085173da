/* env-self-reference: `ENV A=1 B=$A` gives B the A of before. */
#include "dfix/fixer.h"

static const char doc[] =
    "All values of one ENV are expanded before any of them is set: in `ENV A=1 B=$A`, B is what A\n"
    "was before, mostly nothing. Set B in an ENV of its own below.\n\n"
    "Silent when the variable is set before that ENV too, and when a variable extends itself once: "
    "in\n"
    "`ENV A=1:$A A=2:$A` the first value is lost.\n\n"
    "Safety: only reported.\n";

/* Does a pair of the same ENV in front of this one set the variable? */
static bool is_set_before(const struct tree *t, node_id env, node_id pair, struct str name)
{
    for (node_id p = 0; (p = node_next(t, env, p, NODE_PAIR)) && p < pair;)
        if (str_eq(node_text(t, node_first(t, p)), name))
            return true;
    return false;
}

static void look(struct fix_ctx *c, node_id env, node_id pair)
{
    const struct tree *t = c->tree;

    for (node_id n = pair + 1; n < t->node[pair].after; n++) {
        node_id key = node_kind(t, n) == NODE_PARAM ? node_next(t, n, 0, NODE_NAME) : 0;
        struct str name = key ? node_text(t, key) : S("");
        bool itself = str_eq(name, node_text(t, node_first(t, pair)));
        bool twice = itself && is_set_before(t, env, pair, name);
        if (!name.n || !image_definition_in(c->image, env, name) || (itself && !twice) ||
            (!twice && image_is_defined(c->image, env, name)))
            continue;
        fix_hint(c, n,
                 twice ? "$" STR_FMT " is what it was before this ENV, without the value in front "
                         "of it; use it in an ENV below"
                       : "$" STR_FMT
                         " is not yet set in the ENV that sets it; use it in an ENV below",
                 STR_ARG(name));
    }
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool env = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ENV;
        node_id first = env ? node_next(t, n, 0, NODE_PAIR) : 0;
        if (!first || !node_next(t, n, first, NODE_PAIR))
            continue;
        for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));)
            look(c, n, p);
    }
}

const struct fixer fixer_env_self_reference = {
    .id = "env-self-reference",
    .aliases = "DL3044",
    .title = "Use a variable in another ENV than the one that sets it",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_ERROR,
    .run = run,
};
