/* The packages of a base that security fixes wait for, by the index and the advisories. */
#include "dfix/upgrade.h"
#include "dfix/manager.h"
#include "dfix/pick.h"

#include <stdlib.h>
#include <string.h>

enum { IDS = 80 }; /* bytes of advisory ids, about */

struct search {
    struct arena *arena;
    const struct image *im;
    const struct install *in;
    const struct stage *stage;
    const struct lookup *lookup;
    const struct source *extra;
    size_t nextra;
    bool ids, met; /* met: the index has a package of the base */
    VEC(struct upgrade) list;
    VEC(struct str) note;
    struct upgrades *out;
};

static int compare(const struct search *x, struct str a, struct str b)
{
    return version_compare(x->in->manager, a, b);
}

/* ---- what is on offer ---- */

/* The newest security offer for an architecture; NULL: none. Offers come newest first. */
static const struct offer *security_offer(const struct search *x, const struct package_info *info,
                                          unsigned bit)
{
    for (size_t i = 0; i < info->noffer; i++) {
        const struct offer *o = &info->offer[i];
        if ((o->archs >> bit & 1) && o->security && version_valid(x->in->manager, o->version))
            return o;
    }
    return NULL;
}

/* What is fixed by now, for one installed package. */
struct state {
    const struct installed *p;
    struct package_info info;
    struct str fixed, reason;  /* fixed: "" nothing is lacking */
    struct pick pick;          /* what each architecture gets */
    const struct offer *least; /* of that */
    arch_set have, behind;     /* get the fix; do not */
};

static void find_candidates(const struct search *x, struct state *s)
{
    const struct manager *m = x->in->manager;

    s->pick = pick_of(m, &s->info, x->stage->archs, S(""));
    s->least = NULL;
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        if (!(x->stage->archs >> bit & 1))
            continue;
        const struct offer *o = s->pick.on[bit];
        if (!o || !version_valid(m, o->version) || compare(x, o->version, s->fixed) < 0) {
            s->behind |= 1u << bit;
            continue;
        }
        s->have |= 1u << bit;
        if (!s->least || compare(x, o->version, s->least->version) < 0)
            s->least = o;
    }
}

/* False: not of this index, or what it has cannot be asked for. */
static bool find_info(struct search *x, const struct installed *p, struct package_info *info)
{
    const struct manager *m = x->in->manager;

    if (!version_valid(m, p->version) || !m->name_valid(p->name))
        return false;
    const struct question q = {.manager = m,
                               .release = &x->stage->release,
                               .archs = x->stage->archs,
                               .source = x->extra,
                               .nsource = x->nextra,
                               .name = p->name};
    switch (lookup_package(x->lookup, q, info)) {
    case ANSWER_FOUND:
        x->met |= info->noffer > 0;
        return info->noffer > 0;
    case ANSWER_ABSENT:
        return false;
    case ANSWER_UNAVAILABLE:
        x->out->why = info->why;
        return false;
    case ANSWER_PENDING:
        x->out->pending = true;
        return false;
    }
    return false;
}

/* ---- what is lacking ---- */

static bool is_advisory_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char x = id.p[i];
        if (!(x >= 'A' && x <= 'Z') && !(x >= '0' && x <= '9') && x != '-')
            return false;
    }
    return id.n > 0 && id.n <= 40;
}

/* Once each; false: there are enough of them. */
static bool add_id(struct buf *ids, struct str id)
{
    struct str rest = buf_str(ids), one;

    while (ids->n && str_cut(&rest, ' ', &one))
        if (str_eq(one, id))
            return true;
    if (ids->n >= IDS)
        return false;
    if (is_advisory_id(id))
        buf_fmt(ids, "%s" STR_FMT, ids->n ? " " : "", STR_ARG(id));
    return true;
}

/* The advisories that the installed version lacks: the version that holds all of their fixes. */
static enum answer read_advisories(struct search *x, const struct installed *p, struct str *fixed,
                                   struct str *reason)
{
    const struct manager *m = x->in->manager;
    struct advisory_list list;
    struct buf ids = {.arena = x->arena};
    size_t more = 0;
    enum answer answer = lookup_advisories(x->lookup, m, &x->stage->release,
                                           p->source.n ? p->source : p->name, &list);

