/* The program as people, bots and editors call it: its words, its streams, its exit status. */
#include "program.h"

#include "dfix/dfix.h"

static const char dockerfile[] = "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n";
static const char fixed[] =
    "FROM debian:bookworm\nRUN apt-get install -y \"curl=7.88.*\"\nUSER 1000\n";

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", dockerfile);
    return 0;
}

static void wrong_words_are_refused(void **state)
{
    static const struct {
        const char *words, *said;
    } c[] = {
        {"--slect pin-apt", "dfix: no option --slect; did you mean --select?"},
        {"--nothing-like-it", "dfix: no option --nothing-like-it; `dfix --help` lists them"},
        {"-Z", "dfix: no option -Z; `dfix --help` lists them"},
        {"--unsafe=yes", "dfix: --unsafe takes no value"},
        {"--config", "dfix: --config needs a value (FILE)"},
        {"--diff --fix", "dfix: --diff, --fix and --check exclude each other"},
        {"--select pin-atp", "dfix: no rule pin-atp; did you mean pin-apt?"},
        {"--select ''", "dfix: --select needs a rule"},
        {"--ignore ,", "dfix: --ignore needs a rule"},
        {"--platform ''", "dfix: --platform needs an architecture"},
        {"--platform amd46", "dfix: --platform: unknown architecture amd46 (amd64"},
        {"--jobs 0", "dfix: --jobs: 0 is not a positive integer"},
        {"--jobs 4x", "dfix: --jobs: 4x is not a positive integer"},
        {"--format xml", "dfix: --format: unknown format xml (text, concise, json,"},
        {"--format sarfi", "dfix: --format: unknown format sarfi; did you mean sarif?\n"},
        {"--report junt=x", "dfix: --report: unknown format junt; did you mean junit?\n"},
        {"--buildkit Dockerfile", "dfix: --buildkit is an option of `dfix tree`"},
        {"--config none.yaml", "none.yaml: No such file or directory"},
        {"fix", "fix: No such file or directory; did you mean `dfix --fix`?"},
        {"rule", "rule: No such file or directory; did you mean `dfix rules`?"},
        {"rules --fix", "dfix: `dfix rules` takes no --fix\n"},
        {"verify -o x a b", "dfix: `dfix verify` takes no --output\n"},
        {"report --html x -o y", "dfix: `dfix report` takes no --output\n"},
        {"explain --json pin-apt", "dfix: `dfix explain` takes no --json\n"},
        {"explain -f json pin-apt", "dfix: `dfix explain` takes no --format\n"},
        {"index --baseline b", "dfix: `dfix index` takes no --baseline\n"},
        {"--output - Dockerfile", "dfix: - names no file to write: say /dev/stdout for "},
        {"--report sarif=- Dockerfile", "dfix: - names no file to write: say /dev/stdout for "},
        {"--watch -", "dfix: --watch is for files: standard input is read once\n"},
        {"--import-hadolint a b", "dfix: --import-hadolint takes one file\n"},
        {"pr --repos list --shard ''", "dfix: --shard needs a value (I/N)\n"},
        {"pr --repo x --patches=", "dfix: --patches needs a value (DIR)\n"},
        {"--changed=", "dfix: --changed needs a value ([=REV])\n"},
        {"--output '' Dockerfile", "dfix: --output needs a value (FILE)\n"},
        {"lint", "lint: No such file or directory\n"},
        {"Dockerfil", "Dockerfil: No such file or directory\n"},
        {"explain pin-atp", "dfix: no rule pin-atp; did you mean pin-apt?"},
        {"rules more", "dfix: rules takes no argument"},
        {"tree", "dfix: tree takes one FILE"},
        {"tree --json --buildkit Dockerfile", "dfix: --buildkit and --json exclude each other"},
        {"--man dfix.yml", "dfix: --man takes no word but dfix.yaml"},
        {"''", "dfix: an empty PATH names no file"},
        {"pr --dir .", "dfix: .: it is no checkout of a repository that has a commit"},
        {"pr --dir . --shard 1/2", "dfix: --shard is for the list of --repos\n"},
        {"pr --repo x", "dfix: x: this is not the URL of a repository: https://"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        assert_int_equal(shell("dfix %s", c[i].words), 2);
        assert_string_equal(out(), "");
        if (strncmp(err(), c[i].said, strlen(c[i].said)) != 0)
            fail_msg("dfix %s said: %s", c[i].words, err());
    }
}

static void commands_may_be_file_names(void **state)
{
    (void)state;
    put("rules", dockerfile);
    put("-x", dockerfile);
    assert_int_equal(shell("dfix -- rules -x"), 1);
    assert_string_equal(out(), "rules:2:24: DL3008 pin-apt: Pin curl to 7.88.*\n"
                               "-x:2:24: DL3008 pin-apt: Pin curl to 7.88.*\n");
}

static void a_check_says_what_a_fix_would_do(void **state)
{
    (void)state;
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install -y curl git\nCMD [\"/app\"]\n");
    assert_int_equal(shell("dfix"), 1);
    assert_string_equal(out(),
                        "Dockerfile:1:1: DL3002 user-switch: Run as 10001:10001, not as root "
                        "(fixable with --fix --unsafe)\n"
                        "Dockerfile:2:24: DL3008 pin-apt: Pin curl to 7.88.*\n"
                        "Dockerfile:2:29: DL3008 pin-apt: Pin git to 1:2.39.*\n");
    assert_string_equal(
        err(), "dfix: 1 file, 3 findings: 2 fixable with --fix, 1 more with --fix --unsafe\n");
    assert_int_equal(shell("dfix -s user-switch"), 1);
    assert_string_equal(err(), "dfix: 1 file, 1 finding: 1 fixable with --fix --unsafe\n");
    assert_int_equal(shell("dfix --unsafe -s user-switch"), 1);
    assert_string_equal(out(),
                        "Dockerfile:1:1: DL3002 user-switch: Run as 10001:10001, not as root\n");
    /* Where policy holds a rule back, --unsafe would do nothing. */
    put("dfix.yaml", "rules: {user-switch: safe}\n");
    assert_int_equal(shell("dfix -s user-switch"), 1);
    assert_string_equal(out(),
                        "Dockerfile:1:1: DL3002 user-switch: Run as 10001:10001, not as root\n");
    assert_string_equal(err(), "dfix: 1 file, 1 finding: 1 not fixable\n");
}

static void beside_a_patch_stands_only_what_is_not_in_it(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --diff"), 1);
    assert_non_null(strstr(out(), "+RUN apt-get install -y \"curl=7.88.*\"\n"));
    assert_string_equal(err(), "dfix: 1 file, 1 finding: 1 in the patch\n");
}

static void a_filter_prints_the_file_and_nothing_else(void **state)
{
    static const char *const texts[] = {
        "", "\n", "# only\r\n", "\357\273\277FROM debian:bookworm", "FROM a\nRUN x \\", "\xff\xfe"};

    (void)state;
    assert_int_equal(shell("dfix --fix - < Dockerfile"), 0);
    assert_string_equal(out(), fixed);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put("x", texts[i]);
        assert_int_equal(shell("dfix --fix - < x"), 0);
        assert_string_equal(out(), texts[i]);
    }
    /* A NUL makes it no text: given back as it came. */
    assert_int_equal(shell("printf 'FROM a\\nRUN x\\0y' > x && dfix --fix - < x"), 0);
    assert_int_equal(shell("cmp ../out x; cp ../out y; dfix --fix - < x > y; cmp x y"), 0);
}

