/* The sample index of the demo: signed, whole, and enough for the demo's Dockerfile, so that
 * ./dev demo shows its patch without a network too. */
#include "sample.h"
#include "sandbox.h"

#include "services/files.h"

static void the_sample_serves(void **state)
{
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();

    (void)state;
    sandbox_write(&box, "dfix.yaml", str_of(sample_policy));
    assert_int_equal(sandbox_run(&box,
                                 "cp '%s/tests/demo/Dockerfile' . && "
                                 "export XDG_CACHE_HOME=$PWD/cache XDG_CONFIG_HOME=$PWD && "
                                 "'%s/dfix' --config dfix.yaml --diff > out 2>&1; test $? = 1",
                                 DFIX_ROOT, DFIX_BUILD),
                     0);
    /* What the README shows first is what is printed. */
    struct str out = sandbox_read(&box, a, "out"), readme;
    struct err e;
    assert_true(file_read(a, DFIX_ROOT "/README.md", 1 << 20, &readme, &e));
    struct str shown = str_fmt(a, "```diff\n$ dfix --diff\n" STR_FMT "```\n", STR_ARG(out));
    if (str_find(readme, shown) == STR_NONE)
        fail_msg("the README shows another patch than:\n" STR_FMT, STR_ARG(out));
    assert_true(str_find(out, S("+        \"curl=7.88.*\" \\\n")) != STR_NONE);
    sandbox_close(&box);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_sample_serves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
