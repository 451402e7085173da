/* pins.c - what the rules leave unpinned, and why, in a world in which each package is known: over
 * the public corpus, each package that `apt-get install` or `apk add` names outright, on a release
 * that its stage names. Shows what the files themselves hold against a pin, and no index. Twice: as
 * the tables alone know bases, and where the registries answer for those that they do not know. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/dfix.h"
#include "dfix/image.h"
#include "dfix/manager.h"
#include "dfix/sources.h"
#include "host/files.h"
#include "../known_world.h"

enum { FILES = 1500, FILE_MAX_BYTES = 1 << 20, REASONS = 1000, SHOWN = 25 };

struct reason {
    struct str text;
    unsigned n;
};
/* What is counted in one world. */
static struct tally {
    struct reason reason[REASONS];
    size_t nreason;
    unsigned named, unknown, moving, rolling, elsewhere;
    struct {
        unsigned n, pinned;
    } living, ended;           /* of releases that live, and that have ended, at the day below */
    unsigned fleeting, waived; /* on living ones: no pin lives; the author's own ignore */
} by_tables, by_registries;
static const char today[] = "2026-11-24";

/* ---- what registries would tell ---- */

static struct arena *facts_arena; /* of the file in hand */

/* Of a base that the tables do not know: that it is the release that its tag names, and takes
 * packages from nowhere else. */
static enum answer tell_release(const struct question *q, struct base_facts *out)
{
    struct reference r;
    struct known_image known;
    struct source_list list = {.broken = false};
    struct str path, text;

    *out = base_facts_none();
    out->why = S("not asked in this test");
    if (!reference_parse(q->name, &r))
        return ANSWER_UNAVAILABLE;
    known_image_find(reference_name(facts_arena, &r), r.tag, &known);
    if (known.user_known || !known.exact ||
        !release_list(facts_arena, &known.release, &path, &text))
        return ANSWER_UNAVAILABLE;
    if (str_ends(path, S(".sources")))
        sources_read_deb822(facts_arena, text, &list);
    else
        sources_read_lines(facts_arena, text, &list);
    out->release = known.release;
    out->source = list.list.v;
    out->nsource = list.list.n;
    out->sources_known = out->user_known = out->user_root = true;
    out->spoke = S("registry");
    return ANSWER_FOUND;
}

/* ---- what is counted ---- */

/* Names, numbers and places go, so that one kind has one text. */
static struct str plain(struct arena *a, struct str why, uint32_t subject)
{
    struct buf b = {.arena = a};
    struct str rest = str_from(why, subject < why.n ? subject : 0), word;

    while (word_next(&rest, &word)) {
        bool own = false;
        for (size_t i = 0; i < word.n; i++)
            own |= str_chr(S("0123456789/$(\"="), word.p[i]) != STR_NONE;
        buf_fmt(&b, "%s" STR_FMT, b.n ? " " : "", STR_ARG(own ? S("X") : word));
    }
    return b.n ? buf_str(&b) : S("");
}

static void count_reason(struct arena *keep, struct tally *y, struct str text)
{
    size_t i = 0;

    y->fleeting += str_find(text, S("no version pattern stays valid")) != STR_NONE;
    y->waived += str_find(text, S("tells hadolint to ignore")) != STR_NONE;
    while (i < y->nreason && !str_eq(y->reason[i].text, text))
        i++;
    if (i == REASONS)
        return;
    if (i == y->nreason)
        y->reason[y->nreason++].text = str_dup(keep, text);
    y->reason[i].n++;
}

static bool is_within(struct span inner, struct span outer)
{
    return inner.start >= outer.start && inner.end <= outer.end;
}

/* The finding about the package: its own, or the one of its call. */
static const struct finding *about(const struct result *r, struct span package, struct span call)
{
    const struct finding *of_call = NULL;

    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *f = &r->finding[i];
        if (f->fixer && is_within(package, f->span) && is_within(f->span, package))
            return f;
        if (f->fixer && f->skip && is_within(call, f->span) && !of_call)
            of_call = f;
    }
    return of_call;
}

/* A reason that is one of the base needs its name. */
static struct str reason_of(struct arena *a, const struct stage *s, const struct finding *f)
{
    struct str why = f ? plain(a, f->message, f->subject) : S("nothing is said");
    struct str image = s->reference.text;

    if (str_find(why, S("base image adds")) == STR_NONE)
        return why;
    ptrdiff_t colon = str_rchr(image, ':');
    return str_fmt(a, "the base's own sources: " STR_FMT,
                   STR_ARG(colon > 0 ? str_sub(image, 0, (size_t)colon) : image));
}

/* Where it is looked at, and what is said there. */
struct place {
    struct arena *keep, *arena;
    struct tally *tally;
    const struct image *im;
    const struct result *result;
};

