/* For people: a finding with the line that it is about, the place underlined, the lines that its
 * fix takes and gives, why, and where more stands. Fixes of one rule in one instruction are told
 * together. */
#include "faces/formats/formats.h"

#include <stdlib.h>

enum { NEAR = 60 /* bytes */ };
enum { LINES = 8 }; /* of a hunk that are shown on either side */

/* What is written in which colour; all "" without. */
struct paint {
    const char *bold, *dim, *plus, *minus, *mark, *plain;
};

static struct paint paint_of(const struct writer *w, enum severity severity)
{
    static const char *const mark[] = {"\033[36m", "\033[33m", "\033[31m"};

    if (!w->colour)
        return (struct paint){"", "", "", "", "", ""};
    return (struct paint){"\033[1m", "\033[2m", "\033[32m", "\033[31m", mark[severity], "\033[0m"};
}

/* Printed through str_fmt, which does a tenth of printf's work. */
static void put(FILE *out, struct arena *a, const char *fmt, ...) DFIX_PRINTF(3, 4);
static void put(FILE *out, struct arena *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    struct str text = str_vfmt(a, fmt, ap);
    va_end(ap);
    fwrite(text.p, 1, text.n, out);
}

/* What the run did about a finding, or what would. */
static const char *deed_of(const struct report_file *f, const struct finding *x)
{
    if (x->wants_unsafe)
        return " (fixable with --fix --unsafe)";
    if (!x->applied || f->unwritten)
        return "";
    return f->mode == MODE_DIFF ? " (in the patch)" : " (fixed)";
}

/* What was done needs no line, but for what may make the build behave otherwise. */
static bool is_news(const struct writer *w, const struct report_file *f, const struct finding *x)
{
    if (x->skip || (x->applied && !f->unwritten && x->safety != UNSAFE))
        return w->report->verbose && !(x->applied && f->mode == MODE_DIFF);
    return true;
}

static bool is_told(const struct writer *w, const struct report_file *f, size_t i)
{
    return f->told[i].count && is_news(w, f, &f->result->finding[i]);
}

/* "Dockerfile:2:24: DL3008 pin-apt: " */
static void put_head(struct writer *w, const struct report_file *f, const struct finding *x,
                     struct paint p)
{
    struct place_lc at = format_place(f->text, x->span.start, x->start);

    fputs(p.bold, w->out);
    report_line_start(w->out, f->label);
    put(w->out, f->arena, ":%u:%u:%s %s" STR_FMT "%s%s%s: ", at.line, at.column, p.plain, p.mark,
        STR_ARG(x->code), x->code.n ? " " : "", x->rule, p.plain);
}

static void put_unchecked(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; w->report->verbose && i < f->result->nunchecked; i++) {
        report_line_start(w->out, f->label);
        fprintf(w->out, ": not fully checked (%s): ", f->result->unchecked[i].fixer->id);
        report_text(w->out, f->result->unchecked[i].why);
        fputc('\n', w->out);
    }
}

/* ---- one line each ---- */

static void put_line(struct writer *w, const struct report_file *f, size_t i)
{
    const struct finding *x = &f->result->finding[i];
    struct paint p = paint_of(w, x->severity);

    put_head(w, f, x, p);
    fprintf(w->out, "%s%s", x->skip ? p.dim : "", x->skip ? "not changed: " : "");
    report_text(w->out, x->message);
    report_text(w->out, f->told[i].also);
    fprintf(w->out, "%s%s\n", x->skip ? p.plain : "", deed_of(f, x));
}

static void concise_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++)
        if (is_told(w, f, i))
            put_line(w, f, i);
    put_unchecked(w, f);
}

const struct format format_concise = {
    .name = "concise", .what = "a line a finding", .file = concise_file, .people = true};

/* ---- the whole of it ---- */

/* Findings that are told together, by their number. */
typedef VEC(size_t) group_list;

static bool is_alike(const struct finding *x, const struct finding *y)
{
    bool both = x->edits.n && y->edits.n;

    return x->fixer && x->fixer == y->fixer && !x->skip && !y->skip && str_eq(x->code, y->code) &&
           x->instruction == y->instruction && x->severity == y->severity &&
           x->wants_unsafe == y->wants_unsafe && x->applied == y->applied &&
           str_eq(x->why, y->why) && str_eq(x->help, y->help) &&
           (both || str_eq(x->title, y->title));
}

/* The edits of all of them; those of the first where they do not go together. */
static struct edits edits_of_group(const struct report_file *f, const group_list *g)
{
    const struct finding *v = f->result->finding;
    VEC(struct edit) all = {0};

