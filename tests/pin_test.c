/* Pins: what is written after `=` (apt) and `=~` (apk), and what no pin can be written for. */
#include "cmocka_all.h"

#include "dfix/version.h"
#include "dfix/manager.h"

enum { VERSIONS = 4 };
struct one {
    const struct manager *manager;
    enum precision precision;
    const char *versions[VERSIONS]; /* the candidate first */
    const char *pin;                /* NULL: there is none */
};

static const struct one table[] = {
    {&manager_apt, PRECISION_MINOR, {"7.88.1-10+deb12u15"}, "7.88.*"},
    {&manager_apt, PRECISION_MINOR, {"1:2.39.5-0+deb12u3"}, "1:2.39.*"},
    {&manager_apt, PRECISION_MINOR, {"15.20-0+deb12u1"}, "15.20-*"},
    {&manager_apt, PRECISION_MINOR, {"18.20.4+dfsg-1~deb12u3"}, "18.20.*"},
    {&manager_apt, PRECISION_MAJOR, {"7.88.1-10"}, "7.88.*"},
    {&manager_apt, PRECISION_MAJOR, {"9.18.28.1-1"}, "9.18.*"},
    {&manager_apt, PRECISION_MINOR, {"9.18.28.1-1"}, "9.18.28.*"},
    /* Two components are kept whole, whatever follows them. */
    {&manager_apt, PRECISION_MINOR, {"1.6-2.1"}, "1.6-*"},
    {&manager_apt, PRECISION_MINOR, {"2.36-9+deb12u13", "2.36-9+deb12u10"}, "2.36-*"},
    {&manager_apt, PRECISION_MINOR, {"1.34+dfsg-1.2"}, "1.34+*"},
    {&manager_apt, PRECISION_MINOR, {"3.0~rc2-1"}, "3.0~*"},
    {&manager_apt, PRECISION_MINOR, {"12.9"}, "12.9*"},
    {&manager_apt, PRECISION_MAJOR, {"1:9.2p1-2"}, "1:9.2p1-*"},
    /* One is all that there is. */
    {&manager_apt, PRECISION_MINOR, {"590-2"}, "590-*"},
    {&manager_apt, PRECISION_MINOR, {"0~20230506-1"}, "0~20230506-*"},
    /* Shortened until every version of the release holds, at whole components. */
    {&manager_apt, PRECISION_MINOR, {"7.88.2.1-1", "7.88.1.9-1"}, "7.88.*"},
    /* ... but not to one. */
    {&manager_apt, PRECISION_MINOR, {"7.89.1-1", "7.88.1-1"}, NULL},
    {&manager_apt, PRECISION_MINOR, {"7.8.1-1", "7.8-1"}, NULL},
    {&manager_apt, PRECISION_MINOR, {"15.20-0+deb12u1", "15.13-0+deb12u1"}, NULL},
    {&manager_apt, PRECISION_PATCH, {"1.1.1w-0", "1.1.1n-0"}, "1.1.*"},
    /* Jumpers: nothing in common is no pin, never a bare star. */
    {&manager_apt, PRECISION_MINOR, {"20250419~deb12u2", "20230311+deb12u1"}, NULL},
    {&manager_apt, PRECISION_MINOR, {"156.0.1-1", "150.0.2-1"}, NULL},
    {&manager_apk, PRECISION_MINOR, {"8.14.1-r2"}, "8.14"},
    {&manager_apk, PRECISION_MAJOR, {"8.14.1-r2"}, "8.14"},
    {&manager_apk, PRECISION_MAJOR, {"4.17.12.1-r0"}, "4.17"},
    {&manager_apk, PRECISION_MINOR, {"4.17.12.1-r0"}, "4.17.12"},
    {&manager_apk, PRECISION_MINOR, {"1.35-r2"}, "1.35"},
    {&manager_apk, PRECISION_MINOR, {"668-r0"}, "668"},
    {&manager_apk, PRECISION_MINOR, {"1.36-r0", "1.35-r2"}, NULL},
};

static void test_pins(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const struct one *c = &table[i];
        struct arena *a = arena_open();
        struct str v[VERSIONS] = {S("")}, pin = S(""), why = S("");
        size_t n = 0;
        for (; n < VERSIONS && c->versions[n]; n++)
            v[n] = str_of(c->versions[n]);
        bool got = pin_compatible(a, c->manager, v[0], v, n, c->precision, &pin, &why);
        if (got != (c->pin != NULL))
            fail_msg("%s: pin \"" STR_FMT "\", why \"" STR_FMT "\"", c->versions[0], STR_ARG(pin),
                     STR_ARG(why));
        if (got)
            assert_string_equal(str_cstr(a, pin), c->pin);
        else
            assert_true(why.n > 0);
        for (size_t k = 0; got && k < n; k++)
            assert_true(c->manager == &manager_apt ? deb_matches(v[k], pin) : apk_fuzzy(v[k], pin));
        arena_close(a);
    }
}

/* The point of whole components: 7.8 must not let 7.88 in. */
static void test_a_pin_stops_at_a_component(void **state)
{
    struct arena *a = arena_open();
    struct str v[] = {S("7.8.1-1"), S("7.8.0-1")}, pin, why;

    (void)state;
    assert_true(pin_compatible(a, &manager_apt, v[0], v, 2, PRECISION_MINOR, &pin, &why));
    assert_false(deb_matches(S("7.88.1-1"), pin));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pins),
                                       cmocka_unit_test(test_a_pin_stops_at_a_component)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
