/* lsp_session.h - a server in this process, fed with messages. */
#ifndef DFIX_TEST_LSP_SESSION_H
#define DFIX_TEST_LSP_SESSION_H

#include "faces/lsp/lsp.h"

struct session_end {
    struct lsp *server;
    struct lookup lookup; /* of the caller; none: nothing is known */
    json_t *diagnostics;  /* the last that were published */
    size_t answers;
};

static inline void session_hear(void *user, struct str body)
{
    struct session_end *s = user;
    json_t *j = json_loadb(body.p, body.n, JSON_ALLOW_NUL, NULL);

    if (!j)
        abort();
    if (str_eq(lsp_member(j, "method"), S("textDocument/publishDiagnostics"))) {
        json_decref(s->diagnostics);
        s->diagnostics = json_deep_copy(lsp_at(j, "params.diagnostics"));
    }
    s->answers += json_object_get(j, "result") || json_object_get(j, "error");
    json_decref(j);
}

static inline const struct lookup *session_lookup(void *user, struct workspace *w)
{
    (void)w;
    return &((struct session_end *)user)->lookup;
}

static inline int64_t session_clock(void *user)
{
    (void)user;
    return 0;
}

static inline void session_open_with(struct session_end *s, const char *capabilities)
{
    struct lsp_ends ends = {s, session_hear, session_lookup, session_clock, S("2026-01-01")};
    struct wishes wishes = {.installed = S(""), .config = S(""), .today = S(""), .no_config = true};
    struct arena *a = arena_open();

    s->server = lsp_open(&ends, &wishes);
    lsp_take(s->server,
             str_fmt(a,
                     "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                     "\"capabilities\":%s}}",
                     capabilities));
    lsp_work(s->server);
    s->answers = 0;
    arena_close(a);
}

static inline void session_send(struct session_end *s, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);

    if (!text)
        abort();
    lsp_take(s->server, str_of(text));
    free(text);
    json_decref(message);
}

static inline void session_text(struct session_end *s, const char *uri, struct str text)
{
    session_send(s, json_pack("{s:s,s:s,s:{s:{s:s,s:s,s:i,s:o}}}", "jsonrpc", "2.0", "method",
                              "textDocument/didOpen", "params", "textDocument", "uri", uri,
                              "languageId", "dockerfile", "version", 1, "text",
                              json_stringn(text.p, text.n)));
}

static inline json_t *session_position(uint32_t line, uint32_t character)
{
    return json_pack("{s:I,s:I}", "line", (json_int_t)line, "character", (json_int_t)character);
}

static inline void session_change(struct session_end *s, const char *uri, int version,
                                  json_t *start, json_t *end, struct str text)
{
    session_send(s, json_pack("{s:s,s:s,s:{s:{s:s,s:i},s:[{s:{s:o,s:o},s:o}]}}", "jsonrpc", "2.0",
                              "method", "textDocument/didChange", "params", "textDocument", "uri",
                              uri, "version", version, "contentChanges", "range", "start", start,
                              "end", end, "text", json_stringn(text.p, text.n)));
}

static inline void session_close(struct session_end *s)
{
    lsp_close(s->server);
    json_decref(s->diagnostics);
    s->diagnostics = NULL;
}

#endif
