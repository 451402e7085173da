/* known-vulnerabilities: what the file installs, its base holds and its lock files name that
 * advisories know to be vulnerable, on the line that brings it in. */
#include "dfix/fixer.h"

#include <stdlib.h>

static const char doc[] =
    "Reports packages with known vulnerabilities on the line that brings them into the image:\n"
    "packages of apt and apk that the file installs and what those bring along, those of its base\n"
    "image, packages that pip, npm, gem and go install with a version, and what lock files of the\n"
    "build context name (requirements.txt, poetry.lock, package-lock.json, yarn.lock, go.mod,\n"
    "Gemfile.lock, Cargo.lock, pom.xml), if the build copies them and installs by them.\n\n"
    "What is vulnerable is what those say who publish the packages: the Debian security tracker,\n"
    "Alpine's security database, and OSV for Ubuntu and for languages' packages. CISA's catalogue\n"
    "of known exploited vulnerabilities and EPSS are named beside them; there is no score of\n"
    "dfix's own. What debian-security-support calls unsupported is reported where it is installed\n"
    "by name.\n\n"
    "The help names the first step that leads to a fix: another base image, a newer package,\n"
    "leaving the package out (build tools of the last stage, tools that no command runs), or\n"
    "telling its maintainers and accepting the risk.\n\n"
    "Stays silent on vulnerabilities without a fix unless `unfixed: yes`, on those below `least`,\n"
    "and on those that somebody has accepted (`dfix accept`). An acceptance that lacks an owner "
    "or\n"
    "a reason, that has expired, or that speaks of this file and of nothing in it, is reported.\n"
    "What could not be checked is counted, and never called clean.\n\n"
    "Safety: raising a pin is safe within one upstream version, to what the build would install\n"
    "without it; upgrading packages of the base image is unsafe.\n";

static const struct option_doc options[] = {
    {"least", "low", "low|medium|high|critical", "Report vulnerabilities rated this or worse"},
    {"unfixed", "no", "yes|no", "Also report vulnerabilities without a fix"},
    {NULL, NULL, NULL, NULL}};

enum { NAMED = 5 };

struct judged {
    const struct inventory_item *item;
    struct match_list list;
};
struct search {
    struct fix_ctx *c;
    struct inventory inventory;
    struct judged *v;       /* one for each item */
    struct accept_use *use; /* one for each acceptance */
    size_t unchecked;
    struct str why; /* of the first that was not checked */
    bool pending;
};

/* ---- what counts ---- */

static int rank(const struct vulnerability *v)
{
    return advisory_rank(advisory_severity(v));
}

static bool has_fix(const struct advisory_match *m)
{
    return m->fix == FIX_RELEASED && m->fixed.n;
}

/* What is not rated counts: nobody has said that it is harmless. */
static bool counts(const struct search *x, const struct advisory_match *m)
{
    int least = advisory_rank(str_cstr(x->c->arena, fix_option(x->c, "least"))), is = rank(&m->is);
    if (m->verdict != VERDICT_AFFECTED || (is > 0 && is < least && !m->is.exploited))
        return false;
    return has_fix(m) || fix_option_is(x->c, "unfixed", "yes");
}

static bool is_vulnerable(const struct search *x, const struct judged *j)
{
    for (size_t i = 0; i < j->list.n; i++)
        if (counts(x, &j->list.v[i]))
            return true;
    return false;
}

static int order(struct str ecosystem, struct str a, struct str b)
{
    if (!ecosystem_valid(ecosystem, a) || !ecosystem_valid(ecosystem, b))
        return 0;
    return ecosystem_compare(ecosystem, a, b);
}

/* The version that holds all fixes there are; "" there are none. */
static struct str needed(const struct search *x, const struct judged *j)
{
    struct str out = S("");
    for (size_t i = 0; i < j->list.n; i++) {
        const struct advisory_match *m = &j->list.v[i];
        if (counts(x, m) && has_fix(m) &&
            (!out.n || order(j->item->is.ecosystem, m->fixed, out) > 0))
            out = m->fixed;
    }
    return out;
}

/* ---- words ---- */

