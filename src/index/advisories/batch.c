/* batch.c - OSV's API: which vulnerabilities do these components have? One request for a thousand
 * of them names ids; each document is then fetched once. */
#include "index/advisories/batch.h"

#include <string.h>

#include "dfix/pull.h"
#include "host/fetched.h"

enum { QUERIES_MOST = 1000, DOCUMENT_MAX = 8 << 20 };

enum asked_state {
    ASKED_OPEN,
    ASKED_SENT,
    ASKED_NAMED /* its documents come */,
    ASKED_KNOWN,
    ASKED_FAILED
};
struct asked {
    struct str ecosystem, name, version;
    enum asked_state state;
};
struct document {
    struct document *next;
    struct osv_batch *batch;
    struct str id, text;
    struct fetch_request request;
};
struct sending {
    struct osv_batch *batch;
    size_t first, n; /* of those asked */
    struct fetch_request request;
};
struct osv_batch {
    struct arena *arena;
    struct str url;
    osv_batch_take *take;
    void *user;
    VEC(struct asked) asked;
    struct document *document;
    size_t waiting; /* documents under way */
    struct str why; /* the last failure */
    bool failed;    /* a document could not be had */
    bool news;
};

struct osv_batch *osv_batch_open(struct arena *a, struct str url, osv_batch_take *take, void *user)
{
    struct osv_batch *b = arena_new(a, struct osv_batch, 1);
    *b = (struct osv_batch){
        .arena = a, .url = str_without_end(url, '/'), .take = take, .user = user, .why = S("")};
    return b;
}

enum answer osv_batch_ask(struct osv_batch *b, const struct component *c, struct str *why)
{
    for (size_t i = 0; i < b->asked.n; i++) {
        const struct asked *x = &b->asked.v[i];
        if (!str_eq(x->name, c->name) || !str_eq(x->version, c->version) ||
            !str_eq(x->ecosystem, c->ecosystem))
            continue;
        *why = b->why;
        if (x->state == ASKED_FAILED)
            return ANSWER_UNAVAILABLE;
        return x->state == ASKED_KNOWN ? ANSWER_FOUND : ANSWER_PENDING;
    }
    vec_push(b->arena, &b->asked,
             (struct asked){str_dup(b->arena, c->ecosystem), str_dup(b->arena, c->name),
                            str_dup(b->arena, c->version), ASKED_OPEN});
    return ANSWER_PENDING;
}

bool osv_batch_news(struct osv_batch *b)
{
    bool news = b->news;
    b->news = false;
    return news;
}

/* ---- the end of a round ---- */

static void settle(struct asked *x, size_t n, enum asked_state from, enum asked_state to)
{
    for (size_t i = 0; i < n; i++)
        if (x[i].state == from)
            x[i].state = to;
}

static void fail(struct osv_batch *b, struct asked *x, size_t n, struct str why)
{
    b->why = str_dup(b->arena, why);
    b->news = true;
    settle(x, n, ASKED_SENT, ASKED_FAILED);
    settle(x, n, ASKED_NAMED, ASKED_FAILED);
}

/* All documents that were named are here, or will not come. */
static void finish(struct osv_batch *b)
{
    struct buf all = {.arena = b->arena};
    struct err e;
    if (b->waiting)
        return;
    b->news = true;
    for (const struct document *d = b->document; d; d = d->next)
        buf_fmt(&all, STR_FMT "\n", STR_ARG(d->text));
    if (b->failed)
        fail(b, b->asked.v, b->asked.n, b->why);
    else if (all.n && !b->take(b->user, buf_str(&all), &e))
        fail(b, b->asked.v, b->asked.n, str_of(e.text));
    settle(b->asked.v, b->asked.n, ASKED_NAMED, ASKED_KNOWN);
    b->failed = false;
}

static void document_done(struct fetcher *f, struct fetch_request *r)
{
    struct document *d = r->user;
    struct osv_batch *b = d->batch;
    (void)f;
    b->waiting--;
    if (fetch_ok(r)) {
        d->text = r->answer;
    } else {
        b->failed = true;
        b->why = str_dup(b->arena, index_failure(b->arena, r));
    }
    finish(b);
}

/* ---- what an answer names ---- */

/* As ids go into a URL. */
static bool is_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != ':' && c != '_')
            return false;
    }
    return id.n > 0 && id.n <= 64;
}

static void want_document(struct osv_batch *b, struct fetcher *f, struct str id)
{
    for (const struct document *d = b->document; d; d = d->next)
        if (str_eq(d->id, id))
            return;
    struct document *d = arena_new(b->arena, struct document, 1);
    *d = (struct document){
        .next = b->document, .batch = b, .id = str_dup(b->arena, id), .text = S("")};
    d->request = (struct fetch_request){
        .url = str_fmt(b->arena, STR_FMT "/v1/vulns/" STR_FMT, STR_ARG(b->url), STR_ARG(id)),
        .max_bytes = DOCUMENT_MAX,
        .plain_http = str_starts(b->url, S("http:")),
        .arena = b->arena,
        .done = document_done,
        .user = d};
    b->document = d;
    b->waiting++;
    fetch_add(f, &d->request);
}

