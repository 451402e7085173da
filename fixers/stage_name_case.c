/* stage-name-case: `AS Build` becomes `AS build`, with what refers to it. */
#include "dfix/fixer.h"

static const char doc[] =
    "BuildKit reads the names of stages in small letters, but FROM finds a stage only by them:\n"
    "`FROM Build` is an image. The name is written in small letters, and so is every FROM,\n"
    "COPY --from and RUN --mount that names it.\n\n"
    "Safety: unsafe. Scripts may call the stage by its old name (`--target`).\n";

static void run(struct fix_ctx *c)
{
    for (unsigned i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        struct str name = s->alias ? node_text(c->tree, s->alias) : S("");
        struct str lower = str_lower(c->arena, name);
        if (!name.n || node_kind(c->tree, s->alias) != NODE_ALIAS || str_eq(name, lower))
            continue;
        struct fix *f = fix_begin(c, s->alias, UNSAFE, "Rename stage " STR_FMT " to " STR_FMT,
                                  STR_ARG(name), STR_ARG(lower));
        fix_rename_stage(f, i, lower);
    }
}

const struct fixer fixer_stage_name_case = {
    .id = "stage-name-case",
    .aliases = "StageNameCasing",
    .title = "Write the names of stages in small letters",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
