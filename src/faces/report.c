/* How findings and patches are printed for people. */
#include "faces/faces.h"

#include <stdlib.h>
#include <unistd.h>

const char *severity_name(enum severity s)
{
    switch (s) {
    case SEVERITY_INFO:
        return "info";
    case SEVERITY_WARNING:
        return "warning";
    case SEVERITY_ERROR:
        return "error";
    }
    return "";
}

const char *safety_name(enum safety s)
{
    switch (s) {
    case HINT:
        return "hint";
    case UNSAFE:
        return "unsafe";
    case SAFE:
        return "safe";
    }
    return "";
}

static bool wants_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(out)) && !(no && no[0]) && !(term && str_eq(str_of(term), S("dumb")));
}

/* What the run did about a finding, or what would. */
static const char *deed_of(const struct report *r, const struct job *j, const struct finding *f)
{
    if (f->wants_unsafe)
        return " (fixable with --fix --unsafe)";
    if (!f->applied || j->unwritten)
        return "";
    return r->mode == MODE_DIFF ? " (in the patch)" : " (fixed)";
}

static void print_text(FILE *out, const struct report *r, const struct job *j,
                       const struct finding *f, struct str also)
{
    bool colour = wants_colour(out);
    const char *bold = colour ? "\033[1m" : "", *dim = colour && f->skip ? "\033[2m" : "";
    const char *plain = colour ? "\033[0m" : "";

    fputs(bold, out);
    report_line_start(out, j->label);
    fprintf(out, ":%u:%u:%s %s: %s%s", f->start.line, f->start.column, plain, f->rule, dim,
            f->skip ? "not changed: " : "");
    report_text(out, f->message);
    report_text(out, also);
    fprintf(out, "%s%s\n", dim[0] ? plain : "", deed_of(r, j, f));
}

/* What was done needs no line, but for what may make the build behave otherwise. */
static bool is_news(const struct report *r, const struct job *j, const struct finding *f)
{
    if (f->skip || (f->applied && !j->unwritten && f->safety != UNSAFE))
        return r->verbose && !(f->applied && r->mode == MODE_DIFF);
    return true;
}

void report_findings(FILE *out, const struct report *r, const struct job *j)
{
    struct told *told = r->quiet ? NULL : told_of(j->arena, &j->result);

    for (size_t i = 0; told && i < j->result.nfinding; i++)
        if (told[i].count && is_news(r, j, &j->result.finding[i]))
            print_text(out, r, j, &j->result.finding[i], told[i].also);
    for (size_t i = 0; r->verbose && !r->quiet && i < j->result.nunchecked; i++) {
        report_line_start(out, j->label);
        fprintf(out, ": not fully checked (%s): ", j->result.unchecked[i].fixer->id);
        report_text(out, j->result.unchecked[i].why);
        fputc('\n', out);
    }
}

struct str report_patch(const struct job *j)
{
    struct buf b = {.arena = j->arena};
    /* What lies outside of the working directory is named whole: `patch -p1 -d /` takes it. */
    struct str path = str_starts(j->target, S("/")) ? str_from(j->target, 1) : j->target;

    edits_diff(&b, path, j->text, j->result.edits);
    return buf_str(&b);
}

void report_diff(FILE *out, const struct job *j)
{
    struct str rest = report_patch(j), line;

    if (!wants_colour(out)) {
        fwrite(rest.p, 1, rest.n, out);
        return;
    }
    while (str_cut(&rest, '\n', &line)) {
        const char *colour = str_starts(line, S("+"))   ? "\033[32m"
                             : str_starts(line, S("-")) ? "\033[31m"
                             : str_starts(line, S("@")) ? "\033[36m"
                                                        : "";
        fprintf(out, "%s" STR_FMT "%s\n", colour, STR_ARG(line), colour[0] ? "\033[0m" : "");
    }
}
