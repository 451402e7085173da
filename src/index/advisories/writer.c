/* writer.c - makes the image of a feed. */
#include <stdlib.h>
#include <string.h>

#include "index/advisories/layout.h"
#include "index/store/layout.h"

enum { FIRST_SLOTS = 1024, SCOPES_MAX = 4096 };
#define NUMBERS_MAX (UINT32_MAX / 2)

/* Places by a key of two numbers; open addressing. */
struct map {
    uint64_t *key; /* 0: free */
    uint32_t *value;
    size_t n, cap;
};

struct feed_writer {
    struct arena *arena;
    struct buf text;
    uint32_t *slot; /* of texts: their offsets, 0: free */
    size_t ntext, nslot;
    struct map packages, vulns;
    VEC(uint32_t) scope;
    VEC(struct feed_package) package;
    VEC(struct feed_row) row;
    VEC(struct feed_vuln) vuln;
    uint32_t dropped;
};

struct feed_writer *feed_writer_open(void)
{
    struct arena *a = arena_open();
    struct feed_writer *w = arena_new(a, struct feed_writer, 1);
    *w = (struct feed_writer){.arena = a, .text = {.arena = a}};
    buf_add(&w->text, (struct str){"\0\0", 2});
    return w;
}

void feed_writer_close(struct feed_writer *w)
{
    if (w)
        arena_close(w->arena);
}

/* ---- texts, each once ---- */

static struct str text_at(const struct feed_writer *w, uint32_t at)
{
    uint16_t n;
    memcpy(&n, w->text.p + at, sizeof n);
    return (struct str){w->text.p + at + sizeof n, n};
}

static void more_slots(struct feed_writer *w)
{
    uint32_t *old = w->slot;
    size_t n = w->nslot;
    w->nslot = n ? n * 2 : FIRST_SLOTS;
    w->slot = arena_new(w->arena, uint32_t, w->nslot);
    for (size_t i = 0; i < n; i++) {
        if (!old[i])
            continue;
        size_t k = str_hash(text_at(w, old[i])) & (w->nslot - 1);
        while (w->slot[k])
            k = (k + 1) & (w->nslot - 1);
        w->slot[k] = old[i];
    }
}

/* What steers a terminal is not kept; nor more than a text may have. */
static struct str plain(struct feed_writer *w, struct str s)
{
    size_t i = 0;
    if (s.n > FEED_STRING_MAX)
        s = str_sub(s, 0, FEED_STRING_MAX);
    while (i < s.n && (unsigned char)s.p[i] >= ' ' && s.p[i] != 127)
        i++;
    if (i == s.n)
        return s;
    char *p = arena_copy(w->arena, s.p, s.n, 1);
    for (; i < s.n; i++)
        if ((unsigned char)p[i] < ' ' || p[i] == 127)
            p[i] = ' ';
    return (struct str){p, s.n};
}

static uint32_t keep(struct feed_writer *w, struct str s)
{
    if (!s.n)
        return 0;
    s = plain(w, s);
    if ((w->ntext + 1) * 2 > w->nslot)
        more_slots(w);
    size_t k = str_hash(s) & (w->nslot - 1);
    for (; w->slot[k]; k = (k + 1) & (w->nslot - 1))
        if (str_eq(text_at(w, w->slot[k]), s))
            return w->slot[k];
    if (w->text.n > NUMBERS_MAX) {
        w->dropped++;
        return 0;
    }
    uint16_t n = (uint16_t)s.n;
    w->slot[k] = (uint32_t)w->text.n;
    buf_add(&w->text, (struct str){(const char *)&n, sizeof n});
    buf_add(&w->text, s);
    w->ntext++;
    return w->slot[k];
}

/* ---- maps ---- */

static size_t place_of(const struct map *m, uint64_t key)
{
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (m->cap - 1);
    while (m->key[i] && m->key[i] != key)
        i = (i + 1) & (m->cap - 1);
    return i;
}

/* The value of the key, which is made NUMBERS_MAX when it is new. */
static uint32_t *map_at(struct feed_writer *w, struct map *m, uint64_t key)
{
    if ((m->n + 1) * 2 > m->cap) {
        struct map old = *m;
        m->cap = old.cap ? old.cap * 2 : FIRST_SLOTS;
        m->key = arena_new(w->arena, uint64_t, m->cap);
        m->value = arena_new(w->arena, uint32_t, m->cap);
        for (size_t i = 0; i < old.cap; i++)
            if (old.key[i]) {
                size_t k = place_of(m, old.key[i]);
                m->key[k] = old.key[i];
                m->value[k] = old.value[i];
            }
    }
    size_t i = place_of(m, key);
    if (!m->key[i]) {
        m->key[i] = key;
        m->value[i] = NUMBERS_MAX;
        m->n++;
    }
    return &m->value[i];
}