    *fixed = S("");
    for (size_t i = 0; answer == ANSWER_FOUND && i < list.n; i++) {
        struct str first = list.v[i].fixed;
        bool affected = version_valid(m, first) && !str_eq(first, S("0")) &&
                        version_compare(m, p->version, first) < 0;
        if (!affected)
            continue;
        if (!fixed->n || version_compare(m, first, *fixed) > 0)
            *fixed = first;
        more += !add_id(&ids, list.v[i].id);
    }
    if (more)
        buf_fmt(&ids, " and %zu more", more);
    *reason = buf_str(&ids);
    return answer;
}

/* A suite for security fixes. It must be ahead on the architecture that the package is of; what it
 * has there may differ between architectures by a rebuild (+b1), so the oldest counts. */
static void lacking_of_suite(struct search *x, struct state *s)
{
    const struct installed *p = s->p;
    arch_set own = arch_of(p->arch) & x->stage->archs;
    const struct offer *first = NULL;
    bool behind = false;

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *o =
            x->stage->archs >> bit & 1 ? security_offer(x, &s->info, bit) : NULL;
        if (!o || compare(x, p->version, o->version) >= 0)
            continue;
        behind |= !own || (own >> bit & 1);
        if (!first || compare(x, o->version, first->version) < 0)
            first = o;
    }
    if (!behind)
        return;
    s->fixed = first->version;
    s->reason = first->suite;
    struct str fixed, ids = S("");
    if (x->ids && read_advisories(x, p, &fixed, &ids) == ANSWER_PENDING)
        x->out->pending = true;
    if (ids.n)
        s->reason = ids;
}

static void lacking_of_advisories(struct search *x, struct state *s)
{
    switch (read_advisories(x, s->p, &s->fixed, &s->reason)) {
    case ANSWER_FOUND:
    case ANSWER_ABSENT:
        return;
    case ANSWER_UNAVAILABLE:
        x->out->why = S("the security advisories of this release cannot be read");
        return;
    case ANSWER_PENDING:
        x->out->pending = true;
        return;
    }
}

/* ---- what is named ---- */

static bool is_listed(const struct search *x, struct str name)
{
    for (size_t i = 0; i < x->list.n; i++)
        if (str_eq(x->list.v[i].name, name))
            return true;
    return false;
}

static struct str arch_names(const struct search *x, arch_set archs)
{
    struct buf b = {.arena = x->arena};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1)
            buf_fmt(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(arch_name(bit)));
    return buf_str(&b);
}

/* "This or newer", where there is such a constraint; else the version whole; where a rebuild of one
 * architecture adds to it, a pattern that begins with it, as long as that admits nothing below the
 * fix. */
static bool constraint_of(const struct search *x, const struct state *s, struct str *out)
{
    const struct manager *m = x->in->manager;
    struct str least = s->least->version;
    struct str pattern = str_fmt(x->arena, STR_FMT "%s", STR_ARG(least), m->star);

    if (*m->at_least) {
        *out = str_fmt(x->arena, "%s" STR_FMT, m->at_least, STR_ARG(s->fixed));
        return true;
    }
    *out = str_fmt(x->arena, "=" STR_FMT, STR_ARG(s->pick.same ? least : pattern));
    for (unsigned bit = 0; !s->pick.same && bit < ARCH_MAX; bit++)
        if ((s->have >> bit & 1) && !m->pin_matches(s->pick.on[bit]->version, pattern))
            return false;
    for (size_t i = 0; !s->pick.same && i < s->info.noffer; i++)
        if (m->pin_matches(s->info.offer[i].version, pattern) &&
            compare(x, s->info.offer[i].version, s->fixed) < 0)
            return false;
    return true;
}

/* Does an install bring the version with the fix? */
static bool brings(const struct search *x, const struct install *in, const struct package *p,
                   const struct state *s)
{
    const struct manager *m = x->in->manager;
    bool upgrades = m->does.install_upgrades || install_option(in, S("upgrade"));

    if (in->verb != VERB_INSTALL || in->conditional || in->root.n)
        return false;
    if (p->kind == PACKAGE_NAME)
        return upgrades;
    if (p->kind != PACKAGE_CONSTRAINED)
        return false;
    if (!m->constraint_holds(p->operator_, p->version, s->least->version))
        return false;
    return !*m->at_least ||
           (str_eq(p->operator_, str_of(m->at_least)) && compare(x, p->version, s->fixed) >= 0);
}

