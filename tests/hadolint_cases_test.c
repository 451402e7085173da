/* hadolint's own cases of all its rules: what it flags is found, what it lets pass is not, and as
 * often. Each case agrees or stands on the list of those that hadolint is wrong about. */
#include "dfix/dfix.h"
#include "hadolint_cases.h"

/* Cases of rules that are not written yet, and cases that do not agree: they may only get fewer. */
enum { NO_RULE = 0, NOT_AGREED = 0 };

/* hadolint is wrong because. Some are of the part of its tests that does not lie beside the
 * project.
 */
static const struct {
    const char *source; /* of its test */
    const char *why;
} wrong[] = {
    {"DL3009Spec.hs:132", "the lists lie in the mount on /var/lib/apt, and not in the image"},
    {"DL3009Spec.hs:133", "the same in ONBUILD"},
    {"DL3033Spec.hs:80", "an ARG ends with its stage, and the version is empty in the next"},
    {"DL3041Spec.hs:111", "the same for dnf"},
    {NULL, NULL}, /* the end */
};

static unsigned no_rule, not_agreed, seen;
static bool stale[sizeof(wrong) / sizeof(wrong[0])];

/* Most cases are parts of a file: they get the FROM that a build wants, unless the rule is about
 * the stages and images that there are. */
static struct str text_of(struct arena *a, const char *rule, json_t *one)
{
    struct str text = str_of(json_string_value(json_object_get(one, "dockerfile")));
    bool whole = word_is_one_of(str_of(rule), "DL3022 DL3023 DL3026 DL3061") ||
                 str_starts(text, S("FROM ")) || str_find(text, S("\nFROM ")) != STR_NONE;

    if (json_is_true(json_object_get(one, "onbuild")))
        text = in_onbuild(a, text);
    return whole ? text : str_fmt(a, "FROM debian:bookworm\n" STR_FMT, STR_ARG(text));
}

/* A label schema as the option of the rule: "name=type", a line each. */
static struct str labels_of(struct arena *a, json_t *schema)
{
    static const char *const types[][2] = {
        {"RawText", "text"},  {"Email", "email"}, {"GitHash", "hash"}, {"Rfc3339", "rfc3339"},
        {"SemVer", "semver"}, {"Spdx", "spdx"},   {"Url", "url"}};
    struct buf b = {.arena = a};
    const char *name;
    json_t *type;

    json_object_foreach(schema, name, type)
    {
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
            if (strcmp(json_string_value(type), types[i][0]) == 0)
                buf_fmt(&b, "%s%s=%s", b.n ? "\n" : "", name, types[i][1]);
    }
    return buf_str(&b);
}

/* hadolint's configuration of the case. */
static void configure(struct arena *a, json_t *config, struct settings *s)
{
    json_t *registries = json_object_get(config, "allowedRegistries");
    struct setting *option = arena_new(a, struct setting, 2);
    struct rule_settings *rule = arena_new(a, struct rule_settings, 1);

    s->ntrusted = json_array_size(registries);
    s->trusted = arena_new(a, struct str, s->ntrusted);
    for (size_t i = 0; i < s->ntrusted; i++)
        s->trusted[i] = str_of(json_string_value(json_array_get(registries, i)));
    option[0] = (struct setting){S("labels"), labels_of(a, json_object_get(config, "labelSchema"))};
    option[1] = (struct setting){
        S("strict"), json_is_true(json_object_get(config, "strictLabels")) ? S("yes") : S("no")};
    *rule = (struct rule_settings){.rule = S("label-schema"), .option = option, .noption = 2};
    s->rule = rule;
    s->nrule = 1;
}

/* Instructions that the code is found in. */
static size_t count(const struct result *r, struct str code)
{
    size_t n = 0;

    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *x = &r->finding[i];
        bool first = x->found && words_have(x->codes, code);
        for (size_t k = 0; k < i && first; k++)
            first = !r->finding[k].found || !words_have(r->finding[k].codes, code) ||
                    r->finding[k].instruction != x->instruction;
        n += first;
    }
    return n;
}

static bool agrees(json_t *one, size_t n)
{
    json_t *times = json_object_get(one, "count");

    if (json_is_integer(times))
        return n == (size_t)json_integer_value(times);
    return json_is_true(json_object_get(one, "catches")) == (n > 0);
}

static bool is_wrong(json_t *one, bool agreed)
{
    const char *source = json_string_value(json_object_get(one, "source"));
    bool listed = false;

    for (size_t i = 0; wrong[i].source; i++)
        if (strcmp(wrong[i].source, source) == 0) {
            listed = true;
            stale[i] = agreed;
        }
    return listed;
}

static void check_case(const char *rule, json_t *one)
{
    struct str code = str_of(rule);
    struct arena *a = arena_open();
    struct settings s = {.select = &code, .nselect = 1, .today = S("2026-11-24")};
    struct str text = text_of(a, rule, one);

    seen++;
    if (str_eq(code, S("SC"))) { /* what ShellCheck finds is its own affair */
        arena_close(a);
        return;
    }
    if (!dfix_fixer(code)) {
        no_rule++;
        arena_close(a);
        return;
    }
    configure(a, json_object_get(one, "config"), &s);
    struct result r = dfix_check(a, text, &dfix_rules, &s, NULL);
    dfix_guard_all(&r);
    size_t n = count(&r, code);
    bool agreed = agrees(one, n);
    if (!is_wrong(one, agreed) && !agreed) {
        not_agreed++;
        print_message("%s: found %zu times in:\n%.*s\n",
                      json_string_value(json_object_get(one, "source")), n, STR_ARG(text));
    }
    arena_close(a);
}

static void hadolint_agrees(void **state)
{
    (void)state;
    hadolint_cases(NULL, check_case);
    print_message("%u cases: %u of rules that do not exist yet, %u do not agree\n", seen, no_rule,
                  not_agreed);
    assert_true(seen >= 500);
    assert_true(no_rule <= NO_RULE);
    assert_true(not_agreed <= NOT_AGREED);
    for (size_t i = 0; wrong[i].source; i++)
        if (stale[i])
            fail_msg("%s agrees: take it off the list", wrong[i].source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hadolint_agrees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
