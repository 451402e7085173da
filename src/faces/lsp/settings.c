/* What editors say over policy files, and when both are read anew. */
#include "faces/lsp/lsp.h"

/* ---- the editor's settings ----
 *
 *   {"dfix": {"rules": {"pin-apt": "off" | "hint" | "information" | "warning" | "error"},
 *             "coexist": false, "config": "FILE"}} */

static int severity_named(struct str s)
{
    static const char *const names[] = {"off", "error", "warning", "information", "hint"};

    if (str_eq(s, S("info")))
        return 3;
    for (int i = 0; i < 5; i++)
        if (str_eq(s, str_of(names[i])))
            return i;
    return -1;
}

static void read_rule(struct lsp *s, struct wishes *w, const char *name, const json_t *value)
{
    struct arena *a = s->settings_arena;
    int severity = severity_named(lsp_str(value));

    if (!dfix_fixer(str_of(name))) {
        lsp_log(s, 2, "settings: there is no rule %s; `dfix rules` lists them", name);
        return;
    }
    if (severity < 0) {
        lsp_log(s, 2, "settings: rules.%s is off, hint, information, warning or error", name);
        return;
    }
    struct str rule = str_dup(a, str_of(name));
    vec_push(a, &s->loudness, (struct loudness){rule, severity});
    if (severity)
        return;
    struct str *ignore = arena_new(a, struct str, w->nignore + 1);
    for (size_t i = 0; i < w->nignore; i++)
        ignore[i] = w->ignore[i];
    ignore[w->nignore++] = rule;
    w->ignore = ignore;
}

static struct wishes read_settings(struct lsp *s)
{
    struct wishes w = s->over;
    const json_t *given = s->settings, *value;
    const char *name;

    s->loudness.n = s->loudness.cap = 0;
    json_object_foreach(json_object_get(given, "rules"), name, value)
    {
        read_rule(s, &w, name, value);
    }
    s->coexist = json_is_true(json_object_get(given, "coexist"));
    struct str config = lsp_member(given, "config");
    if (config.n)
        w.config = str_dup(s->settings_arena, config);
    w.today = s->ends.today;
    w.offline = true; /* what is missing is fetched by another process */
    return w;
}

void lsp_settings_apply(struct lsp *s)
{
    struct err e;

    lsp_forget(s);
    s->renewed = s->serial;
    if (s->open)
        workspace_close(&s->workspace);
    if (s->settings_arena)
        arena_close(s->settings_arena);
    s->settings_arena = arena_open();
    struct wishes w = read_settings(s);
    s->open = workspace_open(&s->workspace, s->settings_arena, &w, &e);
    s->closed = s->open ? S("") : str_dup(s->settings_arena, str_of(e.text));
    if (!s->open)
        lsp_log(s, 1, "%s", e.text);
}

void lsp_take_settings(struct lsp *s, const json_t *settings)
{
    const json_t *ours = json_object_get(settings, "dfix");

    if (!json_is_object(settings) || json_equal(s->settings, ours ? ours : settings))
        return;
    json_decref(s->settings);
    s->settings = json_deep_copy(ours ? ours : settings);
    lsp_settings_apply(s);
}

void lsp_ask_settings(struct lsp *s)
{
    if (s->client.configuration)
        s->configuration_id = lsp_ask(s, "workspace/configuration",
                                      json_pack("{s:[{s:s}]}", "items", "section", "dfix"));
}

json_t *settings_changed(struct request *r)
{
    const json_t *settings = json_object_get(r->params, "settings");

    if (json_is_object(settings) && json_object_size(settings))
        lsp_take_settings(r->s, settings);
    else
        lsp_ask_settings(r->s);
    return NULL;
}

json_t *settings_watched(struct request *r)
{
    lsp_settings_apply(r->s);
    return NULL;
}

json_t *settings_folders(struct request *r)
{
    lsp_settings_apply(r->s);
    lsp_ask_settings(r->s);
    return NULL;
}

void lsp_watch(struct lsp *s)
{
    static const char *const globs[] = {"**/{dfix,.dfix}.{yaml,yml}", "**/.hadolint.{yaml,yml}"};

    if (!s->client.watches)
        return;
    json_t *watchers = json_array();
    for (size_t i = 0; i < 2; i++)
        json_array_append_new(watchers, json_pack("{s:s}", "globPattern", globs[i]));
    lsp_ask(s, "client/registerCapability",
            json_pack("{s:[{s:s,s:s,s:{s:o}}]}", "registrations", "id", "policies", "method",
                      "workspace/didChangeWatchedFiles", "registerOptions", "watchers", watchers));
}

/* ---- how loud a finding is ---- */

static bool is_named(const struct finding *f, struct str name)
{
    return str_ieq(name, str_of(f->rule)) || str_listed(f->codes, name);
}

int lsp_severity(const struct lsp *s, const struct finding *f)
{
    static const int severities[] = {
        [SEVERITY_INFO] = 3, [SEVERITY_WARNING] = 2, [SEVERITY_ERROR] = 1};

    for (size_t i = 0; i < s->loudness.n; i++)
        if (is_named(f, s->loudness.v[i].rule))
            return s->loudness.v[i].severity;
    return severities[f->severity];
}

/* hadolint's codes, ShellCheck's, and BuildKit's checks, which have a name of capitals. */
bool lsp_said_by_others(const struct lsp *s, const struct finding *f)
{
    return s->coexist && f->code.n && f->code.p[0] >= 'A' && f->code.p[0] <= 'Z';
}
