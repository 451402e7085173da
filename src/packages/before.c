/* What comes before a call of a package manager in its stage and those that it is built on:
 * updates of its lists, and what the file does to its sources. Found once for all calls, so that
 * no call has to look through the others. */
#include "packages/packages.h"

#include <stdlib.h>
#include <string.h>

const struct install *install_of_command(const struct image *im, node_id command)
{
    size_t n;
    const struct install *v = image_installs(im, &n);
    struct bisect b = {.high = n};

    while (bisect_next(&b))
        bisect_take(&b, v[b.at].command < command);
    return b.low < n && v[b.low].command == command ? &v[b.low] : NULL;
}

const struct install *install_of_instruction(const struct image *im, node_id instruction,
                                             const struct install *after)
{
    size_t n;
    const struct install *v = image_installs(im, &n);
    struct bisect b = {.high = n};

    while (!after && bisect_next(&b))
        bisect_take(&b, v[b.at].instruction < instruction);
    size_t i = after ? (size_t)(after - v) + 1 : b.low;
    return i < n && v[i].instruction == instruction ? &v[i] : NULL;
}

/* ---- found once ---- */

/* What a stage's calls have before them: the last update of each manager, and the one that is
 * counted as soon as another command comes. */
struct refreshed {
    uint32_t before[MANAGERS], now[MANAGERS];
};

static void find_updates(const struct image *im, struct arena *a, struct image_late *late)
{
    struct refreshed *at = arena_new(a, struct refreshed, im->nstage);
    unsigned stage = UINT32_MAX;

    for (unsigned i = 0, k = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        stage = i;
        if (s->base == BASE_STAGE)
            at[i] = at[s->base_stage];
        for (; k < late->ninstall && late->install[k].stage <= stage; k++) {
            struct install *in = &late->install[k];
            unsigned m = manager_number(in->manager);
            uint32_t *before = &at[i].before[m], *now = &at[i].now[m];
            if (*now < in->order)
                *before = *now;
            in->updated = *before;
            if (in->verb == VERB_UPDATE)
                *now = in->order;
        }
    }
}

struct sources_before {
    struct by_stage *all;  /* of image.added */
    struct by_stage *told; /* of `which`: those that are not understood, the first of a kind */
    size_t *which;         /* by their place in image.added */
    size_t *whole; /* of each: the last whole one of its stage and manager up to it; 0: none,
                    * else its place and one more */
};

/* Does an earlier one of its stage say as much to every later call? */
static bool is_told(const struct image_late *late, const size_t *which, size_t n, size_t first,
                    const struct added_source *s)
{
    enum { KINDS = 16 }; /* of what scripts touch there are few */
    size_t least = n - first > KINDS ? n - KINDS : first;

    for (size_t i = n; i-- > least;) {
        const struct added_source *x = &late->source[which[i]];
        if (x->manager == s->manager && x->waits == s->waits && str_eq(x->touched, s->touched))
            return true;
    }
    return false;
}

static void find_first(const struct image *im, struct arena *a, struct image_late *late)
{
    size_t k = 0;

    late->first = arena_alloc(a, im->nstage, sizeof(*late->first));
    for (size_t i = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        if (s->base == BASE_STAGE)
            memcpy(late->first[i], late->first[s->base_stage], sizeof(*late->first));
        for (; k < late->ninstall && late->install[k].stage <= i; k++) {
            const struct install **first =
                &late->first[i][manager_number(late->install[k].manager)];
            if (!*first)
                *first = &late->install[k];
        }
    }
}

bool install_names_versions(const struct install *in)
{
    for (size_t i = 0; i < in->npackage; i++)
        if (in->package[i].kind == PACKAGE_CONSTRAINED)
            return true;
    return false;
}

static void find_apart(struct image_late *late)
{
    const struct install *next = NULL;

    for (size_t i = late->ninstall; i-- > 0;) {
        struct install *in = &late->install[i];
        if (in->target_release.n || in->target_unknown || in->nrepository ||
            install_names_versions(in))
            next = in;
        in->next_apart = next;
    }
}

void calls_index(const struct image *im, struct arena *a, struct image_late *late)
{
    find_updates(im, a, late);
    find_first(im, a, late);
    find_apart(late);
}

void sources_index(const struct image *im, struct arena *a, struct image_late *late)
{
    struct sources_before *b = arena_new(a, struct sources_before, 1);
    unsigned *stage = arena_new(a, unsigned, late->nsource),
             *told = arena_new(a, unsigned, late->nsource);
    size_t n = 0, first = 0, whole[MANAGERS] = {0};

    b->which = arena_new(a, size_t, late->nsource);
    b->whole = arena_new(a, size_t, late->nsource);
    for (size_t i = 0; i < late->nsource; i++) {
        const struct added_source *s = &late->source[i];
        stage[i] = s->stage;
        if (i && stage[i] != stage[i - 1]) {
            first = n;
            memset(whole, 0, sizeof(whole));
        }
        size_t *last = &whole[manager_number(s->manager)];
        *last = s->whole ? i + 1 : *last;
        b->whole[i] = *last;
        if (!s->why || s->whole || is_told(late, b->which, n, first, s))
            continue;
        told[n] = s->stage;
        b->which[n++] = i;
    }
    b->all = by_stage_of(im, a, stage, late->nsource);
    b->told = by_stage_of(im, a, told, n);
    late->before = b;
}

