/* world.c - one lookup made of all services, and what they share: the fetcher, the cache's
 * place, the files of build contexts, what there is to tell. */
#include "world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dfix/facts.h"
#include "dfix/reference.h"
#include "host/cache.h"
#include "host/files.h"
#include "world/installed.h"
#include "host/scratch.h"

#define SERVICE(name) extern const struct world_service service_##name;
#include "world/services.def"
#undef SERVICE

enum { CONTEXT_FILE_MAX = 1 << 20, DEADLINE = 600 };

static const struct world_service *const services[] = {
#define SERVICE(name) &service_##name,
#include "world/services.def"
#undef SERVICE
    NULL,
};

/* What was asked for of a build context. */
enum { FILE_CHAINS = 1 << 8 };
struct context_file {
    struct context_file *next;
    struct str folder, path;
    bool (*counts)(struct str name);
    struct context_entry entry;
    bool found;
};

struct world {
    struct arena *arena;
    const struct settings *settings;
    struct lookup lookup;
    struct str cache_dir;
    bool cache_judged;
    void *self[sizeof services / sizeof services[0]];
    struct fetcher *fetcher;
    int64_t opened; /* clock_ms() */
    void (*show)(void *user, const struct fetch_progress *p);
    void *user;
    struct installed_list installed;        /* of the base, given by hand; empty: not given */
    struct arena *files;                    /* of build contexts */
    struct context_file *file[FILE_CHAINS]; /* by the hash of folder and path */
    pthread_mutex_t lock;                   /* of the notes and files */
    VEC(struct world_note) notes;
};

/* ---- notes ---- */

static void note(struct world *w, bool error, const char *fmt, va_list ap)
{
    pthread_mutex_lock(&w->lock);
    struct world_note new = {error, str_vfmt(w->arena, fmt, ap)};
    bool known = false;
    for (size_t i = 0; i < w->notes.n && !known; i++)
        known = str_eq(w->notes.v[i].text, new.text);
    if (!known)
        vec_push(w->arena, &w->notes, new);
    pthread_mutex_unlock(&w->lock);
}

void world_warn(struct world *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(w, false, fmt, ap);
    va_end(ap);
}

void world_fail(struct world *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    note(w, true, fmt, ap);
    va_end(ap);
}

static int by_text(const void *x, const void *y)
{
    return str_cmp(((const struct world_note *)x)->text, ((const struct world_note *)y)->text);
}

const struct world_note *world_notes(struct world *w, size_t *n)
{
    if (w->notes.n)
        qsort(w->notes.v, w->notes.n, sizeof(*w->notes.v), by_text);
    *n = w->notes.n;
    return w->notes.v;
}

/* ---- the lookup: each question goes to the service that answers such ---- */

static enum answer ask_service(struct world *w, const struct question *q, struct reply *out)
{
    for (size_t i = 0; services[i]; i++) {
        const struct world_service *s = services[i];
        if (s->kinds >> q->kind & 1)
            return s->ask(w->self[i], q, out);
    }
    return ANSWER_UNAVAILABLE;
}

/* Do the tables tell what else is asked of a base? */
static bool is_in_tables(struct str image)
{
    struct known_image known;
    struct reference r;
    struct arena *a;

    if (!reference_parse(image, &r))
        return false;
    a = arena_open();
    known_image_find(reference_name(a, &r), r.tag, &known);
    arena_close(a);
    return known.release.distro.n && known.user_known;
}

/* Packages given by hand stand in for those of the layers, which then need not be fetched. */
static enum answer ask_base(struct world *w, const struct question *q, struct reply *out)
{
    if (!w->installed.list.n)
        return ask_service(w, q, out);
    if (is_in_tables(q->name)) {
        out->base = base_facts_none();
        out->base.spoke = S("file");
    } else if (ask_service(w, q, out) == ANSWER_PENDING) {
        return ANSWER_PENDING;
    }
    out->base.installed = w->installed.list.v;
    out->base.ninstalled = w->installed.list.n;
    out->base.installed_known = true;
    out->base.installed_given = true;
    return ANSWER_FOUND;
}

