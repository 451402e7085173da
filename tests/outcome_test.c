/* What a run comes to: its exit status, its last line, and what it says on the way. */
#include "program.h"

static const char dockerfile[] = "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n";
static const char two[] =
    "FROM debian:bookworm\nRUN apt-get install -y curl git\nCMD [\"/srv/app\"]\n";

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", dockerfile);
    return 0;
}

/* No cache, and a world of the test's own. */
static int set_up_cold(void **state)
{
    program_set_up(state);
    put("Dockerfile", dockerfile);
    return 0;
}

static void expect(const char *words, int status, const char *last)
{
    int got = shell("dfix %s", words);

    if (got != status || !strstr(err(), last))
        fail_msg("dfix %s: %d, not %d, or another last line:\n%s%s", words, got, status, out(),
                 err());
}

static void a_fact_that_could_not_be_had_is_a_failure(void **state)
{
    (void)state;
    put("plain/Dockerfile", "FROM debian:bookworm\nUSER 1000\n");
    sandbox_write(&box, "dfix/dfix.yaml",
                  S("index: {apt: {debian: {mirror: 'http://127.0.0.1:1/debian', "
                    "security: 'http://127.0.0.1:1/debian-security', "
                    "keyring: '" SAMPLE "keyring.gpg'}}}\n"));
    expect("-s pin-apt", 2, "dfix: 2 files; 1 file not fully checked: ");
    expect("-s pin-apt plain", 0, "");
    expect("-v -s pin-apt", 2, "1 file not fully checked: ");
    assert_non_null(strstr(out(), "Dockerfile: not fully checked (pin-apt): "));
    /* What was found and written all the same is said in the same line. */
    put("other/Dockerfile", "FROM debian:bookworm\n# dfix ignore=pin-apt\nUSER 1000\n");
    expect("-s pin-apt", 2, "dfix: 3 files, 1 finding: 1 not fixable; 1 file not fully checked: ");
    expect("-s pin-apt --exit-zero", 2, "not fully checked");
    /* A filter printed its file. */
    expect("-s pin-apt --fix - < Dockerfile", 0, "");
    assert_string_equal(out(), dockerfile);
}

static void a_missing_keyring_is_a_failure(void **state)
{
    (void)state;
    sandbox_write(&box, "dfix/dfix.yaml",
                  S("index: {apt: {debian: {mirror: 'file://" SAMPLE "debian', "
                    "security: 'file://" SAMPLE "debian-security', keyring: /no/such.gpg}}}\n"));
    expect("-s pin-apt", 2, "1 file not fully checked: ");
    assert_non_null(strstr(err(), "/no/such.gpg"));
}

static void offline_a_missing_fact_is_not_checked(void **state)
{
    (void)state;
    expect("--offline", 0, "dfix: 1 file; 1 file not fully checked: ");
    expect("--offline --select user-switch", 0, "");
    expect("--offline --select pin-apt", 2, "not fully checked: ");
    expect("--offline --select DL3008", 2, "not fully checked: ");
    assert_non_null(strstr(out(), " pin-apt: Pin apt packages to the version in the index\n"));
    expect("--offline --select pin-apt --no-fail", 2, "not fully checked: ");
}

static void a_registry_that_is_away_counts_when_it_was_needed(void **state)
{
    (void)state;
    put("Dockerfile", "FROM 127.0.0.1:1/team/app:1\nUSER 1000\n");
    expect("-s pin-digest", 2, "not fully checked: ");
    /* The tables know Debian's own image, whoever is away. */
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install -y \"curl=7.88.*\"\nUSER 1000\n");
    assert_int_equal(shell("export https_proxy=http://127.0.0.1:1 http_proxy=http://127.0.0.1:1; "
                           "dfix -s pin-apt,user-switch"),
                     0);
}

