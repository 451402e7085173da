/* A house whose fixers break files on purpose: each loses its own edits and is named, the file
 * and the honest fixer's work are safe. */
#include <string.h>

#include "cmocka_all.h"

#include "dfix/dfix.h"

static const char text[] = "# syntax=docker/dockerfile:1\n"
                           "# about the base\n"
                           "FROM base:1\n"
                           "ENV A=1 B=\"two words\"\n"
                           "RUN apt-get install -y \\\n"
                           "    # note\n"
                           "    curl \\\n"
                           "    git # last\n"
                           "COPY <<EOF /etc/x\n"
                           "data $A\n"
                           "EOF\n"
                           "RUN <<EOF\n"
                           "echo hi\n"
                           "EOF\n"
                           "USER root\n"
                           "CMD [\"a\", \"b\"]\n";

/* The rogue at work: what stands at `at` becomes `code`, in the name of the node `inside`. */
static struct rogue {
    const char *what;
    const char *at, *inside;
    struct str code;
    bool declares;    /* the node `inside` */
    const char *said; /* by the guard; NULL: whatever */
} rogue;

static struct span find(const struct tree *t, const char *what)
{
    ptrdiff_t at = str_find(t->text, str_of(what));
    assert_true(at >= 0);
    return (struct span){(uint32_t)at, (uint32_t)((size_t)at + strlen(what))};
}

/* The outermost node with just these bytes. */
static node_id find_node(const struct tree *t, const char *what)
{
    for (node_id n = 1; n < t->nnode; n++)
        if (str_eq(node_text(t, n), str_of(what)))
            return n;
    fail_msg("%s: no node %s in\n" STR_FMT, rogue.what, what, STR_ARG(t->text));
    return 0;
}

static void run_rogue(struct fix_ctx *c)
{
    node_id inside = find_node(c->tree, rogue.inside);
    struct span at = find(c->tree, rogue.at);
    struct fix *f = fix_begin(c, inside, SAFE, "Break the file");

    if (rogue.declares)
        fix_declares(f, inside);
    fix_delete_code(f, inside, at);
    fix_insert_code(f, inside, at.end, rogue.code);
}

static void run_overlapping(struct fix_ctx *c)
{
    node_id n = find_node(c->tree, "root");
    struct fix *f = fix_begin(c, n, SAFE, "Break the file");

    fix_replace(f, n, S("1000"));
    fix_replace(f, n, S("1001"));
}

/* Sets A to 2: nothing wrong with that. */
static void run_honest(struct fix_ctx *c)
{
    for (node_id n = 1; n < c->tree->nnode; n++)
        if (node_is_word(c->tree, n) && str_eq(node_text(c->tree, n), S("1")))
            fix_replace(fix_begin(c, n, SAFE, "Set A to 2"), n, S("2"));
}

