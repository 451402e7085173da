/* description-comment: what `docker build --call=outline` shows of a stage or argument. */
#include "dfix/fixer.h"

static const char doc[] =
    "A comment above `FROM ... AS name` or `ARG name` that begins with the name is what\n"
    "`docker build --call=outline` shows for it. One that begins with something else describes\n"
    "nothing there; an empty comment line (`#`) between keeps it apart.\n\n"
    "BuildKit's check is experimental: off here, too, unless the file says\n"
    "`# check=experimental=InvalidDefinitionDescription`.\n\n"
    "Safety: only reported.\n";

/* The last comment above, unless `#` alone stands below it; "" none. */
static struct str comment_above(const struct tree *t, node_id n)
{
    for (uint32_t tok = t->node[n].tok; tok; tok--) {
        enum token_kind k = (enum token_kind)t->tok[tok - 1].kind;
        struct span s = token_span(t, tok - 1);
        if (k == TOK_COMMENT)
            return str_trim(str_sub(t->text, s.start + 1, s.end));
        if (k != TOK_BLANK && k != TOK_NEWLINE)
            break;
    }
    return S("");
}

static struct str first_part(struct str s)
{
    struct str part = s;
    str_cut(&s, ' ', &part);
    return part;
}

static void look_at_arg(struct fix_ctx *c, node_id n, struct str comment)
{
    const struct tree *t = c->tree;
    struct str first = first_part(comment), name = S("");
    size_t names = 0;

    for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR)); names++) {
        name = node_text(t, node_first(t, p));
        if (str_eq(name, first))
            return;
    }
    if (names)
        fix_hint(c, n, "The comment above ARG begins with no name of it; write `# " STR_FMT " ...`",
                 STR_ARG(names > 1 ? S("NAME") : name));
}

static void look_at_from(struct fix_ctx *c, node_id n, struct str comment)
{
    const struct stage *s = &c->image->stage[image_stage_of(c->image, n)];

    if (s->name.n && !str_eq(s->name, first_part(comment)))
        fix_hint(c, n,
                 "The comment above FROM does not begin with the stage; write `# " STR_FMT " ...`",
                 STR_ARG(s->name));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        enum instruction i = node_instruction(t, n);
        if (node_kind(t, n) != NODE_INSTRUCTION || (i != INST_ARG && i != INST_FROM))
            continue;
        struct str comment = comment_above(t, n);
        if (!comment.n)
            continue;
        if (i == INST_ARG)
            look_at_arg(c, n, comment);
        else
            look_at_from(c, n, comment);
    }
}

const struct fixer fixer_description_comment = {
    .id = "description-comment",
    .aliases = "InvalidDefinitionDescription",
    .title = "Begin the description of a stage or argument with its name",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
