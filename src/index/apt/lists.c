/* lists.c - the lists that the host's own apt has downloaded and verified. They are verified
 * again: it costs little, and the keyring that counts may be another one. */
#include "index/apt/apt.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct apt_host *apt_host(struct apt *apt)
{
    if (!apt->host_read)
        apt->host = sources_read(apt->run->arena);
    apt->host_read = true;
    return &apt->host;
}

static struct str list_path(struct apt_archive *ar, struct str file)
{
    return sources_list_path(ar->apt->run->arena, apt_host(ar->apt)->lists, apt_place(ar),
                             ar->suite, file);
}

/* The part's list, in whatever form apt keeps it; "" when it has none. */
static struct str find_list(struct apt_part *p)
{
    static const char *const ends[] = {"", ".lz4", ".zst", ".gz", ".xz"};
    struct arena *a = p->archive->apt->run->arena;
    struct str base = list_path(p->archive, apt_index_name(p));
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct str path = str_fmt(a, STR_FMT "%s", STR_ARG(base), ends[i]);
        if (access(path.p, R_OK) == 0)
            return path;
    }
    return S("");
}

static int64_t changed(struct apt *apt, struct str path)
{
    struct stat st;
    return stat(str_cstr(apt->run->arena, path), &st) == 0 ? (int64_t)st.st_mtim.tv_sec : 0;
}

/* apt gives its files the server's time, so the folders that each update writes to count too. */
int64_t apt_lists_time(struct apt_archive *ar)
{
    struct apt *apt = ar->apt;
    struct str lists = apt_host(apt)->lists;
    if (!lists.n || ar->flat)
        return 0;
    int64_t newest = changed(apt, list_path(ar, S("InRelease")));
    if (!newest)
        return 0;
    const struct str folders[] = {lists,
                                  str_fmt(apt->run->arena, STR_FMT "/partial", STR_ARG(lists))};
    for (size_t i = 0; i < 2; i++) {
        int64_t then = changed(apt, folders[i]);
        newest = then > newest ? then : newest;
    }
    return newest;
}

bool apt_use_lists(struct apt_archive *ar, int64_t then)
{
    bool taken = false;
    for (struct apt_part *p = ar->parts; p && then; p = p->next) {
        struct str list, text;
        struct apt_file signed_for;
        struct err e;
        if (p->part.state != PART_WANTED || !(list = find_list(p)).n)
            continue;
        /* Only when a list is there: verifying takes a while. */
        if (!taken && apt_take_release(ar, list_path(ar, S("InRelease")), S(""), apt_newest(ar),
                                       &text, &e) != RELEASE_FITS)
            return false;
        taken = true;
        if (!release_file(&ar->release, apt_index_name(p), &signed_for) || signed_for.broken)
            continue;
        if (!apt_still_current(p, then))
            apt_compile(p, list, &signed_for, false, then);
    }
    return taken;
}
