/* dfix index: what the cache of package indexes holds, and care for it. */
#include "faces/faces.h"
#include "dfix/url.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dfix/date.h"
#include "dfix/facts.h"
#include "index/advisories/advisories.h"
#include "index/store/care.h"
#include "dfix/manager.h"
#include "host/cache.h"
#include "host/fetched.h"
#include "index/store/store.h"
#include "registry/memory.h"
#include "host/scratch.h"

enum { DAY = 24 * 60 * 60, UNUSED_DAYS = 30, ROUNDS = 8 };

struct index_command {
    struct arena *arena;
    const struct command_line *line;
    struct settings settings;
    struct world *world;
    int64_t now;
    VEC(struct release) release; /* asked for; none: those of the cache */
    int status;
};

static void complain(struct index_command *c, const char *text)
{
    streams_check(stdout);
    say_error(text);
    c->status = EXIT_FAILED;
}

/* ---- releases ---- */

static const struct manager *manager_of(const struct release *r)
{
    return manager_of_distro(r->distro);
}

static struct str shown(struct arena *a, const struct release *r)
{
    return str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(r->distro),
                   STR_ARG(r->codename.n ? r->codename : r->version));
}

static void add_release(struct index_command *c, struct release r)
{
    for (size_t i = 0; i < c->release.n; i++)
        if (str_eq(c->release.v[i].distro, r.distro) && str_eq(c->release.v[i].version, r.version))
            return;
    vec_push(c->arena, &c->release, r);
}

/* --release debian:12,jammy,alpine:3.20 */
static bool read_releases(struct index_command *c)
{
    for (size_t i = 0; i < c->line->value[OPT_RELEASE].n; i++) {
        struct str rest = c->line->value[OPT_RELEASE].v[i], word;
        while (str_cut(&rest, ',', &word)) {
            struct str version = str_trim(word), distro = S("");
            struct release r;
            if (str_chr(version, ':') != STR_NONE)
                str_cut(&version, ':', &distro);
            if (!release_find(distro, version, &r)) {
                complain(c, str_cstr(c->arena, str_fmt(c->arena,
                                                       "dfix: --release: unknown release " STR_FMT
                                                       " (such as debian:12, jammy, alpine:3.20)",
                                                       STR_ARG(str_trim(word)))));
                return false;
            }
            add_release(c, r);
        }
    }
    return true;
}

static struct str *stores(struct index_command *c, size_t *n)
{
    struct str cache = world_cache_dir(c->world);

    *n = 0;
    return cache.n ? store_list(c->arena, cache, n) : NULL;
}

static void releases_of_cache(struct index_command *c)
{
    size_t n;
    struct str *path = stores(c, &n);

    for (size_t i = 0; i < n; i++) {
        struct err e;
        struct release r;
        struct store *s = store_open(path[i], NULL, &e);
        if (!s)
            continue;
        struct store_meta m = store_meta(s);
        if (m.manager->release_of(m.suite, &r))
            add_release(c, r);
        store_close(s);
    }
}

/* ---- list, verify, prune ---- */

static struct str day(struct arena *a, int64_t when)
{
    return when ? date_text(a, when) : S("-");
}

static void list_one(struct index_command *c, struct str path)
{
    struct arena *a = c->arena;
    struct err e;
    struct store *s = store_open(path, NULL, &e);

    if (!s) {
        say_error(e.text);
        return;
    }
    struct store_meta m = store_meta(s);
    printf("%-22s %-10s %-8s %7u packages  %6zu KiB  dated %-10s  checked %s ago  %s\n",
           str_cstr(a, m.suite), m.component.n ? str_cstr(a, m.component) : "-",
           m.arch.n ? str_cstr(a, m.arch) : "-", store_records(s), store_bytes(s) / 1024,
           str_cstr(a, day(a, m.dated)), str_cstr(a, index_age(a, c->now, m.fetched)),
           str_cstr(a, url_without_login(a, m.uri)));
    store_close(s);
}

static void list(struct index_command *c)
{
    size_t n;
    struct str *path = stores(c, &n);

    for (size_t i = 0; i < n; i++)
        list_one(c, path[i]);
    if (!n)
        fprintf(stderr, "The cache holds no index; `dfix index update --release debian:12` "
                        "fetches one.\n");
}

static void tell_damage(void *user, const char *why)
{
    complain(user, why);
}