static void standard_input_has_the_policy_of_its_name(void **state)
{
    (void)state;
    put("api/dfix.yaml", "rules: {pin-apt: {style: exact}}\n");
    assert_int_equal(
        shell("git init -q . && dfix --diff --stdin-filename api/Dockerfile - < Dockerfile"), 1);
    assert_non_null(strstr(out(), "+++ b/api/Dockerfile\n"));
    assert_non_null(strstr(out(), "curl=7.88.1-10+deb12u"));
    assert_int_equal(
        shell("dfix --diff --stdin-filename \"$PWD/no/such/Dockerfile\" - < Dockerfile"), 1);
    assert_non_null(strstr(out(), "+++ b/no/such/Dockerfile\n"));
}

/* What fails is said and ends in 2; the rest is done. */
static void one_bad_file_does_not_stop_the_others(void **state)
{
    (void)state;
    put("b/Dockerfile", dockerfile);
    assert_int_equal(shell("mkdir c && mkfifo c/pipe && dfix --fix none b c/pipe Dockerfile"), 2);
    assert_non_null(strstr(err(), "none: No such file or directory\n"));
    assert_non_null(strstr(err(), "c/pipe: a FIFO, not a regular file\n"));
    assert_string_equal(get("Dockerfile"), fixed);
    assert_string_equal(get("b/Dockerfile"), fixed);
}

