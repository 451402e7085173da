/* copy-from-stage: COPY --from that names no stage before it, or its own. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports COPY --from that names no stage defined before it (DL3022): a misspelled name is "
    "looked\n"
    "for as an image in a registry, and may be found there. And COPY --from of the stage that it\n"
    "stands in (DL3023), which no build can do.\n\n"
    "Silent on images with a tag or digest, and on build contexts that a bake file or compose "
    "names.\n"
    "Names of stages are compared without their case, as\n"
    "BuildKit does, where hadolint reports `--from=build` of `AS Build`; its own stage is "
    "recognized\n"
    "by number, too.\n\n"
    "Safety: only reported.\n";

static const char code_none[] = "DL3022", code_own[] = "DL3023";

/* Index of the stage, of those up to `last`; UINT32_MAX: none. */
static unsigned stage_called(struct fix_ctx *c, unsigned last, struct str name)
{
    unsigned number = 0;
    bool digits = name.n > 0 && name.n < 9;

    for (size_t i = 0; i < name.n && digits; i++) {
        digits = name.p[i] >= '0' && name.p[i] <= '9';
        number = number * 10 + (unsigned)(name.p[i] - '0');
    }
    if (digits)
        return number <= last ? number : UINT32_MAX;
    for (unsigned i = last + 1; i-- > 0;)
        if (str_ieq(c->image->stage[i].name, name))
            return i;
    return UINT32_MAX;
}

static void look(struct fix_ctx *c, node_id copy)
{
    const struct tree *t = c->tree;
    node_id flag = instruction_flag(t, copy, S("from"));
    node_id word = flag ? node_next(t, flag, 0, NODE_WORD) : 0;
    unsigned here = image_stage_of(c->image, copy), stage = UINT32_MAX;
    struct str name, by;

    if (!word || t->node[copy].parent)
        return; /* ONBUILD: the stages are those of another file */
    name = image_value(c->image, c->arena, word).text;
    if (!name.n)
        name = node_text(t, word);
    if (!name.n)
        return;
    if (here != UINT32_MAX)
        stage = stage_called(c, here, name);
    if (stage != UINT32_MAX && stage == here) {
        struct fix *f =
            fix_hint(c, word, "COPY --from=" STR_FMT " names its own stage", STR_ARG(name));
        fix_code(f, code_own);
        fix_severity(f, SEVERITY_ERROR);
        fix_help(f, "use RUN with cp or mv within a stage");
    } else if (stage == UINT32_MAX && str_chr(name, ':') == STR_NONE &&
               !image_is_context(c->image, name, &by)) {
        struct fix *f =
            fix_hint(c, word, "COPY --from=" STR_FMT " names no stage above it", STR_ARG(name));
        fix_code(f, code_none);
        fix_help(f, "name a stage, or an image with its tag");
    }
}

static void run(struct fix_ctx *c)
{
    for (node_id n = 0; (n = instruction_next(c->tree, n));)
        if (node_instruction(c->tree, n) == INST_COPY)
            look(c, n);
}

const struct fixer fixer_copy_from_stage = {
    .id = "copy-from-stage",
    .aliases = "DL3022 DL3023",
    .title = "Copy from a stage that is defined before",
    .why = "A name that is no stage is looked for as an image in a registry.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .run = run,
};
