/* pin-alive: `curl=7.88.1-10+deb12u5`, which the mirrors dropped, becomes what they have now. */
#include "dfix/fixer.h"

static const char doc[] =
    "A pin dies when the index drops its version: the build fails from that day on. This rule\n"
    "finds pins of apt and apk packages that no suite of the stage's release holds any more, and\n"
    "moves them to the nearest version that lives, in the pin's own style. With `--refresh`, pins\n"
    "that live but are behind the newest version are moved too; without it they are only told.\n"
    "\n"
    "Fires only where every package source of the stage is known, and the packages that the base\n"
    "image holds already: a pin that the base itself satisfies needs no index.\n"
    "\n"
    "Safety: safe where only the distribution's revision of the same upstream version moves up;\n"
    "unsafe otherwise.\n";

struct pinned {
    struct fix_ctx *c;
    const struct install *in;
    const struct stage *stage;
    const struct package *p;
    struct package_info info;
    enum manager manager;
};

static bool has(struct str s, const char *operator_)
{
    return str_eq(s, str_of(operator_));
}

static bool is_fuzzy(const struct pinned *k)
{
    if (k->manager == MANAGER_APT)
        return str_chr(k->p->version, '*') != STR_NONE;
    return str_chr(k->p->operator_, '~') != STR_NONE;
}

/* Does the version satisfy the pin? */
static bool matches(const struct pinned *k, struct str version)
{
    struct str op = k->p->operator_, want = k->p->version;

    if (k->manager == MANAGER_APT)
        return deb_matches(version, want);
    if (is_fuzzy(k))
        return apk_fuzzy(version, want);
    int order = apk_compare(version, want);
    if (has(op, ">"))
        return order > 0;
    if (has(op, ">="))
        return order >= 0;
    if (has(op, "<"))
        return order < 0;
    if (has(op, "<="))
        return order <= 0;
    return order == 0;
}

/* A pin that can be read and moved: `=` for apt; `=` and `~` forms for apk. */
static bool is_readable(const struct pinned *k)
{
    const struct package *p = k->p;
    bool apt = k->manager == MANAGER_APT;

    if (p->kind != PACKAGE_CONSTRAINED || !p->literal || p->shared || p->qualifier.n ||
        !p->version.n || p->field.value.certainty != VALUE_KNOWN || p->field.value.npiece != 1 ||
        !p->field.value.piece[0].literal)
        return false;
    if (apt)
        return has(p->operator_, "=");
    return (has(p->operator_, "=") || is_fuzzy(k)) && apk_valid(p->version);
}

/* The part of the version that upstream gave: without epoch's and packager's additions. */
static struct str upstream(const struct pinned *k, struct str version)
{
    if (k->manager == MANAGER_APT)
        return deb_valid(version) ? deb_split(version).upstream : version;
    ptrdiff_t r = str_find(version, S("-r"));
    return r == STR_NONE ? version : str_sub(version, 0, (size_t)r);
}

/* Does the base image itself satisfy the pin? -1: not known. */
static int base_has(const struct pinned *k)
{
    const struct base_facts *b = k->stage->facts;

    if (!b || !b->installed_known)
        return -1;
    for (size_t i = 0; i < b->ninstalled; i++)
        if (str_eq(b->installed[i].name, k->p->name) && matches(k, b->installed[i].version))
            return 1;
    return 0;
}

/* A whole pin: the lowest version above it with the same upstream part, else the newest. */
static struct str nearest(const struct pinned *k, bool *same_upstream)
{
    struct str best = k->info.offer[0].version;
    bool valid = version_valid(k->manager, k->p->version);

    *same_upstream = false;
    for (size_t i = k->info.noffer; valid && i > 0; i--) {
        struct str v = k->info.offer[i - 1].version;
        if (version_compare(k->manager, v, k->p->version) > 0 &&
            str_eq(upstream(k, v), upstream(k, k->p->version))) {
            *same_upstream = true;
            return v;
        }
    }
    return best;
}

/* The living pin, as it is written after the operator. */
static bool living(const struct pinned *k, struct str *out, bool *same_upstream, struct str *why)
{
    VEC(struct str) versions = {0};

    *same_upstream = false;
    if (!is_fuzzy(k)) {
        *out = nearest(k, same_upstream);
        return true;
    }
    for (size_t i = 0; i < k->info.noffer; i++)
        vec_push(k->c->arena, &versions, k->info.offer[i].version);
    return pin_compatible(k->c->arena, k->manager, versions.v[0], versions.v, versions.n,
                          PRECISION_MINOR, out, why);
}