static void severity_decides(void **state)
{
    (void)state;
    expect("", 1, "");
    expect("--fail-on warning", 1, "");
    expect("--fail-on error", 0, "1 finding: 1 fixable with --fix");
    expect("--fail-on info", 1, "");
    expect("--fail-on all", 2, "dfix: --fail-on: no level all (info, warning, error)");
    expect("--exit-zero", 0, "1 finding");
    expect("--no-fail", 0, "1 finding");
    expect("--diff --fail-on error", 1, "1 in the patch");
    expect("--diff --exit-zero", 0, "1 in the patch");
    expect("--exit-zero none", 2, "1 could not be read, judged or written");
    put("Dockerfile", "FROM debian:bookworm\n# dfix ignore=pin-apt until=2020-01-01 because x\n"
                      "USER 1000\n");
    expect("--fail-on error", 1, "");
}

static void what_cannot_be_read_is_said(void **state)
{
    static const struct {
        const char *text, *said;
    } c[] = {
        {"# nothing\n", "2:1: file: Not changed: BuildKit refuses this file (line 2: no FROM)"},
        {"RUN true\n", "1:1: file: Not changed: BuildKit refuses this file (line 1: no FROM)"},
        {"FROM debian:bookworm\nRUM true\nUSER 1000\n",
         "2:1: file: Not changed: BuildKit refuses this file (line 2: unknown instruction)"},
        {"FROM debian:bookworm\nUSER 1000\nRUN echo \"open\n", "3:10: syntax: The shell cannot"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        put("Dockerfile", c[i].text);
        assert_int_equal(shell("dfix"), 1);
        if (!strstr(out(), c[i].said))
            fail_msg("not said: %s\n%s", c[i].said, out());
    }
    assert_int_equal(shell("dfix explain syntax"), 0);
    put("Dockerfile", dockerfile);
    expect("-s pin-apt -i pin-apt", 0, "dfix: warning: no rule is selected");
}

static void one_bad_policy_is_said_once(void **state)
{
    (void)state;
    put("dfix.yaml", "rules: {no-such-rule: off}\n");
    put("a/Dockerfile", dockerfile);
    put("b/Dockerfile", dockerfile);
    assert_int_equal(shell("git init -q . && dfix"), 2);
    const char *said = strstr(err(), "unknown rule");
    assert_non_null(said);
    assert_null(strstr(said + 1, "unknown rule"));
    assert_non_null(strstr(err(), "dfix: 3 files; 3 could not be read, judged or written"));
}

static void the_sum_is_what_a_fix_does(void **state)
{
    (void)state;
    put("Dockerfile", two);
    put("dfix.yaml", "rules: {user-switch: unsafe}\n");
    expect("", 1, "dfix: 1 file, 3 findings: 3 fixable with --fix\n");
    expect("--unsafe", 1, "dfix: 1 file, 3 findings: 3 fixable with --fix\n");
    expect("--fix", 0, "dfix: 1 file, 1 written, 3 findings: 3 fixed\n");
    put("Dockerfile", two);
    put("dfix.yaml", "rules: {}\n");
    expect("--unsafe", 1, "2 fixable with --fix, 1 more with --fix --unsafe\n");
    expect("--fix", 1, "1 written, 3 findings: 2 fixed, 1 fixable with --fix --unsafe\n");
    expect("--fix --unsafe", 0, "1 written, 1 finding: 1 fixed\n");
}

static void after_a_fix_the_next_run_is_silent(void **state)
{
    (void)state;
    put("Dockerfile", two);
    assert_int_equal(shell("dfix --fix --unsafe && dfix"), 0);
    assert_int_equal(shell("dfix"), 0);
    assert_string_equal(out(), "");
    assert_string_equal(err(), "");
}

/* Who runs it must hear what may now be otherwise; the rest is in the file. */
static void unsafe_edits_come_with_their_caveats(void **state)
{
    (void)state;
    put("Dockerfile",
        "FROM debian:bookworm\nRUN apt-get install -y curl\nEXPOSE 80\nCMD [\"/srv/app\"]\n");
    assert_int_equal(shell("dfix --diff --unsafe"), 1);
    assert_non_null(strstr(err(), "user-switch: Run as 10001:10001, not as root (port 80"));
    assert_non_null(strstr(err(), " (in the patch)\n"));
    assert_null(strstr(err(), "pin-apt"));
    assert_int_equal(shell("dfix --fix --unsafe"), 0);
    assert_non_null(strstr(err(), "not as root (port 80"));
    assert_non_null(strstr(err(), " (fixed)\n"));
    assert_null(strstr(err(), "pin-apt"));
    put("Dockerfile", dockerfile);
    assert_int_equal(shell("dfix --fix -v"), 0);
    assert_non_null(strstr(err(), "pin-apt: Pin curl to 7.88.* (fixed)\n"));
}

static void reasons_are_told_once_an_instruction(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\n"
                      "RUN apt-get install -y no-a no-b no-c no-d no-e no-f\n"
                      "RUN apt-get install -y no-a no-b\nUSER 1000\n");
    assert_int_equal(shell("dfix -s pin-apt"), 0);
    assert_string_equal(out(), "");
    assert_int_equal(shell("dfix -v -s pin-apt"), 0);
    assert_string_equal(out(),
                        "Dockerfile:2:24: DL3008 pin-apt: not changed: no-a is not in the index of "
                        "debian bookworm (also: no-b, no-c, no-d and 2 more)\n"
                        "Dockerfile:3:24: DL3008 pin-apt: not changed: no-a is not in the index of "
                        "debian bookworm (also: no-b)\n");
    assert_int_equal(shell("dfix --json -s pin-apt"), 0);
    assert_non_null(strstr(out(), "\"count\":6"));
    assert_null(strstr(out(), "\"count\":1"));
}

