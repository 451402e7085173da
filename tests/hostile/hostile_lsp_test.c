/* A client that means harm: frames that lie about their length, JSON that never ends, places that
 * are none, floods. Each request is answered once, and the server goes on. */
#include <stdlib.h>

#include "cmocka_all.h"
#include "faces/lsp/frames.h"
#include "lsp_session.h"

static const char uri[] = "file:///nowhere/Dockerfile";

static json_t *request(int id, const char *method, json_t *more)
{
    json_t *params = json_pack("{s:{s:s}}", "textDocument", "uri", uri);

    json_object_update(params, more);
    json_decref(more);
    return json_pack("{s:s,s:i,s:s,s:o}", "jsonrpc", "2.0", "id", id, "method", method, "params",
                     params);
}

static void opened(struct session_end *s)
{
    session_open_with(s, "{}");
    session_text(s, uri, S("FROM debian:12\nRUN apt-get install x\n"));
    lsp_work(s->server);
}

static void is_alive(struct session_end *s)
{
    size_t before = s->answers;

    session_send(s, request(4711, "textDocument/documentSymbol", json_object()));
    lsp_work(s->server);
    assert_int_equal(s->answers, before + 1);
}

static void stream(struct session_end *s, struct str bytes)
{
    struct frames frames = {0};
    struct str body;
    enum frame f;

    memcpy(frames_room(&frames, bytes.n), bytes.p, bytes.n);
    frames_came(&frames, bytes.n);
    while ((f = frames_next(&frames, &body)) != FRAME_NONE)
        if (f == FRAME_WHOLE)
            lsp_take(s->server, body);
        else
            lsp_take_broken(s->server);
    lsp_work(s->server);
    frames_close(&frames);
}

static void lengths_that_lie(void **state)
{
    (void)state;
    static const char *const lies[] = {
        "Content-Length: -5\r\n\r\n{}",
        "Content-Length: 99999999999999999999999\r\n\r\n{}",
        "Content-Length: 0x10\r\n\r\n{}",
        "Content-Length:\r\n\r\n{}",
        "Content-Length\r\n\r\n{}",
        "Content-Length: 1 2\r\n\r\n{}",
        "\r\n\r\n\r\n",
        "Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        "X: y\r\n\r\n",
    };
    static const char sane[] =
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"textDocument/"
        "documentSymbol\",\"params\":{\"textDocument\":{\"uri\":\"file:///nowhere/Dockerfile\"}}}";
    struct arena *a = arena_open();

    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        struct session_end s = {.answers = 0};
        opened(&s);
        stream(&s, str_fmt(a, "%sContent-Length: %zu\r\n\r\n%s", lies[i], strlen(sane), sane));
        assert_true(s.answers >= 1);
        is_alive(&s);
        session_close(&s);
    }
    arena_close(a);
}

/* A body of a thousand terabytes is not waited for in memory. */
static void a_length_beyond_all(void **state)
{
    (void)state;
    struct frames frames = {0};
    static const char head[] = "Content-Length: 999999999999999\r\n\r\n";
    struct str body;

    memcpy(frames_room(&frames, sizeof(head)), head, sizeof(head) - 1);
    frames_came(&frames, sizeof(head) - 1);
    assert_int_equal(frames_next(&frames, &body), FRAME_BROKEN);
    for (int i = 0; i < 1000; i++) {
        memset(frames_room(&frames, 1 << 16), '{', 1 << 16);
        frames_came(&frames, 1 << 16);
        assert_int_equal(frames_next(&frames, &body), FRAME_NONE);
    }
    assert_true(frames.cap < 1 << 20);
    frames_close(&frames);
}

static struct str nested(struct arena *a, const char *before, const char *open, const char *inner,
                         const char *end, size_t n, const char *after)
{
    struct buf b = {.arena = a};

    buf_add(&b, str_of(before));
    for (size_t i = 0; i < n; i++)
        buf_add(&b, str_of(open));
    buf_add(&b, str_of(inner));
    for (size_t i = 0; i < n; i++)
        buf_add(&b, str_of(end));
    buf_add(&b, str_of(after));
    return buf_str(&b);
}

