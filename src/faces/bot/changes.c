/* changes.c - what a proposal changes, as people think of it: versions of packages, digests and
 * names of images. Read from the models of the file before and after, whichever rule did it. */
#include "faces/bot/bot.h"

#include "dfix/calls.h"
#include "dfix/image.h"
#include "dfix/pick.h"
#include "dfix/reference.h"

enum { FIXES_NAMED = 6 };

/* One side of a file. */
struct item {
    const struct install *install;
    const struct package *package;
    bool used;
};
struct side {
    const struct image *image;
    VEC(struct item) item;
    const struct image_place *place;
    size_t nplace;
};

static void read_side(struct side *s, struct arena *a, struct str text, const struct settings *set,
                      const struct lookup *l)
{
    struct result r = dfix_check(a, text, &(struct rules){NULL, 0}, set, l);
    size_t n = 0;

    *s = (struct side){.image = dfix_image(&r)};
    if (!s->image)
        return;
    const struct install *in = image_installs(s->image, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++) {
            const struct package *p = &in[i].package[k];
            if (p->kind == PACKAGE_NAME || p->kind == PACKAGE_CONSTRAINED)
                vec_push(a, &s->item, (struct item){&in[i], p, false});
        }
    s->nplace = image_places(s->image, a, &s->place);
}

static struct str constraint_of(struct arena *a, const struct package *p)
{
    if (p->kind != PACKAGE_CONSTRAINED)
        return S("");
    if (str_eq(p->operator_, S("=")))
        return p->version;
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(p->operator_), STR_ARG(p->version));
}

/* Same manager, name and version on both sides: nothing changed there. */
static struct item *match(struct side *s, const struct item *x, struct arena *a, bool same)
{
    for (size_t i = 0; i < s->item.n; i++) {
        struct item *y = &s->item.v[i];
        if (!y->used && y->install->manager == x->install->manager &&
            str_eq(y->package->name, x->package->name) &&
            (!same || str_eq(constraint_of(a, y->package), constraint_of(a, x->package))))
            return y;
    }
    return NULL;
}

/* ---- packages ---- */

/* What the index has for the call that installs it; NULL: that is not known. */
static const struct offer *offer_of(const struct side *s, struct arena *a, const struct lookup *l,
                                    const struct item *x, struct package_info *info)
{
    const struct install *in = x->install;
    const struct package *p = x->package;
    const struct stage *stage = &s->image->stage[in->stage];
    const struct source *source;
    size_t nsource;

    if (!manager_has_index(in->manager) || !stage->release.distro.n ||
        install_sources(s->image, a, in, &source, &nsource).n)
        return NULL;
    const struct question q = {.manager = in->manager,
                               .release = &stage->release,
                               .archs = stage->archs,
                               .source = source,
                               .nsource = nsource,
                               .name = p->name};
    if (lookup_package(l, q, info) != ANSWER_FOUND || !info->noffer)
        return NULL;
    bool known =
        p->kind == PACKAGE_CONSTRAINED && constraint_known(in->manager, p->operator_, p->version);
    struct pick pick =
        known ? pick_constrained(in->manager, info, stage->archs, p->operator_, p->version)
              : pick_of(in->manager, info, stage->archs, in->target_release);
    return pick.newest;
}

/* The version that the old constraint stands for at most, by which advisories are counted. */
static struct str version_before(const struct item *old, const struct offer *taken)
{
    struct str wanted = old->package->version;

    if (taken)
        return taken->version;
    return version_valid(old->install->manager, wanted) ? wanted : S("");
}

struct str advisories_between(struct arena *a, const struct advisory_list *list,
                              const struct between *of, size_t *n)
{
    struct buf b = {.arena = a};

    *n = 0;
    for (size_t i = 0; i < list->n; i++) {
        struct str fixed = list->v[i].fixed;
        if (!version_valid(of->manager, fixed) ||
            version_compare(of->manager, fixed, of->from) <= 0 ||
            version_compare(of->manager, fixed, of->to) > 0)
            continue;
        if ((*n)++ < of->named)
            buf_fmt(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(list->v[i].id));
    }
    if (*n > of->named)
        buf_fmt(&b, " and %zu more", *n - of->named);
    return buf_str(&b);
}

static void find_fixes(struct arena *a, const struct lookup *l, const struct stage *stage,
                       const struct item *new, const struct offer *to, struct str from,
                       struct bot_change *out)
{
    const struct manager *m = new->install->manager;
    struct advisory_list list;
    size_t n;

    if (!from.n || lookup_advisories(l, m, &stage->release, to->source, &list) != ANSWER_FOUND)
        return;
    const struct between of = {m, from, to->source_version, FIXES_NAMED};
    out->fixes = advisories_between(a, &list, &of, &n);
    out->security |= n > 0;
}

/* Is one of the versions above the old one, up to the new one, a security suite's? */
static bool brings_security(const struct manager *m, const struct package_info *info,
                            struct str from, struct str to)
{
    for (size_t i = 0; from.n && i < info->noffer; i++)
        if (info->offer[i].security && version_compare(m, info->offer[i].version, from) > 0 &&
            version_compare(m, info->offer[i].version, to) <= 0)
            return true;
    return false;
}