/* "CVE-2024-5535 (critical, known to be exploited)" */
static struct str called(struct arena *a, const struct advisory_match *m)
{
    const struct vulnerability *v = &m->is;
    struct buf b = {.arena = a};
    if (v->rating.n)
        buf_add(&b, str_lower(a, str_without_end(v->rating, '*')));
    if (v->cvss_score >= 0)
        buf_fmt(&b, "%sCVSS %d.%d", b.n ? ", " : "", v->cvss_score / 10, v->cvss_score % 10);
    if (v->epss >= ADVISORY_WHOLE / 10)
        buf_fmt(&b, "%sEPSS %d %%", b.n ? ", " : "", v->epss / (ADVISORY_WHOLE / 100));
    if (v->exploited)
        buf_fmt(&b, "%sknown to be exploited", b.n ? ", " : "");
    if (!has_fix(m))
        buf_fmt(&b, "%s%s", b.n ? ", " : "",
                m->fix == FIX_NEVER ? "will not be fixed" : "no fix yet");
    return b.n ? str_fmt(a, STR_FMT " (" STR_FMT ")", STR_ARG(v->id), STR_ARG(buf_str(&b))) : v->id;
}

struct tally {
    struct buf names;
    size_t n, packages, exploited, fixable;
    int worst;
};

static void add(const struct search *x, struct tally *t, const struct judged *j)
{
    bool any = false;
    for (size_t i = 0; i < j->list.n; i++) {
        const struct advisory_match *m = &j->list.v[i];
        if (!counts(x, m))
            continue;
        any = true;
        if (t->n++ < NAMED)
            buf_fmt(&t->names, "%s" STR_FMT, t->names.n ? ", " : "",
                    STR_ARG(called(x->c->arena, m)));
        t->exploited += m->is.exploited;
        t->fixable += has_fix(m);
        t->worst = rank(&m->is) > t->worst ? rank(&m->is) : t->worst;
    }
    t->packages += any;
}

static struct str names_of(const struct tally *t, struct arena *a)
{
    if (t->n <= NAMED)
        return buf_str(&t->names);
    return str_fmt(a, STR_FMT " and %zu more", STR_ARG(buf_str(&t->names)), t->n - NAMED);
}

static struct str number(struct arena *a, size_t n, const char *one, const char *many)
{
    return str_fmt(a, "%zu %s", n, n == 1 ? one : many);
}

static struct str count_of(const struct tally *t, struct arena *a)
{
    return number(a, t->n, "known vulnerability", "known vulnerabilities");
}

static void rate(struct fix *f, const struct tally *t)
{
    bool serious = t->exploited || t->worst >= advisory_rank("high");
    enum severity with_fix = serious ? SEVERITY_ERROR : SEVERITY_WARNING;
    fix_severity(f, t->fixable ? with_fix : SEVERITY_INFO);
}

/* ---- packages that the file installs ---- */

/* Does what would be installed without the pin hold the fixes? */
static bool is_held_back(struct pin_call *k, const struct judged *j, struct str fixed,
                         struct package_info *info, struct pick *pick)
{
    const struct inventory_item *it = j->item;
    const struct manager *m = it->install->manager;
    arch_set archs;
    if (it->package->kind != PACKAGE_CONSTRAINED || !fixed.n ||
        !constraint_known(m, it->package->operator_, it->package->version) ||
        pin_call_open(k, k->c, it->install).n || !pin_call_ask(k, it->package, &archs, info))
        return false;
    *pick = pick_of(m, info, archs, k->target);
    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *o = pick->on[bit];
        if (o && order(it->is.ecosystem, o->source_version.n ? o->source_version : o->version,
                       fixed) < 0)
            return false;
    }
    return pick->newest != NULL;
}

static void tell_fixes(const struct search *x, struct fix *f, const struct tally *t)
{
    fix_why(f, STR_FMT, STR_ARG(names_of(t, x->c->arena)));
    rate(f, t);
}

