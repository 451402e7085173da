/* What rules about versions ask of a package manager's call. */
#include "engine.h"
#include "dfix/manager.h"

/* Ubuntu's pockets all carry the release's codename, so that -t noble is no suite of its own. */
static bool names_all_pockets(const struct pin_call *k)
{
    return str_eq(k->stage->release.distro, S("ubuntu")) &&
           str_eq(k->install->target_release, k->stage->release.codename);
}

struct str pin_call_suite(const struct fix_ctx *c, struct str target)
{
    struct release r;
    ptrdiff_t dash = str_chr(target, '-');
    size_t end = dash == STR_NONE ? target.n : (size_t)dash;
    struct str first = str_sub(target, 0, end);

    if (!release_moving_at(first, c->settings->today, &r))
        return target;
    return str_fmt(c->arena, STR_FMT STR_FMT, STR_ARG(r.codename), STR_ARG(str_from(target, end)));
}

/* The release's own suites among the sources go by their own names. */
static void name_suites(struct pin_call *k)
{
    struct source *own = arena_new(k->c->arena, struct source, k->nsource);

    for (size_t i = 0; i < k->nsource; i++) {
        own[i] = k->source[i];
        if (!own[i].uri.n)
            own[i].suite = pin_call_suite(k->c, own[i].suite);
    }
    k->source = own;
}

struct str pin_call_open(struct pin_call *k, struct fix_ctx *c, const struct install *in)
{
    struct str why = install_unpinnable(c->image, c->arena, in);

    *k = (struct pin_call){.c = c, .install = in, .stage = &c->image->stage[in->stage]};
    k->target = k->suite = S("");
    if (why.n)
        return why;
    if (in->target_unknown)
        return S("the target release is known only at build time");
    if (names_all_pockets(k))
        return S("the target release matches every pocket of the release equally");
    if (in->target_release.n)
        k->target = pin_call_suite(c, in->target_release);
    why = install_sources(c->image, c->arena, in, &k->source, &k->nsource);
    name_suites(k);
    k->nother = stage_other_releases(c->image, c->arena, k->stage, &k->other);
    return why;
}

static struct str release_said(const struct release *r)
{
    return r->codename.n ? r->codename : r->version;
}

struct str stage_rolls(const struct fix_ctx *c, unsigned stage)
{
    const struct release *r = &c->image->stage[stage].release;

    if (!release_rolls(r, c->settings->today))
        return S("");
    return str_fmt(c->arena,
                   STR_FMT
                   " " STR_FMT
                   " gets new upstream versions all the time, so no version pattern stays valid",
                   STR_ARG(r->distro), STR_ARG(release_said(r)));
}

/* apk's tag behind the name: "edge" of pkg@edge. */
static struct str tag_of(const struct package *p)
{
    return str_eq(p->operator_, S("@")) ? p->version : S("");
}

/* A tagged repository counts only for packages that carry its tag, an archive that is known only
 * for what it has. */
