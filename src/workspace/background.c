/* Another run of this program, for the cache. It holds a lock as long as it lives, by a descriptor
 * that it inherits; when the lock was taken last tells how long ago the last one began. */
#include "workspace/background.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/cache.h"
#include "host/files.h"
#include "host/process.h"

enum { CHILD_END = 3, CHILD_LOCK = 4, WORDS_MAX = 24 };

static bool is_set(const char *variable)
{
    const char *value = getenv(variable);
    return value && *value;
}

/* The lock, when nobody holds it and the last one was not too long ago; else -1. */
static int take_turn(struct arena *a, const struct background_plan *p)
{
    struct str file = path_join(a, p->cache, S("background.lock"));
    struct timespec now[2];
    struct stat st;
    struct err e;

    if (!cache_make_folder(a, p->cache, &e))
        return -1;
    int fd = open(file.p, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool first = fd < 0;
    if (first)
        fd = open(file.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    clock_gettime(CLOCK_REALTIME, &now[0]);
    now[1] = now[0];
    bool free = flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0;
    bool ago =
        first || (free && (now[0].tv_sec - st.st_mtime >= p->pause || st.st_mtime > now[0].tv_sec));
    if (free && ago && futimens(fd, now) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A file that is gone when it is closed; -1. */
static int text_to_read(struct str text)
{
    FILE *f = tmpfile();
    int fd = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 5) : -1;
    bool good = fd >= 0 && file_put(fd, text) && lseek(fd, 0, SEEK_SET) == 0;

    if (f)
        fclose(f);
    if (!good && fd >= 0)
        close(fd);
    return good ? fd : -1;
}

static void add(const char **argv, size_t *n, const char *word)
{
    if (*n + 1 < WORDS_MAX)
        argv[(*n)++] = word;
    argv[*n] = NULL;
}

static struct str arch_words(struct arena *a, arch_set archs)
{
    struct buf b = {.arena = a};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (archs >> bit & 1)
            buf_fmt(&b, "%s" STR_FMT, b.n ? "," : "", STR_ARG(arch_name(bit)));
    return buf_str(&b);
}

static void words_of(struct arena *a, const struct background_plan *p, const char **argv)
{
    const struct wishes *w = p->wishes;
    size_t n = 0;

    add(argv, &n, "dfix");
    if (p->update_releases) {
        add(argv, &n, "index");
        add(argv, &n, "update");
    } else {
        add(argv, &n, "--check");
        add(argv, &n, "--quiet");
        add(argv, &n, "--exit-zero");
        add(argv, &n, "--stdin-filename");
        add(argv, &n, p->path.n ? str_cstr(a, p->path) : "Dockerfile");
    }
    if (w->no_config)
        add(argv, &n, "--no-config");
    if (w->config.n) {
        add(argv, &n, "--config");
        add(argv, &n, str_cstr(a, w->config));
    }
    if (w->archs && !p->update_releases) {
        add(argv, &n, "--platform");
        add(argv, &n, str_cstr(a, arch_words(a, w->archs)));
    }
}

static bool start(struct arena *a, const struct background_plan *p, int lock, int text,
                  struct background *out)
{
    const char *argv[WORDS_MAX];
    struct str self = process_own_path(a);
    int end[2];

    if (!self.n || pipe2(end, O_CLOEXEC) < 0)
        return false;
    const struct process_fd fd[] = {{STDIN_FILENO, text},
                                    {STDOUT_FILENO, PROCESS_NULL},
                                    {STDERR_FILENO, PROCESS_NULL},
                                    {CHILD_END, end[1]},
                                    {CHILD_LOCK, lock}};
    struct process_plan plan = {
        .file = self.p, .argv = argv, .fd = fd, .nfd = 5, .apart = p->apart};
    words_of(a, p, argv);
    bool started = process_start(&plan, &out->pid) == 0;
    close(end[1]);
    out->fd = end[0];
    if (!started) {
        close(end[0]);
        out->fd = -1;
    }
    return started;
}

/* Descriptors that the child gets as its own low ones must not stand there. */
static int out_of_the_way(int fd)
{
    int high = fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 10) : -1;

    if (fd >= 0)
        close(fd);
    return high;
}

bool background_start(struct arena *a, const struct background_plan *p, struct background *out)
{
    *out = (struct background){.fd = -1};
    if (!p->cache.n || is_set("CI") || p->wishes->offline)
        return false;
    int lock = out_of_the_way(take_turn(a, p));
    if (lock < 0)
        return false;
    int text = p->update_releases ? PROCESS_NULL : out_of_the_way(text_to_read(p->text));
    bool started = (p->update_releases || text >= 0) && start(a, p, lock, text, out);
    close(lock);
    if (text >= 0)
        close(text);
    return started;
}

void background_reap(struct background *b)
{
    if (b->fd < 0)
        return;
    close(b->fd);
    b->fd = -1;
    process_wait(b->pid);
}
