/* pin-apt: `apt-get install curl` becomes `apt-get install "curl=7.88.*"`. */
#include "dfix/fixer.h"

static const char doc[] =
    "Pins each package of `apt-get install` (and `apt`, `aptitude`) to the version that the\n"
    "signed index of the stage's Debian or Ubuntu release holds now, so that two builds of\n"
    "one Dockerfile install the same thing.\n"
    "\n"
    "The pin is a pattern that outlives security updates: the upstream version without its\n"
    "last component (`curl=7.88.*`). It holds for every version that the release's suites\n"
    "offer today, on every architecture that the stage may be built for; where they\n"
    "disagree it is shortened, and a package that jumps within its release is left alone.\n"
    "\n"
    "Left alone, with the reason: packages that have a constraint already, names known only\n"
    "at build time, tasks, patterns, local files; packages that the index does not have;\n"
    "stages whose release is not known, or whose base tag floats from one release to the\n"
    "next; stages with package sources that are not known.\n"
    "\n"
    "Safety: safe. The pinned version is the one that the build installs today.\n";

static const struct option_doc options[] = {
    {"style", "compatible", "compatible|exact",
     "`compatible`: a pattern that survives updates; `exact`: the whole version"},
    {"precision", "minor", "major|minor|upstream",
     "how much of the upstream version a compatible pin keeps"},
    {NULL, NULL, NULL, NULL},
};

/* The packages of one call, and what they have in common. */
struct call {
    struct fix_ctx *c;
    const struct install *install;
    const struct stage *stage;
    struct source extra;
    size_t nextra;
    bool told; /* a reason that holds for all of them was said */
};

static bool is_backports(struct str suite)
{
    return str_find(suite, S("-backports")) != STR_NONE;
}

/* What apt installs on one architecture: the newest, or with -t the newest of that suite. */
static const struct offer *candidate(const struct call *k, const struct package_info *info,
                                     arch_set arch)
{
    const struct offer *newest = NULL;

    for (size_t i = 0; i < info->noffer; i++) {
        const struct offer *o = &info->offer[i];
        if (!(o->archs & arch))
            continue;
        if (k->install->target_release.n && str_eq(o->suite, k->install->target_release))
            return o;
        if (!newest && !is_backports(o->suite))
            newest = o;
    }
    return newest;
}

/* Would apt, given the pattern, pick the candidate on this architecture? It takes the
 * highest version that matches, from any suite. */
static bool picks(const struct package_info *info, arch_set arch, struct str pattern,
                  const struct offer *want)
{
    for (size_t i = 0; i < info->noffer; i++)
        if ((info->offer[i].archs & arch) && deb_matches(info->offer[i].version, pattern))
            return str_eq(info->offer[i].version, want->version);
    return false;
}

static enum precision precision_of(const struct fix_ctx *c)
{
    if (fix_option_is(c, "precision", "major"))
        return PRECISION_MAJOR;
    return fix_option_is(c, "precision", "upstream") ? PRECISION_UPSTREAM : PRECISION_MINOR;
}

/* The candidate of every architecture that has the package. */
struct choice {
    const struct offer *offer[ARCH_MAX];
    const struct offer *newest;
    bool same;
};

static struct choice choose(const struct call *k, const struct package_info *info, arch_set archs)
{
    struct choice x = {.same = true};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *o = (archs >> bit & 1) ? candidate(k, info, 1u << bit) : NULL;
        x.offer[bit] = o;
        if (!o)
            continue;
        if (x.newest && !str_eq(x.newest->version, o->version))
            x.same = false;
        if (!x.newest || deb_compare(o->version, x.newest->version) > 0)
            x.newest = o;
    }
    return x;
}

/* The pin that holds for all architectures, or why there is none. */
static bool pin_of(const struct call *k, const struct package_info *info, arch_set archs,
                   struct str *pin, struct str *why)
{
    struct arena *a = k->c->arena;
    struct choice x = choose(k, info, archs);
    VEC(struct str) versions = {0};

    *why = S("no suite that apt would take it from has it");
    if (!x.newest)
        return false;
    if (fix_option_is(k->c, "style", "exact")) {
        *why = S("its version is not the same on all architectures");
        *pin = x.newest->version;
        return x.same;
    }
    for (size_t i = 0; i < info->noffer; i++)
        if ((info->offer[i].archs & archs) &&
            (!is_backports(info->offer[i].suite) || is_backports(x.newest->suite)))
            vec_push(a, &versions, info->offer[i].version);
    if (!pin_compatible(a, MANAGER_APT, x.newest->version, versions.v, versions.n,
                        precision_of(k->c), pin, why))
        return false;
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        if (!x.offer[bit] || picks(info, 1u << bit, *pin, x.offer[bit]))
            continue;
        *why = str_fmt(a, "=" STR_FMT " would pick another version than today's on " STR_FMT,
                       STR_ARG(*pin), STR_ARG(arch_name(bit)));
        return false;
    }
    return true;
}

