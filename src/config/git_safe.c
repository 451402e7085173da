/* git's safe.directory, by the files that git reads for it: git-config(1). */
#include "config/git_safe.h"

#include <stdlib.h>

#include "host/files.h"

enum { CONFIG_BYTES = 1 << 20, INCLUDES = 10, VARIABLES = 1000 };

struct reader {
    struct arena *arena;
    struct str folder; /* that is asked for, without links */
    bool safe;
};

static struct str expand(struct arena *a, struct str path, struct str from)
{
    const char *home = getenv("HOME");

    if (str_starts(path, S("~/")) && home)
        return path_join(a, str_of(home), str_from(path, 2));
    return from.n && !str_starts(path, S("/")) ? path_join(a, from, path) : path;
}

/* The last word counts; an empty one takes back what was said before. */
static void take_directory(struct reader *r, struct str value)
{
    struct str left;

    if (!value.n) {
        r->safe = false;
        return;
    }
    struct str path = expand(r->arena, value, S(""));
    bool all_below = path.n > 2 && str_ends(path, S("/*"));
    bool names = str_eq(value, S("*"));
    if (all_below)
        names = path_below(r->folder, str_sub(path, 0, path.n - 2), &left) && left.n;
    else if (!names && str_starts(path, S("/"))) {
        char *real = realpath(str_cstr(r->arena, path), NULL);
        names = str_eq(str_without_end(path, '/'), r->folder) ||
                (real && str_eq(str_of(real), r->folder));
        free(real);
    }
    r->safe = r->safe || names;
}

/* Quotes and escapes taken off; a comment ends it. */
static struct str value_of(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    bool quoted = false;

    text = str_trim(text);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '#' || c == ';'))
            break;
        else if (c == '\\' && i + 1 < text.n)
            buf_char(&b, text.p[++i]);
        else
            buf_char(&b, c);
    }
    return str_trim(buf_str(&b));
}

static void read_file(struct reader *r, struct str path, unsigned depth);

static void take_line(struct reader *r, struct str line, bool safe, bool include, struct str path,
                      unsigned depth)
{
    ptrdiff_t equals = str_chr(line, '=');

    if (equals == STR_NONE)
        return;
    struct str key = str_trim(str_sub(line, 0, (size_t)equals));
    struct str value = value_of(r->arena, str_from(line, (size_t)equals + 1));
    if (safe && str_ieq(key, S("directory")))
        take_directory(r, value);
    else if (include && str_ieq(key, S("path")) && value.n)
        read_file(r, expand(r->arena, value, path_folder(r->arena, path)), depth + 1);
}

static void read_file(struct reader *r, struct str path, unsigned depth)
{
    struct str text, line;
    struct err none;
    bool safe = false, include = false;

    if (depth > INCLUDES ||
        !file_read(r->arena, str_cstr(r->arena, path), CONFIG_BYTES, &text, &none))
        return;
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, S("["))) {
            ptrdiff_t end = str_chr(line, ']');
            struct str name = end == STR_NONE ? S("") : str_trim(str_sub(line, 1, (size_t)end));
            safe = str_ieq(name, S("safe"));
            include = str_ieq(name, S("include"));
            line = end == STR_NONE ? S("") : str_trim(str_from(line, (size_t)end + 1));
        }
        if (line.n && line.p[0] != '#' && line.p[0] != ';')
            take_line(r, line, safe, include, path, depth);
    }
}

static void read_environment(struct reader *r)
{
    const char *count = getenv("GIT_CONFIG_COUNT");
    long n = count ? strtol(count, NULL, 10) : 0;

    for (long i = 0; i < n && i < VARIABLES; i++) {
        const char *key = getenv(str_fmt(r->arena, "GIT_CONFIG_KEY_%ld", i).p);
        const char *value = getenv(str_fmt(r->arena, "GIT_CONFIG_VALUE_%ld", i).p);
        if (key && value && str_ieq(str_of(key), S("safe.directory")))
            take_directory(r, str_of(value));
    }
}

bool git_is_safe(struct arena *a, struct str folder)
{
    struct reader r = {.arena = a, .folder = folder};
    const char *system = getenv("GIT_CONFIG_SYSTEM"), *global = getenv("GIT_CONFIG_GLOBAL");
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (!getenv("GIT_CONFIG_NOSYSTEM"))
        read_file(&r, str_of(system ? system : "/etc/gitconfig"), 0);
    if (global) {
        read_file(&r, str_of(global), 0);
    } else {
        if (xdg && xdg[0])
            read_file(&r, path_join(a, str_of(xdg), S("git/config")), 0);
        else if (home)
            read_file(&r, path_join(a, str_of(home), S(".config/git/config")), 0);
        if (home)
            read_file(&r, path_join(a, str_of(home), S(".gitconfig")), 0);
    }
    read_environment(&r);
    return r.safe;
}
