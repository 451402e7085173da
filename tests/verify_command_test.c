/* dfix verify as people call it: two files, standard input, a commit, a patch; its exit status,
 * and what programs read. */
#include <jansson.h>

#include "program.h"

static const char before[] =
    "# why\nFROM debian:12 AS build\nRUN apt-get install -y curl && make\n";
static const char newer[] =
    "# why\nFROM debian:12 AS build\nRUN apt-get install -y curl=7.88.* && make\n";
static const char other[] =
    "# why\nFROM debian:12 AS build\nRUN apt-get install -y curl=7.88.* && make -k\n";

static int set_up(void **state)
{
    program_set_up(state);
    put("old", before);
    put("Dockerfile", newer);
    put("other", other);
    return 0;
}

static void without_git_that_is_said(void **state)
{
    (void)state;
    assert_int_equal(shell("PATH=/nonexistent; dfix verify --git HEAD"), 2);
    assert_string_equal(err(), "dfix: verify: git cannot be run; install it\n");
}

static void two_files(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix verify old old"), 0);
    assert_string_equal(out(), "No differences.\n");
    /* What was not compared is not called the same. */
    assert_int_equal(shell("{ echo FROM x; printf 'RUN apt-get install'; "
                           "yes ' curl' | head -n 200000 | tr -d '\\n'; } >large; "
                           "dfix verify large old"),
                     2);
    assert_string_equal(out(), "");
    assert_non_null(strstr(err(), "old: not compared: it needs too much "));
    assert_int_equal(shell("dfix verify old Dockerfile"), 1);
    assert_string_equal(out(), "Dockerfile:3: versions: RUN in stage build: installs curl at "
                               "7.88.* instead of any version\n1 difference: 1 in versions\n");
    assert_int_equal(shell("dfix verify --allow versions,layout old Dockerfile"), 0);
    assert_int_equal(shell("dfix verify --allow versions --allow layout old other"), 1);
    assert_string_equal(out(), "other:3: versions (allowed): RUN in stage build: installs curl at "
                               "7.88.* instead of any version\n"
                               "other:3: behaviour: RUN in stage build: `make` also gets `-k`\n"
                               "2 differences: 1 in behaviour, 1 in versions (allowed)\n");
    assert_int_equal(shell("dfix verify -q old other"), 1);
    assert_string_equal(out(), "");
}

static void standard_input(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix verify old - <Dockerfile"), 1);
    assert_true(strncmp(out(), "standard input:3: versions: ", 28) == 0);
    assert_int_equal(shell("dfix verify - Dockerfile <old"), 1);
    assert_true(strncmp(out(), "Dockerfile:3: versions: ", 24) == 0);
    assert_int_equal(shell("dfix verify - - <old"), 2);
}

