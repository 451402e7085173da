/* `dfix pr` without a host: patches, groups, titles, and a git that obeys nobody's configuration.
 */
#include "program.h"

static const char dockerfile[] =
    "FROM debian:bookworm\nRUN apt-get install curl\nUSER 1000\nCMD [\"x\"]\n";

#define GIT_AS "git -c user.name=a -c user.email=a@example.org"

static int set_up(void **state)
{
    (void)state;
    needs("git");
    program_options = "--offline";
    assert_int_equal(sandbox_run(&box, "rm -rf work && mkdir work"), 0);
    assert_int_equal(shell("git init -q r"), 0);
    put("r/Dockerfile", dockerfile);
    return 0;
}

static void commit(void)
{
    assert_int_equal(shell("cd r && git add -A && " GIT_AS " commit -qm x"), 0);
}

/* What git am makes of the mails is what --fix makes of the files. */
static void am_gives_what_fix_gives(void)
{
    assert_int_equal(shell("dfix pr --dir r --patches p"), 1);
    assert_int_equal(shell("rm -rf twin && cp -r r twin && (dfix --fix --refresh -q twin || :) && "
                           "cd r && " GIT_AS " am -q ../p/*.patch && cd .. && "
                           "diff -r --exclude=.git r twin"),
                     0);
}

static void mails_are_taken_by_git_am(void **state)
{
    (void)state;
    put("r/a b/x.Dockerfile", dockerfile);
    put("r/crlf/Dockerfile", "FROM debian:bookworm\r\nRUN apt-get install \\\r\n  curl\r\n");
    put("r/\"q\\é/Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl # \xff");
    put("r/exe/Dockerfile", dockerfile);
    assert_int_equal(shell("chmod +x r/exe/Dockerfile"), 0);
    commit();
    am_gives_what_fix_gives();
    assert_int_equal(shell("cd r && git log --format=%%s"), 0);
    assert_non_null(strstr(out(), "build(docker): add -y to apt-get install (5)\n"));
    assert_non_null(strstr(out(), "build(docker): pin curl to 7.88.* (5)\n"));
    assert_int_equal(shell("cd r && git ls-files -s exe"), 0);
    assert_non_null(strstr(out(), "100755 "));
    /* Nothing is left to propose, and the mails of the run before are gone by the next one. */
    assert_int_equal(shell("dfix pr --dir r --patches p"), 0);
    assert_string_equal(out(), "");
}

static void a_commit_has_one_rule(void **state)
{
    (void)state;
    commit();
    assert_int_equal(shell("dfix pr --dir r --patches p && false; ls p"), 0);
    assert_string_equal(strchr(out(), '\n') + 1,
                        "0001-build-docker-pin-curl-to-7-88.patch\n"
                        "0002-build-docker-add-y-to-apt-get-install.patch\n");
}

static void groups(void **state)
{
    (void)state;
    put("r/b/Dockerfile", dockerfile);
    commit();
    assert_int_equal(shell("dfix pr --dir r --dry-run --group rule"), 1);
    assert_non_null(
        strstr(out(), "r: dfix/pin-apt proposed: build(docker): pin curl to 7.88.* (2)\n"));
    assert_non_null(strstr(out(), "r: dfix/apt-get-yes proposed: "));
    assert_int_equal(shell("dfix pr --dir r --patches p --group rule"), 1);
    /* Each group stands on the base alone. */
    assert_int_equal(shell("cd r && base=$(git rev-parse HEAD) && for d in ../p/*; do "
                           "git checkout -q -f --detach $base && " GIT_AS
                           " am -q $d/*.patch || exit 1; done && git checkout -q -f $base"),
                     0);
    put("dfix.yaml", "bot: {group: file}\n");
    assert_int_equal(shell("dfix pr --config dfix.yaml --dir r --dry-run"), 1);
    assert_non_null(strstr(out(), "r: dfix/file-Dockerfile-"));
    assert_non_null(strstr(out(), "r: dfix/file-b-Dockerfile-"));
    assert_int_equal(shell("dfix pr --dir r --dry-run --group some"), 2);
}

/* What the base commit has counts; what lies about does not. */
static void only_what_is_committed(void **state)
{
    (void)state;
    commit();
    put("r/Dockerfile", "FROM debian:bookworm\n");
    put("r/new/Dockerfile", dockerfile);
    assert_int_equal(shell("dfix pr --dir r --patches p -v"), 1);
    assert_non_null(strstr(out(), "new/Dockerfile is not in the commit"));
    assert_int_equal(shell("cd r && git checkout -q . && " GIT_AS " am -q ../p/*.patch && "
                           "git status --porcelain"),
                     0);
    assert_string_equal(out(), "?? new/\n");
}

