/* What earlier calls of a stage took from elsewhere: neither apt nor apk goes back from a version
 * that is installed because a later call pins a lower one. apt refuses, apk changes the image. */
#include "engine.h"
#include "dfix/manager.h"

/* What an earlier call saw of the world. */
struct earlier {
    const struct pin_call *k;
    const struct install *install;
    VEC(struct source) source;
    VEC(struct str) target; /* suites that it took packages from by name; "" its own choice */
};

static bool same_source(const struct source *x, const struct source *y)
{
    return str_eq(x->uri, y->uri) && str_eq(x->suite, y->suite) &&
           str_eq(x->components, y->components) && str_eq(x->tag, y->tag) &&
           x->replaces == y->replaces;
}

/* Is the source asked for a package that carries no tag? What a tagged package needs may come from
 * its repository too. */
static bool is_used(const struct install *in, const struct source *s)
{
    if (!s->tag.n)
        return true;
    for (size_t i = 0; i < in->npackage; i++)
        if (str_eq(in->package[i].operator_, S("@")) && str_eq(in->package[i].version, s->tag))
            return true;
    return false;
}

/* The same sources, and none preferred: the later call would take the same versions. */
static bool is_same_view(const struct earlier *e)
{
    const struct pin_call *k = e->k;

    if (e->target.n != 1 || !str_eq(e->target.v[0], k->target) || e->source.n != k->nsource)
        return false;
    for (size_t i = 0; i < k->nsource; i++)
        if (!same_source(&e->source.v[i], &k->source[i]) ||
            (k->source[i].tag.n && is_used(e->install, &k->source[i])))
            return false;
    return true;
}

static enum answer ask(const struct earlier *e, arch_set archs, struct str name,
                       struct package_info *info)
{
    struct source *source = arena_new(e->k->c->arena, struct source, e->source.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < e->source.n; i++)
        if (is_used(e->install, &e->source.v[i]) && !archive_lacks(e->source.v[i].uri, name)) {
            source[n] = e->source.v[i];
            source[n++].tag = S("");
        }
    const struct question q = {.manager = e->install->manager,
                               .release = &e->k->stage->release,
                               .archs = archs,
                               .source = source,
                               .nsource = n,
                               .name = name};
    return lookup_package(e->k->c->lookup, q, info);
}

/* Suites that packages are taken from one by one: `pkg/suite`, and `pkg=version` of a suite that
 * is not preferred. False: not known yet. */
static bool gather_targets(struct earlier *e, arch_set archs)
{
    const struct install *in = e->install;
    struct arena *a = e->k->c->arena;
    bool spare = false;

    for (size_t i = 0; i < e->source.n; i++)
        spare |= str_find(e->source.v[i].suite, S("-backports")) != STR_NONE ||
                 str_eq(e->source.v[i].suite, S("experimental"));
    for (size_t i = 0; i < in->npackage; i++) {
        const struct package *p = &in->package[i];
        struct package_info info;
        if (!in->manager->does.picks_suites || p->kind != PACKAGE_CONSTRAINED)
            continue;
        if (str_eq(p->operator_, S("/"))) {
            vec_push(a, &e->target, pin_call_suite(e->k->c, p->version));
            continue;
        }
        enum answer known = spare ? ask(e, archs, p->name, &info) : ANSWER_ABSENT;
        if (known == ANSWER_PENDING)
            return false;
        struct pick x = {.newest = NULL};
        if (known == ANSWER_FOUND)
            x = pick_constrained(in->manager, &info, archs, p->operator_, p->version);
        if (x.newest)
            vec_push(a, &e->target, x.newest->suite);
    }
    return true;
}

/* Where suites are named in lines or by -t, they are asked for as the lookup knows them. */
static void ask_for_targets(struct earlier *e)
{
    const struct source none = {
        .uri = S(""), .suite = S(""), .components = S(""), .signed_by = S(""), .tag = S("")};

    for (size_t i = 0; i < e->target.n; i++) {
        bool listed = !e->target.v[i].n;
        for (size_t s = 0; s < e->source.n; s++)
            listed |= str_eq(e->source.v[s].suite, e->target.v[i]);
        if (listed)
            continue;
        vec_push(e->k->c->arena, &e->source, none);
        e->source.v[e->source.n - 1].suite = e->target.v[i];
        e->source.v[e->source.n - 1].replaces = e->source.n > 1 && e->source.v[0].replaces;
    }
}

/* What the call saw; "" or why that is not known. */
static struct str look_back(struct earlier *e)
{
    struct fix_ctx *c = e->k->c;
    const struct source *source;
    size_t n;

