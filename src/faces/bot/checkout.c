/* checkout.c - a repository as it is at one commit. What is written goes to a scratch repository
 * of dfix's own: a checkout of somebody's lends it its objects, and is not written to. */
#include "faces/bot/bot.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/files.h"
#include "host/output.h"
#include "host/scratch.h"

enum { BRANCHES_MAX = 500, SHALLOW_MAX = 64 << 20 };

/* No attribute of the repository's has any effect on the bytes that git writes. */
static const char attributes[] = "* -text !eol -filter -ident !working-tree-encoding\n";

static bool put(struct arena *a, struct str folder, const char *name, struct str text,
                struct err *e)
{
    return output_write(a, path_join(a, folder, str_of(name)), text, e);
}

/* A repository, as git makes one, without templates and hooks. */
static bool make_repository(struct arena *a, struct str git, struct str format, struct err *e)
{
    static const char *const folders[] = {"", "objects", "objects/info", "refs", "info"};
    bool sha1 = str_eq(format, S("sha1"));

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (mkdir(str_cstr(a, path_join(a, git, str_of(folders[i]))), 0700) < 0)
            return err_set(e, STR_FMT ": %s", STR_ARG(git), strerror(errno));
    struct str config =
        sha1 ? S("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
             : str_fmt(a,
                       "[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n"
                       "\tobjectformat = " STR_FMT "\n",
                       STR_ARG(format));
    return put(a, git, "HEAD", S("ref: refs/heads/none\n"), e) &&
           put(a, git, "config", config, e) &&
           put(a, git, "info/attributes", str_of(attributes), e);
}

static bool make_scratch(struct repo *r, struct str format, struct err *e)
{
    struct arena *a = r->arena;
    struct checkout *c = &r->at;

    c->scratch = scratch_folder(a, scratch_temporary(), SCRATCH_PREFIX, e);
    if (!c->scratch.n)
        return false;
    struct str git = path_join(a, c->scratch, S(".git"));
    c->git.dir = git;
    return make_repository(a, git, format, e);
}

/* The objects and the shallow commits of another repository. */
static bool lend(struct repo *r, struct str common, struct err *e)
{
    struct arena *a = r->arena;
    struct str objects = str_fmt(a, STR_FMT "/objects\n", STR_ARG(common)), shallow;
    struct err none;

    if (str_chr(common, '\n') != STR_NONE || str_starts(common, S("\"")))
        return err_set(e, "the folder's name holds a line break");
    if (!put(a, r->at.git.dir, "objects/info/alternates", objects, e))
        return false;
    bool has = r->at.shallow && file_read(a, str_cstr(a, path_join(a, common, S("shallow"))),
                                          SHALLOW_MAX, &shallow, &none);
    return !has || put(a, r->at.git.dir, "shallow", shallow, e);
}

/* Where its `.git` stands; its own configuration may say that its files are elsewhere. */
static bool has_its_files(struct arena *a, struct str search, struct str top)
{
    struct str at = search;

    while (at.n > 1 && access(str_cstr(a, path_join(a, at, S(".git"))), F_OK) < 0)
        at = path_folder(a, at);
    return str_eq(at, top);
}

bool checkout_folder(struct repo *r, struct str folder, struct err *e)
{
    struct arena *a = r->arena;
    struct checkout *c = &r->at;
    struct str out, line[5];
    size_t n = 0;

    char *real = realpath(str_cstr(a, folder), NULL);
    if (!real)
        return err_set(e, "%s", strerror(errno));
    c->search = str_dup(a, str_of(real));
    free(real);
    if (!GIT(&c->git, &out, e, "-C", c->search.p, "rev-parse", "--path-format=absolute",
             "--show-toplevel", "--git-common-dir", "--show-object-format",
             "--is-shallow-repository", "--verify", "--end-of-options", "HEAD^{commit}"))
        return c->git.ran && err_set(e, "it is no checkout of a repository that has a commit, or "
                                        "belongs to another user");
    while (n < 5 && str_cut(&out, '\n', &line[n]))
        n++;
    if (n < 5 || str_trim(out).n || !git_is_object(line[4]))
        return err_set(e, "git's answer is not understood");
    c->folder = str_dup(a, line[0]);
    if (!has_its_files(a, c->search, c->folder))
        return err_set(e, "the repository says that its files are elsewhere; dfix looks at plain "
                          "checkouts alone");
    c->commit = str_dup(a, line[4]);
    c->shallow = str_eq(line[3], S("true"));
    return make_scratch(r, line[2], e) && lend(r, line[1], e);
}

/* ---- what a remote has ---- */

/* "OBJECT\tNAME", and "ref: NAME\tHEAD" of where HEAD points. */
static void take_line(struct checkout *c, struct str line, struct str wanted)
{
    struct str first;

    if (!str_cut(&line, '\t', &first))
        return;
    bool points = str_starts(first, S("ref: refs/heads/")) && str_eq(line, S("HEAD"));
    if (points && !wanted.n)
        c->branch = str_dup(c->git.arena, str_from(first, 16));
    if (!git_is_object(first) || !str_starts(line, S("refs/heads/")))
        return;
    struct str name = str_from(line, 11);
    if (str_starts(name, S(BOT_BRANCH)) && c->branches.n < BRANCHES_MAX)
        vec_push(c->git.arena, &c->branches,
                 (struct branch){str_dup(c->git.arena, name), str_dup(c->git.arena, first)});
    if (str_eq(name, wanted))
        c->commit = str_dup(c->git.arena, first);
}

static bool list_remote(struct repo *r, struct str wanted, struct err *e)
{
    struct checkout *c = &r->at;
    struct str out, line, head = S("");
    struct str ref =
        wanted.n ? str_fmt(r->arena, "refs/heads/" STR_FMT, STR_ARG(wanted)) : S("HEAD");

    if (!GIT(&c->git, &out, e, "ls-remote", "--symref", "--", str_cstr(r->arena, r->remote.url),
             str_cstr(r->arena, ref), "refs/heads/" BOT_BRANCH "*"))
        return false;
    c->commit = S("");
    while (str_cut(&out, '\n', &line)) {
        take_line(c, line, wanted);
        struct str object = line, rest = line;
        str_cut(&rest, '\t', &object);
        if (str_eq(rest, S("HEAD")) && git_is_object(object))
            head = object;
    }
    if (wanted.n)
        c->branch = wanted;
    else
        c->commit = str_dup(r->arena, head);
    if (!c->commit.n)
        return wanted.n ? err_set(e, "the repository has no branch " STR_FMT, STR_ARG(wanted))
                        : err_set(e, "the repository is empty");
    return true;
}

bool checkout_empty(struct repo *r, struct err *e)
{
    return make_scratch(r, S("sha1"), e);
}

bool checkout_fetch(struct repo *r, struct str branch, struct err *e)
{
    struct arena *a = r->arena;
    struct checkout *c = &r->at;
    bool own = c->folder.n == 0;
    struct str out, base = c->commit;

    c->tip = S("");
    if (!list_remote(r, branch, e))
        return false;
    c->tip = c->commit;
    if (!own) { /* a checkout says what the base is */
        c->commit = base;
        return true;
    }
    struct str what = str_fmt(a, "+" STR_FMT ":refs/dfix/base", STR_ARG(c->commit));
    if (!GIT(&c->git, &out, e, "fetch", "-q", "--depth=1", "--no-tags", "--no-write-fetch-head",
             "--", str_cstr(a, r->remote.url), what.p))
        return false;
    c->folder = c->search = c->scratch;
    c->shallow = true;
    const char *tree = str_fmt(a, "--work-tree=" STR_FMT, STR_ARG(c->folder)).p;
    return GIT(&c->git, &out, e, tree, "read-tree", "--reset", "-u", c->commit.p);
}

void checkout_close(struct repo *r)
{
    scratch_remove(r->at.scratch);
    r->at.scratch = S("");
}
