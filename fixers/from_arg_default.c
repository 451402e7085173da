/* from-arg-default: an image's name must be a name without build arguments too. */
#include "dfix/fixer.h"

static const char doc[] =
    "A build without `--build-arg` takes the defaults of the ARGs in FROM. When they give no\n"
    "image, or none that is a name, that build fails: `ARG TAG` and `FROM debian:$TAG` is\n"
    "`debian:`. Give the argument a default, in the ARG or as `${TAG:-12}`.\n\n"
    "Safety: only reported.\n";

/* What an expansion whose variable is not set comes to. False: not known. */
static bool unset_value(struct fix_ctx *c, node_id param, struct str *out)
{
    const struct tree *t = c->tree;
    node_id operand = node_next(t, param, 0, NODE_WORD);

    *out = S("");
    switch (t->node[param].op) {
    case PARAM_PLAIN:
    case PARAM_ALTERNATE:
        return true;
    case PARAM_DEFAULT:
        return !operand || node_value(t, operand, c->arena, out);
    default:
        return false;
    }
}

/* The image when no build argument is given. False: not known. */
static bool default_image(struct fix_ctx *c, const struct value *v, struct str *out)
{
    const struct tree *t = c->tree;
    struct buf b = {.arena = c->arena};

    for (size_t i = 0; i < v->npiece; i++) {
        const struct piece *p = &v->piece[i];
        struct str text = p->text;
        if (!p->known) {
            node_id name = p->node && node_kind(t, p->node) == NODE_PARAM
                               ? node_next(t, p->node, 0, NODE_NAME)
                               : 0;
            if (!name || arg_is_predefined(node_text(t, name)) || !unset_value(c, p->node, &text))
                return false;
        }
        buf_add(&b, text);
    }
    *out = buf_str(&b);
    return true;
}

static bool has_variable(const struct tree *t, node_id image)
{
    for (node_id n = image + 1; n < t->node[image].after; n++)
        if (node_kind(t, n) == NODE_PARAM)
            return true;
    return false;
}

static void run(struct fix_ctx *c)
{
    struct reference r;
    struct str image;

    for (size_t i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        if (!s->image || !has_variable(c->tree, s->image) ||
            !default_image(c, &s->reference, &image) || (image.n && reference_parse(image, &r)))
            continue;
        if (image.n)
            fix_hint(c, s->image,
                     "Without build arguments this image is " STR_FMT
                     ", which is no name of one; give the argument a default",
                     STR_ARG(image));
        else
            fix_hint(c, s->image,
                     "Without build arguments this image has no name; give the argument a default");
    }
}

const struct fixer fixer_from_arg_default = {
    .id = "from-arg-default",
    .aliases = "InvalidDefaultArgInFrom",
    .title = "Give the arguments of FROM a default",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .names_only = true,
    .run = run,
};
