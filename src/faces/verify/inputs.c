/* What dfix verify compares: two files, a file and a commit's, or a patch's files. */
#include "faces/verify/verify.h"

#include "host/files.h"
#include "host/process.h"

enum { OUTPUT_MAX = 64 << 20 };

static bool is_input(struct str word)
{
    return str_eq(word, S("-"));
}

static bool read_text(struct arena *a, struct str path, size_t max, struct str *out, struct err *e)
{
    return is_input(path) ? file_read_stdin(a, max, out, e)
                          : file_read(a, str_cstr(a, path), max, out, e);
}

/* Its folder is where COPY takes from. */
static struct str context_of(struct arena *a, struct str path)
{
    return is_input(path) ? S("") : path_absolute(a, path_folder(a, path));
}

/* ---- two files ---- */

static bool two_files(struct arena *a, struct str old, struct str new, verified_list *out,
                      struct err *e)
{
    struct verified v = {.path = is_input(new) ? S("standard input") : new,
                         .folder = context_of(a, is_input(new) ? old : new),
                         .why = S("")};

    if (is_input(old) && is_input(new))
        return err_set(e, "dfix: verify: one of the two can be standard input, not both");
    if (!read_text(a, old, LIMIT_TEXT, &v.before, e) || !read_text(a, new, LIMIT_TEXT, &v.after, e))
        return false;
    vec_push(a, out, v);
    return true;
}

/* ---- git ---- */

static bool run_git(struct arena *a, struct str folder, const char *const *words, struct str *out)
{
    const char *argv[16] = {"git", "-C", str_cstr(a, folder)};
    size_t n = 3;

    for (; *words && n < 15; words++)
        argv[n++] = *words;
    return process_output(a, argv, OUTPUT_MAX, out);
}

static bool find_commit(struct arena *a, struct str folder, struct str rev, struct str *out,
                        struct err *e)
{
    const char *const words[] = {"rev-parse",
                                 "--verify",
                                 "--quiet",
                                 "--end-of-options",
                                 str_fmt(a, STR_FMT "^{commit}", STR_ARG(rev)).p,
                                 NULL};

    if (!run_git(a, folder, words, out))
        return process_is_there(a, "git")
                   ? err_set(e, "dfix: verify: git knows no commit " STR_FMT, STR_ARG(rev))
                   : err_set(e, "dfix: verify: git cannot be run; install it");
    *out = str_dup(a, str_without_end(*out, '\n'));
    return true;
}

/* The file as the commit has it, and as it is now. */
static bool add_committed(struct arena *a, struct str path, struct str rev, verified_list *out,
                          struct err *e)
{
    struct str folder = path_folder(a, path), commit;
    struct verified v = {
        .path = path, .before = S(""), .after = S(""), .folder = context_of(a, path), .why = S("")};

    if (!find_commit(a, folder, rev, &commit, e))
        return false;
    const char *object =
        str_fmt(a, STR_FMT ":./" STR_FMT, STR_ARG(commit), STR_ARG(path_basename(path))).p;
    const char *const there[] = {"cat-file", "-e", object, NULL};
    const char *const show[] = {"cat-file", "blob", object, NULL};
    struct str nothing;
    v.new = !run_git(a, folder, there, &nothing);
    if (!v.new && !run_git(a, folder, show, &v.before))
        return err_set(e, "dfix: verify: git cannot show " STR_FMT " of " STR_FMT, STR_ARG(path),
                       STR_ARG(rev));
    struct err missing;
    if (!file_read(a, str_cstr(a, path), LIMIT_TEXT, &v.after, &missing)) {
        if (v.new) {
            *e = missing;
            return false;
        }
        v.gone = true;
    }
    vec_push(a, out, v);
    return true;
}

/* The Dockerfiles below this folder that have changed since. */
static bool add_changed(struct arena *a, struct str rev, verified_list *out, struct err *e)
{
    struct str commit, names, name;

    if (!find_commit(a, S("."), rev, &commit, e))
        return false;
    const char *const words[] = {"diff",          "--name-only", "-z", "--relative", "--no-renames",
                                 "--no-ext-diff", commit.p,      "--", ".",          NULL};
    if (!run_git(a, S("."), words, &names))
        return err_set(e, "dfix: verify: git cannot compare with " STR_FMT, STR_ARG(rev));
    while (names.n && str_cut(&names, '\0', &name))
        if (file_is_dockerfile(path_basename(name)) &&
            !add_committed(a, str_dup(a, name), rev, out, e))
            return false;
    return true;
}

static bool from_git(struct arena *a, const struct command_line *c, verified_list *out,
                     struct err *e)
{
    struct str rev = options_value(c, OPT_GIT);

    for (size_t i = 0; i < c->word.n; i++)
        if (!add_committed(a, c->word.v[i], rev, out, e))
            return false;
    return c->word.n || add_changed(a, rev, out, e);
}

/* ---- a patch ---- */

/* The file is as it was before the patch, or as it is after it. */
static bool add_patched(struct arena *a, const struct patch_file *f, verified_list *out,
                        struct err *e)
{
    struct str path = f->new.n ? f->new : f->old, text = S("");
    struct verified v = {.path = path,
                         .folder = context_of(a, path),
                         .new = !f->old.n,
                         .gone = !f->new.n,
                         .why = S("")};
    bool there = file_read(a, str_cstr(a, path), LIMIT_TEXT, &text, e);

    if (!there && !v.new && !v.gone)
        return false;
    if (patch_apply(a, text, f->hunks, false, &v.after)) {
        v.before = text;
    } else if (patch_apply(a, text, f->hunks, true, &v.before)) {
        v.after = text;
    } else {
        return err_set(e, STR_FMT ": the patch does not fit: its lines are not there",
                       STR_ARG(path));
    }
    vec_push(a, out, v);
    return true;
}

static bool from_patch(struct arena *a, struct str path, verified_list *out, struct err *e)
{
    patch_list files = {0};
    struct str text;

    if (!read_text(a, path, OUTPUT_MAX, &text, e))
        return false;
    if (!patch_read(a, text, &files))
        return err_set(e, STR_FMT ": no patch; give two files, or a patch as diff -u prints it",
                       STR_ARG(path));
    for (size_t i = 0; i < files.n; i++) {
        const struct patch_file *f = &files.v[i];
        struct str name = path_basename(f->new.n ? f->new : f->old);
        if ((files.n == 1 || file_is_dockerfile(name)) && f->hunks.n && !add_patched(a, f, out, e))
            return false;
    }
    return out->n || err_set(e, STR_FMT ": the patch changes no Dockerfile", STR_ARG(path));
}

bool verify_inputs(struct arena *a, const struct command_line *c, verified_list *out, struct err *e)
{
    if (c->set[OPT_GIT])
        return from_git(a, c, out, e);
    if (c->word.n == 1)
        return from_patch(a, c->word.v[0], out, e);
    if (c->word.n == 2)
        return two_files(a, c->word.v[0], c->word.v[1], out, e);
    return err_set(e,
                   "dfix: verify takes OLD and NEW, a patch, or --git REV; `-` is standard input");
}
