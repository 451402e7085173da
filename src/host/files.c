/* Reading, writing and finding Dockerfiles. */
#include "host/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/gitignore.h"

enum { READ_CHUNK = 16 * 1024, IGNORE_MAX = 256 << 20 };

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
    char *p = arena_room(a, cap + 1, 1);
    for (;;) {
        if (n == cap) {
            char *bigger = arena_room(a, cap * 2 + 1, 1);
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

bool file_read_open(struct arena *a, int fd, const char *path, size_t max, struct str *out,
                    struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(e, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return no_file(path, st.st_mode, e);
    if ((uintmax_t)st.st_size > max)
        return too_big(path, max, e);
    return read_all(a, fd, path, (size_t)st.st_size, max, out, e);
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
    bool ok = file_read_open(a, fd, path, max, out, e);
    close(fd);
    return ok;
}

static bool list_folder(struct arena *a, const char *path, size_t max, struct str *out)
{
    struct buf b = {.arena = a};
    DIR *d = opendir(path);

    if (!d)
        return false;
    errno = 0;
    for (struct dirent *entry; (entry = readdir(d)) && b.n <= max; errno = 0)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            buf_add(&b, str_of(entry->d_name));
            buf_char(&b, '\n');
        }
    bool whole = errno == 0 && b.n <= max;
    closedir(d);
    *out = buf_str(&b);
    return whole;
}

bool file_below(struct arena *a, struct str folder, struct str path, size_t max, bool *is_folder,
                struct str *out)
{
    char root[PATH_MAX], real[PATH_MAX];
    const char *name = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path)).p;
    struct stat st;
    struct err e;

    *is_folder = false;
    /* What is asked for is mostly not there, which one look tells. */
    if (stat(name, &st) < 0 || !realpath(name, real) || !realpath(str_cstr(a, folder), root))
        return false;
    size_t n = strlen(root);
    bool below = n == 1 || (strncmp(real, root, n) == 0 && (real[n] == '/' || !real[n]));
    if (!below || stat(real, &st) < 0)
        return false;
    *is_folder = S_ISDIR(st.st_mode);
    return *is_folder ? list_folder(a, real, max, out) : file_read(a, real, max, out, &e);
}

bool file_put(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t put = write(fd, bytes.p, bytes.n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put == 0)
            errno = EIO;
        if (put <= 0)
            return false;
        bytes = str_from(bytes, (size_t)put);
    }
    return true;
}

bool folder_make(const char *path, unsigned mode, struct err *e)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (access(path, F_OK) == 0)
        return true;
    if (n >= sizeof part)
        return err_set(e, "%s: cannot make this folder: %s", path, strerror(ENAMETOOLONG));
    for (size_t i = 1; i <= n; i++) {
        if (path[i] && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, (mode_t)mode) != 0 && errno != EEXIST && errno != EISDIR)
            return err_set(e, "%s: cannot make this folder: %s", part, strerror(errno));
    }
    return true;
}

bool file_read_stdin(struct arena *a, size_t max, struct str *out, struct err *e)
{
    return read_all(a, STDIN_FILENO, "standard input", READ_CHUNK, max, out, e);
}

/* ".." behind a link to a folder is not where the names say. */
static bool leads_up(struct str path)
{
    return str_starts(path, S("../")) || str_find(path, S("/../")) != STR_NONE;
}

struct str file_target(struct arena *a, struct str path, struct str real)
{
    const char *name = str_cstr(a, path);
    struct stat st;
    bool as_named = lstat(name, &st) == 0 && !S_ISLNK(st.st_mode) && !leads_up(path);

    if (as_named || real.n)
        return path_relative(a, as_named ? path : real);
    char *leads = realpath(name, NULL);
    struct str target = path_relative(a, leads ? str_of(leads) : path);
    free(leads);
    return target;
}

static bool ends_in_one_of(struct str name, const char *list)
{
    struct str rest = str_of(list), end;

    while (str_cut(&rest, ' ', &end))
        if (name.n >= end.n && str_ieq((struct str){name.p + name.n - end.n, end.n}, end))
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
    ".svg .png .snap .vue .ex .exs .erl .hs .ml .clj .dart .zig .nim .jl .groovy .gradle .nix .tf "
    ".hcl .fish .bats .lisp .fs .vb .cr .proto .sql";

/* Dockerfile, Dockerfile.dev, Dockerfile-dev, Dockerfile_dev, dev.Dockerfile; the same of
 * Containerfile, and with a small letter. */
bool file_is_dockerfile(struct str name)
{
    static const char *const words[] = {"Dockerfile", "dockerfile", "Containerfile",
                                        "containerfile"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);
        if (str_ends(name, word) && (name.n == word.n || name.p[name.n - word.n - 1] == '.'))
            return true;
    }
    if (ends_in_one_of(name, beside))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct str word = str_of(words[i]);
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
    struct str real;                  /* the same without links */
    struct str inside;                /* from the repository's root, as a prefix: "" or "a/b/" */
    const struct ignore_rules *rules; /* of the folders above it */
};
struct search {
    struct arena *arena;
    VEC(struct folder) todo; /* a list, not recursion: depth is the disk's */
    VEC(struct found_file) found;
    VEC(struct str) left, failed;
    struct str root;     /* of the search, without links */
    size_t ignore_bytes; /* that .gitignore files may still have, together */
    files_also *also;    /* NULL: no other names count */
    const void *user;
};