static void what_was_not_written_is_not_called_fixed(void **state)
{
    (void)state;
    if (geteuid() == 0) /* whom no mode stops */
        assert_int_equal(shell("chmod 1777 .. && chown 65534 . Dockerfile"), 0);
    assert_int_equal(
        shell("chmod 444 Dockerfile; cd ..; mkdir -m 777 c2; as() { "
              "if [ $(id -u) = 0 ]; then setpriv --reuid 65534 --clear-groups \"$@\"; "
              "else \"$@\"; fi; }; cd work; XDG_CACHE_HOME=$PWD/../c2 as '%s/dfix' --fix",
              DFIX_BUILD),
        2);
    assert_non_null(strstr(err(), "Dockerfile: not written: "));
    assert_non_null(strstr(err(), "Pin curl to 7.88.*\n"));
    assert_null(strstr(err(), "(fixed)"));
}

/* What it keeps from being changed is not known. */
static void a_gitignore_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    put("b/Dockerfile", dockerfile);
    put("c/Dockerfile", dockerfile);
    put("c/.gitignore", "Dockerfile\n");
    assert_int_equal(shell("chmod 777 .. . c && chmod 0 c/.gitignore && mkdir -m 777 ../c2"), 0);
    assert_int_equal(shell("as() { if [ $(id -u) = 0 ]; then setpriv --reuid 65534 --clear-groups "
                           "\"$@\"; else \"$@\"; fi; }; XDG_CACHE_HOME=$PWD/../c2 as '%s/dfix' "
                           "--show-files",
                           DFIX_BUILD),
                     2);
    assert_string_equal(out(), "Dockerfile\nb/Dockerfile\n");
    assert_non_null(strstr(err(), "c/.gitignore: its folder is not searched: Permission denied\n"));
}

static void output_that_cannot_be_written_is_a_failure(void **state)
{
    static const char *const words[] = {"--diff",          "--check", "--fix - < Dockerfile",
                                        "--format json",   "--help",  "--man",
                                        "explain pin-apt", "rules"};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(shell("dfix %s > /dev/full", words[i]), 2);
        assert_non_null(strstr(err(), "dfix: standard output: "));
    }
}

static void the_same_file_is_done_once(void **state)
{
    (void)state;
    assert_int_equal(shell("ln -s Dockerfile Dockerfile.link && "
                           "dfix --diff . Dockerfile ./Dockerfile \"$PWD/Dockerfile\""),
                     1);
    assert_int_equal(shell("dfix --diff . | grep -c '^+++' | grep -qx 1"), 0);
    put("a/Dockerfile", dockerfile);
    assert_int_equal(shell("ln -s a b && dfix --diff a/Dockerfile b/Dockerfile a/../b/Dockerfile "
                           "| grep -c '^+++' | grep -qx 1"),
                     0);
    /* Standard input is a file of its own. */
    assert_int_equal(shell("dfix -s pin-apt - Dockerfile < a/Dockerfile | grep -c DL3008 | "
                           "grep -qx 2"),
                     0);
    /* A patch names the file and not the link: `patch` would refuse that. */
    assert_int_equal(shell("dfix --diff Dockerfile.link | patch -s -p1 && test -L Dockerfile.link"),
                     0);
    assert_string_equal(get("Dockerfile"), fixed);
}

