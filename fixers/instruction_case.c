/* instruction-case: names of instructions are all in capitals, or all in small letters. */
#include "dfix/fixer.h"

static const char doc[] =
    "The names of a file's instructions are written in one case, that of the majority: capitals\n"
    "unless there are more in small letters. AS goes with its FROM.\n\n"
    "Safety: safe. Keywords may be written either way.\n";

enum letters { MIXED, SMALL, CAPITALS };

static enum letters letters_of(struct str s)
{
    bool small = true, capitals = true;

    for (size_t i = 0; i < s.n; i++) {
        capitals &= !(s.p[i] >= 'a' && s.p[i] <= 'z');
        small &= !(s.p[i] >= 'A' && s.p[i] <= 'Z');
    }
    if (small)
        return SMALL;
    return capitals ? CAPITALS : MIXED;
}

/* The name of an instruction that counts; 0: an ARG before the first FROM, or none. */
static node_id name_of(const struct fix_ctx *c, node_id n)
{
    const struct tree *t = c->tree;
    bool counts = node_kind(t, n) == NODE_INSTRUCTION && n >= c->image->stage[0].from;
    return counts ? node_first(t, n) : 0;
}

static void look(struct fix_ctx *c, node_id n, node_id name, enum letters wanted)
{
    const struct tree *t = c->tree;
    struct str whole = instruction_name(node_instruction(t, n));
    node_id as = node_instruction(t, n) == INST_FROM ? node_next(t, n, name, NODE_KEYWORD) : 0;

    if (letters_of(node_text(t, name)) == wanted)
        return;
    struct fix *f = fix_begin(c, n, SAFE, "Write " STR_FMT " in %s, like most instructions here",
                              STR_ARG(whole), wanted == SMALL ? "small letters" : "capitals");
    fix_point(f, node_span(t, name));
    fix_replace_code(f, name, wanted == SMALL ? str_lower(c->arena, whole) : whole);
    if (as && letters_of(node_text(t, as)) != wanted)
        fix_replace_code(f, as, wanted == SMALL ? S("as") : S("AS"));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    node_id name;

    if (!c->image->nstage)
        return;
    enum letters wanted = fix_writes_small(c) ? SMALL : CAPITALS;
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if ((name = name_of(c, n)))
            look(c, n, name, wanted);
}

const struct fixer fixer_instruction_case = {
    .id = "instruction-case",
    .aliases = "ConsistentInstructionCasing",
    .title = "Write the names of instructions in one case",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