static void fail_at(struct search *s, struct str path, const char *what, const char *why)
{
    enum { SHOWN = 200 }; /* of a path that may have thousands */
    const char *more = path.n > SHOWN ? "..." : "";
    struct str shown = path.n > SHOWN ? str_sub(path, 0, SHOWN) : path;

    vec_push(s->arena, &s->failed,
             str_fmt(s->arena, STR_FMT "%s: %s: %s", STR_ARG(shown), more, what, why));
}

/* One that is not there says nothing, as with git, and so does one inside the tree that is a link.
 * False: there is one that cannot be heeded, so nothing here may be touched. */
static bool with_ignore_file(struct search *s, struct str path, struct str inside, bool link,
                             const struct ignore_rules **rules)
{
    struct str text = S("");
    struct err e = {""};
    int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (link ? 0 : O_NOFOLLOW);
    int fd = open(str_cstr(s->arena, path), how);
    struct stat st;
    int failed = fd < 0 ? errno : 0;
    bool none = failed == ENOENT || failed == ENOTDIR || failed == ELOOP || failed == ENXIO;
    bool is_file = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    const struct ignore_rules *more = NULL;

    if (is_file && file_read_open(s->arena, fd, path.p, s->ignore_bytes, &text, &e)) {
        s->ignore_bytes -= text.n;
        more = ignore_parse(s->arena, text, inside, *rules);
    }
    if (fd >= 0)
        close(fd);
    if (none || (fd >= 0 && !is_file))
        return true;
    if (!more)
        fail_at(s, path, "its folder is not searched",
                failed      ? strerror(failed)
                : e.text[0] ? e.text
                            : "too many patterns");
    else
        *rules = more;
    return more != NULL;
}

static bool exists(struct arena *a, struct str folder, const char *name)
{
    struct stat st;
    return lstat(path_join(a, folder, str_of(name)).p, &st) == 0;
}

struct str file_repository(struct arena *a, struct str folder)
{
    struct arena_mark m = arena_mark(a);

    for (;;) {
        bool top = exists(a, folder, ".git");
        arena_rewind(a, m);
        if (top)
            return str_dup(a, folder);
        if (str_eq(folder, S("/")))
            return S("");
        ptrdiff_t slash = str_rchr(folder, '/');
        folder = str_sub(folder, 0, slash > 0 ? (size_t)slash : 1);
    }
}

/* The rules that hold in `path` from outside: of the folders from the repository's root on. */
static bool enter(struct search *s, struct str path, struct folder *start)
{
    struct arena *a = s->arena;
    char *real = realpath(str_cstr(a, path), NULL);
    struct str whole = real ? str_dup(a, str_of(real)) : path_absolute(a, path);
    struct str root = file_repository(a, whole), left = S(""), name;
    struct buf inside = {.arena = a};

    free(real);
    s->root = whole;
    *start = (struct folder){.path = path, .real = whole, .inside = S("")};
    if (!root.n)
        return true;
    path_below(whole, root, &left);
    bool ok =
        with_ignore_file(s, path_join(a, root, S(".git/info/exclude")), S(""), true, &start->rules);
    struct str at = root;
    while (ok && str_cut(&left, '/', &name)) {
        ok = with_ignore_file(s, path_join(a, at, S(".gitignore")), str_dup(a, buf_str(&inside)),
                              false, &start->rules);
        at = path_join(a, at, name);
        buf_add(&inside, name);
        buf_char(&inside, '/');
    }
    start->inside = buf_str(&inside);
    return ok;
}

/* ---- links ---- */

static bool is_in_git(struct str path)
{
    return str_find(path, S("/.git/")) != STR_NONE;
}

/* Where a link that was found leads, when its repository is the link's own; "" when it is to be
 * left alone. */
static struct str own_target(struct search *s, const struct folder *f, struct str real)
{
    struct arena *a = s->arena;
    struct str mine = file_repository(a, f->real), left;
    struct str theirs = file_repository(a, path_folder(a, real));
    bool own = mine.n ? str_eq(mine, theirs) : !theirs.n && path_below(real, s->root, &left);

