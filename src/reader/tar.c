/* Reads tar streams as layers hold them: ustar, pax, GNU long names, sparse files. */
#include "reader/tar.h"

#include <string.h>

enum { BLOCK = 512, EXTRA_MAX = 1024 * 1024 };

/* Offsets in a ustar header. */
enum {
    AT_NAME = 0,
    AT_SIZE = 124,
    AT_CHECKSUM = 148,
    AT_TYPE = 156,
    AT_LINK = 157,
    AT_MAGIC = 257,
    AT_PREFIX = 345,
    AT_SPARSE_MORE = 482,
    AT_SPARSE_MORE_NEXT = 504
};

/* What goes before an entry to say what its header has no room for. */
struct extra {
    char path[TAR_PATH_MAX + 1], link[TAR_PATH_MAX + 1];
    struct str path_is, link_is;
    bool has_path, has_link, has_size, too_long, sparse;
    uint64_t size;
};

void tar_open(struct tar *t, struct blob *b)
{
    t->blob = b;
    t->left = t->data = 0;
    t->entries = 0;
    t->passed_over = false;
    t->most = NULL;
}

static struct str field(const unsigned char *h, size_t at, size_t n)
{
    const char *p = (const char *)h + at;
    return (struct str){p, strnlen(p, n)};
}

/* Octal, blanks around it; or base 256 when the first bit is set. */
static bool number(const unsigned char *h, size_t at, size_t n, uint64_t *out)
{
    const unsigned char *p = h + at;
    uint64_t value = 0;
    if (p[0] & 0x80) {
        if (p[0] != 0x80)
            return false; /* negative, or larger than any file */
        for (size_t i = 1; i < n; i++) {
            if (value >> 55)
                return false;
            value = value << 8 | p[i];
        }
        *out = value;
        return true;
    }
    size_t i = 0;
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        value = value << 3 | (uint64_t)(p[i] - '0');
    for (; i < n; i++)
        if (p[i] != ' ' && p[i] != 0)
            return false;
    *out = value;
    return true;
}

/* The sum of all bytes, its own field as blanks; old writers summed signed chars. */
static bool checksum_holds(const unsigned char *h)
{
    uint64_t want;
    int64_t plain = 0, with_sign = 0;
    if (!number(h, AT_CHECKSUM, 8, &want))
        return false;
    for (size_t i = 0; i < BLOCK; i++) {
        unsigned char c = i >= AT_CHECKSUM && i < AT_CHECKSUM + 8 ? ' ' : h[i];
        plain += c;
        with_sign += (signed char)c;
    }
    return (int64_t)want == plain || (int64_t)want == with_sign;
}

bool tar_plain_path(struct str path, char *out, struct str *plain)
{
    struct str part;
    size_t n = 0;
    if (path.n > TAR_PATH_MAX)
        return false;
    while (str_cut(&path, '/', &part)) {
        if (!part.n || str_eq(part, S(".")))
            continue;
        if (str_eq(part, S("..")))
            return false;
        if (n)
            out[n++] = '/';
        memcpy(out + n, part.p, part.n);
        n += part.n;
    }
    *plain = (struct str){out, n};
    return true;
}

static struct str keep(char *to, struct str value, struct extra *x)
{
    if (value.n > TAR_PATH_MAX) {
        x->too_long = true;
        return S("");
    }
    memcpy(to, value.p, value.n);
    return (struct str){to, value.n};
}

static bool decimal(struct str s, uint64_t *out)
{
    uint64_t value = 0;
    if (!s.n || s.n > 18)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    *out = value;
    return true;
}

