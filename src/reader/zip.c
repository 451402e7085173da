/* zip.c - archives as OSV's exports and jars are: files stored or deflated, named in a directory at
 * the end. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "reader/feeds.h"

enum {
    LOCAL_SIZE = 30,
    CENTRAL_SIZE = 46,
    END_SIZE = 22,
    COMMENT_MAX = 65535,
    FILE_MAX = 64 << 20,
    ZIP64_LOCATOR = 20,
    ZIP64_END = 56
};

static uint32_t number(struct str s, size_t at, size_t bytes)
{
    uint32_t n = 0;
    for (size_t i = bytes; i-- > 0;)
        n = n << 8 | (unsigned char)s.p[at + i];
    return n;
}

static uint64_t number64(struct str s, size_t at)
{
    return (uint64_t)number(s, at + 4, 4) << 32 | number(s, at, 4);
}

bool zip_is(struct str bytes)
{
    return str_starts(bytes, S("PK\003\004")) || str_starts(bytes, S("PK\005\006"));
}

/* Places in an archive count from `base`: a program may stand before it, which unpacks or runs it.
 */
struct directory {
    uint64_t at, files, base;
};

/* Of an archive with more than 65,535 files: they are told in another record before the end. */
static bool find_large(struct str z, size_t end, struct directory *d)
{
    if (end < ZIP64_LOCATOR || !str_starts(str_from(z, end - ZIP64_LOCATOR), S("PK\006\007")))
        return false;
    uint64_t at = number64(z, end - ZIP64_LOCATOR + 8);
    if (at > z.n || z.n - at < ZIP64_END || !str_starts(str_from(z, (size_t)at), S("PK\006\006")))
        return false;
    d->files = number64(z, (size_t)at + 32);
    d->at = number64(z, (size_t)at + 48);
    return true;
}

static bool is_entry(struct str z, uint64_t at)
{
    return at <= z.n && str_starts(str_from(z, (size_t)at), S("PK\001\002"));
}

/* The directory ends where the record at `end` begins. */
static void find_base(struct str z, size_t end, struct directory *d)
{
    uint64_t size = number(z, end + 12, 4);
    if (size <= end && end - size > d->at && is_entry(z, end - size) && !is_entry(z, d->at))
        d->base = end - size - d->at;
}

static bool find_directory(struct str z, struct directory *d)
{
    size_t least = z.n > END_SIZE + COMMENT_MAX ? z.n - END_SIZE - COMMENT_MAX : 0;
    for (size_t at = z.n < END_SIZE ? 0 : z.n - END_SIZE + 1; at-- > least;) {
        if (z.n - at < END_SIZE || !str_starts(str_from(z, at), S("PK\005\006")))
            continue;
        d->files = number(z, at + 10, 2);
        d->at = number(z, at + 16, 4);
        d->base = 0;
        bool large = d->files == 0xffff || d->at == 0xffffffff;
        if (!large)
            find_base(z, at, d);
        return (!large || find_large(z, at, d)) && d->at <= z.n;
    }
    return false;
}

struct member {
    struct str name, packed;
    uint32_t method, plain, crc;
};

/* The next entry of the directory at *at. */
static bool read_member(struct str z, uint64_t base, uint64_t *at, struct member *m)
{
    if (!is_entry(z, *at) || z.n - *at < CENTRAL_SIZE)
        return false;
    struct str c = str_from(z, (size_t)*at);
    size_t name = number(c, 28, 2), extra = number(c, 30, 2), comment = number(c, 32, 2);
    uint64_t local = base + number(c, 42, 4), packed = number(c, 20, 4);
    if (c.n - CENTRAL_SIZE < name + extra + comment || local > z.n || z.n - local < LOCAL_SIZE ||
        !str_starts(str_from(z, (size_t)local), S("PK\003\004")))
        return false;
    m->method = number(c, 10, 2);
    m->crc = number(c, 16, 4);
    m->plain = number(c, 24, 4);
    m->name = str_sub(c, CENTRAL_SIZE, CENTRAL_SIZE + name);
    struct str l = str_from(z, (size_t)local);
    uint64_t data = LOCAL_SIZE + (uint64_t)number(l, 26, 2) + number(l, 28, 2);
    if (data > l.n || packed > l.n - data)
        return false;
    m->packed = str_sub(l, (size_t)data, (size_t)(data + packed));
    *at += CENTRAL_SIZE + name + extra + comment;
    return true;
}

static bool inflate_all(z_stream *z, const struct member *m, char *out)
{
    if (inflateReset(z) != Z_OK)
        return false;
    z->next_in = (Bytef *)(uintptr_t)m->packed.p;
    z->avail_in = (uInt)m->packed.n;
    z->next_out = (Bytef *)out;
    z->avail_out = m->plain;
    return inflate(z, Z_FINISH) == Z_STREAM_END && z->avail_out == 0 && z->avail_in == 0;
}

/* One file's bytes, in the room that grows with the largest. */
static bool take(z_stream *z, const struct member *m, struct buf *room, struct str *out)
{
    if (m->method == 0 && m->plain == m->packed.n) {
        *out = m->packed;
        return true;
    }
    if (m->method != 8 || m->plain > FILE_MAX)
        return false;
    room->n = 0;
    room->p = arena_grow(room->arena, room->p, 0, &room->cap, m->plain + (size_t)1, 1);
    *out = (struct str){room->p, m->plain};
    return inflate_all(z, m, room->p);
}

static bool unpack(z_stream *z, const struct member *m, struct buf *room, struct str *out)
{
    return take(z, m, room, out) && crc32(0, (const Bytef *)out->p, (uInt)out->n) == m->crc;
}

bool zip_read(struct str bytes, uint64_t *left, const struct zip_reader *r, struct err *e)
{
    struct directory d;
    struct arena *a = arena_open();
    struct buf room = {.arena = a};
    z_stream z = {.next_in = NULL};
    if (inflateInit2(&z, -15) != Z_OK)
        abort();
    bool ok = find_directory(bytes, &d) || err_set(e, "the archive is damaged or cut off");
    /* The count may be wrong, and be believed by nobody else. */
    for (uint64_t i = 0, at = ok ? d.base + d.at : 0; ok && (i < d.files || is_entry(bytes, at));
         i++) {
        struct member m;
        struct str plain;
        ok = read_member(bytes, d.base, &at, &m) || err_set(e, "the archive is damaged or cut off");
        if (!ok || !m.plain || (r->wanted && !r->wanted(r->user, m.name)))
            continue;
        ok = m.plain <= *left || err_set(e, "more comes out of the archive than is allowed");
        *left -= ok ? m.plain : 0;
        ok = ok && (unpack(&z, &m, &room, &plain) ||
                    err_set(e, "a file of the archive is damaged: " STR_FMT, STR_ARG(m.name)));
        ok = ok && r->take(r->user, m.name, plain, e);
    }
    inflateEnd(&z);
    arena_close(a);
    return ok;
}
