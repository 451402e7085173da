/* writer.c - gathers the records of an index and lays them out as an image. */
#include "index/store/layout.h"

#include "dfix/manager.h"

#include <stddef.h>
#include <string.h>

enum { MOST_RECORDS = 1 << 22, MOST_STRINGS = 1 << 28 };

/* A text that was seen; which name it is, when it is one. */
struct seen {
    uint32_t hash, text, name; /* text 0: free slot; name counts from 1 */
};

struct provider {
    uint32_t name, record;
};

struct store_writer {
    struct arena *arena;
    const struct manager *manager;
    struct buf strings, needs;
    struct seen *seen; /* open addressing, a power of two */
    uint32_t nseen, seen_cap;
    VEC(uint32_t) names; /* their texts */
    VEC(struct image_record) records;
    VEC(struct image_file) files; /* of each record, once one has any */
    bool any_file;
    struct buf file_name;
    VEC(struct provider) providers;
    struct image_record last; /* its texts, which the next record often has again */
    uint32_t dropped;
    bool full;
};

struct store_writer *store_writer_open(const struct manager *m)
{
    struct arena *a = arena_open();
    struct store_writer *w = arena_new(a, struct store_writer, 1);
    w->arena = a;
    w->manager = m;
    w->strings.arena = w->needs.arena = w->file_name.arena = a;
    buf_char(&w->strings, 0); /* the empty text */
    buf_add(&w->needs, (struct str){"\0", 2});
    w->seen_cap = 1024;
    w->seen = arena_new(a, struct seen, w->seen_cap);
    return w;
}

void store_writer_close(struct store_writer *w)
{
    if (w)
        arena_close(w->arena);
}

/* ---- texts ---- */

static void grow_seen(struct store_writer *w)
{
    uint32_t cap = w->seen_cap * 2;
    struct seen *to = arena_new(w->arena, struct seen, cap);
    for (uint32_t i = 0; i < w->seen_cap; i++) {
        if (!w->seen[i].text)
            continue;
        uint32_t at = w->seen[i].hash & (cap - 1);
        while (to[at].text)
            at = (at + 1) & (cap - 1);
        to[at] = w->seen[i];
    }
    w->seen = to;
    w->seen_cap = cap;
}

static bool same_text(const struct store_writer *w, uint32_t text, struct str s)
{
    const char *p = w->strings.p + text;
    return (unsigned char)p[0] == s.n && memcmp(p + 1, s.p, s.n) == 0;
}

/* The slot of a text that is not empty, made when it is new. */
static struct seen *see(struct store_writer *w, struct str s)
{
    if (w->nseen * 4 >= w->seen_cap * 3)
        grow_seen(w);
    uint32_t hash = (uint32_t)str_hash(s), at = hash & (w->seen_cap - 1);
    while (w->seen[at].text) {
        if (w->seen[at].hash == hash && same_text(w, w->seen[at].text, s))
            return &w->seen[at];
        at = (at + 1) & (w->seen_cap - 1);
    }
    w->seen[at] = (struct seen){hash, (uint32_t)w->strings.n, 0};
    buf_char(&w->strings, (char)(unsigned char)s.n);
    buf_add(&w->strings, s);
    w->nseen++;
    return &w->seen[at];
}

/* `last`: what stood in this place before. */
static uint32_t text_of(struct store_writer *w, struct str s, uint32_t last)
{
    if (!s.n)
        return 0;
    return last && same_text(w, last, s) ? last : see(w, s)->text;
}

static uint32_t name_of(struct store_writer *w, struct str s)
{
    struct seen *seen = see(w, s);
    if (!seen->name) {
        vec_push(w->arena, &w->names, seen->text);
        seen->name = (uint32_t)w->names.n;
    }
    return seen->name - 1;
}

/* ---- records ---- */

static bool name_valid(const struct manager *m, struct str s)
{
    return s.n <= STORE_STRING_MAX && m->name_valid(s);
}

static bool fits_version(const struct manager *m, struct str s)
{
    return s.n <= STORE_STRING_MAX && version_valid(m, s);
}

static bool arch_valid(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (str_chr(S("abcdefghijklmnopqrstuvwxyz0123456789-_"), s.p[i]) == STR_NONE)
            return false;
    return s.n <= 32;
}

static bool record_valid(const struct manager *m, const struct store_record *r)
{
    return name_valid(m, r->name) && fits_version(m, r->version) && arch_valid(r->arch) &&
           (!r->source.n || name_valid(m, r->source)) &&
           (!r->source_version.n || fits_version(m, r->source_version));
}

/* What is provided is only ever compared to a word that was asked for, so it may
 * be anything printable: "cmd:[", "so:libc.musl-x86_64.so.1". */
