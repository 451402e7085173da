/* debs.c - packages themselves, fetched from their archive as they are. Who reads one holds it
 * against the size and the sum that the verified index has. */
#include "index/apt/apt.h"

#include "dfix/url.h"

enum { DEB_BYTES = 512 << 20 };

enum deb_state { DEB_OPEN, DEB_BUSY, DEB_HERE, DEB_FAILED };
struct apt_deb {
    struct apt_deb *next;
    struct apt_archive *archive;
    struct str url, why;
    uint64_t size;
    enum deb_state state;
    struct fetch_request request;
};

static void fail(struct apt_deb *d, struct str why)
{
    d->state = DEB_FAILED;
    d->why = str_dup(d->archive->apt->run->arena, why);
}

static struct apt_deb *deb_of(struct apt *apt, struct apt_archive *ar, struct str url,
                              uint64_t size)
{
    for (struct apt_deb *d = apt->debs; d; d = d->next)
        if (str_eq(d->url, url))
            return d;
    struct apt_deb *d = arena_new(apt->run->arena, struct apt_deb, 1);
    *d = (struct apt_deb){.next = apt->debs, .archive = ar, .url = url, .why = S(""), .size = size};
    if (size > DEB_BYTES)
        fail(d, S("it is larger than dfix reads"));
    else if (apt->run->settings->offline)
        fail(d, S("dfix runs offline"));
    apt->debs = d;
    return d;
}

enum answer apt_fetch_deb(struct apt *apt, struct apt_archive *ar, struct str file,
                          struct package_file *out)
{
    struct arena *a = apt->run->arena;
    struct str url = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(apt_place(ar)), STR_ARG(file));
    const struct apt_deb *d = deb_of(apt, ar, url, out->size);
    out->url = url_without_login(a, url);
    out->why = d->why;
    out->path = d->state == DEB_HERE ? d->request.file : S("");
    if (d->state == DEB_HERE)
        return ANSWER_FOUND;
    return d->state == DEB_FAILED ? ANSWER_UNAVAILABLE : ANSWER_PENDING;
}

static void done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_deb *d = r->user;
    (void)f;
    if (fetch_ok(r))
        d->state = DEB_HERE;
    else
        fail(d, index_failure(d->archive->apt->run->arena, r));
    d->archive->apt->run->news = true;
}

void apt_gather_debs(struct apt *apt, struct fetcher *f)
{
    struct err e;
    for (struct apt_deb *d = apt->debs; d; d = d->next) {
        if (d->state != DEB_OPEN)
            continue;
        if (!apt_make_folder(apt, &e)) {
            fail(d, str_of(e.text));
            continue;
        }
        d->request = apt_request(d->archive, d->url, d, ".deb");
        d->request.max_bytes = d->size + 1;
        d->request.done = done;
        d->request.user = d;
        d->state = DEB_BUSY;
        fetch_add(f, &d->request);
    }
}
