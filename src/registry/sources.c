/* sources.c - where apk looks, and what moves the versions that apt takes. */
#include "registry/installed.h"

enum { SOURCES_MAX = 4096 };

/* ---- apk: [@tag] uri, whose end is the branch and the repository ---- */

void sources_apk(struct arena *a, struct str text, struct source_list *out)
{
    struct str line, word;
    while (str_cut(&text, '\n', &line)) {
        ptrdiff_t hash = str_chr(line, '#');
        line = hash == STR_NONE ? line : str_sub(line, 0, (size_t)hash);
        if (!word_next(&line, &word))
            continue;
        if (word.p[0] == '@') { /* only for packages asked for with that tag */
            continue;
        }
        struct str uri = str_without_end(word, '/');
        ptrdiff_t last = str_rchr(uri, '/');
        ptrdiff_t before =
            last == STR_NONE ? STR_NONE : str_rchr(str_sub(uri, 0, (size_t)last), '/');
        if (before <= 0 || str_trim(line).n || out->list.n == SOURCES_MAX) {
            out->broken = true;
            continue;
        }
        vec_push(a, &out->list,
                 (struct source){.uri = str_dup(a, str_sub(uri, 0, (size_t)before)),
                                 .suite = str_dup(a, str_from(uri, (size_t)before + 1)),
                                 .components = S(""),
                                 .signed_by = S(""),
                                 .tag = S("")});
    }
}
