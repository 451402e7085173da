/* Calls to registries: plain http or https, login, tokens, retries after a refusal. */
#include "registry/client.h"

#include <string.h>

#include "dfix/coding.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/document.h"

enum { TOKEN_ANSWER_MAX = 1024 * 1024 };

enum auth { AUTH_NONE, AUTH_BASIC, AUTH_BEARER };
enum host_state { HOST_NEW, HOST_ASKED, HOST_READY, HOST_DEAD };

struct host {
    struct host *next;
    struct client *client;
    struct str domain, address; /* "docker.io", "registry-1.docker.io" */
    bool insecure;              /* policy lets it speak http, or show any certificate */
    const char *scheme;
    int64_t asked; /* how often, but for HEAD and logins */
    enum host_state state;
    enum auth auth;
    struct str realm, service;
    struct str why;          /* HOST_DEAD */
    bool unreachable, local; /* local: this machine's fault, not the host's */
    struct call *waiting;
    struct fetch_request ping;
    struct arena *answer; /* of the ping */
};

enum token_state { TOKEN_NONE, TOKEN_ASKED, TOKEN_READY, TOKEN_REFUSED };

struct client_repository {
    struct client_repository *next;
    struct host *host;
    struct str path;
    bool looked_up, has_login;
    struct login login;
    enum token_state state;
    struct str token; /* what stands behind "Authorization: " */
    struct str why;
    struct call *waiting;
    struct fetch_request request;
    struct arena *answer; /* of the request */
    struct str header[2];
};

struct client {
    struct arena *arena;
    const struct settings *settings;
    struct host *hosts;
    struct client_repository *repositories;
    struct credentials credentials;
    uint64_t *documents; /* bytes that may still come */
    void (*warn)(void *user, const char *text);
    void *user;
};

struct client *client_open(struct arena *a, const struct settings *s, uint64_t *documents,
                           void (*warn)(void *user, const char *text), void *user)
{
    struct client *k = arena_new(a, struct client, 1);
    *k = (struct client){.arena = a,
                         .settings = s,
                         .documents = documents,
                         .credentials = {.arena = a},
                         .warn = warn,
                         .user = user};
    return k;
}

static bool may_be_insecure(const struct settings *s, struct str domain)
{
    for (size_t i = 0; i < s->ninsecure; i++)
        if (str_ieq(s->insecure[i], domain))
            return true;
    return false;
}

static struct host *host_of(struct client *k, struct str domain)
{
    for (struct host *h = k->hosts; h; h = h->next)
        if (str_eq(h->domain, domain))
            return h;
    struct host *h = arena_new(k->arena, struct host, 1);
    *h = (struct host){.next = k->hosts,
                       .client = k,
                       .domain = str_dup(k->arena, domain),
                       .insecure = may_be_insecure(k->settings, domain),
                       .realm = S(""),
                       .service = S(""),
                       .why = S("")};
    h->address = str_eq(domain, S("docker.io")) ? S("registry-1.docker.io") : h->domain;
    h->scheme = "https";
    k->hosts = h;
    return h;
}

static struct client_repository *repository_of(struct client *k, struct str domain, struct str path)
{
    for (struct client_repository *r = k->repositories; r; r = r->next)
        if (str_eq(r->path, path) && str_eq(r->host->domain, domain))
            return r;
    struct client_repository *r = arena_new(k->arena, struct client_repository, 1);
    *r = (struct client_repository){.next = k->repositories,
                                    .host = host_of(k, domain),
                                    .path = str_dup(k->arena, path),
                                    .token = S(""),
                                    .why = S("")};
    k->repositories = r;
    return r;
}

/* ---- ends ---- */

/* The answer lives until `done` is through with it, which may send the same call anew. */
static void finish(struct fetcher *f, struct call *c, unsigned status, struct str why)
{
    struct arena *answer = c->arena;
    c->arena = NULL;
    c->status = status;
    c->why = why;
    c->done(f, c);
    if (answer)
        arena_close(answer);
}

/* What an answer in memory has used up of what a run takes. */
static void count(struct client *k, const struct fetch_request *r)
{
    *k->documents -= r->answer.n < *k->documents ? r->answer.n : *k->documents;
}

static void finish_denied(struct fetcher *f, struct call *c, struct str why)
{
    c->denied = true;
    finish(f, c, 0, why);
}

/* That is no fault of this image's: not to be remembered of it. */
static void finish_sated(struct fetcher *f, struct call *c)
{
    c->request.local = true;
    finish(f, c, 0, S("this run reached its limit of registry data"));
}

