/* For people: a finding with the line that it is about, the place underlined, the lines that its
 * fix takes and gives, why, and where more stands. Fixes of one rule in one instruction are told
 * together. */
#include "faces/formats/formats.h"

#include <stdlib.h>

enum { NEAR = 60 /* bytes */ };
enum { LINES = 8 }; /* of a hunk that are shown on either side */

/* What is written in which colour; all "" without. */
struct paint {
    struct str bold, dim, plus, minus, mark, plain;
};

static struct paint paint_of(const struct writer *w, enum severity severity)
{
    static const struct str mark[] = {{"\033[36m", 5}, {"\033[33m", 5}, {"\033[31m", 5}};

    if (!w->colour)
        return (struct paint){0};
    return (struct paint){S("\033[1m"),  S("\033[2m"),   S("\033[32m"),
                          S("\033[31m"), mark[severity], S("\033[0m")};
}

static void add(struct buf *out, const char *text)
{
    buf_add(out, str_of(text));
}

/* Before it blanks, up to the width. */
static void add_number(struct buf *out, uint32_t n, size_t width)
{
    char digits[10];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    for (size_t i = sizeof digits - at; i < width; i++)
        buf_char(out, ' ');
    buf_add(out, (struct str){digits + at, sizeof digits - at});
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
static void add_head(struct buf *out, const struct report_file *f, const struct finding *x,
                     const struct paint *p)
{
    struct place_lc at = format_place(f->text, x->span.start, x->start);

    buf_add(out, p->bold);
    terminal_add_line(out, f->label);
    buf_char(out, ':');
    add_number(out, at.line, 0);
    buf_char(out, ':');
    add_number(out, at.column, 0);
    buf_char(out, ':');
    buf_add(out, p->plain);
    buf_char(out, ' ');
    buf_add(out, p->mark);
    buf_add(out, x->code);
    add(out, x->code.n ? " " : "");
    add(out, x->rule);
    buf_add(out, p->plain);
    buf_add(out, S(": "));
}

static void add_unchecked(struct buf *out, const struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; w->report->verbose && i < f->result->nunchecked; i++) {
        terminal_add_line(out, f->label);
        buf_fmt(out, ": not fully checked (%s): ", f->result->unchecked[i].fixer->id);
        terminal_add(out, f->result->unchecked[i].why);
        buf_char(out, '\n');
    }
}

static void put_out(const struct buf *out, struct writer *w)
{
    if (out->n)
        fwrite(out->p, 1, out->n, w->out);
}

/* ---- one line each ---- */

static void add_line(struct buf *out, struct writer *w, const struct report_file *f, size_t i)
{
    const struct finding *x = &f->result->finding[i];
    struct paint p = paint_of(w, x->severity);

    add_head(out, f, x, &p);
    buf_add(out, x->skip ? p.dim : S(""));
    add(out, x->skip ? "not changed: " : "");
    terminal_add(out, x->message);
    terminal_add(out, f->told[i].also);
    buf_add(out, x->skip ? p.plain : S(""));
    add(out, deed_of(f, x));
    buf_char(out, '\n');
}

static void concise_file(struct writer *w, const struct report_file *f)
{
    struct buf out = {.arena = f->arena};

    for (size_t i = 0; i < f->result->nfinding; i++)
        if (is_told(w, f, i))
            add_line(&out, w, f, i);
    add_unchecked(&out, w, f);
    put_out(&out, w);
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
    struct buf *out;
    const struct writer *w;
    const struct report_file *f;
    const group_list *group;
    struct paint paint;
    size_t gutter; /* columns of a line's number */
    struct hunk *hunk;
    size_t nhunk, shown; /* hunks that were shown */
    size_t place;        /* in the line that was shown last */
};

/* Blanks as wide as the number of a line. */
static void add_blanks(const struct block *b)
{
    for (size_t i = 0; i < b->gutter; i++)
        buf_char(b->out, ' ');
}

/* "  12 ", dimmed up to what follows; 0: blanks. */
static void add_gutter(const struct block *b, uint32_t number)
{
    buf_add(b->out, S("  "));
    buf_add(b->out, b->paint.dim);
    if (number)
        add_number(b->out, number, b->gutter);
    else
        add_blanks(b);
}

/* Where two lines part. */
static size_t same_bytes(struct str a, struct str b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* One line of a side. */
static void add_side_line(const struct block *b, char sign, struct str shown, uint32_t number)
{
    add_gutter(b, number);
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, ' ');
    buf_add(b->out, sign == '+' ? b->paint.plus : b->paint.minus);
    buf_char(b->out, sign);
    add(b->out, shown.n ? " " : "");
    buf_add(b->out, shown);
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, '\n');
}

/* Of the lines that are too many to be shown. */
static void add_dots(const struct block *b)
{
    buf_add(b->out, S("  "));
    add_blanks(b);
    buf_char(b->out, ' ');
    buf_add(b->out, b->paint.dim);
    buf_add(b->out, S("..."));
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, '\n');
}

/* One side of a hunk; what `others` has in its place is the other. The number of the first line
 * stands before it, or none: 0. */
static void add_side(const struct block *b, char sign, struct str lines, struct str others,
                     uint32_t number)
{
    struct str line, other;

    for (size_t n = 0; lines.n && str_cut(&lines, '\n', &line); n++) {
        if (n == LINES) {
            add_dots(b);
            return;
        }
        if (!others.n || !str_cut(&others, '\n', &other))
            other = S("");
        size_t at = same_bytes(line, other);
        if (!number && at >= b->place && at - b->place < NEAR)
            at = b->place; /* the same part of the line as above */
        struct str end = str_without_end(line, '\r');
        add_side_line(b, sign, source_show(b->f->arena, end, at, at).text, number);
        number += number > 0;
    }
}

