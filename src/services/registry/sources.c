/* sources.c - where apk looks, and what moves the versions that apt takes. */
#include "services/registry/installed.h"

enum { SOURCES_MAX = 4096 };

/* ---- apk: [@tag] uri, whose end is the branch and the repository ---- */

void sources_apk(struct arena *a, struct str text, struct source_list *out)
{
    struct str line, word;
    while (str_cut(&text, '\n', &line)) {
        ptrdiff_t hash = str_chr(line, '#');
        line = hash == STR_NONE ? line : str_sub(line, 0, (size_t)hash);
        if (!sources_next_word(&line, &word))
            continue;
        if (word.p[0] == '@') { /* only for packages asked for with that tag */
            continue;
        }
        struct str uri = word;
        while (str_ends(uri, S("/")))
            uri.n--;
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

/* ---- what moves candidates ---- */

bool preferences_matter(struct str text)
{
    struct str line;
    while (str_cut(&text, '\n', &line)) {
        line = str_trim(line);
        if (line.n && line.p[0] != '#')
            return true;
    }
    return false;
}

bool apt_conf_matters(struct arena *a, struct str text)
{
    static const char *const keys[] = {"default-release", "target-release", "dir::etc",
                                       "dir::state",      "#clear",         "#include"};
    struct str low = str_lower(a, text), line;
    while (str_cut(&low, '\n', &line)) {
        line = str_trim(line);
        if (str_starts(line, S("//")))
            continue;
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (str_find(line, str_of(keys[i])) != STR_NONE)
                return true;
    }
    return false;
}
