/* Checks and prunes the records and leftovers that lie beside the stores in the cache. */
#include "index/store/care.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/store/record.h"

enum { MONTH = 30 * 24 * 60 * 60 };

static bool is_record(struct str name)
{
    return str_ends(name, S(".release")) ||
           (str_starts(name, S("secdb-")) && str_ends(name, S(".json")));
}

static bool is_used(const char *path, int64_t now)
{
    struct stat st;
    return lstat(path, &st) != 0 || now - st.st_mtim.tv_sec <= MONTH;
}

static void check(struct arena *a, struct str path, struct cache_care *out)
{
    struct record r;
    out->files++;
    if (record_read(a, path, &r))
        out->whole++;
    else
        out->damaged(out->user, str_fmt(a, STR_FMT ": damaged", STR_ARG(path)).p);
}

static bool is_waste(struct arena *a, struct str name, struct str path, int64_t now)
{
    struct record r;
    if (str_eq(name, S("keyrings"))) /* host/fingerprint.c */
        return !is_used(path.p, now);
    if (is_record(name))
        return !is_used(path.p, now) || !record_read(a, path, &r);
    return true; /* temporary files, and what other versions kept here */
}

static void look_at(struct arena *a, struct str folder, struct str name, int64_t prune,
                    struct cache_care *out)
{
    struct str path = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name));
    struct stat st;
    if (str_ends(name, S(".idx")) || lstat(path.p, &st) != 0 || S_ISDIR(st.st_mode))
        return;
    if (!prune && is_record(name))
        check(a, path, out);
    else if (prune && is_waste(a, name, path, prune) && unlink(path.p) == 0)
        out->removed++;
}

void index_care(struct str cache_dir, int64_t prune, struct cache_care *out)
{
    struct arena *a = arena_open();
    struct str folder = str_fmt(a, STR_FMT "/index", STR_ARG(cache_dir));
    DIR *d = opendir(folder.p);
    struct arena_mark mark = arena_mark(a);
    for (struct dirent *x; d && (x = readdir(d)); arena_rewind(a, mark))
        look_at(a, folder, str_of(x->d_name), prune, out);
    if (d)
        closedir(d);
    arena_close(a);
}
