/* pin-alive: `curl=7.88.1-10+deb12u5`, which the mirrors dropped, becomes what
 * they have now. */
#include "dfix/fixer.h"

static const char doc[] =
    "A build fails from the day on which the package index drops a pinned "
    "version. This rule "
    "finds\n"
    "pins of apt and apk packages whose version is no longer in any index that "
    "the build uses, "
    "and\n"
    "updates them in the pin's own style: a whole version stays a whole "
    "version, and a pattern or "
    "a\n"
    "prefix keeps its number of components. A pin that still exists but is "
    "behind what the build "
    "would\n"
    "install without it is reported, with the security fixes in between; "
    "`--refresh` updates "
    "it.\n\n"
    "The new version is the one that would be installed without a pin, so that "
    "its dependencies "
    "fit.\n"
    "A version in an ARG, ENV or shell variable is changed there if nothing "
    "else uses the "
    "variable.\n\n"
    "Reports only where dfix knows every package source of the stage, and "
    "whether the base image\n"
    "already has the package, from its registry or (for the distributions' own "
    "images) from a "
    "table: a\n"
    "pin that the base image satisfies needs no index.\n\n"
    "Safety: safe where a pin moves up within one upstream version, to what "
    "the build would\n"
    "install without it; unsafe otherwise.\n";

/* One pin, and what it is judged by. */
struct pinned {
    struct fix_ctx *c;
    const struct package *p;
    const struct manager *manager;
    struct package_info info;
    struct pick taken; /* what the pin lets in */
    struct pick free;  /* what would be installed without it */
};

static struct str written(const struct pinned *x)
{
    return pin_text(x->c->arena, x->p);
}

/* `aside` follows the old version, `tail` the new. */
static void move(struct pinned *x, enum severity severity, const char *aside, struct str tail)
{
    const struct pin_move m = {.c = x->c,
                               .p = x->p,
                               .manager = x->manager,
                               .info = &x->info,
                               .free = &x->free,
                               .severity = severity,
                               .aside = aside,
                               .tail = tail};
    fix_move_pin(&m);
}

/* A finding with nothing to apply. */
static void tell(const struct pinned *x, enum severity severity, struct str text)
{
    fix_severity(fix_begin(x->c, x->p->field.word, HINT, STR_FMT, STR_ARG(text)), severity);
}

/* A bound that somebody chose: only they can move it. */
static bool is_range(const struct pinned *x)
{
    return x->p->operator_.p[0] == '<' || x->p->operator_.p[0] == '>';
}

/* ---- dead ---- */

/* What the base image holds already satisfies the pin. -1: not known. */
static int base_has(const struct pinned *x, const struct stage *s)
{
    const struct installed *held = NULL;

    if (!stage_may_hold(s, x->p->name))
        return 0;
    if (!s->facts || !s->facts->installed_known)
        return -1;
    while ((held = base_installed(s->facts, x->p->name, held)))
        if (constraint_holds(x->manager, x->p->operator_, x->p->version, held->version))
            return 1;
    return 0;
}

static void dead(struct pinned *x, const struct stage *s)
{
    int base = base_has(x, s);

    if (base > 0)
        return;
    if (base < 0)
        fix_skip_package(x->c, x->p,
                         STR_FMT " is in no suite of " STR_FMT " " STR_FMT
                                 " today (newest: " STR_FMT
                                 "); the build fails unless the base image has it",
                         STR_ARG(written(x)), STR_ARG(s->release.distro),
                         STR_ARG(s->release.version), STR_ARG(x->free.newest->version));
    else if (is_range(x))
        tell(x, SEVERITY_ERROR,
             str_fmt(x->c->arena, "Nothing in the index satisfies " STR_FMT "; it has " STR_FMT,
                     STR_ARG(written(x)), STR_ARG(x->free.newest->version)));
    else
        move(x, SEVERITY_ERROR, ", which is no longer in the index,", S(""));
}

/* It lives, but not wherever the package does. */
static void dead_somewhere(const struct pinned *x)
{
    unsigned bit = 0;

    while (!x->free.on[bit] || x->taken.on[bit])
        bit++;
    tell(x, SEVERITY_WARNING,
         str_fmt(x->c->arena,
                 STR_FMT " does not exist for " STR_FMT ", which has " STR_FMT
                         "; builds for that architecture fail",
                 STR_ARG(written(x)), STR_ARG(arch_name(bit)), STR_ARG(x->free.on[bit]->version)));
}

/* ---- behind ---- */

/* Is `version` one that a build misses: above what the pin takes, not above
 * what is free? */
static bool is_between(const struct pinned *x, struct str version, struct str low, struct str high)
{
    return version_valid(x->manager, version) && version_compare(x->manager, version, low) > 0 &&
           version_compare(x->manager, version, high) <= 0;
}

