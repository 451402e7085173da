/* fetch.c - queues requests, speaks with dfix-fetch, and hands out what it answers. */
#include "host/fetch.h"
#include "dfix/url.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "host/fetch_child.h"
#include "host/fetch_wire.h"

enum { MEMORY_MAX = 4 << 20, FILE_MAX_BYTES = 1 << 30, RECEIVE = 64 << 10 };
enum { CONNECT_MS = 15000, IDLE_MS = 30000, LOW_SPEED = 1000, TOTAL_MS = 30 * 60 * 1000 };
enum { SHOW_EVERY_MS = 100 };

/* One request on its way; its place in the list is its id. */
struct flight {
    struct fetch_request *request; /* NULL: finished */
    const void *group;
    struct buf body;
    uint64_t bytes, expected;
};

struct fetcher {
    struct arena *arena;
    struct fetch_settings settings;
    VEC(struct flight) flights;
    size_t asked; /* flights from here on were not sent yet */
    size_t unfinished, finished;
    const void *group; /* of what is added now */
    struct fetch_child child;
    uint64_t bytes, expected; /* of all flights */
    int64_t began, shown;     /* fetch_run; the last progress */
    /* Bytes to and from the helper; malloc'd, as they come and go. */
    struct bytes {
        char *p;
        size_t n, cap;
    } out, in;
    bool late;
    struct err refused; /* why the helper ended, by its own words */
};

/* ---- texts ---- */

/* What is shown to people holds no control bytes, whoever wrote it. */
static struct str clean(struct arena *a, struct str s)
{
    struct str copy = str_dup(a, s);
    char *p = arena_new(a, char, s.n + 1);
    for (size_t i = 0; i < copy.n; i++)
        p[i] = (unsigned char)copy.p[i] < 32 || copy.p[i] == 127 ? '?' : copy.p[i];
    return (struct str){p, copy.n};
}

/* The URL as it may be shown: without user and password, without query. */
static struct str public_url(struct arena *a, struct str url)
{
    struct url u = url_cut(url);
    size_t shown = 0;

    if (!u.scheme.n)
        return clean(a, url);
    while (shown < u.path.n && u.path.p[shown] != '?')
        shown++;
    return clean(a, str_fmt(a, STR_FMT "://" STR_FMT STR_FMT, STR_ARG(u.scheme), STR_ARG(u.host),
                            STR_ARG(str_sub(u.path, 0, shown))));
}

static bool one_line(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0)
            return false;
    return true;
}

/* ---- bytes ---- */

static void bytes_need(struct bytes *b, size_t more)
{
    if (b->cap - b->n >= more)
        return;
    size_t cap = (b->n + more) * 2;
    char *p = realloc(b->p, cap);
    if (!p) {
        fputs("dfix: out of memory\n", stderr);
        abort();
    }
    b->p = p;
    b->cap = cap;
}

static void bytes_drop(struct bytes *b, size_t n)
{
    b->n -= n;
    memmove(b->p, b->p + n, b->n);
}

/* ---- the helper ---- */

static void spoken(struct fetcher *f, struct buf *frame)
{
    bytes_need(&f->out, frame->n);
    memcpy(f->out.p + f->out.n, frame->p, frame->n);
    f->out.n += frame->n;
}

static unsigned or_default(unsigned given, unsigned fallback)
{
    return given ? given : fallback;
}

