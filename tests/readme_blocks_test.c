/* Every block of the README that is meant to be run is run: shell commands in a repository of the
 * demo's Dockerfile, policies by dfix, other YAML by a reader of it. */
#include "program.h"

#include "host/files.h"

static struct str readme(void)
{
    struct str text;
    struct err e;

    if (!file_read(arena, DFIX_ROOT "/README.md", 1 << 20, &text, &e))
        fail_msg("%s", e.text);
    return text;
}

/* The next block in a fence of this kind; false: no more. */
static bool next_block(struct str *rest, const char *kind, struct str *block)
{
    struct str fence = str_fmt(arena, "\n```%s\n", kind);
    ptrdiff_t at = str_find(*rest, fence);

    if (at == STR_NONE)
        return false;
    *rest = str_from(*rest, (size_t)at + fence.n);
    ptrdiff_t end = str_find(*rest, S("\n```\n"));
    assert_int_not_equal(end, STR_NONE);
    *block = str_sub(*rest, 0, (size_t)end + 1);
    *rest = str_from(*rest, (size_t)end);
    return true;
}

/* A command may find something: 2 alone is a failure. */
static void commands_run(void **state)
{
    struct str rest = readme(), block;
    size_t n = 0;

    (void)state;
    needs("git");
    for (; next_block(&rest, "sh", &block); n++) {
        struct str line;
        assert_int_equal(shell("rm -rf .git .dfix dfix.yaml && cp '%s/tests/demo/Dockerfile' . && "
                               "echo CVE-2024-5678 >.trivyignore && git -c init.defaultBranch=main "
                               "init -q . && git add Dockerfile && "
                               "git -c user.name=x -c user.email=a@b commit -qm x",
                               DFIX_ROOT),
                         0);
        while (block.n && str_cut(&block, '\n', &line))
            if (line.n && shell(STR_FMT "\nexit $?", STR_ARG(line)) > 1)
                fail_msg("the README's command fails: " STR_FMT "\n%s", STR_ARG(line), err());
    }
    assert_true(n >= 4);
}

static void policies_hold(void **state)
{
    struct str rest = readme(), block;
    size_t n = 0;

    (void)state;
    put("Dockerfile", "FROM debian:bookworm\n");
    while (next_block(&rest, "yaml", &block)) {
        bool policy = str_starts(block, S("rules:")) || str_starts(block, S("index:")) ||
                      str_starts(block, S("bot:"));
        sandbox_write(&box, "work/x.yaml", block);
        if (policy && shell("dfix --config x.yaml --show-files") != 0)
            fail_msg("the README's policy is refused: %s", err());
        if (!policy && have_program("python3") && shell("python3 -c 'import yaml'") == 0 &&
            shell("python3 -c 'import yaml; yaml.safe_load(open(\"x.yaml\"))'") != 0)
            fail_msg("the README's YAML is none: " STR_FMT, STR_ARG(block));
        n += policy;
    }
    assert_true(n >= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commands_run, program_set_up_warm, program_tear_down),
        cmocka_unit_test_setup_teardown(policies_hold, program_set_up_warm, program_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
