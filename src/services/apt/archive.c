/* archive.c - from a place's name to verified stores: what the cache has, what must be fetched,
 * and what is done when that fails. */
#include "services/apt/apt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/apt/gpgv.h"
#include "services/index/fetched.h"

enum { RELEASE_BYTES = 16 << 20, SIGNATURE_BYTES = 1 << 20 };
enum { INDEX_BYTES = 1 << 30, COMPILERS = 2 };

static void look_up(struct apt_part *p);

struct str apt_place(const struct apt_archive *ar)
{
    return ar->place[ar->at];
}

struct str apt_shown(const struct apt_archive *ar)
{
    return index_shown(ar->apt->arena, apt_place(ar));
}

bool apt_is_fresh(const struct apt *apt, int64_t when)
{
    return index_is_fresh(apt->settings, apt->now, when);
}

/* ---- the record ---- */

static struct str record_path(struct apt_archive *ar)
{
    struct store_meta meta = {
        .uri = apt_place(ar), .suite = ar->suite, .component = S(""), .arch = S("")};
    struct str path = store_path(ar->apt->arena, world_cache_dir(ar->apt->world), &meta);
    struct str end = S(".idx");
    if (!str_ends(path, end))
        return S("");
    path.n -= end.n;
    return str_fmt(ar->apt->arena, STR_FMT ".release", STR_ARG(path));
}

static const struct record *record_of(struct apt_archive *ar)
{
    struct err e;
    if (ar->record_read)
        return &ar->record;
    ar->record_read = true;
    record_read(ar->apt->arena, record_path(ar), &ar->record);
    if (ar->record.text.n && !release_parse(ar->record.text, &ar->release, &e))
        ar->record.text = S("");
    return &ar->record;
}

static int64_t newest_date(struct apt_archive *ar)
{
    struct apt_release r;
    struct err e;
    const struct record *known = record_of(ar);
    return known->text.n && release_parse(known->text, &r, &e) ? r.date : 0;
}

/* Once is enough: the cache is one folder. */
static void say_cache_refused(struct apt *apt, const char *why)
{
    if (!apt->cache_refused)
        world_warn(apt->world, "the index is used, but not kept for the next run: %s", why);
    apt->cache_refused = true;
}

static void keep_record(struct apt_archive *ar, struct record r)
{
    struct str path = record_path(ar);
    struct err e;
    ar->record = r;
    ar->record_read = true;
    if (path.n && !record_write(path, &r, &e))
        say_cache_refused(ar->apt, e.text);
}

/* ---- parts ---- */

static void fail(struct apt_part *p, struct str why)
{
    p->state = PART_FAILED;
    p->why = why;
    p->archive->apt->news = true;
}

static void become(struct apt_part *p, enum part_state state)
{
    p->state = state;
    p->archive->apt->news = true;
}

static bool is_alive(const struct apt_part *p, int64_t valid_until)
{
    return p->archive->ended.n || !valid_until || valid_until >= p->archive->apt->now;
}

struct str apt_index_name(const struct apt_part *p)
{
    if (p->archive->flat)
        return S("Packages");
    return str_fmt(p->archive->apt->arena, STR_FMT "/binary-" STR_FMT "/Packages",
                   STR_ARG(p->component), STR_ARG(p->arch));
}

/* The archive has none where there could be one. For the suite that makes the release that is a
 * reason to know nothing; where only additions are missing there are no additions. */
static void take_absence(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    if (ar->base && !str_eq(p->arch, S("all")) && !release_has_arch(&ar->release, p->arch))
        fail(p, str_fmt(ar->apt->arena,
                        STR_FMT " has no packages for " STR_FMT
                                ": name the architectures that it is built for (--platform)",
                        STR_ARG(ar->suite), STR_ARG(p->arch)));
    else
        become(p, PART_EMPTY);
}

/* True when the release at hand lists no index for the part. */
static bool is_unlisted(const struct apt_part *p)
{
    static const char *const ends[] = {"", ".xz", ".gz", ".zst", ".lz4"};
    const struct apt_archive *ar = p->archive;
    struct apt_file f;
    if (str_eq(p->arch, S("all")) && ar->release.all_inside)
        return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct str name =
            str_fmt(ar->apt->arena, STR_FMT "%s", STR_ARG(apt_index_name(p)), ends[i]);
        if (release_file(&ar->release, name, &f))
            return false;
    }
    return true;
}