    for (size_t i = 0; i < g->n; i++) {
        struct edits e = v[g->v[i]].edits;
        bool after = e.n && (!all.n || all.v[all.n - 1].span.end < e.v[0].span.start);
        for (size_t k = 0; after && k < e.n; k++)
            vec_push(f->arena, &all, e.v[k]);
    }
    return (struct edits){all.v, all.n};
}

struct block {
    struct writer *w;
    const struct report_file *f;
    const group_list *group;
    struct paint paint;
    int gutter; /* columns of a line's number */
    struct hunk *hunk;
    size_t nhunk, shown; /* hunks that were shown */
    size_t place;        /* in the line that was shown last */
};

/* The number of a line as wide as the widest of the block; 0: blanks. */
static struct str gutter_of(const struct block *b, uint32_t number)
{
    enum { WIDEST = 10 };
    char *p = arena_room(b->f->arena, WIDEST, 1);
    size_t at = WIDEST, width = (size_t)b->gutter;

    for (; number; number /= 10)
        p[--at] = (char)('0' + number % 10);
    while (WIDEST - at < width)
        p[--at] = ' ';
    return (struct str){p + at, WIDEST - at};
}

/* Where two lines part. */
static size_t same_bytes(struct str a, struct str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* One side of a hunk; what `others` has in its place is the other. The number of the first line
 * stands before it, or none: 0. */
static void put_side(const struct block *b, const char *sign, struct str lines, struct str others,
                     uint32_t number)
{
    const char *colour = *sign == '+' ? b->paint.plus : b->paint.minus;
    struct arena *a = b->f->arena;
    struct str line, other;

    for (size_t n = 0; lines.n && str_cut(&lines, '\n', &line); n++) {
        struct str gutter = gutter_of(b, n < LINES ? number : 0);
        if (n == LINES) {
            put(b->w->out, a, "  " STR_FMT " %s...%s\n", STR_ARG(gutter), b->paint.dim,
                b->paint.plain);
            return;
        }
        if (!others.n || !str_cut(&others, '\n', &other))
            other = S("");
        size_t at = same_bytes(line, other);
        if (!number && at >= b->place && at - b->place < NEAR)
            at = b->place; /* the same part of the line as above */
        struct str shown = source_show(a, str_without_end(line, '\r'), at, at).text;
        put(b->w->out, a, "  %s" STR_FMT "%s %s%s%s" STR_FMT "%s\n", b->paint.dim, STR_ARG(gutter),
            b->paint.plain, colour, sign, shown.n ? " " : "", STR_ARG(shown), b->paint.plain);
        number += number > 0;
    }
}

/* Hunks that begin above this line; `line` itself stands there already. */
static void put_hunks(struct block *b, uint32_t line, bool stands)
{
    while (b->shown < b->nhunk && b->hunk[b->shown].line <= line) {
        const struct hunk *h = &b->hunk[b->shown];
        if (!stands && h->line == line)
            return;
        b->shown++;
        bool below = stands && h->line == line && h->nold == 1;
        if (!below)
            put_side(b, "-", h->old, h->new, h->line);
        put_side(b, "+", h->new, h->old, below ? 0 : h->line);
    }
}

/* A line of the file that findings are about. */
struct shown_line {
    struct str text;
    uint32_t start;          /* its offset */
    bool plain;              /* shown as it is */
    struct source_line seen; /* as it is shown around its first finding */
};

/* The place of the finding in the line. */
static struct source_line place_in(const struct shown_line *l, const struct finding *x)
{
    size_t from = x->span.start - l->start, to = x->span.end - l->start;

    return (struct source_line){l->text, from, to > l->text.n ? l->text.n : to};
}

/* Of the same bytes, up to column `to`. */
static void fill(struct buf *b, size_t to, const char *row)
{
    size_t most = strlen(row);

    while (b->n < to)
        buf_add(b, (struct str){row, to - b->n < most ? to - b->n : most});
}

/* `^^^^` below what each finding of the line points at. */
static struct str marks_of(const struct block *b, const struct shown_line *l, size_t first,
                           size_t end)
{
    struct buf marks = {.arena = b->f->arena};

    for (size_t i = first; i < end; i++) {
        struct source_line s = place_in(l, &b->f->result->finding[b->group->v[i]]);
        if (i == first)
            s = l->seen;
        else if (!l->plain)
            s = source_show(b->f->arena, l->text, s.from, s.to);
        if (s.to <= s.from && i == first)
            s.to = s.from + 1;
        fill(&marks, s.from, "                                ");
        fill(&marks, s.to, "^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^");
    }
    return buf_str(&marks);
}

/* The lines that the findings are about, and what becomes of them. */
static void put_source(struct block *b)
{
    const struct finding *v = b->f->result->finding;
    const size_t *at = b->group->v;
    struct paint p = b->paint;
    struct arena *a = b->f->arena;

    for (size_t i = 0, end; i < b->group->n; i = end) {
        const struct finding *x = &v[at[i]];
        struct shown_line l;
        l.text = source_line_at(b->f->text, x->span.start, &l.start);
        l.plain = source_is_plain(l.text);
        l.seen = place_in(&l, x);
        if (!l.plain)
            l.seen = source_show(a, l.text, l.seen.from, l.seen.to);
        for (end = i + 1; end < b->group->n && v[at[end]].start.line == x->start.line;)
            end++;
        put_hunks(b, x->start.line, false);
        struct str number = gutter_of(b, x->start.line), blank = gutter_of(b, 0);
        struct str marks = marks_of(b, &l, i, end);
        put(b->w->out, a, "  %s" STR_FMT " |%s " STR_FMT "\n  %s" STR_FMT " |%s %s" STR_FMT "%s\n",
            p.dim, STR_ARG(number), p.plain, STR_ARG(l.seen.text), p.dim, STR_ARG(blank), p.plain,
            p.mark, STR_ARG(marks), p.plain);
        b->place = x->span.start - l.start;
        put_hunks(b, x->start.line, true);
    }
    put_hunks(b, UINT32_MAX, false);
}

static void put_note(const struct block *b, const char *what, struct str text)
{
    if (!text.n)
        return;
    struct str gutter = gutter_of(b, 0);
    put(b->w->out, b->f->arena, STR_FMT "   %s%s", STR_ARG(gutter), b->paint.dim, what);
    report_text(b->w->out, text);
    fputs(b->paint.plain, b->w->out);
    fputc('\n', b->w->out);
}

/* What to know and to do about the place, why the rule is there, and where more stands. */
static void put_notes(const struct block *b, const struct finding *x, bool first)
{
    const struct fixer *fixer = x->fixer;

    put_note(b, x->skip ? "not changed: " : "note: ", x->why);
    if (!fixer || !str_eq(x->help, str_of(fixer->title)))
        put_note(b, "help: ", x->help);
    if (x->skip || !first)
        return;
    put_note(b, "", str_of(fixer ? fixer->why : NULL));
    put_note(b, "", format_page(b->w, b->f->arena, x));
}

static bool is_first_of_rule(const struct writer *w, const struct report_file *f, size_t i)
{
    const struct finding *v = f->result->finding;

    for (size_t k = 0; k < i; k++)
        if (is_told(w, f, k) && !v[k].skip && str_eq(str_of(v[k].rule), str_of(v[i].rule)) &&
            str_eq(v[k].code, v[i].code))
            return false;
    return true;
}

static int digits_of(uint32_t n)
{
    int digits = 1;

    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

static void put_block(struct writer *w, const struct report_file *f, const group_list *g)
{
    const struct finding *v = f->result->finding, *x = &v[g->v[0]];
    struct block b = {.w = w, .f = f, .group = g, .paint = paint_of(w, x->severity)};

    put_head(w, f, x, b.paint);
    fputs(x->skip && !x->why.n ? "not changed: " : "", w->out);
    fputs(b.paint.bold, w->out);
    report_text(w->out, x->title);
    fputs(b.paint.plain, w->out);
    report_text(w->out, f->told[g->v[0]].also);
    if (g->n > 1)
        put(w->out, f->arena, " (and %zu more)", g->n - 1);
    fputs(deed_of(f, x), w->out);
    fputc('\n', w->out);
    b.gutter = digits_of(v[g->v[g->n - 1]].start.line);
    b.nhunk = hunks_of(f->arena, f->text, edits_of_group(f, g), x, &b.hunk);
    if (!x->skip && !(x->fixer && x->fixer->hides))
        put_source(&b);
    put_notes(&b, x, is_first_of_rule(w, f, g->v[0]));
    fputs(x->skip ? "" : "\n", w->out);
}

static void text_file(struct writer *w, const struct report_file *f)
{
    const struct result *r = f->result;
    bool *done = arena_new(f->arena, bool, r->nfinding);

    for (size_t i = 0; i < r->nfinding; i++) {
        group_list g = {0};
        if (done[i] || !is_told(w, f, i))
            continue;
        vec_push(f->arena, &g, i);
        for (size_t k = i + 1;
             k < r->nfinding && r->finding[k].instruction == r->finding[i].instruction; k++)
            if (!done[k] && is_told(w, f, k) && is_alike(&r->finding[i], &r->finding[k])) {
                done[k] = true;
                vec_push(f->arena, &g, k);
            }
        put_block(w, f, &g);
    }
    put_unchecked(w, f);
}

const struct format format_text = {
    .name = "text", .what = "with the source and the fix", .file = text_file, .people = true};
