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

/* The folder that was read from last is of no use any more. */
static void leave_folder(struct held_folders *h)
{
    if (h->last && h->at != h->last->fd)
        close(h->at);
    h->last = NULL;
}

void held_close(struct held_folders *h)
{
    leave_folder(h);
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

static struct held_folder *known_folder(const struct held_folders *h, struct str path,
                                        const struct stat *st)
{
    for (struct held_folder *f = h->chain[str_hash(path) % HELD_CHAINS]; f; f = f->next)
        if (f->dev == st->st_dev && f->ino == st->st_ino && str_eq(str_of(f->path), path))
            return f;
    return NULL;
}

static struct held_folder *add_folder(struct held_folders *h, const char *path,
                                      const struct stat *st, int fd)
{
    struct held_folder **chain = &h->chain[str_hash(str_of(path)) % HELD_CHAINS];
    struct held_folder *new = arena_new(h->arena, struct held_folder, 1);

    *new = (struct held_folder){*chain, path, st->st_dev, st->st_ino, h->room ? fd : -1};
    h->room -= h->room > 0;
    return *chain = new;
}

/* Opens the folder, which is the last from then on. */
static bool enter_folder(struct held_folders *h, struct str path)
{
    const char *name = str_cstr(h->arena, path);
    struct stat st;

    leave_folder(h);
    int fd = open_folder(name);
    if (fd < 0)
        return false;
    if (fstat(fd, &st) < 0) {
        close(fd);
        return false;
    }
    h->last = known_folder(h, path, &st);
    if (!h->last)
        h->last = add_folder(h, name, &st, fd);
    h->at = fd;
    return true;
}

static bool read_here(struct held_folders *h, size_t max, struct held_file *f, struct str *text,
                      struct err *e)
{
    struct stat st;
    int fd = -1;

    /* Opening a device may do something; so it is looked at before. */
    if (fstatat(h->at, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        fd = openat(h->at, f->name, FILE_FLAGS);
    else
        return file_read(h->arena, f->path, max, text, e) &&
               err_set(e, "%s: changed while it was read", f->path);
    if (fd < 0)
        return err_set(e, "%s: %s", f->path, strerror(errno));
    bool ok = file_read_open(h->arena, fd, f->path, max, text, e);
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

/* Does the path that was named lead to what was read? */
static bool leads_to_it(const struct held_file *f)
{
    struct stat st;

    return stat(f->path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
}

/* False: another folder was read from last, or the path leads elsewhere than through this one by
 * now, or the file cannot be read, which is for the folder opened anew to say. */
static bool read_from_last(struct held_folders *h, struct str folder, size_t max,
                           struct held_file *f, struct str *text)
{
    struct err e;

    f->folder = h->last;
    return h->last && str_eq(str_of(h->last->path), folder) && read_here(h, max, f, text, &e) &&
           leads_to_it(f);
}

/* From the folder that its real path leads to, in which no part is a link. */
static bool read_in_place(struct held_folders *h, struct str folder, size_t max,
                          struct held_file *f, struct str *text, struct err *e)
{
    if (!enter_folder(h, folder))
        return err_set(e, "%s: %s", f->path, strerror(errno));
    f->folder = h->last;
    return read_here(h, max, f, text, e);
}

bool held_read(struct held_folders *h, struct str path, struct str real, size_t max,
               struct held_file *out, struct str *text, struct err *e)
{
    const char *named = str_cstr(h->arena, path);
    const char *at = real.n ? str_cstr(h->arena, real) : place_of(h, named);

    if (!at)
        return err_set(e, "%s: %s", named, strerror(errno));
    *out = (struct held_file){.path = named, .real = at, .name = strrchr(at, '/') + 1};
    struct str folder = path_folder(h->arena, str_of(at));
    if (read_from_last(h, folder, max, out, text))
        return true;
    if (!read_in_place(h, folder, max, out, text, e))
        return false;
    return !real.n || leads_to_it(out) ||
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
