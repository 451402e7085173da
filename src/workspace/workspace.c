/* One world, and settings by policy and folder, so that files share them. */
#include "workspace/workspace.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "accept/accept.h"
#include "host/files.h"

struct placed {
    const struct config *config;
    struct str folder;
    const struct settings *settings;
};

bool workspace_open(struct workspace *w, struct arena *a, const struct wishes *over, struct err *e)
{
    *w = (struct workspace){.arena = a, .wishes = *over, .repository = S("")};
    if (!policies_load(a, &w->wishes, &w->base, e))
        return false;
    policies_open(&w->policies, a, &w->wishes, &w->base);
    w->world = world_open(&w->base.settings);
    return true;
}

void workspace_next(struct workspace *w, struct arena *a)
{
    w->arena = a;
    w->placed.v = NULL;
    w->placed.n = w->placed.cap = 0;
    w->repository = S("");
    policies_open(&w->policies, a, &w->wishes, &w->base);
    world_forget(w->world);
}

void workspace_close(struct workspace *w)
{
    world_close(w->world);
    w->world = NULL;
}

void workspace_keep_to_cache(struct workspace *w)
{
    w->base.settings.offline = true; /* the world reads them there */
}

static struct str dirname_of(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? S(".") : str_sub(path, 0, (size_t)slash + 1);
}

/* Of this thread alone: a file is not to pay for what it waits for. */
static uint64_t thread_clock(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t thread_timer(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const struct settings *settings_in_folder(struct workspace *w, struct str path,
                                                 struct str real, const struct config **new,
                                                 struct err *e)
{
    const struct config *c = policies_for(&w->policies, real, e);
    struct str dir = dirname_of(path);

    if (!c)
        return NULL;
    for (size_t i = w->placed.n; i > 0; i--)
        if (w->placed.v[i - 1].config == c && str_eq(w->placed.v[i - 1].folder, dir))
            return w->placed.v[i - 1].settings;
    struct settings *s = arena_new(w->arena, struct settings, 1);
    char whole[PATH_MAX]; /* what lies above it counts, too */
    bool found = realpath(str_cstr(w->arena, dir), whole);
    *s = c->settings;
    s->limits.clock = thread_clock;
    s->timer = w->wishes.timing ? thread_timer : NULL;
    s->folder = str_dup(w->arena, found ? str_of(whole) : dir);
    vec_push(w->arena, &w->placed, (struct placed){c, str_dup(w->arena, dir), s});
    *new = c;
    return s;
}

/* Beside Dockerfile.x, Dockerfile.x.dockerignore is read in place of .dockerignore. */
static const struct settings *with_names(struct workspace *w, const struct settings *s,
                                         struct str path)
{
    struct str name = str_fmt(w->arena, STR_FMT ".dockerignore", STR_ARG(path_basename(path)));
    struct settings own = *s;

    own.file = str_dup(w->arena, path_basename(path));
    if (!access(path_join(w->arena, s->folder, name).p, R_OK))
        own.ignore_file = name;
    return arena_copy(w->arena, &own, 1, sizeof(own));
}

/* Who may answer for risks there; NULL: nobody is named. */
static const struct codeowners *owners_at(struct workspace *w, struct str folder)
{
    struct str repository = file_repository(w->arena, folder);
    struct codeowners *owners;

    if (!repository.n || (w->repository.n && str_eq(repository, w->repository)))
        return repository.n ? w->owners : NULL;
    owners = arena_new(w->arena, struct codeowners, 1);
    w->repository = repository;
    w->owners = codeowners_find(w->arena, repository, owners) ? owners : NULL;
    return w->owners;
}

const struct settings *workspace_settings(struct workspace *w, struct str path, struct str real,
                                          const struct config **new, struct err *e)
{
    const struct settings *s = settings_in_folder(w, path, real, new, e);
    struct settings own;
    char whole[PATH_MAX];

    if (!s)
        return s;
    s = with_names(w, s, path);
    if (!s->nfile_rules && !s->naccept)
        return s;
    bool there = realpath(str_cstr(w->arena, real), whole);
    struct str at = there ? str_of(whole) : path_absolute(w->arena, real);
    if (!config_for_file(w->arena, s, at, &own))
        own = *s;
    if (s->naccept)
        accept_for_file(w->arena, &own, at, owners_at(w, path_folder(w->arena, at)));
    return arena_copy(w->arena, &own, 1, sizeof(own));
}
