/* pin-apk: `apk add curl` becomes `apk add "curl=~8.14"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "Pins each package of `apk add` to the version in the signed index of the stage's Alpine\n"
    "release, so that two builds of one Dockerfile install the same thing.\n\n"
    "The pin is fuzzy and survives rebuilds and patch releases: `curl=~8.14` matches any 8.14. It\n"
    "keeps at least two components, and is valid on every architecture that the stage may be "
    "built\n"
    "for.\n\n"
    "A package of a tagged repository (`curl@edge`) is pinned to that repository's version.\n\n"
    "Not changed, with the reason: names known only at\n"
    "build time, local files, `cmd:` and `so:` names; packages that are not in the index, or have "
    "an\n"
    "invalid version there; packages that the base image has in another version, which apk would\n"
    "keep; packages that get new upstream versions within a release (`tzdata`);\n"
    "stages whose release is unknown, or whose base tag moves from one release to the next;\n"
    "stages with unknown repositories; packages from edge, which only `exact` pins;\n"
    "packages that an earlier command may have installed from another repository in a newer "
    "version.\n\n"
    "Safety: safe. The pinned version is the one that the build installs today.\n";

static const struct option_doc options[] = {
    {"style", "compatible", "compatible|exact",
     "`compatible`: `=~` and the beginning of the version; `exact`: `=` and the whole version"},
    {"precision", "minor", "major|minor|patch",
     "`major`: the first two components; `minor`: all but the last, two at least; `patch`: all"},
    {NULL, NULL, NULL, NULL},
};

static struct pin_style style_of(const struct fix_ctx *c)
{
    struct pin_style style = {fix_option_is(c, "style", "exact"), PRECISION_MINOR};

    if (fix_option_is(c, "precision", "major"))
        style.precision = PRECISION_MAJOR;
    else if (fix_option_is(c, "precision", "patch"))
        style.precision = PRECISION_PATCH;
    return style;
}

/* `pkg@edge`: a name and the tag of a repository, no version. */
static bool is_tagged(const struct package *p)
{
    if (p->kind != PACKAGE_CONSTRAINED || !str_eq(p->operator_, S("@")) || !p->version.n)
        return false;
    for (size_t i = 0; i < p->version.n; i++)
        if (str_chr(S("=<>~@"), p->version.p[i]) != STR_NONE)
            return false;
    return true;
}

/* apk prefers the repositories of the tag to all others, whatever they have: they alone count. */
static bool keep_tagged(struct pin_call *k, struct str tag)
{
    VEC(struct source) v = {0};

    for (size_t i = 0; i < k->nsource; i++)
        if (str_eq(k->source[i].tag, tag)) {
            vec_push(k->c->arena, &v, k->source[i]);
            v.v[v.n - 1].replaces = true;
        }
    k->source = v.v;
    k->nsource = v.n;
    return v.n > 0;
}

/* The tagged repositories were asked, and have no such package. */
static bool tag_lacks(const struct pin_call *k, const struct package *p)
{
    const struct question q = {.manager = &manager_apk,
                               .release = &k->stage->release,
                               .archs = k->stage->archs,
                               .source = k->source,
                               .nsource = k->nsource,
                               .name = p->name};
    struct package_info info;

    return lookup_package(k->c->lookup, q, &info) == ANSWER_ABSENT;
}

/* The version of the package that the base image holds already; "" none is known. */
static struct str base_version(const struct pin_call *k, struct str name)
{
    const struct installed *held = base_installed(k->stage->facts, name, NULL);

    return held ? held->version : S("");
}

/* apk leaves what is installed as it is, unless a constraint wants it otherwise. */
static bool moves_installed(const struct pin_call *k, const struct package *p, struct str pin)
{
    struct str have = base_version(k, p->name);
    size_t op = str_starts(pin, S("=~")) ? 2 : 1;

    return have.n && !install_option(k->install, S("upgrade")) &&
           !install_option(k->install, S("latest")) &&
           !constraint_holds(&manager_apk, str_sub(pin, 0, op), str_from(pin, op), have);
}

/* Why the package takes no version here; NULL: it does. */
static const char *fixed_of(struct pin_call *k, const struct package *p)
{
    struct package plain = *p;

    if (is_tagged(p)) {
        plain.kind = PACKAGE_NAME;
        if (!keep_tagged(k, p->version))
            return "comes from an unknown tagged repository";
        if (tag_lacks(k, p))
            return "is not in any repository with its tag";
    }
    return package_fixed(&plain);
}

/* It is what the rule asks for. */
static bool has_version(const struct package *p)
{
    return p->kind == PACKAGE_CONSTRAINED &&
           constraint_known(&manager_apk, p->operator_, p->version);
}

static void pin(struct pin_call *call, const struct package *p)
{
    struct fix_ctx *c = call->c;
    struct pin_call k = *call;
    struct package_info info;
    struct pick x;
    struct str text;
    arch_set archs;
    const char *fixed = p->kind == PACKAGE_PROVIDES ? NULL : fixed_of(&k, p);

    if (fixed) {
        if (!has_version(p))
            pin_call_skip(&k, p, fixed);
        return;
    }
    bool known = pin_call_ask(&k, p, &archs, &info); /* says who provides a name without version */
    bool pinned = known && p->kind != PACKAGE_PROVIDES &&
                  pin_call_pin(&k, p, archs, &info, style_of(c), &x, &text);
    call->told = k.told;
    if (!pinned)
        return;
    if (moves_installed(&k, p, text)) {
        fix_skip_package(c, p,
                         STR_FMT ": the base image has " STR_FMT ", which apk keeps; " STR_FMT
                                 " would change it",
                         STR_ARG(p->name), STR_ARG(base_version(&k, p->name)), STR_ARG(text));
        return;
    }
    pin_call_write(&k, p, text, text);
}

static void run(struct fix_ctx *c)
{
    size_t ninstall;
    const struct install *install = image_installs(c->image, &ninstall);

    pin_calls_without_from(c, &manager_apk);
    for (size_t i = 0; i < ninstall; i++) {
        const struct install *in = &install[i];
        struct pin_call k;
        if (in->manager != &manager_apk || in->verb != VERB_INSTALL || !in->npackage)
            continue;
        struct str why = style_of(c).exact ? S("") : stage_rolls(c, in->stage);
        if (!why.n)
            why = pin_call_open(&k, c, in);
        if (why.n) {
            struct fix *f = fix_skip(c, in->command, STR_FMT, STR_ARG(why));
            if (install_is_open(in))
                fix_found(f);
            continue;
        }
        for (size_t p = 0; p < in->npackage; p++)
            pin(&k, &in->package[p]);
    }
}

const struct fixer fixer_pin_apk = {
    .id = "pin-apk",
    .aliases = "DL3018",
    .title = "Pin apk packages to the version in the index",
    .why = "Without a version, two builds of one Dockerfile may install different packages.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