static struct str names_that_count(struct arena *a, struct str names, bool (*counts)(struct str))
{
    struct buf b = {.arena = a};
    struct str name;

    while (str_cut(&names, '\n', &name))
        if (counts(name)) {
            buf_add(&b, name);
            buf_char(&b, '\n');
        }
    return buf_str(&b);
}

/* Each file is read once, so that a run sees one state of it. */
static const struct context_file *file_of(struct world *w, const struct question *q)
{
    size_t hash = (size_t)(str_hash(q->name) ^ str_hash(q->folder) * 31);
    struct context_file **chain = &w->file[hash % FILE_CHAINS], *f = *chain;
    struct arena *a = w->files;

    while (f &&
           !(f->counts == q->counts && str_eq(f->folder, q->folder) && str_eq(f->path, q->name)))
        f = f->next;
    if (f)
        return f;
    f = arena_new(a, struct context_file, 1);
    *f = (struct context_file){
        .folder = str_dup(a, q->folder), .path = str_dup(a, q->name), .entry = {false, S("")}};
    if (q->counts) {
        const struct context_file *whole =
            file_of(w, &(struct question){.name = q->name, .folder = q->folder});
        f->entry = whole->entry;
        f->found = whole->found;
        if (f->entry.is_folder)
            f->entry.text = names_that_count(a, f->entry.text, q->counts);
    } else {
        f->found = file_below(a, f->folder, f->path, CONTEXT_FILE_MAX, &f->entry.is_folder,
                              &f->entry.text);
    }
    f->counts = q->counts;
    f->next = *chain;
    *chain = f;
    return f;
}

static enum answer ask_file(struct world *w, const struct question *q, struct context_entry *out)
{
    pthread_mutex_lock(&w->lock);
    const struct context_file *f = file_of(w, q);
    *out = f->entry;
    pthread_mutex_unlock(&w->lock);
    return f->found ? ANSWER_FOUND : ANSWER_ABSENT;
}

static enum answer world_ask(void *self, const struct question *q, struct reply *out)
{
    switch (q->kind) {
    case ASK_BASE:
        return ask_base(self, q, out);
    case ASK_FILE:
        return ask_file(self, q, &out->file);
    case ASK_PACKAGE:
    case ASK_IMAGE:
    case ASK_ADVISORIES:
    case ASK_NAMES:
    case ASK_NEEDS:
    case ASK_MATCHES:
    case ASK_REMARKS:
    case ASK_LIFE:
    case ASK_POM:
    case ASK_DEB:
        break;
    }
    return ask_service(self, q, out);
}

static void show_progress(void *user, const struct fetch_progress *p)
{
    struct world *w = user;
    if (w->show)
        w->show(w->user, p);
}

/* Where downloads go: the temporary folder, and the cache, which is made for them. */
static size_t download_folders(struct world *w, struct str out[2])
{
    struct err e;
    size_t n = 0;
    out[n++] = scratch_temporary();
    struct str cache = world_cache_dir(w);
    if (cache.n && cache_make_folder(w->arena, cache, &e))
        out[n++] = cache;
    return n;
}

int64_t world_network_limit(const struct world *w)
{
    return w->settings->deadline ? w->settings->deadline : DEADLINE;
}

static int64_t deadline_of(const struct world *w)
{
    int64_t most = world_network_limit(w);

    return most < 0 ? 0 : w->opened + most * 1000;
}

static void open_fetcher(struct world *w)
{
    const struct settings *s = w->settings;
    struct str folder[2];
    struct fetch_settings f = {
        .idle_ms = (unsigned)s->timeout * 1000,
        .deadline = deadline_of(w),
        .late =
            str_fmt(w->arena,
                    "the time limit for the network was reached (%lld s); raise it with --deadline",
                    (long long)world_network_limit(w)),
        .folder = folder,
        .nfolder = download_folders(w, folder),
        .user = w};
    if (w->show)
        f.progress = show_progress;
    w->fetcher = fetch_open(&f);
}

