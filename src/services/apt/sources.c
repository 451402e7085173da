#include "services/apt/sources.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/files.h"

enum { SOURCES_MAX = 1 << 20, FILES_MAX = 1000 };

/* ---- where apt's files are ---- */

struct apt_dirs {
    struct str root, state, lists, etc, list, parts;
};

/* Key "value" */
static void read_option(struct str statement, struct apt_dirs *d)
{
    struct str name, value;
    if (!sources_next_word(&statement, &name))
        return;
    value = str_trim(statement);
    if (value.n < 2 || value.p[0] != '"' || value.p[value.n - 1] != '"')
        return;
    value = str_sub(value, 1, value.n - 1);
    const struct {
        const char *name;
        struct str *into;
    } options[] = {{"Dir", &d->root},
                   {"Dir::State", &d->state},
                   {"Dir::State::lists", &d->lists},
                   {"Dir::Etc", &d->etc},
                   {"Dir::Etc::sourcelist", &d->list},
                   {"Dir::Etc::sourceparts", &d->parts}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (str_ieq(name, str_of(options[i].name)))
            *options[i].into = value;
}

/* A path below another one, unless it is absolute. */
static struct str below(struct arena *a, struct str folder, struct str path)
{
    if (str_starts(path, S("/")))
        return path;
    if (str_ends(folder, S("/")))
        folder.n--;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path));
}

static struct apt_dirs find_dirs(struct arena *a)
{
    struct apt_dirs d = {S("/"),       S("var/lib/apt"),  S("lists"),
                         S("etc/apt"), S("sources.list"), S("sources.list.d")};
    const char *config = getenv("APT_CONFIG");
    struct str text, statement;
    struct err e;
    if (config && file_read(a, config, SOURCES_MAX, &text, &e))
        while (str_cut(&text, ';', &statement))
            read_option(str_trim(statement), &d);
    d.state = below(a, d.root, d.state);
    d.etc = below(a, d.root, d.etc);
    d.lists = below(a, d.state, d.lists);
    d.list = below(a, d.etc, d.list);
    d.parts = below(a, d.etc, d.parts);
    return d;
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
    struct apt_dirs d = find_dirs(a);
    struct source_list found = {.broken = false};
    struct str text;
    struct err e;
    if (file_read(a, str_cstr(a, d.list), SOURCES_MAX, &text, &e))
        sources_read_lines(a, text, &found);
    read_parts(a, d.parts, &found);
    struct apt_host host = {.lists = S(""), .source = found.list.v, .nsource = found.list.n};
    if (access(str_cstr(a, d.lists), R_OK) == 0)
        host.lists = d.lists;
    return host;
}

/* ---- names of lists, as apt makes them from URLs ---- */

struct str sources_list_path(struct arena *a, struct str lists, struct str uri, struct str suite,
                             struct str file)
{
    struct buf b = {.arena = a};
    ptrdiff_t scheme = str_find(uri, S("://"));
    struct str rest = scheme == STR_NONE ? uri : str_from(uri, (size_t)scheme + 3);
    ptrdiff_t slash = str_chr(rest, '/');
    size_t host = slash == STR_NONE ? rest.n : (size_t)slash;
    ptrdiff_t at = str_rchr(str_sub(rest, 0, host), '@');
    if (at != STR_NONE)
        rest = str_from(rest, (size_t)at + 1);
    struct str url = str_fmt(a, STR_FMT "/dists/" STR_FMT "/" STR_FMT, STR_ARG(rest),
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
