/* SonarQube's generic issues: rules, and where they were broken. Columns count from 0. */
#include "faces/formats/formats.h"

#include <jansson.h>

static const char *impact_of(enum severity s)
{
    static const char *const name[] = {"LOW", "MEDIUM", "HIGH"};
    return name[s];
}

static void sonarqube_begin(struct writer *w)
{
    struct rule_words r;

    fputs("{\"rules\":[", w->out);
    for (size_t i = 0; rule_words(i, &r); i++)
        document_item(w,
                      json_pack("{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s}]}", "id", r.id, "name", r.title,
                                "description", r.doc, "engineId", "dfix", "cleanCodeAttribute",
                                "TRUSTWORTHY", "impacts", "softwareQuality", "RELIABILITY",
                                "severity", impact_of(r.severity)));
    fputs("],\n\"issues\":[", w->out);
    w->printed = 0;
}

static json_t *range_of(struct format_range r)
{
    json_t *o = json_pack("{s:I,s:I}", "startLine", (json_int_t)r.start.line, "endLine",
                          (json_int_t)format_last_line(r));

    if (r.start.line == r.end.line && r.end.column > r.start.column) {
        json_object_set_new(o, "startColumn", json_integer((json_int_t)r.start.column - 1));
        json_object_set_new(o, "endColumn", json_integer((json_int_t)r.end.column - 1));
    }
    return o;
}

static void sonarqube_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        if (!format_lists(f, i))
            continue;
        document_item(w,
                      json_pack("{s:s,s:{s:o,s:o,s:o}}", "ruleId", x->rule, "primaryLocation",
                                "message", document_str(x->message), "filePath",
                                document_str(f->label), "textRange", range_of(format_range(f, x))));
    }
}

static void sonarqube_end(struct writer *w, const struct report_sum *sum)
{
    (void)sum;
    fputs("]}\n", w->out);
}

const struct format format_sonarqube = {
    .name = "sonarqube",
    .what = "SonarQube's generic issues",
    .begin = sonarqube_begin,
    .file = sonarqube_file,
    .end = sonarqube_end,
};
