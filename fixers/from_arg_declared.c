/* from-arg-declared: FROM knows only the ARGs that stand before the first FROM. */
#include "dfix/fixer.h"

static const char doc[] =
    "FROM expands the ARGs that stand before the first FROM, and those that BuildKit sets itself\n"
    "(TARGETPLATFORM, BUILDARCH and so on). Any other variable there is empty. Declare it above,\n"
    "or mend its name.\n\n"
    "Safety: only reported.\n";

/* What BuildKit sets itself and people misspell. */
static const char *const predefined[] = {"BUILDPLATFORM", "TARGETPLATFORM", "BUILDARCH",
                                         "TARGETARCH",    "BUILDOS",        "TARGETOS",
                                         "BUILDVARIANT",  "TARGETVARIANT"};

typedef VEC(struct str) name_list;

static name_list declared(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    name_list list = {0};

    for (size_t i = 0; i < sizeof(predefined) / sizeof(predefined[0]); i++)
        vec_push(c->arena, &list, str_of(predefined[i]));
    for (node_id n = node_first(t, 0); n && n < c->image->stage[0].from; n = node_sibling(t, n))
        for (node_id p = 0; node_kind(t, n) == NODE_INSTRUCTION &&
                            node_instruction(t, n) == INST_ARG &&
                            (p = node_next(t, n, p, NODE_PAIR));)
            vec_push(c->arena, &list, node_text(t, node_first(t, p)));
    return list;
}

static bool has(const name_list *list, struct str name)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(list->v[i], name))
            return true;
    return false;
}

static void look(struct fix_ctx *c, node_id param, name_list *known)
{
    struct str name = node_text(c->tree, node_next(c->tree, param, 0, NODE_NAME));
    if (arg_is_predefined(name))
        return;
    if (!known->n)
        *known = declared(c);
    if (has(known, name))
        return;
    struct str near = str_nearest(name, known->v, known->n);
    if (near.n)
        fix_hint(c, param,
                 STR_FMT " is not declared before the first FROM; did you mean " STR_FMT "?",
                 STR_ARG(name), STR_ARG(near));
    else
        fix_hint(c, param, STR_FMT " is not declared before the first FROM, so it is empty",
                 STR_ARG(name));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    name_list known = {0};

    for (size_t i = 0; i < c->image->nstage; i++) {
        node_id from = c->image->stage[i].from;
        for (node_id n = from + 1; n < t->node[from].after; n++)
            if (node_kind(t, n) == NODE_PARAM && node_next(t, n, 0, NODE_NAME))
                look(c, n, &known);
    }
}

const struct fixer fixer_from_arg_declared = {
    .id = "from-arg-declared",
    .aliases = "UndefinedArgInFrom",
    .title = "Declare the arguments of FROM before it",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .names_only = true,
    .run = run,
};
