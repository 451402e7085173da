/* What a policy says of files, of other policies and of suppressions; and where it stands. */
#include "program.h"

static const char dockerfile[] = "FROM debian:bookworm\nRUN apt-get install curl git\nUSER 1000\n";

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", dockerfile);
    put("r/.git/HEAD", "ref: refs/heads/main\n");
    put("r/Dockerfile", dockerfile);
    return 0;
}

static void files_are_left_out_and_added(void **state)
{
    (void)state;
    put("r/dfix.yaml", "exclude: [legacy/, '*.old.Dockerfile', /a/b.Dockerfile]\n"
                       "files: ['*.docker', 'more/**/build']\n");
    put("r/legacy/x/Dockerfile", dockerfile);
    put("r/c/y.old.Dockerfile", dockerfile);
    put("r/a/b.Dockerfile", dockerfile);
    put("r/c/a/b.Dockerfile", dockerfile);
    put("r/z.docker", dockerfile);
    put("r/more/p/q/build", dockerfile);
    put("r/p/build", dockerfile);
    assert_int_equal(shell("dfix --show-files r"), 0);
    assert_string_equal(out(), "r/Dockerfile\nr/c/a/b.Dockerfile\nr/more/p/q/build\nr/z.docker\n");
    assert_int_equal(shell("cd r/c && dfix --show-files ."), 0);
    assert_string_equal(out(), "a/b.Dockerfile\n");
    /* Who names a file means it. */
    assert_int_equal(shell("dfix --show-files r/legacy/x/Dockerfile"), 0);
    assert_string_equal(out(), "r/legacy/x/Dockerfile\n");
}

static void rules_for_some_files(void **state)
{
    (void)state;
    put("r/dfix.yaml", "rules: {pin-apt: {style: compatible}}\n"
                       "per-file:\n  'dev/*': {pin-apt: off, apt-get-yes: {severity: info}}\n"
                       "  '*.x.Dockerfile': {pin-apt: {style: exact}}\n");
    put("r/dev/Dockerfile", dockerfile);
    put("r/dev/a.x.Dockerfile", dockerfile);
    assert_int_equal(shell("dfix -s pin-apt r/Dockerfile"), 1);
    assert_non_null(strstr(out(), "Pin curl to 7.88.*\n"));
    assert_int_equal(shell("dfix r/dev/Dockerfile --fail-on warning"), 0);
    assert_string_equal(out(), "r/dev/Dockerfile:2:5: DL3014 apt-get-yes: Add -y to apt-get "
                               "install\n");
    assert_int_equal(shell("dfix -s pin-apt r/dev/a.x.Dockerfile"), 1);
    assert_non_null(strstr(out(), "Pin curl to 7.88.1-10+deb12u"));
}

static void severity_is_the_policys(void **state)
{
    (void)state;
    put("dfix.yaml", "rules: {apt-get-yes: {severity: error}}\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes --fail-on error"), 1);
    put("dfix.yaml", "rules: {apt-get-yes: {severity: info}}\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes --format gcc"), 0);
    assert_string_equal(out(), "Dockerfile:2:5: note: Add -y to apt-get install [apt-get-yes]\n");
    put("dfix.yaml", "rules: {apt-get-yes: {severity: loud}}\n");
    assert_int_equal(shell("dfix"), 2);
}

/* ---- extends ---- */

