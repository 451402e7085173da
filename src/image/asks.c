/* What fixers ask of packages and the sources they come from. */
#include "dfix/image.h"

#include <fnmatch.h>

const char *package_fixed(const struct package *p)
{
    switch (p->kind) {
    case PACKAGE_NAME:
        break;
    case PACKAGE_CONSTRAINED:
        return "has a constraint already";
    case PACKAGE_REMOVED:
        return "asks to remove a package";
    case PACKAGE_ADDED:
        return "has apt's + modifier";
    case PACKAGE_FILE:
        return "is a local file, its version is what the file holds";
    case PACKAGE_URL:
        return "is a URL";
    case PACKAGE_TASK:
        return "is a task, not a package";
    case PACKAGE_PATTERN:
        return "is a pattern, it may name several packages";
    case PACKAGE_PROVIDES:
        return "names what a package provides";
    case PACKAGE_UNKNOWN:
        return "is known only when the image is built";
    }
    if (!p->literal)
        return "is put together from several pieces";
    return p->shared ? "stands in a variable that is used elsewhere too" : NULL;
}

bool stage_touches(const struct stage *s, struct arena *a, struct str package)
{
    struct str rest = s->known.touched, glob;

    while (str_cut(&rest, ' ', &glob))
        if (glob.n && fnmatch(str_cstr(a, glob), str_cstr(a, package), 0) == 0)
            return true;
    return false;
}

bool image_is_built_on(const struct image *im, unsigned stage, unsigned base)
{
    while (stage != base && stage < im->nstage && im->stage[stage].base == BASE_STAGE)
        stage = im->stage[stage].base_stage;
    return stage == base;
}

const struct added_source *image_source_before(const struct image *im, const struct install *in)
{
    for (size_t i = 0; i < im->nadded; i++) {
        const struct added_source *s = &im->added[i];
        if (s->manager == in->manager && s->node < in->command &&
            image_is_built_on(im, in->stage, image_stage_of(im, s->node)))
            return s;
    }
    return NULL;
}
