/* hadolint's own cases of its rules on unpinned packages (DL3008, DL3018): what it flags gets a
 * pin, and what it lets pass gets none. Each case is put behind a FROM whose index has every
 * package that the cases name. */
#include "dfix/dfix.h"
#include "golden_index.h"
#include "hadolint_cases.h"

static const struct {
    const char rule[8], *from, *index;
} rules[] = {
    {"DL3008", "FROM debian:bookworm\n",
     "apt debian:bookworm python 3.11.2-1 bookworm amd64,arm64\n"
     "apt debian:bookworm nodejs 18.20.4+dfsg-1~deb12u3 bookworm amd64,arm64\n"},
    {"DL3018", "FROM alpine:3.22\n",
     "apk alpine:3.22 flex 2.6.4-r6 v3.22/main amd64,arm64\n"
     "apk alpine:3.22 libffi 3.4.8-r0 v3.22/main amd64,arm64\n"
     "apk alpine:3.22 git 2.49.1-r0 v3.22/main amd64,arm64\n"},
};
enum { RULES = sizeof(rules) / sizeof(rules[0]) };

static struct result check(struct arena *a, size_t rule, struct str text)
{
    struct golden_index *x = golden_index_of(a, str_of(rules[rule].index));
    struct str only = str_of(rules[rule].rule);
    struct settings s = x->settings;

    s.select = &only;
    s.nselect = 1;
    struct result r = dfix_check(a, text, &dfix_rules, &s, &x->lookup);
    while (r.pending && x->lookup.resolve(x))
        r = dfix_check(a, text, &dfix_rules, &s, &x->lookup);
    dfix_guard_all(&r);
    return r;
}

static void check_case(const char *id, json_t *one)
{
    size_t rule = 0;
    while (strcmp(rules[rule].rule, id) != 0)
        rule++;
    struct arena *a = arena_open();
    struct str text = str_of(json_string_value(json_object_get(one, "dockerfile")));
    bool flagged = json_is_true(json_object_get(one, "catches"));

    if (json_is_true(json_object_get(one, "onbuild")))
        text = in_onbuild(a, text);
    text = str_fmt(a, "%s" STR_FMT, rules[rule].from, STR_ARG(text));
    struct result r = check(a, rule, text);
    size_t pins = 0;
    for (size_t i = 0; i < r.nfinding; i++)
        pins += !r.finding[i].skip && r.finding[i].edits.n > 0;
    if (flagged != (pins > 0))
        fail_msg("%s: %zu pins for " STR_FMT, rules[rule].rule, pins, STR_ARG(text));
    arena_close(a);
}

static void hadolint_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < RULES; i++)
        assert_true(hadolint_cases(rules[i].rule, check_case) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hadolint_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