/* A pax record is "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static bool take_pax(struct str body, struct extra *x, const char *what, struct err *e)
{
    while (body.n) {
        ptrdiff_t blank = str_chr(body, ' ');
        uint64_t length;
        if (blank == STR_NONE || !decimal(str_sub(body, 0, (size_t)blank), &length) ||
            length > body.n || length < (uint64_t)blank + 3 || body.p[length - 1] != '\n')
            return err_set(e, "%s has a damaged pax header", what);
        struct str value = str_sub(body, (size_t)blank + 1, (size_t)length - 1), key;
        body = str_from(body, (size_t)length);
        ptrdiff_t equals = str_chr(value, '=');
        if (equals == STR_NONE)
            return err_set(e, "%s has a damaged pax header", what);
        key = str_sub(value, 0, (size_t)equals);
        value = str_from(value, (size_t)equals + 1);
        if (str_eq(key, S("path"))) {
            x->path_is = keep(x->path, value, x);
            x->has_path = true;
        } else if (str_eq(key, S("linkpath"))) {
            x->link_is = keep(x->link, value, x);
            x->has_link = true;
        } else if (str_eq(key, S("size"))) {
            if (!decimal(value, &x->size))
                return err_set(e, "%s has a pax header with a bad size", what);
            x->has_size = true;
        } else if (str_starts(key, S("GNU.sparse."))) {
            x->sparse = true;
        }
    }
    return true;
}

static bool read_extra(struct tar *t, char type, uint64_t size, struct extra *x, struct err *e)
{
    struct arena *a = arena_open();
    struct str body = S("");
    t->data = size;
    t->left = (size + BLOCK - 1) / BLOCK * BLOCK;
    bool ok = tar_data(t, a, EXTRA_MAX, &body, e);
    if (ok && type == 'x') {
        ok = take_pax(body, x, blob_what(t->blob), e);
    } else if (ok && type == 'L') {
        x->path_is = keep(x->path, (struct str){body.p, strnlen(body.p, body.n)}, x);
        x->has_path = true;
    } else if (ok && type == 'K') {
        x->link_is = keep(x->link, (struct str){body.p, strnlen(body.p, body.n)}, x);
        x->has_link = true;
    }
    arena_close(a);
    return ok;
}

/* An old GNU sparse header may go on in further blocks before the data. */
static bool skip_sparse_map(struct tar *t, const unsigned char *h, struct err *e)
{
    bool more = h[AT_SPARSE_MORE] != 0;
    for (unsigned i = 0; more; i++) {
        char block[BLOCK];
        size_t got;
        if (!blob_read(t->blob, block, BLOCK, &got, e))
            return false;
        if (got < BLOCK || i > 100000)
            return err_set(e, "%s has a damaged sparse file", blob_what(t->blob));
        more = block[AT_SPARSE_MORE_NEXT] != 0;
    }
    return true;
}

static enum tar_type type_of(char type, struct str path)
{
    switch (type) {
    case 0:
        return str_ends(path, S("/")) ? TAR_DIRECTORY : TAR_FILE;
    case '0':
    case '7':
        return TAR_FILE;
    case '1':
        return TAR_HARDLINK;
    case '2':
        return TAR_SYMLINK;
    case '5':
        return TAR_DIRECTORY;
    default:
        return TAR_OTHER;
    }
}

/* Links, directories and devices have no data whatever their size field says. */
static bool has_data(char type)
{
    return type < '1' || type > '6';
}

static struct str header_path(const unsigned char *h, char *to)
{
    struct str name = field(h, AT_NAME, 100), prefix = S("");
    if (memcmp(h + AT_MAGIC, "ustar\0", 6) == 0)
        prefix = field(h, AT_PREFIX, 155);
    size_t n = 0;
    if (prefix.n) {
        memcpy(to, prefix.p, prefix.n);
        n = prefix.n;
        to[n++] = '/';
    }
    memcpy(to + n, name.p, name.n);
    return (struct str){to, n + name.n};
}

