/* Formatting: what fixes that need no asking change, by edits no larger than that. */
#include "faces/lsp/lsp.h"

json_t *formatting_whole(struct request *r)
{
    return lsp_edits(r->s, r->d, document_fixes(r->s, r->d, r->arena, S("")));
}

/* ---- a range ---- */

static bool lies_within(const struct edits *e, struct span range)
{
    for (size_t i = 0; i < e->n; i++)
        if (e->v[i].span.start < range.start || e->v[i].span.end > range.end)
            return false;
    return e->n > 0;
}

static uint32_t end_after(struct edits e, uint32_t end)
{
    int64_t moved = end;

    for (size_t i = 0; i < e.n; i++)
        moved += (int64_t)e.v[i].text.n - (e.v[i].span.end - e.v[i].span.start);
    return (uint32_t)moved;
}

/* The first safe fix of the text that changes nothing outside of the range. */
static bool next_fix(struct result *r, struct span range, struct edits *out)
{
    for (size_t i = 0; i < r->nfinding; i++) {
        struct finding *f = &r->finding[i];
        bool near = f->span.end >= range.start && f->span.start <= range.end;
        if (!near || f->skip || !f->fixable || f->safety != SAFE)
            continue;
        dfix_guard(r, i);
        *out = r->finding[i].edits;
        if (!r->over.n && lies_within(out, range))
            return true;
    }
    return false;
}

/* One after another, each on what the one before left, as all of them together are fixed. */
static struct edits fixes_within(struct request *r, struct span range)
{
    enum { FIXES_MAX = 256 };
    struct lsp *s = r->s;
    struct document *d = r->d;
    struct edits all = {0}, one;
    struct str text = d->text;

    document_check(s, d);
    if (!document_speaks(d))
        return all;
    struct settings settings = settings_on_save(r->arena, d->settings);
    for (int i = 0; i < FIXES_MAX; i++) {
        struct arena *a = arena_open();
        struct result x = dfix_check(a, text, &dfix_rules, &settings,
                                     s->ends.lookup(s->ends.user, &s->workspace));
        bool found = !x.pending && !x.over.n && !x.refused.n && next_fix(&x, range, &one);
        if (found) {
            range.end = end_after(one, range.end);
            all = edits_compose(r->arena, d->text.n, all, one);
            text = edits_apply(r->arena, text, one);
            for (size_t k = 0; k < all.n; k++) /* they may stand in the check's memory */
                all.v[k].text = str_dup(r->arena, all.v[k].text);
        }
        arena_close(a);
        if (!found)
            break;
    }
    return all;
}

json_t *formatting_range(struct request *r)
{
    struct span range;

    if (!lsp_span(r->s, r->d, json_object_get(r->params, "range"), &range))
        return lsp_fail(r, LSP_INVALID_PARAMS, "there is no range");
    return lsp_edits(r->s, r->d, fixes_within(r, range));
}
