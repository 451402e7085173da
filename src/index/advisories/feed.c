/* feed.c - reads the image of a feed. */
#include "index/advisories/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cache.h"
#include "index/advisories/layout.h"
#include "index/store/layout.h"

enum { UNREAD, GOOD, DAMAGED };

struct feed {
    const unsigned char *p;
    size_t n;
    bool mapped;
    struct feed_header head;
    struct feed_layout at;
    _Atomic unsigned char *block; /* what is known of each; the last one: of any */
};

/* ---- the layout ---- */

static uint64_t aligned(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

uint32_t feed_blocks(const struct feed_layout *at)
{
    return (uint32_t)((at->end - at->scopes + FEED_BLOCK - 1) / FEED_BLOCK);
}

struct feed_layout feed_layout(const struct feed_header *h)
{
    const uint64_t sizes[] = {h->scopes * (uint64_t)4,
                              h->slots * (uint64_t)sizeof(struct feed_slot),
                              (h->packages + (uint64_t)1) * sizeof(struct feed_package),
                              h->rows * (uint64_t)sizeof(struct feed_row),
                              h->ids * (uint64_t)sizeof(struct feed_slot),
                              (h->vulns + (uint64_t)1) * sizeof(struct feed_vuln),
                              h->refs * (uint64_t)4,
                              h->strings};
    enum { SECTIONS = sizeof sizes / sizeof sizes[0] };
    uint64_t start[SECTIONS + 1] = {0};
    for (size_t i = 0; i < SECTIONS; i++)
        start[i + 1] = start[i] + aligned(sizes[i]);
    uint64_t blocks = (start[SECTIONS] + FEED_BLOCK - 1) / FEED_BLOCK;
    uint64_t sums = sizeof(struct feed_header), first = sums + aligned(blocks * 4);
    return (struct feed_layout){.sums = sums,
                                .scopes = first + start[0],
                                .slots = first + start[1],
                                .packages = first + start[2],
                                .rows = first + start[3],
                                .ids = first + start[4],
                                .vulns = first + start[5],
                                .refs = first + start[6],
                                .strings = first + start[7],
                                .end = first + start[8]};
}

uint32_t feed_sum(const unsigned char *image, const struct feed_layout *at)
{
    struct feed_header h;
    memcpy(&h, image, sizeof h);
    h.fetched = 0;
    h.fetched_sum = h.sum = 0;
    uint32_t sum = image_sum(0, &h, sizeof h);
    return image_sum(sum, image + at->sums, at->scopes - at->sums);
}

uint64_t feed_package_hash(struct str scope, struct str name)
{
    return str_hash(name) * 31 ^ str_hash(scope);
}

struct str feed_changelog_name(struct arena *a, struct str scope, struct str source,
                               struct str version)
{
    return str_fmt(a, "changelog=" STR_FMT "=" STR_FMT "=" STR_FMT, STR_ARG(scope), STR_ARG(source),
                   STR_ARG(version));
}

/* ---- opening ---- */

static bool is_power(uint32_t n)
{
    return n && !(n & (n - 1));
}

static bool check_header(struct feed *f, struct err *e)
{
    struct feed_header *h = &f->head;
    if (f->n < sizeof *h)
        return err_set(e, "it is no feed of advisories");
    memcpy(h, f->p, sizeof *h);
    if (memcmp(h->magic, FEED_MAGIC, sizeof h->magic) != 0)
        return err_set(e, "it is no feed of advisories");
    if (h->version != FEED_VERSION || h->order != FEED_ORDER)
        return err_set(e, "it was written by another version of dfix");
    f->at = feed_layout(h);
    bool whole = h->size == f->n && f->at.end == f->n && is_power(h->slots) && is_power(h->ids) &&
                 h->kind < FEED_KINDS && h->refs == h->rows && h->strings >= 2;
    if (!whole || feed_sum(f->p, &f->at) != h->sum ||
        image_sum(0, &h->fetched, sizeof h->fetched) != h->fetched_sum)
        return err_set(e, "it is damaged");
    return true;
}

static struct feed *open_bytes(const unsigned char *p, size_t n, bool mapped, struct err *e)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        abort();
    *f = (struct feed){.p = p, .n = n, .mapped = mapped};
    if (check_header(f, e)) {
        f->block = calloc(feed_blocks(&f->at) + 1, 1);
        if (!f->block)
            abort();
        return f;
    }
    free(f);
    return NULL;
}

