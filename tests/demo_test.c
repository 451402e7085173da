/* The sample index of the demo: signed, whole, and enough for the demo's Dockerfile, so that
 * ./dev demo shows its patch without a network too. */
#include "sandbox.h"

static void the_sample_serves(void **state)
{
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();

    (void)state;
    assert_int_equal(sandbox_run(&box,
                                 "demo='%s/tests/demo' && cat > dfix.yaml <<END\n"
                                 "index: {apt: {debian: {mirror: 'file://$demo/sample/debian', "
                                 "security: 'file://$demo/sample/debian-security', "
                                 "keyring: '$demo/sample/keyring.gpg'}}}\n"
                                 "END\n"
                                 "cp \"$demo/Dockerfile\" . && "
                                 "XDG_CACHE_HOME=$PWD/cache '%s/dfix' --config dfix.yaml "
                                 "-s pin-apt --diff Dockerfile > out 2>&1; test $? = 1",
                                 DFIX_ROOT, DFIX_BUILD),
                     0);
    struct str out = sandbox_read(&box, a, "out");
    assert_true(str_find(out, S("+        \"curl=7.88.*\" \\\n")) != STR_NONE);
    assert_true(str_find(out, S("+        \"git=1:2.39.*\"  jq=1.6-2.1 \\\n")) != STR_NONE);
    sandbox_close(&box);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_sample_serves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
