/* The apt service: a release's suites from a signed mirror, or from the lists that the host's
 * own apt keeps, each index compiled once into a store.
 *
 * A part is one index: suite and architecture of component main. A plan is the parts that
 * make a release: the suite, -updates and -security, for every architecture asked for. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "services/apt/compile.h"
#include "services/apt/gpgv.h"
#include "services/apt/release.h"
#include "services/apt/sources.h"
#include "services/world.h"

enum state { PART_WANTED, PART_READY, PART_FAILED };
enum { DAY = 24 * 60 * 60 };

struct part;
struct archive { /* one suite at one mirror */
    struct archive *next;
    struct service *service;
    struct str uri, suite, keyring;
    bool security;
    struct apt_release release;
    struct fetch_request request;
    struct part *parts;
};
struct part {
    struct part *next; /* of the archive */
    struct archive *archive;
    struct str arch, path, why;
    enum state state;
    struct store *store;
    struct fetch_request request;
    struct compile_job job;
};
struct plan {
    struct plan *next;
    struct release release;
    arch_set archs;
    VEC(struct part *) part;
};
struct service {
    struct world *world;
    struct arena *arena;
    pthread_mutex_t lock;
    struct apt_host host;
    bool host_read;
    struct archive *archives;
    struct plan *plans;
    char folder[64]; /* for downloads; "" until there is one */
};

