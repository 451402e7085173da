/* Reading, writing and finding Dockerfiles. */
#include "services/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/gitignore.h"

enum { READ_CHUNK = 16 * 1024, IGNORE_MAX = 1024 * 1024 };

static bool too_big(const char *path, size_t max, struct err *e)
{
    return err_set(e, "%s: larger than the limit of %zu %s; it was not read", path,
                   max >> 20 ? max >> 20 : max, max >> 20 ? "MiB" : "bytes");
}

static bool no_file(const char *path, mode_t mode, struct err *e)
{
    const char *what = S_ISDIR(mode)    ? "a folder"
                       : S_ISFIFO(mode) ? "a FIFO"
                       : S_ISSOCK(mode) ? "a socket"
                                        : "a device";
    return err_set(e, "%s: %s, not a regular file", path, what);
}

/* Reads to the end; `room` is a guess of what comes. */
static bool read_all(struct arena *a, int fd, const char *name, size_t room, size_t max,
                     struct str *out, struct err *e)
{
    size_t cap = room + 1, n = 0; /* one more, to meet the end without growing */
    char *p = arena_new(a, char, cap + 1);
    for (;;) {
        if (n == cap) {
            char *bigger = arena_new(a, char, cap * 2 + 1);
            memcpy(bigger, p, n);
            p = bigger;
            cap *= 2;
        }
        ssize_t got = read(fd, p + n, cap - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(e, "%s: cannot read: %s", name, strerror(errno));
        n += (size_t)got;
        if (n > max)
            return too_big(name, max, e);
        if (got == 0)
            break;
    }
    p[n] = 0;
    *out = (struct str){p, n};
    return true;
}

bool file_read(struct arena *a, const char *path, size_t max, struct str *out, struct err *e)
{
    struct stat st;
    /* Opening a device may do something; so it is looked at before and after. */
    if (stat(path, &st) < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return no_file(path, st.st_mode, e);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    bool ok;
    if (fstat(fd, &st) < 0)
        ok = err_set(e, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ok = no_file(path, st.st_mode, e);
    else if ((uintmax_t)st.st_size > max)
        ok = too_big(path, max, e);
    else
        ok = read_all(a, fd, path, (size_t)st.st_size, max, out, e);
    close(fd);
    return ok;
}

static bool list_folder(struct arena *a, const char *path, size_t max, struct str *out)
{
    struct buf b = {.arena = a};
    DIR *d = opendir(path);

    if (!d)
        return false;
    for (struct dirent *entry; (entry = readdir(d)) && b.n <= max;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            buf_fmt(&b, "%s\n", entry->d_name);
    closedir(d);
    *out = buf_str(&b);
    return b.n <= max;
}

bool file_below(struct arena *a, struct str folder, struct str path, size_t max, bool *is_folder,
                struct str *out)
{
    char root[PATH_MAX], real[PATH_MAX];
    struct stat st;
    struct err e;

    *is_folder = false;
    if (!realpath(str_cstr(a, folder), root) ||
        !realpath(str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path)).p, real))
        return false;
    size_t n = strlen(root);
    bool below = n == 1 || (strncmp(real, root, n) == 0 && (real[n] == '/' || !real[n]));
    if (!below || stat(real, &st) < 0)
        return false;
    *is_folder = S_ISDIR(st.st_mode);
    return *is_folder ? list_folder(a, real, max, out) : file_read(a, real, max, out, &e);
}

bool file_read_stdin(struct arena *a, size_t max, struct str *out, struct err *e)
{
    return read_all(a, STDIN_FILENO, "standard input", READ_CHUNK, max, out, e);
}

static bool write_all(int fd, struct str text)
{
    while (text.n) {
        ssize_t put = write(fd, text.p, text.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        text = str_from(text, (size_t)put);
    }
    return true;
}

/* The rename is on disk once the folder is. Not every file system can; then the file is as
 * safe as that file system makes it. */
static void sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool keep_owner(int fd, const struct stat *old)
{
    struct stat now;
    if (fstat(fd, &now) < 0)
        return false;
    if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) < 0)
        return false;
    return fchmod(fd, old->st_mode & 07777) == 0; /* after chown, which takes bits away */
}

static bool replace(struct arena *a, struct str target, const struct stat *old, struct str text,
                    struct err *e)
{
    struct str folder = path_folder(a, target);
    struct str temp = path_join(a, folder, S(".dfix-XXXXXX"));
    char *path = arena_new(a, char, temp.n + 1);
    memcpy(path, temp.p, temp.n);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "%s: not written: no file can be made in its folder: %s", target.p,
                       strerror(errno));
    const char *failed = NULL;
    if (!keep_owner(fd, old))
        failed = "its owner and mode cannot be kept";
    else if (!write_all(fd, text) || fsync(fd) < 0)
        failed = "writing failed";
    int why = errno;
    if (close(fd) < 0 && !failed) {
        failed = "writing failed";
        why = errno;
    }
    if (!failed && rename(path, target.p) < 0) {
        failed = "it cannot be replaced";
        why = errno;
    }
    if (failed) {
        unlink(path);
        return err_set(e, "%s: not written: %s: %s", target.p, failed, strerror(why));
    }
    sync_folder(folder.p);
    return true;
}

