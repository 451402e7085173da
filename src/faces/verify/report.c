/* How the outcome of dfix verify is told: for people, as JSON, as SARIF. */
#include "faces/verify/verify.h"

#include <jansson.h>

#include "faces/formats/formats.h"

/* ---- for people ---- */

static struct place_lc place_of(const struct verified *v, const struct difference *d)
{
    bool after = d->after.end > 0 || !d->before.end;

    return after ? text_place(v->after, d->after.start) : text_place(v->before, d->before.start);
}

/* A line of the text before is named as such: the file has it no more. */
static void put_difference(struct arena *a, const struct verified *v, const struct difference *d,
                           bool allowed)
{
    bool old = !d->after.end && d->before.end;

    report_text(stdout, str_fmt(a, STR_FMT ":%u: %s%s: ", STR_ARG(v->path), place_of(v, d).line,
                                difference_name(d->kind), allowed ? " (allowed)" : ""));
    report_text(stdout, d->where);
    report_text(stdout, str_fmt(a, "%s" STR_FMT "%s", d->where.n ? ": " : "", STR_ARG(d->what),
                                old ? " (a line of the old file)" : ""));
    putchar('\n');
}

static void put_sum(struct arena *a, const verified_list *v, const kind_set allowed)
{
    size_t count[DIFFERENCE_KINDS] = {0}, all = 0, failed = 0;
    struct buf b = {.arena = a};

    for (size_t i = 0; i < v->n; i++) {
        failed += v->v[i].why.n > 0;
        for (size_t k = 0; k < v->v[i].found.n; k++, all++)
            count[v->v[i].found.v[k].kind]++;
    }
    for (int k = DIFFERENCE_KINDS - 1; k > DIFFERENCE_NONE; k--)
        if (count[k])
            buf_fmt(&b, "%s%zu in %s%s", b.n ? ", " : "", count[k],
                    difference_name((enum difference_kind)k), allowed[k] ? " (allowed)" : "");
    if (all)
        printf("%zu difference%s: " STR_FMT "\n", all, all == 1 ? "" : "s", STR_ARG(buf_str(&b)));
    else if (!failed)
        puts("No differences.");
    else if (failed < v->n)
        puts("No differences in what could be compared.");
}

static void put_text(struct arena *a, const verified_list *v, const kind_set allowed, bool quiet)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct verified *f = &v->v[i];
        if (f->why.n)
            say_error(
                str_cstr(a, str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(f->path), STR_ARG(f->why))));
        for (size_t k = 0; k < f->found.n && !quiet; k++)
            put_difference(a, f, &f->found.v[k], allowed[f->found.v[k].kind]);
    }
    if (!quiet)
        put_sum(a, v, allowed);
}

/* ---- JSON ---- */

static json_t *span_of(struct str text, struct span s)
{
    if (!s.end)
        return json_null();
    struct place_lc from = text_place(text, s.start), to = text_place(text, s.end);
    struct format_range r = {format_place(text, s.start, from), format_place(text, s.end, to)};
    return json_pack("{s:I,s:I,s:I,s:I}", "line", (json_int_t)r.start.line, "column",
                     (json_int_t)r.start.column, "endLine", (json_int_t)r.end.line, "endColumn",
                     (json_int_t)r.end.column);
}

static json_t *file_of(const struct verified *v, const kind_set allowed)
{
    json_t *list = json_array();
    bool good = !v->why.n;

    for (size_t i = 0; i < v->found.n; i++) {
        const struct difference *d = &v->found.v[i];
        good &= allowed[d->kind];
        json_array_append_new(
            list, json_pack("{s:s,s:b,s:o,s:o,s:o,s:o}", "kind", difference_name(d->kind),
                            "allowed", allowed[d->kind], "where", document_str(d->where), "message",
                            document_str(d->what), "before", span_of(v->before, d->before), "after",
                            span_of(v->after, d->after)));
    }
    json_t *o = json_pack("{s:o,s:s,s:b,s:o}", "file", document_str(v->path), "kind",
                          difference_name(differences_worst(v->found)), "verified", good,
                          "differences", list);
    if (v->why.n)
        json_object_set_new(o, "error", document_str(v->why));
    return o;
}

static void put_json(const verified_list *v, const kind_set allowed)
{
    json_t *files = json_array(), *kinds = json_array();

    for (size_t i = 0; i < v->n; i++)
        json_array_append_new(files, file_of(&v->v[i], allowed));
    for (int k = DIFFERENCE_LAYOUT; k < DIFFERENCE_KINDS; k++)
        if (allowed[k])
            json_array_append_new(kinds, json_string(difference_name((enum difference_kind)k)));
    document_put(stdout, json_pack("{s:s,s:o,s:o}", "version", DFIX_VERSION, "allowed", kinds,
                                   "files", files));
    putchar('\n');
}

/* ---- SARIF ---- */

static json_t *sarif_rules(void)
{
    json_t *rules = json_array();

    for (int k = DIFFERENCE_LAYOUT; k < DIFFERENCE_KINDS; k++)
        json_array_append_new(
            rules, json_pack("{s:s,s:{s:s}}", "id", difference_name((enum difference_kind)k),
                             "shortDescription", "text", difference_doc((enum difference_kind)k)));
    return rules;
}

static const char *sarif_level(enum difference_kind k, bool allowed)
{
    if (allowed)
        return "note";
    return k == DIFFERENCE_BEHAVIOUR ? "error" : "warning";
}

static json_t *sarif_result(struct arena *a, const struct verified *v, const struct difference *d,
                            bool allowed)
{
    struct place_lc at = place_of(v, d);
    struct str message = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(d->where), d->where.n ? ": " : "",
                                 STR_ARG(d->what));

    return json_pack("{s:s,s:i,s:s,s:{s:o},s:[{s:{s:{s:o},s:{s:I}}}]}", "ruleId",
                     difference_name(d->kind), "ruleIndex", (int)d->kind - DIFFERENCE_LAYOUT,
                     "level", sarif_level(d->kind, allowed), "message", "text",
                     document_str(document_message(a, message)), "locations", "physicalLocation",
                     "artifactLocation", "uri", document_str(document_uri(a, v->path)), "region",
                     "startLine", (json_int_t)at.line);
}

static void put_sarif(struct arena *a, const verified_list *v, const kind_set allowed)
{
    json_t *results = json_array();
    bool good = true;

    for (size_t i = 0; i < v->n; i++) {
        good &= !v->v[i].why.n;
        for (size_t k = 0; k < v->v[i].found.n; k++) {
            const struct difference *d = &v->v[i].found.v[k];
            json_array_append_new(results, sarif_result(a, &v->v[i], d, allowed[d->kind]));
        }
    }
    document_put(stdout, json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:s,s:o}},s:o,s:[{s:b}]}]}", "$schema",
                                   "https://json.schemastore.org/sarif-2.1.0.json", "version",
                                   "2.1.0", "runs", "tool", "driver", "name", "dfix verify",
                                   "version", DFIX_VERSION, "rules", sarif_rules(), "results",
                                   results, "invocations", "executionSuccessful", good));
    putchar('\n');
}

void verify_report(struct arena *a, enum verify_format format, const verified_list *v,
                   const kind_set allowed, bool quiet)
{
    if (format == VERIFY_JSON)
        put_json(v, allowed);
    else if (format == VERIFY_SARIF)
        put_sarif(a, v, allowed);
    else
        put_text(a, v, allowed, quiet);
}
