/* The program over slow and silent networks: what it says, what it leaves, where its helper is. */
#include "program.h"

#include <signal.h>

#include "loopback.h"

static struct loopback *server;
static atomic_int kind; /* of answer */

enum { SILENT, ENDLESS, DENIED, PLAIN };

static void answer(struct loopback_request *q)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 16000000\r\n\r\n";
    static char block[4096];

    if (kind == DENIED) {
        loopback_text(q, 403, "", "no");
        return;
    }
    if (kind == PLAIN) {
        loopback_text(q, 200, "", "this is no InRelease");
        return;
    }
    if (kind == ENDLESS)
        loopback_raw(q->fd, head, sizeof head - 1);
    while (!q->server->stop) {
        if (kind == ENDLESS && send(q->fd, block, sizeof block, MSG_NOSIGNAL) < 0)
            return;
        usleep(20 * 1000);
    }
}

static int set_up(void **state)
{
    program_set_up(state);
    program_options = "--select pin-apt --config ../slow.yaml";
    server = loopback_start(answer, NULL);
    kind = SILENT;
    sandbox_write(&box, "slow.yaml",
                  str_fmt(arena,
                          "index: {timeout: 1s, apt: {debian: {mirror: 'http://127.0.0.1:%u', "
                          "security: 'http://127.0.0.1:%u', keyring: '%skeyring.gpg'}}}\n"
                          "registries: {blocked: [docker.io]}\n",
                          server->port, server->port, SAMPLE));
    put("Dockerfile", "FROM debian:bookworm\nRUN apt-get install -y curl\nUSER 1000\n");
    assert_int_equal(sandbox_run(&box, "mkdir tmp"), 0);
    setenv("TMPDIR", sandbox_path(&box, arena, "tmp"), 1);
    return 0;
}

static int tear_down(void **state)
{
    unsetenv("TMPDIR");
    loopback_stop(server);
    return program_tear_down(state);
}

static bool left_behind(void)
{
    return sandbox_run(&box, "[ -z \"$(ls -A tmp; ls -d cache/registry/layers.* 2>/dev/null)\" ]");
}

#define assert_says(what)                                                                          \
    do {                                                                                           \
        if (!strstr(err(), (what)))                                                                \
            fail_msg("not said: %s\nbut: %s", (what), err());                                      \
    } while (0)

static void a_silent_mirror_ends_with_words(void **state)
{
    (void)state;
    assert_int_equal(shell("dfix --fix"), 2);
    assert_says("no data arrived for 1 s");
    assert_int_equal(left_behind(), 0);
}

static void the_deadline_ends_the_run(void **state)
{
    (void)state;
    kind = ENDLESS;
    assert_int_equal(shell("dfix --deadline 1 --fix"), 2);
    assert_says("the time limit for the network was reached");
    assert_int_equal(left_behind(), 0);
    assert_int_equal(shell("dfix --deadline soon"), 2);
    assert_string_equal(err(), "dfix: --deadline: \"soon\" is not a time: 90s, 10m, 1h or 0\n");
    assert_int_equal(shell("dfix --deadline -5"), 2);
    assert_int_equal(shell("dfix --deadline ''"), 2);
}

static void no_failure_leaves_a_file(void **state)
{
    static const int kinds[] = {DENIED, PLAIN};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        kind = kinds[i];
        assert_int_equal(shell("dfix --fix"), 2);
        assert_int_equal(left_behind(), 0);
    }
}

/* 3 s without a terminal: one line, but not for -q, nor where it would get into a filter's text. */
static void a_long_wait_is_said_once(void **state)
{
    (void)state;
    kind = ENDLESS;
    /* On a busy machine the wait is long enough only with more time. */
    const char *line = NULL;
    for (int seconds = 4; line == NULL && seconds <= 32; seconds *= 2) {
        shell("dfix --deadline %d", seconds);
        line = strstr(err(), "dfix: fetching ");
    }
    assert_non_null(line);
    assert_null(strstr(line + 1, "dfix: fetching "));
    assert_null(strchr(err(), '\033'));
    shell("dfix -q --deadline 4");
    assert_null(strstr(err(), "fetching"));
    shell("dfix --fix --deadline 4 - <Dockerfile 2>&1");
    assert_null(strstr(out(), "fetching"));
}

static void a_terminal_shows_progress_and_forgets_it(void **state)
{
    (void)state;
    if (sandbox_run(&box, "command -v script >/dev/null") != 0) {
        print_message("skipped: no program `script`\n");
        skip();
    }
    kind = ENDLESS;
    shell("TERM=xterm script -qec '%s/dfix %s --deadline 2' /dev/null", DFIX_BUILD,
          program_options);
    const char *last = NULL;
    for (const char *p = out(); (p = strstr(p, "\r\033[K")); p++)
        last = p;
    assert_non_null(strstr(out(), "\r\033[Kdfix: fetching "));
    assert_non_null(strstr(out(), " kB of "));
    assert_non_null(last);
    assert_null(last ? strstr(last, "fetching") : NULL);
}

static void a_signal_leaves_nothing(void **state)
{
    /* A shell's background job ignores INT. */
    static const char *const signals[] = {"TERM", "HUP"};

    (void)state;
    kind = ENDLESS;
    for (size_t i = 0; i < 2; i++) {
        /* Once the download is there, the signal comes. */
        shell("'%s/dfix' %s & p=$!; n=0; until ls ../tmp/*/* >/dev/null 2>&1 || [ $n = 400 ]; do "
              "n=$((n+1)); sleep 0.05; done; "
              "kill -%s $p; wait $p",
              DFIX_BUILD, program_options, signals[i]);
        assert_int_equal(left_behind(), 0);
    }
    shell("'%s/dfix' %s & p=$!; n=0; until ls ../tmp/*/* >/dev/null 2>&1 || [ $n = 400 ]; do "
          "n=$((n+1)); sleep 0.05; done; "
          "kill -KILL $p; wait $p",
          DFIX_BUILD, program_options);
    assert_int_not_equal(left_behind(), 0);
    kind = DENIED;
    shell("dfix");
    assert_int_equal(left_behind(), 0);
}

/* The socket to the helper must not become what the patch is printed to. */
static void closed_streams_stay_closed(void **state)
{
    (void)state;
    program_options = "";
    assert_int_equal(shell("dfix --diff Dockerfile >&-"), 2);
    assert_int_equal(shell("dfix --diff - <&-"), 2);
    assert_int_equal(shell("dfix --diff Dockerfile 2>&-"), 1);
    assert_non_null(strstr(out(), "curl=7.88"));
}

static void it_is_found_from_anywhere(void **state)
{
    (void)state;
    program_options = "";
    assert_int_equal(sandbox_run(&box,
                                 "mkdir -p made/bin made/libexec/dfix links && "
                                 "cp '%s/dfix' made/bin/ && "
                                 "cp '%s/dfix-fetch' '%s/dfix-read' made/libexec/dfix/ && "
                                 "mv made moved && "
                                 "ln -s ../moved/bin/dfix links/dfix",
                                 DFIX_BUILD, DFIX_BUILD, DFIX_BUILD),
                     0);
    assert_int_equal(shell("../links/dfix --diff Dockerfile"), 1);
    assert_non_null(strstr(out(), "curl=7.88"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_silent_mirror_ends_with_words),
        TEST(the_deadline_ends_the_run),
        TEST(no_failure_leaves_a_file),
        TEST(a_long_wait_is_said_once),
        TEST(a_terminal_shows_progress_and_forgets_it),
        TEST(a_signal_leaves_nothing),
        TEST(closed_streams_stay_closed),
        TEST(it_is_found_from_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