static void say_hello(struct fetcher *f)
{
    struct arena_mark m = arena_mark(f->arena);
    struct buf b = {.arena = f->arena};
    const struct fetch_settings *s = &f->settings;
    unsigned idle = or_default(s->idle_ms, IDLE_MS);
    size_t at = wire_begin(&b, WIRE_HELLO);
    wire_text(&b, WIRE_VERSION, S(DFIX_VERSION));
    wire_number(&b, WIRE_CONNECT_MS,
                or_default(s->connect_ms, idle < CONNECT_MS ? idle : CONNECT_MS));
    wire_number(&b, WIRE_IDLE_MS, idle);
    wire_number(&b, WIRE_SLOW_MS, or_default(s->slow_ms, idle < UINT32_MAX / 2 ? 2 * idle : idle));
    wire_number(&b, WIRE_LOW_SPEED, or_default(s->low_speed, LOW_SPEED));
    wire_number(&b, WIRE_TOTAL_MS, or_default(s->total_ms, TOTAL_MS));
    wire_number(&b, WIRE_RETRIES, s->no_retries ? 0 : or_default(s->retries, 3));
    wire_number(&b, WIRE_BACKOFF_MS, or_default(s->backoff_ms, 500));
    wire_number(&b, WIRE_RETRY_AFTER_MS, or_default(s->retry_after_ms, 20000));
    for (size_t i = 0; i < s->nfolder; i++)
        wire_text(&b, WIRE_FOLDER, s->folder[i]);
    wire_end(&b, at);
    spoken(f, &b);
    arena_rewind(f->arena, m);
}

static bool helper_start(struct fetcher *f, struct err *e)
{
    if (!fetch_child_start(&f->child, e))
        return false;
    f->out.n = f->in.n = 0;
    f->refused.text[0] = 0;
    say_hello(f);
    return true;
}

/* What it ended of, by its own words where there are some. */
static void helper_end(struct fetcher *f, bool force, struct err *why)
{
    fetch_child_end(&f->child, force, why);
    if (f->refused.text[0])
        *why = f->refused;
}

/* ---- requests ---- */

static void finish(struct fetcher *f, struct flight *flight)
{
    struct fetch_request *r = flight->request;
    flight->request = NULL;
    f->unfinished--;
    f->finished++;
    r->finished = true;
    const void *before = f->group;
    f->group = flight->group; /* `done` may add more, and move the flights */
    if (r->done)
        r->done(f, r);
    f->group = before;
}

static void finish_error(struct fetcher *f, size_t id, const char *why)
{
    struct fetch_request *r = f->flights.v[id].request;
    r->status = 0;
    r->error = str_fmt(r->arena, "cannot fetch " STR_FMT ": %s",
                       STR_ARG(public_url(r->arena, r->url)), why);
    finish(f, &f->flights.v[id]);
}

static void finish_late(struct fetcher *f, size_t id)
{
    f->late = true;
    finish_error(f, id, f->settings.late.p);
}

static void finish_all(struct fetcher *f, const char *why)
{
    /* `done` may add more: a new helper gets those. */
    size_t n = f->asked = f->flights.n;
    for (size_t id = 0; id < n; id++)
        if (f->flights.v[id].request) {
            f->flights.v[id].request->local = true;
            finish_error(f, id, why);
        }
}

static const char *unsound(const struct fetch_request *r)
{
    bool http =
        str_starts(r->url, S("https://")) || (r->plain_http && str_starts(r->url, S("http://")));
    if (!http && str_starts(r->url, S("http://")))
        return "plain http is not allowed for it";
    if (!http && !(r->local_file && str_starts(r->url, S("file:///"))))
        return "not a URL that can be fetched";
    for (size_t i = 0; i < r->url.n; i++)
        if ((unsigned char)r->url.p[i] <= 32 || r->url.p[i] == 127)
            return "its URL contains blanks or control characters";
    for (size_t i = 0; i < r->nheader; i++)
        if (!one_line(r->header[i]))
            return "a header contains a line break";
    if (!one_line(r->method) || !one_line(r->file) || !one_line(r->ca_file) || !one_line(r->etag) ||
        !one_line(r->modified) || !one_line(r->proxy))
        return "a part of the request contains a line break";
    if (r->body.n > WIRE_FRAME_MAX / 2)
        return "the body is too large";
    return NULL;
}

