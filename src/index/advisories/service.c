/* service.c - advisories as a service of the world: questions, and the feeds that are fetched for
 * them. A feed that is not fresh any more is asked for again, with what the server gave to tell
 * whether it has changed; when that fails, the old one serves, and the run says so. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host/cache.h"
#include "host/fetched.h"
#include "host/host.h"
#include "host/scratch.h"
#include "index/advisories/advisories.h"
#include "index/advisories/batch.h"

enum { CHAINS = 1 << 12 };

enum want_state { WANT_OPEN, WANT_BUSY, WANT_DONE, WANT_FAILED };
struct want {
    struct want *next;
    struct advisories *service;
    struct feed_want feed;
    bool beside; /* of use, and not needed */
    enum want_state state;
    struct str why;  /* FAILED, or an old one serves */
    struct str file; /* where the document goes */
    struct fetch_request request;
};

/* What was answered before. */
struct said {
    struct said *next;
    struct str key;
    enum answer answer;
    struct match_list list;
};

struct advisories {
    struct world *world;
    const struct settings *settings;
    struct arena *arena, *answers; /* answers: those in `said` */
    pthread_mutex_t lock;
    int64_t now;
    bool opened, news;
    struct held_feeds feeds;
    VEC(struct feed *) old; /* answers that were given name their texts */
    struct str folder;      /* for what is fetched */
    struct want *want;
    struct osv_batch *batch; /* NULL: policy names no API */
    struct said **said;      /* CHAINS of them, once something is answered; NULL before */
};

static void open_feeds(struct advisories *s)
{
    if (s->opened)
        return;
    s->feeds = advisories_open(s->arena, world_cache_dir(s->world));
    s->opened = true;
}

static struct held_feed *held(struct advisories *s, struct str name)
{
    for (size_t i = 0; i < s->feeds.n; i++)
        if (str_eq(s->feeds.v[i].meta.name, name))
            return &s->feeds.v[i];
    return NULL;
}

/* ---- what is wanted ---- */

static struct want *want_of(struct advisories *s, const struct feed_want *feed, bool beside)
{
    for (struct want *w = s->want; w; w = w->next)
        if (str_eq(w->feed.name, feed->name))
            return w;
    const struct held_feed *have = held(s, feed->name);
    struct want *w = arena_new(s->arena, struct want, 1);
    *w = (struct want){
        .next = s->want,
        .service = s,
        .feed = {str_dup(s->arena, feed->name), str_dup(s->arena, feed->url), feed->may_lack},
        .beside = beside,
        .why = S(""),
        .file = S("")};
    if (have && index_is_fresh(s->settings, s->now, have->meta.fetched))
        w->state = WANT_DONE;
    s->want = w;
    return w;
}

static void use_old(struct want *w, struct str why)
{
    struct advisories *s = w->service;
    const struct held_feed *have = held(s, w->feed.name);
    w->state = have ? WANT_DONE : WANT_FAILED;
    w->why = str_dup(s->arena, why);
    s->news = true;
    if (have)
        world_warn(s->world, "using the " STR_FMT " of " STR_FMT " ago: " STR_FMT,
                   STR_ARG(have->meta.title),
                   STR_ARG(index_age(s->arena, s->now, have->meta.fetched)), STR_ARG(why));
    else if (w->beside)
        world_warn(s->world, "%s is not known: " STR_FMT,
                   str_eq(w->feed.name, S("kev"))         ? "which vulnerabilities are exploited"
                   : str_starts(w->feed.name, S("life-")) ? "when releases end by now"
                                                          : "EPSS",
                   STR_ARG(why));
}

/* Is the API asked about it, and no export at hand? */
static bool is_by_api(struct advisories *s, struct str ecosystem)
{
    struct str export = str_fmt(s->arena, "osv-" STR_FMT, STR_ARG(ecosystem));
    return s->batch && osv_batch_serves(ecosystem) && !held(s, export);
}

