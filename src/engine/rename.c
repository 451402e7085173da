/* The verb that gives a stage another name. */
#include "engine.h"

static void rename_mention(struct fix *f, const struct stage_mention *m, struct str name)
{
    const struct tree *t = f->ctx->tree;

    if (!m->literal)
        f->refused = str_fmt(f->ctx->arena, "line %u names the stage by a variable",
                             image_line(f->ctx->image, m->instruction))
                         .p;
    else if (!str_eq(str_sub(t->text, m->span.start, m->span.end), name))
        fix_replace_code_at(f, m->node, m->span, name);
}

void fix_rename_stage(struct fix *f, unsigned stage, struct str name)
{
    const struct stage *s = &f->ctx->image->stage[stage];
    const struct stage_mention *v;
    size_t n = image_stage_mentions(f->ctx->image, &v);

    fix_replace_code(f, s->alias, name);
    for (size_t i = 0; i < n; i++)
        if (v[i].stage == stage)
            rename_mention(f, &v[i], name);
}
