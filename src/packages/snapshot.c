/* Stages whose packages come from a dated archive, and those that can be made so. */
#include "packages/lists.h"
#include "dfix/user.h"

/* /20240131 or /20240131T120000Z */
static bool is_day(struct str rest)
{
    size_t n = 0;

    while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
        n++;
    return n == 8 && str_starts(rest, S("20")) &&
           (rest.n == 8 || rest.p[8] == 'T' || rest.p[8] == '/');
}

bool uri_is_dated(struct str uri)
{
    if (str_find(uri, S("://snapshot.")) != STR_NONE)
        return true;
    for (size_t i = 0; i < uri.n; i++)
        if (uri.p[i] == '/' && is_day(str_from(uri, i + 1)))
            return true;
    return false;
}

bool install_is_dated(const struct image *im, struct arena *a, const struct install *in)
{
    const struct source *source;
    size_t n;

    install_sources(im, a, in, &source, &n);
    for (size_t i = 0; i < n; i++)
        if (uri_is_dated(source[i].uri))
            return true;
    return false;
}

struct str install_untieable(const struct image *im, struct arena *a, const struct install *in)
{
    const struct stage *s = &im->stage[in->stage];
    struct str why = install_unpinnable(im, a, in);
    struct user user = image_user_at(im, in->instruction);
    const struct added_source *added = image_source_before(im, in);

    if (why.n)
        return why;
    if (in->onbuild || s->windows)
        return S("the command runs in builds of other images (ONBUILD)");
    if (str_find(s->known.touched, S("*")) != STR_NONE)
        return S("the base image may have package sources of its own");
    if (added)
        return str_fmt(a, "line %u changes the sources itself", image_line(im, added->node));
    if ((in->wrappers & WRAP_SUDO) || user.who != WHO_ROOT || user.argument)
        return S("root is needed to write apt's sources, and the stage may run as another user");
    return S("");
}
