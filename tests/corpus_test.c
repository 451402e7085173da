/* Every real Dockerfile of the shared corpus, and every input of peers' parser tests, fixed by all
 * rules at once in a world where each package and image is known: the guard is never broken, a
 * second run is silent, edits and text agree, the CRLF twin goes the same way, and patch(1)
 * makes the same of the diff. */
#include <ftw.h>

#include "check_tree.h"
#include "dfix/dfix.h"
#include "dfix/manager.h"
#include "sandbox.h"
#include "host/files.h"
#include "known_world.h"
#include "twins.h"

enum { SAMPLE = 8 }; /* every n-th changed file goes to patch(1) */

static const struct str mirror_prefix = {"registry.corp.example/hub/", 26};

/* A registry that tells all of each image, and in its layers what the tables say, too. */
static enum answer tell_all(const struct question *q, struct base_facts *out)
{
    static const struct installed held[] = {
        {{"base-files", 10}, {"12.4", 4}, {"amd64", 5}, {"base-files", 10}, {"12.4", 4}}};
    static const struct source sources[] = {{.uri = {"http://ftp.debian.org/debian", 28},
                                             .suite = {"bookworm", 8},
                                             .components = {"main", 4},
                                             .signed_by = {"", 0},
                                             .tag = {"", 0}}};
    struct str none = S("");
    struct known_image known = {.release = {none, none, none}};
    struct reference r;
    struct arena *a = arena_open();
    struct str image = q->name;
    if (str_starts(image, mirror_prefix))
        image = str_fmt(a, "docker.io/" STR_FMT, STR_ARG(str_from(image, mirror_prefix.n)));
    if (reference_parse(image, &r))
        known_image_find(reference_name(a, &r), r.tag.n ? r.tag : S("latest"), &known);
    arena_close(a);
    *out = (struct base_facts){.release = known.release,
                               .user = known.user_known ? known.user : none,
                               .user_known = true,
                               .digest = none,
                               .arch = S("amd64"),
                               .installed = held,
                               .ninstalled = 1,
                               .installed_known = true,
                               .source = sources,
                               .nsource = 1,
                               .sources_known = true,
                               .spoke = S("registry"),
                               .why = none};
    if (!out->release.distro.n && !known.foreign && !known.windows)
        out->release = (struct release){S("debian"), S("12"), S("bookworm")};
    out->user_root = !out->user.n || str_eq(out->user, S("root"));
    return ANSWER_FOUND;
}

static unsigned configs_asked;

/* The same, but of a config alone what it says. */
static enum answer tell_what_is_asked(const struct question *q, struct base_facts *out)
{
    enum answer answer = tell_all(q, out);
    if (q->depth == BASE_BY_CONFIG) {
        base_facts_of_config(out);
        configs_asked++;
    }
    return answer;
}

struct corpus {
    struct arena *arena; /* names and the patch */
    struct sandbox box;
    struct settings settings;
    struct buf patch;
    VEC(struct str) path;
    VEC(struct str) sample; /* its names in the box */
    VEC(struct str) want;
    unsigned changed, failures;
};
static struct corpus corpus;

static int collect(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)at;
    if (kind == FTW_F && st->st_size < 1 << 20)
        vec_push(corpus.arena, &corpus.path, str_dup(corpus.arena, str_of(path)));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    static struct mirror mirror;
    size_t n;
    const struct fixer *const *f = dfix_fixers(&n);
    corpus.arena = corpus.patch.arena = arena_open();
    corpus.box = sandbox_open();
    struct settings *s = &corpus.settings;
    s->max_age = -1;
    s->today = S("2026-01-01");
    s->unsafe = s->refresh = true;
    s->select = arena_new(corpus.arena, struct str, n);
    for (s->nselect = 0; s->nselect < n; s->nselect++)
        s->select[s->nselect] = str_of(f[s->nselect]->id);
    mirror = (struct mirror){S("docker.io"), str_sub(mirror_prefix, 0, mirror_prefix.n - 1)};
    s->mirror = &mirror;
    s->nmirror = 1;
    static struct str trusted;
    trusted = S("registry.corp.example");
    s->trusted = &trusted;
    s->ntrusted = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sandbox_close(&corpus.box);
    arena_close(corpus.arena);
    return 0;
}

static void complain(struct str path, const char *what, struct str detail)
{
    if (++corpus.failures <= 20)
        print_error("%.*s: %s %.*s\n", STR_ARG(path), what, STR_ARG(detail));
}

static struct str broken_by(const struct result *r)
{
    for (size_t i = 0; i < r->nfinding; i++)
        if (!r->finding[i].fixer || r->finding[i].skip)
            return r->finding[i].message;
    return S("");
}

static void sample(struct str in, const struct result *r)
{
    if (corpus.changed++ % SAMPLE)
        return;
    struct arena *a = corpus.arena;
    struct str name = str_fmt(a, "%zu/Dockerfile", corpus.sample.n);
    sandbox_write(&corpus.box, name.p, in);
    edits_diff(&corpus.patch, name, in, r->edits);
    vec_push(a, &corpus.sample, name);
    vec_push(a, &corpus.want, str_dup(a, r->text));
}

