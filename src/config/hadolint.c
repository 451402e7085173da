/* hadolint.c - hadolint's settings: its own file, its variables, and the section `hadolint:` of a
 * policy file, which has the same keys. Which registries are trusted is never taken from there:
 * that is for the user's own policy to say. */
#include <stdlib.h>
#include <string.h>

#include "config/config_value.h"

/* ---- single values ---- */

static bool is_known(const struct config_scope *s, struct str code)
{
    bool known = config_rule_of(&s->rules, code) != NULL;

    for (size_t i = 0; i < s->rules.n && !known; i++)
        known = code_is_of(code, s->rules.v[i].family);
    return known;
}

/* Lists may be long, and hostile: codes that are no rule's say nothing here, and each is kept once.
 */
static void add_ignored(struct config_scope *s, struct str code)
{
    struct settings *to = &s->into->settings;

    if (!is_known(s, code))
        return;
    for (size_t i = 0; i < to->nignore; i++)
        if (str_eq(to->ignore[i], code))
            return;
    struct str *all = arena_new(s->arena, struct str, to->nignore + 1);
    if (to->nignore)
        memcpy(all, to->ignore, to->nignore * sizeof(*all));
    all[to->nignore] = code;
    to->ignore = all;
    to->nignore++;
}

/* The later one counts. */
static void add_severity(struct config_scope *s, struct str code, enum severity severity)
{
    struct hadolint_settings *h = &s->into->settings.hadolint;

    if (!is_known(s, code))
        return;
    struct code_severity *all = arena_new(s->arena, struct code_severity, h->nseverity + 1);
    size_t n = 0;
    all[n++] = (struct code_severity){code, severity};
    for (size_t i = 0; i < h->nseverity; i++)
        if (!str_eq(h->severity[i].code, code))
            all[n++] = h->severity[i];
    h->severity = all;
    h->nseverity = n;
}

static bool fail_level_of(struct str name, enum fail_level *out)
{
    static const struct {
        const char *name;
        enum fail_level level;
    } levels[] = {{"error", FAIL_ERROR}, {"warning", FAIL_WARNING}, {"info", FAIL_INFO},
                  {"style", FAIL_INFO},  {"ignore", FAIL_NEVER},    {"none", FAIL_NEVER}};

    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        if (str_eq(name, str_of(levels[i].name))) {
            *out = levels[i].level;
            return true;
        }
    return false;
}

bool config_fail_level(struct str name, enum fail_level *out, struct err *e)
{
    return fail_level_of(name, out) ||
           err_set(e, "no level " STR_FMT " (error, warning, info, style, ignore or none)",
                   STR_ARG(name));
}

static void add_label(struct config_scope *s, struct str name, struct str type)
{
    struct hadolint_settings *h = &s->into->settings.hadolint;

    h->schema = str_fmt(s->arena, STR_FMT "%s" STR_FMT "=" STR_FMT, STR_ARG(h->schema),
                        h->schema.n ? "\n" : "", STR_ARG(name), STR_ARG(type));
}

static bool is_label_type(struct str name)
{
    return !name.n || word_is_one_of(name, "text rawtext email hash rfc3339 semver spdx url");
}

/* ---- the file ---- */

