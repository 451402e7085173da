/* Every place of a Dockerfile that names one of its stages. */
#include "model/model.h"

struct search {
    const struct image *im;
    struct arena *arena;
    unsigned *next; /* by stage: the next one of its name; 0: none */
    unsigned *met;  /* by the first of a name: the one that was meant last */
    VEC(struct stage_mention) found;
};

unsigned image_stage_named(const struct image *im, struct arena *a, struct str name)
{
    return image_own(im) ? stage_first_named(im, a, name) : UINT32_MAX;
}

static void chain_names(struct search *s)
{
    unsigned *last = arena_new(s->arena, unsigned, s->im->nstage); /* by the first of a name */

    for (unsigned i = 0; i < s->im->nstage; i++) {
        if (!s->im->stage[i].name.n)
            continue;
        unsigned first = stage_first_named(s->im, s->arena, s->im->stage[i].name);
        if (first < i)
            s->next[last[first]] = i;
        else
            s->met[i] = i;
        last[first] = i;
    }
}

/* The last stage of that name in front of stage `in`, or else the first behind it. */
static unsigned stage_meant(const struct search *s, struct str name, unsigned in)
{
    unsigned first = name.n ? stage_first_named(s->im, s->arena, name) : UINT32_MAX;

    if (first >= s->im->nstage)
        return first;
    unsigned found = s->met[first] < in ? s->met[first] : first;
    while (s->next[found] && s->next[found] < in)
        found = s->next[found];
    s->met[first] = found;
    return found;
}

static void add_word(struct search *s, unsigned stage, node_id instruction, node_id word,
                     const struct value *v)
{
    struct span whole = node_span(s->im->tree, word);
    struct stage_mention m = {.stage = stage, .instruction = instruction, .node = word};

    if (v->npiece == 1 && v->piece[0].literal) {
        m.span = v->piece[0].span;
        m.literal = m.span.start >= whole.start && m.span.end <= whole.end;
    }
    vec_push(s->arena, &s->found, m);
}

static void look_at_copy(struct search *s, node_id n)
{
    const struct tree *t = s->im->tree;
    node_id flag = instruction_flag(t, n, S("from"));
    node_id word = flag ? node_next(t, flag, 0, NODE_WORD) : 0;

    if (!word)
        return;
    struct value v = image_value(s->im, s->arena, word);
    unsigned stage =
        v.certainty == VALUE_KNOWN ? stage_meant(s, v.text, image_stage_of(s->im, n)) : UINT32_MAX;
    if (stage < s->im->nstage)
        add_word(s, stage, n, word, &v);
}

static void look_at_mounts(struct search *s, node_id n)
{
    const struct tree *t = s->im->tree;
    struct span span;

    for (node_id f = 0; (f = node_next(t, n, f, NODE_FLAG));) {
        node_id name = node_next(t, f, 0, NODE_NAME);
        if (!name || !str_eq(node_text(t, name), S("mount")) || !flag_key(t, f, S("from"), &span))
            continue;
        unsigned stage =
            stage_meant(s, str_sub(t->text, span.start, span.end), image_stage_of(s->im, n));
        if (stage < s->im->nstage)
            vec_push(s->arena, &s->found, (struct stage_mention){stage, n, f, span, true});
    }
}

static void find(struct search *s)
{
    const struct tree *t = s->im->tree;

    chain_names(s);
    for (unsigned i = 0; i < s->im->nstage; i++) {
        const struct stage *g = &s->im->stage[i];
        if (g->base == BASE_STAGE)
            add_word(s, g->base_stage, g->from, g->image, &g->reference);
    }
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_COPY)
            look_at_copy(s, n);
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_RUN)
            look_at_mounts(s, n);
    }
}

size_t image_stage_mentions(const struct image *im, const struct stage_mention **out)
{
    static const struct stage_mention none;
    struct image_late *late = image_own(im)->late;

    if (!late->mention) {
        struct search s = {.im = im, .arena = image_own(im)->definitions.arena};
        s.next = arena_new(s.arena, unsigned, im->nstage + 1);
        s.met = arena_new(s.arena, unsigned, im->nstage + 1);
        find(&s);
        late->mention = s.found.v ? s.found.v : &none;
        late->nmention = s.found.n;
    }
    *out = late->mention;
    return late->nmention;
}