/* The file itself takes the package out before the upgrade, or brings its fix. */
static bool is_settled(const struct search *x, const struct state *s)
{
    size_t ninstall;
    const struct install *install = image_installs(x->im, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        if (in->manager != x->in->manager || in->command >= x->in->command ||
            !image_is_built_on(x->im, x->in->stage, in->stage))
            continue;
        for (size_t k = 0; k < in->npackage; k++)
            if (str_eq(in->package[k].name, s->p->name) &&
                (in->verb == VERB_REMOVE || brings(x, in, &in->package[k], s)))
                return true;
    }
    return false;
}

/* Names the package, or says why the fix keeps the upgrade from being narrowed. */
static void name(struct search *x, struct state *s)
{
    struct arena *a = x->arena;
    const struct installed *p = s->p;
    struct upgrade u = {.name = p->name, .source = p->source, .reason = s->reason};

    find_candidates(x, s);
    if (s->have && is_settled(x, s))
        return;
    if (!s->have) {
        vec_push(a, &x->note,
                 str_fmt(a, STR_FMT " " STR_FMT " has a fix in " STR_FMT ", which no index has yet",
                         STR_ARG(p->name), STR_ARG(p->version), STR_ARG(s->fixed)));
        return;
    }
    u.version = s->least->version;
    u.source_version = s->least->source_version.n ? s->least->source_version : u.version;
    struct str other = install_other_source(x->im, a, x->in, p->name);
    if (other.n)
        x->out->why = str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(other));
    else if (stage_touches(x->stage, p->name))
        x->out->why = str_fmt(
            a,
            STR_FMT
            " has a security fix, but the base image may get it from package sources of its own",
            STR_ARG(p->name));
    else if (s->behind)
        x->out->why = str_fmt(a,
                              STR_FMT " " STR_FMT " has a fix in " STR_FMT
                                      ", which the index does not offer for " STR_FMT,
                              STR_ARG(p->name), STR_ARG(p->version), STR_ARG(s->fixed),
                              STR_ARG(arch_names(x, s->behind)));
    else if (!constraint_of(x, s, &u.constraint))
        u.constraint = S("");
    vec_push(a, &x->list, u);
}

static void consider(struct search *x, const struct installed *p)
{
    struct state s = {.p = p, .fixed = S(""), .reason = S("")};

    if (is_listed(x, p->name) || !find_info(x, p, &s.info))
        return;
    if (x->in->manager->does.security_suites)
        lacking_of_suite(x, &s);
    else
        lacking_of_advisories(x, &s);
    if (s.fixed.n)
        name(x, &s);
}

/* Binaries of one source often depend on each other's very version: those that the base has move
 * with the ones that must. */
static void consider_sibling(struct search *x, const struct installed *p)
{
    for (size_t i = 0; p->source.n && i < x->list.n; i++) {
        const struct upgrade *u = &x->list.v[i];
        struct state s = {.p = p, .fixed = p->version, .reason = S("")};
        if (!str_eq(u->source, p->source) || is_listed(x, p->name) || !find_info(x, p, &s.info))
            continue;
        find_candidates(x, &s);
        if (!s.least || compare(x, p->version, s.least->version) >= 0)
            continue;
        struct str of = s.least->source_version.n ? s.least->source_version : s.least->version;
        if (!str_eq(of, u->source_version))
            continue;
        s.fixed = s.least->version;
        s.reason = str_fmt(x->arena, "with " STR_FMT, STR_ARG(u->name));
        s.have = s.behind = 0;
        name(x, &s);
        return;
    }
}

static int by_name(const void *x, const void *y)
{
    const struct upgrade *a = x, *b = y;
    return str_cmp(a->name, b->name);
}

