/* dfix-fetch: does for dfix what needs the network, and nothing else. Speaks
 * fetch_wire.h on its standard input, which is a socket; ends when that closes. */
#include "fetcher/program.h"

#include "fetcher/fetcher.h"
#include "host/confine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECEIVE = 64 << 10, FOLDERS_MAX = 4 };

int64_t waited_ms(const struct work *w)
{
    return clock_ms() - w->blocked;
}

/* ---- hearing ---- */

/* Nothing is run, and written only where downloads go: certificates, names of hosts and local files
 * may be anywhere, so all is read. */
static void confine(struct work *w, const struct confine_path *folder, size_t nfolder)
{
    struct confine_path path[1 + FOLDERS_MAX] = {{"/", CONFINE_READ}};
    struct err e;
    for (size_t i = 0; i < nfolder; i++)
        path[1 + i] = folder[i];
    if (!nfolder)
        path[0].uses |= CONFINE_WRITE;
    if (!confine_begin(&e) || !confine_files(path, 1 + nfolder, &e) ||
        !confine_calls((struct confine_need){.network = true}, &e))
        refuse(w, e.text);
}

static void take_hello(struct work *w, struct str fields)
{
    struct confine_path folder[FOLDERS_MAX];
    size_t nfolder = 0;
    struct limits *l = &w->limits;
    const struct {
        int tag;
        uint64_t *into;
    } numbers[] = {{WIRE_CONNECT_MS, &l->connect_ms}, {WIRE_IDLE_MS, &l->idle_ms},
                   {WIRE_SLOW_MS, &l->slow_ms},       {WIRE_LOW_SPEED, &l->low_speed},
                   {WIRE_TOTAL_MS, &l->total_ms},     {WIRE_RETRIES, &l->retries},
                   {WIRE_BACKOFF_MS, &l->backoff_ms}, {WIRE_RETRY_AFTER_MS, &l->retry_after_ms}};
    struct str value;
    for (int tag; (tag = wire_field(&fields, &value)) > 0;) {
        if (tag == WIRE_VERSION && !str_eq(value, S(DFIX_VERSION)))
            refuse(w, "dfix-fetch is of version " DFIX_VERSION ", not that of dfix: install both "
                      "from one release");
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            if (numbers[i].tag == tag)
                *numbers[i].into = wire_u64(value);
        if (tag == WIRE_FOLDER && nfolder < FOLDERS_MAX)
            folder[nfolder++] =
                (struct confine_path){str_cstr(w->arena, value), CONFINE_READ | CONFINE_WRITE};
    }
    confine(w, folder, nfolder);
    w->greeted = true;
}

static void add_header(struct job *j, struct str line)
{
    struct curl_slist *longer = curl_slist_append(j->headers, str_cstr(j->arena, line));
    if (!longer) /* a request without one of its headers is another request */
        abort();
    j->headers = longer;
}

static void job_set(struct job *j, int tag, struct str value)
{
    uint64_t n = wire_u64(value);
    if (tag == WIRE_ID)
        j->id = n;
    else if (tag == WIRE_URL)
        j->url = str_cstr(j->arena, value);
    else if (tag == WIRE_METHOD)
        j->method = str_cstr(j->arena, value);
    else if (tag == WIRE_HEADER)
        add_header(j, value);
    else if (tag == WIRE_BODY)
        j->body = str_dup(j->arena, value);
    else if (tag == WIRE_FILE)
        j->file = str_cstr(j->arena, value);
    else if (tag == WIRE_CA_FILE)
        j->ca_file = str_cstr(j->arena, value);
    else if (tag == WIRE_PROXY)
        j->proxy = str_cstr(j->arena, value);
    else if (tag == WIRE_RESUME)
        j->resume = n != 0;
    else if (tag == WIRE_MAX_BYTES)
        j->max_bytes = n;
    else if (tag == WIRE_REDIRECTS)
        j->redirects = n > 20 ? 20 : (long)n;
    else if (tag == WIRE_PLAIN_HTTP)
        j->plain_http = n != 0;
    else if (tag == WIRE_LOCAL_FILE)
        j->local_file = n != 0;
    else if (tag == WIRE_INSECURE)
        j->insecure = n != 0;
    else if (tag == WIRE_NETRC)
        j->netrc = n != 0;
}