static void odd_names_make_good_patches(void **state)
{
    static const char *const names[] = {"a b",  "tab\there", "new\nline", "quo\"te",
                                        "b\\s", "\xc3\xbc",  "end ",      "\xff"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        sandbox_write(&box, str_fmt(arena, "work/%s/Dockerfile", names[i]).p, str_of(dockerfile));
    assert_int_equal(shell("cp -r ../work ../w1; cp -r ../work ../w2; dfix --diff > ../p"), 1);
    assert_int_equal(shell("cd ../w1 && patch -s -p1 < ../p && cd ../w2 && git apply ../p"), 0);
    assert_int_equal(shell("dfix -q --fix; diff -r . ../w1 && diff -r . ../w2"), 0);
}

/* What COPY takes lies beside the Dockerfile or above it, in its repository. */
static void context_is_the_repository(void **state)
{
    (void)state;
    put("r/docker/app/Dockerfile",
        "FROM debian:bookworm\nCOPY rootfs/ /\nRUN apt-get install -y curl\nUSER 1000\n");
    put("r/rootfs/etc/apt/sources.list.d/x.list", "deb http://x.example/debian y main\n");
    shell("cd r/docker/app && dfix --check -v -s pin-apt");
    assert_null(strstr(out(), "x.example")); /* in no repository: what lies above is another's */
    put("r/.git/HEAD", "ref: refs/heads/main\n");
    shell("cd r/docker/app && dfix --check -v -s pin-apt");
    assert_non_null(strstr(out(), "x.example"));
}

static void nothing_steers_the_terminal(void **state)
{
    (void)state;
    put("\033[31m/Dockerfile",
        "FROM debian:bookworm\nRUN apt-get install -y \"\033]0;x\a\" \"\302\2331m\"\nUSER 1000\n");
    assert_int_equal(shell("dfix -v '\033[31m' $(printf 'no\\033ne')"), 2);
    assert_null(strchr(out(), '\033'));
    assert_null(strchr(out(), '\a'));
    assert_null(strstr(out(), "\xc2\x9b"));
    assert_null(strchr(err(), '\033'));
    assert_non_null(strstr(out(), "\\x1b[31m/Dockerfile:2:"));
}

static void a_tree_ends_its_last_line(void **state)
{
    (void)state;
    put("Dockerfile", "FROM scratch");
    assert_int_equal(shell("dfix tree Dockerfile"), 0);
    assert_true(str_ends(str_of(out()), S("\"scratch\"\n")));
}

static void an_empty_tree_is_told(void **state)
{
    (void)state;
    assert_int_equal(shell("echo '# a' | dfix tree --buildkit -"), 1);
    assert_string_equal(out(), "");
    assert_string_equal(err(), "dfix: there is no instruction\n");
}

static void colour_is_for_terminals(void **state)
{
    (void)state;
    needs("script");
    if (shell("script -qec true /dev/null") != 0) {
        print_message("skipped: no pseudo-terminal to be had\n");
        skip();
    }
    assert_int_equal(shell("dfix --diff"), 1);
    assert_null(strchr(out(), '\033'));
    static const char on_terminal[] =
        "TERM=%s NO_COLOR=%s script -qec \"'%s/dfix' --diff\" /dev/null";
    shell(on_terminal, "xterm", "", DFIX_BUILD);
    assert_non_null(strstr(out(), "\033[32m+RUN"));
    shell(on_terminal, "xterm", "1", DFIX_BUILD);
    assert_null(strstr(out(), "\033[32m"));
    shell(on_terminal, "dumb", "", DFIX_BUILD);
    assert_null(strstr(out(), "\033[32m"));
}

static void threads_do_not_change_what_is_said(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        sandbox_write(&box, str_fmt(arena, "work/%d/Dockerfile", i).p,
                      i % 3 ? str_of(dockerfile) : S("FROM debian:trixie\nRUN apt install git\n"));
    assert_int_equal(shell("dfix --diff -j 1"), 1);
    const char *one = out(), *said = err();
    assert_int_equal(shell("dfix --diff -j 16"), 1);
    assert_string_equal(out(), one);
    assert_string_equal(err(), said);
}

/* BuildKit reads the one beside the Dockerfile, and only that. */
static void each_dockerfile_may_have_its_own_ignore_file(void **state)
{
    (void)state;
    put("own/.dockerignore", "b\n");
    put("own/Dockerfile", "FROM debian:bookworm\nCOPY a /a\nCOPY b /b\n");
    put("own/Dockerfile.x", "FROM debian:bookworm\nCOPY a /a\nCOPY b /b\n");
    put("own/Dockerfile.x.dockerignore", "a\n");
    assert_int_equal(shell("dfix --select copy-ignored own/Dockerfile"), 1);
    assert_non_null(strstr(out(), "b is left out by .dockerignore"));
    assert_null(strstr(out(), "a is left out"));
    assert_int_equal(shell("dfix --select copy-ignored own/Dockerfile.x"), 1);
    assert_non_null(strstr(out(), "a is left out by Dockerfile.x.dockerignore"));
    assert_null(strstr(out(), "b is left out"));
}

/* The line that holds one is named, and not shown, whatever the format. */
static void secrets_are_not_repeated(void **state)
{
    static const char token[] = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
#define FORMAT(name) #name,
    static const char *const formats[] = {
#include "faces/formats/formats.def"
    };
#undef FORMAT

    (void)state;
    put("secret/Dockerfile",
        str_fmt(arena, "FROM debian:bookworm\nARG T=%s\nENV U=%s\n", token, token).p);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        assert_int_equal(
            shell("dfix --select no-secrets --format %s secret/Dockerfile", formats[i]), 1);
        assert_true(out()[0] != 0);
        assert_null(strstr(out(), token));
        assert_null(strstr(err(), token));
    }
    assert_int_equal(shell("dfix --select no-secrets secret/Dockerfile"), 1);
    assert_non_null(strstr(out(), "a token for GitHub"));
}