static bool provided_valid(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n > 0 && s.n <= STORE_STRING_MAX;
}

/* That the index has the name, as a record that says nothing: no version can be told then. */
static void mark_unreadable(struct store_writer *w, const struct store_record *r)
{
    w->dropped++;
    if (w->full || !name_valid(w->manager, r->name))
        return;
    struct image_record row = {.name = name_of(w, r->name),
                               .arch = arch_valid(r->arch) ? text_of(w, r->arch, w->last.arch) : 0};
    vec_push(w->arena, &w->records, row);
    vec_push(w->arena, &w->files, (struct image_file){.size = 0});
}

static bool needs_valid(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n <= UINT16_MAX;
}

/* Many packages of one source need the same. */
static uint32_t needs_of(struct store_writer *w, struct str s, uint32_t last)
{
    if (!s.n || str_eq(s, S(";")))
        return 0;
    if (!needs_valid(s) || str_eq(s, S("?")) || w->needs.n > MOST_STRINGS)
        return NEEDS_UNKNOWN;
    if (last && last != NEEDS_UNKNOWN) {
        const unsigned char *p = (const unsigned char *)w->needs.p + last;
        if (((size_t)p[0] | (size_t)p[1] << 8) == s.n && memcmp(p + 2, s.p, s.n) == 0)
            return last;
    }
    uint32_t at = (uint32_t)w->needs.n;
    buf_char(&w->needs, (char)(unsigned char)(s.n & 255));
    buf_char(&w->needs, (char)(unsigned char)(s.n >> 8));
    buf_add(&w->needs, s);
    return at;
}

/* Of most it is enough to keep the folder that their archive has for all of them. */
static struct image_file file_of(struct store_writer *w, const struct store_record *r)
{
    const struct store_file *f = r->file;
    struct image_file row = {.size = 0};
    if (!f || !f->size || f->size > UINT32_MAX || !image_path_valid(f->path))
        return row;
    struct str end, path = f->path;
    w->file_name.n = 0;
    image_file_name(&w->file_name, r);
    end = buf_str(&w->file_name);
    if (str_ends(path, end) && path.n > end.n)
        path = str_sub(path, 0, path.n - end.n);
    if (path.n > STORE_STRING_MAX)
        return row;
    const struct image_file *last = w->files.n ? &w->files.v[w->files.n - 1] : NULL;
    row.path = text_of(w, path, last ? last->path : 0);
    row.size = (uint32_t)f->size;
    memcpy(row.sha256, f->sha256, sizeof row.sha256);
    w->any_file = true;
    return row;
}

bool store_add(struct store_writer *w, const struct store_record *r, const struct str *provides,
               size_t nprovides)
{
    if (w->records.n >= MOST_RECORDS || w->providers.n >= MOST_RECORDS ||
        w->strings.n >= MOST_STRINGS)
        w->full = true;
    if (w->full || !record_valid(w->manager, r)) {
        mark_unreadable(w, r);
        return false;
    }
    const struct image_record *last = &w->last;
    struct image_record row = {.name = name_of(w, r->name),
                               .version = text_of(w, r->version, last->version),
                               .arch = text_of(w, r->arch, last->arch)};
    if (!str_eq(r->source, r->name))
        row.source = text_of(w, r->source, last->source);
    if (!str_eq(r->source_version, r->version))
        row.source_version = text_of(w, r->source_version, last->source_version);
    row.needs = needs_of(w, r->needs, last->needs);
    row.made = r->made > 0 && r->made <= UINT32_MAX ? (uint32_t)r->made : 0;
    w->last = row;
    uint32_t index = (uint32_t)w->records.n;
    vec_push(w->arena, &w->records, row);
    struct image_file file = file_of(w, r);
    vec_push(w->arena, &w->files, file);
    for (size_t i = 0; i < nprovides && w->providers.n < MOST_RECORDS; i++)
        if (provided_valid(provides[i]))
            vec_push(w->arena, &w->providers, (struct provider){name_of(w, provides[i]), index});
    return true;
}

/* ---- layout ---- */

static uint64_t aligned(uint64_t n)
{
    return (n + 7) & ~(uint64_t)7;
}

static uint32_t needs_blocks(uint64_t bytes)
{
    return (uint32_t)((bytes + NEEDS_BLOCK - 1) / NEEDS_BLOCK);
}

