/* What a run gives back: findings in order, with their places, apart from the work. */
#include "engine.h"

#include <stdlib.h>

static int by_place(const void *x, const void *y)
{
    const struct finding *a = x, *b = y;

    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    int c = str_cmp(str_of(a->rule), str_of(b->rule));
    return c ? c : str_cmp(a->message, b->message);
}

struct finding finding_by_engine(const char *rule, enum severity severity, struct span span,
                                 struct str message)
{
    return (struct finding){.rule = rule,
                            .code = S(""),
                            .codes = S(""),
                            .title = message,
                            .why = S(""),
                            .help = S(""),
                            .url = S(""),
                            .severity = severity,
                            .safety = HINT,
                            .span = span,
                            .message = message};
}

struct str finding_not_done(struct arena *a, struct str title, struct str why)
{
    bool capital = title.n && title.p[0] >= 'A' && title.p[0] <= 'Z';
    char first = capital ? (char)(title.p[0] - 'A' + 'a') : ' ';

    return capital ? str_fmt(a, "would %c" STR_FMT ", but " STR_FMT, first,
                             STR_ARG(str_from(title, 1)), STR_ARG(why))
                   : str_fmt(a, STR_FMT ", but " STR_FMT, STR_ARG(title), STR_ARG(why));
}

struct str finding_message(struct arena *a, const struct fix *f)
{
    struct buf b = {.arena = a};
    bool helps = !str_eq(f->help, str_of(f->fixer->title));

    if (f->undone)
        return finding_not_done(a, f->title, f->why);
    if (!f->why.n && !helps)
        return f->title;
    buf_add(&b, f->title);
    if (f->why.n)
        buf_fmt(&b, f->skip ? ", but " STR_FMT : " (" STR_FMT ")", STR_ARG(f->why));
    if (helps)
        buf_fmt(&b, "; " STR_FMT, STR_ARG(f->help));
    return buf_str(&b);
}

static uint32_t line_of(struct str text, uint32_t at)
{
    return text_place_on(text, (struct place_lc){1, 1}, 0, at).line;
}

bool lines_count(const struct settings *s, struct str text, struct span span)
{
    if (!s->line)
        return true;
    uint32_t first = line_of(text, span.start);
    uint32_t last = span.end > span.start ? line_of(text, span.end - 1) : first;
    for (size_t i = 0; i < s->nline; i++)
        if (s->line[i].first <= last && s->line[i].last >= first)
            return true;
    return false;
}

static size_t keep_counting(const struct settings *s, struct str text, struct finding *v, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (lines_count(s, text, v[i].span))
            v[kept++] = v[i];
    return kept;
}

void result_finish(struct result *r, const struct settings *s, struct str original,
                   struct finding *v, size_t n)
{
    n = keep_counting(s, original, v, n);
    if (n)
        qsort(v, n, sizeof(*v), by_place);
    struct place_lc at = {1, 1};
    uint32_t from = 0;
    for (size_t i = 0; i < n; i++) {
        struct finding *x = &v[i];
        x->start = at = text_place_on(original, at, from, x->span.start);
        x->end = text_place_on(original, at, x->span.start, x->span.end);
        from = x->span.start;
    }
    r->finding = v;
    r->nfinding = n;
}

static struct edits keep_edits(struct arena *a, struct edits e)
{
    struct edits copy = {arena_copy(a, e.v, e.n, sizeof(*e.v)), e.n};

    for (size_t i = 0; i < e.n; i++)
        copy.v[i].text = str_dup(a, e.v[i].text);
    return copy;
}

struct result dfix_keep(struct arena *a, const struct result *r)
{
    struct result copy = *r;
    struct finding *v = arena_copy(a, r->finding, r->nfinding, sizeof(*v));

    for (size_t i = 0; i < r->nfinding; i++) {
        if (v[i].fixer && v[i].fixer->family)
            v[i].code = v[i].codes = str_dup(a, v[i].codes);
        v[i].title = str_dup(a, v[i].title);
        v[i].why = str_dup(a, v[i].why);
        v[i].help = str_dup(a, v[i].help);
        v[i].url = str_dup(a, v[i].url);
        v[i].message = str_dup(a, v[i].message);
        v[i].self = NULL;
        v[i].edits = keep_edits(a, v[i].edits);
    }
    copy.finding = v;
    copy.over = str_dup(a, r->over);
    copy.self = NULL;
    struct base_told *base = arena_copy(a, r->base, r->nbase, sizeof(*base));
    for (size_t i = 0; i < r->nbase; i++) {
        struct release *release = &base[i].release;
        base[i].image = str_dup(a, base[i].image);
        base[i].source = str_dup(a, base[i].source);
        *release = (struct release){str_dup(a, release->distro), str_dup(a, release->version),
                                    str_dup(a, release->codename)};
    }
    copy.base = base;
    if (r->spent)
        copy.spent = arena_copy(a, r->spent, dfix_rules.n, sizeof(*r->spent));
    copy.refused = str_dup(a, r->refused);
    struct unchecked *unchecked = arena_copy(a, r->unchecked, r->nunchecked, sizeof(*unchecked));
    for (size_t i = 0; i < r->nunchecked; i++)
        unchecked[i].why = str_dup(a, unchecked[i].why);
    copy.unchecked = unchecked;
    copy.edits = keep_edits(a, r->edits);
    if (r->edits.n)
        copy.text = str_dup(a, r->text);
    return copy;
}
