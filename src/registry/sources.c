/* Apk's repositories as an image has them. */
#include "registry/installed.h"

void sources_apk(struct arena *a, struct str text, struct source_list *out)
{
    struct source_list all = {.broken = false};

    sources_read_repositories(a, text, &all);
    out->broken |= all.broken;
    for (size_t i = 0; i < all.list.n; i++) {
        struct source s = all.list.v[i];
        struct str uri = str_without_end(s.uri, '/');
        ptrdiff_t last = str_rchr(uri, '/');
        ptrdiff_t before =
            last == STR_NONE ? STR_NONE : str_rchr(str_sub(uri, 0, (size_t)last), '/');
        if (s.tag.n) /* only for packages asked for with that tag */
            continue;
        if (before <= 0) {
            out->broken = true;
            continue;
        }
        s.uri = str_sub(uri, 0, (size_t)before);
        s.suite = str_from(uri, (size_t)before + 1);
        vec_push(a, &out->list, s);
    }
}