static bool read_ignored(struct config_scope *s, const struct yaml_node *n)
{
    struct str *v;
    size_t count;

    if (!want_list(s, n, NULL, &v, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        add_ignored(s, v[i]);
    return true;
}

static bool read_overrides(struct config_scope *s, const struct yaml_node *n,
                           enum severity severity)
{
    struct str *v;
    size_t count;

    if (!want_list(s, n, NULL, &v, &count))
        return false;
    for (size_t i = 0; i < count; i++)
        add_severity(s, v[i], severity);
    return true;
}

static bool read_errors(struct config_scope *s, const struct yaml_node *n)
{
    return read_overrides(s, n, SEVERITY_ERROR);
}

static bool read_warnings(struct config_scope *s, const struct yaml_node *n)
{
    return read_overrides(s, n, SEVERITY_WARNING);
}

static bool read_infos(struct config_scope *s, const struct yaml_node *n)
{
    return read_overrides(s, n, SEVERITY_INFO);
}

static bool read_override(struct config_scope *s, const struct yaml_node *n)
{
    static const struct config_key keys[] = {{"error", read_errors, false},
                                             {"warning", read_warnings, false},
                                             {"info", read_infos, false},
                                             {"style", read_infos, false}};
    return CONFIG_KEYS(s, n, keys);
}

static bool read_threshold(struct config_scope *s, const struct yaml_node *n)
{
    struct str name;
    struct err e;

    return want_text(s, n, &name) &&
           (config_fail_level(name, &s->into->settings.hadolint.fail_on, &e) ||
            config_fail(s, n, "%s", e.text));
}

static bool read_no_fail(struct config_scope *s, const struct yaml_node *n)
{
    bool yes;

    if (!want_bool(s, n, &yes))
        return false;
    if (yes)
        s->into->settings.hadolint.fail_on = FAIL_NEVER;
    return true;
}

static bool read_no_pragmas(struct config_scope *s, const struct yaml_node *n)
{
    return want_bool(s, n, &s->into->settings.hadolint.no_pragmas);
}

static bool read_strict(struct config_scope *s, const struct yaml_node *n)
{
    return want_bool(s, n, &s->into->settings.hadolint.strict_labels);
}

static bool read_schema(struct config_scope *s, const struct yaml_node *map)
{
    s->into->settings.hadolint.schema = S("");
    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *type = map->pair[i].value;
        struct str name = str_lower(s->arena, yaml_is_empty(type) ? S("") : type->text);
        if (type->kind != YAML_TEXT || !is_label_type(name))
            return config_fail(
                s, type, "not a type of label: text, email, hash, rfc3339, semver, spdx or url");
        add_label(s, map->pair[i].key->text, str_eq(name, S("rawtext")) ? S("text") : name);
    }
    return true;
}

/* Of how hadolint prints, or not for it to say. */
static bool read_nothing(struct config_scope *s, const struct yaml_node *n)
{
    (void)s;
    (void)n;
    return true;
}

bool config_hadolint_read(struct config_scope *s, const struct yaml_node *map)
{
    static const struct config_key keys[] = {{"ignored", read_ignored, false},
                                             {"override", read_override, false},
                                             {"failure-threshold", read_threshold, false},
                                             {"no-fail", read_no_fail, false},
                                             {"disable-ignore-pragma", read_no_pragmas, false},
                                             {"strict-labels", read_strict, false},
                                             {"label-schema", read_schema, false},
                                             {"trustedRegistries", read_nothing, false},
                                             {"format", read_nothing, false},
                                             {"no-color", read_nothing, false},
                                             {"verbose", read_nothing, false}};

    s->into->settings.hadolint.on = true;
    for (size_t i = 0; map->kind == YAML_MAP && i < map->n; i++)
        if (str_eq(map->pair[i].key->text, S("trustedRegistries")))
            config_warn_untrusted(s, map->pair[i].key);
    return config_is_policy(s, map, keys, sizeof(keys) / sizeof(keys[0])) &&
           CONFIG_KEYS(s, map, keys);
}

/* ---- the variables ---- */

static bool is_truthy(const char *value)
{
    return value && str_listed(S("1 y on yes true"), str_of(value));
}

static void read_list(struct config_scope *s, const char *variable,
                      void (*add)(struct config_scope *s, struct str item))
{
    struct str rest = str_of(getenv(variable)), item;

    while (rest.n && str_cut(&rest, ',', &item))
        if (str_trim(item).n)
            add(s, str_dup(s->arena, str_trim(item)));
}

static void add_error(struct config_scope *s, struct str code)
{
    add_severity(s, code, SEVERITY_ERROR);
}

static void add_warning(struct config_scope *s, struct str code)
{
    add_severity(s, code, SEVERITY_WARNING);
}

static void add_info(struct config_scope *s, struct str code)
{
    add_severity(s, code, SEVERITY_INFO);
}

/* "name:type" */
static void add_required(struct config_scope *s, struct str item)
{
    struct str name, type = item;

    str_cut(&type, ':', &name);
    if (name.n == item.n)
        type = S("");
    if (is_label_type(str_lower(s->arena, type)))
        add_label(s, name, str_lower(s->arena, type));
}

bool config_hadolint_variables(struct arena *a, struct config_rules rules, struct config *into,
                               struct err *e)
{
    struct config_scope s = {.arena = a, .path = "environment", .rules = rules, .into = into};
    struct hadolint_settings *h = &into->settings.hadolint;
    struct str threshold = str_of(getenv("HADOLINT_FAILURE_THRESHOLD"));
    struct err why;

    read_list(&s, "HADOLINT_IGNORE", add_ignored);
    read_list(&s, "HADOLINT_OVERRIDE_STYLE", add_info);
    read_list(&s, "HADOLINT_OVERRIDE_INFO", add_info);
    read_list(&s, "HADOLINT_OVERRIDE_WARNING", add_warning);
    read_list(&s, "HADOLINT_OVERRIDE_ERROR", add_error);
    read_list(&s, "HADOLINT_REQUIRE_LABELS", add_required);
    h->strict_labels |= is_truthy(getenv("HADOLINT_STRICT_LABELS"));
    h->no_pragmas |= is_truthy(getenv("HADOLINT_DISABLE_IGNORE_PRAGMA"));
    if (threshold.n && !config_fail_level(threshold, &h->fail_on, &why))
        return err_set(e, "HADOLINT_FAILURE_THRESHOLD: %s", why.text);
    if (is_truthy(getenv("HADOLINT_NOFAIL")))
        h->fail_on = FAIL_NEVER;
    return true;
}

/* ---- moving in ---- */

static void print_text(struct buf *out, const struct yaml_node *n)
{
    buf_char(out, '"');
    for (size_t i = 0; i < n->text.n; i++) {
        if (n->text.p[i] == '"' || n->text.p[i] == '\\')
            buf_char(out, '\\');
        buf_char(out, n->text.p[i]);
    }
    buf_char(out, '"');
}

static void print_value(struct buf *out, const struct yaml_node *n)
{
    bool bare = n->kind == YAML_TEXT && n->plain && n->text.n;

    if (bare)
        buf_add(out, n->text);
    else if (n->kind == YAML_TEXT)
        print_text(out, n);
    for (size_t i = 0; n->kind == YAML_LIST && i < n->n; i++) {
        buf_add(out, i ? S(", ") : S("["));
        print_value(out, n->item[i]);
    }
    if (n->kind == YAML_LIST)
        buf_add(out, n->n ? S("]") : S("[]"));
    for (size_t i = 0; n->kind == YAML_MAP && i < n->n; i++) {
        buf_add(out, i ? S(", ") : S("{"));
        print_value(out, n->pair[i].key);
        buf_add(out, S(": "));
        print_value(out, n->pair[i].value);
    }
    if (n->kind == YAML_MAP)
        buf_add(out, n->n ? S("}") : S("{}"));
}

bool config_import_hadolint(struct arena *a, const char *path, struct config_rules rules,
                            struct buf *out, struct err *e)
{
    struct policy_file file;
    struct config into = {0};
    const struct yaml_node *trusted = NULL;

    if (!policy_read(a, path, &file, e) || !config_apply_hadolint(a, &file, false, rules, &into, e))
        return false;
    buf_fmt(out, "# What %s says, for dfix.\nhadolint:\n", path);
    for (size_t i = 0; file.root && i < file.root->n; i++) {
        const struct yaml_pair *p = &file.root->pair[i];
        if (str_eq(p->key->text, S("trustedRegistries"))) {
            trusted = p->value;
            continue;
        }
        if (word_is_one_of(p->key->text, "format no-color verbose"))
            continue; /* of its output */
        buf_fmt(out, "  " STR_FMT ": ", STR_ARG(p->key->text));
        print_value(out, p->value);
        buf_char(out, '\n');
    }
    if (!trusted)
        return true;
    buf_add(out, S("\n# Registries count only from the user's own policy, /etc/dfix/dfix.yaml or "
                   "--config.\nregistries:\n  trusted: "));
    print_value(out, trusted);
    buf_char(out, '\n');
    return true;
}
