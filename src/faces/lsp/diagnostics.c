/* Diagnostics: pushed when something changed, or given when they are asked for; never both. */
#include "faces/lsp/lsp.h"

/* What a world was asked stays in its memory: after so many checks it is opened anew. */
enum { CHECKS_OF_A_WORLD = 4096 };
enum { TAG_UNNECESSARY = 1, TAG_DEPRECATED = 2 };

/* What nobody can act on is not shown, nor what another server says. */
bool finding_shown(const struct lsp *s, const struct finding *f)
{
    return !f->skip && lsp_severity(s, f) && !lsp_said_by_others(s, f);
}

static int tag_of(const struct finding *f)
{
    static const char deprecated[] = "release-eol MaintainerDeprecated DL4000 LegacyKeyValueFormat";

    if (word_is_one_of(str_of(f->rule), deprecated) || word_is_one_of(f->code, deprecated))
        return TAG_DEPRECATED;
    return str_eq(str_of(f->rule), S("suppression")) ? TAG_UNNECESSARY : 0;
}

static unsigned stage_at(const struct image *im, uint32_t offset)
{
    struct bisect b = {.high = im->nstage};

    while (bisect_next(&b))
        bisect_take(&b, node_span(im->tree, im->stage[b.at].from).start <= offset);
    return b.low ? (unsigned)b.low - 1 : UINT32_MAX;
}

/* Packages come from the release that the stage is built on: where that is said. */
static void add_related(struct buf *b, struct lsp *s, struct document *d, const struct finding *f)
{
    const struct image *im = dfix_image(&d->result);
    unsigned stage = stage_at(im, f->instruction);

    if (!word_is_one_of(str_of(f->rule), "pin-apt pin-apk pin-alive narrow-upgrade") ||
        stage >= im->nstage)
        return;
    const struct stage *g = &im->stage[stage];
    if (!g->release.distro.n)
        return;
    buf_add(b, S(",\"relatedInformation\":[{\"location\":{\"uri\":"));
    lsp_add_text(b, d->uri);
    buf_add(b, S(",\"range\":"));
    lsp_add_range(b, s, d, node_span(im->tree, g->image ? g->image : g->from));
    buf_add(b, S("},\"message\":"));
    lsp_add_text(b, str_fmt(b->arena, "the stage is built on " STR_FMT " " STR_FMT,
                            STR_ARG(g->release.distro), STR_ARG(g->release.version)));
    buf_add(b, S("}]"));
}

static void add_member(struct buf *b, struct str key, struct str text)
{
    buf_add(b, key);
    lsp_add_text(b, text);
}

/* There may be thousands: they are written down at once, and not built as trees first. */
static void add_diagnostic(struct buf *b, struct lsp *s, struct document *d, size_t finding)
{
    const struct finding *f = &d->result.finding[finding];
    const struct client *c = &s->client;
    int tag = tag_of(f);

    buf_add(b, S("{\"range\":"));
    lsp_add_range(b, s, d, f->span);
    buf_add(b, S(",\"severity\":"));
    buf_char(b, (char)('0' + lsp_severity(s, f)));
    add_member(b, S(",\"code\":"), f->code.n ? f->code : str_of(f->rule));
    if (c->code_url && f->url.n) {
        add_member(b, S(",\"codeDescription\":{\"href\":"), f->url);
        buf_char(b, '}');
    }
    add_member(b, S(",\"source\":\"dfix\",\"message\":"), f->message);
    if (c->tags && tag)
        buf_fmt(b, ",\"tags\":[%d]", tag);
    if (c->related)
        add_related(b, s, d, f);
    if (c->data) {
        add_member(b, S(",\"data\":{\"rule\":"), str_of(f->rule));
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

json_t *lsp_diagnostic(struct lsp *s, struct document *d, size_t finding)
{
    struct arena *a = arena_open();
    struct buf b = {.arena = a};

    add_diagnostic(&b, s, d, finding);
    json_t *j = lsp_parse(buf_str(&b));
    arena_close(a);
    return j;
}

/* A policy that cannot be read, or a file too large, is said once, at the top. */
static void add_trouble(struct buf *b, const struct lsp *s, const struct document *d,
                        struct str why, char severity)
{
    const struct span top = {0, line_end(d->text, &d->lines, 0)};

    if (!why.n)
        return;
    buf_add(b, S("{\"range\":"));
    lsp_add_range(b, s, d, top);
    buf_add(b, S(",\"severity\":"));
    buf_char(b, severity);
    add_member(b, S(",\"source\":\"dfix\",\"message\":"), why);
    buf_char(b, '}');
}

/* The array of all that is said of the document. */
static void add_list(struct buf *b, struct lsp *s, struct document *d)
{
    const struct result *r = document_check(s, d);
    bool speaks = !d->foreign && !d->lost, first = true;

    buf_char(b, '[');
    if (speaks && !d->settings)
        add_trouble(b, s, d, d->refused, '1');
    else if (speaks)
        add_trouble(b, s, d, r->over, '2');
    for (size_t i = 0; speaks && i < r->nfinding; i++) {
        if (!finding_shown(s, &r->finding[i]))
            continue;
        if (!first)
            buf_char(b, ',');
        first = false;
        add_diagnostic(b, s, d, i);
    }
    buf_char(b, ']');
}

static void publish(struct lsp *s, struct document *d)
{
    struct arena *a = arena_open();
    struct buf b = {.arena = a};

    buf_add(&b, S("{\"jsonrpc\":\"2.0\",\"method\":\"textDocument/publishDiagnostics\","
                  "\"params\":{\"uri\":"));
    lsp_add_text(&b, d->uri);
    buf_fmt(&b, ",\"version\":%lld,\"diagnostics\":", (long long)d->version);
    add_list(&b, s, d);
    buf_add(&b, S("}}"));
    s->ends.send(s->ends.user, buf_str(&b));
    arena_close(a);
}

void lsp_publish(struct lsp *s)
{
    if (s->serial - s->renewed >= CHECKS_OF_A_WORLD)
        lsp_settings_apply(s);
    for (struct document *d = s->document; d; d = d->next) {
        if (!d->dirty)
            continue;
        d->dirty = false;
        if (s->client.pull_diagnostics || d->foreign)
            continue;
        publish(s, d);
    }
}

json_t *diagnostics_pull(struct request *r)
{
    struct document *d = r->d;
    struct str before = lsp_member(r->params, "previousResultId");

    document_check(r->s, d);
    struct str now = str_fmt(r->arena, "%u", d->serial);
    if (before.n && str_eq(before, now))
        return json_pack("{s:s,s:o}", "kind", "unchanged", "resultId", document_str(now));
    struct buf b = {.arena = r->arena};
    buf_fmt(&b, "{\"kind\":\"full\",\"resultId\":\"" STR_FMT "\",\"items\":", STR_ARG(now));
    add_list(&b, r->s, r->d);
    buf_char(&b, '}');
    r->text = buf_str(&b);
    return NULL;
}

void lsp_refresh(struct lsp *s)
{
    const struct client *c = &s->client;

    if (c->pull_diagnostics && c->refresh_diagnostics)
        lsp_ask(s, "workspace/diagnostic/refresh", json_null());
    if (c->refresh_hints)
        lsp_ask(s, "workspace/inlayHint/refresh", json_null());
    if (c->refresh_lenses)
        lsp_ask(s, "workspace/codeLens/refresh", json_null());
}
