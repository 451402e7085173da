/* The keys of dfix.yaml as people and editors read them: the man page, the README's table, the JSON
 * schema. */
#include <jansson.h>
#include <stdlib.h>

#include "faces/formats/formats.h"

enum whose { ANY, TRUSTED };
static const struct policy_key {
    const char *path, *type, *example;
    enum whose whose;
    const char *doc;
} keys[] = {
#define KEY(path, type, example, whose, doc) {path, type, example, whose, doc},
#include "config/keys.def"
#undef KEY
};
enum { KEYS = sizeof(keys) / sizeof(keys[0]) };

bool policy_key(size_t i, struct str *path, struct str *example)
{
    if (i >= KEYS)
        return false;
    *path = str_of(keys[i].path);
    *example = str_of(keys[i].example);
    return true;
}

void policy_markdown(FILE *out)
{
    fputs(
        "| key | example | what it does |\n| --- | --- | --- |\n"
        "| `rules.RULE` | `safe` | How far the rule may go: off, hint, safe or unsafe |\n"
        "| `rules.RULE.severity` | `error` | info, warning or error, in place of the rule's own |\n"
        "| `rules.RULE.OPTION` | `compatible` | An option of the rule: `dfix explain RULE` |\n",
        out);
    for (size_t i = 0; i < KEYS; i++)
        fprintf(out, "| `%s`%s | `%s` | %s |\n", keys[i].path, keys[i].whose == TRUSTED ? " *" : "",
                keys[i].example, keys[i].doc);
}

/* ---- the man page ---- */

void policy_man(FILE *out)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    fprintf(out, ".TH DFIX.YAML 5 \"\" \"dfix %s\" \"File Formats\"\n", DFIX_VERSION);
    fputs(".SH NAME\ndfix.yaml \\- policy of dfix\n.SH DESCRIPTION\n", out);
    roff_text(out,
              "The policy says which rules run, how far they go, and where packages and images "
              "come from. The nearest dfix.yaml (or dfix.yml, .dfix.yaml, .dfix.yml) from a "
              "Dockerfile's folder up to its repository's root counts, over the user's own "
              "($XDG_CONFIG_HOME/dfix/dfix.yaml) and the machine's (/etc/dfix/dfix.yaml, "
              "when root alone can write it). `--config FILE` or DFIX_CONFIG stands in for "
              "those beside the Dockerfiles.");
    fputs(".PP\n", out);
    roff_text(out, "Keys that say where something comes from or what is trusted count only in the "
                   "user's own policy, the machine's, and one that is named; they are marked "
                   "(trusted) below.");
    fputs(".SH KEYS\n", out);
    roff_item(out, "rules.RULE",
              "How far the rule may go: `off`, `hint`, `safe` or `unsafe`; or a "
              "map with `level`, `severity` (info, warning, error) and the "
              "rule's options.");
    for (size_t i = 0; i < KEYS; i++) {
        char head[160];
        snprintf(head, sizeof(head), "%s: %s", keys[i].path, keys[i].example);
        roff_item(out, head, keys[i].doc);
        if (keys[i].whose == TRUSTED)
            fputs("(trusted)\n", out);
    }
    fputs(".SH RULES\n", out);
    for (size_t i = 0; i < n; i++) {
        roff_item(out, f[i]->id, f[i]->title);
        for (const struct option_doc *o = f[i]->options; o && o->name; o++) {
            fprintf(out, ".RS\n.TP\n");
            roff_text(out, o->name);
            roff_text(out, o->doc);
            fputs("Values: ", out);
            roff_text(out, o->values);
            fputs(".RE\n", out);
        }
    }
    fputs(".SH EXAMPLE\n.nf\nrules:\n  pin\\-apt: {style: compatible}\n  release\\-eol: off\n"
          "architectures: [amd64, arm64]\n.fi\n.SH SEE ALSO\n.BR dfix (1)\n",
          out);
}

/* ---- the JSON schema ---- */

/* YAML reads `off`, `yes` and the like as booleans in some editors. */
static json_t *level_schema(void)
{
    return json_pack("{s:[s,s,s,s,b]}", "enum", "off", "hint", "safe", "unsafe", 0);
}

static json_t *text_or_list(void)
{
    return json_pack("{s:[{s:s},{s:s,s:{s:s}}]}", "anyOf", "type", "string", "type", "array",
                     "items", "type", "string");
}

static json_t *option_schema(const struct option_doc *o)
{
    json_t *s = strcmp(o->values, "list") == 0 ? text_or_list()
                : strchr(o->values, '|')       ? document_enum(o->values)
                : strcmp(o->values, "number") == 0
                    ? json_pack("{s:s,s:i}", "type", "integer", "minimum", 0)
                    : json_pack("{s:[s,s]}", "type", "string", "number");

    if (strstr(o->values, "yes") || strstr(o->values, "off"))
        json_array_append_new(json_object_get(s, "enum"), json_true()),
            json_array_append_new(json_object_get(s, "enum"), json_false());
    json_object_set_new(s, "description", json_string(o->doc));
    if (o->fallback[0])
        json_object_set_new(s, "default", json_string(o->fallback));
    return s;
}

