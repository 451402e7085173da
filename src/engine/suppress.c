/* Suppression comments: one form, with a reason, for one instruction.
 *
 *   # dfix ignore=RULE[,RULE] [until=YYYY-MM-DD] because REASON
 *   # dfix ignore-file=RULE[,RULE] [until=YYYY-MM-DD] because REASON
 *
 * The second form holds for the whole file. The first, above a package in the middle of a list,
 * holds for that package. A comment that is meant as one and is not in this form is a finding: none
 * is silently without effect. What hadolint is told to ignore (`# hadolint ignore=DL3008`) is left
 * alone, but said. */
#include "lines.h"

#include "dfix/date.h"

static const char form[] =
    "is not understood; write `# dfix ignore=RULE[,RULE] [until=YYYY-MM-DD] because ...`";

static struct str next_word(struct str *rest)
{
    size_t n = 0;

    *rest = str_trim(*rest);
    while (n < rest->n && rest->p[n] != ' ' && rest->p[n] != '\t')
        n++;
    struct str word = str_sub(*rest, 0, n);
    *rest = str_trim(str_from(*rest, n));
    return word;
}

static const char *check_rules(struct arena *a, const struct rules *known, struct str rules)
{
    struct str rule;

    if (!rules.n)
        return "names no rule";
    while (str_cut(&rules, ',', &rule)) {
        if (rules_find(known, rule))
            continue;
        struct str near = rules_near(known, rule);
        if (near.n)
            return str_fmt(a, "names an unknown rule, " STR_FMT "; did you mean " STR_FMT "?",
                           STR_ARG(rule), STR_ARG(near))
                .p;
        return "names an unknown rule (see `dfix rules`)";
    }
    return NULL;
}

/* Why the comment has no effect; NULL: it has. */
static const char *check(struct arena *a, const struct rules *known, struct suppression *s,
                         struct str left, struct str today)
{
    const char *fault = check_rules(a, known, s->rules);

    if (fault)
        return fault;
    if (left.n && !s->reason.n)
        return form;
    if (!s->reason.n)
        return "gives no reason: write `because ...` at its end";
    if (str_starts(s->reason, S("until=")) || str_find(s->reason, S(" until=")) != STR_NONE)
        return "has until= in its reason; write it before `because`";
    if (s->until.n && !date_is_valid(s->until))
        return "has an until= that is not a date (YYYY-MM-DD)";
    s->expired = s->until.n && today.n && str_cmp(today, s->until) > 0;
    return s->expired ? "has expired" : NULL;
}

/* Behind `dfix`: ignore=A,B [until=DATE] because REASON */
static struct suppression parse(struct arena *a, const struct rules *known, struct str text,
                                struct str today)
{
    struct suppression s = {.rules = S(""), .until = S(""), .reason = S("")};
    struct str word = next_word(&text), rest;

    struct str verb = S("");
    bool given = str_chr(word, '=') != STR_NONE && str_cut(&word, '=', &verb);
    s.whole_file = str_eq(verb, S("ignore-file"));
    if (!given || (!s.whole_file && !str_eq(verb, S("ignore")))) {
        s.fault = form;
        return s;
    }
    s.rules = word;
    rest = text;
    word = next_word(&rest);
    if (str_starts(word, S("until="))) {
        s.until = str_from(word, sizeof("until=") - 1);
        text = rest;
        word = next_word(&rest);
    }
    if (str_eq(word, S("because"))) {
        s.reason = rest;
        text = S("");
    }
    s.fault = check(a, known, &s, text, today);
    return s;
}

/* Is it meant to suppress something? Other comments may well begin with the program's name. */
static bool is_meant(struct str text)
{
    static const char *const verbs[] = {"ignore", "disable", "suppress", "skip", "allow", "noqa"};

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        struct str verb = str_of(verbs[i]);
        if (text.n >= verb.n && str_ieq(str_sub(text, 0, verb.n), verb))
            return true;
    }
    return false;
}

/* `# dfix ...` */
static bool read_ours(struct arena *a, const struct rules *known, struct str comment,
                      struct str today, struct suppression *out)
{
    struct str text = comment, name = next_word(&text);
    bool colon = str_ends(name, S(":"));

    if (!str_ieq(colon ? str_sub(name, 0, name.n - 1) : name, S("dfix")) || !is_meant(text))
        return false;
    *out = parse(a, known, text, today);
    if (!str_eq(name, S("dfix")))
        out->fault = form;
    return true;
}

