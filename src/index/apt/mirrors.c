/* mirrors.c - asking an archive's places: for its release, from all of them at the same time, then
 * for the indexes that the release signs, from the first place that has it. */
#include "index/apt/apt.h"

#include <unistd.h>

#include "host/fetched.h"
#include "host/scratch.h"

enum { RELEASE_BYTES = 16 << 20, SIGNATURE_BYTES = 1 << 20, INDEX_BYTES = 1 << 30 };

/* ---- fetching ---- */

static struct str url_of(struct apt_archive *ar, size_t at, struct str file)
{
    struct arena *a = ar->apt->run->arena;
    struct str place = ar->place[at];
    if (!ar->flat)
        return str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(place), STR_ARG(ar->suite),
                       STR_ARG(file));
    struct str folder = ar->suite;
    while (str_starts(folder, S("./")))
        folder = str_from(folder, 2);
    while (str_starts(folder, S("/")))
        folder = str_from(folder, 1);
    return str_fmt(a, STR_FMT "/" STR_FMT STR_FMT, STR_ARG(place), STR_ARG(folder), STR_ARG(file));
}

/* Not in the cache: a disk that is full there costs the next run time, and this one nothing. */
bool apt_make_folder(struct apt *apt, struct err *e)
{
    struct err why;
    if (!apt->folder.n)
        apt->folder = scratch_folder(apt->run->arena, scratch_temporary(), SCRATCH_PREFIX, &why);
    return apt->folder.n > 0 || err_set(e, "no folder for downloads can be made: %s", why.text);
}

struct fetch_request apt_request(struct apt_archive *ar, struct str url, const void *owner,
                                 const char *end)
{
    struct apt *apt = ar->apt;
    return (struct fetch_request){
        .url = url,
        .file = str_fmt(apt->run->arena, STR_FMT "/%p%s", STR_ARG(apt->folder), owner, end),
        .plain_http = true,
        .local_file = str_starts(url, S("file:")),
        .netrc = true,
        .proxy = ar->of_host ? apt_conf_proxy(apt->run->arena, &apt_host(apt)->conf, url) : S(""),
        .arena = apt->run->arena};
}

static void packages_done(struct fetcher *f, struct fetch_request *r);

/* The next form of the index that the release lists, at the next of its names: by hash, then
 * plain. False: that was all. */
static bool request_packages(struct fetcher *f, struct apt_part *p)
{
    static const char *const ends[] = {".xz", ".zst", ".gz", ".lz4", ""};
    enum { FORMS = sizeof ends / sizeof ends[0] };
    struct apt_archive *ar = p->archive;
    struct arena *a = ar->apt->run->arena;
    struct str base = apt_index_name(p);
    while (p->attempt < 2 * FORMS) {
        const char *end = ends[p->attempt / 2];
        bool by_hash = p->attempt++ % 2 == 0;
        struct apt_file entry;
        struct str name = str_fmt(a, STR_FMT "%s", STR_ARG(base), end);
        if ((by_hash && !ar->release.by_hash) || !release_file(&ar->release, name, &entry) ||
            entry.broken || entry.size > INDEX_BYTES)
            continue;
        if (by_hash) {
            struct buf b = {.arena = a};
            ptrdiff_t slash = str_rchr(name, '/');
            buf_add(&b, str_sub(name, 0, slash == STR_NONE ? 0 : (size_t)slash + 1));
            buf_add(&b, S("by-hash/SHA256/"));
            for (size_t i = 0; i < sizeof entry.sha256; i++)
                buf_fmt(&b, "%02x", entry.sha256[i]);
            name = buf_str(&b);
        }
        p->form = str_of(end);
        p->request = apt_request(ar, url_of(ar, ar->at, name), p, end);
        p->request.max_bytes = entry.size + 1;
        p->request.done = packages_done;
        p->request.user = p;
        p->temporary = p->request.file;
        p->part.state = PART_BUSY;
        fetch_add(f, &p->request);
        return true;
    }
    return false;
}

static void packages_done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_part *p = r->user;
    struct apt_archive *ar = p->archive;
    struct apt_file entry = {.size = 0};
    struct arena *a = ar->apt->run->arena;
    if (fetch_ok(r)) {
        struct str name = str_fmt(a, STR_FMT STR_FMT, STR_ARG(apt_index_name(p)), STR_ARG(p->form));
        if (release_file(&ar->release, name, &entry))
            apt_compile(p, r->file, &entry, true, ar->apt->run->now);
        return;
    }
    p->part.state = PART_WANTED;
    bool elsewhere = index_is_gone(ar->apt->run->arena, r) || r->status == 403;
    if (!elsewhere || !request_packages(f, p))
        apt_fall_back(ar, index_failure(ar->apt->run->arena, r), true);
}

static void fetch_part(struct fetcher *f, struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    if (apt_still_current(p, ar->apt->run->now))
        return;
    if (apt_is_unlisted(p)) {
        apt_take_absence(p);
        return;
    }
    p->attempt = 0;
    if (!request_packages(f, p)) {
        struct str text =
            str_fmt(ar->apt->run->arena,
                    "the Release file of " STR_FMT " at " STR_FMT
                    " has no usable size and checksum for " STR_FMT,
                    STR_ARG(ar->suite), STR_ARG(apt_shown(ar)), STR_ARG(apt_index_name(p)));
        index_refuse(&p->part, text);
    }
}

/* ---- the release ---- */

static void fetch_parts(struct apt_archive *ar, struct fetcher *f)
{
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED)
            fetch_part(f, p);
}

