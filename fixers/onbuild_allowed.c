/* onbuild-allowed: ONBUILD hands on no ONBUILD, FROM or MAINTAINER. */
#include "dfix/fixer.h"

static const char doc[] =
    "ONBUILD ONBUILD, ONBUILD FROM and ONBUILD MAINTAINER are refused by every builder.\n\n"
    "Safety: only reported.\n";

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = t->nerror ? node_first(t, 0) : 0; n; n = node_sibling(t, n)) {
        node_id bad = 0;
        if (node_kind(t, n) != NODE_INSTRUCTION || node_instruction(t, n) != INST_ONBUILD)
            continue;
        while ((bad = node_next(t, n, bad, NODE_ERROR)))
            if (t->node[bad].op == SYNTAX_BAD_ONBUILD && node_first(t, bad))
                fix_hint(c, bad, "ONBUILD cannot hand on %s",
                         instruction_name(node_instruction(t, node_first(t, bad))).p);
    }
}

const struct fixer fixer_onbuild_allowed = {
    .id = "onbuild-allowed",
    .aliases = "DL3043",
    .title = "Hand on by ONBUILD only what it can",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_ERROR,
    .names_only = true,
    .run = run,
};