static json_t *rule_schema(const struct fixer *f)
{
    json_t *properties = json_object();

    json_object_set_new(properties, "level", level_schema());
    json_object_set_new(properties, "severity", document_enum("info|warning|error"));
    for (const struct option_doc *o = f->options; o && o->name; o++)
        json_object_set_new(properties, o->name, option_schema(o));
    return json_pack("{s:s,s:[o,{s:s,s:b,s:o}]}", "description", f->title, "anyOf", level_schema(),
                     "type", "object", "additionalProperties", 0, "properties", properties);
}

/* A rule goes by its name and by its codes. */
static json_t *rules_schema(void)
{
    json_t *properties = json_object();
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    for (size_t i = 0; i < n; i++) {
        struct str codes = str_of(f[i]->aliases), code;
        json_object_set_new(properties, f[i]->id, rule_schema(f[i]));
        while (codes.n && str_cut(&codes, ' ', &code)) {
            char name[64];
            snprintf(name, sizeof(name), STR_FMT, STR_ARG(code));
            json_object_set_new(properties, name, rule_schema(f[i]));
        }
    }
    return json_pack("{s:[s,s],s:b,s:o}", "type", "object", "null", "additionalProperties", 0,
                     "properties", properties);
}

static json_t *map_of(json_t *values)
{
    return json_pack("{s:[s,s],s:o}", "type", "object", "null", "additionalProperties", values);
}

static json_t *risks_schema(void)
{
    static const char *const texts[] = {"id",    "package", "version", "where",  "reason",
                                        "owner", "decided", "expires", "status", "impact"};
    json_t *one = json_object();

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_object_set_new(one, texts[i], json_pack("{s:[s,s]}", "type", "string", "null"));
    return json_pack("{s:[s,s],s:{s:s,s:b,s:o,s:[{s:[s]},{s:[s]}]}}", "type", "array", "null",
                     "items", "type", "object", "additionalProperties", 0, "properties", one,
                     "anyOf", "required", "id", "required", "package");
}

static json_t *key_schema(const struct policy_key *k)
{
    const char *t = k->type;
    json_t *s = strcmp(t, "list") == 0     ? text_or_list()
                : strcmp(t, "bool") == 0   ? json_pack("{s:s}", "type", "boolean")
                : strcmp(t, "number") == 0 ? json_pack("{s:s,s:i}", "type", "integer", "minimum", 0)
                : strcmp(t, "map") == 0    ? map_of(json_pack("{s:s}", "type", "string"))
                : strcmp(t, "rules-by-file") == 0
                    ? map_of(json_pack("{s:s}", "$ref", "#/properties/rules"))
                : strcmp(t, "source-map") == 0
                    ? map_of(json_pack("{s:s,s:[s],s:{s:{s:s}}}", "type", "object", "required",
                                       "keyring", "properties", "keyring", "type", "string"))
                : strcmp(t, "list-of-risks") == 0 ? risks_schema()
                : strcmp(t, "list-or-bool") == 0
                    ? json_pack("{s:[{s:s},o]}", "anyOf", "type", "boolean", text_or_list())
                : strchr(t, '|') ? document_enum(t)
                : strcmp(t, "time") == 0 || strcmp(t, "size") == 0
                    ? json_pack("{s:[s,s]}", "type", "string", "integer")
                    : json_pack("{s:s}", "type", "string");

    json_object_set_new(s, "description", json_string(k->doc));
    return s;
}

/* The object that a path's last part belongs to, made on the way. */
static json_t *object_for(json_t *root, struct str *path)
{
    json_t *at = root;
    struct str part;

    while (str_chr(*path, '.') != STR_NONE && str_cut(path, '.', &part)) {
        char name[64];
        snprintf(name, sizeof(name), STR_FMT, STR_ARG(part));
        /* ENV stands for any name. */
        bool any = name[0] >= 'A' && name[0] <= 'Z';
        json_t *in = any ? at : json_object_get(at, "properties");
        const char *member = any ? "additionalProperties" : name;
        json_t *next = json_object_get(in, member);
        if (!json_is_object(next)) {
            next = json_pack("{s:[s,s],s:b,s:{}}", "type", "object", "null", "additionalProperties",
                             0, "properties");
            json_object_set_new(in, member, next);
        }
        at = next;
    }
    return at;
}

void policy_schema(FILE *out)
{
    json_t *root =
        json_pack("{s:s,s:s,s:s,s:b,s:{s:o}}", "$schema", "http://json-schema.org/draft-07/schema#",
                  "title", "dfix.yaml, the policy of dfix", "type", "object",
                  "additionalProperties", 0, "properties", "rules", rules_schema());

    for (size_t i = 0; i < KEYS; i++) {
        struct str path = str_of(keys[i].path);
        json_t *object = object_for(root, &path);
        json_object_set_new(json_object_get(object, "properties"), path.p, key_schema(&keys[i]));
    }
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    fprintf(out, "%s\n", text);
    free(text);
    json_decref(root);
}
