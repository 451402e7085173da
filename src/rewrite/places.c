/* Every place of a Dockerfile that names an image. */
#include "model/model.h"

#include <string.h>

typedef VEC(struct image_place) place_list;

struct search {
    const struct image *im;
    struct arena *arena;
    place_list found;
};

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n > 0;
}

/* A stage's name, or its number; for FROM only an earlier stage's name. */
static bool is_stage(const struct search *s, const struct value *v, enum place_kind kind,
                     unsigned stage)
{
    if (kind != PLACE_FROM && is_number(v->text))
        return true;
    unsigned first = v->text.n ? stage_first_named(s->im, s->arena, v->text) : UINT32_MAX;
    return first < s->im->nstage && (kind != PLACE_FROM || first < stage);
}

static void add(struct search *s, enum place_kind kind, node_id instruction, node_id word,
                struct value v)
{
    unsigned stage = image_stage_of(s->im, instruction);
    struct str by;

    if (v.certainty == VALUE_KNOWN &&
        (!v.text.n || str_ieq(v.text, S("scratch")) || is_stage(s, &v, kind, stage) ||
         (kind != PLACE_SYNTAX && image_is_context(s->im, v.text, &by))))
        return;
    bool bare = kind == PLACE_COPY || kind == PLACE_MOUNT;
    for (size_t i = 0; i < v.text.n; i++)
        bare &= v.text.p[i] != '/' && v.text.p[i] != ':' && v.text.p[i] != '@';
    vec_push(s->arena, &s->found, (struct image_place){kind, instruction, word, stage, bare, v});
}

/* A run of bytes as written, as a value of one piece. */
static struct value written(struct search *s, node_id node, struct span span)
{
    struct piece *p = arena_new(s->arena, struct piece, 1);
    struct str text = str_sub(s->im->tree->text, span.start, span.end);
    bool plain = true;

    for (size_t i = 0; i < text.n; i++)
        plain &= !strchr("$\\\n\"'", text.p[i]);

    *p = (struct piece){.text = text, .span = span, .node = node, .known = plain, .literal = plain};
    return (struct value){plain ? VALUE_KNOWN : VALUE_UNKNOWN, plain ? text : S(""), p, 1};
}

/* COPY --from=IMAGE. ADD has no such flag, says BuildKit: there it is an error node, and the image
 * all the same what its author wants to copy from. */
static node_id copy_from(const struct tree *t, node_id instruction)
{
    node_id flag = instruction_flag(t, instruction, S("from"));

    if (node_instruction(t, instruction) == INST_COPY)
        return flag;
    for (flag = 0; (flag = node_next(t, instruction, flag, NODE_ERROR));) {
        node_id name = node_next(t, flag, 0, NODE_NAME);
        if (name && str_eq(node_text(t, name), S("from")))
            return flag;
    }
    return 0;
}

static void add_flags(struct search *s, node_id instruction)
{
    const struct tree *t = s->im->tree;
    enum instruction op = node_instruction(t, instruction);
    node_id from = op == INST_COPY || op == INST_ADD ? copy_from(t, instruction) : 0;
    node_id word = from ? node_next(t, from, 0, NODE_WORD) : 0;

    if (word)
        add(s, PLACE_COPY, instruction, word, image_value(s->im, s->arena, word));
    for (node_id f = 0; op == INST_RUN && (f = node_next(t, instruction, f, NODE_FLAG));) {
        node_id name = node_next(t, f, 0, NODE_NAME);
        struct span span;
        if (name && str_eq(node_text(t, name), S("mount")) && flag_key(t, f, S("from"), &span))
            add(s, PLACE_MOUNT, instruction, f, written(s, f, span));
    }
}

/* # syntax=IMAGE */
static void add_syntax(struct search *s, node_id directive)
{
    const struct tree *t = s->im->tree;
    struct span span = node_span(t, directive);
    ptrdiff_t eq = str_chr(node_text(t, directive), '=');

    if (t->node[directive].op != DIRECTIVE_SYNTAX || eq == STR_NONE)
        return;
    struct str value = str_trim(str_from(node_text(t, directive), (size_t)eq + 1));
    span.start = (uint32_t)(value.p - t->text.p);
    span.end = span.start + (uint32_t)value.n;
    add(s, PLACE_SYNTAX, directive, directive, written(s, directive, span));
}

size_t image_places(const struct image *im, struct arena *a, const struct image_place **out)
{
    struct search s = {.im = im, .arena = a};
    const struct tree *t = im->tree;

    for (node_id n = 1, next; n < t->nnode; n = next) {
        bool instruction = node_kind(t, n) == NODE_INSTRUCTION;
        bool holds = instruction && node_instruction(t, n) == INST_ONBUILD;
        next = holds ? n + 1 : t->node[n].after;
        if (node_kind(t, n) == NODE_DIRECTIVE)
            add_syntax(&s, n);
        if (!instruction)
            continue;
        bool from = node_instruction(t, n) == INST_FROM;
        node_id image = from ? node_next(t, n, 0, NODE_IMAGE) : 0;
        if (image)
            add(&s, PLACE_FROM, n, image, image_value(im, a, image));
        add_flags(&s, n);
    }
    *out = s.found.v;
    return s.found.n;
}
