/* Commands: bring the package indexes up to date. The answer comes when that is done. */
#include "faces/lsp/lsp.h"

#define UPDATE_INDEX "dfix.updateIndex"

static void report(struct lsp *s, const char *kind, const char *key, const char *text)
{
    json_t *value = json_pack("{s:s,s:s}", "kind", kind, key, text);

    if (!s->update.token) {
        json_decref(value);
        return;
    }
    lsp_notify(s, "$/progress", json_pack("{s:O,s:o}", "token", s->update.token, "value", value));
}

json_t *commands_execute(struct request *r)
{
    struct lsp *s = r->s;
    const json_t *token = json_object_get(r->params, "workDoneToken");

    if (!str_eq(lsp_member(r->params, "command"), S(UPDATE_INDEX)))
        return lsp_fail(r, LSP_INVALID_PARAMS, "there is no such command");
    if (s->over.offline)
        return lsp_fail(r, LSP_FAILED, "dfix runs offline");
    if (s->update.id)
        return lsp_fail(r, LSP_FAILED, "an update runs already");
    if (token) {
        s->update.token = json_deep_copy(token);
    } else if (s->client.progress) {
        s->update.token = json_string("dfix/update");
        lsp_ask(s, "window/workDoneProgress/create", json_pack("{s:O}", "token", s->update.token));
    }
    s->update.id = json_deep_copy(r->id);
    s->update.wanted = true;
    r->later = true;
    report(s, "begin", "title", "Updating package indexes");
    return NULL;
}

void commands_finish(struct lsp *s, bool done)
{
    if (!s->update.id)
        return;
    report(s, "end", "message", done ? "Package indexes are current" : "No update was started");
    lsp_answer(s, s->update.id, json_boolean(done));
    json_decref(s->update.id);
    json_decref(s->update.token);
    s->update = (struct update){0};
}
