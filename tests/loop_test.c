/* The loop over rules, with rules made for it: what touches is done as far as it holds together,
 * what is silent does not run again, what never ends is stopped, and codes count like names. */
#include <stdlib.h>
#include <string.h>

#include "cmocka_all.h"

#include "dfix/dfix.h"

static unsigned runs; /* of the rule `counts` */

static void run_counts(struct fix_ctx *c)
{
    (void)c;
    runs++;
}

static bool is_run(const struct tree *t, node_id n)
{
    return n && node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_RUN;
}

/* Two RUNs become one: each fix writes both anew, so that neighbours' fixes overlap. */
static void run_merges(struct fix_ctx *c)
{
    const struct tree *t = c->tree;

    for (node_id n = node_first(t, 0), next; n; n = next) {
        next = node_sibling(t, n);
        if (!is_run(t, n) || !is_run(t, next))
            continue;
        struct fix *f = fix_begin(c, n, SAFE, "Join two RUNs");
        struct span a = node_span(t, n), b = node_span(t, next);
        fix_declares(f, n);
        fix_declares(f, next);
        fix_delete_code(f, n, a);
        fix_delete_code(f, next, (struct span){a.end, b.end});
        fix_insert_code(f, n, a.start,
                        str_fmt(c->arena, STR_FMT " && " STR_FMT, STR_ARG(node_text(t, n)),
                                STR_ARG(str_from(node_text(t, next), 4))));
    }
}

/* The number of ENV N=1 becomes the next one, always. */
static void run_counts_up(struct fix_ctx *c)
{
    for (node_id n = 1; n < c->tree->nnode; n++) {
        struct str text = node_text(c->tree, n);
        bool number = node_is_word(c->tree, n) && text.n && text.p[0] >= '0' && text.p[0] <= '9';
        if (number)
            fix_replace(fix_begin(c, n, SAFE, "Count up"), n,
                        str_fmt(c->arena, "%d", atoi(str_cstr(c->arena, text)) + 1));
    }
}

/* Each word `old` becomes `new`, but the one that is `bad` opens a quote. */
static void run_renews(struct fix_ctx *c)
{
    for (node_id n = 1; n < c->tree->nnode; n++) {
        bool word = node_is_word(c->tree, n);
        if (word && str_eq(node_text(c->tree, n), S("old")))
            fix_replace_code(fix_begin(c, n, SAFE, "Renew"), n, S("new"));
        if (word && str_eq(node_text(c->tree, n), S("bad")))
            fix_replace_code(fix_begin(c, n, SAFE, "Break"), n, S("\"bad"));
    }
}

static void run_two_codes(struct fix_ctx *c)
{
    node_id first = node_first(c->tree, 0);

    fix_code(fix_hint(c, first, "One"), "XX1001");
    fix_code(fix_hint(c, first, "Two"), "XX1002");
}

/* One finding that two tools report under their own names, and one that the first alone reports. */
static void run_twins(struct fix_ctx *c)
{
    node_id first = node_first(c->tree, 0);

    fix_code(fix_hint(c, first, "Both"), "DL9001 BothReport");
    fix_code(fix_hint(c, first, "One"), "DL9101");
}

