/* path.c - paths as text, with no look at a disk. */
#include "dfix/base.h"

struct str path_basename(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? path : str_from(path, (size_t)slash + 1);
}

struct str path_without_slash(struct str path)
{
    while (path.n > 1 && str_ends(path, S("/")))
        path.n--;
    return path;
}

struct str folder_around(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');

    if (slash == STR_NONE)
        return S(".");
    return slash ? str_sub(path, 0, (size_t)slash) : S("/");
}

/* Does it stand as it should already? */
static bool is_clean(struct str p)
{
    if (!p.n || p.p[0] == '.')
        return !p.n;
    for (size_t i = 1; i < p.n; i++)
        if (p.p[i - 1] == '/' && (p.p[i] == '/' || p.p[i] == '.'))
            return false;
    return p.n == 1 || p.p[p.n - 1] != '/';
}

/* Back over the last part. */
static void leave(struct buf *b)
{
    ptrdiff_t slash = str_rchr((struct str){b->n ? b->p : "", b->n}, '/');
    b->n = slash == STR_NONE ? 0 : (size_t)slash;
}

struct str path_clean(struct arena *a, struct str p)
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