/* Release texts, advisories, what is known of images, and what killed runs left. */
static void look_after(struct index_command *c, int64_t prune, struct cache_care *care)
{
    struct str cache = world_cache_dir(c->world);

    if (prune)
        care->removed += scratch_sweep(scratch_temporary(), SCRATCH_PREFIX);
    if (!cache.n)
        return;
    index_care(cache, prune, care);
    advisories_care(cache, prune, care);
    memory_care(cache, prune, care);
}

static void verify(struct index_command *c)
{
    size_t n, good = 0;
    struct str *path = stores(c, &n);

    for (size_t i = 0; i < n; i++) {
        struct err e;
        struct store *s = store_open(path[i], NULL, &e);
        if (s && store_verify(s, &e))
            good++;
        else
            complain(c, e.text);
        store_close(s);
    }
    struct cache_care care = {.damaged = tell_damage, .user = c};
    look_after(c, 0, &care);
    printf("%zu of %zu indexes are intact\n", good, n);
    if (care.files)
        printf("%zu of %zu other files are intact\n", care.whole, care.files);
    if (good < n || care.whole < care.files)
        fprintf(stderr, "`dfix index prune` removes the others.\n");
}

/* Not whole, or not used for a month: nothing asks whether it is current any more. */
static bool is_waste(struct index_command *c, struct str path)
{
    struct err e;
    struct store *s = store_open(path, NULL, &e);
    bool waste = !s || !store_verify(s, &e);
    struct stat st;

    if (!waste) {
        struct store_meta m = store_meta(s);
        int64_t used = m.fetched;
        if (stat(str_cstr(c->arena, path), &st) == 0 && st.st_mtime > used)
            used = st.st_mtime;
        waste = c->now - used > (int64_t)UNUSED_DAYS * DAY;
    }
    store_close(s);
    return waste;
}

static void prune(struct index_command *c)
{
    size_t n, removed = 0;
    struct str *path = stores(c, &n);

    for (size_t i = 0; i < n; i++) {
        if (!is_waste(c, path[i]))
            continue;
        if (unlink(str_cstr(c->arena, path[i])) == 0)
            removed++;
        else
            complain(c, str_cstr(c->arena, str_fmt(c->arena, "dfix: cannot remove " STR_FMT,
                                                   STR_ARG(path[i]))));
    }
    struct cache_care care = {.damaged = tell_damage, .user = c};
    look_after(c, c->now, &care);
    printf("%zu of %zu indexes removed\n", removed, n);
    if (care.removed)
        printf("%zu other files and folders removed\n", care.removed);
}

/* ---- update, show ---- */

static enum answer ask(struct index_command *c, const struct release *r, struct str name,
                       struct package_info *info)
{
    arch_set archs =
        c->settings.archs ? c->settings.archs : arch_of(S("amd64")) | arch_of(S("arm64"));

    const struct question q = {
        .manager = manager_of(r), .release = r, .archs = archs, .name = name};

    return lookup_package(world_lookup(c->world), q, info);
}

/* Any name will do: asking for one brings all of the release's indexes. */
static struct str probe(const struct release *r)
{
    return str_of(manager_of(r)->identity[0]);
}

/* All releases at once: what is missing is fetched together. */
static void fetch(struct index_command *c)
{
    const struct lookup *l = world_lookup(c->world);
    bool pending = true;

    for (int round = 0; round < ROUNDS && pending; round++) {
        pending = false;
        for (size_t i = 0; i < c->release.n; i++) {
            struct package_info info;
            pending |= ask(c, &c->release.v[i], probe(&c->release.v[i]), &info) == ANSWER_PENDING;
        }
        if (pending && !l->resolve(l->self))
            return;
    }
}

/* What is fetched is to be kept. */
static bool has_cache(struct index_command *c)
{
    struct str folder = world_cache_dir(c->world);
    struct err e;

    if (!folder.n)
        err_set(&e, "dfix: there is no cache to update; set HOME or XDG_CACHE_HOME");
    else if (!cache_make_folder(c->arena, folder, &e) ||
             access(str_cstr(c->arena, folder), W_OK) < 0)
        err_set(&e, "dfix: the cache cannot be written: " STR_FMT ": %s", STR_ARG(folder),
                strerror(errno));
    else
        return true;
    complain(c, e.text);
    return false;
}

