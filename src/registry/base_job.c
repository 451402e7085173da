/* base_job.c - what is in an image: its platform's manifest, config, layers. */
#include <string.h>

#include "dfix/policy.h"
#include "host/reading.h"
#include "registry/facts.h"
#include "registry/jobs.h"
#include "registry/layout.h"

static void base_done(struct fetcher *f, struct base_job *b, enum answer answer, const char *why);

static const uint64_t kept_max = (uint64_t)1 << 30; /* of layers that others may want */

/* Once a registry, unless the run is meant to do without: nothing but the tables speaks then. */
static void tell_tables_speak(struct base_job *b)
{
    struct registry *g = b->image->registry;
    const struct image_job *j = b->image;
    if (g->settings->offline || j->layout.n || !j->domain.n ||
        policy_blocks(g->settings, reference_name(g->arena, &j->ref)))
        return;
    for (size_t i = 0; i < g->silent.n; i++)
        if (str_eq(g->silent.v[i], j->domain))
            return;
    vec_push(g->lasting, &g->silent, str_dup(g->lasting, j->domain));
    world_warn(g->world,
               "using built-in tables for images from " STR_FMT ", as " STR_FMT
               " could not be read: " STR_FMT,
               STR_ARG(j->domain), STR_ARG(j->asked), STR_ARG(b->facts.why));
}

/* ---- one platform manifest by several names (3.12, 3.12-slim, latest): read once ---- */

static bool follow_twin(struct base_job *b)
{
    struct registry *g = b->image->registry;
    for (struct base_job *first = g->working; first; first = first->working)
        if (first->depth == b->depth && str_eq(first->digest, b->digest)) {
            b->twins = first->twins;
            first->twins = b;
            return true;
        }
    b->working = g->working;
    g->working = b;
    return false;
}

static void leave_work(struct base_job *b)
{
    for (struct base_job **at = &b->image->registry->working; *at; at = &(*at)->working)
        if (*at == b) {
            *at = b->working;
            break;
        }
}

/* What follows wants the network, and there is none just now. */
static bool is_postponed(struct fetcher *f, struct base_job *b)
{
    if (f)
        return false;
    leave_work(b);
    b->state = JOB_NEW;
    vec_push(b->image->registry->arena, &b->image->registry->missed_bases, b);
    return true;
}

/* Its repository may have what the other one did not: a twin of one that failed tries itself. */
static void release_twins(struct fetcher *f, struct base_job *b, bool good)
{
    struct base_job *list = b->twins;
    b->twins = NULL;
    leave_work(b);
    while (list) {
        struct base_job *twin = list;
        list = twin->twins;
        twin->twins = NULL;
        if (good) {
            twin->facts = b->facts;
            base_done(f, twin, ANSWER_FOUND, NULL);
        } else {
            base_start(f, twin);
        }
    }
}

static void base_done(struct fetcher *f, struct base_job *b, enum answer answer, const char *why)
{
    struct registry *g = b->image->registry;
    b->state = JOB_DONE;
    b->answer = answer;
    b->facts.digest = b->image->info.digest;
    b->facts.archs = b->image->info.archs;
    b->facts.spoke = b->image->layout.n ? S("layout") : S("registry");
    if (why)
        b->facts.why = str_dup(g->arena, str_of(why));
    g->news = true;
    release_twins(f, b, answer == ANSWER_FOUND && !why);
}

/* ---- layers: fetched once for all bases that share them ---- */

static void layer_drop(struct registry *g, struct layer_job *l)
{
    memory_drop_layer(&g->memory, l->layer.path);
    for (struct layer_job **at = &g->layers; *at; at = &(*at)->next)
        if (*at == l) {
            *at = l->next;
            return;
        }
}

void layers_forget(struct registry *g)
{
    for (struct layer_job *l = g->layers, *next; l; l = next) {
        next = l->next;
        if (!l->users)
            layer_drop(g, l);
    }
    g->kept = 0;
}

static void base_progress(struct fetcher *f, struct base_job *b);

static void on_layer(struct fetcher *f, struct call *c)
{
    struct layer_job *l = c->user;
    struct registry *g = l->registry;
    l->done = true;
    if (c->status == 404)
        l->why = str_fmt(g->arena, "its registry does not have layer " STR_FMT,
                         STR_ARG(l->layer.digest));
    else if (c->status != 200)
        l->why = c->why;
    for (size_t k = 0; k < BASES_AT_ONCE; k++) {
        struct base_job *b = g->reading[k];
        bool waits = false;
        for (size_t i = 0; b && i < b->manifest.nlayer; i++)
            waits = waits || b->layer[i] == l;
        if (waits)
            base_progress(f, b);
    }
}