struct image_layout image_layout(const struct image_header *h)
{
    struct image_layout at;
    uint64_t meta = 0;
    for (int i = 0; i < IMAGE_META; i++)
        meta += h->meta[i];
    at.meta = sizeof *h;
    at.sums = aligned(at.meta + meta);
    at.slots = 0; /* for now: what follows moves behind the sums of its blocks */
    at.names = aligned(at.slots + (uint64_t)h->slots * sizeof(struct image_slot));
    at.records = aligned(at.names + ((uint64_t)h->names + 1) * sizeof(struct image_name));
    at.providers = aligned(at.records + (uint64_t)h->records * sizeof(struct image_record));
    at.strings = aligned(at.providers + (uint64_t)h->providers * sizeof(uint32_t));
    at.needs_sums = aligned(at.strings + h->strings);
    uint64_t files = (uint64_t)h->files * sizeof(struct image_file);
    uint64_t summed = files ? aligned(h->needs) + files : h->needs;
    at.needs = at.needs_sums + aligned((uint64_t)needs_blocks(summed) * sizeof(uint32_t));
    at.files = at.needs + aligned(h->needs);
    at.end = at.needs + summed;
    uint64_t body = aligned(at.sums + (uint64_t)image_blocks(&at) * sizeof(uint32_t));
    uint64_t *const moved[] = {&at.slots,      &at.names, &at.records, &at.providers, &at.strings,
                               &at.needs_sums, &at.needs, &at.files,   &at.end};
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
        *moved[i] += body;
    return at;
}

uint32_t image_blocks(const struct image_layout *at)
{
    return (uint32_t)((at->needs_sums - at->slots + IMAGE_BLOCK - 1) / IMAGE_BLOCK);
}

uint32_t image_needs_blocks(const struct image_layout *at)
{
    return needs_blocks(at->end - at->needs);
}

uint32_t image_needs_sum(const void *image, const struct image_layout *at)
{
    return image_sum(0, (const char *)image + at->needs_sums, (size_t)(at->needs - at->needs_sums));
}

/* Can be undone, so that no change of one word is lost on the way. */
static uint64_t sum_word(uint64_t h, uint64_t word)
{
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 32;
}

/* At the end the upper half of a product depends on all 64 bits. */
uint32_t image_sum(uint32_t sum, const void *p, size_t n)
{
    uint64_t h = sum ^ (uint64_t)n << 32, word;
    const unsigned char *at = p, *whole = at + (n - n % sizeof word);
    for (; at < whole; at += sizeof word) {
        memcpy(&word, at, sizeof word);
        h = sum_word(h, word);
    }
    word = 0;
    if (n % sizeof word) {
        memcpy(&word, at, n % sizeof word);
        h = sum_word(h, word);
    }
    return (uint32_t)(h * 0x9e3779b97f4a7c15u >> 32);
}

struct image_times image_times(int64_t fetched, int64_t valid_until)
{
    struct image_times t = {.fetched = fetched, .valid_until = valid_until};
    t.checksum = image_sum(0, &t, offsetof(struct image_times, checksum));
    return t;
}

uint32_t image_checksum(const void *image, const struct image_layout *at)
{
    struct image_header h;
    memcpy(&h, image, sizeof h);
    h.checksum = 0;
    memset(&h.times, 0, sizeof h.times);
    uint32_t sum = image_sum(0, &h, sizeof h);
    return image_sum(sum, (const char *)image + sizeof h, (size_t)at->slots - sizeof h);
}

/* The sums of each `block` bytes from `from` to `end`. */
static void put_sums(unsigned char *image, uint64_t sums, uint64_t from, uint64_t end,
                     uint64_t block)
{
    for (; from < end; from += block, sums += sizeof(uint32_t)) {
        uint64_t n = end - from;
        uint32_t sum = image_sum(0, image + from, (size_t)(n < block ? n : block));
        memcpy(image + sums, &sum, sizeof sum);
    }
}

void image_seal(unsigned char *image, const struct image_layout *at)
{
    put_sums(image, at->sums, at->slots, at->needs_sums, IMAGE_BLOCK);
    put_sums(image, at->needs_sums, at->needs, at->end, NEEDS_BLOCK);
    uint32_t needs = image_needs_sum(image, at);
    memcpy(image + offsetof(struct image_header, needs_sum), &needs, sizeof needs);
    uint32_t checksum = image_checksum(image, at);
    memcpy(image + offsetof(struct image_header, checksum), &checksum, sizeof checksum);
}

static struct str text_at(const struct store_writer *w, uint32_t text)
{
    return (struct str){w->strings.p + text + 1, (unsigned char)w->strings.p[text]};
}

static void put_slots(const struct store_writer *w, struct image_slot *slot, uint32_t nslot)
{
    for (uint32_t i = 0; i < w->names.n; i++) {
        uint64_t hash = str_hash(text_at(w, w->names.v[i]));
        uint32_t at = (uint32_t)(hash % nslot);
        while (slot[at].name)
            at = at + 1 == nslot ? 0 : at + 1;
        slot[at] = (struct image_slot){(uint32_t)(hash >> 32), i + 1};
    }
}

