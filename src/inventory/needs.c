/* needs.c - what packages need, as apt and apk see to it: the first alternative that can be had,
 * unless one is there. */
#include "inventory/collect.h"

#include "dfix/pick.h"

/* "libc6>=2.36" */
struct need {
    struct str name, operator_, version;
};

static size_t span_of(struct str s, size_t from, const char *set, bool in)
{
    while (from < s.n && (str_chr(str_of(set), s.p[from]) != STR_NONE) == in)
        from++;
    return from;
}

static struct need need_of(struct str word)
{
    size_t name = span_of(word, 0, "<>=~", false), operator_ = span_of(word, name, "<>=~", true);
    ptrdiff_t tag = str_chr(str_sub(word, 0, name), '@');

    return (struct need){str_sub(word, 0, tag > 0 ? (size_t)tag : name),
                         str_sub(word, name, operator_), str_from(word, operator_)};
}

static bool version_serves(const struct manager *m, const struct need *n, struct str version)
{
    int d;

    if (!n->operator_.n || str_eq(n->operator_, S("><"))) /* a checksum */
        return true;
    if (str_chr(n->operator_, '~') != STR_NONE)
        return !constraint_known(m, n->operator_, n->version) ||
               constraint_holds(m, n->operator_, n->version, version);
    if (!version_valid(m, n->version) || !version_valid(m, version))
        return false;
    d = version_compare(m, version, n->version);
    return (d < 0 && n->operator_.p[0] == '<') || (d > 0 && n->operator_.p[0] == '>') ||
           (d == 0 && str_ends(n->operator_, S("=")));
}

/* False: it is not known yet, or cannot be. */
static bool ask(const struct bringing *b, struct str name, struct package_info *out)
{
    const struct stage *s = &b->x->im->stage[b->in->stage];
    const struct question q = {.manager = b->in->manager,
                               .release = &s->release,
                               .archs = s->archs,
                               .source = b->source,
                               .nsource = b->nsource,
                               .name = name};
    enum answer answer = lookup_package(b->x->lookup, q, out);

    b->x->pending |= answer == ANSWER_PENDING;
    return answer == ANSWER_FOUND || out->nprovider > 0;
}

static bool needs_of(const struct bringing *b, const struct held *h, struct package_needs *out)
{
    const struct stage *s = &b->x->im->stage[b->in->stage];
    arch_set arch = arch_of(h->arch);
    const struct question q = {.manager = b->in->manager,
                               .release = &s->release,
                               .archs = s->archs & arch ? s->archs & arch : s->archs,
                               .source = b->source,
                               .nsource = b->nsource,
                               .name = h->name,
                               .version = h->version};
    enum answer answer = lookup_needs(b->x->lookup, q, out);

    b->x->pending |= answer == ANSWER_PENDING;
    return answer == ANSWER_FOUND;
}

/* ---- is it there? ---- */

static struct held *provider_held(const struct bringing *b, const struct package_info *info)
{
    for (size_t i = 0; i < info->nprovider; i++) {
        struct held *h = plant_find(b->plant, info->provider[i]);
        if (h)
            return h;
    }
    return NULL;
}

/* What is there and serves one of the alternatives; NULL: nothing does. */
static struct held *serving(const struct bringing *b, struct str clause)
{
    struct str word;

    while (str_cut(&clause, '|', &word)) {
        struct need n = need_of(word);
        struct held *h = plant_find(b->plant, n.name);
        struct package_info info;
        if (h && version_serves(b->in->manager, &n, h->version))
            return h;
        /* Versions of what is provided are not in the index. */
        h = ask(b, n.name, &info) && (!n.operator_.n || !info.noffer) ? provider_held(b, &info)
                                                                      : NULL;
        if (h)
            return h;
    }
    return NULL;
}

/* ---- can it be had? ---- */

static const struct offer *candidate(const struct bringing *b, const struct package_info *info)
{
    const struct stage *s = &b->x->im->stage[b->in->stage];
    return pick_of(b->in->manager, info, s->archs, b->in->target_release).newest;
}

/* Of those that provide it, one of the same source where there is one. */
static const struct offer *provider_of(const struct bringing *b, const struct package_info *info,
                                       struct str source, struct str *name)
{
    const struct offer *first = NULL;

    for (size_t i = 0; i < info->nprovider; i++) {
        struct package_info *of = arena_new(b->x->arena, struct package_info, 1);
        const struct offer *o = ask(b, info->provider[i], of) ? candidate(b, of) : NULL;
        if (!o || (first && !str_eq(o->source, source)))
            continue;
        *name = info->provider[i];
        first = o;
        if (str_eq(o->source, source))
            break;
    }
    return first;
}

/* apk offers the only package that provides a name in its own version by that name, too. */
static struct str real_name(const struct bringing *b, const struct package_info *info,
                            struct str name, const struct offer *o)
{
    const struct held h = {.name = name, .version = o->version, .arch = S("")};
    struct package_needs needs;

