/* What fixers ask of packages and the sources they come from. */
#include "dfix/user.h"
#include "values.h"

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
    if (p->redirected)
        return "is followed by a redirection that looks like a constraint: quote it if it is one";
    if (!p->literal)
        return "is put together from several pieces";
    return p->shared ? "stands in a variable that is used elsewhere too" : NULL;
}

static bool has_index(enum manager m, struct str distro)
{
    if (m == MANAGER_APK)
        return str_eq(distro, S("alpine"));
    return str_eq(distro, S("debian")) || str_eq(distro, S("ubuntu"));
}

struct str install_unpinnable(const struct image *im, struct arena *a, const struct install *in)
{
    const struct stage *s = &im->stage[in->stage];

    if (str_eq(in->root, S("config-file")))
        return S("apt reads its settings from a file that is not known here");
    if (in->manager == MANAGER_APT && image_stage_mentions(im, in->stage, S("APT_CONFIG")))
        return S("apt reads settings from where APT_CONFIG says, which is not known here");
    if (str_eq(in->root, S("snapshot")))
        return S("the call takes packages from a dated archive, whose versions stay");
    if (in->root.n)
        return str_fmt(a, "packages go to another root (" STR_FMT ")", STR_ARG(in->root));
    if (!s->release.distro.n)
        return str_fmt(a, "the release of this stage is not known: %s",
                       s->release_why ? s->release_why : "its base image is not in the tables");
    if (!has_index(in->manager, s->release.distro))
        return str_fmt(a, "the stage is built on " STR_FMT ", which has no %s index",
                       STR_ARG(s->release.distro), in->manager == MANAGER_APK ? "apk" : "apt");
    if (!s->release_exact)
        return str_fmt(a,
                       "the tag of " STR_FMT " moves to another release one day, and pins would "
                       "break then: name the release in the tag, or pin the digest",
                       STR_ARG(s->reference.text));
    return S("");
}

/* Does the file add the source before this call, for the stage that the call is in? */
static bool is_before(const struct image *im, const struct added_source *s,
                      const struct install *in)
{
    return s->manager == in->manager && s->node < in->command &&
           image_is_built_on(im, in->stage, image_stage_of(im, s->node));
}

/* Are the lists refreshed between the source and the call? */
static bool is_updated(const struct image *im, const struct added_source *s,
                       const struct install *in)
{
    for (size_t i = 0; i < im->ninstall; i++) {
        const struct install *x = &im->install[i];
        if (x->verb == VERB_UPDATE && x->manager == in->manager && x->command > s->node &&
            x->command < in->command && image_is_built_on(im, in->stage, x->stage))
            return true;
    }
    return false;
}

static bool is_among(struct str globs, struct arena *a, struct str package)
{
    struct str glob;

    while (str_cut(&globs, ' ', &glob))
        if (glob.n && fnmatch(str_cstr(a, glob), str_cstr(a, package), 0) == 0)
            return true;
    return false;
}

/* Does a later one say all there is at the time of the call? */
static bool is_superseded(const struct image *im, size_t which, const struct install *in)
{
    for (size_t i = which + 1; im->added[which].whole && i < im->nadded; i++)
        if (im->added[i].whole && is_before(im, &im->added[i], in))
            return true;
    return false;
}

struct str install_other_source(const struct image *im, struct arena *a, const struct install *in,
                                struct str package)
{
    for (size_t i = 0; i < im->nadded; i++) {
        const struct added_source *s = &im->added[i];
        bool any = str_eq(s->touched, S("*"));
        if (s->why && is_before(im, s, in) && (!s->waits || is_updated(im, s, in)) &&
            (package.n ? !any && is_among(s->touched, a, package) : any) &&
            !is_superseded(im, i, in))
            return str_fmt(a, "line %u %s (" STR_FMT "), which may decide %s version%s",
                           text_place(im->tree->text, node_span(im->tree, s->node).start).line,
                           s->why, STR_ARG(s->what), package.n ? "its" : "their",
                           package.n ? "" : "s");
    }
    return S("");
}

typedef VEC(struct source) source_list;

/* The sources that the file adds before the call. What replaces the list of the image drops what
 * was added to that list before; what comes later adds to the new one. */