/* Whoever ends the program meanwhile would leave the temp file behind. */
static bool replace_unbroken(struct arena *a, struct str target, const struct stat *old,
                             struct str text, struct err *e)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    sigset_t ending, before;

    sigemptyset(&ending);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaddset(&ending, signals[i]);
    pthread_sigmask(SIG_BLOCK, &ending, &before);
    bool ok = replace(a, target, old, text, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

bool file_write(const char *path, struct str text, struct err *e)
{
    char *target = realpath(path, NULL);
    if (!target)
        return err_set(e, "%s: %s", path, strerror(errno));
    struct arena *a = arena_open();
    struct stat st;
    struct str now = S("");
    bool ok;
    if (stat(target, &st) < 0)
        ok = err_set(e, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        ok = no_file(path, st.st_mode, e);
    else if (access(target, W_OK) < 0)
        ok = err_set(e, "%s: not written: %s", path, strerror(errno));
    else if ((size_t)st.st_size == text.n && file_read(a, target, text.n, &now, e) &&
             str_eq(now, text))
        ok = true;
    else
        ok = replace_unbroken(a, str_of(target), &st, text, e);
    arena_close(a);
    free(target);
    return ok;
}

struct str path_folder(struct arena *a, struct str path)
{
    while (path.n > 1 && str_ends(path, S("/")))
        path.n--;
    ptrdiff_t slash = str_rchr(path, '/');
    if (slash == STR_NONE)
        return S(".");
    return str_dup(a, str_sub(path, 0, slash ? (size_t)slash : 1));
}

struct str path_join(struct arena *a, struct str folder, struct str name)
{
    if (str_eq(folder, S(".")))
        return str_dup(a, name);
    const char *slash = str_ends(folder, S("/")) ? "" : "/";
    return str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(folder), slash, STR_ARG(name));
}

static struct str working_folder(struct arena *a)
{
    char here[PATH_MAX];
    return str_dup(a, str_of(getcwd(here, sizeof(here)) ? here : "/"));
}

struct str path_absolute(struct arena *a, struct str path)
{
    struct buf out = {.arena = a};
    struct str rest, name;
    rest = str_starts(path, S("/"))
               ? path
               : str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(working_folder(a)), STR_ARG(path));
    while (str_cut(&rest, '/', &name)) {
        if (!name.n || str_eq(name, S(".")))
            continue;
        if (str_eq(name, S(".."))) {
            ptrdiff_t slash = str_rchr(buf_str(&out), '/');
            out.n = slash == STR_NONE ? 0 : (size_t)slash;
            continue;
        }
        buf_char(&out, '/');
        buf_add(&out, name);
    }
    return out.n ? str_dup(a, buf_str(&out)) : S("/");
}