static size_t sources_for(const struct pin_call *k, const struct package *p, struct source *out)
{
    size_t n = 0;

    for (size_t i = 0; i < k->nsource; i++)
        if ((!k->source[i].tag.n || str_eq(k->source[i].tag, tag_of(p))) &&
            !archive_lacks(k->source[i].uri, p->name))
            out[n++] = k->source[i];
    return n;
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

static void skip_absent(const struct pin_call *k, const struct package *p,
                        const struct package_info *info)
{
    const struct release *r = &k->stage->release;

    if (info->nprovider)
        fix_skip_package(
            k->c, p, STR_FMT " is a virtual package; name one that provides it (" STR_FMT ")",
            STR_ARG(p->name), STR_ARG(join(k->c->arena, info->provider, info->nprovider)));
    else
        fix_skip_package(k->c, p, STR_FMT " is not in the index of " STR_FMT " " STR_FMT,
                         STR_ARG(p->name), STR_ARG(r->distro), STR_ARG(release_said(r)));
}

/* Said once, unless the archive is asked for this package alone. */
static void skip_unavailable(struct pin_call *k, const struct package *p,
                             const struct source *source, size_t nsource, struct str why)
{
    struct str packages;

    for (size_t i = 0; i < nsource; i++)
        if (archive_is_known(source[i].uri, &packages)) {
            fix_skip_package(k->c, p, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(why));
            return;
        }
    if (!k->told)
        fix_found(fix_skip(k->c, k->install->command, STR_FMT, STR_ARG(why)));
    k->told = true;
}

/* A repository that is another release's one day is not asked for what it has today. */
static bool skip_moving_branch(struct pin_call *k, const struct source *source, size_t n)
{
    struct str branch = str_of(k->install->manager->moving_branch);

    for (size_t i = 0; branch.n && i < n; i++) {
        if (str_find(source[i].uri, branch) == STR_NONE)
            continue;
        if (!k->told)
            fix_found(fix_skip(k->c, k->install->command,
                               "latest-stable will point to another release later, which would "
                               "break the pins; name the release in the repository"));
        k->told = true;
        return true;
    }
    return false;
}

bool pin_call_ask(struct pin_call *k, const struct package *p, arch_set *archs,
                  struct package_info *info)
{
    struct fix_ctx *c = k->c;
    struct source *source = arena_new(c->arena, struct source, k->nsource);
    size_t nsource = sources_for(k, p, source);
    bool native = !p->qualifier.n || str_eq(p->qualifier, S("native"));

    *archs = native ? k->stage->archs : arch_of(p->qualifier);
    if (!*archs) {
        fix_skip_package(c, p, STR_FMT " has a qualifier that is not an architecture",
                         STR_ARG(p->name));
        return false;
    }
    if (stage_touches(k->stage, p->name)) {
        fix_skip_package(c, p, STR_FMT " may come from package sources that the base image adds",
                         STR_ARG(p->name));
        return false;
    }
    struct str other = install_other_source(c->image, c->arena, k->install, p->name);
    if (other.n) {
        fix_skip_package(c, p, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(other));
        return false;
    }
    if (skip_moving_branch(k, source, nsource))
        return false;
    const struct question q = {.manager = k->install->manager,
                               .release = &k->stage->release,
                               .archs = *archs,
                               .source = source,
                               .nsource = nsource,
                               .name = p->name};
    switch (lookup_package(c->lookup, q, info)) {
    case ANSWER_FOUND:
        break;
    case ANSWER_ABSENT:
        skip_absent(k, p, info);
        return false;
    case ANSWER_UNAVAILABLE:
        skip_unavailable(k, p, source, nsource, info->why);
        return false;
    case ANSWER_PENDING:
        return false;
    }
    if (!info->noffer)
        skip_absent(k, p, info);
    return info->noffer > 0;
}

static bool offer_rolls(struct pin_call *k, const struct offer *o)
{
    if (!str_eq(k->suite, o->suite)) {
        k->suite = o->suite;
        k->suite_rolls = suite_rolls(k->stage->release.distro, o->suite, k->c->settings->today);
    }
    return k->suite_rolls || k->install->manager->archive_rolls(o->from);
}

/* The suite that a package comes from, on some architecture, when that rolls on and no other has
 * this version; "" none. */
static struct str rolling_suite(struct pin_call *k, const struct package_info *info,
                                const struct pick *x)
{
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *taken = x->on[bit];
        bool elsewhere = !taken || !offer_rolls(k, taken);
        for (size_t i = 0; i < info->noffer && !elsewhere; i++) {
            const struct offer *o = &info->offer[i];
            elsewhere =
                (o->archs >> bit & 1) && str_eq(o->version, taken->version) && !offer_rolls(k, o);
        }
        if (!elsewhere)
            return taken->suite;
    }
    return S("");
}

/* Is the same pin what the other release takes of the package? */
static bool holds_for(const struct pin_call *k, const struct package *p, arch_set archs,
                      struct pin_style style, struct str pin, const struct other_release *other)
{
    const struct question q = {.manager = k->install->manager,
                               .release = &other->release,
                               .archs = archs,
                               .source = k->source,
                               .nsource = k->nsource,
                               .name = p->name};
    struct package_info info;
    struct str also, why;
    enum answer answer = lookup_package(k->c->lookup, q, &info);

    if (answer != ANSWER_FOUND || !info.noffer)
        return answer == ANSWER_PENDING;
    struct pick x = pick_of(q.manager, &info, archs, k->target);
    return x.newest && pick_pin(k->c->arena, q.manager, &info, &x, style, &also, &why) &&
           str_eq(also, pin);
}

