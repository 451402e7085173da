/* dfix lsp: the server between standard input and standard output. It waits for what comes in, for
 * the end of a background update, and for nothing else. */
#include "faces/faces.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "faces/lsp/frames.h"
#include "faces/lsp/lsp.h"
#include "host/files.h"
#include "workspace/background.h"

enum {
    READ_ROOM = 64 << 10,
    QUIET_MS = 1000, /* nothing was typed for so long: what is lacking may be fetched */
    RETRY_S = 600,   /* the same lack is not fetched for again before that */
    PAUSE_S = 10,    /* between two updates */
    ASKED_MAX = 4096
};

/* What was fetched for: the text's lacks, by their hash, and when. */
struct fetched_for {
    uint64_t lack;
    int64_t when;
};
struct pipes {
    struct arena *arena;
    const struct command_line *line;
    struct wishes wishes;
    struct lsp *server;
    struct frames in;
    bool broken; /* nobody reads what is sent */
    struct background update;
    bool commanded; /* by the client */
    int64_t quiet_since;
    VEC(struct fetched_for) asked;
};

/* ---- the ends ---- */

static void put(struct pipes *p, struct str bytes)
{
    if (!p->broken && !file_put(STDOUT_FILENO, bytes))
        p->broken = true;
}

static void send_body(void *user, struct str body)
{
    struct pipes *p = user;
    char header[64];
    int n = snprintf(header, sizeof(header), "Content-Length: %zu\r\n\r\n", body.n);
    struct arena *a = arena_open();
    struct buf b = {.arena = a};

    buf_add(&b, (struct str){header, (size_t)n});
    buf_add(&b, body);
    put(p, buf_str(&b));
    arena_close(a);
}

static const struct lookup *lookup_of(void *user, struct workspace *w)
{
    (void)user;
    return world_lookup(w->world);
}

static int64_t clock_of(void *user)
{
    (void)user;
    return clock_ms();
}

/* ---- updates ---- */

static uint64_t lack_of(const struct document *d)
{
    uint64_t hash = str_hash(d->uri);

    for (size_t i = 0; i < d->result.nunchecked; i++)
        hash = hash * 31 + str_hash(d->result.unchecked[i].why);
    for (size_t i = 0; i < d->result.nbase; i++)
        hash = hash * 31 + str_hash(d->result.base[i].image);
    return hash;
}

static bool was_fetched_for(struct pipes *p, uint64_t lack)
{
    int64_t now = clock_ms();

    for (size_t i = 0; i < p->asked.n; i++)
        if (p->asked.v[i].lack == lack) {
            bool recent = now - p->asked.v[i].when < RETRY_S * 1000;
            if (!recent)
                p->asked.v[i].when = now;
            return recent;
        }
    if (p->asked.n == ASKED_MAX)
        return true;
    vec_push(p->arena, &p->asked, (struct fetched_for){lack, now});
    return false;
}

static bool start_update(struct pipes *p, const struct document *d, bool releases)
{
    struct arena *a = arena_open();
    struct background_plan plan = {.path = d ? d->path : S(""),
                                   .text = d ? d->text : S(""),
                                   .wishes = &p->wishes,
                                   .cache = world_cache_dir(p->server->workspace.world),
                                   .pause = releases ? 0 : PAUSE_S,
                                   .update_releases = releases};
    bool started = background_start(a, &plan, &p->update);

    arena_close(a);
    return started;
}

/* The first text that lacks something that was not fetched for yet. */
static void consider_update(struct pipes *p)
{
    const struct document *d = NULL;

    if (p->update.fd >= 0 || !p->server->open)
        return;
    if (p->server->update.wanted) {
        p->server->update.wanted = false;
        p->commanded = start_update(p, NULL, true);
        if (!p->commanded)
            commands_finish(p->server, false);
        return;
    }
    while ((d = lsp_lacking(p->server, d)))
        if (!was_fetched_for(p, lack_of(d))) {
            start_update(p, d, false);
            return;
        }
}

/* The cache holds more now: the world is opened anew. */
static void finish_update(struct pipes *p)
{
    background_reap(&p->update);
    lsp_settings_apply(p->server);
    if (p->commanded)
        commands_finish(p->server, true);
    p->commanded = false;
    lsp_work(p->server);
    lsp_refresh(p->server);
}

/* ---- the loop ---- */

/* All that can be had at once. False: the stream has ended. */
static bool read_input(struct pipes *p)
{
    struct str body;
    enum frame f;
    ssize_t n = read(STDIN_FILENO, frames_room(&p->in, READ_ROOM), READ_ROOM);

    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        return false;
    if (n > 0)
        frames_came(&p->in, (size_t)n);
    while ((f = frames_next(&p->in, &body)) != FRAME_NONE)
        if (f == FRAME_WHOLE)
            lsp_take(p->server, body);
        else
            lsp_take_broken(p->server);
    return true;
}

static bool has_input(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&in, 1, 0) > 0;
}

static int patience(const struct pipes *p)
{
    int64_t left = p->quiet_since + QUIET_MS - clock_ms();

    if (p->quiet_since < 0 || p->update.fd >= 0)
        return -1;
    return left > 0 ? (int)left : 0;
}

static void serve(struct pipes *p)
{
    bool open = true;

    while (open && !p->broken && !lsp_has_ended(p->server)) {
        struct pollfd fd[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = p->update.fd, .events = POLLIN}};
        if (poll(fd, 2, patience(p)) < 0 && errno != EINTR)
            return;
        if (fd[0].revents) {
            do /* what is there already may make answers needless */
                open = read_input(p);
            while (open && has_input());
            lsp_work(p->server);
            p->quiet_since = clock_ms();
        } else if (p->update.fd >= 0 && fd[1].revents) {
            finish_update(p);
            p->quiet_since = clock_ms();
        } else if (p->quiet_since >= 0 && !patience(p)) {
            p->quiet_since = -1;
            consider_update(p);
        }
        if (p->server->update.wanted)
            consider_update(p);
    }
}

int command_lsp(struct arena *a, const struct command_line *c)
{
    struct pipes p = {.arena = a, .line = c, .update = {.fd = -1}, .quiet_since = -1};
    struct err e;

    if (c->word.n || !settings_wishes(a, c, &p.wishes, &e)) {
        say_error(c->word.n ? "dfix: lsp takes no argument; an editor starts it" : e.text);
        return EXIT_FAILED;
    }
    signal(SIGPIPE, SIG_IGN);
    struct lsp_ends ends = {&p, send_body, lookup_of, clock_of, S("")};
    p.server = lsp_open(&ends, &p.wishes);
    serve(&p);
    bool clean = p.server->clean_end;
    lsp_close(p.server);
    frames_close(&p.in);
    if (p.update.fd >= 0)
        close(p.update.fd); /* it ends by itself */
    return clean ? EXIT_CLEAN : EXIT_FINDINGS;
}
