/* folders.c - paths put together: from the folder that is worked in, without `.` and `..`. */
#include "files/files.h"

enum { PATH_LONG = 1024 }; /* longer ones are not known */

static bool is_wild(char c)
{
    return c == PATH_ANY || c == PATH_OWN;
}

bool path_is_known(struct str p)
{
    static const bool open[256] = {
        [PATH_ANY] = true, [PATH_OWN] = true, ['*'] = true, ['?'] = true, ['['] = true};
    bool known = p.n > 0;

    for (size_t i = 0; i < p.n && known; i++)
        known = !open[(unsigned char)p.p[i]];
    return known;
}

bool place_is_said(const struct place *p)
{
    for (size_t i = 0; i < p->path.n; i++)
        if (is_wild(p->path.p[i]))
            return false;
    return p->path.n > 0;
}

struct str path_from(struct arena *a, struct str folder, struct str path)
{
    if (!path.n)
        return S("");
    if (path.n + folder.n > PATH_LONG)
        return str_fmt(a, "%c", PATH_OWN);
    if (path.p[0] == '~')
        return str_fmt(a, "%c" STR_FMT, PATH_OWN, STR_ARG(str_from(path, 1)));
    if (path.p[0] == '/' || is_wild(path.p[0]) || !folder.n || str_eq(folder, S(".")))
        return path_clean(a, path);
    bool root = str_eq(folder, S("/"));
    return path_clean(a, str_join(a, root ? S("") : folder, S("/"), path));
}

bool path_is_below(struct str path, struct str folder, struct str *rest)
{
    bool root = str_eq(folder, S("/")), here = str_eq(folder, S("."));

    *rest = path;
    if (here)
        return path.n && path.p[0] != '/' && !str_eq(path, S("."));
    if (!str_starts(path, folder) || path.n == folder.n || (!root && path.p[folder.n] != '/'))
        return false;
    *rest = str_from(path, folder.n + !root);
    return rest->n > 0;
}