static void tell_installed(struct search *x, const struct judged *j)
{
    struct fix_ctx *c = x->c;
    struct arena *a = c->arena;
    const struct component *is = &j->item->is;
    struct tally t = {.names = {.arena = a}};
    struct pin_call k = {.c = c};
    struct package_info info;
    struct pick pick;
    struct str fixed = needed(x, j);
    add(x, &t, j);
    struct str tail =
        str_fmt(a, ", which lacks the fixes of " STR_FMT ",", STR_ARG(count_of(&t, a)));
    bool held_back = j->item->install && is_held_back(&k, j, fixed, &info, &pick);
    struct fix *f = NULL;
    if (held_back) {
        const struct pin_move m = {.c = c,
                                   .p = j->item->package,
                                   .manager = j->item->install->manager,
                                   .info = &info,
                                   .free = &pick,
                                   .severity = SEVERITY_WARNING,
                                   .aside = str_cstr(a, tail),
                                   .tail = S("")};
        f = fix_move_pin(&m);
    }
    bool moved = f != NULL;
    if (!moved)
        f = fix_hint(c, j->item->at, STR_FMT " " STR_FMT " has " STR_FMT, STR_ARG(is->name),
                     STR_ARG(is->version), STR_ARG(count_of(&t, a)));
    tell_fixes(x, f, &t);
    if (moved)
        return;
    struct str removal = inventory_removal(a, c->image, j->item);
    if ((!j->item->install || held_back) && fixed.n)
        fix_help(f, "take " STR_FMT " or newer", STR_ARG(fixed));
    else if (fixed.n)
        fix_help(f,
                 STR_FMT " holds the fixes, and no index of this release has it yet: use a newer "
                         "base image, " STR_FMT ", or accept the risk",
                 STR_ARG(fixed), STR_ARG(removal.n ? removal : S("leave the package out")));
    else
        fix_help(f, STR_FMT ", tell its maintainers, or accept the risk",
                 STR_ARG(removal.n ? removal : S("leave the package out if nothing needs it")));
}

/* ---- bases ---- */

/* The same image on the newest release of its distro: "debian:13-slim"; "" there is none. */
static struct str newer_release(const struct search *x, const struct stage *s)
{
    struct arena *a = x->c->arena;
    struct reference r;
    struct str newer, next, end, last = S("");
    if (!s->known.release.distro.n || s->known.foreign || !reference_parse(s->reference.text, &r) ||
        !str_eq(path_basename(r.path), s->release.distro) || !release_end(&s->release, &end))
        return S("");
    newer = release_next(a, &s->release, x->c->settings->today);
    while (str_cut(&newer, ',', &next))
        last = str_trim(next);
    struct release newest;
    if (!release_find(s->release.distro, last, &newest) ||
        str_eq(newest.version, s->release.version) || !newest.version.n)
        return S("");
    return str_fmt(a, STR_FMT ":" STR_FMT "%s", STR_ARG(s->release.distro), STR_ARG(newest.version),
                   str_ends(r.tag, S("-slim")) ? "-slim" : "");
}

/* What policy approves in place of it; "" nothing. */
static struct str approved_base(const struct search *x, const struct stage *s)
{
    struct reference r;
    struct str to;
    if (s->reference.certainty == VALUE_KNOWN && reference_parse(s->reference.text, &r) &&
        policy_replaces(x->c->arena, x->c->settings, &r, &to) == REPLACE_OTHER)
        return to;
    return S("");
}

/* How many count there; false: not known. */
static bool count_base(struct search *x, const struct stage *s, struct str image, size_t *n)
{
    struct base_facts facts;
    *n = 0;
    enum answer answer = lookup_base(x->c->lookup, image, s->archs, BASE_BY_LAYERS, &facts);
    x->pending |= answer == ANSWER_PENDING;
    if (answer != ANSWER_FOUND || !facts.installed_known || facts.installed_given)
        return false;
    struct str ecosystem = ecosystem_of_release(x->c->arena, &facts.release);
    for (size_t i = 0; i < facts.ninstalled; i++) {
        const struct installed *p = &facts.installed[i];
        const struct component is = {.ecosystem = ecosystem,
                                     .name = p->name,
                                     .version = p->version,
                                     .source = p->source,
                                     .source_version = p->source_version};
        struct match_list l;
        enum answer found = lookup_matches(x->c->lookup, &is, false, &l);
        x->pending |= found == ANSWER_PENDING;
        if (found == ANSWER_UNAVAILABLE || found == ANSWER_PENDING)
            return false;
        inventory_accept(x->c->arena, x->c->settings->accepted, x->c->settings->naccepted, NULL,
                         &is, s->image, &l);
        for (size_t k = 0; k < l.n; k++)
            *n += counts(x, &l.v[k]);
    }
    return true;
}