    return own && !is_in_git(real) ? real : S("");
}

static void take_link(struct search *s, const struct folder *f, struct str path)
{
    struct arena *a = s->arena;
    char *leads = realpath(str_cstr(a, path), NULL);
    struct str real = leads ? str_dup(a, str_of(leads)) : S("");
    struct stat st;

    free(leads);
    if (!real.n || lstat(real.p, &st) < 0 || !S_ISREG(st.st_mode))
        return;
    if (own_target(s, f, real).n)
        vec_push(a, &s->found, (struct found_file){path, real, true});
    else
        vec_push(a, &s->left,
                 str_fmt(a, STR_FMT " was not read because it is a link that leads out of %s",
                         STR_ARG(path),
                         file_repository(a, f->real).n ? "its repository" : "what is searched"));
}

/* ---- folders ---- */

static bool is_wanted(const struct search *s, const struct folder *f, struct str name)
{
    return file_is_dockerfile(name) ||
           (s->also && s->also(s->user, path_join(s->arena, f->real, name)));
}

/* `wanted`: when it is a file. */
static void take_entry(struct search *s, const struct folder *f, const struct ignore_rules *rules,
                       struct str name, bool wanted)
{
    struct arena *a = s->arena;
    struct str path = path_join(a, f->path, name), real = path_join(a, f->real, name);
    struct str inside = str_fmt(a, STR_FMT STR_FMT, STR_ARG(f->inside), STR_ARG(name));
    struct stat st;

    if (lstat(path.p, &st) < 0) {
        if (errno != ENOENT) /* gone meanwhile */
            fail_at(s, path, "not checked", strerror(errno));
        return;
    }
    if (ignore_matches(rules, inside, S_ISDIR(st.st_mode)))
        return;
    if (S_ISDIR(st.st_mode)) {
        struct str prefix = str_fmt(a, STR_FMT "/", STR_ARG(inside));
        vec_push(a, &s->todo, (struct folder){path, real, prefix, rules});
    } else if (wanted && S_ISREG(st.st_mode)) {
        vec_push(a, &s->found, (struct found_file){path, real, false});
    } else if (wanted && S_ISLNK(st.st_mode)) {
        take_link(s, f, path); /* one to a folder might never end */
    }
}

static void search_folder(struct search *s, const struct folder *f)
{
    DIR *dir = opendir(str_cstr(s->arena, f->path));
    const struct ignore_rules *rules = f->rules;

    if (!dir) {
        fail_at(s, f->path, "cannot be searched", strerror(errno));
        return;
    }
    struct str file = path_join(s->arena, f->path, S(".gitignore"));
    bool ok = with_ignore_file(s, file, f->inside, false, &rules);
    errno = 0;
    for (struct dirent *d; ok && (d = readdir(dir)); errno = 0) {
        struct str name = str_of(d->d_name);
        /* Most names are of no interest, and need no look at the disk. */
        bool maybe_folder = d->d_type == DT_DIR || d->d_type == DT_UNKNOWN;
        if (str_eq(name, S(".")) || str_eq(name, S("..")) || str_eq(name, S(".git")))
            continue;
        bool wanted = d->d_type != DT_DIR && is_wanted(s, f, name);
        if (maybe_folder || wanted)
            take_entry(s, f, rules, name, wanted);
    }
    if (ok && errno) /* what comes behind is not known */
        fail_at(s, f->path, "cannot be searched to its end", strerror(errno));
    closedir(dir);
}

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(((const struct found_file *)x)->path, ((const struct found_file *)y)->path);
}

bool files_find(struct arena *a, struct str path, files_also *also, const void *user,
                struct file_list *out, struct err *e)
{
    struct search s = {.arena = a, .ignore_bytes = IGNORE_MAX, .also = also, .user = user};
    struct stat st;
    struct folder start;

    path = str_dup(a, path);
    *out = (struct file_list){0};
    if (stat(path.p, &st) < 0)
        return err_set(e, "%s: %s", path.p, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        vec_push(a, &s.found, (struct found_file){path, S(""), false});
    else if (enter(&s, path, &start))
        vec_push(a, &s.todo, start);
    while (s.todo.n) {
        struct folder f = s.todo.v[--s.todo.n];
        search_folder(&s, &f);
    }
    if (s.found.n)
        qsort(s.found.v, s.found.n, sizeof(*s.found.v), by_bytes);
    *out = (struct file_list){s.found.v, s.left.v, s.failed.v, s.found.n, s.left.n, s.failed.n};
    return !s.failed.n || err_set(e, STR_FMT, STR_ARG(s.failed.v[0]));
}
