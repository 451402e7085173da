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

typedef VEC(struct str) path_list;

static void find_watched(struct arena *a, const struct command_line *c, path_list *out)
{
    static const struct str here = {".", 1};
    const struct str *word = c->word.n ? c->word.v : &here;
    size_t n = c->word.n ? c->word.n : 1;
    struct err e;

    for (size_t i = 0; i < n; i++) {
        struct file_list files = {0};
        files_find(a, word[i], NULL, NULL, &files, &e);
        for (size_t k = 0; k < files.n; k++) {
            bool user;
            struct str policy[] = {files.v[k].path, config_find(a, files.v[k].path),
                                   config_find_hadolint(a, files.v[k].path, &user)};
            for (size_t m = 0; m < 3; m++)
                if (policy[m].n)
                    vec_push(a, out, policy[m]);
        }
    }
}

/* What the files look like now. */
static uint64_t look(struct arena *a, const path_list *files)
{
    uint64_t all = files->n;

    for (size_t i = 0; i < files->n; i++)
        all = all * 1099511628211U ^ stamp_of(str_cstr(a, files->v[i])) ^ str_hash(files->v[i]);
    return all;
}

/* Until something is different. */
static void wait_for_change(const struct command_line *c, uint64_t *seen)
{
    struct arena *a = arena_open();
    path_list files = {0};
    uint64_t now = *seen;

    for (unsigned i = 0; now == *seen; i++) {
        if (i % SEARCH_EVERY == 0) {
            arena_close(a);
            a = arena_open();
            files = (path_list){0};
            find_watched(a, c, &files);
        } else {
            pause_a_while();
        }
        now = look(a, &files);
    }
    *seen = now;
    arena_close(a);
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
        fflush(stdout);
        say_error("dfix: watching for changes; Ctrl-C ends it");
    }
}
