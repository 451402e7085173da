/* Code quality: Code Climate's issues, each ended by a NUL as its engines print them, and the list
 * that GitLab takes of them. */
#include "faces/formats/formats.h"

#include <jansson.h>

static const char *severity_of(enum severity s)
{
    static const char *const name[] = {"info", "minor", "major"};
    return name[s];
}

static json_t *place_of(struct place_lc at)
{
    return json_pack("{s:I,s:I}", "line", (json_int_t)at.line, "column", (json_int_t)at.column);
}

static json_t *issue_of(const struct report_file *f, size_t finding)
{
    const struct finding *x = &f->result->finding[finding];

    return json_pack("{s:s,s:s,s:o,s:o,s:s}", "type", "issue", "check_name", x->rule, "description",
                     document_str(x->message), "fingerprint",
                     document_str(format_fingerprint(f, finding)), "severity",
                     severity_of(x->severity));
}

static void codeclimate_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        struct format_range r = format_range(f, x);
        if (!format_lists(f, i))
            continue;
        json_t *o = issue_of(f, i);
        json_object_set_new(o, "categories", json_pack("[s]", "Bug Risk"));
        json_object_set_new(o, "location",
                            json_pack("{s:o,s:{s:o,s:o}}", "path", document_str(f->label),
                                      "positions", "begin", place_of(r.start), "end",
                                      place_of(r.end)));
        if (x->fixer && x->fixer->why)
            json_object_set_new(o, "content", json_pack("{s:s}", "body", x->fixer->doc));
        document_put(w->out, o);
        fputc('\0', w->out);
    }
}

const struct format format_codeclimate = {
    .name = "codeclimate", .what = "Code Climate's issues", .file = codeclimate_file};

static void gitlab_begin(struct writer *w)
{
    fputc('[', w->out);
}

static void gitlab_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        struct format_range r = format_range(f, &f->result->finding[i]);
        if (!format_lists(f, i))
            continue;
        json_t *o = issue_of(f, i);
        json_object_set_new(o, "location",
                            json_pack("{s:o,s:{s:I,s:I}}", "path", document_str(f->label), "lines",
                                      "begin", (json_int_t)r.start.line, "end",
                                      (json_int_t)format_last_line(r)));
        document_item(w, o);
    }
}

static void gitlab_end(struct writer *w, const struct report_sum *sum)
{
    (void)sum;
    fputs(w->printed ? "\n]\n" : "]\n", w->out);
}

const struct format format_gitlab = {
    .name = "gitlab",
    .what = "GitLab's code quality report",
    .begin = gitlab_begin,
    .file = gitlab_file,
    .end = gitlab_end,
};