struct apt_part *apt_part(struct apt_archive *ar, struct str component, struct str arch)
{
    struct apt *apt = ar->apt;
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (str_eq(p->component, component) && str_eq(p->arch, arch))
            return p;
    struct apt_part *p = arena_new(apt->arena, struct apt_part, 1);
    p->next = ar->parts;
    p->archive = ar;
    p->component = str_dup(apt->arena, component);
    p->arch = str_dup(apt->arena, arch);
    p->path = p->why = p->temporary = S("");
    ar->parts = p;
    look_up(p);
    return p;
}

void apt_close_parts(struct apt_archive *ar)
{
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        store_close(p->store);
        if (p->temporary.n)
            unlink(p->temporary.p);
    }
}

/* ---- the next place ---- */

static void take_missing(struct apt_archive *ar)
{
    struct arena *a = ar->apt->arena;
    struct str all = apt_shown(ar);
    if (ar->at + 1 < ar->nplace) {
        ar->at++;
        ar->record_read = ar->detached = false;
        for (struct apt_part *p = ar->parts; p; p = p->next)
            if (p->state == PART_WANTED)
                look_up(p);
        return;
    }
    /* Archives of old releases do not keep what was empty in the end. */
    bool additions = ar->spare || (ar->own && !ar->base && ar->ended.n && ar->at > 0);
    struct str why =
        str_fmt(a, STR_FMT " does not hold " STR_FMT "%s" STR_FMT, STR_ARG(all), STR_ARG(ar->suite),
                ar->ended.n ? ", whose life ended on " : "", STR_ARG(ar->ended));
    if (ar->own && !ar->ended.n && !ar->spare)
        world_fail(ar->apt->world, STR_FMT, STR_ARG(why));
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED && additions)
            become(p, PART_EMPTY);
        else if (p->state == PART_WANTED)
            fail(p, why);
}

/* What the cache says of it at the present place: current, not there at all, or nothing. */
static void look_up(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    struct apt *apt = ar->apt;
    struct err e;
    p->job.meta = (struct store_meta){.manager = MANAGER_APT,
                                      .uri = apt_place(ar),
                                      .suite = ar->suite,
                                      .component = p->component,
                                      .arch = str_eq(p->arch, S("all")) ? S("") : p->arch,
                                      .etag = S(""),
                                      .modified = S("")};
    p->path = store_path(apt->arena, world_cache_dir(apt->world), &p->job.meta);
    store_close(p->store);
    p->store = p->path.n ? store_open(p->path, NULL, &e) : NULL;
    if (p->store) {
        struct store_meta m = store_meta(p->store);
        if (apt_is_fresh(apt, m.fetched) && is_alive(p, m.valid_until))
            become(p, PART_READY);
        return;
    }
    const struct record *r = record_of(ar);
    if (!apt_is_fresh(apt, r->fetched))
        return;
    if (r->missing)
        take_missing(ar);
    else if (r->text.n && is_unlisted(p))
        take_absence(p);
}

/* ---- when it cannot be fetched ---- */

static bool use_old(struct apt_part *p, struct str why)
{
    struct apt_archive *ar = p->archive;
    if (!p->store)
        return false;
    struct store_meta m = store_meta(p->store);
    if (!is_alive(p, m.valid_until))
        return false;
    world_warn(ar->apt->world,
               "the index of " STR_FMT " that is used was read " STR_FMT " ago: " STR_FMT,
               STR_ARG(ar->suite), STR_ARG(index_age(ar->apt->arena, ar->apt->now, m.fetched)),
               STR_ARG(why));
    become(p, PART_READY);
    return true;
}

/* An old index serves better than none, if the run says so. */
static void fall_back(struct apt_archive *ar, struct str why, bool error)
{
    struct apt *apt = ar->apt;
    int64_t lists = apt_lists_time(ar);
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED && (!p->store || store_meta(p->store).fetched >= lists))
            use_old(p, why);
    if (apt_use_lists(ar) && !apt_is_fresh(apt, lists))
        world_warn(apt->world,
                   "the lists of the host's apt that are used for " STR_FMT " are of " STR_FMT
                   " ago: " STR_FMT,
                   STR_ARG(ar->suite), STR_ARG(index_age(apt->arena, apt->now, lists)),
                   STR_ARG(why));
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        if (p->state != PART_WANTED || use_old(p, why))
            continue;
        if (error)
            world_fail(apt->world, STR_FMT, STR_ARG(why));
        fail(p, why);
    }
}

/* What the place gave is not what it should be: nothing is taken from it, and nothing older
 * either, since somebody may want that. */
