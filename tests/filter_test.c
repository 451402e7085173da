/* dfix --fix - as editors call it, and what becomes of output that cannot go where it should: the
 * file and nothing else, the input when nothing else can be had, and nothing lost in silence. */
#include "program.h"

static const char dockerfile[] = "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n";
static const char fixed[] =
    "FROM debian:bookworm\nRUN apt-get install -y \"curl=7.88.*\"\nUSER 1000\n";

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", dockerfile);
    return 0;
}

static const char no_run[] = "FROM a\r\nRUN apt-get install \xff curl"; /* and no last line end */

/* Options, policy, names: what keeps a filter from running, and a part of what it says. */
static const struct {
    const char *words, *said;
} failures[] = {
    {"--fix - --slect pin-apt", "did you mean --select"},
    {"-wZ -", "no option -Z"},
    {"--fix - --config", "--config needs a value"},
    {"--fix --diff -", "exclude each other"},
    {"--fix --config none.yaml -", "none.yaml: "},
    {"--fix --buildkit -", "--buildkit is an option of"},
    {"--fix --select no-rule -", "no rule no-rule"},
    {"--fix --jobs 0 -", "--jobs"},
    {"--fix --fail-on x -", "--fail-on"},
    {"--fix --format xml -", "--format"},
    {"--fix --json -", "--output FILE"},
    {"--fix --json --output no/such/file -", "no/such/file: "},
    {"--fix - Dockerfile", "leave out Dockerfile"},
    {"--fix --stdin-filename a/Dockerfile b", "leave out b"},
    {"--fix --stdin-filename a/Dockerfile a/Dockerfile", "leave out a/Dockerfile"},
    {"-w b --stdin-filename a/Dockerfile --slect x", "did you mean --select"},
    {"--fix --stdin-filename bad/Dockerfile", "unknown rule"},
    {"--fix --stdin-filename bad/Dockerfile -", "unknown rule"},
};

static void what_could_not_run_gives_the_input_back(void **state)
{
    (void)state;
    put("x", no_run);
    put("bad/dfix.yaml", "rules: {no-such-rule: off}\n");
    for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
        assert_int_equal(shell("dfix %s < x", failures[i].words), 2);
        if (strcmp(out(), no_run) != 0)
            fail_msg("dfix %s printed: %s", failures[i].words, out());
        if (!strstr(err(), failures[i].said))
            fail_msg("dfix %s said: %s", failures[i].words, err());
        /* One file for both: the message would land in the text. */
        assert_int_equal(shell("dfix %s < x > y 2>&1", failures[i].words), 2);
        if (strcmp(get("y"), no_run) != 0)
            fail_msg("dfix %s wrote: %s", failures[i].words, get("y"));
        assert_int_equal(shell("dfix %s < x 2>&1 | cat > y", failures[i].words), 0);
        if (strcmp(get("y"), no_run) != 0)
            fail_msg("dfix %s piped: %s", failures[i].words, get("y"));
    }
    /* Too large to be a Dockerfile, and still whole. */
    assert_int_equal(shell("head -c 70000000 /dev/zero > big; dfix --fix - < big > y"), 2);
    assert_non_null(strstr(err(), "standard input: "));
    assert_int_equal(shell("cmp big y"), 0);
}

static void a_filter_is_silent(void **state)
{
    static const char *const texts[] = {
        "FROM debian:bookworm\nRUM true\n",
        "RUN apt-get install -y curl\n",
        "FROM debian:bookworm\nRUN echo \"open\n",
        "FROM {{ base }}\n{% if x %}\nRUN true\n{% endif %}\n",
        "FROM debian:bookworm\nRUN apt-get install -y no-such-package\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put("x", texts[i]);
        assert_int_equal(shell("dfix --fix - < x"), 0);
        assert_string_equal(out(), texts[i]);
        assert_string_equal(err(), "");
        assert_int_equal(shell("dfix --fix -v - < x > y"), 0);
        assert_string_equal(get("y"), texts[i]);
        assert_string_not_equal(err(), "");
        assert_int_equal(shell("dfix --fix -v - < x > y 2>&1"), 0);
        assert_string_equal(get("y"), texts[i]);
    }
    assert_int_equal(shell("dfix --fix --unsafe - < Dockerfile"), 0);
    assert_string_equal(out(), fixed);
    assert_string_equal(err(), "");
}

static void a_name_alone_means_standard_input(void **state)
{
    (void)state;
    put("below/Dockerfile", dockerfile);
    assert_int_equal(shell("dfix --fix --stdin-filename below/Dockerfile < Dockerfile"), 0);
    assert_string_equal(out(), fixed);
    assert_string_equal(get("below/Dockerfile"), dockerfile);
    assert_string_equal(get("Dockerfile"), dockerfile);
    assert_int_equal(shell("dfix --check --stdin-filename z/Dockerfile < Dockerfile"), 1);
    assert_string_equal(out(), "z/Dockerfile:2:24: DL3008 pin-apt: Pin curl to 7.88.*\n");
    assert_int_equal(shell("dfix --check --stdin-filename z/Dockerfile . < Dockerfile"), 2);
}

