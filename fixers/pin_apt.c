/* pin-apt: `apt-get install curl` becomes `apt-get install "curl=7.88.*"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "Pins each package of `apt-get install` (and `apt`, `aptitude`) to the version in the\n"
    "signed index of the stage's Debian or Ubuntu release, so that two builds of\n"
    "one Dockerfile install the same thing.\n\n"
    "The pin is a pattern that survives security updates: the upstream version without its\n"
    "last component (`curl=7.88.*`), but at least two components (`jq=1.6-*`). It matches every\n"
    "version that the release's suites offer today, on every architecture that the stage may be\n"
    "built for; where they differ it is shortened. A package whose first two components\n"
    "change (or are known to, as those of tzdata) is not pinned.\n\n"
    "Silent on packages that have a version, and on `--only-upgrade` after an `update` in the "
    "same\n"
    "`RUN`, which is there to get security fixes.\n\n"
    "Not changed, with the reason: packages that name a suite, names known only\n"
    "at build time, tasks, patterns, local files; packages that are not in the index;\n"
    "stages whose release is unknown, or whose base tag moves from one release to the\n"
    "next; stages with unknown package sources; packages from suites that move to\n"
    "new upstream versions (sid, testing, Ubuntu's devel), which only `exact` pins; packages that\n"
    "an earlier command of the stage may have installed from another suite in a newer version.\n\n"
    "Safety: safe. The pinned version is the one that the build installs today.\n";

static const struct option_doc options[] = {
    {"style", "compatible", "compatible|exact",
     "`compatible`: a pattern that survives updates; `exact`: the whole version"},
    {"precision", "minor", "major|minor|upstream",
     "`major`: the first two components; `minor`: all but the last, two at least; `upstream`: all"},
    {"pin", "version", "version|snapshot",
     "`snapshot`: whole versions, from the dated archive that pin-snapshot ties the stage to"},
    {NULL, NULL, NULL, NULL},
};

/* Whole versions live where the stage can be tied to an archive that keeps them. */
static bool is_tied(struct fix_ctx *c, const struct install *in)
{
    const struct install *first = image_first_install(c->image, &manager_apt, in->stage);
    int64_t date;
    struct str why;

    return fix_option_is(c, "pin", "snapshot") && first &&
           !install_untieable(c->image, c->arena, first).n &&
           snapshot_date(c, &c->image->stage[first->stage], &date, &why) && !why.n;
}

static struct pin_style style_of(struct fix_ctx *c, const struct install *in)
{
    struct pin_style style = {fix_option_is(c, "style", "exact") || is_tied(c, in),
                              PRECISION_MINOR};

    if (fix_option_is(c, "precision", "major"))
        style.precision = PRECISION_MAJOR;
    else if (fix_option_is(c, "precision", "upstream"))
        style.precision = PRECISION_UPSTREAM;
    return style;
}

/* What the base image holds already, when that is newer than the pin lets in: apt would have to
 * go back, and refuses. "": no such thing is known. */
static struct str newer_in_base(const struct pin_call *k, struct str package, struct str wanted)
{
    const struct installed *held = NULL;

    while ((held = base_installed(k->stage->facts, package, held)))
        if (deb_valid(held->version) && deb_compare(held->version, wanted) > 0)
            return held->version;
    return S("");
}

/* apt takes `minisat+` for a name where there is such a package, else for `minisat` with a plus. */
static enum answer is_name(const struct pin_call *k, const struct package *p)
{
    const struct question q = {.manager = &manager_apt,
                               .release = &k->stage->release,
                               .archs = k->stage->archs,
                               .source = k->source,
                               .nsource = k->nsource,
                               .name = p->name};
    struct package_info info;

    return lookup_package(k->c->lookup, q, &info);
}

static void pin(struct pin_call *k, const struct package *p, struct pin_style style)
{
    struct fix_ctx *c = k->c;
    struct package_info info;
    struct package whole = *p;
    struct pick x;
    struct str text;
    arch_set archs;

    if (p->kind == PACKAGE_ADDED) {
        enum answer known = is_name(k, p);
        if (known == ANSWER_PENDING)
            return;
        if (known == ANSWER_FOUND)
            whole.kind = PACKAGE_NAME;
        p = &whole;
    }
    const char *fixed = package_fixed(p);
    if (p->kind == PACKAGE_CONSTRAINED && str_eq(p->operator_, S("=")))
        return; /* it is what the rule asks for */

    if (fixed) {
        pin_call_skip(k, p, fixed);
        return;
    }
    if (!pin_call_ask(k, p, &archs, &info) || !pin_call_pin(k, p, archs, &info, style, &x, &text))
        return;
    struct str have = newer_in_base(k, p->name, x.newest->version);
    if (have.n && !deb_matches(have, str_from(text, 1))) {
        fix_skip_package(c, p,
                         STR_FMT ": the base image has " STR_FMT ", newer than " STR_FMT
                                 " in the index, and apt does not downgrade",
                         STR_ARG(p->name), STR_ARG(have), STR_ARG(x.newest->version));
        return;
    }
    pin_call_write(k, p, text, str_from(text, 1));
}

/* A reason that holds for every package of the call. */
static struct str open_call(struct pin_call *k, struct fix_ctx *c, const struct install *in,
                            bool exact)
{
    struct str why = exact ? S("") : stage_rolls(c, in->stage);

    if (!why.n)
        why = pin_call_open(k, c, in);
    if (why.n)
        return why;
    if (install_is_dated(c->image, c->arena, in))
        return S("its sources point to a dated archive, whose versions do not change");
    if (str_eq(in->program, S("aptitude")) && !exact)
        return S("aptitude accepts no version patterns; use apt-get");
    return S("");
}

/* `--only-upgrade NAME` behind an `update` of the same RUN: what has a fix is to be newer. */
static bool is_floor(const struct image *im, const struct install *in)
{
    return install_option(in, S("only-upgrade")) && install_updated_together(im, in);
}

static void run(struct fix_ctx *c)
{
    size_t ninstall;
    const struct install *install = image_installs(c->image, &ninstall);

    pin_calls_without_from(c, &manager_apt);
    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        struct pin_call k;
        if (in->manager != &manager_apt || in->verb != VERB_INSTALL || !in->npackage ||
            is_floor(c->image, in))
            continue;
        struct pin_style style = style_of(c, in);
        struct str why = open_call(&k, c, in, style.exact);
        if (why.n) {
            struct fix *f = fix_skip(c, in->command, STR_FMT, STR_ARG(why));
            if (install_is_open(in))
                fix_found(f);
            continue;
        }
        for (size_t p = 0; p < in->npackage; p++)
            pin(&k, &in->package[p], style);
    }
}

const struct fixer fixer_pin_apt = {
    .id = "pin-apt",
    .aliases = "DL3008",
    .title = "Pin apt packages to the version in the index",
    .why = "Without a version, two builds of one Dockerfile may install different packages.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
