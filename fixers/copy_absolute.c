/* copy-absolute: COPY or ADD to a relative path, in a stage that sets no WORKDIR. */
#include "dfix/fixer.h"

static const char doc[] =
    "Without a WORKDIR in the file, a relative destination of COPY or ADD lies below whatever\n"
    "folder the base image sets, or / when it sets none. The fix writes it below / where the base\n"
    "image is known to set none. hadolint misses ADD.\n\n"
    "Silent behind a WORKDIR of the stage or of one that it is built on, and for destinations\n"
    "that begin with a variable. Only reported: those in ONBUILD, destinations that are put\n"
    "together, and base images that may set a folder.\n\n"
    "Safety: unsafe. A later base image may set a folder; a WORKDIR may be what you want.\n";

static bool is_relative(struct str s)
{
    return s.n && !memchr("/\\$", s.p[0], 3) && !path_has_drive(s);
}

static node_id destination(const struct tree *t, node_id n)
{
    node_id exec = node_next(t, n, 0, NODE_EXEC), last = 0;

    for (node_id w = node_first(t, exec ? exec : n); w; w = node_sibling(t, w))
        if (node_kind(t, w) == NODE_WORD || node_kind(t, w) == NODE_STRING)
            last = w;
    return last;
}

/* Below /, without ./ at its front. */
static struct str below_root(struct fix_ctx *c, struct str path)
{
    while (str_starts(path, S("./")))
        path = str_from(path, 2);
    return str_eq(path, S(".")) ? S("/") : str_fmt(c->arena, "/" STR_FMT, STR_ARG(path));
}

/* `open`: what the destination is below is not known. */
static void look(struct fix_ctx *c, node_id n, bool open)
{
    node_id word = destination(c->tree, n);
    struct value v;

    if (!word || !is_relative(fix_written(c, word)))
        return;
    v = image_value(c->image, c->arena, word);
    if (open || v.certainty != VALUE_KNOWN || v.npiece != 1 || !v.piece[0].literal ||
        str_find(v.text, S("..")) != STR_NONE) {
        fix_help(fix_hint(c, n, "%s to " STR_FMT " goes where the base image's WORKDIR is",
                          instruction_name(node_instruction(c->tree, n)).p,
                          STR_ARG(node_text(c->tree, word))),
                 "write the whole path, or set WORKDIR before it");
        return;
    }
    struct str to = below_root(c, v.text);
    struct fix *f =
        fix_begin(c, n, UNSAFE, "Copy to " STR_FMT ", where " STR_FMT " is without a WORKDIR",
                  STR_ARG(to), STR_ARG(v.text));
    fix_replace_at(f, word, v.piece[0].span, to);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    bool *set = arena_new(c->arena, bool, c->image->nstage + 1);  /* by stage: a WORKDIR */
    unsigned at = UINT32_MAX, outer = (unsigned)c->image->nstage; /* before the first FROM */

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        node_id own = instruction_inner(t, n);
        enum instruction i = own ? node_instruction(t, own) : INST_UNKNOWN;
        if (i == INST_FROM) {
            const struct stage *s = &c->image->stage[++at];
            set[at] = s->base == BASE_STAGE && set[s->base_stage];
        }
        unsigned in = at < outer ? at : outer;
        if (i == INST_WORKDIR)
            set[in] = true;
        else if ((i == INST_COPY || i == INST_ADD) && !set[in])
            look(c, own, own != n || at >= outer || !image_base_in_root(c->image, at));
    }
}

const struct fixer fixer_copy_absolute = {
    .id = "copy-absolute",
    .aliases = "DL3045",
    .title = "Copy to an absolute path, or set WORKDIR",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
