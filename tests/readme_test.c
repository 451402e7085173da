/* The README's tables are the program's own. */
#include "cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>

#include "dfix/dfix.h"
#include "faces/faces.h"
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

/* What the program prints of a table, as one text. */
static struct str printed(struct arena *a, void (*print)(FILE *out))
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);

    assert_non_null(f);
    print(f);
    assert_int_equal(fclose(f), 0);
    struct str copy = str_dup(a, (struct str){text, n});
    free(text);
    return copy;
}

static void test_policy(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    if (str_find(readme(a), printed(a, policy_markdown)) == STR_NONE)
        fail_msg("the README's table of policy keys is another than:\n" STR_FMT,
                 STR_ARG(printed(a, policy_markdown)));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_options), cmocka_unit_test(test_rules),
                                       cmocka_unit_test(test_policy)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
