/* scratch.c - folders and files that do not outlive their run. A folder is locked (flock, gone
 * with its process) as long as the run lives: one that can be locked is nobody's any more.
 *
 * A signal handler can reach nothing but globals, so that what it removes is listed in one; and
 * what it does is all async-signal-safe: it lists a folder by the kernel's own call and unlinks by
 * descriptor. */
#include "host/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 32, TRIES = 16, SUFFIX = 6, DAY = 24 * 60 * 60 };
enum slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_LIVE };

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGXCPU};
enum { ENDS = sizeof ends / sizeof ends[0] };

static struct {
    struct {
        atomic_int state;
        int fd; /* of a folder, which is locked; -1: a file */
        char path[PATH_MAX];
    } slot[SLOTS];
    atomic_int writer;
    atomic_bool ending;
    pthread_once_t once;
    struct sigaction before[ENDS];
} ours = {.once = PTHREAD_ONCE_INIT};

/* ---- removing; only what a signal handler may call ---- */

struct raw_entry { /* linux_dirent64 */
    uint64_t inode;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
};

enum { DEEPEST = 128 }; /* each level is 4 KiB of a stack that may be a signal's */

static bool remove_folder(int fd, int parent, const char *path, unsigned deep);

static bool remove_entry(int fd, const char *name, unsigned deep)
{
    if (unlinkat(fd, name, 0) == 0) /* refuses "." and "..", as all folders */
        return true;
    bool folder = (errno == EISDIR || errno == EPERM) && deep < DEEPEST && strcmp(name, ".") != 0 &&
                  strcmp(name, "..") != 0;
    int below = folder ? openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (below < 0)
        return false;
    bool gone = remove_folder(below, fd, name, deep + 1);
    close(below);
    return gone;
}

static bool remove_some(int fd, unsigned deep)
{
    _Alignas(struct raw_entry) char block[4096];
    bool any = false;
    lseek(fd, 0, SEEK_SET);
    for (long n; (n = syscall(SYS_getdents64, fd, block, sizeof block)) > 0;)
        for (long at = 0; at < n;) {
            const struct raw_entry *x = (const void *)(block + at);
            any |= remove_entry(fd, x->name, deep);
            at += x->size;
        }
    return any;
}

/* Another thread may just be making a file in it. */
static bool remove_folder(int fd, int parent, const char *path, unsigned deep)
{
    for (int i = 0; i < TRIES; i++) {
        while (remove_some(fd, deep)) /* a listing may pass over names while others go */
            continue;
        if (unlinkat(parent, path, AT_REMOVEDIR) == 0)
            return true;
        if (errno != ENOTEMPTY && errno != EEXIST)
            return false;
    }
    return false;
}

