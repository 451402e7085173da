/* What a run prints for programs and for patch: the JSON document's edits make the file that
 * --fix writes, and patches apply from where dfix was called. */
#include "program.h"

#include <jansson.h>

#include "dfix/edit.h"

static const char dockerfile[] = "FROM debian:bookworm\r\n"
                                 "# \xff not UTF-8\r\n"
                                 "RUN apt-get install -y curl \\\r\n"
                                 "      git jq\r\n";

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", dockerfile);
    put("../other/Dockerfile", dockerfile);
    return 0;
}

static int dfix(const char *words)
{
    return shell("dfix -s pin-apt %s", words);
}

static json_t *document(void)
{
    json_error_t e;
    struct str text = str_of(out());
    json_t *j = json_loadb(text.p, text.n, 0, &e);

    if (!j)
        fail_msg("%s in: " STR_FMT, e.text, STR_ARG(text));
    return j;
}

static struct edits edits_of(const json_t *list)
{
    struct edits e = {arena_new(arena, struct edit, json_array_size(list)), json_array_size(list)};

    for (size_t i = 0; i < e.n; i++) {
        const json_t *x = json_array_get(list, i);
        e.v[i].span.start = (uint32_t)json_integer_value(json_object_get(x, "start"));
        e.v[i].span.end = (uint32_t)json_integer_value(json_object_get(x, "end"));
        e.v[i].text = str_dup(arena, str_of(json_string_value(json_object_get(x, "text"))));
    }
    return e;
}

static const json_t *the_file(const json_t *doc)
{
    const json_t *files = json_object_get(doc, "files");
    assert_int_equal(json_array_size(files), 1);
    return json_array_get(files, 0);
}

static void edits_of_a_run_make_the_file(void **state)
{
    (void)state;
    assert_int_equal(dfix("--fix - < Dockerfile"), 0);
    struct str want = str_of(out());
    assert_true(str_find(want, S("\"git=1:2.39.*\"")) != STR_NONE);

    assert_int_equal(dfix("--diff --format json Dockerfile"), 1);
    json_t *doc = document();
    const json_t *file = the_file(doc), *edits = json_object_get(file, "edits");
    assert_string_equal(json_string_value(json_object_get(doc, "mode")), "diff");
    assert_string_equal(json_string_value(json_object_get(file, "file")), "Dockerfile");
    struct str made = edits_apply(arena, str_of(dockerfile), edits_of(edits));
    assert_true(str_eq(made, want));
    /* `      git jq`: line 4, column 7, counted in bytes behind one that is not UTF-8. */
    const json_t *git = NULL;
    for (size_t i = 0; !git && i < json_array_size(edits); i++)
        if (json_integer_value(json_object_get(json_array_get(edits, i), "line")) == 4)
            git = json_array_get(edits, i);
    assert_int_equal(json_integer_value(json_object_get(git, "column")), 7);
    assert_non_null(strstr(json_string_value(json_object_get(file, "patch")), "+++ b/Dockerfile"));
    json_decref(doc);
}

static void bases_name_their_source(void **state)
{
    (void)state;
    assert_int_equal(dfix("--check --format json Dockerfile"), 1);
    json_t *doc = document();
    const json_t *bases = json_object_get(the_file(doc), "bases");

    assert_int_equal(json_array_size(bases), 1);
    const json_t *base = json_array_get(bases, 0);
    assert_int_equal(json_integer_value(json_object_get(base, "line")), 1);
    assert_string_equal(json_string_value(json_object_get(base, "image")), "debian:bookworm");
    assert_string_equal(json_string_value(json_object_get(base, "release")), "debian 12");
    assert_string_equal(json_string_value(json_object_get(base, "source")), "table");
    json_decref(doc);
}

static void each_edit_of_a_check_stands_alone(void **state)
{
    (void)state;
    assert_int_equal(dfix("--check --format json Dockerfile"), 1);
    json_t *doc = document();
    const json_t *found = json_object_get(the_file(doc), "findings");
    size_t pinned = 0;

    for (size_t i = 0; i < json_array_size(found); i++) {
        const json_t *edits = json_object_get(json_array_get(found, i), "edits");
        if (!edits)
            continue;
        struct str made = edits_apply(arena, str_of(dockerfile), edits_of(edits));
        pinned += str_find(made, S("=")) != STR_NONE;
    }
    assert_int_equal(pinned, 3);
    json_decref(doc);
}

static void failures_are_notes(void **state)
{
    (void)state;
    assert_int_equal(dfix("--check --format json Dockerfile missing"), 2);
    json_t *doc = document();
    const json_t *notes = json_object_get(doc, "notes");

    assert_non_null(the_file(doc)); /* the other file is done all the same */
    assert_int_equal(json_array_size(notes), 1);
    const json_t *note = json_array_get(notes, 0);
    assert_string_equal(json_string_value(json_object_get(note, "severity")), "error");
    assert_non_null(strstr(json_string_value(json_object_get(note, "message")), "missing"));
    json_decref(doc);
}

static void patches_apply(void **state)
{
    (void)state;
    assert_int_equal(dfix("--diff Dockerfile"), 1);
    assert_int_equal(sandbox_run(&box, "cp -r work w1 && cd w1 && patch -s --binary -p1 < ../out"),
                     0);
    assert_int_equal(sandbox_run(&box, "cp -r work w2 && cd w2 && git apply ../out"), 0);
    assert_int_equal(sandbox_run(&box, "cmp w1/Dockerfile w2/Dockerfile"), 0);
    assert_int_not_equal(sandbox_run(&box, "cmp -s w1/Dockerfile work/Dockerfile"), 0);
}

static void patches_of_other_folders_apply_at_the_root(void **state)
{
    (void)state;
    assert_int_equal(dfix("../other/Dockerfile"), 1);
    /* What is said of it names it as it was given. */
    assert_true(str_starts(str_of(out()), S("../other/Dockerfile:3:24: DL3008 pin-apt: ")));
    assert_int_equal(dfix("--diff ../other/Dockerfile"), 1);
    assert_int_equal(sandbox_run(&box, "patch -s --binary -p1 -d / < out"), 0);
    assert_int_equal(sandbox_run(&box, "grep -q 'git=1:2.39' other/Dockerfile"), 0);
    assert_int_equal(dfix("-q ../other/Dockerfile"), 0);
    /* Its own pins are nothing to tell of. */
    assert_int_equal(dfix("-v ../other/Dockerfile"), 0);
    assert_int_equal(str_find(str_of(out()), S("constraint already")), STR_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(edits_of_a_run_make_the_file, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(bases_name_their_source, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(each_edit_of_a_check_stands_alone, set_up,
                                        program_tear_down),
        cmocka_unit_test_setup_teardown(failures_are_notes, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(patches_apply, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(patches_of_other_folders_apply_at_the_root, set_up,
                                        program_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
