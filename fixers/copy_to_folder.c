/* copy-to-folder: COPY of several things to a target that does not end with a slash. */
#include "dfix/fixer.h"

static const char doc[] =
    "Adds the slash that the target of COPY and ADD needs when there are several sources: without\n"
    "it the build fails, or one file takes the place of the other.\n\n"
    "Silent where the target's variables are known to end with a slash, where hadolint reports\n"
    "them.\n\n"
    "Safety: safe. A target of several sources can only be a folder.\n";

static void look(struct fix_ctx *c, node_id copy)
{
    const node_id *word;
    size_t n = instruction_words(c->tree, c->arena, copy, &word);

    if (n < 3 || node_kind(c->tree, word[n - 1]) == NODE_REDIRECT)
        return;
    struct value to = image_value(c->image, c->arena, word[n - 1]);
    const struct piece *last = to.npiece ? &to.piece[to.npiece - 1] : NULL;
    if (last && last->known && str_ends(last->text, S("/")))
        return;
    fix_append(fix_begin(c, word[n - 1], SAFE, "End the target of several sources with a slash"),
               word[n - 1], S("/"));
}

static void run(struct fix_ctx *c)
{
    for (node_id n = 0; (n = instruction_next(c->tree, n));) {
        enum instruction op = node_instruction(c->tree, n);
        if (op == INST_COPY || op == INST_ADD)
            look(c, n);
    }
}

const struct fixer fixer_copy_to_folder = {
    .id = "copy-to-folder",
    .aliases = "DL3021",
    .title = "End the target of several sources with a slash",
    .why = "Without the slash the build fails, or one file takes the place of the other.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
