/* The loop over the fixers: each alone on the original text (check), or one after
 * another, each on what the one before left, until silent (fix). */
#include "lines.h"

enum { SWEEPS = 8, JUDGE_BYTES = 16 * 1024 * 1024 };

typedef VEC(struct fix *) fix_list;
typedef VEC(struct finding) finding_list;

/* One text and what is known of it. Everything lives in the session's arena. */
struct session {
    struct arena *arena;
    const struct settings *settings;
    const struct lookup *world;
    struct lookup lookup; /* notes what is pending, then asks the world */
    struct str text;
    const struct tree *tree; /* of text */
    const struct image *image;
    struct suppressions suppressions;
    bool pending;
    struct str lacked; /* why a fact that the fixer in hand asked for could not be had; "" none */
};

static enum answer noted(struct session *s, enum answer a)
{
    s->pending |= a == ANSWER_PENDING;
    return a;
}

static enum answer lacking(struct session *s, enum answer a, struct str why)
{
    if (a == ANSWER_UNAVAILABLE && !s->lacked.n)
        s->lacked = why.n ? why : S("it could not be asked");
    return noted(s, a);
}

static enum answer ask_package(void *self, enum manager m, const struct release *r, arch_set archs,
                               const struct source *extra, size_t nextra, struct str name,
                               struct package_info *out)
{
    struct session *s = self;
    const struct lookup *w = s->world;

    *out = (struct package_info){.why = S("no index is at hand")};
    if (!w || !w->package)
        return ANSWER_UNAVAILABLE;
    enum answer a = w->package(w->self, m, r, archs, extra, nextra, name, out);
    return out->not_asked ? noted(s, a) : lacking(s, a, out->why);
}

static enum answer ask_base(void *self, struct str image, arch_set archs, enum base_depth depth,
                            struct base_facts *out)
{
    struct session *s = self;
    const struct lookup *w = s->world;

    *out = (struct base_facts){.why = S("no registry is at hand")};
    if (!w || !w->base)
        return ANSWER_UNAVAILABLE;
    return noted(s, w->base(w->self, image, archs, depth, out));
}

static enum answer ask_image(void *self, struct str image, struct image_info *out)
{
    struct session *s = self;
    const struct lookup *w = s->world;

    *out = (struct image_info){.why = S("no registry is at hand")};
    if (!w || !w->image)
        return ANSWER_UNAVAILABLE;
    enum answer a = w->image(w->self, image, out);
    return lacking(s, a, out->why);
}

static enum answer ask_advisories(void *self, enum manager m, const struct release *r,
                                  struct str source, const struct advisory **out, size_t *n)
{
    struct session *s = self;
    const struct lookup *w = s->world;

    *out = NULL;
    *n = 0;
    if (!w || !w->advisories)
        return ANSWER_UNAVAILABLE;
    return noted(s, w->advisories(w->self, m, r, source, out, n));
}

static enum answer ask_file(void *self, struct str folder, struct str path, bool *is_folder,
                            struct str *text)
{
    const struct lookup *w = ((struct session *)self)->world;

    *is_folder = false;
    *text = S("");
    return w && w->file ? w->file(w->self, folder, path, is_folder, text) : ANSWER_UNAVAILABLE;
}

static struct str canonical_name(const void *self, struct arena *a, struct str image)
{
    return policy_canonical(a, self, image);
}

static void load(struct session *s, struct str text)
{
    struct image_settings is = {.archs = s->settings->archs,
                                .folder = s->settings->folder,
                                .today = s->settings->today,
                                .canonical = canonical_name,
                                .self = s->settings};

    s->text = text;
    s->tree = tree_parse(s->arena, text);
    s->image = image_of(s->arena, s->tree, &s->lookup, &is);
    s->suppressions = suppressions_of(s->arena, s->tree, s->settings->today);
}

/* What base images hold costs their layers: it is asked for only when a rule runs that reads it. */
static bool reads_bases(const struct settings *s)
{
    size_t n;
    const struct fixer *const *fixer = dfix_fixers(&n);

    for (size_t i = 0; i < n; i++)
        if (!fixer[i]->names_only && rule_level(s, fixer[i]) != LEVEL_OFF)
            return true;
    return false;
}

