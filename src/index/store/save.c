/* save.c - images on disk: whole or not at all, and where each belongs. */
#include "index/store/layout.h"
#include "dfix/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/cache.h"

bool store_save(const struct store *s, struct str path, struct err *e)
{
    return cache_write(path, (struct str){(const char *)s->p, s->n}, true, e);
}

/* One small write changes both and their checksum. */
static bool put_times(int fd, int64_t fetched, int64_t valid_until)
{
    struct image_times times = image_times(fetched, valid_until);
    return pwrite(fd, &times, sizeof times, offsetof(struct image_header, times)) ==
           (ssize_t)sizeof times;
}

bool store_touch(struct str path, int64_t fetched, int64_t valid_until, struct err *e)
{
    char name[PATH_MAX];
    if (path.n >= sizeof name)
        return err_set(e, "the path of an index is too long");
    snprintf(name, sizeof name, STR_FMT, STR_ARG(path));
    struct store *s = store_open(path, NULL, e);
    if (!s)
        return false;
    store_close(s);
    int lock = cache_lock(name, e);
    if (lock < 0)
        return false;
    int fd = open(name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool ok = fd >= 0 && put_times(fd, fetched, valid_until);
    if (!ok)
        err_set(e, "%s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    close(lock);
    return ok;
}

/* ---- names ---- */

enum { SIGNER = 16 }; /* digits of it that tell one from another */

/* Injective, so that no archive can take another one's place: '/' is written as
 * '_', and what is not plain as %xx. */
static void add_escaped(struct buf *b, struct str s)
{
    static const char hex[] = "0123456789abcdef";
    size_t done = 0; /* of it, as far as it is written */

    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || (c == '.' && (i > 0 || b->n > 0));
        if (plain)
            continue;
        buf_add(b, str_sub(s, done, i));
        done = i + 1;
        if (c == '/')
            buf_char(b, '_');
        else
            buf_add(b, (struct str){(const char[]){'%', hex[c >> 4], hex[c & 15]}, 3});
    }
    buf_add(b, str_from(s, done));
}

struct str store_path(struct arena *a, struct str cache_dir, const struct store_meta *meta)
{
    struct buf name = {.arena = a};
    const struct str part[] = {meta->suite, meta->component, meta->arch};
    add_escaped(&name, url_without_login(a, meta->uri));
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        buf_char(&name, '=');
        add_escaped(&name, part[i]);
    }
    if (meta->signer.n) {
        buf_char(&name, '=');
        add_escaped(&name,
                    str_sub(meta->signer, 0, meta->signer.n < SIGNER ? meta->signer.n : SIGNER));
    }
    buf_add(&name, S(".idx"));
    if (!cache_dir.n || name.n > NAME_MAX)
        return S("");
    return str_fmt(a, STR_FMT "/index/" STR_FMT, STR_ARG(cache_dir), STR_ARG(buf_str(&name)));
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str *store_list(struct arena *a, struct str cache_dir, size_t *n)
{
    VEC(struct str) found = {0};
    struct str folder = str_fmt(a, STR_FMT "/index", STR_ARG(cache_dir));
    DIR *d = opendir(folder.p);
    for (struct dirent *entry; d && (entry = readdir(d));)
        if (str_ends(str_of(entry->d_name), S(".idx")))
            vec_push(a, &found, str_fmt(a, STR_FMT "/%s", STR_ARG(folder), entry->d_name));
    if (d)
        closedir(d);
    if (found.n)
        qsort(found.v, found.n, sizeof *found.v, by_bytes);
    *n = found.n;
    return found.v;
}
