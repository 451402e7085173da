/* The fetcher and its helper program against a loopback server that behaves badly. */
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cmocka_all.h"
#include "loopback.h"
#include "sandbox.h"
#include "host/fetch.h"

static struct loopback *server, *other;
static struct arena *arena;
static char folder[] = "/tmp/dfix-fetch-test-XXXXXX";

/* ---- the server ---- */

static const char long_text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static void answer_range(struct loopback_request *q)
{
    char range[64] = "", headers[128];
    size_t from = 0, n = sizeof long_text - 1;
    if (!loopback_header(q, "Range", range, sizeof range)) {
        loopback_text(q, 200, "", long_text);
        return;
    }
    sscanf(range, "bytes=%zu-", &from);
    if (from >= n) {
        loopback_text(q, 416, "", "");
        return;
    }
    bool lies = strcmp(q->path, "/range-lies") == 0;
    snprintf(headers, sizeof headers, "Content-Range: bytes %zu-%zu/%zu\r\n",
             lies ? from + 1 : from, n - 1, n);
    loopback_text(q, 206, headers, long_text + from);
}

/* The third time it works. */
static void answer_flaky(struct loopback_request *q, int status, const char *headers)
{
    char line[1100];
    snprintf(line, sizeof line, "%s %s", q->method, q->path);
    if (loopback_asked(q->server, line) % 3 == 0)
        loopback_text(q, 200, "", "at last");
    else if (status)
        loopback_text(q, status, headers, "not yet");
    else /* the connection is lost amid the body */
        loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 44);
}

static void answer_endless(struct loopback_request *q)
{
    static char block[65536];
    loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", 38);
    for (int i = 0; i < 64 && !q->server->stop; i++)
        loopback_raw(q->fd, block, sizeof block);
}

static void answer_drip(struct loopback_request *q)
{
    if (strcmp(q->path, "/loris-body") == 0)
        loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", 43);
    else
        loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nX-A: ", 22);
    for (int i = 0; i < 80 && !q->server->stop; i++) {
        if (send(q->fd, "a", 1, MSG_NOSIGNAL) != 1)
            return;
        usleep(100 * 1000);
    }
}

static void answer(struct loopback_request *q)
{
    char headers[256], value[256];
    if (strcmp(q->path, "/hello") == 0) {
        loopback_text(q, 200, "X-Thing: One\r\nETag: \"abc\"\r\n", "hello");
    } else if (strcmp(q->path, "/empty") == 0) {
        loopback_text(q, 200, "", "");
    } else if (strcmp(q->path, "/echo") == 0) {
        snprintf(headers, sizeof headers, "X-Method: %s\r\n", q->method);
        loopback_reply(q, 200, headers, q->body, q->nbody);
    } else if (strcmp(q->path, "/head") == 0) {
        loopback_text(q, 200, "", q->head);
    } else if (strcmp(q->path, "/to-hello") == 0) {
        loopback_text(q, 302, "Location: /hello\r\n", "away");
    } else if (strcmp(q->path, "/loop") == 0) {
        loopback_text(q, 302, "Location: /loop\r\n", "");
    } else if (strcmp(q->path, "/to-file") == 0) {
        loopback_text(q, 302, "Location: file:///etc/passwd\r\n", "");
    } else if (strcmp(q->path, "/to-other") == 0) {
        snprintf(headers, sizeof headers, "Location: http://localhost:%u/head\r\n", other->port);
        loopback_text(q, 302, headers, "");
    } else if (strcmp(q->path, "/cached") == 0) {
        bool same = loopback_header(q, "If-None-Match", value, sizeof value) &&
                    strcmp(value, "\"abc\"") == 0;
        loopback_text(q, same ? 304 : 200, "ETag: \"abc\"\r\n", same ? "" : "fresh");
    } else if (strncmp(q->path, "/range", 6) == 0) {
        answer_range(q);
    } else if (strcmp(q->path, "/norange") == 0) {
        loopback_text(q, 200, "", long_text);
    } else if (strncmp(q->path, "/flaky", 6) == 0) {
        answer_flaky(q, 503, "Retry-After: 0\r\n");
    } else if (strcmp(q->path, "/lost") == 0) {
        answer_flaky(q, 0, "");
    } else if (strcmp(q->path, "/later") == 0) {
        loopback_text(q, 503, "Retry-After: 3600\r\n", "tomorrow");
    } else if (strcmp(q->path, "/broken") == 0) {
        loopback_text(q, 500, "", "broken");
    } else if (strcmp(q->path, "/endless") == 0) {
        answer_endless(q);
    } else if (strncmp(q->path, "/loris", 6) == 0) {
        answer_drip(q);
    } else if (strcmp(q->path, "/short") == 0) {
        loopback_raw(q->fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 44);
    } else {
        loopback_text(q, 404, "", "no such thing");
    }
}