static void layer_fetch(struct fetcher *f, struct base_job *b, struct layer_job *l)
{
    struct registry *g = l->registry;
    struct err e;
    if (!l->layer.size) { /* the fetcher would take that for no bound at all */
        l->done = true;
        l->why = S("its manifest declares an empty layer");
        return;
    }
    if (!g->left.fetched_layers) {
        l->done = true;
        l->why = S("this run reached its limit of layers to read");
        return;
    }
    g->left.fetched_layers--;
    l->layer.path = memory_layer_path(&g->memory, l->layer.digest, &e);
    if (!l->layer.path.n) {
        l->done = true;
        l->why = str_dup(g->arena, str_of(e.text));
        return;
    }
    l->call = call_for(b->image, "blobs", l->layer.digest);
    l->call.file = l->layer.path;
    l->call.max_bytes = l->layer.size;
    l->call.done = on_layer;
    l->call.user = l;
    client_send(g->client, f, &l->call);
}

static struct layer_job *layer_of(struct fetcher *f, struct base_job *b, const struct descriptor *d)
{
    struct registry *g = b->image->registry;
    bool local = b->image->layout.n > 0;
    for (struct layer_job *l = g->layers; l && !local; l = l->next)
        if (str_eq(l->layer.digest, d->digest) && l->layer.size == d->size) {
            if (l->users++ == 0)
                g->kept -= l->layer.size;
            return l;
        }
    struct layer_job *l = arena_new(g->arena, struct layer_job, 1);
    *l = (struct layer_job){
        .registry = g, .users = 1, .why = S(""), .layer = {S(""), d->digest, d->size}};
    if (local) { /* not listed: it is not ours to remove */
        l->layer.path = layout_blob_path(g->arena, b->image->layout, d->digest);
        l->done = true;
        return l;
    }
    l->next = g->layers;
    g->layers = l;
    layer_fetch(f, b, l);
    return l;
}

static void leave_layers(struct base_job *b)
{
    struct registry *g = b->image->registry;
    for (size_t i = 0; i < b->manifest.nlayer && !b->image->layout.n; i++) {
        struct layer_job *l = b->layer[i];
        if (--l->users)
            continue;
        if (g->kept + l->layer.size > kept_max)
            layer_drop(g, l);
        else
            g->kept += l->layer.size;
    }
}

/* ---- turns: only some bases at once ---- */

static void base_layers(struct fetcher *f, struct base_job *b)
{
    struct registry *g = b->image->registry;
    b->layer = arena_new(g->arena, struct layer_job *, b->manifest.nlayer + 1);
    for (size_t i = 0; i < b->manifest.nlayer; i++)
        b->layer[i] = layer_of(f, b, &b->manifest.layer[i]);
    b->asked = true;
    base_progress(f, b);
}

static void base_turns(struct fetcher *f, struct registry *g)
{
    if (g->taking_turns)
        return; /* a base that is done at once comes back here: the loop below goes on */
    g->taking_turns = true;
    for (size_t k = 0; k < BASES_AT_ONCE; k++)
        while (g->queue && !g->reading[k]) {
            struct base_job *b = g->queue;
            g->queue = b->queued;
            if (!g->queue)
                g->queue_end = &g->queue;
            g->reading[k] = b;
            base_layers(f, b);
        }
    g->taking_turns = false;
}

static struct layers_left least(struct layers_left a, struct layers_left b)
{
    return (struct layers_left){a.bytes < b.bytes ? a.bytes : b.bytes,
                                a.entries < b.entries ? a.entries : b.entries};
}

/* All layers, and what may be read of them, as dfix-read is told. */
static bool put_layers(struct base_job *b, struct layers_left most, struct reading *r,
                       struct err *e)
{
    wire_number(&r->request, READ_BYTES, most.bytes);
    wire_number(&r->request, READ_ENTRIES, most.entries);
    wire_text(&r->request, READ_FACTS, memory_facts_text(r->arena, &b->facts));
    wire_number(&r->request, READ_CONTENTS, b->depth == BASE_BY_CONTENTS);
    for (size_t i = 0; i < b->manifest.nlayer; i++) {
        const struct layer_job *l = b->layer[i];
        if (l->why.n)
            return err_set(e, STR_FMT, STR_ARG(l->why));
        if (!reading_file(r, l->layer.path, e))
            return false;
        wire_text(&r->request, READ_DIGEST, l->layer.digest);
        wire_number(&r->request, READ_SIZE, l->layer.size);
    }
    return true;
}

