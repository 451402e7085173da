/* apk.c - Alpine's index as a service of the world: questions and their answers. */
#include "index/apk/apk.h"

#include "dfix/manager.h"

#include <pthread.h>
#include <time.h>

#include "index/store/answers.h"

/* All that makes a question but the package's name. */
struct plan {
    struct plan *next;
    struct str key;
    arch_set archs;
    apk_parts part;
    struct str refused;
    struct store_part *ready; /* once all parts are; NULL */
    struct index_answers *answers;
};

struct service {
    struct apk apk;
    pthread_mutex_t lock;
    struct plan *plans;
};

static struct plan *find_plan(struct service *s, const struct release *r, arch_set archs,
                              const struct source *extra, size_t nextra)
{
    struct arena *a = s->apk.arena;
    struct arena_mark m = arena_mark(a);
    struct str key = index_question(a, r, archs, extra, nextra);
    for (struct plan *p = s->plans; p; p = p->next)
        if (str_eq(p->key, key)) {
            arena_rewind(a, m);
            return p;
        }
    struct plan *p = arena_new(a, struct plan, 1);
    *p = (struct plan){.next = s->plans,
                       .key = key,
                       .archs = archs,
                       .refused = S(""),
                       .answers = index_answers_new(a)};
    s->plans = p;
    apk_places(&s->apk, r, archs, extra, nextra, &p->part, &p->refused);
    return p;
}

/* Offline all that can be had is at hand: no file need wait for another round. */
static void settle_offline(struct service *s, const struct plan *plan)
{
    for (size_t i = 0; s->apk.settings->offline && i < plan->part.n; i++)
        apk_gather(plan->part.v[i], NULL);
}

/* FOUND: every part can be asked. */
static enum answer make_ready(struct service *s, struct plan *plan, struct str *why)
{
    bool pending = false;
    *why = plan->refused;
    if (plan->refused.n)
        return ANSWER_UNAVAILABLE;
    if (plan->ready)
        return ANSWER_FOUND;
    settle_offline(s, plan);
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct apk_part *p = plan->part.v[i];
        if (p->state == APK_FAILED) {
            *why = p->why;
            return ANSWER_UNAVAILABLE;
        }
        pending |= p->state == APK_WANTED;
    }
    if (pending)
        return ANSWER_PENDING;
    plan->ready = arena_new(s->apk.arena, struct store_part, plan->part.n + 1);
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct apk_part *p = plan->part.v[i];
        plan->ready[i] = (struct store_part){
            .store = p->store, .suite = p->suite, .component = p->component, .from = p->from};
    }
    return ANSWER_FOUND;
}

static enum answer ask_package(struct service *s, const struct question *q,
                               struct package_info *out)
{
    arch_set archs = q->archs ? q->archs : arch_of(S("amd64")) | arch_of(S("arm64"));
    *out = (struct package_info){.why = S("")};
    pthread_mutex_lock(&s->lock);
    struct plan *plan = find_plan(s, q->release, archs, q->source, q->nsource);
    enum answer answer = make_ready(s, plan, &out->why);
    out->not_asked = answer == ANSWER_UNAVAILABLE && plan->refused.n;
    if (answer == ANSWER_FOUND)
        answer = index_answer(s->apk.arena, plan->answers, &manager_apk, plan->ready, plan->part.n,
                              plan->archs, q->name, out);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static enum answer ask_advisories(struct service *s, const struct question *q,
                                  struct advisory_list *out)
{
    pthread_mutex_lock(&s->lock);
    enum answer answer = apk_advisories(&s->apk, q->release, q->name, out);
    if (answer == ANSWER_PENDING && s->apk.settings->offline) {
        apk_secdb_gather(&s->apk, NULL);
        answer = apk_advisories(&s->apk, q->release, q->name, out);
    }
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static enum answer service_ask(void *self, const struct question *q, struct reply *out)
{
    return q->kind == ASK_PACKAGE ? ask_package(self, q, &out->package)
                                  : ask_advisories(self, q, &out->advisories);
}

static void service_gather(void *self, struct fetcher *f)
{
    struct service *s = self;
    for (struct apk_part *p = s->apk.parts; p; p = p->next)
        apk_gather(p, f);
    apk_secdb_gather(&s->apk, f);
}

static bool service_settle(void *self)
{
    struct service *s = self;
    bool news = s->apk.news;
    s->apk.news = false;
    return news;
}

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct service *s = arena_new(a, struct service, 1);
    s->apk = (struct apk){
        .world = w, .settings = world_settings(w), .arena = a, .now = (int64_t)time(NULL)};
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct service *s = self;
    for (struct apk_part *p = s->apk.parts; p; p = p->next)
        apk_part_close(p);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->apk.arena);
}

extern const struct world_service service_apk;
const struct world_service service_apk = {
    .name = "apk",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .kinds = 1u << ASK_PACKAGE | 1u << ASK_ADVISORIES,
    .manager = &manager_apk,
    .ask = service_ask,
};