static void policies_stand_on_each_other(void **state)
{
    (void)state;
    put("r/base/one.yaml", "rules: {pin-apt: {style: exact}, apt-get-yes: off}\n");
    put("r/base/two.yaml", "extends: one.yaml\nrules: {pin-apt: {precision: major}}\n");
    put("r/dfix.yaml", "extends: [base/two.yaml]\nrules: {apt-get-yes: safe}\n");
    assert_int_equal(shell("cd r && dfix --show-settings Dockerfile"), 0);
    assert_non_null(strstr(out(), "rules.pin-apt.style = exact "));
    assert_non_null(strstr(out(), "# base/one.yaml:1\n"));
    assert_non_null(strstr(out(), "rules.pin-apt.precision = major "));
    assert_non_null(strstr(out(), "# base/two.yaml:2\n"));
    assert_non_null(strstr(out(), "rules.apt-get-yes = safe "));
    assert_non_null(strstr(out(), "# dfix.yaml:2\n"));
    assert_non_null(strstr(out(), "rules.pin-apk.style = compatible "));
    assert_non_null(strstr(out(), "# default\n"));
}

/* What is extended has the trust of who names it, and a repository names what is its own. */
static void extending_lends_no_trust(void **state)
{
    static const struct {
        const char *policy, *said;
    } c[] = {
        {"extends: ../outside.yaml\n",
         "r/dfix.yaml:1:10: outside.yaml is outside of the repository"},
        {"extends: link.yaml\n", "r/dfix.yaml:1:10: outside.yaml is outside of the repository"},
        {"extends: .git/x.yaml\n", "r/dfix.yaml:1:10: r/.git/x.yaml is outside of the repository"},
        {"extends: none.yaml\n", "r/none.yaml: No such file or directory"},
        {"extends: dfix.yaml\n", "policy files extend each other more than 8 deep"},
    };
    (void)state;
    put("outside.yaml", "rules: {apt-get-yes: off}\n");
    put("r/.git/x.yaml", "rules: {apt-get-yes: off}\n");
    shell("ln -s ../outside.yaml r/link.yaml");
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        put("r/dfix.yaml", c[i].policy);
        assert_int_equal(shell("dfix r"), 2);
        if (!strstr(err(), c[i].said))
            fail_msg("%s said: %s", c[i].policy, err());
    }
    put("r/dfix.yaml", "extends: own.yaml\n");
    put("r/own.yaml", "registries: {insecure: [x.example]}\n");
    assert_int_equal(shell("dfix r"), 1);
    assert_non_null(strstr(err(), "r/own.yaml:1:1: \"registries\" is ignored here"));
    /* Of one's own policy anything can be a part. */
    assert_int_equal(shell("echo 'extends: work/outside.yaml' >> ../dfix/dfix.yaml && "
                           "mv outside.yaml ../dfix/ && mkdir ../dfix/work && "
                           "mv ../dfix/outside.yaml ../dfix/work/ && rm r/dfix.yaml && "
                           "dfix -s apt-get-yes,pin-apt r; "
                           "dfix --show-settings r/Dockerfile | grep -q 'apt-get-yes = off'"),
                     0);
}

/* ---- suppressions ---- */

static void a_comment_may_hold_for_the_file(void **state)
{
    (void)state;
    put("Dockerfile", "# dfix ignore-file=apt-get-yes,pin-apt because the mirror is frozen\n"
                      "FROM debian:bookworm\nRUN apt-get install curl\nRUN apt-get install git\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes,pin-apt"), 0);
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n"
                      "# dfix ignore-file=apt-get-yes\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes"), 1);
    assert_non_null(strstr(out(), "This comment gives no reason"));
    assert_non_null(strstr(out(), "Add -y"));
    put("Dockerfile", "FROM debian:bookworm\nUSER 1\n# dfix ignore-file=apt-get-yes because x\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes"), 1);
    assert_non_null(strstr(out(), "suppresses nothing"));
}

static void a_comment_in_a_list_holds_for_its_package(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install -y \\\n"
                      "    # dfix ignore=pin-apt because we build it\n    curl \\\n    git\n");
    assert_int_equal(shell("dfix Dockerfile -s pin-apt"), 1);
    assert_string_equal(out(), "Dockerfile:5:5: DL3008 pin-apt: Pin git to 1:2.39.*\n");
    /* Above what is no package it holds for the instruction. */
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update \\\n"
                      "    # dfix ignore=pin-apt because we build it\n"
                      "    && apt-get install -y \\\n    curl \\\n    git\n");
    assert_int_equal(shell("dfix Dockerfile -s pin-apt"), 0);
    assert_string_equal(out(), "");
}

