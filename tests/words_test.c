/* What is made from the program's tables: schemas, completions, man pages, the pages on the rules;
 * and that the tables say what the program does. */
#include "needs_module.h"

#include "faces/formats/formats.h"

static int set_up(void **state)
{
    program_set_up(state);
    program_options = "--offline";
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\nCMD [\"/srv/app\"]\n");
    return 0;
}

/* ---- the policy ---- */

/* "index.apt.debian.mirror" with a value, as YAML in flow. */
static struct str policy_with(struct str path, struct str value)
{
    struct buf b = {.arena = arena};
    struct str part;
    size_t deep = 0;

    for (; path.n && str_cut(&path, '.', &part); deep++)
        buf_fmt(&b, "%s" STR_FMT ": ", deep ? "{" : "", STR_ARG(part));
    buf_add(&b, value);
    for (; deep > 1; deep--)
        buf_char(&b, '}');
    buf_char(&b, '\n');
    return buf_str(&b);
}

static void keys_are_taken_as_their_examples_have_them(void **state)
{
    struct str path, example;

    (void)state;
    put("dfix.yaml", "rules:\n"); /* what the example of `extends` names */
    put("p/corp.gpg", "");
    put("p/corp-ca.pem", "");
    for (size_t i = 0; policy_key(i, &path, &example); i++) {
        put("p/x.yaml", str_cstr(arena, policy_with(path, example)));
        if (shell("dfix --config p/x.yaml --show-files") != 0)
            fail_msg(STR_FMT ": %s", STR_ARG(path), err());
    }
}

static struct str parent_of(struct str path)
{
    ptrdiff_t dot = str_rchr(path, '.');
    return dot == STR_NONE ? S("") : str_sub(path, 0, (size_t)dot);
}

/* Is every key that the readers know in the table? They name them when one is unknown. */
static void known_keys_are_in_the_table(struct str parent)
{
    struct str none = S("zzzzqqqq"), path, example, known;
    struct str where =
        parent.n ? str_fmt(arena, STR_FMT "." STR_FMT, STR_ARG(parent), STR_ARG(none)) : none;

    put("x.yaml", str_fmt(arena, "%s" STR_FMT, parent.n ? "" : "rules:\n",
                          STR_ARG(policy_with(where, S("1"))))
                      .p);
    assert_int_equal(shell("dfix --config x.yaml --show-files"), 2);
    struct str said = str_of(err());
    ptrdiff_t at = str_find(said, S("known: "));
    if (at == STR_NONE)
        fail_msg(STR_FMT ": %s", STR_ARG(where), err());
    struct str list = str_trim(str_from(said, (size_t)at + 7));
    while (str_cut(&list, ',', &known)) {
        bool found = str_eq(str_trim(known), S("rules"));
        struct str full = parent.n ? str_fmt(arena, STR_FMT "." STR_FMT, STR_ARG(parent),
                                             STR_ARG(str_trim(known)))
                                   : str_trim(known);
        for (size_t i = 0; policy_key(i, &path, &example); i++)
            found |=
                str_eq(path, full) || str_starts(path, str_fmt(arena, STR_FMT ".", STR_ARG(full)));
        if (!found)
            fail_msg("src/config/keys.def lacks " STR_FMT, STR_ARG(full));
    }
}

static void the_table_has_all_keys(void **state)
{
    struct str path, example;

    (void)state;
    known_keys_are_in_the_table(S(""));
    VEC(struct str) done = {0};
    for (size_t i = 0; policy_key(i, &path, &example); i++)
        for (struct str p = parent_of(path); p.n; p = parent_of(p)) {
            bool again = str_eq(p, S("gate")); /* below it stand names of one's own */
            for (size_t k = 0; k < done.n; k++)
                again |= str_eq(done.v[k], p);
            if (again)
                break;
            vec_push(arena, &done, p);
            known_keys_are_in_the_table(p);
        }
}

static void the_schema_takes_what_dfix_takes(void **state)
{
    static const struct {
        const char *policy;
        bool good;
    } c[] = {
        {"rules: {pin-apt: {style: exact, level: unsafe}, DL3018: off, no-sudo: hint}\n", true},
        {"rules:\narchitectures: amd64\n", true},
        {"per-file: {'*.x': {pin-apt: {severity: info}}}\nforbid-suppressions: true\n", true},
        {"index: {apt: {debian: {mirror: 'https://x.example/debian'}}}\n", true},
        {"gate: {production: {severity: low, feed-age: any}, test: {user: any}}\n", true},
        {"accept: [{id: CVE-2024-1, owner: '@corp/web', expires: '2027-01-31'}]\n", true},
        {"gate: {production: {severity: lowest}}\n", false},
        {"gate: {production: {severiti: low}}\n", false},
        {"accept: [{owner: '@corp/web'}]\n", false},
        {"rules: {pin-apt: {style: exactly}}\n", false},
        {"rules: {pin-atp: off}\n", false},
        {"index: {apt: {debian: {miror: 'https://x.example/debian'}}}\n", false},
        {"rules: {pin-apt: {severity: loud}}\n", false},
    };
    (void)state;
    needs_module("jsonschema");
    needs_module("yaml");
    put("check.py", "import json, sys, yaml, jsonschema\n"
                    "schema = json.load(open('schema.json'))\n"
                    "jsonschema.Draft7Validator.check_schema(schema)\n"
                    "jsonschema.validate(yaml.safe_load(open('x.yaml')), schema)\n");
    assert_int_equal(shell("dfix schema policy > schema.json"), 0);
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        put("x.yaml", c[i].policy);
        assert_int_equal(shell("dfix --config x.yaml --show-files") == 0, c[i].good);
        if ((shell("python3 check.py") == 0) != c[i].good)
            fail_msg("the schema says otherwise of: %s%s", c[i].policy, err());
    }
}