    if (e->install->target_unknown)
        return S("takes packages from a release that is known only at build time");
    struct str why = install_sources(c->image, c->arena, e->install, &source, &n);
    for (size_t i = 0; i < n; i++) {
        vec_push(c->arena, &e->source, source[i]);
        if (!source[i].uri.n)
            e->source.v[i].suite = pin_call_suite(c, source[i].suite);
    }
    vec_push(c->arena, &e->target, pin_call_suite(c, e->install->target_release));
    return why.n ? S("takes packages from unknown sources") : S("");
}

static unsigned line_of(const struct earlier *e)
{
    return image_line(e->k->c->image, e->install->command);
}

/* The version of the package that the call would have taken, where that is above what the later
 * one takes and the pin does not let it in; NULL none. */
static const struct offer *above(const struct earlier *e, const struct package_info *info,
                                 const struct pick *x, struct str pin)
{
    const struct manager *m = e->install->manager;
    size_t op = str_starts(pin, S("=~")) ? 2 : 1;

    for (size_t i = 0; i < e->target.n; i++) {
        struct pick y = pick_of(m, info, x->archs, e->target.v[i]);
        for (unsigned bit = 0; bit < ARCH_MAX; bit++)
            if (x->on[bit] && y.on[bit] && version_valid(m, y.on[bit]->version) &&
                version_compare(m, y.on[bit]->version, x->on[bit]->version) > 0 &&
                !constraint_holds(m, str_sub(pin, 0, op), str_from(pin, op), y.on[bit]->version))
                return y.on[bit];
    }
    return NULL;
}

/* One call before; it is the call itself when packages beside this one name their suite. */
static bool may_hold(struct earlier *e, const struct package *p, const struct pick *x,
                     struct str pin, struct goes_back *out)
{
    struct arena *a = e->k->c->arena;
    struct package_info info;
    struct str unknown = look_back(e);

    if (unknown.n) {
        out->why = str_fmt(a, "line %u " STR_FMT ", and may have installed newer versions",
                           line_of(e), STR_ARG(unknown));
        out->of_all = true;
        return true;
    }
    if (!gather_targets(e, x->archs))
        return true;
    ask_for_targets(e);
    if (is_same_view(e))
        return false;
    switch (ask(e, x->archs, p->name, &info)) {
    case ANSWER_ABSENT:
        return false;
    case ANSWER_PENDING:
        return true;
    case ANSWER_UNAVAILABLE:
        out->why = str_fmt(a, "line %u may have installed newer versions: " STR_FMT, line_of(e),
                           STR_ARG(info.why));
        out->of_all = true;
        return true;
    case ANSWER_FOUND:
        break;
    }
    const struct offer *newer = above(e, &info, x, pin);
    if (newer)
        out->why = str_fmt(a,
                           "line %u may have installed " STR_FMT " of " STR_FMT
                           ", and a later install does not downgrade it",
                           line_of(e), STR_ARG(newer->version), STR_ARG(newer->suite));
    return newer;
}

/* Where the last change of the manager's sources before the call stands; 0: there is none. */
static node_id last_change(const struct pin_call *k)
{
    const struct image *im = k->c->image;
    size_t nsource;
    const struct added_source *source = image_sources(im, &nsource);
    node_id last = 0;

    for (size_t i = 0; i < nsource; i++)
        if (source[i].manager == k->install->manager && source[i].node > last &&
            source[i].node < k->install->command)
            last = source[i].node;
    return last;
}

/* Cheap to ask of every call: most see what the later one sees. */
static bool sees_else(const struct pin_call *k, const struct install *in, node_id changed)
{
    bool own = in == k->install;

    if (own && !in->manager->does.picks_suites)
        return false; /* what has no tag comes from the others if that can be */
    return install_names_versions(in) ||
           (!own && (in->target_unknown || in->nrepository || in->command < changed ||
                     !str_eq(in->target_release, k->install->target_release)));
}

/* The first from `in` on, up to the call, that may see something else; NULL: none. */
static const struct install *next_apart(const struct pin_call *k, const struct install *in,
                                        node_id changed)
{
    if (in <= k->install && in->command >= changed && !k->install->target_release.n)
        in = in->next_apart;
    return in && in <= k->install ? in : NULL;
}

bool pin_goes_back(const struct pin_call *k, const struct package *p, const struct pick *x,
                   struct str pin, struct goes_back *out)
{
    const struct image *im = k->c->image;
    node_id changed = last_change(k);
    size_t n;
    const struct install *in = image_installs(im, &n);

    *out = (struct goes_back){.why = S("")};
    for (in = next_apart(k, in, changed); in; in = next_apart(k, in + 1, changed)) {
        struct earlier e = {.k = k, .install = in};
        bool takes =
            in->verb == VERB_INSTALL || in->verb == VERB_UPGRADE || in->verb == VERB_DIST_UPGRADE;
        if (takes && in->manager == k->install->manager && !in->root.n &&
            sees_else(k, in, changed) && image_is_built_on(im, k->install->stage, in->stage) &&
            may_hold(&e, p, x, pin, out))
            return true;
    }
    return false;
}
