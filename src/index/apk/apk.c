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

static enum answer service_package(void *self, const struct release *r, arch_set archs,
                                   const struct source *extra, size_t nextra, struct str name,
                                   struct package_info *out)
{
    struct service *s = self;
    *out = (struct package_info){.why = S("")};
    pthread_mutex_lock(&s->lock);
    if (!archs)
        archs = arch_of(S("amd64")) | arch_of(S("arm64"));
    struct plan *plan = find_plan(s, r, archs, extra, nextra);
    enum answer answer = make_ready(s, plan, &out->why);
    out->not_asked = answer == ANSWER_UNAVAILABLE && plan->refused.n;
    if (answer == ANSWER_FOUND)
        answer = index_answer(s->apk.arena, plan->answers, &manager_apk, plan->ready, plan->part.n,
                              plan->archs, name, out);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static enum answer service_advisories(void *self, const struct manager *m, const struct release *r,
                                      struct str source, const struct advisory **out, size_t *n)
{
    struct service *s = self;
    *out = NULL;
    *n = 0;
    if (m != &manager_apk)
        return ANSWER_UNAVAILABLE;
    pthread_mutex_lock(&s->lock);
    enum answer answer = apk_advisories(&s->apk, r, source, out, n);
    if (answer == ANSWER_PENDING && s->apk.settings->offline) {
        apk_secdb_gather(&s->apk, NULL);
        answer = apk_advisories(&s->apk, r, source, out, n);
    }
    pthread_mutex_unlock(&s->lock);
    return answer;
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
    for (struct apk_ring *k = s->apk.rings; k; k = k->next)
        apk_keys_close(&k->keys);
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
    .manager = &manager_apk,
    .package = service_package,
    .advisories = service_advisories,
};