/* What dfix-read says was left, which is no more than there was. Without an answer all is gone. */
static struct layers_left take_layers(struct str answer, struct layers_left most, struct str *facts)
{
    struct layers_left left = {0, 0};
    struct str value;
    *facts = S("");
    for (int tag; (tag = wire_field(&answer, &value)) > 0;) {
        if (tag == READ_BYTES)
            left.bytes = wire_u64(value);
        else if (tag == READ_ENTRIES)
            left.entries = wire_u64(value);
        else if (tag == READ_FACTS)
            *facts = value;
    }
    return least(left, most);
}

/* Facts are kept, and then read, as the cache has them: what dfix-read gave is looked over so. */
static bool keep_facts(struct base_job *b, struct str text, struct err *e)
{
    struct registry *g = b->image->registry;
    if (text.n > g->left.facts)
        return err_set(e, "this run reached its limit of image data to keep");
    g->left.facts -= text.n;
    if (!memory_facts_parse(g->arena, text, &b->facts))
        return err_set(e, "its records are not text");
    memory_keep_facts(&g->memory, b->digest, text);
    return true;
}

static bool read_layers(struct base_job *b, struct err *e)
{
    struct registry *g = b->image->registry;
    struct arena *scratch = arena_open();
    struct layers_left most = least(budget_of_image(g->settings->max_layers), g->left.layers);
    struct reading r;
    struct str text = S("");
    reading_begin(&r, scratch, READ_LAYERS);
    bool ok = put_layers(b, most, &r, e);
    bool asked = ok;
    ok = ok && reading_run(&r, e);
    reading_end(&r);
    if (asked) {
        struct layers_left left = take_layers(r.answer, most, &text);
        g->left.layers.bytes -= most.bytes - left.bytes;
        g->left.layers.entries -= most.entries - left.entries;
    }
    if (r.broken)
        world_fail(g->world, "%s", e->text);
    ok = ok && keep_facts(b, text, e);
    arena_close(scratch);
    return ok;
}

static void base_progress(struct fetcher *f, struct base_job *b)
{
    struct registry *g = b->image->registry;
    struct err e;
    if (!b->asked)
        return; /* not all of its layers are asked for */
    for (size_t i = 0; i < b->manifest.nlayer; i++)
        if (!b->layer[i]->done)
            return;
    /* What the config says stands without the layers. */
    bool ok = read_layers(b, &e);
    base_done(f, b, ANSWER_FOUND, ok ? NULL : e.text);
    leave_layers(b);
    for (size_t k = 0; k < BASES_AT_ONCE; k++)
        if (g->reading[k] == b)
            g->reading[k] = NULL;
    base_turns(f, g);
}

/* ---- config ---- */

static bool worth_fetching(struct base_job *b, const struct image_config *c, struct err *e)
{
    const struct settings *s = b->image->registry->settings;
    uint64_t most = budget_layers_max(s->max_layers);
    uint64_t sum = 0;
    if (c->os.n && !str_eq(c->os, S("linux")))
        return err_set(e, "it is an image of " STR_FMT, STR_ARG(c->os));
    for (size_t i = 0; i < b->manifest.nlayer; i++) {
        uint64_t size = b->manifest.layer[i].size;
        sum = size > UINT64_MAX - sum ? UINT64_MAX : sum + size;
    }
    if (b->image->layout.n)
        return true;
    if (s->offline)
        return err_set(e, "what is in the image is not in the cache, and dfix runs offline");
    if (!may_ask(b->image, e))
        return false;
    if (s->max_layers < 0)
        return err_set(e, "the policy forbids fetching layers");
    if (sum > most)
        return err_set(e, "its layers are %llu MB, more than the policy allows (%llu MB)",
                       (unsigned long long)(sum >> 20), (unsigned long long)(most >> 20));
    return true;
}

static void base_with_config(struct fetcher *f, struct base_job *b, const struct image_config *c)
{
    struct registry *g = b->image->registry;
    struct err e;
    facts_of_config(c, &b->facts);
    if (b->depth == BASE_BY_CONFIG && !facts_user_named(&b->facts)) {
        base_done(f, b, ANSWER_FOUND, NULL);
        return;
    }
    if (!worth_fetching(b, c, &e)) {
        base_done(f, b, ANSWER_FOUND, e.text);
        return;
    }
    if (!b->image->layout.n && is_postponed(f, b))
        return;
    b->queued = NULL;
    *g->queue_end = b;
    g->queue_end = &b->queued;
    base_turns(f, g);
}