/* Of what may stand in its place, that with the fewest; false: none has fewer than `most`. */
static bool better_base(struct search *x, const struct stage *s, size_t most, struct str *image,
                        size_t *n)
{
    const struct str other[] = {approved_base(x, s), newer_release(x, s)};
    bool found = false;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        size_t there;
        if (!other[i].n || !count_base(x, s, other[i], &there) || there >= (found ? *n : most))
            continue;
        *image = other[i];
        *n = there;
        found = true;
    }
    return found;
}

/* What the index has of it now holds the fixes, on every architecture. */
static bool is_in_index(struct search *x, const struct stage *s, const struct judged *j)
{
    const struct manager *m = manager_of_distro(s->release.distro);
    struct str fixed = needed(x, j);
    struct package_info info;
    if (!m || !fixed.n || !m->name_valid(j->item->is.name))
        return false;
    const struct question q = {
        .manager = m, .release = &s->release, .archs = s->archs, .name = j->item->is.name};
    enum answer answer = lookup_package(x->c->lookup, q, &info);
    x->pending |= answer == ANSWER_PENDING;
    if (answer != ANSWER_FOUND)
        return false;
    struct pick pick = pick_of(m, &info, s->archs, S(""));
    bool holds = pick.archs == s->archs;
    for (unsigned bit = 0; bit < ARCH_MAX && holds; bit++) {
        const struct offer *o = pick.on[bit];
        holds = !o || order(j->item->is.ecosystem,
                            o->source_version.n ? o->source_version : o->version, fixed) >= 0;
    }
    return holds;
}

/* The line that upgrades these packages and no others. */
static struct str upgrade_line(const struct search *x, const struct stage *s,
                               const struct judged *const *v, size_t n)
{
    struct arena *a = x->c->arena;
    const struct manager *m = manager_of_distro(s->release.distro);
    bool floors = *m->at_least != 0;
    struct buf b = {.arena = a};
    buf_add(&b, floors ? S("RUN apk add --no-cache")
                       : S("RUN apt-get update && apt-get install -y --no-install-recommends "
                           "--only-upgrade"));
    for (size_t i = 0; i < n; i++) {
        struct str fixed = floors ? needed(x, v[i]) : S("");
        buf_fmt(&b, floors ? " '" STR_FMT "%s" STR_FMT "'" : " " STR_FMT "%s" STR_FMT,
                STR_ARG(v[i]->item->is.name), floors ? m->at_least : "", STR_ARG(fixed));
    }
    if (!floors)
        buf_add(&b, S(" && rm -rf /var/lib/apt/lists/*"));
    return buf_str(&b);
}

/* Behind FROM the base's own user and shell are in force. */
static bool may_run(const struct stage *s)
{
    return s->facts && s->facts->user_known && s->facts->user_root && !s->facts->nshell &&
           !s->facts->onbuild && !s->windows && manager_of_distro(s->release.distro);
}

static int by_name(const void *p, const void *q)
{
    return str_cmp((*(const struct judged *const *)p)->item->is.name,
                   (*(const struct judged *const *)q)->item->is.name);
}

/* Which of them the upgrade is of, for people. */
static const char *upgraded(size_t n, size_t of)
{
    if (n < of)
        return n == 1 ? "the one that has a fix" : "those that have a fix";
    return n == 1 ? "it" : "them";
}

