/* registry.c - the service that answers what an image is, and what is in it: questions from
 * several threads, jobs.h behind them. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dfix/policy.h"
#include "host/files.h"
#include "host/fetched.h"
#include "host/digest.h"
#include "registry/jobs.h"
#include "registry/layout.h"

/* ---- questions ---- */

/* How the registry is known to be itself: what one that may show any certificate has said is not
 * what another run may take for true. */
static struct str trust_of(struct registry *g, struct str domain)
{
    const struct settings *s = g->settings;
    for (size_t i = 0; i < s->ninsecure; i++)
        if (str_ieq(s->insecure[i], domain))
            return S(" insecure");
    if (!s->ca_file.n)
        return S("");
    if (!g->ca.n) {
        struct str sum = index_fingerprint(g->lasting, world_cache_dir(g->world), &s->ca_file, 1);
        g->ca = str_fmt(g->lasting, " ca " STR_FMT, STR_ARG(sum));
    }
    return g->ca;
}

static struct image_job *job_new(struct registry *g, struct str image)
{
    struct image_job *j = arena_new(g->arena, struct image_job, 1);
    struct str none = S("");
    j->registry = g;
    j->asked = str_dup(g->arena, image);
    j->info = (struct image_info){.digest = none, .better_tag = none, .why = none};
    j->layout = j->name = none;
    if (!reference_parse(policy_qualify(g->arena, g->settings, j->asked), &j->ref)) {
        j->state = JOB_DONE;
        j->answer = ANSWER_UNAVAILABLE;
        j->info.why = S("it is not an image reference");
        return j;
    }
    struct str name = reference_name(g->arena, &j->ref);
    ptrdiff_t slash = str_chr(name, '/');
    j->domain = str_sub(name, 0, (size_t)slash);
    j->path = str_from(name, (size_t)slash + 1);
    j->layout = layout_folder(g->arena, g->settings, name);
    struct str tag = j->ref.tag.n ? j->ref.tag : S("latest");
    j->name =
        str_fmt(g->arena, STR_FMT "%s" STR_FMT STR_FMT, STR_ARG(name), j->ref.digest.n ? "@" : ":",
                STR_ARG(j->ref.digest.n ? j->ref.digest : tag), STR_ARG(trust_of(g, j->domain)));
    if (j->ref.digest.n && !digest_valid(j->ref.digest)) {
        j->state = JOB_DONE;
        j->answer = ANSWER_UNAVAILABLE;
        j->info.why = S("its digest is neither sha256 nor sha512");
    } else if (policy_blocks(g->settings, name)) {
        j->state = JOB_DONE;
        j->answer = ANSWER_UNAVAILABLE;
        j->info.why = S("the policy blocks this registry");
    }
    return j;
}

static void warn(void *user, const char *text)
{
    struct registry *g = user;
    world_warn(g->world, "%s", text);
}

/* What any job needs. */
static void make_ready(struct registry *g)
{
    if (g->client)
        return;
    memory_open(&g->memory, g->lasting, world_cache_dir(g->world));
    g->client = client_open(g->lasting, g->settings, &g->left.documents, warn, g);
    g->left = budget_of_run(g->settings->max_layers);
    g->queue_end = &g->queue;
    g->now = (int64_t)time(NULL);
}

/* The one job of all that name the same image. */
static struct image_job *job_named_as(struct registry *g, struct image_job *new)
{
    struct image_job **chain = &g->named[str_hash(new->name) % CHAINS];
    for (struct image_job *j = *chain; j; j = j->next)
        if (str_eq(j->name, new->name))
            return j;
    new->next = *chain;
    *chain = new;
    if (new->state != JOB_NEW)
        return new;
    /* What is at hand has its answer at once: no file need wait for another round. */
    make_ready(g);
    image_start(NULL, new);
    return new;
}

/* Under the lock. */
static struct image_job *job_of(struct registry *g, struct str image)
{
    struct spelling **chain = &g->spelled[str_hash(image) % CHAINS];
    for (struct spelling *s = *chain; s; s = s->next)
        if (str_eq(s->asked, image))
            return s->job;
    struct image_job *j = job_new(g, image);
    struct spelling *s = arena_new(g->arena, struct spelling, 1);
    *s = (struct spelling){*chain, j->asked, j->name.n ? job_named_as(g, j) : j};
    *chain = s;
    return s->job;
}

