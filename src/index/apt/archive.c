/* archive.c - from a place's name to verified stores: what the cache has, what must be fetched,
 * and what is done when that fails. */
#include "index/apt/apt.h"
#include "dfix/url.h"

#include "dfix/manager.h"

#include <string.h>
#include <unistd.h>

#include "index/apt/keyring.h"
#include "host/fetched.h"

enum { INDEX_BYTES = 1 << 30, COMPILERS = 2 };

static void look_up(struct apt_part *p);

struct str apt_place(const struct apt_archive *ar)
{
    return ar->place[ar->at];
}

struct str apt_shown(const struct apt_archive *ar)
{
    return url_without_login(ar->apt->run->arena, apt_place(ar));
}

bool apt_is_fresh(const struct apt *apt, int64_t when)
{
    return index_is_fresh(apt->run->settings, apt->run->now, when);
}

/* ---- the record ---- */

static struct str record_path(struct apt_archive *ar)
{
    struct store_meta meta = {.uri = apt_shown(ar),
                              .suite = ar->suite,
                              .component = S(""),
                              .arch = S(""),
                              .signer = ar->signer};
    struct str path = store_path(ar->apt->run->arena, world_cache_dir(ar->apt->run->world), &meta);
    struct str end = S(".idx");
    if (!str_ends(path, end))
        return S("");
    path.n -= end.n;
    return str_fmt(ar->apt->run->arena, STR_FMT ".release", STR_ARG(path));
}

const struct record *apt_record(struct apt_archive *ar)
{
    if (!ar->record_read)
        record_read(ar->apt->run->arena, record_path(ar), &ar->record);
    ar->record_read = true;
    return &ar->record;
}

int64_t apt_newest(struct apt_archive *ar)
{
    struct apt_release r;
    struct err e;
    const struct record *known = apt_record(ar);
    int64_t newest = known->newest;
    if (known->text.n && release_parse(known->text, &r, &e) && r.date > newest)
        newest = r.date;
    for (const struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.store && store_meta(p->part.store).dated > newest)
            newest = store_meta(p->part.store).dated;
    return newest;
}

/* What a release whose life has ended was signed with, and until when, has run out by now. */
static enum release_verdict judge(struct apt_archive *ar, const struct apt_release *r,
                                  int64_t newest, bool *late, struct err *e)
{
    enum release_verdict v =
        release_judge(r, ar->flat ? S("") : ar->suite, newest, ar->apt->run->now, e);
    *late = v == RELEASE_EXPIRED && ar->ended.n;
    return *late ? RELEASE_FITS : v;
}

bool apt_use_record(struct apt_archive *ar, struct err *e)
{
    struct apt_release r;
    bool late;
    const struct record *known = apt_record(ar);
    if (!known->text.n)
        return err_set(e, "nothing is known of it");
    if (!release_parse(known->text, &r, e) ||
        judge(ar, &r, apt_newest(ar), &late, e) != RELEASE_FITS)
        return false;
    ar->release = r;
    return true;
}

void apt_keep_record(struct apt_archive *ar, struct record r)
{
    struct str path = record_path(ar);
    struct apt_release release;
    struct err e;
    r.newest = apt_newest(ar); /* an answer without a date is no reason to forget the last one */
    if (r.text.n && release_parse(r.text, &release, &e) && release.date > r.newest)
        r.newest = release.date;
    ar->record = r;
    ar->record_read = true;
    if (path.n && !record_write(path, &r, &e))
        index_not_cached(ar->apt->run, e.text);
}

/* ---- parts ---- */

/* As the release that listed it is judged. */
static bool is_alive(const struct apt_part *p, const struct store_meta *m)
{
    int64_t now = p->archive->apt->run->now;
    return release_is_past(m->dated, now) &&
           (p->archive->ended.n || !m->valid_until || m->valid_until >= now);
}

struct str apt_index_name(const struct apt_part *p)
{
    if (p->archive->flat)
        return S("Packages");
    return str_fmt(p->archive->apt->run->arena, STR_FMT "/binary-" STR_FMT "/Packages",
                   STR_ARG(p->part.component), STR_ARG(p->arch));
}

/* The archive has none where there could be one. For the suite that makes the release that is a
 * reason to know nothing; where only additions are missing there are no additions. */
void apt_take_absence(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    if (ar->base && !str_eq(p->arch, S("all")) && !release_has_arch(&ar->release, p->arch))
        index_fail(&p->part,
                   str_fmt(ar->apt->run->arena,
                           STR_FMT " has no packages for " STR_FMT
                                   "; set the architectures you build for with --platform",
                           STR_ARG(ar->suite), STR_ARG(p->arch)));
    else
        index_become(&p->part, PART_EMPTY);
}

