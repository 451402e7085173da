/* stage-name-reserved: a stage is not called scratch or context. */
#include "dfix/fixer.h"

static const char doc[] =
    "`scratch` is the empty image and `context` the build context: a stage of that name hides\n"
    "it. The stage gets `-stage` behind its name, and what refers to it too.\n\n"
    "Only reported: a file in which FROM names scratch behind such a stage, as that may mean\n"
    "either.\n\n"
    "Safety: unsafe. Scripts may call the stage by its old name (`--target`).\n";

static const char codes[] = "DL3063 ReservedStageName";

static bool is_meant_twice(const struct fix_ctx *c, unsigned stage)
{
    for (unsigned i = stage + 1; i < c->image->nstage; i++)
        if (str_ieq(c->image->stage[i].reference.text, c->image->stage[stage].name))
            return true;
    return false;
}

static void run(struct fix_ctx *c)
{
    for (unsigned i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        if (!str_eq(s->name, S("scratch")) && !str_eq(s->name, S("context")))
            continue;
        struct str name = str_fmt(c->arena, STR_FMT "-stage", STR_ARG(s->name));
        if (is_meant_twice(c, i) || image_stage_named(c->image, c->arena, name) != UINT32_MAX) {
            fix_code(fix_hint(c, s->alias, STR_FMT " is reserved; give the stage another name",
                              STR_ARG(s->name)),
                     codes);
            continue;
        }
        struct fix *f = fix_begin(c, s->alias, UNSAFE, "Rename stage " STR_FMT " to " STR_FMT,
                                  STR_ARG(s->name), STR_ARG(name));
        fix_code(f, codes);
        fix_rename_stage(f, i, name);
    }
}

const struct fixer fixer_stage_name_reserved = {
    .id = "stage-name-reserved",
    .aliases = "DL3063 ReservedStageName",
    .title = "Call no stage scratch or context",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
