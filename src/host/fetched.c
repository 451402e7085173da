/* How old an index is, and why a request failed, in words. */
#include "host/fetched.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/digest.h"

enum { DAY = 24 * 60 * 60, KEY_FILE_MAX = 16 << 20, KEY_FILES_MAX = 1024 };

bool index_is_fresh(const struct settings *s, int64_t now, int64_t when)
{
    int64_t most = s->max_age < 0 ? DAY : s->max_age;
    return when > 0 && when <= now && now - when < most;
}

struct str index_age(struct arena *a, int64_t now, int64_t when)
{
    int64_t hours = (now - when) / 3600;
    if (hours < 48)
        return str_fmt(a, "%lld hours", (long long)(hours < 0 ? 0 : hours));
    return str_fmt(a, "%lld days", (long long)(hours / 24));
}

struct str index_failure(struct arena *a, const struct fetch_request *r)
{
    if (r->error.n)
        return r->error;
    return str_fmt(a, STR_FMT ": the server says %u", STR_ARG(r->final_url), r->status);
}

bool index_is_gone(struct arena *a, const struct fetch_request *r)
{
    struct str file = S("file://");
    if (str_starts(r->url, file))
        return r->error.n && access(str_cstr(a, str_from(r->url, file.n)), F_OK) != 0 &&
               errno == ENOENT;
    return !r->error.n && (r->status == 404 || r->status == 410);
}

struct str index_keyring(const struct settings *s, struct str uri)
{
    for (size_t i = 0; i < s->nsource; i++) {
        struct str known = str_without_end(s->source[i].uri, '/');
        if (str_eq(uri, known) ||
            (str_starts(uri, known) && uri.n > known.n && uri.p[known.n] == '/'))
            return s->source[i].keyring;
    }
    return S("");
}

bool index_is_trusted(const struct settings *s, struct str host)
{
    for (size_t i = 0; i < s->ntrusted_source; i++)
        if (str_ieq(s->trusted_source[i], host))
            return true;
    return false;
}

bool index_not_modified(const struct fetch_request *r)
{
    return !r->error.n && r->status == 304 && (r->etag.n || r->modified.n);
}

/* ---- keys ---- */

static int by_bytes(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static bool add_file(struct buf *b, struct str path)
{
    struct str text;
    struct err e;
    if (!file_read(b->arena, str_cstr(b->arena, path), KEY_FILE_MAX, &text, &e))
        return false;
    buf_fmt(b, "%zu\n", text.n);
    buf_add(b, text);
    return true;
}

static bool add_folder(struct buf *b, struct str path)
{
    VEC(struct str) files = {0};
    DIR *d = opendir(str_cstr(b->arena, path));
    for (struct dirent *x; d && (x = readdir(d)) && files.n < KEY_FILES_MAX;)
        if (x->d_name[0] != '.')
            vec_push(b->arena, &files, str_dup(b->arena, str_of(x->d_name)));
    if (d)
        closedir(d);
    if (files.n)
        qsort(files.v, files.n, sizeof *files.v, by_bytes);
    bool ok = files.n > 0;
    for (size_t i = 0; i < files.n && ok; i++) {
        buf_add(b, files.v[i]);
        buf_char(b, '\n');
        ok = add_file(b, path_join(b->arena, path, files.v[i]));
    }
    return ok;
}

struct str index_fingerprint(struct arena *a, const struct str *path, size_t n)
{
    struct arena *scratch = arena_open();
    struct buf b = {.arena = scratch};
    bool ok = n > 0;
    for (size_t i = 0; i < n && ok; i++) {
        struct stat st;
        ok = stat(str_cstr(scratch, path[i]), &st) == 0 &&
             (S_ISDIR(st.st_mode) ? add_folder(&b, path[i]) : add_file(&b, path[i]));
    }
    struct str sum = ok ? str_dup(a, str_from(digest_of(scratch, buf_str(&b)), 7)) : S("");
    arena_close(scratch);
    return sum;
}
