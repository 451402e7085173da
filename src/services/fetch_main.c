/* dfix-fetch: does for dfix what needs the network, and nothing else. Speaks
 * fetch_wire.h on its standard input, which is a socket; ends when that closes. */
#include <curl/curl.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "services/fetch_wire.h"

enum { ACTIVE_MAX = 16, REFUSAL_MAX = 256 << 10, RECEIVE = 64 << 10, TELL_EVERY_MS = 100 };

struct job {
    struct job *next;
    struct arena *arena;
    uint64_t id, max_bytes;
    const char *url, *method, *file, *ca_file;
    struct str body;
    struct curl_slist *headers;
    long redirects;
    bool resume, plain_http, local_file, insecure, netrc;
    /* This try. */
    CURL *easy;
    int fd; /* of `file`, once a good response has a body */
    uint64_t from, bytes;
    struct buf memory, answer_headers;
    bool too_large, no_range;
    int write_error;
    char error[CURL_ERROR_SIZE];
    /* Over all tries. */
    unsigned tries;
    int64_t start, not_before, deadline, told;
};

static struct {
    CURLM *multi;
    struct job *jobs;
    unsigned active;
    uint64_t connect_ms, idle_ms, low_speed, total_ms, retries, backoff_ms, retry_after_ms;
    bool greeted;
    struct arena *scratch;
} all;

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- saying ---- */