/* False: the entry is passed over. */
static bool fill(struct tar *t, const unsigned char *h, const struct extra *x,
                 struct tar_entry *out)
{
    char raw[100 + 155 + 1];
    struct str path = x->has_path ? x->path_is : header_path(h, raw);
    struct str link = x->has_link ? x->link_is : field(h, AT_LINK, 100);
    if (x->too_long || !tar_plain_path(path, t->path, &out->path))
        return false;
    memcpy(t->link, link.p, link.n);
    out->link = (struct str){t->link, link.n};
    out->type = x->sparse ? TAR_OTHER : type_of((char)h[AT_TYPE], path);
    return true;
}

static bool all_zero(const unsigned char *h)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (h[i])
            return false;
    return true;
}

static bool count_entry(struct tar *t, struct err *e)
{
    if (++t->entries > TAR_ENTRIES_MAX)
        return err_set(e, "%s has more than %d files", blob_what(t->blob), TAR_ENTRIES_MAX);
    if (t->most && !*t->most)
        return err_set(e, "its layers have more files than dfix reads");
    if (t->most)
        --*t->most;
    return true;
}

enum tar_step tar_next(struct tar *t, struct tar_entry *out, struct err *e)
{
    struct extra x;
    /* The path buffers need no zeros: their slices say how much of them counts. */
    x.path_is = x.link_is = S("");
    x.has_path = x.has_link = x.has_size = x.too_long = x.sparse = false;
    x.size = 0;
    for (;;) {
        unsigned char h[BLOCK];
        size_t got;
        uint64_t size;
        if (!blob_skip(t->blob, t->left, e))
            return TAR_ERROR;
        t->left = t->data = 0;
        if (!blob_read(t->blob, (char *)h, BLOCK, &got, e))
            return TAR_ERROR;
        if (got == 0 || (got == BLOCK && h[0] == 0 && all_zero(h)))
            return TAR_END;
        if (got < BLOCK || !checksum_holds(h) || !number(h, AT_SIZE, 12, &size)) {
            err_set(e, "%s is not a tar archive, or a damaged one", blob_what(t->blob));
            return TAR_ERROR;
        }
        if (!count_entry(t, e))
            return TAR_ERROR;
        char type = (char)h[AT_TYPE];
        if (type == 'x' || type == 'L' || type == 'K' || type == 'g') {
            if (!read_extra(t, type, size, &x, e))
                return TAR_ERROR;
            continue;
        }
        if (type == 'S' && !skip_sparse_map(t, h, e))
            return TAR_ERROR;
        if (x.has_size)
            size = x.size;
        if (size >> 56) {
            err_set(e, "%s has a file of an impossible size", blob_what(t->blob));
            return TAR_ERROR;
        }
        bool wanted = fill(t, h, &x, out);
        if (!has_data(type) || (type == 0 && wanted && out->type == TAR_DIRECTORY))
            size = 0;
        out->size = size;
        t->data = size;
        t->left = (size + BLOCK - 1) / BLOCK * BLOCK;
        if (wanted)
            return TAR_ENTRY;
        t->passed_over = true;
        x.has_path = x.has_link = x.has_size = x.too_long = x.sparse = false;
    }
}

bool tar_read(struct tar *t, char *p, size_t n, size_t *got, struct err *e)
{
    size_t wanted = t->data < n ? (size_t)t->data : n;
    if (!blob_read(t->blob, p, wanted, got, e))
        return false;
    if (*got < wanted)
        return err_set(e, "%s ends in the middle of a file", blob_what(t->blob));
    t->left -= *got;
    t->data -= *got;
    return true;
}

bool tar_data(struct tar *t, struct arena *a, size_t max, struct str *out, struct err *e)
{
    size_t got;
    if (t->data > max)
        return err_set(e, "%s has a file of %llu bytes where at most %zu are sensible",
                       blob_what(t->blob), (unsigned long long)t->data, max);
    char *p = arena_new(a, char, (size_t)t->data + 1);
    if (!tar_read(t, p, (size_t)t->data, &got, e))
        return false;
    *out = (struct str){p, got};
    return true;
}