/* DL3008, DL3009: up to what is no list any more, which is a reason: `# why`, ` - why`. */
static struct str code_list(struct str text)
{
    size_t end = 0, at = 0;

    for (;;) {
        while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
            at++;
        size_t start = at;
        while (at < text.n && ((text.p[at] >= '0' && text.p[at] <= '9') ||
                               (text.p[at] >= 'A' && text.p[at] <= 'Z')))
            at++;
        if (at == start)
            return str_sub(text, 0, end);
        end = at;
        while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t'))
            at++;
        if (at == text.n || text.p[at] != ',')
            return str_sub(text, 0, end);
        at++;
    }
}

/* " # why", " - why" */
static struct str reason_behind(struct str text)
{
    text = str_trim(text);
    if (!str_starts(text, S("#")) && !str_starts(text, S("-")))
        return S("");
    return str_trim(str_from(text, 1));
}

/* `# hadolint [stage|global] ignore=CODE[, CODE] [# why]` */
static bool read_hadolints(struct str comment, struct suppression *out)
{
    struct str text = comment;

    if (!str_eq(next_word(&text), S("hadolint")))
        return false;
    struct str rest = text, scope = next_word(&rest);
    bool global = str_eq(scope, S("global")), stage = str_eq(scope, S("stage"));
    if (global || stage)
        text = rest;
    if (!str_starts(text, S("ignore")))
        return false;
    text = str_trim(str_from(text, sizeof("ignore") - 1));
    if (!str_starts(text, S("=")))
        return false;
    struct str codes = code_list(str_from(text, 1));
    *out = (struct suppression){.rules = codes,
                                .until = S(""),
                                .reason = reason_behind(str_from(text, 1 + codes.n)),
                                .hadolint = true,
                                .whole_file = global,
                                .whole_stage = stage};
    return true;
}

/* `# check=skip=NAME`, above an instruction. */
static bool read_checks(struct str comment, struct suppression *out)
{
    struct check x;

    if (!check_read(comment, &x))
        return false;
    *out = (struct suppression){
        .rules = S(""), .until = S(""), .reason = S(""), .check = true, .skips = x};
    return true;
}

/* BuildKit takes the first one above an instruction, and forgets what stands above `#` alone. */
static bool is_forgotten(const struct tree *t, uint32_t token, const struct suppression *s,
                         const struct suppression *earlier)
{
    if (!s->instruction || t->node[s->instruction].tok < token ||
        (earlier && earlier->check && earlier->instruction == s->instruction))
        return true;
    for (uint32_t i = token + 1; i < t->node[s->instruction].tok; i++) {
        struct span c = token_span(t, i);
        if (t->tok[i].kind == TOK_COMMENT && !str_trim(str_sub(t->text, c.start + 1, c.end)).n)
            return true;
    }
    return false;
}

/* The instruction that holds the comment or that it ends the line of, or else the next one. */
static node_id instruction_near(const struct tree *t, uint32_t token)
{
    bool own_line = line_begins(t, line_start(t, token));
    node_id before = 0;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (t->node[n].tok_end > token)
            return t->node[n].tok <= token || own_line ? n : before;
        before = n;
    }
    return own_line ? 0 : before;
}

/* The stage that the comment stands in, or above the FROM of: its first and last instruction. */
static void span_stage(const struct tree *t, struct suppression *s)
{
    node_id from = 0;

    s->last = s->instruction;
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        bool begins = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_FROM;
        if (begins && n > s->instruction)
            break;
        from = begins ? n : from;
        s->last = n;
    }
    s->instruction = from ? from : s->instruction;
}

/* A comment line of its own in the middle of an instruction: the line that it stands above. */
static struct span line_below(const struct tree *t, const struct suppression *s, uint32_t token)
{
    struct span line = {0, 0};
    uint32_t tok = token;

    if (!s->instruction || t->node[s->instruction].tok > token ||
        !line_begins(t, line_start(t, token)))
        return line;
    while (tok < t->node[s->instruction].tok_end && token_is_trivia(t, tok))
        tok++;
    line.start = line.end = t->tok[tok].start;
    while (line.end < t->text.n && t->text.p[line.end] != '\n')
        line.end++;
    return line;
}

