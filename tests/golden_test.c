/* Every case of golden/<fixer>/<case>/: `in` becomes `out` (no `out`: it stays), under the policy
 * in `conf` and with the world in `index` (golden_index.h), and what is said is `notes`. Only the
 * folder's fixer runs, unless `index` says `setting all-rules`. Each case proves too that the
 * trees tile, that `out` has nothing left to do, that no fix claims more than its fixer, that
 * the twin with CR LF and the one without a final newline go the same way, and that patch(1)
 * makes `out` of the diff.
 *
 * DFIX_GOLDEN_UPDATE=1 writes `out` and `notes` as they are now: read what git shows then.
 * DFIX_GOLDEN_ONLY=pin-apt/loop runs the cases whose name holds that. */
#include <dirent.h>
#include <unistd.h>

#include "check_tree.h"
#include "dfix/dfix.h"
#include "faces/faces.h"
#include "golden_index.h"
#include "sandbox.h"
#include "config/config.h"
#include "host/files.h"
#include "twins.h"

enum { FILE_MAX = 1 << 20 };

static struct patches {
    struct arena *arena;
    struct sandbox box;
    struct buf text;
    VEC(struct str) name;
    VEC(struct str) want;
} patches;
static unsigned failures, cases;
static bool update;

struct one {
    struct arena *arena;
    const struct fixer *fixer;
    struct str name; /* "pin-apt/plain" */
    struct str folder;
    struct str conf; /* path; "" none */
    struct str facts;
};

static void complain(const struct one *c, const char *what, struct str got, struct str want)
{
    failures++;
    print_error("\n%.*s: %s\n", STR_ARG(c->name), what);
    if (got.n || want.n)
        print_error("--- got\n%.*s\n--- want\n%.*s\n---\n", STR_ARG(got), STR_ARG(want));
}

static bool read_part(const struct one *c, const char *name, struct str *out)
{
    struct err e;
    *out = S("");
    const char *path = str_fmt(c->arena, STR_FMT "/%s", STR_ARG(c->folder), name).p;
    return access(path, F_OK) == 0 && file_read(c->arena, path, FILE_MAX, out, &e);
}

static void write_part(const struct one *c, const char *name, struct str text)
{
    const char *path = str_fmt(c->arena, STR_FMT "/%s", STR_ARG(c->folder), name).p;
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(text.p, 1, text.n, f);
    fclose(f);
}

/* The settings and the world of a case; the world anew for each run. */
static bool prepare(const struct one *c, struct golden_index **index, struct settings *s)
{
    struct config config = {0};
    struct err e;
    *index = golden_index_of(c->arena, c->facts);
    if ((*index)->wrong.n) {
        complain(c, "a line of `index` is not understood", (*index)->wrong, S(""));
        return false;
    }
    config.settings = (*index)->settings;
    if (c->conf.n &&
        !config_read(c->arena, c->conf.p, true, settings_rules(c->arena), &config, &e)) {
        complain(c, e.text, S(""), S(""));
        return false;
    }
    *s = config.settings;
    if (!(*index)->all_rules && !s->nselect) {
        s->select = arena_new(c->arena, struct str, 1);
        s->select[0] = str_of(c->fixer->id);
        s->nselect = 1;
    }
    return true;
}

typedef struct result run_fn(struct arena *a, struct str text, const struct rules *rules,
                             const struct settings *s, const struct lookup *l);

static bool run(const struct one *c, run_fn *how, struct str text, struct result *out)
{
    struct golden_index *index;
    struct settings s;
    if (!prepare(c, &index, &s))
        return false;
    *out = how(c->arena, text, &dfix_rules, &s, &index->lookup);
    for (int round = 0; out->pending && round < 5 && index->lookup.resolve(index); round++)
        *out = how(c->arena, text, &dfix_rules, &s, &index->lookup);
    if (how == dfix_check && !out->pending)
        dfix_guard_all(out);
    if (out->pending)
        complain(c, "still pending after all was fetched", S(""), S(""));
    return !out->pending;
}

static void check_tiles(const struct one *c, struct str text, const char *which)
{
    node_id at;
    const char *wrong = check_tree(tree_parse(c->arena, text), &at);
    if (wrong)
        complain(c, str_fmt(c->arena, "the tree of %s: %s (node %u)", which, wrong, at).p, S(""),
                 S(""));
}

static const char *word_of(const struct finding *f)
{
    if (f->skip)
        return "left alone: ";
    switch (f->safety) {
    case HINT:
        return "hint: ";
    case UNSAFE:
        return "unsafe: ";
    case SAFE:
        return "safe: ";
    }
    return "";
}

static struct str notes_of(const struct one *c, const struct result *r)
{
    struct buf b = {.arena = c->arena};
    for (size_t i = 0; i < r->nfinding; i++) {
        const struct finding *f = &r->finding[i];
        buf_fmt(&b, "%u:%u: %s: %s", f->start.line, f->start.column, f->rule, word_of(f));
        buf_add(&b, f->message);
        buf_char(&b, '\n');
        if (f->fixer && !f->skip && f->safety > f->fixer->safety)
            complain(c, "a fix claims to be safer than its fixer", f->message, S(""));
    }
    return buf_str(&b);
}

