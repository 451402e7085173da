/* pin-apk: `apk add curl` becomes `apk add "curl=~8.14"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "Pins each package of `apk add` to the version that the signed index of the stage's Alpine\n"
    "release holds now, so that two builds of one Dockerfile install the same thing.\n"
    "\n"
    "The pin is fuzzy and outlives rebuilds and patch releases: `curl=~8.14` takes any 8.14. It\n"
    "holds on every architecture that the stage may be built for.\n"
    "\n"
    "Left alone, with the reason: packages that have a constraint already, names known only at\n"
    "build time, local files, `cmd:` and `so:` names; packages that the index does not have; "
    "stages\n"
    "whose release is not known, or whose base tag floats from one release to the next; stages "
    "with\n"
    "repositories that are not known.\n"
    "\n"
    "Safety: safe. The pinned version is the one that the build installs today.\n";

static const struct option_doc options[] = {
    {"style", "compatible", "compatible|exact",
     "`compatible`: `=~` and the beginning of the version; `exact`: `=` and the whole version"},
    {"precision", "minor", "major|minor|patch", "how much of the version a compatible pin keeps"},
    {NULL, NULL, NULL, NULL},
};

struct call {
    struct fix_ctx *c;
    const struct install *install;
    const struct stage *stage;
    struct source *extra;
    bool told; /* a reason that holds for all packages of the call was said */
};

static enum precision precision_of(const struct fix_ctx *c)
{
    if (fix_option_is(c, "precision", "major"))
        return PRECISION_MAJOR;
    return fix_option_is(c, "precision", "patch") ? PRECISION_PATCH : PRECISION_MINOR;
}

/* The newest version on one architecture; offers come newest first. */
static const struct offer *newest(const struct package_info *info, arch_set arch)
{
    for (size_t i = 0; i < info->noffer; i++)
        if (info->offer[i].archs & arch)
            return &info->offer[i];
    return NULL;
}

/* The constraint to write, or why there is none. */
static bool pin_of(const struct call *k, const struct package_info *info, struct str *pin,
                   struct str *why)
{
    struct arena *a = k->c->arena;
    VEC(struct str) candidates = {0};
    bool same = true;

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        arch_set arch = k->stage->archs & 1u << bit;
        const struct offer *o = arch ? newest(info, arch) : NULL;
        if (!o)
            continue;
        vec_push(a, &candidates, o->version);
        same &= str_eq(o->version, candidates.v[0]);
    }
    *why = S("no architecture of the stage has it");
    if (!candidates.n)
        return false;
    if (fix_option_is(k->c, "style", "exact")) {
        *why = S("its version is not the same on all architectures");
        *pin = str_fmt(a, "=" STR_FMT, STR_ARG(candidates.v[0]));
        return same;
    }
    struct str best = candidates.v[0], prefix;
    for (size_t i = 1; i < candidates.n; i++)
        if (apk_compare(candidates.v[i], best) > 0)
            best = candidates.v[i];
    if (!pin_compatible(a, MANAGER_APK, best, candidates.v, candidates.n, precision_of(k->c),
                        &prefix, why))
        return false;
    *pin = str_fmt(a, "=~" STR_FMT, STR_ARG(prefix));
    return true;
}

static void skip_absent(const struct call *k, const struct package *p,
                        const struct package_info *info)
{
    if (info->nprovider)
        fix_skip(k->c, p->field.word, STR_FMT ": provided by " STR_FMT ", which can be pinned",
                 STR_ARG(p->name), STR_ARG(info->provider[0]));
    else
        fix_skip(k->c, p->field.word, STR_FMT " is not in the index of alpine " STR_FMT,
                 STR_ARG(p->name), STR_ARG(k->stage->release.version));
}

static void pin(struct call *k, const struct package *p)
{
    struct fix_ctx *c = k->c;
    const struct install *in = k->install;
    struct package_info info;
    struct str text, why;
    const char *fixed = package_fixed(p);

    if (fixed) {
        fix_skip(c, p->field.word, STR_FMT " %s",
                 STR_ARG(p->name.n ? p->name : node_text(c->tree, p->field.word)), fixed);
        return;
    }
    if (stage_touches(k->stage, c->arena, p->name)) {
        fix_skip(c, p->field.word,
                 STR_FMT ": the base image may bring sources of its own that have it",
                 STR_ARG(p->name));
        return;
    }
    switch (c->lookup->package(c->lookup->self, MANAGER_APK, &k->stage->release, k->stage->archs,
                               k->extra, in->nrepository, p->name, &info)) {
    case ANSWER_FOUND:
        break;
    case ANSWER_ABSENT:
        skip_absent(k, p, &info);
        return;
    case ANSWER_UNAVAILABLE:
        if (!k->told)
            fix_skip(c, in->command, STR_FMT, STR_ARG(info.why));
        k->told = true;
        return;
    case ANSWER_PENDING:
        return;
    }
    if (!info.noffer) {
        skip_absent(k, p, &info);
        return;
    }
    if (!pin_of(k, &info, &text, &why)) {
        fix_skip(c, p->field.word, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(why));
        return;
    }
    struct fix *f = fix_begin(c, p->field.word, SAFE, "Pin " STR_FMT " to " STR_FMT,
                              STR_ARG(p->name), STR_ARG(text));
    fix_point(f, p->span);
    fix_insert_at(f, p->node, p->span.end, text);
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->ninstall; i++) {
        const struct install *in = &c->image->install[i];
        if (in->manager != MANAGER_APK || in->verb != VERB_INSTALL || !in->npackage)
            continue;
        struct call k = {.c = c, .install = in, .stage = &c->image->stage[in->stage]};
        struct str why = install_unpinnable(c->image, c->arena, in);
        if (!why.n)
            why = install_other_source(c->image, c->arena, in);
        if (why.n) {
            fix_skip(c, in->command, STR_FMT, STR_ARG(why));
            continue;
        }
        k.extra = arena_new(c->arena, struct source, in->nrepository);
        for (size_t r = 0; r < in->nrepository; r++)
            k.extra[r] = (struct source){.uri = in->repository[r],
                                         .suite = S(""),
                                         .components = S(""),
                                         .signed_by = S(""),
                                         .tag = S("")};
        for (size_t p = 0; p < in->npackage; p++)
            pin(&k, &in->package[p]);
    }
}

const struct fixer fixer_pin_apk = {
    .id = "pin-apk",
    .aliases = "DL3018",
    .title = "Pin apk packages to the version in the index",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