/* ---- the report ---- */

static void the_report_is_as_its_schema_says(void **state)
{
    static const char *const words[] = {
        "", "--unsafe", "--diff", "-v --no-config", "--fix --unsafe", "none Dockerfile"};
    (void)state;
    needs_module("jsonschema");
    put("dfix.yaml", "registries: {insecure: [x.example]}\nrules: {release-eol: off}\n");
    assert_int_equal(shell("dfix schema report > schema.json"), 0);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        shell("dfix --format json -o x.json %s", words[i]);
        if (shell("python3 " DFIX_ROOT "/tests/schemas/validate.py schema.json whole x.json") != 0)
            fail_msg("%s: %s", words[i], err());
    }
}

/* ---- completions ---- */

static void completes(const char *words, const char *want)
{
    shell(
        "bash -c 'source ../c.bash; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _dfix; "
        "echo \"${COMPREPLY[@]}\"'",
        words);
    if (!str_eq(str_trim(str_of(out())), str_of(want)))
        fail_msg("%s is completed as %s%s", words, out(), err());
}

static void shells_complete_words(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix completion tcsh"), 2);
    assert_int_equal(shell("dfix completion bash > ../c.bash && dfix completion zsh > ../c.zsh && "
                           "dfix completion fish > ../c.fish"),
                     0);
    needs("bash");
    completes("dfix --format sa", "sarif");
    completes("dfix --format = jun", "junit");
    completes("dfix -s pin-sn", "pin-snapshot");
    completes("dfix explain user-s", "user-switch");
    completes("dfix --write-b", "--write-baseline");
    completes("dfix expl", "explain");
    completes("dfix Dockerf", "Dockerfile");
    if (have_program("zsh"))
        assert_int_equal(shell("zsh -n ../c.zsh"), 0);
    if (have_program("fish"))
        assert_int_equal(shell("fish -n ../c.fish"), 0);
}

/* ---- man pages and pages on the rules ---- */

static void man_pages_are_clean(void **state)
{
    (void)state;
    needs("groff");
    assert_int_equal(shell("dfix --man | groff -ww -man -Tascii -z && "
                           "dfix --man dfix.yaml | groff -ww -man -Tascii -z"),
                     0);
    assert_string_equal(err(), "");
    assert_int_equal(shell("dfix --man dfix.yaml | grep -q 'forbid.-suppressions'"), 0);
}

static void every_rule_has_a_page(void **state)
{
    struct rule_words r;

    (void)state;
    assert_int_equal(shell("dfix rules --format html"), 2);
    assert_int_equal(shell("dfix rules --format html --output site"), 0);
    const char *index = get("site/index.html");
    for (size_t i = 0; rule_words(i, &r); i++) {
        const char *page = get(str_fmt(arena, "site/rules/%s.html", r.id).p);
        if (!strstr(page, "</html>") ||
            !strstr(index, str_fmt(arena, "href=\"rules/%s.html\"", r.id).p))
            fail_msg("no page of %s, or no link to it", r.id);
        if (r.fixer && !strstr(page, ">Example<") && !strstr(page, ">Found in<"))
            fail_msg("the page of %s has no example: golden/%s needs one in plain ASCII", r.id,
                     r.id);
        assert_non_null(strstr(page, "../style.css"));
    }
    assert_non_null(strstr(get("site/style.css"), "prefers-color-scheme:dark"));
    needs("xmllint");
    if (shell("for f in site/index.html site/rules/*.html; do "
              "sed '1d; s/<meta[^>]*>//; s/<link[^>]*>//' $f | grep -v '^$' > $f.xml; done; "
              "xmllint --noout site/*.xml site/rules/*.xml") != 0)
        fail_msg("%s%s", out(), err());
}

static void rules_come_as_data(void **state)
{
    (void)state;
    needs("python3");
    assert_int_equal(shell("dfix rules --format json | python3 -c 'import json, sys; "
                           "rules = json.load(sys.stdin); "
                           "assert [r for r in rules if r[\"id\"] == \"pin-apt\"][0][\"example\"]"
                           "[\"after\"].count(\"7.88.*\") == 1; "
                           "assert all(r[\"title\"] and r[\"doc\"] for r in rules)'"),
                     0);
    assert_int_equal(shell("dfix rules --format markdown | grep -q '^| `pin-apt` | DL3008 | safe | "
                           "on | Pin apt'"),
                     0);
    assert_int_equal(shell("dfix rules --format json >j && dfix rules --json | cmp - j"), 0);
    assert_int_equal(shell("dfix rules --format yaml"), 2);
}

static void explaining_shows_before_and_after(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix explain DL3014"), 0);
    assert_non_null(strstr(out(), "\nExample:\n\n      FROM debian:bookworm\n"));
    assert_non_null(strstr(out(), "    -     && apt-get install git\n"
                                  "    +     && apt-get install -y git\n"));
    assert_non_null(strstr(out(), "apt-get asks before it installs"));
    assert_int_equal(shell("dfix explain file"), 0);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(keys_are_taken_as_their_examples_have_them),
        CASE(the_table_has_all_keys),
        CASE(the_schema_takes_what_dfix_takes),
        CASE(the_report_is_as_its_schema_says),
        CASE(shells_complete_words),
        CASE(man_pages_are_clean),
        CASE(every_rule_has_a_page),
        CASE(rules_come_as_data),
        CASE(explaining_shows_before_and_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
