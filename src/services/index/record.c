#include "services/index/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "services/files.h"

enum { RECORD_MAX = 64 << 20, LINE_MAX_BYTES = 1024, LOCK_TRIES = 100, LOCK_PAUSE_MS = 20 };

static const char first_line[] = "dfix release 1";

static bool plain_line(struct str s)
{
    return s.n < LINE_MAX_BYTES && str_chr(s, '\n') == STR_NONE;
}

struct str record_print(struct arena *a, const struct record *r)
{
    struct str etag = plain_line(r->etag) ? r->etag : S("");
    struct str modified = plain_line(r->modified) ? r->modified : S("");
    struct str body = str_fmt(a, "%lld\n%s\n" STR_FMT "\n" STR_FMT "\n", (long long)r->fetched,
                              r->missing ? "missing" : "here", STR_ARG(etag), STR_ARG(modified));
    struct buf b = {.arena = a};
    buf_add(&b, body);
    buf_add(&b, r->text);
    uint64_t sum = str_hash(buf_str(&b));
    struct buf all = {.arena = a};
    buf_fmt(&all, "%s\n%016llx\n", first_line, (unsigned long long)sum);
    buf_add(&all, buf_str(&b));
    return buf_str(&all);
}

bool record_parse(struct str text, struct record *out)
{
    struct str rest = text, line, sum, state;
    char expected[32];
    *out = (struct record){.etag = S(""), .modified = S(""), .text = S("")};
    if (!str_cut(&rest, '\n', &line) || !str_eq(line, str_of(first_line)) ||
        !str_cut(&rest, '\n', &sum))
        return false;
    snprintf(expected, sizeof expected, "%016llx", (unsigned long long)str_hash(rest));
    struct record r = {.text = S("")};
    if (!str_eq(sum, str_of(expected)) || !str_cut(&rest, '\n', &line) || !line.n || line.n > 18)
        return false;
    for (size_t i = 0; i < line.n; i++) {
        if (line.p[i] < '0' || line.p[i] > '9')
            return false;
        r.fetched = r.fetched * 10 + (line.p[i] - '0');
    }
    if (!str_cut(&rest, '\n', &state) || !str_cut(&rest, '\n', &r.etag) ||
        !str_cut(&rest, '\n', &r.modified))
        return false;
    r.missing = str_eq(state, S("missing"));
    if (!r.missing)
        r.text = rest;
    *out = r;
    return true;
}

void record_read(struct arena *a, struct str path, struct record *out)
{
    struct arena_mark m = arena_mark(a);
    struct str text;
    struct err e;
    if (file_read(a, str_cstr(a, path), RECORD_MAX, &text, &e) && record_parse(text, out))
        return;
    arena_rewind(a, m);
    *out = (struct record){.etag = S(""), .modified = S(""), .text = S("")};
}

static bool write_all(int fd, struct str s)
{
    while (s.n) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = str_from(s, (size_t)n);
    }
    return true;
}

/* Each folder on the way, as `mkdir -p` does. */
static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
}

/* The folder's own lock: one temporary file is enough, and what a killed writer left is
 * overwritten by the next one. A negative descriptor: not to be had. */
static int lock_folder(struct arena *a, struct str folder)
{
    int fd = open(str_cstr(a, folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES; i++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return fd;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_MS * 1000000L}, NULL);
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool replace(const char *path, const char *temporary, struct str text)
{
    int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return false;
    errno = 0;
    bool ok = write_all(fd, text); /* if it does not last, its sum tells */
    int why = errno;
    ok = close(fd) == 0 && ok && rename(temporary, path) == 0;
    if (ok)
        return true;
    why = why ? why : errno;
    unlink(temporary);
    errno = why;
    return false;
}

bool record_write(struct str path, const struct record *r, struct err *e)
{
    struct arena *a = arena_open();
    struct str folder = path_folder(a, path);
    char *name = arena_copy(a, str_cstr(a, path), path.n + 1, 1);
    make_folders(name);
    int lock = lock_folder(a, folder);
    bool ok =
        lock >= 0 && replace(name, path_join(a, folder, S("release.tmp")).p, record_print(a, r));
    if (!ok)
        err_set(e, "%s: cannot be written: %s", name, strerror(errno));
    if (lock >= 0)
        close(lock);
    arena_close(a);
    return ok;
}
