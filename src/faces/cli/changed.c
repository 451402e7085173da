/* --changed[=REV]: the files and lines that git says have changed since a revision, or since the
 * branch left it. */
#include "faces/faces.h"

#include <stdlib.h>

#include "host/files.h"
#include "host/process.h"

enum { OUTPUT_MAX = 64 << 20 };

/* What is new in one file. */
struct changed_file {
    struct str path; /* from the top of the repository */
    bool whole;      /* all of it */
    VEC(struct line_range) lines;
};

static bool run_git(struct changed *c, const char *const *words, struct str *out)
{
    const char *argv[20] = {"git", "-C", c->top.p};
    size_t n = 3;

    for (; *words && n < 19; words++)
        argv[n++] = *words;
    return process_output(c->arena, argv, OUTPUT_MAX, out);
}

static struct changed_file *file_of(struct changed *c, struct str path)
{
    vec_push(c->arena, &c->file,
             (struct changed_file *)arena_new(c->arena, struct changed_file, 1));
    struct changed_file *f = c->file.v[c->file.n - 1];
    f->path = path;
    return f;
}

/* git quotes a name with a quote, a backslash or a control in it, as C does. */
static struct str unquoted(struct arena *a, struct str name)
{
    struct buf b = {.arena = a};

    if (!str_starts(name, S("\"")))
        return name;
    for (size_t i = 1; i + 1 < name.n; i++) {
        static const char from[] = "abtnvfr", to[] = "\a\b\t\n\v\f\r";
        char c = name.p[i];
        const char *known = NULL;
        if (c == '\\') {
            c = name.p[++i];
            known = strchr(from, c);
        }
        if (known && c)
            c = to[known - from];
        else if (c >= '0' && c <= '3' && i + 3 < name.n && name.p[i - 1] == '\\') {
            c = (char)((c - '0') << 6 | (name.p[i + 1] - '0') << 3 | (name.p[i + 2] - '0'));
            i += 2;
        }
        buf_char(&b, c);
    }
    return buf_str(&b);
}

static uint32_t number_at(struct str *rest)
{
    uint32_t n = 0;

    while (rest->n && rest->p[0] >= '0' && rest->p[0] <= '9' && n < 100000000) {
        n = n * 10 + (uint32_t)(rest->p[0] - '0');
        *rest = str_from(*rest, 1);
    }
    return n;
}

/* "@@ -1,2 +3,4 @@": lines 3 to 6 of the file as it is now. */
static void add_lines(struct changed *c, struct changed_file *f, struct str line)
{
    ptrdiff_t plus = str_find(line, S(" +"));
    uint32_t count = 1;

    if (!f || plus == STR_NONE)
        return;
    struct str rest = str_from(line, (size_t)plus + 2);
    uint32_t first = number_at(&rest);
    if (str_starts(rest, S(","))) {
        rest = str_from(rest, 1);
        count = number_at(&rest);
    }
    if (count)
        vec_push(c->arena, &f->lines, (struct line_range){first, first + count - 1});
}

static void read_diff(struct changed *c, struct str diff)
{
    struct changed_file *f = NULL;
    struct str line;

    while (diff.n && str_cut(&diff, '\n', &line)) {
        if (str_starts(line, S("diff --git ")))
            f = NULL;
        else if (str_starts(line, S("+++ ")) && !f) {
            struct str name = unquoted(c->arena, str_without_end(str_from(line, 4), '\t'));
            if (str_starts(name, S("b/")))
                f = file_of(c, str_from(name, 2));
        } else if (str_starts(line, S("@@ ")))
            add_lines(c, f, line);
    }
}

static int by_path(const void *x, const void *y)
{
    return str_cmp((*(struct changed_file *const *)x)->path,
                   (*(struct changed_file *const *)y)->path);
}

/* NULL: nothing in it has changed. */
static const struct changed_file *find(const struct changed *c, struct str path)
{
    const struct changed_file wanted = {.path = path}, *key = &wanted;
    struct changed_file **at =
        c->file.n ? bsearch(&key, c->file.v, c->file.n, sizeof(*c->file.v), by_path) : NULL;

    return at ? *at : NULL;
}

static bool ask_git(struct changed *c, struct str rev, struct err *e)
{
    const char *name = str_cstr(c->arena, rev);
    const char *const verify[] = {"rev-parse",
                                  "--verify",
                                  "--quiet",
                                  "--end-of-options",
                                  str_fmt(c->arena, "%s^{commit}", name).p,
                                  NULL};
    const char *const diff[] = {"diff",
                                "--merge-base",
                                "-U0",
                                "--no-color",
                                "--no-ext-diff",
                                "--no-textconv",
                                "--no-renames",
                                "--submodule=short",
                                "--ignore-submodules=none",
                                "--dst-prefix=b/",
                                name,
                                "--",
                                NULL};
    const char *const other[] = {"ls-files", "--others", "--exclude-standard", "-z", NULL};
    struct str text;

    if (!run_git(c, verify, &text))
        return err_set(e, "dfix: --changed: git knows no commit " STR_FMT, STR_ARG(rev));
    if (!run_git(c, diff, &text))
        return err_set(e, "dfix: --changed: git cannot compare with " STR_FMT, STR_ARG(rev));
    read_diff(c, text);
    if (!run_git(c, other, &text))
        return err_set(e, "dfix: --changed: git cannot list new files");
    for (struct str path; text.n && str_cut(&text, '\0', &path);)
        file_of(c, path)->whole = true;
    if (c->file.n)
        qsort(c->file.v, c->file.n, sizeof(*c->file.v), by_path);
    return true;
}

bool changed_open(struct changed *c, struct arena *a, const struct command_line *line,
                  struct err *e)
{
    static const char *const top[] = {"git", "rev-parse", "--show-toplevel", NULL};
    struct str rev = options_value(line, OPT_CHANGED);

    *c = (struct changed){.arena = a, .asked = line->set[OPT_CHANGED], .top = S("")};
    if (!c->asked)
        return true;
    if (!process_output(a, top, OUTPUT_MAX, &c->top))
        return err_set(e, "dfix: --changed: %s",
                       process_is_there(a, "git") ? "this folder is in no git repository"
                                                  : "git cannot be run; install it");
    c->top = str_dup(a, str_without_end(c->top, '\n'));
    return ask_git(c, rev.n ? rev : S("HEAD"), e);
}

bool changed_covers(const struct changed *c, struct str path)
{
    struct str left;

    return !c->asked || path_below(path, c->top, &left);
}

bool changed_limit(struct changed *c, struct str path, struct settings *s)
{
    struct str left;
    const struct changed_file *f = path_below(path, c->top, &left) ? find(c, left) : NULL;

    if (!f)
        return false;
    s->line = f->whole ? NULL : f->lines.v;
    s->nline = f->lines.n;
    return f->whole || f->lines.n;
}

/* git names it once, as a whole: a submodule "a/b", another repository "a/b/". */
struct str changed_apart(const struct changed *c, struct str path)
{
    struct str left;

    if (!c->asked || !path_below(path, c->top, &left))
        return S("");
    for (size_t i = 0; i < left.n; i++) {
        struct str folder = str_sub(left, 0, i);
        if (left.p[i] == '/' && (find(c, folder) || find(c, str_sub(left, 0, i + 1))))
            return path_join(c->arena, c->top, folder);
    }
    return S("");
}
