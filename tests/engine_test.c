/* The verbs and the guard: what a fix may write, and what it may not. */
#include "cmocka_all.h"

#include "engine/engine.h"

static const struct fixer fake = {
    .id = "fake", .aliases = "", .title = "", .doc = "", .safety = SAFE};

struct bench {
    struct arena *a;
    struct run run;
    struct settings settings;
    struct fix_ctx c;
};

static void setup(struct bench *b, const char *text)
{
    *b = (struct bench){.a = arena_open(), .run = {.fixer = &fake}};
    b->c = (struct fix_ctx){.tree = tree_parse(b->a, str_of(text)),
                            .settings = &b->settings,
                            .arena = b->a,
                            .run = &b->run};
    b->c.image = image_of(b->a, b->c.tree, NULL, NULL);
}

/* The innermost node whose bytes as written are exactly these. */
static node_id find(const struct bench *b, const char *text)
{
    node_id found = 0;

    for (node_id n = 1; n < b->c.tree->nnode; n++)
        if (str_eq(node_text(b->c.tree, n), str_of(text)))
            found = n;
    assert_int_not_equal(found, 0);
    return found;
}

static node_id find_word(const struct bench *b, const char *text)
{
    for (node_id n = 1; n < b->c.tree->nnode; n++)
        if (node_is_word(b->c.tree, n) && str_eq(node_text(b->c.tree, n), str_of(text)))
            return n;
    fail_msg("no word %s", text);
    return 0;
}

static struct fix *begin(struct bench *b)
{
    return fix_begin(&b->c, 0, SAFE, "Try");
}

/* The text after the fix; NULL: refused by a verb or the guard, `why` says so. */
static const char *result(struct bench *b, struct fix *f, const char **why)
{
    struct edits e;

    *why = f->refused;
    if (f->refused)
        return NULL;
    assert_true(fix_edits(b->a, f, &e));
    struct str after = edits_apply(b->a, b->c.tree->text, e);
    *why = guard_check(b->a, b->c.tree, tree_parse(b->a, after), f, e);
    return *why ? NULL : str_cstr(b->a, after);
}

static void expect(struct bench *b, struct fix *f, const char *want)
{
    const char *why, *got = result(b, f, &why);

    if (!got && want)
        fail_msg("refused: %s: %s", why, str_cstr(b->a, b->c.tree->text));
    else if (got && !want)
        fail_msg("not refused: %s", got);
    else if (want)
        assert_string_equal(got, want);
    arena_close(b->a);
}

