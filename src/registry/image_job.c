/* image_job.c - what an image's name points at: digest, platforms, and a better tag for latest. */
#include <string.h>

#include "host/digest.h"
#include "registry/jobs.h"
#include "registry/layout.h"

enum { DAY = 24 * 60 * 60, TAG_PAGES_MAX = 50, TAG_PAGE_BYTES = 16 * 1024 * 1024 };

static void image_done(struct fetcher *f, struct image_job *j, enum answer answer, const char *why)
{
    struct registry *g = j->registry;
    j->state = JOB_DONE;
    j->answer = answer;
    if (why)
        j->info.why = str_dup(g->arena, str_of(why));
    g->news = true;
    for (struct base_job *b = j->bases; b; b = b->next)
        if (b->state == JOB_NEW)
            base_start(f, b);
}

/* What follows wants the network, and there is none just now. */
static bool is_postponed(struct fetcher *f, struct image_job *j)
{
    if (f)
        return false;
    j->state = JOB_NEW;
    vec_push(j->registry->arena, &j->registry->missed_images, j);
    return true;
}

/* ---- tags: which one says what latest is? ---- */

static bool is_latest(const struct image_job *j)
{
    return !j->ref.digest.n && !j->layout.n && (!j->ref.tag.n || str_eq(j->ref.tag, S("latest")));
}

static void image_found(struct fetcher *f, struct image_job *j, bool tags_asked)
{
    struct registry *g = j->registry;
    if (j->from_network && g->settings->refresh) {
        memory_forget_failure(&g->memory, j->domain);
        memory_forget_failure(&g->memory, j->name);
    }
    if (!j->ref.digest.n && !j->layout.n && (j->from_network || tags_asked))
        memory_keep_pointer(&g->memory, j->name,
                            &(struct pointer){j->info.digest, j->info.better_tag,
                                              j->from_network ? g->now : j->known.asked,
                                              tags_asked || j->known_tags});
    image_done(f, j, ANSWER_FOUND, NULL);
}

static void on_probe(struct fetcher *f, struct call *c)
{
    struct image_job *j = c->user;
    struct str tag = str_from(c->what, strlen("manifests/"));
    bool same = c->status == 200 && str_eq(c->digest, j->info.digest);
    if (same && (!j->info.better_tag.n || tag_more_specific(tag, j->info.better_tag)))
        j->info.better_tag = tag;
    if (--j->probes_left == 0)
        image_found(f, j, true);
}

static void probe_tags(struct fetcher *f, struct image_job *j)
{
    struct registry *g = j->registry;
    struct str tag[TAGS_CANDIDATES];
    size_t n = tags_candidates(j->tag_arena, &j->tags, tag, TAGS_CANDIDATES);
    for (size_t i = 0; i < n; i++)
        tag[i] = str_dup(g->arena, tag[i]);
    arena_close(j->tag_arena);
    j->tag_arena = NULL;
    struct call *probe = arena_new(g->arena, struct call, n + 1);
    j->probes_left = n;
    if (!n)
        image_found(f, j, true);
    for (size_t i = 0; i < n; i++) {
        probe[i] = call_for(j, "manifests", tag[i]);
        probe[i].method = "HEAD";
        probe[i].accept = manifest_accept;
        probe[i].max_bytes = MANIFEST_MAX;
        probe[i].done = on_probe;
        probe[i].user = j;
    }
    for (size_t i = 0; i < n; i++)
        client_send(g->client, f, &probe[i]);
}

static void ask_tags(struct fetcher *f, struct image_job *j, struct str what);

static void on_tags(struct fetcher *f, struct call *c)
{
    struct image_job *j = c->user;
    struct registry *g = j->registry;
    /* No list, no better tag: that is no fault of the image. */
    bool ok = c->status == 200 && tags_parse(j->tag_arena, c->body, &j->tags);
    struct str next = ok ? tags_next(g->arena, c->link, j->path) : S("");
    bool more = ++j->pages < TAG_PAGES_MAX && j->tags.list.n < TAGS_MAX && g->left.tag_pages;
    if (next.n && more)
        ask_tags(f, j, next);
    else
        probe_tags(f, j);
}

