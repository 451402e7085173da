/* progress.c - shows that the run waits for the network, and for what. On a terminal one line
 * that is drawn anew and erased; elsewhere a single line once it takes long. */
#include "faces/faces.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world/world.h"

enum { LONG_MS = 3000, COLUMNS_DEFAULT = 80, COLUMNS_MAX = 500 };

struct progress {
    bool terminal, drawn, said;
    int64_t began; /* of the first request; 0: none so far */
};

static bool is_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
}

/* An editor's filter takes what is on standard error for the file's text. */
static bool are_joined(void)
{
    struct stat out, err;

    return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

static size_t columns(void)
{
    struct winsize size;

    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
        return COLUMNS_DEFAULT;
    return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

static void add_size(struct buf *b, uint64_t bytes)
{
    if (bytes < 1000 * 1000)
        buf_fmt(b, "%llu kB", (unsigned long long)((bytes + 999) / 1000));
    else
        buf_fmt(b, "%.1f MB", (double)bytes / 1e6);
}

static struct str words(struct arena *a, const struct fetch_progress *p)
{
    struct buf b = {.arena = a};

    buf_fmt(&b, "dfix: fetching %zu of %zu",
            p->finished < p->requests ? p->finished + 1 : p->finished, p->requests);
    if (p->bytes) {
        buf_add(&b, S(", "));
        add_size(&b, p->bytes);
    }
    if (p->expected > p->bytes) {
        buf_add(&b, S(" of "));
        add_size(&b, p->expected);
    }
    if (p->waited_ms >= 1000)
        buf_fmt(&b, ", %lld s", (long long)(p->waited_ms / 1000));
    if (p->url.n)
        buf_fmt(&b, ": " STR_FMT, STR_ARG(p->url));
    return buf_str(&b);
}

/* A URL is a stranger's text: only what every terminal shows in one column. */
static struct str one_row(struct arena *a, struct str s, size_t most)
{
    struct buf b = {.arena = a};

    for (size_t i = 0; i < s.n && i < most; i++)
        buf_char(&b, s.p[i] >= ' ' && s.p[i] <= '~' ? s.p[i] : '?');
    return buf_str(&b);
}

static void draw(struct progress *x, const struct fetch_progress *p)
{
    struct arena *a = arena_open();
    struct str row = p->ended ? S("") : one_row(a, words(a, p), columns() - 1);

    if (x->drawn || row.n)
        fprintf(stderr, "\r\033[K" STR_FMT, STR_ARG(row));
    fflush(stderr);
    x->drawn = row.n > 0;
    arena_close(a);
}

static void say_once(struct progress *x, const struct fetch_progress *p)
{
    struct arena *a = arena_open();

    if (!x->said && !p->ended && p->waited_ms >= LONG_MS) {
        fprintf(stderr, STR_FMT "\n", STR_ARG(one_row(a, words(a, p), COLUMNS_MAX)));
        x->said = true;
    }
    arena_close(a);
}

static void show(void *user, const struct fetch_progress *p)
{
    struct progress *x = user;
    struct fetch_progress whole = *p;
    int64_t now = clock_ms();

    if (!x->began)
        x->began = now - p->waited_ms;
    whole.waited_ms = now - x->began; /* one fetch may follow another */
    if (x->terminal)
        draw(x, &whole);
    else
        say_once(x, &whole);
}

void progress_watch(struct arena *a, struct world *w, const struct command_line *c)
{
    bool filter = false;

    for (size_t i = 0; i < c->word.n; i++)
        filter |= str_eq(c->word.v[i], S("-"));
    if (c->set[OPT_QUIET] || (filter && are_joined()))
        return;
    struct progress *x = arena_new(a, struct progress, 1);
    *x = (struct progress){.terminal = is_terminal()};
    world_progress(w, show, x);
}
