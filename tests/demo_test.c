/* The sample index of the demo: signed, whole, and enough for the demo's Dockerfile, so that
 * ./dev demo shows its patch without a network too. The README shows the same one. */
#include "program.h"

#include "host/files.h"

static void the_readme_shows_it(void **state)
{
    struct str readme;
    struct err e;

    (void)state;
    program_options = "--offline";
    assert_int_equal(shell("cp '%s/tests/demo/Dockerfile' . && dfix --diff 2>&1", DFIX_ROOT), 1);
    assert_non_null(strstr(out(), "+        \"curl=7.88.*\" \\\n"));
    assert_true(file_read(arena, DFIX_ROOT "/README.md", 1 << 20, &readme, &e));
    if (!strstr(readme.p, str_fmt(arena, "```diff\n$ dfix --diff\n%s```\n", out()).p))
        fail_msg("the README shows another patch than:\n%s", out());
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(
        the_readme_shows_it, program_set_up_warm, program_tear_down)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
