/* What a run is used for besides finding: counting, listing, only what changed, only what is new,
 * watching, and a policy to begin with. */
#include "program.h"

static int set_up(void **state)
{
    program_set_up_warm(state);
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\nUSER 1000\n");
    put("b/Dockerfile", "FROM debian:bookworm\nRUN apt-get install git\nUSER 1000\n");
    return 0;
}

static void statistics_count_by_rule(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix -s apt-get-yes,pin-apt . --statistics --format text; "
                           "dfix -s apt-get-yes,pin-apt --format statistics"),
                     1);
    assert_non_null(strstr(out(), "      2  apt-get-yes        Add -y to apt-get install (2 "
                                  "fixable)\n"));
    program_options = "--offline";
    assert_int_equal(shell("dfix -s apt-get-yes --statistics"), 1);
    assert_string_equal(out(), "      2  apt-get-yes        Add -y to apt-get install (2 "
                               "fixable)\n");
}

static void files_are_listed_and_not_read(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --show-files"), 0);
    assert_string_equal(out(), "Dockerfile\nb/Dockerfile\n");
    assert_int_equal(shell("dfix --show-files none"), 2);
}

/* ---- git ---- */

#define GIT "git -c user.email=a@b -c user.name=x -c init.defaultBranch=main "

static void commit(void)
{
    assert_int_equal(shell(GIT "init -q . && git add -A && " GIT "commit -qm one"), 0);
}

static void only_what_changed_counts(void **state)
{
    (void)state;
    commit();
    assert_int_equal(shell("dfix --changed -s apt-get-yes"), 0);
    assert_string_equal(out(), "");
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl\nRUN apt-get install jq\n"
                      "USER 1000\n");
    put("new \"x\"/Dockerfile", "FROM debian:bookworm\nRUN apt-get install git\nUSER 1000\n");
    assert_int_equal(shell("dfix --changed -s apt-get-yes"), 1);
    assert_string_equal(out(), "Dockerfile:3:5: DL3014 apt-get-yes: Add -y to apt-get install\n"
                               "new \"x\"/Dockerfile:2:5: DL3014 apt-get-yes: Add -y to apt-get "
                               "install\n");
    assert_int_equal(shell("git add -A && dfix --changed=HEAD --fix -q -s apt-get-yes"), 0);
    assert_string_equal(get("Dockerfile"), "FROM debian:bookworm\nRUN apt-get install curl\n"
                                           "RUN apt-get install -y jq\nUSER 1000\n");
    assert_non_null(strstr(get("b/Dockerfile"), "apt-get install git"));
    assert_non_null(strstr(get("new \"x\"/Dockerfile"), "apt-get install -y git"));
}

/* What the other branch has got since counts as little as what was there before. */
static void changes_are_the_branchs_own(void **state)
{
    (void)state;
    commit();
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install curl jq\nUSER 1000\n");
    assert_int_equal(shell("git checkout -qb work && " GIT "commit -qam two && "
                           "git checkout -q main && sed -i s/git/vim/ b/Dockerfile && " GIT
                           "commit -qam three && git checkout -q work"),
                     0);
    assert_int_equal(shell("dfix --changed=main -s apt-get-yes"), 1);
    assert_string_equal(out(), "Dockerfile:2:5: DL3014 apt-get-yes: Add -y to apt-get install\n");
    assert_int_equal(shell("cd b && dfix --changed=main -s apt-get-yes"), 0);
}

static void changes_need_a_repository_and_a_commit(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --changed"), 2);
    assert_string_equal(err(), "dfix: --changed: this folder is in no git repository\n");
    assert_int_equal(shell("PATH=/nonexistent; dfix --changed"), 2);
    assert_string_equal(err(), "dfix: --changed: git cannot be run; install it\n");
    commit();
    assert_int_equal(shell("mkdir ../other && cp Dockerfile ../other"), 0);
    assert_int_equal(shell("dfix --changed ../other"), 2);
    assert_non_null(strstr(err(), "was not checked because it is outside the repository "));
    assert_int_equal(shell("dfix --changed=nothing"), 2);
    assert_string_equal(err(), "dfix: --changed: git knows no commit nothing\n");
    assert_int_equal(shell("dfix --changed=--output=x; test ! -e x && exit 2"), 2);
}