/* ---- what is said ---- */

static uint32_t scope_of(struct feed_writer *w, struct str scope)
{
    uint32_t text = keep(w, scope);
    for (size_t i = 0; i < w->scope.n; i++)
        if (w->scope.v[i] == text)
            return text;
    if (w->scope.n < SCOPES_MAX)
        vec_push(w->arena, &w->scope, text);
    return text;
}

void feed_writer_scope(struct feed_writer *w, struct str scope)
{
    scope_of(w, scope);
}

static void fill(struct feed_writer *w, uint32_t *at, struct str text)
{
    if (!*at)
        *at = keep(w, text);
}

uint32_t feed_writer_vuln(struct feed_writer *w, const struct vulnerability *v, bool bundle)
{
    uint32_t id = keep(w, v->id);
    uint32_t *at = map_at(w, &w->vulns, (uint64_t)id + 1);
    if (*at == NUMBERS_MAX) {
        *at = (uint32_t)w->vuln.n;
        vec_push(w->arena, &w->vuln,
                 (struct feed_vuln){
                     .id = id, .epss = ADVISORY_UNSCORED, .percentile = ADVISORY_UNSCORED});
    }
    struct feed_vuln *x = &w->vuln.v[*at];
    fill(w, &x->aliases, v->aliases);
    fill(w, &x->summary, v->summary);
    fill(w, &x->published, v->published);
    fill(w, &x->cvss, v->cvss);
    fill(w, &x->rating, v->rating);
    fill(w, &x->rated_by, v->rated_by);
    fill(w, &x->kev_added, v->kev_added);
    fill(w, &x->kev_due, v->kev_due);
    if (x->epss == ADVISORY_UNSCORED) {
        x->epss = v->epss;
        x->percentile = v->percentile;
    }
    x->flags |= bundle ? VULN_BUNDLE : 0;
    x->flags |= v->exploited ? VULN_EXPLOITED : 0;
    x->flags |= v->ransomware ? VULN_RANSOMWARE : 0;
    return *at;
}

void feed_writer_add(struct feed_writer *w, uint32_t vuln, const struct feed_entry *e)
{
    uint32_t scope = scope_of(w, e->scope), name = keep(w, e->name);
    if (!name || w->row.n >= NUMBERS_MAX) {
        w->dropped++;
        return;
    }
    uint32_t *at = map_at(w, &w->packages, (uint64_t)scope << 32 | name);
    if (*at == NUMBERS_MAX) {
        *at = (uint32_t)w->package.n;
        vec_push(w->arena, &w->package, (struct feed_package){scope, name, 0});
    }
    vec_push(w->arena, &w->row,
             (struct feed_row){.package = *at,
                               .vuln = vuln,
                               .introduced = keep(w, e->range.introduced),
                               .fixed = keep(w, e->range.fixed),
                               .last = keep(w, e->range.last),
                               .advisory = keep(w, e->advisory),
                               .rating = keep(w, e->rating),
                               .state = (uint8_t)e->state,
                               .fix = (uint8_t)e->fix});
}

/* ---- the image ---- */

/* Rows by package, in the order in which they came; packages know where theirs begin. */
static struct feed_row *sort_rows(struct feed_writer *w, struct arena *a)
{
    struct feed_row *out = arena_new(a, struct feed_row, w->row.n + 1);
    uint32_t *next = arena_new(a, uint32_t, w->package.n + 1);
    for (size_t i = 0; i < w->row.n; i++)
        next[w->row.v[i].package]++;
    uint32_t at = 0;
    for (size_t i = 0; i < w->package.n; i++) {
        w->package.v[i].row = at;
        uint32_t n = next[i];
        next[i] = at;
        at += n;
    }
    for (size_t i = 0; i < w->row.n; i++)
        out[next[w->row.v[i].package]++] = w->row.v[i];
    return out;
}

static uint32_t *sort_refs(struct feed_writer *w, struct arena *a, const struct feed_row *row)
{
    uint32_t *out = arena_new(a, uint32_t, w->row.n + 1);
    uint32_t *next = arena_new(a, uint32_t, w->vuln.n + 1);
    for (size_t i = 0; i < w->row.n; i++)
        next[row[i].vuln]++;
    uint32_t at = 0;
    for (size_t i = 0; i < w->vuln.n; i++) {
        w->vuln.v[i].ref = at;
        uint32_t n = next[i];
        next[i] = at;
        at += n;
    }
    for (size_t i = 0; i < w->row.n; i++)
        out[next[row[i].vuln]++] = (uint32_t)i;
    return out;
}

static uint32_t slots_for(size_t n)
{
    uint32_t slots = 8;
    while (slots < n * 2)
        slots *= 2;
    return slots;
}

