/* along.c - what is there after each call of a package manager: the packages of the base, those
 * that are named, and what they bring along, until something removes them. */
#include "inventory/collect.h"

/* ---- by name ---- */

struct held *plant_find(const struct plant *p, struct str name)
{
    uint32_t i = p->chain[str_hash(name) % PLANT_CHAINS];

    while (i && (p->held.v[i - 1].gone || !str_eq(p->held.v[i - 1].name, name)))
        i = p->held.v[i - 1].next;
    return i ? &p->held.v[i - 1] : NULL;
}

/* In the place of another version, which goes. */
struct held *plant_put(struct collector *x, struct plant *p, const struct held *h)
{
    struct held *old = plant_find(p, h->name), new = *h;
    uint32_t *chain = &p->chain[str_hash(h->name) % PLANT_CHAINS];

    if (old)
        old->gone = true;
    new.next = *chain;
    vec_push(x->arena, &p->held, new);
    *chain = (uint32_t)p->held.n;
    return &p->held.v[p->held.n - 1];
}

static struct plant *plant_of_base(struct collector *x, unsigned stage)
{
    const struct stage *s = &x->im->stage[stage];
    struct plant *p = arena_new(x->arena, struct plant, 1);
    struct base_facts facts;
    struct str why;

    p->known = s->base == BASE_SCRATCH || collect_base_facts(x, s, &facts, &why);
    for (size_t i = 0; p->known && s->base != BASE_SCRATCH && i < facts.ninstalled; i++) {
        const struct installed *in = &facts.installed[i];
        const struct held h = {.name = in->name,
                               .version = in->version,
                               .source = in->source,
                               .source_version = in->source_version,
                               .arch = in->arch,
                               .brought = BROUGHT_BY_BASE,
                               .at = s->image,
                               .stage = stage,
                               .by = S(""),
                               .group = S("")};
        plant_put(x, p, &h);
    }
    return p;
}

/* ---- one call ---- */

/* What the inventory has of it: the version that is installed. */
static const struct inventory_item *item_of(const struct collector *x, const struct package *p)
{
    for (size_t i = 0; i < x->item.n; i++)
        if (x->item.v[i].package == p)
            return &x->item.v[i];
    return NULL;
}

static void put_named(struct bringing *b)
{
    for (size_t i = 0; i < b->in->npackage; i++) {
        const struct inventory_item *it = item_of(b->x, &b->in->package[i]);
        if (!it)
            continue;
        const struct held h = {.name = it->is.name,
                               .version = it->is.version,
                               .source = it->is.source,
                               .source_version = it->is.source_version,
                               .arch = it->is.arch,
                               .brought = BROUGHT_BY_NAME,
                               .at = it->at,
                               .stage = it->stage,
                               .by = S(""),
                               .group = b->in->virtual_};
        plant_put(b->x, b->plant, &h);
    }
}

static void install(struct bringing *b)
{
    const struct install *in = b->in;
    size_t first = b->plant->held.n;

    put_named(b);
    if (!b->plant->known || first == b->plant->held.n)
        return;
    needs_bring(b, first);
    if (b->lacking.n)
        collect_gap(b->x, in->command, in->stage, S("what a package of this command brings along"),
                    str_fmt(b->x->arena, "no index tells of " STR_FMT, STR_ARG(b->lacking)));
}

static bool is_removed(const struct install *in, const struct held *h)
{
    for (size_t i = 0; i < in->npackage; i++) {
        const struct package *p = &in->package[i];
        if (p->name.n && (str_eq(p->name, h->name) || str_eq(p->name, h->group)))
            return true;
    }
    return false;
}

static void remove_named(struct bringing *b)
{
    for (size_t i = 0; i < b->plant->held.n; i++) {
        struct held *h = &b->plant->held.v[i];
        h->gone |= is_removed(b->in, h);
    }
    if (b->plant->known)
        needs_settle(b, b->in->manager->sweeps(b->in));
}

static void play(struct collector *x, struct plant *p, const struct install *in)
{
    struct bringing b = {.x = x, .plant = p, .in = in, .lacking = S("")};
    bool removes = in->verb == VERB_REMOVE && !in->conditional;

    if ((in->verb != VERB_INSTALL && !removes) || in->onbuild || in->root.n ||
        install_unpinnable(x->im, x->arena, in).n ||
        install_sources(x->im, x->arena, in, &b.source, &b.nsource).n)
        return;
    if (removes)
        remove_named(&b);
    else
        install(&b);
}

/* ---- the image ---- */

/* Stages stand in the order in which they are built on each other. */
static struct plant *build(struct collector *x, unsigned last)
{
    size_t n;
    const struct install *in = image_installs(x->im, &n);
    struct plant *p = plant_of_base(x, image_root_stage(x->im, last));

    for (size_t i = 0; i < n && !x->pending; i++)
        if (image_is_built_on(x->im, last, in[i].stage))
            play(x, p, &in[i]);
    return p;
}

/* Named by the file, and taken away again. */
static bool is_taken_away(const struct collector *x, const struct inventory_item *it)
{
    bool there = false, known = false;

    for (size_t i = 0; i < x->plant->held.n; i++) {
        const struct held *h = &x->plant->held.v[i];
        known |= h->at == it->at && h->brought == BROUGHT_BY_NAME && str_eq(h->name, it->is.name);
        there |= !h->gone && str_eq(h->name, it->is.name);
    }
    return known && !there;
}

static void drop_removed(struct collector *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->item.n; i++)
        if (x->item.v[i].is.brought != BROUGHT_BY_NAME || !is_taken_away(x, &x->item.v[i]))
            x->item.v[n++] = x->item.v[i];
    x->item.n = n;
}

void collect_along(struct collector *x)
{
    size_t n;

    image_installs(x->im, &n);
    if (!x->im->nstage || !n || x->pending)
        return;
    x->plant = build(x, (unsigned)(x->im->nstage - 1));
    drop_removed(x);
    for (size_t i = 0; i < x->plant->held.n; i++) {
        const struct held *h = &x->plant->held.v[i];
        struct inventory_item item = {.is = {.name = h->name,
                                             .version = h->version,
                                             .source = h->source,
                                             .source_version = h->source_version,
                                             .arch = h->arch,
                                             .brought = BROUGHT_ALONG,
                                             .by = h->by},
                                      .at = h->at,
                                      .stage = h->stage};
        if (h->gone || h->brought != BROUGHT_ALONG)
            continue;
        item.is.ecosystem = ecosystem_of_release(x->arena, &x->im->stage[h->stage].release);
        item.is.line = collect_line(x, h->at);
        vec_push(x->arena, &x->item, item);
    }
}

bool along_replaced(const struct collector *x, struct str name)
{
    const struct held *h = x->plant ? plant_find(x->plant, name) : NULL;
    return h && h->brought == BROUGHT_ALONG;
}
