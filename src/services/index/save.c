/* save.c - images on disk: whole or not at all.
 *
 * A writer holds the lock of the directory (flock, gone with its process) from
 * making the temporary file until the rename. So there is at most one temporary
 * file, and what a killed writer left is overwritten by the next one. */
#include "services/index/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 600, LOCK_PAUSE_MS = 50 }; /* half a minute */

/* "/cache/index/" of "/cache/index/x.idx", made when missing. */
static bool make_folder(const char *path, char *folder, struct err *e)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return err_set(e, "%s: not a path of an index", path);
    memcpy(folder, path, (size_t)(slash - path) + 1);
    folder[slash - path + 1] = 0;
    for (char *p = strchr(folder + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        bool made = mkdir(folder, 0777) == 0 || errno == EEXIST || errno == EISDIR;
        if (!made)
            return err_set(e, "%s: cannot make this folder: %s", folder, strerror(errno));
        *p = '/';
    }
    return true;
}

static int lock_folder(const char *folder, struct err *e)
{
    char path[PATH_MAX + sizeof "lock"];
    snprintf(path, sizeof path, "%slock", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        err_set(e, "%s: %s", path, strerror(errno));
        return -1;
    }
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if (errno != EWOULDBLOCK && errno != EINTR)
            break;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    err_set(e, "%s: cannot be locked: %s", path, strerror(errno));
    close(fd);
    return -1;
}

static bool write_all(int fd, const unsigned char *p, size_t n)
{
    while (n) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

static bool sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Under the lock. */
static bool replace(const struct store *s, const char *folder, const char *path, struct err *e)
{
    char temp[PATH_MAX + sizeof "new.tmp"];
    snprintf(temp, sizeof temp, "%snew.tmp", folder);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return err_set(e, "%s: %s", temp, strerror(errno));
    bool ok = write_all(fd, s->p, s->n) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(temp, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        unlink(temp);
        return err_set(e, "%s: cannot write the index: %s", path, strerror(why));
    }
    return sync_folder(folder) || err_set(e, "%s: %s", folder, strerror(errno));
}

bool store_save(const struct store *s, struct str path, struct err *e)
{
    char name[PATH_MAX], folder[PATH_MAX];
    if (path.n >= sizeof name)
        return err_set(e, "the path of an index is too long");
    snprintf(name, sizeof name, STR_FMT, STR_ARG(path));
    if (!make_folder(name, folder, e))
        return false;
    int lock = lock_folder(folder, e);
    if (lock < 0)
        return false;
    bool ok = replace(s, folder, name, e);
    close(lock);
    return ok;
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
    char name[PATH_MAX], folder[PATH_MAX];
    if (path.n >= sizeof name)
        return err_set(e, "the path of an index is too long");
    snprintf(name, sizeof name, STR_FMT, STR_ARG(path));
    struct store *s = store_open(path, NULL, e);
    if (!s)
        return false;
    store_close(s);
    if (!make_folder(name, folder, e))
        return false;
    int lock = lock_folder(folder, e);
    if (lock < 0)
        return false;
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && put_times(fd, fetched, valid_until);
    if (!ok)
        err_set(e, "%s: %s", name, strerror(errno));
    if (fd >= 0)
        close(fd);
    close(lock);
    return ok;
}

/* ---- names ---- */

/* Injective, so that no archive can take another one's place: '/' is written as
 * '_', and what is not plain as %xx. */
static void add_escaped(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || (c == '.' && b->n > 0);
        if (plain)
            buf_char(b, (char)c);
        else if (c == '/')
            buf_char(b, '_');
        else
            buf_fmt(b, "%%%02x", c);
    }
}

/* https://user:word@host/x without "user:word@". */
static void add_uri(struct buf *b, struct str uri)
{
    ptrdiff_t scheme = str_find(uri, S("://"));
    size_t host = scheme == STR_NONE ? 0 : (size_t)scheme + 3;
    struct str rest = str_from(uri, host);
    ptrdiff_t slash = str_chr(rest, '/');
    ptrdiff_t at = str_rchr(str_sub(rest, 0, slash == STR_NONE ? rest.n : (size_t)slash), '@');
    add_escaped(b, str_sub(uri, 0, host));
    add_escaped(b, str_from(rest, at == STR_NONE ? 0 : (size_t)at + 1));
}

struct str store_path(struct arena *a, struct str cache_dir, const struct store_meta *meta)
{
    struct buf name = {.arena = a};
    const struct str part[] = {meta->suite, meta->component, meta->arch};
    add_uri(&name, meta->uri);
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        buf_char(&name, '=');
        add_escaped(&name, part[i]);
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
