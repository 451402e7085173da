/* Waiting has an end: hosts that say nothing, trickle, or never stop. Proxies on the way. */
#include "cmocka_all.h"

#include <signal.h>
#include <sys/stat.h>

#include "loopback.h"
#include "host/fetch.h"
#include "host/helper.h"

enum { TOGETHER = 6, MANY = 30 };

static struct loopback *server, *proxy, *mute;
static struct arena *arena;
static struct {
    pthread_mutex_t lock;
    pthread_cond_t more;
    size_t n;
} met = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};

/* ---- the servers ---- */

static void say_nothing(struct loopback_request *q)
{
    while (!q->server->stop)
        usleep(20 * 1000);
}

/* `n` bytes every 50 ms, to the end of the body. */
static void drip(struct loopback_request *q, size_t n, size_t times)
{
    char head[128], bytes[1024];
    memset(bytes, 'x', sizeof bytes);
    int len =
        snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n * times);
    loopback_raw(q->fd, head, (size_t)len);
    for (size_t i = 0; i < times && !q->server->stop; i++) {
        if (send(q->fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
            return;
        usleep(50 * 1000);
    }
}

/* Again and again until nobody listens. */
static void repeat(struct loopback_request *q, const char *head, const char *what)
{
    loopback_raw(q->fd, head, strlen(head));
    while (!q->server->stop && send(q->fd, what, strlen(what), MSG_NOSIGNAL) > 0)
        continue;
}

/* Nobody gets an answer before all have asked. */
static void meet(struct loopback_request *q)
{
    pthread_mutex_lock(&met.lock);
    met.n++;
    pthread_cond_broadcast(&met.more);
    while (met.n < TOGETHER && !q->server->stop) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++;
        pthread_cond_timedwait(&met.more, &met.lock, &soon);
    }
    pthread_mutex_unlock(&met.lock);
    loopback_text(q, 200, "", "all here");
}