static void refuse(struct apt_archive *ar, struct str what, const char *why)
{
    struct str text = str_fmt(ar->apt->arena, STR_FMT ": %s", STR_ARG(what), why);
    world_fail(ar->apt->world, STR_FMT, STR_ARG(text));
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED)
            fail(p, text);
}

/* ---- fetching ---- */

static struct str url_of(struct apt_archive *ar, struct str file)
{
    struct arena *a = ar->apt->arena;
    if (!ar->flat)
        return str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(apt_place(ar)),
                       STR_ARG(ar->suite), STR_ARG(file));
    struct str folder = ar->suite;
    while (str_starts(folder, S("./")))
        folder = str_from(folder, 2);
    while (str_starts(folder, S("/")))
        folder = str_from(folder, 1);
    return str_fmt(a, STR_FMT "/" STR_FMT STR_FMT, STR_ARG(apt_place(ar)), STR_ARG(folder),
                   STR_ARG(file));
}

static bool make_folder(struct apt *apt, struct err *e)
{
    return apt->folder.path.n ||
           scratch_open(&apt->folder, apt->arena, world_temporary(apt->world), SCRATCH_PREFIX, e);
}

static struct fetch_request request_of(struct apt_archive *ar, struct str url, const void *owner,
                                       const char *end)
{
    struct apt *apt = ar->apt;
    return (struct fetch_request){
        .url = url,
        .file = str_fmt(apt->arena, STR_FMT "/%p%s", STR_ARG(apt->folder.path), owner, end),
        .plain_http = true,
        .local_file = str_starts(url, S("file:")),
        .netrc = true,
        .proxy = ar->of_host ? apt_conf_proxy(apt->arena, &apt_host(apt)->conf, url) : S(""),
        .arena = apt->arena};
}

static void packages_done(struct fetcher *f, struct fetch_request *r);

/* The next form of the index that the release lists, at the next of its names: by hash, then
 * plain. False: that was all. */
static bool request_packages(struct fetcher *f, struct apt_part *p)
{
    static const char *const ends[] = {".xz", ".zst", ".gz", ".lz4", ""};
    enum { FORMS = sizeof ends / sizeof ends[0] };
    struct apt_archive *ar = p->archive;
    struct arena *a = ar->apt->arena;
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
        p->request = request_of(ar, url_of(ar, name), p, end);
        p->request.max_bytes = entry.size + 1;
        p->request.done = packages_done;
        p->request.user = p;
        p->temporary = p->request.file;
        p->state = PART_BUSY;
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
    struct arena *a = ar->apt->arena;
    if (fetch_ok(r)) {
        struct str name = str_fmt(a, STR_FMT STR_FMT, STR_ARG(apt_index_name(p)), STR_ARG(p->form));
        if (release_file(&ar->release, name, &entry))
            apt_compile(p, r->file, &entry, true, ar->apt->now);
        return;
    }
    p->state = PART_WANTED;
    bool elsewhere = index_is_gone(ar->apt->arena, r) || r->status == 403;
    if (!elsewhere || !request_packages(f, p))
        fall_back(ar, index_failure(ar->apt->arena, r), true);
}

static void fetch_part(struct fetcher *f, struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    if (apt_still_current(p, ar->apt->now))
        return;
    if (is_unlisted(p)) {
        take_absence(p);
        return;
    }
    p->attempt = 0;
    if (!request_packages(f, p)) {
        struct str text =
            str_fmt(ar->apt->arena,
                    "the Release file of " STR_FMT " at " STR_FMT " gives " STR_FMT
                    " no size and sum that can be",
                    STR_ARG(ar->suite), STR_ARG(apt_shown(ar)), STR_ARG(apt_index_name(p)));
        world_fail(ar->apt->world, STR_FMT, STR_ARG(text));
        fail(p, text);
    }
}

/* ---- the release ---- */

enum release_verdict apt_take_release(struct apt_archive *ar, struct str file, struct str signature,
                                      int64_t newest, struct str *text, struct err *e)
{
    struct apt *apt = ar->apt;
    struct apt_release r;
    if (!gpgv_verify(apt->arena, file, signature, ar->keyring, ar->nkeyring, ar->ended.n > 0, text,
                     e) ||
        !release_parse(*text, &r, e))
        return RELEASE_OTHER;
    enum release_verdict v = release_judge(&r, ar->flat ? S("") : ar->suite, newest, apt->now, e);
    if (v == RELEASE_EXPIRED && ar->ended.n) {
        world_warn(apt->world,
                   STR_FMT " got its last update before it expired, as releases do whose life has "
                           "ended (" STR_FMT "): its index will not change any more",
                   STR_ARG(ar->suite), STR_ARG(ar->ended));
        v = RELEASE_FITS;
    }
    if (v == RELEASE_FITS)
        ar->release = r;
    return v;
}

