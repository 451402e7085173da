/* --shellcheck: by a ShellCheck that is made for the test, what becomes of one that is missing,
 * fails or takes too long; by the real one, that its places are those of the file. */
#include "program.h"

#include "dfix/dfix.h"
#include "hadolint_cases.h"
#include "host/process.h"
#include "world/world.h"

/* Finds each ` $x ` of the files that it is given, and counts its runs. */
static const char fake[] =
    "#!/bin/sh\n"
    "echo run >> \"$(dirname \"$0\")/runs\"\n"
    "printf '{\"comments\":['\n"
    "for f; do case $f in -*) ;; *) printf '%s\\n' \"$f\" ;; esac; done |\n"
    "while read -r f; do awk -v f=\"$f\" '{\n"
    "  c = index($0, \" $x \"); if (!c) next\n"
    "  at = \"\\\"line\\\":\" NR \",\\\"endLine\\\":\" NR\n"
    "  here = \",\\\"column\\\":\" c + 1 \",\\\"endColumn\\\":\"\n"
    "  there = \",\\\"column\\\":\" c + 3 \",\\\"endColumn\\\":\"\n"
    "  printf \"{\\\"file\\\":\\\"%s\\\",%s%s%d,\\\"level\\\":\\\"info\\\",\\\"code\\\":2086,\", "
    "f, at, here, c + 3\n"
    "  printf \"\\\"message\\\":\\\"Quote it. And more.\\\",\\\"fix\\\":{\\\"replacements\\\":[\"\n"
    "  printf "
    "\"{%s%s%d,\\\"insertionPoint\\\":\\\"afterEnd\\\",\\\"replacement\\\":\\\"\\\\\\\"\\\"},\","
    " "
    "at, here, c + 1\n"
    "  printf "
    "\"{%s%s%d,\\\"insertionPoint\\\":\\\"beforeStart\\\",\\\"replacement\\\":\\\"\\\\\\\"\\\"}]}},"
    "\","
    " "
    "at, there, c + 3 }' \"$f\"; done\n"
    "printf '{}]}'\n"
    "exit 1\n";

static void put_program(const char *text)
{
    put("bin/shellcheck", text);
    assert_int_equal(shell("chmod +x bin/shellcheck && rm -f bin/runs"), 0);
}

#define WITH_FAKE "PATH=$PWD/bin:$PATH; "

static int set_up(void **state)
{
    program_set_up(state);
    program_options = "--offline --concise";
    assert_int_equal(shell("mkdir bin"), 0);
    return 0;
}

static void one_process_for_all_scripts(void **state)
{
    (void)state;
    put_program(fake);
    put("a.Dockerfile",
        "FROM debian:12\nENV x=1\nRUN echo $x | cat\nRUN a \\\n  # why\n && b $x \\\n && c\n");
    put("b.Dockerfile", "FROM debian:12\r\nENV x=1\r\nRUN <<EOF\r\n\ta $x b\r\nEOF\r\n");
    assert_int_equal(shell(WITH_FAKE "dfix --shellcheck --select SC2086 [ab].Dockerfile"), 0);
    assert_string_equal(out(), "a.Dockerfile:3:10: SC2086 shellcheck: Quote it; and more "
                               "(fixable with --fix --unsafe)\n"
                               "a.Dockerfile:6:7: SC2086 shellcheck: Quote it; and more "
                               "(fixable with --fix --unsafe)\n"
                               "b.Dockerfile:4:4: SC2086 shellcheck: Quote it; and more "
                               "(fixable with --fix --unsafe)\n");
    assert_int_equal(shell("wc -l < bin/runs"), 0);
    assert_string_equal(out(), "1\n");
}

static void fixes_are_unsafe(void **state)
{
    (void)state;
    put_program(fake);
    put("Dockerfile", "FROM debian:12\nENV x=1\nRUN echo $x | cat\n");
    shell(WITH_FAKE "dfix --shellcheck --select shellcheck --fix Dockerfile");
    assert_string_equal(get("Dockerfile"), "FROM debian:12\nENV x=1\nRUN echo $x | cat\n");
    shell(WITH_FAKE "dfix --shellcheck --select shellcheck --fix --unsafe Dockerfile");
    assert_string_equal(get("Dockerfile"), "FROM debian:12\nENV x=1\nRUN echo \"$x\" | cat\n");
}

/* Off by default; ignored by its own codes, wherever they are said. */
static void it_is_asked_for(void **state)
{
    static const char *const silent[] = {
        "dfix Dockerfile",
        "dfix --shellcheck --ignore SC2086 Dockerfile",
        "dfix --shellcheck --ignore shellcheck Dockerfile",
        "HADOLINT_IGNORE=SC2086 dfix --shellcheck Dockerfile",
        "echo 'ignored: [SC2086]' > .hadolint.yaml; dfix --shellcheck Dockerfile",
    };
    (void)state;
    put_program(fake);
    put("Dockerfile", "FROM debian:12\nRUN echo $x | cat\nUSER 1000\n");
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        shell(WITH_FAKE "%s; rm -f .hadolint.yaml", silent[i]);
        if (strstr(out(), "SC2086"))
            fail_msg("%s printed: %s", silent[i], out());
    }
    assert_int_equal(shell(WITH_FAKE "dfix --shellcheck Dockerfile"), 0);
    assert_non_null(strstr(out(), "SC2086"));
    assert_int_equal(shell(WITH_FAKE "echo 'override: {error: [SC2086]}' > .hadolint.yaml; "
                                     "dfix --shellcheck --ignore DL Dockerfile"),
                     1);
}

