/* The loop over the rules: each alone on the original text (check), or one after another, each on
 * what the one before left, until silent (fix). */
#include "session.h"

enum { STALLS = 64 }; /* changes of one rule that leave it as much to do as before */

/* ---- findings ---- */

static bool is_change(const struct fix *f)
{
    return !f->skip && !f->refused && f->change.n;
}

static bool is_allowed(const struct fix *f, enum level level)
{
    return (f->safety == SAFE && level >= LEVEL_SAFE) ||
           (f->safety == UNSAFE && level >= LEVEL_UNSAFE);
}

static void add_unread_findings(struct session *s, finding_list *out)
{
    struct finding *v;
    size_t n = unread_findings(s->here, s->image, &v);

    for (size_t i = 0; i < n; i++)
        vec_push(s->here, out, v[i]);
}

/* Is the fix one that a level lets through, without --unsafe or with it? */
static enum remedy remedy_of(const struct session *s, size_t rule, const struct fix *f,
                             struct str codes)
{
    if (!is_change(f))
        return REMEDY_NONE;
    for (int unsafe = 0; unsafe <= 1; unsafe++) {
        enum level most = level_in_run(s->policy[rule], unsafe);
        if (is_allowed(f, finding_level(s->settings, f->fixer, codes, most)))
            return unsafe ? REMEDY_UNSAFE : REMEDY_FIX;
    }
    return REMEDY_NONE;
}

/* A stage that neither its registry nor the tables tell of. Images that policy blocks are not
 * asked for at all. */
static struct str base_lacked(const struct session *s, const struct stage *g)
{
    struct reference r;

    if (g->release.distro.n || !g->facts_failed.n || !reference_parse(g->reference.text, &r) ||
        policy_blocks(s->settings, reference_name(s->here, &r)))
        return S("");
    return g->facts_failed;
}

/* Why the rule could not judge the text as a whole; "": it could. */
static struct str unchecked_why(const struct session *s, const struct run *run)
{
    if (run->lacked.n || run->fixer->names_only)
        return run->lacked;
    for (size_t i = 0; i < run->fix.n; i++) {
        const struct fix *f = run->fix.v[i];
        unsigned stage = f->skip ? image_stage_of(s->image, f->at) : UINT32_MAX;
        if (stage >= s->image->nstage)
            continue;
        struct str why = base_lacked(s, &s->image->stage[stage]);
        if (why.n)
            return why;
    }
    return S("");
}

typedef VEC(struct unchecked) unchecked_list;

/* How far the rule may go in this file, which may ask for a check that is off by default. */
static enum level level_of(const struct session *s, size_t rule)
{
    enum level level = level_in_run(s->policy[rule], s->settings->unsafe);
    bool asked =
        level == LEVEL_OFF && !s->settings->nselect && check_turns_on(&s->check, s->rules->v[rule]);
    return asked ? LEVEL_SAFE : level;
}

/* What the rule says of the text at hand. Fixes that could be applied are not judged yet. */
static void check_rule(struct session *s, size_t rule, finding_list *out, unchecked_list *unchecked)
{
    const struct fixer *fixer = s->rules->v[rule];
    enum level most = level_of(s, rule);

    if (most == LEVEL_OFF)
        return;
    struct run *run = session_ask(s, rule);
    struct str lacked = unchecked_why(s, run);
    if (lacked.n)
        vec_push(s->here, unchecked, (struct unchecked){fixer, lacked});
    for (size_t i = 0; i < run->fix.n; i++) {
        struct fix *f = run->fix.v[i];
        struct finding x = finding_of(s, s->here, f);
        enum level level = finding_level(s->settings, fixer, x.codes, most);
        if (level == LEVEL_OFF)
            continue;
        x.self = f;
        x.fixable = is_change(f) && level > LEVEL_HINT;
        x.remedy = remedy_of(s, rule, f, x.codes);
        x.wants_unsafe = x.remedy == REMEDY_UNSAFE && !s->settings->unsafe;
        if (level == LEVEL_HINT)
            x.safety = HINT;
        if (f->refused)
            finding_refuse(s->here, &x, f->refused);
        s->result->broken |= f->judged && f->refused;
        if (x.skip && f->found && code_is_asked(s->settings, fixer, x.codes))
            finding_stands(s, f, &x);
        vec_push(s->here, out, x);
    }
}

