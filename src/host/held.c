/* A file is written only while it is the one that was read. */
#include "host/held.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/atomic.h"
#include "host/files.h"

enum { FILE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

/* Half of the descriptors that a run may have; none where it has few. */
static size_t room_for_folders(void)
{
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &most) < 0 || most.rlim_cur < 128)
        return 0;
    return most.rlim_cur > 8192 ? 4096 : (size_t)most.rlim_cur / 2;
}

void held_open(struct held_folders *h, struct arena *a)
{
    *h = (struct held_folders){.arena = a, .room = room_for_folders()};
}

void held_close(struct held_folders *h)
{
    for (size_t i = 0; i < HELD_CHAINS; i++)
        for (struct held_folder *f = h->chain[i]; f; f = f->next)
            if (f->fd >= 0)
                close(f->fd);
}

/* By a path that has no link in it: one that has come there meanwhile is not followed. */
static int open_folder(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

    if (fd < 0 && (errno == ENOSYS || errno == EPERM)) /* old kernels, and sandboxes */
        fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd;
}

static struct held_folder *hold_folder(struct held_folders *h, struct str path, int *fd)
{
    struct held_folder **chain = &h->chain[str_hash(path) % HELD_CHAINS];
    struct stat st;

    *fd = open_folder(str_cstr(h->arena, path));
    if (*fd < 0 || fstat(*fd, &st) < 0)
        return NULL;
    for (struct held_folder *f = *chain; f; f = f->next)
        if (f->dev == st.st_dev && f->ino == st.st_ino && str_eq(str_of(f->path), path))
            return f;
    struct held_folder *new = arena_new(h->arena, struct held_folder, 1);
    *new = (struct held_folder){*chain, str_cstr(h->arena, path), st.st_dev, st.st_ino, -1};
    if (h->room) {
        new->fd = fcntl(*fd, F_DUPFD_CLOEXEC, 0);
        h->room--;
    }
    return *chain = new;
}

static bool read_here(struct held_folders *h, int folder, size_t max, struct held_file *f,
                      struct str *text, struct err *e)
{
    struct stat st;
    int fd = -1;
    bool ok;

    /* Opening a device may do something; so it is looked at before. */
    if (fstatat(folder, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        fd = openat(folder, f->name, FILE_FLAGS);
    else
        return file_read(h->arena, f->path, max, text, e) &&
               err_set(e, "%s: changed while it was read", f->path);
    if (fd < 0)
        return err_set(e, "%s: %s", f->path, strerror(errno));
    ok = file_read_open(h->arena, fd, f->path, max, text, e);
    if (ok && fstat(fd, &st) == 0) {
        f->dev = st.st_dev;
        f->ino = st.st_ino;
    }
    close(fd);
    return ok;
}

/* Where the path leads, links followed; NULL, and errno: nowhere. */
static const char *place_of(struct held_folders *h, const char *named)
{
    char *leads = realpath(named, NULL);
    const char *real = leads ? str_cstr(h->arena, str_of(leads)) : NULL;

    free(leads);
    return real;
}

/* From the folder that its real path leads to, in which no part is a link. */
static bool read_in_place(struct held_folders *h, size_t max, struct held_file *f, struct str *text,
                          struct err *e)
{
    int fd = -1;

    f->name = strrchr(f->real, '/') + 1;
    f->folder = hold_folder(h, path_folder(h->arena, str_of(f->real)), &fd);
    bool ok = f->folder ? read_here(h, fd, max, f, text, e)
                        : err_set(e, "%s: %s", f->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

/* Does the path that was named lead to the file still, which was found at `real`? */
static bool is_found_file(const struct held_file *f)
{
    struct stat st;

    return stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

bool held_read(struct held_folders *h, struct str path, struct str real, size_t max,
               struct held_file *out, struct str *text, struct err *e)
{
    const char *named = str_cstr(h->arena, path);
    const char *at = real.n ? str_cstr(h->arena, real) : place_of(h, named);

    if (!at)
        return err_set(e, "%s: %s", named, strerror(errno));
    *out = (struct held_file){.path = named, .real = at};
    if (!read_in_place(h, max, out, text, e))
        return false;
    return !real.n || is_found_file(out) ||
           err_set(e, "%s was not read because its path has changed since it was found", named);
}

/* ---- writing ---- */

static bool refuse(const struct held_file *f, const char *why, struct err *e)
{
    return err_set(e, "%s: not written: %s", f->path, why);
}

/* The folder, if its path still leads to it. */
static int open_again(const struct held_file *f)
{
    const struct held_folder *d = f->folder;
    int fd = open_folder(d->path);
    struct stat st;

    if (fd < 0)
        return -1;
    bool same = fstat(fd, &st) == 0 && st.st_dev == d->dev && st.st_ino == d->ino;
    if (same && d->fd < 0)
        return fd;
    close(fd);
    return same ? fcntl(d->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

/* A link in the path that was named may lead elsewhere by now. */
static bool leads_there(const struct held_file *f)
{
    char *real = realpath(f->path, NULL);
    bool same = real && strcmp(real, f->real) == 0;

    free(real);
    return same;
}

static bool says(int fd, struct held_file const *f, struct str text)
{
    struct arena *a = arena_open();
    struct str now = S("");
    struct err e;
    bool same = file_read_open(a, fd, f->path, text.n, &now, &e) && str_eq(now, text);

    arena_close(a);
    return same;
}

static bool write_over(const struct held_file *f, int folder, int old, struct str was,
                       struct str text, struct err *e)
{
    struct atomic_place place = {.folder = folder, .name = f->name, .old = old, .was = was};
    struct stat st;
    struct err why;

    if (fstat(old, &st) < 0)
        return refuse(f, strerror(errno), e);
    if (says(old, f, text))
        return true;
    if (!S_ISREG(st.st_mode) || st.st_dev != f->dev || st.st_ino != f->ino)
        return refuse(f, "another file took its place after it was read", e);
    if (faccessat(folder, f->name, W_OK, AT_EACCESS) < 0)
        return refuse(f, strerror(errno), e);
    return atomic_replace(&place, text, &why) || refuse(f, why.text, e);
}

bool held_write(const struct held_file *f, struct str was, struct str text, struct err *e)
{
    int folder = open_again(f);

    if (folder < 0 || !leads_there(f)) {
        if (folder >= 0)
            close(folder);
        return refuse(f, "its path has changed since it was read", e);
    }
    int old = openat(folder, f->name, FILE_FLAGS);
    int why = errno;
    bool ok = old >= 0       ? write_over(f, folder, old, was, text, e)
              : why == ELOOP ? refuse(f, "a link took its place after it was read", e)
                             : refuse(f, strerror(why), e);
    if (old >= 0)
        close(old);
    close(folder);
    return ok;
}

void held_clean(const struct held_folders *h)
{
    for (size_t i = 0; i < HELD_CHAINS; i++)
        for (struct held_folder *f = h->chain[i]; f; f = f->next) {
            int fd = f->fd >= 0 ? f->fd : open_folder(f->path);
            if (fd >= 0)
                atomic_clean(fd);
            if (fd >= 0 && fd != f->fd)
                close(fd);
        }
}