/* git tells of a repository inside another one that it has changed, not what. */
static void a_repository_inside_is_named(void **state)
{
    (void)state;
    assert_int_equal(shell("mkdir x && cp Dockerfile x && cd x && " GIT "init -q . && git add -A "
                           "&& " GIT "commit -qm one"),
                     0);
    commit(); /* x is in it as a submodule is */
    assert_int_equal(shell("dfix --changed -s apt-get-yes"), 0);
    assert_string_equal(err(), "");
    put("x/Dockerfile", "FROM debian:bookworm\nRUN apt-get install vim\nUSER 1000\n");
    assert_int_equal(shell("cp -r x y && dfix --changed -s apt-get-yes"), 0);
    assert_string_equal(
        err(), "dfix: warning: x was left out because it is a repository of its own, which "
               "--changed does not look into; run dfix in there\n"
               "dfix: warning: y was left out because it is a repository of its own, which "
               "--changed does not look into; run dfix in there\n");
    assert_int_equal(shell("dfix --changed -s apt-get-yes x/Dockerfile"), 2);
    assert_non_null(strstr(err(), "x/Dockerfile was not checked because x is a repository"));
    assert_int_equal(shell("cd x && dfix --changed -s apt-get-yes"), 1);
}

/* ---- baseline ---- */

static void known_findings_do_not_count(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix -s apt-get-yes --baseline known.json --write-baseline"), 0);
    assert_int_equal(shell("dfix -s apt-get-yes --baseline known.json"), 0);
    assert_string_equal(out(), "");
    assert_int_equal(shell("dfix -s apt-get-yes"), 1);
    /* Lines may move; what is new counts, though it reads the same. */
    put("Dockerfile", "FROM debian:bookworm\n\nRUN true\nRUN apt-get install curl\n"
                      "RUN apt-get install curl\nUSER 1000\n");
    assert_int_equal(shell("dfix -s apt-get-yes --baseline known.json"), 1);
    assert_string_equal(out(), "Dockerfile:5:5: DL3014 apt-get-yes: Add -y to apt-get install\n");
    assert_non_null(strstr(err(), "1 finding"));
    /* A fix is not kept back by it. */
    assert_int_equal(shell("dfix -s apt-get-yes --baseline known.json --fix"), 0);
    assert_non_null(strstr(get("b/Dockerfile"), "install -y git"));
}

static void baselines_are_checked(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --write-baseline"), 2);
    assert_string_equal(err(), "dfix: --write-baseline needs --baseline FILE\n");
    assert_int_equal(shell("dfix --baseline none"), 2);
    put("x", "{\"findings\": []}\n");
    assert_int_equal(shell("dfix --baseline x"), 2);
    assert_string_equal(err(), "x: not a baseline of dfix; write it with --write-baseline\n");
}

/* ---- watch ---- */

/* It runs again once a file is different: seen in its output, waited for a minute at most. */
static void a_change_is_seen(void **state)
{
    (void)state;
    put("b/dfix.yaml", "files: ['*.docker']\n");
    assert_int_equal(
        shell("'%s/dfix' --offline --concise -s apt-get-yes --watch b > ../seen 2>/dev/null & "
              "pid=$!; "
              "until_seen() { for i in $(seq 300); do grep -q \"$1\" ../seen && return; "
              "sleep 0.2; done; return 1; }; "
              "until_seen b/Dockerfile:2:5 && "
              "printf 'FROM debian:bookworm\\n\\nRUN apt-get install git\\n' > b/Dockerfile && "
              "until_seen b/Dockerfile:3:5 && cp b/Dockerfile b/more.docker && "
              "until_seen b/more.docker:3:5; rc=$?; kill $pid; exit $rc",
              DFIX_BUILD),
        0);
}

static void what_cannot_be_watched_is_told(void **state)
{
    (void)state;
    assert_int_equal(shell("'%s/dfix' --watch nosuch 2> ../seen & pid=$!; "
                           "for i in $(seq 300); do grep -q '^dfix: watching' ../seen && break; "
                           "sleep 0.2; done; kill $pid; grep -q '^nosuch: No such file' ../seen",
                           DFIX_BUILD),
                     0);
}

/* ---- init ---- */

