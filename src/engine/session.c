/* A session: the text at hand with its tree and image, questions to the world on their way, what
 * each rule said, and the end of it when the file costs too much. */
#include "session.h"

#include "dfix/advisory.h"

/* Why nobody answers a question, by its kind. */
static const char *const nobody[] = {[ASK_PACKAGE] = "no package index is available",
                                     [ASK_BASE] = "no registry is available",
                                     [ASK_IMAGE] = "no registry is available",
                                     [ASK_ADVISORIES] = "",
                                     [ASK_NAMES] = "",
                                     [ASK_NEEDS] = "",
                                     [ASK_MATCHES] = "",
                                     [ASK_REMARKS] = "no ShellCheck is available",
                                     [ASK_LIFE] = "",
                                     [ASK_POM] = "",
                                     [ASK_FILE] = ""};

/* What the rule that asks could not learn, and has to say. */
static struct str reason(enum question_kind kind, const struct reply *out)
{
    struct str why = kind == ASK_PACKAGE ? out->package.why : out->image.why;

    if (kind == ASK_MATCHES)
        why = out->matches->why;
    if (kind == ASK_REMARKS)
        why = out->remarks.why;
    return why.n ? why : S("it could not be reached");
}

static bool must_be_known(enum question_kind kind, const struct reply *out)
{
    if (kind == ASK_MATCHES)
        return out->matches && out->matches->lacking;
    return kind == ASK_IMAGE || kind == ASK_REMARKS ||
           (kind == ASK_PACKAGE && !out->package.not_asked);
}

static void say_nobody(enum question_kind kind, struct reply *out)
{
    if (kind == ASK_PACKAGE)
        out->package.why = str_of(nobody[kind]);
    else if (kind == ASK_BASE)
        out->base.why = str_of(nobody[kind]);
    else if (kind == ASK_IMAGE)
        out->image.why = str_of(nobody[kind]);
}

/* The world's answer, and what it means for the session: more to come, or a fact that a rule lacks.
 */
static enum answer ask_world(void *self, const struct question *q, struct reply *out)
{
    struct session *s = self;

    if (q->kind == ASK_BASE && !s->asks_bases)
        return ANSWER_UNAVAILABLE;
    if (!s->world || !s->world->ask) {
        say_nobody(q->kind, out);
        return ANSWER_UNAVAILABLE;
    }
    enum answer a = s->world->ask(s->world->self, q, out);
    if (a == ANSWER_UNAVAILABLE && must_be_known(q->kind, out) && !s->lacked.n)
        s->lacked = reason(q->kind, out);
    s->pending |= a == ANSWER_PENDING && q->kind != ASK_FILE;
    return a;
}

static struct str canonical_name(const void *self, struct arena *a, struct str image)
{
    return policy_canonical(a, self, image);
}

static void find_outer(struct session *s)
{
    VEC(node_id) outer = {0};

    for (node_id n = node_first(s->tree, 0); n; n = node_sibling(s->tree, n))
        vec_push(s->here, &outer, n);
    s->outer = outer.v;
    s->nouter = outer.n;
}

void session_load(struct session *s, struct str text)
{
    struct image_settings is = {.archs = s->settings->archs,
                                .folder = s->settings->folder,
                                .file = s->settings->file,
                                .today = s->settings->today,
                                .canonical = canonical_name,
                                .self = s->settings};
    size_t nodes = s->settings->limits.nodes ? s->settings->limits.nodes : LIMIT_NODES;
    struct arena *before = s->here;

    s->here = arena_within(s->arena);
    s->text = before ? str_dup(s->here, text) : text;
    s->version++;
    s->tree = tree_parse(s->here, s->text);
    if (s->tree->nnode > nodes)
        budget_leave(&s->budget, "nodes");
    find_outer(s);
    s->image = image_of(s->here, s->tree, &s->lookup, &is);
    s->suppressions = suppressions_of(s->here, s->tree, s->rules, s->settings->today);
    s->check = check_of_file(s->tree);
    if (before)
        arena_close(before);
}

/* What base images hold costs their layers: it is asked for only when a rule runs that reads it. */
static void read_policy(struct session *s)
{
    struct settings own = *s->settings;

    if (!own.levels || own.levels->rules != s->rules)
        dfix_settle(s->outside, s->rules, &own);
    s->policy = own.levels->v;
    for (size_t i = 0; i < s->rules->n; i++)
        s->asks_bases |= s->policy[i] != LEVEL_OFF && !s->rules->v[i]->names_only;
}

