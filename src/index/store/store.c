/* store.c - reads images. Whatever a file holds, what is given out lies inside it. */
#include "index/store/layout.h"

#include "dfix/manager.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/cache.h"

/* ---- open, close ---- */

static const char *header_fault(const struct image_header *h, const unsigned char *p, size_t size)
{
    struct image_times times = image_times(h->times.fetched, h->times.valid_until);
    if (memcmp(h->magic, IMAGE_MAGIC, sizeof h->magic) != 0)
        return "not a compiled index";
    if (h->order != IMAGE_ORDER || h->version != IMAGE_VERSION)
        return "compiled by another version of dfix, or for another machine";
    struct image_layout at = image_layout(h);
    if (h->size != size || at.end != size || (h->files && h->files != h->records))
        return "of the wrong size";
    if (!manager_numbered(h->manager) || image_checksum(p, &at) != h->checksum ||
        memcmp(&times, &h->times, sizeof times) != 0)
        return "damaged";
    return NULL;
}

/* Maps it; NULL with *fault set. */
static const unsigned char *map(int fd, size_t *size, const char **fault)
{
    struct stat st;
    if (fstat(fd, &st) != 0) {
        *fault = strerror(errno);
        return NULL;
    }
    if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(struct image_header) ||
        st.st_size > UINT32_MAX) {
        *fault = "not a compiled index";
        return NULL;
    }
    *size = (size_t)st.st_size;
    void *p = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    *fault = p == MAP_FAILED ? strerror(errno) : NULL;
    return p == MAP_FAILED ? NULL : p;
}

struct store *store_open(struct str path, bool *missing, struct err *e)
{
    char name[PATH_MAX];
    if (missing)
        *missing = false;
    if (path.n >= sizeof name) {
        err_set(e, "the path of an index is too long");
        return NULL;
    }
    memcpy(name, path.p, path.n);
    name[path.n] = 0;
    int fd = cache_open(name);
    if (fd < 0) {
        bool none = errno == ENOENT || errno == ENOTDIR;
        if (missing)
            *missing = none;
        if (!missing || !none)
            err_set(e, "%s: %s", name, strerror(errno));
        return NULL;
    }
    struct store s = {0};
    const char *fault;
    s.p = map(fd, &s.n, &fault);
    close(fd);
    if (s.p) {
        memcpy(&s.head, s.p, sizeof s.head);
        fault = header_fault(&s.head, s.p, s.n);
    }
    s.at = image_layout(&s.head);
    struct store *out = fault ? NULL : calloc(1, sizeof *out + image_blocks(&s.at) + 1);
    if (!out) {
        if (s.p)
            munmap((void *)(uintptr_t)s.p, s.n);
        err_set(e, "%s: %s; it will be compiled again", name, fault ? fault : "out of memory");
        return NULL;
    }
    s.block = (_Atomic unsigned char *)(out + 1);
    *out = s;
    return out;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->arena) {
        arena_close(s->arena);
        return;
    }
    munmap((void *)(uintptr_t)s->p, s->n);
    free(s);
}

void store_renew(struct store *s, int64_t fetched, int64_t valid_until)
{
    s->head.times = image_times(fetched, valid_until);
}

size_t store_bytes(const struct store *s)
{
    return s->n;
}

struct store_meta store_meta(const struct store *s)
{
    struct str text[IMAGE_META];
    size_t at = s->at.meta;
    for (int i = 0; i < IMAGE_META; i++) {
        text[i] = (struct str){(const char *)s->p + at, s->head.meta[i]};
        at += s->head.meta[i];
    }
    struct store_meta m = {.manager = manager_numbered(s->head.manager),
                           .uri = text[0],
                           .suite = text[1],
                           .component = text[2],
                           .arch = text[3],
                           .etag = text[4],
                           .modified = text[5],
                           .signer = text[6],
                           .fetched = s->head.times.fetched,
                           .valid_until = s->head.times.valid_until,
                           .dated = s->head.dated,
                           .dropped = s->head.dropped};
    memcpy(m.sha256, s->head.sha256, sizeof m.sha256);
    return m;
}

/* ---- blocks ---- */

enum { BLOCK_UNREAD, BLOCK_GOOD, BLOCK_BAD };