/* Records and providers go to the runs of their names: counted, then placed.
 * `moved` tells where each record went. */
static void put_records(const struct store_writer *w, struct image_name *name,
                        struct image_record *record, uint32_t *moved)
{
    for (size_t i = 0; i < w->records.n; i++)
        name[w->records.v[i].name + 1].record++;
    for (size_t i = 0; i < w->names.n; i++) {
        name[i].text = w->names.v[i];
        name[i + 1].record += name[i].record;
    }
    for (size_t i = 0; i < w->records.n; i++) {
        moved[i] = name[w->records.v[i].name].record++;
        record[moved[i]] = w->records.v[i];
    }
    /* Each start has moved to its end, which is the next one's start. */
    for (size_t i = w->names.n; i > 0; i--)
        name[i].record = name[i - 1].record;
    name[0].record = 0;
}

static void put_providers(const struct store_writer *w, struct image_name *name, uint32_t *provider,
                          const uint32_t *moved)
{
    for (size_t i = 0; i < w->providers.n; i++)
        name[w->providers.v[i].name + 1].provider++;
    for (size_t i = 0; i < w->names.n; i++)
        name[i + 1].provider += name[i].provider;
    for (size_t i = 0; i < w->providers.n; i++)
        provider[name[w->providers.v[i].name].provider++] = moved[w->providers.v[i].record];
    for (size_t i = w->names.n; i > 0; i--)
        name[i].provider = name[i - 1].provider;
    name[0].provider = 0;
}

static struct image_header make_header(const struct store_writer *w, const struct store_meta *meta)
{
    const struct str text[IMAGE_META] = {meta->uri,  meta->suite,    meta->component, meta->arch,
                                         meta->etag, meta->modified, meta->signer};
    struct image_header h = {.magic = IMAGE_MAGIC,
                             .version = IMAGE_VERSION,
                             .order = IMAGE_ORDER,
                             .times = image_times(meta->fetched, meta->valid_until),
                             .dated = meta->dated,
                             .manager = manager_number(w->manager),
                             .dropped = w->dropped,
                             .slots = (uint32_t)(w->names.n + w->names.n / 3 + 1),
                             .names = (uint32_t)w->names.n,
                             .records = (uint32_t)w->records.n,
                             .providers = (uint32_t)w->providers.n,
                             .strings = (uint32_t)w->strings.n,
                             .needs = (uint32_t)w->needs.n,
                             .files = w->any_file ? (uint32_t)w->records.n : 0};
    memcpy(h.sha256, meta->sha256, sizeof h.sha256);
    for (int i = 0; i < IMAGE_META; i++)
        h.meta[i] = text[i].n <= UINT16_MAX ? (uint32_t)text[i].n : 0;
    h.size = image_layout(&h).end;
    return h;
}

struct store *store_build(struct store_writer *w, const struct store_meta *meta, struct err *e)
{
    if (w->full) {
        err_set(e, "the package index %s is larger than dfix reads", str_cstr(w->arena, meta->uri));
        return NULL;
    }
    struct image_header h = make_header(w, meta);
    struct image_layout at = image_layout(&h);
    struct arena *a = arena_open();
    unsigned char *p = arena_alloc(a, (size_t)at.end, 1);
    memcpy(p, &h, sizeof h);
    const struct str text[IMAGE_META] = {meta->uri,  meta->suite,    meta->component, meta->arch,
                                         meta->etag, meta->modified, meta->signer};
    for (size_t i = 0, to = at.meta; i < IMAGE_META; to += h.meta[i], i++)
        if (h.meta[i])
            memcpy(p + to, text[i].p, h.meta[i]);
    struct image_name *name = (struct image_name *)(void *)(p + at.names);
    uint32_t *moved = arena_new(w->arena, uint32_t, w->records.n + 1);
    put_slots(w, (struct image_slot *)(void *)(p + at.slots), h.slots);
    put_records(w, name, (struct image_record *)(void *)(p + at.records), moved);
    put_providers(w, name, (uint32_t *)(void *)(p + at.providers), moved);
    memcpy(p + at.strings, w->strings.p, w->strings.n);
    memcpy(p + at.needs, w->needs.p, w->needs.n);
    for (size_t i = 0; i < h.files; i++)
        memcpy(p + at.files + moved[i] * sizeof w->files.v[i], &w->files.v[i],
               sizeof w->files.v[i]);
    image_seal(p, &at);
    memcpy(&h, p, sizeof h);
    struct store *s = arena_new(a, struct store, 1);
    *s = (struct store){.arena = a, .p = p, .n = (size_t)at.end, .head = h, .at = at};
    return s;
}