static void session_open(struct session *s, struct arena *a, struct str text,
                         const struct settings *settings, const struct lookup *world)
{
    *s = (struct session){.arena = a, .settings = settings, .world = world, .lacked = S("")};
    s->lookup = (struct lookup){.self = s,
                                .package = ask_package,
                                .base = reads_bases(settings) ? ask_base : NULL,
                                .image = ask_image,
                                .advisories = ask_advisories,
                                .file = ask_file};
    load(s, text);
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
            .image = g->reference.text,
            .release = g->release,
            .source = g->release.distro.n ? g->release_from
                      : g->facts          ? g->facts->spoke
                                          : S(""),
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

/* Its author has seen the place and decided, though not said why. */
static void leave_to_hadolint(struct session *s, struct fix *f)
{
    if (!f->skip)
        f->title = str_fmt(s->arena, "%s" STR_FMT ": a comment tells hadolint to ignore it",
                           f->change.n ? "Not done: " : "", STR_ARG(f->title));
    f->skip = true;
    f->change.n = 0;
}

/* What one fixer says of the text. */
static struct run run_fixer(struct session *s, const struct fixer *f)
{
    struct run run = {.fixer = f};
    struct fix_ctx c = {s->tree, s->image, &s->lookup, s->settings, s->arena, &run};
    size_t n = 0;

    s->lacked = S("");
    f->run(&c);
    for (size_t i = 0; i < run.fix.n; i++) {
        struct fix *x = run.fix.v[i];
        const struct suppression *by = suppression_for(&s->suppressions, s->tree, f, x->at);
        if (by && !by->hadolint)
            continue;
        if (by)
            leave_to_hadolint(s, x);
        run.fix.v[n++] = x;
    }
    run.fix.n = n;
    return run;
}

/* The changes of all of them as one fix, for the guard. */
static struct fix gather(struct arena *a, struct fix *const *v, size_t n)
{
    struct fix all = {.drops_comments = false};

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < v[i]->change.n; k++)
            vec_push(a, &all.change, v[i]->change.v[k]);
        for (size_t k = 0; k < v[i]->declared.n; k++)
            vec_push(a, &all.declared, v[i]->declared.v[k]);
        all.drops_comments |= v[i]->drops_comments;
    }
    return all;
}

/* Do the fixes, taken together, keep the promise? Gives their edits. */
static const char *judge_together(struct session *s, struct fix *const *v, size_t n,
                                  struct edits *out)
{
    struct fix all = n == 1 ? *v[0] : gather(s->arena, v, n);

    if (!fix_edits(s->arena, &all, out))
        return "its edits overlap";
    struct arena *scratch = arena_open();
    struct str text = edits_apply(scratch, s->text, *out);
    const char *why = "the result would be too large";
    if (text.n <= TEXT_MAX)
        why = guard_check(scratch, s->tree, tree_parse(scratch, text), &all, *out);
    arena_close(scratch);
    return why;
}

/* Each fix is judged alone. In a large file with very many fixes they are judged in
 * groups, and one by one only where a group fails. */
static void judge(struct session *s, fix_list *fixes)
{
    size_t group = fixes->n * s->text.n / JUDGE_BYTES + 1, kept = 0;

    for (size_t i = 0; i < fixes->n; i += group) {
        size_t n = fixes->n - i < group ? fixes->n - i : group;
        struct edits e;
        bool whole = n > 1 && !judge_together(s, fixes->v + i, n, &e);
        for (size_t k = i; k < i + n; k++) {
            struct fix *f = fixes->v[k];
            if (!whole)
                f->refused = judge_together(s, &f, 1, &e);
            if (!f->refused)
                fixes->v[kept++] = f;
        }
    }
    fixes->n = kept;
}

static bool is_change(const struct fix *f)
{
    return !f->skip && !f->refused && f->change.n;
}

static bool is_allowed(const struct fix *f, enum level level)
{
    return (f->safety == SAFE && level >= LEVEL_SAFE) ||
           (f->safety == UNSAFE && level >= LEVEL_UNSAFE);
}

static struct finding finding_of(const struct tree *t, const struct fix *f)
{
    return (struct finding){
        .fixer = f->fixer,
        .rule = f->fixer->id,
        .severity = f->skip ? SEVERITY_INFO : f->severity,
        .safety = f->change.n ? f->safety : HINT,
        .skip = f->skip,
        .span = f->point,
        .message = f->title,
        .subject = f->skip ? f->subject : 0,
        .instruction = f->at ? node_span(t, node_outermost(t, f->at)).start : 0,
    };
}

/* Is the fix one that a level lets through, without --unsafe or with it? */
static enum remedy remedy_of(const struct settings *settings, const struct fix *f)
{
    struct settings s = *settings;

    if (!is_change(f))
        return REMEDY_NONE;
    s.unsafe = false;
    if (is_allowed(f, rule_level(&s, f->fixer)))
        return REMEDY_FIX;
    s.unsafe = true;
    return is_allowed(f, rule_level(&s, f->fixer)) ? REMEDY_UNSAFE : REMEDY_NONE;
}

/* A stage that neither its registry nor the tables tell of. Images that policy blocks are not
 * asked for at all. */
static struct str base_lacked(const struct session *s, const struct stage *g)
{
    struct reference r;

