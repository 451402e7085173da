/* Paths by their names. */
#include <limits.h>
#include <unistd.h>

#include "host/files.h"

struct str path_folder(struct arena *a, struct str path)
{
    while (path.n > 1 && str_ends(path, S("/")))
        path.n--;
    ptrdiff_t slash = str_rchr(path, '/');
    if (slash == STR_NONE)
        return S(".");
    return str_dup(a, str_sub(path, 0, slash ? (size_t)slash : 1));
}

struct str path_join(struct arena *a, struct str folder, struct str name)
{
    if (str_eq(folder, S(".")))
        return str_dup(a, name);
    return str_join(a, folder, str_ends(folder, S("/")) ? S("") : S("/"), name);
}

static struct str working_folder(struct arena *a)
{
    char here[PATH_MAX];
    return str_dup(a, str_of(getcwd(here, sizeof(here)) ? here : "/"));
}

struct str path_absolute(struct arena *a, struct str path)
{
    struct buf out = {.arena = a};
    struct str rest = path, name;
    if (!str_starts(path, S("/"))) {
        struct str here = working_folder(a);
        rest = str_join(a, here, S("/"), path);
    }
    while (str_cut(&rest, '/', &name)) {
        if (!name.n || str_eq(name, S(".")))
            continue;
        if (str_eq(name, S(".."))) {
            ptrdiff_t slash = str_rchr(buf_str(&out), '/');
            out.n = slash == STR_NONE ? 0 : (size_t)slash;
            continue;
        }
        buf_char(&out, '/');
        buf_add(&out, name);
    }
    return out.n ? str_dup(a, buf_str(&out)) : S("/");
}

bool path_below(struct str path, struct str folder, struct str *left)
{
    if (str_eq(folder, S("/"))) {
        *left = str_from(path, 1);
        return true;
    }
    if (!str_starts(path, folder) || (path.n > folder.n && path.p[folder.n] != '/'))
        return false;
    *left = str_from(path, path.n > folder.n ? folder.n + 1 : folder.n);
    return true;
}

struct str path_relative(struct arena *a, struct str path)
{
    struct str whole = path_absolute(a, path), left;
    if (!path_below(whole, working_folder(a), &left))
        return whole;
    return left.n ? str_dup(a, left) : S(".");
}
