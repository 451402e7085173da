/* html.c - the page: what is open first, then what to do about it, then who and since when. */
#include "faces/cli/site.h"
#include "faces/report/page.h"
#include "faces/report/report_face.h"

enum { ROWS_MAX = 1000, FIXES_MAX = 25, SOON = 30 };

/* ---- numbers at the top ---- */

static void put_tile(struct buf *b, size_t n, const char *kind, const char *what)
{
    buf_fmt(b, "<li><b>");
    page_mark(b, n ? str_of(kind) : S(""), str_fmt(b->arena, "%zu", n));
    buf_fmt(b, "</b>%s</li>\n", what);
}

static void put_tiles(struct buf *b, const struct report_data *d)
{
    size_t risks = 0, bad = 0, exploited = 0, findings = 0, force = 0, soon = 0;

    for (size_t i = 0; i < d->entry.n; i++) {
        const struct open_entry *x = &d->entry.v[i];
        risks += x->risk;
        findings += !x->risk;
        bad += x->risk && x->grade <= GRADE_HIGH;
        exploited += x->exploited;
    }
    for (size_t i = 0; i < d->accepted.n; i++) {
        force += d->accepted.v[i].counts;
        soon += d->accepted.v[i].counts && d->accepted.v[i].ends && d->accepted.v[i].left <= SOON;
    }
    buf_add(b, S("<ul class=\"tiles\">\n"));
    put_tile(b, risks, "", "open vulnerabilities");
    put_tile(b, bad, "critical", "of them critical or high");
    put_tile(b, exploited, "critical", "known to be exploited");
    put_tile(b, findings, "", "other findings");
    put_tile(b, force, "", "accepted risks in force");
    put_tile(b, soon, "soon", "of them end within 30 days");
    buf_add(b, S("</ul>\n"));
}

/* ---- cells of what is open ---- */

static struct str place_of(struct arena *a, const struct open_entry *x)
{
    if (x->file.n && x->line)
        return str_fmt(a, STR_FMT ":%u", STR_ARG(x->file), x->line);
    return x->file.n ? x->file : x->image;
}

static void put_age(struct buf *b, const struct open_entry *x)
{
    if (x->age < 0)
        page_cell(b, S(""));
    else
        page_number(b, x->age);
}

/* ---- tables of sums ---- */

static void put_counts(struct buf *b, const struct sum *s)
{
    for (int g = 0; g < GRADES; g++)
        page_number(b, (int64_t)s->count[g]);
    page_number(b, (int64_t)s->findings);
    page_number(b, (int64_t)s->all);
}

