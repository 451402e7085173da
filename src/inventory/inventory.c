/* inventory.c - the packages of apt and apk that a file installs, and those of its base images. */
#include "inventory/collect.h"

#include "dfix/pick.h"
#include "dfix/upgrade.h"

void collect_gap(struct collector *x, node_id at, unsigned stage, struct str what, struct str why)
{
    vec_push(x->arena, &x->gap, (struct inventory_gap){what, why, at, stage});
}

uint32_t collect_line(const struct collector *x, node_id at)
{
    return image_line(x->im, at);
}

static bool inventory_in_image(const struct image *im, unsigned stage)
{
    return im->nstage && image_is_built_on(im, (unsigned)(im->nstage - 1), stage);
}

/* ---- installed by name ---- */

struct component collect_component(const struct collector *x, const struct stage *s,
                                   const struct offer *o, struct str name)
{
    unsigned bit = 0;
    while (bit + 1 < ARCH_MAX && !(o->archs >> bit & 1))
        bit++;
    return (struct component){.ecosystem = ecosystem_of_release(x->arena, &s->release),
                              .name = name,
                              .version = o->version,
                              .source = o->source,
                              .source_version = o->source_version,
                              .arch = arch_name(bit),
                              .by = S("")};
}

static bool is_told(const struct package *p)
{
    return (p->kind == PACKAGE_NAME || p->kind == PACKAGE_CONSTRAINED) &&
           p->field.value.certainty == VALUE_KNOWN && p->name.n;
}

bool collect_offer(struct collector *x, const struct install *in, const struct package *p,
                   const struct source *source, size_t nsource, const struct offer **out,
                   struct str *why)
{
    const struct stage *s = &x->im->stage[in->stage];
    const struct manager *m = in->manager;
    struct package_info *info = arena_new(x->arena, struct package_info, 1);
    const struct question q = {.manager = m,
                               .release = &s->release,
                               .archs = s->archs,
                               .source = source,
                               .nsource = nsource,
                               .name = p->name};
    *why = S("");
    switch (lookup_package(x->lookup, q, info)) {
    case ANSWER_PENDING:
        x->pending = true;
        return false;
    case ANSWER_UNAVAILABLE:
        *why = info->why;
        return false;
    case ANSWER_ABSENT:
        *why = S("no index has it");
        return false;
    case ANSWER_FOUND:
        break;
    }
    struct pick pick =
        p->kind == PACKAGE_CONSTRAINED && constraint_known(m, p->operator_, p->version)
            ? pick_constrained(m, info, s->archs, p->operator_, p->version)
            : pick_of(m, info, s->archs, in->target_release);
    *out = pick.newest;
    if (!pick.newest)
        *why = p->kind == PACKAGE_CONSTRAINED ? S("the index has no version that it allows")
                                              : S("it names no package of its own");
    return pick.newest != NULL;
}

static void collect_install(struct collector *x, const struct install *in)
{
    const struct stage *s = &x->im->stage[in->stage];
    const struct source *source;
    size_t nsource;
    struct str none = install_unpinnable(x->im, x->arena, in);
    if (!none.n)
        none = install_sources(x->im, x->arena, in, &source, &nsource);
    for (size_t i = 0; i < in->npackage; i++) {
        const struct package *p = &in->package[i];
        const struct offer *o;
        struct str why = none;
        if (!is_told(p)) {
            collect_gap(x, in->command, in->stage, S("a package of this command"),
                        S("only the build knows its name"));
            continue;
        }
        if (why.n || !collect_offer(x, in, p, source, nsource, &o, &why)) {
            if (why.n)
                collect_gap(x, p->field.word, in->stage, p->name, why);
            continue;
        }
        struct inventory_item item = {.is = collect_component(x, s, o, p->name),
                                      .at = p->field.word,
                                      .stage = in->stage,
                                      .install = in,
                                      .package = p};
        item.is.brought = BROUGHT_BY_NAME;
        item.is.line = collect_line(x, p->field.word);
        vec_push(x->arena, &x->item, item);
    }
}

/* ---- bases ---- */

/* Does the call put another version in the place of what the base has, or take it away? */
static bool replaces(const struct install *in, const struct package *p,
                     const struct installed *base)
{
    const struct manager *m = in->manager;
    if (!str_eq(p->name, base->name))
        return false;
    if (in->verb == VERB_REMOVE || in->verb == VERB_UPGRADE || m->does.install_upgrades)
        return in->verb != VERB_OTHER && in->verb != VERB_UPDATE;
    return in->verb == VERB_INSTALL && p->kind == PACKAGE_CONSTRAINED &&
           constraint_known(m, p->operator_, p->version) &&
           !constraint_holds(m, p->operator_, p->version, base->version);
}