static finding_list check_all(struct session *s)
{
    finding_list out = {0};
    unchecked_list unchecked = {0};

    for (size_t i = 0; i < s->rules->n; i++)
        check_rule(s, i, &out, &unchecked);
    add_unread_findings(s, &out);
    suppression_findings(s, &out);
    s->result->unchecked = unchecked.v;
    s->result->nunchecked = unchecked.n;
    return out;
}

/* ---- bases ---- */

static struct release release_dup(struct arena *a, const struct release *r)
{
    return (struct release){str_dup(a, r->distro), str_dup(a, r->version), str_dup(a, r->codename)};
}

static struct str teller_of(const struct stage *s)
{
    if (s->release.distro.n)
        return s->release_from;
    return s->facts ? s->facts->spoke : S("");
}

static void tell_bases(const struct session *s, struct result *r)
{
    const struct image *im = s->image;
    struct base_told *v = arena_new(s->arena, struct base_told, im->nstage);
    struct place_lc at = {1, 1};
    uint32_t from = 0;

    for (size_t i = 0; i < im->nstage; i++) {
        const struct stage *g = &im->stage[i];
        if (g->base != BASE_IMAGE)
            continue;
        uint32_t start = node_span(s->tree, g->image).start;
        at = text_place_on(s->text, at, from, start);
        from = start;
        v[r->nbase++] = (struct base_told){
            .place = at,
            .image = str_dup(s->arena, g->reference.text),
            .release = release_dup(s->arena, &g->release),
            .source = str_dup(s->arena, teller_of(g)),
        };
    }
    r->base = v;
}

static bool is_binary(const struct tree *t)
{
    for (node_id n = 1; t->nerror && n < t->nnode; n++)
        if (t->node[n].kind == NODE_ERROR && t->node[n].op == SYNTAX_BINARY)
            return true;
    return false;
}

static bool is_pending(const struct session *s)
{
    return s->pending || s->image->pending;
}

/* Why a file is not to be changed: its severity, and where the file says so. */
struct refusal {
    enum severity severity;
    struct span at;
};

/* Of a file that is not to be changed only the findings stay, and why. */
static void leave_file(struct session *s, finding_list *list, const struct refusal *why)
{
    for (size_t i = 0; i < list->n; i++) {
        struct finding *x = &list->v[i];
        x->safety = HINT;
        x->wants_unsafe = x->fixable = false;
        x->remedy = REMEDY_NONE;
        x->self = NULL;
    }
    vec_push(
        s->arena, list,
        finding_by_engine("file", why->severity, why->at,
                          str_fmt(s->arena, "Not changed: " STR_FMT, STR_ARG(s->result->refused))));
}

/* ---- check ---- */

static void check(struct session *s)
{
    struct result *r = s->result;
    struct refusal why = {0};
    finding_list list = {0};

    session_start(s);
    r->binary = is_binary(s->tree);
    tell_bases(s, r);
    if (!r->binary) {
        r->refused = file_refused(s->arena, s->image, &why.at, &why.severity);
        list = check_all(s);
    }
    if (r->refused.n)
        leave_file(s, &list, &why);
    r->pending = is_pending(s);
    result_finish(r, s->settings, s->text, list.v, list.n);
}

struct result dfix_check(struct arena *a, struct str text, const struct rules *rules,
                         const struct settings *settings, const struct lookup *world)
{
    struct session *s = session_open(a, text, rules, settings, world);

    session_run(s, a, check);
    return *s->result;
}

/* The edits of a finding whose fix was judged. */
static void settle(struct session *s, struct finding *x)
{
    struct fix *f = x->self;

    if (f->refused) {
        finding_refuse(s->here, x, f->refused);
        s->result->broken = true;
    } else if (x->fixable) {
        fix_edits(s->here, f, &x->edits);
    }
}

/* Of one rule, from this finding on; findings of a rule do not stand together. */
static void guard_rule(struct session *s, size_t from)
{
    struct result *r = s->result;
    fix_list fixes = {0};

    for (size_t i = from; i < r->nfinding; i++) {
        struct fix *f = r->finding[i].self;
        if (f && f->fixer == r->finding[from].fixer && is_change(f) && !f->judged) {
            f->judged = true;
            vec_push(s->here, &fixes, f);
        }
    }
    if (fixes.n)
        judge_each(s, fixes.v, fixes.n);
}

