/* folders.c - paths put together: from the folder that is worked in, without `.` and `..`. */
#include "files/files.h"

enum { PATH_LONG = 1024 }; /* longer ones are not known */

static bool is_wild(char c)
{
    return c == PATH_ANY || c == PATH_OWN;
}

bool path_is_known(struct str p)
{
    for (size_t i = 0; i < p.n; i++)
        if (is_wild(p.p[i]) || p.p[i] == '*' || p.p[i] == '?' || p.p[i] == '[')
            return false;
    return p.n > 0;
}

bool place_is_said(const struct place *p)
{
    for (size_t i = 0; i < p->path.n; i++)
        if (is_wild(p->path.p[i]))
            return false;
    return p->path.n > 0;
}

/* Does it stand as it should already? */
static bool is_clean(struct str p)
{
    for (size_t i = 0; i < p.n; i++) {
        bool begins = !i || p.p[i - 1] == '/';
        if (begins && (p.p[i] == '.' || (i && p.p[i] == '/')))
            return false;
    }
    return p.n == 1 || !str_ends(p, S("/"));
}

/* Back over the last part. */
static void leave(struct buf *b)
{
    ptrdiff_t slash = str_rchr((struct str){b->n ? b->p : "", b->n}, '/');
    b->n = slash == STR_NONE ? 0 : (size_t)slash;
}

static struct str clean(struct arena *a, struct str p)
{
    struct buf b = {.arena = a};
    bool whole = str_starts(p, S("/"));
    unsigned up = 0; /* parts above the folder that is not known */
    struct str part;

    if (is_clean(p))
        return p;
    while (str_cut(&p, '/', &part)) {
        bool back = str_eq(part, S(".."));
        if (!part.n || str_eq(part, S(".")))
            continue;
        if (back && b.n > up * 3) {
            leave(&b);
            continue;
        }
        if (back && whole)
            continue;
        up += back;
        buf_add(&b, whole || b.n ? S("/") : S(""));
        buf_add(&b, part);
    }
    if (!b.n)
        return whole ? S("/") : S(".");
    return buf_str(&b);
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
        return clean(a, path);
    bool root = str_eq(folder, S("/"));
    return clean(a, str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(root ? S("") : folder), STR_ARG(path)));
}

struct str folder_around(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');

    if (slash == STR_NONE)
        return S(".");
    return slash ? str_sub(path, 0, (size_t)slash) : S("/");
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
