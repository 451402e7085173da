/* fingerprint.c - which keys are in a set of files. Reading and hashing them is most of a warm run,
 * so the cache keeps what came of it, by what the file system says of the files. */
#include "host/fetched.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "host/cache.h"
#include "host/digest.h"
#include "host/files.h"

enum { KEY_FILE_MAX = 16 << 20, KEY_FILES_MAX = 1024, KNOWN_MAX = 64 << 10 };
enum { JUST_NOW = 2 /* seconds in which a file may change again without a new time */ };

/* What is hashed: of a folder its files by name. */
struct key_files {
    struct arena *arena;
    VEC(struct str) path;
    struct buf identity; /* what the file system says of each */
    bool settled;        /* none changed just now */
};

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static bool add_file(struct key_files *k, struct str path)
{
    struct stat st;
    if (stat(str_cstr(k->arena, path), &st) != 0)
        return false;
    vec_push(k->arena, &k->path, path);
    buf_fmt(&k->identity, STR_FMT "\n%llu %llu %lld %lld.%09ld %lld.%09ld\n", STR_ARG(path),
            (unsigned long long)st.st_dev, (unsigned long long)st.st_ino, (long long)st.st_size,
            (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec,
            st.st_ctim.tv_nsec);
    k->settled &= st.st_ctim.tv_sec + JUST_NOW < (int64_t)time(NULL);
    return true;
}

static bool add_folder(struct key_files *k, struct str path)
{
    VEC(struct str) files = {0};
    DIR *d = opendir(str_cstr(k->arena, path));
    for (struct dirent *x; d && (x = readdir(d)) && files.n < KEY_FILES_MAX;)
        if (x->d_name[0] != '.')
            vec_push(k->arena, &files, str_dup(k->arena, str_of(x->d_name)));
    if (d)
        closedir(d);
    if (files.n)
        qsort(files.v, files.n, sizeof *files.v, by_bytes);
    bool ok = files.n > 0;
    for (size_t i = 0; i < files.n && ok; i++)
        ok = add_file(k, path_join(k->arena, path, files.v[i]));
    return ok;
}

static bool find_files(struct key_files *k, const struct str *path, size_t n)
{
    bool ok = n > 0;
    for (size_t i = 0; i < n && ok; i++) {
        struct stat st;
        ok = stat(str_cstr(k->arena, path[i]), &st) == 0 &&
             (S_ISDIR(st.st_mode) ? add_folder(k, path[i]) : add_file(k, path[i]));
    }
    return ok;
}

/* Of the bytes themselves. */
static struct str hash_files(struct key_files *k)
{
    struct buf b = {.arena = k->arena};
    for (size_t i = 0; i < k->path.n; i++) {
        struct str text;
        struct err e;
        if (!file_read(k->arena, str_cstr(k->arena, k->path.v[i]), KEY_FILE_MAX, &text, &e))
            return S("");
        buf_fmt(&b, "%zu\n", text.n);
        buf_add(&b, text);
    }
    return str_from(digest_of(k->arena, buf_str(&b)), 7);
}

/* ---- what the cache knows: a line for each set, its identity's digest and its fingerprint ---- */

static struct str find_known(struct str text, struct str identity)
{
    struct str line, first;
    while (str_cut(&text, '\n', &line))
        if (str_cut(&line, ' ', &first) && str_eq(first, identity) && line.n == identity.n)
            return line;
    return S("");
}

static struct str fingerprint(struct key_files *k, struct str cache_dir)
{
    struct str known = S(""), sum;
    struct err e;
    if (!cache_dir.n)
        return hash_files(k);
    struct str identity = str_from(digest_of(k->arena, buf_str(&k->identity)), 7);
    struct str file = path_join(k->arena, cache_dir, S("index/keyrings"));
    if (!cache_read(k->arena, file, KNOWN_MAX, &known, &e))
        known = S("");
    sum = find_known(known, identity);
    if (sum.n)
        return sum;
    sum = hash_files(k);
    if (known.n + 2 * sum.n + 2 > KNOWN_MAX)
        known = S("");
    if (sum.n && k->settled)
        cache_write(file,
                    str_fmt(k->arena, STR_FMT STR_FMT " " STR_FMT "\n", STR_ARG(known),
                            STR_ARG(identity), STR_ARG(sum)),
                    false, &e); /* one that cannot be written costs time only */
    return sum;
}

struct str index_fingerprint(struct arena *a, struct str cache_dir, const struct str *path,
                             size_t n)
{
    struct arena *scratch = arena_open();
    struct key_files k = {.arena = scratch, .identity = {.arena = scratch}, .settled = true};
    struct str sum = find_files(&k, path, n) ? fingerprint(&k, cache_dir) : S("");
    sum = str_dup(a, sum);
    arena_close(scratch);
    return sum;
}
