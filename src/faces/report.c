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

/* Bytes that would steer a terminal: C0, DEL, and C1 as UTF-8 writes it. */
static size_t steers(struct str s, size_t i)
{
    unsigned char c = (unsigned char)s.p[i];

    if (c < ' ' || c == 127)
        return 1;
    bool c1 = c == 0xC2 && i + 1 < s.n && (s.p[i + 1] & 0xE0) == 0x80;
    return c1 ? 2 : 0;
}

void report_text(FILE *out, struct str text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.n; i++) {
        size_t n = steers(text, i);
        if (!n)
            continue;
        fwrite(text.p + from, 1, i - from, out);
        for (from = i; from < i + n; from++)
            fprintf(out, "\\x%02x", (unsigned char)text.p[from]);
        i = from - 1;
    }
    fwrite(text.p + from, 1, text.n - from, out);
}

static bool wants_colour(FILE *out)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return isatty(fileno(out)) && !(no && no[0]) && !(term && str_eq(str_of(term), S("dumb")));
}

static void print_text(FILE *out, bool colour, const struct job *j, const struct finding *f)
{
    const char *bold = colour ? "\033[1m" : "", *dim = colour && f->skip ? "\033[2m" : "";
    const char *plain = colour ? "\033[0m" : "";

    fputs(bold, out);
    report_text(out, j->label);
    fprintf(out, ":%u:%u:%s %s: %s%s", f->start.line, f->start.column, plain, f->rule, dim,
            f->skip ? "left alone: " : "");
    report_text(out, f->message);
    fprintf(out, "%s%s\n", dim[0] ? plain : "",
            f->applied && !j->unwritten ? " (fixed)"
            : f->wants_unsafe           ? " (--unsafe fixes it)"
                                        : "");
}

static void count(struct report *r, const struct finding *f)
{
    r->findings += !f->skip;
    r->fixable += f->safety == SAFE && f->fixable;
    r->wants_unsafe += f->wants_unsafe;
}

/* Beside a patch only what is not in it. */
void report_findings(FILE *out, struct report *r, const struct job *j)
{
    bool colour = wants_colour(out);

    for (size_t i = 0; i < j->result.nfinding; i++) {
        const struct finding *f = &j->result.finding[i];
        count(r, f);
        if (!(f->skip && r->quiet) && !(f->applied && r->mode == MODE_DIFF))
            print_text(out, colour, j, f);
    }
}

void report_sum(FILE *out, const struct report *r)
{
    if (!r->findings)
        return;
    fprintf(out, "dfix: %zu %s", r->findings, r->findings == 1 ? "finding" : "findings");
    if (r->fixable)
        fprintf(out, "; --fix mends %zu", r->fixable);
    if (r->wants_unsafe && r->fixable)
        fprintf(out, ", --fix --unsafe %zu more", r->wants_unsafe);
    else if (r->wants_unsafe)
        fprintf(out, "; --fix --unsafe mends %zu", r->wants_unsafe);
    fputc('\n', out);
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