static void *service_open(struct world *w)
{
    struct arena *a = arena_open();
    struct service *s = arena_new(a, struct service, 1);

    s->world = w;
    s->arena = a;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void service_close(void *self)
{
    struct service *s = self;

    for (struct archive *ar = s->archives; ar; ar = ar->next)
        for (struct part *p = ar->parts; p; p = p->next) {
            store_close(p->store);
            if (p->job.file)
                unlink(p->job.file);
        }
    if (s->folder[0])
        rmdir(s->folder);
    pthread_mutex_destroy(&s->lock);
    arena_close(s->arena);
}

static const struct index_settings *settings_of(const struct service *s, struct str distro)
{
    const struct settings *x = world_settings(s->world);

    for (size_t i = 0; i < x->nindex; i++)
        if (str_eq(x->index[i].distro, distro))
            return &x->index[i];
    return NULL;
}

/* The mirror of the host's apt whose path ends so; "" none. */
static struct str host_mirror(struct service *s, const char *end)
{
    if (!s->host_read)
        s->host = sources_read(s->arena);
    s->host_read = true;
    for (size_t i = 0; i < s->host.nsource; i++)
        if (str_ends(s->host.source[i].uri, str_of(end)))
            return s->host.source[i].uri;
    return S("");
}

/* Configuration, environment, the host's apt, the distribution's own. */
static struct str mirror_of(struct service *s, struct str distro, bool security, bool main_arch)
{
    const struct index_settings *x = settings_of(s, distro);
    bool debian = str_eq(distro, S("debian"));
    const char *env = getenv(debian ? security ? "DFIX_DEBIAN_SECURITY" : "DFIX_DEBIAN_MIRROR"
                                    : "DFIX_UBUNTU_MIRROR");
    struct str uri = S("");

    if (x)
        uri = debian && security ? x->security : main_arch || !x->ports.n ? x->mirror : x->ports;
    if (!uri.n && env)
        uri = str_of(env);
    if (!uri.n && debian)
        uri = host_mirror(s, security ? "/debian-security" : "/debian");
    if (!uri.n && !debian && main_arch)
        uri = host_mirror(s, "/ubuntu");
    if (!uri.n && debian)
        uri = security ? S("http://security.debian.org/debian-security")
                       : S("http://ftp.debian.org/debian");
    if (!uri.n)
        uri = main_arch ? S("http://archive.ubuntu.com/ubuntu")
                        : S("http://ports.ubuntu.com/ubuntu-ports");
    while (str_ends(uri, S("/")))
        uri.n--;
    return uri;
}

static struct archive *archive_of(struct service *s, struct str uri, struct str suite,
                                  struct str keyring, bool security)
{
    for (struct archive *ar = s->archives; ar; ar = ar->next)
        if (str_eq(ar->uri, uri) && str_eq(ar->suite, suite))
            return ar;
    struct archive *ar = arena_new(s->arena, struct archive, 1);
    *ar = (struct archive){.next = s->archives,
                           .service = s,
                           .uri = str_dup(s->arena, uri),
                           .suite = suite,
                           .keyring = keyring,
                           .security = security};
    s->archives = ar;
    return ar;
}

static int64_t max_age(const struct service *s)
{
    int64_t age = world_settings(s->world)->max_age;
    return age < 0 ? DAY : age;
}

/* Use the compiled index at hand when it is young enough, or when there is no other way. */
static bool use_cached(struct part *p, bool any_age)
{
    struct service *s = p->archive->service;
    int64_t now = time(NULL);
    struct err e;
    struct store *store = p->path.n ? store_open(p->path, NULL, &e) : NULL;

    if (!store)
        return false;
    struct store_meta m = store_meta(store);
    if ((m.valid_until && m.valid_until < now) || (!any_age && now - m.fetched > max_age(s))) {
        store_close(store);
        return false;
    }
    p->store = store;
    p->state = PART_READY;
    return true;
}

static void fail(struct part *p, struct str why)
{
    struct service *s = p->archive->service;

    if (p->state == PART_READY)
        return;
    if (use_cached(p, true)) {
        world_warn(s->world, "the index of " STR_FMT " is an old one: " STR_FMT,
                   STR_ARG(p->archive->suite), STR_ARG(why));
        return;
    }
    p->state = PART_FAILED;
    p->why = str_dup(s->arena, why);
}

static struct part *part_of(struct archive *ar, struct str arch)
{
    struct service *s = ar->service;

    for (struct part *p = ar->parts; p; p = p->next)
        if (str_eq(p->arch, arch))
            return p;
    struct part *p = arena_new(s->arena, struct part, 1);
    *p = (struct part){.next = ar->parts, .archive = ar, .arch = arch, .path = S(""), .why = S("")};
    p->job.meta = (struct store_meta){.manager = MANAGER_APT,
                                      .uri = ar->uri,
                                      .suite = ar->suite,
                                      .component = S("main"),
                                      .arch = arch,
                                      .etag = S(""),
                                      .modified = S("")};
    if (world_cache_dir(s->world).n)
        p->path = store_path(s->arena, world_cache_dir(s->world), &p->job.meta);
    ar->parts = p;
    use_cached(p, false);
    return p;
}

static struct plan *plan_of(struct service *s, const struct release *r, arch_set archs)
{
    static const char *const ends[] = {"", "-updates", "-security"};
    bool debian = str_eq(r->distro, S("debian"));
    const struct index_settings *x = settings_of(s, r->distro);
    struct str keyring = debian ? S("/usr/share/keyrings/debian-archive-keyring.gpg")
                                : S("/usr/share/keyrings/ubuntu-archive-keyring.gpg");

    for (struct plan *p = s->plans; p; p = p->next)
        if (str_eq(p->release.distro, r->distro) && str_eq(p->release.codename, r->codename) &&
            p->archs == archs)
            return p;
    struct plan *p = arena_new(s->arena, struct plan, 1);
    p->release = (struct release){str_dup(s->arena, r->distro), str_dup(s->arena, r->version),
                                  str_dup(s->arena, r->codename)};
    p->archs = archs;
    if (x && x->keyring.n)
        keyring = x->keyring;
    size_t suites = str_eq(r->codename, S("sid")) ? 1 : 3; /* sid has no updates of its own */
    for (size_t i = 0; i < suites; i++)
        for (unsigned bit = 0; bit < ARCH_MAX; bit++) {
            if (!(archs >> bit & 1))
                continue;
            struct str arch = arch_name(bit);
            bool main_arch = str_eq(arch, S("amd64")) || str_eq(arch, S("i386"));
            struct str suite =
                str_fmt(s->arena, STR_FMT "%s", STR_ARG(p->release.codename), ends[i]);
            if (debian && i == 2 &&
                atoi(p->release.version.n ? str_cstr(s->arena, p->release.version) : "99") < 11)
                suite = str_fmt(s->arena, STR_FMT "/updates", STR_ARG(p->release.codename));
            struct str uri = mirror_of(s, r->distro, i == 2, main_arch);
            vec_push(s->arena, &p->part, part_of(archive_of(s, uri, suite, keyring, i == 2), arch));
        }
    p->next = s->plans;
    s->plans = p;
    return p;
}

static enum answer ask(struct service *s, const struct release *r, arch_set archs, struct str name,
                       struct package_info *out)
{
    struct plan *plan = plan_of(s, r, archs);
    VEC(struct store_part) ready = {0};

    for (size_t i = 0; i < plan->part.n; i++) {
        struct part *p = plan->part.v[i];
        if (p->state == PART_WANTED)
            return ANSWER_PENDING;
        if (p->state == PART_FAILED) {
            out->why = p->why;
            return ANSWER_UNAVAILABLE;
        }
        if (p->store)
            vec_push(
                s->arena, &ready,
                (struct store_part){p->store, p->archive->suite, S("main"), p->archive->security});
    }
    enum answer answer = store_merge(s->arena, MANAGER_APT, ready.v, ready.n, archs, name, out);
    if (answer == ANSWER_ABSENT && str_eq(r->distro, S("ubuntu"))) {
        /* universe and the others were not read: nothing is known of what main lacks. */
        out->why =
            str_fmt(s->arena, STR_FMT " is not in Ubuntu's component main; the others are not read",
                    STR_ARG(name));
        return ANSWER_UNAVAILABLE;
    }
    return answer;
}

static enum answer service_package(void *self, const struct release *r, arch_set archs,
                                   const struct source *extra, size_t nextra, struct str name,
                                   struct package_info *out)
{
    struct service *s = self;

    (void)extra;
    if (nextra) {
        out->why = S("packages of another target release or source are not looked up");
        return ANSWER_UNAVAILABLE;
    }
    if (!str_eq(r->distro, S("debian")) && !str_eq(r->distro, S("ubuntu"))) {
        out->why = S("the distribution has no apt index that is known");
        return ANSWER_UNAVAILABLE;
    }
    pthread_mutex_lock(&s->lock);
    enum answer answer = ask(s, r, archs, name, out);
    pthread_mutex_unlock(&s->lock);
    return answer;
}

static void compile(struct part *p)
{
    struct service *s = p->archive->service;

    p->job.path = p->path;
    p->job.most = 1024u * 1024 * 1024;
    p->job.meta.fetched = time(NULL);
    p->job.meta.valid_until = p->archive->release.valid_until;
    p->job.meta.dated = p->archive->release.date;
    compile_run(&p->job);
    if (!p->job.store) {
        world_fail(s->world, "%s", p->job.err.text);
        p->state = PART_FAILED;
        p->why = str_dup(s->arena, str_of(p->job.err.text));
        return;
    }
    p->store = p->job.store;
    p->state = PART_READY;
}

/* Verify an InRelease file and take in what it says. */
static bool take_release(struct archive *ar, struct str file, struct err *e)
{
    struct service *s = ar->service;
    struct str text;

    return gpgv_verify(s->arena, file, S(""), &ar->keyring, 1, &text, e) &&
           release_parse(text, &ar->release, e) &&
           release_check(&ar->release, ar->suite, true, time(NULL), e);
}

static void fail_all(struct archive *ar, struct str why)
{
    for (struct part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED)
            fail(p, why);
}

/* The lists of the host's apt have it? They were verified by apt; they are verified again. */
static bool use_lists(struct archive *ar)
{
    static const char *const ends[] = {"", ".lz4", ".xz", ".gz", ".zst"};
    struct service *s = ar->service;
    struct err e;
    bool all = true;

    host_mirror(s, "");
    if (!s->host.lists.n)
        return false;
    struct str file =
        sources_list_path(s->arena, s->host.lists, ar->uri, ar->suite, S("InRelease"));
    if (access(str_cstr(s->arena, file), R_OK) != 0 || !take_release(ar, file, &e))
        return false;
    for (struct part *p = ar->parts; p; p = p->next) {
        struct str name = str_fmt(s->arena, "main/binary-" STR_FMT "/Packages", STR_ARG(p->arch));
        struct apt_file entry;
        if (p->state != PART_WANTED || !release_file(&ar->release, name, &entry))
            continue;
        struct str base = sources_list_path(s->arena, s->host.lists, ar->uri, ar->suite, name);
        for (size_t i = 0; i < 5 && p->state == PART_WANTED; i++) {
            struct str path = str_fmt(s->arena, STR_FMT "%s", STR_ARG(base), ends[i]);
            if (access(path.p, R_OK) != 0)
                continue;
            p->job.file = path.p;
            p->job.packing = packing_of(path);
            p->job.sum_of_packed = false;
            memcpy(p->job.sha256, entry.sha256, sizeof(entry.sha256));
            p->job.size = entry.size;
            compile(p);
            p->job.file = NULL;
        }
        all &= p->state != PART_WANTED;
    }
    return all;
}

static bool make_folder(struct service *s)
{
    if (!s->folder[0]) {
        snprintf(s->folder, sizeof(s->folder), "/tmp/dfix-XXXXXX");
        if (!mkdtemp(s->folder))
            s->folder[0] = '\0';
    }
    return s->folder[0] != '\0';
}

static void packages_done(struct fetcher *f, struct fetch_request *r)
{
    struct part *p = r->user;

    (void)f;
    if (!fetch_ok(r))
        fail(p, r->error.n ? r->error
                           : str_fmt(p->archive->service->arena, STR_FMT ": status %u",
                                     STR_ARG(r->url), r->status));
    else
        compile(p);
    unlink(p->job.file);
    p->job.file = NULL;
}

/* The smallest form that the release lists. */
static bool request_packages(struct fetcher *f, struct part *p)
{
    static const char *const ends[] = {".xz", ".gz", ".zst", ""};
    struct archive *ar = p->archive;
    struct arena *a = ar->service->arena;
    struct apt_file entry;

    for (size_t i = 0; i < 4; i++) {
        struct str dir = str_fmt(a, "main/binary-" STR_FMT, STR_ARG(p->arch));
        struct str name = str_fmt(a, STR_FMT "/Packages%s", STR_ARG(dir), ends[i]);
        if (!release_file(&ar->release, name, &entry))
            continue;
        struct str url = str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(ar->uri),
                                 STR_ARG(ar->suite), STR_ARG(name));
        if (ar->release.by_hash) {
            struct buf b = {.arena = a};
            buf_fmt(&b, STR_FMT "/dists/" STR_FMT "/" STR_FMT "/by-hash/SHA256/", STR_ARG(ar->uri),
                    STR_ARG(ar->suite), STR_ARG(dir));
            for (size_t k = 0; k < 32; k++)
                buf_fmt(&b, "%02x", entry.sha256[k]);
            url = buf_str(&b);
        }
        struct str file = str_fmt(a, "%s/%p", ar->service->folder, (void *)p);
        p->job.file = file.p;
        p->job.packing = packing_of(name);
        p->job.sum_of_packed = true;
        memcpy(p->job.sha256, entry.sha256, sizeof(entry.sha256));
        p->job.size = entry.size;
        p->request = (struct fetch_request){.url = url,
                                            .file = file,
                                            .max_bytes = entry.size + 1,
                                            .plain_http = true,
                                            .local_file = true,
                                            .arena = a,
                                            .done = packages_done,
                                            .user = p};
        fetch_add(f, &p->request);
        return true;
    }
    return false;
}