static void say(const struct buf *frame)
{
    for (size_t done = 0; done < frame->n;) {
        ssize_t n = send(STDIN_FILENO, frame->p + done, frame->n - done, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            exit(0); /* nobody listens any more */
        done += (size_t)n;
    }
}

static void refuse(const char *why)
{
    struct buf b = {.arena = all.scratch};
    size_t at = wire_begin(&b, WIRE_REFUSED);
    wire_text(&b, WIRE_ERROR, str_of(why));
    wire_end(&b, at);
    say(&b);
    exit(1);
}

static void say_progress(struct job *j)
{
    struct arena_mark m = arena_mark(all.scratch);
    struct buf b = {.arena = all.scratch};
    size_t at = wire_begin(&b, WIRE_PROGRESS);
    wire_number(&b, WIRE_ID, j->id);
    wire_number(&b, WIRE_BYTES, j->from + j->bytes);
    wire_end(&b, at);
    say(&b);
    arena_rewind(all.scratch, m);
}

static void say_answer(struct job *j, long status, const char *error)
{
    struct arena_mark m = arena_mark(all.scratch);
    struct str rest = buf_str(&j->memory);
    const char *url = NULL;
    if (j->easy)
        curl_easy_getinfo(j->easy, CURLINFO_EFFECTIVE_URL, &url);
    while (rest.n) {
        size_t n = rest.n < WIRE_CHUNK ? rest.n : WIRE_CHUNK;
        struct buf b = {.arena = all.scratch};
        size_t at = wire_begin(&b, WIRE_DATA);
        wire_number(&b, WIRE_ID, j->id);
        wire_text(&b, WIRE_PIECE, str_sub(rest, 0, n));
        wire_end(&b, at);
        say(&b);
        rest = str_from(rest, n);
        arena_rewind(all.scratch, m);
    }
    struct buf b = {.arena = all.scratch};
    size_t at = wire_begin(&b, WIRE_ANSWER);
    wire_number(&b, WIRE_ID, j->id);
    wire_number(&b, WIRE_STATUS, (uint64_t)status);
    wire_number(&b, WIRE_BYTES, j->from + j->bytes);
    wire_text(&b, WIRE_URL, str_of(url));
    wire_text(&b, WIRE_HEADER, buf_str(&j->answer_headers));
    wire_text(&b, WIRE_ERROR, str_of(error));
    wire_end(&b, at);
    say(&b);
    arena_rewind(all.scratch, m);
}

/* ---- one transfer ---- */

static long status_of(struct job *j)
{
    long status = 0;
    curl_easy_getinfo(j->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_file_url(const struct job *j)
{
    return strncmp(j->url, "file:", 5) == 0;
}

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    struct job *j = user;
    struct str line = str_trim((struct str){p, size * n});
    if (str_starts(line, S("HTTP/"))) /* of the next response, after a redirect */
        j->answer_headers.n = 0;
    ptrdiff_t colon = str_chr(line, ':');
    if (colon <= 0 || j->answer_headers.n + line.n + 2 > WIRE_HEADERS_MAX)
        return size * n;
    buf_add(&j->answer_headers, str_lower(j->arena, str_sub(line, 0, (size_t)colon)));
    buf_add(&j->answer_headers, str_from(line, (size_t)colon));
    buf_char(&j->answer_headers, '\n');
    return size * n;
}

static struct str header_value(struct job *j, struct str name)
{
    struct str rest = buf_str(&j->answer_headers), line;
    while (str_cut(&rest, '\n', &line))
        if (str_starts(line, name) && line.n > name.n && line.p[name.n] == ':')
            return str_trim(str_from(line, name.n + 1));
    return S("");
}

/* The file is opened only for a good response, so that a refusal leaves what is
 * there alone. */
static bool open_file(struct job *j, long status)
{
    bool appends = j->from > 0 && status == 206;
    if (appends) {
        struct str want = str_fmt(j->arena, "bytes %llu-", (unsigned long long)j->from);
        appends = str_starts(header_value(j, S("content-range")), want);
        if (!appends) {
            j->no_range = true;
            return false;
        }
    }
    if (!appends)
        j->from = 0;
    j->fd = open(j->file, O_WRONLY | O_CREAT | O_CLOEXEC | (appends ? O_APPEND : O_TRUNC), 0644);
    j->write_error = j->fd < 0 ? errno : 0;
    return j->fd >= 0;
}

static bool write_file(struct job *j, struct str piece, long status)
{
    if (j->fd < 0 && !open_file(j, status))
        return false;
    while (piece.n) {
        ssize_t n = write(j->fd, piece.p, piece.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            j->write_error = errno;
            return false;
        }
        piece = str_from(piece, (size_t)n);
    }
    return true;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct job *j = user;
    struct str piece = {p, size * n};
    long status = is_file_url(j) ? 200 : status_of(j);
    if (status < 200 || status >= 300) { /* a refusal's text: its beginning is enough */
        if (j->memory.n + piece.n <= REFUSAL_MAX && j->memory.n + piece.n <= j->max_bytes)
            buf_add(&j->memory, piece);
        return size * n;
    }
    if (j->from + j->bytes + piece.n > j->max_bytes) {
        j->too_large = true;
        return 0;
    }
    if (*j->file ? !write_file(j, piece, status) : false)
        return 0;
    if (!*j->file)
        buf_add(&j->memory, piece);
    j->bytes += piece.n;
    if (now_ms() - j->told >= TELL_EVERY_MS) {
        j->told = now_ms();
        say_progress(j);
    }
    return size * n;
}

/* What is asked for over https stays there: a redirect to http would hand it to whoever listens. */
static void set_protocols(struct job *j)
{
    bool downgrades = j->plain_http && strncmp(j->url, "https:", 6) != 0;
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(j->easy, CURLOPT_PROTOCOLS_STR,
                     is_file_url(j) && j->local_file ? "file"
                     : j->plain_http                 ? "https,http"
                                                     : "https");
    curl_easy_setopt(j->easy, CURLOPT_REDIR_PROTOCOLS_STR, downgrades ? "https,http" : "https");
#else
    long web = CURLPROTO_HTTPS | (j->plain_http ? CURLPROTO_HTTP : 0);
    curl_easy_setopt(j->easy, CURLOPT_PROTOCOLS,
                     is_file_url(j) && j->local_file ? (long)CURLPROTO_FILE : web);
    curl_easy_setopt(j->easy, CURLOPT_REDIR_PROTOCOLS, downgrades ? web : (long)CURLPROTO_HTTPS);
#endif
}

static const char *first_set(const char *a, const char *b)
{
    return a && *a ? a : b;
}

static void set_request(struct job *j)
{
    CURL *c = j->easy;
    curl_easy_setopt(c, CURLOPT_URL, j->url);
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, j->headers);
    if (strcmp(j->method, "HEAD") == 0) {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    } else if (j->body.n || strcmp(j->method, "POST") == 0) {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, j->body.p);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)j->body.n);
    }
    if (*j->method && strcmp(j->method, "GET") != 0 && strcmp(j->method, "HEAD") != 0 &&
        strcmp(j->method, "POST") != 0)
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, j->method);
    if (j->from)
        curl_easy_setopt(c, CURLOPT_RANGE,
                         str_fmt(j->arena, "%llu-", (unsigned long long)j->from).p);
}

static void set_trust(struct job *j)
{
    CURL *c = j->easy;
    const char *ca =
        first_set(j->ca_file, first_set(getenv("CURL_CA_BUNDLE"), getenv("SSL_CERT_FILE")));
    set_protocols(j);
    if (ca && *ca)
        curl_easy_setopt(c, CURLOPT_CAINFO, ca);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, j->insecure ? 0L : 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, j->insecure ? 0L : 2L);
    curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(c, CURLOPT_NETRC,
                     j->netrc ? (long)CURL_NETRC_OPTIONAL : (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(c, CURLOPT_UNRESTRICTED_AUTH, 0L);
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, j->redirects > 0 ? 1L : 0L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, j->redirects);
}

