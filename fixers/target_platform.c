/* target-platform: `FROM --platform=$TARGETPLATFORM` says what holds anyway. */
#include "dfix/fixer.h"

static const char doc[] =
    "A stage is built for the target platform unless it says otherwise, so that\n"
    "`--platform=$TARGETPLATFORM` says nothing; it is removed.\n\n"
    "Only reported: a file that gives TARGETPLATFORM a value of its own.\n\n"
    "Safety: safe. The image is taken for the same platform.\n";

/* Does an ARG before the first FROM give it a value? */
static bool is_given(const struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n && n < c->image->stage[0].from; n = node_sibling(t, n))
        for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));)
            if (str_eq(node_text(t, node_first(t, p)), S("TARGETPLATFORM")) &&
                node_next(t, p, 0, NODE_WORD))
                return true;
    return false;
}

static void run(struct fix_ctx *c)
{
    static const char codes[] = "DL3065 RedundantTargetPlatform";
    const struct tree *t = c->tree;

    for (size_t i = 0; i < c->image->nstage; i++) {
        node_id flag = instruction_flag(t, c->image->stage[i].from, S("platform"));
        node_id word = flag ? node_next(t, flag, 0, NODE_WORD) : 0;
        struct str text = word ? node_text(t, word) : S("");
        if (!str_eq(text, S("$TARGETPLATFORM")) && !str_eq(text, S("${TARGETPLATFORM}")))
            continue;
        if (is_given(c)) {
            fix_code(fix_hint(c, flag,
                              "--platform takes the value that ARG gives TARGETPLATFORM here, not "
                              "the target platform; give the argument another name"),
                     codes);
            continue;
        }
        struct fix *f = fix_begin(
            c, flag, SAFE, "Remove --platform=" STR_FMT ", which is the default", STR_ARG(text));
        fix_code(f, codes);
        fix_declares(f, c->image->stage[i].from);
        fix_delete(f, flag);
    }
}

const struct fixer fixer_target_platform = {
    .id = "target-platform",
    .aliases = "DL3065 RedundantTargetPlatform",
    .title = "Leave out --platform where it says the default",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