#define RULE(name, codes, f)                                                                       \
    static const struct fixer name = {                                                             \
        .id = #name, .aliases = (codes), .title = "Help", .doc = "", .safety = SAFE, .run = (f)}
RULE(counts, "", run_counts);
RULE(merges, "", run_merges);
RULE(counts_up, "", run_counts_up);
RULE(renews, "", run_renews);
RULE(two_codes, "XX1001 XX1002", run_two_codes);
static const struct fixer twins = {
    .id = "twins",
    .aliases = "DL9001 BothReport DL9101",
    .title = "Help",
    .doc = "",
    .security = true,
    .off = true,
    .run = run_twins,
};

static const struct fixer *const house[] = {&counts, &merges,    &counts_up,
                                            &renews, &two_codes, &twins};
static const struct rules rules = {house, sizeof(house) / sizeof(house[0])};

static struct result fix(struct arena *a, struct str text, struct str *select, size_t n)
{
    const struct settings s = {.select = select, .nselect = n, .today = S("2026-01-01")};
    return dfix_fix(a, text, &rules, &s, NULL);
}

static void what_touches_ends_as_one(void **state)
{
    struct arena *a = arena_open();
    struct buf in = {.arena = a}, want = {.arena = a};
    struct str select[] = {S("merges")};
    (void)state;
    buf_add(&in, S("FROM a\n"));
    buf_add(&want, S("FROM a\nRUN c0"));
    for (int i = 0; i < 20; i++) {
        buf_fmt(&in, "RUN c%d\n", i);
        if (i)
            buf_fmt(&want, " && c%d", i);
    }
    buf_add(&want, S("\n"));
    struct result r = fix(a, buf_str(&in), select, 1);
    if (!str_eq(r.text, buf_str(&want)))
        fail_msg("became\n" STR_FMT, STR_ARG(r.text));
    assert_true(str_eq(edits_apply(a, buf_str(&in), r.edits), r.text));
    arena_close(a);
}

static void a_silent_rule_runs_once_a_version(void **state)
{
    struct arena *a = arena_open();
    struct str select[] = {S("counts"), S("renews")};
    (void)state;
    runs = 0;
    fix(a, S("FROM a\nRUN x\n"), select, 2);
    assert_int_equal(runs, 1);
    runs = 0;
    fix(a, S("FROM a\nRUN old\n"), select, 2);
    assert_int_equal(runs, 2);
    arena_close(a);
}

static void what_never_ends_is_stopped_and_said(void **state)
{
    struct arena *a = arena_open();
    struct str select[] = {S("counts_up")};
    bool said = false;
    (void)state;
    struct result r = fix(a, S("FROM a\nENV N=1\n"), select, 1);
    for (size_t i = 0; i < r.nfinding; i++)
        said |= str_starts(r.finding[i].message, S("Not finished"));
    assert_true(said);
    assert_true(str_starts(r.text, S("FROM a\nENV N=")));
    arena_close(a);
}

static void one_that_breaks_does_not_stop_the_others(void **state)
{
    struct arena *a = arena_open();
    struct str select[] = {S("renews")};
    const struct settings s = {.select = select, .nselect = 1, .today = S("2026-01-01")};
    struct str in = S("FROM a\nRUN i old old old\nRUN j old bad old\nRUN k old\nCMD old\n");
    unsigned refused = 0, good = 0;
    (void)state;
    struct result r = fix(a, in, select, 1);
    if (!str_eq(r.text, S("FROM a\nRUN i new new new\nRUN j new bad new\nRUN k new\nCMD new\n")))
        fail_msg("became\n" STR_FMT, STR_ARG(r.text));
    assert_true(r.broken);
    struct result c = dfix_check(a, in, &rules, &s, NULL);
    assert_false(c.broken);
    dfix_guard(&c, c.nfinding - 1);
    assert_int_equal(c.finding[c.nfinding - 1].edits.n, 1);
    dfix_guard_all(&c);
    for (size_t i = 0; i < c.nfinding; i++) {
        refused += c.finding[i].skip && str_eq(c.finding[i].title, S("Break")) &&
                   str_eq(c.finding[i].why, S("the result would not parse"));
        good += c.finding[i].edits.n == 1;
    }
    assert_true(c.broken);
    assert_int_equal(refused, 1);
    assert_int_equal(good, 7);
    arena_close(a);
}

/* How many findings of each code there are. */
static void expect_codes(const char *text, const struct settings *s, unsigned one, unsigned two)
{
    struct arena *a = arena_open();
    struct result r = dfix_check(a, str_of(text), &rules, s, NULL);
    unsigned n[2] = {0, 0};

    for (size_t i = 0; i < r.nfinding; i++) {
        n[0] += str_eq(r.finding[i].code, S("XX1001")) && !r.finding[i].skip;
        n[1] += str_eq(r.finding[i].code, S("XX1002")) && !r.finding[i].skip;
    }
    if (n[0] != one || n[1] != two)
        fail_msg("%s: %u, %u", text, n[0], n[1]);
    arena_close(a);
}

static void codes_count_like_names(void **state)
{
    struct str rule = S("two_codes"), code = S("XX1001");
    struct rule_settings off = {.rule = S("XX1002"), .level = LEVEL_OFF};
    const struct settings whole = {.select = &rule, .nselect = 1},
                          selected = {.select = &code, .nselect = 1},
                          ignored = {.select = &rule, .nselect = 1, .ignore = &code, .nignore = 1},
                          by_policy = {.rule = &off, .nrule = 1};
    (void)state;
    expect_codes("FROM a\n", &whole, 1, 1);
    expect_codes("FROM a\n", &selected, 1, 0);
    expect_codes("FROM a\n", &ignored, 0, 1);
    expect_codes("FROM a\n", &by_policy, 1, 0);
    expect_codes("# dfix ignore=XX1001 because x\nFROM a\n", &whole, 0, 1);
    expect_codes("# dfix ignore=two_codes because x\nFROM a\n", &whole, 0, 0);
    expect_codes("# hadolint ignore=XX1002\nFROM a\n", &whole, 1, 0);
}

/* How many of the twins' findings there are: those of both names, and the other one. */
static void expect_twins(const char *text, struct str select, struct str ignore, unsigned both,
                         unsigned one)
{
    struct arena *a = arena_open();
    const struct settings s = {
        .select = &select, .nselect = select.n > 0, .ignore = &ignore, .nignore = ignore.n > 0};
    struct result r = dfix_check(a, str_of(text), &rules, &s, NULL);
    unsigned n[2] = {0, 0};

    for (size_t i = 0; i < r.nfinding; i++) {
        n[0] += str_eq(r.finding[i].code, S("DL9001"));
        n[1] += str_eq(r.finding[i].code, S("DL9101")) && !r.finding[i].skip;
    }
    if (n[0] != both || n[1] != one)
        fail_msg("%s: select " STR_FMT ", ignore " STR_FMT ": %u, %u", text, STR_ARG(select),
                 STR_ARG(ignore), n[0], n[1]);
    arena_close(a);
}

static void one_finding_has_two_names(void **state)
{
    (void)state;
    expect_twins("FROM a\n", S("twins"), S(""), 1, 1);
    expect_twins("FROM a\n", S("DL9001"), S(""), 1, 0);
    expect_twins("FROM a\n", S("bothreport"), S(""), 1, 0);
    expect_twins("FROM a\n", S("twins"), S("BothReport"), 0, 1);
    expect_twins("FROM a\n", S("twins"), S("DL9001"), 0, 1);
    expect_twins("# dfix ignore=BothReport because x\nFROM a\n", S("twins"), S(""), 0, 1);
    expect_twins("# dfix ignore=DL9001 because x\nFROM a\n", S("twins"), S(""), 0, 1);
}

static void groups_select_rules(void **state)
{
    (void)state;
    expect_twins("FROM a\n", S(""), S(""), 0, 0); /* off by default */
    expect_twins("FROM a\n", S("all"), S(""), 1, 1);
    expect_twins("FROM a\n", S("security"), S(""), 1, 1);
    expect_twins("FROM a\n", S("safe"), S(""), 0, 0);
    expect_twins("FROM a\n", S("buildkit"), S(""), 1, 0);
    expect_twins("FROM a\n", S("hadolint"), S(""), 1, 1);
    expect_twins("FROM a\n", S("DL9"), S(""), 1, 1);
    expect_twins("FROM a\n", S("dl90"), S(""), 1, 0);
    expect_twins("FROM a\n", S("DL3"), S(""), 0, 0);
    expect_twins("FROM a\n", S("all"), S("DL91"), 1, 0);
    expect_twins("FROM a\n", S("all"), S("buildkit"), 0, 1);
    assert_true(dfix_is_named(S("DL3")));
    assert_true(dfix_is_named(S("safe")));
    assert_true(dfix_is_named(S("pin-apt")));
    assert_false(dfix_is_named(S("DL8")));
    assert_false(dfix_is_named(S("DL30089")));
    assert_false(dfix_is_named(S("pin-")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_touches_ends_as_one),
        cmocka_unit_test(a_silent_rule_runs_once_a_version),
        cmocka_unit_test(what_never_ends_is_stopped_and_said),
        cmocka_unit_test(one_that_breaks_does_not_stop_the_others),
        cmocka_unit_test(codes_count_like_names),
        cmocka_unit_test(one_finding_has_two_names),
        cmocka_unit_test(groups_select_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