static void a_comment_above_what_starts_excuses_its_user(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\n# dfix ignore=user-switch because it binds port 80\n"
                      "CMD [\"/srv/app\"]\n");
    assert_int_equal(shell("dfix Dockerfile -s user-switch"), 0);
    assert_string_equal(out(), "");
}

static void policy_may_forbid_suppressions(void **state)
{
    static const char *const forbid[] = {"[apt-get-yes]", "[DL3014]", "true"};

    (void)state;
    put("Dockerfile", "FROM debian:bookworm\n# dfix ignore=apt-get-yes because x\n"
                      "RUN apt-get install a\n# hadolint ignore=DL3014\nRUN apt-get install b\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes"), 0);
    for (size_t i = 0; i < 3; i++) {
        put("dfix.yaml", str_fmt(arena, "forbid-suppressions: %s\n", forbid[i]).p);
        assert_int_equal(shell("dfix Dockerfile -s apt-get-yes"), 1);
        assert_string_equal(
            out(), "Dockerfile:2:1: suppression: This comment names a rule that the policy lets "
                   "nobody suppress; remove it\n"
                   "Dockerfile:3:5: DL3014 apt-get-yes: Add -y to apt-get install\n"
                   "Dockerfile:4:1: suppression: This comment names a rule that the policy lets "
                   "nobody suppress; remove it\n"
                   "Dockerfile:5:5: DL3014 apt-get-yes: Add -y to apt-get install\n");
    }
    /* A repository is only stricter than the policy below it. */
    put("dfix.yaml", "forbid-suppressions: false\n");
    assert_int_equal(shell("printf 'forbid-suppressions: true\\n' >> ../dfix/dfix.yaml; dfix "
                           "Dockerfile -s apt-get-yes"),
                     1);
}

static void policy_may_require_reasons(void **state)
{
    (void)state;
    put("dfix.yaml", "require-reasons: true\n");
    put("Dockerfile", "FROM debian:bookworm\n# hadolint ignore=DL3014\nRUN apt-get install a\n"
                      "# hadolint ignore=DL3014 # it asks nothing\nRUN apt-get install b\n"
                      "# hadolint ignore=DL3014 - it asks nothing\nRUN apt-get install c\n"
                      "# hadolint ignore=SC9999\nRUN true\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes"), 1);
    assert_string_equal(out(),
                        "Dockerfile:2:1: suppression: This comment gives no reason, as the policy "
                        "demands; write `# why` at its end\n"
                        "Dockerfile:3:5: DL3014 apt-get-yes: Add -y to apt-get install\n");
}

static void the_site_is_the_policys(void **state)
{
    (void)state;
    assert_int_equal(shell("echo 'docs: https://docs.example/dfix/' >> ../dfix/dfix.yaml"), 0);
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes --format json"), 1);
    assert_non_null(strstr(out(), "\"url\":\"https://docs.example/dfix/rules/apt-get-yes.html\""));
    put("dfix.yaml", "docs: https://elsewhere.example\n");
    assert_int_equal(shell("dfix Dockerfile -s apt-get-yes --format json"), 1);
    assert_null(strstr(out(), "elsewhere.example"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(files_are_left_out_and_added),
        CASE(rules_for_some_files),
        CASE(severity_is_the_policys),
        CASE(policies_stand_on_each_other),
        CASE(extending_lends_no_trust),
        CASE(a_comment_may_hold_for_the_file),
        CASE(a_comment_in_a_list_holds_for_its_package),
        CASE(a_comment_above_what_starts_excuses_its_user),
        CASE(policy_may_forbid_suppressions),
        CASE(policy_may_require_reasons),
        CASE(the_site_is_the_policys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