static void put_sums(struct buf *b, const struct report_data *d, enum sum_by by, const char *head)
{
    struct sums s = report_sums(d, by);

    page_table_begin(b, head);
    for (size_t i = 0; i < s.n && i < ROWS_MAX; i++) {
        buf_add(b, S("<tr>"));
        page_cell(b, s.v[i].name);
        put_counts(b, &s.v[i]);
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
}

static void put_fixes(struct buf *b, const struct report_data *d)
{
    struct sums s = report_sums(d, BY_FIX);

    page_heading(b, "fixes", S("What one fix would close"));
    if (!s.n) {
        buf_add(b, S("<p>No fix is known for what is open.</p>\n"));
        return;
    }
    page_table_begin(b, "Fix|Closes#||Of them critical or high#");
    for (size_t i = 0; i < s.n && i < FIXES_MAX; i++) {
        buf_add(b, S("<tr>"));
        page_cell(b, s.v[i].name);
        page_number(b, (int64_t)s.v[i].all);
        buf_fmt(b, "<td><span class=\"bar\" style=\"width:%zupx\"></span></td>",
                160 * s.v[i].all / s.v[0].all);
        page_number(b, (int64_t)(s.v[i].count[GRADE_CRITICAL] + s.v[i].count[GRADE_HIGH]));
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
    if (s.n > FIXES_MAX)
        buf_fmt(b, "<p class=\"soft\">%zu more are in the JSON beside this page.</p>\n",
                s.n - FIXES_MAX);
}

static void put_ages(struct buf *b, const struct report_data *d)
{
    struct ages ages = report_ages(d);

    page_heading(b, "ages", S("Open vulnerabilities by severity and age"));
    page_table_begin(b, "Severity|7 days or less#|30 or less#|90 or less#|more#|not known#");
    for (int g = 0; g < GRADES; g++) {
        buf_add(b, S("<tr><td>"));
        page_mark(b, str_of(grade_word((enum grade)g)), str_of(grade_word((enum grade)g)));
        buf_add(b, S("</td>"));
        for (int k = 0; k < AGES; k++)
            page_number(b, (int64_t)ages.count[g][k]);
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
}

/* ---- what nobody looks after ---- */

static void put_ended(struct buf *b, const struct report_data *d)
{
    size_t rows = 0;

    for (size_t i = 0; i < d->entry.n && rows < ROWS_MAX; i++) {
        const struct open_entry *x = &d->entry.v[i];
        if (!x->ended.n)
            continue;
        if (!rows++) {
            page_heading(b, "ended", S("Support that has ended"));
            page_table_begin(b, "What|Where|Owner|Since|Days#|Why, and what to do");
        }
        buf_add(b, S("<tr>"));
        page_cell(b, x->what);
        page_cell(b, place_of(b->arena, x));
        page_cell(b, x->owners.n ? x->owners : S("nobody"));
        page_cell(b, x->ended);
        put_age(b, x);
        page_cell(b, x->why);
        buf_add(b, S("</tr>\n"));
    }
    if (rows)
        page_table_end(b);
}

/* ---- accepted ---- */

static void put_accepted(struct buf *b, const struct report_data *d)
{
    page_heading(b, "accepted", S("Accepted risks"));
    if (!d->accepted.n) {
        buf_add(b, S("<p>Nothing is accepted.</p>\n"));
        return;
    }
    page_table_begin(b, "What|Where|Why|Who answers for it|Until|Days left#|Note");
    for (size_t i = 0; i < d->accepted.n && i < ROWS_MAX; i++) {
        const struct accepted_entry *x = &d->accepted.v[i];
        const char *kind = !x->counts ? "bad" : x->left <= SOON ? "soon" : "good";
        buf_add(b, S("<tr>"));
        page_cell(b, x->id.n && x->package.n ? str_fmt(b->arena, STR_FMT " in " STR_FMT,
                                                       STR_ARG(x->id), STR_ARG(x->package))
                     : x->id.n               ? x->id
                                             : x->package);
        page_cell(b, x->where.n ? x->where : S("everywhere"));
        page_cell(b, x->reason);
        page_cell(b, x->owner.n ? x->owner : S("nobody"));
        page_cell(b, x->expires.n ? x->expires : S("never"));
        buf_add(b, S("<td class=\"n\">"));
        page_mark(b, str_of(kind),
                  x->ends ? str_fmt(b->arena, "%lld", (long long)x->left) : S("–"));
        buf_add(b, S("</td>"));
        page_cell(b, !x->counts  ? str_fmt(b->arena, "does not count: " STR_FMT, STR_ARG(x->fault))
                     : x->unused ? S("nothing that was found is covered by it")
                                 : S(""));
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
}

/* ---- the trend ---- */

static size_t all_of(const struct report_run *r)
{
    size_t n = r->findings;

    for (int g = 0; g < GRADES; g++)
        n += r->count[g];
    return n;
}

/* A line over the runs; the table below it says the same. */
static void put_chart(struct buf *b, const struct report_data *d)
{
    enum { WIDE = 900, HIGH = 220, LEFT = 50, LOW = 30, TOP = 16 };
    size_t most = 1, n = d->run.n;

    for (size_t i = 0; i < n; i++)
        if (all_of(&d->run.v[i]) > most)
            most = all_of(&d->run.v[i]);
    buf_fmt(b,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Open over the stored runs\">\n"
            "<line class=\"axis\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n"
            "<text x=\"8\" y=\"%d\">%zu</text><text x=\"8\" y=\"%d\">0</text>\n",
            WIDE, HIGH, LEFT, HIGH - LOW, WIDE - 10, HIGH - LOW, TOP + 6, most, HIGH - LOW);
    buf_add(b, S("<polyline class=\"line\" points=\""));
    for (size_t i = 0; i < n; i++)
        buf_fmt(b, "%zu,%zu ", LEFT + i * (WIDE - LEFT - 30) / (n - 1),
                TOP + (HIGH - LOW - TOP) * (most - all_of(&d->run.v[i])) / most);
    buf_add(b, S("\"/>\n"));
    buf_fmt(b, "<text x=\"%d\" y=\"%d\">" STR_FMT "</text>", LEFT, HIGH - 8,
            STR_ARG(d->run.v[0].date));
    buf_fmt(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">" STR_FMT "</text>\n</svg>\n",
            WIDE - 10, HIGH - 8, STR_ARG(d->run.v[n - 1].date));
}

static void put_trend(struct buf *b, const struct report_data *d)
{
    page_heading(b, "trend", S("How it went"));
    if (d->run.n < 2) {
        buf_add(
            b,
            S("<p>A trend needs two stored runs; <code>--runs DIR</code> stores one a day.</p>\n"));
        return;
    }
    put_chart(b, d);
    page_table_begin(b, "Run|critical#|high#|medium#|low#|unrated#|findings#|all#");
    for (size_t i = d->run.n; i > 0 && d->run.n - i < 60; i--) {
        const struct report_run *r = &d->run.v[i - 1];
        buf_add(b, S("<tr>"));
        page_cell(b, r->date);
        for (int g = 0; g < GRADES; g++)
            page_number(b, (int64_t)r->count[g]);
        page_number(b, (int64_t)r->findings);
        page_number(b, (int64_t)all_of(r));
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
}

/* ---- pull requests, notes, and all that is open ---- */

static void put_pulls(struct buf *b, const struct report_data *d)
{
    if (!d->pull.n)
        return;
    page_heading(b, "pulls", S("Pull requests"));
    page_table_begin(b, "Repository|State|What|Closes#|Where");
    for (size_t i = 0; i < d->pull.n && i < ROWS_MAX; i++) {
        const struct report_pull *x = &d->pull.v[i];
        buf_add(b, S("<tr>"));
        page_cell(b, x->repository);
        page_cell(b, x->state);
        page_cell(b, x->title.n ? x->title : x->why);
        page_number(b, (int64_t)x->closes);
        page_cell(b, x->url);
        buf_add(b, S("</tr>\n"));
    }
    page_table_end(b);
}

static void put_notes(struct buf *b, const struct report_data *d)
{
    if (!d->note.n)
        return;
    page_heading(b, "notes", S("Refused, or not known"));
    buf_add(b, S("<ul>\n"));
    for (size_t i = 0; i < d->note.n && i < ROWS_MAX; i++) {
        buf_add(b, S("<li>"));
        html_text(b, d->note.v[i]);
        buf_add(b, S("</li>\n"));
    }
    buf_add(b, S("</ul>\n"));
}

static void put_entry(struct buf *b, const struct open_entry *x)
{
    buf_add(b, S("<tr><td>"));
    page_mark(b, str_of(grade_word(x->grade)), str_of(grade_word(x->grade)));
    buf_add(b, x->exploited ? S("<br>exploited</td>") : S("</td>"));
    page_cell(b, x->id);
    page_cell(b, x->what);
    page_cell(b, place_of(b->arena, x));
    page_cell(b, x->owners.n ? x->owners : S("nobody"));
    put_age(b, x);
    page_cell(b, x->fix);
    buf_add(b, S("</tr>\n"));
}

static void put_open(struct buf *b, const struct report_data *d)
{
    page_heading(b, "open", S("All that is open"));
    if (!d->entry.n) {
        buf_add(b, S("<p>Nothing is open.</p>\n"));
        return;
    }
    page_table_begin(b, "Severity|Which|What|Where|Owner|Days#|Fix");
    for (size_t i = 0; i < d->entry.n && i < ROWS_MAX; i++)
        put_entry(b, &d->entry.v[i]);
    page_table_end(b);
    if (d->entry.n > ROWS_MAX)
        buf_fmt(b, "<p class=\"soft\">%zu more are in the CSV beside this page.</p>\n",
                d->entry.n - ROWS_MAX);
}

struct str report_html(struct report_data *d)
{
    static const char counts[] = "critical#|high#|medium#|low#|unrated#|findings#|all#";
    struct buf b = {.arena = d->arena};

    page_begin(&b, S("Images and Dockerfiles"),
               str_fmt(d->arena,
                       "What is open on " STR_FMT ", who has it, and what would close it.",
                       STR_ARG(d->today)));
    buf_add(&b,
            S("<nav><ul><li><a href=\"#fixes\">Fixes</a></li><li><a href=\"#ages\">Ages</a></li>"
              "<li><a href=\"#owners\">Owners</a></li><li><a href=\"#bases\">Bases</a></li>"
              "<li><a href=\"#accepted\">Accepted</a></li><li><a href=\"#trend\">Trend</a></li>"
              "<li><a href=\"#open\">All</a></li></ul></nav>\n"));
    put_tiles(&b, d);
    put_notes(&b, d);
    put_fixes(&b, d);
    put_ages(&b, d);
    page_heading(&b, "owners", S("By owner"));
    put_sums(&b, d, BY_OWNER, str_fmt(d->arena, "Owner|%s", counts).p);
    page_heading(&b, "bases", S("By image and base"));
    put_sums(&b, d, BY_BASE, str_fmt(d->arena, "Image or base|%s", counts).p);
    put_ended(&b, d);
    put_accepted(&b, d);
    put_pulls(&b, d);
    put_trend(&b, d);
    put_open(&b, d);
    page_end(&b, S("Made by dfix " DFIX_VERSION ". The same is beside this page as CSV and JSON."));
    return buf_str(&b);
}