static void release_done(struct fetcher *f, struct fetch_request *r)
{
    struct archive *ar = r->user;
    struct service *s = ar->service;
    struct err e;

    if (!fetch_ok(r)) {
        fail_all(ar, r->status == 404 ? str_fmt(s->arena,
                                                "the mirror " STR_FMT " does not hold " STR_FMT
                                                " (past its end of life?)",
                                                STR_ARG(ar->uri), STR_ARG(ar->suite))
                     : r->error.n
                         ? r->error
                         : str_fmt(s->arena, STR_FMT ": status %u", STR_ARG(r->url), r->status));
        return;
    }
    bool good = take_release(ar, r->file, &e);
    unlink(str_cstr(s->arena, r->file));
    if (!good) {
        world_fail(s->world, STR_FMT ": %s", STR_ARG(r->url), e.text);
        for (struct part *p = ar->parts; p; p = p->next)
            if (p->state == PART_WANTED) {
                p->state = PART_FAILED;
                p->why = str_dup(s->arena, str_of(e.text));
            }
        return;
    }
    for (struct part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED && !request_packages(f, p))
            fail(p, str_fmt(s->arena, STR_FMT " has no packages for " STR_FMT, STR_ARG(ar->suite),
                            STR_ARG(p->arch)));
}

static bool wanted(const struct archive *ar)
{
    for (const struct part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED)
            return true;
    return false;
}