static void a_document_goes_to_a_named_file(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --fix --json --output doc.json - < Dockerfile"), 0);
    assert_string_equal(out(), fixed);
    assert_string_equal(err(), "");
    assert_non_null(strstr(get("doc.json"), "\"mode\":\"fix\""));
    assert_non_null(strstr(get("doc.json"), "\"summary\":{"));
    assert_int_equal(shell("dfix --output said.txt"), 1);
    assert_string_equal(out(), "");
    assert_string_equal(get("said.txt"), "Dockerfile:2:24: DL3008 pin-apt: Pin curl to 7.88.*\n");
    /* Lost is not done. */
    assert_int_equal(shell("dfix --fix --json --output /dev/full - < Dockerfile"), 2);
    assert_string_equal(out(), fixed);
    assert_non_null(strstr(err(), "/dev/full: not written: No space left on device\n"));
    assert_int_equal(shell("dfix --fix --json --output /dev/stdout - < Dockerfile | cat"), 0);
    assert_string_equal(out(), dockerfile);
}

static void what_is_lost_is_said_with_its_reason(void **state)
{
    static const char *const words[] = {"--diff", "--check", "--fix - < Dockerfile",
                                        "--json", "--help",  "rules"};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(shell("dfix %s > /dev/full", words[i]), 2);
        if (!strstr(err(), "dfix: standard output: No space left on device\n"))
            fail_msg("dfix %s: %s", words[i], err());
        assert_int_equal(shell("dfix %s >&-", words[i]), 2);
        if (!strstr(err(), "dfix: standard output: Bad file descriptor\n"))
            fail_msg("dfix %s: %s", words[i], err());
    }
    /* Findings beside a patch go to standard error. */
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install -y curl\n");
    assert_int_equal(shell("dfix --diff 2> /dev/full"), 2);
    assert_int_equal(shell("dfix --diff 2>&-"), 1); /* nobody wants them */
    assert_int_equal(shell("dfix --fix - <&-"), 2);
    assert_non_null(strstr(err(), "standard input: Bad file descriptor\n"));
    assert_int_equal(shell("dfix -q --diff <&- 2>&-"), 1);
}

/* A file that the run opens must not be taken for standard output. */
static void closed_streams_are_not_taken(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --fix >&- 2>&- <&-"), 0);
    assert_string_equal(get("Dockerfile"), fixed);
    put("Dockerfile", dockerfile);
    assert_int_equal(shell("dfix --output o.txt >&- 2>&- <&-"), 1);
    assert_non_null(strstr(get("o.txt"), "pin-apt: Pin curl to 7.88.*\n"));
}

