/* What hadolint's settings do to findings: its rules are on, each of its verdicts is a finding, its
 * severities count, and its comments have an effect unless they are to have none. */
#include "cmocka_all.h"
#include "dfix/dfix.h"

static const char text[] = "FROM debian:bookworm\n"
                           "RUN cd /x && apt-get install -y curl\n"
                           "# hadolint ignore=DL3020\n"
                           "ADD a.txt /\n"
                           "USER app\n";

/* Findings of a code, left alone or not. */
static size_t count(struct settings s, const char *code, bool left, enum severity *severity)
{
    struct arena *a = arena_open();
    size_t n = 0;

    s.today = S("2026-11-24");
    s.docs = S("");
    struct result r = dfix_check(a, str_of(text), &dfix_rules, &s, NULL);
    for (size_t i = 0; i < r.nfinding; i++)
        if (words_have(r.finding[i].codes, str_of(code)) && r.finding[i].skip == left) {
            *severity = r.finding[i].severity;
            n++;
        }
    arena_close(a);
    return n;
}

static void its_rules_are_on(void **state)
{
    struct settings s = {0}, on = {.hadolint = {.on = true}};
    enum severity level;

    (void)state;
    assert_int_equal(count(s, "DL3003", false, &level), 0);
    assert_int_equal(count(on, "DL3003", false, &level), 1);
    /* But for what hadolint itself ignores. */
    assert_int_equal(count(on, "DL3057", false, &level), 0);
    on.hadolint.severity = &(struct code_severity){S("DL3057"), SEVERITY_ERROR};
    on.hadolint.nseverity = 1;
    assert_int_equal(count(on, "DL3057", false, &level), 1);
    assert_int_equal(level, SEVERITY_ERROR);
}

static void verdicts_are_findings(void **state)
{
    struct str code = S("DL3008"), rule = S("pin-apt"), group = S("DL3");
    struct settings s = {0}, on = {.hadolint = {.on = true}};
    enum severity level;

    (void)state;
    /* No index is at hand: dfix cannot pin, and says so to those who ask. */
    assert_int_equal(count(s, "DL3008", true, &level), 1);
    assert_int_equal(count(on, "DL3008", false, &level), 1);
    assert_int_equal(level, SEVERITY_WARNING);
    s.nselect = 1;
    s.select = &rule;
    assert_int_equal(count(s, "DL3008", false, &level), 0);
    s.select = &code;
    assert_int_equal(count(s, "DL3008", false, &level), 1);
    s.select = &group;
    assert_int_equal(count(s, "DL3008", false, &level), 1);
    assert_int_equal(count(s, "DL3066", false, &level), 1);
}

static void comments_count_unless_told_not_to(void **state)
{
    struct settings on = {.hadolint = {.on = true}};
    enum severity level;

    (void)state;
    assert_int_equal(count(on, "DL3020", false, &level), 0);
    assert_int_equal(count(on, "DL3020", true, &level), 1);
    on.hadolint.no_pragmas = true;
    assert_int_equal(count(on, "DL3020", false, &level), 1);
}

static void labels_are_demanded(void **state)
{
    struct settings on = {.hadolint = {.on = true, .schema = S("a=url\nb=")}};
    enum severity level;

    (void)state;
    assert_int_equal(count(on, "DL3049", false, &level), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_rules_are_on), cmocka_unit_test(verdicts_are_findings),
        cmocka_unit_test(comments_count_unless_told_not_to), cmocka_unit_test(labels_are_demanded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
