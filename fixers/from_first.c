/* from-first: an instruction before the first FROM. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports instructions before the first FROM. Only ARG, parser directives and comments may "
    "stand\n"
    "there; BuildKit rejects the file otherwise.\n\n"
    "Safety: only reported. Which stage the instruction was meant for is not known.\n";

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = 0; (n = instruction_next(t, n));) {
        enum instruction op = node_instruction(t, n);
        if (op == INST_FROM)
            return;
        if (op != INST_ARG && op != INST_UNKNOWN && !t->node[n].parent)
            fix_help(fix_hint(c, node_next(t, n, 0, NODE_KEYWORD),
                              STR_FMT " stands before the first FROM",
                              STR_ARG(instruction_name(op))),
                     "move it behind a FROM");
    }
}

const struct fixer fixer_from_first = {
    .id = "from-first",
    .aliases = "DL3061",
    .title = "Begin with FROM, or with ARG",
    .why = "BuildKit rejects the file.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_ERROR,
    .run = run,
};
