/* Laws of pins: for every package of the host's apt lists, and for versions made up at random, in
 * each style. The judge of patterns is fnmatch(3), which apt asks too. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "dfix/pick.h"
#include "dfix/manager.h"
#include "random.h"

static const struct pin_style styles[] = {
    {true, PRECISION_MINOR},
    {false, PRECISION_MAJOR},
    {false, PRECISION_MINOR},
    {false, PRECISION_UPSTREAM},
};
enum { STYLES = sizeof styles / sizeof styles[0], ARCHS = 3 /* two of them */ };

static bool matches(struct arena *a, struct str pattern, struct str version)
{
    return fnmatch(str_cstr(a, pattern), str_cstr(a, version), FNM_CASEFOLD) == 0;
}

/* Past the epoch and as many as two components: numbers, with the letters that they carry. */
static size_t two_components(struct str v)
{
    ptrdiff_t colon = str_chr(v, ':');
    size_t at = (size_t)(colon + 1), end = at;

    for (int i = 0; i < 2 && at < v.n && v.p[at] >= '0' && v.p[at] <= '9'; i++) {
        for (end = at; end < v.n && str_chr(S(".+-~*"), v.p[end]) == STR_NONE;)
            end++;
        at = end + 1;
        if (end < v.n && v.p[end] != '.')
            break;
    }
    return end;
}

/* The pin takes what is taken without it, on each architecture; a pattern lets in all that suites
 * of the same rank hold, and is never bare. */
static const char *broken_law(struct arena *a, const struct package_info *info, struct pin_style s,
                              struct str *pin)
{
    struct pick x = pick_of(&manager_apt, info, ARCHS, S(""));
    struct str why, pattern;

    *pin = S("");
    if (!pick_pin(a, &manager_apt, info, &x, s, pin, &why))
        return why.n ? NULL : "refused without a reason";
    if (!str_starts(*pin, S("=")))
        return "no operator";
    pattern = str_from(*pin, 1);
    size_t star = pattern.n - str_ends(pattern, S("*"));
    if (s.exact ? !str_eq(pattern, x.newest->version) : star + 1 != pattern.n)
        return "another form than the style's";
    if (star == 0 || pattern.p[star - 1] == ':')
        return "a bare star";
    if (!str_starts(pattern, str_sub(x.newest->version, 0, two_components(x.newest->version))))
        return "fewer than two components";
    for (unsigned bit = 0; bit < 2; bit++) {
        const struct offer *taken = NULL;
        for (size_t i = 0; i < info->noffer; i++) {
            const struct offer *o = &info->offer[i];
            bool fits = matches(a, pattern, o->version);
            bool spare = str_ends(o->suite, S("-backports"));
            if (!(o->archs >> bit & 1))
                continue;
            if (fits && (!taken || deb_compare(o->version, taken->version) > 0))
                taken = o;
            if (!fits && !spare && !s.exact)
                return "a version of the release does not match";
        }
        if (x.on[bit] && (!taken || !str_eq(taken->version, x.on[bit]->version)))
            return "another version would be taken";
    }
    return NULL;
}

static void check(struct arena *a, const struct package_info *info, struct str name, size_t *pins)
{
    for (size_t i = 0; i < STYLES; i++) {
        struct str pin;
        const char *law = broken_law(a, info, styles[i], &pin);
        *pins += pin.n > 0;
        if (!law)
            continue;
        for (size_t k = 0; k < info->noffer; k++)
            print_error("  " STR_FMT " %u\n", STR_ARG(info->offer[k].version),
                        info->offer[k].archs);
        fail_msg(STR_FMT STR_FMT ": %s", STR_ARG(name), STR_ARG(pin), law);
    }
}

static int newest_first(const void *x, const void *y)
{
    return deb_compare(((const struct offer *)y)->version, ((const struct offer *)x)->version);
}

/* One of two made of the same few parts, so that they often begin alike. */
static struct str random_version(struct random *r, struct arena *a)
{
    static const char *const epochs[] = {"", "", "", "1:", "2:"};
    static const char *const suffixes[] = {"", "", "+dfsg", "~rc1", "+ds1", ".dfsg", "a", "esr"};
    static const char *const revisions[] = {"",         "-1",         "-1+b1",      "-1+deb12u1",
                                            "-10",      "-2",         "-1~bpo12+1", "+b2",
                                            "+deb12u1", "-0ubuntu1.2"};
    struct buf b = {.arena = a};