static void set_limits(struct job *j)
{
    CURL *c = j->easy;
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)all.connect_ms);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)all.low_speed);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)((all.idle_ms + 999) / 1000));
    curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)(j->deadline - now_ms()));
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)j->max_bytes);
}

static bool job_start(struct job *j)
{
    j->easy = curl_easy_init();
    if (!j->easy)
        return false;
    CURL *c = j->easy;
    off_t held = 0;
    if (j->resume && *j->file) {
        int fd = open(j->file, O_RDONLY | O_CLOEXEC);
        held = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
        if (fd >= 0)
            close(fd);
    }
    j->from = held > 0 ? (uint64_t)held : 0;
    j->bytes = 0;
    j->fd = -1;
    j->memory = j->answer_headers = (struct buf){.arena = j->arena};
    j->too_large = j->no_range = false;
    j->write_error = 0;
    j->error[0] = 0;
    set_request(j);
    set_trust(j);
    set_limits(j);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "dfix/" DFIX_VERSION);
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, j->error);
    curl_easy_setopt(c, CURLOPT_PRIVATE, j);
    curl_easy_setopt(c, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(c, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, j);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, j);
    if (curl_multi_add_handle(all.multi, c) != CURLM_OK)
        return false;
    all.active++;
    return true;
}

/* ---- the end of a try ---- */

static void job_stop(struct job *j)
{
    if (j->fd >= 0 && close(j->fd) < 0 && !j->write_error)
        j->write_error = errno;
    j->fd = -1;
}

static void job_free(struct job *j)
{
    for (struct job **p = &all.jobs; *p; p = &(*p)->next)
        if (*p == j) {
            *p = j->next;
            break;
        }
    curl_slist_free_all(j->headers);
    arena_close(j->arena);
}

static void easy_free(struct job *j)
{
    if (!j->easy)
        return;
    curl_multi_remove_handle(all.multi, j->easy);
    curl_easy_cleanup(j->easy);
    j->easy = NULL;
    all.active--;
}

