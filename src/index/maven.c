/* maven.c - poms that Maven has published: from the folder where Maven keeps what it has fetched,
 * and from the repository that policy names. What is published in a version never changes. */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/fetched.h"
#include "host/files.h"
#include "host/host.h"
#include "host/scratch.h"

enum { POM_MAX = 1 << 20, CHAINS = 256 };

enum pom_state { POM_OPEN, POM_BUSY, POM_DONE };
struct published {
    struct published *next;
    struct maven *service;
    struct str name, version, path; /* as repositories have it */
    enum pom_state state;
    enum answer answer;
    struct str text, file;
    struct fetch_request request;
};
struct maven {
    struct world *world;
    const struct settings *settings;
    struct arena *arena;
    pthread_mutex_t lock;
    struct str local; /* ~/.m2/repository; "": there is no home */
    struct str folder;
    struct published *chain[CHAINS];
    size_t fetched;
    bool news;
};

/* ---- where it lies ---- */

/* What names in a repository are made of: nothing that leads elsewhere. */
static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!char_is_of_name(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' && s.p[i] != '+')
            return false;
    return s.n > 0 && s.n < 256 && s.p[0] != '.' && str_find(s, S("..")) == STR_NONE;
}

/* "org/example/app/1.0/app-1.0.pom"; "": such a package there is not. */
static struct str path_of(struct arena *a, struct str name, struct str version)
{
    struct str artifact = name, group;
    if (!str_cut(&artifact, ':', &group) || !is_plain(group) || !is_plain(artifact) ||
        !is_plain(version))
        return S("");
    struct buf b = {.arena = a};
    for (size_t i = 0; i < group.n; i++)
        buf_char(&b, group.p[i] == '.' ? '/' : group.p[i]);
    buf_fmt(&b, "/" STR_FMT "/" STR_FMT "/" STR_FMT "-" STR_FMT ".pom", STR_ARG(artifact),
            STR_ARG(version), STR_ARG(artifact), STR_ARG(version));
    return buf_str(&b);
}

/* A snapshot is another one each day. */
static bool may_change(struct str version)
{
    return str_ends(version, S("-SNAPSHOT"));
}

static void look(struct published *p)
{
    struct maven *s = p->service;
    bool folder;
    p->answer = ANSWER_ABSENT;
    p->state = POM_DONE;
    if (!p->path.n || may_change(p->version))
        return;
    if (s->local.n && file_below(s->arena, s->local, p->path, POM_MAX, &folder, &p->text) &&
        !folder)
        p->answer = ANSWER_FOUND;
    else if (s->settings->advisories.maven.n && !s->settings->offline)
        p->state = POM_OPEN;
}

static enum answer service_ask(void *self, const struct question *q, struct reply *out)
{
    struct maven *s = self;
    pthread_mutex_lock(&s->lock);
    struct published **chain = &s->chain[(str_hash(q->name) ^ str_hash(q->version)) % CHAINS];
    struct published *p = *chain;
    while (p && !(str_eq(p->name, q->name) && str_eq(p->version, q->version)))
        p = p->next;
    if (!p) {
        p = arena_new(s->arena, struct published, 1);
        *p = (struct published){.next = *chain,
                                .service = s,
                                .name = str_dup(s->arena, q->name),
                                .version = str_dup(s->arena, q->version),
                                .path = path_of(s->arena, q->name, q->version),
                                .text = S(""),
                                .file = S("")};
        *chain = p;
        look(p);
    }
    enum answer answer = p->state == POM_DONE ? p->answer : ANSWER_PENDING;
    out->file.text = p->text;
    pthread_mutex_unlock(&s->lock);
    return answer;
}

/* ---- fetching ---- */

static void done(struct fetcher *f, struct fetch_request *r)
{
    struct published *p = r->user;
    struct maven *s = p->service;
    struct err e;
    (void)f;
    p->state = POM_DONE;
    s->news = true;
    if (fetch_ok(r) && file_read(s->arena, str_cstr(s->arena, p->file), POM_MAX, &p->text, &e))
        p->answer = ANSWER_FOUND;
    else if (!index_is_gone(s->arena, r))
        world_warn(s->world, "no pom of " STR_FMT " " STR_FMT ": " STR_FMT, STR_ARG(p->name),
                   STR_ARG(p->version),
                   STR_ARG(fetch_ok(r) ? str_of(e.text) : index_failure(s->arena, r)));
    unlink(str_cstr(s->arena, p->file));
}

static bool make_folder(struct maven *s)
{
    struct err e;
    if (!s->folder.n)
        s->folder = scratch_folder(s->arena, scratch_temporary(), SCRATCH_PREFIX, &e);
    if (!s->folder.n)
        world_fail(s->world, "no folder for downloads can be made: %s", e.text);
    return s->folder.n > 0;
}

static void fetch(struct maven *s, struct published *p, struct fetcher *f)
{
    struct str server = str_without_end(s->settings->advisories.maven, '/');
    p->state = POM_BUSY;
    p->file = str_fmt(s->arena, STR_FMT "/%zu.pom", STR_ARG(s->folder), s->fetched++);
    p->request = (struct fetch_request){
        .url = str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(server), STR_ARG(p->path)),
        .file = p->file,
        .max_bytes = POM_MAX,
        .plain_http = str_starts(server, S("http:")),
        .local_file = str_starts(server, S("file:")),
        .arena = s->arena,
        .done = done,
        .user = p};
    fetch_add(f, &p->request);
}

static void service_gather(void *self, struct fetcher *f)
{
    struct maven *s = self;
    for (size_t i = 0; i < CHAINS; i++)
        for (struct published *p = s->chain[i]; p; p = p->next)
            if (p->state == POM_OPEN && make_folder(s))
                fetch(s, p, f);
            else if (p->state == POM_OPEN)
                p->state = POM_DONE;
}

static bool service_settle(void *self)
{
    struct maven *s = self;
    bool news = s->news;
    s->news = false;
    return news;
}

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct maven *s = arena_new(a, struct maven, 1);
    const char *home = getenv("HOME");
    *s = (struct maven){
        .world = w, .settings = world_settings(w), .arena = a, .local = S(""), .folder = S("")};
    if (home && home[0] == '/')
        s->local = str_fmt(a, "%s/.m2/repository", home);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct maven *s = self;
    scratch_remove(s->folder);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->arena);
}

extern const struct world_service service_maven;
const struct world_service service_maven = {
    .name = "maven",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .kinds = 1u << ASK_POM,
    .ask = service_ask,
};
