/* api.c - a host's requests: one at a time, JSON both ways, and what each refusal means. A limit of
 * the host's is waited for when that is short; else it postpones what was to be done. */
#include "faces/bot/host.h"

#include <stdlib.h>
#include <time.h>

#include "dfix/date.h"
#include "host/json.h"

enum { ANSWER_MAX = 32 << 20, WAIT_MAX = 60, WAITS = 3, HEADERS = 6 };

/* "10:00" and more such pairs of digits, as seconds of a day (or minutes of an hour). */
static bool read_pairs(struct str text, size_t n, int64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        struct str part = str_sub(text, 3 * i, 3 * i + 2);
        if (part.p[0] < '0' || part.p[0] > '9' || part.p[1] < '0' || part.p[1] > '9')
            return false;
        *out = *out * 60 + (part.p[0] - '0') * 10 + part.p[1] - '0';
    }
    return true;
}

int64_t api_time(struct str text)
{
    int64_t days, seconds, ahead = 0;
    size_t at = 19;

    if (text.n < at || !date_read(str_sub(text, 0, 10), &days) ||
        !read_pairs(str_from(text, 11), 3, &seconds))
        return 0;
    while (at < text.n && (text.p[at] == '.' || (text.p[at] >= '0' && text.p[at] <= '9')))
        at++;
    bool zone = text.n == at + 6 && (text.p[at] == '+' || text.p[at] == '-');
    if (zone && !read_pairs(str_from(text, at + 1), 2, &ahead))
        return 0;
    ahead *= zone && text.p[at] == '-' ? -60 : 60;
    return days * 86400 + seconds - ahead;
}

/* ---- one request ---- */

static int64_t number_of(struct str text)
{
    int64_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return -1;
        n = n < INT32_MAX ? n * 10 + (text.p[i] - '0') : n;
    }
    return text.n ? n : -1;
}

static void ask(struct hosted *h, struct fetch_request *q, const char *method, struct str path,
                struct str body)
{
    struct arena *a = h->arena;
    struct str *header = arena_new(a, struct str, HEADERS);
    size_t n = 0;
    struct str none = S("");

    header[n++] = S("Accept: application/json");
    if (h->host == &host_github)
        header[n++] = S("X-GitHub-Api-Version: 2022-11-28");
    if (body.n)
        header[n++] = S("Content-Type: application/json");
    if (h->authorization.n)
        header[n++] = h->authorization;
    *q = (struct fetch_request){.url = str_fmt(a, STR_FMT STR_FMT, STR_ARG(h->api), STR_ARG(path)),
                                .method = str_of(method),
                                .header = header,
                                .nheader = n,
                                .body = body,
                                .file = none,
                                .max_bytes = ANSWER_MAX,
                                .redirects = FETCH_NO_REDIRECTS,
                                .plain_http = remote_is_loopback(h->repo->remote.host),
                                .netrc = !h->authorization.n,
                                .ca_file = none,
                                .proxy = none,
                                .etag = none,
                                .modified = none,
                                .arena = a};
    fetch_add(h->fetcher, q);
    fetch_run(h->fetcher);
    h->status = q->status;
    h->total = number_of(fetch_header(q, S("x-total-count")));
}

/* What the host's own words add: "message", and the first of "errors". */
static struct str words_of(struct arena *a, struct str answer)
{
    json_t *o = json_object_of(answer);
    json_t *first = json_array_get(json_object_get(o, "errors"), 0);
    struct str message = json_text(a, o, "message"), detail = json_text(a, first, "message");

    if (!message.n)
        message = json_text(a, o, "error");
    if (!message.n)
        message = json_text_of(a, json_array_get(json_object_get(o, "message"), 0));
    if (!detail.n)
        detail = json_text(a, first, "code");
    json_decref(o);
    struct str both =
        detail.n ? str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(message), STR_ARG(detail)) : message;
    return both.n > 200 ? str_sub(both, 0, 200) : both;
}

/* "120", or the moment when; negative: it is not told. */
static int64_t retry_after(const struct fetch_request *q)
{
    struct str text = fetch_header(q, S("retry-after"));
    int64_t at, after = number_of(text);

    if (after >= 0 || !date_read_moment(text, &at))
        return after;
    at -= (int64_t)time(NULL);
    return at < 0 ? 0 : at;
}

/* Some limits are told by words alone. */
static bool speaks_of_limit(struct arena *a, struct str answer)
{
    struct str words = str_lower(a, words_of(a, answer));

    return str_find(words, S("rate limit")) != STR_NONE ||
           str_find(words, S("abuse detection")) != STR_NONE;
}

