/* pick.c - which of the versions on offer a manager takes, and pins that take the same one. */
#include "dfix/pick.h"

#include "dfix/manager.h"

/* ---- constraints ---- */

bool constraint_known(const struct manager *m, struct str operator_, struct str wanted)
{
    return m->constraint_known(operator_, wanted);
}

bool constraint_holds(const struct manager *m, struct str operator_, struct str wanted,
                      struct str version)
{
    return m->constraint_holds(operator_, wanted, version);
}

bool constraint_exact(const struct manager *m, struct str operator_, struct str wanted)
{
    return str_eq(operator_, S("=")) && m->version_valid(wanted);
}

bool constraint_open(const struct manager *m, struct str operator_, struct str wanted)
{
    return m->constraint_open(operator_, wanted);
}

struct str version_upstream(const struct manager *m, struct str version)
{
    return m->version_upstream(version);
}

/* ---- depth ---- */

enum { DIGITS, LETTERS, SIGN };

static int class_of(char c)
{
    if (c >= '0' && c <= '9')
        return DIGITS;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? LETTERS : SIGN;
}

/* Past the first `n` tokens of s: runs of digits, runs of letters, single signs. */
static size_t tokens_end(struct str s, size_t n)
{
    size_t i = 0;

    for (; n && i < s.n; n--) {
        int class = class_of(s.p[i++]);
        while (class != SIGN && i < s.n && class_of(s.p[i]) == class)
            i++;
    }
    return i;
}

static size_t tokens_in(struct str s)
{
    size_t n = 0;

    while (tokens_end(s, n) < s.n)
        n++;
    return n;
}

/* The beginning of `version` that goes as deep as `stem`: as many tokens of the upstream part, or
 * all of it and as many of the revision. */
static size_t depth_end(const struct manager *m, struct str stem, struct str version)
{
    struct str old = version_upstream(m, stem), now = version_upstream(m, version);

    if (old.n < stem.n)
        return now.n + tokens_end(str_from(version, now.n), tokens_in(str_from(stem, old.n)));
    size_t depth = tokens_in(str_from(stem, m->epoch_end(stem)));
    size_t from = m->epoch_end(version), end = from + tokens_end(str_from(now, from), depth);
    /* A version that is shorter than the pin was: the sign before the star ends it as well. */
    bool signed_end =
        end > from && class_of(stem.p[stem.n - 1]) == SIGN && class_of(version.p[end - 1]) != SIGN;
    return *m->star && signed_end && end < version.n ? end + 1 : end;
}

struct str constraint_like(struct arena *a, const struct manager *m, struct str wanted,
                           struct str version)
{
    struct str stem = str_sub(wanted, 0, wanted.n - str_of(m->star).n);
    struct str like = str_sub(version, 0, depth_end(m, stem, version));

    return like.n ? str_fmt(a, STR_FMT "%s", STR_ARG(like), m->star) : like;
}

/* ---- what is taken ---- */

static void choose(struct pick *x, const struct manager *m, unsigned bit, const struct offer *o)
{
    x->on[bit] = o;
    if (!o)
        return;
    x->archs |= (arch_set)1 << bit;
    bool as_newest = x->newest && str_eq(x->newest->version, o->version);
    x->same = !x->newest || (x->same && as_newest);
    if (!x->newest || (!as_newest && version_compare(m, o->version, x->newest->version) > 0))
        x->newest = o;
}

/* Offers come newest first, so that the first of a priority is its highest version. */
static const struct offer *best_on(const struct manager *m, const struct package_info *info,
                                   arch_set arch, struct str target)
{
    const struct offer *best = NULL;

    for (size_t i = 0; i < info->noffer; i++) {
        const struct offer *o = &info->offer[i];
        if (!(o->archs & arch))
            continue;
        if (!best || m->priority(o, target) > m->priority(best, target))
            best = o;
    }
    return best;
}

struct pick pick_of(const struct manager *m, const struct package_info *info, arch_set archs,
                    struct str target)
{
    struct pick x = {.newest = NULL, .target = target};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1)
            choose(&x, m, bit, best_on(m, info, (arch_set)1 << bit, target));
    return x;
}

struct pick pick_constrained(const struct manager *m, const struct package_info *info,
                             arch_set archs, struct str operator_, struct str wanted)
{
    struct pick x = {.newest = NULL, .target = S("")};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
        const struct offer *taken = NULL;
        for (size_t i = 0; i < info->noffer && !taken && (archs >> bit & 1); i++)
            if ((info->offer[i].archs >> bit & 1) &&
                constraint_holds(m, operator_, wanted, info->offer[i].version))
                taken = &info->offer[i];
        choose(&x, m, bit, taken);
    }
    return x;
}

/* ---- pins ---- */

/* Would the pin take another version than is taken without it? The architecture, or ARCH_MAX. */
static unsigned disagrees_on(const struct manager *m, const struct package_info *info,
                             const struct pick *x, struct str operator_, struct str pin)
{
    struct pick y = pick_constrained(m, info, x->archs, operator_, pin);
    unsigned bit = 0;

    while (bit < ARCH_MAX &&
           (!x->on[bit] || (y.on[bit] && str_eq(y.on[bit]->version, x->on[bit]->version))))
        bit++;
    return bit;
}

bool pick_pin(struct arena *a, const struct manager *m, const struct package_info *info,
              const struct pick *x, struct pin_style style, struct str *pin, struct str *why)
{
    struct str operator_ = str_of(m->open_operator), wanted;
    VEC(struct str) versions = {0};

    *pin = S("");
    *why = S("it is in none of the suites that would be used");
    if (!x->newest)
        return false;
    wanted = x->newest->version;
    *why = S("its version is not valid");
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (x->on[bit] && !version_valid(m, x->on[bit]->version))
            return false;
    if (style.exact) {
        *why = S("its version differs between architectures");
        *pin = str_fmt(a, "=" STR_FMT, STR_ARG(wanted));
        return x->same;
    }
    for (size_t i = 0; i < info->noffer; i++)
        if (m->pin_counts(&info->offer[i], x))
            vec_push(a, &versions, info->offer[i].version);
    if (!pin_compatible(a, m, wanted, versions.v, versions.n, style.precision, &wanted, why))
        return false;
    unsigned bit = disagrees_on(m, info, x, operator_, wanted);
    if (bit < ARCH_MAX) {
        *why = str_fmt(a, STR_FMT STR_FMT " would pick another version than today's on " STR_FMT,
                       STR_ARG(operator_), STR_ARG(wanted), STR_ARG(arch_name(bit)));
        return false;
    }
    *pin = str_fmt(a, STR_FMT STR_FMT, STR_ARG(operator_), STR_ARG(wanted));
    return true;
}