static void what_cannot_be_done(void **state)
{
    static const struct {
        const char *words, *said;
    } c[] = {
        {"", "dfix: verify takes OLD and NEW, a patch, or --git REV"},
        {"a b c", "dfix: verify takes OLD and NEW, a patch, or --git REV"},
        {"old none", "none: No such file or directory"},
        {"old", "old: no patch"},
        {"--allow colours old old", "dfix: --allow: no kind of difference is called colours"},
        {"--format gitlab old old", "dfix: verify prints text, json or sarif, not gitlab"},
        {"--git HEAD", "dfix: verify: git knows no commit HEAD"},
        {"--git --output=x old", "dfix: verify: git knows no commit --output=x"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        assert_int_equal(shell("dfix verify %s", c[i].words), 2);
        assert_string_equal(out(), "");
        if (strncmp(err(), c[i].said, strlen(c[i].said)) != 0)
            fail_msg("dfix verify %s said: %s", c[i].words, err());
    }
    assert_int_equal(shell("dfix --allow layout old"), 2);
}

static void a_patch(void **state)
{
    (void)state;
    needs("patch");
    put("a/Dockerfile", before);
    put("b/Dockerfile", newer);
    put("a/text", "x\n");
    put("b/text", "y\n");
    assert_int_equal(shell("diff -ru a b >patch; test $? = 1 && cp a/Dockerfile ."), 0);
    assert_int_equal(shell("dfix verify patch"), 1);
    assert_true(strncmp(out(), "Dockerfile:3: versions: ", 24) == 0);
    assert_int_equal(shell("patch -s -f -p1 <patch >log || true; dfix verify - <patch"), 1);
    assert_true(strncmp(out(), "Dockerfile:3: versions: ", 24) == 0);
    /* Lines further down than the patch has them. */
    assert_int_equal(shell("(printf '\\n\\n'; cat b/Dockerfile) >Dockerfile; dfix verify patch"),
                     1);
    assert_true(strncmp(out(), "Dockerfile:5: versions: ", 24) == 0);
    assert_int_equal(shell("echo FROM other >Dockerfile; dfix verify patch"), 2);
    assert_string_equal(err(), "Dockerfile: the patch does not fit: its lines are not there\n");
    assert_int_equal(shell("printf 'FROM a\\nRUN b' >x; printf 'FROM a\\nRUN c' >y; "
                           "diff -u x y | sed 's/^+++ y/+++ x/' >patch; dfix verify patch"),
                     1);
    assert_true(strncmp(out(), "x:2: behaviour: ", 16) == 0);
}

static void dfix_own_patch(void **state)
{
    (void)state;
    program_options = "";
    assert_int_equal(shell("dfix index update --release bookworm"), 0);
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get update && apt-get install curl\nUSER 1\n");
    assert_int_equal(shell("dfix --offline --diff Dockerfile | dfix verify "
                           "--allow layout,versions,caches -"),
                     0);
    assert_non_null(strstr(out(), "installs curl at 7.88.* instead of any version"));
}

static void what_changed_since_a_commit(void **state)
{
    (void)state;
    needs("git");
    assert_int_equal(
        shell("cp old Dockerfile && mkdir sub && cp old sub/app.Dockerfile && cp old text && "
              "git init -q . && git add . && "
              "git -c user.name=a -c user.email=a@b commit -q -m x"),
        0);
    put("Dockerfile", newer);
    put("sub/app.Dockerfile", other);
    put("text", other);
    assert_int_equal(shell("dfix verify --git HEAD"), 1);
    assert_string_equal(out(),
                        "Dockerfile:3: versions: RUN in stage build: installs curl at 7.88.* "
                        "instead of any version\n"
                        "sub/app.Dockerfile:3: versions: RUN in stage build: installs curl at "
                        "7.88.* instead of any version\n"
                        "sub/app.Dockerfile:3: behaviour: RUN in stage build: `make` also gets "
                        "`-k`\n3 differences: 1 in behaviour, 2 in versions\n");
    assert_int_equal(shell("dfix verify --allow versions --git HEAD Dockerfile"), 0);
    assert_int_equal(shell("cd sub && dfix verify --git HEAD"), 1);
    assert_true(strncmp(out(), "app.Dockerfile:3: ", 18) == 0);
    assert_int_equal(shell("rm Dockerfile && dfix verify --git HEAD Dockerfile"), 1);
    assert_string_equal(out(), "Dockerfile:1: behaviour: the file is gone\n"
                               "1 difference: 1 in behaviour\n");
}

static void documents(void **state)
{
    (void)state;
    json_error_t wrong;
    assert_int_equal(shell("dfix verify --json --allow versions old other"), 1);
    json_t *o = json_loads(out(), 0, &wrong),
           *file = json_array_get(json_object_get(o, "files"), 0);
    json_t *list = json_object_get(file, "differences");
    assert_string_equal(json_string_value(json_object_get(file, "kind")), "behaviour");
    assert_true(json_is_false(json_object_get(file, "verified")));
    assert_int_equal(json_array_size(list), 2);
    json_t *second = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(second, "message")),
                        "`make` also gets `-k`");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(second, "after"), "line")),
                     3);
    json_decref(o);
    assert_int_equal(shell("dfix verify --format sarif --allow versions old other"), 1);
    o = json_loads(out(), 0, &wrong);
    list = json_object_get(json_array_get(json_object_get(o, "runs"), 0), "results");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "level")),
                        "note");
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "level")),
                        "error");
    json_decref(o);
}

/* Whether ADD unpacks a file, the build context tells. */
static void the_context_tells(void **state)
{
    (void)state;
    put("data", "plain\n");
    put("packed", "\x1f\x8b packed");
    put("folder/x", "");
    put("x", "FROM a\nADD data ./folder /c/\n");
    put("y", "FROM a\nCOPY data ./folder /c/\n");
    assert_int_equal(shell("dfix verify --allow layout x y"), 0);
    put("x", "FROM a\nADD data packed /c/\n");
    put("y", "FROM a\nCOPY data packed /c/\n");
    assert_int_equal(shell("dfix verify --allow layout x y"), 1);
    assert_non_null(strstr(out(), "only ADD unpacks"));
}

/* Hostile texts cost what a file may cost, and end. */
static void large_texts_end(void **state)
{
    (void)state;
    assert_int_equal(shell("{ echo FROM a; for i in $(seq 4000); do echo RUN x$i y; done; } >x; "
                           "{ echo FROM a; for i in $(seq 4000 -1 1); do echo RUN x$i z; done; } "
                           ">y; dfix verify -q x y"),
                     1);
    assert_int_equal(
        shell("{ printf 'FROM a\\nRUN apt-get install'; seq -f ' pkg%%g' -s '' 4000; "
              "} >x; { printf 'FROM a\\nRUN apt-get install'; seq -f ' pkg%%g=1' -s '' "
              "4000; } >y; dfix verify -q --allow versions x y"),
        0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(two_files),
        TEST(standard_input),
        TEST(what_cannot_be_done),
        TEST(without_git_that_is_said),
        TEST(a_patch),
        TEST(dfix_own_patch),
        TEST(what_changed_since_a_commit),
        TEST(documents),
        TEST(the_context_tells),
        TEST(large_texts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