static void take_config(struct fetcher *f, struct base_job *b, struct str body)
{
    struct image_config *c = arena_new(b->image->registry->arena, struct image_config, 1);
    struct err e;
    if (config_parse(b->image->registry->arena, body, c, &e))
        base_with_config(f, b, c);
    else
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
}

static void on_config(struct fetcher *f, struct call *c)
{
    struct base_job *b = c->user;
    struct err e;
    if (!good_body(c, b->manifest.config.digest, &e)) {
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
        return;
    }
    memory_keep_blob(&b->image->registry->memory, b->manifest.config.digest, c->body);
    take_config(f, b, c->body);
}

/* ---- the platform's manifest ---- */

static void ask(struct fetcher *f, struct base_job *b, const char *kind, struct str digest,
                uint64_t max, void (*done)(struct fetcher *f, struct call *c))
{
    if (is_postponed(f, b))
        return;
    b->call = call_for(b->image, kind, digest);
    b->call.accept = strcmp(kind, "manifests") == 0 ? manifest_accept : NULL;
    b->call.max_bytes = max;
    b->call.done = done;
    b->call.user = b;
    client_send(b->image->registry->client, f, &b->call);
}

static void take_manifest(struct fetcher *f, struct base_job *b, struct str body, struct str type)
{
    struct registry *g = b->image->registry;
    struct arena *scratch = arena_open();
    struct str config;
    struct err e;
    if (!manifest_read(g->arena, body, type, &b->manifest, &e))
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
    else if (b->manifest.index)
        base_done(f, b, ANSWER_UNAVAILABLE, "its index names another index for this platform");
    else if (at_hand(b->image, scratch, b->manifest.config.digest, &config, &e))
        take_config(f, b, config);
    else if (!may_ask(b->image, &e))
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
    else
        ask(f, b, "blobs", b->manifest.config.digest, CONFIG_MAX, on_config);
    arena_close(scratch);
}

static void on_manifest(struct fetcher *f, struct call *c)
{
    struct base_job *b = c->user;
    struct err e;
    if (!good_body(c, b->digest, &e)) {
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
        return;
    }
    memory_keep_blob(&b->image->registry->memory, b->digest, c->body);
    take_manifest(f, b, c->body, c->content_type);
}

static bool choose(struct base_job *b, struct err *e)
{
    struct image_job *j = b->image;
    arch_set which, archs = b->archs ? b->archs : arch_of(S("amd64")) | arch_of(S("arm64"));
    struct buf names = {.arena = j->registry->arena};
    if (!j->manifest.index) {
        b->digest = j->info.digest;
        return true;
    }
    const struct descriptor *d = manifest_child(&j->manifest, archs, &which);
    if (d) {
        b->digest = d->digest;
        return true;
    }
    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1)
            buf_fmt(&names, names.n ? ", " STR_FMT : STR_FMT, STR_ARG(arch_name(bit)));
    return err_set(e, "it has no image for " STR_FMT, STR_ARG(buf_str(&names)));
}

void base_start(struct fetcher *f, struct base_job *b)
{
    struct image_job *j = b->image;
    struct registry *g = j->registry;
    struct base_facts facts;
    struct arena *scratch = arena_open();
    struct str body;
    struct err e;
    b->state = JOB_STARTED;
    if (j->answer != ANSWER_FOUND) {
        b->facts.why = j->info.why;
        if (j->answer == ANSWER_UNAVAILABLE)
            tell_tables_speak(b);
        base_done(f, b, j->answer, NULL);
    } else if (!choose(b, &e)) {
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
    } else if (memory_facts(&g->memory, g->arena, b->digest, &facts) &&
               (b->depth != BASE_BY_CONTENTS || facts.contents_known)) {
        b->facts = facts;
        base_done(f, b, ANSWER_FOUND, NULL);
    } else if (!j->layout.n && follow_twin(b)) {
        /* the other one's answer is its own */
    } else if (!j->manifest.index) {
        b->manifest = j->manifest;
        base_with_config(f, b, &j->config);
    } else if (at_hand(j, scratch, b->digest, &body, &e)) {
        take_manifest(f, b, body, S(""));
    } else if (!may_ask(j, &e)) {
        base_done(f, b, ANSWER_UNAVAILABLE, e.text);
    } else {
        ask(f, b, "manifests", b->digest, MANIFEST_MAX, on_manifest);
    }
    arena_close(scratch);
}
