/* fetcher.h - the parts of dfix-fetch and what they share.
 *
 *     main.c      hears requests, keeps the list of jobs, ends when dfix does
 *     transfer.c  one try of a job: what libcurl is told, and what it tells
 *     ends.c      the end of a try: done, once more, given up
 *     hosts.c     hosts that did not answer, and how many jobs each may have
 *     tell.c      what dfix is told
 *
 * One thread; the only program that loads libcurl. */
#ifndef DFIX_FETCHER_H
#define DFIX_FETCHER_H

#include <curl/curl.h>

#include "host/clock.h"
#include "host/fetch_wire.h"

enum { ACTIVE_MAX = 32, HOST_ACTIVE_MAX = 12, REFUSAL_MAX = 256 << 10, ORIGIN_MAX = 300 };

struct limits {
    uint64_t connect_ms, idle_ms, slow_ms, low_speed, total_ms;
    uint64_t retries, backoff_ms, retry_after_ms;
};

struct work {
    CURLM *multi;
    struct job *jobs;
    unsigned active;
    struct limits limits;
    bool greeted;
    struct arena *scratch, *arena;
    struct host *hosts;
    int64_t blocked; /* ms in all that dfix did not listen: no host's fault */
};

/* As it was asked for: "https://host:443". */
struct host {
    struct host *next, *any; /* any: the same in whatever protocol, "//host:443" */
    const char *origin;
    unsigned active, stalls;
    bool silent;
};

struct job {
    struct job *next;
    struct work *work;
    struct arena *arena;
    uint64_t id, max_bytes;
    const char *url, *method, *file, *ca_file, *proxy;
    struct host *host; /* of `url` */
    struct str body;
    struct curl_slist *headers;
    long redirects;
    bool resume, plain_http, local_file, insecure, netrc;
    /* This try. */
    CURL *easy;
    int fd; /* of `file`, once a good response has a body */
    uint64_t from, bytes, expected, refused, header_bytes;
    struct buf memory, answer_headers;
    bool too_large, no_range, refusal_cut, headers_too_long, into_silence, redirected;
    int write_error;
    char error[CURL_ERROR_SIZE];
    const char *given_up;  /* why nobody waits for it any longer; NULL */
    uint64_t heard;        /* bytes that came, of any kind */
    uint64_t heard_before; /* from hosts that only led on to the present one */
    int64_t heard_at, mark_at;
    uint64_t mark; /* `heard` at mark_at */
    /* Over all tries. */
    unsigned tries;
    int64_t not_before, deadline, told;
};

/* clock_ms without the time that dfix did not listen. */
int64_t waited_ms(const struct work *w);

/* ---- tell.c ---- */

void tell_progress(struct job *j);
/* `error` NULL: none. `local`: the fault is this machine's and says nothing of the host. */
void tell_answer(struct job *j, long status, const char *error, bool local);
void refuse(struct work *w, const char *why); /* and end */

/* ---- transfer.c ---- */

bool job_start(struct job *j);
void job_stop(struct job *j); /* take it from libcurl; it stays a job */
bool job_open_file(struct job *j, long status);
bool job_close_file(struct job *j);
long job_status(struct job *j);
bool job_is_file(const struct job *j);

/* ---- ends.c ---- */

void job_ended(struct job *j, CURLcode code);
/* Give up those that have waited too long; ms until the next one may have. */
int64_t jobs_watch(struct work *w);
void job_free(struct job *j);

/* ---- hosts.c ---- */

/* "https://host:443" of a URL; "" when it has no host. */
void origin_of(const char *url, char out[ORIGIN_MAX]);
struct host *origin_host(struct work *w, const char *origin);
/* A host is silent after the first request that it did not answer at all, or the second that
 * it left unfinished. `connected`: it was reached, but did not speak this protocol. */
void host_is_silent(struct host *h, bool connected);
void host_stalled(struct host *h);
bool host_was_silent(const struct host *h);

#endif