static void take_request(struct work *w, struct str fields)
{
    char origin[ORIGIN_MAX];
    struct arena *a = arena_open();
    struct job *j = arena_new(a, struct job, 1);
    *j = (struct job){.work = w,
                      .arena = a,
                      .url = "",
                      .method = "",
                      .file = "",
                      .ca_file = "",
                      .proxy = "",
                      .fd = -1,
                      .tries = 1,
                      .body = S("")};
    struct str value;
    for (int tag; (tag = wire_field(&fields, &value)) > 0;)
        job_set(j, tag, value);
    origin_of(j->url, origin);
    j->host = origin_host(w, origin);
    j->deadline = clock_ms() + (int64_t)w->limits.total_ms;
    struct job **last = &w->jobs;
    while (*last)
        last = &(*last)->next;
    *last = j;
}

/* False: the other end closed. */
static bool hear(struct work *w)
{
    static char *in;
    static size_t n, cap;
    if (cap - n < RECEIVE) {
        cap = (n + RECEIVE) * 2;
        in = realloc(in, cap);
        if (!in)
            abort();
    }
    ssize_t got = recv(STDIN_FILENO, in + n, RECEIVE, MSG_DONTWAIT);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR;
    if (got == 0)
        return false;
    n += (size_t)got;
    struct str rest = {in, n}, fields = S("");
    for (int kind; (kind = wire_frame(&rest, &fields)) != 0;) {
        if (kind == WIRE_HELLO)
            take_hello(w, fields);
        else if (kind == WIRE_REQUEST && w->greeted)
            take_request(w, fields);
        else
            refuse(w, "dfix-fetch got an unknown message");
    }
    n = rest.n;
    memmove(in, rest.p, n);
    return true;
}

/* ---- the loop ---- */

static void drop(struct job *j, const char *why, bool local)
{
    tell_answer(j, 0, why, local);
    job_free(j);
}

/* Start what is due; milliseconds until the next one is. */
static int64_t start_due(struct work *w)
{
    int64_t now = clock_ms(), wait = 60000;
    for (struct job *j = w->jobs, *next; j; j = next) {
        next = j->next;
        if (j->easy)
            continue;
        if (host_was_silent(j->host))
            drop(j, "its host has not answered in this run and is not tried again", false);
        else if (j->not_before > now)
            wait = j->not_before - now < wait ? j->not_before - now : wait;
        else if (w->active < ACTIVE_MAX && j->host->active < HOST_ACTIVE_MAX && !job_start(j))
            drop(j, "libcurl cannot start a transfer", true);
    }
    return wait;
}

static void take_finished(struct work *w)
{
    CURLMsg *m;
    for (int left; (m = curl_multi_info_read(w->multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        char *user = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &user);
        job_ended((struct job *)(void *)user, code);
    }
}

static bool listens(struct work *w)
{
    struct curl_waitfd from = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
    int running;
    curl_multi_perform(w->multi, &running);
    take_finished(w);
    int64_t watched = jobs_watch(w), due = start_due(w);
    int wait = (int)(watched < due ? watched : due);
    return curl_multi_poll(w->multi, &from, 1, wait, NULL) == CURLM_OK && hear(w);
}

/* libcurl leaves HTTP_PROXY alone since a web server's clients can set it for its programs. */
static void take_upper_case_proxy(void)
{
    const char *upper = getenv("HTTP_PROXY");
    if (upper && *upper && !getenv("REQUEST_METHOD"))
        setenv("http_proxy", upper, 0);
}

int fetch_program(void)
{
    /* What a terminal sends is for dfix to judge: it closes the socket when it ends. */
    static const int not_ours[] = {SIGPIPE, SIGINT, SIGQUIT, SIGHUP};
    int type;
    socklen_t n = sizeof type;
    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &n) < 0) {
        fputs("dfix-fetch is started by dfix; do not run it yourself\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof not_ours / sizeof not_ours[0]; i++)
        signal(not_ours[i], SIG_IGN);
    take_upper_case_proxy();
    struct work w = {.scratch = arena_open(), .arena = arena_open()};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(w.multi = curl_multi_init()))
        refuse(&w, "libcurl does not start");
    while (listens(&w))
        continue;
    while (w.jobs) {
        job_stop(w.jobs);
        job_free(w.jobs);
    }
    curl_multi_cleanup(w.multi);
    arena_close(w.scratch);
    arena_close(w.arena);
    return 0;
}
