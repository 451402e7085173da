/* The life of a server: what both sides can do, and the end. */
#include "faces/lsp/lsp.h"

#include "faces/lsp/tokens.h"

json_t *life_ignore(struct request *r)
{
    (void)r;
    return NULL;
}

/* ---- what the client can do ---- */

static bool lists(const json_t *array, const char *word)
{
    const json_t *one;
    size_t i;

    json_array_foreach(array, i, one)
    {
        if (str_eq(lsp_str(one), str_of(word)))
            return true;
    }
    return false;
}

static const char *const encodings[] = {
    [ENCODING_UTF16] = "utf-16", [ENCODING_UTF8] = "utf-8", [ENCODING_UTF32] = "utf-32"};

/* The client names the one that it likes best first. */
static enum encoding agree_on_encoding(const json_t *capabilities)
{
    const json_t *known = lsp_at(capabilities, "general.positionEncodings"), *one;
    size_t i;

    json_array_foreach(known, i, one)
    {
        for (int e = ENCODING_UTF16; e <= ENCODING_UTF32; e++)
            if (str_eq(lsp_str(one), str_of(encodings[e])))
                return (enum encoding)e;
    }
    return ENCODING_UTF16;
}

/* Of published diagnostics or of pulled ones, whichever is told. */
static bool of_diagnostics(const json_t *text, const char *path)
{
    return lsp_true(json_object_get(text, "publishDiagnostics"), path) ||
           lsp_true(json_object_get(text, "diagnostic"), path);
}

static void read_text_capabilities(struct client *c, const json_t *text)
{
    const json_t *action = json_object_get(text, "codeAction");
    const json_t *diagnostic = json_object_get(text, "publishDiagnostics");

    c->pull_diagnostics = json_is_object(json_object_get(text, "diagnostic"));
    c->related = of_diagnostics(text, "relatedInformation");
    c->code_url = of_diagnostics(text, "codeDescriptionSupport");
    c->data = of_diagnostics(text, "dataSupport");
    c->tags = json_is_object(json_object_get(diagnostic, "tagSupport")) ||
              json_is_object(lsp_at(text, "diagnostic.tagSupport"));
    c->literal_actions = json_is_object(json_object_get(action, "codeActionLiteralSupport"));
    c->resolve_edit = lists(lsp_at(action, "resolveSupport.properties"), "edit") &&
                      lsp_true(action, "dataSupport");
    c->hierarchical_symbols = lsp_true(text, "documentSymbol.hierarchicalDocumentSymbolSupport");
    c->snippets = lsp_true(text, "completion.completionItem.snippetSupport");
    c->markdown = lists(lsp_at(text, "hover.contentFormat"), "markdown");
    c->line_folding_only = lsp_true(text, "foldingRange.lineFoldingOnly");
    c->link_tooltips = lsp_true(text, "documentLink.tooltipSupport");
    c->label_offsets = lsp_true(
        text, "signatureHelp.signatureInformation.parameterInformation.labelOffsetSupport");
}

static void read_workspace_capabilities(struct client *c, const json_t *workspace)
{
    c->document_changes = lsp_true(workspace, "workspaceEdit.documentChanges");
    c->snippet_edits = lsp_true(workspace, "workspaceEdit.snippetEditSupport");
    c->configuration = lsp_true(workspace, "configuration");
    c->apply_edit = lsp_true(workspace, "applyEdit");
    c->watches = lsp_true(workspace, "didChangeWatchedFiles.dynamicRegistration");
    c->refresh_diagnostics = lsp_true(workspace, "diagnostics.refreshSupport");
    c->refresh_hints = lsp_true(workspace, "inlayHint.refreshSupport");
    c->refresh_lenses = lsp_true(workspace, "codeLens.refreshSupport");
}

static void read_client(struct lsp *s, const json_t *capabilities)
{
    s->client = (struct client){.encoding = agree_on_encoding(capabilities)};
    read_text_capabilities(&s->client, json_object_get(capabilities, "textDocument"));
    read_workspace_capabilities(&s->client, json_object_get(capabilities, "workspace"));
    s->client.progress = lsp_true(capabilities, "window.workDoneProgress");
}