/* {"vulns": [{"id": ...}], "next_page_token": ...}; false: that is not all of them. */
static bool read_result(struct osv_batch *b, struct fetcher *f, struct pull *j)
{
    struct str name, key;
    bool whole = true;
    if (!pull_object(j))
        return false;
    while (pull_member(j, &name)) {
        if (str_eq(name, S("next_page_token"))) {
            whole = !pull_text(j).n;
        } else if (!str_eq(name, S("vulns"))) {
            pull_skip(j);
        } else if (pull_array(j)) {
            while (pull_item(j)) {
                struct str id = S("");
                if (!pull_object(j))
                    continue;
                while (pull_member(j, &key))
                    if (str_eq(key, S("id")))
                        id = pull_text(j);
                    else
                        pull_skip(j);
                if (is_id(id))
                    want_document(b, f, id);
                else
                    whole = false;
            }
        }
    }
    return whole;
}

static void read_results(struct sending *s, struct fetcher *f, struct pull *j)
{
    struct osv_batch *b = s->batch;
    struct str name;
    size_t at = 0;
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        if (!str_eq(name, S("results")) || !pull_is(j, '[')) {
            pull_skip(j);
            continue;
        }
        pull_array(j);
        for (; pull_item(j); at++) {
            bool whole = read_result(b, f, j);
            if (at < s->n && whole)
                b->asked.v[s->first + at].state = ASKED_NAMED;
        }
    }
}

static void sending_done(struct fetcher *f, struct fetch_request *r)
{
    struct sending *s = r->user;
    struct osv_batch *b = s->batch;
    struct asked *x = b->asked.v + s->first;
    struct pull j;
    if (!fetch_ok(r)) {
        fail(b, x, s->n, index_failure(b->arena, r));
        return;
    }
    pull_open(&j, b->arena, r->answer);
    b->waiting++; /* until all of the answer is read */
    read_results(s, f, &j);
    if (!pull_end(&j))
        fail(b, x, s->n, S("OSV's answer is not whole"));
    else
        settle(x, s->n, ASKED_SENT, ASKED_FAILED);
    if (!b->why.n)
        b->why = S("OSV's answer lacks some of what was asked");
    b->waiting--;
    finish(b);
}

/* ---- the question ---- */

/* OSV's own spelling. */
static struct str osv_ecosystem(struct str ecosystem)
{
    static const char *const names[] = {"PyPI", "npm", "Go", "Maven", "RubyGems", "crates.io"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_ieq(ecosystem, str_of(names[i])))
            return str_of(names[i]);
    return S("");
}

bool osv_batch_serves(struct str ecosystem)
{
    return osv_ecosystem(ecosystem).n > 0;
}

static void put_text(struct buf *b, const char *name, struct str s)
{
    buf_fmt(b, "\"%s\":\"", name);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' || c == '"' || c == '\\')
            buf_fmt(b, "\\u%04x", c);
        else
            buf_char(b, s.p[i]);
    }
    buf_char(b, '"');
}

static struct str body_of(const struct osv_batch *b, size_t first, size_t n)
{
    struct buf out = {.arena = b->arena};
    buf_add(&out, S("{\"queries\":["));
    for (size_t i = first; i < first + n; i++) {
        const struct asked *x = &b->asked.v[i];
        struct str version = x->version;
        if (str_eq(x->ecosystem, S("go")) && str_starts(version, S("v")))
            version = str_from(version, 1);
        buf_add(&out, i > first ? S(",{\"package\":{") : S("{\"package\":{"));
        put_text(&out, "name", ecosystem_name(b->arena, x->ecosystem, x->name));
        buf_char(&out, ',');
        put_text(&out, "ecosystem", osv_ecosystem(x->ecosystem));
        buf_add(&out, S("},"));
        put_text(&out, "version", version);
        buf_char(&out, '}');
    }
    buf_add(&out, S("]}"));
    return buf_str(&out);
}

void osv_batch_gather(struct osv_batch *b, struct fetcher *f)
{
    static const struct str header = {"Content-Type: application/json", 30};
    for (size_t first = 0; first < b->asked.n;) {
        size_t n = 0;
        while (first < b->asked.n && b->asked.v[first].state != ASKED_OPEN)
            first++;
        while (first + n < b->asked.n && n < QUERIES_MOST &&
               b->asked.v[first + n].state == ASKED_OPEN)
            b->asked.v[first + n++].state = ASKED_SENT;
        if (!n)
            break;
        struct sending *s = arena_new(b->arena, struct sending, 1);
        *s = (struct sending){.batch = b, .first = first, .n = n};
        s->request = (struct fetch_request){
            .url = str_fmt(b->arena, STR_FMT "/v1/querybatch", STR_ARG(b->url)),
            .method = S("POST"),
            .header = &header,
            .nheader = 1,
            .body = body_of(b, first, n),
            .max_bytes = DOCUMENT_MAX,
            .plain_http = str_starts(b->url, S("http:")),
            .arena = b->arena,
            .done = sending_done,
            .user = s};
        fetch_add(f, &s->request);
        first += n;
    }
}
