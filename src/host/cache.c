/* cache.c - the cache on disk: judged before it is used, read with care, written by one at a time.
 *
 * A writer holds the lock of the file's folder (flock, gone with its process) from making the
 * temporary file until the rename. So there is at most one such file in a folder, and the next
 * writer removes what a killed one left. */
#include "host/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "host/atomic.h"
#include "host/files.h"
#include "host/scratch.h"

enum { OTHERS = 077, OTHERS_WRITE = 022 };
enum { LOCK_PAUSE_MS = 20, LOCK_RUN_MS = 5 * 1000 /* all waiting of a run together */ };

/* ---- whose is it? ---- */

/* Many systems give each user a group that nobody else is in, with the user's own number. */
static bool others_write(const struct stat *st)
{
    mode_t writers = st->st_mode & OTHERS_WRITE;
    if (st->st_gid == st->st_uid)
        writers &= (mode_t)~S_IWGRP;
    return writers != 0;
}

static bool is_trusted(const struct stat *st)
{
    return st->st_uid == geteuid() || st->st_uid == 0;
}

/* A folder on the way: could another user put something else in place of what is below it? */
static bool judge_parent(const char *path, const struct stat *st, struct err *e)
{
    if (!is_trusted(st))
        return err_set(e, "%s belongs to another user (%lu)", path, (unsigned long)st->st_uid);
    if (S_ISDIR(st->st_mode) && others_write(st) && !(st->st_mode & S_ISVTX))
        return err_set(e, "other users can replace what is in %s", path);
    return true;
}

static bool judge_folder(const char *path, const struct stat *st, struct err *e)
{
    if (!S_ISDIR(st->st_mode))
        return err_set(e, "%s is not a folder", path);
    if (!is_trusted(st))
        return err_set(e, "%s belongs to another user (%lu)", path, (unsigned long)st->st_uid);
    return !others_write(st) || err_set(e, "other users can write to %s", path);
}

/* Each folder from the root down, as far as there is one: *there bytes of the path. What cannot be
 * looked at cannot be used either, and is told then. */
static bool judge_way(struct arena *a, struct str path, size_t *there, struct err *e)
{
    char *p = arena_copy(a, str_cstr(a, path), path.n + 1, 1);
    struct stat st;
    *there = 1;
    if (lstat("/", &st) == 0 && !judge_parent("/", &st, e))
        return false;
    for (size_t i = 2; i <= path.n; i++) {
        if (i < path.n && p[i] != '/')
            continue;
        p[i] = 0;
        if (lstat(p, &st) != 0)
            return true;
        if (!judge_parent(p, &st, e))
            return false;
        *there = i;
        p[i] = '/';
    }
    return true;
}

/* The folders in it that matter, so that none was put there by somebody else. */
static bool judge_inside(struct arena *a, struct str folder, struct err *e)
{
    static const char *const inside[] = {"",
                                         "/index",
                                         "/registry",
                                         "/registry/blobs",
                                         "/registry/blobs/sha256",
                                         "/registry/blobs/sha512",
                                         "/registry/facts",
                                         "/registry/names",
                                         "/registry/failures"};
    for (size_t i = 0; i < sizeof inside / sizeof inside[0]; i++) {
        const char *path = str_fmt(a, STR_FMT "%s", STR_ARG(folder), inside[i]).p;
        struct stat st;
        if ((i ? lstat(path, &st) : stat(path, &st)) != 0)
            continue;
        if (!judge_folder(path, &st, e))
            return false;
        /* Older versions left them open to readers, who could hold the locks. */
        if (i && st.st_uid == geteuid() && (st.st_mode & OTHERS))
            chmod(path, 0700);
    }
    return true;
}

bool cache_usable(struct arena *a, struct str folder, struct err *e)
{
    char real[PATH_MAX];
    size_t there;
    struct str path = path_absolute(a, folder);
    struct err why;
    bool ok = judge_way(a, path, &there, &why);
    if (ok && realpath(str_cstr(a, str_sub(path, 0, there)), real))
        ok = judge_way(a, str_of(real), &there, &why);
    ok = ok && judge_inside(a, path, &why);
    return ok || err_set(e,
                         "the cache " STR_FMT " is not used because %s; change its owner and mode, "
                         "or set XDG_CACHE_HOME to another folder",
                         STR_ARG(folder), why.text);
}

/* ---- reading ---- */

int cache_open(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && is_trusted(&st) && !others_write(&st))
        return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

bool cache_read(struct arena *a, struct str path, size_t max, struct str *out, struct err *e)
{
    const char *name = str_cstr(a, path);
    int fd = cache_open(name);
    if (fd < 0)
        return err_set(e, "%s: %s", name, strerror(errno));
    bool ok = file_read_open(a, fd, name, max, out, e);
    close(fd);
    return ok;
}

/* ---- writing ---- */

/* "/cache/index/" of "/cache/index/x.idx", made when missing. */
static bool make_folder(const char *path, char folder[PATH_MAX], struct err *e)
{
    const char *slash = strrchr(path, '/');
    if (!slash || strlen(path) >= PATH_MAX)
        return err_set(e, "%s: not a path in the cache", path);
    memcpy(folder, path, (size_t)(slash - path) + 1);
    folder[slash - path + 1] = 0;
    return folder_make(folder, 0700, e);
}

bool cache_make_folder(struct arena *a, struct str folder, struct err *e)
{
    return folder_make(str_cstr(a, folder), 0700, e);
}

int cache_lock(const char *path, struct err *e)
{
    static atomic_int waited;
    char folder[PATH_MAX];
    if (!make_folder(path, folder, e))
        return -1;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        err_set(e, "%s: %s", folder, strerror(errno));
        return -1;
    }
    for (;;) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        if ((errno != EWOULDBLOCK && errno != EINTR) ||
            atomic_fetch_add(&waited, LOCK_PAUSE_MS) >= LOCK_RUN_MS)
            break;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    err_set(e, "%s: cannot be locked: %s", folder, strerror(errno));
    close(fd);
    return -1;
}

bool cache_write(struct str path, struct str bytes, bool lasting, struct err *e)
{
    static const char draft[] = "new.tmp";
    char name[PATH_MAX], temporary[PATH_MAX + sizeof draft];
    struct err why;
    if (path.n >= sizeof name)
        return err_set(e, "a path in the cache is too long");
    snprintf(name, sizeof name, STR_FMT, STR_ARG(path));
    int lock = cache_lock(name, e); /* which is the folder itself */
    if (lock < 0)
        return false;
    const char *slash = strrchr(name, '/');
    struct atomic_place place = {.folder = lock,
                                 .name = slash + 1,
                                 .old = -1,
                                 .mode = 0600,
                                 .draft = draft,
                                 .fleeting = !lasting};
    snprintf(temporary, sizeof temporary, "%.*s/%s", (int)(slash - name), name, draft);
    int note = scratch_note(temporary); /* another thread may end the run */
    bool ok = atomic_replace(&place, bytes, &why) ||
              err_set(e, "%s: cannot be written: %s", name, why.text);
    scratch_forget(note);
    close(lock);
    return ok;
}