static void send_request(struct fetcher *f, size_t id)
{
    const struct fetch_request *r = f->flights.v[id].request;
    struct arena_mark m = arena_mark(f->arena);
    struct buf b = {.arena = f->arena};
    uint64_t most = r->max_bytes ? r->max_bytes : r->file.n ? FILE_MAX_BYTES : MEMORY_MAX;
    size_t at = wire_begin(&b, WIRE_REQUEST);
    wire_number(&b, WIRE_ID, id);
    wire_text(&b, WIRE_URL, r->url);
    wire_text(&b, WIRE_METHOD, r->method);
    for (size_t i = 0; i < r->nheader; i++)
        wire_text(&b, WIRE_HEADER, r->header[i]);
    if (r->etag.n)
        wire_text(&b, WIRE_HEADER, str_fmt(f->arena, "If-None-Match: " STR_FMT, STR_ARG(r->etag)));
    if (r->modified.n)
        wire_text(&b, WIRE_HEADER,
                  str_fmt(f->arena, "If-Modified-Since: " STR_FMT, STR_ARG(r->modified)));
    wire_text(&b, WIRE_BODY, r->body);
    wire_text(&b, WIRE_FILE, r->file);
    wire_text(&b, WIRE_CA_FILE, r->ca_file);
    wire_text(&b, WIRE_PROXY, r->proxy);
    wire_number(&b, WIRE_RESUME, r->resume);
    wire_number(&b, WIRE_MAX_BYTES, most);
    wire_number(&b, WIRE_REDIRECTS,
                r->redirects < 0 ? 0
                : r->redirects   ? (uint64_t)r->redirects
                                 : 8);
    wire_number(&b, WIRE_PLAIN_HTTP, r->plain_http);
    wire_number(&b, WIRE_LOCAL_FILE, r->local_file);
    wire_number(&b, WIRE_INSECURE, r->insecure);
    wire_number(&b, WIRE_NETRC, r->netrc);
    wire_end(&b, at);
    spoken(f, &b);
    arena_rewind(f->arena, m);
}

/* ---- answers ---- */

/* The URL, for people, of the request that has waited longest. */
static struct str awaited(const struct fetcher *f, struct arena *scratch)
{
    for (size_t i = 0; i < f->asked; i++)
        if (f->flights.v[i].request)
            return public_url(scratch, f->flights.v[i].request->url);
    return S("");
}

static void show(struct fetcher *f, bool ended)
{
    int64_t now = clock_ms();
    if (!f->settings.progress || (!ended && now - f->shown < SHOW_EVERY_MS))
        return;
    struct arena *scratch = arena_open();
    f->shown = now;
    f->settings.progress(f->settings.user, &(struct fetch_progress){.requests = f->flights.n,
                                                                    .finished = f->finished,
                                                                    .bytes = f->bytes,
                                                                    .expected = f->expected,
                                                                    .waited_ms = now - f->began,
                                                                    .url = awaited(f, scratch),
                                                                    .ended = ended});
    arena_close(scratch);
}

/* What is known of one flight now, into the sums. */
static void count(struct fetcher *f, struct flight *flight, uint64_t bytes, uint64_t expected)
{
    if (expected < bytes)
        expected = bytes;
    f->bytes += bytes - flight->bytes;
    f->expected += expected - flight->expected;
    flight->bytes = bytes;
    flight->expected = expected;
}

static void take_answer(struct fetcher *f, size_t id, struct str fields)
{
    struct flight *flight = &f->flights.v[id];
    struct fetch_request *r = flight->request;
    bool local = false;
    struct str value, error = S("");
    for (int tag; (tag = wire_field(&fields, &value)) > 0;) {
        if (tag == WIRE_STATUS)
            r->status = (unsigned)wire_u64(value);
        else if (tag == WIRE_ERROR)
            error = clean(r->arena, value);
        else if (tag == WIRE_BYTES)
            r->bytes = wire_u64(value);
        else if (tag == WIRE_LOCAL)
            local = wire_u64(value) != 0;
        else if (tag == WIRE_URL)
            r->final_url = clean(r->arena, value);
        else if (tag == WIRE_HEADER && value.n <= WIRE_HEADERS_MAX)
            r->headers = str_dup(r->arena, value);
    }
    r->local = local;
    r->answer = buf_str(&flight->body);
    count(f, flight, r->bytes, r->bytes);
    show(f, false);
    if (error.n)
        finish_error(f, id, str_cstr(r->arena, error));
    else
        finish(f, flight);
}