static void tell_base(struct search *x, unsigned stage)
{
    struct fix_ctx *c = x->c;
    struct arena *a = c->arena;
    const struct stage *s = &c->image->stage[stage];
    struct tally t = {.names = {.arena = a}};
    VEC(const struct judged *) fixable = {0};
    for (size_t i = 0; i < x->inventory.n; i++) {
        const struct judged *j = &x->v[i];
        if (j->item->is.brought != BROUGHT_BY_BASE || j->item->stage != stage)
            continue;
        add(x, &t, j);
        if (is_vulnerable(x, j) && is_in_index(x, s, j))
            vec_push(a, &fixable, j);
    }
    if (!t.n)
        return;
    struct str better = S("");
    size_t there = 0;
    bool known = better_base(x, s, t.n, &better, &there);
    struct str what =
        str_fmt(a, STR_FMT " has " STR_FMT " in " STR_FMT, STR_ARG(s->reference.text),
                STR_ARG(count_of(&t, a)), STR_ARG(number(a, t.packages, "package", "packages")));
    struct fix *f;
    if (fixable.n && may_run(s)) {
        qsort(fixable.v, fixable.n, sizeof(*fixable.v), by_name);
        f = fix_begin(c, s->image, UNSAFE, STR_FMT "; upgrade %s", STR_ARG(what),
                      upgraded(fixable.n, t.packages));
        fix_line_after(f, s->from, upgrade_line(x, s, fixable.v, fixable.n));
    } else {
        f = fix_hint(c, s->image, STR_FMT, STR_ARG(what));
    }
    tell_fixes(x, f, &t);
    if (known)
        fix_help(f, "use " STR_FMT ", which has %zu", STR_ARG(better), there);
    else if (fixable.n)
        fix_help(f, "use a newer build of the base image, or upgrade " STR_FMT,
                 STR_ARG(number(a, fixable.n, "package", "packages")));
    else
        fix_help(f, "use a newer build of the base image, or another one");
}

/* ---- lock files, and what a package brings along ---- */

/* Of one lock file, or of one package that is named. */
static bool are_together(const struct inventory_item *a, const struct inventory_item *b)
{
    return a->is.brought == b->is.brought && str_eq(a->is.by, b->is.by) &&
           (a->at == b->at || a->is.brought == BROUGHT_BY_LOCK);
}

static void tell_group(struct search *x, size_t first)
{
    struct arena *a = x->c->arena;
    const struct inventory_item *it = x->v[first].item;
    struct tally t = {.names = {.arena = a}};
    struct buf help = {.arena = a};
    size_t raised = 0;
    bool along = it->is.brought == BROUGHT_ALONG;
    for (size_t i = first; i < x->inventory.n; i++) {
        const struct judged *j = &x->v[i];
        if (!are_together(j->item, it) || !is_vulnerable(x, j))
            continue;
        struct str fixed = needed(x, j);
        add(x, &t, j);
        if (fixed.n && raised++ < NAMED)
            buf_fmt(&help, "%s" STR_FMT " from " STR_FMT " to " STR_FMT, help.n ? ", " : "raise ",
                    STR_ARG(j->item->is.name), STR_ARG(j->item->is.version), STR_ARG(fixed));
    }
    if (raised > NAMED)
        buf_fmt(&help, " and %zu more", raised - NAMED);
    struct fix *f =
        fix_hint(x->c, it->at, STR_FMT " %s " STR_FMT " in " STR_FMT, STR_ARG(it->is.by),
                 along ? "brings along" : "has", STR_ARG(count_of(&t, a)),
                 STR_ARG(number(a, t.packages, "package", "packages")));
    tell_fixes(x, f, &t);
    if (help.n && along)
        fix_help(f, "no index of this release has the fixes yet: use a newer base image, leave the "
                    "package out, or accept the risk");
    else if (help.n)
        fix_help(f, STR_FMT, STR_ARG(buf_str(&help)));
    else
        fix_help(f,
                 "leave the packages out if nothing needs them, tell their maintainers, or accept "
                 "the risk");
}

/* Is it the first vulnerable one of those? */
static bool begins_group(const struct search *x, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (are_together(x->v[k].item, x->v[i].item) && is_vulnerable(x, &x->v[k]))
            return false;
    return true;
}

/* ---- all ---- */

static void judge(struct search *x)
{
    const struct inventory *inv = &x->inventory;
    x->v = arena_new(x->c->arena, struct judged, inv->n + 1);
    for (size_t i = 0; i < inv->n; i++) {
        struct judged *j = &x->v[i];
        j->item = &inv->v[i];
        enum answer answer = lookup_matches(x->c->lookup, &j->item->is, false, &j->list);
        x->pending |= answer == ANSWER_PENDING;
        inventory_accept(x->c->arena, x->c->settings->accepted, x->c->settings->naccepted, x->use,
                         &j->item->is, j->item->at, &j->list);
        if (answer != ANSWER_UNAVAILABLE)
            continue;
        if (!x->unchecked++)
            x->why = str_fmt(x->c->arena, STR_FMT ": " STR_FMT, STR_ARG(j->item->is.name),
                             STR_ARG(j->list.why));
    }
}

