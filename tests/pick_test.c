/* Which version is taken, and the pin that takes it again: suites of different priority,
 * architectures that differ, sources that rival. */
#include "cmocka_all.h"

#include "dfix/pick.h"
#include "dfix/manager.h"

enum { ROWS = 5, BOTH = 3 };
struct given {
    const char *version, *suite;
    arch_set archs; /* bit 0 and bit 1 */
};
struct one {
    const char *what;
    const struct manager *manager;
    struct given row[ROWS];
    const char *target;
    const char *taken[2];    /* on each of the two; NULL: nothing */
    const char *pin, *exact; /* NULL: there is none */
};

static const struct one table[] = {
    {"the newest of the release's suites",
     &manager_apt,
     {{"7.88.1-2", "bookworm-security", BOTH}, {"7.88.1-1", "bookworm", BOTH}},
     "",
     {"7.88.1-2", "7.88.1-2"},
     "=7.88.*",
     "=7.88.1-2"},
    {"backports wait until they are asked for, and no pin lets them in",
     &manager_apt,
     {{"2.45.2-1~bpo12+1", "bookworm-backports", BOTH}, {"2.39.5-1", "bookworm", BOTH}},
     "",
     {"2.39.5-1", "2.39.5-1"},
     "=2.39.*",
     "=2.39.5-1"},
    {"a rival of the same minor version: longer",
     &manager_apt,
     {{"2.39.7-1~bpo12+1", "bookworm-backports", BOTH}, {"2.39.5-1", "bookworm", BOTH}},
     "",
     {"2.39.5-1", "2.39.5-1"},
     "=2.39.5-*",
     "=2.39.5-1"},
    {"a rival of the same upstream version: none",
     &manager_apt,
     {{"2.39.5-2~bpo12+1", "bookworm-backports", BOTH}, {"2.39.5-1", "bookworm", BOTH}},
     "",
     {"2.39.5-1", "2.39.5-1"},
     NULL,
     "=2.39.5-1"},
    {"-t takes that suite; the release's own versions need not fit",
     &manager_apt,
     {{"2.45.2-1~bpo12+1", "bookworm-backports", BOTH}, {"1.39.5-1", "bookworm", BOTH}},
     "bookworm-backports",
     {"2.45.2-1~bpo12+1", "2.45.2-1~bpo12+1"},
     "=2.45.*",
     "=2.45.2-1~bpo12+1"},
    {"-t without a version there: as if it were not given",
     &manager_apt,
     {{"1.39.5-1", "bookworm", BOTH}},
     "bookworm-backports",
     {"1.39.5-1", "1.39.5-1"},
     "=1.39.*",
     "=1.39.5-1"},
    {"-t of the plain suite holds a security update back",
     &manager_apt,
     {{"2.1-1+deb12u1", "bookworm-security", BOTH}, {"1.9-1", "bookworm", BOTH}},
     "bookworm",
     {"1.9-1", "1.9-1"},
     "=1.9-*",
     "=1.9-1"},
    {"experimental comes last",
     &manager_apt,
     {{"3.0-1", "experimental", BOTH},
      {"2.0-1~bpo12+1", "bookworm-backports", BOTH},
      {"1.0-1", "sid", BOTH}},
     "",
     {"1.0-1", "1.0-1"},
     "=1.0-*",
     "=1.0-1"},
    {"a rebuild on one architecture: no exact pin",
     &manager_apt,
     {{"0.1.6-2+b2", "bookworm", 1}, {"0.1.6-2+b1", "bookworm", 2}},
     "",
     {"0.1.6-2+b2", "0.1.6-2+b1"},
     "=0.1.*",
     NULL},
    {"only one architecture has it",
     &manager_apt,
     {{"0.1.6-2", "bookworm", 2}},
     "",
     {NULL, "0.1.6-2"},
     "=0.1.*",
     "=0.1.6-2"},
    {"one architecture is behind: no pin takes both",
     &manager_apt,
     {{"156.0-1", "bookworm-security", 1}, {"150.0-1", "bookworm", BOTH}},
     "",
     {"156.0-1", "150.0-1"},
     NULL,
     NULL},
    {"a version that is not one is never written",
     &manager_apt,
     {{"1.0;id", "bookworm", BOTH}},
     "",
     {"1.0;id", "1.0;id"},
     NULL,
     NULL},
    {"apk: the newest of all repositories",
     &manager_apk,
     {{"8.14.1-r2", "v3.20/main", BOTH}, {"8.12.0-r0", "v3.20/community", BOTH}},
     "",
     {"8.14.1-r2", "8.14.1-r2"},
     "=~8.14",
     "=8.14.1-r2"},
    {"nothing", &manager_apk, {{NULL, NULL, 0}}, "", {NULL, NULL}, NULL, NULL},
};

static struct package_info info_of(struct arena *a, const struct one *c)
{
    struct offer *v = arena_new(a, struct offer, ROWS);
    size_t n = 0;