static bool take_frame(struct fetcher *f, int kind, struct str fields)
{
    struct str rest = fields, value, piece = S(""), error = S("");
    uint64_t id = UINT64_MAX, bytes = 0, expected = 0;
    for (int tag; (tag = wire_field(&rest, &value)) != 0;) {
        if (tag < 0)
            return false;
        if (tag == WIRE_ID)
            id = wire_u64(value);
        else if (tag == WIRE_PIECE)
            piece = value;
        else if (tag == WIRE_BYTES)
            bytes = wire_u64(value);
        else if (tag == WIRE_EXPECTED)
            expected = wire_u64(value);
        else if (tag == WIRE_ERROR)
            error = value;
    }
    if (kind == WIRE_REFUSED) {
        err_set(&f->refused, STR_FMT, STR_ARG(clean(f->arena, error)));
        return true;
    }
    if (id >= f->asked || !f->flights.v[id].request)
        return false;
    struct flight *flight = &f->flights.v[id];
    const struct fetch_request *r = flight->request;
    switch (kind) {
    case WIRE_PROGRESS:
        count(f, flight, bytes, expected);
        show(f, false);
        return true;
    case WIRE_DATA:
        /* Twice the helper's own cap for refusals: it is not trusted blindly. */
        if (flight->body.n + piece.n > (r->max_bytes ? r->max_bytes : MEMORY_MAX) + WIRE_CHUNK)
            return false;
        flight->body.arena = r->arena;
        buf_add(&flight->body, piece);
        return true;
    case WIRE_ANSWER:
        take_answer(f, (size_t)id, fields);
        return true;
    default:
        return false;
    }
}

/* False: what came makes no sense. */
static bool take_frames(struct fetcher *f)
{
    for (;;) {
        struct str in = {f->in.p ? f->in.p : "", f->in.n}, fields = S("");
        int kind = wire_frame(&in, &fields);
        if (kind <= 0)
            return kind == 0;
        if (!take_frame(f, kind, fields))
            return false;
        bytes_drop(&f->in, f->in.n - in.n);
    }
}

static bool is_late(const struct fetcher *f)
{
    return f->settings.deadline && clock_ms() >= f->settings.deadline;
}

/* Milliseconds to listen for: until the deadline, or until something is to be shown. */
static int patience(const struct fetcher *f)
{
    int64_t left = f->settings.deadline ? f->settings.deadline - clock_ms() : INT32_MAX;
    if (left > INT32_MAX)
        left = INT32_MAX;
    if (f->settings.progress && left > SHOW_EVERY_MS)
        left = SHOW_EVERY_MS;
    if (!f->settings.progress && !f->settings.deadline)
        return -1;
    return left < 0 ? 0 : (int)left;
}

/* Say and hear something once, within this time (-1: whenever). False: the helper is gone or talks
 * nonsense. */
