/* The report as one JSON document, for programs:
 *
 *   {"dfix": "0.1.0", "mode": "check" | "diff" | "fix",
 *    "files": [{"file": "Dockerfile",
 *               "findings": [{"line": 1, "column": 1, "endLine": 1, "endColumn": 9,
 *                             "rule": "pin-apt", "severity": "info" | "warning" | "error",
 *                             "safety": "hint" | "unsafe" | "safe", "leftAlone": false,
 *                             "applied": false, "message": "...", "code": "DL3008",
 *                             "title": "...", "why": "...", "help": "...", "url": "...",
 *                             "count": 2, "edits": [EDIT...]}],
 *               "bases": [{"line": 1, "column": 6, "image": "nginx:1.27", "release": "debian 12",
 *                          "source": "registry" | "layout" | "file" | "table" | ""}],
 *               "unchecked": [{"rule": "pin-apt", "why": "..."}],
 *               "edits": [EDIT...], "patch": "--- a/Dockerfile\n..."}],
 *    "notes": [{"severity": "warning" | "error", "message": "..."}],
 *    "summary": {"files": 9, "findings": 3, "fixed": 0, "fixable": 1, "fixableUnsafe": 1,
 *                "notFixable": 1, "written": 0, "unchecked": 0, "failed": 0}}
 *
 *   EDIT: {"start": 10, "end": 14, "line": 2, "column": 3, "endLine": 2, "endColumn": 7,
 *          "text": "curl=7.88.*"}
 *
 * `message` is what title, why and help come to, as one sentence; of these `why` and what follows
 * it stand only where there is something to say.
 *
 * Offsets count bytes from 0, lines and columns (bytes too) from 1; all over the file as it was
 * read. A finding's own edits are given by a check, where each can be applied alone; otherwise a
 * file has `edits`, all that were applied, composed: sorted, apart from each other. `bases` are the
 * images that stages are built on, and who said what is in them. `unchecked` are the rules that
 * could not judge the file, for want of a fact. A reason why something was left alone is given once
 * an instruction; `count` says how often it holds, when more than once. Only files with something
 * to tell are listed. */
#include "faces/formats/formats.h"

#include <jansson.h>
#include <stdlib.h>

static void set_text(json_t *o, const char *name, struct str text)
{
    if (text.n)
        json_object_set_new(o, name, document_str(text));
}

json_t *document_finding(const struct writer *w, const struct report_file *f, size_t finding)
{
    const struct finding *x = &f->result->finding[finding];
    const struct told *told = &f->told[finding];
    struct str whole = str_fmt(f->arena, STR_FMT STR_FMT, STR_ARG(x->message), STR_ARG(told->also));
    json_t *o =
        json_pack("{s:I,s:I,s:I,s:I,s:s,s:s,s:s,s:b,s:b,s:o}", "line", (json_int_t)x->start.line,
                  "column", (json_int_t)x->start.column, "endLine", (json_int_t)x->end.line,
                  "endColumn", (json_int_t)x->end.column, "rule", x->rule, "severity",
                  severity_name(x->severity), "safety", safety_name(x->safety), "leftAlone",
                  x->skip, "applied", x->applied && !f->unwritten, "message", document_str(whole));

    set_text(o, "code", x->code);
    set_text(o, "title", x->title);
    set_text(o, "why", x->why);
    set_text(o, "help", x->help);
    set_text(o, "url", format_page(w, f->arena, x));
    if (told->count > 1)
        json_object_set_new(o, "count", json_integer((json_int_t)told->count));
    if (x->edits.n)
        json_object_set_new(o, "edits", document_edits(f->text, x->edits));
    return o;
}

static json_t *json_bases(const struct result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->nbase; i++) {
        const struct base_told *b = &r->base[i];
        struct arena *scratch = arena_open();
        struct str release = b->release.distro.n
                                 ? str_fmt(scratch, STR_FMT " " STR_FMT, STR_ARG(b->release.distro),
                                           STR_ARG(b->release.version))
                                 : S("");
        json_array_append_new(
            list, json_pack("{s:I,s:I,s:o,s:o,s:o}", "line", (json_int_t)b->place.line, "column",
                            (json_int_t)b->place.column, "image", document_str(b->image), "release",
                            document_str(release), "source", document_str(b->source)));
        arena_close(scratch);
    }
    return list;
}