static void guard_all(struct session *s)
{
    struct result *r = s->result;

    for (size_t i = 0; i < r->nfinding; i++) {
        struct fix *f = r->finding[i].self;
        if (f && is_change(f) && !f->judged)
            guard_rule(s, i);
    }
    for (size_t i = 0; i < r->nfinding; i++)
        if (r->finding[i].self)
            settle(s, &r->finding[i]);
}

static void guard_one(struct session *s)
{
    struct finding *x = &s->result->finding[s->asked];
    struct fix *f = x->self;

    if (f && is_change(f) && !f->judged) {
        f->judged = true;
        judge_each(s, &f, 1);
    }
    if (f)
        settle(s, x);
}

void dfix_guard_all(struct result *r)
{
    struct session *s = r->self;

    if (!s || r->over.n)
        return;
    session_run(s, s->outside, guard_all);
    *r = *s->result;
}

void dfix_guard(struct result *r, size_t finding)
{
    struct session *s = r->self;

    if (!s || r->over.n)
        return;
    s->asked = finding;
    session_run(s, s->outside, guard_one);
    *r = *s->result;
}

/* ---- fix ---- */

/* A run of dfix_fix. */
struct fixing {
    struct session *s;
    finding_list done;
    size_t *left;     /* by rule: fixes that it had at its last change */
    unsigned *stalls; /* by rule: changes that left it no fewer */
};

/* Edits, and how far what comes after each of them moved. */
struct moved {
    struct edits e;
    int64_t *shift; /* behind the first i edits */
};

static struct moved moved_by(struct arena *a, struct edits e)
{
    struct moved m = {e, arena_new(a, int64_t, e.n + 1)};

    for (size_t i = 0; i < e.n; i++)
        m.shift[i + 1] =
            m.shift[i] + (int64_t)e.v[i].text.n - (e.v[i].span.end - e.v[i].span.start);
    return m;
}

/* Where an offset of the text after the edits lies in the text before. */
static uint32_t back(const struct moved *m, uint32_t at)
{
    struct bisect b = {.high = m->e.n};

    while (bisect_next(&b))
        bisect_take(&b, m->e.v[b.at].span.start + m->shift[b.at] <= at);
    const struct edit *x = b.low ? &m->e.v[b.low - 1] : NULL; /* the last that begins before it */
    if (x && at < x->span.start + m->shift[b.low - 1] + (int64_t)x->text.n)
        return x->span.start;
    return (uint32_t)(at - m->shift[b.low]);
}

static struct span back_span(const struct moved *m, struct span s)
{
    struct span b = {back(m, s.start), back(m, s.end)};
    return b.end < b.start ? (struct span){b.start, b.start} : b;
}

/* What a fix has just written needs no reason why it is left alone now. */
static bool is_changed(struct edits e, struct span s)
{
    struct bisect b = {.high = e.n};

    while (bisect_next(&b))
        bisect_take(&b, e.v[b.at].span.end < s.start);
    for (size_t i = b.low; i < e.n && e.v[i].span.start <= s.end; i++) {
        const struct edit *x = &e.v[i];
        bool next_line = x->span.start == s.end && x->text.n &&
                         (x->text.p[0] == '\n' || x->text.p[0] == '\r'); /* after the last one */
        if (s.end - s.start < 1000 && !next_line)
            return true;
    }
    return false;
}

/* Is it about lines that count, as they were before what was done so far? */
static bool is_in_lines(const struct session *s, const struct fix *f)
{
    if (!s->settings->line)
        return true;
    struct moved moved = moved_by(s->here, s->result->edits);
    return lines_count(s->settings, s->original, back_span(&moved, f->point));
}