static void take_release(struct apt_archive *ar, struct fetcher *f, const struct fetch_request *r,
                         struct str signature)
{
    struct str text;
    struct err e;
    enum release_verdict v = apt_take_release(ar, r->file, signature, apt_newest(ar), &text, &e);
    switch (v) {
    case RELEASE_FITS:
        apt_keep_record(
            ar,
            (struct record){.fetched = ar->apt->run->now,
                            .etag = signature.n ? S("") : fetch_header(r, S("etag")),
                            .modified = signature.n ? S("") : fetch_header(r, S("last-modified")),
                            .text = text});
        fetch_parts(ar, f);
        return;
    case RELEASE_OLDER:
        apt_fall_back(
            ar, str_fmt(ar->apt->run->arena, STR_FMT ": %s", STR_ARG(r->final_url), e.text), true);
        return;
    case RELEASE_OTHER:
    case RELEASE_EXPIRED:
        apt_refuse(ar, r->final_url, e.text);
        return;
    }
}

static void take_unchanged(struct apt_archive *ar, struct fetcher *f, const struct fetch_request *r)
{
    struct record same = *apt_record(ar);
    struct err e;
    if (!apt_use_record(ar, &e)) {
        apt_refuse(ar, r->final_url, e.text);
        return;
    }
    same.fetched = ar->apt->run->now;
    apt_keep_record(ar, same);
    fetch_parts(ar, f);
}

static void take_gone(struct apt_archive *ar)
{
    apt_keep_record(ar, (struct record){.fetched = ar->apt->run->now,
                                        .missing = true,
                                        .etag = S(""),
                                        .modified = S(""),
                                        .text = S("")});
    apt_take_missing(ar);
}

static void take_failure(struct apt_archive *ar, const struct fetch_request *r)
{
    if (ar->at + 1 == ar->nplace) {
        apt_fall_back(ar, index_failure(ar->apt->run->arena, r), true);
        return;
    }
    ar->silent = true; /* it did not say whether it has it: the other one may */
    apt_next_place(ar);
}

/* Release and Release.gpg are both here. */
static void take_detached(struct apt_archive *ar, struct fetcher *f, const struct apt_ask *q)
{
    const struct fetch_request *text = &q->request, *signature = &q->signature;
    if (fetch_ok(text) && fetch_ok(signature))
        take_release(ar, f, text, signature->file);
    else if (index_is_gone(ar->apt->run->arena, text))
        take_gone(ar);
    else if (fetch_ok(text) && index_is_gone(ar->apt->run->arena, signature))
        apt_refuse(ar, text->final_url,
                   "it is not signed; there is neither an InRelease nor a Release.gpg");
    else
        take_failure(ar, fetch_ok(text) ? signature : text);
}

static void take_answer(struct apt_archive *ar, struct fetcher *f, const struct apt_ask *q)
{
    if (q->detached)
        take_detached(ar, f, q);
    else if (index_not_modified(&q->request))
        take_unchanged(ar, f, &q->request);
    else if (fetch_ok(&q->request))
        take_release(ar, f, &q->request, S(""));
    else
        take_failure(ar, &q->request);
}

/* The present place's answer counts; when it has nothing, that of the next one, which may be here
 * already. */
static void take_answers(struct apt_archive *ar, struct fetcher *f)
{
    for (size_t at = SIZE_MAX; at != ar->at && ar->ask[ar->at].answered;) {
        struct apt_ask *q = &ar->ask[at = ar->at];
        q->asked = q->answered = false; /* parts that come up later ask anew */
        take_answer(ar, f, q);
        unlink(str_cstr(ar->apt->run->arena, q->request.file));
        if (q->detached)
            unlink(str_cstr(ar->apt->run->arena, q->signature.file));
    }
}

static void detached_done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_ask *q = r->user;
    q->answered = q->request.finished && q->signature.finished;
    if (q->answered)
        take_answers(q->archive, f);
}

static void ask_detached(struct apt_ask *q, struct fetcher *f)
{
    struct apt_archive *ar = q->archive;
    size_t at = (size_t)(q - ar->ask);
    q->detached = true;
    q->request = apt_request(ar, url_of(ar, at, S("Release")), q, "");
    q->signature = apt_request(ar, url_of(ar, at, S("Release.gpg")), q, ".gpg");
    q->request.max_bytes = RELEASE_BYTES;
    q->signature.max_bytes = SIGNATURE_BYTES;
    q->request.done = q->signature.done = detached_done;
    q->request.user = q->signature.user = q;
    fetch_add(f, &q->request);
    fetch_add(f, &q->signature);
}

static void release_done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_ask *q = r->user;
    if (index_is_gone(q->archive->apt->run->arena, r)) {
        ask_detached(q, f);
        return;
    }
    q->answered = true;
    take_answers(q->archive, f);
}

/* "Not modified" is an answer only when what was read before is right for today too. */
static void ask_place(struct apt_archive *ar, size_t at, struct fetcher *f)
{
    struct apt_ask *q = &ar->ask[at];
    struct err e;
    *q = (struct apt_ask){.archive = ar, .asked = true};
    q->request = apt_request(ar, url_of(ar, at, S("InRelease")), q, "");
    if (at == ar->at && apt_use_record(ar, &e)) {
        q->request.etag = apt_record(ar)->etag;
        q->request.modified = apt_record(ar)->modified;
    }
    q->request.max_bytes = RELEASE_BYTES;
    q->request.done = release_done;
    q->request.user = q;
    fetch_add(f, &q->request);
}

bool apt_ask_places(struct apt_archive *ar, struct fetcher *f, struct err *e)
{
    if (!apt_make_folder(ar->apt, e))
        return false;
    for (size_t at = ar->at; at < ar->nplace; at++)
        if (!ar->ask[at].asked)
            ask_place(ar, at, f);
    take_answers(ar, f);
    return true;
}
