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

enum part { PART_IN, PART_CONF, PART_INDEX, PART_OUT, PART_NOTES, PART_FIXED, PARTS };
static const char *const part_names[] = {"in", "conf", "index", "out", "notes", "fixed"};
struct parts {
    struct str text[PARTS];
    bool set[PARTS];
};
struct one {
    struct arena *arena;
    const struct fixer *fixer;
    struct str name; /* "pin-apt/loops/used-twice" */
    const struct parts *shared;
    struct parts *own;
};

static void complain(const struct one *c, const char *what, struct str got, struct str want)
{
    failures++;
    print_error("\n%.*s: %s\n", STR_ARG(c->name), what);
    if (got.n || want.n)
        print_error("--- got\n%.*s\n--- want\n%.*s\n---\n", STR_ARG(got), STR_ARG(want));
}

/* Of the case, else of its theme. */
static bool read_part(const struct one *c, enum part p, struct str *out)
{
    *out = c->own->set[p] ? c->own->text[p] : c->shared->text[p];
    return c->own->set[p] || c->shared->set[p];
}

static struct str facts_of(const struct one *c)
{
    struct buf b = {.arena = c->arena};
    buf_add(&b, c->shared->text[PART_INDEX]);
    buf_add(&b, c->own->text[PART_INDEX]);
    return buf_str(&b);
}

/* Policy is read from files. */
static const char *conf_file(const struct one *c)
{
    struct str conf;
    if (!read_part(c, PART_CONF, &conf))
        return NULL;
    sandbox_write(&patches.box, "dfix.yaml", conf);
    return sandbox_path(&patches.box, c->arena, "dfix.yaml");
}

