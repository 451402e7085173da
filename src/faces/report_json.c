/* The report as one JSON document, for programs:
 *
 *   {"dfix": "0.1.0", "mode": "check" | "diff" | "fix",
 *    "files": [{"file": "Dockerfile",
 *               "findings": [{"line": 1, "column": 1, "endLine": 1, "endColumn": 9,
 *                             "rule": "pin-apt", "severity": "info" | "warning" | "error",
 *                             "safety": "hint" | "unsafe" | "safe", "leftAlone": false,
 *                             "applied": false, "message": "...", "count": 2,
 *                             "edits": [EDIT...]}],
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
 * Offsets count bytes from 0, lines and columns (bytes too) from 1; all over the file as it was
 * read. A finding's own edits are given by a check, where each can be applied alone; otherwise a
 * file has `edits`, all that were applied, composed: sorted, apart from each other. `bases` are the
 * images that stages are built on, and who said what is in them. `unchecked` are the rules that
 * could not judge the file, for want of a fact. A reason why something was left alone is given once
 * an instruction; `count` says how often it holds, when more than once. Only files with something
 * to tell are listed. */
#include "faces/faces.h"

#include <jansson.h>
#include <stdlib.h>

/* JSON holds UTF-8 only; bytes that are not are shown as U+FFFD each. */
static json_t *json_str(struct str s)
{
    json_t *j = json_stringn(s.p, s.n);
    struct arena *scratch;
    struct buf b;

    if (j)
        return j;
    scratch = arena_open();
    b = (struct buf){.arena = scratch};
    for (size_t i = 0; i < s.n; i++)
        buf_add(&b, (unsigned char)s.p[i] < 0x80 ? str_sub(s, i, i + 1) : S("\xEF\xBF\xBD"));
    j = json_stringn(buf_str(&b).p, b.n);
    arena_close(scratch);
    return j;
}

static json_t *json_edits(struct str text, struct edits e)
{
    json_t *list = json_array();
    struct place_lc at = {1, 1};
    uint32_t from = 0;

    for (size_t i = 0; i < e.n; i++) {
        const struct edit *x = &e.v[i];
        at = text_place_on(text, at, from, x->span.start);
        from = x->span.start;
        struct place_lc end = text_place_on(text, at, from, x->span.end);
        json_array_append_new(
            list, json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "start", (json_int_t)x->span.start,
                            "end", (json_int_t)x->span.end, "line", (json_int_t)at.line, "column",
                            (json_int_t)at.column, "endLine", (json_int_t)end.line, "endColumn",
                            (json_int_t)end.column, "text", json_str(x->text)));
    }
    return list;
}

static json_t *json_finding(const struct job *j, const struct finding *f, const struct told *told)
{
    struct str whole = str_fmt(j->arena, STR_FMT STR_FMT, STR_ARG(f->message), STR_ARG(told->also));
    json_t *message = json_str(whole);
    json_t *o =
        json_pack("{s:I,s:I,s:I,s:I,s:s,s:s,s:s,s:b,s:b,s:o}", "line", (json_int_t)f->start.line,
                  "column", (json_int_t)f->start.column, "endLine", (json_int_t)f->end.line,
                  "endColumn", (json_int_t)f->end.column, "rule", f->rule, "severity",
                  severity_name(f->severity), "safety", safety_name(f->safety), "leftAlone",
                  f->skip, "applied", f->applied && !j->unwritten, "message", message);

    if (told->count > 1)
        json_object_set_new(o, "count", json_integer((json_int_t)told->count));
    if (f->edits.n)
        json_object_set_new(o, "edits", json_edits(j->text, f->edits));
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
                            (json_int_t)b->place.column, "image", json_str(b->image), "release",
                            json_str(release), "source", json_str(b->source)));
        arena_close(scratch);
    }
    return list;
}

static json_t *json_unchecked(const struct result *r)
{
    json_t *list = json_array();

    for (size_t i = 0; i < r->nunchecked; i++)
        json_array_append_new(list, json_pack("{s:s,s:o}", "rule", r->unchecked[i].fixer->id, "why",
                                              json_str(r->unchecked[i].why)));
    return list;
}

/* In ASCII, and no line holds a command for a CI: a `#` stands in strings alone. */
static void print_json(FILE *out, json_t *o)
{
    char *text = json_dumps(o, JSON_COMPACT | JSON_ENSURE_ASCII);

    for (const char *p = text; p && *p; p++)
        if (p[0] == '#' && p[1] == '#')
            fputs("\\u0023", out);
        else
            fputc(*p, out);
    free(text);
    json_decref(o);
}

static void print(FILE *out, bool first, json_t *o)
{
    fputs(first ? "\n" : ",\n", out);
    print_json(out, o);
}

void report_json_begin(FILE *out, const char *mode)
{
    fprintf(out, "{\"dfix\":\"%s\",\"mode\":\"%s\",\"files\":[", DFIX_VERSION, mode);
}

void report_json_file(FILE *out, struct report *r, const struct job *j)
{
    struct told *told = told_of(j->arena, &j->result);
    json_t *findings = json_array();

    for (size_t i = 0; i < j->result.nfinding; i++)
        if (told[i].count)
            json_array_append_new(findings, json_finding(j, &j->result.finding[i], &told[i]));
    if (!json_array_size(findings) && !j->result.edits.n && !j->result.nunchecked) {
        json_decref(findings);
        return;
    }
    json_t *o = json_pack("{s:o,s:o}", "file", json_str(j->label), "findings", findings);
    if (j->result.nbase)
        json_object_set_new(o, "bases", json_bases(&j->result));
    if (j->result.nunchecked)
        json_object_set_new(o, "unchecked", json_unchecked(&j->result));
    if (j->result.edits.n) {
        json_object_set_new(o, "edits", json_edits(j->text, j->result.edits));
        json_object_set_new(o, "patch", json_str(report_patch(j)));
    }
    print(out, r->printed++ == 0, o);
}

static json_t *json_summary(const struct outcome *o)
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

void report_json_end(FILE *out, const struct world_note *note, size_t n, const struct outcome *o)
{
    fputs("\n],\"notes\":[", out);
    for (size_t i = 0; i < n; i++)
        print(out, i == 0,
              json_pack("{s:s,s:o}", "severity", note[i].error ? "error" : "warning", "message",
                        json_str(note[i].text)));
    fputs(n ? "\n],\"summary\":" : "],\"summary\":", out);
    print_json(out, json_summary(o));
    fputs("}\n", out);
}