/* "", ", with security fixes", or those by name. False: not known yet. */
static bool fixes_between(const struct pinned *x, const struct stage *s, const struct offer *low,
                          const struct offer *high, struct str *out)
{
    struct buf b = {.arena = x->c->arena};
    struct advisory_list list;
    size_t named = 0;
    bool security = false;

    for (size_t i = 0; i < x->info.noffer; i++)
        security |= x->info.offer[i].security &&
                    is_between(x, x->info.offer[i].version, low->version, high->version);
    enum answer known =
        lookup_advisories(x->c->lookup, x->manager, &s->release, low->source, &list);
    for (size_t i = 0; known == ANSWER_FOUND && i < list.n; i++) {
        if (!is_between(x, list.v[i].fixed, low->source_version, high->source_version))
            continue;
        if (named++ < 3)
            buf_fmt(&b, "%s" STR_FMT, b.n ? ", " : "", STR_ARG(list.v[i].id));
    }
    if (named > 3)
        buf_fmt(&b, " and %zu more", named - 3);
    *out = named      ? str_fmt(x->c->arena, ", with fixes of " STR_FMT, STR_ARG(buf_str(&b)))
           : security ? S(", with security fixes")
                      : S("");
    return known != ANSWER_PENDING;
}

static void behind(struct pinned *x, const struct stage *s, unsigned bit)
{
    const struct offer *low = x->taken.on[bit], *high = x->free.on[bit];
    struct str fixes;

    if (!fixes_between(x, s, low, high, &fixes))
        return;
    enum severity severity = fixes.n ? SEVERITY_WARNING : SEVERITY_INFO;
    if (x->c->settings->refresh && !is_range(x))
        move(x, severity, "",
             str_fmt(x->c->arena, " of " STR_FMT STR_FMT, STR_ARG(high->suite), STR_ARG(fixes)));
    else
        tell(x, severity,
             str_fmt(x->c->arena, STR_FMT " is behind " STR_FMT " of " STR_FMT STR_FMT "%s",
                     STR_ARG(written(x)), STR_ARG(high->version), STR_ARG(high->suite),
                     STR_ARG(fixes), is_range(x) ? "" : "; update it with --refresh"));
}

/* ---- all of them ---- */

static void look(struct pin_call *k, const struct package *p)
{
    struct pinned x = {.c = k->c, .p = p, .manager = k->install->manager};
    arch_set archs;

    if (constraint_exact(x.manager, p->operator_, p->version) && base_has(&x, k->stage) > 0)
        return; /* nothing is installed: it needs no index */
    if (!pin_call_ask(k, p, &archs, &x.info))
        return;
    x.free = pick_of(x.manager, &x.info, archs, k->target);
    x.taken = pick_constrained(x.manager, &x.info, archs, p->operator_, p->version);
    if (!x.taken.newest) {
        dead(&x, k->stage);
        return;
    }
    if (x.taken.archs != x.free.archs) {
        dead_somewhere(&x);
        return;
    }
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (x.free.on[bit] &&
            version_compare(x.manager, x.taken.on[bit]->version, x.free.on[bit]->version) < 0) {
            behind(&x, k->stage, bit);
            return;
        }
}

static bool is_pin(const struct install *in, const struct package *p)
{
    return p->kind == PACKAGE_CONSTRAINED && p->field.value.certainty == VALUE_KNOWN &&
           constraint_known(in->manager, p->operator_, p->version);
}

/* A manager refuses a constraint whose version it cannot read. */
static void look_unreadable(struct fix_ctx *c, const struct install *in, const struct package *p)
{
    const struct manager *m = in->manager;

    if (p->kind != PACKAGE_CONSTRAINED || !p->version.n ||
        p->field.value.certainty != VALUE_KNOWN || constraint_known(m, p->operator_, p->version) ||
        !constraint_known(m, p->operator_, S("1")))
        return;
    fix_help(fix_hint(c, p->field.word, STR_FMT " is not a valid %s version, so the build fails",
                      STR_ARG(p->version), m->name),
             "use %s with the first part of the version", m->open_operator);
}

static void run(struct fix_ctx *c)
{
    size_t ninstall;
    const struct install *install = image_installs(c->image, &ninstall);

    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        struct pin_call k;
        size_t p = 0;
        if (in->verb != VERB_INSTALL)
            continue;
        for (size_t q = 0; q < in->npackage; q++)
            look_unreadable(c, in, &in->package[q]);
        while (p < in->npackage && !is_pin(in, &in->package[p]))
            p++;
        if (p == in->npackage || install_is_dated(c->image, c->arena, in))
            continue; /* nothing is ever dropped from a dated archive */
        struct str why = pin_call_open(&k, c, in);
        if (why.n) {
            fix_skip(c, in->command,
                     "cannot tell whether these pinned versions still exist: " STR_FMT,
                     STR_ARG(why));
            continue;
        }
        for (; p < in->npackage; p++)
            if (is_pin(in, &in->package[p]))
                look(&k, &in->package[p]);
    }
}

const struct fixer fixer_pin_alive = {
    .id = "pin-alive",
    .aliases = "",
    .title = "Update pins whose version is no longer in the package index",
    .why = "A build fails from the day on which the index drops a pinned version.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_ERROR,
    .run = run,
};