static void answer(struct loopback_request *q)
{
    char location[128];
    if (strcmp(q->path, "/hello") == 0)
        loopback_text(q, 200, "", "hello");
    else if (strcmp(q->path, "/trickle") == 0)
        drip(q, 2, 4000);
    else if (strcmp(q->path, "/steady") == 0)
        drip(q, 200, 40);
    else if (strcmp(q->path, "/meet") == 0)
        meet(q);
    else if (strcmp(q->path, "/endless-404") == 0)
        repeat(q, "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n", "no such thing; ");
    else if (strcmp(q->path, "/endless-headers") == 0)
        repeat(q, "HTTP/1.1 200 OK\r\n", "X-More: and more and more and more\r\n");
    else if (strcmp(q->path, "/endless-continue") == 0)
        repeat(q, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 100 Continue\r\nX-More: more\r\n\r\n");
    else if (strcmp(q->path, "/to-mute") == 0) {
        snprintf(location, sizeof location, "Location: http://127.0.0.1:%u/x\r\n", mute->port);
        loopback_text(q, 302, location, "");
    } else
        say_nothing(q);
}

static void answer_as_proxy(struct loopback_request *q)
{
    loopback_text(q, 200, "", "through the proxy");
}

/* ---- asking ---- */

static const struct fetch_settings quick = {
    .idle_ms = 600, .slow_ms = 1000, .low_speed = 1000, .backoff_ms = 1};

static struct fetch_request get(const struct loopback *from, const char *path)
{
    return (struct fetch_request){.url = str_fmt(arena, "http://127.0.0.1:%u%s", from->port, path),
                                  .plain_http = true,
                                  .arena = arena};
}

static struct fetch_request ask_with(const struct fetch_settings *s, struct fetch_request r)
{
    struct fetcher *f = fetch_open(s);
    fetch_all(f, &r, 1);
    fetch_close(f);
    assert_true(r.finished);
    return r;
}

static void expect_error(const struct fetch_request *r, const char *what)
{
    if (str_find(r->error, str_of(what)) == STR_NONE)
        fail_msg("\"" STR_FMT "\" does not say \"%s\"", STR_ARG(r->error), what);
}

/* ---- hosts ---- */

static void a_mute_host_is_asked_once(void **state)
{
    static struct fetch_request r[MANY];
    struct fetch_request again = get(mute, "/again");
    struct fetcher *f = fetch_open(&quick);

    (void)state;
    size_t before = mute->requests;
    for (int i = 0; i < MANY; i++)
        r[i] = get(mute, "/x");
    assert_false(fetch_all(f, r, MANY));
    expect_error(&r[0], "no data arrived for 0.6 s");
    expect_error(&r[MANY - 1], "not tried again");
    size_t asked = mute->requests;
    assert_in_range(asked - before, 1, 12);
    assert_false(fetch_all(f, &again, 1)); /* nor later in the run */
    expect_error(&again, "has not answered in this run");
    assert_false(again.local);
    struct fetch_request other = get(server, "/hello"); /* another port is another host */
    assert_true(fetch_all(f, &other, 1));
    fetch_close(f);
    assert_int_equal(mute->requests, asked);
    ask_with(&quick, get(mute, "/x"));
    assert_int_equal(mute->requests, asked + 1);
}

static void a_trickle_is_given_up_and_a_slow_line_is_not(void **state)
{
    (void)state;
    struct fetch_request r = ask_with(&quick, get(server, "/trickle"));
    expect_error(&r, "fewer than 1000 bytes a second arrived for 1 s");
    assert_int_equal(r.status, 0);
    const struct fetch_settings patient = {.idle_ms = 5000, .slow_ms = 700, .low_speed = 100};
    r = ask_with(&patient, get(server, "/steady"));
    assert_int_equal(r.error.n, 0);
    assert_int_equal(r.bytes, 8000);
}

static void one_host_is_asked_for_all_at_once(void **state)
{
    struct fetch_request r[TOGETHER];
    struct fetcher *f = fetch_open(NULL);

    (void)state;
    for (int i = 0; i < TOGETHER; i++)
        r[i] = get(server, "/meet");
    assert_true(fetch_all(f, r, TOGETHER));
    fetch_close(f);
}

static void a_refusal_need_not_end(void **state)
{
    (void)state;
    struct fetch_request r = ask_with(&quick, get(server, "/endless-404"));
    assert_int_equal(r.status, 404);
    assert_int_equal(r.error.n, 0);
    assert_true(r.answer.n > 0 && r.answer.n <= 256 << 10);
    static const char *const paths[] = {"/endless-headers", "/endless-continue"};
    for (int i = 0; i < 2; i++) {
        r = ask_with(&quick, get(server, paths[i]));
        assert_int_equal(r.status, 0);
        assert_true(r.error.n > 0);
    }
}

static void no_redirect_leads_to_a_host_that_is_mute(void **state)
{
    struct fetch_request r = get(server, "/to-mute"), again = r;
    struct fetcher *f = fetch_open(&quick);

    (void)state;
    assert_false(fetch_all(f, &r, 1));
    expect_error(&r, "no data arrived");
    size_t asked = mute->requests;
    assert_false(fetch_all(f, &again, 1));
    expect_error(&again, "redirects to a host that has not answered");
    fetch_close(f);
    assert_int_equal(mute->requests, asked);
}

/* ---- the run ---- */

static void the_deadline_ends_all_and_is_nobodys_fault(void **state)
{
    struct fetch_settings s = {.late = S("it is late")};
    struct fetch_request r[2] = {get(mute, "/x"), get(server, "/trickle")};
    struct fetch_request after = get(server, "/hello");

    (void)state;
    s.deadline = clock_ms() + 400;
    struct fetcher *f = fetch_open(&s);
    assert_false(fetch_was_late(f));
    assert_false(fetch_all(f, r, 2));
    for (int i = 0; i < 2; i++) {
        expect_error(&r[i], ": it is late");
        assert_true(r[i].local);
    }
    assert_true(fetch_was_late(f));
    size_t asked = server->requests;
    assert_false(fetch_all(f, &after, 1));
    expect_error(&after, ": it is late");
    assert_int_equal(server->requests, asked);
    fetch_close(f);
}

static void whose_fault_it_is(void **state)
{
    struct fetch_request r = get(server, "/hello");

    (void)state;
    setenv("DFIX_FETCH", "/no/such/program", 1);
    assert_true(ask_with(&quick, r).local);
    setenv("DFIX_FETCH", "/bin/false", 1);
    assert_true(ask_with(&quick, r).local);
    unsetenv("DFIX_FETCH");
    r.file = S("/dev/full");
    assert_true(ask_with(&quick, r).local);
    r.file = S("");
    r.proxy = S("http://127.0.0.1:1");
    r = ask_with(&quick, r);
    assert_true(r.error.n > 0 && r.local);
    r = get(server, "/hello");
    r.url = S("http://127.0.0.1:1/");
    r = ask_with(&quick, r);
    assert_true(r.error.n > 0 && !r.local);
    assert_false(ask_with(&quick, get(server, "/trickle")).local);
}

static struct {
    size_t calls, waiting, ended;
    uint64_t expected;
} seen;

static void watch(void *user, const struct fetch_progress *p)
{
    (void)user;
    seen.calls++;
    seen.ended += p->ended;
    seen.waiting += !p->ended && str_find(p->url, S("/x")) != STR_NONE;
    seen.expected = p->expected > seen.expected ? p->expected : seen.expected;
}

static void waiting_is_shown(void **state)
{
    struct fetch_settings s = {.idle_ms = 3000, .low_speed = 1};
    struct fetch_request r[2] = {get(mute, "/x"), get(server, "/steady")};

    (void)state;
    s.progress = watch;
    struct fetcher *f = fetch_open(&s);
    fetch_all(f, r, 2);
    assert_true(seen.waiting > 0); /* although nothing came */
    assert_int_equal(seen.ended, 1);
    assert_int_equal(seen.expected, 8000);
    fetch_close(f);
    setenv("DFIX_FETCH", "/bin/false", 1); /* after a failure, too */
    ask_with(&s, get(server, "/hello"));
    unsetenv("DFIX_FETCH");
    assert_int_equal(seen.ended, 2);
}

/* ---- proxies ---- */

static struct str through(const char *name, const char *no_proxy, const char *own)
{
    struct fetch_request r = get(server, "/hello");
    char value[64];

    snprintf(value, sizeof value, "http://127.0.0.1:%u", proxy->port);
    if (name)
        setenv(name, value, 1);
    if (no_proxy)
        setenv("NO_PROXY", no_proxy, 1);
    if (own)
        r.proxy = own[0] ? str_of(own) : str_dup(arena, str_of(value));
    r = ask_with(&quick, r);
    if (name)
        unsetenv(name);
    unsetenv("NO_PROXY");
    return r.answer;
}

static void proxies_of_the_environment(void **state)
{
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    struct str by_proxy = S("through the proxy"), direct = S("hello");

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_true(str_eq(through(names[i], NULL, NULL), by_proxy));
        assert_true(str_eq(through(names[i], "example.org,127.0.0.1", NULL), direct));
        assert_true(str_eq(through(names[i], "*", NULL), direct));
        assert_true(str_eq(through(names[i], "example.org", NULL), by_proxy));
        assert_true(str_eq(through(names[i], NULL, "DIRECT"), direct));
    }
    assert_true(str_eq(through("HTTPS_PROXY", NULL, NULL), direct));
    assert_true(str_eq(through(NULL, NULL, ""), by_proxy));
    assert_true(str_eq(through(NULL, "127.0.0.1", ""), direct));
    setenv("REQUEST_METHOD", "GET", 1); /* then HTTP_PROXY may be a stranger's header */
    assert_true(str_eq(through("HTTP_PROXY", NULL, NULL), direct));
    unsetenv("REQUEST_METHOD");
}

