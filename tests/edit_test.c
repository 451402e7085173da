/* Edit lists: apply, the compose law, and the diff, which patch(1) and git must accept. */
#include <stdio.h>
#include <string.h>

#include "cmocka_all.h"
#include "dfix/edit.h"
#include "random.h"
#include "sandbox.h"

#define ALPHABET               S("aab\n\n\n\r\t \\")
#define assert_text(got, want) assert_texts(got, want, __LINE__)

static void assert_texts(struct str got, struct str want, int line)
{
    if (!str_eq(got, want))
        fail_msg("line %d:\ngot  [%.*s]\nwant [%.*s]", line, STR_ARG(got), STR_ARG(want));
}

static struct edits edits_of_one(struct edit *e)
{
    return (struct edits){e, 1};
}

static void apply_replaces_inserts_deletes(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct edit v[] = {{{0, 0}, S("<")}, {{1, 3}, S("")}, {{4, 5}, S("EEE")}, {{6, 6}, S(">")}};
    assert_text(edits_apply(a, S("abcdef"), (struct edits){v, 4}), S("<adEEEf>"));
    assert_text(edits_apply(a, S("abc"), (struct edits){v, 0}), S("abc"));
    assert_text(edits_apply(a, S(""), (struct edits){v, 1}), S("<"));
    arena_close(a);
}

static void compose_law(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 20000; seed++) {
        struct arena *a = arena_open();
        struct random r = random_of(seed);
        struct str text = random_text(&r, a, seed % 7 ? 90 : 4, ALPHABET);
        struct edits x = random_edits(&r, a, text.n, 5, ALPHABET);
        struct str middle = edits_apply(a, text, x);
        struct edits y = random_edits(&r, a, middle.n, 5, ALPHABET);
        struct edits both = edits_compose(a, text.n, x, y);
        if (!str_eq(edits_apply(a, text, both), edits_apply(a, middle, y)))
            fail_msg("seed %u: composed edits give another text", seed);
        for (size_t i = 0; i < both.n; i++) {
            struct edit *e = &both.v[i];
            if (i && both.v[i - 1].span.end >= e->span.start)
                fail_msg("seed %u: edits %zu and %zu touch", seed, i - 1, i);
            if (e->span.start == e->span.end && !e->text.n)
                fail_msg("seed %u: edit %zu says nothing", seed, i);
        }
        arena_close(a);
    }
}

static void compose_with_nothing(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct edit e = {{1, 2}, S("X")};
    struct edits none = {0}, one = edits_of_one(&e);
    struct edits left = edits_compose(a, 3, none, one), right = edits_compose(a, 3, one, none);
    assert_text(edits_apply(a, S("abc"), left), S("aXc"));
    assert_text(edits_apply(a, S("abc"), right), S("aXc"));
    assert_int_equal(edits_compose(a, 3, none, none).n, 0);
    /* What the first puts in and the second takes out again was never there. */
    struct edit put = {{1, 1}, S("new")}, out = {{1, 4}, S("")};
    assert_int_equal(edits_compose(a, 3, edits_of_one(&put), edits_of_one(&out)).n, 0);
    arena_close(a);
}

static struct str diff(struct arena *a, struct str path, struct str text, struct edits e)
{
    struct buf out = {.arena = a};
    edits_diff(&out, path, text, e);
    return buf_str(&out);
}

