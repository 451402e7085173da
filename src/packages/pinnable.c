/* What fixers ask of packages and the sources they come from. */
#include "dfix/manager.h"
#include "dfix/user.h"
#include "packages/packages.h"

const char *package_fixed(const struct package *p)
{
    switch (p->kind) {
    case PACKAGE_NAME:
        break;
    case PACKAGE_CONSTRAINED:
        return "already has a version constraint";
    case PACKAGE_REMOVED:
        return "removes a package";
    case PACKAGE_ADDED:
        return "has apt's + modifier";
    case PACKAGE_FILE:
        return "is a local file, whose version is that of the file";
    case PACKAGE_URL:
        return "is a URL";
    case PACKAGE_TASK:
        return "is a task, not a package";
    case PACKAGE_PATTERN:
        return "is a pattern, which may match several packages";
    case PACKAGE_PROVIDES:
        return "names something that a package provides";
    case PACKAGE_UNKNOWN:
        return "is known only at build time";
    }
    if (p->redirected)
        return "is followed by a redirection that looks like a version constraint; quote it if it "
               "is one";
    if (!p->literal)
        return "is built from several strings";
    return p->shared ? "comes from a variable that is also used elsewhere" : NULL;
}

/* Of a word that is not known whole, a part that shows a version or a file. */
static bool shows_version(const struct package *p)
{
    for (size_t i = 0; i < p->field.value.npiece; i++) {
        struct str text = p->field.value.piece[i].text;
        for (size_t k = 0; k < text.n; k++)
            if (str_chr(S("=<>~/"), text.p[k]) != STR_NONE)
                return true;
    }
    return false;
}

bool package_is_open(const struct package *p)
{
    if (p->kind == PACKAGE_UNKNOWN)
        return !shows_version(p);
    if (p->kind == PACKAGE_CONSTRAINED) /* curl@edge: a repository, and no version */
        return str_eq(p->operator_, S("@")) && str_chr(p->version, '=') == STR_NONE;
    return p->kind == PACKAGE_NAME || p->kind == PACKAGE_ADDED || p->kind == PACKAGE_PATTERN ||
           p->kind == PACKAGE_TASK;
}

bool install_is_open(const struct install *in)
{
    for (size_t i = 0; i < in->npackage; i++)
        if (package_is_open(&in->package[i]))
            return true;
    return false;
}

/* Asked once a stage: every call asks it, and the stage may be long. */
static bool says_settings(const struct image *im, const struct install *in)
{
    const struct image_own *own = image_own(im);
    signed char **by_stage = &own->late->settings[manager_number(in->manager)];
    struct str variable = str_of(in->manager->settings_variable);

    if (!*by_stage)
        *by_stage = arena_new(own->definitions.arena, signed char, im->nstage);
    if (!(*by_stage)[in->stage])
        (*by_stage)[in->stage] = image_stage_says(im, in->stage, variable) ? 1 : -1;
    return (*by_stage)[in->stage] > 0;
}

struct str install_unpinnable(const struct image *im, struct arena *a, const struct install *in)
{
    const struct stage *s = &im->stage[in->stage];
    const struct manager *m = in->manager;

    if (str_eq(in->root, S("config-file")))
        return str_fmt(a, "%s reads its settings from an unknown file", m->name);
    if (*m->settings_variable && says_settings(im, in))
        return str_fmt(a, "%s reads its settings from where %s points, which is unknown", m->name,
                       m->settings_variable);
    if (str_eq(in->root, S("snapshot")))
        return S("the command uses a dated archive, whose versions do not change");
    if (in->root.n)
        return str_fmt(a, "packages are installed into another root (" STR_FMT ")",
                       STR_ARG(in->root));
    if (!s->release.distro.n)
        return str_fmt(a, "the release of this stage is unknown (%s)",
                       s->release_why ? s->release_why : "dfix does not know its base image");
    if (!m->serves(s->release.distro))
        return str_fmt(a, "the stage is built on " STR_FMT ", which has no %s index",
                       STR_ARG(s->release.distro), m->name);
    if (!s->release_exact)
        return str_fmt(a,
                       "the tag of " STR_FMT
                       " will move to another release later, which would break the pins; name the "
                       "release in the tag, or pin the digest",
                       STR_ARG(s->reference.text));
    return S("");
}

struct str install_sources(const struct image *im, struct arena *a, const struct install *in,
                           const struct source **out, size_t *n)
{
    const struct source none = {
        .uri = S(""), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};
    source_vec v = {0};

    *out = NULL;
    *n = 0;
    if (!install_added_sources(im, a, in, &v))
        return str_fmt(a, "the file adds more than %d sources before it", SOURCES_MAX);
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
            return S("a repository that it takes from is known only at build time");
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

bool scope_is_built_on(const struct scope *sc, unsigned stage, unsigned base)
{
    if (stage >= sc->nstage || base >= sc->nstage)
        return stage == base;
    const struct stage *s = &sc->stage[stage], *b = &sc->stage[base];
    return stage == base || (b->tour < s->tour && s->tour < b->tour_end);
}

bool image_base_in_root(const struct image *im, unsigned stage)
{
    const struct stage *s = &im->stage[image_root_stage(im, stage)];

    return s->base == BASE_SCRATCH || (s->base == BASE_IMAGE && s->known.in_root);
}

bool image_is_built_on(const struct image *im, unsigned stage, unsigned base)
{
    return scope_is_built_on(&im->scope, stage, base);
}
