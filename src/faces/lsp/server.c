/* Messages: queued as they come, worked on in order, each request answered once. */
#include "faces/lsp/lsp.h"

#include <stdio.h>
#include <stdlib.h>

enum what { TELL, ASK, ASK_TEXT };
static const struct method {
    const char *name;
    lsp_method *run;
    enum what what;
} methods[] = {
#define METHOD(name, function, what) {name, function, what},
#include "faces/lsp/methods.def"
#undef METHOD
};

/* So many are queued, since each looks at those behind it; what waits longer is worked on first. */
enum { WAITING_MAX = 256 };

struct message {
    struct message *next;
    json_t *json;
    bool cancelled;
};

/* ---- sending ---- */

static void send(struct lsp *s, json_t *message)
{
    json_object_set_new(message, "jsonrpc", json_string("2.0"));
    char *text = json_dumps(message, JSON_COMPACT);

    if (text)
        s->ends.send(s->ends.user, str_of(text));
    free(text);
    json_decref(message);
}

void lsp_notify(struct lsp *s, const char *method, json_t *params)
{
    json_t *m = json_object();

    json_object_set_new(m, "method", json_string(method));
    json_object_set_new(m, "params", params);
    send(s, m);
}

unsigned lsp_ask(struct lsp *s, const char *method, json_t *params)
{
    json_t *m = json_object();

    json_object_set_new(m, "id", json_integer(++s->next_id));
    json_object_set_new(m, "method", json_string(method));
    json_object_set_new(m, "params", params);
    send(s, m);
    return s->next_id;
}

void lsp_answer(struct lsp *s, const json_t *id, json_t *result)
{
    json_t *m = json_object();

    json_object_set_new(m, "id", json_deep_copy(id));
    json_object_set_new(m, "result", result);
    send(s, m);
}

static void answer_text(struct lsp *s, const json_t *id, struct str result)
{
    struct arena *a = arena_open();
    struct buf b = {.arena = a};
    char *text = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);

    buf_fmt(&b, "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":", text);
    buf_add(&b, result);
    buf_char(&b, '}');
    s->ends.send(s->ends.user, buf_str(&b));
    free(text);
    arena_close(a);
}

static void answer_error(struct lsp *s, const json_t *id, int code, const char *why)
{
    json_t *m = json_object();

    json_object_set_new(m, "id", id ? json_deep_copy(id) : json_null());
    json_object_set_new(m, "error", json_pack("{s:i,s:s}", "code", code, "message", why));
    send(s, m);
}

json_t *lsp_fail(struct request *r, int code, const char *why)
{
    r->code = code;
    r->why = why;
    return NULL;
}

void lsp_log(struct lsp *s, int type, const char *fmt, ...)
{
    struct arena *a = arena_open();
    va_list ap;

    va_start(ap, fmt);
    json_t *text = document_str(str_vfmt(a, fmt, ap));
    va_end(ap);
    lsp_notify(s, "window/logMessage", json_pack("{s:i,s:o}", "type", type, "message", text));
    arena_close(a);
}

/* ---- taking ---- */

static struct str method_of(const struct message *m)
{
    return lsp_member(m->json, "method");
}

static void cancel(struct lsp *s, const json_t *id)
{
    for (struct message *m = s->first; m; m = m->next)
        if (id && json_equal(json_object_get(m->json, "id"), id))
            m->cancelled = true;
}

static bool is_sound(const json_t *j)
{
    const json_t *id = json_object_get(j, "id"), *params = json_object_get(j, "params");

    return json_is_object(j) && (!id || json_is_string(id) || json_is_integer(id)) &&
           (json_is_string(json_object_get(j, "method")) ||
            (id && (json_object_get(j, "result") || json_object_get(j, "error")))) &&
           (!params || json_is_object(params) || json_is_array(params) || json_is_null(params));
}

void lsp_take_broken(struct lsp *s)
{
    answer_error(s, NULL, LSP_PARSE_ERROR, "the message has no header with its length");
}

void lsp_take(struct lsp *s, struct str body)
{
    json_t *j = lsp_parse(body);

    if (!j) {
        answer_error(s, NULL, LSP_PARSE_ERROR, "the message is not JSON");
        return;
    }
    if (!is_sound(j)) {
        const json_t *id = json_object_get(j, "id");
        answer_error(s, json_is_string(id) || json_is_integer(id) ? id : NULL, LSP_INVALID_REQUEST,
                     "the message is neither a request nor a notification");
        json_decref(j);
        return;
    }
    struct message *m = calloc(1, sizeof(*m));
    if (!m)
        abort();
    m->json = j;
    if (str_eq(method_of(m), S("$/cancelRequest")))
        cancel(s, lsp_at(j, "params.id"));
    if (s->last)
        s->last->next = m;
    else
        s->first = m;
    s->last = m;
    if (++s->waiting >= WAITING_MAX)
        lsp_work(s);
}

/* ---- working ---- */

