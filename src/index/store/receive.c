/* receive.c - takes in images that another process made. */
#include "index/store/receive.h"

#include <string.h>

#include "dfix/manager.h"
#include "index/store/layout.h"

/* ---- what it says of itself ---- */

void store_meta_put(struct buf *request, const struct store_meta *m)
{
    wire_text(request, READ_META_URI, m->uri);
    wire_text(request, READ_META_SUITE, m->suite);
    wire_text(request, READ_META_COMPONENT, m->component);
    wire_text(request, READ_META_ARCH, m->arch);
    wire_text(request, READ_META_ETAG, m->etag);
    wire_text(request, READ_META_MODIFIED, m->modified);
    wire_text(request, READ_META_SIGNER, m->signer);
    wire_text(request, READ_META_SHA256, (struct str){(const char *)m->sha256, sizeof m->sha256});
    wire_number(request, READ_META_FETCHED, (uint64_t)m->fetched);
    wire_number(request, READ_META_VALID_UNTIL, (uint64_t)m->valid_until);
    wire_number(request, READ_META_DATED, (uint64_t)m->dated);
}

static struct str *meta_text(int tag, struct store_meta *m)
{
    switch (tag) {
    case READ_META_URI:
        return &m->uri;
    case READ_META_SUITE:
        return &m->suite;
    case READ_META_COMPONENT:
        return &m->component;
    case READ_META_ARCH:
        return &m->arch;
    case READ_META_ETAG:
        return &m->etag;
    case READ_META_MODIFIED:
        return &m->modified;
    case READ_META_SIGNER:
        return &m->signer;
    default:
        return NULL;
    }
}

bool store_meta_take(int tag, struct str value, struct store_meta *m)
{
    struct str *text = meta_text(tag, m);
    if (text)
        *text = value;
    else if (tag == READ_META_SHA256 && value.n == sizeof m->sha256)
        memcpy(m->sha256, value.p, sizeof m->sha256);
    else if (tag == READ_META_FETCHED)
        m->fetched = (int64_t)wire_u64(value);
    else if (tag == READ_META_VALID_UNTIL)
        m->valid_until = (int64_t)wire_u64(value);
    else if (tag == READ_META_DATED)
        m->dated = (int64_t)wire_u64(value);
    else
        return false;
    return true;
}

/* A text that is too long for an image is left out of it. */
static bool is_text(struct str got, struct str asked)
{
    return str_eq(got, asked) || (!got.n && asked.n > UINT16_MAX);
}

static bool is_asked_for(const struct store_meta *got, const struct store_meta *asked)
{
    return got->manager == asked->manager && is_text(got->uri, asked->uri) &&
           is_text(got->suite, asked->suite) && is_text(got->component, asked->component) &&
           is_text(got->arch, asked->arch) && is_text(got->etag, asked->etag) &&
           is_text(got->modified, asked->modified) && is_text(got->signer, asked->signer) &&
           memcmp(got->sha256, asked->sha256, sizeof got->sha256) == 0 &&
           got->fetched == asked->fetched && got->valid_until == asked->valid_until &&
           got->dated == asked->dated;
}

/* ---- what it holds ---- */

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 32 || s.p[i] == 127)
            return false;
    return true;
}

/* As store_add would have let it in. */
static bool is_valid(const struct manager *m, const struct store_record *r)
{
    return m->name_valid(r->name) && (!r->version.n || version_valid(m, r->version)) &&
           m->name_valid(r->source) &&
           (!r->source_version.n || version_valid(m, r->source_version)) && is_word(r->arch);
}

/* The text itself: what is no path of a package's file leads to no answer. */
static bool is_valid_file(const struct store *s, uint32_t i)
{
    struct image_file row = {.size = 0};
    if (i < s->head.files)
        memcpy(&row, s->p + s->at.files + i * sizeof row, sizeof row);
    return is_word(store_text(s, row.path));
}

static bool are_records_valid(const struct store *s, const struct manager *m)
{
    for (uint32_t i = 0; i < store_records(s); i++) {
        struct store_record r = store_record(s, i);
        struct package_needs needs;
        bool known = store_needs(s, i, &needs);
        if (!is_valid_file(s, i) || !is_valid(m, &r) ||
            (known && (!is_word(needs.depends) || !is_word(needs.recommends))))
            return false;
    }
    return true;
}

static bool look_over(struct store *s, const struct store_meta *asked, struct err *e)
{
    memcpy(&s->head, s->p, sizeof s->head);
    s->at = image_layout(&s->head);
    if (!store_verify(s, e))
        return false;
    struct store_meta got = store_meta(s);
    if (!is_asked_for(&got, asked))
        return err_set(e, "dfix-read gave another index than it was asked for");
    return are_records_valid(s, asked->manager) ||
           err_set(e, "dfix-read gave an index with names that are none");
}

struct store *store_receive(struct str image, const struct store_meta *asked, struct err *e)
{
    if (image.n < sizeof(struct image_header)) {
        err_set(e, "dfix-read gave no index");
        return NULL;
    }
    struct arena *a = arena_open();
    struct store *s = arena_new(a, struct store, 1);
    s->arena = a;
    s->p = arena_copy(a, image.p, image.n, 1);
    s->n = image.n;
    if (look_over(s, asked, e))
        return s;
    arena_close(a);
    return NULL;
}
