/* How patches are printed, and what levels are called. */
#include "faces/faces.h"

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

struct str report_patch(struct arena *a, struct str target, struct str text, struct edits e)
{
    struct buf b = {.arena = a};
    /* What lies outside of the working directory is named whole: `patch -p1 -d /` takes it. */
    struct str path = str_starts(target, S("/")) ? str_from(target, 1) : target;

    edits_diff(&b, path, text, e);
    return buf_str(&b);
}

void report_diff(FILE *out, const struct report *r, const struct job *j)
{
    struct str rest = report_patch(j->arena, j->target, j->text, j->result.edits), line;

    if (!colour_is_wanted(r->colour, out)) {
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
