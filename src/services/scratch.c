/* scratch.c - folders that do not outlive their run. Each is locked (flock, gone with its
 * process) as long as the run lives: a folder that can be locked is nobody's any more.
 *
 * A signal handler can reach nothing but globals, so that what it removes is listed in one. */
#include "services/scratch.h"

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
#include <unistd.h>

enum { SLOTS = 8, TRIES = 16, SUFFIX = 6 };

enum slot_state { SLOT_FREE, SLOT_TAKEN, SLOT_LIVE };

static struct {
    struct {
        atomic_int state;
        int fd;
        char path[PATH_MAX];
    } slot[SLOTS];
    atomic_int writer;
    pthread_once_t once;
} ours = {.once = PTHREAD_ONCE_INIT};

/* ---- removing; only what a signal handler may call ---- */

struct raw_entry { /* linux_dirent64 */
    uint64_t inode;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
};

static bool remove_some(int fd)
{
    _Alignas(struct raw_entry) char block[4096];
    bool any = false;
    lseek(fd, 0, SEEK_SET);
    for (long n; (n = syscall(SYS_getdents64, fd, block, sizeof block)) > 0;)
        for (long at = 0; at < n;) {
            const struct raw_entry *x = (const void *)(block + at);
            any |= unlinkat(fd, x->name, 0) == 0; /* refuses "." and "..", as all folders */
            at += x->size;
        }
    return any;
}

static void remove_folder(int fd, const char *path)
{
    while (remove_some(fd)) /* a listing may pass over names while others go */
        continue;
    rmdir(path);
}

static void on_end(int signal_number)
{
    int before = errno;
    pid_t writer = atomic_exchange(&ours.writer, 0);
    if (writer > 0) {
        kill(writer, SIGKILL);
        while (waitpid(writer, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    for (int i = 0; i < SLOTS; i++)
        if (atomic_load(&ours.slot[i].state) == SLOT_LIVE)
            remove_folder(ours.slot[i].fd, ours.slot[i].path);
    signal(signal_number, SIG_DFL);
    raise(signal_number); /* waits until this returns */
    errno = before;
}

static void watch_signals(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGXCPU};
    struct sigaction new = {.sa_handler = on_end}, old;
    sigfillset(&new.sa_mask);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (sigaction(ends[i], NULL, &old) == 0 && !(old.sa_flags & SA_SIGINFO) &&
            old.sa_handler == SIG_DFL)
            sigaction(ends[i], &new, NULL);
}

void scratch_has_writer(pid_t pid)
{
    atomic_store(&ours.writer, pid);
}

/* ---- one of our own ---- */

static int take_slot(void)
{
    for (int i = 0; i < SLOTS; i++) {
        int free_state = SLOT_FREE;
        if (atomic_compare_exchange_strong(&ours.slot[i].state, &free_state, SLOT_TAKEN))
            return i;
    }
    return -1;
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

bool scratch_open(struct scratch *s, struct arena *a, struct str parent, const char *prefix,
                  struct err *e)
{
    pthread_once(&ours.once, watch_signals);
    *s = (struct scratch){S(""), take_slot()};
    if (s->slot < 0)
        return err_set(e, "too many folders are in use");
    char *path = ours.slot[s->slot].path;
    bool made = false;
    for (int i = 0; i < TRIES && !made; i++) {
        int n = snprintf(path, PATH_MAX, STR_FMT "/%sXXXXXX", STR_ARG(parent), prefix);
        errno = ENAMETOOLONG;
        if (n < PATH_MAX)
            made = make_one(path, &ours.slot[s->slot].fd);
        if (!made && errno != EAGAIN)
            break;
    }
    if (!made) {
        err_set(e, STR_FMT ": %s", STR_ARG(parent), strerror(errno));
        atomic_store(&ours.slot[s->slot].state, SLOT_FREE);
        return false;
    }
    s->path = str_dup(a, str_of(path));
    atomic_store(&ours.slot[s->slot].state, SLOT_LIVE);
    return true;
}

void scratch_close(struct scratch *s)
{
    if (!s->path.n)
        return;
    remove_folder(ours.slot[s->slot].fd, ours.slot[s->slot].path);
    atomic_store(&ours.slot[s->slot].state, SLOT_TAKEN);
    close(ours.slot[s->slot].fd);
    atomic_store(&ours.slot[s->slot].state, SLOT_FREE);
    s->path = S("");
}

/* ---- those of runs that have ended ---- */

static bool may_be_ours(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    if (strncmp(name, prefix, n) != 0)
        return false;
    size_t digits = strspn(name + n, "0123456789");
    if (digits && name[n + digits] == '-') /* the process, as earlier versions wrote it */
        n += digits + 1;
    return strlen(name) == n + SUFFIX;
}

static void sweep_one(int parent, const char *name)
{
    struct stat st;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    bool private = fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
    if (private && flock(fd, LOCK_EX | LOCK_NB) == 0) {
        while (remove_some(fd))
            continue;
        unlinkat(parent, name, AT_REMOVEDIR);
    }
    close(fd);
}

void scratch_sweep(struct str parent, const char *prefix)
{
    struct arena *a = arena_open();
    DIR *d = opendir(str_cstr(a, parent));
    if (d) {
        for (struct dirent *x; (x = readdir(d));)
            if (may_be_ours(x->d_name, prefix))
                sweep_one(dirfd(d), x->d_name);
        closedir(d);
    }
    arena_close(a);
}