/* Every feed that the component needs; UNAVAILABLE with the reason when one cannot be had. */
static enum answer feeds_for(struct advisories *s, struct str ecosystem, bool by_api,
                             struct str *why)
{
    struct feed_want feed[WANTS_MOST];
    size_t n = advisories_want(s->arena, s->settings, ecosystem, feed);
    bool pending = false;
    for (size_t i = 0; i < n && !by_api; i++) {
        struct want *w = want_of(s, &feed[i], false);
        if (w->state == WANT_OPEN && s->settings->offline)
            use_old(w, S("dfix runs offline"));
        pending |= w->state == WANT_OPEN || w->state == WANT_BUSY;
        if (w->state == WANT_FAILED)
            *why = w->why;
    }
    size_t more = n ? advisories_want_more(s->arena, s->settings, feed) : 0;
    for (size_t i = 0; i < more; i++) {
        struct want *w = want_of(s, &feed[i], true);
        if (w->state == WANT_OPEN && s->settings->offline)
            use_old(w, S("dfix runs offline"));
        pending |= w->state == WANT_OPEN || w->state == WANT_BUSY;
    }
    return pending ? ANSWER_PENDING : ANSWER_FOUND;
}

/* ---- questions ---- */

static struct str key_of(struct arena *a, const struct question *q)
{
    const struct component *c = q->component;
    return str_fmt(a, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n%d%d",
                   STR_ARG(c->ecosystem), STR_ARG(c->name), STR_ARG(c->version), STR_ARG(c->source),
                   STR_ARG(c->source_version), q->settled, q->at_hand);
}

static struct component component_dup(struct arena *a, const struct component *c)
{
    struct component out = *c;
    out.ecosystem = str_dup(a, c->ecosystem);
    out.name = str_dup(a, c->name);
    out.version = str_dup(a, c->version);
    out.source = str_dup(a, c->source);
    out.source_version = str_dup(a, c->source_version);
    return out;
}

/* What stands between a component and its feeds, for people. */
static struct str why_not(struct advisories *s, const struct component *c, struct str said,
                          struct str failed)
{
    if (!failed.n || !ecosystem_known(c->ecosystem))
        return said;
    return str_fmt(s->answers, "no advisories for " STR_FMT " are at hand: " STR_FMT,
                   STR_ARG(c->ecosystem), STR_ARG(failed));
}

static const struct said *answer(struct advisories *s, const struct question *q, bool covered,
                                 struct str failed)
{
    const struct component *c = q->component;
    if (!s->said)
        s->said = arena_new(s->arena, struct said *, CHAINS);
    struct arena_mark mark = arena_mark(s->answers);
    struct str key = key_of(s->answers, q);
    struct said **chain = &s->said[str_hash(key) % CHAINS];
    for (const struct said *x = *chain; x; x = x->next)
        if (str_eq(x->key, key)) {
            arena_rewind(s->answers, mark);
            return x;
        }
    struct said *new = arena_new(s->answers, struct said, 1);
    struct component own = component_dup(s->answers, c);
    new->key = key;
    struct held_feeds feeds = s->feeds;
    feeds.covered = covered;
    new->answer = advisories_match(s->answers, &feeds, &own, q->settled, &new->list);
    if (new->answer == ANSWER_UNAVAILABLE) {
        new->list.why = why_not(s, c, new->list.why, failed);
        new->list.lacking = failed.n > 0;
    }
    new->next = *chain;
    *chain = new;
    return new;
}