/* Nor is that. What is asked by HEAD does not count, as it does not at Docker's: the next run has
 * its whole allowance for what this one leaves. */
static bool may_send(struct host *h, const struct call *c)
{
    int64_t most = h->client->settings->max_requests;

    if (most == 0 || strcmp(c->method, "HEAD") == 0)
        return true;
    if (h->asked >= most)
        return false;
    h->asked++;
    return true;
}

static void finish_put_off(struct fetcher *f, struct call *c)
{
    c->request.local = true;
    finish(f, c, 0,
           str_fmt(c->repository->host->client->arena,
                   STR_FMT
                   " was asked as often in this run as policy allows (registries.requests); "
                   "the next run goes on",
                   STR_ARG(c->domain)));
}

static void proceed(struct fetcher *f, struct call *c);

/* In the order they came. */
static void wake(struct fetcher *f, struct call **waiting)
{
    struct call *list = NULL;
    while (*waiting) {
        struct call *c = *waiting;
        *waiting = c->next;
        c->next = list;
        list = c;
    }
    while (list) {
        struct call *c = list;
        list = c->next;
        proceed(f, c);
    }
}

static void wait_in(struct call **waiting, struct call *c)
{
    c->next = *waiting;
    *waiting = c;
}

/* It may, and does, since nothing answered over https. */
static bool speaks_http(const struct host *h)
{
    return strcmp(h->scheme, "http") == 0;
}

static struct fetch_request request_for(const struct host *h, struct arena *a)
{
    return (struct fetch_request){
        .arena = a,
        .plain_http = speaks_http(h),
        .insecure = h->insecure,
        .ca_file = h->client->settings->ca_file.n ? h->client->settings->ca_file : S("")};
}

/* ---- what does the host want? GET /v2/ ---- */

/* A token service must be reached as safely as the registry itself. */
static bool realm_is_safe(const struct host *h, struct str realm)
{
    for (size_t i = 0; i < realm.n; i++)
        if ((unsigned char)realm.p[i] <= ' ' || (unsigned char)realm.p[i] >= 127)
            return false;
    return str_starts(realm, S("https://")) || (speaks_http(h) && str_starts(realm, S("http://")));
}

/* The first challenge that can be met; Bearer before Basic. */
static bool take_challenge(struct host *h, const struct fetch_request *r)
{
    struct challenge list[CHALLENGES_MAX];
    struct str lines = r->headers, line;
    bool basic = false;
    while (str_cut(&lines, '\n', &line)) {
        if (!str_starts(line, S("www-authenticate:")))
            continue;
        size_t n =
            challenge_parse(h->client->arena, str_trim(str_from(line, 17)), list, CHALLENGES_MAX);
        for (size_t i = 0; i < n; i++) {
            if (str_ieq(list[i].scheme, S("Bearer")) && realm_is_safe(h, list[i].realm)) {
                h->auth = AUTH_BEARER;
                h->realm = str_dup(h->client->arena, list[i].realm);
                h->service = str_dup(h->client->arena, list[i].service);
                return true;
            }
            basic = basic || str_ieq(list[i].scheme, S("Basic"));
        }
    }
    if (basic)
        h->auth = AUTH_BASIC;
    return basic;
}

static void ping(struct fetcher *f, struct host *h);

static void on_ping(struct fetcher *f, struct fetch_request *r)
{
    struct host *h = r->user;
    bool no_https = r->status == 0 && !r->local && h->insecure && !speaks_http(h);
    if (no_https) { /* only then are credentials shown to whoever listens */
        h->scheme = "http";
        ping(f, h);
        return;
    }
    h->state = HOST_READY;
    if (r->status == 0) {
        h->state = HOST_DEAD;
        h->why = str_dup(h->client->arena, r->error);
        h->unreachable = !r->local;
        h->local = r->local;
    } else if (r->status == 401 && !take_challenge(h, r)) {
        h->state = HOST_DEAD;
        h->why = str_fmt(h->client->arena, STR_FMT " asks for an unknown or unsafe kind of login",
                         STR_ARG(h->domain));
    }
    /* Any other answer: not all registries have this page; the calls themselves will tell. */
    count(h->client, r);
    arena_close(h->answer);
    h->answer = NULL;
    wake(f, &h->waiting);
}

static void ping(struct fetcher *f, struct host *h)
{
    struct arena *a = h->client->arena;
    h->state = HOST_ASKED;
    if (!h->answer)
        h->answer = arena_open();
    h->ping = request_for(h, h->answer);
    h->ping.url = str_fmt(a, "%s://" STR_FMT "/v2/", h->scheme, STR_ARG(h->address));
    h->ping.max_bytes = TOKEN_ANSWER_MAX;
    h->ping.done = on_ping;
    h->ping.user = h;
    fetch_add(f, &h->ping);
}