static enum answer ask_image(struct registry *g, struct str image, struct image_info *out)
{
    pthread_mutex_lock(&g->lock);
    struct image_job *j = job_of(g, image);
    enum answer answer = j->state == JOB_DONE ? j->answer : ANSWER_PENDING;
    *out = j->info;
    pthread_mutex_unlock(&g->lock);
    return answer;
}

static enum answer ask_base(struct registry *g, const struct question *q, struct base_facts *out)
{
    pthread_mutex_lock(&g->lock);
    struct image_job *j = job_of(g, q->name);
    struct base_job *b = j->bases;
    while (b && (b->archs != q->archs || b->depth != q->depth))
        b = b->next;
    if (!b) {
        b = arena_new(g->arena, struct base_job, 1);
        *b = (struct base_job){.image = j, .next = j->bases, .archs = q->archs, .depth = q->depth};
        b->digest = S("");
        b->facts = base_facts_none();
        j->bases = b;
        if (j->state == JOB_DONE)
            base_start(NULL, b);
        else
            vec_push(g->arena, &g->missed_bases, b);
    }
    enum answer answer = b->state == JOB_DONE ? b->answer : ANSWER_PENDING;
    *out = b->facts;
    if (q->depth == BASE_BY_CONFIG && answer == ANSWER_FOUND)
        base_facts_of_config(out);
    pthread_mutex_unlock(&g->lock);
    return answer;
}

/* ---- documents: from a layout, from memory, from the registry ---- */

struct call call_for(struct image_job *j, const char *kind, struct str which)
{
    struct registry *g = j->registry;
    return (struct call){.domain = j->domain,
                         .path = j->path,
                         .method = "GET",
                         .what = str_fmt(g->arena, "%s/" STR_FMT, kind, STR_ARG(which)),
                         .file = S(""),
                         .body = S(""),
                         .content_type = S(""),
                         .digest = S(""),
                         .link = S(""),
                         .why = S(""),
                         .token_used = S("")};
}

/* A small blob that is at hand. */
bool at_hand(struct image_job *j, struct arena *a, struct str digest, struct str *out,
             struct err *e)
{
    struct registry *g = j->registry;
    e->text[0] = 0;
    if (!j->layout.n)
        return memory_blob(&g->memory, a, digest, out);
    struct str path = layout_blob_path(a, j->layout, digest);
    return file_read(a, str_cstr(a, path), CONFIG_MAX, out, e) &&
           (digest_matches(digest, *out) ||
            err_set(e, STR_FMT " does not match its digest", STR_ARG(path)));
}

/* Not at hand: may the registry be asked? */
bool may_ask(const struct image_job *j, struct err *e)
{
    if (j->layout.n)
        return false; /* `e` says why it cannot be read */
    if (j->registry->settings->offline)
        return err_set(e, "the image is not in the cache, and dfix runs offline");
    struct failure failed;
    return !failed_lately(j->registry, j->domain, &failed) ||
           err_set(e, STR_FMT, STR_ARG(failed.why));
}

bool failed_lately(struct registry *g, struct str name, struct failure *out)
{
    const struct settings *s = g->settings;
    bool anew = (s->refresh || s->max_age == 0) && !asked_before(g, name);
    if (anew || !memory_failure(&g->memory, g->arena, name, out))
        return false;
    int64_t age = g->now - out->asked;
    if (age < 0 || age >= FAILURE_LASTS)
        return false;
    if (age >= 60)
        out->why = str_fmt(g->arena, STR_FMT " (%lld minute%s ago; --refresh asks again)",
                           STR_ARG(out->why), (long long)(age / 60), age < 120 ? "" : "s");
    return true;
}

void remember_failure(struct image_job *j, const struct call *c)
{
    struct registry *g = j->registry;
    struct failure f = {c->status == 404, c->status == 404 ? S(ABSENT_WHY) : c->why, g->now};
    if (c->unreachable)
        memory_keep_failure(&g->memory, j->domain, &f);
    else if (f.why.n && !c->denied && !c->request.local)
        memory_keep_failure(&g->memory, j->name, &f);
}

bool good_body(const struct call *c, struct str digest, struct err *e)
{
    if (c->status == 404)
        return err_set(e, "its registry does not have " STR_FMT, STR_ARG(c->what));
    if (c->status != 200)
        return err_set(e, STR_FMT, STR_ARG(c->why));
    if (!digest_matches(digest, c->body))
        return err_set(e,
                       STR_FMT "/" STR_FMT ": the registry's data for " STR_FMT
                               " does not match its digest",
                       STR_ARG(c->domain), STR_ARG(c->path), STR_ARG(c->what));
    return true;
}

