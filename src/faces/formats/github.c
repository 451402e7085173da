/* GitHub Actions: annotations of a step, and the summary of its job. */
#include "faces/formats/formats.h"

#include <stdlib.h>

#include "host/files.h"

/* Text in a workflow command: what would end it, or begin another one, is spelled out. */
static void put_escaped(FILE *out, struct str s, bool property)
{
    size_t n;

    for (size_t i = 0; i < s.n; i += n) {
        uint32_t c;
        n = terminal_character(s, i, &c);
        bool plain = n && terminal_is_plain(s, i, c);
        n += !n;
        if (c == '%' || c == '\n' || c == '\r' || (property && (c == ':' || c == ',')))
            fprintf(out, "%%%02X", c);
        else if (plain)
            fwrite(s.p + i, 1, n, out);
        else
            for (size_t k = 0; k < n; k++)
                fprintf(out, "\\x%02x", (unsigned char)s.p[i + k]);
    }
}

/* As the repository calls it. */
static struct str path_in_workspace(struct arena *a, struct str label)
{
    const char *workspace = getenv("GITHUB_WORKSPACE");
    struct str left;

    if (workspace && workspace[0] == '/' &&
        path_below(path_absolute(a, label), path_without_slash(str_of(workspace)), &left) && left.n)
        return left;
    return label;
}

static void github_file(struct writer *w, const struct report_file *f)
{
    static const char *const command[] = {"notice", "warning", "error"};
    struct str path = path_in_workspace(f->arena, f->label);

    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        if (!format_lists(f, i))
            continue;
        struct format_range r = format_range(f, x);
        fprintf(w->out, "::%s file=", command[x->severity]);
        put_escaped(w->out, path, true);
        fprintf(w->out, ",line=%u,endLine=%u", r.start.line, format_last_line(r));
        if (r.start.line == r.end.line && r.end.column > r.start.column)
            fprintf(w->out, ",col=%u,endColumn=%u", r.start.column, r.end.column);
        fprintf(w->out, ",title=dfix " STR_FMT "%s%s::", STR_ARG(x->code), x->code.n ? " " : "",
                x->rule);
        put_escaped(w->out, x->message, false);
        fputc('\n', w->out);
    }
}

const struct format format_github = {
    .name = "github", .what = "annotations in GitHub Actions", .file = github_file};

/* ---- the job's summary ---- */

enum { ROWS = 500 };

/* Text in a cell of a table: no Markdown, no HTML, no mention in it. */
static void put_cell(FILE *out, struct str s)
{
    size_t n;

    for (size_t i = 0; i < s.n; i += n) {
        uint32_t c;
        n = terminal_character(s, i, &c);
        bool plain = n && terminal_is_plain(s, i, c);
        bool word = c == ' ' || c == '.' || c == '/' || c == '-' || c >= 0x80 ||
                    (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
        n += !n;
        if (plain && word)
            fwrite(s.p + i, 1, n, out);
        else
            fprintf(out, "&#%u;", plain ? c : 0xFFFD);
    }
}

static void summary_file(struct writer *w, const struct report_file *f)
{
    struct str path = path_in_workspace(f->arena, f->label);

    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        if (!format_lists(f, i) || w->printed++ >= ROWS)
            continue;
        if (w->printed == 1)
            fputs("### dfix\n\n| where | rule | what |\n| --- | --- | --- |\n", w->out);
        fputs("| ", w->out);
        put_cell(w->out, path);
        fprintf(w->out, ":%u | %s%s" STR_FMT " | ", x->start.line, x->rule, x->code.n ? " " : "",
                STR_ARG(x->code));
        put_cell(w->out, x->message);
        fputs(" |\n", w->out);
    }
}

static void summary_end(struct writer *w, const struct report_sum *sum)
{
    if (w->printed > ROWS)
        fprintf(w->out, "\nand %zu more.\n", w->printed - ROWS);
    fputs(w->printed ? "\n" : "### dfix\n\n", w->out);
    put_cell(w->out, outcome_line(sum->outcome, w->arena, w->report->mode));
    fputs("\n\n", w->out);
}

static const struct format format_summary = {
    .name = "summary", .file = summary_file, .end = summary_end};

void summary_open(struct outputs *o, struct arena *a, const struct report *r)
{
    const char *file = getenv("GITHUB_STEP_SUMMARY");
    FILE *out = file && file[0] ? fopen(file, "ae") : NULL;
    struct writer *w = arena_new(a, struct writer, 1);

    if (!out)
        return;
    *w = (struct writer){.format = &format_summary, .out = out, .report = r, .arena = a};
    w->file = (struct output){.stream = out, .file = str_of(file), .folder = -1, .old = -1};
    vec_push(a, &o->v, w);
}