static void put_slot(struct feed_slot *slot, uint32_t n, uint64_t hash, size_t at)
{
    uint32_t i = (uint32_t)hash & (n - 1);
    while (slot[i].at)
        i = (i + 1) & (n - 1);
    slot[i] = (struct feed_slot){(uint32_t)(hash >> 32), (uint32_t)at + 1};
}

/* A vulnerability is found by each of its names. */
static size_t each_name(const struct feed_writer *w, struct feed_slot *slot, uint32_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < w->vuln.n; i++) {
        struct str id = text_at(w, w->vuln.v[i].id), word;
        struct str rest = w->vuln.v[i].aliases ? text_at(w, w->vuln.v[i].aliases) : S("");
        count++;
        if (slot)
            put_slot(slot, n, str_hash(id), i);
        while (word_next(&rest, &word)) {
            count++;
            if (slot)
                put_slot(slot, n, str_hash(word), i);
        }
    }
    return count;
}

static void put_header(struct feed_writer *w, struct feed_header *h, const struct feed_meta *meta)
{
    memcpy(h->magic, FEED_MAGIC, sizeof h->magic);
    h->version = FEED_VERSION;
    h->order = FEED_ORDER;
    h->fetched = meta->fetched;
    h->fetched_sum = image_sum(0, &h->fetched, sizeof h->fetched);
    h->dated = meta->dated;
    h->kind = (uint32_t)meta->kind;
    h->partial = meta->partial;
    h->name = keep(w, meta->name);
    h->title = keep(w, meta->title);
    h->etag = keep(w, meta->etag);
    h->modified = keep(w, meta->modified);
    h->url = keep(w, meta->url);
    h->dropped = meta->dropped + w->dropped;
    h->scopes = (uint32_t)w->scope.n;
    h->packages = (uint32_t)w->package.n;
    h->rows = (uint32_t)w->row.n;
    h->vulns = (uint32_t)w->vuln.n;
    h->refs = h->rows;
    h->slots = slots_for(w->package.n);
    h->ids = slots_for(each_name(w, NULL, 0));
    h->strings = (uint32_t)w->text.n;
}

static void put(unsigned char *image, uint64_t at, const void *p, size_t n)
{
    if (n)
        memcpy(image + at, p, n);
}

static void put_sections(struct feed_writer *w, struct arena *a, unsigned char *image,
                         const struct feed_header *h, const struct feed_layout *at)
{
    struct feed_row *row = sort_rows(w, a);
    uint32_t *ref = sort_refs(w, a, row);
    struct feed_slot *slot = (struct feed_slot *)(void *)(image + at->slots);
    put(image, at->scopes, w->scope.v, w->scope.n * sizeof *w->scope.v);
    for (size_t i = 0; i < w->package.n; i++) {
        const struct feed_package *p = &w->package.v[i];
        put_slot(slot, h->slots, feed_package_hash(text_at(w, p->scope), text_at(w, p->name)), i);
    }
    struct feed_package last = {0, 0, h->rows};
    put(image, at->packages, w->package.v, w->package.n * sizeof last);
    put(image, at->packages + w->package.n * sizeof last, &last, sizeof last);
    put(image, at->rows, row, w->row.n * sizeof *row);
    each_name(w, (struct feed_slot *)(void *)(image + at->ids), h->ids);
    struct feed_vuln end = {.ref = h->refs};
    put(image, at->vulns, w->vuln.v, w->vuln.n * sizeof end);
    put(image, at->vulns + w->vuln.n * sizeof end, &end, sizeof end);
    put(image, at->refs, ref, w->row.n * sizeof *ref);
    put(image, at->strings, w->text.p, w->text.n);
}

struct str feed_build(struct feed_writer *w, struct arena *a, const struct feed_meta *meta,
                      struct err *e)
{
    struct feed_header h = {.order = 0};
    put_header(w, &h, meta);
    struct feed_layout at = feed_layout(&h);
    h.size = at.end;
    if (at.end > NUMBERS_MAX) {
        err_set(e, "there is more in it than a feed can hold");
        return S("");
    }
    uint64_t *room = arena_new(a, uint64_t, at.end / sizeof(uint64_t)); /* for its alignment */
    unsigned char *image = (unsigned char *)room;
    put(image, 0, &h, sizeof h);
    put_sections(w, a, image, &h, &at);
    uint32_t *sum = (uint32_t *)(void *)(image + at.sums);
    for (uint32_t i = 0; i < feed_blocks(&at); i++) {
        uint64_t from = at.scopes + (uint64_t)i * FEED_BLOCK;
        uint64_t n = at.end - from < FEED_BLOCK ? at.end - from : FEED_BLOCK;
        sum[i] = image_sum(0, image + from, n);
    }
    ((struct feed_header *)(void *)image)->sum = feed_sum(image, &at);
    return (struct str){(const char *)image, at.end};
}