typedef void check(struct arena *a, struct str path, struct str in);

static void check_text(struct arena *a, struct str path, struct str in)
{
    struct result r = dfix_fix(a, in, &dfix_rules, &corpus.settings, &world);
    node_id at;
    const struct tree *tree = tree_parse(a, in);
    const char *wrong = check_tree(tree, &at);
    if (wrong)
        complain(path, "tree:", str_of(wrong));
    /* What does not parse is left alone at the guard's word too. */
    if (r.broken && !tree->nerror)
        complain(path, "guard:", broken_by(&r));
    if (!str_eq(edits_apply(a, in, r.edits), r.text))
        complain(path, "the edits are not the text", S(""));
    if (!r.edits.n)
        return;
    struct result again = dfix_fix(a, r.text, &dfix_rules, &corpus.settings, &world);
    if (again.edits.n)
        complain(path, "a second run changes it:",
                 str_sub(again.text, again.edits.v[0].span.start,
                         again.edits.v[0].span.start + again.edits.v[0].text.n));
    /* A file of one unfinished line cannot tell its line ends. */
    if (str_chr(in, '\r') == STR_NONE && str_chr(in, '\n') != STR_NONE) {
        struct result twin = dfix_fix(a, with_crlf(a, in), &dfix_rules, &corpus.settings, &world);
        if (!str_eq(twin.text, with_crlf(a, r.text)))
            complain(path, "the CRLF twin goes another way", S(""));
    }
    sample(in, &r);
}

/* Layers are asked for wherever what they tell makes a difference. */
static void check_depth(struct arena *a, struct str path, struct str in)
{
    static struct teller of_all = {tell_all}, of_what_is_asked = {tell_what_is_asked};
    const struct lookup all = {.self = &of_all, .ask = ask},
                        asked = {.self = &of_what_is_asked, .ask = ask};
    struct result x = dfix_fix(a, in, &dfix_rules, &corpus.settings, &all),
                  y = dfix_fix(a, in, &dfix_rules, &corpus.settings, &asked);
    if (!str_eq(x.text, y.text) || x.nfinding != y.nfinding) {
        complain(path, "layers would change it", S(""));
        return;
    }
    for (size_t i = 0; i < x.nfinding; i++) {
        const struct finding *f = &x.finding[i], *g = &y.finding[i];
        bool who = f->fixer && str_eq(str_of(f->fixer->id), S("release-eol")); /* says who knows */
        if (f->fixer != g->fixer || (!who && !str_eq(f->message, g->message)))
            complain(path, "layers would say:", f->message);
    }
}

static void check_folder(const char *name, check *check_one)
{
    char folder[512];
    snprintf(folder, sizeof(folder), "%s/corpus/%s", DFIX_SHARED, name);
    corpus.path.n = 0;
    if (access(folder, R_OK) != 0) {
        print_message("skipped: no %s\n", folder);
        skip();
    }
    assert_int_equal(nftw(folder, collect, 16, FTW_PHYS), 0);
    corpus.failures = corpus.changed = 0;
    for (size_t i = 0; i < corpus.path.n; i++) {
        struct arena *a = arena_open();
        struct str in;
        struct err e;
        if (file_read(a, corpus.path.v[i].p, 1 << 20, &in, &e))
            check_one(a, str_from(corpus.path.v[i], strlen(folder) + 1), in);
        else
            complain(corpus.path.v[i], "cannot be read:", str_of(e.text));
        arena_close(a);
    }
    print_message("%zu files, %u changed\n", corpus.path.n, corpus.changed);
    if (corpus.failures)
        fail_msg("%u failures", corpus.failures);
}

static void public_dockerfiles(void **state)
{
    (void)state;
    check_folder("public", check_text);
    assert_true(corpus.changed > 500);
}

static void inputs_of_peers_parser_tests(void **state)
{
    (void)state;
    check_folder("parser-cases", check_text);
}

static void layers_are_asked_for_where_they_count(void **state)
{
    (void)state;
    check_folder("public", check_depth);
    print_message("%u times the config was enough\n", configs_asked);
    assert_true(configs_asked > 200);
}

static void patch_makes_the_same(void **state)
{
    (void)state;
    needs("patch");
    if (!corpus.sample.n) {
        print_message("skipped: no corpus\n");
        skip();
    }
    sandbox_write(&corpus.box, "patch", buf_str(&corpus.patch));
    if (sandbox_run(&corpus.box, "patch -s -p1 <patch >log 2>&1") != 0)
        fail_msg("%.*s", STR_ARG(sandbox_read(&corpus.box, corpus.arena, "log")));
    for (size_t i = 0; i < corpus.sample.n; i++)
        if (!str_eq(sandbox_read(&corpus.box, corpus.arena, corpus.sample.v[i].p),
                    corpus.want.v[i]))
            fail_msg("%s: patch makes another text", corpus.sample.v[i].p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_dockerfiles),
        cmocka_unit_test(inputs_of_peers_parser_tests),
        cmocka_unit_test(layers_are_asked_for_where_they_count),
        cmocka_unit_test(patch_makes_the_same),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
