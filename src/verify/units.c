/* A text taken to units, stage by stage. */
#include "parts.h"

static bool is_onbuild(const struct tree *t, node_id n)
{
    return node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ONBUILD;
}

/* Does a value refer to a name that the same instruction sets? It gets the value from before. */
static bool refers_to_itself(struct arena *a, const struct tree *t, node_id env)
{
    for (node_id n = env; n < t->node[env].after; n++) {
        struct str name, own;
        if (node_kind(t, n) != NODE_PARAM || !node_first(t, n) ||
            !node_value(t, node_first(t, n), a, &name))
            continue;
        for (node_id p = 0; (p = node_next(t, env, p, NODE_PAIR));)
            if (node_value(t, node_first(t, p), a, &own) && str_eq(name, own))
                return true;
    }
    return false;
}

/* The kind of part that stands for itself; NODE_KINDS: there is none. */
static enum node_kind part_kind(struct arena *a, const struct tree *t, node_id n)
{
    if (node_kind(t, n) != NODE_INSTRUCTION)
        return NODE_KINDS;
    switch (node_instruction(t, n)) {
    case INST_ENV:
        return refers_to_itself(a, t, n) ? NODE_KINDS : NODE_PAIR;
    case INST_ARG:
    case INST_LABEL:
        return NODE_PAIR;
    case INST_EXPOSE:
        return NODE_WORD;
    default:
        return NODE_KINDS;
    }
}

static void add_units(struct arena *a, struct side *s, struct section *to, node_id n)
{
    enum node_kind kind = part_kind(a, s->tree, n);
    size_t before = to->unit.n;

    for (node_id p = 0; kind != NODE_KINDS && (p = node_next(s->tree, n, p, kind));)
        vec_push(a, &to->unit, unit_of(a, s, n, p));
    if (to->unit.n == before)
        vec_push(a, &to->unit, unit_of(a, s, n, 0));
}

/* Of CMD, ENTRYPOINT and HEALTHCHECK only the last one of a stage counts. */
static void find_dead(struct section *x)
{
    bool later[INST_WORKDIR + 1] = {0};

    for (size_t i = x->unit.n; i-- > 0;) {
        struct unit *u = &x->unit.v[i];
        if (u->onbuild)
            continue;
        if (u->op != INST_CMD && u->op != INST_ENTRYPOINT && u->op != INST_HEALTHCHECK)
            continue;
        u->dead = later[u->op];
        later[u->op] = true;
    }
}

static bool gives_platform(struct arena *a, const struct tree *t)
{
    struct str name;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (node_instruction(t, n) == INST_FROM)
            return false;
        for (node_id p = 0; (p = node_next(t, n, p, NODE_PAIR));)
            if (node_value(t, node_first(t, p), a, &name) && str_eq(name, S("TARGETPLATFORM")) &&
                node_next(t, p, 0, NODE_WORD))
                return true;
    }
    return false;
}

void side_read(struct arena *a, struct side *s, struct str text, const struct lookup *l,
               struct str folder)
{
    struct image_settings settings = {.folder = folder};
    unsigned stage = 0;

    s->text = text;
    s->tree = tree_parse(a, text);
    s->image = image_of(a, s->tree, l, &settings);
    s->platform_given = gives_platform(a, s->tree);
    vec_push(a, &s->section, (struct section){.stage = UINT32_MAX});
    for (node_id n = node_first(s->tree, 0); n; n = node_sibling(s->tree, n)) {
        bool from = node_kind(s->tree, n) == NODE_INSTRUCTION && !is_onbuild(s->tree, n) &&
                    node_instruction(s->tree, n) == INST_FROM;
        if (node_kind(s->tree, n) == NODE_DIRECTIVE || !node_text(s->tree, n).n)
            continue; /* an error may be that nothing is there */
        if (from) {
            vec_push(a, &s->section, (struct section){.stage = stage});
            stage++;
        }
        add_units(a, s, &s->section.v[s->section.n - 1], n);
    }
    for (size_t i = 0; i < s->section.n; i++)
        find_dead(&s->section.v[i]);
}