static bool exchange(struct fetcher *f, int ms, bool *nonsense)
{
    struct pollfd p = {.fd = f->child.fd, .events = (short)(POLLIN | (f->out.n ? POLLOUT : 0))};
    int most = patience(f);
    int ready = poll(&p, 1, ms >= 0 && (most < 0 || ms < most) ? ms : most);
    if (ready < 0)
        return errno == EINTR;
    show(f, false);
    if (p.revents & POLLOUT) {
        ssize_t n = send(f->child.fd, f->out.p, f->out.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            bytes_drop(&f->out, (size_t)n);
        else if (errno == EPIPE || errno == ECONNRESET)
            f->out.n = 0; /* what it still said is read below */
    }
    if (!(p.revents & (POLLIN | POLLHUP | POLLERR)))
        return true;
    bytes_need(&f->in, RECEIVE);
    ssize_t n = recv(f->child.fd, f->in.p + f->in.n, RECEIVE, MSG_DONTWAIT);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (n == 0)
        return false;
    f->in.n += (size_t)n;
    *nonsense = !take_frames(f);
    return !*nonsense;
}

/* ---- the face ---- */

struct fetcher *fetch_open(const struct fetch_settings *s)
{
    struct arena *a = arena_open();
    struct fetcher *f = arena_new(a, struct fetcher, 1);
    f->arena = a;
    f->child.fd = -1;
    if (s)
        f->settings = *s;
    if (!f->settings.late.n)
        f->settings.late = S("there is no time left");
    f->settings.late = str_dup(a, f->settings.late);
    struct str *folder = arena_new(a, struct str, f->settings.nfolder + 1);
    for (size_t i = 0; i < f->settings.nfolder; i++)
        folder[i] = str_dup(a, f->settings.folder[i]);
    f->settings.folder = folder;
    return f;
}

void fetch_close(struct fetcher *f)
{
    if (!f)
        return;
    if (f->child.fd >= 0)
        fetch_child_end(&f->child, f->unfinished > 0, NULL);
    free(f->in.p);
    free(f->out.p);
    arena_close(f->arena);
}

void fetch_renew(struct fetcher *f, int64_t deadline)
{
    f->settings.deadline = deadline;
    f->late = false;
}

void fetch_add(struct fetcher *f, struct fetch_request *r)
{
    r->finished = r->local = false;
    r->status = 0;
    r->error = r->answer = r->final_url = r->headers = S("");
    r->bytes = 0;
    vec_push(f->arena, &f->flights, (struct flight){.request = r, .group = f->group});
    f->unfinished++;
}

/* Hand over what was not sent yet; what cannot be asked is finished at once. Until an answer
 * comes all that can go wrong is this machine's fault. */
static void send_new(struct fetcher *f)
{
    while (f->asked < f->flights.n) {
        size_t id = f->asked++;
        const char *why = unsound(f->flights.v[id].request);
        struct err e;
        f->flights.v[id].request->local = true;
        if (why)
            finish_error(f, id, why);
        else if (is_late(f))
            finish_late(f, id);
        else if (f->child.fd < 0 && !helper_start(f, &e))
            finish_error(f, id, e.text);
        else
            send_request(f, id);
    }
}

bool fetch_some(struct fetcher *f, int64_t ms)
{
    bool any = f->unfinished > 0;
    size_t before = f->finished;
    int64_t until = clock_ms() + ms;

    if (!f->finished)
        f->began = clock_ms();
    while (f->unfinished) {
        int64_t left = until - clock_ms();
        bool some = f->finished != before, nonsense = false;
        struct err why;
        if (some && left <= 0)
            return true;
        send_new(f);
        if (f->unfinished && f->child.fd >= 0 && is_late(f)) {
            f->late = true;
            fetch_child_end(&f->child, true, NULL);
            finish_all(f, f->settings.late.p);
            continue;
        }
        if (!f->unfinished || exchange(f, some ? (int)left : -1, &nonsense))
            continue;
        helper_end(f, nonsense, &why);
        finish_all(f, nonsense ? "dfix-fetch gave a broken answer" : why.text);
    }
    if (any)
        show(f, true);
    f->flights.n = f->asked = 0;
    f->finished = 0;
    f->bytes = f->expected = 0;
    return false;
}

void fetch_run(struct fetcher *f)
{
    while (fetch_some(f, 0))
        ;
}

void fetch_group(struct fetcher *f, const void *group)
{
    f->group = group;
}

bool fetch_under_way(const struct fetcher *f, const void *group)
{
    for (size_t i = 0; f->unfinished && i < f->flights.n; i++)
        if (f->flights.v[i].request && (!group || f->flights.v[i].group == group))
            return true;
    return false;
}

bool fetch_was_late(const struct fetcher *f)
{
    return f->late;
}

bool fetch_all(struct fetcher *f, struct fetch_request *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fetch_add(f, &r[i]);
    fetch_run(f);
    bool all = true;
    for (size_t i = 0; i < n; i++)
        all = all && (fetch_ok(&r[i]) || (r[i].status == 304 && !r[i].error.n));
    return all;
}

struct str fetch_header(const struct fetch_request *r, struct str name)
{
    struct str rest = r->headers, line;
    while (str_cut(&rest, '\n', &line)) {
        ptrdiff_t colon = str_chr(line, ':');
        if (colon != STR_NONE && str_eq(str_sub(line, 0, (size_t)colon), name))
            return str_trim(str_from(line, (size_t)colon + 1));
    }
    return S("");
}

bool fetch_ok(const struct fetch_request *r)
{
    return r->finished && !r->error.n && r->status >= 200 && r->status < 300;
}