static void ask_tags(struct fetcher *f, struct image_job *j, struct str what)
{
    j->registry->left.tag_pages -= j->registry->left.tag_pages > 0;
    j->call = call_for(j, "tags", S("list"));
    j->call.what = what;
    j->call.max_bytes = TAG_PAGE_BYTES;
    j->call.done = on_tags;
    j->call.user = j;
    client_send(j->registry->client, f, &j->call);
}

static void image_tags(struct fetcher *f, struct image_job *j)
{
    j->known_tags = j->has_known && j->known.tags_asked && str_eq(j->known.digest, j->info.digest);
    if (j->known_tags)
        j->info.better_tag = j->known.better_tag;
    if (!is_latest(j) || j->known_tags || j->registry->settings->offline ||
        !j->registry->left.tag_pages) {
        image_found(f, j, false);
        return;
    }
    if (is_postponed(f, j))
        return;
    j->tag_arena = arena_open();
    j->tags = (struct tag_list){.list = {NULL, 0, 0}};
    ask_tags(f, j, S("tags/list?n=1000"));
}

/* ---- platforms: from the index, else from the config ---- */

static void take_config(struct fetcher *f, struct image_job *j, struct str body)
{
    struct err e;
    if (!config_parse(j->registry->arena, body, &j->config, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
        return;
    }
    j->info.archs = j->config.arch;
    image_tags(f, j);
}

static void on_config(struct fetcher *f, struct call *c)
{
    struct image_job *j = c->user;
    struct err e;
    if (!good_body(c, j->manifest.config.digest, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
        return;
    }
    memory_keep_blob(&j->registry->memory, j->manifest.config.digest, c->body);
    take_config(f, j, c->body);
}

/* The bytes are those of info.digest. */
static void take_manifest(struct fetcher *f, struct image_job *j, struct str body, struct str type)
{
    struct registry *g = j->registry;
    struct arena *scratch = arena_open();
    struct str config;
    struct err e;
    if (!manifest_read(g->arena, body, type, &j->manifest, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
    } else if (j->manifest.index) {
        j->info.archs = manifest_archs(&j->manifest);
        j->info.others = j->manifest.others;
        image_tags(f, j);
    } else if (at_hand(j, scratch, j->manifest.config.digest, &config, &e)) {
        take_config(f, j, config);
    } else if (!may_ask(j, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
    } else if (!is_postponed(f, j)) {
        j->call = call_for(j, "blobs", j->manifest.config.digest);
        j->call.max_bytes = CONFIG_MAX;
        j->call.done = on_config;
        j->call.user = j;
        client_send(g->client, f, &j->call);
    }
    arena_close(scratch);
}

/* ---- the manifest that the name points at ---- */

static void on_manifest(struct fetcher *f, struct call *c)
{
    struct image_job *j = c->user;
    struct registry *g = j->registry;
    struct str digest = j->ref.digest;
    struct err e;
    if (c->status != 200)
        remember_failure(j, c);
    if (c->status == 404) {
        image_done(f, j, ANSWER_ABSENT, ABSENT_WHY);
        return;
    }
    if (!digest.n && c->status == 200)
        digest =
            digest_valid(c->digest) ? str_dup(g->arena, c->digest) : digest_of(g->arena, c->body);
    if (!good_body(c, digest, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
        return;
    }
    j->info.digest = digest;
    j->from_network = true;
    memory_keep_blob(&g->memory, digest, c->body);
    take_manifest(f, j, c->body, c->content_type);
}

static void ask_manifest(struct fetcher *f, struct image_job *j, const char *method,
                         void (*done)(struct fetcher *f, struct call *c))
{
    struct str which = j->ref.digest.n ? j->ref.digest : j->ref.tag.n ? j->ref.tag : S("latest");
    if (is_postponed(f, j))
        return;
    j->call = call_for(j, "manifests", which);
    j->call.method = method;
    j->call.accept = manifest_accept;
    j->call.max_bytes = MANIFEST_MAX;
    j->call.done = done;
    j->call.user = j;
    client_send(j->registry->client, f, &j->call);
}

/* Asked whether the tag still points at what is at hand. */
static void on_head(struct fetcher *f, struct call *c)
{
    struct image_job *j = c->user;
    struct arena *scratch = arena_open();
    struct str body;
    struct err e;
    if (c->status == 200 && str_eq(c->digest, j->known.digest) &&
        at_hand(j, scratch, j->known.digest, &body, &e)) {
        j->info.digest = j->known.digest;
        j->from_network = true;
        take_manifest(f, j, body, S(""));
    } else if (c->status == 200 || c->request.status == 405 || c->request.status == 501) {
        ask_manifest(f, j, "GET", on_manifest); /* it moved; or HEAD is not known there */
    } else {
        on_manifest(f, c);
    }
    arena_close(scratch);
}

static bool is_fresh(const struct image_job *j)
{
    const struct settings *s = j->registry->settings;
    int64_t age = j->registry->now - j->known.asked;
    if (s->offline)
        return true;
    if (asked_before(j->registry, j->name))
        return true;
    return !s->refresh && age >= 0 && age < (s->max_age < 0 ? DAY : s->max_age);
}

/* True: the image is in the layout, or the layout is damaged. */
static bool try_layout(struct fetcher *f, struct image_job *j, struct arena *scratch)
{
    struct registry *g = j->registry;
    struct descriptor d = {.digest = j->ref.digest, .media_type = S("")};
    struct str body,
        name = str_fmt(g->arena, STR_FMT "/" STR_FMT, STR_ARG(j->domain), STR_ARG(j->path));
    struct err e;
    if (!d.digest.n && !layout_find(g->arena, j->layout, name, j->ref.tag, &d, &e)) {
        if (e.text[0])
            image_done(f, j, ANSWER_UNAVAILABLE, e.text);
        return e.text[0] != 0;
    }
    bool there = at_hand(j, scratch, d.digest, &body, &e);
    if (!there && j->ref.digest.n)
        return false;
    if (!there) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
        return true;
    }
    j->info.digest = d.digest;
    take_manifest(f, j, body, d.media_type);
    return true;
}

static void start_remote(struct fetcher *f, struct image_job *j, struct arena *scratch)
{
    struct registry *g = j->registry;
    struct failure failed;
    struct str body;
    struct err e;
    j->has_known = !j->ref.digest.n && memory_pointer(&g->memory, g->arena, j->name, &j->known);
    struct str digest = j->has_known ? j->known.digest : j->ref.digest;
    bool there = digest.n && at_hand(j, scratch, digest, &body, &e);
    if (there && (j->ref.digest.n || is_fresh(j))) {
        j->info.digest = digest;
        take_manifest(f, j, body, S(""));
    } else if (!may_ask(j, &e)) {
        image_done(f, j, ANSWER_UNAVAILABLE, e.text);
    } else if (failed_lately(g, j->name, &failed)) {
        image_done(f, j, failed.absent ? ANSWER_ABSENT : ANSWER_UNAVAILABLE, failed.why.p);
    } else if (there) {
        ask_manifest(f, j, "HEAD", on_head);
    } else {
        ask_manifest(f, j, "GET", on_manifest);
    }
}

void image_start(struct fetcher *f, struct image_job *j)
{
    struct arena *scratch = arena_open();
    j->state = JOB_STARTED;
    bool local = j->layout.n && try_layout(f, j, scratch);
    if (!local) {
        j->layout = S(""); /* it does not have this one */
        start_remote(f, j, scratch);
    }
    arena_close(scratch);
}