static void find(struct search *x, const struct base_facts *facts)
{
    size_t own;

    for (size_t i = 0; i < facts->ninstalled; i++)
        consider(x, &facts->installed[i]);
    own = x->list.n;
    for (size_t i = 0; own && i < facts->ninstalled; i++)
        consider_sibling(x, &facts->installed[i]);
    if (x->list.n)
        qsort(x->list.v, x->list.n, sizeof(*x->list.v), by_name);
    if (!x->met && !x->out->why.n && !x->out->pending)
        x->out->why = S("none of its base image's packages is in the index");
    x->out->v = x->list.v;
    x->out->n = x->list.n;
    x->out->note = x->note.v;
    x->out->nnote = x->note.n;
}

/* ---- lists given by hand ---- */

/* What of a version stays the same through a release's life: "12.4" of 12.4+deb12u11, "12" of
 * 12ubuntu4.7, "1.1.24" of 1.1.24-r10. */
static struct str stem(struct str version)
{
    static const char *const ends[] = {"+", "ubuntu", "-r"};
    size_t n = version.n;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        ptrdiff_t at = str_find(version, str_of(ends[i]));
        if (at != STR_NONE && (size_t)at < n)
            n = (size_t)at;
    }
    return str_sub(version, 0, n);
}

/* Is the package one that this release could have brought? */
static bool is_of_release(struct search *x, const struct installed *p)
{
    struct package_info info;
    struct str ubuntu = S("ubuntu");

    if (!find_info(x, p, &info))
        return true; /* nothing to compare with */
    for (size_t i = 0; i < info.noffer; i++) {
        struct str v = info.offer[i].version;
        if (version_valid(x->in->manager, v) && str_eq(stem(v), stem(p->version)) &&
            (str_find(v, ubuntu) == STR_NONE) == (str_find(p->version, ubuntu) == STR_NONE) &&
            compare(x, p->version, info.offer[0].version) <= 0)
            return true;
    }
    return false;
}

/* Why a list given by hand is not the base's: each release has its own base-files, or its own C
 * library and layout. */
static struct str why_foreign(struct search *x, const struct base_facts *facts)
{
    const struct release *r = &x->stage->release;

    for (const char *const *name = x->in->manager->identity; *name; name++) {
        const struct installed *p = base_installed(facts, str_of(*name), NULL);
        if (p && is_of_release(x, p))
            continue;
        return str_fmt(x->arena,
                       "the packages given with --installed are not those of " STR_FMT " " STR_FMT
                       ": %s is " STR_FMT,
                       STR_ARG(r->distro), STR_ARG(r->version), *name,
                       STR_ARG(p ? p->version : S("not among them")));
    }
    return S("");
}

/* ---- the base ---- */

/* What its layers hold, when those were not read with the rest. */
static const struct base_facts *base_facts(struct search *x, struct base_facts *asked)
{
    const struct base_facts *facts = x->stage->facts;
    const struct stage *root = x->stage;

    while (root->base == BASE_STAGE)
        root = &x->im->stage[root->base_stage];
    if (root->base != BASE_IMAGE || (facts && facts->installed_known))
        return facts;
    x->out->pending = lookup_base(x->lookup, root->reference.text, root->archs, BASE_BY_LAYERS,
                                  asked) == ANSWER_PENDING;
    return asked;
}

void upgrades_find(struct arena *a, const struct image *im, const struct install *in,
                   const struct lookup *l, bool ids, struct upgrades *out)
{
    struct search x = {.arena = a,
                       .im = im,
                       .in = in,
                       .stage = &im->stage[in->stage],
                       .lookup = l,
                       .ids = ids,
                       .out = out};
    struct base_facts asked = {.why = S("")};

    *out = (struct upgrades){.why = install_sources(im, a, in, &x.extra, &x.nextra)};
    if (out->why.n)
        return;
    const struct base_facts *facts = base_facts(&x, &asked);
    if (out->pending)
        return;
    if (!facts || !facts->installed_known) {
        out->why = str_fmt(a,
                           "the packages of its base image are unknown (" STR_FMT
                           "); give them with --installed",
                           STR_ARG(facts && facts->why.n ? facts->why : S("it was not read")));
        return;
    }
    if (facts->installed_given)
        out->why = why_foreign(&x, facts);
    if (!out->why.n)
        find(&x, facts);
}
