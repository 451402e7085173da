/* healthcheck: a stage without HEALTHCHECK. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports stages that neither say how their program's health is checked, nor are built on one\n"
    "that does, nor are what such a one is built on. Off by default: Kubernetes and others have\n"
    "checks of their own. `HEALTHCHECK NONE` says that none is wanted.\n\n"
    "Safety: only reported. How a program tells that it is well is its own affair.\n";

static void run(struct fix_ctx *c)
{
    const struct image *im = c->image;
    bool *says = arena_new(c->arena, bool, im->nstage + 1);   /* or is built on one that does */
    bool *serves = arena_new(c->arena, bool, im->nstage + 1); /* such a one is built on it */

    for (node_id n = 0; (n = instruction_next(c->tree, n));) {
        unsigned stage = image_stage_of(im, n);
        if (node_instruction(c->tree, n) == INST_HEALTHCHECK && stage < im->nstage)
            says[stage] = true;
    }
    for (unsigned i = im->nstage > UINT32_MAX ? 0 : (unsigned)im->nstage; i-- > 0;)
        if ((says[i] || serves[i]) && im->stage[i].base == BASE_STAGE)
            serves[im->stage[i].base_stage] = true;
    for (unsigned i = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        says[i] |= s->base == BASE_STAGE && says[s->base_stage];
        if (!says[i] && !serves[i])
            fix_help(fix_hint(c, s->from, "The stage has no HEALTHCHECK"),
                     "add one, or HEALTHCHECK NONE");
    }
}

const struct fixer fixer_healthcheck = {
    .id = "healthcheck",
    .aliases = "DL3057",
    .title = "Say how the container's health is checked",
    .why = "Docker takes a program that hangs for one that is well.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