/* The fixes of the rule that may be applied. */
static fix_list applicable(struct session *s, size_t rule, enum level most)
{
    struct run *run = session_ask(s, rule);
    fix_list fixes = {0};

    for (size_t i = 0; i < run->fix.n; i++) {
        struct fix *f = run->fix.v[i];
        struct str codes = finding_codes(run->fixer, f->codes);
        if (is_change(f) && is_in_lines(s, f) &&
            is_allowed(f, finding_level(s->settings, run->fixer, codes, most)))
            vec_push(s->here, &fixes, f);
    }
    return fixes;
}

static void note_done(struct fixing *x, const fix_list *fixes)
{
    struct arena *a = x->s->arena;
    struct moved moved = moved_by(x->s->here, x->s->result->edits);

    for (size_t i = 0; i < fixes->n; i++) {
        struct finding f = finding_of(x->s, a, fixes->v[i]);
        f.applied = true;
        f.span = back_span(&moved, f.span);
        f.instruction = back(&moved, f.instruction);
        f.title = str_dup(a, f.title);
        f.why = str_dup(a, f.why);
        f.message = str_dup(a, f.message);
        f.help = str_dup(a, f.help);
        vec_push(a, &x->done, f);
    }
}

/* Does the rule still get anywhere? */
static bool gets_on(struct fixing *x, size_t rule, size_t fixes)
{
    if (x->left[rule] && fixes >= x->left[rule])
        x->stalls[rule]++;
    x->left[rule] = fixes;
    return x->stalls[rule] < STALLS;
}

/* Let one rule change the text; true when it did. */
static bool step(struct fixing *x, size_t rule)
{
    struct session *s = x->s;
    enum level level = level_of(s, rule);
    struct edits e;

    if (level < LEVEL_SAFE || x->stalls[rule] >= STALLS)
        return false;
    fix_list fixes = applicable(s, rule, level);
    if (!fixes.n || !gets_on(x, rule, fixes.n))
        return false;
    judge(s, &fixes, &e);
    if (!fixes.n)
        return false;
    note_done(x, &fixes);
    s->result->edits = edits_compose(s->arena, s->original.n, s->result->edits, e);
    session_load(s, edits_apply(s->here, s->text, e));
    return true;
}

/* What is left on the last text, and not only because of what was done. */
static void add_rest(struct fixing *x)
{
    struct session *s = x->s;
    struct edits e = s->result->edits;
    struct moved moved = moved_by(s->here, e);
    finding_list rest = check_all(s);

    for (size_t i = 0; i < rest.n; i++) {
        struct finding f = rest.v[i];
        f.span = back_span(&moved, f.span);
        f.instruction = back(&moved, f.instruction);
        f.fixable = false;
        f.self = NULL;
        if (!f.skip || !is_changed(e, f.span))
            vec_push(s->arena, &x->done, f);
    }
    for (size_t i = 0; i < s->rules->n; i++)
        if (x->stalls[i] >= STALLS)
            vec_push(s->arena, &x->done,
                     finding_by_engine(s->rules->v[i]->id, SEVERITY_WARNING, (struct span){0, 0},
                                       S("Not finished: each fix makes room for another one; run "
                                         "dfix again for the rest")));
}

static void fix(struct session *s)
{
    struct result *r = s->result;
    struct fixing x = {.s = s};
    struct refusal why = {0};

    session_start(s);
    x.left = arena_new(s->arena, size_t, s->rules->n);
    x.stalls = arena_new(s->arena, unsigned, s->rules->n);
    r->binary = is_binary(s->tree);
    tell_bases(s, r);
    if (!r->binary)
        r->refused = file_refused(s->arena, s->image, &why.at, &why.severity);
    bool changed = !r->binary && !r->refused.n;
    while (changed) {
        changed = false;
        for (size_t i = 0; i < s->rules->n; i++)
            changed |= step(&x, i);
        changed &= !is_pending(s);
    }
    r->text = s->text;
    r->pending = is_pending(s);
    if (!r->binary && !r->pending) {
        add_rest(&x);
        if (r->refused.n)
            leave_file(s, &x.done, &why);
        r->pending = is_pending(s);
    }
    result_finish(r, s->settings, s->original, x.done.v, x.done.n);
}

struct result dfix_fix(struct arena *a, struct str text, const struct rules *rules,
                       const struct settings *settings, const struct lookup *world)
{
    struct session *s = session_open(a, text, rules, settings, world);

    session_run(s, a, fix);
    return *s->result;
}