static void update(struct index_command *c)
{
    if (c->status != EXIT_CLEAN || !has_cache(c))
        return;
    fetch(c);
    for (size_t i = 0; i < c->release.n; i++) {
        struct package_info info = {.why = S("its indexes are not available")};
        const struct release *r = &c->release.v[i];
        struct str name = shown(c->arena, r);
        enum answer answer = ask(c, r, probe(r), &info);
        bool known = answer == ANSWER_FOUND || answer == ANSWER_ABSENT;
        if (known && info.fetched < c->now) /* an older one serves a run, but is no news */
            info.why = S("its indexes could not be updated");
        if (known && info.fetched >= c->now)
            printf(STR_FMT " is current\n", STR_ARG(name));
        else
            complain(c, str_cstr(c->arena, str_fmt(c->arena, "dfix: " STR_FMT ": " STR_FMT,
                                                   STR_ARG(name), STR_ARG(info.why))));
    }
    if (!c->release.n)
        fprintf(stderr, "Nothing to update; name releases with --release.\n");
}

static void print_archs(arch_set archs)
{
    const char *before = "";

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1) {
            printf("%s" STR_FMT, before, STR_ARG(arch_name(bit)));
            before = ", ";
        }
}

static void show_one(struct index_command *c, const struct release *r, struct str name)
{
    struct package_info info = {.why = S("")};
    struct str release = shown(c->arena, r);

    switch (ask(c, r, name, &info)) {
    case ANSWER_FOUND:
        break;
    case ANSWER_ABSENT:
        printf(STR_FMT " | - | " STR_FMT " has none\n", STR_ARG(name), STR_ARG(release));
        return;
    case ANSWER_PENDING:
        info.why = S("its indexes were not fetched");
        /* fall through */
    case ANSWER_UNAVAILABLE:
        complain(c, str_cstr(c->arena, str_fmt(c->arena, "dfix: " STR_FMT ": " STR_FMT,
                                               STR_ARG(release), STR_ARG(info.why))));
        return;
    }
    for (size_t i = 0; i < info.noffer; i++) {
        const struct offer *o = &info.offer[i];
        bool whole = manager_of(r)->does.suite_is_whole || !o->component.n; /* "v3.20/main" */
        printf(STR_FMT " | " STR_FMT " | " STR_FMT "%s" STR_FMT " | ", STR_ARG(name),
               STR_ARG(o->version), STR_ARG(o->suite), whole ? "" : "/",
               STR_ARG(whole ? S("") : o->component));
        print_archs(o->archs);
        puts(o->security ? " | security" : "");
    }
    for (size_t i = 0; i < info.nprovider; i++)
        printf(STR_FMT " | - | provided by " STR_FMT " in " STR_FMT "\n", STR_ARG(name),
               STR_ARG(info.provider[i]), STR_ARG(release));
}

static void show(struct index_command *c)
{
    fetch(c);
    for (size_t i = 1; i < c->line->word.n; i++)
        for (size_t r = 0; r < c->release.n; r++)
            show_one(c, &c->release.v[r], c->line->word.v[i]);
    if (c->line->word.n < 2)
        complain(c, "dfix: index show needs package names");
    else if (!c->release.n)
        complain(c, "dfix: index show: the cache is empty; name releases with --release");
}

int command_index(struct arena *a, const struct command_line *line)
{
    static const struct {
        const char *name;
        void (*run)(struct index_command *c);
        bool of_releases;
    } verbs[] = {{"list", list, false},
                 {"show", show, true},
                 {"update", update, true},
                 {"verify", verify, false},
                 {"prune", prune, false}};
    struct index_command c = {.arena = a, .line = line, .now = time(NULL)};
    struct str name = line->word.n ? line->word.v[0] : S("list");
    struct config config;
    struct err e;
    size_t verb = 0;

    while (verb < sizeof(verbs) / sizeof(verbs[0]) && !str_eq(name, str_of(verbs[verb].name)))
        verb++;
    if (verb == sizeof(verbs) / sizeof(verbs[0])) {
        complain(&c, "dfix: index takes list, show PACKAGE..., update, verify or prune");
        return c.status;
    }
    if (!settings_load(a, line, &config, &e)) {
        complain(&c, e.text);
        return c.status;
    }
    c.settings = config.settings;
    if (str_eq(name, S("update")))
        c.settings.max_age = 0; /* ask, however young */
    c.world = world_open(&c.settings);
    progress_watch(a, c.world, line);
    size_t refused = 0;
    world_cache_dir(c.world); /* one that may not be used is said, and is a failure here */
    world_notes(c.world, &refused);
    if (refused)
        c.status = EXIT_FAILED;
    if (read_releases(&c)) {
        if (verbs[verb].of_releases && !c.release.n)
            releases_of_cache(&c);
        verbs[verb].run(&c);
        if (report_notes(c.world))
            c.status = EXIT_FAILED;
    }
    world_close(c.world);
    return c.status;
}
