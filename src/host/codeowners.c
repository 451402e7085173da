/* codeowners.c - who owns what in a repository. */
#include "host/codeowners.h"

#include "host/files.h"
#include "host/gitignore.h"

enum { OWNERS_MANY = 100 * 1000 };

static bool is_name_byte(char c)
{
    return char_is_of_name(c) || c == '-' || c == '.';
}

static bool is_name(struct str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_name_byte(s.p[i]) && !strchr(more, s.p[i]))
            return false;
    return s.n > 0 && s.n <= 255;
}

bool codeowner_valid(struct str owner)
{
    ptrdiff_t at = str_chr(owner, '@');

    if (at == 0)
        return is_name(str_from(owner, 1), "/") && owner.p[1] != '/' && owner.p[owner.n - 1] != '/';
    return at > 0 && is_name(str_sub(owner, 0, (size_t)at), "+") &&
           is_name(str_from(owner, (size_t)at + 1), "");
}

/* A pattern ends at a blank that no backslash stands before. */
static struct str cut_pattern(struct str *line)
{
    size_t i = 0;

    while (i < line->n && line->p[i] != ' ' && line->p[i] != '\t')
        i += line->p[i] == '\\' && i + 1 < line->n ? 2 : 1;
    struct str pattern = str_sub(*line, 0, i);
    *line = str_trim(str_from(*line, i));
    return pattern;
}

struct codeowners codeowners_parse(struct arena *a, struct str text)
{
    struct codeowners c = {.path = S("")};
    VEC(struct owned) v = {0};
    struct str line, section = S("");

    while (v.n < OWNERS_MANY && str_cut(&text, '\n', &line)) {
        ptrdiff_t comment = str_find(line, S(" #"));
        line = str_trim(comment == STR_NONE ? line : str_sub(line, 0, (size_t)comment));
        if (!line.n || line.p[0] == '#')
            continue;
        bool head = line.p[0] == '[' || str_starts(line, S("^["));
        ptrdiff_t end = head ? str_rchr(line, ']') : STR_NONE;
        if (end != STR_NONE) { /* GitLab's: owners of a section's patterns that have none */
            section = str_trim(str_from(line, (size_t)end + 1));
            continue;
        }
        struct str pattern = cut_pattern(&line);
        vec_push(a, &v, (struct owned){pattern, line.n ? line : section});
    }
    c.v = v.v;
    c.n = v.n;
    return c;
}

bool codeowners_find(struct arena *a, struct str repository, struct codeowners *out)
{
    static const char *const places[] = {".github/CODEOWNERS", "CODEOWNERS",
                                         "docs/CODEOWNERS",    ".gitlab/CODEOWNERS",
                                         ".gitea/CODEOWNERS",  ".forgejo/CODEOWNERS"};

    *out = (struct codeowners){.path = S("")};
    for (size_t i = 0; repository.n && i < sizeof(places) / sizeof(places[0]); i++) {
        struct str path = path_join(a, repository, str_of(places[i])), text;
        bool folder;
        if (!file_below(a, repository, str_of(places[i]), CODEOWNERS_MAX, &folder, &text) || folder)
            continue;
        *out = codeowners_parse(a, text);
        out->path = path;
        return true;
    }
    return false;
}

/* A folder's pattern holds for all that lies below it. */
static bool fits(struct str pattern, struct str path)
{
    bool anchored = str_chr(str_without_end(pattern, '/'), '/') != STR_NONE;
    bool folder = str_ends(pattern, S("/"));

    pattern = str_without_end(pattern, '/');
    while (str_starts(pattern, S("/")))
        pattern = str_from(pattern, 1);
    if (!pattern.n)
        return true;
    for (size_t end = 0; end <= path.n; end++) {
        struct str front = str_sub(path, 0, end);
        bool whole = end == path.n;
        if ((!whole && path.p[end] != '/') || (whole && folder))
            continue;
        /* A star at the end is what lies directly in the folder. */
        if (!whole && str_ends(pattern, S("/*")))
            continue;
        if (glob_fits_path(pattern, anchored ? front : path_basename(front)))
            return true;
    }
    return false;
}

struct str codeowners_of(const struct codeowners *c, struct str path)
{
    for (size_t i = c->n; i > 0; i--)
        if (fits(c->v[i - 1].pattern, path))
            return c->v[i - 1].owners;
    return S("");
}

bool codeowners_have(const struct codeowners *c, struct str owner)
{
    for (size_t i = 0; i < c->n; i++)
        if (str_listed(c->v[i].owners, owner))
            return true;
    return false;
}
