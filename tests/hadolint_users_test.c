/* hadolint's own cases of its rules on users (DL3002, DL3066): of what it flags something is said,
 * and what it lets pass gets no fix. It flags build stages too; here only those that policy
 * names. */
#include "dfix/dfix.h"
#include "hadolint_cases.h"

static const char from[] = "FROM debian:bookworm\n";

/* What is said, skips of it too, and how many fixes there are. */
static size_t check(const char *dockerfile, bool all_stages, size_t *fixes)
{
    static struct str select[1];
    struct setting targets = {.name = S("targets"), .value = S("base")};
    struct rule_settings rule = {
        .rule = S("user-switch"), .level = LEVEL_UNSET, .option = &targets, .noption = 1};
    struct arena *a = arena_open();
    struct settings s = {.select = select, .nselect = 1, .today = S("2026-11-24")};
    bool bare = strncmp(dockerfile, "FROM", 4) != 0;

    select[0] = S("user-switch");
    s.rule = &rule;
    s.nrule = all_stages;
    struct result r =
        dfix_check(a, str_fmt(a, "%s%s", bare ? from : "", dockerfile), &dfix_rules, &s, NULL);
    dfix_guard_all(&r);
    assert_false(r.broken);
    *fixes = 0;
    for (size_t i = 0; i < r.nfinding; i++)
        *fixes += r.finding[i].edits.n > 0;
    size_t n = r.nfinding;
    arena_close(a);
    return n;
}

static void check_case(const char *rule, json_t *one)
{
    const char *name = json_string_value(json_object_get(one, "name"));
    const char *dockerfile = json_string_value(json_object_get(one, "dockerfile"));
    bool flagged = json_is_true(json_object_get(one, "catches"));
    size_t fixes, n = check(dockerfile, true, &fixes);

    (void)rule;
    if (flagged ? n == 0 : fixes > 0)
        fail_msg("%s: %zu findings, %zu fixes for %s", name, n, fixes, dockerfile);
}

static void hadolint_agrees(void **state)
{
    unsigned seen = hadolint_cases("DL3002", check_case) + hadolint_cases("DL3066", check_case);

    (void)state;
    print_message("%u cases\n", seen);
    assert_true(seen >= 7);
}

/* A build stage is flagged because policy names it, not by itself. */
static void build_stages_are_asked_for(void **state)
{
    const char *text = "FROM debian as base\nUSER root\nRUN something\nCMD [\"/app\"]\n"
                       "FROM alpine:3.20\nUSER 5:5\n";
    size_t fixes;

    (void)state;
    assert_int_equal(check(text, false, &fixes), 0);
    assert_int_equal(check(text, true, &fixes), 1);
    assert_int_equal(fixes, 1);
}

static void assert_code(const char *text, struct str code)
{
    struct arena *a = arena_open();
    struct str select[] = {S("user-switch")};
    struct settings s = {.select = select, .nselect = 1, .today = S("2026-11-24")};
    struct result r = dfix_check(a, str_of(text), &dfix_rules, &s, NULL);

    assert_int_equal(r.nfinding, 1);
    assert_true(str_eq(r.finding[0].code, code));
    arena_close(a);
}

static void findings_carry_their_code(void **state)
{
    (void)state;
    assert_code("FROM debian:bookworm\nCMD [\"/app\"]\n", S("DL3002"));
    assert_code("FROM debian:bookworm\nUSER root\nCMD [\"bash\"]\n", S("DL3002"));
    assert_code("FROM debian:bookworm\nCMD [\"bash\"]\n", S("DL3002"));
    assert_code("FROM node:20\nUSER node\nCMD [\"node\", \"x.js\"]\n", S("DL3066"));
    assert_code("FROM debian:bookworm\nUSER nosuch\nCMD [\"/app\"]\n", S("DL3066"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hadolint_agrees),
                                       cmocka_unit_test(findings_carry_their_code),
                                       cmocka_unit_test(build_stages_are_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
