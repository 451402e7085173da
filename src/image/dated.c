/* Stages whose packages come from a dated archive, and those that can be made so. */
#include "lists.h"
#include "dfix/user.h"

bool uri_is_dated(struct str uri)
{
    size_t digits = 0;

    for (size_t i = 0; i < uri.n && digits < 8; i++)
        digits = uri.p[i] >= '0' && uri.p[i] <= '9' ? digits + 1 : 0;
    return digits == 8 || str_find(uri, S("snapshot")) != STR_NONE;
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

const struct install *image_first_apt(const struct image *im, unsigned stage)
{
    for (size_t i = 0; i < im->ninstall; i++)
        if (im->install[i].manager == MANAGER_APT &&
            image_is_built_on(im, stage, im->install[i].stage))
            return &im->install[i];
    return NULL;
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
        return S("the call runs in the builds of others");
    if (str_find(s->known.touched, S("*")) != STR_NONE)
        return S("the base image may bring sources of its own");
    if (added)
        return str_fmt(a, "line %u changes the sources itself",
                       text_place(im->tree->text, node_span(im->tree, added->node).start).line);
    if ((in->wrappers & WRAP_SUDO) || user.who != WHO_ROOT || user.argument)
        return S("root is needed to write apt's sources, and the stage may run as another user");
    return S("");
}