static void gather_added(const struct image *im, struct arena *a, const struct install *in,
                         source_list *v)
{
    bool replaced = false;

    for (size_t i = 0; i < im->nadded; i++) {
        const struct added_source *s = &im->added[i];
        if (s->why || !is_before(im, s, in))
            continue;
        if (s->whole || (s->nsource && s->source[0].replaces)) {
            v->n = 0;
            replaced = s->nsource && s->source[0].replaces;
        }
        for (size_t k = 0; k < s->nsource; k++)
            if (!s->source[k].tag.n || in->verb == VERB_INSTALL) /* only pkg@tag takes from it */
                vec_push(a, v, s->source[k]);
    }
    for (size_t i = 0; i < v->n; i++)
        v->v[i].replaces = replaced;
}

struct str install_sources(const struct image *im, struct arena *a, const struct install *in,
                           const struct source **out, size_t *n)
{
    const struct source none = {
        .uri = S(""), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};
    source_list v = {0};

    *out = NULL;
    *n = 0;
    gather_added(im, a, in, &v);
    bool replaced = v.n && v.v[0].replaces;
    if (in->target_release.n) {
        vec_push(a, &v, none);
        v.v[v.n - 1].suite = in->target_release;
        v.v[v.n - 1].replaces = replaced;
    }
    for (size_t i = 0; i < in->nrepository; i++) {
        vec_push(a, &v, none);
        struct source *x = &v.v[v.n - 1];
        x->replaces = replaced;
        if (!in->repository[i].n)
            return S("a repository that it takes from is known only when the image is built");
        x->uri = str_trim(in->repository[i]);
        if (str_starts(x->uri, S("@")) && str_cut(&x->uri, ' ', &x->tag)) { /* "@edge URL" */
            x->tag = str_from(x->tag, 1);
            x->uri = str_trim(x->uri);
        }
    }
    *out = v.v;
    *n = v.n;
    return install_other_source(im, a, in, S(""));
}

bool stage_touches(const struct stage *s, struct str package)
{
    return !stage_tells_sources(s) && globs_fit(s->known.touched, package);
}

const struct installed *base_installed(const struct base_facts *b, struct str name,
                                       const struct installed *after)
{
    size_t i = after ? (size_t)(after - b->installed) + 1 : 0;

    for (; b && b->installed_known && i < b->ninstalled; i++)
        if (str_eq(b->installed[i].name, name))
            return &b->installed[i];
    return NULL;
}

bool stage_may_hold(const struct stage *s, struct str package)
{
    if (!s->facts || !s->facts->installed_known)
        return globs_fit(s->known.holds, package);
    return base_installed(s->facts, package, NULL) != NULL;
}

bool image_is_built_on(const struct image *im, unsigned stage, unsigned base)
{
    if (stage >= im->nstage || base >= im->nstage)
        return stage == base;
    const struct stage *s = &im->stage[stage], *b = &im->stage[base];
    return stage == base || (b->tour < s->tour && s->tour < b->tour_end);
}

const struct added_source *image_source_before(const struct image *im, const struct install *in)
{
    for (size_t i = im->nadded; i-- > 0;)
        if (is_before(im, &im->added[i], in))
            return &im->added[i];
    return NULL;
}

bool node_in_branch(const struct tree *t, node_id n)
{
    for (n = t->node[n].parent; n; n = t->node[n].parent) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_IF || k == NODE_LOOP || k == NODE_FOR || k == NODE_CASE ||
            k == NODE_FUNCTION || k == NODE_SUBST)
            return true;
    }
    return false;
}

bool node_after_or(const struct tree *t, node_id n)
{
    for (; n; n = t->node[n].parent) {
        node_id list = t->node[n].parent;
        if (node_kind(t, list) != NODE_ANDOR)
            continue;
        /* Most lists have none, and some are long. */
        struct str before = str_sub(t->text, node_span(t, list).start, node_span(t, n).start);
        if (str_find(before, S("|")) == STR_NONE)
            continue;
        for (node_id k = node_first(t, list); k != n; k = node_sibling(t, k))
            if (str_eq(operator_after(t, k), S("||")))
                return true;
    }
    return false;
}
