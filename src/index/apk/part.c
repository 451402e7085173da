/* part.c - one index: what the cache has, what must be fetched, what is done when that fails. */
#include "index/apk/apk.h"
#include "dfix/url.h"
#include "dfix/manager.h"
#include "host/fetched.h"
#include "host/reading.h"

/* APKINDEX_MAX of dfix-read, which no index comes near. */
enum { INDEX_MAX = 64 * 1024 * 1024 };

static struct store_meta meta_of(const struct apk_part *p)
{
    return (struct store_meta){.manager = &manager_apk,
                               .uri = url_without_login(p->apk->run->arena, p->uri),
                               .suite = p->part.suite,
                               .component = p->part.component,
                               .arch = arch_name(p->arch),
                               .etag = p->etag,
                               .modified = p->modified,
                               .signer = p->ring->signer,
                               .fetched = p->apk->run->now};
}

static void look_up(struct apk_part *p)
{
    struct apk *apk = p->apk;
    struct store_meta meta = meta_of(p);
    index_look_up(&p->part, &meta);
    if (!p->part.store)
        return;
    meta = store_meta(p->part.store);
    p->etag = str_dup(apk->run->arena, meta.etag);
    p->modified = str_dup(apk->run->arena, meta.modified);
    if (index_is_fresh(apk->run->settings, apk->run->now, meta.fetched))
        index_become(&p->part, PART_READY);
}

struct apk_part *apk_part(struct apk *apk, const struct apk_part *like)
{
    for (struct apk_part *p = apk->parts; p; p = p->next)
        if (str_eq(p->uri, like->uri) && p->arch == like->arch && p->ring == like->ring)
            return p;
    struct apk_part *p = arena_copy(apk->run->arena, like, 1, sizeof *like);
    p->next = apk->parts;
    p->apk = apk;
    p->part.run = apk->run;
    p->part.why = p->part.path = p->etag = p->modified = S("");
    apk->parts = p;
    look_up(p);
    return p;
}

void apk_part_close(struct apk_part *p)
{
    store_close(p->part.store);
    if (p->download)
        arena_close(p->download);
}

/* ---- when it cannot be fetched ---- */

static bool use_old(struct apk_part *p, struct str why)
{
    struct str of = str_fmt(p->apk->run->arena, STR_FMT " for " STR_FMT, STR_ARG(p->part.suite),
                            STR_ARG(arch_apk(p->arch)));
    return index_use_old(&p->part, of, why);
}

/* What the mirror gave is not what it should be: nothing is taken from it, and nothing older
 * either, since somebody may want that. */
static void refuse(struct apk_part *p, const char *why)
{
    struct arena *a = p->apk->run->arena;
    index_refuse(&p->part,
                 str_fmt(a, STR_FMT ": %s", STR_ARG(url_without_login(a, p->request.url)), why));
}

/* ---- fetching ---- */

static void put_keys(const struct apk_ring *ring, struct buf *request)
{
    wire_text(request, READ_FROM, ring->from);
    for (size_t i = 0; i < ring->keys.v.n; i++) {
        wire_text(request, READ_KEY_NAME, ring->keys.v.v[i].name);
        wire_text(request, READ_KEY, ring->keys.v.v[i].pem);
    }
}

/* By dfix-read, if a key of the ring has signed it. */
static struct store *compile(struct apk_part *p, struct str bytes, struct err *e)
{
    struct store_meta meta = meta_of(p);
    struct reading r;
    reading_begin(&r, p->download, READ_APKINDEX);
    wire_text(&r.request, READ_ARCH, arch_apk(p->arch));
    wire_text(&r.request, READ_BRANCH, p->branch);
    put_keys(p->ring, &r.request);
    store_meta_put(&r.request, &meta);
    bool ok = reading_bytes(&r, bytes, e) && reading_run(&r, e);
    struct store *s = ok ? store_receive(r.data, &meta, e) : NULL;
    reading_end(&r);
    return s;
}

static void take(struct apk_part *p, const struct fetch_request *r)
{
    struct err e;
    p->etag = str_dup(p->apk->run->arena, fetch_header(r, S("etag")));
    p->modified = str_dup(p->apk->run->arena, fetch_header(r, S("last-modified")));
    struct store *s = compile(p, r->answer, &e);
    if (!s) {
        refuse(p, e.text);
        return;
    }
    bool saved = !p->part.path.n || store_save(s, p->part.path, &e);
    index_take(&p->part, s, saved ? NULL : e.text);
}

static void take_missing(struct apk_part *p)
{
    index_fail(&p->part, str_fmt(p->apk->run->arena,
                                 STR_FMT " has no packages for " STR_FMT
                                         "; set the architectures you build for with --platform",
                                 STR_ARG(url_without_login(p->apk->run->arena, p->uri)),
                                 STR_ARG(arch_apk(p->arch))));
}

static void done(struct fetcher *f, struct fetch_request *r)
{
    struct apk_part *p = r->user;
    (void)f;
    if (p->part.store && index_not_modified(r)) {
        index_touch(&p->part, p->apk->run->now, 0);
    } else if (fetch_ok(r)) {
        take(p, r);
    } else if (index_is_gone(p->download, r)) {
        take_missing(p);
    } else {
        struct str why = index_failure(p->apk->run->arena, r);
        if (!use_old(p, why))
            index_refuse(&p->part, why);
    }
    arena_close(p->download);
    p->download = NULL;
}

void apk_gather(struct apk_part *p, struct fetcher *f)
{
    struct apk *apk = p->apk;
    if (p->part.state != PART_WANTED || p->download) /* it is under way */
        return;
    if (apk->run->settings->offline) {
        struct str why = S("dfix runs offline");
        if (!use_old(p, why))
            index_fail(&p->part, str_fmt(apk->run->arena,
                                         "the index of " STR_FMT " for " STR_FMT
                                         " is not in the cache, and dfix runs offline",
                                         STR_ARG(p->part.suite), STR_ARG(arch_apk(p->arch))));
        return;
    }
    if (!apk_ring_open(apk, p->ring)) {
        index_refuse(&p->part, p->ring->why);
        return;
    }
    p->download = arena_open();
    struct str url = str_fmt(apk->run->arena, STR_FMT "/" STR_FMT "/APKINDEX.tar.gz",
                             STR_ARG(p->uri), STR_ARG(arch_apk(p->arch)));
    p->request = (struct fetch_request){.url = url,
                                        .max_bytes = INDEX_MAX,
                                        .plain_http = true,
                                        .local_file = str_starts(url, S("file:")),
                                        .netrc = true,
                                        .arena = p->download,
                                        .etag = p->part.store ? p->etag : S(""),
                                        .modified = p->part.store ? p->modified : S(""),
                                        .done = done,
                                        .user = p};
    fetch_add(f, &p->request);
}
