/* Each format by its schema, on files whose names and texts are made to break it; several at once;
 * and what a run of GitHub's gets by itself. Schemas hold what dfix writes of each standard. */
#include "program.h"

#include <jansson.h>

#include "faces/formats/formats.h"

#define SCHEMAS DFIX_ROOT "/tests/schemas/"

static int set_up(void **state)
{
    program_set_up_warm(state);
    program_options = "--offline";
    put("Dockerfile", "FROM debian:bookworm\n"
                      "RUN echo \"\xe6\x97\xa5 <&> ]]> ::error::x ##[y]\" && apt-get install curl\n"
                      "# \xff\nUSER 1000\n");
    put("o,d:d 50%/Dockerfile", "FROM debian:bookworm\n"
                                "RUN apt-get install -y \"a[b](http://x.example/){0}\" git\n"
                                "CMD [\"/srv/app\"]\n");
    put("clean/Dockerfile", "FROM debian:bookworm\nUSER 1000\n");
    return 0;
}

static void needs_jsonschema(void)
{
    needs("python3");
    if (shell("python3 -c 'import jsonschema'") == 0)
        return;
    const char *ci = getenv("CI");
    if (ci && strcmp(ci, "true") == 0)
        fail_msg("python3-jsonschema is not installed, and CI is true");
    print_message("skipped: python3-jsonschema is not installed\n");
    skip();
}

static void json_is_valid(const char *format, const char *schema, const char *how, int documents)
{
    assert_int_equal(shell("dfix --format %s -o x", format), 1);
    if (shell("python3 " SCHEMAS "validate.py " SCHEMAS "%s %s x", schema, how) != 0)
        fail_msg("%s: %s", format, err());
    if (documents)
        assert_int_equal(atoi(out()), documents);
}

static void json_formats_hold_to_their_schemas(void **state)
{
    (void)state;
    needs_jsonschema();
    json_is_valid("sarif", "sarif.json", "whole", 1);
    json_is_valid("gitlab", "gitlab.json", "whole", 1);
    json_is_valid("codeclimate", "codeclimate.json", "nul", 4);
    json_is_valid("codacy", "codacy.json", "lines", 4);
    json_is_valid("sonarqube", "sonarqube.json", "whole", 1);
}

static void xml_formats_hold_to_their_schemas(void **state)
{
    static const char *const format[] = {"checkstyle", "junit"};

    (void)state;
    needs("xmllint");
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(shell("dfix --format %s -o x", format[i]), 1);
        if (shell("xmllint --noout --schema " SCHEMAS "%s.xsd x", format[i]) != 0)
            fail_msg("%s: %s%s", format[i], err(), get("x"));
    }
    assert_int_equal(shell("xmllint --xpath 'count(//testcase)' x | grep -qx 5"), 0);
    assert_int_equal(shell("xmllint --xpath 'sum(//@failures)' x | grep -qx 4"), 0);
    assert_int_equal(shell("xmllint --xpath 'sum(//@tests)' x | grep -qx 5"), 0);
}

static json_t *document(const char *name)
{
    struct str text = str_of(get(name));
    json_error_t e;
    json_t *j = json_loadb(text.p, text.n, 0, &e);

    if (!j)
        fail_msg("%s in: %s", e.text, text.p);
    return j;
}

static const json_t *at(const json_t *j, const char *path)
{
    struct str rest = str_of(path), part;

    while (j && str_cut(&rest, '.', &part))
        j = json_is_array(j) ? json_array_get(j, (size_t)atoi(str_cstr(arena, part)))
                             : json_object_get(j, str_cstr(arena, part));
    if (!j)
        fail_msg("no %s", path);
    return j;
}

/* The offset of a line and column that count characters. */
static size_t offset_of(struct str text, json_int_t line, json_int_t column)
{
    size_t i = 0;

    for (; line > 1; i++)
        line -= text.p[i] == '\n';
    for (; column > 1; column--)
        for (i++; i < text.n && ((unsigned char)text.p[i] & 0xC0) == 0x80;)
            i++;
    return i;
}

static struct str replaced(struct str text, const json_t *r)
{
    const json_t *region = at(r, "deletedRegion");
    size_t from = offset_of(text, json_integer_value(at(region, "startLine")),
                            json_integer_value(at(region, "startColumn")));
    size_t to = offset_of(text, json_integer_value(at(region, "endLine")),
                          json_integer_value(at(region, "endColumn")));

