/* words.c - words of a list, and the parts of a path. */
#include "dfix/base.h"

/* Asked of most words of a file, so that it compares in place. */
bool word_is_one_of(struct str s, const char *list)
{
    for (const char *word = list; *word;) {
        size_t n = 0;
        while (word[n] && word[n] != ' ' && n < s.n && word[n] == s.p[n])
            n++;
        bool ends = !word[n] || word[n] == ' ';
        if (ends && n == s.n)
            return true;
        while (word[n] && word[n] != ' ')
            n++;
        word += n + (word[n] == ' ');
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