static void what_does_not_answer_is_said(void **state)
{
    static const struct {
        const char *program, *said;
    } bad[] = {
        {"#!/bin/sh\necho 'no such format' >&2\nexit 4\n", "shellcheck: no such format"},
        {"#!/bin/sh\necho '{\"comments\": 1}'\n", "shellcheck did not do its work"},
        {"#!/bin/sh\nkill -9 $$\n", "shellcheck did not do its work"},
    };
    (void)state;
    put("Dockerfile", "FROM debian:12\nRUN echo $x | cat\nUSER 1000\n");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        put_program(bad[i].program);
        assert_int_equal(shell(WITH_FAKE "dfix --shellcheck Dockerfile"), 2);
        if (!strstr(err(), bad[i].said) && !strstr(out(), bad[i].said))
            fail_msg("printed: %s%s", out(), err());
    }
    assert_int_equal(shell("PATH=/nowhere; dfix --shellcheck Dockerfile"), 2);
    assert_non_null(strstr(err(), "the program shellcheck is not installed"));
    /* Where there is nothing to ask, nothing is missing. */
    put("Dockerfile", "FROM debian:12\nUSER 1000\n");
    assert_int_equal(shell("PATH=/nowhere; dfix --shellcheck Dockerfile"), 0);
}

static void a_program_that_takes_too_long_is_ended(void **state)
{
    static const char *const words[][4] = {
        {"sleep", "1000", NULL},
        {"sh", "-c", "exec >&-; sleep 1000", NULL}, /* says early that it has no more to print */
    };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct process_run r = {.argv = words[i], .input = S(""), .max = 100, .limit = 50};
        assert_false(process_run(arena, &r));
        assert_true(r.late);
    }
    static const char *const quick[] = {"echo", "a", NULL};
    struct process_run r = {.argv = quick, .input = S(""), .max = 100, .limit = 600000};
    assert_true(process_run(arena, &r));
    assert_false(r.late);
    assert_string_equal(str_cstr(arena, r.out), "a\n");
}

/* ---- the real one ---- */

static const char sample[] = "FROM debian:12\n"
                             "ARG known=1\n"
                             "RUN true && \\\n"
                             "    # a comment with $unknown\n"
                             "\n"
                             "\techo ä $known $1 && echo $unknown\n"
                             "RUN <<EOF\n"
                             "set -e\n"
                             "cd /x\n"
                             "echo `date`\n"
                             "EOF\n"
                             "SHELL [\"/bin/bash\", \"-c\"]\n"
                             "RUN [[ -n $known ]] && cat <<\"E\" && cd /y\n"
                             "$1\n"
                             "E\n"
                             "# hadolint shell=sh\n"
                             "RUN [[ -n $known ]]\n";

static void places_are_those_of_the_file(void **state)
{
    (void)state;
    needs("shellcheck");
    put("Dockerfile", sample);
    shell("dfix --shellcheck --select SC Dockerfile | cut -d ' ' -f 1,2");
    assert_string_equal(out(), "Dockerfile:6:16: SC2086\n"
                               "Dockerfile:6:27: SC2086\n"
                               "Dockerfile:6:27: SC2154\n"
                               "Dockerfile:10:6: SC2046\n"
                               "Dockerfile:10:6: SC2006\n"
                               "Dockerfile:10:6: SC2005\n"
                               "Dockerfile:13:37: SC2164\n"
                               "Dockerfile:17:5: SC3010\n");
}

static void its_fixes_hold(void **state)
{
    (void)state;
    needs("shellcheck");
    put("Dockerfile", sample);
    shell("dfix --shellcheck --select SC --unsafe --fix Dockerfile");
    const char *text = get("Dockerfile");
    assert_non_null(strstr(text, "\techo ä $known $1 && echo $unknown\n")); /* a list, perhaps */
    assert_non_null(strstr(text, "\necho $(date)\n"));
    shell("dfix --shellcheck --select SC --unsafe --diff Dockerfile");
    assert_string_equal(out(), "");
}

static unsigned wrong, cases;

/* hadolint has ShellCheck in it. */
static void check_case(const char *rule, json_t *one)
{
    struct str name = S("shellcheck");
    struct settings s = {.select = &name, .nselect = 1, .today = S("2026-11-24"), .max_age = -1};
    struct arena *a = arena_open();
    struct world *w = world_open(&s);
    struct str text = str_of(json_string_value(json_object_get(one, "dockerfile")));
    bool onbuild = json_is_true(json_object_get(one, "onbuild")),
         whole = str_find(text, S("FROM ")) != STR_NONE;
    struct result r;

    (void)rule;
    text = onbuild ? in_onbuild(a, text) : text;
    text = whole ? text : str_fmt(a, "FROM scratch\n" STR_FMT, STR_ARG(text));
    const struct lookup *l = world_lookup(w);
    do
        r = dfix_check(a, text, &dfix_rules, &s, l);
    while (r.pending && l->resolve(l->self));
    if ((r.nfinding > 0) != json_is_true(json_object_get(one, "catches"))) {
        wrong++;
        print_error("%s: %zu findings\n", json_string_value(json_object_get(one, "source")),
                    r.nfinding);
    }
    cases++;
    world_close(w);
    arena_close(a);
}

static void hadolint_agrees(void **state)
{
    (void)state;
    needs("shellcheck");
    hadolint_cases("SC", check_case);
    assert_int_equal(wrong, 0);
    assert_true(cases > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_process_for_all_scripts, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(fixes_are_unsafe, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(it_is_asked_for, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_answer_is_said, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(a_program_that_takes_too_long_is_ended, set_up,
                                        program_tear_down),
        cmocka_unit_test_setup_teardown(places_are_those_of_the_file, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(its_fixes_hold, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(hadolint_agrees, set_up, program_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
