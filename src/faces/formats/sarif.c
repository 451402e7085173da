/* SARIF 2.1.0 (OASIS): what is wrong, and for what is safe the replacements that mend it. Columns
 * count characters. */
#include "faces/formats/formats.h"

#include <jansson.h>

static const char *level_of(enum severity s)
{
    return s == SEVERITY_INFO ? "note" : severity_name(s);
}

static json_t *message_of(struct arena *a, struct str text)
{
    return json_pack("{s:o}", "text", document_str(document_message(a, text)));
}

static json_t *rule_of(const struct writer *w, const struct rule_words *r)
{
    json_t *tags = json_array(), *o;
    struct str codes = str_of(r->aliases), code, site = w->report->site;

    while (str_cut(&codes, ' ', &code))
        if (code.n)
            json_array_append_new(tags, document_str(code));
    o = json_pack("{s:s,s:{s:s},s:{s:s},s:{s:s,s:s},s:{s:s},s:{s:o,s:s}}", "id", r->id,
                  "shortDescription", "text", r->title, "fullDescription", "text",
                  r->why ? r->why : r->title, "help", "text", r->doc, "markdown", r->doc,
                  "defaultConfiguration", "level", level_of(r->severity), "properties", "tags",
                  tags, "safety", safety_name(r->safety));
    if (site.n)
        json_object_set_new(
            o, "helpUri",
            document_str(str_fmt(w->arena, STR_FMT "/rules/%s.html", STR_ARG(site), r->id)));
    return o;
}

static void sarif_begin(struct writer *w)
{
    struct rule_words rule;

    fputs("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
          "\"runs\":[{\"columnKind\":\"unicodeCodePoints\",\"tool\":{\"driver\":{\"name\":"
          "\"dfix\",\"version\":\"" DFIX_VERSION "\",\"semanticVersion\":\"" DFIX_VERSION
          "\",\"rules\":[",
          w->out);
    for (size_t i = 0; rule_words(i, &rule); i++)
        document_item(w, rule_of(w, &rule));
    fputs("]}},\"results\":[", w->out);
    w->printed = 0;
}

static json_t *artifact_of(struct arena *a, struct str label)
{
    bool whole = str_starts(label, S("/"));
    struct str uri =
        str_fmt(a, "%s" STR_FMT, whole ? "file://" : "", STR_ARG(document_uri(a, label)));

    return whole ? json_pack("{s:o}", "uri", document_str(uri))
                 : json_pack("{s:o,s:s}", "uri", document_str(uri), "uriBaseId", "SRCROOT");
}

static json_t *region_of(struct format_range r)
{
    return json_pack("{s:I,s:I,s:I,s:I}", "startLine", (json_int_t)r.start.line, "startColumn",
                     (json_int_t)r.start.column, "endLine", (json_int_t)r.end.line, "endColumn",
                     (json_int_t)r.end.column);
}

/* NULL: what is put in cannot be said in JSON. */
static json_t *replacements_of(const struct report_file *f, struct edits e)
{
    json_t *list = json_array();
    struct place_lc at = {1, 1};
    uint32_t from = 0;

    for (size_t i = 0; i < e.n; i++) {
        const struct edit *x = &e.v[i];
        json_t *text = json_stringn(x->text.p, x->text.n);
        if (!text) {
            json_decref(list);
            return NULL;
        }
        at = text_place_on(f->text, at, from, x->span.start);
        from = x->span.start;
        struct place_lc end = text_place_on(f->text, at, from, x->span.end);
        struct format_range r = {format_place(f->text, x->span.start, at),
                                 format_place(f->text, x->span.end, end)};
        json_array_append_new(list, json_pack("{s:o,s:{s:o}}", "deletedRegion", region_of(r),
                                              "insertedContent", "text", text));
    }
    return list;
}

static void set_fix(json_t *o, const struct report_file *f, const struct finding *x)
{
    json_t *replacements =
        x->remedy == REMEDY_FIX && x->edits.n ? replacements_of(f, x->edits) : NULL;

    if (replacements)
        json_object_set_new(o, "fixes",
                            json_pack("[{s:o,s:[{s:o,s:o}]}]", "description",
                                      message_of(f->arena, x->title), "artifactChanges",
                                      "artifactLocation", artifact_of(f->arena, f->label),
                                      "replacements", replacements));
}

static void sarif_file(struct writer *w, const struct report_file *f)
{
    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        struct str print = format_fingerprint(f, i);
        if (!format_lists(f, i))
            continue;
        json_t *o = json_pack(
            "{s:s,s:s,s:o,s:[{s:{s:o,s:o}}],s:{s:o},s:{s:o}}", "ruleId", x->rule, "level",
            level_of(x->severity), "message", message_of(f->arena, x->message), "locations",
            "physicalLocation", "artifactLocation", artifact_of(f->arena, f->label), "region",
            region_of(format_range(f, x)), "partialFingerprints", "dfix/v1", document_str(print),
            "properties", "code", document_str(format_code(x)));
        json_object_set_new(o, "ruleIndex", json_integer((json_int_t)rule_words_index(x->rule)));
        set_fix(o, f, x);
        document_item(w, o);
    }
}

static void sarif_end(struct writer *w, const struct report_sum *sum)
{
    json_t *notes = json_array();

    for (size_t i = 0; i < sum->nnote; i++)
        json_array_append_new(notes, json_pack("{s:s,s:o}", "level",
                                               sum->note[i].error ? "error" : "warning", "message",
                                               message_of(w->arena, sum->note[i].text)));
    fputs("],\"originalUriBaseIds\":{\"SRCROOT\":{\"description\":{\"text\":\"The folder that dfix "
          "was run in\"}}},\"invocations\":[",
          w->out);
    document_put(w->out, json_pack("{s:b,s:o}", "executionSuccessful", !sum->outcome->failed,
                                   "toolExecutionNotifications", notes));
    fputs("]}]}\n", w->out);
}

const struct format format_sarif = {
    .name = "sarif",
    .what = "SARIF 2.1.0, for code scanning",
    .begin = sarif_begin,
    .file = sarif_file,
    .end = sarif_end,
};