/* Hunks that begin above this line; `line` itself stands there already. */
static void add_hunks(struct block *b, uint32_t line, bool stands)
{
    while (b->shown < b->nhunk && b->hunk[b->shown].line <= line) {
        const struct hunk *h = &b->hunk[b->shown];
        if (!stands && h->line == line)
            return;
        b->shown++;
        bool below = stands && h->line == line && h->nold == 1;
        if (!below)
            add_side(b, '-', h->old, h->new, h->line);
        add_side(b, '+', h->new, h->old, below ? 0 : h->line);
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

/* Of the same bytes, up to column `to` of what begins at `start`. */
static void fill(struct buf *b, size_t start, size_t to, struct str row)
{
    while (b->n - start < to) {
        size_t left = to - (b->n - start);
        buf_add(b, str_sub(row, 0, left < row.n ? left : row.n));
    }
}

/* `^^^^` below what each finding of the line points at. */
static void add_marks(const struct block *b, const struct shown_line *l, size_t first, size_t end)
{
    size_t start = b->out->n;

    for (size_t i = first; i < end; i++) {
        struct source_line s = place_in(l, &b->f->result->finding[b->group->v[i]]);
        if (i == first)
            s = l->seen;
        else if (!l->plain)
            s = source_show(b->f->arena, l->text, s.from, s.to);
        if (s.to <= s.from && i == first)
            s.to = s.from + 1;
        fill(b->out, start, s.from, S("                                "));
        fill(b->out, start, s.to, S("^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"));
    }
}

/* A line, and what in it is pointed at. */
static void add_shown_line(const struct block *b, const struct shown_line *l, size_t first,
                           size_t end)
{
    add_gutter(b, b->f->result->finding[b->group->v[first]].start.line);
    buf_add(b->out, S(" |"));
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, ' ');
    buf_add(b->out, l->seen.text);
    buf_char(b->out, '\n');
    add_gutter(b, 0);
    buf_add(b->out, S(" |"));
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, ' ');
    buf_add(b->out, b->paint.mark);
    add_marks(b, l, first, end);
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, '\n');
}

/* The lines that the findings are about, and what becomes of them. */
static void add_source(struct block *b)
{
    const struct finding *v = b->f->result->finding;
    const size_t *at = b->group->v;

    for (size_t i = 0, end; i < b->group->n; i = end) {
        const struct finding *x = &v[at[i]];
        struct shown_line l;
        l.text = source_line_at(b->f->text, x->span.start, &l.start);
        l.plain = source_is_plain(l.text);
        l.seen = place_in(&l, x);
        if (!l.plain)
            l.seen = source_show(b->f->arena, l.text, l.seen.from, l.seen.to);
        for (end = i + 1; end < b->group->n && v[at[end]].start.line == x->start.line;)
            end++;
        add_hunks(b, x->start.line, false);
        add_shown_line(b, &l, i, end);
        b->place = x->span.start - l.start;
        add_hunks(b, x->start.line, true);
    }
    add_hunks(b, UINT32_MAX, false);
}

static void add_note(const struct block *b, const char *what, struct str text)
{
    if (!text.n)
        return;
    add_blanks(b);
    buf_add(b->out, S("   "));
    buf_add(b->out, b->paint.dim);
    add(b->out, what);
    terminal_add(b->out, text);
    buf_add(b->out, b->paint.plain);
    buf_char(b->out, '\n');
}

/* What to know and to do about the place, why the rule is there, and where more stands. */
static void add_notes(const struct block *b, const struct finding *x, bool first)
{
    const struct fixer *fixer = x->fixer;

    add_note(b, x->skip ? "not changed: " : "note: ", x->why);
    if (!fixer || !str_eq(x->help, str_of(fixer->title)))
        add_note(b, "help: ", x->help);
    if (x->skip || !first)
        return;
    add_note(b, "", str_of(fixer ? fixer->why : NULL));
    add_note(b, "", format_page(b->w, b->f->arena, x));
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

static size_t digits_of(uint32_t n)
{
    size_t digits = 1;

    while (n >= 10) {
        n /= 10;
        digits++;
    }
    return digits;
}

static void add_block(struct buf *out, const struct writer *w, const struct report_file *f,
                      const group_list *g)
{
    const struct finding *v = f->result->finding, *x = &v[g->v[0]];
    struct block b = {.out = out, .w = w, .f = f, .group = g, .paint = paint_of(w, x->severity)};

    add_head(out, f, x, &b.paint);
    add(out, x->skip && !x->why.n ? "not changed: " : "");
    buf_add(out, b.paint.bold);
    terminal_add(out, x->title);
    buf_add(out, b.paint.plain);
    terminal_add(out, f->told[g->v[0]].also);
    if (g->n > 1)
        buf_fmt(out, " (and %zu more)", g->n - 1);
    add(out, deed_of(f, x));
    buf_char(out, '\n');
    b.gutter = digits_of(v[g->v[g->n - 1]].start.line);
    b.nhunk = hunks_of(f->arena, f->text, edits_of_group(f, g), x, &b.hunk);
    if (!x->skip && !(x->fixer && x->fixer->hides))
        add_source(&b);
    add_notes(&b, x, is_first_of_rule(w, f, g->v[0]));
    add(out, x->skip ? "" : "\n");
}

static void text_file(struct writer *w, const struct report_file *f)
{
    const struct result *r = f->result;
    bool *done = arena_new(f->arena, bool, r->nfinding);
    struct buf out = {.arena = f->arena};

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
        add_block(&out, w, f, &g);
    }
    add_unchecked(&out, w, f);
    put_out(&out, w);
}

const struct format format_text = {
    .name = "text", .what = "with the source and the fix", .file = text_file, .people = true};