/* ---- helpers ---- */

static struct fetcher *fetcher_new(void)
{
    return fetch_open(
        &(struct fetch_settings){.idle_ms = 1000, .backoff_ms = 1, .connect_ms = 3000});
}

static struct str url(const char *path)
{
    return str_fmt(arena, "http://127.0.0.1:%u%s", server->port, path);
}

static struct fetch_request get(const char *path)
{
    return (struct fetch_request){.url = url(path), .plain_http = true, .arena = arena};
}

static struct str in_folder(const char *name)
{
    return str_fmt(arena, "%s/%s", folder, name);
}

static void write_text(const char *name, const char *text)
{
    FILE *f = fopen(in_folder(name).p, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static struct fetch_request run(struct fetch_request r)
{
    struct fetcher *f = fetcher_new();
    fetch_all(f, &r, 1);
    fetch_close(f);
    assert_true(r.finished);
    return r;
}

static struct str content(struct str path)
{
    static char bytes[1 << 16];
    FILE *f = fopen(path.p, "rb");
    if (!f)
        return S("(no file)");
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    return (struct str){bytes, n};
}

static void put(struct str path, const char *text)
{
    FILE *f = fopen(path.p, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

#define assert_str(got, want) assert_string_equal(str_cstr(arena, got), want)
#define assert_says(got, part)                                                                     \
    do {                                                                                           \
        struct str says_ = (got);                                                                  \
        if (str_find(says_, str_of(part)) == STR_NONE)                                             \
            fail_msg("\"%.*s\" does not say \"%s\"", STR_ARG(says_), part);                        \
    } while (0)

/* ---- what works ---- */

static void test_memory(void **state)
{
    (void)state;
    struct fetch_request r = run(get("/hello"));
    assert_true(fetch_ok(&r));
    assert_int_equal(r.status, 200);
    assert_str(r.answer, "hello");
    assert_int_equal(r.bytes, 5);
    assert_str(fetch_header(&r, S("x-thing")), "One");
    assert_str(fetch_header(&r, S("x-other")), "");
    assert_true(str_eq(r.final_url, url("/hello")));
}

static void test_file(void **state)
{
    (void)state;
    struct fetch_request r = get("/hello");
    r.file = in_folder("hello");
    put(r.file, "a longer text that was there before");
    r = run(r);
    assert_true(fetch_ok(&r));
    assert_int_equal(r.answer.n, 0);
    assert_str(content(r.file), "hello");
    r = get("/empty");
    r.file = in_folder("empty");
    r = run(r);
    assert_true(fetch_ok(&r));
    assert_str(content(r.file), "");
    r = (struct fetch_request){.local_file = true, .arena = arena};
    r.url = str_fmt(arena, "file://%s/hello", folder);
    r = run(r);
    assert_int_equal(r.status, 200);
    assert_str(r.answer, "hello");
    r.url = str_fmt(arena, "file://%s/none", folder);
    r = run(r);
    assert_false(fetch_ok(&r));
    assert_true(r.error.n > 0);
}

static void test_post(void **state)
{
    (void)state;
    struct str header[] = {S("Content-Type: text/x"), S("X-Mine: yes")};
    struct fetch_request r = get("/echo");
    r.method = S("POST");
    r.body = (struct str){"a\0b", 3};
    r.header = header;
    r.nheader = 2;
    r = run(r);
    assert_int_equal(r.answer.n, 3);
    assert_memory_equal(r.answer.p, "a\0b", 3);
    assert_str(fetch_header(&r, S("x-method")), "POST");
    r.method = S("PATCH");
    r = run(r);
    assert_str(fetch_header(&r, S("x-method")), "PATCH");
    r = get("/head");
    r.header = header;
    r.nheader = 2;
    r = run(r);
    assert_says(r.answer, "X-Mine: yes");
    assert_says(r.answer, "User-Agent: dfix/");
    r = get("/hello");
    r.method = S("HEAD");
    r = run(r);
    assert_true(fetch_ok(&r));
    assert_int_equal(r.answer.n, 0);
}

static void test_refusal_keeps_file(void **state)
{
    (void)state;
    struct fetch_request r = get("/nothing");
    r.file = in_folder("kept");
    put(r.file, "kept");
    r = run(r);
    assert_false(fetch_ok(&r));
    assert_int_equal(r.status, 404);
    assert_str(r.answer, "no such thing");
    assert_str(content(r.file), "kept");
}

static void test_revalidation(void **state)
{
    (void)state;
    struct fetch_request r = get("/cached");
    r.etag = S("\"abc\"");
    r.file = in_folder("cached");
    put(r.file, "old");
    r = run(r);
    assert_int_equal(r.status, 304);
    assert_int_equal(r.error.n, 0);
    assert_str(content(r.file), "old");
    r.etag = S("\"xyz\"");
    r = run(r);
    assert_str(content(r.file), "fresh");
}

static void test_resume(void **state)
{
    (void)state;
    const char *paths[] = {"/range", "/norange", "/range-lies"};
    for (size_t i = 0; i < 3; i++) {
        struct fetch_request r = get(paths[i]);
        r.file = in_folder("resumed");
        r.resume = true;
        put(r.file, "0123456789");
        r = run(r);
        assert_true(fetch_ok(&r));
        assert_str(content(r.file), long_text);
        assert_int_equal(r.bytes, sizeof long_text - 1);
    }
    struct fetch_request r = get("/range"); /* more at hand than there is: begin anew */
    r.file = in_folder("resumed");
    r.resume = true;
    put(r.file, "0123456789abcdefghijklmnopqrstuvwxyz0123456789");
    r = run(r);
    assert_true(fetch_ok(&r));
    assert_str(content(r.file), long_text);
}

static struct fetch_request follow_up;

static void more(struct fetcher *f, struct fetch_request *r)
{
    follow_up = get("/echo");
    follow_up.method = S("POST");
    follow_up.body = r->answer;
    fetch_add(f, &follow_up);
}

static void test_follow_up(void **state)
{
    (void)state;
    struct fetch_request r = get("/hello");
    r.done = more;
    run(r);
    assert_true(follow_up.finished);
    assert_str(follow_up.answer, "hello");
}

static size_t shown;

static void show(void *user, const struct fetch_progress *p)
{
    (void)user;
    shown = p->finished;
}

static void test_many(void **state)
{
    (void)state;
    enum { MANY = 60 };
    static struct fetch_request r[MANY];
    struct fetcher *f = fetch_open(&(struct fetch_settings){.progress = show});
    for (int round = 0; round < 2; round++) { /* the helper serves again */
        for (int i = 0; i < MANY; i++) {
            r[i] = get("/echo");
            r[i].method = S("POST");
            r[i].body = str_fmt(arena, "body %d", i);
        }
        assert_true(fetch_all(f, r, MANY));
        for (int i = 0; i < MANY; i++)
            assert_true(str_eq(r[i].answer, r[i].body));
    }
    assert_true(shown > 0);
    fetch_close(f);
}

/* ---- redirects ---- */

static void test_redirects(void **state)
{
    (void)state;
    struct fetch_request r = run(get("/to-hello"));
    assert_str(r.answer, "hello");
    assert_true(str_eq(r.final_url, url("/hello")));
    r = get("/to-hello");
    r.redirects = FETCH_NO_REDIRECTS;
    r = run(r);
    assert_int_equal(r.status, 302);
    assert_str(fetch_header(&r, S("location")), "/hello");
    r = run(get("/loop"));
    assert_says(r.error, "redirects");
    assert_says(r.error, "127.0.0.1");
    r = run(get("/to-file"));
    assert_false(fetch_ok(&r));
    assert_says(r.error, "protocol");
    assert_int_equal(r.answer.n, 0);
}

static void test_credentials_stay(void **state)
{
    (void)state;
    struct str header[] = {S("Authorization: Bearer secret")};
    struct fetch_request r = get("/head");
    r.header = header;
    r.nheader = 1;
    r = run(r);
    assert_says(r.answer, "secret");
    r = get("/to-other");
    r.header = header;
    r.nheader = 1;
    r = run(r);
    assert_true(fetch_ok(&r));
    assert_true(str_find(r.answer, S("secret")) == STR_NONE);
}

/* ---- tries ---- */

static void test_retries(void **state)
{
    (void)state;
    struct fetch_request r = run(get("/flaky-1"));
    assert_str(r.answer, "at last");
    assert_int_equal(loopback_asked(server, "GET /flaky-1"), 3);
    r = run(get("/lost"));
    assert_str(r.answer, "at last");
    r = get("/lost");
    r.file = in_folder("lost");
    r = run(r);
    assert_str(content(r.file), "at last");
    r = run(get("/broken"));
    assert_int_equal(r.status, 500);
    assert_str(r.answer, "broken");
    assert_int_equal(loopback_asked(server, "GET /broken"), 4);
    r = get("/broken");
    r.method = S("POST"); /* may have been done: not again */
    run(r);
    assert_int_equal(loopback_asked(server, "POST /broken"), 1);
    r = run(get("/later"));
    assert_int_equal(r.status, 503);
    assert_int_equal(loopback_asked(server, "GET /later"), 1);
}

/* ---- what must end with words ---- */

static void test_too_large(void **state)
{
    (void)state;
    struct fetch_request r = get("/hello");
    r.max_bytes = 4;
    r = run(r);
    assert_says(r.error, "larger than the 4 bytes");
    r = get("/endless");
    r.max_bytes = 100000;
    r.file = in_folder("endless");
    r = run(r);
    assert_says(r.error, "larger than the 100000 bytes");
    struct stat st;
    assert_true(stat(r.file.p, &st) < 0 || st.st_size <= 100000);
}

static void test_slow(void **state)
{
    (void)state;
    struct fetch_request r[] = {get("/loris-body"), get("/loris-head")};
    struct fetcher *f = fetch_open(&(struct fetch_settings){.idle_ms = 1000, .no_retries = true});
    assert_false(fetch_all(f, r, 2));
    fetch_close(f);
    for (int i = 0; i < 2; i++)
        assert_says(r[i].error, "cannot fetch");
}

static void test_short(void **state)
{
    (void)state;
    struct fetch_request r = run(get("/short"));
    assert_false(fetch_ok(&r));
    assert_true(r.error.n > 0);
    assert_int_equal(loopback_asked(server, "GET /short"), 4);
}

static void test_refused(void **state)
{
    (void)state;
    struct fetch_request r = get("/hello");
    r.url = S("http://user:password@127.0.0.1:1/x?token=abc");
    r = run(r);
    assert_int_equal(r.status, 0);
    assert_says(r.error, "cannot fetch http://127.0.0.1:1/x: ");
    assert_true(str_find(r.error, S("password")) == STR_NONE);
    assert_true(str_find(r.error, S("token")) == STR_NONE);
}

static void test_unwritable(void **state)
{
    (void)state;
    struct fetch_request r = get("/hello");
    r.file = in_folder("no/such/folder");
    r = run(r);
    assert_says(r.error, "cannot write");
    r = get("/hello");
    r.file = S("/dev/full");
    r = run(r);
    assert_says(r.error, "No space left");
}

static void test_unsound(void **state)
{
    (void)state;
    size_t before = server->requests;
    struct str bad_header[] = {S("X: a\r\nEvil: b")};
    struct fetch_request r = get("/hello");
    r.plain_http = false;
    assert_says(run(r).error, "plain http is not allowed");
    r = get("/hello");
    r.header = bad_header;
    r.nheader = 1;
    assert_says(run(r).error, "line break");
    r = get("/hel lo");
    assert_says(run(r).error, "blanks");
    r = get("/hello");
    r.url = S("file:///etc/passwd");
    assert_says(run(r).error, "not a URL");
    r.url = S("gopher://127.0.0.1/");
    assert_says(run(r).error, "not a URL");
    assert_int_equal(server->requests, before);
}

static void with_helper(const char *program, const char *says)
{
    setenv("DFIX_FETCH", program, 1);
    struct fetch_request r = run(get("/hello"));
    unsetenv("DFIX_FETCH");
    assert_false(fetch_ok(&r));
    assert_says(r.error, "cannot fetch");
    assert_says(r.error, says);
}

static void script(struct str path, const char *text)
{
    put(path, text);
    assert_int_equal(chmod(path.p, 0755), 0);
}

static void test_helper_fails(void **state)
{
    (void)state;
    with_helper("/no/such/program", "cannot run /no/such/program");
    with_helper("/bin/false", "exited early with code 1");
    struct str path = in_folder("helper");
    script(path, "#!/bin/sh\nkill -9 $$\n");
    with_helper(path.p, "was killed by signal 9");
    script(path, "#!/bin/sh\nhead -c 100 >&0 </dev/zero\nsleep 10\n");
    with_helper(path.p, "broken answer");
    script(
        path,
        "#!/bin/sh\nhead -c 20 >/dev/null\nprintf '\\377\\377\\377\\377aaaaaaaa' >&0\nsleep 10\n");
    with_helper(path.p, "broken answer");
}

/* ---- TLS ---- */

static bool command(const char *line)
{
    int status = system(line);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_tls(void **state)
{
    (void)state;
    needs("openssl");
    char line[1024], port[16];
    snprintf(line, sizeof line,
             "cd %s && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem "
             "-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 >/dev/null 2>&1",
             folder);
    assert_true(command(line));
    snprintf(port, sizeof port, "%u", other->port);
    /* A free port: one that was just free. */
    struct loopback *borrowed = loopback_start(answer, NULL);
    unsigned number = borrowed->port;
    loopback_stop(borrowed);
    snprintf(line, sizeof line,
             "cd %s && exec openssl s_server -accept 127.0.0.1:%u -key key.pem "
             "-cert cert.pem -HTTP -quiet >/dev/null 2>&1",
             folder, number);
    write_text("up", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nup");
    write_text("down", str_fmt(arena,
                               "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                               "Location: http://127.0.0.1:%u/hello\r\n\r\n",
                               server->port)
                           .p);
    char *argv[] = {"sh", "-c", line, NULL};
    pid_t pid;
    assert_int_equal(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ), 0);
    struct fetch_request r = {.url = str_fmt(arena, "https://127.0.0.1:%u/up", number),
                              .arena = arena};
    r.ca_file = in_folder("cert.pem");
    bool good = false;
    for (int i = 0; i < 100 && !good; i++) { /* each a run of its own: it refuses at first */
        struct fetcher *f = fetcher_new();
        good = fetch_all(f, &r, 1);
        fetch_close(f);
        if (!good)
            usleep(50 * 1000);
    }
    struct fetch_request strict = {.url = r.url, .arena = arena};
    strict = run(strict);
    struct fetch_request lax = {.url = r.url, .arena = arena, .insecure = true};
    lax = run(lax);
    struct fetch_request down = {.url = str_fmt(arena, "https://127.0.0.1:%u/down", number),
                                 .plain_http = true,
                                 .insecure = true,
                                 .arena = arena};
    down = run(down);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(good);
    assert_false(fetch_ok(&strict));
    assert_says(strict.error, "certificate");
    assert_true(fetch_ok(&lax));
    /* Plain http would be allowed, but not on from https. */
    assert_false(fetch_ok(&down));
    assert_says(down.error, "protocol that is not allowed");
}

static int set_up(void **state)
{
    (void)state;
    const char *names[] = {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "HTTPS_PROXY"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
    arena = arena_open();
    server = loopback_start(answer, NULL);
    other = loopback_start(answer, NULL);
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char line[128];
    loopback_stop(server);
    loopback_stop(other);
    arena_close(arena);
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return command(line) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),       cmocka_unit_test(test_file),
        cmocka_unit_test(test_post),         cmocka_unit_test(test_refusal_keeps_file),
        cmocka_unit_test(test_revalidation), cmocka_unit_test(test_resume),
        cmocka_unit_test(test_follow_up),    cmocka_unit_test(test_many),
        cmocka_unit_test(test_redirects),    cmocka_unit_test(test_credentials_stay),
        cmocka_unit_test(test_retries),      cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_slow),         cmocka_unit_test(test_short),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_unwritable),
        cmocka_unit_test(test_unsound),      cmocka_unit_test(test_helper_fails),
        cmocka_unit_test(test_tls),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