/* ---- where the helper is ---- */

static void the_helper_of_a_moved_prefix(void **state)
{
    char folder[] = "/tmp/dfix-waits-test-XXXXXX", line[512];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(line, sizeof line,
             "cd %s && mkdir -p bin libexec/dfix x/dfix-fetch && "
             "cp /bin/true libexec/dfix/dfix-fetch && cp /bin/true bin/dfix",
             folder);
    assert_int_equal(system(line), 0);
    struct str exe = str_fmt(arena, "%s/bin/dfix", folder);
    struct str found = helper_find(arena, exe, "dfix-fetch", "DFIX_FETCH");
    assert_true(str_ends(found, S("/bin/../libexec/dfix/dfix-fetch")));
    snprintf(line, sizeof line, "cp /bin/true %s/bin/dfix-fetch", folder);
    assert_int_equal(system(line), 0);
    found = helper_find(arena, exe, "dfix-fetch", "DFIX_FETCH");
    assert_true(str_ends(found, S("/bin/dfix-fetch")));
    /* A folder of that name is no program. */
    found = helper_find(arena, str_fmt(arena, "%s/x/dfix", folder), "dfix-fetch", "DFIX_FETCH");
    assert_false(str_ends(found, S("/x/dfix-fetch")));
    snprintf(line, sizeof line, "rm -rf %s", folder);
    assert_int_equal(system(line), 0);
}

static int set_up(void **state)
{
    static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                        "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                        "no_proxy",    "NO_PROXY",   "DFIX_FETCH"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    arena = arena_open();
    server = loopback_start(answer, NULL);
    proxy = loopback_start(answer_as_proxy, NULL);
    mute = loopback_start(say_nothing, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loopback_stop(server);
    loopback_stop(proxy);
    loopback_stop(mute);
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mute_host_is_asked_once),
        cmocka_unit_test(a_trickle_is_given_up_and_a_slow_line_is_not),
        cmocka_unit_test(one_host_is_asked_for_all_at_once),
        cmocka_unit_test(a_refusal_need_not_end),
        cmocka_unit_test(no_redirect_leads_to_a_host_that_is_mute),
        cmocka_unit_test(the_deadline_ends_all_and_is_nobodys_fault),
        cmocka_unit_test(whose_fault_it_is),
        cmocka_unit_test(waiting_is_shown),
        cmocka_unit_test(proxies_of_the_environment),
        cmocka_unit_test(the_helper_of_a_moved_prefix),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