static void move(const struct pinned *k, struct str to, enum safety safety, enum severity severity,
                 struct str title)
{
    const struct piece *piece = &k->p->field.value.piece[0];
    struct span s = {piece->span.end - (uint32_t)k->p->version.n, piece->span.end};
    struct fix *f = fix_begin(k->c, k->p->field.word, safety, STR_FMT, STR_ARG(title));

    fix_severity(f, severity);
    fix_point(f, s);
    fix_replace_at(f, piece->node, s, to);
}

static void dead(const struct pinned *k)
{
    struct arena *a = k->c->arena;
    const struct package *p = k->p;
    struct str to, why = S("");
    bool same;
    int base = base_has(k);

    if (base > 0)
        return;
    if (base < 0) {
        fix_skip(k->c, p->field.word,
                 STR_FMT STR_FMT STR_FMT " is in no suite of " STR_FMT " " STR_FMT
                                         " today (it has " STR_FMT
                                         "): the build fails unless the base image holds it",
                 STR_ARG(p->name), STR_ARG(p->operator_), STR_ARG(p->version),
                 STR_ARG(k->stage->release.distro), STR_ARG(k->stage->release.version),
                 STR_ARG(k->info.offer[0].version));
        return;
    }
    struct str title = str_fmt(a, "Move " STR_FMT " from " STR_FMT ", which the index dropped",
                               STR_ARG(p->name), STR_ARG(p->version));
    if (!living(k, &to, &same, &why)) {
        fix_hint(k->c, p->field.word, STR_FMT ": " STR_FMT, STR_ARG(title), STR_ARG(why));
        return;
    }
    title = str_fmt(a, STR_FMT ", to " STR_FMT, STR_ARG(title), STR_ARG(to));
    move(k, to, same ? SAFE : UNSAFE, SEVERITY_ERROR, title);
}

/* The pin lives, but what it picks is behind the newest. */
static void stale(const struct pinned *k, struct str picked)
{
    struct arena *a = k->c->arena;
    const struct offer *newest = &k->info.offer[0];
    struct str to, why = S("");
    bool same = false, security = false;

    for (size_t i = 0; i < k->info.noffer; i++)
        if (version_compare(k->manager, k->info.offer[i].version, picked) > 0)
            security |= k->info.offer[i].security;
    struct str text = str_fmt(a, STR_FMT " is pinned to " STR_FMT "; the index has " STR_FMT "%s",
                              STR_ARG(k->p->name), STR_ARG(picked), STR_ARG(newest->version),
                              security ? ", with security fixes" : "");
    if (!k->c->settings->refresh || !living(k, &to, &same, &why)) {
        fix_hint(k->c, k->p->field.word, STR_FMT ": --refresh moves it", STR_ARG(text));
        return;
    }
    if (!is_fuzzy(k))
        to = newest->version;
    same = str_eq(upstream(k, newest->version), upstream(k, picked));
    move(k, to, same ? SAFE : UNSAFE, SEVERITY_WARNING, text);
}

static void look(struct pinned *k)
{
    struct fix_ctx *c = k->c;

    if (!is_readable(k) || stage_touches(k->stage, c->arena, k->p->name) ||
        c->lookup->package(c->lookup->self, k->manager, &k->stage->release, k->stage->archs, NULL,
                           0, k->p->name, &k->info) != ANSWER_FOUND ||
        !k->info.noffer)
        return;
    for (size_t i = 0; i < k->info.noffer; i++) {
        struct str v = k->info.offer[i].version;
        if (!matches(k, v))
            continue;
        if (i > 0 && version_compare(k->manager, k->info.offer[0].version, v) > 0)
            stale(k, v);
        return;
    }
    dead(k);
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->ninstall; i++) {
        const struct install *in = &c->image->install[i];
        const struct stage *s = &c->image->stage[in->stage];
        if (in->verb != VERB_INSTALL || in->root.n || !s->release.distro.n || in->nrepository ||
            in->target_release.n || in->target_unknown || image_source_before(c->image, in))
            continue;
        for (size_t p = 0; p < in->npackage; p++)
            look(&(struct pinned){
                .c = c, .in = in, .stage = s, .p = &in->package[p], .manager = in->manager});
    }
}

const struct fixer fixer_pin_alive = {
    .id = "pin-alive",
    .aliases = "",
    .title = "Move pins that the index dropped to a version that lives",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