static bool block_holds(const struct store *s, uint64_t i)
{
    if (atomic_load_explicit(&s->block[i], memory_order_relaxed) == BLOCK_GOOD)
        return true;
    uint64_t from = s->at.slots + i * IMAGE_BLOCK, n = s->at.needs_sums - from;
    uint32_t want;
    memcpy(&want, s->p + s->at.sums + i * sizeof want, sizeof want);
    bool good = image_sum(0, s->p + from, n < IMAGE_BLOCK ? (size_t)n : IMAGE_BLOCK) == want;
    unsigned char known = good ? BLOCK_GOOD : BLOCK_BAD;
    atomic_store_explicit(&s->block[i], known, memory_order_relaxed);
    if (!good)
        atomic_store_explicit(&s->block[image_blocks(&s->at)], known, memory_order_relaxed);
    return good;
}

/* Are these bytes behind the sums what was written? Their blocks are read when first asked for. */
static bool sound(const struct store *s, uint64_t at, uint64_t n)
{
    uint64_t i = (at - s->at.slots) / IMAGE_BLOCK, last = (at + n - 1 - s->at.slots) / IMAGE_BLOCK;
    bool good = true;
    for (; s->block && i <= last; i++)
        good = block_holds(s, i) && good;
    return good;
}

bool store_damaged(const struct store *s)
{
    return s->block &&
           atomic_load_explicit(&s->block[image_blocks(&s->at)], memory_order_relaxed) == BLOCK_BAD;
}

/* ---- sections ---- */

struct str store_text(const struct store *s, uint32_t at)
{
    if (at >= s->head.strings)
        return S("");
    const unsigned char *p = s->p + s->at.strings + at;
    if (!sound(s, s->at.strings + at, 1) || p[0] > s->head.strings - at - 1 ||
        !sound(s, s->at.strings + at, 1u + p[0]))
        return S("");
    return (struct str){(const char *)p + 1, p[0]};
}

static uint32_t number(const struct store *s, uint64_t section, uint32_t i)
{
    uint32_t n = 0;
    uint64_t at = section + (uint64_t)i * sizeof n;
    if (sound(s, at, sizeof n))
        memcpy(&n, s->p + at, sizeof n);
    return n;
}

static struct image_slot slot_at(const struct store *s, uint32_t i)
{
    struct image_slot slot = {0};
    uint64_t at = s->at.slots + (uint64_t)i * sizeof slot;
    if (sound(s, at, sizeof slot))
        memcpy(&slot, s->p + at, sizeof slot);
    return slot;
}

static struct image_name name_at(const struct store *s, uint32_t i)
{
    struct image_name n = {0};
    uint64_t at = s->at.names + (uint64_t)i * sizeof n;
    if (i <= s->head.names && sound(s, at, sizeof n))
        memcpy(&n, s->p + at, sizeof n);
    return n;
}

/* Which name it is; STR_NONE: none. */
static int64_t find_name(const struct store *s, struct str name)
{
    uint32_t n = s->head.slots;
    if (!n || !name.n)
        return STR_NONE;
    uint64_t hash = str_hash(name);
    uint32_t at = (uint32_t)(hash % n);
    for (uint32_t tried = 0; tried < n; tried++) {
        struct image_slot slot = slot_at(s, at);
        if (!slot.name)
            return STR_NONE;
        if (slot.hash == (uint32_t)(hash >> 32) && slot.name <= s->head.names &&
            str_eq(store_text(s, name_at(s, slot.name - 1).text), name))
            return slot.name - 1;
        at = at + 1 == n ? 0 : at + 1;
    }
    return STR_NONE;
}

static struct store_range range(uint32_t first, uint32_t end, uint32_t count)
{
    if (first > end || end > count)
        return (struct store_range){0, 0};
    return (struct store_range){first, end};
}

struct store_range store_find(const struct store *s, struct str name)
{
    int64_t i = find_name(s, name);
    if (i < 0)
        return (struct store_range){0, 0};
    return range(name_at(s, (uint32_t)i).record, name_at(s, (uint32_t)i + 1).record,
                 s->head.records);
}

struct store_range store_providers(const struct store *s, struct str name)
{
    int64_t i = find_name(s, name);
    if (i < 0)
        return (struct store_range){0, 0};
    return range(name_at(s, (uint32_t)i).provider, name_at(s, (uint32_t)i + 1).provider,
                 s->head.providers);
}

uint32_t store_records(const struct store *s)
{
    return s->head.records;
}

struct store_record store_record(const struct store *s, uint32_t i)
{
    struct image_record row = {0};
    uint64_t at = s->at.records + (uint64_t)i * sizeof row;
    if (i < s->head.records && sound(s, at, sizeof row))
        memcpy(&row, s->p + at, sizeof row);
    struct store_record r = {.name = store_text(s, name_at(s, row.name).text),
                             .version = store_text(s, row.version),
                             .arch = store_text(s, row.arch),
                             .source = store_text(s, row.source),
                             .source_version = store_text(s, row.source_version),
                             .made = row.made};
    if (!r.source.n)
        r.source = r.name;
    if (!r.source_version.n)
        r.source_version = r.version;
    return r;
}