static void depth(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct session_end s = {.answers = 0};
    const char *head =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"textDocument/hover\",\"params\":";

    opened(&s);
    lsp_take(s.server, nested(a, "", "[", "", "", 1000000, ""));
    lsp_take(s.server, nested(a, "", "{\"a\":", "1", "}", 300000, ""));
    lsp_take(s.server, nested(a, head, "[", "", "]", 2000, "}"));
    lsp_take(s.server, nested(a, head, "{\"textDocument\":", "{}", "}", 2000, "}"));
    lsp_take(s.server,
             nested(a, "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":", "[", "", "]", 2000, "}"));
    lsp_work(s.server);
    assert_int_equal(s.answers, 5);
    is_alive(&s);
    session_close(&s);
    arena_close(a);
}

static json_t *odd(size_t i)
{
    switch (i % 8) {
    case 0:
        return json_integer(-1);
    case 1:
        return json_integer((json_int_t)1 << 62);
    case 2:
        return json_integer(-((json_int_t)1 << 62));
    case 3:
        return json_real(1e300);
    case 4:
        return json_null();
    case 5:
        return json_string("0");
    case 6:
        return json_integer((json_int_t)1 << 32);
    default:
        return json_integer(1);
    }
}

static json_t *place(size_t i)
{
    return json_pack("{s:o,s:o}", "line", odd(i), "character", odd(i / 8));
}

static void places_that_are_none(void **state)
{
    (void)state;
    static const char *const methods[] = {
        "textDocument/hover",
        "textDocument/codeAction",
        "textDocument/completion",
        "textDocument/definition",
        "textDocument/rename",
        "textDocument/prepareRename",
        "textDocument/rangeFormatting",
        "textDocument/inlayHint",
        "textDocument/selectionRange",
        "textDocument/references",
        "textDocument/signatureHelp",
        "textDocument/onTypeFormatting",
        "textDocument/foldingRange",
        "textDocument/documentHighlight",
        "textDocument/semanticTokens/range",
    };
    struct session_end s = {.answers = 0};
    size_t asked = 0;

    opened(&s);
    for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++)
        for (size_t i = 0; i < 64; i++, asked++)
            session_send(&s,
                         request((int)asked, methods[m],
                                 json_pack("{s:o,s:{s:o,s:o},s:[o],s:{s:[]},s:{},s:s,s:s}",
                                           "position", place(i), "range", "start", place(i), "end",
                                           place(63 - i), "positions", place(i), "context",
                                           "diagnostics", "options", "newName", "x", "ch", "\n")));
    lsp_work(s.server);
    assert_int_equal(s.answers, asked);
    is_alive(&s);
    session_close(&s);
}

static void names_that_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {
        "",
        "file:",
        "file://",
        "file:///",
        "file:///dev/zero",
        "file:///proc/self/mem",
        "file:///%00/Dockerfile",
        "file:///%2e%2e/%ff/Dockerfile",
        "http://127.0.0.1:1/Dockerfile",
        "untitled:1",
    };
    struct session_end s = {.answers = 0};

    opened(&s);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        session_text(&s, names[i], S("FROM debian:12\nCOPY . /\nCMD [\"/start.sh\"]\n"));
    lsp_work(s.server);
    is_alive(&s);
    session_close(&s);
}

/* Nothing waits for ever: cost grows with messages, not with their square. */
static void a_flood_is_worked_on_as_it_comes(void **state)
{
    (void)state;
    enum { N = 5000 };
    struct session_end s = {.answers = 0};

    opened(&s);
    for (int i = 0; i < N; i++) {
        session_send(&s, request(i, "textDocument/hover",
                                 json_pack("{s:o}", "position", session_position(0, 2))));
        session_send(&s, json_pack("{s:s,s:s,s:{s:i}}", "jsonrpc", "2.0", "method",
                                   "$/cancelRequest", "params", "id", i));
    }
    assert_true(s.answers > N - 1000);
    lsp_work(s.server);
    assert_int_equal(s.answers, N);
    is_alive(&s);
    session_close(&s);
}

static void one_message_of_many_changes(void **state)
{
    (void)state;
    struct session_end s = {.answers = 0};
    json_t *change = json_pack("{s:{s:o,s:o},s:s}", "range", "start", session_position(0, 0), "end",
                               session_position(0, 0), "text", "# twelve by\n");
    json_t *changes = json_array();

    opened(&s);
    for (int i = 0; i < 100000; i++)
        json_array_append(changes, change);
    session_send(&s, json_pack("{s:s,s:s,s:{s:{s:s,s:i},s:o}}", "jsonrpc", "2.0", "method",
                               "textDocument/didChange", "params", "textDocument", "uri", uri,
                               "version", 2, "contentChanges", changes));
    session_text(&s, uri, S("FROM debian:12\n"));
    lsp_work(s.server);
    is_alive(&s);
    json_decref(change);
    session_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(a_length_beyond_all),
        cmocka_unit_test(depth),
        cmocka_unit_test(places_that_are_none),
        cmocka_unit_test(names_that_are_none),
        cmocka_unit_test(a_flood_is_worked_on_as_it_comes),
        cmocka_unit_test(one_message_of_many_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
