/* Code actions: the fix of a finding, a comment that keeps its rule away, all fixes of a rule, all
 * that need no asking. Only the kinds that were asked for. */
#include "faces/lsp/lsp.h"

#define QUICKFIX "quickfix"
#define FIX_ALL  "source.fixAll.dfix"

struct asked {
    struct request *r;
    struct span range;
    const json_t *only; /* NULL: any */
    bool automatic;     /* on save: nobody chose it */
    json_t *list;
};

/* Is the kind one of those asked for, or below one? */
static bool is_wanted(const struct asked *a, struct str kind)
{
    const json_t *one;
    size_t i;

    if (!a->only)
        return true;
    json_array_foreach(a->only, i, one)
    {
        struct str want = lsp_str(one);
        if (!want.n || str_eq(want, kind) || (str_starts(kind, want) && kind.p[want.n] == '.'))
            return true;
    }
    return false;
}

/* What resolve needs to find the finding again. */
static json_t *data_of(const struct document *d, const char *what, size_t finding, const char *rule)
{
    return json_pack("{s:o,s:I,s:I,s:s,s:I,s:s}", "uri", document_str(d->uri), "version",
                     (json_int_t)d->version, "serial", (json_int_t)d->serial, "what", what,
                     "finding", (json_int_t)finding, "rule", rule);
}

static json_t *action_of(struct asked *a, struct str title, const char *kind)
{
    json_t *o = json_object();

    json_object_set_new(o, "title", document_str(title));
    json_object_set_new(o, "kind", json_string(kind));
    json_array_append_new(a->list, o);
    return o;
}

/* ---- edits ---- */

static json_t *edit_of_fix(struct request *r, struct document *d, size_t finding)
{
    dfix_guard(&d->result, finding);
    struct edits e = d->result.finding[finding].edits;
    return e.n ? lsp_workspace_edit(r->s, d, lsp_edits(r->s, d, e)) : NULL;
}

static json_t *edit_of_all(struct request *r, struct document *d, struct str rule)
{
    return lsp_workspace_edit(r->s, d, lsp_edits(r->s, d, document_fixes(r->s, d, r->arena, rule)));
}

/* A line above the instruction, indented as that is. With snippets the reason is asked for. */
static json_t *edit_of_ignore(struct request *r, struct document *d, size_t finding)
{
    struct lsp *s = r->s;
    const struct finding *f = &d->result.finding[finding];
    size_t line = line_at_offset(&d->lines, f->instruction);
    uint32_t start = d->lines.start[line];
    struct str indent = str_sub(d->text, start, f->instruction);
    struct str name = f->code.n ? f->code : str_of(f->rule);
    const char *end = dfix_image(&d->result)->tree->crlf ? "\r\n" : "\n";
    bool asks = s->client.snippet_edits && s->client.document_changes;
    struct str text =
        str_fmt(r->arena, STR_FMT "# dfix ignore=" STR_FMT " because %s%s", STR_ARG(indent),
                STR_ARG(name), asks ? "${1:the reason}" : "TODO: say why", end);
    struct edit e = {{start, start}, text};

    if (!asks)
        return lsp_workspace_edit(s, d, lsp_edits(s, d, (struct edits){&e, 1}));
    return lsp_workspace_edit(s, d,
                              json_pack("[{s:o,s:{s:s,s:o}}]", "range", lsp_range(s, d, e.span),
                                        "snippet", "kind", "snippet", "value", document_str(text)));
}

static json_t *edit_named(struct request *r, struct document *d, struct str what, size_t finding)
{
    if (str_eq(what, S("fix")))
        return edit_of_fix(r, d, finding);
    if (str_eq(what, S("ignore")))
        return edit_of_ignore(r, d, finding);
    if (str_eq(what, S("rule")))
        return edit_of_all(r, d, str_of(d->result.finding[finding].rule));
    return edit_of_all(r, d, S(""));
}

/* The edit now, or what it takes to have it later. */
static void add_edit(struct asked *a, json_t *action, const char *what, size_t finding)
{
    struct document *d = a->r->d;
    const char *rule = d->result.nfinding ? d->result.finding[finding].rule : "";

    if (a->r->s->client.resolve_edit && !a->automatic)
        json_object_set_new(action, "data", data_of(d, what, finding, rule));
    else
        json_object_set_new(action, "edit", edit_named(a->r, d, str_of(what), finding));
}

/* ---- listing ---- */

static bool is_near(const struct asked *a, const struct finding *f)
{
    return f->span.start <= a->range.end && f->span.end >= a->range.start;
}

/* Has it a fix that the guard lets pass? */
static bool has_fix(struct document *d, size_t finding)
{
    if (!d->result.finding[finding].fixable)
        return false;
    dfix_guard(&d->result, finding);
    return !d->result.over.n && d->result.finding[finding].edits.n > 0;
}

static json_t *of_diagnostic(struct asked *a, size_t finding)
{
    struct lsp *s = a->r->s;
    const struct finding *f = &a->r->d->result.finding[finding];

    return finding_shown(s, f) ? json_pack("[o]", lsp_diagnostic(s, a->r->d, finding)) : NULL;
}

