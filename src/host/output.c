/* Files that somebody names for what a run has to say. */
#include "host/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/atomic.h"
#include "host/files.h"

static bool is_stream(const struct stat *st, int fd)
{
    struct stat other;

    return fstat(fd, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Whoever has it open would go on with a file that has lost its name. */
static bool is_in_use(struct str file, const struct stat *st)
{
    return str_starts(file, S("/dev/")) || str_starts(file, S("/proc/")) ||
           is_stream(st, STDOUT_FILENO) || is_stream(st, STDERR_FILENO);
}

static bool can_be_replaced(struct str file, const struct stat *st)
{
    return S_ISREG(st->st_mode) && st->st_nlink == 1 && !is_in_use(file, st) &&
           (geteuid() == 0 || geteuid() == st->st_uid);
}

/* Asked before threads are started: there is no way to read it without changing it. */
static mode_t mode_of_new_files(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

static bool fail(struct output *o, struct err *e)
{
    int why = errno;

    if (o->folder >= 0)
        close(o->folder);
    if (o->old >= 0)
        close(o->old);
    o->folder = o->old = -1;
    return err_set(e, STR_FMT ": %s", STR_ARG(o->file), strerror(why));
}

/* The folder is open from now on, so that it is the same one in the end. */
static bool open_folder(struct arena *a, struct output *o, struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');

    o->folder = open(path_folder(a, path).p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    o->name = str_cstr(a, slash == STR_NONE ? path : str_from(path, (size_t)slash + 1));
    errno = o->folder >= 0 && !*o->name ? EISDIR : errno;
    return o->folder >= 0 && *o->name;
}

static bool open_old(struct output *o)
{
    o->old = openat(o->folder, o->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    return o->old >= 0;
}

bool output_open(struct arena *a, struct str file, struct output *o, struct err *e)
{
    const char *path = str_cstr(a, file);
    char real[PATH_MAX];
    struct stat st;
    bool there = stat(path, &st) == 0, link = !there && lstat(path, &st) == 0;

    *o = (struct output){.file = file, .folder = -1, .old = -1};
    if (str_eq(file, S("-")))
        return err_set(e, "dfix: - names no file to write: say /dev/stdout for standard output, "
                          "or ./- for a file of that name");
    if (link || (there && !can_be_replaced(file, &st))) {
        o->stream = fopen(path, "we");
        return o->stream || fail(o, e);
    }
    if (there && !realpath(path, real))
        return fail(o, e);
    if (!open_folder(a, o, there ? str_dup(a, str_of(real)) : file))
        return fail(o, e);
    o->mode = mode_of_new_files();
    if (there ? !open_old(o) : faccessat(o->folder, ".", W_OK, AT_EACCESS) < 0)
        return fail(o, e);
    o->stream = open_memstream(&o->text, &o->size);
    return o->stream || fail(o, e);
}

static bool put_in_place(struct output *o, struct err *e)
{
    struct atomic_place place = {.folder = o->folder,
                                 .name = o->name,
                                 .old = o->old,
                                 .any = true,
                                 .mode = o->mode,
                                 .fleeting = true};
    struct err why;

    return atomic_replace(&place, (struct str){o->text, o->size}, &why) ||
           err_set(e, STR_FMT ": not written: %s", STR_ARG(o->file), why.text);
}

bool output_close(struct output *o, struct err *e)
{
    bool good = !ferror(o->stream);

    if (fclose(o->stream) != 0)
        good = false;
    o->stream = NULL;
    if (!good)
        err_set(e, STR_FMT ": not written: %s", STR_ARG(o->file), strerror(errno));
    if (o->folder >= 0) {
        good = good && put_in_place(o, e);
        close(o->folder);
    }
    if (o->old >= 0)
        close(o->old);
    free(o->text);
    o->folder = o->old = -1;
    o->text = NULL;
    return good;
}

bool output_write(struct arena *a, struct str file, struct str text, struct err *e)
{
    struct output o;

    if (!output_open(a, file, &o, e))
        return false;
    fwrite(text.p, 1, text.n, o.stream);
    return output_close(&o, e);
}

bool output_create(struct arena *a, struct str file, struct str text, struct err *e)
{
    struct output o = {.file = file, .folder = -1, .old = -1};
    struct err why;

    if (!open_folder(a, &o, file))
        return fail(&o, e);
    struct atomic_place place = {
        .folder = o.folder, .name = o.name, .old = -1, .fresh = true, .mode = mode_of_new_files()};
    bool good = atomic_replace(&place, text, &why);
    close(o.folder);
    return good || err_set(e, STR_FMT ": not written: %s", STR_ARG(file), why.text);
}