static void a_policy_to_begin_with(void **state)
{
    (void)state;
    put(".hadolint.yaml", "ignored: [DL3009]\n");
    shell("dfix > before");
    assert_int_equal(shell("dfix init"), 0);
    assert_string_equal(out(), "wrote dfix.yaml\n");
    const char *text = get("dfix.yaml");
    assert_non_null(strstr(text, "debian 12 (2)"));
    assert_non_null(strstr(text, "docker.io (2)"));
    assert_non_null(strstr(text, ".hadolint.yaml counts"));
    /* It says what holds already; all of it is good, if it is asked for. */
    assert_int_equal(shell("dfix > after; cmp before after"), 0);
    assert_int_equal(shell("sed 's/^  # \\([a-z]\\)/  \\1/; s/^  #   /    /' dfix.yaml | sed "
                           "'s/^  \\([a-z-]*\\): \\(off\\|safe\\) .*/  \\1:\\n    level: \\2/' "
                           "> all.yaml; dfix --config all.yaml -s apt-get-yes"),
                     1);
    assert_string_equal(err(), "dfix: 2 files, 2 findings: 2 fixable with --fix\n");
    assert_int_equal(shell("dfix init"), 2);
    assert_string_equal(err(), "dfix.yaml: not written: it exists already\n");
}

/* ---- files that a run writes ---- */

#define BASELINE "dfix -s apt-get-yes --baseline known.json --write-baseline"

static void lengthen(void)
{
    struct buf b = {.arena = arena};

    buf_add(&b, S("FROM debian:bookworm\n"));
    for (int i = 0; i < 40; i++)
        buf_fmt(&b, "RUN apt-get install curl%d\n", i);
    put("Dockerfile", str_cstr(arena, buf_str(&b)));
}

/* A run that cannot write all of it leaves what was there, and no draft. */
static void a_file_is_whole_or_as_it_was(void **state)
{
    (void)state;
    lengthen();
    put("known.json", "old\n");
    put("dfix.sarif", "old\n");
    assert_int_equal(shell("trap '' XFSZ; ulimit -f 2; " BASELINE), 2);
    assert_non_null(strstr(err(), "known.json: not written: writing failed: File too large\n"));
    assert_string_equal(get("known.json"), "old\n");
    assert_int_equal(
        shell("trap '' XFSZ; ulimit -f 2; dfix -s apt-get-yes --report sarif=dfix.sarif >&2"), 2);
    assert_string_equal(get("dfix.sarif"), "old\n");
    assert_int_equal(shell("! ls -a | grep -q '^.dfix-'"), 0);
    /* One that can does, and keeps its mode. */
    assert_int_equal(shell("chmod 640 known.json && " BASELINE), 0);
    assert_int_equal(shell("dfix -s apt-get-yes --baseline known.json && "
                           "test \"$(stat -c %%a known.json)\" = 640"),
                     0);
    assert_int_equal(shell("umask 027; dfix -q -s apt-get-yes --report json=new.json --exit-zero; "
                           "stat -c %%a new.json"),
                     0);
    assert_string_equal(out(), "640\n");
}

static void what_cannot_be_replaced_is_written_to(void **state)
{
    (void)state;
    needs("python3");
#define JSON_OF(file) "dfix -q -s apt-get-yes --exit-zero --report json=" file
#define READS         " python3 -c 'import json, sys; assert json.load(sys.stdin)[\"files\"]' <"
    /* A link stays one, a name too many keeps up. */
    assert_int_equal(shell("mkdir to && echo old >to/x && ln -s to/x link && " JSON_OF(
                         "link") " && "
                                 "test -L link &&" READS "to/x"),
                     0);
    assert_int_equal(shell("echo old >one && ln one two && " JSON_OF("one") " &&" READS "two"), 0);
    assert_int_equal(shell("ln -s nowhere dangling && " JSON_OF("dangling") " &&" READS "nowhere"),
                     0);
    /* A pipe, and standard output by another name. */
    assert_int_equal(
        shell("mkfifo p && { cat p >got & } && " JSON_OF("p") " && wait &&" READS "got"), 0);
    assert_int_equal(shell(JSON_OF("/dev/stdout") " >got && test -s got &&" READS "got"), 0);
    assert_int_equal(shell(JSON_OF("b/") " || exit 3"), 3);
    assert_string_equal(err(), "b/: Is a directory\n");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, program_tear_down)
    const struct CMUnitTest tests[] = {
        CASE(statistics_count_by_rule),
        CASE(files_are_listed_and_not_read),
        CASE(only_what_changed_counts),
        CASE(changes_are_the_branchs_own),
        CASE(changes_need_a_repository_and_a_commit),
        CASE(a_repository_inside_is_named),
        CASE(known_findings_do_not_count),
        CASE(baselines_are_checked),
        CASE(a_change_is_seen),
        CASE(what_cannot_be_watched_is_told),
        CASE(a_policy_to_begin_with),
        CASE(a_file_is_whole_or_as_it_was),
        CASE(what_cannot_be_replaced_is_written_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
