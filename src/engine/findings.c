/* findings.c - what a fix says as a finding, and what is wrong with comments that suppress. */
#include "lines.h"
#include "session.h"

/* Where others explain the code. */
static struct str url_of(struct arena *a, struct str code)
{
    if (str_starts(code, S("SC")))
        return str_join(a, S("https://www.shellcheck.net/wiki/"), code, S(""));
    if (str_starts(code, S("DL")))
        return str_join(a, S("https://github.com/hadolint/hadolint/wiki/"), code, S(""));
    return S("");
}

enum severity finding_severity(const struct session *s, const struct fix *f, struct str codes)
{
    const struct rule_settings *rule = rule_settings_of(s->settings, f->fixer);
    const struct hadolint_settings *h = &s->settings->hadolint;

    if (rule && rule->has_severity)
        return rule->severity;
    for (size_t i = 0; i < h->nseverity; i++)
        if (str_listed(codes, h->severity[i].code))
            return h->severity[i].severity;
    return check_raises(&s->check, codes) ? SEVERITY_ERROR : f->severity;
}

struct finding finding_of(const struct session *s, struct arena *a, const struct fix *f)
{
    struct str codes = finding_codes(f->fixer, f->codes), code;

    if (f->fixer->family) /* others are words of the program */
        codes = str_dup(a, codes);
    struct str rest = codes;
    word_next(&rest, &code);
    return (struct finding){
        .fixer = f->fixer,
        .rule = f->fixer->id,
        .code = code,
        .codes = codes,
        .title = f->title,
        .why = f->why,
        .help = f->help,
        .url = url_of(a, code),
        .severity = f->skip ? SEVERITY_INFO : finding_severity(s, f, codes),
        .safety = f->change.n ? f->safety : HINT,
        .skip = f->skip,
        .found = f->found,
        .span = f->point,
        .message = finding_message(a, f),
        .subject = f->skip ? f->subject : 0,
        .instruction = f->at ? node_span(s->tree, node_outermost(s->tree, f->at)).start : 0,
    };
}

void finding_refuse(struct arena *a, struct finding *x, const char *why)
{
    x->skip = true;
    x->fixable = x->wants_unsafe = false;
    x->remedy = REMEDY_NONE;
    x->edits = (struct edits){0};
    x->severity = SEVERITY_WARNING;
    x->why = str_of(why);
    x->message = finding_not_done(a, x->title, x->why);
}

void finding_stands(const struct session *s, const struct fix *f, struct finding *x)
{
    x->skip = false;
    x->severity = finding_severity(s, f, x->codes);
    if (x->why.n)
        return;
    x->why = x->title; /* of a skip, it says why nothing was done, and not what was found */
    x->title = str_of(x->fixer->title);
    x->message = str_fmt(s->here, STR_FMT " (" STR_FMT ")", STR_ARG(x->title), STR_ARG(x->why));
}

/* Can the rule find nothing in this run, by the name or the code given? */
static bool is_off(const struct settings *s, const struct fixer *f, struct str name)
{
    struct str code = str_ieq(name, str_of(f->id)) ? S("") : name;
    return finding_level(s, f, code, rule_level(s, f)) == LEVEL_OFF;
}

/* Does it name a rule of ours? What is hadolint's alone is not for us to judge, nor what another
 * program finds, where it is not asked. */
static bool names_ours(const struct session *s, const struct suppression *x)
{
    struct str rules = x->rules, rule;

    while (str_cut(&rules, ',', &rule)) {
        const struct fixer *f = rules_find(s->rules, str_trim(rule));
        if (f && !(f->family && is_off(s->settings, f, str_trim(rule))))
            return true;
    }
    return false;
}

/* What is wrong with a suppression; NULL: nothing. */
static const char *fault_of(const struct session *s, const struct suppression *x)
{
    struct str rules = x->rules, rule;

    if (x->check)
        return NULL;
    if (x->fault && !x->hadolint)
        return x->fault;
    if (suppression_forbidden(s->settings, x, s->rules))
        return "names a rule that the policy lets nobody suppress; remove it";
    if (x->hadolint)
        return s->settings->require_reasons && !x->reason.n && names_ours(s, x)
                   ? "gives no reason, as the policy demands; write `# why` at its end"
                   : NULL;
    while (str_cut(&rules, ',', &rule))
        if (is_off(s->settings, rules_find(s->rules, rule), rule))
            return NULL; /* it might have had work */
    return x->used || s->pending ? NULL : "suppresses nothing; remove it";
}

void suppression_findings(struct session *s, finding_list *out)
{
    for (size_t i = 0; i < s->suppressions.n; i++) {
        const struct suppression *x = &s->suppressions.v[i];
        const char *fault = fault_of(s, x);
        if (fault)
            vec_push(s->arena, out,
                     finding_by_engine("suppression",
                                       x->expired ? SEVERITY_ERROR : SEVERITY_WARNING, x->span,
                                       str_fmt(s->arena, "This comment %s", fault)));
    }
}
