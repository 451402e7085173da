/* judge.c - who made what a branch has. A series of dfix's says in each commit which one of how
 * many it is, and the sum of the files that all of them leave: whoever adds, drops or changes a
 * commit breaks that, and the branch is theirs. */
#include "faces/bot/host.h"

enum { DEEPEST = 100 }; /* there are fewer rules */

static bool fetch_branch(struct repo *r, struct str branch, struct str head, struct err *e)
{
    struct arena *a = r->arena;
    const char *commit = str_fmt(a, STR_FMT "^{commit}", STR_ARG(head)).p;
    struct str out;
    struct err absent;

    if (GIT(&r->at.git, &out, &absent, "cat-file", "-e", commit))
        return true;
    struct str what = str_fmt(a, "+refs/heads/" STR_FMT ":refs/dfix/seen", STR_ARG(branch));
    return GIT(&r->at.git, &out, e, "fetch", "-q", str_fmt(a, "--depth=%d", DEEPEST).p, "--no-tags",
               "--no-write-fetch-head", "--", str_cstr(a, r->remote.url), what.p);
}

/* "SUM 2/3" */
static bool read_place(struct str text, struct str *sum, unsigned *which, unsigned *of)
{
    struct str rest = str_trim(text), number;

    if (!str_cut(&rest, ' ', sum) || !str_cut(&rest, '/', &number) || !number.n || !rest.n)
        return false;
    *which = *of = 0;
    for (size_t i = 0; i < number.n && number.n < 4; i++)
        *which = *which * 10 + (unsigned)(number.p[i] - '0');
    for (size_t i = 0; i < rest.n && rest.n < 4; i++)
        *of = *of * 10 + (unsigned)(rest.p[i] - '0');
    return sum->n == 40 && *which >= 1 && *which <= *of && *of < DEEPEST;
}

/* From the head down: n/n, and so on to 1/n. A host that takes one commit at a time may have been
 * given fewer. */
static bool read_series(struct str log, struct judgement *out)
{
    struct str record, parent, sum;
    unsigned which, of;

    while (str_cut(&log, '\x1e', &record)) {
        record = str_trim(record);
        if (!str_cut(&record, '\x1f', &parent) || !read_place(record, &sum, &which, &of) ||
            !git_is_object(parent))
            return false;
        if (!out->made) {
            *out = (struct judgement){
                .branch = out->branch, .sum = sum, .base = S(""), .made = which, .of = of};
        } else if (!str_eq(sum, out->sum) || of != out->of || out->base.n)
            return false;
        if (which != out->made - out->seen)
            return false;
        out->seen++;
        if (which == 1) {
            out->base = parent;
            return true;
        }
    }
    return false;
}

/* ":OLDMODE MODE OLD NEW M\0PATH\0": each file as it is now. */
static size_t read_diff(struct arena *a, struct str diff, struct bot_file **out)
{
    VEC(struct bot_file) files = {0};
    struct str entry, path, part[5];

    while (str_cut(&diff, '\0', &entry) && entry.n && str_cut(&diff, '\0', &path)) {
        size_t n = 0;
        while (n < 5 && str_cut(&entry, ' ', &part[n]))
            n++;
        if (n == 5)
            vec_push(a, &files, (struct bot_file){.path = path, .mode = part[1], .blob = part[3]});
    }
    *out = files.v;
    return files.n;
}

static bool files_fit(struct repo *r, struct str head, struct str want, struct judgement *j,
                      struct err *e)
{
    struct arena *a = r->arena;
    struct bot_file *file;
    struct str diff;

    if (!GIT(&r->at.git, &diff, e, "diff-tree", "-r", "-z", "--no-renames", str_cstr(a, j->base),
             str_cstr(a, head)))
        return false;
    size_t n = read_diff(a, diff, &file);
    struct str *line = arena_new(a, struct str, n);
    for (size_t i = 0; i < n; i++)
        if (!str_starts(file[i].mode, S("100")))
            return true; /* dfix writes no such thing */
    if (n && !blobs_read(r, file, n, e))
        return false;
    for (size_t i = 0; i < n; i++)
        line[i] = sum_of_file(a, file[i].path, file[i].mode, file[i].text);
    j->ours = str_eq(sum_of_files(a, line, n), want);
    return true;
}

bool branch_judge(struct repo *r, struct str head, const struct proposal *p, struct judgement *out,
                  struct err *e)
{
    struct arena *a = r->arena;
    struct str log;

    *out = (struct judgement){.branch = out->branch, .sum = S(""), .base = S("")};
    if (!fetch_branch(r, out->branch, head, e) ||
        !GIT(&r->at.git, &log, e, "log", "--first-parent", str_fmt(a, "-n%d", DEEPEST).p,
             "--format=%P%x1f%(trailers:key=Dfix-Series,valueonly)%x1e", str_cstr(a, head), "--"))
        return false;
    if (!read_series(log, out))
        return true;
    bool whole = out->made == out->of;
    struct str want = out->sum;
    if (!whole && (!p || !str_eq(p->sum, out->sum) || p->nstep != out->of))
        return true;
    if (!whole) {
        want = sum_of_steps(r, p, out->made);
        out->sum = S(""); /* what is there is not what is wanted */
    }
    return files_fit(r, head, want, out, e);
}