/* Whatever a repository's own configuration, hooks and attributes would run. */
static void the_repository_runs_nothing(void **state)
{
    (void)state;
    put("r/.gitattributes",
        "* filter=evil text eol=crlf diff=evil working-tree-encoding=ISO-8859-1\n");
    put("evil", "#!/bin/sh\ntouch \"$OUT/ran\"\ncat\n");
    assert_int_equal(
        shell("chmod +x evil && cd r && git add . && " GIT_AS " commit -qm x && for h in "
              "post-checkout reference-transaction post-index-change pre-push post-commit; do "
              "cp ../evil .git/hooks/$h; done && e=$PWD/../evil && "
              "git config filter.evil.smudge $e && git config filter.evil.clean $e && "
              "git config filter.evil.process $e && git config diff.evil.textconv $e && "
              "git config diff.evil.command $e && git config diff.external $e && "
              "git config core.fsmonitor $e && git config core.pager $e && "
              "git config core.sshCommand $e && git config credential.helper $e && "
              "git config gpg.program $e && git config commit.gpgSign true && "
              "git config uploadpack.packObjectsHook $e && git config core.editor $e && "
              "git config alias.ls-tree \"!$e\" && git config alias.cat-file \"!$e\""),
        0);
    assert_int_equal(shell("export OUT=$PWD && dfix pr --dir r --patches p"), 1);
    assert_int_equal(shell("test -e ran"), 1);
    assert_int_equal(shell("ls p/*.patch && grep -c '^+.*curl=7.88' p/0001*"), 0);
    assert_non_null(strstr(out(), "1\n"));
}

/* A caller's variables, as a hook has them, lead nowhere else. */
static void the_callers_variables_do_not_count(void **state)
{
    (void)state;
    commit();
    assert_int_equal(shell("export GIT_DIR=/nowhere GIT_WORK_TREE=/nowhere GIT_INDEX_FILE=/nowhere "
                           "GIT_OBJECT_DIRECTORY=/nowhere GIT_CONFIG_PARAMETERS=\"'core.bare=x'\" "
                           "GIT_TRACE=1 && dfix pr --dir r --patches p"),
                     1);
    assert_string_equal(err(), "");
}

static void hostile_names_steer_nothing(void **state)
{
    (void)state;
    put("r/@everyone fixes #1 <!-- x --> |\x1b[31m`/Dockerfile", dockerfile);
    commit();
    assert_int_equal(shell("rm r/Dockerfile && cd r && " GIT_AS " commit -qam y"), 0);
    assert_int_equal(shell("dfix pr --dir r --dry-run --group file"), 1);
    assert_null(strstr(out(), "\x1b"));
    assert_null(strstr(out(), "\n  @everyone"));
    /* In code, or broken up. */
    assert_non_null(strstr(out(), "| `` @everyone fixes #1 <!-- x --> \\|?[31m`/Dockerfile `` |"));
    assert_int_equal(shell("dfix pr --dir r --patches p"), 1);
    assert_int_equal(shell("cd r && " GIT_AS " am -q ../p/*.patch"), 0);
}

/* What a title or a commit's message could order the host to do. */
static void hostile_names_give_no_orders(void **state)
{
    (void)state;
    put("r/[skip ci] closes GH-7 #8/Dockerfile", dockerfile);
    commit();
    assert_int_equal(shell("rm r/Dockerfile && cd r && " GIT_AS " commit -qam y"), 0);
    assert_int_equal(shell("dfix pr --dir r --dry-run"), 1);
    assert_non_null(strstr(out(), "fix 2 findings in [ skip ci] closes GH- 7 # 8/Dockerfile\n"));
    assert_int_equal(shell("cd r && git mv '[skip ci] closes GH-7 #8' www.evil.example && " GIT_AS
                           " commit -qam z && cd .. && dfix pr --dir r --dry-run"),
                     1);
    assert_non_null(strstr(out(), "fix 2 findings in www. evil.example/Dockerfile\n"));
}