static void service_gather(void *self, struct fetcher *f)
{
    struct service *s = self;
    bool offline = world_settings(s->world)->offline;

    for (struct archive *ar = s->archives; ar; ar = ar->next) {
        if (!wanted(ar) || (use_lists(ar) && !wanted(ar)))
            continue;
        if (access(str_cstr(s->arena, ar->keyring), R_OK) != 0) {
            fail_all(ar, str_fmt(s->arena,
                                 "no keyring at " STR_FMT ": install it (debian-archive-keyring,"
                                 " ubuntu-keyring) or name one in the policy file",
                                 STR_ARG(ar->keyring)));
            continue;
        }
        if (offline || !make_folder(s)) {
            fail_all(ar, str_fmt(s->arena,
                                 "the index of " STR_FMT " is neither in the cache nor among "
                                 "the lists of the host's apt for every architecture, and "
                                 "the run is offline",
                                 STR_ARG(ar->suite)));
            continue;
        }
        ar->request =
            (struct fetch_request){.url = str_fmt(s->arena, STR_FMT "/dists/" STR_FMT "/InRelease",
                                                  STR_ARG(ar->uri), STR_ARG(ar->suite)),
                                   .file = str_fmt(s->arena, "%s/%p", s->folder, (void *)ar),
                                   .max_bytes = 8 * 1024 * 1024,
                                   .plain_http = true,
                                   .local_file = true,
                                   .arena = s->arena,
                                   .done = release_done,
                                   .user = ar};
        fetch_add(f, &ar->request);
    }
}

/* What was asked for is answered now, one way or the other. */
static bool service_settle(void *self)
{
    struct service *s = self;

    for (struct archive *ar = s->archives; ar; ar = ar->next)
        fail_all(ar, S("the index could not be fetched"));
    return s->archives != NULL;
}

extern const struct world_service service_apt;
const struct world_service service_apt = {
    .name = "apt",
    .open = service_open,
    .close = service_close,
    .gather = service_gather,
    .settle = service_settle,
    .manager = MANAGER_APT,
    .package = service_package,
};
