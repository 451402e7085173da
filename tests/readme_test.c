/* The README's tables are the program's own. */
#include "cmocka_all.h"

#include "dfix/dfix.h"
#include "faces/options.h"
#include "host/files.h"

static struct str readme(struct arena *a)
{
    struct str text;
    struct err e;

    if (!file_read(a, DFIX_ROOT "/README.md", 1 << 20, &text, &e))
        fail_msg("%s", e.text);
    return text;
}

static void test_options(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    assert_int_not_equal(str_find(readme(a), options_table(a)), STR_NONE);
    assert_int_not_equal(str_find(readme(a), options_exit_status(a)), STR_NONE);
    arena_close(a);
}

static void test_rules(void **state)
{
    struct arena *a = arena_open();
    struct str text = readme(a);
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    (void)state;
    for (size_t i = 0; i < n; i++) {
        static const char *const safety[] = {"hint", "unsafe", "safe"};
        struct str row = str_fmt(a, "| `%s` | %s%s| %s | %s | %s |\n", f[i]->id, f[i]->aliases,
                                 f[i]->aliases[0] ? " " : "", safety[f[i]->safety],
                                 f[i]->off ? "off" : "on", f[i]->title);
        if (str_find(text, row) == STR_NONE)
            fail_msg("the README lacks: " STR_FMT, STR_ARG(row));
    }
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options),
                                       cmocka_unit_test(test_rules)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
