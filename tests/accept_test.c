/* Accepted risks: which count, what a file keeps when entries are added and renewed, and what comes
 * from and goes to the documents of others. */
#include "program.h"

#include "accept/accept.h"
#include "config/config.h"
#include "config/yaml_tree.h"
#include "needs_module.h"

static const char owners[] = "# who\n* @corp/all\n/services/  @corp/web bob@example.com\n"
                             "*.md @corp/docs\nlib/* @corp/lib\n/secret/\n[Section] @corp/section\n"
                             "section.txt\n";

static int set_up(void **state)
{
    program_set_up(state);
    program_options = "--offline";
    put("Dockerfile", "FROM debian:bookworm\n");
    put(".git/HEAD", "ref: refs/heads/main\n");
    put(".github/CODEOWNERS", owners);
    return 0;
}

static void expect(int status, const char *words)
{
    int got = shell("dfix %s", words);

    if (got != status)
        fail_msg("dfix %s: %d, not %d\n%s%s", words, got, status, out(), err());
}

static void expect_text(const char *text, const char *want)
{
    if (!strstr(text, want))
        fail_msg("\"%s\" is not in:\n%s", want, text);
}

/* ---- owners ---- */

static void owners_are_those_of_the_last_pattern_that_fits(void **state)
{
    static const struct {
        const char *path, *owners;
    } v[] = {{"Dockerfile", "@corp/all"},
             {"services/api/Dockerfile", "@corp/web bob@example.com"},
             {"services/api/README.md", "@corp/docs"},
             {"lib/x", "@corp/lib"},
             {"lib/deep/x", "@corp/all"},
             {"secret/Dockerfile", ""},
             {"a/section.txt", "@corp/section"}};
    (void)state;
    struct codeowners c = codeowners_parse(arena, str_of(owners));

    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        struct str got = codeowners_of(&c, str_of(v[i].path));
        if (!str_eq(got, str_of(v[i].owners)))
            fail_msg("%s: " STR_FMT ", not %s", v[i].path, STR_ARG(got), v[i].owners);
    }
    assert_true(codeowners_have(&c, S("@CORP/web")));
    assert_false(codeowners_have(&c, S("@corp/we")));
    assert_true(codeowner_valid(S("a.b+c@example.com")));
    assert_false(codeowner_valid(S("@")) || codeowner_valid(S("@a b")) ||
                 codeowner_valid(S("bob")) || codeowner_valid(S("@/x")) || codeowner_valid(S("")));
}

/* ---- which count ---- */

static struct acceptance good_one(void)
{
    struct acceptance x = accept_empty();
    x.id = S("CVE-2024-1");
    x.reason = S("why");
    x.owner = S("@corp/web");
    x.expires = S("2026-12-31");
    return x;
}

static void only_whole_ones_count(void **state)
{
    struct codeowners c = codeowners_parse(arena, str_of(owners));
    struct str today = S("2026-12-31");
    (void)state;

    struct acceptance x = good_one();
    assert_int_equal(accept_faults(&x, today, &c), 0);
    assert_int_equal(accept_faults(&x, S("2027-01-01"), &c), ACCEPT_EXPIRED);
    x.owner = S("@corp/other");
    assert_int_equal(accept_faults(&x, today, &c), ACCEPT_STRANGER);
    assert_int_equal(accept_faults(&x, today, NULL), 0);
    x.trusted = true; /* an operator's owners are not the repository's */
    assert_int_equal(accept_faults(&x, today, &c), 0);
    x = good_one();
    x.owner = x.reason = x.expires = S("");
    assert_int_equal(accept_faults(&x, today, &c),
                     ACCEPT_NO_OWNER | ACCEPT_NO_REASON | ACCEPT_NO_END);
    x = good_one();
    x.owner = S("somebody");
    assert_int_equal(accept_faults(&x, today, &c), ACCEPT_NO_OWNER);
}