/* ---- logins and tokens ---- */

static const struct login *login_of(struct client_repository *r)
{
    struct client *k = r->host->client;
    struct err e;
    if (!r->looked_up) {
        r->looked_up = true;
        struct str name =
            str_fmt(k->arena, STR_FMT "/" STR_FMT, STR_ARG(r->host->domain), STR_ARG(r->path));
        r->has_login = credentials_find(&k->credentials, name, &r->login, &e);
        if (e.text[0] && k->warn)
            k->warn(k->user, e.text);
    }
    return r->has_login ? &r->login : NULL;
}

static struct str basic_of(struct arena *a, const struct login *l)
{
    struct str both = str_fmt(a, STR_FMT ":" STR_FMT, STR_ARG(l->user), STR_ARG(l->password));
    return str_fmt(a, "Basic " STR_FMT, STR_ARG(base64_encode(a, both)));
}

static void add_scope(struct buf *b, const struct client_repository *r)
{
    struct buf scope = {.arena = b->arena};
    buf_fmt(&scope, "repository:" STR_FMT ":pull", STR_ARG(r->path));
    if (r->host->service.n) {
        buf_add(b, S("service="));
        buf_add(b, percent_encode(b->arena, r->host->service));
        buf_char(b, '&');
    }
    buf_add(b, S("scope="));
    buf_add(b, percent_encode(b->arena, buf_str(&scope)));
}

static void refuse_repository(struct client_repository *r, struct str why)
{
    r->state = TOKEN_REFUSED;
    r->why = why;
}

static struct str no_access(const struct client_repository *r)
{
    return r->has_login ? S("access was denied with the configured login")
                        : S("access was denied; it needs a login or does not exist");
}

static void on_token(struct fetcher *f, struct fetch_request *q)
{
    struct client_repository *r = q->user;
    struct arena *a = r->host->client->arena;
    struct str token = fetch_ok(q) ? token_parse(a, q->answer) : S("");
    count(r->host->client, q);
    if (token.n) {
        r->token = str_fmt(a, "Bearer " STR_FMT, STR_ARG(token));
        r->state = TOKEN_READY;
    } else if (q->status == 401 || q->status == 403) {
        refuse_repository(r, no_access(r));
    } else if (fetch_ok(q)) {
        refuse_repository(r, str_fmt(a, "the token service of " STR_FMT " gave no token",
                                     STR_ARG(r->host->domain)));
    } else {
        refuse_repository(r, q->error.n ? str_dup(a, q->error)
                                        : str_fmt(a, "the token service of " STR_FMT " answered %u",
                                                  STR_ARG(r->host->domain), q->status));
    }
    arena_close(r->answer);
    r->answer = NULL;
    wake(f, &r->waiting);
}

static void ask_token(struct fetcher *f, struct client_repository *r)
{
    struct host *h = r->host;
    struct arena *a = h->client->arena;
    const struct login *l = login_of(r);
    struct buf url = {.arena = a}, body = {.arena = a};
    r->state = TOKEN_ASKED;
    r->answer = arena_open();
    r->request = request_for(h, r->answer);
    buf_add(&url, h->realm);
    if (l && l->identity.n) {
        buf_add(&body, S("grant_type=refresh_token&client_id=dfix&"));
        add_scope(&body, r);
        buf_add(&body, S("&refresh_token="));
        buf_add(&body, percent_encode(a, l->identity));
        r->request.method = S("POST");
        r->request.body = buf_str(&body);
        r->header[r->request.nheader++] = S("Content-Type: application/x-www-form-urlencoded");
    } else {
        buf_char(&url, str_chr(h->realm, '?') == STR_NONE ? '?' : '&');
        add_scope(&url, r);
        if (l)
            r->header[r->request.nheader++] =
                str_fmt(a, "Authorization: " STR_FMT, STR_ARG(basic_of(a, l)));
    }
    r->request.url = buf_str(&url);
    r->request.header = r->header;
    r->request.max_bytes = TOKEN_ANSWER_MAX;
    r->request.done = on_token;
    r->request.user = r;
    fetch_add(f, &r->request);
}