static void quiet_says_only_what_could_not_run(void **state)
{
    (void)state;
    put("dfix.yaml", "registries: {insecure: [x.example]}\n");
    assert_int_equal(shell("dfix"), 1);
    assert_non_null(strstr(err(), "\"registries\" is ignored"));
    assert_int_equal(shell("dfix -q . none"), 2);
    assert_string_equal(out(), "");
    assert_string_equal(err(), "none: No such file or directory\n");
    assert_int_equal(shell("dfix -q --fix"), 0);
    assert_string_equal(err(), "");
    assert_non_null(strstr(get("Dockerfile"), "curl=7.88.*"));
}

static void warnings_about_policy_are_notes(void **state)
{
    (void)state;
    put("dfix.yaml", "registries: {insecure: [x.example]}\n");
    assert_int_equal(shell("dfix --json"), 1);
    const char *notes = strstr(out(), "\"notes\":[");
    assert_non_null(notes);
    assert_non_null(strstr(notes, "is ignored here; set it"));
    assert_non_null(strstr(notes, "\"summary\":{\"files\":1,\"findings\":1,"));
}

int main(void)
{
#define WARM(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
#define COLD(f) cmocka_unit_test_setup_teardown(f, set_up_cold, program_tear_down)
    const struct CMUnitTest tests[] = {
        COLD(a_fact_that_could_not_be_had_is_a_failure),
        COLD(a_missing_keyring_is_a_failure),
        COLD(offline_a_missing_fact_is_not_checked),
        COLD(a_registry_that_is_away_counts_when_it_was_needed),
        WARM(severity_decides),
        WARM(what_cannot_be_read_is_said),
        WARM(one_bad_policy_is_said_once),
        WARM(the_sum_is_what_a_fix_does),
        WARM(after_a_fix_the_next_run_is_silent),
        WARM(unsafe_edits_come_with_their_caveats),
        WARM(reasons_are_told_once_an_instruction),
        WARM(quiet_says_only_what_could_not_run),
        WARM(warnings_about_policy_are_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