#define HOUSE(name, f)                                                                             \
    static const struct fixer name = {                                                             \
        .id = #name, .aliases = "", .title = "", .doc = "", .safety = SAFE, .run = (f)}
HOUSE(rogue_one, run_rogue);
HOUSE(overlapping, run_overlapping);
HOUSE(honest, run_honest);

static const struct fixer *const house[] = {&rogue_one, &overlapping, &honest};
static const struct rules rules = {house, sizeof(house) / sizeof(house[0])};

static const char *message_of(const struct result *r, const char *rule)
{
    for (size_t i = 0; i < r->nfinding; i++)
        if (strcmp(r->finding[i].rule, rule) == 0 && r->finding[i].skip)
            return str_find(r->finding[i].message, S("would break the file, but ")) == 0
                       ? r->finding[i].message.p
                       : NULL;
    return NULL;
}

/* The honest fixer's result, nothing of the rogue's, and the rogue named. */
static void expect_safe(const char *id, const char *what, const char *said)
{
    struct arena *a = arena_open();
    struct str select[] = {str_of(id), S("honest")};
    struct settings s = {.select = select, .nselect = 2, .unsafe = true, .today = S("2026-01-01")};
    const char *one = strstr(text, "A=1") + 2;
    struct str want = str_fmt(a, "%.*s2%s", (int)(one - text), text, one + 1);

    struct result fixed = dfix_fix(a, str_of(text), &rules, &s, NULL);
    if (!str_eq(fixed.text, want))
        fail_msg("%s: became\n" STR_FMT, what, STR_ARG(fixed.text));
    struct result checked = dfix_check(a, str_of(text), &rules, &s, NULL);
    dfix_guard_all(&checked);
    const struct result *both[] = {&fixed, &checked};
    for (int i = 0; i < 2; i++) {
        const char *message = message_of(both[i], id);
        if (!both[i]->broken)
            fail_msg("%s: %s is not broken: " STR_FMT, what, i ? "the check" : "the fix",
                     STR_ARG(both[i]->refused));
        if (!message || (said && !strstr(message, said)))
            fail_msg("%s: said %s", what, message ? message : "nothing");
    }
    for (size_t i = 0; i < checked.nfinding; i++)
        assert_true(checked.finding[i].fixer == &honest || !checked.finding[i].edits.n);
    arena_close(a);
}

static void rogues_are_stopped(void **state)
{
    static const char comment[] = "a comment would be lost";
    static const char data[] = "the fix would change data that it does not name";
    static const char place[] = "an edit is outside the instruction that it names";
    static const char appear[] = "an instruction would be added";
    static const char error[] = "the result would not parse";
    static const char otherwise[] = "text outside the edited range would be parsed differently";
    static const char run[] = "RUN apt-get install -y \\\n    # note\n    curl \\\n    git";
    const struct rogue cases[] = {
        {"drops a comment in an instruction", "    # note\n", run, S(""), false, comment},
        {"drops one that it declared nothing about", "    # note\n", run, S(""), true, comment},
        {"drops a comment at the end of a line", " # last", run, S(""), false, comment},
        {"drops a comment line", "# about the base\n", "FROM base:1", S(""), false, comment},
        {"writes into a comment", "note", run, S("not"), false, comment},
        {"drops a directive", "# syntax=docker/dockerfile:1\n", "FROM base:1", S(""), false, NULL},
        {"changes heredoc data", "data", "COPY <<EOF /etc/x\ndata $A\nEOF", S("date"), false, data},
        {"ends a heredoc early", "data $A\n", "COPY <<EOF /etc/x\ndata $A\nEOF", S("EOF\n"), false,
         NULL},
        {"renames a delimiter", "<<EOF /etc", "COPY <<EOF /etc/x\ndata $A\nEOF", S("<<EOT /etc"),
         false, NULL},
        {"changes another instruction", "root", "FROM base:1", S("1000"), false, place},
        {"leaves a quote open", "\"two", "\"two words\"", S("two"), false, error},
        {"opens a group", "echo", "echo", S("( echo"), false, error},
        {"comments the rest out", "curl", "curl", S("curl #"), false, NULL},
        {"cuts a line", "\\\n    git", run, S("\n    git"), false, NULL},
        {"joins two instructions", "root", "root", S("root \\"), false, NULL},
        {"adds an instruction", "root", "root", S("root\nRUN evil"), false, appear},
        {"drops an instruction", "USER root\n", "USER root", S(""), false, NULL},
        {"makes another of it", "USER", "USER root", S("RUN"), false,
         "an instruction would turn into another one"},
        {"changes the escape character", "# about", "FROM base:1", S("# escape=`\n# about"), false,
         NULL},
        {"puts a NUL in", "root", "root", S("r\0t"), false, NULL},
        {"turns a list of words around", "curl \\\n", run, S("&& \\\n"), false, otherwise},
        {"makes a JSON form a shell one", "[\"a\"", "CMD [\"a\", \"b\"]", S("'a'"), false, NULL},
        {"swallows the rest", strstr(text, "RUN apt"), run, S(""), false, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rogue = cases[i];
        expect_safe("rogue_one", rogue.what, rogue.said);
    }
}

static void edits_that_overlap_are_no_fix(void **state)
{
    (void)state;
    expect_safe("overlapping", "overlaps", "its edits overlap");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rogues_are_stopped),
        cmocka_unit_test(edits_that_overlap_are_no_fix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
