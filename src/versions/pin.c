/* pin.c - pins that outlive updates.
 *
 * A version is cut to one of several lengths, and the pin says "that, and
 * whatever follows". The cut is always at the end of a component, so that 7.8
 * never stands for 7.88:
 *
 *     18.20.4+dfsg-1~deb12u3      apt          apk (prefixes by their nature)
 *     two components              18.20.*      18.20
 *     all components              18.20.4+*    18.20.4
 *     the whole upstream version  18.20.4+dfsg-*
 *
 * Two is the least: one component of several says next to nothing of what is installed.
 *
 * Components are the dotted numbers at the start of the upstream version, with the
 * letters that they may carry (1.1.1w); what follows (+dfsg, ~rc1, .dfsg) belongs to none. A
 * version with no more than one component has only its whole upstream version: 2025b-0+deb12u2
 * gives 2025b-*. A native one grows a suffix when it is updated, so that its star comes at once:
 * 20230311*, which 20230311+deb12u1 matches. */
#include "dfix/manager.h"

enum { MOST_COMPONENTS = 16 };

/* The lengths that a version can be cut to, shortest first. */
struct cuts {
    size_t end[MOST_COMPONENTS + 1];
    size_t n;
    size_t components; /* 0 when only the whole upstream version is left */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Ends of the components between `at` and `end` of v. */
static void find_components(struct str v, size_t at, size_t end, struct cuts *cuts)
{
    while (at < end && is_digit(v.p[at]) && cuts->n < MOST_COMPONENTS) {
        while (at < end && is_alnum(v.p[at]))
            at++;
        cuts->end[cuts->n++] = at;
        if (at >= end || v.p[at] != '.')
            break;
        at++;
    }
}

/* Where components of v[start, end) end, and where all of it does. One component is no
 * boundary: it is the whole version. */
static struct cuts cuts_between(struct str v, size_t start, size_t end)
{
    struct cuts cuts = {.n = 0};

    find_components(v, start, end, &cuts);
    if (cuts.n <= 1)
        cuts.n = 0;
    cuts.components = cuts.n;
    if (!cuts.n || cuts.end[cuts.n - 1] != end)
        cuts.end[cuts.n++] = end;
    return cuts;
}

/* The shortest cut that says enough: two components, or the whole of a version without any. */
static size_t shortest_cut(const struct cuts *cuts)
{
    return cuts->components ? 1 : 0;
}

static size_t cut_of(const struct cuts *cuts, enum precision p)
{
    size_t n = cuts->components, least = shortest_cut(cuts);
    switch (p) {
    case PRECISION_MAJOR:
        return least;
    case PRECISION_MINOR:
        return n > 2 ? n - 2 : least;
    case PRECISION_PATCH:
        return n ? n - 1 : least;
    case PRECISION_UPSTREAM:
        break;
    }
    return cuts->n - 1;
}

struct pin_question {
    const struct manager *manager;
    struct str candidate;
    const struct str *version;
    size_t n;
    /* Of each version: newer than the candidate, from a source that the manager does not prefer,
     * such as backports. It would be picked if the pin let it. */
    bool *rival;
};

static bool *rivals(struct arena *a, const struct pin_question *q)
{
    bool *rival = arena_new(a, bool, q->n);

    for (size_t i = 0; i < q->n; i++)
        rival[i] = !str_eq(q->version[i], q->candidate) &&
                   version_compare(q->manager, q->version[i], q->candidate) > 0;
    return rival;
}

/* Between the cut and the star stands the byte that follows in the candidate, so
 * that a longer number does not match. Where versions disagree in how their suffix
 * begins (20230311 and 20230311+deb12u1, 53-1 and 53+dfsg-1), nothing can. */
static struct str joint(const struct pin_question *q, size_t end)
{
    struct str stem = str_sub(q->candidate, 0, end);
    struct str next = str_sub(q->candidate, end, q->candidate.n > end ? end + 1 : end);
    if (str_eq(next, S(".")))
        return next;
    for (size_t i = 0; i < q->n; i++) {
        struct str v = q->version[i];
        if (q->rival[i] || !str_starts(v, stem))
            continue;
        if (v.n == end)
            return S("");
        if (!str_starts(str_from(v, end), next) && str_chr(S("+-~"), v.p[end]) != STR_NONE)
            return S("");
    }
    return next;
}

static struct str write_pin(struct arena *a, const struct pin_question *q, size_t end)
{
    struct str stem = str_sub(q->candidate, 0, end);
    if (!*q->manager->star)
        return str_dup(a, stem);
    return str_fmt(a, STR_FMT STR_FMT "%s", STR_ARG(stem), STR_ARG(joint(q, end)),
                   q->manager->star);
}

/* The first version that the pin should hold but does not, or the other way round;
 * n when there is none. */
static size_t fails_at(const struct pin_question *q, struct str pin, bool rival)
{
    size_t i = 0;
    while (i < q->n &&
           (q->rival[i] != rival || q->manager->pin_matches(q->version[i], pin) != rival))
        i++;
    return i;
}

static bool refuse(struct arena *a, const struct pin_question *q, size_t dead, size_t rival,
                   struct str *why)
{
    if (dead < q->n)
        *why = str_fmt(a,
                       "its versions in this release (" STR_FMT ", " STR_FMT
                       ") have too short a common prefix to pin to",
                       STR_ARG(q->version[dead]), STR_ARG(q->candidate));
    else
        *why = str_fmt(a,
                       "another package source has " STR_FMT ", which any pattern for " STR_FMT
                       " would also match",
                       STR_ARG(q->version[rival]), STR_ARG(q->candidate));
    return false;
}

bool pin_compatible(struct arena *a, const struct manager *m, struct str candidate,
                    const struct str *versions, size_t n, enum precision p, struct str *pin,
                    struct str *why)
{
    struct pin_question q = {m, candidate, versions, n, NULL};
    *pin = *why = S("");
    if (!version_valid(m, candidate)) {
        *why = S("its version is not valid");
        return false;
    }
    q.rival = rivals(a, &q);
    struct str core = m->pin_core(candidate);
    size_t start = (size_t)(core.p - candidate.p);
    struct cuts cuts = cuts_between(candidate, start, start + core.n);
    size_t least = shortest_cut(&cuts), at = cut_of(&cuts, p), dead, rival;
    /* Shorter until all that is alive matches ... */
    for (;; at--) {
        *pin = write_pin(a, &q, cuts.end[at]);
        dead = fails_at(&q, *pin, false);
        if (dead == n || at == least)
            break;
    }
    /* ... but long enough that nothing newer does. */
    for (;; at++) {
        *pin = write_pin(a, &q, cuts.end[at]);
        dead = fails_at(&q, *pin, false);
        rival = fails_at(&q, *pin, true);
        if (dead < n || rival == n || at + 1 == cuts.n)
            break;
    }
    return (dead == n && rival == n) || refuse(a, &q, dead, rival, why);
}