static void describe(const struct side *s, struct arena *a, const struct lookup *l,
                     const struct item *old, const struct item *new, struct bot_change *out)
{
    const struct manager *m = new->install->manager;
    const struct stage *stage = &s->image->stage[new->install->stage];
    struct package_info info = {0}, before = {0};
    const struct offer *to = offer_of(s, a, l, new, &info);

    if (!to)
        return;
    out->version = to->version;
    out->suite = to->suite;
    out->manager = m;
    out->component = to->component;
    out->source = to->source;
    out->made = to->made;
    while (out->arch < ARCH_MAX - 1 && !(to->archs >> out->arch & 1))
        out->arch++;
    if (!old || old->package->kind != PACKAGE_CONSTRAINED)
        return;
    const struct offer *taken = offer_of(s, a, l, old, &before);
    struct str from = version_before(old, taken);
    out->dead = !taken;
    out->security = brings_security(m, &info, from, to->version);
    find_fixes(a, l, stage, new, to, taken ? taken->source_version : from, out);
}

static void compare_packages(struct side *old, struct side *new, struct arena *a,
                             const struct lookup *l, struct bot_change *base,
                             void (*add)(void *to, const struct bot_change *x), void *to)
{
    for (size_t i = 0; i < new->item.n; i++) {
        struct item *was = match(old, &new->item.v[i], a, true);
        if (was)
            was->used = new->item.v[i].used = true;
    }
    for (size_t i = 0; i < new->item.n; i++) {
        struct item *now = &new->item.v[i];
        struct item *was = now->used ? NULL : match(old, now, a, false);
        struct bot_change x = *base;
        if (now->used)
            continue;
        if (was)
            was->used = true;
        x.name = now->package->name;
        x.from = was ? constraint_of(a, was->package) : S("");
        x.to = constraint_of(a, now->package);
        describe(new, a, l, was, now, &x);
        add(to, &x);
    }
}

/* ---- images ---- */

static struct str tagged(struct str image, struct str digest)
{
    return digest.n ? str_sub(image, 0, image.n - digest.n - 1) : image;
}

static void compare_image(struct str was, struct str now, struct bot_change *x)
{
    struct reference a, b;

    x->image = true;
    x->name = was;
    x->from = was;
    x->to = now;
    if (!reference_parse(was, &a) || !reference_parse(now, &b))
        return;
    struct str old = tagged(was, a.digest), new = tagged(now, b.digest);
    x->name = new;
    if (str_eq(old, new)) {
        x->from = a.digest;
        x->to = b.digest;
    }
}

static void compare_images(const struct side *old, const struct side *new, struct bot_change *base,
                           void (*add)(void *to, const struct bot_change *x), void *to)
{
    for (size_t i = 0; old->nplace == new->nplace &&i < new->nplace; i++) {
        struct str was = old->place[i].value.text, now = new->place[i].value.text;
        struct bot_change x = *base;
        if (str_eq(was, now))
            continue;
        compare_image(was, now, &x);
        add(to, &x);
    }
}

/* ---- all of them ---- */

struct found {
    struct arena *arena;
    VEC(struct bot_change) change;
};

/* A copy, each once: a package that is installed in two stages moves in both. */
static void keep(void *to, const struct bot_change *x)
{
    struct found *f = to;

    for (size_t i = 0; i < f->change.n; i++) {
        const struct bot_change *y = &f->change.v[i];
        if (y->file == x->file && str_eq(y->name, x->name) && str_eq(y->from, x->from) &&
            str_eq(y->to, x->to))
            return;
    }
    vec_push(f->arena, &f->change,
             (struct bot_change){.file = x->file,
                                 .name = str_dup(f->arena, x->name),
                                 .from = str_dup(f->arena, x->from),
                                 .to = str_dup(f->arena, x->to),
                                 .suite = str_dup(f->arena, x->suite),
                                 .fixes = str_dup(f->arena, x->fixes),
                                 .version = str_dup(f->arena, x->version),
                                 .image = x->image,
                                 .dead = x->dead,
                                 .manager = x->manager,
                                 .component = str_dup(f->arena, x->component),
                                 .source = str_dup(f->arena, x->source),
                                 .arch = x->arch,
                                 .made = x->made,
                                 .security = x->security});
}

/* The text that the last commit leaves of a file; false: none touches it. */
bool proposal_text(const struct proposal *p, size_t file, struct str *out)
{
    bool touched = false;

    for (size_t i = 0; i < p->nstep; i++)
        for (size_t k = 0; k < p->step[i].file.n; k++)
            if (p->step[i].file.v[k].file == file) {
                *out = p->step[i].file.v[k].text;
                touched = true;
            }
    return touched;
}

void changes_find(struct repo *r, struct proposal *p)
{
    const struct lookup *l = world_lookup(r->bot->workspace.world);
    struct found f = {.arena = r->arena};
    struct str none = S(""), text;

    for (size_t i = 0; i < r->plan.n; i++) {
        const struct bot_file *x = &r->plan.file[i];
        struct bot_change base = {.file = i,
                                  .name = none,
                                  .from = none,
                                  .to = none,
                                  .suite = none,
                                  .fixes = none,
                                  .version = none,
                                  .component = none,
                                  .source = none};
        struct side old, new;
        if (!proposal_text(p, i, &text))
            continue;
        struct arena *scratch = arena_open();
        read_side(&old, scratch, x->text, x->settings, l);
        read_side(&new, scratch, text, x->settings, l);
        if (old.image && new.image) {
            compare_images(&old, &new, &base, keep, &f);
            compare_packages(&old, &new, scratch, l, &base, keep, &f);
        }
        arena_close(scratch);
    }
    p->change = f.change.v;
    p->nchange = f.change.n;
    for (size_t i = 0; i < p->nchange; i++)
        p->security |= p->change[i].security;
}
