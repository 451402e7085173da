/* care.c - looks after the feeds in the cache. */
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "index/advisories/advisories.h"

enum { MONTH = 30 * 24 * 60 * 60 };

static bool is_whole(struct str path, int64_t *fetched, struct err *e)
{
    struct feed *f = feed_open(path, e);
    bool whole = f && (feed_check(f, e) || err_set(e, STR_FMT ": damaged", STR_ARG(path)));

    *fetched = f ? feed_meta(f).fetched : 0;
    feed_close(f);
    return whole;
}

static void check(struct str path, struct cache_care *out)
{
    int64_t fetched;
    struct err e;

    out->files++;
    if (is_whole(path, &fetched, &e))
        out->whole++;
    else
        out->damaged(out->user, e.text);
}

/* Not whole, or neither fetched nor read for a month. */
static bool is_waste(struct str path, const struct stat *st, int64_t now)
{
    int64_t used;
    struct err e;

    if (!str_ends(path, S(".adv")) || !is_whole(path, &used, &e))
        return true;
    if (st->st_mtim.tv_sec > used)
        used = st->st_mtim.tv_sec;
    return now - used > MONTH;
}

static void look_at(struct str path, int64_t prune, struct cache_care *out)
{
    struct stat st;

    if (lstat(path.p, &st) != 0 || S_ISDIR(st.st_mode))
        return;
    if (!prune && str_ends(path, S(".adv")))
        check(path, out);
    else if (prune && is_waste(path, &st, prune) && unlink(path.p) == 0)
        out->removed++;
}

static void look_at_folder(struct str folder, int64_t prune, struct cache_care *out)
{
    struct arena *a = arena_open();
    DIR *d = opendir(str_cstr(a, folder));
    struct arena_mark mark = arena_mark(a);

    for (struct dirent *x; d && (x = readdir(d)); arena_rewind(a, mark))
        look_at(str_fmt(a, STR_FMT "/%s", STR_ARG(folder), x->d_name), prune, out);
    if (d)
        closedir(d);
    arena_close(a);
}

void advisories_care(struct str cache_dir, int64_t prune, struct cache_care *out)
{
    struct arena *a = arena_open();
    struct str folder = advisories_folder(a, cache_dir);

    look_at_folder(folder, prune, out);
    look_at_folder(str_fmt(a, STR_FMT "/changelogs", STR_ARG(folder)), prune, out);
    arena_close(a);
}
