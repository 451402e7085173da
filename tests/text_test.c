/* What people read: a finding with its line, the place underlined, the fix as lines, the why; one
 * line each; in colour where that is wanted. */
#include "program.h"

static int set_up(void **state)
{
    program_set_up_warm(state);
    program_options = "--offline";
    return 0;
}

/* The output of a check of this Dockerfile by these rules. */
static void says(const char *rules, const char *dockerfile, const char *text)
{
    put("Dockerfile", dockerfile);
    shell("dfix -s %s", rules);
    assert_string_equal(out(), text);
}

static void a_fix_is_shown_where_it_goes(void **state)
{
    (void)state;
    says("apt-get-yes", "FROM debian:bookworm\nRUN apt-get install \\\n\tcurl\n",
         "Dockerfile:2:5: DL3014 apt-get-yes: Add -y to apt-get install\n"
         "  2 | RUN apt-get install \\\n"
         "    |     ^^^^^^^^^^^^^^^^^\n"
         "    + RUN apt-get install -y \\\n"
         "    apt-get asks before it installs, and in a build nobody answers.\n"
         "    https://github.com/hadolint/hadolint/wiki/DL3014\n\n");
}

/* One rule in one instruction is one thing to read. */
static void fixes_of_one_instruction_stand_together(void **state)
{
    (void)state;
    says("pin-apt", "FROM debian:bookworm\nRUN apt-get install -y curl git\n",
         "Dockerfile:2:24: DL3008 pin-apt: Pin curl to 7.88.* (and 1 more)\n"
         "  2 | RUN apt-get install -y curl git\n"
         "    |                        ^^^^ ^^^\n"
         "    + RUN apt-get install -y \"curl=7.88.*\" \"git=1:2.39.*\"\n"
         "    Without a version, two builds of one Dockerfile may install different packages.\n"
         "    https://github.com/hadolint/hadolint/wiki/DL3008\n\n");
    says("pin-apt", "FROM debian:bookworm\nRUN apt-get install -y \\\n    curl \\\n    git\n",
         "Dockerfile:3:5: DL3008 pin-apt: Pin curl to 7.88.* (and 1 more)\n"
         "  3 |     curl \\\n"
         "    |     ^^^^\n"
         "    +     \"curl=7.88.*\" \\\n"
         "  4 |     git\n"
         "    |     ^^^\n"
         "    +     \"git=1:2.39.*\"\n"
         "    Without a version, two builds of one Dockerfile may install different packages.\n"
         "    https://github.com/hadolint/hadolint/wiki/DL3008\n\n");
}

/* Of \xe9, which begins a character and is none alone, four bits are those of a tab. */
static void bytes_that_are_no_text_are_spelled_out(void **state)
{
    struct buf b = {.arena = arena};
    (void)state;

    buf_add(&b, S("FROM debian:bookworm\n"));
    for (int i = 0x80; i <= 0xff; i++)
        buf_fmt(&b, "RUN apt-get install caf%c curl\n", i);
    put("Dockerfile", str_cstr(arena, buf_str(&b)));
    assert_int_equal(shell("ulimit -t 20; dfix -s apt-get-yes"), 1);
    for (int i = 0x80; i <= 0xff; i++) {
        struct str line =
            str_fmt(arena, "%4d | RUN apt-get install caf\\x%02x curl\n", i - 0x7e, i);
        if (str_find(str_of(out()), str_trim(line)) == STR_NONE)
            fail_msg("no " STR_FMT, STR_ARG(line));
    }
}

/* The why and the page of a rule stand at its first finding in a file. */
static void what_is_known_is_not_repeated(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install a\nRUN apt-get install b\n");
    assert_int_equal(shell("dfix -s apt-get-yes | grep -c 'nobody answers' | grep -qx 1"), 0);
    assert_int_equal(shell("dfix -s apt-get-yes | grep -c 'install -y' | grep -qx 2"), 0);
}

static void lines_that_come_and_go_have_numbers(void **state)
{
    (void)state;
    says("user-switch", "FROM debian:bookworm\nEXPOSE 80\nCMD [\"/srv/app\"]\n",
         "Dockerfile:1:1: DL3002 user-switch: Run as 10001:10001, not as root (fixable with --fix "
         "--unsafe)\n"
         "  1 | FROM debian:bookworm\n"
         "    | ^^^^^^^^^^^^^^^^^^^^\n"
         "  3 + USER 10001:10001\n"
         "    note: port 80: below 1024, some runtimes want NET_BIND_SERVICE for it\n"
         "    Whoever breaks into a process of root's gets far more than the program needs, and a "
         "host cannot check that a name is not root.\n"
         "    https://github.com/hadolint/hadolint/wiki/DL3002\n\n");
}

static void what_to_do_is_apart_from_what_is_wrong(void **state)
{
    (void)state;
    says("release-eol", "FROM debian:9\n",
         "Dockerfile:1:6: release-eol: debian 9 (stretch) reached end of life on 2022-06-30\n"
         "  1 | FROM debian:9\n"
         "    |      ^^^^^^^^\n"
         "    help: upgrade to bookworm, trixie\n"
         "    Its packages get no more security fixes.\n\n");
}