/* The settings and the world of a case; the world anew for each run. */
static bool prepare(const struct one *c, struct golden_index **index, struct settings *s)
{
    struct config config = {0};
    struct err e;
    *index = golden_index_of(c->arena, facts_of(c));
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

static void set_part(struct one *c, enum part p, bool set, struct str text)
{
    c->own->set[p] = set;
    c->own->text[p] = set ? text : S("");
}

static void check_said(const struct one *c, const struct result *checked,
                       const struct result *fixed)
{
    struct str notes, said = notes_of(c, checked), want;
    if (!read_part(c, PART_NOTES, &notes))
        complain(c, "there are no `notes`", said, S(""));
    else if (!str_eq(said, notes))
        complain(c, "something else is said", said, notes);
    if (!read_part(c, PART_FIXED, &want))
        want = notes_if_applied(c, checked);
    said = notes_of(c, fixed);
    if (!str_eq(said, want))
        complain(c, "a fix says something else", said, want);
}

static void update_case(struct one *c, struct str in, const struct result *checked,
                        const struct result *fixed)
{
    struct str said = notes_of(c, fixed);
    set_part(c, PART_NOTES, true, notes_of(c, checked));
    set_part(c, PART_FIXED, !str_eq(said, notes_if_applied(c, checked)), said);
    set_part(c, PART_OUT, !str_eq(fixed->text, in), fixed->text);
}

static void run_case(struct one *c)
{
    struct str in, out;
    struct result checked, fixed;
    cases++;
    if (!read_part(c, PART_IN, &in)) {
        complain(c, "there is no `in`", S(""), S(""));
        return;
    }
    if (!run(c, dfix_check, in, &checked) || !run(c, dfix_fix, in, &fixed))
        return;
    if (update)
        update_case(c, in, &checked, &fixed);
    if (!read_part(c, PART_OUT, &out))
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

static int by_name(const struct dirent **x, const struct dirent **y)
{
    return strcmp((*x)->d_name, (*y)->d_name);
}

static int is_theme(const struct dirent *d)
{
    return str_ends(str_of(d->d_name), S(".txt")) && d->d_name[0] != '.';
}

struct kase {
    struct str name;
    struct parts parts;
};
struct theme {
    struct arena *arena;
    struct str name, sentence; /* the sentence: all before the first part or case */
    struct parts shared;
    VEC(struct kase) kase;
};

static enum part part_of(struct str head)
{
    for (int p = 0; p < PARTS; p++)
        if (str_eq(head, str_of(part_names[p])))
            return (enum part)p;
    return PARTS;
}

/* `== in`, `== in (no newline)`, `== in (crlf)`: the part's lines follow. */
static void read_theme_part(struct theme *t, struct str head, struct str text)
{
    struct parts *into = t->kase.n ? &t->kase.v[t->kase.n - 1].parts : &t->shared;
    bool open = str_ends(head, S(" (no newline)")), crlf = str_ends(head, S(" (crlf)"));
    enum part p = part_of(str_sub(head, 0, head.n - (open ? 13 : crlf ? 7 : 0)));
    if (p == PARTS || into->set[p])
        fail_msg(STR_FMT ": an unknown part, or one that is there already: " STR_FMT,
                 STR_ARG(t->name), STR_ARG(head));
    into->set[p] = true;
    into->text[p] = open ? str_sub(text, 0, text.n - 1) : crlf ? with_crlf(t->arena, text) : text;
}

/* The lines up to the next head. */
static struct str lines_to_head(struct str *rest)
{
    struct str all = *rest;
    while (rest->n && !str_starts(*rest, S("== ")) && !str_starts(*rest, S("=== "))) {
        ptrdiff_t end = str_chr(*rest, '\n');
        *rest = end == STR_NONE ? S("") : str_from(*rest, (size_t)end + 1);
    }
    return str_sub(all, 0, all.n - rest->n);
}

/* One empty line before a head belongs to the layout. */
static struct str without_gap(struct str s)
{
    return str_ends(s, S("\n\n")) ? str_sub(s, 0, s.n - 1) : str_eq(s, S("\n")) ? S("") : s;
}

static void read_theme(struct theme *t, struct str text)
{
    t->sentence = str_trim(lines_to_head(&text));
    if (!t->sentence.n)
        fail_msg(STR_FMT " does not begin with a sentence", STR_ARG(t->name));
    while (text.n) {
        struct str head = S("");
        str_cut(&text, '\n', &head);
        if (str_starts(head, S("=== "))) {
            vec_push(t->arena, &t->kase, (struct kase){.name = str_from(head, 4)});
            lines_to_head(&text);
        } else {
            bool gap = false;
            struct str body = lines_to_head(&text);
            gap = !text.n || str_starts(text, S("=== ")) || !t->kase.n;
            read_theme_part(t, str_from(head, 3), gap ? without_gap(body) : body);
        }
    }
}

static void write_parts(struct buf *b, const struct parts *parts)
{
    for (int p = 0; p < PARTS; p++) {
        if (!parts->set[p])
            continue;
        struct str text = parts->text[p];
        bool open = text.n && !str_ends(text, S("\n")), crlf = str_chr(text, '\r') != STR_NONE;
        buf_fmt(b, "== %s%s\n", part_names[p], open ? " (no newline)" : crlf ? " (crlf)" : "");
        for (size_t i = 0; i < text.n; i++)
            if (!crlf || text.p[i] != '\r')
                buf_char(b, text.p[i]);
        if (open)
            buf_char(b, '\n');
    }
}

static void write_theme(const struct theme *t, const char *path)
{
    struct buf b = {.arena = t->arena};
    buf_fmt(&b, STR_FMT "\n", STR_ARG(t->sentence));
    if (t->shared.set[PART_INDEX] || t->shared.set[PART_CONF])
        buf_char(&b, '\n');
    write_parts(&b, &t->shared);
    for (size_t i = 0; i < t->kase.n; i++) {
        buf_fmt(&b, "\n=== " STR_FMT "\n", STR_ARG(t->kase.v[i].name));
        write_parts(&b, &t->kase.v[i].parts);
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(b.p, 1, b.n, f);
    fclose(f);
}

/* One theme; how many of its cases ran. */
static unsigned run_theme(const struct fixer *f, const char *path, struct str name,
                          const char *only)
{
    struct theme t = {.arena = arena_open(), .name = name};
    struct str text;
    struct err e;
    unsigned ran = 0;
    if (!file_read(t.arena, path, FILE_MAX, &text, &e))
        fail_msg("%s", e.text);
    read_theme(&t, text);
    for (size_t i = 0; i < t.kase.n; i++) {
        struct one c = {
            .arena = arena_open(), .fixer = f, .shared = &t.shared, .own = &t.kase.v[i].parts};
        c.name = str_fmt(t.arena, STR_FMT "/" STR_FMT, STR_ARG(name), STR_ARG(t.kase.v[i].name));
        if (!only || strstr(c.name.p, only)) {
            run_case(&c);
            ran++;
        }
        for (int p = 0; p < PARTS; p++) /* what was updated outlives the case */
            c.own->text[p] = str_dup(t.arena, c.own->text[p]);
        arena_close(c.arena);
    }
    if (update && ran)
        write_theme(&t, path);
    arena_close(t.arena);
    return (unsigned)t.kase.n;
}

static unsigned run_folder(const struct fixer *f, const char *only)
{
    char folder[512];
    struct dirent **entry;
    unsigned found = 0;
    struct arena *a = arena_open();
    snprintf(folder, sizeof(folder), "%s/golden/%s", DFIX_ROOT, f->id);
    int n = scandir(folder, &entry, is_theme, by_name);
    for (int i = 0; i < n; i++) {
        struct str file = str_of(entry[i]->d_name);
        struct str name = str_fmt(a, "%s/%.*s", f->id, (int)file.n - 4, file.p);
        found += run_theme(f, str_fmt(a, "%s/" STR_FMT, folder, STR_ARG(file)).p, name, only);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    arena_close(a);
    return found;
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
