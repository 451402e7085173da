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

/* Packages come from the release that the stage is built on: where that is said. */
static json_t *related(struct lsp *s, struct document *d, const struct finding *f)
{
    const struct image *im = document_image(s, d);
    size_t n;
    const struct install *in = image_installs(im, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++) {
            struct span at = in[i].package[k].span;
            if (in[i].stage >= im->nstage || at.start != f->span.start || at.end != f->span.end)
                continue;
            const struct stage *g = &im->stage[in[i].stage];
            if (!g->release.distro.n)
                return NULL;
            struct arena *a = arena_open();
            json_t *text =
                lsp_text(str_fmt(a, "the stage is built on " STR_FMT " " STR_FMT,
                                 STR_ARG(g->release.distro), STR_ARG(g->release.version)));
            arena_close(a);
            return json_pack("[{s:{s:o,s:o},s:o}]", "location", "uri", lsp_text(d->uri), "range",
                             lsp_range(s, d, node_span(im->tree, g->image ? g->image : g->from)),
                             "message", text);
        }
    return NULL;
}

static json_t *code_of(const struct finding *f)
{
    return lsp_text(f->code.n ? f->code : str_of(f->rule));
}

json_t *lsp_diagnostic(struct lsp *s, struct document *d, size_t finding)
{
    const struct finding *f = &d->result.finding[finding];
    const struct client *c = &s->client;
    json_t *o = json_object(), *also = NULL;
    int tag = tag_of(f);

    json_object_set_new(o, "range", lsp_range(s, d, f->span));
    json_object_set_new(o, "severity", json_integer(lsp_severity(s, f)));
    json_object_set_new(o, "code", code_of(f));
    if (c->code_url && f->url.n)
        json_object_set_new(o, "codeDescription", json_pack("{s:o}", "href", lsp_text(f->url)));
    json_object_set_new(o, "source", json_string("dfix"));
    json_object_set_new(o, "message", lsp_text(f->message));
    if (c->tags && tag)
        json_object_set_new(o, "tags", json_pack("[i]", tag));
    if (c->related)
        also = related(s, d, f);
    if (also)
        json_object_set_new(o, "relatedInformation", also);
    if (c->data)
        json_object_set_new(o, "data", json_pack("{s:s}", "rule", f->rule));
    return o;
}

/* A policy that cannot be read, or a file too large, is said once, at the top. */
static json_t *trouble(const struct lsp *s, const struct document *d, struct str why, int severity)
{
    const struct span top = {0, line_end(d->text, &d->lines, 0)};

    return json_pack("{s:o,s:i,s:s,s:o}", "range", lsp_range(s, d, top), "severity", severity,
                     "source", "dfix", "message", lsp_text(why));
}

static json_t *list_of(struct lsp *s, struct document *d)
{
    const struct result *r = document_check(s, d);
    json_t *list = json_array();

    if (d->foreign || d->lost)
        return list;
    if (!d->settings)
        json_array_append_new(list, trouble(s, d, d->refused, 1));
    if (r->over.n)
        json_array_append_new(list, trouble(s, d, r->over, 2));
    for (size_t i = 0; i < r->nfinding; i++)
        if (finding_shown(s, &r->finding[i]))
            json_array_append_new(list, lsp_diagnostic(s, d, i));
    return list;
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
        json_t *list = list_of(s, d);
        lsp_notify(s, "textDocument/publishDiagnostics",
                   json_pack("{s:o,s:I,s:o}", "uri", lsp_text(d->uri), "version",
                             (json_int_t)d->version, "diagnostics", list));
    }
}

json_t *diagnostics_pull(struct request *r)
{
    struct document *d = r->d;
    struct str before = lsp_member(r->params, "previousResultId");

    document_check(r->s, d);
    struct str now = str_fmt(r->arena, "%u", d->serial);
    if (before.n && str_eq(before, now))
        return json_pack("{s:s,s:o}", "kind", "unchanged", "resultId", lsp_text(now));
    return json_pack("{s:s,s:o,s:o}", "kind", "full", "resultId", lsp_text(now), "items",
                     list_of(r->s, d));
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
