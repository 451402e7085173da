/* What the command line says over every policy file. */
#include "faces/faces.h"

#include <stdlib.h>

static bool add_rules(struct arena *a, const struct command_line *c, enum option_id id,
                      struct str **v, size_t *n, struct err *e)
{
    VEC(struct str) list = {0};

    for (size_t i = 0; i < *n; i++)
        vec_push(a, &list, (*v)[i]);
    for (size_t i = 0; i < c->value[id].n; i++) {
        struct str rest = c->value[id].v[i], name;
        size_t before = list.n;
        while (str_cut(&rest, ',', &name)) {
            name = str_trim(name);
            if (!name.n)
                continue;
            if (!dfix_is_named(name))
                return no_rule(name, e);
            vec_push(a, &list, name);
        }
        if (list.n == before)
            return err_set(e, "dfix: --%s needs a rule", option_specs[id].name);
    }
    *v = list.v;
    *n = list.n;
    return true;
}

static bool read_platforms(const struct command_line *c, arch_set *out, struct err *e)
{
    for (size_t i = 0; i < c->value[OPT_PLATFORM].n; i++) {
        struct str rest = c->value[OPT_PLATFORM].v[i], name;
        if (!rest.n)
            return err_set(e, "dfix: --platform needs an architecture");
        while (str_cut(&rest, ',', &name)) {
            arch_set one = arch_of(str_trim(name));
            if (!one)
                return err_set(e,
                               "dfix: --platform: unknown architecture " STR_FMT
                               " (amd64, arm64, armhf, ...)",
                               STR_ARG(name));
            *out |= one;
        }
    }
    return true;
}

static bool read_deadline(const struct command_line *c, int64_t *out, struct err *e)
{
    struct str text = options_value(c, OPT_DEADLINE);

    if (!c->set[OPT_DEADLINE])
        return true;
    if (!time_parse(text, out))
        return err_set(e, "dfix: --deadline: \"" STR_FMT "\" is not a time: 90s, 10m, 1h or 0",
                       STR_ARG(text));
    if (!*out)
        *out = -1; /* as long as it takes; 0 is the default */
    return true;
}

bool settings_wishes(struct arena *a, const struct command_line *c, struct wishes *out,
                     struct err *e)
{
    *out = (struct wishes){
        .unsafe = c->set[OPT_UNSAFE],
        .offline = c->set[OPT_OFFLINE],
        .refresh = c->set[OPT_REFRESH],
        .timing = c->set[OPT_TIMING],
        .shellcheck = c->set[OPT_SHELLCHECK],
        .no_pragmas = c->set[OPT_DISABLE_IGNORE_PRAGMA],
        .strict_labels = c->set[OPT_STRICT_LABELS],
        .no_config = c->set[OPT_NO_CONFIG],
        .installed = options_value(c, OPT_INSTALLED),
        .config = options_value(c, OPT_CONFIG),
    };
    if (!c->set[OPT_CONFIG] && !out->no_config)
        out->config = str_of(getenv("DFIX_CONFIG"));
    return add_rules(a, c, OPT_SELECT, &out->select, &out->nselect, e) &&
           add_rules(a, c, OPT_IGNORE, &out->ignore, &out->nignore, e) &&
           read_platforms(c, &out->archs, e) && read_deadline(c, &out->deadline, e);
}

bool settings_load(struct arena *a, const struct command_line *c, struct config *out, struct err *e)
{
    struct wishes w;

    return settings_wishes(a, c, &w, e) && policies_load(a, &w, out, e);
}

int import_hadolint(struct arena *a, const struct command_line *c)
{
    struct buf text = {.arena = a};
    bool user;
    struct err e;
    struct str path = c->word.n ? c->word.v[0] : config_find_hadolint(a, S("./Dockerfile"), &user);

    if (!path.n || c->word.n > 1) {
        say_error(path.n ? "dfix: --import-hadolint takes one file"
                         : "dfix: --import-hadolint: no .hadolint.yaml holds here; name one");
        return EXIT_FAILED;
    }
    if (!config_import_hadolint(a, str_cstr(a, path), settings_rules(a), &text, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    fwrite(text.p, 1, text.n, stdout);
    return EXIT_CLEAN;
}