static void a_file_sees_what_speaks_of_it(void **state)
{
    struct str all = S("all");
    struct acceptance v[] = {good_one(), good_one(), good_one()};
    struct settings s = {.accept = v, .naccept = 3, .today = S("2026-11-30")};
    (void)state;

    v[0].where = S("services/");
    v[0].folder = v[1].folder = S("/srv");
    v[1].where = S("other/");
    v[2].trusted = true;
    accept_for_file(arena, &s, S("/srv/services/Dockerfile"), NULL);
    assert_int_equal(s.naccepted, 3);
    assert_true(s.accepted[0].here && !s.accepted[1].here && s.accepted[2].here);
    assert_false(s.accepted[0].fault.n || s.accepted[1].fault.n || s.accepted[2].fault.n);

    s.forbid = &all;
    s.nforbid = 1;
    accept_for_file(arena, &s, S("/srv/services/Dockerfile"), NULL);
    assert_true(s.accepted[0].fault.n && !s.accepted[2].fault.n);
    s.today = S("2030-01-01");
    accept_for_file(arena, &s, S("/srv/services/Dockerfile"), NULL);
    assert_true(str_starts(s.accepted[2].fault, S("it expired")));
}

static void one_fits_what_it_names_and_no_more(void **state)
{
    const struct accept_subject of = {.id = S("CVE-2024-1"),
                                      .aliases = S("GHSA-yy GHSA-xx"),
                                      .package = S("libssl3"),
                                      .source = S("openssl"),
                                      .version = S("3.0.1"),
                                      .source_version = S("3.0.1"),
                                      .file = S("/srv/services/api/Dockerfile"),
                                      .origin = S("app/go.sum"),
                                      .image = S("registry.example/team/app"),
                                      .digest = S("sha256:11")};
    static const struct {
        const char *id, *package, *version, *where;
        bool fits;
    } v[] = {
        {"CVE-2024-1", "", "", "", true},
        {"ghsa-XX", "", "", "", true},
        {"CVE-2024-10", "", "", "", false},
        {"", "openssl", "", "", true},
        {"", "libssl3", "3.0.1", "", true},
        {"", "libssl3", "3.0.2", "", false},
        {"", "libssl", "", "", false},
        {"CVE-2024-1", "zlib", "", "", false},
        {"CVE-2024-1", "", "", "services/api/Dockerfile", true},
        {"CVE-2024-1", "", "", "services/", true},
        {"CVE-2024-1", "", "", "services/web/", false},
        {"CVE-2024-1", "", "", "app/go.sum", true},
        {"CVE-2024-1", "", "", "registry.example/team/app", true},
        {"CVE-2024-1", "", "", "registry.example/*", true},
        {"CVE-2024-1", "", "", "registry.example/team/ap", false},
        {"CVE-2024-1", "", "", "registry.example/team/app@sha256:11", true},
        {"CVE-2024-1", "", "", "registry.example/team/app@sha256:12", false},
        {"CVE-2024-1", "", "", "registry.example/team/other@sha256:11", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
        struct acceptance x = accept_empty();
        x.id = str_of(v[i].id);
        x.package = str_of(v[i].package);
        x.version = str_of(v[i].version);
        x.where = str_of(v[i].where);
        x.folder = S("/srv");
        if (accept_fits(&x, &of) != v[i].fits)
            fail_msg("%zu: %s %s %s", i, v[i].id, v[i].package, v[i].where);
    }
}

/* ---- the file ---- */

static void the_file_keeps_what_it_has(void **state)
{
    static const char before[] = "# ours\naccept:   # all of them\n"
                                 "    -   id: CVE-2020-1 # \xe2\x82\xac\n"
                                 "        reason: \"caf\xc3\xa9: \\\"x\\\"\"\n"
                                 "        owner: '@corp/web'\n"
                                 "        expires: '2026-01-31' # soon\n"
                                 "    -   package: \"zlib1g\"\n"
                                 "        reason: y";
    struct acceptance x = good_one();
    struct str text;
    struct err e;
    (void)state;

    x.reason = S("it's: #1, \\ and 'that'");
    if (!accept_add(arena, "a.yaml", str_of(before), &x, 1, &text, &e))
        fail_msg("%s", e.text);
    assert_true(str_starts(text, str_of(before)));
    expect_text(str_cstr(arena, text),
                "\n    - id: CVE-2024-1\n      reason: 'it''s: #1, \\ and ''that'''\n");
    struct accept_renewal r = {.id = S("cve-2020-1"),
                               .package = S(""),
                               .expires = S("2027-05-05"),
                               .decided = S("2026-11-30")};
    if (!accept_renew(arena, "a.yaml", text, &r, &text, &e))
        fail_msg("%s", e.text);
    assert_int_equal(r.renewed, 1);
    expect_text(str_cstr(arena, text),
                "    -   decided: 2026-11-30\n        id: CVE-2020-1 # \xe2\x82\xac\n");
    expect_text(str_cstr(arena, text), "        expires: 2027-05-05 # soon\n");
    r = (struct accept_renewal){S(""), S("zlib1g"), S("2027-05-05"), S("2026-11-30"), 0};
    assert_true(accept_renew(arena, "a.yaml", text, &r, &text, &e));
    expect_text(str_cstr(arena, text),
                "expires: 2027-05-05\n        decided: 2026-11-30\n        package: \"zlib1g\"");
    r.package = S("nothing");
    assert_true(accept_renew(arena, "a.yaml", text, &r, &text, &e) && r.renewed == 0);
}

static void lines_end_as_those_before(void **state)
{
    static const char before[] = "accept:\r\n  - id: CVE-2020-1\r\n    reason: x\r\n    owner: y";
    struct acceptance x = good_one();
    struct accept_renewal r = {.id = S("CVE-2020-1"),
                               .package = S(""),
                               .expires = S("2027-05-05"),
                               .decided = S("2026-11-30")};
    struct str text;
    struct err e;
    (void)state;

    assert_true(accept_add(arena, "a.yaml", str_of(before), &x, 1, &text, &e));
    assert_true(accept_renew(arena, "a.yaml", text, &r, &text, &e));
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '\n' && text.p[i - 1] != '\r')
            fail_msg("byte %zu of\n" STR_FMT, i, STR_ARG(text));
    expect_text(str_cstr(arena, text),
                "  - expires: 2027-05-05\r\n    decided: 2026-11-30\r\n    id: CVE-2020-1\r\n");
}

