/* fetch.h - requests to the world. They are made by a helper program,
 * dfix-fetch, the only one that loads libcurl: a run that fetches nothing pays
 * nothing for it, and the process that reads network protocols is not the one
 * that reads files and writes them.
 *
 * A request is queued with fetch_add and lives with its caller until `done` was
 * called for it; fetch_run works on all of them at the same time. `done` may
 * queue more (a token was asked for, now comes the thing itself). The helper is
 * started by the first request and stays until fetch_close. One thread at a time.
 *
 * The helper is DFIX_FETCH from the environment, else `dfix-fetch` beside the
 * running program, in DFIX_LIBEXEC, in ../libexec/dfix from the program, or
 * where it was installed.
 *
 * No wait is without end: a connection, silence, a trickle, a request and the run
 * have their limits, and a host that did not answer is not asked again. */
#ifndef DFIX_FETCH_H
#define DFIX_FETCH_H

#include "dfix/base.h"
#include "host/clock.h"

struct fetcher;

/* How much has come of everything queued so far, for a face to show. Called when something
 * came, and a few times a second while nothing comes; the last call has `ended`. */
struct fetch_progress {
    size_t requests, finished;
    uint64_t bytes, expected; /* expected: of what is on its way, as far as is known */
    int64_t waited_ms;        /* since fetch_run began */
    struct str url;           /* the one that has waited longest; "" none any more */
    bool ended;
};

/* 0 anywhere: the default named beside it. */
struct fetch_settings {
    unsigned connect_ms;     /* 15 s, or idle_ms when that is less: until a connection stands */
    unsigned idle_ms;        /* 30 s: as long without a byte ends a transfer */
    unsigned slow_ms;        /* twice idle_ms: below `low_speed` in all of it ends one too */
    unsigned low_speed;      /* 1000 bytes a second */
    unsigned total_ms;       /* 30 min: one request with all its tries */
    unsigned retries;        /* 3 more tries after 408, 429, 5xx, a lost connection */
    unsigned backoff_ms;     /* 500 ms, doubled each time */
    unsigned retry_after_ms; /* 20 s: the most that Retry-After may ask for */
    bool no_retries;
    int64_t deadline; /* clock_ms() from which on nothing is waited for; 0: none */
    struct str late;  /* what a request says that it ended */
    /* Folders that all files of requests are in, which are there: the helper writes nowhere else.
     * None: it writes where it is told to. */
    const struct str *folder;
    size_t nfolder;
    void (*progress)(void *user, const struct fetch_progress *p); /* NULL: none */
    void *user;
};

enum { FETCH_NO_REDIRECTS = -1 };

struct fetch_request {
    /* What is asked; the slices are the caller's until `done`. */
    struct str url;           /* http, https, file */
    struct str method;        /* "": GET */
    const struct str *header; /* "Name: value", no line ends; Authorization goes to
                                 the first host only, never on to another by redirect */
    size_t nheader;
    struct str body;
    struct str file;           /* the answer's body goes into this file; "": memory */
    bool resume;               /* `file`: keep what it holds and ask for the rest */
    uint64_t max_bytes;        /* 0: 4 MiB in memory, 1 GiB in a file; more is an error */
    int redirects;             /* most to follow; 0: 8; FETCH_NO_REDIRECTS: 3xx is the answer */
    bool plain_http;           /* http:// is allowed, and redirects from there to it */
    bool local_file;           /* file:// is allowed */
    bool insecure;             /* certificates are not checked */
    bool netrc;                /* user and password from ~/.netrc when it has the host */
    struct str ca_file;        /* PEM; "": the system's */
    struct str proxy;          /* "": the environment's; "DIRECT": none */
    struct str etag, modified; /* of the copy at hand: If-None-Match, If-Modified-Since */
    struct arena *arena;       /* where the answer is put */
    void (*done)(struct fetcher *f, struct fetch_request *r); /* may be NULL */
    void *user;

    /* What was answered. */
    bool finished;
    bool local;        /* an error that says nothing of the host: no helper, a full disk, the
                          deadline, a proxy; not to be remembered of it */
    unsigned status;   /* of the last response; 0: none came. file:// gives 200 */
    struct str error;  /* not "": no answer, or not a whole one; for people, names the URL */
    struct str answer; /* the body, when it went to memory */
    uint64_t bytes;    /* of the body */
    struct str final_url;
    struct str headers; /* of the last response: "name: value\n", names in lower case */
};

/* Nothing happens until the first request. `s` may be NULL. */
struct fetcher *fetch_open(const struct fetch_settings *s);
void fetch_close(struct fetcher *f);
/* Nothing is under way: from now on another deadline holds; 0: none. */
void fetch_renew(struct fetcher *f, int64_t deadline);

void fetch_add(struct fetcher *f, struct fetch_request *r);
/* Until all that was added is finished. An error is told in each request. */
void fetch_run(struct fetcher *f);
/* Until something more is finished, and for what else comes within this time. False: nothing is
 * left to wait for. */
bool fetch_some(struct fetcher *f, int64_t ms);
/* What is added from here on belongs to this group, and so does what its `done` adds. */
void fetch_group(struct fetcher *f, const void *group);
/* Is anything of the group unfinished? NULL: of any. */
bool fetch_under_way(const struct fetcher *f, const void *group);
/* The deadline has cut something off. */
bool fetch_was_late(const struct fetcher *f);
/* Both for one list; true when every one has status 2xx or 304 and no error. */
bool fetch_all(struct fetcher *f, struct fetch_request *r, size_t n);

/* A header of the answer by its name in lower case; "" when it is not there. */
struct str fetch_header(const struct fetch_request *r, struct str name);
/* A whole answer with status 2xx. */
bool fetch_ok(const struct fetch_request *r);

#endif