    return str_fmt(arena, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(text, 0, from)),
                   json_string_value(at(r, "insertedContent.text")), STR_ARG(str_from(text, to)));
}

/* SARIF's replacements, done by hand from the end on, are the file that --fix writes. */
static void fixes_of_sarif_mend_the_file(void **state)
{
    struct str text = str_of(get("Dockerfile"));

    (void)state;
    assert_int_equal(shell("dfix -s pin-apt,apt-get-yes -f sarif -o x Dockerfile"), 1);
    json_t *j = document("x");
    const json_t *results = at(j, "runs.0.results");
    assert_int_equal(json_array_size(results), 2);
    for (size_t i = 2; i > 0; i--) {
        const json_t *list =
            at(json_array_get(results, i - 1), "fixes.0.artifactChanges.0.replacements");
        for (size_t k = json_array_size(list); k > 0; k--)
            text = replaced(text, json_array_get(list, k - 1));
    }
    json_decref(j);
    shell("dfix -q --fix -s pin-apt,apt-get-yes Dockerfile");
    assert_string_equal(get("Dockerfile"), str_cstr(arena, text));
}

static void outside_text_is_no_markup_of_sarif(void **state)
{
    (void)state;
    shell("dfix -s pin-apt -v --fix -f sarif -o x 'o,d:d 50%%/Dockerfile'");
    assert_int_equal(shell("dfix -s user-switch -f sarif -o x"), 1);
    assert_non_null(strstr(get("x"), "\"uri\":\"o,d%3Ad%2050%25/Dockerfile\""));
}

/* A rule's number in a result is that of the table. */
static void rules_of_sarif_have_their_numbers(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix -f sarif -o x"), 1);
    json_t *j = document("x");
    const json_t *results = at(j, "runs.0.results"), *rules = at(j, "runs.0.tool.driver.rules");
    for (size_t i = 0; i < json_array_size(results); i++) {
        const json_t *r = json_array_get(results, i);
        const json_t *rule = json_array_get(rules, (size_t)json_integer_value(at(r, "ruleIndex")));
        assert_string_equal(json_string_value(at(rule, "id")), json_string_value(at(r, "ruleId")));
    }
    json_decref(j);
}

static void a_line_each_is_json(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix -f ndjson -o x"), 1);
    struct str rest = str_of(get("x")), line;
    size_t findings = 0, sums = 0;
    while (str_cut(&rest, '\n', &line) && line.n) {
        json_error_t e;
        json_t *j = json_loadb(line.p, line.n, 0, &e);
        assert_non_null(j);
        const char *type = json_string_value(json_object_get(j, "type"));
        findings += strcmp(type, "finding") == 0 && !json_is_true(json_object_get(j, "leftAlone"));
        sums += strcmp(type, "summary") == 0;
        json_decref(j);
    }
    assert_int_equal(findings, 4);
    assert_int_equal(sums, 1);
}

/* The same whatever else is in the file, and apart for each of two on one text. */
static void fingerprints_stay(void **state)
{
    static const char prints[] = "dfix -s apt-get-yes -f gitlab Dockerfile | grep -o "
                                 "'\"fingerprint\":\"[0-9a-f]*' | sort";
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install a\nRUN apt-get install a\n");
    shell("%s | uniq | wc -l | grep -qx 2 && %s > p1; true", prints, prints);
    put("Dockerfile",
        "FROM debian:bookworm\n\n# more\nRUN true\nRUN apt-get install a\nRUN apt-get install a\n");
    assert_int_equal(shell("%s > p2 && test -s p1 && cmp p1 p2", prints), 0);
}

static void lines_for_editors(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n");
    shell("dfix -s apt-get-yes -f gcc Dockerfile");
    assert_string_equal(out(),
                        "Dockerfile:2:5: warning: Add -y to apt-get install [apt-get-yes]\n");
    shell("dfix -s apt-get-yes -f gnu Dockerfile");
    assert_string_equal(out(),
                        "Dockerfile:2.5-24: warning: Add -y to apt-get install [apt-get-yes]\n");
}