/* What is there is longer than what it says, or says it for another entry, too. */
static void days_that_cannot_be_moved_stay(void **state)
{
    static const char *const days[] = {
        "\"2027-01\\x2d31\"",     "&day 2027-01-31",          "'2027-01-31'   \n",
        "2027-01-31 # as agreed", "\"2027-\\\n      01-31\"",
    };
    (void)state;

    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        struct str before = str_fmt(arena,
                                    "accept:\n  - id: CVE-1\n    decided: 2026-01-01\n    expires: "
                                    "%s\n    reason: x\n",
                                    days[i]);
        struct accept_renewal r = {S("CVE-1"), S(""), S("2028-05-05"), S("2026-11-30"), 0};
        struct config got = {.settings = {.docs = S("")}};
        struct policy_file p = {.path = "a.yaml"};
        struct str text;
        struct err e;
        if (!accept_renew(arena, "a.yaml", before, &r, &text, &e)) {
            assert_true(str_eq(text, before));
            expect_text(e.text, "a.yaml: not changed: a day there is written in a form that dfix "
                                "cannot change; write it by hand");
            continue;
        }
        p.bytes = text.n;
        assert_true(yaml_parse(arena, "a.yaml", text, &p.root, &e));
        assert_true(
            config_apply_accept(arena, &p, false, (struct config_rules){NULL, 0}, &got, &e));
        assert_true(str_eq(got.settings.accept[0].expires, S("2028-05-05")));
    }
    /* An alias shares one day with its anchor. */
    struct str shared = S("accept:\n  - id: CVE-1\n    decided: &d 2026-01-01\n    expires: *d\n"
                          "  - id: CVE-2\n    expires: 2027-01-01\n");
    struct accept_renewal r = {S("CVE-1"), S(""), S("2028-05-05"), S("2026-11-30"), 0};
    struct str text;
    struct err e;
    assert_false(accept_renew(arena, "a.yaml", shared, &r, &text, &e));
}