    if (g->release.distro.n || !g->facts_failed.n || !reference_parse(g->reference.text, &r) ||
        policy_blocks(s->settings, reference_name(s->arena, &r)))
        return S("");
    return g->facts_failed;
}

/* Why the fixer could not judge the text as a whole; "": it could. */
static struct str unchecked_why(const struct session *s, const struct run *run)
{
    if (s->lacked.n || run->fixer->names_only)
        return s->lacked;
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

/* Why a fix cannot be done, said as a skip. */
static struct finding refusal_of(struct arena *a, const struct fix *f, struct finding x)
{
    x.skip = true;
    x.severity = SEVERITY_WARNING;
    x.remedy = REMEDY_NONE;
    x.edits = (struct edits){0};
    x.message = str_fmt(a, "Not done: " STR_FMT ": %s", STR_ARG(f->title), f->refused);
    return x;
}

/* What is wrong with a suppression; NULL: nothing. */
static const char *fault_of(const struct session *s, const struct suppression *x)
{
    struct str rules = x->rules, rule;

    if (x->hadolint || x->fault)
        return x->hadolint ? NULL : x->fault;
    while (str_cut(&rules, ',', &rule))
        if (rule_level(s->settings, dfix_fixer(rule)) == LEVEL_OFF)
            return NULL; /* it might have had work */
    return x->used || s->pending ? NULL : "suppresses nothing: remove it";
}

static void add_suppression_findings(struct session *s, finding_list *out)
{
    for (size_t i = 0; i < s->suppressions.n; i++) {
        const struct suppression *x = &s->suppressions.v[i];
        const char *fault = fault_of(s, x);
        if (fault)
            vec_push(s->arena, out,
                     (struct finding){.rule = "suppression",
                                      .severity = x->expired ? SEVERITY_ERROR : SEVERITY_WARNING,
                                      .span = x->span,
                                      .message = str_fmt(s->arena, "This comment %s", fault)});
    }
}

/* One fix as a finding; in a check its edits are judged. */
static struct finding check_fix(struct session *s, struct fix *f, enum level level,
                                struct result *r)
{
    struct finding x = finding_of(s->tree, f);

    if (is_change(f)) {
        f->refused = judge_together(s, &f, 1, &x.edits);
        r->broken |= f->refused != NULL;
    }
    x.remedy = remedy_of(s->settings, f);
    x.wants_unsafe = x.remedy == REMEDY_UNSAFE && !s->settings->unsafe;
    if (level == LEVEL_HINT) {
        x.safety = HINT;
        x.edits = (struct edits){0};
    }
    return f->refused ? refusal_of(s->arena, f, x) : x;
}

static void add_unread_findings(struct session *s, finding_list *out)
{
    struct finding *v;
    size_t n = unread_findings(s->arena, s->image, &v);

    for (size_t i = 0; i < n; i++)
        vec_push(s->arena, out, v[i]);
}

/* Findings of all rules on the text at hand. A fix that could be applied comes with its edits. */
static finding_list check_all(struct session *s, struct result *r)
{
    finding_list out = {0};
    VEC(struct unchecked) unchecked = {0};
    size_t nfixer;
    const struct fixer *const *fixer = dfix_fixers(&nfixer);

    for (size_t i = 0; i < nfixer; i++) {
        enum level level = rule_level(s->settings, fixer[i]);
        if (level == LEVEL_OFF)
            continue;
        struct run run = run_fixer(s, fixer[i]);
        struct str why = unchecked_why(s, &run);
        if (why.n)
            vec_push(s->arena, &unchecked, (struct unchecked){fixer[i], why});
        for (size_t k = 0; k < run.fix.n; k++)
            vec_push(s->arena, &out, check_fix(s, run.fix.v[k], level, r));
    }
    add_unread_findings(s, &out);
    add_suppression_findings(s, &out);
    r->unchecked = unchecked.v;
    r->nunchecked = unchecked.n;
    return out;
}

/* Why a file is not to be changed: its severity, and where the file says so. */
struct refusal {
    enum severity severity;
    struct span at;
};

/* Of a file that is not to be changed only the findings stay, and why. */
static void refuse(struct session *s, struct result *r, finding_list *list,
                   const struct refusal *why)
{
    for (size_t i = 0; i < list->n; i++) {
        struct finding *x = &list->v[i];
        x->safety = HINT;
        x->wants_unsafe = false;
        x->remedy = REMEDY_NONE;
        x->edits = (struct edits){0};
    }
    vec_push(s->arena, list,
             (struct finding){.rule = "file",
                              .severity = why->severity,
                              .safety = HINT,
                              .span = why->at,
                              .message =
                                  str_fmt(s->arena, "Not changed: " STR_FMT, STR_ARG(r->refused))});
}

struct result dfix_check(struct arena *a, struct str text, const struct settings *settings,
                         const struct lookup *world)
{
    struct session s;
    struct result r = {.text = text, .refused = S("")};
    struct refusal why = {0};
    finding_list list = {0};

    session_open(&s, a, text, settings, world);
    r.binary = is_binary(s.tree);
    tell_bases(&s, &r);
    if (!r.binary) {
        r.refused = file_refused(a, s.image, &why.at, &why.severity);
        list = check_all(&s, &r);
    }
    if (r.refused.n)
        refuse(&s, &r, &list, &why);
    r.pending = s.pending || s.image->pending;
    result_finish(&r, text, list.v, list.n);
    return r;
}

/* Where an offset of the text after the edits lies in the text before. */
static uint32_t back(struct edits e, uint32_t at)
{
    int64_t shift = 0;

    for (size_t i = 0; i < e.n; i++) {
        int64_t start = e.v[i].span.start + shift;
        int64_t end = start + (int64_t)e.v[i].text.n;
        if (at < start)
            break;
        if (at < end)
            return e.v[i].span.start;
        shift += (int64_t)e.v[i].text.n - (e.v[i].span.end - e.v[i].span.start);
    }
    return (uint32_t)(at - shift);
}

static struct span back_span(struct edits e, struct span s)
{
    struct span b = {back(e, s.start), back(e, s.end)};
    return b.end < b.start ? (struct span){b.start, b.start} : b;
}

/* What a fix has just written needs no reason why it is left alone now. */
static bool is_changed(struct edits e, struct span s)
{
    for (size_t i = 0; i < e.n; i++) {
        const struct edit *x = &e.v[i];
        bool next_line = x->span.start == s.end && x->text.n &&
                         (x->text.p[0] == '\n' || x->text.p[0] == '\r'); /* after the last one */
        if (x->span.start <= s.end && x->span.end >= s.start && s.end - s.start < 1000 &&
            !next_line)
            return true;
    }
    return false;
}

/* Let one fixer change the text; true when it did. */
static bool step(struct session *s, const struct fixer *fixer, enum level level, size_t original,
                 struct edits *total, finding_list *done)
{
    struct run run = run_fixer(s, fixer);
    fix_list fixes = {0};
    struct edits e;