static void fetch_parts(struct apt_archive *ar, struct fetcher *f)
{
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED)
            fetch_part(f, p);
}

static void take_release(struct apt_archive *ar, struct fetcher *f, const struct fetch_request *r,
                         struct str signature)
{
    struct str text;
    struct err e;
    enum release_verdict v = apt_take_release(ar, r->file, signature, newest_date(ar), &text, &e);
    switch (v) {
    case RELEASE_FITS:
        keep_record(ar, (struct record){
                            .fetched = ar->apt->now,
                            .etag = signature.n ? S("") : fetch_header(r, S("etag")),
                            .modified = signature.n ? S("") : fetch_header(r, S("last-modified")),
                            .text = text});
        fetch_parts(ar, f);
        return;
    case RELEASE_OLDER:
        fall_back(ar, str_fmt(ar->apt->arena, STR_FMT ": %s", STR_ARG(r->final_url), e.text), true);
        return;
    case RELEASE_OTHER:
    case RELEASE_EXPIRED:
        refuse(ar, r->final_url, e.text);
        return;
    }
}

static void request_release(struct apt_archive *ar, struct fetcher *f);

static void take_gone(struct apt_archive *ar, struct fetcher *f)
{
    keep_record(ar, (struct record){.fetched = ar->apt->now,
                                    .missing = true,
                                    .etag = S(""),
                                    .modified = S(""),
                                    .text = S("")});
    size_t at = ar->at;
    take_missing(ar);
    if (ar->at != at)
        request_release(ar, f);
}

/* Release and Release.gpg are both here. */
static void detached_done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_archive *ar = r->user;
    struct fetch_request *text = &ar->request, *signature = &ar->signature;
    if (!text->finished || !signature->finished)
        return;
    if (fetch_ok(text) && fetch_ok(signature))
        take_release(ar, f, text, signature->file);
    else if (index_is_gone(ar->apt->arena, text))
        take_gone(ar, f);
    else if (fetch_ok(text) && index_is_gone(ar->apt->arena, signature))
        refuse(ar, text->final_url,
               "it is not signed: there is neither an InRelease nor a "
               "Release.gpg");
    else
        fall_back(ar, index_failure(ar->apt->arena, fetch_ok(text) ? signature : text), true);
    unlink(text->file.p);
    unlink(signature->file.p);
}

static void request_detached(struct apt_archive *ar, struct fetcher *f)
{
    ar->detached = true;
    ar->request = request_of(ar, url_of(ar, S("Release")), ar, "");
    ar->signature = request_of(ar, url_of(ar, S("Release.gpg")), ar, ".gpg");
    ar->request.max_bytes = RELEASE_BYTES;
    ar->signature.max_bytes = SIGNATURE_BYTES;
    ar->request.done = ar->signature.done = detached_done;
    ar->request.user = ar->signature.user = ar;
    fetch_add(f, &ar->request);
    fetch_add(f, &ar->signature);
}

static void release_done(struct fetcher *f, struct fetch_request *r)
{
    struct apt_archive *ar = r->user;
    if (r->status == 304 && !r->error.n && ar->record.text.n) {
        struct record same = ar->record;
        same.fetched = ar->apt->now;
        keep_record(ar, same);
        fetch_parts(ar, f);
    } else if (index_is_gone(ar->apt->arena, r)) {
        request_detached(ar, f);
    } else if (!fetch_ok(r)) {
        fall_back(ar, index_failure(ar->apt->arena, r), true);
    } else {
        take_release(ar, f, r, S(""));
    }
    unlink(r->file.p); /* what came of a failed request, too */
}

/* "Not modified" is an answer only when what was read before is right for today too. */
static bool may_ask_for_change(struct apt_archive *ar)
{
    struct err e;
    const struct record *r = record_of(ar);
    if (!r->text.n || !release_parse(r->text, &ar->release, &e))
        return false;
    enum release_verdict v =
        release_judge(&ar->release, ar->flat ? S("") : ar->suite, 0, ar->apt->now, &e);
    return v == RELEASE_FITS || (v == RELEASE_EXPIRED && ar->ended.n);
}