static void set_budget(struct budget *b, const struct limits *l)
{
    b->memory = l->memory ? l->memory : LIMIT_MEMORY;
    b->clock = l->clock;
    b->deadline = l->clock ? l->clock() + (l->time ? l->time : LIMIT_TIME) : 0;
}

struct session *session_open(struct arena *a, struct str text, const struct rules *rules,
                             const struct settings *settings, const struct lookup *world)
{
    struct session *s = arena_new(a, struct session, 1);

    *s = (struct session){.arena = arena_within(a),
                          .rules = rules,
                          .settings = settings,
                          .world = world,
                          .outside = a,
                          .original = text,
                          .text = text,
                          .run = arena_room(a, rules->n, sizeof(struct run)),
                          .result = arena_new(a, struct result, 1)};
    *s->result = (struct result){.text = text, .over = S(""), .refused = S(""), .self = s};
    for (size_t i = 0; i < rules->n; i++)
        s->run[i].version = 0;
    if (settings->timer)
        s->result->spent = arena_new(a, uint64_t, rules->n);
    s->lookup = (struct lookup){.self = s, .ask = ask_world};
    read_policy(s);
    return s;
}

static struct str amount_over(struct arena *a, const struct settings *s, const char *what)
{
    const struct limits *l = &s->limits;

    if (strcmp(what, "memory") == 0)
        return str_fmt(a, "it needs more than %zu MiB of memory",
                       (l->memory ? l->memory : (size_t)LIMIT_MEMORY) >> 20);
    if (strcmp(what, "text") == 0)
        return str_fmt(a, "it is larger than %zu KiB",
                       (l->text ? l->text : (size_t)LIMIT_TEXT) >> 10);
    if (strcmp(what, "nodes") == 0)
        return str_fmt(a, "it has more than %zu parts", l->nodes ? l->nodes : (size_t)LIMIT_NODES);
    return str_fmt(a, "it takes more than %llu seconds",
                   (unsigned long long)(l->time ? l->time : LIMIT_TIME) / 1000);
}

/* The one place that a budget leaves to. After the jump only `s` and what it points to is read. */
bool session_run(struct session *s, struct arena *a, void (*work)(struct session *s))
{
    if (setjmp(s->budget.leave)) {
        arena_close(s->arena);
        *s->result = (struct result){.text = s->original,
                                     .refused = S(""),
                                     .over = amount_over(a, s->settings, s->budget.why)};
        return false;
    }
    work(s);
    return true;
}

void session_start(struct session *s)
{
    set_budget(&s->budget, &s->settings->limits);
    arena_limit(s->arena, &s->budget);
    size_t most = s->settings->limits.text ? s->settings->limits.text : LIMIT_TEXT;
    if (s->text.n > most)
        budget_leave(&s->budget, "text");
    session_load(s, s->text);
}

/* Its author has seen the place and decided, though not said why. */
static void leave_to_hadolint(struct fix *f)
{
    if (!f->skip) {
        f->why = S("a comment tells hadolint to ignore it");
        f->undone = f->change.n > 0;
    }
    f->skip = true;
    f->found = false;
    f->change.n = 0;
}

/* Without what a comment suppresses. */
static void drop_suppressed(struct session *s, struct run *run)
{
    size_t n = 0;

    for (size_t i = 0; i < run->fix.n; i++) {
        struct fix *x = run->fix.v[i];
        struct str codes = finding_codes(run->fixer, x->codes);
        const struct suppression *by =
            suppression_for(&s->suppressions, s->image, s->settings, x, codes);
        if (by && !by->hadolint)
            continue;
        if (by)
            leave_to_hadolint(x);
        run->fix.v[n++] = x;
    }
    run->fix.n = n;
}

struct run *session_ask(struct session *s, size_t rule)
{
    struct run *run = &s->run[rule];

    if (run->version == s->version)
        return run;
    *run = (struct run){.fixer = s->rules->v[rule], .version = s->version};
    struct fix_ctx *c = arena_room(s->here, 1, sizeof(*c));
    *c = (struct fix_ctx){s->tree, s->image, &s->lookup, s->settings, s->here, run};
    s->lacked = S("");
    uint64_t began = s->result->spent ? s->settings->timer() : 0;
    run->fixer->run(c);
    if (s->result->spent)
        s->result->spent[rule] += s->settings->timer() - began;
    run->lacked = s->lacked;
    drop_suppressed(s, run);
    arena_tick(s->here);
    return run;
}

const struct image *dfix_image(const struct result *r)
{
    const struct session *s = r->self;

    return s && !r->over.n ? s->image : NULL;
}