static void forms_that_cannot_be_added_to_stay(void **state)
{
    static const char *const forms[] = {"accept: [{id: CVE-2020-1}]\n", "rules:\naccept:\n",
                                        "accept:\n  - &x {id: CVE-2020-1}\n  - *x\n...\n---\n",
                                        "accept: {id: x}\n", "- id: CVE-2020-1\n"};
    struct acceptance x = good_one();
    struct str text;
    struct err e;
    (void)state;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (accept_add(arena, "a.yaml", str_of(forms[i]), &x, 1, &text, &e))
            fail_msg("%s became\n" STR_FMT, forms[i], STR_ARG(text));
    /* What YAML would take for something else is written as a text. */
    static const char *const values[] = {"true", "null", "1e3", "- x", "a: b", "@x", "x #y",
                                         "*a",   "!b",   "%c",  "{",   "'",    "\"", " z "};
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct config got = {.settings = {.docs = S("")}};
        struct policy_file p = {.path = "x/accept.yaml"};
        x.reason = str_of(values[i]);
        assert_true(accept_add(arena, "a.yaml", S(""), &x, 1, &text, &e));
        put("x/accept.yaml", str_cstr(arena, text));
        const char *path = sandbox_path(&box, arena, "work/x/accept.yaml");
        if (!policy_read(arena, path, &p, &e) ||
            !config_apply_accept(arena, &p, true, (struct config_rules){NULL, 0}, &got, &e))
            fail_msg("%s: %s", values[i], e.text);
        assert_true(str_eq(got.settings.accept[0].reason, x.reason));
    }
}

static void the_command_writes_what_it_lists(void **state)
{
    (void)state;
    expect(2, "accept add CVE-2024-1 --reason x --owner @corp/web");
    expect(2, "accept add CVE-2024-1 --reason x --owner nobody --expires 90d");
    expect(2, "accept add CVE-2024-1 --reason x --owner @corp/web --expires 2020-01-01");
    expect(0, "accept add CVE-2024-1 CVE-2024-2 --package openssl --where services/ --reason "
              "'no TLS' --owner @corp/web --expires 2099-01-31");
    expect(0, "accept list");
    expect_text(out(), "CVE-2024-2 in openssl for services/: until 2099-01-31 (");
    expect(0, "accept add zlib1g --reason y --owner @eve --expires 90d");
    expect_text(err(), "does not count yet: CODEOWNERS does not know @eve");
    expect(1, "accept list");
    expect(0, "accept list --exit-zero --json");
    expect(0, "accept renew CVE-2024-1 --expires 2098-01-01");
    expect(2, "accept renew CVE-2024-9 --expires 2098-01-01");
    /* Nothing is said to be renewed that is not, and each word is read by itself. */
    expect(2, "accept renew CVE-2024-1 CVE-2024-9 --expires 2097-01-01");
    assert_null(strstr(out(), "renewed"));
    expect(0, "accept renew zlib1g CVE-2024-1 --expires 2098-01-01");
    /* Once is enough. */
    expect(2, "accept add CVE-2024-1 --package openssl --where services/ --reason x --owner "
              "@corp/web --expires 90d");
    expect_text(err(), "CVE-2024-1 in openssl is accepted already; `dfix accept renew` moves");
    expect(2, "accept add CVE-2024-3 CVE-2024-3 --reason x --owner @corp/web --expires 90d");
    expect_text(get(".dfix/accept.yaml"), "expires: 2098-01-01\n");
    /* Bytes that are no text are refused before anything is written. */
    const char *was = get(".dfix/accept.yaml");
    expect(2, "accept add CVE-2024-3 --reason $(printf '\\377') --owner @corp/web --expires 90d");
    assert_string_equal(get(".dfix/accept.yaml"), was);
    expect(1, "accept list --format html -o page.html");
    expect_text(get("page.html"), "The weakness CVE-2024-1 of openssl");
    put(".dfix/accept.yaml", "accept:\n  - id: CVE-2024-1\n    expires: 2020-01-31\n"
                             "  - id: CVE-2024-2\n");
    expect(1, "accept list");
    expect_text(out(), "CVE-2024-1: ended 2020-01-31, by nobody\n");
    expect_text(out(), "CVE-2024-2: without an end, by nobody\n");
}

