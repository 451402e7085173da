/* dfix rules --format: the rules for documents and programs. */
#include <jansson.h>

#include "faces/cli/examples.h"
#include "faces/formats/formats.h"
#include "faces/cli/site.h"

void rules_markdown(FILE *out)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    fputs("| rule | also | at most | by default | what it does |\n"
          "| --- | --- | --- | --- | --- |\n",
          out);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "| `%s` | %s%s| %s | %s | %s |\n", f[i]->id, f[i]->aliases,
                f[i]->aliases[0] ? " " : "", safety_name(f[i]->safety), f[i]->off ? "off" : "on",
                f[i]->title);
}

static json_t *options_of(const struct fixer *f)
{
    json_t *list = json_array();

    for (const struct option_doc *o = f->options; o && o->name; o++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s}", "name", o->name, "values",
                                              o->values, "default", o->fallback, "doc", o->doc));
    return list;
}

static json_t *codes_of(const char *aliases)
{
    json_t *list = json_array();
    struct str rest = str_of(aliases), code;

    while (rest.n && str_cut(&rest, ' ', &code))
        json_array_append_new(list, document_str(code));
    return list;
}

static json_t *rule_of(const struct fixer *f)
{
    json_t *o =
        json_pack("{s:s,s:o,s:s,s:s,s:s,s:s,s:b,s:o}", "id", f->id, "codes", codes_of(f->aliases),
                  "title", f->title, "doc", f->doc, "safety", safety_name(f->safety), "severity",
                  severity_name(f->severity), "on", !f->off, "options", options_of(f));

    if (f->why)
        json_object_set_new(o, "why", json_string(f->why));
    for (const struct example *x = examples; x->rule; x++)
        if (strcmp(x->rule, f->id) == 0)
            json_object_set_new(o, "example",
                                json_pack("{s:s,s:s}", "before", x->before, "after", x->after));
    return o;
}

static void rules_json(FILE *out)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    fputc('[', out);
    for (size_t i = 0; i < n; i++) {
        fputs(i ? ",\n" : "\n", out);
        document_put(out, rule_of(f[i]));
    }
    fputs("\n]\n", out);
}

int rules_print(struct arena *a, const struct command_line *c)
{
    struct str format = c->set[OPT_FORMAT] ? options_value(c, OPT_FORMAT) : S("json");
    struct str folder = options_value(c, OPT_OUTPUT);
    struct err e;
    bool html = str_eq(format, S("html"));
    bool good = true;

    if (str_eq(format, S("markdown")))
        rules_markdown(stdout);
    else if (str_eq(format, S("json")))
        rules_json(stdout);
    else if (html && folder.n)
        good = site_write(a, folder, &e);
    else
        good = html ? err_set(&e, "dfix: rules --format html needs --output FOLDER")
                    : err_set(&e, "dfix: rules: unknown format " STR_FMT " (markdown, json, html)",
                              STR_ARG(format));
    if (!good)
        say_error(e.text);
    return good ? EXIT_CLEAN : EXIT_FAILED;
}

void rules_example(struct arena *a, const char *rule)
{
    const struct example *x = examples;
    struct diff_line *line;

    while (x->rule && strcmp(x->rule, rule) != 0)
        x++;
    if (!x->rule)
        return;
    size_t n = lines_diff(a, str_of(x->before), str_of(x->after[0] ? x->after : x->before), &line);
    puts(x->after[0] ? "\nExample:\n" : "\nFound in:\n");
    for (size_t i = 0; i < n; i++)
        printf("    %c %.*s\n", line[i].sign, STR_ARG(line[i].text));
}