/* What nobody answers for properly, and what there is no need to answer for any more. */
static void tell_acceptances(const struct search *x)
{
    const struct settings *s = x->c->settings;
    bool all = !x->unchecked && !x->inventory.ngap;
    for (size_t i = 0; i < s->naccepted; i++) {
        const struct acceptance *is = s->accepted[i].is;
        struct str what = str_fmt(x->c->arena, STR_FMT "%s" STR_FMT, STR_ARG(is->id),
                                  is->id.n && is->package.n ? " in " : "", STR_ARG(is->package));
        struct fix *f;
        if (x->use[i].lacking) {
            f = fix_hint(x->c, x->use[i].lacking, "The acceptance of " STR_FMT " does not count",
                         STR_ARG(what));
            fix_why(f, STR_FMT, STR_ARG(s->accepted[i].fault));
            fix_severity(f, SEVERITY_WARNING);
        } else if (all && !x->use[i].met && s->accepted[i].here && is->where.n && !is->vendor) {
            f = fix_hint(x->c, x->c->image->stage[0].from,
                         "Nothing here needs the acceptance of " STR_FMT, STR_ARG(what));
            fix_severity(f, SEVERITY_INFO);
        } else {
            continue;
        }
        fix_help(f, "%s " STR_FMT ", line %u",
                 x->use[i].lacking ? "put it right in" : "take it out of",
                 STR_ARG(path_basename(is->path)), is->line);
    }
}

/* Nobody looks for vulnerabilities in it any more: that none is known says little. */
static void tell_support(const struct search *x, const struct judged *j)
{
    const struct component *is = &j->item->is;
    struct str today = x->c->settings->today;
    if (is->brought != BROUGHT_BY_NAME || !support_has_ended(&j->list, today))
        return;
    const struct support support = {is->name, is->ecosystem, j->list.support_end, S("")};
    struct fix *f =
        fix_hint(x->c, j->item->at, STR_FMT, STR_ARG(support_text(x->c->arena, &support, today)));
    if (j->list.support.n)
        fix_why(f, STR_FMT, STR_ARG(j->list.support));
    fix_help(f, "use another package, or another release");
}

static void tell_unchecked(const struct search *x)
{
    const struct inventory *inv = &x->inventory;
    for (size_t i = 0; i < inv->ngap; i++)
        fix_skip(x->c, inv->gap[i].at, STR_FMT " was not checked for vulnerabilities: " STR_FMT,
                 STR_ARG(inv->gap[i].what), STR_ARG(inv->gap[i].why));
    if (x->unchecked)
        fix_skip(x->c, x->c->image->stage[0].from,
                 STR_FMT " not checked for vulnerabilities (" STR_FMT ")",
                 STR_ARG(number(x->c->arena, x->unchecked, "package was", "packages were")),
                 STR_ARG(x->why));
}

static void run(struct fix_ctx *c)
{
    struct search x = {.c = c, .why = S("")};
    if (!c->image->nstage)
        return;
    inventory_of(c->arena, c->image, c->lookup, c->settings->folder, &x.inventory);
    x.use = arena_new(c->arena, struct accept_use, c->settings->naccepted + 1);
    judge(&x);
    if (x.inventory.pending || x.pending)
        return;
    for (unsigned i = 0; i < c->image->nstage; i++)
        tell_base(&x, i);
    for (size_t i = 0; i < x.inventory.n; i++) {
        tell_support(&x, &x.v[i]);
        if (!is_vulnerable(&x, &x.v[i]))
            continue;
        if (x.v[i].item->is.brought == BROUGHT_BY_NAME)
            tell_installed(&x, &x.v[i]);
        else if (x.v[i].item->is.brought != BROUGHT_BY_BASE && begins_group(&x, i))
            tell_group(&x, i);
    }
    tell_acceptances(&x);
    tell_unchecked(&x);
}

const struct fixer fixer_known_vulnerabilities = {
    .id = "known-vulnerabilities",
    .aliases = "",
    .title = "Report packages with known vulnerabilities, and what fixes them",
    .why = "A package with a known vulnerability is the first thing that an attacker tries.",
    .doc = doc,
    .safety = SAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .security = true,
    .options = options,
    .run = run,
};
