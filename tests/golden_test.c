/* Every case of golden/<fixer>/<theme>.txt: `in` becomes `out` (no `out`: it stays), under the
 * policy in `conf` and with the world in `index` (golden_index.h); what a check says is `notes`,
 * and what a fix says is `fixed` (no `fixed`: the same, with what was applied called so). Only the
 * folder's fixer runs, unless `index` says `setting all-rules`. Each case proves too that `out` has
 * nothing left to do, that no fix claims more than its fixer, that the twin with CR LF and the one
 * without a final newline go the same way, and that patch(1) makes `out` of the diff.
 *
 * A theme begins with a sentence. Parts before its first case hold for all of its cases.
 *
 *     What a loop over packages becomes.
 *
 *     == index
 *     apt debian:bookworm curl 7.88.1-10 bookworm amd64
 *
 *     === used-twice
 *     == in
 *     FROM debian:bookworm
 *     == notes
 *
 * A part's head may end in `(no newline)`: at its end there is none; or `(crlf)`. A case's own
 * `index` stands behind that of the theme, its own `conf` instead.
 *
 * DFIX_GOLDEN_UPDATE=1 writes `out`, `notes` and `fixed` as they are now: read what git shows then.
 * DFIX_GOLDEN_ONLY=pin-apt/loops/used-twice runs the cases whose name holds that. */
#include <unistd.h>

#include "check_tree.h"
#include "dfix/dfix.h"
#include "faces/faces.h"
#include "golden_index.h"
#include "sandbox.h"
#include "accept/accept.h"
#include "config/config.h"
#include "themes.h"

static struct patches {
    struct arena *arena;
    struct sandbox box;
    struct buf text;
    VEC(struct str) name;
    VEC(struct str) want;
} patches;
static unsigned failures, cases;
static bool update;

static const char *const parts[] = {"in", "conf", "index", "out", "notes", "fixed", NULL};
struct one {
    struct arena *arena; /* the case's */
    const struct fixer *fixer;
    struct str name; /* "pin-apt/loops/used-twice" */
    struct theme_case *text;
};

static void complain(const struct one *c, const char *what, struct str got, struct str want)
{
    failures++;
    print_error("\n%.*s: %s\n", STR_ARG(c->name), what);
    if (got.n || want.n)
        print_error("--- got\n%.*s\n--- want\n%.*s\n---\n", STR_ARG(got), STR_ARG(want));
}

/* Policy is read from files. */
static const char *conf_file(const struct one *c)
{
    struct str conf;
    if (!theme_part(c->text, "conf", &conf))
        return NULL;
    sandbox_write(&patches.box, "dfix.yaml", conf);
    return sandbox_path(&patches.box, c->arena, "dfix.yaml");
}

/* The settings and the world of a case; the world anew for each run. */
static bool prepare(const struct one *c, struct golden_index **index, struct settings *s)
{
    struct config config = {0};
    struct err e;
    struct str facts;
    theme_part_joined(c->text, "index", &facts);
    *index = golden_index_of(c->arena, facts);
    if ((*index)->wrong.n) {
        complain(c, "a line of `index` is not understood", (*index)->wrong, S(""));
        return false;
    }
    config.settings = (*index)->settings;
    const char *conf = conf_file(c);
    if (conf && !config_read(c->arena, conf, true, settings_rules(c->arena), &config, &e)) {
        complain(c, e.text, S(""), S(""));
        return false;
    }
    *s = config.settings;
    accept_for_file(c->arena, s, str_of(sandbox_path(&patches.box, c->arena, "Dockerfile")), NULL);
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
        return "not changed: ";
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
        buf_fmt(&b, "%u:%u: %s: %s", f->start.line, f->start.column, f->rule,
                f->applied ? "applied: " : word_of(f));
        buf_add(&b, f->message);
        buf_char(&b, '\n');
    }
    return buf_str(&b);
}

/* What a fix says when it applies all that the check offers: the same, called applied. */
static struct str notes_if_applied(const struct one *c, const struct result *r)
{
    struct finding *all = arena_new(c->arena, struct finding, r->nfinding + 1);
    struct result applied = *r;
    for (size_t i = 0; i < r->nfinding; i++) {
        all[i] = r->finding[i];
        all[i].applied = r->finding[i].edits.n > 0;
    }
    applied.finding = all;
    return notes_of(c, &applied);
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

/* Each finding of a check can be applied alone, and leaves nothing that was not read before. */
static void check_findings(const struct one *c, struct str in, const struct result *r)
{
    uint32_t errors = tree_parse(c->arena, in)->nerror;
    for (size_t i = 0; i < r->nfinding; i++) {
        struct str alone = edits_apply(c->arena, in, r->finding[i].edits);
        if (r->finding[i].edits.n && str_eq(alone, in))
            complain(c, "one finding's fix changes nothing", r->finding[i].message, S(""));
        if (tree_parse(c->arena, alone)->nerror > errors)
            complain(c, "one finding's fix leaves an error", alone, S(""));
    }
}

static void set_part(struct one *c, const char *name, bool set, struct str text)
{
    if (set)
        theme_set(c->text, name, text);
    else
        theme_clear(c->text, name);
}

static void check_said(const struct one *c, const struct result *checked,
                       const struct result *fixed)
{
    struct str notes, said = notes_of(c, checked), want;
    if (!theme_part(c->text, "notes", &notes))
        complain(c, "there are no `notes`", said, S(""));
    else if (!str_eq(said, notes))
        complain(c, "something else is said", said, notes);
    if (!theme_part(c->text, "fixed", &want))
        want = notes_if_applied(c, checked);
    said = notes_of(c, fixed);
    if (!str_eq(said, want))
        complain(c, "a fix says something else", said, want);
}

static void update_case(struct one *c, struct str in, const struct result *checked,
                        const struct result *fixed)
{
    struct str said = notes_of(c, fixed);
    set_part(c, "notes", true, notes_of(c, checked));
    set_part(c, "fixed", !str_eq(said, notes_if_applied(c, checked)), said);
    set_part(c, "out", !str_eq(fixed->text, in), fixed->text);
}

static void run_case(void *fixer, struct theme_case *text)
{
    struct one one = {text->arena, fixer, text->name, text}, *c = &one;
    struct str in, out;
    struct result checked, fixed;
    cases++;
    if (!theme_part(c->text, "in", &in)) {
        complain(c, "there is no `in`", S(""), S(""));
        return;
    }
    if (!run(c, dfix_check, in, &checked) || !run(c, dfix_fix, in, &fixed))
        return;
    if (update)
        update_case(c, in, &checked, &fixed);
    if (!theme_part(c->text, "out", &out))
        out = in;
    check_said(c, &checked, &fixed);
    check_findings(c, in, &checked);
    check_fix(c, in, out, "in");
    if (str_chr(in, '\r') == STR_NONE)
        check_fix(c, with_crlf(c->arena, in), with_crlf(c->arena, out), "the CRLF twin");
    if (str_ends(in, S("\n")) && str_ends(out, S("\n")))
        check_fix(c, without_final_newline(in), without_final_newline(out),
                  "the twin without a final newline");
}

static unsigned run_folder(const struct fixer *f)
{
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/golden/%s", DFIX_ROOT, f->id);
    return themes_run(folder, parts, run_case, (void *)(uintptr_t)f, update);
}

static void cases_become_what_they_should(void **state)
{
    (void)state;
    size_t n;
    const struct fixer *const *fixers = dfix_fixers(&n);
    for (size_t i = 0; i < n; i++)
        if (!run_folder(fixers[i])) {
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