static void end_writer(void)
{
    pid_t writer = atomic_exchange(&ours.writer, 0);
    if (writer <= 0)
        return;
    kill(writer, SIGKILL);
    while (waitpid(writer, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static void on_end(int signal_number)
{
    int saved = errno;
    atomic_store(&ours.ending, true);
    end_writer();
    for (int i = 0; i < SLOTS; i++) {
        if (atomic_load(&ours.slot[i].state) != SLOT_LIVE)
            continue;
        if (ours.slot[i].fd >= 0)
            remove_folder(ours.slot[i].fd, AT_FDCWD, ours.slot[i].path, 0);
        else
            unlink(ours.slot[i].path);
    }
    for (int i = 0; i < ENDS; i++)
        if (ends[i] == signal_number)
            sigaction(signal_number, &ours.before[i], NULL);
    raise(signal_number); /* what was to come of it comes when this returns */
    errno = saved;
}

/* One that is ignored stays so. */
static void watch_signals(void)
{
    struct sigaction new = {.sa_handler = on_end};
    sigfillset(&new.sa_mask);
    for (int i = 0; i < ENDS; i++)
        if (sigaction(ends[i], NULL, &ours.before[i]) == 0 &&
            !(ours.before[i].sa_flags & SA_SIGINFO) && ours.before[i].sa_handler != SIG_IGN)
            sigaction(ends[i], &new, NULL);
}

void scratch_has_writer(pid_t pid)
{
    atomic_store(&ours.writer, pid);
}

/* ---- slots ---- */

static int take_slot(void)
{
    pthread_once(&ours.once, watch_signals);
    while (atomic_load(&ours.ending)) /* nothing new comes while the run is cleared away */
        pause();
    for (int i = 0; i < SLOTS; i++) {
        int free_state = SLOT_FREE;
        if (atomic_compare_exchange_strong(&ours.slot[i].state, &free_state, SLOT_TAKEN))
            return i;
    }
    return SCRATCH_NONE;
}

static void free_slot(int i)
{
    atomic_store(&ours.slot[i].state, SLOT_FREE);
}

int scratch_note(const char *file)
{
    size_t n = strlen(file);
    int i = n < PATH_MAX ? take_slot() : SCRATCH_NONE;
    if (i == SCRATCH_NONE)
        return i;
    memcpy(ours.slot[i].path, file, n + 1);
    ours.slot[i].fd = -1;
    atomic_store(&ours.slot[i].state, SLOT_LIVE);
    return i;
}

void scratch_forget(int note)
{
    if (note != SCRATCH_NONE)
        free_slot(note);
}

/* ---- folders ---- */

struct str scratch_temporary(void)
{
    const char *where = getenv("TMPDIR");
    return where && where[0] == '/' ? str_of(where) : S("/tmp");
}

/* Locked, and still the one at that path: a sweep may have come between. Where nothing can be
 * locked no sweep takes anything. */
static bool is_held(int fd, const char *path)
{
    struct stat held, there;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return false;
    return fstat(fd, &held) == 0 && lstat(path, &there) == 0 && held.st_dev == there.st_dev &&
           held.st_ino == there.st_ino;
}

static bool make_one(char *path, int *fd)
{
    if (!mkdtemp(path))
        return false;
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0 && is_held(*fd, path))
        return true;
    if (*fd >= 0)
        close(*fd);
    rmdir(path);
    errno = EAGAIN;
    return false;
}

struct str scratch_folder(struct arena *a, struct str parent, const char *prefix, struct err *e)
{
    int slot = take_slot();
    if (slot == SCRATCH_NONE) {
        err_set(e, "too many temporary files and folders are in use");
        return S("");
    }
    char *path = ours.slot[slot].path;
    bool made = false;
    errno = EAGAIN;
    for (int i = 0; i < TRIES && !made && errno == EAGAIN; i++) {
        int n = snprintf(path, PATH_MAX, STR_FMT "/%sXXXXXX", STR_ARG(parent), prefix);
        errno = ENAMETOOLONG;
        if (n > 0 && n < PATH_MAX)
            made = make_one(path, &ours.slot[slot].fd);
    }
    if (!made) {
        err_set(e, STR_FMT ": %s", STR_ARG(parent), strerror(errno));
        free_slot(slot);
        return S("");
    }
    atomic_store(&ours.slot[slot].state, SLOT_LIVE);
    return str_dup(a, str_of(path));
}

void scratch_remove(struct str folder)
{
    for (int i = 0; i < SLOTS; i++) {
        if (atomic_load(&ours.slot[i].state) != SLOT_LIVE || ours.slot[i].fd < 0 ||
            !str_eq(str_of(ours.slot[i].path), folder))
            continue;
        remove_folder(ours.slot[i].fd, AT_FDCWD, ours.slot[i].path, 0);
        atomic_store(&ours.slot[i].state, SLOT_TAKEN); /* the handler must not use what is closed */
        close(ours.slot[i].fd);
        free_slot(i);
        return;
    }
}

/* ---- those of runs that have ended ---- */

/* "layers.aB3xYz"; and "layers.123-aB3xYz", as earlier versions named them by their process. */
static bool may_be_ours(const char *name, const char *prefix, pid_t *process)
{
    size_t n = strlen(prefix);
    *process = 0;
    if (strncmp(name, prefix, n) != 0)
        return false;
    size_t digits = strspn(name + n, "0123456789");
    if (digits && digits < 10 && name[n + digits] == '-') {
        *process = (pid_t)strtol(name + n, NULL, 10);
        n += digits + 1;
    }
    return strlen(name) == n + SUFFIX;
}

/* Earlier versions held no lock; but a process number is used again one day. */
static bool is_left(int fd, pid_t process)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || st.st_uid != geteuid() || (st.st_mode & 077) != 0 ||
        flock(fd, LOCK_EX | LOCK_NB) != 0)
        return false;
    bool gone = process <= 0 || (kill(process, 0) != 0 && errno == ESRCH);
    return gone || time(NULL) - st.st_mtim.tv_sec > DAY;
}

static bool sweep_one(int parent, const char *name, const char *prefix)
{
    pid_t process;
    if (!may_be_ours(name, prefix, &process))
        return false;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool removed = is_left(fd, process) && remove_folder(fd, parent, name, 0);
    close(fd);
    return removed;
}

size_t scratch_sweep(struct str parent, const char *prefix)
{
    struct arena *a = arena_open();
    DIR *d = opendir(str_cstr(a, parent));
    size_t removed = 0;
    for (struct dirent *x; d && (x = readdir(d));)
        removed += sweep_one(dirfd(d), x->d_name, prefix);
    if (d)
        closedir(d);
    arena_close(a);
    return removed;
}
