/* The one way in which a file is written. */
#include "host/atomic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "host/files.h"

#ifndef RENAME_NOREPLACE /* this C library has not got it: musl before 1.2.6 */
#include <linux/fs.h>
#include <sys/syscall.h>

static int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}
#endif

#define PREFIX ".dfix-"
enum { TEMP_NAME = 64, RANDOM_LETTERS = 6, NAME_TRIES = 100, SAME_CHUNK = 16 * 1024 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";

static void temp_name(char name[TEMP_NAME])
{
    unsigned char byte[RANDOM_LETTERS] = {0};
    char random[RANDOM_LETTERS + 1] = {0};

    /* Only to be unlike others': without it the tries below find a free name too. */
    if (getrandom(byte, sizeof(byte), GRND_NONBLOCK) < 0) {
        struct timespec now = {0};
        clock_gettime(CLOCK_MONOTONIC, &now);
        for (size_t i = 0; i < RANDOM_LETTERS; i++)
            byte[i] = (unsigned char)(now.tv_nsec >> 4 * i);
    }
    for (size_t i = 0; i < RANDOM_LETTERS; i++)
        random[i] = letters[byte[i] % (sizeof(letters) - 1)];
    snprintf(name, TEMP_NAME, PREFIX "%ld-%s", (long)getpid(), random);
}

bool atomic_is_temporary(const char *name)
{
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return false;
    name += strlen(PREFIX);
    size_t digits = strspn(name, "0123456789");
    return digits && name[digits] == '-' && strlen(name + digits + 1) == RANDOM_LETTERS &&
           strspn(name + digits + 1, letters) == RANDOM_LETTERS;
}

/* ---- the same mode, owner, access list, attributes and label ---- */

static bool keep_owner_and_mode(int from, int to)
{
    struct stat old, now;

    if (fstat(from, &old) < 0 || fstat(to, &now) < 0)
        return false;
    if ((now.st_uid != old.st_uid || now.st_gid != old.st_gid) &&
        fchown(to, old.st_uid, old.st_gid) < 0)
        return false;
    if (fchmod(to, old.st_mode & 07777) < 0) /* after chown, which takes bits away */
        return false;
    errno = EPERM;
    return fstat(to, &now) == 0 && now.st_uid == old.st_uid && now.st_gid == old.st_gid &&
           (now.st_mode & 07777) == (old.st_mode & 07777);
}

static bool is_no_attribute(int why)
{
    return why == ENODATA || why == ENOTSUP || why == EOPNOTSUPP;
}

static bool attribute_names(struct arena *a, int fd, struct str *out)
{
    char *names = arena_new(a, char, XATTR_LIST_MAX);
    ssize_t n = flistxattr(fd, names, XATTR_LIST_MAX);

    *out = (struct str){names, n > 0 ? (size_t)n : 0};
    return n >= 0 || is_no_attribute(errno);
}

static bool attribute(struct arena *a, int fd, const char *name, bool *there, struct str *out)
{
    char *value = arena_new(a, char, XATTR_SIZE_MAX);
    ssize_t n = fgetxattr(fd, name, value, XATTR_SIZE_MAX);

    *there = n >= 0;
    *out = (struct str){value, n > 0 ? (size_t)n : 0};
    return n >= 0 || is_no_attribute(errno);
}

/* Sums of the content, which the kernel keeps itself. */
static bool is_of_content(struct str name)
{
    return str_eq(name, S("security.ima")) || str_eq(name, S("security.evm"));
}

static bool keep_attribute(struct arena *a, int from, int to, const char *name)
{
    struct arena_mark m = arena_mark(a);
    bool wanted, there;
    struct str old, now;
    bool ok = attribute(a, from, name, &wanted, &old) && attribute(a, to, name, &there, &now);

    if (ok && wanted && !(there && str_eq(old, now)))
        ok = fsetxattr(to, name, old.p, old.n, 0) == 0;
    else if (ok && !wanted && there)
        ok = fremovexattr(to, name) == 0;
    arena_rewind(a, m);
    return ok;
}

/* The new file may have attributes that the old one lacks: from the folder's default list. */
static bool keep_attributes(struct arena *a, int from, int to)
{
    const int both[] = {from, to};

    for (size_t i = 0; i < 2; i++) {
        struct str rest, name;
        if (!attribute_names(a, both[i], &rest))
            return false;
        while (rest.n && str_cut(&rest, '\0', &name))
            if (name.n && !is_of_content(name) && !keep_attribute(a, from, to, name.p))
                return false;
    }
    return true;
}

/* ---- the new file ---- */

struct draft {
    const struct atomic_place *place;
    struct arena *arena;
    int fd;
    bool named; /* it stands in the folder, as `name` */
    char name[TEMP_NAME];
    const char *failed; /* what, when something did; errno says why */
};

static bool fail(struct draft *d, const char *what)
{
    d->failed = what;
    return false;
}

static bool open_alone(struct draft *d)
{
    const struct atomic_place *p = d->place;

    snprintf(d->name, sizeof(d->name), "%s", p->draft);
    if (unlinkat(p->folder, d->name, 0) == 0 || errno == ENOENT)
        d->fd =
            openat(p->folder, d->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    d->named = d->fd >= 0;
    return d->named || fail(d, "no file can be made in its folder");
}

static bool open_named(struct draft *d)
{
    for (int i = 0; i < NAME_TRIES; i++) {
        temp_name(d->name);
        d->fd = openat(d->place->folder, d->name,
                       O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        d->named = d->fd >= 0;
        if (d->named || errno != EEXIST)
            break;
    }
    return d->named || fail(d, "no file can be made in its folder");
}

static bool fill(struct draft *d, struct str text)
{
    const struct atomic_place *p = d->place;

    flock(d->fd, LOCK_EX | LOCK_NB); /* where there are no locks, nothing is cleaned either */
    if (p->old < 0 ? fchmod(d->fd, p->mode) < 0 : !keep_owner_and_mode(p->old, d->fd))
        return fail(d, "its owner and mode cannot be kept");
    if (p->old >= 0 && !keep_attributes(d->arena, p->old, d->fd))
        return fail(d, "its access control list and extended attributes cannot be kept");
    /* The list says the group's rights anew. */
    if (p->old >= 0 && !keep_owner_and_mode(p->old, d->fd))
        return fail(d, "its owner and mode cannot be kept");
    return (file_put(d->fd, text) && (p->fleeting || fsync(d->fd) == 0)) ||
           fail(d, "writing failed");
}

static bool give_name(struct draft *d)
{
    char self[TEMP_NAME];

    snprintf(self, sizeof(self), "/proc/self/fd/%d", d->fd);
    for (int i = 0; i < NAME_TRIES && !d->named; i++) {
        temp_name(d->name);
        d->named = linkat(AT_FDCWD, self, d->place->folder, d->name, AT_SYMLINK_FOLLOW) == 0;
        if (!d->named && errno != EEXIST)
            break;
    }
    return d->named;
}

/* Without a name first; with one where that cannot be had. */
static bool prepare(struct draft *d, struct str text)
{
    if (d->place->draft)
        return open_alone(d) && fill(d, text);
    d->fd = openat(d->place->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (d->fd >= 0) {
        if (!fill(d, text))
            return false;
        if (give_name(d))
            return true;
        close(d->fd);
    }
    return open_named(d) && fill(d, text);
}

/* ---- the old one ---- */

/* From its beginning to its end. */
static bool has_bytes(int fd, struct str want)
{
    char chunk[SAME_CHUNK];
    off_t at = 0;

    for (;;) {
        ssize_t got = pread(fd, chunk, sizeof(chunk), at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return want.n == 0;
        if (got < 0 || (size_t)got > want.n || memcmp(chunk, want.p, (size_t)got) != 0)
            return false;
        want = str_from(want, (size_t)got);
        at += got;
    }
}

/* Is what stands at `name` the old file, and as it was? */
static bool is_as_it_was(const struct atomic_place *p, const char *name)
{
    struct stat old, now;

    return fstat(p->old, &old) == 0 && fstatat(p->folder, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
           old.st_dev == now.st_dev && old.st_ino == now.st_ino && has_bytes(p->old, p->was);
}

/* A new file in its place would leave its other names with the old text. */
static bool has_other_names(const struct atomic_place *p)
{
    struct stat old;

    return p->old >= 0 && fstat(p->old, &old) == 0 && old.st_nlink > 1;
}

static const char changed[] = "it changed after it was read";

static bool is_unknown(int why)
{
    return why == EINVAL || why == ENOSYS || why == ENOTSUP;
}

static bool move_over(struct draft *d)
{
    const struct atomic_place *p = d->place;

    if (renameat(p->folder, d->name, p->folder, p->name) < 0)
        return fail(d, "it cannot be replaced");
    d->named = false;
    return true;
}

static bool move_to_free(struct draft *d)
{
    const struct atomic_place *p = d->place;
    bool moved = renameat2(p->folder, d->name, p->folder, p->name, RENAME_NOREPLACE) == 0;

    d->named = !moved;
    if (!moved && is_unknown(errno)) /* then it has both names until the draft's is taken away */
        moved = linkat(p->folder, d->name, p->folder, p->name, 0) == 0;
    if (!moved && errno == EEXIST) {
        errno = 0;
        return fail(d, "it exists already");
    }
    return moved || fail(d, "it cannot be made");
}

/* What was there stays, by a name that no later run takes for a draft's and removes. */
static void keep_for_good(const struct draft *d)
{
    char name[TEMP_NAME + 8];

    snprintf(name, sizeof(name), "%s.kept", d->name);
    renameat(d->place->folder, d->name, d->place->folder, name);
}

/* The two change places, so that what was there can be looked at once nobody finds it any more. */
static bool swap(struct draft *d)
{
    const struct atomic_place *p = d->place;

    errno = 0;
    if (!is_as_it_was(p, p->name))
        return fail(d, changed);
    flock(p->old, LOCK_EX | LOCK_NB); /* it has the temporary name for a moment */
    if (renameat2(p->folder, d->name, p->folder, p->name, RENAME_EXCHANGE) < 0) {
        return is_unknown(errno) ? move_over(d) : fail(d, "it cannot be replaced");
    }
    if (is_as_it_was(p, d->name))
        return true;
    d->named = renameat2(p->folder, d->name, p->folder, p->name, RENAME_EXCHANGE) == 0;
    if (!d->named)
        keep_for_good(d);
    errno = 0;
    return fail(
        d, d->named ? changed
                    : "it changed while it was written; its old contents are in the newest `" PREFIX
                      "` file beside it");
}

/* The rename is on disk once the folder is. Not every file system can; then the file is as
 * safe as that file system makes it. */
static void sync_folder(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool put_in_place(struct draft *d)
{
    if (d->place->fresh)
        return move_to_free(d);
    return d->place->old < 0 || d->place->any ? move_over(d) : swap(d);
}

static bool replace(struct draft *d, struct str text)
{
    if (has_other_names(d->place)) {
        errno = 0;
        return fail(d, "it has other hard links, which would keep the old text");
    }
    bool ok = prepare(d, text) && put_in_place(d);
    int why = errno;

    if (d->named)
        unlinkat(d->place->folder, d->name, 0);
    if (d->fd >= 0)
        close(d->fd);
    if (ok && !d->place->fleeting)
        sync_folder(d->place->folder);
    errno = why;
    return ok;
}

bool atomic_replace(const struct atomic_place *p, struct str text, struct err *e)
{
    /* These come of what the program itself does wrong, and cannot wait. */
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
    struct draft d = {.place = p, .arena = arena_open(), .fd = -1};
    sigset_t held, before;

    sigfillset(&held);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
        sigdelset(&held, faults[i]);
    pthread_sigmask(SIG_BLOCK, &held, &before);
    bool ok = replace(&d, text);
    int why = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    arena_close(d.arena);
    if (ok)
        return true;
    return err_set(e, "%s%s%s", d.failed, why ? ": " : "", why ? strerror(why) : "");
}

static void clean_one(int folder, const char *name)
{
    struct stat st;

    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
        return;
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

void atomic_clean(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir && fd >= 0)
        close(fd);
    for (struct dirent *d; dir && (d = readdir(dir));)
        if (atomic_is_temporary(d->d_name))
            clean_one(folder, d->d_name);
    if (dir)
        closedir(dir);
}