    for (; n < ROWS && c->row[n].version; n++)
        v[n] = (struct offer){.version = str_of(c->row[n].version),
                              .suite = str_of(c->row[n].suite),
                              .archs = c->row[n].archs};
    return (struct package_info){.offer = v, .noffer = n};
}

static void check_pin(const struct one *c, const struct package_info *info, const struct pick *x,
                      bool exact, const char *want)
{
    struct arena *a = arena_open();
    struct str pin, why;
    bool got =
        pick_pin(a, c->manager, info, x, (struct pin_style){exact, PRECISION_MINOR}, &pin, &why);

    if (got != (want != NULL) || (got && !str_eq(pin, str_of(want))))
        fail_msg("%s: \"" STR_FMT "\", want \"%s\"", c->what, STR_ARG(pin), want ? want : "none");
    assert_true(got || why.n > 0);
    arena_close(a);
}

static void test_picks_and_pins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct one *c = &table[i];
        struct arena *a = arena_open();
        struct package_info info = info_of(a, c);
        struct pick x = pick_of(c->manager, &info, BOTH, str_of(c->target));
        for (unsigned bit = 0; bit < 2; bit++) {
            struct str got = x.on[bit] ? x.on[bit]->version : S("");
            if (!str_eq(got, str_of(c->taken[bit])))
                fail_msg("%s: takes \"" STR_FMT "\"", c->what, STR_ARG(got));
        }
        check_pin(c, &info, &x, false, c->pin);
        check_pin(c, &info, &x, true, c->exact);
        arena_close(a);
    }
}

static void test_depth_is_kept(void **state)
{
    static const struct {
        const struct manager *manager;
        const char *wanted, *version, *like;
    } rows[] = {
        {&manager_apt, "7.74.*", "7.88.1-10", "7.88.*"},
        {&manager_apt, "7.*", "8.1.0-1", "8.*"},
        {&manager_apt, "1:2.30*", "1:2.39.5-0", "1:2.39*"},
        {&manager_apt, "2.30.*", "1:2.39.5-0", "1:2.39.*"},
        {&manager_apt, "7.74.0-*", "7.88.1-10+deb12u15", "7.88.1-*"},
        {&manager_apt, "7.88.1-9+deb12u*", "7.88.1-10+deb12u15", "7.88.1-10+deb12u*"},
        {&manager_apt, "1.2.3.4.*", "2.0-1", "2.0-*"},
        {&manager_apt, "1.2-*", "20240101", "20240101*"},
        {&manager_apt, "1:*", "2:1.0-1", "2:*"},
        {&manager_apt, "1:*", "1.0-1", ""},
        {&manager_apk, "8.12", "8.14.1-r2", "8.14"},
        {&manager_apk, "8", "9.1-r0", "9"},
        {&manager_apk, "8.12.1-r0", "8.14.1-r2", "8.14.1-r2"},
        {&manager_apk, "1.2.3.4", "2.0-r1", "2.0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct arena *a = arena_open();
        struct str like =
            constraint_like(a, rows[i].manager, str_of(rows[i].wanted), str_of(rows[i].version));
        if (!str_eq(like, str_of(rows[i].like)))
            fail_msg("%s for %s: " STR_FMT, rows[i].wanted, rows[i].version, STR_ARG(like));
        arena_close(a);
    }
}

static void test_constraints(void **state)
{
    static const struct {
        const struct manager *manager;
        const char *operator_, *wanted, *version;
        bool known, holds;
    } rows[] = {
        {&manager_apt, "=", "7.*", "7.88.1-1", true, true},
        {&manager_apt, "/", "bookworm", "7.88.1-1", false, false},
        {&manager_apt, "=", "", "7.88.1-1", false, false},
        {&manager_apk, "=", "1.2-r0", "1.2-r0", true, true},
        {&manager_apk, "=", "1.2", "1.2-r0", true, false},
        {&manager_apk, "~", "1.2", "1.2-r0", true, true},
        {&manager_apk, "~=", "1.2", "1.20-r0", true, false},
        {&manager_apk, "=~", "1.2", "1.2.9-r0", true, true},
        {&manager_apk, ">", "1.2", "1.2-r1", true, true},
        {&manager_apk, ">=", "1.3", "1.2-r1", true, false},
        {&manager_apk, "<", "1.3", "1.2-r1", true, true},
        {&manager_apk, "<=", "1.2-r1", "1.2-r1", true, true},
        {&manager_apk, "<", "1.2-r1", "1.2-r1", true, false},
        {&manager_apk, "=", "1.2.*", "1.2.3-r1", false, false},
        {&manager_apk, "@", "edge", "1.2.3-r1", false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str op = str_of(rows[i].operator_), wanted = str_of(rows[i].wanted);
        if (constraint_known(rows[i].manager, op, wanted) != rows[i].known ||
            constraint_holds(rows[i].manager, op, wanted, str_of(rows[i].version)) != rows[i].holds)
            fail_msg("%s%s and %s", rows[i].operator_, rows[i].wanted, rows[i].version);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_picks_and_pins),
                                       cmocka_unit_test(test_depth_is_kept),
                                       cmocka_unit_test(test_constraints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