/* `path` below `folder`, both absolute: what is left of it, "" for the folder itself. */
static bool below(struct str path, struct str folder, struct str *left)
{
    if (str_eq(folder, S("/"))) {
        *left = str_from(path, 1);
        return true;
    }
    if (!str_starts(path, folder) || (path.n > folder.n && path.p[folder.n] != '/'))
        return false;
    *left = str_from(path, path.n > folder.n ? folder.n + 1 : folder.n);
    return true;
}

struct str path_relative(struct arena *a, struct str path)
{
    struct str whole = path_absolute(a, path), left;
    if (!below(whole, working_folder(a), &left))
        return whole;
    return left.n ? str_dup(a, left) : S(".");
}

/* ".." behind a link to a folder is not where the names say. */
static bool leads_up(struct str path)
{
    return str_starts(path, S("../")) || str_find(path, S("/../")) != STR_NONE;
}

struct str file_target(struct arena *a, struct str path)
{
    const char *name = str_cstr(a, path);
    struct stat st;
    bool as_named = lstat(name, &st) == 0 && !S_ISLNK(st.st_mode) && !leads_up(path);
    char *real = as_named ? NULL : realpath(name, NULL);
    struct str target = path_relative(a, real ? str_of(real) : path);

    free(real);
    return target;
}

static bool ends_in_one_of(struct str name, const char *list)
{
    struct str rest = str_of(list), end;

    while (str_cut(&rest, ' ', &end))
        if (str_ends(name, end))
            return true;
    return false;
}

/* Beside a Dockerfile, but none: BuildKit's own, what editors, merges and patches leave, templates,
 * and what is written about it. */
static const char beside[] =
    ".dockerignore .orig .rej .bak .backup .old .save .swp .swo .tmp .patch .diff ~ .j2 .jinja "
    ".jinja2 .tmpl .tpl .template .gotmpl .erb .ejs .mustache .hbs .m4 .in .md .rst .adoc .html";
/* Programs that deal with Dockerfiles, and their settings. `Dockerfile.py` may be a Dockerfile for
 * Python; dockerfile.py, dockerfile_test.go, Dockerfile-lint.yml are not. */
static const char sources[] =
    ".c .h .cc .cpp .cs .go .java .js .jsx .ts .tsx .kt .lua .php .pl .py .rb .rs .scala .swift "
    ".vim .el .sh .bash .ps1 .bat .mk .json .yml .yaml .toml .xml .ini .cfg .lock .txt .log .css "
    ".svg .png .snap .vue";

/* Dockerfile, Dockerfile.dev, Dockerfile-dev, Dockerfile_dev, dev.Dockerfile; the same of
 * Containerfile, and with a small letter. */
static bool is_dockerfile_name(struct str name)
{
    static const char *const words[] = {"Dockerfile", "dockerfile", "Containerfile",
                                        "containerfile"};

    if (ends_in_one_of(name, beside))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);
        if (str_eq(name, word))
            return true;
        if (str_ends(name, word) && name.p[name.n - word.n - 1] == '.')
            return true;
        if (!str_starts(name, word))
            continue;
        char next = name.p[word.n];
        bool small = word.p[0] == 'd' || word.p[0] == 'c';
        if (next == '.' && !small)
            return true;
        if (next == '.' || next == '-' || next == '_')
            return !ends_in_one_of(name, sources);
    }
    return false;
}

/* A folder still to be searched. */
struct folder {
    struct str path;                  /* as the user named it and went on */
    struct str inside;                /* from the repository's root, as a prefix: "" or "a/b/" */
    const struct ignore_rules *rules; /* of the folders above it */
};
struct search {
    struct arena *arena;
    VEC(struct folder) todo; /* a list, not recursion: depth is the disk's */
    VEC(struct str) found;
};

static const struct ignore_rules *with_ignore_file(struct arena *a, struct str path,
                                                   struct str inside,
                                                   const struct ignore_rules *outer)
{
    struct str text = S("");
    struct err none;
    /* One that is not there or cannot be read says nothing, as with git. */
    return file_read(a, path.p, IGNORE_MAX, &text, &none) ? ignore_parse(a, text, inside, outer)
                                                          : outer;
}

