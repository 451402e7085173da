/* ends.c - the end of a try: the job is done, is tried once more, or is given up. */
#include "fetcher/fetcher.h"

#include <stdlib.h>
#include <string.h>

void job_free(struct job *j)
{
    for (struct job **p = &j->work->jobs; *p; p = &(*p)->next)
        if (*p == j) {
            *p = j->next;
            break;
        }
    curl_slist_free_all(j->headers);
    arena_close(j->arena);
}

/* ---- once more? ---- */

static bool only_asks(const struct job *j)
{
    return !*j->method || strcmp(j->method, "GET") == 0 || strcmp(j->method, "HEAD") == 0;
}

static bool lost(CURLcode code)
{
    switch (code) {
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default: /* a host that does not even answer is not asked again */
        return false;
    }
}

static bool may_help(const struct job *j, CURLcode code, long status)
{
    if (code != CURLE_OK)
        return only_asks(j) && lost(code) && !j->too_large && !j->write_error && !j->given_up;
    if (status == 429 || status == 503) /* said before anything was done */
        return true;
    return only_asks(j) && (status == 408 || status == 500 || status == 502 || status == 504);
}

/* Milliseconds to wait before the next try; negative: there is none. */
static int64_t retry_in(struct job *j, CURLcode code, long status)
{
    const struct limits *l = &j->work->limits;
    bool useless = j->no_range || (code == CURLE_OK && status == 416);
    if (useless && j->resume) { /* what is at hand is of no use: all of it, at once */
        j->resume = false;
        return 0;
    }
    if (!may_help(j, code, status) || j->tries > l->retries)
        return -1;
    int64_t wait = (int64_t)(l->backoff_ms << (j->tries < 8 ? j->tries - 1 : 7));
    curl_off_t asked = 0;
    curl_easy_getinfo(j->easy, CURLINFO_RETRY_AFTER, &asked);
    if (asked > 0) {
        if ((uint64_t)asked > l->retry_after_ms / 1000)
            return -1;
        wait = (int64_t)asked * 1000;
    }
    return clock_ms() + wait < j->deadline ? wait : -1;
}

/* ---- whose fault? ---- */

static bool is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

/* What fails on the way to a proxy says nothing of the host behind it. */
static bool may_use_proxy(const struct job *j)
{
    bool https = strncmp(j->url, "https:", 6) == 0;
    if (*j->proxy)
        return strcmp(j->proxy, "DIRECT") != 0;
    return is_set("all_proxy") || is_set("ALL_PROXY") ||
           (https ? is_set("https_proxy") || is_set("HTTPS_PROXY") : is_set("http_proxy"));
}

static bool is_local(const struct job *j, CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
#endif
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
        return true;
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
        return j->heard == 0 && may_use_proxy(j);
    default:
        return j->write_error != 0;
    }
}

static bool was_connected(struct job *j)
{
    curl_off_t connected = 0;
    curl_easy_getinfo(j->easy, CURLINFO_CONNECT_TIME_T, &connected);
    return connected > 0;
}

/* Remember who let us wait. */
static void blame(struct job *j, CURLcode code)
{
    char origin[ORIGIN_MAX];
    const char *url = NULL;
    curl_easy_getinfo(j->easy, CURLINFO_EFFECTIVE_URL, &url);
    origin_of(url ? url : j->url, origin);
    struct host *h = origin_host(j->work, origin);
    if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
        host_is_silent(h, false);
    else if (code == CURLE_OPERATION_TIMEDOUT && j->heard == j->heard_before)
        host_is_silent(h, was_connected(j));
    else if (j->given_up)
        host_stalled(h);
}

static const char *failure(struct job *j, CURLcode code)
{
    if (j->given_up)
        return j->given_up;
    if (j->into_silence)
        return "it redirects to a host that has not answered in this run";
    if (j->headers_too_long)
        return "its headers are endless";
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

/* ---- the end ---- */

/* An empty file is a file too. */
static bool lacks_file(const struct job *j, long status)
{
    return status >= 200 && status < 300 && status != 204 && *j->file && j->fd < 0 &&
           strcmp(j->method, "HEAD") != 0;
}

void job_ended(struct job *j, CURLcode code)
{
    if (code == CURLE_WRITE_ERROR && j->refusal_cut) /* enough of it was read */
        code = CURLE_OK;
    long status = job_is_file(j) && code == CURLE_OK ? 200 : job_status(j);
    if (code == CURLE_OK && lacks_file(j, status) && !job_open_file(j, status))
        code = CURLE_WRITE_ERROR;
    if (!job_close_file(j) && code == CURLE_OK)
        code = CURLE_WRITE_ERROR;
    int64_t wait = retry_in(j, code, status);
    if (wait >= 0) {
        job_stop(j);
        j->tries++;
        j->not_before = clock_ms() + wait;
        return;
    }
    if (code != CURLE_OK)
        blame(j, code);
    tell_answer(j, status, code == CURLE_OK ? NULL : failure(j, code), is_local(j, code));
    job_stop(j);
    job_free(j);
}

/* ---- giving up ---- */

static const char *seconds(struct job *j, const char *what, uint64_t ms)
{
    return str_fmt(j->arena, "%s%g s", what, (double)ms / 1000).p;
}

/* Milliseconds until this one may have waited too long; 0: it has. */
static int64_t patience(struct job *j, int64_t now)
{
    const struct limits *l = &j->work->limits;
    int64_t idle = j->heard_at + (int64_t)l->idle_ms - now;
    int64_t slow = j->mark_at + (int64_t)l->slow_ms - now;
    if (idle <= 0) {
        j->given_up = seconds(j, "no data arrived for ", l->idle_ms);
        return 0;
    }
    if (slow <= 0 && j->heard - j->mark < l->low_speed * l->slow_ms / 1000) {
        j->given_up = seconds(j,
                              str_fmt(j->arena, "fewer than %llu bytes a second arrived for ",
                                      (unsigned long long)l->low_speed)
                                  .p,
                              l->slow_ms);
        return 0;
    }
    if (slow <= 0) {
        j->mark = j->heard;
        j->mark_at = now;
        slow = (int64_t)l->slow_ms;
    }
    return idle < slow ? idle : slow;
}

int64_t jobs_watch(struct work *w)
{
    int64_t next_in = 60000;
    for (struct job *j = w->jobs, *next; j; j = next) {
        next = j->next;
        if (!j->easy || job_is_file(j))
            continue;
        int64_t left = patience(j, waited_ms(w));
        if (left <= 0)
            job_ended(j, CURLE_OPERATION_TIMEDOUT);
        else if (left < next_in)
            next_in = left;
    }
    return next_in;
}
