/* service.c - package indexes as a service of the world: questions and their answers. */
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "index/index.h"
#include "index/store/answers.h"

#define READER(name) extern const struct index_reader index_##name;
#include "index/readers.def"
#undef READER

static const struct index_reader *const readers[] = {
#define READER(name) &index_##name,
#include "index/readers.def"
#undef READER
};
enum { READERS = sizeof readers / sizeof readers[0] };
enum { PLANS_KEPT = 2 << 20 }; /* bytes, from one repository to the next: hundreds of releases */

/* All that makes a question but the package's name. */
struct plan {
    struct plan *next;
    struct question asked;
    index_parts part;
    struct str refused;
    struct str lost;          /* why a part of it cannot be had, offline; "" so far none is lost */
    struct store_part *ready; /* once all parts are; NULL */
    size_t nready;
    struct index_answers *answers; /* NULL: none yet */
};

/* A reader and what it was asked. */
struct desk {
    const struct index_reader *reader;
    void *self;
    struct index_run run;
    struct plan *plans;
    struct arena *answers; /* that were given */
};
struct service {
    struct arena *arena; /* its own */
    struct arena *held;  /* plans, and what readers made */
    pthread_mutex_t lock;
    struct desk desk[READERS];
};

static struct desk *desk_of(struct service *s, const struct manager *m)
{
    for (size_t i = 0; i < READERS; i++)
        if (readers[i]->manager == m)
            return &s->desk[i];
    return NULL;
}

/* The last one that was asked comes first, for a file asks one of many packages. */
static struct plan *find_plan(struct desk *d, const struct question *q)
{
    struct arena *a = d->run.arena;
    for (struct plan **link = &d->plans, *p; (p = *link); link = &p->next) {
        if (!index_same_question(&p->asked, q))
            continue;
        *link = p->next;
        p->next = d->plans;
        d->plans = p;
        return p;
    }
    struct plan *p = arena_new(a, struct plan, 1);
    *p = (struct plan){
        .next = d->plans, .asked = index_question_dup(a, q), .refused = S(""), .lost = S("")};
    d->plans = p;
    if (!d->reader->places(d->self, &p->asked, &p->part, &p->refused) && !p->refused.n)
        p->refused = S("the sources cannot be read");
    return p;
}

/* FOUND: every part can be asked. */
static enum answer are_ready(const struct plan *plan, struct str *why)
{
    bool pending = false;
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct index_part *p = plan->part.v[i];
        if (p->state == PART_FAILED) {
            *why = p->why;
            return ANSWER_UNAVAILABLE;
        }
        pending |= p->state == PART_WANTED || p->state == PART_BUSY;
    }
    return pending ? ANSWER_PENDING : ANSWER_FOUND;
}

static enum answer make_ready(struct desk *d, struct plan *plan, struct str *why)
{
    if (plan->ready)
        return ANSWER_FOUND;
    *why = plan->refused;
    if (plan->refused.n)
        return ANSWER_UNAVAILABLE;
    *why = plan->lost;
    if (plan->lost.n)
        return ANSWER_UNAVAILABLE;
    /* Offline all that can be had is at hand: no file need wait for another round. */
    for (size_t i = 0; d->run.settings->offline && i < plan->part.n; i++)
        if (plan->part.v[i]->state == PART_WANTED)
            d->reader->settle_offline(d->self, plan->part.v[i]);
    enum answer answer = are_ready(plan, why);
    if (answer == ANSWER_UNAVAILABLE && d->run.settings->offline)
        plan->lost = *why;
    if (answer != ANSWER_FOUND)
        return answer;
    plan->ready = arena_new(d->run.arena, struct store_part, plan->part.n + 1);
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct index_part *p = plan->part.v[i];
        if (p->state == PART_READY)
            plan->ready[plan->nready++] = (struct store_part){.store = p->store,
                                                              .suite = p->suite,
                                                              .component = p->component,
                                                              .security = p->security,
                                                              .from = p->from};
    }
    return ANSWER_FOUND;
}

/* The plan of a question, which asks for the default architectures when it names none. */
static struct plan *plan_of(struct desk *d, const struct question *asked)
{
    struct question q = *asked;
    if (!q.archs)
        q.archs = arch_of(S("amd64")) | arch_of(S("arm64"));
    return find_plan(d, &q);
}

static enum answer ask_package(struct desk *d, const struct question *q, struct package_info *out)
{
    struct plan *plan = plan_of(d, q);
    *out = (struct package_info){.why = S("")};
    enum answer answer = make_ready(d, plan, &out->why);
    out->not_asked = answer == ANSWER_UNAVAILABLE && plan->refused.n;
    if (answer != ANSWER_FOUND)
        return answer;
    if (!plan->answers)
        plan->answers = index_answers_new(d->answers);
    return index_answer(d->answers, plan->answers, q->manager, plan->ready, plan->nready,
                        plan->asked.archs, q->name, out);
}

static enum answer ask_needs(struct desk *d, const struct question *q, struct package_needs *out)
{
    struct plan *plan = plan_of(d, q);
    struct question one = *q;
    struct str why;
    enum answer answer = make_ready(d, plan, &why);
    one.archs &= ~(one.archs - 1); /* the first of them */
    return answer == ANSWER_FOUND ? store_merge_needs(plan->ready, plan->nready, &one, out)
                                  : answer;
}

