/* pick.c - which of the versions on offer apt or apk takes, and pins that take the same one. */
#include "dfix/pick.h"

/* ---- constraints ---- */

static bool is_fuzzy(struct str operator_)
{
    return str_eq(operator_, S("~")) || str_eq(operator_, S("=~")) || str_eq(operator_, S("~="));
}

static bool is_range(struct str operator_)
{
    return str_eq(operator_, S("<")) || str_eq(operator_, S("<=")) || str_eq(operator_, S(">")) ||
           str_eq(operator_, S(">="));
}

bool constraint_known(enum manager m, struct str operator_, struct str wanted)
{
    if (!wanted.n)
        return false;
    switch (m) {
    case MANAGER_APT:
        return str_eq(operator_, S("="));
    case MANAGER_APK:
        break;
    }
    return (str_eq(operator_, S("=")) || is_fuzzy(operator_) || is_range(operator_)) &&
           apk_valid(wanted);
}

bool constraint_holds(enum manager m, struct str operator_, struct str wanted, struct str version)
{
    if (!constraint_known(m, operator_, wanted))
        return false;
    if (m == MANAGER_APT)
        return deb_matches(version, wanted);
    if (!apk_valid(version))
        return false;
    if (is_fuzzy(operator_))
        return apk_fuzzy(version, wanted);
    int order = apk_compare(version, wanted);
    if (order == 0)
        return str_chr(operator_, '=') != STR_NONE;
    return operator_.p[0] == (order < 0 ? '<' : '>');
}

static bool is_glob(struct str wanted)
{
    return str_chr(wanted, '*') != STR_NONE || str_chr(wanted, '?') != STR_NONE ||
           str_chr(wanted, '[') != STR_NONE || str_chr(wanted, '\\') != STR_NONE;
}

bool constraint_exact(enum manager m, struct str operator_, struct str wanted)
{
    return str_eq(operator_, S("=")) && version_valid(m, wanted);
}

bool constraint_open(enum manager m, struct str operator_, struct str wanted)
{
    if (m == MANAGER_APK)
        return is_fuzzy(operator_) && apk_valid(wanted);
    return str_eq(operator_, S("=")) && wanted.n > 1 && str_ends(wanted, S("*")) &&
           !is_glob(str_sub(wanted, 0, wanted.n - 1));
}

struct str version_upstream(enum manager m, struct str version)
{
    ptrdiff_t revision = STR_NONE;

    switch (m) {
    case MANAGER_APT:
        revision = str_rchr(version, '-');
        break;
    case MANAGER_APK:
        revision = str_find(version, S("-r"));
        break;
    }
    return revision == STR_NONE ? version : str_sub(version, 0, (size_t)revision);
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
static size_t depth_end(enum manager m, struct str stem, struct str version)
{
    struct str old = version_upstream(m, stem), now = version_upstream(m, version);

    if (old.n < stem.n)
        return now.n + tokens_end(str_from(version, now.n), tokens_in(str_from(stem, old.n)));
    ptrdiff_t old_epoch = m == MANAGER_APT ? str_chr(stem, ':') : STR_NONE;
    ptrdiff_t new_epoch = m == MANAGER_APT ? str_chr(version, ':') : STR_NONE;
    size_t depth = tokens_in(str_from(stem, (size_t)(old_epoch + 1)));
    size_t from = (size_t)(new_epoch + 1), end = from + tokens_end(str_from(now, from), depth);
    /* A version that is shorter than the pin was: the sign behind it ends it as well. */
    bool signed_end =
        end > from && class_of(stem.p[stem.n - 1]) == SIGN && class_of(version.p[end - 1]) != SIGN;
    return m == MANAGER_APT && signed_end && end < version.n ? end + 1 : end;
}

struct str constraint_like(struct arena *a, enum manager m, struct str wanted, struct str version)
{
    struct str stem = m == MANAGER_APT ? str_sub(wanted, 0, wanted.n - 1) : wanted;
    struct str like = str_sub(version, 0, depth_end(m, stem, version));

