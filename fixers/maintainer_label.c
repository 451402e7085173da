/* maintainer-label: `MAINTAINER me` becomes `LABEL org.opencontainers.image.authors="me"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "MAINTAINER is deprecated; a label says who made an image, and can be read from it. The old\n"
    "instruction becomes a LABEL with the same text.\n\n"
    "Only reported: a stage that has the label already, and text with a comment in it.\n\n"
    "Safety: safe. It is metadata; the files and programs of the image stay.\n";

static const struct option_doc options[] = {
    {"label", "org.opencontainers.image.authors", "text", "the label that names the maintainer"},
    {NULL, NULL, NULL, NULL},
};

/* Does the stage, or one that it is built on, set the label before this instruction? */
static bool has_label(struct fix_ctx *c, node_id before, struct str label)
{
    const struct tree *t = c->tree;
    unsigned stage = image_stage_of(c->image, before);
    struct str name;

    for (node_id n = node_first(t, 0); n && n < before; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION || node_instruction(t, n) != INST_LABEL ||
            !image_is_built_on(c->image, stage, image_stage_of(c->image, n)))
            continue;
        for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));)
            if (node_value(t, node_first(t, p), c->arena, &name) && str_eq(name, label))
                return true;
    }
    return false;
}

/* MAINTAINER "Jane Doe": the quotes are no part of the name. */
static struct str without_quotes(struct str s)
{
    bool quoted = s.n > 1 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
    return quoted && str_chr(str_sub(s, 1, s.n - 1), s.p[0]) == STR_NONE ? str_sub(s, 1, s.n - 1)
                                                                         : s;
}

static struct str in_quotes(struct fix_ctx *c, node_id word, struct str text)
{
    struct str quoted = fix_quote(c, word, text);
    return quoted.p == text.p ? str_fmt(c->arena, "\"" STR_FMT "\"", STR_ARG(text)) : quoted;
}

static void look(struct fix_ctx *c, node_id instruction)
{
    static const char codes[] = "DL4000 MaintainerDeprecated";
    const struct tree *t = c->tree;
    node_id keyword = node_first(t, instruction), word = node_next(t, instruction, 0, NODE_WORD);
    struct str label = fix_option(c, "label"), text;

    if (!word || !node_value(t, word, c->arena, &text))
        return;
    bool has = has_label(c, instruction, label);
    if (has || node_has_comment(t, instruction)) {
        fix_code(fix_hint(c, instruction,
                          has ? "MAINTAINER is deprecated, and the label " STR_FMT
                                " is there already; remove one of them"
                              : "MAINTAINER is deprecated; use a LABEL " STR_FMT
                                ", and move the comment in it",
                          STR_ARG(label)),
                 codes);
        return;
    }
    bool lower = node_text(t, keyword).p[0] == 'm';
    struct fix *f =
        fix_begin(c, instruction, SAFE, "Write MAINTAINER as LABEL " STR_FMT, STR_ARG(label));
    fix_code(f, codes);
    fix_declares(f, instruction);
    fix_replace_code(f, keyword, lower ? S("label") : S("LABEL"));
    fix_replace_code(f, word,
                     str_fmt(c->arena, STR_FMT "=" STR_FMT, STR_ARG(label),
                             STR_ARG(in_quotes(c, word, without_quotes(text)))));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_MAINTAINER)
            look(c, n);
}

const struct fixer fixer_maintainer_label = {
    .id = "maintainer-label",
    .aliases = "DL4000 MaintainerDeprecated",
    .title = "Name the maintainer in a label",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .options = options,
    .run = run,
};