/* dfix, hadolint, check: no other comment says anything to a linter. */
static bool may_speak(struct str comment)
{
    char first = comment.n ? (char)(comment.p[0] | 0x20) : 0;
    return first == 'd' || first == 'h' || first == 'c';
}

struct suppressions suppressions_of(struct arena *a, const struct tree *t,
                                    const struct rules *known, struct str today)
{
    VEC(struct suppression) list = {0};
    struct check all = check_of_file(t);

    if (all.skip.n)
        vec_push(a, &list,
                 (struct suppression){.rules = S(""),
                                      .until = S(""),
                                      .reason = S(""),
                                      .check = true,
                                      .skips = all,
                                      .whole_file = true});
    for (uint32_t i = 0; i < t->ntok; i++) {
        if (t->tok[i].kind != TOK_COMMENT)
            continue;
        struct span span = token_span(t, i);
        struct str text = str_trim(str_sub(t->text, span.start + 1, span.end));
        struct suppression s;
        if (!may_speak(text))
            continue;
        if (!read_ours(a, known, text, today, &s) && !read_hadolints(text, &s) &&
            !read_checks(text, &s))
            continue;
        s.span = span;
        s.instruction = instruction_near(t, i);
        s.last = s.instruction;
        if (s.check && is_forgotten(t, i, &s, list.n ? &list.v[list.n - 1] : NULL))
            continue;
        if (!s.check && !s.whole_file && !s.whole_stage)
            s.below = line_below(t, &s, i);
        if (!s.fault && !s.instruction && !s.whole_file)
            s.fault = "has no instruction after it";
        else if (s.whole_stage)
            span_stage(t, &s);
        vec_push(a, &list, s);
    }
    return (struct suppressions){list.v, list.n};
}

static bool names(struct str rules, const struct fixer *f, struct str codes)
{
    struct str rule;

    while (str_cut(&rules, ',', &rule))
        if (finding_has_name(f, codes, str_trim(rule)))
            return true;
    return false;
}

/* Does a call's package stand in the line? */
static bool has_package(const struct image *im, struct span line)
{
    size_t n;
    const struct install *in = image_installs(im, &n);

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < in[i].npackage; k++) {
            uint32_t at = node_span(im->tree, in[i].package[k].node).start;
            if (at >= line.start && at < line.end)
                return true;
        }
    return false;
}

/* Above a package in the middle of a list it holds for what is said of that line. */
static bool holds_at(struct suppression *x, const struct image *im, node_id at)
{
    const struct tree *t = im->tree;
    uint32_t place = node_span(t, at).start;

    if (x->whole_file)
        return true;
    if (at < x->instruction || at >= t->node[x->last].after)
        return false;
    if (x->below.end > x->below.start && !x->looked) {
        x->looked = true;
        x->package = has_package(im, x->below);
    }
    return !x->package || (place >= x->below.start && place < x->below.end);
}

static bool is_named(const struct str *v, size_t n, const struct fixer *f, struct str codes)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i], S("all")) || finding_has_name(f, codes, v[i]))
            return true;
    return false;
}

bool suppression_forbidden(const struct settings *s, const struct suppression *x,
                           const struct rules *known)
{
    struct str rules = x->rules, rule;

    while (s->nforbid && str_cut(&rules, ',', &rule)) {
        struct str name = str_trim(rule);
        const struct fixer *f = rules_find(known, name);
        bool whole = f && str_ieq(name, str_of(f->id));
        if (f && is_named(s->forbid, s->nforbid, f, whole ? S("") : name))
            return true;
    }
    return false;
}

const struct suppression *suppression_for(struct suppressions *s, const struct image *im,
                                          const struct settings *settings, const struct fix *f,
                                          struct str codes)
{
    const struct suppression *found = NULL;

    if (is_named(settings->forbid, settings->nforbid, f->fixer, codes))
        return NULL;
    for (size_t i = 0; i < s->n; i++) {
        struct suppression *x = &s->v[i];
        bool reasoned = !x->hadolint || !settings->require_reasons || x->reason.n;
        bool named = x->check ? check_skips(&x->skips, codes) : names(x->rules, f->fixer, codes);
        if (x->fault || !reasoned || (x->hadolint && settings->hadolint.no_pragmas) || !named ||
            !(holds_at(x, im, f->at) || (f->also && holds_at(x, im, f->also))))
            continue;
        x->used = true;
        if (!found || found->hadolint)
            found = x;
    }
    return found;
}