struct store_record store_provider(const struct store *s, uint32_t i)
{
    return store_record(s, i < s->head.providers ? number(s, s->at.providers, i) : s->head.records);
}

/* ---- what packages need ---- */

static bool needs_block_holds(const struct store *s, uint64_t i)
{
    uint64_t from = s->at.needs + i * NEEDS_BLOCK, n = s->at.end - from;
    uint32_t want;
    memcpy(&want, s->p + s->at.needs_sums + i * sizeof want, sizeof want);
    return image_sum(0, s->p + from, n < NEEDS_BLOCK ? (size_t)n : NEEDS_BLOCK) == want;
}

bool store_needs_hold(const struct store *s, uint64_t from, uint64_t n)
{
    struct store *known = (struct store *)(uintptr_t)s;
    int state = atomic_load_explicit(&s->needs_state, memory_order_relaxed);
    if (!s->block)
        return true;
    if (state == BLOCK_UNREAD) {
        state = image_needs_sum(s->p, &s->at) == s->head.needs_sum ? BLOCK_GOOD : BLOCK_BAD;
        atomic_store_explicit(&known->needs_state, state, memory_order_relaxed);
    }
    bool good = state == BLOCK_GOOD;
    for (uint64_t i = from / NEEDS_BLOCK; good && i <= (from + n - 1) / NEEDS_BLOCK; i++)
        good = needs_block_holds(s, i);
    return good;
}

bool store_needs(const struct store *s, uint32_t i, struct package_needs *out)
{
    struct image_record row = {.needs = NEEDS_UNKNOWN};
    uint64_t at = s->at.records + (uint64_t)i * sizeof row;
    *out = (struct package_needs){S(""), S("")};
    if (i < s->head.records && sound(s, at, sizeof row))
        memcpy(&row, s->p + at, sizeof row);
    if (!row.needs)
        return true;
    if (row.needs >= s->head.needs || s->head.needs - row.needs < 2 ||
        !store_needs_hold(s, row.needs, 2))
        return false;
    const unsigned char *p = s->p + s->at.needs + row.needs;
    uint32_t n = (uint32_t)p[0] | (uint32_t)p[1] << 8;
    if (n > s->head.needs - row.needs - 2 || !store_needs_hold(s, row.needs, 2 + n))
        return false;
    out->recommends = (struct str){(const char *)p + 2, n};
    return str_cut(&out->recommends, ';', &out->depends);
}

/* ---- verify ---- */

/* What the checksum cannot tell: a writer's own mistake. */
static const char *offsets_fault(const struct store *s)
{
    for (uint32_t i = 0; i < s->head.names; i++) {
        struct image_name a = name_at(s, i), b = name_at(s, i + 1);
        if (a.record > b.record || a.provider > b.provider || !store_text(s, a.text).n)
            return "a name is out of order";
    }
    struct image_name last = name_at(s, s->head.names);
    if (last.record != s->head.records || last.provider != s->head.providers)
        return "records are left over";
    for (uint32_t i = 0; i < s->head.records; i++) {
        struct store_record r = store_record(s, i);
        struct store_range of = store_find(s, r.name);
        if (i < of.first || i >= of.end)
            return "a record is not under its name";
    }
    for (uint32_t i = 0; i < s->head.records; i++) {
        struct image_record row;
        struct package_needs needs;
        memcpy(&row, s->p + s->at.records + (uint64_t)i * sizeof row, sizeof row);
        if (row.needs != NEEDS_UNKNOWN && !store_needs(s, i, &needs))
            return "what a package needs is out of bounds";
    }
    for (uint32_t i = 0; i < s->head.providers; i++)
        if (number(s, s->at.providers, i) >= s->head.records)
            return "a provider is no record";
    return NULL;
}

bool store_verify(const struct store *s, struct err *e)
{
    const char *fault = header_fault(&s->head, s->p, s->n);
    if (!fault && !sound(s, s->at.slots, s->at.needs_sums - s->at.slots))
        fault = "its checksum is wrong";
    if (!fault && image_needs_sum(s->p, &s->at) != s->head.needs_sum)
        fault = "its checksum is wrong";
    for (uint32_t i = 0; !fault && i < image_needs_blocks(&s->at); i++)
        fault = needs_block_holds(s, i) ? NULL : "its checksum is wrong";
    if (!fault)
        fault = offsets_fault(s);
    return fault ? err_set(e, "damaged: %s", fault) : true;
}