struct feed *feed_of(struct str image, struct err *e)
{
    return open_bytes((const unsigned char *)image.p, image.n, false, e);
}

struct feed *feed_open(struct str path, struct err *e)
{
    struct arena *a = arena_open();
    const char *name = str_cstr(a, path);
    struct err why;
    struct stat st;
    struct feed *f = NULL;
    int fd = cache_open(name);
    bool good = fd >= 0 && fstat(fd, &st) == 0;
    void *p = good && st.st_size ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)
                                 : MAP_FAILED;
    if (!good)
        err_write(e, "%s: %s", name, strerror(errno));
    else if (p == MAP_FAILED)
        err_write(e, "%s: it cannot be read", name);
    else
        f = open_bytes(p, (size_t)st.st_size, true, &why);
    if (p != MAP_FAILED && !f) {
        err_write(e, "%s: %s", name, why.text);
        munmap(p, (size_t)st.st_size);
    }
    if (fd >= 0)
        close(fd);
    arena_close(a);
    return f;
}

void feed_close(struct feed *f)
{
    if (!f)
        return;
    if (f->mapped)
        munmap((void *)(uintptr_t)f->p, f->n);
    free((void *)(uintptr_t)f->block);
    free(f);
}

bool feed_touch(struct str path, int64_t fetched, struct err *e)
{
    struct arena *a = arena_open();
    const char *name = str_cstr(a, path);
    uint32_t sum = image_sum(0, &fetched, sizeof fetched);
    char both[sizeof fetched + sizeof sum];
    memcpy(both, &fetched, sizeof fetched);
    memcpy(both + sizeof fetched, &sum, sizeof sum);
    int lock = cache_lock(name, e);
    int fd = lock < 0 ? -1 : open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = fd >= 0 && pwrite(fd, both, sizeof both, offsetof(struct feed_header, fetched)) ==
                             (ssize_t)sizeof both;
    if (!ok && lock >= 0)
        err_write(e, "%s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (lock >= 0)
        close(lock);
    arena_close(a);
    return ok;
}

/* ---- what is in it ---- */

static bool block_is_good(const struct feed *f, uint32_t i)
{
    if (f->block[i] == UNREAD) {
        uint64_t from = f->at.scopes + (uint64_t)i * FEED_BLOCK;
        uint64_t n = f->at.end - from < FEED_BLOCK ? f->at.end - from : FEED_BLOCK;
        uint32_t sum;
        memcpy(&sum, f->p + f->at.sums + i * sizeof sum, sizeof sum);
        f->block[i] = image_sum(0, f->p + from, n) == sum ? GOOD : DAMAGED;
        if (f->block[i] == DAMAGED)
            f->block[feed_blocks(&f->at)] = DAMAGED;
    }
    return f->block[i] == GOOD;
}

/* Bytes of the sections; NULL: they are damaged, or not there. */
static const void *bytes_at(const struct feed *f, uint64_t at, uint64_t n)
{
    if (at < f->at.scopes || at > f->at.end || n > f->at.end - at)
        return NULL;
    uint32_t first = (uint32_t)((at - f->at.scopes) / FEED_BLOCK);
    uint32_t last = (uint32_t)((at + (n ? n - 1 : 0) - f->at.scopes) / FEED_BLOCK);
    for (uint32_t i = first; i <= last && n; i++)
        if (f->block[i] != GOOD && !block_is_good(f, i))
            return NULL;
    return f->p + at;
}

static bool take(const struct feed *f, uint64_t section, uint64_t i, void *out, size_t size)
{
    const void *p = bytes_at(f, section + i * size, size);
    memset(out, 0, size);
    if (p)
        memcpy(out, p, size);
    return p != NULL;
}

static struct str text(const struct feed *f, uint32_t at)
{
    uint16_t n;
    if (!at || at > f->head.strings - sizeof n)
        return S("");
    const void *p = bytes_at(f, f->at.strings + at, sizeof n);
    if (!p)
        return S("");
    memcpy(&n, p, sizeof n);
    if (n > f->head.strings - at - sizeof n)
        return S("");
    p = bytes_at(f, f->at.strings + at + sizeof n, n);
    return p ? (struct str){p, n} : S("");
}

struct feed_meta feed_meta(const struct feed *f)
{
    const struct feed_header *h = &f->head;
    return (struct feed_meta){.kind = (enum feed_kind)h->kind,
                              .name = text(f, h->name),
                              .title = text(f, h->title),
                              .url = text(f, h->url),
                              .etag = text(f, h->etag),
                              .modified = text(f, h->modified),
                              .fetched = h->fetched,
                              .dated = h->dated,
                              .partial = h->partial != 0,
                              .dropped = h->dropped};
}

bool feed_damaged(const struct feed *f)
{
    return f->block[feed_blocks(&f->at)] == DAMAGED;
}

size_t feed_bytes(const struct feed *f)
{
    return f->n;
}

size_t feed_vulns(const struct feed *f)
{
    return f->head.vulns;
}

size_t feed_packages(const struct feed *f)
{
    return f->head.packages;
}

size_t feed_scopes(const struct feed *f)
{
    return f->head.scopes;
}

struct str feed_scope(const struct feed *f, size_t i)
{
    uint32_t at;
    if (i >= f->head.scopes || !take(f, f->at.scopes, i, &at, sizeof at))
        return S("");
    return text(f, at);
}

bool feed_speaks_of(const struct feed *f, struct str scope)
{
    for (size_t i = 0; i < f->head.scopes; i++)
        if (str_eq(feed_scope(f, i), scope))
            return true;
    return false;
}

struct feed_range feed_rows(const struct feed *f, struct str scope, struct str name)
{
    uint64_t hash = feed_package_hash(scope, name);
    uint32_t mask = f->head.slots - 1;
    struct feed_slot slot;
    for (uint32_t k = 0, i = (uint32_t)hash & mask; k < f->head.slots; k++, i = (i + 1) & mask) {
        struct feed_package p[2];
        if (!take(f, f->at.slots, i, &slot, sizeof slot) || !slot.at)
            break;
        if (slot.hash != (uint32_t)(hash >> 32) || slot.at > f->head.packages ||
            !take(f, f->at.packages, slot.at - 1, &p[0], sizeof p[0]) ||
            !take(f, f->at.packages, slot.at, &p[1], sizeof p[1]))
            continue;
        if (str_eq(text(f, p[0].name), name) && str_eq(text(f, p[0].scope), scope) &&
            p[0].row <= p[1].row && p[1].row <= f->head.rows)
            return (struct feed_range){p[0].row, p[1].row};
    }
    return (struct feed_range){0, 0};
}

struct feed_entry feed_row(const struct feed *f, uint32_t row, uint32_t *vuln)
{
    struct feed_row r;
    struct feed_package p = {0, 0, 0};
    if (row < f->head.rows && take(f, f->at.rows, row, &r, sizeof r) &&
        r.package < f->head.packages)
        take(f, f->at.packages, r.package, &p, sizeof p);
    else
        memset(&r, 0, sizeof r);
    *vuln = r.vuln;
    return (struct feed_entry){.scope = text(f, p.scope),
                               .name = text(f, p.name),
                               .range = {.introduced = text(f, r.introduced),
                                         .fixed = text(f, r.fixed),
                                         .last = text(f, r.last),
                                         .exact = r.state == ROW_EXACT},
                               .state = r.state,
                               .fix = (enum fix_state)r.fix,
                               .advisory = text(f, r.advisory),
                               .rating = text(f, r.rating)};
}

struct feed_range feed_refs(const struct feed *f, uint32_t vuln)
{
    struct feed_vuln v[2];
    if (vuln >= f->head.vulns || !take(f, f->at.vulns, vuln, &v[0], sizeof v[0]) ||
        !take(f, f->at.vulns, vuln + (uint64_t)1, &v[1], sizeof v[1]) || v[0].ref > v[1].ref ||
        v[1].ref > f->head.refs)
        return (struct feed_range){0, 0};
    return (struct feed_range){v[0].ref, v[1].ref};
}

uint32_t feed_ref(const struct feed *f, uint32_t i)
{
    uint32_t row;
    return i < f->head.refs && take(f, f->at.refs, i, &row, sizeof row) ? row : f->head.rows;
}

void feed_names(const struct feed *f, uint32_t i, struct str *id, struct str *aliases, bool *bundle)
{
    struct feed_vuln v = {.flags = 0};
    if (i < f->head.vulns)
        take(f, f->at.vulns, i, &v, sizeof v);
    *id = text(f, v.id);
    *aliases = text(f, v.aliases);
    *bundle = v.flags & VULN_BUNDLE;
}

struct vulnerability feed_vuln(const struct feed *f, uint32_t i, bool *bundle)
{
    struct feed_vuln v = {.epss = ADVISORY_UNSCORED, .percentile = ADVISORY_UNSCORED};
    if (i < f->head.vulns)
        take(f, f->at.vulns, i, &v, sizeof v);
    *bundle = v.flags & VULN_BUNDLE;
    struct vulnerability out = {.id = text(f, v.id),
                                .aliases = text(f, v.aliases),
                                .summary = text(f, v.summary),
                                .published = text(f, v.published),
                                .url = S(""),
                                .rating = text(f, v.rating),
                                .rated_by = text(f, v.rated_by),
                                .cvss = text(f, v.cvss),
                                .cvss_score = ADVISORY_UNSCORED,
                                .exploited = v.flags & VULN_EXPLOITED,
                                .ransomware = v.flags & VULN_RANSOMWARE,
                                .kev_added = text(f, v.kev_added),
                                .kev_due = text(f, v.kev_due),
                                .epss = v.epss,
                                .percentile = v.percentile};
    out.cvss_score = cvss_base(out.cvss);
    return out;
}

bool feed_find(const struct feed *f, struct str name, uint32_t *after, uint32_t *vuln)
{
    uint64_t hash = str_hash(name);
    uint32_t mask = f->head.ids - 1;
    bool bundle;
    for (; *after < f->head.ids;) {
        struct feed_slot slot;
        uint32_t i = ((uint32_t)hash + (*after)++) & mask;
        if (!take(f, f->at.ids, i, &slot, sizeof slot) || !slot.at)
            break;
        if (slot.hash != (uint32_t)(hash >> 32) || slot.at > f->head.vulns)
            continue;
        struct str id, aliases;
        feed_names(f, slot.at - 1, &id, &aliases, &bundle);
        *vuln = slot.at - 1;
        if (str_eq(id, name) || words_have(aliases, name))
            return true;
    }
    *after = f->head.ids;
    return false;
}

/* ---- all of it ---- */

static bool is_plain(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            return false;
    return true;
}

static bool texts_are_plain(const struct feed *f)
{
    for (uint32_t at = 2; at < f->head.strings;) {
        struct str s = text(f, at);
        if (!s.n || !is_plain(s))
            return false;
        at += (uint32_t)(sizeof(uint16_t) + s.n);
    }
    return true;
}

static bool rows_are_good(const struct feed *f)
{
    uint32_t vuln;
    for (uint32_t i = 0; i < f->head.rows; i++) {
        struct feed_entry e = feed_row(f, i, &vuln);
        if (!e.name.n || !e.scope.n || vuln >= f->head.vulns || e.state > ROW_LIMITED ||
            e.fix > FIX_PAID)
            return false;
    }
    return true;
}

static bool vulns_are_good(const struct feed *f)
{
    bool bundle;
    for (uint32_t i = 0; i < f->head.vulns; i++) {
        struct vulnerability v = feed_vuln(f, i, &bundle);
        struct feed_range refs = feed_refs(f, i);
        if (!v.id.n || v.epss < ADVISORY_UNSCORED || v.epss > ADVISORY_WHOLE ||
            refs.first > refs.end)
            return false;
    }
    return true;
}

bool feed_check(struct feed *f, struct err *e)
{
    for (uint32_t i = 0; i < feed_blocks(&f->at); i++)
        block_is_good(f, i);
    bool good = !feed_damaged(f) && texts_are_plain(f) && rows_are_good(f) && vulns_are_good(f);
    return good || err_set(e, "it is damaged");
}
