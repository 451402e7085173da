/* Codacy: a line of JSON for each finding, as its tools print them. */
#include "faces/formats/formats.h"

#include <jansson.h>

static void codacy_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        if (!format_lists(f, i))
            continue;
        document_put(w->out, json_pack("{s:o,s:o,s:s,s:I}", "filename", document_str(f->label),
                                       "message", document_str(x->message), "patternId", x->rule,
                                       "line", (json_int_t)x->start.line));
        fputc('\n', w->out);
    }
}

const struct format format_codacy = {
    .name = "codacy", .what = "Codacy's results, a line each", .file = codacy_file};