/* ---- what the server can do ---- */

static void add_plain_abilities(json_t *o)
{
    static const char *const names[] = {"documentFormattingProvider",
                                        "documentRangeFormattingProvider",
                                        "hoverProvider",
                                        "documentSymbolProvider",
                                        "foldingRangeProvider",
                                        "selectionRangeProvider",
                                        "definitionProvider",
                                        "referencesProvider",
                                        "documentHighlightProvider",
                                        "inlayHintProvider"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        json_object_set_new(o, names[i], json_true());
}

static void add_text_abilities(json_t *o, const struct client *c)
{
    json_object_set_new(
        o, "textDocumentSync",
        json_pack("{s:b,s:i,s:{s:b}}", "openClose", 1, "change", 2, "save", "includeText", 0));
    if (c->pull_diagnostics)
        json_object_set_new(o, "diagnosticProvider",
                            json_pack("{s:s,s:b,s:b}", "identifier", "dfix",
                                      "interFileDependencies", 0, "workspaceDiagnostics", 0));
    json_object_set_new(o, "codeActionProvider",
                        json_pack("{s:[s,s],s:b}", "codeActionKinds", "quickfix",
                                  "source.fixAll.dfix", "resolveProvider", 1));
    add_plain_abilities(o);
    json_object_set_new(o, "renameProvider", json_pack("{s:b}", "prepareProvider", 1));
    json_object_set_new(o, "documentLinkProvider", json_pack("{s:b}", "resolveProvider", 0));
    json_object_set_new(o, "codeLensProvider", json_pack("{s:b}", "resolveProvider", 0));
    json_object_set_new(o, "completionProvider",
                        json_pack("{s:[s,s,s,s,s],s:b}", "triggerCharacters", "-", "=", "$", "{",
                                  ":", "resolveProvider", 0));
    json_object_set_new(o, "signatureHelpProvider",
                        json_pack("{s:[s,s]}", "triggerCharacters", "=", ","));
    json_object_set_new(o, "semanticTokensProvider", tokens_ability());
}

static json_t *abilities(const struct client *c)
{
    json_t *o = json_pack("{s:s}", "positionEncoding", encodings[c->encoding]);

    add_text_abilities(o, c);
    json_object_set_new(o, "executeCommandProvider",
                        json_pack("{s:[s]}", "commands", "dfix.updateIndex"));
    json_object_set_new(
        o, "workspace",
        json_pack("{s:{s:b,s:b}}", "workspaceFolders", "supported", 1, "changeNotifications", 1));
    return o;
}

/* ---- the methods ---- */

json_t *life_initialize(struct request *r)
{
    struct lsp *s = r->s;
    const json_t *given = json_object_get(r->params, "initializationOptions");
    const json_t *ours = json_object_get(given, "dfix");

    if (!json_is_object(r->params))
        return lsp_fail(r, LSP_INVALID_PARAMS, "initialize has no params");
    read_client(s, json_object_get(r->params, "capabilities"));
    if (json_is_object(given))
        s->settings = json_deep_copy(json_is_object(ours) ? ours : given);
    s->state = LSP_READY;
    lsp_settings_apply(s);
    return json_pack("{s:o,s:{s:s,s:s}}", "capabilities", abilities(&s->client), "serverInfo",
                     "name", "dfix", "version", DFIX_VERSION);
}

json_t *life_initialized(struct request *r)
{
    lsp_watch(r->s);
    lsp_ask_settings(r->s);
    return NULL;
}

json_t *life_shutdown(struct request *r)
{
    r->s->state = LSP_SHUT;
    return json_null();
}

json_t *life_exit(struct request *r)
{
    r->s->clean_end = r->s->state == LSP_SHUT;
    r->s->state = LSP_ENDED;
    return NULL;
}
