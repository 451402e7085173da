/* XML reports: Checkstyle's, and JUnit's, where a file is a suite and a finding a case of it. */
#include "faces/formats/formats.h"

static void put_attribute(FILE *out, const char *name, struct str value)
{
    fprintf(out, " %s=\"", name);
    document_xml(out, value);
    fputc('"', out);
}

static size_t count_listed(const struct report_file *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->result->nfinding; i++)
        n += format_lists(f, i);
    return n;
}

/* ---- Checkstyle ---- */

static void checkstyle_begin(struct writer *w)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n", w->out);
}

static void checkstyle_file(struct writer *w, const struct report_file *f)
{
    if (!count_listed(f))
        return;
    fputs("<file", w->out);
    put_attribute(w->out, "name", f->label);
    fputs(">\n", w->out);
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        struct place_lc at = format_place(f->text, x->span.start, x->start);
        if (!format_lists(f, i))
            continue;
        fprintf(w->out, "<error line=\"%u\" column=\"%u\" severity=\"%s\"", at.line, at.column,
                severity_name(x->severity));
        put_attribute(w->out, "message", x->message);
        fprintf(w->out, " source=\"dfix.%s\"/>\n", x->rule);
    }
    fputs("</file>\n", w->out);
}

static void checkstyle_end(struct writer *w, const struct report_sum *sum)
{
    (void)sum;
    fputs("</checkstyle>\n", w->out);
}

const struct format format_checkstyle = {
    .name = "checkstyle",
    .what = "Checkstyle's XML",
    .begin = checkstyle_begin,
    .file = checkstyle_file,
    .end = checkstyle_end,
};

/* ---- JUnit ---- */

static void junit_begin(struct writer *w)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dfix\">\n", w->out);
}

/* Hints of severity info fail no run, and no case. */
static bool fails(const struct finding *x)
{
    return x->severity > SEVERITY_INFO;
}

static void put_case(struct writer *w, const struct report_file *f, const struct finding *x)
{
    struct place_lc at = format_place(f->text, x->span.start, x->start);

    fputs("<testcase", w->out);
    put_attribute(w->out, "name", str_fmt(f->arena, "%s:%u:%u", x->rule, at.line, at.column));
    put_attribute(w->out, "classname", f->label);
    fprintf(w->out, " time=\"0\"><%s", fails(x) ? "failure" : "skipped");
    put_attribute(w->out, "message", x->message);
    if (!fails(x)) {
        fputs("/></testcase>\n", w->out);
        return;
    }
    put_attribute(w->out, "type", str_of(severity_name(x->severity)));
    fputc('>', w->out);
    document_xml(w->out, str_fmt(f->arena, STR_FMT ":%u:%u: %s: " STR_FMT, STR_ARG(f->label),
                                 at.line, at.column, x->rule, STR_ARG(x->message)));
    fputs("</failure></testcase>\n", w->out);
}

static void junit_file(struct writer *w, const struct report_file *f)
{
    size_t n = count_listed(f), failures = 0, skipped = 0;

    for (size_t i = 0; i < f->result->nfinding; i++) {
        failures += format_lists(f, i) && fails(&f->result->finding[i]);
        skipped += format_lists(f, i) && !fails(&f->result->finding[i]);
    }
    fputs("<testsuite", w->out);
    put_attribute(w->out, "name", f->label);
    fprintf(w->out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
            n ? n : 1, failures, skipped);
    if (!n) {
        fputs("<testcase name=\"dfix\"", w->out);
        put_attribute(w->out, "classname", f->label);
        fputs(" time=\"0\"/>\n", w->out);
    }
    for (size_t i = 0; i < f->result->nfinding; i++)
        if (format_lists(f, i))
            put_case(w, f, &f->result->finding[i]);
    fputs("</testsuite>\n", w->out);
}

/* What could not be done is an error of the run's own suite. */
static void junit_end(struct writer *w, const struct report_sum *sum)
{
    size_t errors = 0;

    for (size_t i = 0; i < sum->nnote; i++)
        errors += sum->note[i].error;
    if (errors)
        fprintf(w->out,
                "<testsuite name=\"dfix\" tests=\"%zu\" failures=\"0\" errors=\"%zu\" "
                "skipped=\"0\" time=\"0\">\n",
                errors, errors);
    for (size_t i = 0; i < sum->nnote; i++)
        if (sum->note[i].error) {
            fputs("<testcase name=\"run\" classname=\"dfix\" time=\"0\"><error", w->out);
            put_attribute(w->out, "message", sum->note[i].text);
            fputs(" type=\"error\"/></testcase>\n", w->out);
        }
    fputs(errors ? "</testsuite>\n</testsuites>\n" : "</testsuites>\n", w->out);
}

const struct format format_junit = {
    .name = "junit",
    .what = "JUnit's XML",
    .begin = junit_begin,
    .file = junit_file,
    .end = junit_end,
};