/* A name that a terminal or a CI's log would obey, and how it may be shown. */
static void names_steer_nothing(void **state)
{
    static const struct {
        const char name[16], *shown;
    } c[] = {
        {{'a', '\xe2', '\x80', '\xae', 'b'}, "a\\xe2\\x80\\xaeb"}, /* right to left from here */
        {{'a', '\xe2', '\x81', '\xa6', 'b'}, "a\\xe2\\x81\\xa6b"}, /* an isolate */
        {"a\xe2\x80\x8b"
         "b",
         "a\\xe2\\x80\\x8bb"}, /* no width */
        {"a\xf3\xa0\x81\x81"
         "b",
         "a\\xf3\\xa0\\x81\\x81b"}, /* a tag character */
        {"a\xc2\xad"
         "b",
         "a\\xc2\\xadb"}, /* a soft hyphen */
        {"a\x9b"
         "1m",
         "a\\x9b1m"}, /* C1, and no UTF-8 */
        {"::add-mask::1", "\\x3a:add-mask::1"},
        {" ::error::1", " \\x3a:error::1"},
        {"a##[group]", "a\\x23#[group]"},
        {"a##vso[x]", "a\\x23#vso[x]"},
        {"\xc3\xbc ::x #y", "\xc3\xbc ::x #y"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        bool anywhere = strcmp(c[i].name, c[i].shown) != 0 && !strchr(c[i].name, ':');
        const char *name = str_fmt(arena, "%s/Dockerfile", c[i].name).p;
        const char *policy = str_fmt(arena, "%s/dfix.yaml", c[i].name).p;
        put(name, dockerfile);
        put(policy, "registries: {insecure: [x]}\n");
        assert_int_equal(shell("dfix '%s'", c[i].name), 1);
        const char *shown = str_fmt(arena, "%s/Dockerfile:2:24: ", c[i].shown).p;
        if (strncmp(out(), shown, strlen(shown)) != 0)
            fail_msg("not %s but %s", shown, out());
        assert_non_null(strstr(err(), str_fmt(arena, "%s/dfix.yaml:1:1: ", c[i].shown).p));
        assert_int_equal(shell("dfix '%s.none' --fix", c[i].name), 2);
        assert_non_null(strstr(err(), str_fmt(arena, "%s.none: ", c[i].shown).p));
        assert_int_equal(shell("dfix explain '%s'; dfix tree '%s'", c[i].name, c[i].name), 2);
        if (anywhere)
            assert_null(strstr(err(), c[i].name));
        assert_int_equal(shell("dfix --json '%s'", c[i].name), 1);
        if (anywhere)
            assert_null(strstr(out(), c[i].name));
    }
}

/* ---- on save ---- */

static int set_up_cold(void **state)
{
    program_set_up(state);
    put("Dockerfile", dockerfile);
    return 0;
}

/* Until no update runs: it holds the lock as long as it lives. */
static void wait_for_update(void)
{
    assert_int_equal(shell("timeout 300 flock ../cache/dfix/background.lock true"), 0);
}

static void an_editor_waits_for_nothing(void **state)
{
    (void)state;
    /* The cache is empty: the text as it came. The next time it holds what was lacking. */
    assert_int_equal(
        shell("unset CI; dfix --fix --cached --stdin-filename Dockerfile < Dockerfile"), 0);
    assert_string_equal(out(), dockerfile);
    assert_string_equal(err(), "");
    wait_for_update();
    assert_int_equal(shell("unset CI; dfix --fix --cached - < Dockerfile"), 0);
    assert_string_equal(out(), fixed);
}

static void updates_are_few(void **state)
{
    (void)state;
    assert_int_equal(shell("CI=true dfix --fix --cached - < Dockerfile"), 0);
    assert_string_equal(out(), dockerfile);
    assert_int_equal(shell("unset CI; dfix --fix --cached --offline - < Dockerfile"), 0);
    assert_string_equal(out(), dockerfile);
    assert_int_equal(shell("test -e ../cache/dfix/background.lock"), 1);
    assert_int_equal(shell("unset CI; dfix --fix --cached - < Dockerfile"), 0);
    wait_for_update();
    /* Not twice in a minute, and not beside one that runs. */
    assert_int_equal(shell("rm -r ../cache/dfix/index; touch -d '30 seconds ago' "
                           "../cache/dfix/background.lock"),
                     0);
    assert_int_equal(shell("unset CI; dfix --fix --cached - < Dockerfile; wait"), 0);
    assert_string_equal(out(), dockerfile);
    assert_int_equal(shell("touch -d '2 minutes ago' ../cache/dfix/background.lock; flock "
                           "../cache/dfix/background.lock sh -c 'unset CI; " DFIX_BUILD
                           "/dfix --fix --cached -' < Dockerfile"),
                     0);
    assert_string_equal(out(), dockerfile);
    assert_int_not_equal(shell("ls ../cache/dfix/index/*.idx"), 0);
}

static void policy_says_what_is_fixed_on_save(void **state)
{
    static const char both[] = "FROM debian:bookworm\nRUN apt-get install curl\nUSER 1000\n";

    (void)state;
    put("below/dfix.yaml", "on-save: [apt-get-yes]\n");
    put("x", both);
    assert_int_equal(shell("dfix --fix --stdin-filename below/Dockerfile < x"), 0);
    assert_string_equal(out(), "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n");
    assert_int_equal(shell("dfix --fix --stdin-filename Dockerfile < x"), 0);
    assert_string_equal(out(), "FROM debian:bookworm\nRUN apt-get install -y \"curl=7.88.*\"\n"
                               "USER 1000\n");
    /* Unsafe fixes wait to be asked for by hand, whatever policy lets other runs do. */
    put("dfix.yaml", "rules: {apt-no-recommends: {level: unsafe}}\n");
    put("x", dockerfile);
    assert_int_equal(shell("dfix --fix --stdin-filename Dockerfile < x"), 0);
    assert_string_equal(out(), fixed);
    assert_int_equal(shell("dfix --fix --unsafe --stdin-filename Dockerfile < x"), 0);
    assert_non_null(strstr(out(), "--no-install-recommends"));
    assert_int_equal(shell("dfix --check --cached x"), 2);
    assert_non_null(strstr(err(), "--cached is for `--fix -`"));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_could_not_run_gives_the_input_back),
        CASE(a_filter_is_silent),
        CASE(a_name_alone_means_standard_input),
        CASE(a_document_goes_to_a_named_file),
        CASE(what_is_lost_is_said_with_its_reason),
        CASE(closed_streams_are_not_taken),
        CASE(names_steer_nothing),
        CASE(policy_says_what_is_fixed_on_save),
        cmocka_unit_test_setup_teardown(an_editor_waits_for_nothing, set_up_cold,
                                        program_tear_down),
        cmocka_unit_test_setup_teardown(updates_are_few, set_up_cold, program_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