/* BuildKit's own comment in the file. */
static void checks_may_be_errors(void **state)
{
    (void)state;
    put("error/Dockerfile", "FROM debian:bookworm\nEXPOSE 80/TCP\n");
    assert_int_equal(shell("dfix --select buildkit --format gcc error/Dockerfile"), 1);
    assert_non_null(strstr(out(), "warning:"));
    put("error/Dockerfile", "# check=error=true\nFROM debian:bookworm\nEXPOSE 80/TCP\n");
    assert_int_equal(shell("dfix --select buildkit --format gcc error/Dockerfile"), 1);
    assert_non_null(strstr(out(), "error:"));
    assert_null(strstr(out(), "warning:"));
}

static bool lists(const char *rule, const char *on, const char *by)
{
    const char *line = strstr(out(), rule), *end = line ? strchr(line + 1, '\n') : NULL;
    struct str s = end ? str_sub(str_of(line), 0, (size_t)(end - line)) : S("");

    return str_find(s, str_fmt(arena, " %s ", on)) != STR_NONE &&
           str_find(s, str_fmt(arena, " %s ", by)) != STR_NONE;
}

static void rules_say_why_they_are_on(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix rules"), 0);
    assert_true(lists("\npin-apt ", "on", "default"));
    assert_true(lists("\nmerge-runs ", "off", "default"));
    put(".hadolint.yaml", "ignored: []\n");
    assert_int_equal(shell("dfix rules"), 0);
    assert_true(lists("\nmerge-runs ", "on", "hadolint's settings"));
    put("dfix.yaml", "rules:\n  merge-runs: off\n  numeric-user: safe\n");
    assert_int_equal(shell("dfix rules"), 0);
    assert_true(lists("\nmerge-runs ", "off", "policy"));
    assert_true(lists("\nnumeric-user ", "on", "policy"));
    assert_true(lists("\npin-apt ", "on", "default"));
}

static void rules_stand_in_columns(void **state)
{
    (void)state;
    size_t n, column = 0;
    const struct fixer *const *f = dfix_fixers(&n);
    assert_int_equal(shell("dfix rules"), 0);
    struct str rest = str_of(out()), line;
    for (size_t i = 0; i < n; i++) {
        assert_true(str_cut(&rest, '\n', &line));
        ptrdiff_t at = str_find(line, str_fmt(arena, " %s", f[i]->title));
        assert_int_not_equal(at, STR_NONE);
        if (i && (size_t)at != column)
            fail_msg("the title of " STR_FMT " stands at %td, not %zu", STR_ARG(line), at, column);
        column = (size_t)at;
        assert_true(str_ends(line, str_of(f[i]->aliases)));
    }
}