/* Its own configuration sends dfix nowhere else. */
static void a_checkout_has_its_own_files(void **state)
{
    (void)state;
    commit();
    assert_int_equal(shell("dfix pr --dir r --dry-run > /dev/full"), 2);
    assert_string_equal(err(), "dfix: standard output: No space left on device\n");
    put("other/Dockerfile", dockerfile);
    put("other/dfix.yaml", "bot: {enabled: false}\n");
    assert_int_equal(shell("git -C r config core.worktree $PWD/other"), 0);
    assert_int_equal(shell("dfix pr --dir r --dry-run"), 2);
    assert_non_null(strstr(err(), "says that its files are elsewhere"));
    /* A worktree of git's own is as good as any. */
    assert_int_equal(shell("git -C r config --unset core.worktree && "
                           "git -C r worktree add -q ../tree && dfix pr --dir tree --dry-run"),
                     1);
    put("r/below/Dockerfile", dockerfile);
    assert_int_equal(shell("dfix pr --dir r/below --dry-run -v"), 0);
    assert_non_null(strstr(out(), "below/Dockerfile is not in the commit"));
}

static void lines_for_programs(void **state)
{
    (void)state;
    needs("python3");
    commit();
    assert_int_equal(shell("dfix schema pr > schema.json && dfix pr --dir r --json --dry-run"), 1);
    assert_non_null(strstr(out(), "\"state\":\"proposed\""));
    assert_int_equal(shell("cp ../out lines && python3 " DFIX_ROOT "/tests/schemas/validate.py "
                           "schema.json lines lines"),
                     0);
}

/* git, and what it started, is ended; nothing of it is left. */
static void a_remote_that_stalls(void **state)
{
    (void)state;
    put("stall", "#!/bin/sh\necho $$ >pid\nexec sleep 300\n");
    assert_int_equal(shell("chmod +x stall && mkdir t && "
                           "TMPDIR=$PWD/t GIT_SSH_COMMAND=$PWD/stall "
                           "dfix pr --repo ssh://git@127.0.0.1/a/b --dry-run --deadline 1s"),
                     2);
    assert_non_null(strstr(err(), "git ls-remote was stopped because it took longer than 1 s; see "
                                  "whether the remote answers, or raise --deadline\n"));
    assert_int_equal(
        shell("ls -A t; ! grep -qs '^State:[[:space:]]*[RSD]' /proc/$(cat pid)/status"), 0);
    assert_string_equal(out(), "");
}

static void what_is_not_a_repository(void **state)
{
    (void)state;
    assert_int_equal(shell("PATH=/nonexistent; dfix pr --dir r"), 2);
    assert_string_equal(err(), "dfix: r: git cannot be run; install it\n");
    assert_int_equal(shell("dfix pr --dir r"), 2); /* without a commit */
    assert_int_equal(shell("mkdir x && GIT_CEILING_DIRECTORIES=$PWD dfix pr --dir x"), 2);
    assert_int_equal(shell("dfix pr --dir nowhere"), 2);
    assert_int_equal(shell("dfix pr --repo https://u:secretword@example.org/x/y"), 2);
    assert_null(strstr(err(), "secretword"));
    assert_int_equal(shell("dfix pr --repo http://example.org/x/y"), 2);
    assert_int_equal(shell("dfix pr --repo --upload-pack=x"), 2);
    assert_int_equal(shell("dfix pr --repo 'ext::sh -c x'"), 2);
    assert_int_equal(shell("dfix pr --repo https://example.org/../x"), 2);
    assert_int_equal(shell("echo '# none' >list; dfix pr --repos list"), 2);
    assert_string_equal(err(), "dfix: --repos: list names no repository\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(mails_are_taken_by_git_am, set_up),
        cmocka_unit_test_setup(a_commit_has_one_rule, set_up),
        cmocka_unit_test_setup(groups, set_up),
        cmocka_unit_test_setup(only_what_is_committed, set_up),
        cmocka_unit_test_setup(the_repository_runs_nothing, set_up),
        cmocka_unit_test_setup(the_callers_variables_do_not_count, set_up),
        cmocka_unit_test_setup(hostile_names_steer_nothing, set_up),
        cmocka_unit_test_setup(hostile_names_give_no_orders, set_up),
        cmocka_unit_test_setup(a_checkout_has_its_own_files, set_up),
        cmocka_unit_test_setup(lines_for_programs, set_up),
        cmocka_unit_test_setup(a_remote_that_stalls, set_up),
        cmocka_unit_test_setup(what_is_not_a_repository, set_up),
    };
    return cmocka_run_group_tests(tests, program_set_up_warm, program_tear_down);
}
