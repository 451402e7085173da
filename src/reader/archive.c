/* Takes apart the gzip members and tars of an APKINDEX.tar.gz, strictly. */
#include "reader/archive.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

enum { BLOCK = 512, ENTRIES_MAX = 64, FIRST_ROOM = 64 * 1024 };
enum { AT_SIZE = 124, AT_CHECKSUM = 148, AT_TYPE = 156, AT_MAGIC = 257, AT_PREFIX = 345 };
enum { NAME_SIZE = 100, SIZE_SIZE = 12, CHECKSUM_SIZE = 8 };

/* ---- gzip ---- */

/* More room for what comes out; false: there is as much as there may be. */
static bool make_room(struct buf *out, size_t most)
{
    if (out->n > most)
        return false;
    size_t cap = out->cap ? out->cap * 2 : FIRST_ROOM;
    if (cap > most + 1)
        cap = most + 1; /* one byte over tells that it is too long */
    char *p = arena_alloc(out->arena, cap, 1);
    if (out->n)
        memcpy(p, out->p, out->n);
    out->p = p;
    out->cap = cap;
    return true;
}

static bool inflate_all(z_stream *z, struct buf *out, size_t most, struct err *e)
{
    for (int r = Z_OK; r != Z_STREAM_END;) {
        if (out->n == out->cap && !make_room(out, most))
            break;
        z->next_out = (Bytef *)out->p + out->n;
        z->avail_out = (uInt)(out->cap - out->n);
        r = inflate(z, Z_NO_FLUSH);
        out->n = out->cap - z->avail_out;
        if (r == Z_BUF_ERROR || (r == Z_OK && !z->avail_in && z->avail_out))
            return err_set(e, "it is truncated");
        if (r != Z_OK && r != Z_STREAM_END)
            return err_set(e, "its compressed data is damaged");
    }
    return out->n <= most || err_set(e, "it decompresses to more than %zu bytes", most);
}

bool archive_member(struct arena *a, struct str *bytes, size_t most, struct str *plain,
                    struct err *e)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes->p, .avail_in = (uInt)bytes->n};
    struct buf out = {.arena = a};

    if (bytes->n > INT_MAX || most > INT_MAX)
        return err_set(e, "it is too large");
    if (!bytes->n)
        return err_set(e, "it is truncated");
    if (inflateInit2(&z, 15 + 16) != Z_OK)
        return err_set(e, "it cannot be decompressed");
    bool ok = inflate_all(&z, &out, most, e);
    *bytes = str_from(*bytes, bytes->n - z.avail_in);
    inflateEnd(&z);
    *plain = buf_str(&out);
    return ok;
}

/* ---- tar ---- */

static struct str field(const char *header, size_t at, size_t size)
{
    return (struct str){header + at, strnlen(header + at, size)};
}

/* Octal digits, ended by a blank or a zero byte. The base-256 form, which holds negative numbers
 * and those above 8 GiB, is not a number here. */
static bool octal(struct str s, uint64_t *out)
{
    *out = 0;
    s = str_trim(s);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '7')
            return false;
        *out = *out << 3 | (uint64_t)(s.p[i] - '0');
    }
    return s.n > 0;
}

static bool checksum_holds(const char *header)
{
    uint64_t want, sum = 0;

    for (size_t i = 0; i < BLOCK; i++)
        sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + CHECKSUM_SIZE ? ' ' : (unsigned char)header[i];
    return octal(field(header, AT_CHECKSUM, CHECKSUM_SIZE), &want) && want == sum;
}

static bool is_zeros(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i])
            return false;
    return true;
}

/* Extended headers say times and owners here. One that renames or resizes what follows is a trick.
 */
static bool is_harmless(struct str pax)
{
    return str_find(pax, S(" path=")) == STR_NONE && str_find(pax, S(" size=")) == STR_NONE &&
           str_find(pax, S(" linkpath=")) == STR_NONE && str_find(pax, S(" GNU.")) == STR_NONE;
}

static enum archive_step fail(struct err *e, const char *why)
{
    err_set(e, "%s", why);
    return ARCHIVE_ERROR;
}

/* The entry in hand: its name and data; t->rest steps over it. */
static bool take_entry(struct archive *t, struct archive_file *out, char *type, struct err *e)
{
    const char *header = t->rest.p;
    uint64_t size;

    if (t->rest.n < BLOCK || !checksum_holds(header))
        return err_set(e, "its archive is damaged");
    if (++t->entries > ENTRIES_MAX)
        return err_set(e, "its archive has more entries than an index has");
    if (!octal(field(header, AT_SIZE, SIZE_SIZE), &size) || size > t->rest.n - BLOCK)
        return err_set(e, "its archive declares a wrong size");
    *type = header[AT_TYPE];
    *out = (struct archive_file){field(header, 0, NAME_SIZE),
                                 str_sub(t->rest, BLOCK, BLOCK + (size_t)size)};
    if (memcmp(header + AT_MAGIC, "ustar", 5) == 0 && header[AT_PREFIX])
        return err_set(e, "its archive has a truncated name");
    size_t padded = ((size_t)size + BLOCK - 1) / BLOCK * BLOCK;
    t->rest = str_from(t->rest, padded > t->rest.n - BLOCK ? t->rest.n : BLOCK + padded);
    return true;
}

enum archive_step archive_next(struct archive *t, struct archive_file *out, struct err *e)
{
    char type = 0;

    while (t->rest.n) {
        if (is_zeros(str_sub(t->rest, 0, t->rest.n < BLOCK ? t->rest.n : BLOCK))) {
            if (!is_zeros(t->rest))
                return fail(e, "its archive has data after its end");
            return ARCHIVE_END;
        }
        if (!take_entry(t, out, &type, e))
            return ARCHIVE_ERROR;
        if (type == '0' || type == 0)
            return ARCHIVE_FILE;
        if ((type != 'x' && type != 'g') || !is_harmless(out->data))
            return fail(e, "its archive has an entry of an unexpected type");
    }
    return ARCHIVE_END;
}
