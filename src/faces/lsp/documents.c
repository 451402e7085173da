/* Documents: opened, changed, closed; checked once a version. */
#include "faces/lsp/lsp.h"

#include <stdlib.h>

#include "dfix/coding.h"
#include "host/files.h"

struct document *document_find(struct lsp *s, struct str uri)
{
    for (struct document *d = s->document; d; d = d->next)
        if (str_eq(d->uri, uri))
            return d;
    return NULL;
}

/* Where a file: URI leads; "" for any other. */
struct str uri_path(struct arena *a, struct str uri)
{
    struct buf b = {.arena = a};

    if (!str_starts(uri, S("file://")))
        return S("");
    uri = str_from(uri, 7);
    ptrdiff_t slash = str_chr(uri, '/');
    if (slash == STR_NONE)
        return S("");
    struct str host = str_sub(uri, 0, (size_t)slash);
    if (host.n && !str_ieq(host, S("localhost")))
        return S("");
    for (size_t i = (size_t)slash; i < uri.n; i++) {
        int high = -1, low = -1;
        if (uri.p[i] == '%' && i + 2 < uri.n) {
            high = hex_digit(uri.p[i + 1]);
            low = hex_digit(uri.p[i + 2]);
        }
        if (high < 0 || low < 0) {
            buf_char(&b, uri.p[i]);
            continue;
        }
        if (!high && !low)
            return S("");
        buf_char(&b, (char)(high * 16 + low));
        i += 2;
    }
    return str_dup(a, buf_str(&b));
}

/* ---- opening, changing ---- */

void document_forget(struct document *d)
{
    if (d->checked_arena)
        arena_close(d->checked_arena);
    d->checked = false;
    d->checked_arena = NULL;
    d->result = (struct result){.text = S("")};
    d->dirty = true;
}

static void set_text(struct document *d, struct arena *a, struct str text)
{
    document_forget(d);
    if (d->arena)
        arena_close(d->arena);
    d->arena = a;
    d->text = text;
    d->lines = lines_of(a, text);
}

/* Editors send whatever file has the word of a language that the user gave it. */
static bool is_foreign(struct str language)
{
    static const char others[] = "yaml yml json jsonc markdown toml xml html";
    return word_is_one_of(language, others);
}

json_t *sync_open(struct request *r)
{
    struct lsp *s = r->s;
    const json_t *given = json_object_get(r->params, "textDocument");
    struct str uri = lsp_member(given, "uri");
    struct document *d = document_find(s, uri);

    if (!uri.n || !json_is_string(json_object_get(given, "text")))
        return NULL;
    if (!d) {
        struct arena *a = arena_open();
        d = arena_new(a, struct document, 1);
        d->self = a;
        d->uri = str_dup(a, uri);
        d->path = uri_path(a, uri);
        d->next = s->document;
        s->document = d;
    }
    d->version = json_integer_value(json_object_get(given, "version"));
    d->lost = false;
    d->foreign = is_foreign(lsp_member(given, "languageId"));
    struct arena *a = arena_open();
    set_text(d, a, str_dup(a, lsp_member(given, "text")));
    return NULL;
}

/* Each change of a message copies the text: no message takes longer than this many bytes do. */
enum { COPIED_MAX = 1 << 30 };

/* The text with one change, in `a`; false: it is none. `known`: the lines of the text; NULL: not
 * known. */
static bool apply_change(const struct lsp *s, struct arena *a, const json_t *change,
                         const struct lines *known, struct str *text)
{
    const json_t *range = json_object_get(change, "range");
    struct str new = lsp_member(change, "text");
    struct position from, to;

    if (!json_is_string(json_object_get(change, "text")))
        return false;
    if (!range) {
        *text = str_dup(a, new);
        return true;
    }
    if (!lsp_position(json_object_get(range, "start"), &from) ||
        !lsp_position(json_object_get(range, "end"), &to))
        return false;
    struct lines lines = known ? *known : lines_of(a, *text);
    struct edit e = {{offset_at(*text, &lines, s->client.encoding, from),
                      offset_at(*text, &lines, s->client.encoding, to)},
                     new};
    if (e.span.end < e.span.start)
        e.span.end = e.span.start;
    *text = edits_apply(a, *text, (struct edits){&e, 1});
    return true;
}