/* From the cache, unless it is asked to be made current. */
static enum answer ask_life(struct advisories *s, const struct question *q, struct reply *out)
{
    struct feed_want feed;
    struct want *w = NULL;
    pthread_mutex_lock(&s->lock);
    open_feeds(s);
    if (!q->at_hand && advisories_want_life(s->arena, s->settings, q->release->distro, &feed))
        w = want_of(s, &feed, true);
    if (w && w->state == WANT_OPEN && s->settings->offline)
        use_old(w, S("dfix runs offline"));
    bool pending = w && (w->state == WANT_OPEN || w->state == WANT_BUSY);
    out->end = pending ? S("") : advisories_life(s->arena, &s->feeds, q->release);
    pthread_mutex_unlock(&s->lock);
    return pending ? ANSWER_PENDING : out->end.n ? ANSWER_FOUND : ANSWER_ABSENT;
}

static enum answer ask_matches(struct advisories *s, const struct question *q, struct reply *out)
{
    const struct component *c = q->component;
    struct str failed = S("");
    pthread_mutex_lock(&s->lock);
    open_feeds(s);
    bool by_api = is_by_api(s, c->ecosystem);
    enum answer a = q->at_hand ? ANSWER_FOUND : feeds_for(s, c->ecosystem, by_api, &failed);
    enum answer told = ANSWER_UNAVAILABLE;
    if (by_api && q->at_hand)
        failed = S("the API was not asked");
    else if (by_api && s->settings->offline)
        failed = S("dfix runs offline");
    else if (by_api)
        told = osv_batch_ask(s->batch, c, &failed);
    if (told == ANSWER_PENDING)
        a = told;
    if (told == ANSWER_FOUND)
        failed = S("");
    if (a != ANSWER_PENDING) {
        const struct said *x = answer(s, q, told == ANSWER_FOUND, failed);
        out->matches = &x->list;
        a = x->answer;
    }
    pthread_mutex_unlock(&s->lock);
    return a;
}

static enum answer service_ask(void *self, const struct question *q, struct reply *out)
{
    return q->kind == ASK_LIFE ? ask_life(self, q, out) : ask_matches(self, q, out);
}

/* ---- fetching ---- */

static void forget_answers(struct advisories *s)
{
    if (s->said)
        memset(s->said, 0, CHAINS * sizeof *s->said);
    s->news = true;
}

/* The new feed in place of the old one. */
static void hold(struct advisories *s, struct feed *f)
{
    struct feed_meta meta = feed_meta(f);
    struct held_feed *have = held(s, meta.name);
    struct held_feed *all = arena_new(s->arena, struct held_feed, s->feeds.n + 1);
    if (s->feeds.n)
        memcpy(all, s->feeds.v, s->feeds.n * sizeof *all);
    struct held_feed *at = have ? &all[have - s->feeds.v] : &all[s->feeds.n];
    if (have)
        vec_push(s->arena, &s->old, have->feed);
    *at = (struct held_feed){f, meta, S("")};
    s->feeds = (struct held_feeds){.v = all, .n = s->feeds.n + !have};
    forget_answers(s);
}

/* What the API gave, for this run. */
static bool take_documents(void *user, struct str documents, struct err *e)
{
    struct advisories *s = user;
    struct str none = S("");
    const struct feed_document d = {
        .file = none,
        .bytes = documents,
        .from = S("osv-api.jsonl"),
        .wanted = none,
        .given = {
            .url = s->settings->advisories.api, .etag = none, .modified = none, .fetched = s->now}};
    struct feed *f = advisories_take(s->arena, none, &d, e);
    if (f)
        hold(s, f);
    return f != NULL;
}

static void take(struct want *w, struct fetch_request *r)
{
    struct advisories *s = w->service;
    struct err e;
    const struct feed_document d = {.file = w->file,
                                    .from = w->feed.url,
                                    .wanted = w->feed.name,
                                    .given = {.url = w->feed.url,
                                              .etag = fetch_header(r, S("etag")),
                                              .modified = fetch_header(r, S("last-modified")),
                                              .fetched = s->now}};
    struct feed *f = advisories_take(s->arena, world_cache_dir(s->world), &d, &e);
    if (!f) {
        struct str why = str_fmt(s->arena, STR_FMT ": %s", STR_ARG(w->feed.url), e.text);
        world_fail(s->world, STR_FMT, STR_ARG(why));
        use_old(w, why);
        return;
    }
    hold(s, f);
    w->state = WANT_DONE;
}

