/* The schema of policy files: what an environment lets in. A file that is not trusted can make an
 * environment stricter, and never anything else: of two values the lower one counts then. */
#include <string.h>

#include "config/config_value.h"
#include "config/gate.h"

enum { DAY = 24 * 60 * 60 };

/* `choices` begins with the strictest; NULL: a time. */
static const struct gate_word {
    const char *name, *choices;
    int64_t fallback;
} words[GATE_KEYS] = {
    [GATE_SEVERITY] = {"severity", "none|low|medium|high|critical", GATE_MEDIUM},
    [GATE_UNRATED] = {"unrated", "refuse|allow", GATE_REFUSE},
    [GATE_KEV] = {"kev", "refuse|allow", GATE_REFUSE},
    [GATE_FIX_AGE] = {"fix-age", NULL, 30 * DAY},
    [GATE_UNFIXED] = {"unfixed", "refuse|allow", GATE_REFUSE},
    [GATE_NOT_CHECKED] = {"not-checked", "refuse|allow", GATE_REFUSE},
    [GATE_INVENTORY] = {"inventory", "required|any", GATE_ALLOW},
    [GATE_USER] = {"user", "non-root|any", GATE_REFUSE},
    [GATE_SECRETS] = {"secrets", "refuse|allow", GATE_REFUSE},
    [GATE_END_OF_LIFE] = {"end-of-life", "refuse|allow", GATE_REFUSE},
    [GATE_IMAGE_AGE] = {"image-age", NULL, INT64_MAX},
    [GATE_FEED_AGE] = {"feed-age", NULL, DAY},
    [GATE_PINS] = {"pins", "alive|any", GATE_ALLOW},
    [GATE_DIGEST] = {"digest", "pinned|any", GATE_ALLOW},
    [GATE_REGISTRY] = {"registry", "trusted|any", GATE_ALLOW},
    [GATE_SOURCE_ONLY] = {"source-only", "refuse|allow", GATE_REFUSE},
    [GATE_ACCEPT] = {"accept", "none|operator|repository", GATE_ACCEPT_OPERATOR},
    [GATE_ACCEPT_SEVERITY] = {"accept-severity", "none|low|medium|high|critical", GATE_CRITICAL},
    [GATE_ACCEPT_FOR] = {"accept-for", NULL, 180 * (int64_t)DAY},
};

struct gate_policy gate_default(struct str name)
{
    struct gate_policy p = {.name = name, .where = S("")};

    for (size_t i = 0; i < GATE_KEYS; i++)
        p.value[i] = words[i].fallback;
    return p;
}

struct str gate_key_name(enum gate_key key)
{
    return str_of(words[key].name);
}

struct str gate_value_text(struct arena *a, enum gate_key key, int64_t value)
{
    struct str rest = str_of(words[key].choices), word = S("");

    if (!words[key].choices && value == gate_any_time)
        return S("any");
    if (!words[key].choices && value % DAY == 0)
        return str_fmt(a, "%lldd", (long long)(value / DAY));
    if (!words[key].choices)
        return str_fmt(a, "%llds", (long long)value);
    for (int64_t i = 0; i <= value && str_cut(&rest, '|', &word); i++)
        continue;
    return word;
}

struct str gate_text(struct arena *a, const struct gate_policy *p)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < GATE_KEYS; i++)
        buf_fmt(&b, "%s: " STR_FMT "\n", words[i].name,
                STR_ARG(gate_value_text(a, (enum gate_key)i, p->value[i])));
    return buf_str(&b);
}

/* ---- reading ---- */

static bool read_value(struct config_scope *s, const struct gate_word *w, const struct yaml_node *n,
                       int64_t *out)
{
    size_t which = 0;

    if (!w->choices && n->kind == YAML_TEXT && str_eq(n->text, S("any"))) {
        *out = gate_any_time;
        return true;
    }
    if (!w->choices)
        return want_time(s, n, out);
    if (!want_choice(s, n, w->choices, &which))
        return false;
    *out = (int64_t)which;
    return true;
}

/* The environment in hand, made when no policy has named it so far. */
static struct gate_policy *enter(struct config_scope *s, struct str name)
{
    struct settings *to = &s->into->settings;
    struct gate_policy *v = arena_new(s->arena, struct gate_policy, to->ngate + 1);
    size_t at = 0;

    if (to->ngate)
        memcpy(v, to->gate, to->ngate * sizeof(*v));
    while (at < to->ngate && !str_eq(v[at].name, name))
        at++;
    if (at == to->ngate) {
        v[at] = gate_default(name);
        v[at].where = str_of(s->path);
        to->ngate++;
    }
    v[at].trusted |= s->trusted;
    to->gate = v;
    return &v[at];
}

static bool read_key(struct config_scope *s, struct gate_policy *p, const struct yaml_pair *pair)
{
    struct str known[GATE_KEYS];
    int64_t value = 0;
    size_t k = 0;

    for (size_t i = 0; i < GATE_KEYS; i++)
        known[i] = str_of(words[i].name);
    while (k < GATE_KEYS && !str_eq(known[k], pair->key->text))
        k++;
    if (k == GATE_KEYS)
        return config_fail_unknown(s, pair->key, "key", known, GATE_KEYS);
    if (!read_value(s, &words[k], pair->value, &value))
        return false;
    if (s->trusted || value < p->value[k])
        p->value[k] = value;
    else if (value > p->value[k])
        config_warn_untrusted(s, pair->key);
    return true;
}

static bool is_environment(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if ((name.p[i] < 'a' || name.p[i] > 'z') && (name.p[i] < 'A' || name.p[i] > 'Z') &&
            (name.p[i] < '0' || name.p[i] > '9') && !strchr("-_.", name.p[i]))
            return false;
    return name.n > 0 && name.n <= 64;
}

static bool read_environment(struct config_scope *s, const struct yaml_pair *pair)
{
    if (!is_environment(pair->key->text))
        return config_fail(s, pair->key, "an environment's name has letters, digits, - _ and .");
    struct gate_policy *p = enter(s, pair->key->text);
    if (yaml_is_empty(pair->value))
        return true;
    if (!want_kind(s, pair->value, YAML_MAP))
        return false;
    for (size_t i = 0; i < pair->value->n; i++)
        if (!read_key(s, p, &pair->value->pair[i]))
            return false;
    return true;
}

bool config_gate_read(struct config_scope *s, const struct yaml_node *map)
{
    if (yaml_is_empty(map))
        return true;
    if (!want_kind(s, map, YAML_MAP))
        return false;
    for (size_t i = 0; i < map->n; i++)
        if (!read_environment(s, &map->pair[i]))
            return false;
    return true;
}