static void diff_reads_as_diff_writes_it(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct str ten = S("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
    struct edit e = {{8, 9}, S("five")};
    assert_text(diff(a, S("d/F"), ten, edits_of_one(&e)),
                S("--- a/d/F\n+++ b/d/F\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"));

    struct edit line = {{0, 0}, S("0\n")};
    assert_text(diff(a, S("F"), ten, edits_of_one(&line)),
                S("--- a/F\n+++ b/F\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n"));

    struct edit first = {{0, 0}, S("x\n")};
    assert_text(diff(a, S("F"), S(""), edits_of_one(&first)),
                S("--- a/F\n+++ b/F\n@@ -0,0 +1 @@\n+x\n"));

    struct edit all = {{0, 2}, S("")};
    assert_text(diff(a, S("F"), S("x\n"), edits_of_one(&all)),
                S("--- a/F\n+++ b/F\n@@ -1 +0,0 @@\n-x\n"));

    /* Lines next to each other are one change; a line appended further down is not. */
    struct edit two[] = {{{0, 1}, S("A")}, {{2, 3}, S("B")}};
    assert_text(diff(a, S("F"), S("a\nb\nc\n"), (struct edits){two, 2}),
                S("--- a/F\n+++ b/F\n@@ -1,3 +1,3 @@\n-a\n-b\n+A\n+B\n c\n"));
    struct edit apart[] = {{{0, 1}, S("A")}, {{4, 4}, S("c\n")}};
    assert_text(diff(a, S("F"), S("a\nb\n"), (struct edits){apart, 2}),
                S("--- a/F\n+++ b/F\n@@ -1,2 +1,3 @@\n-a\n+A\n b\n+c\n"));

    struct edit same = {{8, 9}, S("5")};
    assert_text(diff(a, S("F"), ten, edits_of_one(&same)), S(""));
    arena_close(a);
}

static void diff_keeps_hunks_apart_by_git_s_rule(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf text = {.arena = a};
    for (int i = 0; i < 20; i++)
        buf_char(&text, (char)('a' + i)), buf_char(&text, '\n');
    struct edit near[] = {{{0, 1}, S("A")}, {{14, 15}, S("H")}};
    struct edit far[] = {{{0, 1}, S("A")}, {{16, 17}, S("I")}};
    struct str one = diff(a, S("F"), buf_str(&text), (struct edits){near, 2});
    struct str two = diff(a, S("F"), buf_str(&text), (struct edits){far, 2});
    assert_int_equal(str_find(one, S("@@ -1,11 +1,11 @@\n")), 16);
    assert_true(str_find(str_from(one, 20), S("\n@@")) == STR_NONE);
    assert_int_equal(str_find(two, S("@@ -1,4 +1,4 @@\n")), 16);
    assert_true(str_find(two, S("\n@@ -6,7 +6,7 @@\n")) > 0);
    arena_close(a);
}

static void diff_final_newlines(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct edit add = {{3, 3}, S("\n")}, cut = {{3, 4}, S("")}, word = {{0, 1}, S("A")};
    assert_text(diff(a, S("F"), S("a\nb"), edits_of_one(&add)),
                S("--- a/F\n+++ b/F\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"));
    assert_text(diff(a, S("F"), S("a\nb\n"), edits_of_one(&cut)),
                S("--- a/F\n+++ b/F\n@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file\n"));
    assert_text(diff(a, S("F"), S("a\nb"), edits_of_one(&word)),
                S("--- a/F\n+++ b/F\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n"));
    /* Bytes that are no text stay what they are. */
    struct edit nul = {{1, 1}, {"\0\xff", 2}};
    assert_text(diff(a, S("F"), S("\0\n"), edits_of_one(&nul)),
                S("--- a/F\n+++ b/F\n@@ -1 +1 @@\n-\0\n+\0\0\xff\n"));
    arena_close(a);
}

static void diff_quotes_odd_names(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct edit e = {{0, 0}, S("x\n")};
    struct str rest = S("@@ -0,0 +1 @@\n+x\n");
    struct {
        struct str name, a, b;
    } v[] = {
        {S("a b"), S("a/a b\t"), S("b/a b\t")},
        {S("say \"hi\""), S("\"a/say \\\"hi\\\"\""), S("\"b/say \\\"hi\\\"\"")},
        {S("x\\y\n"), S("\"a/x\\\\y\\012\""), S("\"b/x\\\\y\\012\"")},
        {S("\xc3\xa9"), S("a/\xc3\xa9"), S("b/\xc3\xa9")},
    };
    for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
        assert_text(diff(a, v[i].name, S(""), edits_of_one(&e)),
                    str_fmt(a, "--- %.*s\n+++ %.*s\n%.*s", STR_ARG(v[i].a), STR_ARG(v[i].b),
                            STR_ARG(rest)));
    arena_close(a);
}

/* Many files in one patch, applied by one run of the tool. */
static void diff_is_accepted_by(const char *program, const char *command,
                                const char *const names[9])
{
    enum { FILES = 400 };
    needs(program);
    struct arena *a = arena_open();
    struct sandbox box = sandbox_open();
    struct buf patch = {.arena = a};
    struct str want[FILES];
    const char *name[FILES];
    for (unsigned seed = 0; seed < FILES; seed++) {
        struct random r = random_of(seed);
        size_t max = seed % 5 == 0 ? 4 : seed % 5 == 1 ? 400 : 80;
        struct str text = random_text(&r, a, max, ALPHABET);
        struct edits e = random_edits(&r, a, text.n, 6, ALPHABET);
        want[seed] = edits_apply(a, text, e);
        name[seed] = str_cstr(a, str_fmt(a, "%u/%s", seed, names[seed % 9]));
        sandbox_write(&box, name[seed], text);
        struct str d = diff(a, str_of(name[seed]), text, e);
        if (!d.n && !str_eq(text, want[seed]))
            fail_msg("seed %u: the texts differ, the diff is empty", seed);
        buf_add(&patch, d);
    }
    sandbox_write(&box, "patch", buf_str(&patch));
    if (sandbox_run(&box, "%s >log 2>&1", command) != 0)
        fail_msg("%s\n%.*s", command, STR_ARG(sandbox_read(&box, a, "log")));
    for (unsigned seed = 0; seed < FILES; seed++)
        if (!str_eq(sandbox_read(&box, a, name[seed]), want[seed]))
            fail_msg("seed %u: %s gives another text", seed, program);
    sandbox_close(&box);
    arena_close(a);
}

static const char *const odd[9] = {"Dockerfile",  "with blank",         "quo\"te",
                                   "back\\slash", "tab\there",          "caf\xc3\xa9",
                                   "new\nline",   "deep/er/Dockerfile", "trailing blank "};

/* GNU patch 2.8 refuses such names: POSIX has no newlines in them. */
static bool patch_takes_newlines(void)
{
    struct sandbox box = sandbox_open();
    sandbox_write(&box, "new\nline", S("x\n"));
    sandbox_write(&box, "patch",
                  S("--- \"a/new\\012line\"\n+++ \"b/new\\012line\"\n@@ -1 +1 @@\n-x\n+y\n"));
    bool takes = sandbox_run(&box, "patch -s -p1 <patch >/dev/null 2>&1") == 0;
    sandbox_close(&box);
    return takes;
}

static void diff_is_accepted_by_patch(void **state)
{
    (void)state;
    const char *names[9];
    needs("patch");
    memcpy(names, odd, sizeof names);
    if (!patch_takes_newlines()) {
        print_message("this patch refuses names with a newline: tried without them\n");
        names[6] = "newline";
    }
    diff_is_accepted_by("patch", "patch -s -p1 <patch", names);
}

static void diff_is_accepted_by_git(void **state)
{
    (void)state;
    diff_is_accepted_by("git", "git apply --whitespace=nowarn patch", odd);
}

/* Work must not grow with edits times line length: 100,000 edits in one line. */
static void diff_of_long_lines_ends(void **state)
{
    (void)state;
    enum { EDITS = 100000 };
    struct arena *a = arena_open();
    char *p = arena_new(a, char, 4 * EDITS + 1);
    memset(p, 'x', 4 * EDITS);
    struct edits e = {arena_new(a, struct edit, EDITS), EDITS};
    for (uint32_t i = 0; i < EDITS; i++)
        e.v[i] = (struct edit){{4 * i, 4 * i + 1}, S("y")};
    struct str d = diff(a, S("F"), (struct str){p, 4 * EDITS}, e);
    assert_true(str_starts(str_from(d, 16), S("@@ -1 +1 @@\n-xxxx")));
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(apply_replaces_inserts_deletes),
        cmocka_unit_test(compose_law),
        cmocka_unit_test(compose_with_nothing),
        cmocka_unit_test(diff_reads_as_diff_writes_it),
        cmocka_unit_test(diff_keeps_hunks_apart_by_git_s_rule),
        cmocka_unit_test(diff_final_newlines),
        cmocka_unit_test(diff_quotes_odd_names),
        cmocka_unit_test(diff_is_accepted_by_patch),
        cmocka_unit_test(diff_is_accepted_by_git),
        cmocka_unit_test(diff_of_long_lines_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
