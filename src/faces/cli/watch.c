/* --watch: the run again whenever a Dockerfile or a policy file beside one changes. */
#include "faces/faces.h"

#include <sys/stat.h>
#include <time.h>

#include "host/files.h"

enum { PAUSE_MS = 300, SEARCH_EVERY = 8 /* pauses: new files are looked for less often */ };

static uint64_t stamp_of(const char *path)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return 0;
    struct str bytes = {(const char *)&st.st_mtim, sizeof(st.st_mtim)};
    return str_hash(bytes) ^ (uint64_t)st.st_size * 31 ^ (uint64_t)st.st_ino * 1000003;
}

static void pause_a_while(void)
{
    struct timespec t = {0, PAUSE_MS * 1000000L};
    nanosleep(&t, NULL);
}

struct watched {
    struct arena *arena;
    const struct command_line *line;
    VEC(struct str) path;
};

static void add(struct watched *w, struct str path)
{
    if (path.n)
        vec_push(w->arena, &w->path, path);
}

/* A file, and the policies beside it. */
static void add_file(struct watched *w, struct str path)
{
    bool user;

    add(w, path);
    add(w, config_find(w->arena, path));
    add(w, config_find_hadolint(w->arena, path, &user));
    add(w, config_find_accept(w->arena, path));
}

static bool is_added(const void *policy, struct str real)
{
    return config_adds(policy, real);
}

/* What a run would look at. A policy that cannot be read adds no files until it is mended. */
static void find_watched(struct watched *w)
{
    static const struct str here = {".", 1};
    const struct command_line *c = w->line;
    const struct str *word = c->word.n ? c->word.v : &here;
    size_t n = c->word.n ? c->word.n : 1;
    struct wishes wishes;
    struct config base;
    struct policies policies;
    struct err e;
    bool read =
        settings_wishes(w->arena, c, &wishes, &e) && policies_load(w->arena, &wishes, &base, &e);

    add(w, options_value(c, OPT_CONFIG));
    if (read)
        policies_open(&policies, w->arena, &wishes, &base);
    for (size_t i = 0; i < n; i++) {
        struct str any = path_join(w->arena, word[i], S("Dockerfile"));
        const struct config *policy = read ? policies_for(&policies, any, &e) : NULL;
        struct file_list files = {0};
        add_file(w, any); /* a policy may come before a file */
        files_find(w->arena, word[i], policy ? is_added : NULL, policy ? &policy->settings : NULL,
                   &files, &e);
        for (size_t k = 0; k < files.n; k++)
            add_file(w, files.v[k].path);
    }
}

/* What the files look like now. */
static uint64_t look(const struct watched *w)
{
    uint64_t all = w->path.n;

    for (size_t i = 0; i < w->path.n; i++)
        all = all * 1099511628211U ^ stamp_of(str_cstr(w->arena, w->path.v[i])) ^
              str_hash(w->path.v[i]);
    return all;
}

/* Until something is different. */
static void wait_for_change(const struct command_line *c, uint64_t *seen)
{
    struct watched w = {.arena = arena_open(), .line = c};
    uint64_t now = *seen;

    for (unsigned i = 0; now == *seen; i++) {
        if (i % SEARCH_EVERY == 0) {
            arena_close(w.arena);
            w = (struct watched){.arena = arena_open(), .line = c};
            find_watched(&w);
        } else {
            pause_a_while();
        }
        now = look(&w);
    }
    *seen = now;
    arena_close(w.arena);
}

int watch_run(const struct command_line *c,
              int (*run)(struct arena *a, const struct command_line *c))
{
    uint64_t seen = 0;

    for (;;) {
        struct arena *a = arena_open();
        wait_for_change(c, &seen);
        run(a, c);
        arena_close(a);
        streams_check(stdout);
        say_error("dfix: watching for changes; Ctrl-C ends it");
    }
}