static void several_at_once(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --concise --report sarif=a --report junit=b --report=json=c"), 1);
    assert_non_null(strstr(out(), "Dockerfile:2:42: DL3014 apt-get-yes: Add -y"));
    assert_int_equal(shell("dfix -f sarif > a2; cmp a a2 && dfix -f junit > b2; cmp b b2 && "
                           "dfix -f json > c2; cmp c c2"),
                     0);
    /* Beside a patch, too, which stays what it is. */
    shell("dfix --diff > p1");
    shell("dfix --diff --report gcc=g > p2");
    assert_int_equal(shell("cmp p1 p2 && test -s g"), 0);
}

static void reports_that_make_no_sense_are_refused(void **state)
{
    static const struct {
        const char *words, *said;
    } c[] = {
        {"--report sarif", "dfix: --report: sarif is not FORMAT=FILE\n"},
        {"--report sarif=", "dfix: --report: sarif= is not FORMAT=FILE\n"},
        {"--report xml=x", "dfix: --report: unknown format xml (text, concise, json,"},
        {"--report sarif=no/such/x", "no/such/x: No such file or directory\n"},
        {"--report sarif=/dev/full", "/dev/full: not written: No space left on device\n"},
        {"--fix --format sarif - < Dockerfile",
         "dfix: `--fix --format sarif -` needs --output FILE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        assert_int_equal(shell("dfix %s", c[i].words), 2);
        if (!strstr(err(), c[i].said))
            fail_msg("%s said: %s", c[i].words, err());
    }
}

/* ---- GitHub Actions ---- */

#define ACTIONS "export GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=$PWD/../summary; "

static void annotations_come_by_themselves(void **state)
{
    (void)state;
    assert_int_equal(shell(ACTIONS "dfix"), 1);
    assert_non_null(strstr(out(), "\n::warning file=Dockerfile,line=2,endLine=2,col=42,endColumn="
                                  "62,title=dfix DL3014 apt-get-yes::Add -y to apt-get "
                                  "install\n"));
    assert_non_null(strstr(out(), "::warning file=o%2Cd%3Ad 50%25/Dockerfile,line=2,"));
    struct str summary = sandbox_read(&box, arena, "summary");
    assert_int_not_equal(str_find(summary, S("| Dockerfile:2 | apt-get-yes DL3014 | Add -y to ")),
                         STR_NONE);
    assert_int_not_equal(str_find(summary, S("dfix&#58;")) != STR_NONE ||
                             str_find(summary, S("3 files&#44; 4 findings")) != STR_NONE,
                         0);
    /* A job's other steps have their part of it. */
    shell(ACTIONS "dfix -s pin-apt");
    assert_true(sandbox_read(&box, arena, "summary").n > summary.n);
}

/* Paths are the repository's. */
static void annotations_name_files_of_the_workspace(void **state)
{
    (void)state;
    assert_int_equal(shell(ACTIONS "export GITHUB_WORKSPACE=$PWD; cd 'o,d:d 50%%' && dfix"), 1);
    assert_non_null(strstr(out(), " file=o%2Cd%3Ad 50%25/Dockerfile,"));
}

static void annotations_stay_out_of_what_is_asked_for(void **state)
{
    static const char *const words[] = {"--diff",           "--fix",
                                        "--format json",    "--concise",
                                        "--report gcc=x",   "-o x",
                                        "--no-annotations", "-q",
                                        "- < Dockerfile",   "--fix - < Dockerfile",
                                        "--json",           "--stdin-filename x < Dockerfile"};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        shell(ACTIONS "rm -f ../summary; dfix %s", words[i]);
        if (strstr(out(), "::warning") || strstr(err(), "::warning"))
            fail_msg("annotations with %s", words[i]);
        assert_int_equal(shell("test -e ../summary"), 1);
    }
    shell("export GITHUB_ACTIONS=false; dfix");
    assert_null(strstr(out(), "::warning"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(json_formats_hold_to_their_schemas),
        CASE(xml_formats_hold_to_their_schemas),
        CASE(fixes_of_sarif_mend_the_file),
        CASE(outside_text_is_no_markup_of_sarif),
        CASE(rules_of_sarif_have_their_numbers),
        CASE(a_line_each_is_json),
        CASE(fingerprints_stay),
        CASE(lines_for_editors),
        CASE(several_at_once),
        CASE(reports_that_make_no_sense_are_refused),
        CASE(annotations_come_by_themselves),
        CASE(annotations_name_files_of_the_workspace),
        CASE(annotations_stay_out_of_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