static json_t *json_unchecked(const struct result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->nunchecked; i++)
        json_array_append_new(list, json_pack("{s:s,s:o}", "rule", r->unchecked[i].fixer->id, "why",
                                              document_str(r->unchecked[i].why)));
    return list;
}

static void json_begin(struct writer *w)
{
    static const char *const mode[] = {"check", "diff", "fix"};

    fprintf(w->out, "{\"dfix\":\"%s\",\"mode\":\"%s\",\"files\":[", DFIX_VERSION,
            mode[w->report->mode]);
}

static void json_file(struct writer *w, const struct report_file *f)
{
    const struct result *r = f->result;
    json_t *findings = json_array();

    for (size_t i = 0; i < r->nfinding; i++)
        if (f->told[i].count)
            json_array_append_new(findings, document_finding(w, f, i));
    if (!json_array_size(findings) && !r->edits.n && !r->nunchecked) {
        json_decref(findings);
        return;
    }
    json_t *o = json_pack("{s:o,s:o}", "file", document_str(f->label), "findings", findings);
    if (r->nbase)
        json_object_set_new(o, "bases", json_bases(r));
    if (r->nunchecked)
        json_object_set_new(o, "unchecked", json_unchecked(r));
    if (r->edits.n) {
        json_object_set_new(o, "edits", document_edits(f->text, r->edits));
        json_object_set_new(o, "patch",
                            document_str(report_patch(f->arena, f->target, f->text, r->edits)));
    }
    document_item(w, o);
}

json_t *document_summary(const struct outcome *o)
{
    const struct {
        const char *name;
        size_t n;
    } number[] = {
        {"files", o->files},
        {"findings", o->findings},
        {"fixed", o->fixed},
        {"fixable", o->by_fix},
        {"fixableUnsafe", o->by_unsafe},
        {"notFixable", o->findings - o->fixed - o->by_fix - o->by_unsafe},
        {"written", o->written},
        {"unchecked", o->unchecked},
        {"failed", o->failed},
    };
    json_t *j = json_object();

    for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++)
        json_object_set_new(j, number[i].name, json_integer((json_int_t)number[i].n));
    return j;
}

json_t *document_note(const struct world_note *note)
{
    return json_pack("{s:s,s:o}", "severity", note->error ? "error" : "warning", "message",
                     document_str(note->text));
}

static void json_end(struct writer *w, const struct report_sum *sum)
{
    fputs("\n],\"notes\":[", w->out);
    w->printed = 0;
    for (size_t i = 0; i < sum->nnote; i++)
        document_item(w, document_note(&sum->note[i]));
    fputs(sum->nnote ? "\n],\"summary\":" : "],\"summary\":", w->out);
    document_put(w->out, document_summary(sum->outcome));
    fputs("}\n", w->out);
}

const struct format format_json = {
    .name = "json",
    .what = "one document, with everything that is known",
    .begin = json_begin,
    .file = json_file,
    .end = json_end,
};

/* ---- a line each ---- */

static void put_typed(struct writer *w, const char *type, json_t *o)
{
    json_object_set_new(o, "type", json_string(type));
    document_put(w->out, o);
    fputc('\n', w->out);
}

static void ndjson_file(struct writer *w, const struct report_file *f)
{
    const struct result *r = f->result;

    for (size_t i = 0; i < r->nfinding; i++) {
        if (!f->told[i].count)
            continue;
        json_t *o = document_finding(w, f, i);
        json_object_set_new(o, "file", document_str(f->label));
        put_typed(w, "finding", o);
    }
    json_t *bases = json_bases(r);
    for (size_t i = 0; i < json_array_size(bases); i++) {
        json_t *o = json_deep_copy(json_array_get(bases, i));
        json_object_set_new(o, "file", document_str(f->label));
        put_typed(w, "base", o);
    }
    json_decref(bases);
    for (size_t i = 0; i < r->nunchecked; i++)
        put_typed(w, "unchecked",
                  json_pack("{s:o,s:s,s:o}", "file", document_str(f->label), "rule",
                            r->unchecked[i].fixer->id, "why", document_str(r->unchecked[i].why)));
}

static void ndjson_end(struct writer *w, const struct report_sum *sum)
{
    for (size_t i = 0; i < sum->nnote; i++)
        put_typed(w, "note", document_note(&sum->note[i]));
    put_typed(w, "summary", document_summary(sum->outcome));
}

const struct format format_ndjson = {
    .name = "ndjson",
    .what = "JSON, a line for each finding, base, note and the summary",
    .file = ndjson_file,
    .end = ndjson_end,
};