    for (size_t i = 0; i < run.fix.n; i++)
        if (is_change(run.fix.v[i]) && is_allowed(run.fix.v[i], level))
            vec_push(s->arena, &fixes, run.fix.v[i]);
    judge(s, &fixes);
    if (!fixes.n)
        return false;
    if (fixes.n > 1 && judge_together(s, fixes.v, fixes.n, &e))
        fixes.n = 1; /* good alone, not together: one a sweep */
    if (fixes.n == 1)
        fix_edits(s->arena, fixes.v[0], &e);
    for (size_t i = 0; i < fixes.n; i++) {
        struct finding x = finding_of(s->tree, fixes.v[i]);
        x.applied = true;
        x.span = back_span(*total, x.span);
        vec_push(s->arena, done, x);
    }
    *total = edits_compose(s->arena, original, *total, e);
    load(s, edits_apply(s->arena, s->text, e));
    return true;
}

struct result dfix_fix(struct arena *a, struct str text, const struct settings *settings,
                       const struct lookup *world)
{
    struct session s;
    struct result r = {.text = text, .refused = S("")};
    struct refusal why = {0};
    finding_list list = {0};
    size_t nfixer;
    const struct fixer *const *fixer = dfix_fixers(&nfixer);

    session_open(&s, a, text, settings, world);
    r.binary = is_binary(s.tree);
    tell_bases(&s, &r);
    if (!r.binary)
        r.refused = file_refused(a, s.image, &why.at, &why.severity);
    bool changed = !r.binary && !r.refused.n;
    for (int sweep = 0; changed && sweep < SWEEPS; sweep++) {
        changed = false;
        for (size_t i = 0; i < nfixer; i++) {
            enum level level = rule_level(settings, fixer[i]);
            if (level >= LEVEL_SAFE)
                changed |= step(&s, fixer[i], level, text.n, &r.edits, &list);
        }
        if (s.pending || s.image->pending)
            break;
    }
    r.text = s.text;
    r.pending = s.pending || s.image->pending;
    if (!r.binary && !r.pending) {
        finding_list rest = check_all(&s, &r);
        r.pending = s.pending || s.image->pending;
        for (size_t i = 0; i < rest.n; i++) {
            struct finding x = rest.v[i];
            x.span = back_span(r.edits, x.span);
            x.instruction = back(r.edits, x.instruction);
            x.edits = (struct edits){0};
            if (!x.skip || !is_changed(r.edits, x.span))
                vec_push(a, &list, x);
        }
        if (r.refused.n)
            refuse(&s, &r, &list, &why);
    }
    result_finish(&r, text, list.v, list.n);
    return r;
}