bool apt_is_unlisted(const struct apt_part *p)
{
    static const char *const ends[] = {"", ".xz", ".gz", ".zst", ".lz4"};
    const struct apt_archive *ar = p->archive;
    struct apt_file f;
    if (str_eq(p->arch, S("all")) && ar->release.all_inside)
        return true;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct str name =
            str_fmt(ar->apt->run->arena, STR_FMT "%s", STR_ARG(apt_index_name(p)), ends[i]);
        if (release_file(&ar->release, name, &f))
            return false;
    }
    return true;
}

struct apt_part *apt_part(struct apt_archive *ar, struct str component, struct str arch)
{
    struct apt *apt = ar->apt;
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (str_eq(p->part.component, component) && str_eq(p->arch, arch))
            return p;
    struct apt_part *p = arena_new(apt->run->arena, struct apt_part, 1);
    p->next = ar->parts;
    p->archive = ar;
    p->part = (struct index_part){.run = apt->run,
                                  .suite = ar->suite,
                                  .component = str_dup(apt->run->arena, component),
                                  .from = ar->own ? S("") : apt_shown(ar),
                                  .security = ar->security};
    p->arch = str_dup(apt->run->arena, arch);
    p->part.path = p->part.why = p->temporary = S("");
    ar->parts = p;
    look_up(p);
    return p;
}

void apt_close_parts(struct apt_archive *ar)
{
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        store_close(p->part.store);
        if (p->part.state == PART_BUSY) /* what was compiled, and nobody waited for */
            store_close(p->job.store);
        if (p->temporary.n)
            unlink(str_cstr(ar->apt->run->arena, p->temporary));
    }
}

/* ---- the next place ---- */

void apt_next_place(struct apt_archive *ar)
{
    ar->at++;
    ar->record_read = false;
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED)
            look_up(p);
}

void apt_take_missing(struct apt_archive *ar)
{
    struct arena *a = ar->apt->run->arena;
    struct str all = apt_shown(ar);
    if (ar->at + 1 < ar->nplace) {
        apt_next_place(ar);
        return;
    }
    /* Archives of old releases do not keep what was empty in the end. */
    bool additions =
        ar->spare || (ar->own && !ar->base && ar->ended.n && ar->at > 0 && !ar->silent);
    struct str why =
        str_fmt(a, STR_FMT " does not hold " STR_FMT "%s" STR_FMT, STR_ARG(all), STR_ARG(ar->suite),
                ar->ended.n ? ", which reached end of life on " : "", STR_ARG(ar->ended));
    if (ar->own && !ar->ended.n && !ar->spare)
        world_fail(ar->apt->run->world, STR_FMT, STR_ARG(why));
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED && additions)
            index_become(&p->part, PART_EMPTY);
        else if (p->part.state == PART_WANTED)
            index_fail(&p->part, why);
}

/* What the cache says of it at the present place: current, not there at all, or nothing. */
static void look_up(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    struct apt *apt = ar->apt;
    struct err e;
    p->job.meta = (struct store_meta){.manager = &manager_apt,
                                      .uri = apt_shown(ar),
                                      .suite = ar->suite,
                                      .component = p->part.component,
                                      .arch = str_eq(p->arch, S("all")) ? S("") : p->arch,
                                      .etag = S(""),
                                      .modified = S(""),
                                      .signer = ar->signer};
    index_look_up(&p->part, &p->job.meta);
    if (p->part.store) {
        struct store_meta m = store_meta(p->part.store);
        if (apt_is_fresh(apt, m.fetched) && is_alive(p, &m))
            index_become(&p->part, PART_READY);
        return;
    }
    const struct record *r = apt_record(ar);
    if (!ar->signer.n || !apt_is_fresh(apt, r->fetched))
        return;
    if (r->missing)
        apt_take_missing(ar);
    else if (apt_use_record(ar, &e) && apt_is_unlisted(p))
        apt_take_absence(p);
}

/* ---- when it cannot be fetched ---- */

static bool use_old(struct apt_part *p, struct str why)
{
    if (!p->part.store)
        return false;
    struct store_meta m = store_meta(p->part.store);
    return is_alive(p, &m) && index_use_old(&p->part, p->archive->suite, why);
}

void apt_fall_back(struct apt_archive *ar, struct str why, bool error)
{
    struct apt *apt = ar->apt;
    int64_t lists = apt_lists_time(ar);
    struct str old = apt->run->settings->offline ? S("dfix runs offline") : why;
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED &&
            (!p->part.store || store_meta(p->part.store).fetched >= lists))
            use_old(p, old);
    if (apt_use_lists(ar, lists) && !apt_is_fresh(apt, lists))
        world_warn(apt->run->world,
                   "using this machine's apt lists for " STR_FMT " from " STR_FMT " ago: " STR_FMT,
                   STR_ARG(ar->suite), STR_ARG(index_age(apt->run->arena, apt->run->now, lists)),
                   STR_ARG(old));
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        if (p->part.state != PART_WANTED || use_old(p, old))
            continue;
        if (error)
            index_refuse(&p->part, why);
        else
            index_fail(&p->part, why);
    }
}