json_t *sync_change(struct request *r)
{
    const json_t *changes = json_object_get(r->params, "contentChanges"), *change;
    const json_t *version = lsp_at(r->params, "textDocument.version");
    struct document *d = document_find(r->s, lsp_str(lsp_at(r->params, "textDocument.uri")));
    struct arena *before = NULL, *a = NULL;
    size_t i, copied = 0;

    if (!d)
        return NULL;
    struct str text = d->text;
    if (json_is_array(changes) && !json_array_size(changes))
        return NULL;
    /* What is lost is found by a whole text only. */
    bool good = json_array_size(changes) > 0 &&
                (!d->lost || !json_object_get(json_array_get(changes, 0), "range"));
    json_array_foreach(changes, i, change)
    {
        a = arena_open();
        copied += text.n;
        good = good && copied <= COPIED_MAX &&
               apply_change(r->s, a, change, i ? NULL : &d->lines, &text);
        text = good ? text : S("");
        if (before)
            arena_close(before);
        before = a;
    }
    if (good) {
        d->version = json_is_integer(version) ? json_integer_value(version) : d->version + 1;
        set_text(d, a, text);
        d->lost = false;
    } else {
        lsp_log(r->s, 1, "a change was not understood; open the document again");
        document_forget(d);
        d->lost = true;
        if (a)
            arena_close(a);
    }
    return NULL;
}

json_t *sync_save(struct request *r)
{
    struct lsp *s = r->s;
    struct document *d = document_find(s, lsp_str(lsp_at(r->params, "textDocument.uri")));
    const json_t *text = json_object_get(r->params, "text");

    if (!s->client.watches) /* nobody tells when policy changes */
        lsp_settings_apply(s);
    if (d && json_is_string(text) && !str_eq(lsp_str(text), d->text)) {
        struct arena *a = arena_open();
        set_text(d, a, str_dup(a, lsp_str(text)));
    }
    return NULL;
}

void document_close(struct lsp *s, struct document *d)
{
    struct document **at = &s->document;

    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    document_forget(d);
    if (d->tokens_arena)
        arena_close(d->tokens_arena);
    arena_close(d->arena);
    arena_close(d->self);
}

json_t *sync_close(struct request *r)
{
    struct lsp *s = r->s;
    struct document *d = document_find(s, lsp_str(lsp_at(r->params, "textDocument.uri")));

    if (!d)
        return NULL;
    if (!s->client.pull_diagnostics)
        lsp_notify(s, "textDocument/publishDiagnostics",
                   json_pack("{s:o,s:[]}", "uri", document_str(d->uri), "diagnostics"));
    document_close(s, d);
    return NULL;
}

/* ---- checking ---- */

/* A document without a file has no policy beside it. */
static const struct settings *settings_of(struct lsp *s, const struct document *d, struct str *why)
{
    const struct config *new = NULL;
    struct err e;

    *why = s->closed;
    if (!s->open)
        return NULL;
    if (!d->path.n)
        return &s->workspace.base.settings;
    const struct settings *found = workspace_settings(&s->workspace, d->path, d->path, &new, &e);
    if (!found)
        *why = str_dup(s->settings_arena, str_of(e.text));
    return found;
}

bool document_speaks(const struct document *d)
{
    return d->settings && !d->foreign && !d->lost;
}

const struct result *document_check(struct lsp *s, struct document *d)
{
    if (d->checked)
        return &d->result;
    d->checked = true;
    d->serial = ++s->serial;
    d->settings = settings_of(s, d, &d->refused);
    d->result = (struct result){.text = d->text, .refused = S(""), .over = S("")};
    if (!document_speaks(d))
        return &d->result;
    d->checked_arena = arena_open();
    d->result = dfix_check(d->checked_arena, d->text, &dfix_rules, d->settings,
                           s->ends.lookup(s->ends.user, &s->workspace));
    return &d->result;
}

const struct image *document_image(struct lsp *s, struct document *d)
{
    return dfix_image(document_check(s, d));
}

struct edits document_fixes(struct lsp *s, struct document *d, struct arena *a, struct str rule)
{
    const struct edits none = {0};

    document_check(s, d);
    if (!document_speaks(d))
        return none;
    struct settings settings = settings_on_save(a, d->settings);
    if (rule.n) {
        settings.select = arena_new(a, struct str, 1);
        settings.select[0] = rule;
        settings.nselect = 1;
    }
    struct result fixed =
        dfix_fix(a, d->text, &dfix_rules, &settings, s->ends.lookup(s->ends.user, &s->workspace));
    return fixed.pending || fixed.over.n || fixed.broken ? none : fixed.edits;
}

const struct document *lsp_lacking(struct lsp *s, const struct document *after)
{
    struct document *d = after ? after->next : s->document;

    for (; d; d = d->next)
        if (d->checked && (d->result.pending || d->result.nunchecked))
            return d;
    return NULL;
}