/* ---- from others, to others ---- */

static void ignore_files_are_taken_over(void **state)
{
    (void)state;
    put(".trivyignore", "# no TLS here\nCVE-2020-1\n\nCVE-2020-2 exp:2099-01-01 # why\nDS002\n");
    put(".trivyignore.yaml", "vulnerabilities:\n  - id: CVE-2020-3\n    paths: [go.mod, go.sum]\n"
                             "    purls: ['pkg:deb/debian/bash@5.2?arch=amd64']\n"
                             "    expired_at: 2099-02-01\n    statement: s\n"
                             "misconfigurations:\n  - id: AVD-1\n");
    put(".grype.yaml", "ignore:\n  - vulnerability: CVE-2020-4\n    reason: g\n"
                       "    package: {name: libcurl, version: 1.5.1}\n"
                       "  - fix-state: wont-fix\n"
                       "  - {vulnerability: CVE-2020-5, vex-status: not_affected, "
                       "vex-justification: component_not_present}\n");
    put("osv-scanner.toml", "[[IgnoredVulns]]\nid = \"GO-2022-1\"\nignoreUntil = 2099-11-09\n"
                            "reason = \"o\"\n[[PackageOverrides]]\nname = \"lib\"\n"
                            "vulnerability.ignore = true\n[[PackageOverrides]]\nname = \"lic\"\n"
                            "license.ignore = true\n");
    put(".snyk", "version: v1.14.0\nignore:\n  'SNYK-JS-1':\n    - 'a > b > hawk':\n"
                 "        reason: r\n        expires: '2099-03-01T14:30:04.136Z'\npatch: {}\n");
    expect(0, "accept import .trivyignore .trivyignore.yaml .grype.yaml osv-scanner.toml .snyk "
              "--owner bob@example.com --expires 2098-12-31 --reason 'taken over'");
    const char *text = get(".dfix/accept.yaml");
    expect_text(text, "- id: CVE-2020-1\n    reason: 'no TLS here'\n");
    expect_text(text, "- id: CVE-2020-2\n    reason: why\n    owner: 'bob@example.com'\n");
    expect_text(text, "expires: 2099-01-01\n");
    expect_text(text,
                "- id: CVE-2020-3\n    package: bash\n    version: '5.2'\n    where: go.sum\n");
    expect_text(text, "- id: CVE-2020-4\n    package: libcurl\n    version: '1.5.1'\n");
    expect_text(text, "- id: CVE-2020-5\n    status: component_not_present\n");
    expect_text(text, "- package: lib\n");
    expect_text(text, "- id: SNYK-JS-1\n    package: hawk\n");
    assert_null(strstr(text, "DS002"));
    assert_null(strstr(text, "AVD-1"));
    assert_null(strstr(text, "lic\n"));
    expect(0, "accept list");
    expect(0, "accept import .snyk --owner bob@example.com --expires 2098-12-31");
    assert_string_equal(get(".dfix/accept.yaml"), text);
    /* Nor does what two of them say come twice. */
    put(".trivyignore", "CVE-2020-9\nCVE-2020-9\n");
    expect(0, "accept import .trivyignore --owner bob@example.com --expires 2098-12-31");
    expect_text(err(), ".trivyignore (trivy): 1 accepted, 1 there already");
}

