/* words.c - words of a list, and the parts of a path. */
#include "dfix/base.h"

#include <string.h>

/* Asked of most words of a file, so that it compares in place, and only where the first byte is. */
bool word_is_one_of(struct str s, const char *list)
{
    if (!s.n || s.p[0] == ' ' || s.p[0] == 0)
        return false;
    for (const char *p = list; (p = strchr(p, s.p[0])); p++) {
        size_t n = 1;
        if (p > list && p[-1] != ' ')
            continue;
        while (n < s.n && p[n] && p[n] != ' ' && p[n] == s.p[n])
            n++;
        if (n == s.n && (!p[n] || p[n] == ' '))
            return true;
    }
    return false;
}

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
