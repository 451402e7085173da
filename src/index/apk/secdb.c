/* secdb.c - Alpine's security database: for each source package of a repository, the versions
 * that first held fixes. A version "0" says that the package was never affected.
 *
 * It is not signed, so that it is fetched over https only, unless policy names another URL. */
#include <stdlib.h>

#include "index/apk/secdb.h"

#include "dfix/facts.h"

#include "index/apk/apk.h"
#include "host/fetched.h"
#include "index/store/record.h"

enum { SECDB_MAX = 32 * 1024 * 1024 };

struct apk_secdb {
    struct apk_secdb *next;
    struct str branch, component, url, path;
    enum part_state state;
    struct str why;
    struct record record; /* what the cache has; text "" when nothing */
    struct secdb db;      /* READY */
    struct fetch_request request;
};

static void fail(struct apk *apk, struct apk_secdb *s, struct str why)
{
    s->why = str_dup(apk->run->arena, why);
    s->state = PART_FAILED;
    apk->run->news = true;
}

static void ready(struct apk *apk, struct apk_secdb *s)
{
    s->state = PART_READY;
    apk->run->news = true;
}

/* Early releases have a list for main only. */
static bool take_record(struct apk *apk, struct apk_secdb *s, struct err *e)
{
    return s->record.missing || secdb_parse(apk->run->arena, s->record.text, &s->db, e);
}

static struct apk_secdb *secdb_of(struct apk *apk, struct str branch, struct str component)
{
    const struct index_settings *x = apk_policy(apk);
    for (struct apk_secdb *s = apk->secdbs; s; s = s->next)
        if (str_eq(s->branch, branch) && str_eq(s->component, component))
            return s;
    struct arena *a = apk->run->arena;
    struct apk_secdb *s = arena_new(a, struct apk_secdb, 1);
    struct str server =
        apk_server(apk, x ? x->secdb : S(""), "DFIX_ALPINE_SECDB", "https://secdb.alpinelinux.org");
    struct str cache = world_cache_dir(apk->run->world);
    struct err e;
    *s = (struct apk_secdb){.next = apk->secdbs,
                            .branch = str_dup(a, branch),
                            .component = component,
                            .path = S(""),
                            .why = S("")};
    s->url = str_fmt(a, STR_FMT "/" STR_FMT "/" STR_FMT ".json", STR_ARG(server), STR_ARG(branch),
                     STR_ARG(component));
    apk->secdbs = s;
    if (cache.n)
        s->path =
            str_fmt(a, STR_FMT "/index/secdb-" STR_FMT "-" STR_FMT "-%016llx.json", STR_ARG(cache),
                    STR_ARG(branch), STR_ARG(component), (unsigned long long)str_hash(s->url));
    if (s->path.n)
        record_read(a, s->path, &s->record);
    if (index_is_fresh(apk->run->settings, apk->run->now, s->record.fetched) &&
        take_record(apk, s, &e))
        ready(apk, s);
    return s;
}

enum answer apk_advisories(struct apk *apk, const struct release *r, struct str source,
                           struct advisory_list *out)
{
    static const char *const components[] = {"main", "community"};
    struct str branch = alpine_branch(apk->run->arena, r);
    VEC(struct advisory) found = {0};
    bool pending = false;

    *out = (struct advisory_list){.n = 0};
    for (size_t i = 0; i < 2 && branch.n; i++) {
        struct apk_secdb *s = secdb_of(apk, branch, str_of(components[i]));
        if (s->state == PART_FAILED)
            return ANSWER_UNAVAILABLE;
        pending |= s->state == PART_WANTED;
        struct secdb_range at = secdb_find(&s->db, source);
        for (size_t k = at.first; k < at.end && s->state == PART_READY; k++)
            vec_push(apk->run->arena, &found, s->db.fix[k].advisory);
    }
    if (!branch.n)
        return ANSWER_UNAVAILABLE;
    if (pending)
        return ANSWER_PENDING;
    *out = (struct advisory_list){found.v, found.n};
    return found.n ? ANSWER_FOUND : ANSWER_ABSENT;
}

/* ---- fetching ---- */

static void keep(struct apk *apk, struct apk_secdb *s)
{
    struct err e;
    s->record.fetched = apk->run->now;
    if (s->path.n && !record_write(s->path, &s->record, &e))
        index_not_cached(apk->run, e.text);
    ready(apk, s);
}

static void use_old(struct apk *apk, struct apk_secdb *s, struct str why)
{
    struct err e;
    bool have = s->record.fetched > 0 && take_record(apk, s, &e);
    if (!have) {
        fail(apk, s, why);
        return;
    }
    world_warn(apk->run->world,
               "using security advisories of " STR_FMT " from " STR_FMT " ago: " STR_FMT,
               STR_ARG(s->branch),
               STR_ARG(index_age(apk->run->arena, apk->run->now, s->record.fetched)), STR_ARG(why));
    ready(apk, s);
}

static void done(struct fetcher *f, struct fetch_request *r)
{
    struct apk *apk = r->user;
    struct apk_secdb *s = apk->secdbs;
    struct err e;
    (void)f;
    while (&s->request != r)
        s = s->next;
    struct record old = s->record;
    if (s->record.fetched && index_not_modified(r) && take_record(apk, s, &e)) {
        keep(apk, s);
    } else if (fetch_ok(r)) {
        s->record = (struct record){.etag = fetch_header(r, S("etag")),
                                    .modified = fetch_header(r, S("last-modified")),
                                    .text = r->answer};
        if (take_record(apk, s, &e)) {
            keep(apk, s);
            return;
        }
        s->record = old;
        struct str why = str_fmt(apk->run->arena, STR_FMT ": %s", STR_ARG(s->url), e.text);
        world_fail(apk->run->world, STR_FMT, STR_ARG(why));
        fail(apk, s, why);
    } else if (index_is_gone(apk->run->arena, r) && str_eq(s->component, S("community"))) {
        s->record =
            (struct record){.missing = true, .etag = S(""), .modified = S(""), .text = S("")};
        keep(apk, s);
    } else {
        use_old(apk, s, index_failure(apk->run->arena, r));
    }
}

void apk_secdb_gather(struct apk *apk, struct fetcher *f)
{
    for (struct apk_secdb *s = apk->secdbs; s; s = s->next) {
        bool under_way = s->request.url.n && !s->request.finished;
        if (s->state != PART_WANTED || under_way)
            continue;
        if (apk->run->settings->offline) {
            use_old(apk, s, S("dfix runs offline"));
            continue;
        }
        s->request = (struct fetch_request){.url = s->url,
                                            .max_bytes = SECDB_MAX,
                                            .plain_http = str_starts(s->url, S("http:")),
                                            .local_file = str_starts(s->url, S("file:")),
                                            .arena = apk->run->arena,
                                            .etag = s->record.etag,
                                            .modified = s->record.modified,
                                            .done = done,
                                            .user = apk};
        fetch_add(f, &s->request);
    }
}
