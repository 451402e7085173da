/* Rules by name and code, and what policy says of each. */
#include "engine.h"

bool fixer_has_name(const struct fixer *f, struct str name)
{
    return str_ieq(name, str_of(f->id)) || str_listed(str_of(f->aliases), name) ||
           code_is_of(name, f->family);
}

/* The one code of all that it finds; "" it has several, or none. */
static struct str sole_code(const struct fixer *f)
{
    struct str codes = str_of(f->aliases);
    return str_chr(codes, ' ') == STR_NONE ? codes : S("");
}

bool finding_has_name(const struct fixer *f, struct str codes, struct str name)
{
    return str_ieq(name, str_of(f->id)) || str_listed(codes.n ? codes : str_of(f->aliases), name);
}

struct str finding_codes(const struct fixer *f, const char *codes)
{
    return codes ? str_of(codes) : sole_code(f);
}

/* ---- groups ---- */

/* Letters and then digits, as hadolint and ShellCheck have them: "DL", "DL3", "DL3008". */
static bool is_numbered(struct str name)
{
    size_t n = 2;

    if (name.n < n ||
        (!str_ieq(str_sub(name, 0, n), S("DL")) && !str_ieq(str_sub(name, 0, n), S("SC"))))
        return false;
    while (n < name.n && name.p[n] >= '0' && name.p[n] <= '9')
        n++;
    return n == name.n;
}

bool code_is_buildkits(struct str code)
{
    return !is_numbered(code);
}

static bool is_group(struct str name)
{
    static const struct str groups[] = {
        {"all", 3}, {"safe", 4}, {"security", 8}, {"hadolint", 8}, {"buildkit", 8}};

    if (name.n > groups[2].n) /* as most rules' own are */
        return false;
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (str_ieq(groups[i], name))
            return true;
    return name.n < sizeof("DL3008") - 1 && is_numbered(name);
}

/* Does one of the codes begin so? "buildkit": is it a word, as BuildKit's names are? */
static bool begins(struct str codes, struct str start)
{
    bool words = str_ieq(start, S("buildkit")), found = false;
    struct str code;

    while (word_next(&codes, &code))
        found |= words ? code_is_buildkits(code)
                       : code.n >= start.n && str_ieq(str_sub(code, 0, start.n), start);
    return found;
}

/* Is a rule, or its findings of these codes, in the group? */
static bool is_in_group(const struct fixer *f, struct str codes, struct str group)
{
    if (!is_group(group))
        return false;
    if (str_ieq(group, S("all")))
        return true;
    if (str_ieq(group, S("safe")))
        return f->safety == SAFE;
    if (str_ieq(group, S("security")))
        return f->security;
    if (!codes.n && f->family)
        return str_ieq(str_sub(group, 0, strlen(f->family)), str_of(f->family));
    return begins(codes, str_ieq(group, S("hadolint")) ? S("DL") : group);
}

bool rules_are_named(const struct rules *r, struct str name)
{
    for (size_t i = 0; i < r->n; i++)
        if (fixer_has_name(r->v[i], name) || is_in_group(r->v[i], str_of(r->v[i]->aliases), name))
            return true;
    return false;
}

const struct fixer *rules_find(const struct rules *r, struct str name)
{
    for (size_t i = 0; i < r->n; i++)
        if (fixer_has_name(r->v[i], name))
            return r->v[i];
    return NULL;
}

struct str rules_near(const struct rules *r, struct str name)
{
    enum { RULES_MAX = 256 };
    struct str known[RULES_MAX];
    size_t n = r->n < RULES_MAX ? r->n : RULES_MAX;

    for (size_t i = 0; i < n; i++)
        known[i] = str_of(r->v[i]->id);
    return str_nearest(name, known, n);
}