static struct str document_named(const json_t *message)
{
    return lsp_str(lsp_at(message, "params.textDocument.uri"));
}

/* Has the text been changed since the request was made? */
static bool is_outdated(const struct lsp *s, struct str uri)
{
    for (const struct message *m = s->first; m; m = m->next)
        if (str_eq(method_of(m), S("textDocument/didChange")) &&
            str_eq(document_named(m->json), uri))
            return true;
    return false;
}

static const struct method *find_method(struct str name)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_eq(name, str_of(methods[i].name)))
            return &methods[i];
    return NULL;
}

/* Why a request cannot be worked on; 0: it can. */
static int refused(struct lsp *s, const struct message *m, const struct method *method,
                   const char **why)
{
    bool first = method && method->run == life_initialize;
    struct str uri = document_named(m->json);

    *why = "";
    if (m->cancelled)
        return *why = "the request was cancelled", LSP_CANCELLED;
    if (s->state == LSP_NEW && !first)
        return *why = "the server is not initialized", LSP_NOT_INITIALIZED;
    if (s->state >= LSP_SHUT || (s->state == LSP_READY && first))
        return *why = first ? "the server is initialized already" : "the server was shut down",
               LSP_INVALID_REQUEST;
    if (!method || method->what == TELL)
        return *why = "no such request", LSP_METHOD_NOT_FOUND;
    if (method->what == ASK_TEXT && !document_find(s, uri))
        return *why = "the document is not open", LSP_INVALID_PARAMS;
    if (method->what == ASK_TEXT && is_outdated(s, uri))
        return *why = "the text was changed meanwhile", LSP_CONTENT_MODIFIED;
    return 0;
}

static void work_on_request(struct lsp *s, const struct message *m, const struct method *method)
{
    const char *why;
    json_t *id = json_object_get(m->json, "id");
    int code = refused(s, m, method, &why);

    if (code) {
        answer_error(s, id, code, why);
        return;
    }
    struct request r = {
        .s = s, .params = json_object_get(m->json, "params"), .arena = arena_open(), .id = id};
    if (method->what == ASK_TEXT)
        r.d = document_find(s, document_named(m->json));
    json_t *result = method->run(&r);
    if (r.code)
        answer_error(s, id, r.code, r.why);
    else if (r.text.n)
        answer_text(s, id, r.text);
    else if (!r.later)
        lsp_answer(s, id, result ? result : json_null());
    arena_close(r.arena);
}

static void work_on_notification(struct lsp *s, const struct message *m,
                                 const struct method *method)
{
    bool ends = method && method->run == life_exit;

    if (!method || method->what != TELL || (s->state != LSP_READY && !ends))
        return;
    struct request r = {
        .s = s, .params = json_object_get(m->json, "params"), .arena = arena_open()};
    json_decref(method->run(&r));
    arena_close(r.arena);
}

/* The settings are all that is asked for. */
static void work_on_answer(struct lsp *s, const json_t *j)
{
    json_int_t id = json_integer_value(json_object_get(j, "id"));
    const json_t *result = json_object_get(j, "result");

    if (!s->configuration_id || id != s->configuration_id)
        return;
    s->configuration_id = 0;
    lsp_take_settings(s, json_array_get(result, 0));
}

static void work_on(struct lsp *s, const struct message *m)
{
    struct str name = method_of(m);
    const struct method *method = find_method(name);

    if (!json_is_string(json_object_get(m->json, "method")))
        work_on_answer(s, m->json);
    else if (json_object_get(m->json, "id"))
        work_on_request(s, m, method);
    else
        work_on_notification(s, m, method);
}

void lsp_work(struct lsp *s)
{
    while (s->first) {
        struct message *m = s->first;
        s->first = m->next;
        if (!s->first)
            s->last = NULL;
        s->waiting--;
        if (s->state != LSP_ENDED)
            work_on(s, m);
        json_decref(m->json);
        free(m);
    }
    if (s->state == LSP_READY)
        lsp_publish(s);
}

/* ---- open, close ---- */

struct lsp *lsp_open(const struct lsp_ends *ends, const struct wishes *over)
{
    struct arena *a = arena_open();
    struct lsp *s = arena_new(a, struct lsp, 1);

    *s = (struct lsp){.arena = a, .ends = *ends, .over = *over, .state = LSP_NEW};
    return s;
}

void lsp_forget(struct lsp *s)
{
    for (struct document *d = s->document; d; d = d->next)
        document_forget(d);
}

void lsp_close(struct lsp *s)
{
    while (s->first) {
        struct message *m = s->first;
        s->first = m->next;
        json_decref(m->json);
        free(m);
    }
    while (s->document)
        document_close(s, s->document);
    if (s->open)
        workspace_close(&s->workspace);
    if (s->settings_arena)
        arena_close(s->settings_arena);
    json_decref(s->settings);
    json_decref(s->update.token);
    json_decref(s->update.id);
    arena_close(s->arena);
}

bool lsp_has_ended(const struct lsp *s)
{
    return s->state == LSP_ENDED;
}