static enum answer ask_names(struct desk *d, const struct question *q, struct name_list *out)
{
    struct plan *plan = plan_of(d, q);
    struct str why;
    enum answer answer = make_ready(d, plan, &why);
    if (answer == ANSWER_FOUND)
        *out = store_names(d->answers, plan->ready, plan->nready, q->name);
    return answer;
}

static struct index_part *part_with(const struct plan *plan, const struct store *store)
{
    for (size_t i = 0; i < plan->part.n; i++)
        if (plan->part.v[i]->store == store)
            return plan->part.v[i];
    return NULL;
}

/* That an index has the package is told by what it says of its file, too. */
static enum answer ask_deb(struct desk *d, const struct question *q, struct package_file *out)
{
    struct plan *plan = plan_of(d, q);
    struct question one = *q;
    struct store_file file;
    *out = (struct package_file){.path = S(""), .url = S(""), .why = S("")};
    enum answer answer = make_ready(d, plan, &out->why);
    if (answer != ANSWER_FOUND)
        return answer;
    one.archs = plan->asked.archs;
    size_t i = store_merge_file(d->run.arena, plan->ready, plan->nready, &one, &file);
    if (i == plan->nready)
        return ANSWER_ABSENT;
    out->size = file.size;
    memcpy(out->sha256, file.sha256, sizeof out->sha256);
    if (q->at_hand)
        return ANSWER_FOUND;
    return d->reader->fetch(d->self, part_with(plan, plan->ready[i].store), file.path, out);
}

static enum answer service_ask(void *self, const struct question *q, struct reply *out)
{
    struct service *s = self;
    struct desk *d = desk_of(s, q->manager);
    enum answer answer = ANSWER_UNAVAILABLE;
    if (!d) {
        if (q->kind == ASK_PACKAGE)
            out->package = (struct package_info){
                .why = S("no index of this package manager is available"), .not_asked = true};
        return answer;
    }
    pthread_mutex_lock(&s->lock);
    if (q->kind == ASK_PACKAGE)
        answer = ask_package(d, q, &out->package);
    else if (q->kind == ASK_NAMES)
        answer = ask_names(d, q, &out->names);
    else if (q->kind == ASK_NEEDS)
        answer = ask_needs(d, q, &out->needs);
    else if (q->kind == ASK_DEB && d->reader->fetch)
        answer = ask_deb(d, q, &out->deb);
    else if (q->kind == ASK_ADVISORIES && d->reader->advisories)
        answer = d->reader->advisories(d->self, q, &out->advisories);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static void service_gather(void *self, struct fetcher *f)
{
    struct service *s = self;
    for (size_t i = 0; i < READERS; i++)
        s->desk[i].reader->gather(s->desk[i].self, f);
}

static bool service_settle(void *self)
{
    struct service *s = self;
    bool news = false;
    for (size_t i = 0; i < READERS; i++) {
        struct desk *d = &s->desk[i];
        if (d->reader->settle)
            d->reader->settle(d->self);
        news |= d->run.news;
        d->run.news = false;
    }
    return news;
}

static void desks_open(struct service *s, struct world *w)
{
    s->held = arena_open();
    for (size_t i = 0; i < READERS; i++) {
        struct desk *d = &s->desk[i];
        *d = (struct desk){.reader = readers[i],
                           .run = {.world = w,
                                   .settings = world_settings(w),
                                   .arena = s->held,
                                   .now = (int64_t)time(NULL)},
                           .answers = arena_open()};
        d->self = d->reader->open(&d->run);
    }
}

static void desks_close(struct service *s)
{
    for (size_t i = 0; i < READERS; i++) {
        s->desk[i].reader->close(s->desk[i].self);
        arena_close(s->desk[i].answers);
    }
    arena_close(s->held);
}

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct service *s = arena_new(a, struct service, 1);
    s->arena = a;
    desks_open(s, w);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct service *s = self;
    desks_close(s);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->arena);
}

/* Nothing would be fetched again: the cache has what was, for as long as this run takes it. */
static bool may_close(const struct service *s)
{
    const struct settings *settings = s->desk[0].run.settings;
    bool cached = settings->cache_dir.n && !settings->refresh && settings->max_age != 0;
    for (size_t i = 0; i < READERS; i++)
        cached &= !s->desk[i].run.cache_refused;
    return cached;
}

/* The indexes stay open, and answer again from where they are mapped, until they are too many. */
static void service_forget(void *self)
{
    struct service *s = self;
    if (arena_held(s->held) >= PLANS_KEPT && may_close(s)) {
        struct world *w = s->desk[0].run.world;
        desks_close(s);
        desks_open(s, w);
        return;
    }
    for (size_t i = 0; i < READERS; i++) {
        struct desk *d = &s->desk[i];
        if (arena_held(d->answers) < ANSWERS_KEPT)
            continue;
        for (struct plan *p = d->plans; p; p = p->next)
            p->answers = NULL;
        arena_close(d->answers);
        d->answers = arena_open();
    }
}

extern const struct world_service service_index;
const struct world_service service_index = {
    .name = "index",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .forget = service_forget,
    .kinds = 1u << ASK_PACKAGE | 1u << ASK_ADVISORIES | 1u << ASK_NAMES | 1u << ASK_NEEDS |
             1u << ASK_DEB,
    .ask = service_ask,
};