static void test_append_quotes_as_the_place_needs(void **state)
{
    static const struct {
        const char *text, *word, *tail, *want;
    } c[] = {
        {"FROM a\nRUN apt-get install curl\n", "curl", "=7.88.1",
         "FROM a\nRUN apt-get install curl=7.88.1\n"},
        {"FROM a\nRUN apt-get install curl\n", "curl", "=7.88.*",
         "FROM a\nRUN apt-get install \"curl=7.88.*\"\n"},
        {"FROM a\nRUN apk add curl && x\n", "curl", "=~8.1",
         "FROM a\nRUN apk add \"curl=~8.1\" && x\n"},
        {"FROM a\nRUN i \"curl\"\n", "\"curl\"", "=7.*", "FROM a\nRUN i \"curl=7.*\"\n"},
        {"FROM a\nRUN i 'curl'\n", "'curl'", "=7.*", "FROM a\nRUN i 'curl=7.*'\n"},
        {"FROM a\nRUN i cu'rl'\n", "cu'rl'", "=7.*", "FROM a\nRUN i cu'rl=7.*'\n"},
        {"FROM a\nRUN i c\\url\n", "c\\url", "=7.*", "FROM a\nRUN i c\\url\"=7.*\"\n"},
        {"FROM a\nRUN [\"i\", \"curl\"]\n", "\"curl\"", "=7.*",
         "FROM a\nRUN [\"i\", \"curl=7.*\"]\n"},
        {"FROM a\nARG P=curl\n", "curl", "=7.*", "FROM a\nARG P=curl=7.*\n"},
        {"FROM a\nRUN x `i curl`\n", "curl", "=7.*", NULL},
        {"FROM a\nRUN x `i curl`\n", "curl", "=7", "FROM a\nRUN x `i curl=7`\n"},
        {"FROM a\nRUN i curl\n", "curl", "=$(id)", "FROM a\nRUN i curl'=$(id)'\n"},
        {"FROM a\nRUN i curl\n", "curl", "\nUSER root", NULL},
        {"FROM a\n", "a", "; x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        setup(&b, c[i].text);
        struct fix *f = begin(&b);
        fix_append(f, find_word(&b, c[i].word), str_of(c[i].tail));
        expect(&b, f, c[i].want);
    }
}

static void test_delete_takes_its_line_and_keeps_comments(void **state)
{
    static const struct {
        const char *text, *word, *want;
    } c[] = {
        {"FROM a\nRUN i aa bb cc\n", "bb", "FROM a\nRUN i aa cc\n"},
        {"FROM a\nRUN i aa bb\n", "bb", "FROM a\nRUN i aa\n"},
        {"FROM a\nRUN i \\\n  aa \\\n  bb\n", "aa", "FROM a\nRUN i \\\n  bb\n"},
        {"FROM a\nRUN i \\\n  aa \\\n  bb\n", "bb", "FROM a\nRUN i \\\n  aa\n"},
        {"FROM a\nRUN i aa \\\n  # note\n  bb\nUSER x\n", "bb",
         "FROM a\nRUN i aa\n  # note\nUSER x\n"},
        {"FROM a\nRUN i aa \\\n  # note\n  bb", "bb", "FROM a\nRUN i aa\n  # note"},
        {"FROM a\r\nRUN i aa \\\r\n  bb\r\n", "bb", "FROM a\r\nRUN i aa\r\n"},
        {"FROM a\r\nRUN i aa \\\r\n  # n\r\n  bb\r\n", "bb", "FROM a\r\nRUN i aa\r\n  # n\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        setup(&b, c[i].text);
        struct fix *f = begin(&b);
        fix_delete(f, find_word(&b, c[i].word));
        expect(&b, f, c[i].want);
    }
}

/* The commands that start with the first word and end with the last go out, or the verb says why
 * not. */
static void test_commands_go_where_nothing_hangs_on_them(void **state)
{
    static const struct {
        const char *text, *first, *last, *want;
    } c[] = {
        {"FROM a\nRUN aa && bb && cc\n", "aa", "aa", "FROM a\nRUN bb && cc\n"},
        {"FROM a\nRUN aa && bb && cc\n", "bb", "bb", "FROM a\nRUN aa && cc\n"},
        {"FROM a\nRUN aa && bb && cc\n", "cc", "cc", "FROM a\nRUN aa && bb\n"},
        {"FROM a\nRUN aa && bb && cc\n", "aa", "bb", "FROM a\nRUN cc\n"},
        {"FROM a\nRUN aa && bb\nUSER b\n", "aa", "bb", "FROM a\nUSER b\n"},
        {"FROM a\nRUN aa\nUSER b\n", "aa", "aa", "FROM a\nUSER b\n"},
        {"FROM a\nRUN aa || bb\n", "aa", "aa", NULL},
        {"FROM a\nRUN aa || bb\n", "bb", "bb", NULL},
        {"FROM a\nRUN aa || bb && cc\n", "aa", "bb", NULL},
        {"FROM a\nRUN aa && bb || cc\n", "bb", "bb", "FROM a\nRUN aa || cc\n"},
        {"FROM a\nRUN aa; bb; cc\n", "bb", "bb", "FROM a\nRUN aa; cc\n"},
        {"FROM a\nRUN aa; bb\n", "aa", "aa", "FROM a\nRUN bb\n"},
        {"FROM a\nRUN aa; bb\n", "bb", "bb", NULL},
        {"FROM a\nRUN set -e; aa; bb\n", "bb", "bb", "FROM a\nRUN set -e; aa\n"},
        {"FROM a\nRUN set -eux; aa; bb\n", "bb", "bb", "FROM a\nRUN set -eux; aa\n"},
        {"FROM a\nRUN set -o errexit; aa; bb\n", "bb", "bb", "FROM a\nRUN set -o errexit; aa\n"},
        {"FROM a\nRUN set -x; aa; bb\n", "bb", "bb", NULL},
        {"FROM a\nRUN set -e && cd x; aa; bb\n", "bb", "bb", "FROM a\nRUN set -e && cd x; aa\n"},
        {"FROM a\nRUN { set -e; }; aa; bb\n", "bb", "bb", NULL},
        {"FROM a\nRUN aa & bb; cc\n", "bb", "bb", NULL},
        {"FROM a\nRUN aa & bb; cc\n", "aa", "aa", NULL},
        {"FROM a\nRUN if aa; then bb; fi\n", "bb", "bb", NULL},
        {"FROM a\nRUN aa | bb\n", "bb", "bb", NULL},
        {"FROM a\nRUN (aa)\n", "aa", "aa", NULL},
        {"FROM a\nRUN <<E\naa\nE\nUSER b\n", "aa", "aa", "FROM a\nUSER b\n"},
        {"FROM a\nRUN <<E\naa\nbb\nE\n", "aa", "aa", "FROM a\nRUN <<E\nbb\nE\n"},
        {"FROM a\nRUN <<E cat\naa\nE\n", "cat", "cat", NULL},
        {"FROM a\nRUN aa <<E && bb\nx\nE\n", "aa", "aa", NULL},
        {"FROM a\nRUN aa <<-E && bb\nx\nE\n", "aa", "aa", NULL},
        {"FROM a\nRUN aa && \\\n    bb && \\\n    cc\n", "bb", "bb",
         "FROM a\nRUN aa && \\\n    cc\n"},
        {"FROM a\nRUN aa \\\n    && bb \\\n    && cc\n", "bb", "bb",
         "FROM a\nRUN aa \\\n    && cc\n"},
        {"FROM a\nRUN aa \\\n    # why\n    && bb \\\n    && cc\n", "bb", "bb",
         "FROM a\nRUN aa \\\n    && cc\n"},
        {"FROM a\nRUN aa && \\\n    # why\n    bb && cc\n", "aa", "aa",
         "FROM a\nRUN \\\n    # why\n    bb && cc\n"},
        {"FROM a\nRUN aa \\\n", "aa", "aa", NULL},
        {"\xef\xbb\xbf"
         "FROM a\nRUN aa && bb",
         "bb", "bb",
         "\xef\xbb\xbf"
         "FROM a\nRUN aa"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        setup(&b, c[i].text);
        struct fix *f = begin(&b);
        fix_delete_commands(f, node_up(b.c.tree, find_word(&b, c[i].first), NODE_COMMAND),
                            node_up(b.c.tree, find_word(&b, c[i].last), NODE_COMMAND));
        expect(&b, f, c[i].want);
    }
}

static void test_lines_go_around_instructions(void **state)
{
    static const struct {
        const char *text, *at, *before, *after;
    } c[] = {
        {"FROM a\nCMD x\n", "CMD x", "FROM a\nUSER 1\nCMD x\n", "FROM a\nCMD x\nUSER 1\n"},
        {"FROM a\nCMD x", "CMD x", "FROM a\nUSER 1\nCMD x", "FROM a\nCMD x\nUSER 1"},
        {"FROM a\r\nCMD x\r\n", "CMD x", "FROM a\r\nUSER 1\r\nCMD x\r\n",
         "FROM a\r\nCMD x\r\nUSER 1\r\n"},
        {"FROM a\n\n# why\n# how\nCMD x\n", "CMD x", "FROM a\n\nUSER 1\n# why\n# how\nCMD x\n",
         "FROM a\n\n# why\n# how\nCMD x\nUSER 1\n"},
        {"FROM a\n  CMD x  \n", "CMD x", "FROM a\n  USER 1\n  CMD x  \n",
         "FROM a\n  CMD x  \n  USER 1\n"},
        {"FROM a\nCMD x \\\n", "CMD x", "FROM a\nUSER 1\nCMD x \\\n", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        setup(&b, c[i].text);
        struct fix *f = begin(&b);
        node_id n = 0;
        for (node_id k = node_first(b.c.tree, 0); k; k = node_sibling(b.c.tree, k))
            n = k;
        fix_line_before(f, n, S("USER 1"));
        expect(&b, f, c[i].before);
        setup(&b, c[i].text);
        f = begin(&b);
        fix_line_after(f, n, S("USER 1"));
        expect(&b, f, c[i].after);
    }
    struct bench b;
    setup(&b, "FROM a\nRUN x # why\n");
    struct fix *g = begin(&b);
    fix_line_after(g, node_sibling(b.c.tree, node_first(b.c.tree, 0)), S("USER 1"));
    expect(&b, g, "FROM a\nRUN x # why\nUSER 1\n");
    setup(&b, "FROM a\nRUN <<E\nx\nE\nCMD y\n");
    struct fix *f = begin(&b);
    fix_line_after(f, node_sibling(b.c.tree, node_first(b.c.tree, 0)), S("USER 1"));
    expect(&b, f, "FROM a\nRUN <<E\nx\nE\nUSER 1\nCMD y\n");
    /* A heredoc that never ends would take the line in. */
    setup(&b, "FROM a\nRUN <<E\nx\n");
    f = begin(&b);
    fix_line_after(f, node_sibling(b.c.tree, node_first(b.c.tree, 0)), S("USER 1"));
    assert_non_null(f->refused);
    arena_close(b.a);
}

/* Raw changes that no fixer should make: the guard refuses each. */
static void test_guard_refuses_what_breaks_a_file(void **state)
{
    static const struct {
        const char *text, *at, *code;
        const char *why;
    } c[] = {
        {"FROM a\nRUN x \"y\" z\n", "\"y\"", "\"y", "the result would not parse"},
        {"FROM a\nRUN x y && z\n", "y", "y #", NULL},
        {"FROM a\nRUN x y\nCMD z\n", "y", "y \\", NULL},
        {"FROM a\nRUN x y\nCMD z\n", "y", "y\nUSER root", "an instruction would be added"},
        {"FROM a\nRUN x \\\n # note\n y\n", "RUN x \\\n # note\n y", "RUN x y",
         "a comment would be lost"},
        {"FROM a\nRUN x y\nCMD z\n", "CMD z", "RUN z",
         "an instruction would turn into another one"},
        {"FROM a\nRUN x y\nCMD z\n", "CMD z", "", "an instruction would be lost"},
        {"FROM a\nCOPY <<E /x\ndata\nE\n", "COPY <<E /x\ndata\nE", "COPY <<E /x\nother\nE",
         "the fix would change data that it does not name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        const char *why;
        setup(&b, c[i].text);
        struct fix *f = begin(&b);
        fix_replace_code(f, find(&b, c[i].at), str_of(c[i].code));
        assert_null(result(&b, f, &why));
        assert_non_null(why);
        if (c[i].why)
            assert_string_equal(why, c[i].why);
        arena_close(b.a);
    }
}

/* What a fix declares to do with an instruction it may do, and nothing else. */
static void test_guard_lets_declared_instructions_change(void **state)
{
    static const struct {
        const char *code, *want;
    } c[] = {
        {"LABEL maintainer=me", "FROM a\nLABEL maintainer=me\nCMD x\n"},
        {"LABEL a=1\nLABEL b=2", NULL},
        {"RUN <<E", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct bench b;
        setup(&b, "FROM a\nMAINTAINER me\nCMD x\n");
        struct fix *f = begin(&b);
        node_id n = node_sibling(b.c.tree, node_first(b.c.tree, 0));
        fix_declares(f, n);
        fix_replace_code(f, n, str_of(c[i].code));
        expect(&b, f, c[i].want);
    }
}

/* ENV A a b with a new spelling of its value, which the guard compares. */
static bool is_same_value(const char *old, const char *value)
{
    struct bench b;
    const char *why;

    setup(&b, old);
    node_id word = find_word(&b, strstr(old, "ENV A ") + sizeof("ENV A ") - 1),
            pair = node_up(b.c.tree, word, NODE_PAIR);
    struct fix *f = begin(&b);
    fix_respells(f, b.c.tree->node[pair].parent);
    fix_replace_code(f, pair, str_fmt(b.a, "A=%s", value));
    bool same = result(&b, f, &why);
    assert_true(same || !strcmp(why, "a value would change"));
    assert_int_equal(f->safety, SAFE);
    arena_close(b.a);
    return same;
}

static void test_guard_compares_what_is_spelled_anew(void **state)
{
    (void)state;
    assert_true(is_same_value("FROM a\nENV A b c", "\"b c\""));
    assert_true(is_same_value("FROM a\nENV A b c", "b\\ c"));
    assert_true(is_same_value("FROM a\nENV A $b\"c\"", "\"$b\"c"));
    assert_true(is_same_value("FROM a\nENV A ${b:-x} 'c'", "\"${b:-x} c\""));
    assert_false(is_same_value("FROM a\nENV A b c", "\"b  c\""));
    assert_false(is_same_value("FROM a\nENV A $b\"c\"", "\"$bc\""));
    assert_false(is_same_value("FROM a\nENV A '$b' c", "\"$b c\""));
    assert_false(is_same_value("FROM a\nENV A $b c", "'$b c'"));
    assert_false(is_same_value("FROM a\nENV A ${b:-x} c", "\"${b-x} c\""));
    assert_false(is_same_value("FROM a\nENV A b c", "b D=c"));
}

static void test_guard_lets_plain_edits_pass(void **state)
{
    struct bench b;
    (void)state;
    setup(&b, "# c\nFROM a:1 # not a comment\nRUN x \\\n # note\n y && z\n");
    struct fix *f = begin(&b);
    fix_replace(f, find_word(&b, "a:1"), S("b/a:1"));
    expect(&b, f, "# c\nFROM b/a:1 # not a comment\nRUN x \\\n # note\n y && z\n");
}

static void test_suppressions_need_a_rule_and_a_reason(void **state)
{
    static const struct {
        const char *comment;
        const char *fault; /* how it begins; NULL: it works */
    } c[] = {
        {"# dfix ignore=pin-apt because the mirror is frozen", NULL},
        {"# dfix ignore=DL3008 because x", NULL},
        {"#dfix ignore=pin-apk,pin-apt because x", NULL},
        {"#\tdfix\tignore=pin-apt\tbecause\tx", NULL},
        {"# dfix ignore=pin-apt until=2030-01-01 because x", NULL},
        {"# dfix ignore=pin-apt until=2028-02-29 because x", NULL},
        {"# dfix ignore=pin-apt until=2026-01-01 because x", NULL},
        {"# dfix ignore=pin-apt until=2025-12-31 because x", "has expired"},
        {"# dfix ignore=pin-apt until=soon because x", "has an until= that is not a date"},
        {"# dfix ignore=pin-apt until=2027-02-29 because x", "has an until= that is not a date"},
        {"# dfix ignore=pin-apt because x until=2030-01-01", "has until= in its reason"},
        {"# dfix ignore=pin-apt", "gives no reason"},
        {"# dfix ignore=pin-apt until=2030-01-01", "gives no reason"},
        {"# dfix ignore=pin-apt because", "gives no reason"},
        {"# dfix ignore=pin-apt, pin-apk because x", "is not understood; write `# dfix ignore="},
        {"# dfix ignore=pin-apt as the mirror is frozen", "is not understood"},
        {"# dfix ignore=no-such-rule because x", "names an unknown rule ("},
        {"# dfix ignore=pin-atp because x",
         "names an unknown rule, pin-atp; did you mean pin-apt?"},
        {"# dfix ignore= because x", "names no rule"},
        {"# dfix ignore pin-apt because x", "is not understood"},
        {"# dfix: ignore=pin-apt because x", "is not understood"},
        {"# DFIX ignore=pin-apt because x", "is not understood"},
        {"# dfix disable=pin-apt", "is not understood"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct arena *a = arena_open();
        struct str text = str_fmt(a, "FROM a\n%s\nRUN x\nRUN y\n", c[i].comment);
        struct tree *t = tree_parse(a, text);
        struct suppressions s = suppressions_of(a, t, &dfix_rules, S("2026-01-01"));
        node_id run = node_sibling(t, node_first(t, 0));
        assert_int_equal(s.n, 1);
        if (c[i].fault && !str_starts(str_of(s.v[0].fault), str_of(c[i].fault)))
            fail_msg("%s: %s", c[i].comment, s.v[0].fault ? s.v[0].fault : "works");
        struct image image = {.tree = t};
        struct settings none = {.today = S("")};
        struct fix fix = {.fixer = dfix_fixer(S("pin-apt")), .at = run};
        assert_int_equal(suppression_for(&s, &image, &none, &fix, S("")) != NULL, !c[i].fault);
        fix.at = node_sibling(t, run);
        assert_null(suppression_for(&s, &image, &none, &fix, S("")));
        fix = (struct fix){.fixer = dfix_fixer(S("trusted-from")), .at = run};
        assert_null(suppression_for(&s, &image, &none, &fix, S("")));
        arena_close(a);
    }
}

static void test_other_comments_suppress_nothing(void **state)
{
    static const char *const c[] = {"# dfix is run in CI",       "# dfixignore=pin-apt because x",
                                    "# see dfix ignore=pin-apt", "# hadolint shell=bash",
                                    "# hadolint says DL3008",    "# ignore=DL3008"};
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct arena *a = arena_open();
        struct tree *t = tree_parse(a, str_fmt(a, "FROM a\n%s\nRUN x\n", c[i]));
        assert_int_equal(suppressions_of(a, t, &dfix_rules, S("")).n, 0);
        arena_close(a);
    }
}

/* Which instruction a comment is about: N of "FROM RUN CMD", 0 none. */
static void test_suppressions_belong_to_an_instruction(void **state)
{
#define IGNORE "# dfix ignore=pin-apt because x\n"
    static const struct {
        const char *text;
        unsigned at;
    } c[] = {
        {IGNORE "FROM a\nRUN x\nCMD y\n", 1},
        {IGNORE "# syntax=x\nFROM a\nRUN x\nCMD y\n", 1},
        {"# syntax=x\n" IGNORE "# escape=`\nFROM a\nRUN x\nCMD y\n", 1},
        {"FROM a\n" IGNORE "RUN x\nCMD y\n", 2},
        {"FROM a\n  " IGNORE "\n# more\n\nONBUILD RUN x\nCMD y\n", 2},
        {"FROM a\nRUN x \\\n  " IGNORE "  y\nCMD y\n", 2},
        {"FROM a\nRUN x " IGNORE "CMD y\n", 2},
        {"FROM a\nRUN x \\\n && y " IGNORE "CMD y\n", 2},
        {"FROM a\nRUN <<E\n" IGNORE "x\nE\nCMD y\n", 2},
        {"FROM a\nRUN x\nCMD y\n" IGNORE, 0},
        {"FROM a\nRUN x\nRUN y " IGNORE, 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
        struct arena *a = arena_open();
        struct tree *t = tree_parse(a, str_of(c[i].text));
        struct suppressions s = suppressions_of(a, t, &dfix_rules, S(""));
        unsigned at = 0, found = 0;
        assert_int_equal(s.n, 1);
        for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
            if (node_kind(t, n) == NODE_INSTRUCTION && ++at && n == s.v[0].instruction)
                found = at;
        if (found != c[i].at)
            fail_msg("%s: belongs to instruction %u, not %u", c[i].text, found, c[i].at);
        assert_int_equal(s.v[0].fault != NULL, c[i].at == 0);
        arena_close(a);
    }
#undef IGNORE
}

static enum answer count_base(void *self, const struct question *q, struct reply *out)
{
    unsigned *asked = self;
    if (q->kind != ASK_BASE)
        return ANSWER_UNAVAILABLE;
    (*asked)++;
    out->base.why = S("not here");
    return ANSWER_UNAVAILABLE;
}

/* What is in images costs their layers. */
static void bases_are_asked_for_by_rules_that_read_them(void **state)
{
    (void)state;
    static const struct {
        const char *rule;
        unsigned asked;
    } c[] = {{"trusted-from", 0}, {"pin-digest", 0}, {"user-switch", 1}, {"pin-apt", 1}};
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct arena *a = arena_open();
        unsigned asked = 0;
        struct str rule = str_of(c[i].rule);
        const struct settings s = {.select = &rule, .nselect = 1, .today = S("2026-01-01")};
        const struct lookup l = {.self = &asked, .ask = count_base};
        dfix_check(a, S("FROM registry.example/x:1\nRUN apt-get install -y curl\n"), &dfix_rules,
                   &s, &l);
        if (asked != c[i].asked)
            fail_msg("%s: asked %u times", c[i].rule, asked);
        arena_close(a);
    }
}

/* What is said of the last line stands, though a line is put in after it. */
static void test_last_line_keeps_what_is_said_of_it(void **state)
{
    (void)state;
    static const char text[] =
        "FROM debian:bookworm\nCMD [\"/app\"]\nRUN apt-get install -y curl\n";
    struct arena *a = arena_open();
    const struct settings s = {.unsafe = true, .today = S("2026-01-01")};
    for (size_t less = 0; less < 2; less++) {
        struct result r =
            dfix_fix(a, str_sub(str_of(text), 0, sizeof text - 1 - less), &dfix_rules, &s, NULL);
        unsigned said = 0;
        for (size_t i = 0; i < r.nfinding; i++)
            said += r.finding[i].skip && strcmp(r.finding[i].rule, "pin-apt") == 0;
        assert_true(r.edits.n > 0);
        assert_int_equal(said, 1);
    }
    arena_close(a);
}

struct depths {
    unsigned config, layers;
};

static enum answer count_depths(void *self, const struct question *q, struct reply *out)
{
    struct depths *d = self;
    if (q->kind != ASK_BASE)
        return ANSWER_UNAVAILABLE;
    (*(q->depth == BASE_BY_LAYERS ? &d->layers : &d->config))++;
    out->base.why = S("not here");
    return ANSWER_UNAVAILABLE;
}

/* ... so they are asked for only where packages are installed, or the tables do not do. */
static void layers_are_asked_for_where_needed(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct depths want;
    } c[] = {
        {"FROM node:20-bookworm\nRUN npm ci\n", {1, 0}},
        {"FROM node:20-bookworm\nRUN apt-get install -y curl\n", {0, 1}},
        {"FROM node:20-bookworm AS a\nRUN npm ci\nFROM a\nRUN <<E\napt-get update\nE\n", {0, 1}},
        {"FROM node:20-bookworm AS a\nRUN npm ci\nFROM alpine:3.20\nRUN apk add curl\n", {1, 1}},
        {"ARG pm=apt-get\nFROM node:20-bookworm\nRUN $pm install -y curl\n", {0, 1}},
        {"FROM node:20\nRUN npm ci\n", {1, 0}},     /* on a release that lives */
        {"FROM node:8\nRUN npm ci\n", {0, 1}},      /* on one that does not, say the tables */
        {"FROM registry.example/x:1\n", {0, 1}},    /* not known */
        {"FROM fedora:40\nRUN dnf -y x\n", {1, 0}}, /* known to have nothing that counts */
    };
    for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
        struct arena *a = arena_open();
        struct depths asked = {0, 0};
        struct str rule = S("user-switch");
        const struct settings s = {.select = &rule, .nselect = 1, .today = S("2026-01-01")};
        const struct lookup l = {.self = &asked, .ask = count_depths};
        dfix_check(a, str_of(c[i].text), &dfix_rules, &s, &l);
        if (asked.config != c[i].want.config || asked.layers != c[i].want.layers)
            fail_msg("%s: asked %u, %u", c[i].text, asked.config, asked.layers);
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_are_asked_for_by_rules_that_read_them),
        cmocka_unit_test(layers_are_asked_for_where_needed),
        cmocka_unit_test(test_last_line_keeps_what_is_said_of_it),
        cmocka_unit_test(test_append_quotes_as_the_place_needs),
        cmocka_unit_test(test_delete_takes_its_line_and_keeps_comments),
        cmocka_unit_test(test_commands_go_where_nothing_hangs_on_them),
        cmocka_unit_test(test_lines_go_around_instructions),
        cmocka_unit_test(test_guard_refuses_what_breaks_a_file),
        cmocka_unit_test(test_guard_lets_declared_instructions_change),
        cmocka_unit_test(test_guard_lets_plain_edits_pass),
        cmocka_unit_test(test_guard_compares_what_is_spelled_anew),
        cmocka_unit_test(test_suppressions_need_a_rule_and_a_reason),
        cmocka_unit_test(test_other_comments_suppress_nothing),
        cmocka_unit_test(test_suppressions_belong_to_an_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
