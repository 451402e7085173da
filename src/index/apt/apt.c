/* apt.c - the apt index as a service of the world: questions and their answers. */
#include "index/apt/apt.h"
#include "dfix/manager.h"
#include "index/store/answers.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/scratch.h"

/* All that makes a question but the package's name. */
struct plan {
    struct plan *next;
    struct str key;
    arch_set archs;
    apt_parts part;
    struct str refused;
    struct store_part *ready; /* once all parts are; NULL */
    size_t nready;
    struct index_answers *answers;
};

struct service {
    struct apt apt;
    pthread_mutex_t lock;
    struct plan *plans;
    const struct fetcher *fetcher;
    VEC(const struct apt_archive *) skipped; /* under way when the last questions were gathered */
};

static struct plan *find_plan(struct service *s, const struct release *r, arch_set archs,
                              const struct source *extra, size_t nextra)
{
    struct arena *a = s->apt.arena;
    struct arena_mark m = arena_mark(a);
    struct str key = index_question(a, r, archs, extra, nextra);
    for (struct plan *p = s->plans; p; p = p->next)
        if (str_eq(p->key, key)) {
            arena_rewind(a, m);
            return p;
        }
    struct plan *p = arena_new(a, struct plan, 1);
    p->next = s->plans;
    p->key = key;
    p->archs = archs;
    p->refused = S("");
    p->answers = index_answers_new(a);
    s->plans = p;
    const struct release copy = {str_dup(a, r->distro), str_dup(a, r->version),
                                 str_dup(a, r->codename)};
    if (!apt_places(&s->apt, &copy, archs, extra, nextra, &p->part, &p->refused) && !p->refused.n)
        p->refused = S("the sources cannot be read");
    return p;
}

/* Offline all that can be had is at hand: no file need wait for another round. */
static void settle_offline(struct service *s, const struct plan *plan)
{
    for (size_t i = 0; s->apt.settings->offline && i < plan->part.n; i++)
        if (plan->part.v[i]->state == PART_WANTED)
            apt_gather(plan->part.v[i]->archive, NULL);
}

/* FOUND: every part can be asked. */
static enum answer make_ready(struct service *s, struct plan *plan, struct str *why)
{
    if (plan->ready)
        return ANSWER_FOUND;
    if (plan->refused.n) {
        *why = plan->refused;
        return ANSWER_UNAVAILABLE;
    }
    bool pending = false;
    settle_offline(s, plan);
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct apt_part *p = plan->part.v[i];
        if (p->state == PART_FAILED) {
            *why = p->why;
            return ANSWER_UNAVAILABLE;
        }
        pending |= p->state == PART_WANTED || p->state == PART_BUSY;
    }
    if (pending)
        return ANSWER_PENDING;
    plan->ready = arena_new(s->apt.arena, struct store_part, plan->part.n + 1);
    for (size_t i = 0; i < plan->part.n; i++) {
        const struct apt_part *p = plan->part.v[i];
        const struct apt_archive *ar = p->archive;
        if (p->state == PART_READY)
            plan->ready[plan->nready++] =
                (struct store_part){.store = p->store,
                                    .suite = ar->suite,
                                    .component = p->component,
                                    .security = ar->security,
                                    .from = ar->own ? S("") : apt_shown(ar)};
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
        answer = index_answer(s->apt.arena, plan->answers, &manager_apt, plan->ready, plan->nready,
                              plan->archs, q->name, out);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static enum answer service_ask(void *self, const struct question *q, struct reply *out)
{
    return ask_package(self, q, &out->package);
}

static void service_gather(void *self, struct fetcher *f)
{
    struct service *s = self;
    s->fetcher = f;
    s->skipped.n = 0;
    for (struct apt_archive *ar = s->apt.archives; ar; ar = ar->next) {
        if (fetch_under_way(f, ar)) {
            vec_push(s->apt.arena, &s->skipped, ar);
            continue;
        }
        fetch_group(f, ar);
        apt_gather(ar, f);
        fetch_group(f, NULL);
    }
}

/* One that was asked while it could not be gathered has more to come. */
static bool is_complete(const struct service *s, const struct apt_archive *ar)
{
    for (size_t i = 0; i < s->skipped.n; i++)
        if (s->skipped.v[i] == ar)
            return false;
    return !fetch_under_way(s->fetcher, ar);
}

static bool service_settle(void *self)
{
    struct service *s = self;
    if (s->apt.pool)
        compile_wait(s->apt.pool);
    for (struct apt_archive *ar = s->apt.archives; ar; ar = ar->next)
        if (is_complete(s, ar))
            apt_harvest(ar);
    bool news = s->apt.news;
    s->apt.news = false;
    return news;
}

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct service *s = arena_new(a, struct service, 1);
    s->apt = (struct apt){.world = w,
                          .settings = world_settings(w),
                          .arena = a,
                          .now = (int64_t)time(NULL),
                          .folder = S("")};
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct service *s = self;
    compile_pool_close(s->apt.pool);
    for (struct apt_archive *ar = s->apt.archives; ar; ar = ar->next)
        apt_close_parts(ar);
    scratch_remove(s->apt.folder);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->apt.arena);
}

extern const struct world_service service_apt;
const struct world_service service_apt = {
    .name = "apt",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .kinds = 1u << ASK_PACKAGE,
    .manager = &manager_apt,
    .ask = service_ask,
};