/* `in` becomes `want`; the diff is kept for the one run of patch(1) at the end. */
static void check_fix(const struct one *c, struct str in, struct str want, const char *twin)
{
    struct result r, again;
    if (!run(c, dfix_fix, in, &r))
        return;
    if (r.broken)
        complain(c, str_fmt(c->arena, "%s: a fixer broke the guard", twin).p, S(""), S(""));
    if (!str_eq(r.text, want)) {
        complain(c, str_fmt(c->arena, "%s becomes another text", twin).p, r.text, want);
        return;
    }
    if (!str_eq(edits_apply(c->arena, in, r.edits), want))
        complain(c, str_fmt(c->arena, "%s: the edits are not the text", twin).p, S(""), S(""));
    check_tiles(c, in, twin);
    check_tiles(c, want, "the result");
    if (run(c, dfix_fix, want, &again) && again.edits.n)
        complain(c, str_fmt(c->arena, "%s: not silent on its own result", twin).p, again.text,
                 want);

    struct str name = str_fmt(patches.arena, STR_FMT "/%s", STR_ARG(c->name), twin);
    sandbox_write(&patches.box, name.p, in);
    edits_diff(&patches.text, name, in, r.edits);
    vec_push(patches.arena, &patches.name, name);
    vec_push(patches.arena, &patches.want, str_dup(patches.arena, want));
}

/* Each finding of a check can be applied alone, and leaves a whole tree. */
static void check_findings(const struct one *c, struct str in, const struct result *r)
{
    for (size_t i = 0; i < r->nfinding; i++)
        if (r->finding[i].edits.n)
            check_tiles(c, edits_apply(c->arena, in, r->finding[i].edits), "one finding's fix");
}

static void run_case(const struct one *c)
{
    struct str in, out, notes, said;
    struct result checked, fixed;
    cases++;
    if (!read_part(c, "in", &in)) {
        complain(c, "there is no `in`", S(""), S(""));
        return;
    }
    if (!run(c, dfix_check, in, &checked) || !run(c, dfix_fix, in, &fixed))
        return;
    said = notes_of(c, &checked);
    if (update) {
        write_part(c, "notes", said);
        if (!str_eq(fixed.text, in))
            write_part(c, "out", fixed.text);
        else
            unlink(str_fmt(c->arena, STR_FMT "/out", STR_ARG(c->folder)).p);
    }
    if (!read_part(c, "out", &out))
        out = in;
    if (read_part(c, "notes", &notes) && !str_eq(said, notes))
        complain(c, "something else is said", said, notes);
    check_findings(c, in, &checked);
    check_fix(c, in, out, "in");
    if (str_chr(in, '\r') == STR_NONE)
        check_fix(c, with_crlf(c->arena, in), with_crlf(c->arena, out), "the CRLF twin");
    if (str_ends(in, S("\n")) && str_ends(out, S("\n")))
        check_fix(c, without_final_newline(in), without_final_newline(out),
                  "the twin without a final newline");
}

static int by_name(const struct dirent **x, const struct dirent **y)
{
    return strcmp((*x)->d_name, (*y)->d_name);
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static unsigned run_folder(const struct fixer *f, const char *only)
{
    char folder[512];
    struct dirent **entry;
    snprintf(folder, sizeof(folder), "%s/golden/%s", DFIX_ROOT, f->id);
    int n = scandir(folder, &entry, visible, by_name);
    for (int i = 0; i < n; i++) {
        struct one c = {.arena = arena_open(), .fixer = f};
        struct str facts;
        c.name = str_fmt(c.arena, "%s/%s", f->id, entry[i]->d_name);
        c.folder = str_fmt(c.arena, "%s/%s", folder, entry[i]->d_name);
        c.conf = read_part(&c, "conf", &facts)
                     ? str_fmt(c.arena, STR_FMT "/conf", STR_ARG(c.folder))
                     : S("");
        read_part(&c, "index", &c.facts);
        if (!only || strstr(c.name.p, only))
            run_case(&c);
        arena_close(c.arena);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    return n > 0 ? (unsigned)n : 0;
}

static void cases_become_what_they_should(void **state)
{
    (void)state;
    size_t n;
    const struct fixer *const *fixers = dfix_fixers(&n);
    const char *only = getenv("DFIX_GOLDEN_ONLY");
    for (size_t i = 0; i < n; i++)
        if (!run_folder(fixers[i], only)) {
            print_error("golden/%s: no case\n", fixers[i]->id);
            failures++;
        }
    print_message("%u cases\n", cases);
    if (failures)
        fail_msg("%u failures", failures);
}

static void patch_makes_the_same(void **state)
{
    (void)state;
    needs("patch");
    sandbox_write(&patches.box, "patch", buf_str(&patches.text));
    if (patches.text.n && sandbox_run(&patches.box, "patch -s -p1 <patch >log 2>&1") != 0)
        fail_msg("patch: %.*s", STR_ARG(sandbox_read(&patches.box, patches.arena, "log")));
    for (size_t i = 0; i < patches.name.n; i++) {
        struct str got = sandbox_read(&patches.box, patches.arena, patches.name.v[i].p);
        if (!str_eq(got, patches.want.v[i]))
            fail_msg("%s: patch makes\n%.*s", patches.name.v[i].p, STR_ARG(got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_become_what_they_should),
        cmocka_unit_test(patch_makes_the_same),
    };
    const char *set = getenv("DFIX_GOLDEN_UPDATE");
    update = set && *set;
    patches.arena = arena_open();
    patches.box = sandbox_open();
    patches.text.arena = patches.arena;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandbox_close(&patches.box);
    arena_close(patches.arena);
    return failed;
}