static void count_literal(const struct place *at, const struct stage *s, const struct package *p,
                          const struct finding *f)
{
    struct tally *y = at->tally;
    struct str end;
    bool is_pinned = f && !f->skip;

    if (release_rolls(&s->release, str_of(today))) {
        y->rolling++;
    } else if (!p->literal || p->shared) {
        y->elsewhere++; /* not written there, or not for this call alone */
    } else if (release_end(&s->release, &end) && str_cmp(end, str_of(today)) < 0) {
        y->ended.n++;
        y->ended.pinned += is_pinned;
    } else {
        y->living.n++;
        y->living.pinned += is_pinned;
        if (!is_pinned)
            count_reason(at->keep, y, reason_of(at->arena, s, f));
    }
}

static void count_install(const struct place *at, const struct install *in)
{
    const struct stage *s = &at->im->stage[in->stage];
    struct span call = node_span(at->im->tree, in->command);

    for (size_t i = 0; i < in->npackage; i++) {
        const struct package *p = &in->package[i];
        if (p->kind != PACKAGE_NAME || in->onbuild)
            continue;
        at->tally->named++;
        if (!s->release.distro.n || !in->manager->serves(s->release.distro)) {
            at->tally->unknown++;
            continue;
        }
        if (!s->release_exact) {
            at->tally->moving++;
            continue;
        }
        count_literal(at, s, p, about(at->result, p->span, call));
    }
}

static void count_file(struct arena *keep, const char *path, const struct lookup *l,
                       struct tally *y)
{
    static struct str rules[] = {{"pin-apt", 7}, {"pin-apk", 7}};
    struct settings s = {.today = str_of(today), .select = rules, .nselect = 2};
    struct arena *a = facts_arena = arena_open();
    struct str text;
    struct err e;
    size_t n;

    if (file_read(a, path, FILE_MAX_BYTES, &text, &e)) {
        struct result r = dfix_check(a, text, &dfix_rules, &s, l);
        const struct image *im = image_of(a, tree_parse(a, text), l, NULL);
        const struct install *in = image_installs(im, &n);
        const struct place at = {keep, a, y, im, &r};
        for (size_t i = 0; i < n; i++)
            if ((in[i].manager == &manager_apt || in[i].manager == &manager_apk) &&
                in[i].verb == VERB_INSTALL)
                count_install(&at, &in[i]);
    }
    arena_close(a);
}

/* ---- what is printed ---- */

static int by_count(const void *x, const void *y)
{
    const struct reason *a = x, *b = y;
    return (a->n < b->n) - (a->n > b->n);
}

static double percent(unsigned part, unsigned whole)
{
    return whole ? 100.0 * part / whole : 0;
}

static void print_living(const struct tally *y, const char *world_name)
{
    unsigned may = y->living.n - y->fleeting - y->waived;

    printf("%s: of %u on a living release %u are pinned (%.1f %%)\n", world_name, y->living.n,
           y->living.pinned, percent(y->living.pinned, y->living.n));
    printf(
        "  %u have no pin that lives, and %u the author lets hadolint ignore: of the %u that can "
        "be pinned %.1f %% are\n",
        y->fleeting, y->waived, may, percent(y->living.pinned, may));
}

static void print_reasons(struct tally *y)
{
    unsigned others = 0;

    qsort(y->reason, y->nreason, sizeof *y->reason, by_count);
    for (size_t i = 0; i < y->nreason; i++) {
        struct str text = y->reason[i].text;
        if (i < SHOWN)
            printf("  %5u  " STR_FMT "\n", y->reason[i].n,
                   STR_ARG(str_sub(text, 0, text.n < 110 ? text.n : 110)));
        else
            others += y->reason[i].n;
    }
    if (others)
        printf("  %5u  for other reasons\n", others);
}

int main(void)
{
    static struct teller registries = {tell_release};
    const struct lookup answering = {.self = &registries, .ask = ask};
    const char *shared = getenv("DFIX_SHARED") ? getenv("DFIX_SHARED") : DFIX_SHARED;
    struct arena *keep = arena_open();
    const struct tally *y = &by_tables;

    for (unsigned i = 1; i <= FILES; i++) {
        const char *path = str_fmt(keep, "%s/corpus/public/%04u.Dockerfile", shared, i).p;
        count_file(keep, path, &world, &by_tables);
        count_file(keep, path, &answering, &by_registries);
    }
    if (!y->named) {
        printf("skipped: no public corpus\n");
        return 0;
    }
    printf("%u packages named outright: %u on a release that is not known, %u below a tag that "
           "moves, %u on one that rolls, %u by a variable that has other uses\n",
           y->named, y->unknown, y->moving, y->rolling, y->elsewhere);
    printf("%u on a release that has ended, %u pinned (%.1f %%)\n", y->ended.n, y->ended.pinned,
           percent(y->ended.pinned, y->ended.n));
    print_living(y, "By the tables alone");
    print_reasons(&by_tables);
    print_living(&by_registries, "Where registries answer for bases that the tables do not know "
                                 "(the release of the tag, no sources but its own)");
    print_reasons(&by_registries);
    arena_close(keep);
    return 0;
}