/* True: the call may go on with what the repository's token is ("" none). */
static bool authorized(struct fetcher *f, struct call *c)
{
    struct client_repository *r = c->repository;
    switch (r->host->auth) {
    case AUTH_NONE:
        return true;
    case AUTH_BASIC:
        if (r->state == TOKEN_NONE) {
            const struct login *l = login_of(r);
            if (l && l->user.n) {
                r->token = basic_of(r->host->client->arena, l);
                r->state = TOKEN_READY;
            } else {
                refuse_repository(r, no_access(r));
            }
        }
        break;
    case AUTH_BEARER:
        if (r->state == TOKEN_NONE)
            ask_token(f, r);
        break;
    }
    switch (r->state) {
    case TOKEN_READY:
        return true;
    case TOKEN_REFUSED:
        finish_denied(f, c, r->why);
        return false;
    case TOKEN_NONE:
    case TOKEN_ASKED:
        break;
    }
    wait_in(&r->waiting, c);
    return false;
}

/* ---- the call itself ---- */

static void refused(struct fetcher *f, struct call *c)
{
    struct client_repository *r = c->repository;
    if (c->again) {
        finish_denied(f, c, no_access(r));
        return;
    }
    c->again = true;
    /* Some registries let anybody see /v2/ and ask only here. And a token may have run out:
     * but then another call may have got a new one meanwhile. */
    if (r->host->auth == AUTH_NONE && !take_challenge(r->host, &c->request)) {
        finish_denied(f, c, no_access(r));
        return;
    }
    if (r->host->auth == AUTH_BEARER && r->state == TOKEN_READY && str_eq(r->token, c->token_used))
        r->state = TOKEN_NONE;
    proceed(f, c);
}

static void on_answer(struct fetcher *f, struct fetch_request *q)
{
    struct call *c = q->user;
    struct arena *a = c->repository->host->client->arena;
    count(c->repository->host->client, q);
    c->body = q->answer;
    c->content_type = fetch_header(q, S("content-type"));
    c->digest = fetch_header(q, S("docker-content-digest"));
    c->link = fetch_header(q, S("link"));
    if (q->status == 401 && !c->again)
        refused(f, c);
    else if (q->status == 401 || q->status == 403)
        finish_denied(f, c, no_access(c->repository));
    else if (fetch_ok(q))
        finish(f, c, 200, S(""));
    else if (q->status == 404)
        finish(f, c, 404, S(""));
    else if (q->status == 429)
        finish(
            f, c, 0,
            str_fmt(
                a,
                STR_FMT
                " refused the request because its rate limit is used up; log in or try again later",
                STR_ARG(c->domain)));
    else
        finish(f, c, 0,
               q->error.n ? str_dup(a, q->error)
                          : str_fmt(a, STR_FMT " answered %u", STR_ARG(c->domain), q->status));
}

static void proceed(struct fetcher *f, struct call *c)
{
    struct host *h = c->repository->host;
    struct arena *a = h->client->arena;
    switch (h->state) {
    case HOST_NEW:
        wait_in(&h->waiting, c);
        ping(f, h);
        return;
    case HOST_ASKED:
        wait_in(&h->waiting, c);
        return;
    case HOST_DEAD:
        c->unreachable = h->unreachable;
        c->request.local = h->local;
        finish(f, c, 0, h->why);
        return;
    case HOST_READY:
        break;
    }
    if (!authorized(f, c))
        return;
    if (!c->file.n && *h->client->documents < c->max_bytes) {
        finish_sated(f, c);
        return;
    }
    if (!may_send(h, c)) {
        finish_put_off(f, c);
        return;
    }
    if (!c->arena)
        c->arena = arena_open();
    c->request = request_for(h, c->arena);
    c->token_used = c->repository->token;
    if (c->accept)
        c->header[c->request.nheader++] = str_of(c->accept);
    if (c->token_used.n)
        c->header[c->request.nheader++] =
            str_fmt(a, "Authorization: " STR_FMT, STR_ARG(c->token_used));
    c->request.header = c->header;
    c->request.method = str_of(c->method);
    c->request.url = str_fmt(a, "%s://" STR_FMT "/v2/" STR_FMT "/" STR_FMT, h->scheme,
                             STR_ARG(h->address), STR_ARG(c->path), STR_ARG(c->what));
    c->request.file = c->file;
    c->request.max_bytes = c->max_bytes;
    c->request.done = on_answer;
    c->request.user = c;
    fetch_add(f, &c->request);
}

void client_send(struct client *k, struct fetcher *f, struct call *c)
{
    c->repository = repository_of(k, c->domain, c->path);
    c->again = c->denied = c->unreachable = false;
    c->arena = NULL;
    c->token_used = S("");
    proceed(f, c);
}
