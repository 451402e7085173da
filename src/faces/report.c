/* How findings and patches are printed. */
#include "faces/faces.h"

#include <jansson.h>

static const char *severity_name(enum severity s)
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

static json_t *json_str(struct str s)
{
    json_t *j = json_stringn(s.p, s.n);
    return j ? j : json_string("(not UTF-8)");
}

static json_t *json_edits(const struct finding *f)
{
    json_t *list = json_array();

    for (size_t i = 0; i < f->edits.n; i++)
        json_array_append_new(
            list, json_pack("{s:i,s:i,s:o}", "start", (int)f->edits.v[i].span.start, "end",
                            (int)f->edits.v[i].span.end, "text", json_str(f->edits.v[i].text)));
    return list;
}

static void print_json(FILE *out, struct report *r, const struct job *j, const struct finding *f)
{
    json_t *o = json_pack(
        "{s:o,s:i,s:i,s:i,s:i,s:s,s:s,s:s,s:b,s:b,s:o,s:o}", "file", json_str(j->label), "line",
        (int)f->start.line, "column", (int)f->start.column, "endLine", (int)f->end.line,
        "endColumn", (int)f->end.column, "rule", f->rule, "severity", severity_name(f->severity),
        "safety", safety_name(f->safety), "leftAlone", f->skip, "applied", f->applied, "message",
        json_str(f->message), "edits", json_edits(f));
    fputs(r->printed ? ",\n" : "\n", out);
    json_dumpf(o, out, JSON_COMPACT);
    json_decref(o);
}

void report_begin(FILE *out, const struct report *r)
{
    if (r->json)
        fputs("[", out);
}

void report_end(FILE *out, const struct report *r)
{
    if (r->json)
        fputs("\n]\n", out);
}

void report_findings(FILE *out, struct report *r, const struct job *j)
{
    for (size_t i = 0; i < j->result.nfinding; i++) {
        const struct finding *f = &j->result.finding[i];
        if (f->skip && r->quiet)
            continue;
        if (r->json)
            print_json(out, r, j, f);
        else
            print_text(out, r, j, f);
        r->printed++;
    }
}

void report_diff(FILE *out, const struct report *r, const struct job *j)
{
    struct buf b = {.arena = j->arena};

    struct str path = str_starts(j->label, S("/")) ? str_from(j->label, 1) : j->label;

    edits_diff(&b, path, j->text, j->result.edits);
    if (!r->colour) {
        fwrite(buf_str(&b).p, 1, b.n, out);
        return;
    }
    for (struct str rest = buf_str(&b), line; str_cut(&rest, '\n', &line);) {
        const char *colour = str_starts(line, S("+"))   ? "\033[32m"
                             : str_starts(line, S("-")) ? "\033[31m"
                             : str_starts(line, S("@")) ? "\033[36m"
                                                        : "";
        fprintf(out, "%s" STR_FMT "%s\n", colour, STR_ARG(line), colour[0] ? "\033[0m" : "");
    }
}