    return like.n ? str_fmt(a, STR_FMT "%s", STR_ARG(like), m == MANAGER_APT ? "*" : "") : like;
}

/* ---- what is taken ---- */

static int apt_priority(const struct offer *o, struct str target)
{
    if (target.n && str_eq(o->suite, target))
        return 990;
    if (str_ends(o->suite, S("-backports")) || str_ends(o->suite, S("-backports-sloppy")))
        return 100;
    return str_eq(o->suite, S("experimental")) || str_eq(o->suite, S("rc-buggy")) ? 1 : 500;
}

static void choose(struct pick *x, enum manager m, unsigned bit, const struct offer *o)
{
    x->on[bit] = o;
    if (!o)
        return;
    x->archs |= (arch_set)1 << bit;
    x->same = !x->newest || (x->same && str_eq(x->newest->version, o->version));
    if (!x->newest || version_compare(m, o->version, x->newest->version) > 0)
        x->newest = o;
}

/* Offers come newest first, so that the first of a priority is its highest version. */
static const struct offer *best_on(enum manager m, const struct package_info *info, arch_set arch,
                                   struct str target)
{
    const struct offer *best = NULL;

    for (size_t i = 0; i < info->noffer; i++) {
        const struct offer *o = &info->offer[i];
        if (!(o->archs & arch))
            continue;
        if (m == MANAGER_APK)
            return o;
        if (!best || apt_priority(o, target) > apt_priority(best, target))
            best = o;
    }
    return best;
}

struct pick pick_of(enum manager m, const struct package_info *info, arch_set archs,
                    struct str target)
{
    struct pick x = {.newest = NULL, .target = target};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1)
            choose(&x, m, bit, best_on(m, info, (arch_set)1 << bit, target));
    return x;
}

struct pick pick_constrained(enum manager m, const struct package_info *info, arch_set archs,
                             struct str operator_, struct str wanted)
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
static unsigned disagrees_on(enum manager m, const struct package_info *info, const struct pick *x,
                             struct str operator_, struct str pin)
{
    struct pick y = pick_constrained(m, info, x->archs, operator_, pin);
    unsigned bit = 0;

    while (bit < ARCH_MAX &&
           (!x->on[bit] || (y.on[bit] && str_eq(y.on[bit]->version, x->on[bit]->version))))
        bit++;
    return bit;
}

static bool is_taken(const struct offer *o, const struct pick *x)
{
    unsigned bit = 0;

    while (bit < ARCH_MAX && x->on[bit] != o)
        bit++;
    return bit < ARCH_MAX;
}

/* A pin lets in what the suites that the choice comes from hold today, and must keep out what is
 * newer elsewhere. A repository of apk's has one version of a package: what it takes is all. */
static bool counts(enum manager m, const struct offer *o, const struct pick *x)
{
    if (m == MANAGER_APK)
        return is_taken(o, x);
    return (o->archs & x->archs) &&
           (apt_priority(o, x->target) >= apt_priority(x->newest, x->target) ||
            deb_compare(o->version, x->newest->version) > 0);
}

bool pick_pin(struct arena *a, enum manager m, const struct package_info *info,
              const struct pick *x, struct pin_style style, struct str *pin, struct str *why)
{
    struct str equal = S("="), fuzzy = S("=~"), operator_ = equal, wanted;
    VEC(struct str) versions = {0};

    *pin = S("");
    *why = S("no suite that the manager would take it from has it");
    if (!x->newest)
        return false;
    wanted = x->newest->version;
    *why = S("its version is not a valid one");
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (x->on[bit] && !version_valid(m, x->on[bit]->version))
            return false;
    if (style.exact) {
        *why = S("its version is not the same on all architectures");
        *pin = str_fmt(a, "=" STR_FMT, STR_ARG(wanted));
        return x->same;
    }
    for (size_t i = 0; i < info->noffer; i++)
        if (counts(m, &info->offer[i], x))
            vec_push(a, &versions, info->offer[i].version);
    if (m == MANAGER_APK)
        operator_ = fuzzy;
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