    buf_fmt(&b, "%s%u", epochs[random_below(r, 5)], random_below(r, 3) + 7);
    for (uint32_t n = random_below(r, 4); n; n--)
        buf_fmt(&b, ".%u", random_below(r, 3) * 4 + 8);
    buf_fmt(&b, "%s%s", suffixes[random_below(r, 8)], revisions[random_below(r, 10)]);
    return buf_str(&b);
}

static void made_up_versions(void **state)
{
    static const struct str suites[] = {{"bookworm", 8},
                                        {"bookworm-updates", 16},
                                        {"bookworm-security", 17},
                                        {"bookworm-backports", 18}};
    size_t pins = 0;
    (void)state;

    for (uint64_t seed = 0; seed < 30000; seed++) {
        struct random r = random_of(seed);
        struct arena *a = arena_open();
        struct offer offer[5];
        size_t n = 1 + random_below(&r, 4);
        for (size_t i = 0; i < n; i++)
            offer[i] = (struct offer){.version = random_version(&r, a),
                                      .suite = suites[random_below(&r, 4)],
                                      .archs = 1 + random_below(&r, ARCHS)};
        qsort(offer, n, sizeof offer[0], newest_first);
        struct package_info info = {.offer = offer, .noffer = n};
        check(a, &info, str_fmt(a, "case %u ", (unsigned)seed), &pins);
        arena_close(a);
    }
    assert_true(pins > 30000);
}

/* What people call a security update: the revision, or the last number, moves. */
static void pins_outlive_updates(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct random r = random_of(seed);
        struct arena *a = arena_open();
        struct str pin, why,
            stem = str_fmt(a, "%u.%u.", random_below(&r, 30), random_below(&r, 30));
        struct str old = str_fmt(a, STR_FMT "%u-1", STR_ARG(stem), random_below(&r, 200));
        struct str new = str_fmt(a, STR_FMT "%u-%u+deb12u3", STR_ARG(stem), random_below(&r, 2000),
                                 random_below(&r, 20));
        assert_true(pin_compatible(a, &manager_apt, old, &old, 1, PRECISION_MINOR, &pin, &why));
        if (!matches(a, pin, new))
            fail_msg(STR_FMT " of " STR_FMT " is dead for " STR_FMT, STR_ARG(pin), STR_ARG(old),
                     STR_ARG(new));
        /* ... and nothing of the next minor version gets in. */
        struct str next = str_fmt(a, "%.*s0.1-1", (int)stem.n - 1, stem.p);
        assert_false(matches(a, pin, next));
        arena_close(a);
    }
}

struct row {
    struct str name, version;
};

static int by_name(const void *x, const void *y)
{
    const struct row *p = x, *q = y;
    int order = str_cmp(p->name, q->name);
    return order ? order : -deb_compare(p->version, q->version);
}

static void packages_of_the_host(void **state)
{
    struct arena *a = arena_open();
    VEC(struct row) rows = {0};
    struct str name = S("");
    size_t pins = 0, packages = 0;
    char line[4096];
    (void)state;

    FILE *f =
        popen("for list in /var/lib/apt/lists/*_Packages*; do "
              "[ -e \"$list\" ] && /usr/lib/apt/apt-helper cat-file \"$list\"; done 2>/dev/null",
              "r");
    while (f && fgets(line, sizeof line, f)) {
        struct str s = str_trim(str_of(line));
        if (str_starts(s, S("Package: ")))
            name = str_dup(a, str_from(s, 9));
        else if (str_starts(s, S("Version: ")))
            vec_push(a, &rows, (struct row){name, str_dup(a, str_from(s, 9))});
    }
    if (f)
        pclose(f);
    if (rows.n)
        qsort(rows.v, rows.n, sizeof rows.v[0], by_name);
    for (size_t i = 0, end; i < rows.n; i = end, packages++) {
        struct arena *scratch = arena_open();
        for (end = i + 1; end < rows.n && str_eq(rows.v[end].name, rows.v[i].name);)
            end++;
        struct offer *offer = arena_new(scratch, struct offer, end - i);
        for (size_t k = i; k < end; k++)
            offer[k - i] =
                (struct offer){.version = rows.v[k].version, .suite = S("release"), .archs = ARCHS};
        struct package_info info = {.offer = offer, .noffer = end - i};
        check(scratch, &info, rows.v[i].name, &pins);
        arena_close(scratch);
    }
    if (!packages)
        printf("skipped: no lists of the host's apt\n");
    else
        printf("%zu packages, %zu pins\n", packages, pins);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_up_versions),
        cmocka_unit_test(pins_outlive_updates),
        cmocka_unit_test(packages_of_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
