/* Suppression comments: one form, with a reason, for one instruction. */
#include "engine.h"

static bool is_date(struct str s)
{
    if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (i != 4 && i != 7 && (s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return true;
}

static const char *check_rules(struct str rules)
{
    struct str rule;

    if (!rules.n)
        return "names no rule";
    while (str_cut(&rules, ',', &rule))
        if (!dfix_fixer(str_trim(rule)))
            return "names a rule that does not exist (`dfix rules` lists them)";
    return NULL;
}

/* ignore=A,B [until=DATE] because reason */
static struct suppression parse_one(struct str text, struct str today)
{
    struct suppression s = {.rules = S(""), .until = S(""), .reason = S("")};
    struct str word = S("");

    str_cut(&text, ' ', &word);
    s.rules = str_from(word, sizeof("ignore=") - 1);
    text = str_trim(text);
    if (str_starts(text, S("until="))) {
        str_cut(&text, ' ', &word);
        s.until = str_from(word, sizeof("until=") - 1);
        text = str_trim(text);
    }
    if (str_starts(text, S("because ")))
        s.reason = str_trim(str_from(text, sizeof("because ") - 1));

    s.fault = check_rules(s.rules);
    if (!s.fault && str_find(s.reason, S("until=")) != STR_NONE)
        s.fault = "says until= in its reason: write it before `because`";
    else if (!s.fault && !s.reason.n)
        s.fault = "gives no reason: write `because ...` at its end";
    else if (!s.fault && s.until.n && !is_date(s.until))
        s.fault = "has an until= that is not a date (YYYY-MM-DD)";
    s.expired = !s.fault && s.until.n && today.n && str_cmp(today, s.until) > 0;
    if (s.expired)
        s.fault = "has expired";
    return s;
}

/* The instruction that holds the token, or else the next one after it. */
static node_id instruction_near(const struct tree *t, uint32_t token)
{
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION && t->node[n].tok_end > token)
            return n;
    return 0;
}

struct suppressions suppressions_of(struct arena *a, const struct tree *t, struct str today)
{
    VEC(struct suppression) list = {0};

    for (uint32_t i = 0; i < t->ntok; i++) {
        if (t->tok[i].kind != TOK_COMMENT)
            continue;
        struct span span = token_span(t, i);
        struct str text = str_trim(str_sub(t->text, span.start + 1, span.end));
        if (!str_starts(text, S("dfix ")))
            continue;
        text = str_trim(str_from(text, 5));
        struct suppression s = {.rules = S(""), .until = S(""), .reason = S("")};
        if (str_starts(text, S("ignore=")))
            s = parse_one(text, today);
        else if (str_starts(text, S("ignore")) || str_starts(text, S("allow-")) ||
                 str_starts(text, S("disable")))
            s.fault =
                "is not understood: write `# dfix ignore=RULE [until=YYYY-MM-DD] because ...`";
        else
            continue;
        s.span = span;
        s.instruction = instruction_near(t, i);
        if (!s.fault && !s.instruction)
            s.fault = "has no instruction after it";
        vec_push(a, &list, s);
    }
    return (struct suppressions){list.v, list.n};
}

static bool names(struct str rules, const struct fixer *f)
{
    struct str rule;

    while (str_cut(&rules, ',', &rule))
        if (fixer_has_name(f, str_trim(rule)))
            return true;
    return false;
}

bool suppressed(struct suppressions *s, const struct tree *t, const struct fixer *fixer, node_id at)
{
    bool found = false;

    for (size_t i = 0; i < s->n; i++) {
        struct suppression *one = &s->v[i];
        bool inside = at >= one->instruction && at < t->node[one->instruction].after;
        if (!one->fault && inside && names(one->rules, fixer))
            found = one->used = true;
    }
    return found;
}
