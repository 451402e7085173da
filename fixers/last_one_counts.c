/* last-one-counts: of several CMDs of a stage the last one alone has an effect. */
#include "dfix/fixer.h"

static const char doc[] =
    "Of several CMD, ENTRYPOINT or HEALTHCHECK instructions in a stage only the last one has an\n"
    "effect. Those before it are removed; comments stay where they are.\n\n"
    "Only reported: an instruction with a comment in it.\n\n"
    "Safety: safe. What is removed left nothing in the image.\n";

static const char *codes_of(enum instruction i)
{
    switch (i) {
    case INST_CMD:
        return "DL4003 MultipleInstructionsDisallowed";
    case INST_ENTRYPOINT:
        return "DL4004 MultipleInstructionsDisallowed";
    case INST_HEALTHCHECK:
        return "DL3012 MultipleInstructionsDisallowed";
    default:
        return NULL;
    }
}

/* `n` makes `earlier` of no effect. */
static void look(struct fix_ctx *c, node_id earlier, node_id n)
{
    const struct tree *t = c->tree;
    enum instruction i = node_instruction(t, n);
    const char *name = instruction_name(i).p;
    unsigned line = image_line(c->image, earlier);
    struct fix *f;

    if (node_has_comment(t, earlier) || instruction_ends_in_comment(t, earlier)) {
        f = fix_hint(c, n,
                     "The %s on line %u has no effect, as this one follows in its stage; remove "
                     "it, and see to the comment in it",
                     name, line);
    } else {
        f = fix_begin(c, n, SAFE, "Remove the %s on line %u, which has no effect", name, line);
        fix_delete_below_comments(f, earlier);
    }
    fix_code(f, codes_of(i));
    fix_severity(f, i == INST_CMD ? SEVERITY_WARNING : SEVERITY_ERROR);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    node_id last[INST_WORKDIR + 1] = {0}; /* of the stage in hand */

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (i == INST_FROM)
            memset(last, 0, sizeof(last));
        if (!codes_of(i))
            continue;
        if (last[i])
            look(c, last[i], n);
        last[i] = n;
    }
}

const struct fixer fixer_last_one_counts = {
    .id = "last-one-counts",
    .aliases = "DL4003 DL4004 DL3012 MultipleInstructionsDisallowed",
    .title = "Have one CMD, ENTRYPOINT and HEALTHCHECK in a stage",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