static bool lost(struct job *j, CURLcode code)
{
    curl_off_t connected = 0;
    switch (code) {
    case CURLE_OPERATION_TIMEDOUT: /* a host that does not even answer is not asked again */
        curl_easy_getinfo(j->easy, CURLINFO_CONNECT_TIME_T, &connected);
        return connected > 0;
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

/* Milliseconds to wait before the next try; negative: there is none. */
static int64_t retry_in(struct job *j, CURLcode code, long status)
{
    bool asks_only = !*j->method || strcmp(j->method, "GET") == 0 || strcmp(j->method, "HEAD") == 0;
    bool not_done = status == 429 || status == 503; /* said before anything was done */
    bool again = code == CURLE_OK && (not_done || (asks_only && (status == 408 || status == 500 ||
                                                                 status == 502 || status == 504)));
    if (code != CURLE_OK)
        again = asks_only && lost(j, code) && !j->too_large && !j->write_error;
    if (j->no_range && j->resume) { /* what is at hand is of no use: all of it, at once */
        j->resume = false;
        return 0;
    }
    if (code == CURLE_OK && status == 416 && j->resume) {
        j->resume = false;
        return 0;
    }
    if (!again || j->tries > all.retries)
        return -1;
    int64_t wait = (int64_t)(all.backoff_ms << (j->tries < 8 ? j->tries - 1 : 7));
    curl_off_t asked = 0;
    curl_easy_getinfo(j->easy, CURLINFO_RETRY_AFTER, &asked);
    if (asked > 0) {
        if ((uint64_t)asked > all.retry_after_ms / 1000)
            return -1;
        wait = (int64_t)asked * 1000;
    }
    return now_ms() + wait < j->deadline ? wait : -1;
}

static const char *failure(struct job *j, CURLcode code)
{
    if (j->too_large || code == CURLE_FILESIZE_EXCEEDED)
        return str_fmt(j->arena, "it is larger than the %llu bytes allowed",
                       (unsigned long long)j->max_bytes)
            .p;
    if (j->write_error)
        return str_fmt(j->arena, "cannot write %s: %s", j->file, strerror(j->write_error)).p;
    if (code == CURLE_UNSUPPORTED_PROTOCOL)
        return "a redirect leads to a protocol that is not allowed";
    return j->error[0] ? j->error : curl_easy_strerror(code);
}

static void job_ended(struct job *j, CURLcode code)
{
    long status = is_file_url(j) && code == CURLE_OK ? 200 : status_of(j);
    bool good = status >= 200 && status < 300;
    if (code == CURLE_OK && good && *j->file && j->fd < 0 && status != 204 &&
        strcmp(j->method, "HEAD") != 0 && !open_file(j, status))
        code = CURLE_WRITE_ERROR; /* an empty file is a file too */
    job_stop(j);
    if (code == CURLE_OK && j->write_error)
        code = CURLE_WRITE_ERROR;
    int64_t wait = retry_in(j, code, status);
    if (wait >= 0) {
        easy_free(j);
        j->tries++;
        j->not_before = now_ms() + wait;
        return;
    }
    say_answer(j, status, code == CURLE_OK ? NULL : failure(j, code));
    easy_free(j);
    job_free(j);
}

/* ---- hearing ---- */

static void take_hello(struct str fields)
{
    struct str value;
    for (int tag; (tag = wire_field(&fields, &value)) > 0;) {
        uint64_t n = wire_u64(value);
        if (tag == WIRE_VERSION && !str_eq(value, S(DFIX_VERSION)))
            refuse("dfix-fetch is of version " DFIX_VERSION ", not that of dfix: install both "
                   "from one release");
        else if (tag == WIRE_CONNECT_MS)
            all.connect_ms = n;
        else if (tag == WIRE_IDLE_MS)
            all.idle_ms = n;
        else if (tag == WIRE_LOW_SPEED)
            all.low_speed = n;
        else if (tag == WIRE_TOTAL_MS)
            all.total_ms = n;
        else if (tag == WIRE_RETRIES)
            all.retries = n;
        else if (tag == WIRE_BACKOFF_MS)
            all.backoff_ms = n;
        else if (tag == WIRE_RETRY_AFTER_MS)
            all.retry_after_ms = n;
    }
    all.greeted = true;
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
        j->headers = curl_slist_append(j->headers, str_cstr(j->arena, value));
    else if (tag == WIRE_BODY)
        j->body = str_dup(j->arena, value);
    else if (tag == WIRE_FILE)
        j->file = str_cstr(j->arena, value);
    else if (tag == WIRE_CA_FILE)
        j->ca_file = str_cstr(j->arena, value);
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

static void take_request(struct str fields)
{
    struct arena *a = arena_open();
    struct job *j = arena_new(a, struct job, 1);
    *j = (struct job){.arena = a,
                      .url = "",
                      .method = "",
                      .file = "",
                      .ca_file = "",
                      .fd = -1,
                      .tries = 1,
                      .body = S("")};
    struct str value;
    for (int tag; (tag = wire_field(&fields, &value)) > 0;)
        job_set(j, tag, value);
    j->start = now_ms();
    j->deadline = j->start + (int64_t)all.total_ms;
    struct job **last = &all.jobs;
    while (*last)
        last = &(*last)->next;
    *last = j;
}

/* False: the other end closed. */
static bool hear(void)
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
            take_hello(fields);
        else if (kind == WIRE_REQUEST && all.greeted)
            take_request(fields);
        else
            refuse("dfix-fetch got a message that it does not know");
    }
    n = rest.n;
    memmove(in, rest.p, n);
    return true;
}

/* ---- the loop ---- */

/* Start what is due; milliseconds until the next one is. */
static int start_due(void)
{
    int64_t now = now_ms(), wait = 60000;
    for (struct job *j = all.jobs, *next; j; j = next) {
        next = j->next;
        if (j->easy)
            continue;
        if (j->not_before > now) {
            wait = j->not_before - now < wait ? j->not_before - now : wait;
        } else if (all.active < ACTIVE_MAX && !job_start(j)) {
            say_answer(j, 0, "libcurl cannot start a transfer");
            if (j->easy)
                curl_easy_cleanup(j->easy);
            job_free(j);
        }
    }
    return (int)wait;
}

static void take_finished(void)
{
    CURLMsg *m;
    for (int left; (m = curl_multi_info_read(all.multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE)
            continue;
        char *user = NULL;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &user);
        job_ended((struct job *)(void *)user, code);
    }
}

int main(void)
{
    int type;
    socklen_t n = sizeof type;
    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_TYPE, &type, &n) < 0) {
        fputs("dfix-fetch is started by dfix and is of no use alone\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    all.scratch = arena_open();
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(all.multi = curl_multi_init()))
        refuse("libcurl does not start");
    for (;;) {
        struct curl_waitfd from = {.fd = STDIN_FILENO, .events = CURL_WAIT_POLLIN};
        int running;
        curl_multi_perform(all.multi, &running);
        take_finished();
        if (curl_multi_poll(all.multi, &from, 1, start_due(), NULL) != CURLM_OK || !hear())
            return 0;
    }
}
