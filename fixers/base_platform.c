/* base-platform: the base image is not there for a platform that is built for. */
#include "dfix/fixer.h"

static const char doc[] =
    "A base image without the platform of the build fails it, or is taken for another platform,\n"
    "whose programs do not run. Take an image that has the platform, or leave the platform out.\n\n"
    "Silent unless the platforms are given: by `--platform`, policy or FROM. What the image has\n"
    "is asked of its registry.\n\n"
    "Safety: only reported.\n";

static struct str arch_names(struct fix_ctx *c, arch_set archs)
{
    struct buf b = {.arena = c->arena};

    for (unsigned i = 0; i < ARCH_MAX; i++)
        if (archs & (arch_set)1 << i)
            buf_fmt(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(arch_name(i)));
    return buf_str(&b);
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->nstage; i++) {
        const struct stage *s = &c->image->stage[i];
        arch_set wanted = c->settings->archs || s->platform.n ? s->archs : 0;
        if (s->base != BASE_IMAGE || !s->facts || !s->facts->archs)
            continue;
        arch_set missing = wanted & ~s->facts->archs;
        if (missing)
            fix_hint(c, s->image, STR_FMT " is not there for " STR_FMT " (it has " STR_FMT ")",
                     STR_ARG(s->reference.text), STR_ARG(arch_names(c, missing)),
                     STR_ARG(arch_names(c, s->facts->archs)));
    }
}

const struct fixer fixer_base_platform = {
    .id = "base-platform",
    .aliases = "InvalidBaseImagePlatform",
    .title = "Take a base image that has the platform",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .run = run,
};