/* What policy says of the rule by its name, or by the code of all that it finds. */
const struct rule_settings *rule_settings_of(const struct settings *s, const struct fixer *f)
{
    for (size_t i = 0; i < s->nrule; i++)
        if (str_ieq(str_of(f->id), s->rule[i].rule) ||
            (sole_code(f).n && str_ieq(sole_code(f), s->rule[i].rule)))
            return &s->rule[i];
    return NULL;
}

static bool named(const struct fixer *f, const struct str *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fixer_has_name(f, v[i]) || is_in_group(f, str_of(f->aliases), v[i]))
            return true;
    return false;
}

/* Most rules are named by their own name, and that is told at once. */
static bool named_as(const struct fixer *f, struct str codes, const struct str *v, size_t n)
{
    if (!n) /* as mostly */
        return false;
    struct str id = str_of(f->id);
    for (size_t i = 0; i < n; i++)
        if (str_ieq(v[i], id))
            return true;
    for (size_t i = 0; i < n; i++)
        if (finding_has_name(f, codes, v[i]) ||
            is_in_group(f, codes.n ? codes : str_of(f->aliases), v[i]))
            return true;
    return false;
}

/* Is the rule itself named, or each of its codes? */
static bool named_whole(const struct fixer *f, const struct str *v, size_t n)
{
    struct str codes = str_of(f->aliases), code;
    bool all = codes.n > 0;

    if (!n)
        return false;
    while (str_cut(&codes, ' ', &code))
        all &= named_as(f, code, v, n);
    for (size_t i = 0; i < n; i++)
        all |= str_ieq(str_of(f->id), v[i]);
    return all;
}

/* "pin-apt.pin=snapshot": does the policy give that rule that option? */
static bool asked_by_another(const struct settings *s, const struct fixer *f)
{
    struct str option = str_of(f->asked_by), rule = S(""), name = S("");

    if (!f->asked_by || !s->nrule)
        return false;
    str_cut(&option, '.', &rule);
    str_cut(&option, '=', &name);
    for (size_t i = 0; i < s->nrule; i++)
        for (size_t k = 0; k < s->rule[i].noption; k++)
            if (str_eq(s->rule[i].rule, rule) && str_eq(s->rule[i].option[k].name, name) &&
                str_eq(s->rule[i].option[k].value, option))
                return true;
    return false;
}

bool code_is_asked(const struct settings *s, const struct fixer *f, struct str codes)
{
    bool asked = s->hadolint.on && begins(codes, S("DL"));

    for (size_t i = 0; codes.n && i < s->nselect && !asked; i++) {
        struct str name = s->select[i];
        bool group = is_numbered(name) || str_ieq(name, S("hadolint"));
        asked = str_listed(codes, name) || (group && is_in_group(f, codes, name));
    }
    return asked;
}

/* Is one of its codes on in hadolint? Those that it ignores by default are when their severity is
 * set. */
static bool is_hadolints(const struct settings *s, const struct fixer *f)
{
    struct str codes = str_of(s->hadolint.on ? f->aliases : ""), code;
    bool on = false;

    while (word_next(&codes, &code)) {
        bool named = false;
        for (size_t i = 0; i < s->hadolint.nseverity; i++)
            named |= str_ieq(s->hadolint.severity[i].code, code);
        on |= begins(code, S("DL")) && (named || !word_is_one_of(code, "DL1001 DL3057"));
    }
    return on;
}

enum level rule_policy(const struct settings *s, const struct fixer *f)
{
    const struct rule_settings *rule = rule_settings_of(s, f);
    enum level level = rule ? rule->level : LEVEL_UNSET;
    bool selected = named(f, s->select, s->nselect) || named(f, s->also, s->nalso);

    if (named_whole(f, s->ignore, s->nignore) || (s->nselect && !selected))
        return LEVEL_OFF;
    if (level == LEVEL_OFF && !selected)
        return LEVEL_OFF;
    if (level > LEVEL_OFF)
        return level;
    if (f->off && !selected && !(rule && rule->noption) && !asked_by_another(s, f) &&
        !is_hadolints(s, f))
        return LEVEL_OFF;
    return LEVEL_UNSET;
}

