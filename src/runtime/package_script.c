/* package_script.c - package.json: what `npm start` and its like run, and which libraries a program
 * is made with. */
#include "dfix/command.h"
#include "runtime/start.h"

static bool is_known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

bool package_script_name(const struct field *f, size_t n, struct str *name)
{
    size_t i = 1;

    if (!n || !is_known(f) ||
        !word_is_one_of(path_basename(f[0].value.text), "npm yarn yarnpkg pnpm bun"))
        return false;
    while (i < n && is_known(&f[i]) && str_starts(f[i].value.text, S("-")))
        i++;
    bool runs = i < n && is_known(&f[i]) && word_is_one_of(f[i].value.text, "run run-script");
    i += runs;
    while (i < n && is_known(&f[i]) && str_starts(f[i].value.text, S("-")))
        i++;
    if (i == n || !is_known(&f[i]))
        return false;
    *name = f[i].value.text;
    if (str_chr(*name, '.') != STR_NONE || str_chr(*name, '/') != STR_NONE)
        return false; /* bun run x.ts */
    return runs || word_is_one_of(*name, "start stop test restart") ||
           word_is_one_of(path_basename(f[0].value.text), "yarn yarnpkg pnpm");
}

bool package_script_text(const struct started *s, struct str name, bool *at_hand, struct str *out)
{
    struct str text;

    *at_hand = started_text(s, S("./package.json"), &text);
    if (*at_hand)
        *out = data_text(data_at(data_of_yaml(s->arena, text), S("scripts")), name);
    return *at_hand && out->n;
}

const struct data *package_dependencies(struct arena *a, struct str text)
{
    const struct data *asked = data_at(data_of_yaml(a, text), S("dependencies"));

    return asked && asked->kind == DATA_MAP ? asked->first : NULL;
}