/* Names in one line, for messages. */
static struct str join(struct arena *a, const struct str *v, size_t n)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < n && i < 5; i++)
        buf_fmt(&b, "%s" STR_FMT, i ? ", " : "", STR_ARG(v[i]));
    if (n > 5)
        buf_fmt(&b, " and %zu more", n - 5);
    return buf_str(&b);
}

static void skip_absent(const struct call *k, const struct package *p,
                        const struct package_info *info)
{
    struct fix_ctx *c = k->c;

    if (info->nprovider)
        fix_skip(c, p->field.word,
                 STR_FMT " is a virtual package: name one that provides it (" STR_FMT ")",
                 STR_ARG(p->name), STR_ARG(join(c->arena, info->provider, info->nprovider)));
    else
        fix_skip(c, p->field.word, STR_FMT " is not in the index of " STR_FMT " " STR_FMT,
                 STR_ARG(p->name), STR_ARG(k->stage->release.distro),
                 STR_ARG(k->stage->release.codename));
}

static void pin(struct call *k, const struct package *p)
{
    struct fix_ctx *c = k->c;
    struct package_info info;
    struct str pattern, why;
    const char *leave = package_fixed(p);
    arch_set archs = p->qualifier.n ? arch_of(p->qualifier) : k->stage->archs;

    if (!leave && p->qualifier.n && !archs)
        leave = "has a qualifier that is not an architecture";
    if (leave) {
        fix_skip(c, p->field.word, STR_FMT " %s",
                 STR_ARG(p->name.n ? p->name : node_text(c->tree, p->field.word)), leave);
        return;
    }
    if (stage_touches(k->stage, c->arena, p->name)) {
        fix_skip(c, p->field.word,
                 STR_FMT ": the base image may bring sources of its own that have it",
                 STR_ARG(p->name));
        return;
    }
    switch (c->lookup->package(c->lookup->self, MANAGER_APT, &k->stage->release, archs, &k->extra,
                               k->nextra, p->name, &info)) {
    case ANSWER_FOUND:
        break;
    case ANSWER_ABSENT:
        skip_absent(k, p, &info);
        return;
    case ANSWER_UNAVAILABLE:
        if (!k->told)
            fix_skip(c, k->install->command, STR_FMT, STR_ARG(info.why));
        k->told = true;
        return;
    case ANSWER_PENDING:
        return;
    }
    if (!info.noffer) {
        skip_absent(k, p, &info);
        return;
    }
    if (!pin_of(k, &info, archs, &pattern, &why)) {
        fix_skip(c, p->field.word, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(why));
        return;
    }
    struct fix *f = fix_begin(c, p->field.word, SAFE, "Pin " STR_FMT " to " STR_FMT,
                              STR_ARG(p->name), STR_ARG(pattern));
    fix_point(f, p->span);
    fix_insert_at(f, p->node, p->span.end, str_fmt(c->arena, "=" STR_FMT, STR_ARG(pattern)));
}

/* A reason that holds for every package of the call. */
static struct str reason_for_call(const struct call *k)
{
    const struct install *in = k->install;
    struct str why = install_unpinnable(k->c->image, k->c->arena, in);

    if (why.n)
        return why;
    if (in->target_unknown)
        return S("the target release is known only when the image is built");
    if (str_eq(in->program, S("aptitude")) && !fix_option_is(k->c, "style", "exact"))
        return S("aptitude takes no version patterns: use apt-get");
    return install_other_source(k->c->image, k->c->arena, in);
}

static void run(struct fix_ctx *c)
{
    for (size_t i = 0; i < c->image->ninstall; i++) {
        const struct install *in = &c->image->install[i];
        if (in->manager != MANAGER_APT || in->verb != VERB_INSTALL || !in->npackage)
            continue;
        struct call k = {.c = c, .install = in, .stage = &c->image->stage[in->stage]};
        if (in->target_release.n) {
            k.extra = (struct source){.uri = S(""),
                                      .suite = in->target_release,
                                      .components = S(""),
                                      .signed_by = S(""),
                                      .tag = S("")};
            k.nextra = 1;
        }
        struct str why = reason_for_call(&k);
        if (why.n) {
            fix_skip(c, in->command, STR_FMT, STR_ARG(why));
            continue;
        }
        for (size_t p = 0; p < in->npackage; p++)
            pin(&k, &in->package[p]);
    }
}

const struct fixer fixer_pin_apt = {
    .id = "pin-apt",
    .aliases = "DL3008",
    .title = "Pin apt packages to the version in the index",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .options = options,
    .run = run,
};
