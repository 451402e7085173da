/* Finds the sources and downloaded lists of the host's own apt. */
#include "index/apt/sources.h"
#include "dfix/url.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/files.h"

enum { SOURCES_MAX = 1 << 20, FILES_MAX = 1000 };

/* A file in a folder. */
static struct str below(struct arena *a, struct str folder, struct str name)
{
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name));
}

static int by_name(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

static void read_parts(struct arena *a, struct str folder, struct source_list *out)
{
    VEC(struct str) names = {0};
    DIR *d = opendir(str_cstr(a, folder));
    if (!d)
        return;
    for (struct dirent *entry; (entry = readdir(d)) && names.n < FILES_MAX;) {
        struct str name = str_of(entry->d_name);
        if (str_ends(name, S(".list")) || str_ends(name, S(".sources")))
            vec_push(a, &names, str_dup(a, name));
    }
    closedir(d);
    if (names.n)
        qsort(names.v, names.n, sizeof names.v[0], by_name);
    for (size_t i = 0; i < names.n; i++) {
        struct str text;
        struct err e;
        if (!file_read(a, str_cstr(a, below(a, folder, names.v[i])), SOURCES_MAX, &text, &e))
            continue;
        if (str_ends(names.v[i], S(".list")))
            sources_read_lines(a, text, out);
        else
            sources_read_deb822(a, text, out);
    }
}

struct apt_host sources_read(struct arena *a)
{
    struct apt_conf conf = apt_conf_read(a);
    struct str list = apt_conf_path(a, &conf, "Dir::Etc", "etc/apt", "sourcelist", "sources.list");
    struct str parts =
        apt_conf_path(a, &conf, "Dir::Etc", "etc/apt", "sourceparts", "sources.list.d");
    struct str lists = apt_conf_path(a, &conf, "Dir::State", "var/lib/apt", "lists", "lists");
    struct source_list found = {.broken = false};
    struct str text;
    struct err e;
    if (file_read(a, str_cstr(a, list), SOURCES_MAX, &text, &e))
        sources_read_lines(a, text, &found);
    read_parts(a, parts, &found);
    struct apt_host host = {
        .conf = conf, .lists = S(""), .source = found.list.v, .nsource = found.list.n};
    if (access(str_cstr(a, lists), R_OK) == 0)
        host.lists = lists;
    return host;
}

/* ---- names of lists, as apt makes them from URLs ---- */

struct str sources_list_path(struct arena *a, struct str lists, struct str uri, struct str suite,
                             struct str file)
{
    struct buf b = {.arena = a};
    struct str url = str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(url_cut(uri).place),
                             STR_ARG(suite), STR_ARG(file));
    buf_fmt(&b, STR_FMT "/", STR_ARG(lists));
    for (size_t i = 0; i < url.n; i++) {
        unsigned char c = (unsigned char)url.p[i];
        if (c == '/')
            buf_char(&b, '_');
        else if (c <= 0x20 || c >= 0x7f || strchr("\\|{}[]<>\"^~_=!@#$%^&*", c))
            buf_fmt(&b, "%%%02x", c);
        else
            buf_char(&b, (char)c);
    }
    return str_dup(a, buf_str(&b));
}
