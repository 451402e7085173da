/* take.c - documents of advisories become feeds of the cache. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "host/cache.h"
#include "host/reading.h"
#include "index/advisories/advisories.h"

struct str advisories_folder(struct arena *a, struct str cache_dir)
{
    return str_fmt(a, STR_FMT "/advisories", STR_ARG(cache_dir));
}

static struct str changelogs_folder(struct arena *a, struct str cache_dir)
{
    return str_fmt(a, STR_FMT "/changelogs", STR_ARG(advisories_folder(a, cache_dir)));
}

/* A distro's own word goes before that of others, and a whole feed before a part. */
static int by_kind(const void *x, const void *y)
{
    const struct feed_meta *p = &((const struct held_feed *)x)->meta;
    const struct feed_meta *q = &((const struct held_feed *)y)->meta;
    if (p->kind != q->kind)
        return p->kind < q->kind ? -1 : 1;
    if (p->partial != q->partial)
        return p->partial ? 1 : -1;
    return str_cmp(p->name, q->name);
}

static struct held_feeds open_folder(struct arena *a, struct str folder)
{
    VEC(struct held_feed) found = {0};
    DIR *d = opendir(str_cstr(a, folder));
    for (struct dirent *x; d && (x = readdir(d));) {
        struct err e;
        struct str path = str_fmt(a, STR_FMT "/%s", STR_ARG(folder), x->d_name);
        struct feed *f = str_ends(path, S(".adv")) ? feed_open(path, &e) : NULL;
        if (f)
            vec_push(a, &found, (struct held_feed){f, feed_meta(f), path});
    }
    if (d)
        closedir(d);
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_kind);
    return (struct held_feeds){.v = found.v, .n = found.n};
}

struct held_feeds advisories_open(struct arena *a, struct str cache_dir)
{
    return cache_dir.n ? open_folder(a, advisories_folder(a, cache_dir))
                       : (struct held_feeds){.v = NULL};
}

struct held_feeds advisories_changelogs(struct arena *a, struct str cache_dir)
{
    return cache_dir.n ? open_folder(a, changelogs_folder(a, cache_dir))
                       : (struct held_feeds){.v = NULL};
}

void advisories_close(struct held_feeds *f)
{
    for (size_t i = 0; i < f->n; i++)
        feed_close(f->v[i].feed);
    f->n = 0;
}

static bool compile(struct arena *a, const struct feed_document *d, struct str *image,
                    struct err *e)
{
    struct reading r;
    reading_begin(&r, a, READ_ADVISORIES);
    wire_text(&r.request, READ_FROM, d->from);
    wire_text(&r.request, READ_BRANCH, d->given.scope);
    if (d->signed_for) {
        const uint8_t *sum = d->signed_for->sha256;
        wire_text(&r.request, READ_SHA256,
                  (struct str){(const char *)sum, sizeof d->signed_for->sha256});
        wire_number(&r.request, READ_SIZE, d->signed_for->size);
    }
    wire_text(&r.request, READ_META_URI, d->given.url);
    wire_text(&r.request, READ_META_ETAG, d->given.etag);
    wire_text(&r.request, READ_META_MODIFIED, d->given.modified);
    wire_number(&r.request, READ_META_FETCHED, (uint64_t)d->given.fetched);
    bool ok = d->file.n ? reading_file(&r, d->file, e) : reading_bytes(&r, d->bytes, e);
    ok = ok && reading_run(&r, e);
    /* Whole words, for what is read in place. */
    uint64_t *room = arena_new(a, uint64_t, r.data.n / sizeof(uint64_t) + 1);
    if (r.data.n)
        memcpy(room, r.data.p, r.data.n);
    *image = (struct str){(const char *)room, r.data.n};
    reading_end(&r);
    return ok;
}

/* What dfix-read made of a stranger's bytes is not believed to be well formed. */
static struct feed *look_over(struct str image, struct str wanted, struct err *e)
{
    struct feed *f = feed_of(image, e);
    struct feed_meta meta = f ? feed_meta(f) : (struct feed_meta){.name = S("")};
    bool good = f && feed_check(f, e);
    if (good && wanted.n && !str_eq(meta.name, wanted))
        good = err_set(e, "it is " STR_FMT ", not what was asked for", STR_ARG(meta.title));
    for (size_t i = 0; good && i < meta.name.n; i++)
        if (meta.name.p[i] == '/')
            good = err_set(e, "it is damaged");
    if (good)
        return f;
    feed_close(f);
    return NULL;
}

struct feed *advisories_take(struct arena *a, struct str cache_dir, const struct feed_document *d,
                             struct err *e)
{
    struct str image;
    struct feed *f = compile(a, d, &image, e) ? look_over(image, d->wanted, e) : NULL;
    if (!f || !cache_dir.n)
        return f;
    struct feed_meta meta = feed_meta(f);
    struct str folder = meta.kind == FEED_CHANGELOG ? changelogs_folder(a, cache_dir)
                                                    : advisories_folder(a, cache_dir);
    struct str path = str_fmt(a, STR_FMT "/" STR_FMT ".adv", STR_ARG(folder), STR_ARG(meta.name));
    if (cache_write(path, image, false, e))
        return f;
    feed_close(f);
    return NULL;
}