static void request_release(struct apt_archive *ar, struct fetcher *f)
{
    ar->request = request_of(ar, url_of(ar, S("InRelease")), ar, "");
    if (may_ask_for_change(ar)) {
        ar->request.etag = ar->record.etag;
        ar->request.modified = ar->record.modified;
    }
    ar->request.max_bytes = RELEASE_BYTES;
    ar->request.done = release_done;
    ar->request.user = ar;
    fetch_add(f, &ar->request);
}

static bool wants(const struct apt_archive *ar)
{
    for (const struct apt_part *p = ar->parts; p; p = p->next)
        if (p->state == PART_WANTED)
            return true;
    return false;
}

void apt_gather(struct apt_archive *ar, struct fetcher *f)
{
    struct apt *apt = ar->apt;
    bool offline = apt->settings->offline;
    struct err e;
    if (!wants(ar))
        return;
    if (!ar->nkeyring) {
        world_warn(apt->world, STR_FMT, STR_ARG(ar->no_keyring));
        fall_back(ar, ar->no_keyring, false);
        return;
    }
    if (!offline && apt_is_fresh(apt, apt_lists_time(ar)))
        apt_use_lists(ar);
    if (!wants(ar))
        return;
    if (offline)
        fall_back(ar,
                  str_fmt(apt->arena,
                          "the run is offline, and the index of " STR_FMT
                          " is neither in the cache nor among the lists of the host's apt for "
                          "every architecture",
                          STR_ARG(ar->suite)),
                  false);
    else if (!make_folder(apt, &e))
        fall_back(ar, str_fmt(apt->arena, "no folder for downloads can be made: %s", e.text), true);
    else
        request_release(ar, f);
}

/* ---- compiling ---- */

static bool plain_sum(const struct apt_part *p, struct apt_file *f)
{
    return release_file(&p->archive->release, apt_index_name(p), f) && !f->broken;
}

bool apt_still_current(struct apt_part *p, int64_t fetched)
{
    const struct apt_archive *ar = p->archive;
    struct apt_file f;
    struct err e;
    if (!p->store || !plain_sum(p, &f))
        return false;
    struct store_meta m = store_meta(p->store);
    if (memcmp(m.sha256, f.sha256, sizeof f.sha256) != 0)
        return false;
    if (!store_touch(p->path, fetched, ar->release.valid_until, &e))
        say_cache_refused(ar->apt, e.text);
    become(p, PART_READY);
    return true;
}

void apt_compile(struct apt_part *p, struct str file, const struct apt_file *signed_for,
                 bool packed, int64_t fetched)
{
    struct apt *apt = p->archive->apt;
    struct compile_job *j = &p->job;
    struct apt_file plain;
    j->file = str_cstr(apt->arena, file);
    j->packing = packing_of(file);
    j->sum_of_packed = packed;
    memcpy(j->sha256, signed_for->sha256, sizeof j->sha256);
    j->size = signed_for->size;
    j->most = INDEX_BYTES;
    if (plain_sum(p, &plain)) { /* then it is known to the byte what comes out */
        memcpy(j->meta.sha256, plain.sha256, sizeof plain.sha256);
        j->most = plain.size < INDEX_BYTES ? plain.size : INDEX_BYTES;
    }
    j->meta.fetched = fetched;
    j->meta.valid_until = p->archive->release.valid_until;
    j->meta.dated = p->archive->release.date;
    j->path = p->path;
    p->state = PART_BUSY;
    if (!apt->pool)
        apt->pool = compile_pool_open(COMPILERS);
    compile_add(apt->pool, j);
}

static void take_compiled(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    struct compile_job *j = &p->job;
    if (j->store) {
        store_close(p->store);
        p->store = j->store;
        if (p->path.n && !j->saved)
            say_cache_refused(ar->apt, j->err.text);
        become(p, PART_READY);
        return;
    }
    struct str what = p->temporary.n ? p->request.final_url : str_of(j->file);
    struct str text = str_fmt(ar->apt->arena, STR_FMT ": %s", STR_ARG(what), j->err.text);
    world_fail(ar->apt->world, STR_FMT, STR_ARG(text));
    fail(p, text);
}

void apt_harvest(struct apt_archive *ar)
{
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        if (p->state == PART_BUSY)
            take_compiled(p);
        else if (p->state == PART_WANTED)
            fail(p, S("the index could not be fetched"));
        if (p->temporary.n)
            unlink(p->temporary.p);
        p->temporary = S("");
    }
}