    return info->nprovider == 1 && !needs_of(b, &h, &needs) ? info->provider[0] : name;
}

static const struct offer *choose(const struct bringing *b, struct str clause, struct str source,
                                  struct str *name)
{
    struct str word;

    while (str_cut(&clause, '|', &word)) {
        struct need n = need_of(word);
        struct package_info *info = arena_new(b->x->arena, struct package_info, 1);
        if (!ask(b, n.name, info))
            continue;
        const struct offer *o = candidate(b, info);
        *name = n.name;
        if (o && version_serves(b->in->manager, &n, o->version)) {
            *name = real_name(b, info, n.name, o);
            return o;
        }
        o = n.operator_.n && info->noffer ? NULL : provider_of(b, info, source, name);
        if (o)
            return o;
    }
    return NULL;
}

/* ---- all that is needed ---- */

static void bring(struct bringing *b, struct str clauses, size_t by, bool must)
{
    const struct stage *s = &b->x->im->stage[b->in->stage];
    struct str clause, name;

    while (str_cut(&clauses, ',', &clause)) {
        const struct held from = b->plant->held.v[by];
        if (!clause.n || serving(b, clause))
            continue;
        const struct offer *o = choose(b, clause, from.source, &name);
        if (!o) {
            if (must && !b->lacking.n)
                b->lacking = clause;
            continue;
        }
        struct component is = collect_component(b->x, s, o, name);
        struct held h = {.name = name,
                         .version = o->version,
                         .source = o->source,
                         .source_version = o->source_version,
                         .arch = is.arch,
                         .brought = BROUGHT_ALONG,
                         .at = from.at,
                         .stage = b->in->stage,
                         .by = from.brought == BROUGHT_BY_NAME ? from.name : from.by,
                         .group = S("")};
        plant_put(b->x, b->plant, &h);
    }
}

void needs_bring(struct bringing *b, size_t first)
{
    bool recommended = b->in->manager->takes_recommended(b->in);

    for (size_t i = first; i < b->plant->held.n && !b->x->pending; i++) {
        struct package_needs needs;
        if (b->plant->held.v[i].gone)
            continue;
        if (!needs_of(b, &b->plant->held.v[i], &needs)) {
            if (!b->lacking.n)
                b->lacking = b->plant->held.v[i].name;
            continue;
        }
        bring(b, needs.depends, i, true);
        if (recommended)
            bring(b, needs.recommends, i, false);
    }
}

/* ---- what goes with what was removed ---- */

static bool is_whole(const struct bringing *b, struct str clauses)
{
    struct str clause;

    while (str_cut(&clauses, ',', &clause))
        if (clause.n && !serving(b, clause))
            return false;
    return true;
}

static void drop_broken(struct bringing *b)
{
    for (bool again = true; again && !b->x->pending;) {
        again = false;
        for (size_t i = 0; i < b->plant->held.n; i++) {
            struct held *h = &b->plant->held.v[i];
            struct package_needs needs;
            if (h->gone || h->brought == BROUGHT_BY_BASE || !needs_of(b, h, &needs) ||
                is_whole(b, needs.depends))
                continue;
            h->gone = again = true;
        }
    }
}

static void mark(const struct bringing *b, struct str clauses, bool *needed, size_t *queue,
                 size_t *n)
{
    struct str clause;

    while (str_cut(&clauses, ',', &clause)) {
        struct held *h = clause.n ? serving(b, clause) : NULL;
        size_t at = h ? (size_t)(h - b->plant->held.v) : 0;
        if (!h || needed[at])
            continue;
        needed[at] = true;
        queue[(*n)++] = at;
    }
}

static void drop_unneeded(struct bringing *b)
{
    size_t n = b->plant->held.n, queued = 0;
    bool *needed = arena_new(b->x->arena, bool, n + 1);
    size_t *queue = arena_new(b->x->arena, size_t, n + 1);

    for (size_t i = 0; i < n; i++) {
        const struct held *h = &b->plant->held.v[i];
        needed[i] = !h->gone && h->brought != BROUGHT_ALONG;
        if (needed[i])
            queue[queued++] = i;
    }
    for (size_t i = 0; i < queued; i++) {
        struct package_needs needs;
        if (!needs_of(b, &b->plant->held.v[queue[i]], &needs))
            continue;
        mark(b, needs.depends, needed, queue, &queued);
        mark(b, needs.recommends, needed, queue, &queued);
    }
    for (size_t i = 0; i < n && !b->x->pending; i++)
        b->plant->held.v[i].gone |= !needed[i];
}

void needs_settle(struct bringing *b, bool sweep)
{
    drop_broken(b);
    if (sweep)
        drop_unneeded(b);
}