/* In this stage, or one on it that is in the image. */
static bool is_settled(const struct collector *x, unsigned stage, const struct installed *base)
{
    size_t n;
    const struct install *in = image_installs(x->im, &n);
    for (size_t i = 0; i < n; i++) {
        if (in[i].conditional || in[i].root.n || in[i].onbuild ||
            !image_is_built_on(x->im, in[i].stage, stage))
            continue;
        for (size_t k = 0; k < in[i].npackage; k++)
            if (replaces(&in[i], &in[i].package[k], base))
                return true;
    }
    return false;
}

/* A bare upgrade of all packages, surely run; NULL: there is none. */
static const struct install *upgrade_of(const struct collector *x, unsigned stage)
{
    size_t n;
    const struct install *in = image_installs(x->im, &n);
    for (size_t i = 0; i < n; i++)
        if (install_upgrades_all(&in[i]) && !in[i].conditional && !in[i].root.n && !in[i].onbuild &&
            image_is_built_on(x->im, in[i].stage, stage))
            return &in[i];
    return NULL;
}

/* What the upgrade makes of it, if the index has something newer. */
static void upgrade(struct collector *x, const struct install *in, struct component *c)
{
    const struct package p = {.name = c->name, .kind = PACKAGE_NAME};
    const struct source *source;
    size_t nsource;
    const struct offer *o;
    struct str why = install_sources(x->im, x->arena, in, &source, &nsource);
    if (why.n || !collect_offer(x, in, &p, source, nsource, &o, &why))
        return;
    const struct manager *m = in->manager;
    if (version_valid(m, o->version) && version_valid(m, c->version) &&
        version_compare(m, o->version, c->version) > 0) {
        c->version = o->version;
        c->source = o->source;
        c->source_version = o->source_version;
    }
}

bool collect_base_facts(struct collector *x, const struct stage *s, struct base_facts *out,
                        struct str *why)
{
    *why = S("only the build knows which image that is");
    if (s->reference.certainty != VALUE_KNOWN)
        return false;
    enum answer answer = lookup_base(x->lookup, s->reference.text, s->archs, BASE_BY_LAYERS, out);
    x->pending |= answer == ANSWER_PENDING;
    *why = s->facts_failed.n ? s->facts_failed : S("what its layers hold is not known");
    if (answer != ANSWER_PENDING && out->why.n)
        *why = out->why;
    return answer == ANSWER_FOUND && out->installed_known;
}

static void collect_base(struct collector *x, unsigned stage)
{
    const struct stage *s = &x->im->stage[stage];
    struct str image = s->reference.text;
    struct str ecosystem = ecosystem_of_release(x->arena, &s->release);
    const struct install *all = upgrade_of(x, stage);
    struct base_facts facts;
    struct str why;
    if (s->base == BASE_SCRATCH)
        return;
    if (!collect_base_facts(x, s, &facts, &why)) {
        collect_gap(x, s->image, stage,
                    str_fmt(x->arena, "what " STR_FMT " holds",
                            STR_ARG(image.n ? image : S("the base image"))),
                    why);
        return;
    }
    uint32_t line = collect_line(x, s->image);
    for (size_t i = 0; i < facts.ninstalled; i++) {
        const struct installed *p = &facts.installed[i];
        struct inventory_item item = {.is = {.ecosystem = ecosystem,
                                             .name = p->name,
                                             .version = p->version,
                                             .source = p->source,
                                             .source_version = p->source_version,
                                             .arch = p->arch,
                                             .brought = BROUGHT_BY_BASE,
                                             .by = image,
                                             .line = line},
                                      .at = s->image,
                                      .stage = stage};
        if (is_settled(x, stage, p) || along_replaced(x, p->name))
            continue;
        if (all)
            upgrade(x, all, &item.is);
        vec_push(x->arena, &x->item, item);
    }
}

void inventory_of(struct arena *a, const struct image *im, const struct lookup *l,
                  struct str folder, struct inventory *out)
{
    struct collector x = {.arena = a, .im = im, .lookup = l, .folder = folder};
    size_t n;
    const struct install *in = image_installs(im, &n);
    for (size_t i = 0; i < n; i++)
        if ((in[i].verb == VERB_INSTALL || in[i].verb == VERB_UPGRADE) && !in[i].onbuild &&
            !in[i].root.n)
            collect_install(&x, &in[i]);
    collect_along(&x);
    for (unsigned i = 0; i < im->nstage; i++)
        if (im->stage[i].base != BASE_STAGE && inventory_in_image(im, i))
            collect_base(&x, i);
    collect_languages(&x);
    *out = (struct inventory){.v = x.item.v,
                              .n = x.item.n,
                              .gap = x.gap.v,
                              .ngap = x.gap.n,
                              .pending = x.pending || im->pending};
}