/* Seconds until the host wants to be asked again; negative: no limit of its was met. */
static int64_t limit_of(struct arena *a, const struct fetch_request *q)
{
    int64_t after = retry_after(q);
    struct str at = fetch_header(q, S("x-ratelimit-reset"));
    int64_t reset = number_of(at.n ? at : fetch_header(q, S("ratelimit-reset")));
    bool used_up = str_eq(fetch_header(q, S("x-ratelimit-remaining")), S("0")) ||
                   str_eq(fetch_header(q, S("ratelimit-remaining")), S("0"));

    if (q->status != 429 && q->status != 403)
        return -1;
    if (after >= 0)
        return after;
    if (!used_up)
        return q->status == 429 || speaks_of_limit(a, q->answer) ? WAIT_MAX + 1 : -1;
    int64_t left = reset - (int64_t)time(NULL);
    return reset < 0 ? WAIT_MAX + 1 : left < 0 ? 0 : left;
}

static void wait_for(int64_t seconds)
{
    struct timespec t = {.tv_sec = (time_t)seconds, .tv_nsec = 100 * 1000 * 1000};

    nanosleep(&t, NULL);
}

/* ---- refusals ---- */

static const char *advice_of(unsigned status)
{
    switch (status) {
    case 401:
        return "; the token is missing, wrong or expired: set DFIX_TOKEN";
    case 403:
        return "; the token may not do this: it needs to write contents, pull requests and issues";
    case 404:
        return "; there is no such thing, or the token may not see it";
    case 409:
        return "; something else changed it meanwhile: the next run goes on";
    case 422:
        return "";
    case 301:
    case 302:
    case 307:
    case 308:
        return "; the repository has moved: name it by its new URL";
    default:
        return status >= 500 ? "; the host is in trouble: the next run goes on" : "";
    }
}

static bool refuse(struct hosted *h, const struct fetch_request *q, const char *method,
                   struct str path, struct err *e)
{
    struct arena *a = h->arena;
    struct str why = q->error;

    if (q->error.n) {
        h->postponed = !q->local;
        return err_set(e, STR_FMT, STR_ARG(secrets_hide(a, &h->repo->bot->secrets, why)));
    }
    h->postponed = q->status >= 500 || q->status == 409;
    ptrdiff_t query = str_chr(path, '?');
    if (query != STR_NONE)
        path = str_sub(path, 0, (size_t)query);
    struct str words = words_of(a, q->answer);
    why = str_fmt(a, "%s " STR_FMT " was answered with %u%s" STR_FMT "%s", method, STR_ARG(path),
                  q->status, words.n ? ": " : "", STR_ARG(words), advice_of(q->status));
    return err_set(e, STR_FMT, STR_ARG(secrets_hide(a, &h->repo->bot->secrets, why)));
}

/* Of this host, which all repositories of a run share. */
static struct host_limit *limit_for(struct hosted *h)
{
    struct bot *b = h->repo->bot;

    for (size_t i = 0; i < b->limited.n; i++)
        if (str_eq(b->limited.v[i].api, h->api))
            return &b->limited.v[i];
    vec_push(b->arena, &b->limited, (struct host_limit){str_dup(b->arena, h->api), 0});
    return &b->limited.v[b->limited.n - 1];
}

static bool refuse_limit(struct hosted *h, int64_t seconds, struct err *e)
{
    limit_for(h)->until = (int64_t)time(NULL) + seconds;
    h->postponed = h->repo->put_off = true;
    return err_set(e, "the host wants to be asked again in %lld s; the next run goes on",
                   (long long)seconds);
}

bool api_call(struct hosted *h, const char *method, struct str path, json_t *body, json_t **answer,
              struct err *e)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct str said = str_dup(h->arena, str_of(text));
    struct fetch_request q;

    free(text);
    json_decref(body);
    if (answer)
        *answer = NULL;
    int64_t left = limit_for(h)->until - (int64_t)time(NULL);
    if (left > WAIT_MAX)
        return refuse_limit(h, left, e);
    for (int i = 0;; i++) {
        ask(h, &q, method, path, said);
        int64_t wait = q.error.n ? -1 : limit_of(h->arena, &q);
        if (wait < 0)
            break;
        if (wait > WAIT_MAX || i == WAITS)
            return refuse_limit(h, wait, e);
        wait_for(wait);
    }
    if (!fetch_ok(&q))
        return refuse(h, &q, method, path, e);
    if (!answer)
        return true;
    *answer = json_loadb(q.answer.p, q.answer.n, 0, NULL);
    return *answer || err_set(e, "%s " STR_FMT ": the answer is not JSON", method, STR_ARG(path));
}
