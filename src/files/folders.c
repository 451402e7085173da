/* folders.c - the working folder that WORKDIR leads to. */
#include "files/files.h"

enum { FOLDER_LONG = 4096 };

static struct str folder_after(struct arena *a, struct str at, struct str path)
{
    if (!path.n || at.n + path.n > FOLDER_LONG)
        return S("");
    if (path.p[0] == '/')
        return path_without_slash(path);
    return at.n ? str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(at), STR_ARG(path_without_slash(path)))
                : S("");
}

struct str folder_of_workdir(const struct image *im, struct arena *a, struct str at,
                             node_id instruction)
{
    node_id w = node_next(im->tree, instruction, 0, NODE_WORD);
    struct value v = {.text = S("")};

    if (w)
        v = image_value(im, a, w);
    return folder_after(a, at, v.certainty == VALUE_KNOWN ? v.text : S(""));
}
