/* copy-whole-stage: COPY --from=x / /, everything that another stage holds. */
#include "dfix/fixer.h"

static const char doc[] = "Reports COPY of another stage's whole file system: build tools, caches "
                          "and secrets of that stage\n"
                          "come with it, over the files of this one. Copy what is needed.\n\n"
                          "Safety: only reported.\n";

static bool is_root(struct fix_ctx *c, node_id word)
{
    return word_is_one_of(image_value(c->image, c->arena, word).text, "/ /.");
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    const node_id *word;

    for (node_id n = 0; (n = instruction_next(t, n));) {
        if (node_instruction(t, n) != INST_COPY || !instruction_flag(t, n, S("from")))
            continue;
        size_t count = instruction_words(t, c->arena, n, &word);
        bool all = count > 1 && is_root(c, word[count - 1]), source = false;
        for (size_t i = 0; i + 1 < count; i++)
            source |= is_root(c, word[i]);
        if (all && source)
            fix_help(fix_hint(c, n, "COPY takes the whole file system of a stage"),
                     "name what is needed of it");
    }
}

const struct fixer fixer_copy_whole_stage = {
    .id = "copy-whole-stage",
    .aliases = "DL3067",
    .title = "Copy only what is needed from a stage",
    .why = "Build tools, caches and secrets of that stage come with it.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .run = run,
};