static const char vex[] =
    "{\"@context\": \"https://openvex.dev/ns/v0.2.0\", \"@id\": \"https://x.example/1\", "
    "\"author\": \"Example Inc\", \"timestamp\": \"2026-01-01T00:00:00Z\", \"version\": 1, "
    "\"statements\": ["
    "{\"vulnerability\": {\"name\": \"CVE-2021-1\"}, \"products\": [{\"@id\": "
    "\"pkg:oci/app?repository_url=registry.example/app\", \"subcomponents\": [{\"@id\": "
    "\"pkg:deb/debian/openssl@3.0\"}]}], \"status\": \"not_affected\", \"justification\": "
    "\"component_not_present\"},"
    "{\"vulnerability\": {\"name\": \"CVE-2021-2\"}, \"products\": [{\"@id\": "
    "\"pkg:deb/debian/bash@5\"}], \"status\": \"fixed\"},"
    "{\"vulnerability\": {\"name\": \"CVE-2021-2\"}, \"products\": [{\"@id\": "
    "\"pkg:deb/debian/bash@5\"}], \"status\": \"affected\", \"action_statement\": \"wait\", "
    "\"timestamp\": \"2026-02-01T00:00:00Z\"},"
    "{\"vulnerability\": {\"name\": \"CVE-2021-3\"}, \"status\": \"not_affected\"}]}";

static void a_newer_statement_takes_an_older_one_back(void **state)
{
    struct accept_list list;
    struct err e;
    (void)state;

    assert_true(accept_import(arena, "x.json", str_of(vex), &list, &e));
    assert_int_equal(list.v.n, 1);
    assert_int_equal(list.others, 3);
    const struct acceptance *x = &list.v.v[0];
    assert_true(str_eq(x->id, S("CVE-2021-1")) && str_eq(x->package, S("openssl")) &&
                str_eq(x->version, S("3.0")) && str_eq(x->where, S("registry.example/app")) &&
                x->vendor && str_eq(x->owner, S("Example Inc")));
    assert_false(accept_import(arena, "x.json", S("{\"a\": 1}"), &list, &e));
    assert_false(accept_import(arena, "x.json", S("{"), &list, &e));
}

static void documents_are_as_their_schemas_say(void **state)
{
    static const char *const kinds[] = {"openvex", "csaf"};
    (void)state;
    needs_module("jsonschema");
    expect(0, "accept add CVE-2024-1234 --package openssl --reason 'no <TLS>' --owner @corp/web "
              "--expires 90d --where registry.example/app");
    expect(0,
           "accept add CVE-2024-1235 GHSA-aa --not-affected vulnerable_code_not_present --reason z "
           "--owner @corp/web --expires 90d");
    expect(0, "accept add zlib1g --reason y --owner bob@example.com --expires 90d");
    for (size_t i = 0; i < 2; i++) {
        expect(0, str_fmt(arena, "accept list --format %s -o x.json", kinds[i]).p);
        if (shell("python3 " DFIX_ROOT "/tests/schemas/validate.py " DFIX_ROOT
                  "/tests/schemas/%s.json whole x.json",
                  kinds[i]) != 0)
            fail_msg("%s: %s", kinds[i], err());
        /* What was said not to hold comes back; what was accepted is nothing to take over. */
        struct accept_list list;
        struct err e;
        assert_true(accept_import(arena, "x.json", str_of(get("x.json")), &list, &e));
        assert_int_equal(list.v.n, 2);
        assert_int_equal(list.others, 2);
        assert_true(str_eq(list.v.v[0].status, S("vulnerable_code_not_present")));
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(owners_are_those_of_the_last_pattern_that_fits),
        CASE(only_whole_ones_count),
        CASE(a_file_sees_what_speaks_of_it),
        CASE(one_fits_what_it_names_and_no_more),
        CASE(the_file_keeps_what_it_has),
        CASE(forms_that_cannot_be_added_to_stay),
        CASE(lines_end_as_those_before),
        CASE(days_that_cannot_be_moved_stay),
        CASE(the_command_writes_what_it_lists),
        CASE(ignore_files_are_taken_over),
        CASE(a_newer_statement_takes_an_older_one_back),
        CASE(documents_are_as_their_schemas_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