/* A release that the stage is built for and in which the pin does not hold; NULL: it holds in all.
 */
static const struct other_release *release_without(const struct pin_call *k,
                                                   const struct package *p, arch_set archs,
                                                   struct pin_style style, struct str pin)
{
    for (size_t i = 0; i < k->nother; i++)
        if (!holds_for(k, p, archs, style, pin, &k->other[i]))
            return &k->other[i];
    return NULL;
}

bool pin_call_pin(struct pin_call *k, const struct package *p, arch_set archs,
                  const struct package_info *info, struct pin_style style, struct pick *x,
                  struct str *pin)
{
    const struct manager *m = k->install->manager;
    struct goes_back back;
    struct str why;

    *x = pick_of(m, info, archs, k->target);
    struct str rolls = style.exact ? S("") : rolling_suite(k, info, x);
    if (rolls.n) {
        fix_skip_package(
            k->c, p,
            STR_FMT " comes from " STR_FMT
                    ", which moves to new upstream versions, so no version pattern stays valid",
            STR_ARG(p->name), STR_ARG(rolls));
        return false;
    }
    if (!pick_pin(k->c->arena, m, info, x, style, pin, &why)) {
        fix_skip_package(k->c, p, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(why));
        return false;
    }
    if (!style.exact &&
        (source_moves(&k->stage->release, x->newest->source) || m->outgrows(x->newest->version))) {
        fix_skip_package(
            k->c, p,
            STR_FMT
            " gets new upstream versions within a release, so no version pattern stays valid",
            STR_ARG(p->name));
        return false;
    }
    const struct other_release *other = release_without(k, p, archs, style, *pin);
    if (other) {
        fix_skip_package(k->c, p,
                         STR_FMT ": " STR_FMT " builds this for " STR_FMT
                                 ", too, and no version pattern is known to hold for both",
                         STR_ARG(p->name), STR_ARG(other->file),
                         STR_ARG(release_said(&other->release)));
        return false;
    }
    if (pin_goes_back(k, p, x, *pin, &back)) {
        if (back.of_all && !k->told)
            fix_found(fix_skip(k->c, k->install->command, STR_FMT, STR_ARG(back.why)));
        else if (back.why.n && !back.of_all)
            fix_skip_package(k->c, p, STR_FMT ": " STR_FMT, STR_ARG(p->name), STR_ARG(back.why));
        k->told |= back.of_all;
        return false;
    }
    return true;
}

void pin_call_write(const struct pin_call *k, const struct package *p, struct str pin,
                    struct str shown)
{
    const struct stage *s = k->stage;
    struct str note =
        s->release_given
            ? str_fmt(k->c->arena, ", as long as no build argument changes " STR_FMT " " STR_FMT,
                      STR_ARG(s->release.distro), STR_ARG(s->release.version))
            : S("");
    struct fix *f = fix_begin(k->c, p->field.word, SAFE, "Pin " STR_FMT " to " STR_FMT STR_FMT,
                              STR_ARG(p->name), STR_ARG(shown), STR_ARG(note));

    fix_point(f, p->span);
    fix_constrain(f, p, pin);
}

void pin_call_skip(const struct pin_call *k, const struct package *p, const char *why)
{
    fix_skip_package(k->c, p, STR_FMT " %s",
                     STR_ARG(p->name.n ? p->name : node_text(k->c->tree, p->field.word)), why);
}

/* Is a package among the operands that no version is given for? */
static bool call_is_open(const struct command *k, const struct manager *m)
{
    const struct field *const *f;
    size_t n = m->packages(k, &f);

    for (size_t i = 0; i < n; i++) {
        struct package p = {.kind = PACKAGE_UNKNOWN, .field = *f[i]};
        if (f[i]->value.certainty == VALUE_KNOWN && f[i]->value.text.n)
            m->package_read(&p, f[i]->value.text);
        if (package_is_open(&p))
            return true;
    }
    return false;
}

void pin_calls_without_from(struct fix_ctx *c, const struct manager *m)
{
    const struct command *k = NULL;

    while (!c->image->nstage && (k = command_next(c->image, k, PHASE_BUILD)))
        if (manager_of_program(k->program) == m && call_is_open(k, m))
            fix_found(fix_skip(c, k->outer, "there is no FROM that tells the release"));
}