static void touch(struct want *w, struct held_feed *have)
{
    struct advisories *s = w->service;
    struct err e;
    have->meta.fetched = s->now;
    if (have->path.n && !feed_touch(have->path, s->now, &e))
        world_warn(s->world, "%s", e.text);
    w->state = WANT_DONE;
    forget_answers(s);
}

static void done(struct fetcher *f, struct fetch_request *r)
{
    struct want *w = r->user;
    struct advisories *s = w->service;
    struct held_feed *have = held(s, w->feed.name);
    (void)f;
    if (have && index_not_modified(r))
        touch(w, have);
    else if (fetch_ok(r))
        take(w, r);
    else if (w->feed.may_lack && index_is_gone(s->arena, r)) {
        w->state = WANT_DONE;
        s->news = true;
    } else
        use_old(w, index_failure(s->arena, r));
    unlink(str_cstr(s->arena, w->file));
}

static bool make_folder(struct advisories *s)
{
    struct err e;
    if (!s->folder.n)
        s->folder = scratch_folder(s->arena, scratch_temporary(), SCRATCH_PREFIX, &e);
    if (!s->folder.n)
        world_fail(s->world, "no folder for downloads can be made: %s", e.text);
    return s->folder.n > 0;
}

static void service_gather(void *self, struct fetcher *f)
{
    struct advisories *s = self;
    if (s->batch && make_folder(s))
        osv_batch_gather(s->batch, f);
    for (struct want *w = s->want; w; w = w->next) {
        if (w->state != WANT_OPEN)
            continue;
        if (!make_folder(s)) {
            use_old(w, S("no folder for downloads can be made"));
            continue;
        }
        const struct held_feed *have = held(s, w->feed.name);
        struct str none = S("");
        w->state = WANT_BUSY;
        w->file = str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(s->folder), STR_ARG(w->feed.name));
        w->request = (struct fetch_request){.url = w->feed.url,
                                            .file = w->file,
                                            .plain_http = str_starts(w->feed.url, S("http:")),
                                            .local_file = str_starts(w->feed.url, S("file:")),
                                            .arena = s->arena,
                                            .etag = have ? have->meta.etag : none,
                                            .modified = have ? have->meta.modified : none,
                                            .done = done,
                                            .user = w};
        fetch_add(f, &w->request);
    }
}

static bool service_settle(void *self)
{
    struct advisories *s = self;
    bool news = s->news;
    news |= s->batch && osv_batch_news(s->batch);
    s->news = false;
    return news;
}

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct advisories *s = arena_new(a, struct advisories, 1);
    *s = (struct advisories){.world = w,
                             .settings = world_settings(w),
                             .arena = a,
                             .answers = arena_open(),
                             .now = (int64_t)time(NULL),
                             .folder = S("")};
    if (s->settings->advisories.api.n)
        s->batch = osv_batch_open(a, s->settings->advisories.api, take_documents, s);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct advisories *s = self;
    advisories_close(&s->feeds);
    for (size_t i = 0; i < s->old.n; i++)
        feed_close(s->old.v[i]);
    scratch_remove(s->folder);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->answers);
    arena_close(s->arena);
}

static void service_forget(void *self)
{
    struct advisories *s = self;
    if (!s->said || arena_held(s->answers) < ANSWERS_KEPT)
        return;
    memset(s->said, 0, CHAINS * sizeof *s->said);
    arena_close(s->answers);
    s->answers = arena_open();
}

extern const struct world_service service_advisories;
const struct world_service service_advisories = {
    .name = "advisories",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .forget = service_forget,
    .kinds = 1u << ASK_MATCHES | 1u << ASK_LIFE,
    .ask = service_ask,
};