/* What runs that were killed have left. */
static void sweep(struct world *w)
{
    scratch_sweep(scratch_temporary(), SCRATCH_PREFIX);
    struct str cache = world_cache_dir(w);
    if (cache.n)
        scratch_sweep(str_fmt(w->arena, STR_FMT "/registry", STR_ARG(cache)), LAYERS_PREFIX);
}

static void gather(struct world *w)
{
    if (!w->fetcher) {
        open_fetcher(w);
        sweep(w);
    }
    for (size_t i = 0; services[i]; i++)
        if (services[i]->gather)
            services[i]->gather(w->self[i], w->fetcher);
}

static bool settle(struct world *w)
{
    if (fetch_was_late(w->fetcher))
        world_fail(w, "the time limit for the network was reached; what had no answer by then was "
                      "not checked");
    bool news = false;
    for (size_t i = 0; services[i]; i++)
        if (services[i]->settle && services[i]->settle(w->self[i]))
            news = true;
    return news;
}

static bool world_resolve(void *self)
{
    struct world *w = self;
    gather(w);
    fetch_run(w->fetcher);
    return settle(w);
}

bool world_step(struct world *w, int64_t ms, bool *more)
{
    gather(w);
    fetch_some(w->fetcher, ms);
    gather(w); /* what was missed while others of its kind were under way */
    *more = fetch_under_way(w->fetcher, NULL);
    return settle(w);
}

/* ---- open, close ---- */

static struct str find_cache_dir(struct arena *a, const struct settings *s)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (s->cache_dir.n)
        return str_dup(a, s->cache_dir);
    if (xdg && xdg[0] == '/')
        return str_fmt(a, "%s/dfix", xdg);
    if (home && home[0] == '/')
        return str_fmt(a, "%s/.cache/dfix", home);
    return S("");
}

struct world *world_open(const struct settings *s)
{
    struct arena *a = arena_open();
    struct world *w = arena_new(a, struct world, 1);
    w->arena = a;
    w->files = arena_open();
    w->settings = s;
    w->opened = clock_ms();
    w->cache_dir = find_cache_dir(a, s);
    w->lookup = (struct lookup){.self = w, .ask = world_ask, .resolve = world_resolve};
    pthread_mutex_init(&w->lock, NULL);
    for (size_t i = 0; services[i]; i++)
        w->self[i] = services[i]->open(w);
    struct err e;
    if (s->installed_file.n && !installed_read(a, s->installed_file, &w->installed, &e))
        world_fail(w, "%s", e.text);
    return w;
}

void world_close(struct world *w)
{
    if (!w)
        return;
    for (size_t i = 0; services[i]; i++)
        if (services[i]->close)
            services[i]->close(w->self[i]);
    if (w->fetcher)
        fetch_close(w->fetcher);
    pthread_mutex_destroy(&w->lock);
    arena_close(w->files);
    arena_close(w->arena);
}

void world_forget(struct world *w)
{
    arena_close(w->files);
    w->files = arena_open();
    memset(w->file, 0, sizeof w->file);
    for (size_t i = 0; services[i]; i++)
        if (services[i]->forget)
            services[i]->forget(w->self[i]);
    w->opened = clock_ms();
    if (w->fetcher)
        fetch_renew(w->fetcher, deadline_of(w));
}

const struct lookup *world_lookup(struct world *w)
{
    return &w->lookup;
}

void world_progress(struct world *w, void (*show)(void *user, const struct fetch_progress *p),
                    void *user)
{
    w->show = show;
    w->user = user;
}

const struct settings *world_settings(const struct world *w)
{
    return w->settings;
}

/* Judged when first asked for: a run that needs no cache does not speak of it. */
struct str world_cache_dir(struct world *w)
{
    struct err e;
    pthread_mutex_lock(&w->lock);
    bool refused = !w->cache_judged && w->cache_dir.n && !cache_usable(w->arena, w->cache_dir, &e);
    w->cache_judged = true;
    if (refused)
        w->cache_dir = S("");
    pthread_mutex_unlock(&w->lock);
    if (refused)
        world_warn(w, "%s", e.text);
    return w->cache_dir;
}
