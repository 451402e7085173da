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

/* From `here` on, where it does not begin at the root. */
static struct str absolute_from(struct arena *a, struct str here, struct str path)
{
    struct buf out = {.arena = a};
    struct str rest = path, name;
    if (!str_starts(path, S("/")))
        rest = str_join(a, here, S("/"), path);
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

struct str path_absolute(struct arena *a, struct str path)
{
    return absolute_from(a, str_starts(path, S("/")) ? S("") : working_folder(a), path);
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

/* The names of the path in order; false: one of them leads up. */
static bool only_goes_down(struct arena *a, struct str path, struct str *names)
{
    struct buf out = {.arena = a};
    struct str name;

    while (str_cut(&path, '/', &name)) {
        if (str_eq(name, S("..")))
            return false;
        if (!name.n || str_eq(name, S(".")))
            continue;
        if (out.n)
            buf_char(&out, '/');
        buf_add(&out, name);
    }
    *names = out.n ? str_dup(a, buf_str(&out)) : S(".");
    return true;
}

struct str path_relative(struct arena *a, struct str path)
{
    struct str left;
    if (!str_starts(path, S("/")) && only_goes_down(a, path, &left))
        return left;
    struct str here = working_folder(a);
    struct str whole = absolute_from(a, here, path);
    if (!path_below(whole, here, &left))
        return whole;
    return left.n ? str_dup(a, left) : S(".");
}