void dfix_settle(struct arena *a, const struct rules *rules, struct settings *s)
{
    enum level *v = arena_new(a, enum level, rules->n);
    struct rule_levels *levels = arena_new(a, struct rule_levels, 1);

    for (size_t i = 0; i < rules->n; i++)
        v[i] = rule_policy(s, rules->v[i]);
    *levels = (struct rule_levels){rules, v};
    s->levels = levels;
}

enum level rule_level(const struct settings *s, const struct fixer *f)
{
    return level_in_run(rule_policy(s, f), s->unsafe);
}

enum level finding_level(const struct settings *s, const struct fixer *f, struct str codes,
                         enum level level)
{
    if (!codes.n || level == LEVEL_OFF)
        return level;
    bool selected =
        named_as(f, codes, s->select, s->nselect) || named_as(f, codes, s->also, s->nalso);
    if (named_as(f, codes, s->ignore, s->nignore) || (s->nselect && !selected))
        return LEVEL_OFF;
    for (size_t i = 0; i < s->nrule; i++) {
        enum level own = str_listed(codes, s->rule[i].rule) ? s->rule[i].level : LEVEL_UNSET;
        if (own > LEVEL_OFF || (own == LEVEL_OFF && !selected))
            return own;
    }
    return level;
}

bool dfix_is_on(const struct settings *s, const struct fixer *f)
{
    return rule_level(s, f) != LEVEL_OFF;
}

enum decided dfix_decided_by(const struct settings *s, const struct fixer *f)
{
    const struct rule_settings *rule = rule_settings_of(s, f);

    if (s->nselect || named(f, s->also, s->nalso) || named_whole(f, s->ignore, s->nignore))
        return DECIDED_BY_WORDS;
    if ((rule && (rule->level != LEVEL_UNSET || rule->noption)) || asked_by_another(s, f))
        return DECIDED_BY_POLICY;
    return f->off && is_hadolints(s, f) ? DECIDED_BY_HADOLINT : DECIDED_BY_DEFAULT;
}

struct str fix_option(const struct fix_ctx *c, const char *name)
{
    const struct fixer *f = c->run->fixer;
    const struct rule_settings *rule = rule_settings_of(c->settings, f);

    for (size_t i = 0; rule && i < rule->noption; i++)
        if (str_eq(rule->option[i].name, str_of(name)))
            return rule->option[i].value;
    const struct hadolint_settings *h = &c->settings->hadolint;
    bool labels = (h->schema.n || h->strict_labels) && str_eq(str_of(f->id), S("label-schema"));
    if (labels && h->schema.n && str_eq(str_of(name), S("labels")))
        return h->schema;
    if (labels && h->strict_labels && str_eq(str_of(name), S("strict")))
        return S("yes");
    for (const struct option_doc *o = f->options; o && o->name; o++)
        if (strcmp(o->name, name) == 0)
            return str_of(o->fallback);
    return S("");
}

bool fix_option_is(const struct fix_ctx *c, const char *name, const char *value)
{
    return str_eq(fix_option(c, name), str_of(value));
}

bool fix_asks_code(const struct fix_ctx *c, const char *code)
{
    return code_is_asked(c->settings, c->run->fixer, str_of(code));
}

bool fix_asked_in_policy(const struct fix_ctx *c)
{
    const struct fixer *f = c->run->fixer;
    const struct rule_settings *rule = rule_settings_of(c->settings, f);

    return (rule && (rule->level > LEVEL_HINT || rule->noption)) ||
           asked_by_another(c->settings, f);
}

bool fix_asked(const struct fix_ctx *c)
{
    return named(c->run->fixer, c->settings->select, c->settings->nselect) ||
           fix_asked_in_policy(c);
}
