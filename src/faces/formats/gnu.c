/* Lines as compilers print them: GNU's with the range, gcc's with the column alone. Editors' error
 * lists read both. */
#include "faces/formats/formats.h"

static void put_rest(struct writer *w, const struct finding *x)
{
    fprintf(w->out, ": %s: ", x->severity == SEVERITY_INFO ? "note" : severity_name(x->severity));
    report_text(w->out, x->message);
    fprintf(w->out, " [%s]\n", x->rule);
}

static void gnu_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        struct format_range r = format_range(f, x);
        if (!format_lists(f, i))
            continue;
        report_line_start(w->out, f->label);
        fprintf(w->out, ":%u.%u", r.start.line, r.start.column);
        if (r.end.line > r.start.line && r.end.column > 1)
            fprintf(w->out, "-%u.%u", r.end.line, r.end.column - 1);
        else if (r.end.line == r.start.line && r.end.column > r.start.column + 1)
            fprintf(w->out, "-%u", r.end.column - 1);
        put_rest(w, x);
    }
}

const struct format format_gnu = {
    .name = "gnu", .what = "lines as GNU programs print them", .file = gnu_file};

static void gcc_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        struct place_lc at = format_place(f->text, x->span.start, x->start);
        if (!format_lists(f, i))
            continue;
        report_line_start(w->out, f->label);
        fprintf(w->out, ":%u:%u", at.line, at.column);
        put_rest(w, x);
    }
}

const struct format format_gcc = {
    .name = "gcc", .what = "lines as gcc prints them", .file = gcc_file};
