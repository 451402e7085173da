/* pins.c - what the rules leave unpinned, and why, in a world in which each package is known: over
 * the public corpus, each package that `apt-get install` or `apk add` names outright, on a release
 * that its stage names. Shows what the files themselves hold against a pin, and no index. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/dfix.h"
#include "dfix/image.h"
#include "dfix/manager.h"
#include "host/files.h"
#include "../known_world.h"

enum { FILES = 1500, FILE_MAX_BYTES = 1 << 20, REASONS = 1000, SHOWN = 25 };

static struct reason {
    struct str text;
    unsigned n;
} reason[REASONS];
static size_t nreason;
static unsigned named, unknown, moving, rolling, elsewhere;
/* Of releases that live, and of those that have ended, at the day below. */
static struct {
    unsigned n, pinned;
} living, ended;
static const char today[] = "2026-11-24";

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

static void count_reason(struct arena *keep, struct str text, unsigned n)
{
    size_t i = 0;

    while (i < nreason && !str_eq(reason[i].text, text))
        i++;
    if (i == REASONS)
        return;
    if (i == nreason)
        reason[nreason++].text = str_dup(keep, text);
    reason[i].n += n;
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

static void count_literal(struct arena *keep, struct arena *a, const struct stage *s,
                          const struct package *p, const struct finding *f)
{
    struct release_life life;
    bool is_pinned = f && !f->skip;

    if (release_rolls(&s->release, str_of(today))) {
        rolling++;
    } else if (!p->literal || p->shared) {
        elsewhere++; /* not written there, or not for this call alone */
    } else if (release_life(a, &s->release, str_of(today), &life) &&
               str_cmp(life.end, str_of(today)) < 0) {
        ended.n++;
        ended.pinned += is_pinned;
    } else {
        living.n++;
        living.pinned += is_pinned;
        if (!is_pinned)
            count_reason(keep, reason_of(a, s, f), 1);
    }
}

static void count_install(struct arena *keep, struct arena *a, const struct image *im,
                          const struct install *in, const struct result *r)
{
    const struct stage *s = &im->stage[in->stage];
    struct span call = node_span(im->tree, in->command);

    for (size_t i = 0; i < in->npackage; i++) {
        const struct package *p = &in->package[i];
        if (p->kind != PACKAGE_NAME || in->onbuild)
            continue;
        named++;
        if (!s->release.distro.n || !in->manager->serves(s->release.distro)) {
            unknown++;
            continue;
        }
        if (!s->release_exact) {
            moving++;
            continue;
        }
        count_literal(keep, a, s, p, about(r, p->span, call));
    }
}

static void count_file(struct arena *keep, const char *path)
{
    static struct str rules[] = {{"pin-apt", 7}, {"pin-apk", 7}};
    struct settings s = {.today = str_of(today), .select = rules, .nselect = 2};
    struct arena *a = arena_open();
    struct str text;
    struct err e;
    size_t n;

    if (file_read(a, path, FILE_MAX_BYTES, &text, &e)) {
        struct result r = dfix_check(a, text, &dfix_rules, &s, &world);
        const struct image *im = image_of(a, tree_parse(a, text), &world, NULL);
        const struct install *in = image_installs(im, &n);
        for (size_t i = 0; i < n; i++)
            if ((in[i].manager == &manager_apt || in[i].manager == &manager_apk) &&
                in[i].verb == VERB_INSTALL)
                count_install(keep, a, im, &in[i], &r);
    }
    arena_close(a);
}

static int by_count(const void *x, const void *y)
{
    const struct reason *a = x, *b = y;
    return (a->n < b->n) - (a->n > b->n);
}

int main(void)
{
    const char *shared = getenv("DFIX_SHARED") ? getenv("DFIX_SHARED") : DFIX_SHARED;
    struct arena *keep = arena_open();
    unsigned others = 0;

    for (unsigned i = 1; i <= FILES; i++)
        count_file(keep, str_fmt(keep, "%s/corpus/public/%04u.Dockerfile", shared, i).p);
    if (!named) {
        printf("skipped: no public corpus\n");
        return 0;
    }
    printf("%u packages named outright: %u on a release that is not known, %u below a tag that "
           "moves, %u on one that rolls, %u by a variable that has other uses\n",
           named, unknown, moving, rolling, elsewhere);
    printf("%u on a release that has ended, %u pinned (%.1f %%)\n", ended.n, ended.pinned,
           100.0 * ended.pinned / (ended.n ? ended.n : 1));
    printf("%u on a living release, %u pinned (%.1f %%)\n", living.n, living.pinned,
           100.0 * living.pinned / (living.n ? living.n : 1));
    qsort(reason, nreason, sizeof *reason, by_count);
    for (size_t i = 0; i < nreason; i++) {
        if (i < SHOWN)
            printf("  %5u  " STR_FMT "\n", reason[i].n,
                   STR_ARG(str_sub(reason[i].text, 0,
                                   reason[i].text.n < 110 ? reason[i].text.n : 110)));
        else
            others += reason[i].n;
    }
    if (others)
        printf("  %5u  for other reasons\n", others);
    arena_close(keep);
    return 0;
}
