/* owners.c - CODEOWNERS: whose the files of a proposal are. The last pattern that fits a file
 * counts, as in a .gitignore without its "!". */
#include "faces/bot/host.h"

#include <ctype.h>

#include "config/config.h"
#include "host/files.h"

enum { OWNERS_MAX = 1 << 20, REVIEWERS_MAX = 15 };

static bool find_file(struct repo *r, struct str *text)
{
    static const char *const places[] = {".github/CODEOWNERS", "CODEOWNERS",
                                         "docs/CODEOWNERS",    ".gitlab/CODEOWNERS",
                                         ".gitea/CODEOWNERS",  ".forgejo/CODEOWNERS"};
    bool folder = false;

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (file_below(r->arena, r->at.folder, str_of(places[i]), OWNERS_MAX, &folder, text) &&
            !folder)
            return true;
    return false;
}

/* The line's owners when its pattern fits; false: it does not. */
static bool fits(const struct repo *r, struct str line, struct str path, struct str *owners)
{
    struct str pattern;

    line = str_trim(line);
    if (!line.n || line.p[0] == '#' || line.p[0] == '[' || !word_next(&line, &pattern))
        return false;
    *owners = line;
    return path_glob_fits(&(struct path_glob){r->at.folder, pattern},
                          path_join(r->arena, r->at.folder, path));
}

/* "@user" and "@org/team"; mail addresses are nobody that a host could ask. */
static bool is_owner(struct str word)
{
    if (word.n < 2 || word.p[0] != '@')
        return false;
    for (size_t i = 1; i < word.n; i++) {
        char c = word.p[i];
        if (!isalnum((unsigned char)c) && (!c || !strchr("-_./", c)))
            return false;
    }
    return true;
}

static void add(struct arena *a, struct str **v, size_t *n, struct str name)
{
    for (size_t i = 0; i < *n; i++)
        if (str_ieq((*v)[i], name))
            return;
    if (*n < REVIEWERS_MAX)
        (*v)[(*n)++] = str_dup(a, name);
}

size_t owners_find(struct repo *r, const struct proposal *p, const struct str **out)
{
    struct str *v = arena_new(r->arena, struct str, REVIEWERS_MAX), text, ignored;
    const struct bot_settings *b = r->policy;
    bool asked = !b->no_owners && find_file(r, &text);
    size_t n = 0;

    for (size_t i = 0; i < b->nreviewer; i++)
        add(r->arena, &v, &n, b->reviewer[i]);
    for (size_t i = 0; asked && i < r->plan.n; i++) {
        struct str rest = text, line, word, owners = S(""), found;
        if (!proposal_text(p, i, &ignored))
            continue;
        while (str_cut(&rest, '\n', &line))
            if (fits(r, line, r->plan.file[i].path, &found))
                owners = found;
        while (word_next(&owners, &word))
            if (is_owner(word))
                add(r->arena, &v, &n, str_from(word, 1));
    }
    *out = v;
    return n;
}
