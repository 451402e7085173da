/* The JSON schema of what --format json prints. */
#include <jansson.h>
#include <stdlib.h>

#include "faces/formats/formats.h"

static const struct member {
    const char *object, *name, *type;
    bool always;
    const char *doc;
} fields[] = {
#define FIELD(object, name, type, always, doc) {object, name, type, always, doc},
#include "faces/cli/report_fields.def"
#undef FIELD
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static json_t *reference_to(struct str object)
{
    char at[64];

    snprintf(at, sizeof(at), "#/definitions/" STR_FMT, STR_ARG(object));
    return json_pack("{s:s}", "$ref", at);
}

static json_t *type_of(const char *type)
{
    struct str rest = str_of(type), value;

    if (strchr(type, '|')) {
        json_t *list = json_array();
        while (str_cut(&rest, '|', &value))
            json_array_append_new(list, document_str(value));
        return json_pack("{s:o}", "enum", list);
    }
    if (type[0] == '[')
        return json_pack("{s:s,s:o}", "type", "array", "items",
                         reference_to(str_sub(rest, 1, rest.n - 1)));
    if (strcmp(type, "text") == 0)
        return json_pack("{s:s}", "type", "string");
    if (strcmp(type, "bool") == 0)
        return json_pack("{s:s}", "type", "boolean");
    return strcmp(type, "number") == 0 ? json_pack("{s:s,s:i}", "type", "integer", "minimum", 0)
                                       : reference_to(rest);
}

static json_t *object_of(json_t *definitions, const char *name)
{
    json_t *o = json_object_get(definitions, name);

    if (o)
        return o;
    o = json_pack("{s:s,s:b,s:[],s:{}}", "type", "object", "additionalProperties", 0, "required",
                  "properties");
    json_object_set_new(definitions, name, o);
    return o;
}

void report_schema(FILE *out)
{
    json_t *definitions = json_object();

    for (size_t i = 0; i < FIELDS; i++) {
        const struct member *f = &fields[i];
        json_t *o = object_of(definitions, f->object), *type = type_of(f->type);
        if (f->doc[0] && !json_object_get(type, "$ref"))
            json_object_set_new(type, "description", json_string(f->doc));
        json_object_set_new(json_object_get(o, "properties"), f->name, type);
        if (f->always)
            json_array_append_new(json_object_get(o, "required"), json_string(f->name));
    }
    json_t *root =
        json_pack("{s:s,s:s,s:s,s:o}", "$schema", "http://json-schema.org/draft-07/schema#",
                  "title", "What dfix --format json prints", "$ref", "#/definitions/document",
                  "definitions", definitions);
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(root);
}
