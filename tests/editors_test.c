/* Real editors, which put a buffer through `dfix --fix -` and write what comes back: the file has
 * to be what the filter prints, byte for byte, and as it was when the filter could not run. */
#include "program.h"

static const char dockerfile[] =
    "FROM debian:bookworm\nRUN apt-get install -y curl git\nEXPOSE 80\n";

/* What a shell does with a file `F` and the filter's options `$O`. */
static const char vim[] = "vim -es -u NONE -i NONE -N -c 'set nofixeol binary' "
                          "-c \"%!dfix $O\" -c 'wq!' F </dev/null";
static const char neovim[] = "nvim --headless -u NONE -i NONE -c 'set nofixeol binary' "
                             "-c \"%!dfix $O\" -c 'wq!' F </dev/null";
static const char emacs[] =
    "emacs -Q --batch --eval '(progn (set-language-environment \"UTF-8\") "
    "(let ((coding-system-for-read (quote raw-text-unix)) "
    "(coding-system-for-write (quote raw-text-unix)) (make-backup-files nil)) "
    "(find-file \"F\") (shell-command-on-region (point-min) (point-max) "
    "(concat \"dfix \" (getenv \"O\")) nil t) (write-region nil nil \"F\")))'";

/* The program is a file on the editors' way, with the sandbox's cache. */
static int set_up(void **state)
{
    program_set_up_warm(state);
    sandbox_write(&box, "work/bin/dfix",
                  str_fmt(arena, "#!/bin/sh\nexec '%s/dfix' --offline \"$@\"\n", DFIX_BUILD));
    assert_int_equal(shell("chmod +x bin/dfix"), 0);
    return 0;
}

static void edit(const char *editor, const char *program, const char *options, const char *text,
                 const char *want)
{
    put("F", text);
    int status = shell("unset -f dfix; export PATH=$PWD/bin:$PATH HOME=$PWD O='%s'; "
                       "timeout 300 %s",
                       options, editor);
    if (status != 0 && strcmp(program, "vim") != 0) /* whose -es tells of a filter that failed */
        fail_msg("%s ended with %d: %s%s", program, status, out(), err());
    if (strcmp(get("F"), want) != 0)
        fail_msg("%s, dfix %s:\n--- got\n%s--- want\n%s", program, options, get("F"), want);
}

static void filter_with(const char *editor, const char *program)
{
    static const char *const broken[] = {"--fix --no-such-option -", "--fix --config none.yaml -",
                                         "--fix --json -", "-q --fix -s no-rule -"};
    static const char *const unread[] = {
        "FROM debian:bookworm\nRUM true\n",
        "FROM {{ base }}\n{% if x %}\nRUN apt-get install -y curl\n{% endif %}\n",
        "FROM debian:bookworm\nRUN echo \"\xc3\xbc open\n",
    };

    needs(program);
    put("F", dockerfile);
    assert_int_equal(shell("dfix --fix - < F"), 0);
    const char *fixed = out();
    assert_non_null(strstr(fixed, "\"git=1:2.39.*\""));
    edit(editor, program, "--fix -", dockerfile, fixed);
    edit(editor, program, "--fix -", fixed, fixed);
    edit(editor, program, "-v --fix -", dockerfile, fixed);
    edit(editor, program, "--fix --stdin-filename F", dockerfile, fixed);
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
        edit(editor, program, broken[i], dockerfile, dockerfile);
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        edit(editor, program, "--fix -s pin-digest -", unread[i], unread[i]);
        edit(editor, program, "-v --fix -s pin-digest -", unread[i], unread[i]);
    }
}

static void vim_keeps_the_file(void **state)
{
    (void)state;
    filter_with(vim, "vim");
}

static void neovim_keeps_the_file(void **state)
{
    (void)state;
    filter_with(neovim, "nvim");
}

static void emacs_keeps_the_file(void **state)
{
    (void)state;
    filter_with(emacs, "emacs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vim_keeps_the_file, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(neovim_keeps_the_file, set_up, program_tear_down),
        cmocka_unit_test_setup_teardown(emacs_keeps_the_file, set_up, program_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