/* ---- the service ---- */

static void *registry_open(struct world *w)
{
    struct arena *a = arena_open();
    struct registry *g = arena_new(a, struct registry, 1);
    g->world = w;
    g->settings = world_settings(w);
    g->lasting = a;
    g->arena = arena_open();
    pthread_mutex_init(&g->lock, NULL);
    return g;
}

static void registry_close(void *self)
{
    struct registry *g = self;
    layers_forget(g);
    if (g->client)
        memory_close(&g->memory);
    pthread_mutex_destroy(&g->lock);
    arena_close(g->arena);
    arena_close(g->lasting);
}

static enum answer registry_ask(void *self, const struct question *q, struct reply *out)
{
    return q->kind == ASK_BASE ? ask_base(self, q, &out->base)
                               : ask_image(self, q->name, &out->image);
}

static void registry_gather(void *self, struct fetcher *f)
{
    struct registry *g = self;
    if (!g->missed_images.n && !g->missed_bases.n)
        return;
    make_ready(g);
    for (size_t i = 0; i < g->missed_images.n; i++)
        image_start(f, g->missed_images.v[i]);
    for (size_t i = 0; i < g->missed_bases.n; i++) {
        struct base_job *b = g->missed_bases.v[i];
        if (b->state == JOB_NEW && b->image->state == JOB_DONE)
            base_start(f, b);
    }
    g->missed_images.n = g->missed_bases.n = 0;
}

static bool is_reading(const struct registry *g)
{
    for (size_t k = 0; k < BASES_AT_ONCE; k++)
        if (g->reading[k])
            return true;
    return g->queue != NULL;
}

static bool registry_settle(void *self)
{
    struct registry *g = self;
    bool news = g->news;
    g->news = false;
    if (g->client && !is_reading(g)) /* the next base may be built on the same layers */
        layers_forget(g);
    return news;
}

/* ---- many repositories ---- */

static int by_number(const void *x, const void *y)
{
    const uint64_t *a = x, *b = y;
    return (*a > *b) - (*a < *b);
}

bool asked_before(const struct registry *g, struct str name)
{
    uint64_t sum = str_hash(name);
    return g->asked.n && bsearch(&sum, g->asked.v, g->asked.n, sizeof sum, by_number);
}

/* The cache has what it said, and when: only that it was asked is to be remembered. */
static void note_asked(struct registry *g, const struct image_job *j)
{
    bool refused = j->state == JOB_DONE && j->answer != ANSWER_FOUND;
    if (j->from_network || refused)
        vec_push(g->lasting, &g->asked, str_hash(j->name));
    if (refused && j->call.unreachable)
        vec_push(g->lasting, &g->asked, str_hash(j->domain));
}

static bool may_forget(const struct registry *g)
{
    bool cached = !g->client || g->memory.folder.n; /* without a client nothing is asked for */
    return cached && !is_reading(g) && !g->layers && !g->working;
}

/* What one repository may cost is not what the ones before it have left. */
static void registry_forget(void *self)
{
    struct registry *g = self;
    g->left = budget_of_run(g->settings->max_layers);
    if (arena_held(g->arena) < ANSWERS_KEPT || !may_forget(g))
        return;
    for (size_t i = 0; i < CHAINS; i++)
        for (const struct image_job *j = g->named[i]; j; j = j->next)
            note_asked(g, j);
    if (g->asked.n)
        qsort(g->asked.v, g->asked.n, sizeof *g->asked.v, by_number);
    memset(g->spelled, 0, sizeof g->spelled);
    memset(g->named, 0, sizeof g->named);
    g->missed_images.v = NULL;
    g->missed_images.n = g->missed_images.cap = 0;
    g->missed_bases.v = NULL;
    g->missed_bases.n = g->missed_bases.cap = 0;
    arena_close(g->arena);
    g->arena = arena_open();
}

const struct world_service service_registry = {
    .name = "registry",
    .open = registry_open,
    .close = registry_close,
    .gather = registry_gather,
    .settle = registry_settle,
    .forget = registry_forget,
    .kinds = 1u << ASK_BASE | 1u << ASK_IMAGE,
    .ask = registry_ask,
};
