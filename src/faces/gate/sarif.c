/* sarif.c - the answer of the gate as SARIF 2.1.0: what stands in the way, on the Dockerfile's
 * lines where there is one. What is accepted is there too, suppressed by whom. */
#include <jansson.h>

#include "faces/formats/formats.h"
#include "faces/gate/gate_face.h"

static struct str rule_of(struct arena *a, enum gate_key key)
{
    return str_fmt(a, "gate-" STR_FMT, STR_ARG(gate_key_name(key)));
}

/* Outside text has no links and no places to fill. */
static json_t *message(struct arena *a, const struct gate_item *x)
{
    struct buf b = {.arena = a};
    struct str part[] = {x->title, x->why};

    for (size_t i = 0; i < 2; i++) {
        buf_add(&b, i && part[1].n ? S(": ") : S(""));
        for (size_t k = 0; k < part[i].n; k++) {
            char ch = part[i].p[k];
            if (ch && strchr("[]\\", ch))
                buf_char(&b, '\\');
            buf_char(&b, ch);
            if (ch == '{')
                buf_char(&b, '{');
        }
    }
    return json_pack("{s:o}", "text", document_str(buf_str(&b)));
}

static json_t *location(const struct gate_command *c, const struct gate_item *x)
{
    struct arena *a = c->arena;

    if (!x->file.n)
        return json_pack("{s:[{s:o,s:s}]}", "logicalLocations", "fullyQualifiedName",
                         document_str(c->in.name), "kind", "image");
    bool whole = str_starts(x->file, S("/"));
    struct str uri =
        str_fmt(a, "%s" STR_FMT, whole ? "file://" : "", STR_ARG(document_uri(a, x->file)));
    json_t *artifact = json_pack("{s:o}", "uri", document_str(uri));
    if (!whole)
        json_object_set_new(artifact, "uriBaseId", json_string("SRCROOT"));
    return json_pack("{s:{s:o,s:{s:I}}}", "physicalLocation", "artifactLocation", artifact,
                     "region", "startLine", (json_int_t)(x->line ? x->line : 1));
}

static json_t *result_json(const struct gate_command *c, const struct gate_item *x)
{
    json_t *o = json_pack("{s:o,s:I,s:s,s:o,s:[o]}", "ruleId",
                          document_str(rule_of(c->arena, x->key)), "ruleIndex", (json_int_t)x->key,
                          "level", x->verdict == GATE_UNJUDGED ? "warning" : "error", "message",
                          message(c->arena, x), "locations", location(c, x));

    if (x->by)
        json_object_set_new(
            o, "suppressions",
            json_pack("[{s:s,s:s,s:o}]", "kind", "external", "status", "accepted", "justification",
                      document_str(str_fmt(c->arena, STR_FMT " until " STR_FMT ": " STR_FMT,
                                           STR_ARG(x->by->owner), STR_ARG(x->by->expires),
                                           STR_ARG(x->by->reason)))));
    if (x->match)
        json_object_set_new(o, "properties",
                            json_pack("{s:o,s:o,s:o}", "id", document_str(x->match->is.id),
                                      "package", document_str(x->component->name), "severity",
                                      document_str(x->severity)));
    return o;
}

void gate_sarif(FILE *out, const struct gate_command *c, const struct gate_result *r)
{
    json_t *rules = json_array(), *results = json_array();

    for (size_t i = 0; i < GATE_KEYS; i++)
        json_array_append_new(
            rules,
            json_pack(
                "{s:o,s:{s:o}}", "id", document_str(rule_of(c->arena, (enum gate_key)i)),
                "shortDescription", "text",
                document_str(str_fmt(
                    c->arena, "gate." STR_FMT "." STR_FMT ": " STR_FMT, STR_ARG(c->policy.name),
                    STR_ARG(gate_key_name((enum gate_key)i)),
                    STR_ARG(gate_value_text(c->arena, (enum gate_key)i, c->policy.value[i]))))));
    for (size_t i = 0; i < r->item.n; i++)
        if (r->item.v[i].verdict != GATE_PASSED)
            json_array_append_new(results, result_json(c, &r->item.v[i]));
    document_put(out,
                 json_pack("{s:s,s:s,s:[{s:s,s:{s:{s:s,s:s,s:o}},s:o,s:{s:{s:{s:s}}},s:[{s:b}]}]}",
                           "$schema", "https://json.schemastore.org/sarif-2.1.0.json", "version",
                           "2.1.0", "runs", "columnKind", "unicodeCodePoints", "tool", "driver",
                           "name", "dfix", "version", DFIX_VERSION, "rules", rules, "results",
                           results, "originalUriBaseIds", "SRCROOT", "description", "text",
                           "The folder that dfix was run in", "invocations", "executionSuccessful",
                           r->verdict != GATE_UNJUDGED));
    fputc('\n', out);
}
