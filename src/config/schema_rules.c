/* The schema of policy files: what they say of rules, and which of them fix on save. */
#include <string.h>

#include "config/config_value.h"

static bool rule_is(const struct config_rule *f, struct str name)
{
    return str_ieq(name, str_of(f->id)) || str_listed(str_of(f->aliases), name);
}

const struct config_rule *config_rule_of(const struct config_rules *rules, struct str name)
{
    for (size_t i = 0; i < rules->n; i++)
        if (rule_is(&rules->v[i], name))
            return &rules->v[i];
    return NULL;
}

static bool fail_unknown_rule(struct config_scope *s, const struct yaml_node *key)
{
    struct str known[NAMES_MAX];
    size_t n = 0;
    for (; n < s->rules.n && n < NAMES_MAX; n++)
        known[n] = str_of(s->rules.v[n].id);
    return config_fail_unknown(s, key, "rule", known, n);
}

/* The rule's settings, made when there are none yet. */
static struct rule_settings *rule_settings(struct config_scope *s, const struct config_rule *f)
{
    struct settings *to = &s->into->settings;
    for (size_t i = 0; i < to->nrule; i++)
        if (rule_is(f, to->rule[i].rule))
            return &to->rule[i];
    struct rule_settings *v = arena_new(s->arena, struct rule_settings, to->nrule + 1);
    if (to->nrule)
        memcpy(v, to->rule, to->nrule * sizeof(*v));
    to->rule = v;
    v[to->nrule].rule = str_of(f->id);
    return &v[to->nrule++];
}

static void set_option(struct arena *a, struct rule_settings *rule, const char *name,
                       struct str value)
{
    struct setting *v = arena_new(a, struct setting, rule->noption + 1);
    size_t n = 0;
    for (size_t i = 0; i < rule->noption; i++)
        if (!str_eq(rule->option[i].name, str_of(name)))
            v[n++] = rule->option[i];
    v[n++] = (struct setting){str_of(name), value};
    rule->option = v;
    rule->noption = n;
}

static bool read_level(struct config_scope *s, const struct yaml_node *n,
                       struct rule_settings *rule)
{
    static const enum level levels[] = {LEVEL_OFF, LEVEL_HINT, LEVEL_SAFE, LEVEL_UNSAFE};
    size_t which;
    if (!want_choice(s, n, "off|hint|safe|unsafe", &which))
        return false;
    rule->level = levels[which];
    return true;
}

static bool read_severity(struct config_scope *s, const struct yaml_node *n,
                          struct rule_settings *rule)
{
    size_t which;
    if (!want_choice(s, n, "info|warning|error", &which))
        return false;
    rule->severity = (enum severity)which;
    rule->has_severity = true;
    return true;
}

static bool read_option(struct config_scope *s, const struct yaml_node *n,
                        const struct option_doc *o, struct rule_settings *rule)
{
    struct str value = S("");
    size_t which;
    if (strcmp(o->values, "list") == 0) {
        struct buf all = {.arena = s->arena};
        struct str *v;
        size_t count;
        if (!want_list(s, n, NULL, &v, &count))
            return false;
        for (size_t i = 0; i < count; i++) {
            buf_add(&all, i ? S("\n") : S(""));
            buf_add(&all, v[i]);
        }
        value = buf_str(&all);
    } else if (strchr(o->values, '|')) {
        if (!want_choice(s, n, o->values, &which))
            return false;
        value = n->text;
    } else if (!want_text(s, n, &value)) {
        return false;
    }
    for (size_t i = 0; strcmp(o->values, "number") == 0 && i < value.n; i++)
        if (value.p[i] < '0' || value.p[i] > '9' || value.n > 10)
            return config_fail(s, n, "\"" STR_FMT "\" is not a number", STR_ARG(value));
    set_option(s->arena, rule, o->name, value);
    return true;
}

static bool read_rule_key(struct config_scope *s, const struct config_rule *f,
                          struct rule_settings *rule, const struct yaml_pair *pair)
{
    struct str known[NAMES_MAX] = {S("level"), S("severity")};
    size_t n = 2;
    if (str_eq(pair->key->text, known[0]))
        return read_level(s, pair->value, rule);
    if (str_eq(pair->key->text, known[1]))
        return read_severity(s, pair->value, rule);
    for (const struct option_doc *o = f->options; o && o->name && n < NAMES_MAX; o++) {
        known[n++] = str_of(o->name);
        if (str_eq(pair->key->text, str_of(o->name)))
            return read_option(s, pair->value, o, rule);
    }
    return config_fail_unknown(s, pair->key, "option", known, n);
}

static bool read_rule_keys(struct config_scope *s, const struct config_rule *f,
                           struct rule_settings *rule, const struct yaml_node *map)
{
    struct str trail = s->trail;

    if (map->kind == YAML_TEXT) {
        config_note(s, map);
        return read_level(s, map, rule);
    }
    if (!want_kind(s, map, YAML_MAP))
        return false;
    for (size_t i = 0; i < map->n; i++) {
        if (!read_rule_key(s, f, rule, &map->pair[i]))
            return false;
        s->trail = config_trail(s, map->pair[i].key->text);
        config_note(s, map->pair[i].value);
        s->trail = trail;
    }
    return true;
}

static bool read_rule(struct config_scope *s, const struct yaml_pair *pair)
{
    const struct config_rule *f = config_rule_of(&s->rules, pair->key->text);
    struct str trail = s->trail;

    if (!f)
        return fail_unknown_rule(s, pair->key);
    for (size_t i = 0; i < s->seen.n; i++)
        if (s->seen.v[i] == f)
            return config_fail(s, pair->key, "the rule %s is already configured", f->id);
    vec_push(s->arena, &s->seen, f);
    s->trail = config_trail(s, str_of(f->id));
    bool good = read_rule_keys(s, f, rule_settings(s, f), pair->value);
    s->trail = trail;
    return good;
}

bool config_rules_read(struct config_scope *s, const struct yaml_node *map)
{
    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    for (size_t i = 0; i < map->n; i++)
        if (!read_rule(s, &map->pair[i]))
            return false;
    return true;
}

/* on-save: */

static bool check_rule(struct config_scope *s, const struct yaml_node *n, struct str text)
{
    struct yaml_node key = *n;

    key.text = text;
    return config_rule_of(&s->rules, text) || fail_unknown_rule(s, &key);
}

bool config_on_save_read(struct config_scope *s, const struct yaml_node *n)
{
    struct settings *to = &s->into->settings;

    return want_list(s, n, check_rule, &to->on_save, &to->non_save);
}