static const struct sources_before *before_of(const struct image *im)
{
    size_t n;

    image_sources(im, &n);
    return image_own(im)->late->before;
}

const struct install *image_first_install(const struct image *im, const struct manager *m,
                                          unsigned stage)
{
    size_t n;

    image_installs(im, &n);
    return image_own(im)->late->first[stage][manager_number(m)];
}

/* ---- sources ---- */

/* The next one back that the file adds before the call; NULL: no more. */
static const struct added_source *back(const struct image *im, struct stage_walk *w,
                                       const struct install *in)
{
    const struct added_source *source = image_own(im)->late->source;
    size_t i;

    while (by_stage_back(w, &i)) {
        const struct added_source *s = &source[i];
        if (s->manager == in->manager && s->order < in->order)
            return s;
    }
    return NULL;
}

static struct stage_walk walk_from(const struct image *im, const struct install *in)
{
    struct stage_walk w = by_stage_from(before_of(im)->all, in->stage);
    const struct image_late *late = image_own(im)->late;
    struct bisect b = {.high = late->nsource};

    while (bisect_next(&b))
        bisect_take(&b, late->source[b.at].order < in->order);
    if (b.low < w.end)
        w.end = b.low > w.first ? b.low : w.first;
    return w;
}

const struct added_source *image_source_before(const struct image *im, const struct install *in)
{
    struct stage_walk w = walk_from(im, in);
    return back(im, &w, in);
}

static bool is_among(struct str globs, struct str package)
{
    struct str glob;

    while (word_next(&globs, &glob))
        if (glob_fits(glob, package, 0))
            return true;
    return false;
}

/* May it decide the version of the package, "" any? */
static bool may_decide(const struct added_source *s, const struct install *in, struct str package)
{
    bool any = str_eq(s->touched, S("*"));

    if (s->waits && in->updated <= s->order)
        return false;
    return package.n ? !any && is_among(s->touched, package) : any;
}

/* The last one that says all there is at the time of the call; NULL: none. */
static const struct added_source *last_whole(const struct image *im, const struct install *in)
{
    struct stage_walk w = walk_from(im, in);
    const struct image_late *late = image_own(im)->late;
    const struct added_source *s;

    while ((s = back(im, &w, in))) {
        size_t whole = late->before->whole[s - late->source];
        if (whole)
            return &late->source[whole - 1];
        w.end = w.first; /* none of its stage */
    }
    return NULL;
}

struct str install_other_source(const struct image *im, struct arena *a, const struct install *in,
                                struct str package)
{
    const struct sources_before *b = before_of(im);
    struct stage_walk w = by_stage_from(b->told, in->stage);
    const struct added_source *whole = last_whole(im, in), *found = NULL;
    const struct added_source *source = image_own(im)->late->source;
    size_t i;

    if (whole && whole->why && may_decide(whole, in, package))
        found = whole;
    while (by_stage_back(&w, &i)) {
        const struct added_source *s = &source[b->which[i]];
        if (s->manager == in->manager && s->order < in->order && may_decide(s, in, package) &&
            (!found || s <= found))
            found = s;
    }
    if (!found)
        return S("");
    return str_fmt(a, "line %u %s (" STR_FMT "), which may change %s", image_line(im, found->node),
                   found->why, STR_ARG(found->what),
                   package.n ? "its version" : "package versions");
}

/* What replaces the list of the image drops what was added to that list before. */
static bool starts_anew(const struct added_source *s)
{
    return !s->why && (s->whole || (s->nsource && s->source[0].replaces));
}

bool install_added_sources(const struct image *im, struct arena *a, const struct install *in,
                           source_vec *v)
{
    struct stage_walk w = walk_from(im, in);
    VEC(const struct added_source *) list = {0};
    const struct added_source *s;
    unsigned seen = 0;

    do {
        if (seen++ == SOURCES_MAX)
            return false;
        s = back(im, &w, in);
        if (s && !s->why)
            vec_push(a, &list, s);
    } while (s && !starts_anew(s));
    bool replaced = s && s->nsource && s->source[0].replaces;
    for (size_t i = list.n; i-- > 0 && v->n <= SOURCES_MAX;)
        for (size_t k = 0; k < list.v[i]->nsource && v->n <= SOURCES_MAX; k++)
            if (!list.v[i]->source[k].tag.n || in->verb == VERB_INSTALL) /* only pkg@tag takes it */
                vec_push(a, v, list.v[i]->source[k]);
    for (size_t i = 0; i < v->n; i++)
        v->v[i].replaces = replaced;
    return v->n <= SOURCES_MAX;
}