/* Clients of language servers add it by habit. */
static void a_language_server_may_be_told_its_way(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix lsp --stdio < /dev/null"), 1); /* no `exit` came */
    assert_string_equal(err(), "");
}

static void a_working_directory_that_is_gone_is_said(void **state)
{
    static const char *const words[] = {"", "--fix", "rules", "--show-files", "pr --dir ."};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(shell("mkdir x && cd x && rmdir ../x && dfix %s", words[i]), 2);
        assert_string_equal(err(), "dfix: the working directory has no name: No such file or "
                                   "directory; go to one that is there\n");
    }
    assert_int_equal(shell("mkdir x && cd x && rmdir ../x && dfix --version"), 0);
    assert_int_equal(shell("cp Dockerfile f; mkdir x; exec <f; cd x; rmdir ../x; dfix --fix -"), 2);
    assert_string_equal(out(), dockerfile);
}

static void a_folder_without_dockerfiles_is_said(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir empty && dfix empty"), 0);
    assert_non_null(strstr(err(), "dfix: warning: no Dockerfile was found"));
}

/* Every rule that output can name has an explanation; so have the aliases. */
static void rules_are_explained(void **state)
{
    (void)state;
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);
    for (size_t i = 0; i < n; i++) {
        struct str names = str_fmt(arena, "%s %s", f[i]->id, f[i]->aliases), name;
        while (str_cut(&names, ' ', &name)) {
            assert_int_equal(shell("dfix explain " STR_FMT, STR_ARG(name)), 0);
            assert_non_null(strstr(out(), f[i]->title));
        }
        assert_int_equal(shell("dfix rules"), 0);
        assert_non_null(strstr(out(), f[i]->title));
    }
    assert_int_equal(shell("dfix explain suppression"), 0);
    /* In lines that fit a terminal, but for the Dockerfile and what an option takes. */
    assert_int_equal(shell("! for r in $(dfix rules | cut -d' ' -f1); do dfix explain $r; done | "
                           "grep -vE '^    [-+ ]|^  rules' | grep -E '.{81}'"),
                     0);
}

static void help_fits_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --help"), 0);
    struct str rest = str_of(out()), line;
    while (str_cut(&rest, '\n', &line))
        assert_true(line.n <= 80);
    if (have_program("groff")) {
        assert_int_equal(shell("dfix --man > d.1 && groff -ww -man -Tascii -z d.1"), 0);
        assert_string_equal(err(), "");
    }
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(wrong_words_are_refused),
        CASE(commands_may_be_file_names),
        CASE(a_check_says_what_a_fix_would_do),
        CASE(beside_a_patch_stands_only_what_is_not_in_it),
        CASE(a_filter_prints_the_file_and_nothing_else),
        CASE(standard_input_has_the_policy_of_its_name),
        CASE(one_bad_file_does_not_stop_the_others),
        CASE(what_was_not_written_is_not_called_fixed),
        CASE(a_gitignore_that_cannot_be_read_is_said),
        CASE(output_that_cannot_be_written_is_a_failure),
        CASE(the_same_file_is_done_once),
        CASE(odd_names_make_good_patches),
        CASE(context_is_the_repository),
        CASE(nothing_steers_the_terminal),
        CASE(a_tree_ends_its_last_line),
        CASE(an_empty_tree_is_told),
        CASE(colour_is_for_terminals),
        CASE(threads_do_not_change_what_is_said),
        CASE(each_dockerfile_may_have_its_own_ignore_file),
        CASE(secrets_are_not_repeated),
        CASE(checks_may_be_errors),
        CASE(rules_say_why_they_are_on),
        CASE(rules_stand_in_columns),
        CASE(a_language_server_may_be_told_its_way),
        CASE(a_working_directory_that_is_gone_is_said),
        CASE(a_folder_without_dockerfiles_is_said),
        CASE(rules_are_explained),
        CASE(help_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
