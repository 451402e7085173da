/* --show-settings FILE: what holds for a file, and where each of it comes from. */
#include "faces/faces.h"

#include "host/files.h"

/* Where the key was set last. */
static const struct setting_origin *origin_of(const struct config *c, struct str key)
{
    for (const struct setting_origin *o = c->origin; o; o = o->before)
        if (str_eq(o->key, key))
            return o;
    return NULL;
}

static void put_setting(struct str key, struct str value, struct str from)
{
    struct arena *a = arena_open();
    struct str line = str_fmt(a, STR_FMT " = " STR_FMT, STR_ARG(key), STR_ARG(value));

    report_line_start(stdout, line);
    printf("%*s  # ", line.n < 50 ? 50 - (int)line.n : 0, "");
    report_text(stdout, from);
    fputc('\n', stdout);
    arena_close(a);
}

static struct str place_of(struct arena *a, const struct setting_origin *o)
{
    return str_fmt(a, "%s:%u", o->path, o->line);
}

/* What holds in the end, which may be said for this file alone; "" nothing. */
static struct str in_force(const struct config *c, const char *rule, const char *option)
{
    static const char *const level[] = {"", "off", "hint", "safe", "unsafe"};
    const struct settings *s = &c->settings;

    for (size_t i = 0; i < s->nrule; i++) {
        const struct rule_settings *r = &s->rule[i];
        if (!str_eq(r->rule, str_of(rule)))
            continue;
        if (!option)
            return str_of(level[r->level]);
        for (size_t k = 0; k < r->noption; k++)
            if (str_eq(r->option[k].name, str_of(option)))
                return r->option[k].value;
    }
    return S("");
}

static void put_value(struct arena *a, const struct config *c, struct str key, struct str value,
                      struct str fallback)
{
    const struct setting_origin *o = origin_of(c, key);

    if (!o)
        o = origin_of(c, str_fmt(a, STR_FMT ".level", STR_ARG(key)));
    if (!value.n)
        put_setting(key, fallback, S("default"));
    else if (o && (str_eq(o->value, value) || str_chr(value, '\n') != STR_NONE))
        put_setting(key, o->value, place_of(a, o));
    else
        put_setting(key, value, o ? place_of(a, o) : S("per-file"));
}

/* What each rule is set to; a default is said to be one. */
static void put_rules(struct arena *a, const struct config *c)
{
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);

    for (size_t i = 0; i < n; i++) {
        struct str key = str_fmt(a, "rules.%s", f[i]->id);
        bool on = dfix_is_on(&c->settings, f[i]);
        put_value(a, c, key, in_force(c, f[i]->id, NULL),
                  str_of(!on                  ? "off"
                         : c->settings.unsafe ? "unsafe"
                                              : "safe"));
        for (const struct option_doc *d = f[i]->options; d && d->name; d++)
            put_value(a, c, str_fmt(a, STR_FMT ".%s", STR_ARG(key), d->name),
                      in_force(c, f[i]->id, d->name), str_of(d->fallback));
    }
}

/* The rest of what policy files say: the last word on each key. */
static void put_others(struct arena *a, const struct config *c)
{
    VEC(const struct setting_origin *) list = {0};

    for (const struct setting_origin *o = c->origin; o; o = o->before) {
        bool severity = str_ends(o->key, S(".severity"));
        if ((!str_starts(o->key, S("rules.")) || severity) && origin_of(c, o->key) == o)
            vec_push(a, &list, o);
    }
    for (size_t i = list.n; i > 0; i--)
        put_setting(list.v[i - 1]->key, list.v[i - 1]->value, place_of(a, list.v[i - 1]));
}

static void put_line(const struct command_line *c)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (!c->set[i] || i == OPT_SHOW_SETTINGS)
            continue;
        put_setting(str_of(option_specs[i].name),
                    c->value[i].n ? c->value[i].v[c->value[i].n - 1] : S("yes"), S("command line"));
    }
}

int show_settings(struct arena *a, const struct command_line *c)
{
    struct str path = options_value(c, OPT_SHOW_SETTINGS);
    struct workspace w;
    struct wishes wishes;
    struct err e;

    if (!settings_wishes(a, c, &wishes, &e) || !workspace_open(&w, a, &wishes, &e)) {
        say_error(e.text);
        return EXIT_FAILED;
    }
    const struct config *config = policies_for(&w.policies, path, &e);
    struct config own;
    if (config) {
        own = *config;
        if (config_for_file(a, &config->settings, path_absolute(a, path), &own.settings))
            config = &own;
        put_rules(a, config);
        put_others(a, config);
        put_line(c);
    } else {
        say_error(e.text);
    }
    workspace_close(&w);
    return config ? EXIT_CLEAN : EXIT_FAILED;
}
