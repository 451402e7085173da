/* How findings and patches are printed for people. */
#include "faces/faces.h"

#include <stdlib.h>

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

static void print_text(FILE *out, const struct report *r, const struct job *j,
                       const struct finding *f)
{
    const char *bold = r->colour ? "\033[1m" : "", *dim = r->colour ? "\033[2m" : "";
    const char *plain = r->colour ? "\033[0m" : "";

    fprintf(out, "%s" STR_FMT ":%u:%u:%s %s: %s%s" STR_FMT "%s%s\n", bold, STR_ARG(j->label),
            f->start.line, f->start.column, plain, f->rule, f->skip ? dim : "",
            f->skip ? "left alone: " : "", STR_ARG(f->message), f->skip ? plain : "",
            f->applied                                      ? " (fixed)"
            : !f->skip && f->safety == UNSAFE && f->edits.n ? " (--unsafe fixes it)"
                                                            : "");
}

void report_findings(FILE *out, const struct report *r, const struct job *j)
{
    for (size_t i = 0; i < j->result.nfinding; i++)
        if (!(j->result.finding[i].skip && r->quiet))
            print_text(out, r, j, &j->result.finding[i]);
}

/* The path in a patch's header. One that leads out of the working directory, which no patch
 * program follows, is given whole: `patch -p1 -d /` takes it. */
static struct str patch_path(const struct job *j)
{
    struct str path = j->label;

    if (str_starts(path, S("../")) || str_find(path, S("/../")) != STR_NONE) {
        char *real = realpath(str_cstr(j->arena, path), NULL);
        if (real)
            path = str_dup(j->arena, str_of(real));
        free(real);
    }
    return str_starts(path, S("/")) ? str_from(path, 1) : path;
}

struct str report_patch(const struct job *j)
{
    struct buf b = {.arena = j->arena};

    edits_diff(&b, patch_path(j), j->text, j->result.edits);
    return buf_str(&b);
}

void report_diff(FILE *out, const struct report *r, const struct job *j)
{
    struct str rest = report_patch(j), line;

    if (!r->colour) {
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