static bool exists(struct arena *a, struct str folder, const char *name)
{
    struct stat st;
    return lstat(path_join(a, folder, str_of(name)).p, &st) == 0;
}

/* The rules that hold in `path` from outside: of the folders from the repository's root on. */
static struct folder enter(struct search *s, struct str path)
{
    struct arena *a = s->arena;
    struct folder start = {.path = path, .inside = S("")};
    char *real = realpath(path.p, NULL);
    struct str whole = real ? str_dup(a, str_of(real)) : path_absolute(a, path), root = whole;
    free(real);
    while (!exists(a, root, ".git")) {
        if (str_eq(root, S("/")))
            return start;
        root = path_folder(a, root);
    }
    struct str left = S(""), name;
    struct buf inside = {.arena = a};
    below(whole, root, &left);
    start.rules = with_ignore_file(a, path_join(a, root, S(".git/info/exclude")), S(""), NULL);
    struct str at = root;
    while (str_cut(&left, '/', &name)) {
        start.rules = with_ignore_file(a, path_join(a, at, S(".gitignore")),
                                       str_dup(a, buf_str(&inside)), start.rules);
        at = path_join(a, at, name);
        buf_add(&inside, name);
        buf_char(&inside, '/');
    }
    start.inside = buf_str(&inside);
    return start;
}

static void take_entry(struct search *s, const struct folder *f, const struct ignore_rules *rules,
                       struct str name)
{
    struct arena *a = s->arena;
    struct str path = path_join(a, f->path, name);
    struct str inside = str_fmt(a, STR_FMT STR_FMT, STR_ARG(f->inside), STR_ARG(name));
    struct stat st;
    if (lstat(path.p, &st) < 0 || ignore_matches(rules, inside, S_ISDIR(st.st_mode)))
        return;
    if (S_ISDIR(st.st_mode)) {
        struct str prefix = str_fmt(a, STR_FMT "/", STR_ARG(inside));
        vec_push(a, &s->todo, (struct folder){path, prefix, rules});
        return;
    }
    /* A link to a file counts, one to a folder might never end. */
    if (is_dockerfile_name(name) && stat(path.p, &st) == 0 && S_ISREG(st.st_mode))
        vec_push(a, &s->found, path);
}

static bool search_folder(struct search *s, const struct folder *f, struct err *e)
{
    DIR *dir = opendir(f->path.p);
    if (!dir)
        return err_set(e, "%s: cannot be searched: %s", f->path.p, strerror(errno));
    const struct ignore_rules *rules = with_ignore_file(
        s->arena, path_join(s->arena, f->path, S(".gitignore")), f->inside, f->rules);
    for (struct dirent *d; (d = readdir(dir));) {
        struct str name = str_of(d->d_name);
        /* Most names are of no interest, and need no look at the disk. */
        bool maybe_folder = d->d_type == DT_DIR || d->d_type == DT_UNKNOWN;
        if (str_eq(name, S(".")) || str_eq(name, S("..")) || str_eq(name, S(".git")))
            continue;
        if (maybe_folder || is_dockerfile_name(name))
            take_entry(s, f, rules, name);
    }
    closedir(dir);
    return true;
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

bool files_find(struct arena *a, struct str path, struct file_list *out, struct err *e)
{
    struct search s = {.arena = a};
    struct stat st;
    bool ok = true;
    path = str_dup(a, path);
    *out = (struct file_list){0};
    if (stat(path.p, &st) < 0)
        return err_set(e, "%s: %s", path.p, strerror(errno));
    if (!S_ISDIR(st.st_mode)) {
        vec_push(a, &s.found, path);
    } else {
        vec_push(a, &s.todo, enter(&s, path));
        while (s.todo.n) {
            struct folder f = s.todo.v[--s.todo.n];
            struct err later;
            ok = search_folder(&s, &f, ok ? e : &later) && ok;
        }
    }
    if (s.found.n)
        qsort(s.found.v, s.found.n, sizeof(*s.found.v), by_bytes);
    *out = (struct file_list){s.found.v, s.found.n};
    return ok;
}