static void add_fix(struct asked *a, size_t finding)
{
    if (!has_fix(a->r->d, finding))
        return;
    struct finding *f = &a->r->d->result.finding[finding];
    bool unsafe = f->safety != SAFE;
    json_t *o = action_of(a,
                          unsafe ? str_fmt(a->r->arena, STR_FMT " (may change what the image does)",
                                           STR_ARG(f->title))
                                 : f->title,
                          QUICKFIX);
    json_t *diagnostics = of_diagnostic(a, finding);
    if (diagnostics)
        json_object_set_new(o, "diagnostics", diagnostics);
    if (!unsafe)
        json_object_set_new(o, "isPreferred", json_true());
    add_edit(a, o, "fix", finding);
}

static void add_ignore(struct asked *a, size_t finding)
{
    const struct finding *f = &a->r->d->result.finding[finding];
    struct str name = f->code.n ? f->code : str_of(f->rule);

    if (!f->fixer) /* the engine's own cannot be ignored */
        return;
    json_t *o = action_of(
        a, str_fmt(a->r->arena, "Ignore " STR_FMT " here, with a reason", STR_ARG(name)), QUICKFIX);
    json_t *diagnostics = of_diagnostic(a, finding);
    if (diagnostics)
        json_object_set_new(o, "diagnostics", diagnostics);
    add_edit(a, o, "ignore", finding);
}

/* Once a rule, where it has several findings to mend. */
static void add_rule(struct asked *a, size_t finding)
{
    const struct result *r = &a->r->d->result;
    const struct finding *f = &r->finding[finding];
    size_t same = 0;

    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *x = &r->finding[i];
        if (x->rule != f->rule || x->skip)
            continue;
        if (i < finding && is_near(a, x))
            return; /* listed with that one */
        same += x->fixable && x->safety == SAFE;
    }
    if (same < 2)
        return;
    json_t *o = action_of(
        a, str_fmt(a->r->arena, "%s (all %zu of %s)", f->fixer->title, same, f->rule), QUICKFIX);
    add_edit(a, o, "rule", finding);
}

static void add_all(struct asked *a)
{
    struct document *d = a->r->d;
    bool any = false;

    for (size_t i = 0; i < d->result.nfinding; i++)
        any |= d->result.finding[i].fixable && d->result.finding[i].safety == SAFE;
    if (any)
        add_edit(a, action_of(a, S("Fix all that dfix can fix safely"), FIX_ALL), "all", 0);
}

json_t *actions_list(struct request *r)
{
    const json_t *context = json_object_get(r->params, "context");
    struct asked a = {.r = r, .only = json_object_get(context, "only"), .list = json_array()};
    struct document *d = r->d;

    a.automatic = json_integer_value(json_object_get(context, "triggerKind")) == 2;
    if (!json_is_array(a.only))
        a.only = NULL;
    if (!lsp_span(r->s, d, json_object_get(r->params, "range"), &a.range)) {
        json_decref(a.list);
        return lsp_fail(r, LSP_INVALID_PARAMS, "there is no range");
    }
    document_check(r->s, d);
    if (!document_image(r->s, d))
        return a.list;
    for (size_t i = 0; i < d->result.nfinding && is_wanted(&a, S(QUICKFIX)); i++) {
        const struct finding *f = &d->result.finding[i];
        if (f->skip || !lsp_severity(r->s, f) || !is_near(&a, f))
            continue;
        add_fix(&a, i);
        if (d->result.over.n)
            return a.list;
        add_rule(&a, i);
        if (!lsp_said_by_others(r->s, f))
            add_ignore(&a, i);
    }
    if (is_wanted(&a, S(FIX_ALL)))
        add_all(&a);
    return a.list;
}

json_t *actions_resolve(struct request *r)
{
    const json_t *data = json_object_get(r->params, "data");
    struct document *d = document_find(r->s, lsp_member(data, "uri"));
    size_t finding = (size_t)json_integer_value(json_object_get(data, "finding"));

    if (!json_is_object(data))
        return json_deep_copy(r->params);
    if (!d)
        return lsp_fail(r, LSP_INVALID_PARAMS, "the document is not open");
    document_check(r->s, d);
    if (json_integer_value(json_object_get(data, "version")) != d->version ||
        json_integer_value(json_object_get(data, "serial")) != d->serial)
        return lsp_fail(r, LSP_CONTENT_MODIFIED, "the text was changed meanwhile");
    struct str what = lsp_member(data, "what");
    if (!dfix_image(&d->result) || (finding >= d->result.nfinding && !str_eq(what, S("all"))))
        return lsp_fail(r, LSP_INVALID_PARAMS, "there is no such finding");
    json_t *action = json_deep_copy(r->params), *edit = edit_named(r, d, what, finding);
    json_object_del(action, "data");
    if (edit)
        json_object_set_new(action, "edit", edit);
    return action;
}