/* Tabs, wide characters and controls take the room that is underlined; of a long line the part
 * around the place is shown. */
static void marks_stand_below_their_place(void **state)
{
    (void)state;
    put("Dockerfile",
        "FROM debian:bookworm\nRUN\techo \"\xe6\x97\xa5\x1b\" && apt-get install a\n");
    shell("dfix -s apt-get-yes");
    assert_non_null(strstr(out(), "  2 | RUN    echo \"\xe6\x97\xa5\\x1b\" && apt-get install a\n"
                                  "    |                         ^^^^^^^^^^^^^^^^^\n"));
    assert_non_null(strstr(out(), "Dockerfile:2:18: "));

    struct buf b = {.arena = arena};
    buf_add(&b, S("FROM debian:bookworm\nRUN "));
    for (int i = 0; i < 100; i++)
        buf_add(&b, S("echo 0123456789 && "));
    buf_add(&b, S("apt-get install a && "));
    for (int i = 0; i < 100; i++)
        buf_add(&b, S("echo 0123456789 && "));
    buf_add(&b, S("true\n"));
    put("Dockerfile", str_cstr(arena, buf_str(&b)));
    shell("dfix -s apt-get-yes");
    assert_non_null(
        strstr(out(), "  2 | ...& echo 0123456789 && echo 0123456789 && apt-get install a "));
    struct str rest = str_of(out()), line;
    while (str_cut(&rest, '\n', &line))
        assert_true(line.n < 130);
    assert_non_null(
        strstr(out(), "    + ...& echo 0123456789 && echo 0123456789 && apt-get install -y "));
}

static void reasons_are_a_line_of_their_own(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\n# hadolint ignore=DL3014\nRUN apt-get install a\n");
    assert_int_equal(shell("dfix -v -s apt-get-yes"), 0);
    assert_string_equal(out(), "Dockerfile:3:5: DL3014 apt-get-yes: Add -y to apt-get install\n"
                               "    not changed: a comment tells hadolint to ignore it\n");
}

static void one_line_each_is_for_grep(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n");
    shell("dfix -s apt-get-yes,pin-apt --concise");
    assert_string_equal(out(), "Dockerfile:2:5: DL3014 apt-get-yes: Add -y to apt-get install\n"
                               "Dockerfile:2:21: DL3008 pin-apt: Pin curl to 7.88.*\n");
    shell("dfix -s apt-get-yes,pin-apt --format concise | wc -l | grep -qx 2");
}

/* The option, then the environment, then whether it is a terminal, which it is not here. */
static void colour_is_as_wanted(void **state)
{
    static const struct {
        const char *environment, *option;
        bool coloured;
    } c[] = {
        {"", "", false},
        {"", "--color=always", true},
        {"", "--color auto", false},
        {"FORCE_COLOR=1", "", true},
        {"FORCE_COLOR=0", "", false},
        {"CLICOLOR_FORCE=1", "", true},
        {"CLICOLOR_FORCE=0", "", false},
        {"NO_COLOR=1 FORCE_COLOR=1", "", false},
        {"NO_COLOR= FORCE_COLOR=1", "", true},
        {"FORCE_COLOR=1", "--color never", false},
        {"NO_COLOR=1", "--color always", true},
    };
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n");
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        shell("export TERM=xterm %s; dfix -s apt-get-yes %s", c[i].environment, c[i].option);
        if ((strchr(out(), '\033') != NULL) != c[i].coloured)
            fail_msg("%s %s: %s", c[i].environment, c[i].option, out());
        shell("export TERM=xterm %s; dfix -s apt-get-yes --diff %s", c[i].environment, c[i].option);
        assert_int_equal(strchr(out(), '\033') != NULL, c[i].coloured);
    }
    assert_int_equal(shell("dfix --color=pink"), 2);
    assert_string_equal(err(), "dfix: --color: pink is not one of auto, always, never\n");
}

/* A document is never coloured, nor what goes to a file. */
static void documents_have_no_colour(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\n");
    shell("export FORCE_COLOR=1; dfix -s apt-get-yes --format gcc");
    assert_null(strchr(out(), '\033'));
    shell("export FORCE_COLOR=1; dfix -s apt-get-yes -o x");
    assert_null(strchr(get("x"), '\033'));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_fix_is_shown_where_it_goes),
        CASE(fixes_of_one_instruction_stand_together),
        CASE(bytes_that_are_no_text_are_spelled_out),
        CASE(what_is_known_is_not_repeated),
        CASE(lines_that_come_and_go_have_numbers),
        CASE(what_to_do_is_apart_from_what_is_wrong),
        CASE(marks_stand_below_their_place),
        CASE(reasons_are_a_line_of_their_own),
        CASE(one_line_each_is_for_grep),
        CASE(colour_is_as_wanted),
        CASE(documents_have_no_colour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