void apt_refuse(struct apt_archive *ar, struct str what, const char *why)
{
    struct str text = str_fmt(ar->apt->run->arena, STR_FMT ": %s", STR_ARG(what), why);
    for (struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED)
            index_refuse(&p->part, text);
}

enum release_verdict apt_take_release(struct apt_archive *ar, struct str file, struct str signature,
                                      int64_t newest, struct str *text, struct err *e)
{
    struct apt *apt = ar->apt;
    struct apt_release r;
    bool late;
    struct signed_file s = {.path = file,
                            .signature = signature,
                            .keyring = ar->keyring,
                            .nkeyring = ar->nkeyring,
                            .ended = ar->ended.n > 0};
    bool verified = keyring_verify(apt->run->arena, &s, e);
    *text = s.text;
    if (s.broken)
        world_fail(apt->run->world, "%s", e->text);
    if (!verified || !release_parse(*text, &r, e))
        return RELEASE_OTHER;
    enum release_verdict v = judge(ar, &r, newest, &late, e);
    if (late)
        world_warn(apt->run->world,
                   STR_FMT " has expired because its release reached end of life (" STR_FMT
                           "); its index will not change again",
                   STR_ARG(ar->suite), STR_ARG(ar->ended));
    if (v == RELEASE_FITS)
        ar->release = r;
    return v;
}

static bool wants(const struct apt_archive *ar)
{
    for (const struct apt_part *p = ar->parts; p; p = p->next)
        if (p->part.state == PART_WANTED)
            return true;
    return false;
}

void apt_gather(struct apt_archive *ar, struct fetcher *f)
{
    struct apt *apt = ar->apt;
    struct err e;
    bool offline = apt->run->settings->offline;
    if (!wants(ar))
        return;
    if (!ar->nkeyring) {
        world_warn(apt->run->world, STR_FMT, STR_ARG(ar->no_keyring));
        apt_fall_back(ar, ar->no_keyring, false);
        return;
    }
    int64_t lists = offline ? 0 : apt_lists_time(ar);
    if (!offline && apt_is_fresh(apt, lists))
        apt_use_lists(ar, lists);
    if (!wants(ar))
        return;
    if (offline)
        apt_fall_back(
            ar,
            str_fmt(
                apt->run->arena,
                "dfix runs offline, and the index of " STR_FMT
                " is neither in its cache nor in this machine's apt lists for every architecture",
                STR_ARG(ar->suite)),
            false);
    else if (!apt_ask_places(ar, f, &e))
        apt_fall_back(ar, str_dup(apt->run->arena, str_of(e.text)), true);
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
    if (!p->part.store || !plain_sum(p, &f))
        return false;
    struct store_meta m = store_meta(p->part.store);
    if (memcmp(m.sha256, f.sha256, sizeof f.sha256) != 0)
        return false;
    index_touch(&p->part, fetched, ar->release.valid_until);
    return true;
}

void apt_compile(struct apt_part *p, struct str file, const struct apt_file *signed_for,
                 bool packed, int64_t fetched)
{
    struct apt *apt = p->archive->apt;
    struct compile_job *j = &p->job;
    struct apt_file plain;
    j->file = str_cstr(apt->run->arena, file);
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
    j->path = p->part.path;
    p->part.state = PART_BUSY;
    if (!apt->pool)
        apt->pool = compile_pool_open(COMPILERS);
    compile_add(apt->pool, j);
}

static void take_compiled(struct apt_part *p)
{
    struct apt_archive *ar = p->archive;
    struct compile_job *j = &p->job;
    if (j->store) {
        index_take(&p->part, j->store, j->saved ? NULL : j->err.text);
        return;
    }
    struct str what = p->temporary.n ? p->request.final_url : str_of(j->file);
    index_refuse(&p->part,
                 str_fmt(ar->apt->run->arena, STR_FMT ": %s", STR_ARG(what), j->err.text));
}

void apt_harvest(struct apt_archive *ar)
{
    for (struct apt_part *p = ar->parts; p; p = p->next) {
        if (p->part.state == PART_BUSY)
            take_compiled(p);
        else if (p->part.state == PART_WANTED)
            index_fail(&p->part, S("the index could not be fetched"));
        if (p->temporary.n)
            unlink(str_cstr(ar->apt->run->arena, p->temporary));
        p->temporary = S("");
    }
}
