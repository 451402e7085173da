/* values_test.c - what is known of a variable, and where: never more than is so in every build,
 * on every way through the shell's text. */
#include "cmocka_all.h"
#include "dfix/image.h"

#include <string.h>

/* Known: the text. Otherwise ? for what is not known. A value that a build argument may change
 * ends in ~. */
static void show(struct buf *out, const struct value *v)
{
    bool argument = false;
    for (size_t i = 0; i < v->npiece; i++) {
        buf_add(out, v->piece[i].known ? v->piece[i].text : S("?"));
        argument |= v->piece[i].default_;
    }
    if (v->certainty != VALUE_KNOWN && !v->npiece)
        buf_char(out, '?');
    if (argument)
        buf_char(out, '~');
}

/* The arguments of each command P, and the word of each USER. */
static struct str shown(struct arena *a, struct str text)
{
    static const struct lookup nothing = {0};
    static const struct image_settings settings = {0};
    const struct tree *t = tree_parse(a, text);
    const struct image *im = image_of(a, t, &nothing, &settings);
    struct buf out = {.arena = a};

    for (node_id n = 1; n < t->nnode; n++) {
        node_id word = node_next(t, n, 0, NODE_WORD);
        const char *before = out.n ? "; " : "";
        if (node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_USER) {
            struct value v = image_value(im, a, word);
            buf_add(&out, str_of(before));
            show(&out, &v);
        }
        if (node_kind(t, n) != NODE_COMMAND || !word || !str_eq(node_text(t, word), S("P")))
            continue;
        const struct field *f;
        size_t count = image_fields(im, a, n, &f);
        for (size_t i = 1; i < count; i++, before = " ") {
            buf_add(&out, str_of(before));
            show(&out, &f[i].value);
        }
    }
    return buf_str(&out);
}

struct example {
    const char *text, *shown;
};

static void check(const struct example *e, size_t n, const char *head)
{
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct str got = shown(a, str_fmt(a, "%s%s", head, e[i].text));
        if (!str_eq(got, str_of(e[i].shown)))
            fail_msg("%s: " STR_FMT ", not %s", e[i].text, STR_ARG(got), e[i].shown);
        arena_close(a);
    }
}
#define CHECK(table, head) check(table, sizeof(table) / sizeof(*(table)), head)

static void definitions_reach(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"ENV A=1\nUSER $A", "1"},
        {"ENV A=1 B=$A\nUSER ${B}", "?"}, /* the A before the instruction, of the base image */
        {"ENV A=1\nENV A=2 B=$A\nUSER $A$B", "21"},
        {"ENV A 1 2\nUSER $A", "1 2"},
        {"ENV A=\nUSER x$A", "x"},
        {"ARG A=1\nUSER $A", "1~"},
        {"ARG A\nUSER $A", "?"},
        {"ARG A=1 B=2\nUSER $A$B", "12~"},
        {"ARG A=1\nENV A=2\nUSER $A", "2"},
        {"ENV A=2\nARG A=1\nUSER $A", "?"}, /* builders differ */
        {"ENV A=2\nARG A=1\nENV A=3\nUSER $A", "3"},
        {"ENV A=2\nARG A=1\nARG A\nUSER $A", "?"},
        {"ENV A=2\nARG A\nUSER $A", "2~"},
        {"ARG A=1\nARG A\nUSER $A", "?"},
        {"USER $A\nENV A=1", "?"},
        {"ENV A=1\nFROM y\nUSER $A", "?"},
        {"ENV A=1\nUSER '$A'\\$A\"$A\"", "$A$A1"},
        {"ENV A=1\nRUN P $A '$A' \"$A\" \\$A", "1 $A 1 $A"},
        {"ENV A=\"b c\"\nRUN P $A \"$A\"", "b c b c"},
        {"ENV PWD=/a IFS=b\nRUN P $PWD $IFS", "? ?"},
        {"ENV A=1\nRUN [\"P\", \"$A\"]", ""},
    };
    CHECK(table, "FROM x AS x\n");
}

static void definitions_cross_stages(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"ARG A=1\nFROM x\nUSER $A", "?"},
        {"ARG A=1\nFROM x\nARG A\nUSER $A", "1~"},
        {"ARG A=1\nFROM x\nARG A=2\nUSER $A", "2~"},
        {"ARG A=1\nARG B=$A-2\nFROM x\nARG B\nUSER $B", "1-2~"},
        {"FROM x AS a\nENV A=1\nFROM a\nUSER $A", "1"},
        {"FROM x AS a\nENV A=1\nFROM A AS b\nFROM b\nUSER $A", "1"},
        {"FROM x AS a\nARG A=1\nFROM a\nUSER $A", "1~"}, /* inherited with the stage */
        {"FROM x AS a\nARG A=1\nFROM y\nUSER $A", "?"},
        {"FROM x AS a\nENV A=1\nARG A=2\nFROM a\nUSER $A", "?"},
        {"ARG A=2\nFROM x\nENV A=1\nARG A\nUSER $A", "?"},
        {"FROM x AS a\nENV A=1\nFROM a\nENV A=$A-2\nUSER $A", "1-2"},
        {"FROM x\nARG TARGETARCH\nUSER $TARGETARCH", "?"},
        {"FROM x\nUSER $TARGETARCH$HTTP_PROXY", "??"},
    };
    CHECK(table, "");
}

/* As the builder does it. */
static void operators_apply(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"USER ${A:-d}${A-e}", "11"},
        {"USER ${E:-d}${E-e}", "d"},
        {"USER ${A:+d}${A+e}", "de"},
        {"USER x${E:+d}", "x"},
        {"USER ${E+e}", "e"},
        {"USER ${U:-d}", "?"}, /* the base image may have it */
        {"USER ${U:+d}", "?"},
        {"USER ${A:?d}${E?d}", "1"},
        {"USER ${E:?d}", "?"},
        {"USER ${E:-$A}${E:-\"$A b\"}", "11 b"},
        {"USER ${V#1.}", "2.3"},
        {"USER ${V#*.} ${V##*.}", "2.3 3"},
        {"USER ${V%.*} ${V%%.*}", "1.2 1"},
        {"USER ${V%x}${V#?}", "1.2.3.2.3"},
        {"USER ${V/./-} ${V//./-}", "1-2.3 1-2-3"},
        {"USER ${V//.*/}", "1"},
        {"USER ${V#[0-9]}", "?"},
        {"USER ${V%$A}", "?"},
        {"RUN P ${A:-d} ${E:-d} ${E-d}x", "1 d x"},
        {"RUN P ${V%.*} ${V##*.} \"${V%%.*}\"", "1.2 3 1"},
        {"RUN P ${V/./-} ${#V}", "? ?"},
        {"RUN P ${E:=d} $E", "d ?"},
    };
    CHECK(table, "FROM x\nENV A=1 E= V=1.2.3\n");
}

static void operators_apply_to_arguments(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"ARG A\nARG B=${A:-d}\nFROM x\nARG B\nUSER $B", "d~"},
        {"ARG B=${A:-d}\nFROM x\nARG B\nUSER $B", "d~"},
        {"ARG A=1\nARG B=${A:+d}\nFROM x\nARG B\nUSER $B", "d~"},
        {"ARG A\nARG B=${A:+d}\nFROM x\nARG B\nUSER $B", "?~"},
        {"ARG A=12.4\nFROM x\nARG A\nENV B=${A%.*}\nUSER $B", "12~"},
    };
    CHECK(table, "");
}

/* Assignments of the instruction itself. */
static void assignments_reach(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"a=1; P $a", "1"},
        {"a=1 && b && P $a", "1"},
        {"a=1; a=2; P $a", "2"},
        {"a=1; P $a; a=2", "1"},
        {"b && a=1 \\\n\n# c \\\n# d\n && P $a", "1"},
        {"a= ; P x$a", "x"},
        {"a=\"b c\"; P $a \"$a\" x$a", "b c b c ?"},
        {"a=1 b=$a; P $b", "1"},
        {"b=`P \\\\\\$x \\\\y`", "$x y"},
        {"a=$(c); P $a", "?"},
        {"a=1$(c); P x$a", "x1?"},
        {"a=1; a=$a.2; P $a", "1.2"},
        {"a=1; (P $a); { P $a; }; x | P $a; b=$(P $a)", "1; 1; 1; 1"},
        {"export a=1; P $a", "1"},
        {"export a=1 b='2 3' && P $a \"$b\"", "1 2 3"},
        {"a=1; export a; P $a", "1"},
        {"readonly a=1; declare -x b=2; P $a $b", "1 2"},
        {"set -eux; a=1; P $a", "1"},
        {"set -e && a=1; P $a", "1"},
        {"A=3 b; P $A", "2"}, /* for that command alone */
        {"A=3 P $A", "2"},
        {"A=3; P $A", "3"},
        {"(A=3); P $A", "2"},
        {"A=3 | b; P $A", "2"},
        {"A=3 & P $A", "2"},
        {"a=$(A=3; b); P $A", "2"},
        {"{ A=3; }; P $A", "3"},
        {"if A=3; then P $A; fi", "3"},
        {"b && A=3 && P $A", "3"},
        {"if b; then A=3; P $A; fi", "3"},
        {"for i in 1; do A=3; P $A; done", "3"},
        {"f() { A=3; P $A; }; f", "3"},
        {"f() { P $A; }; f", "2"},
        {"A=3; f() { P $A; }; f", "3"},
        {"while b; do P $A; done; A=3", "2"},
        {"a=; P ${a:-$A} ${A%2}x", "2 x"},
    };
    CHECK(table, "FROM x\nENV A=2\nRUN ");
}

static void assignments_are_not_guessed(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"b && A=3; P $A", "?"},
        {"b || A=3; P $A", "?"},
        {"b || A=3 && P $A", "?"},
        {"A=3 || b && P $A", "3"},
        {"b && A=3 || P $A", "?"},
        {"! b && A=3; P $A", "?"},
        {"if b; then A=3; fi; P $A", "?"},
        {"if b; then A=3; else P $A; fi", "?"},
        {"case b in c) A=3;; esac; P $A", "?"},
        {"while b; do A=3; done; P $A", "?"},
        {"while b; do P $A; A=3; done", "?"},
        {"for A in 3; do b; done; P $A", "?"},
        {"for A in 3 4; do P x$A; done", "x?"},
        {"f() { A=3; }; f; P $A", "?"},
        {"f() { P $A; }; A=3; f; A=4; f", "?"},
        {"f() { P $A; }; A=3 f", "?"},
        {"f() { local A; P $A; }; f", "?"},
        {"read A; P $A", "?"},
        {"read -r b A; P $A", "?"},
        {"b | while read A; do P $A; done", "?"},
        {"unset A; P $A", "?"},
        {"A=3; unset A; P $A", "?"},
        {". ./env; P $A", "?"},
        {"source env && P $A", "?"},
        {"eval \"$b\"; P $A", "?"},
        {"export $(b); P $A", "?"},
        {"export \"A=$b\"; P $A", "?"},
        {"printf -v A 3; P $A", "?"},
        {"A+=3; P $A", "?"},
        {"A[1]=3; P $A", "?"},
        {"A=(3); P $A", "?"},
        {": ${A:=3}; P $A", "?"},
        {": $((A = 3)); P $A", "?"},
        {"getopts a A; P $A", "?"},
        {"declare -i A=3+1; P $A", "?"},
        {"A=3 b=$A c; P $b", "?"},
        {"A=3 : $b; P $A", "?"},
        {"A=3 $b; P $A", "?"},
        {"a='b c'; export d=$a; P \"$d\"", "?"},
        {"IFS=,; P $A", "?"},
        {"P $1 $@ $? $$", "? ? ? ?"},
    };
    CHECK(table, "FROM x\nENV A=2\nRUN ");
}

static void lists_are_followed(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"for p in a b; do P $p \"$p\"; done", "a b a b"},
        {"for p in a $A; do P $p; done", "a 2"},
        {"for p in $A; do for p in c; do P $p; done; done", "c"},
        {"for p in a; do p=b; P $p; done", "b"},
        {"for p in a; do read p; P $p; done", "?"},
        {"for p in a; do P $p; export p=b; done", "?"},
        {"for p in a b; do :; done; P $p", "?"},
        {"for p in $p; do :; done", ""},
        {"for A in $(P $A); do :; done", "2"},
        {"set -- a b; P $@", "a b"},
        {"set -e; set -- a b; P \"$@\"", "a b"},
        {"set a b; P $*", "a b"},
        {"set -o pipefail; set -- a; P $@", "a"},
        {"set -- a; shift; P $@", "?"},
        {"set -- a; set -- b; P $@", "b"},
        {"set -- a; b && set -- c; P $@", "?"},
        {"set -- a; . b; P $@", "?"},
        {"(set -- a); P $@", "?"},
        {"set -- a; (set -- b; P $@)", "b"},
        {"set -- a; f() { P $@; }; f", "?"},
        {"set -- a; while b; do P $@; shift; done", "?"},
    };
    CHECK(table, "FROM x\nENV A=2\nRUN ");
}

static void heredocs_are_shells_of_their_own(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN <<E\nb=3\nP $A $b\nE\n", "2 3"},
        {"RUN bash <<'E'\nb=3\nP $A $b\nE\n", "2 3"},
        {"RUN bash <<E\nb=3\nP $A $b\nE\n", "2 ?"}, /* $b is the outer shell's */
        {"RUN A=3; bash <<'E'\nP $A\nE\n", "?"},
        {"RUN bash <<'E'; P $A\nA=3\nE\n", "2"},
        {"SHELL [\"/bin/bash\", \"-c\"]\nRUN P a{b,c} x{1..3} {d} \"{e,f}\"", "? ? {d} {e,f}"},
        {"RUN P a{b,c}", "a{b,c}"},
    };
    CHECK(table, "FROM x\nENV A=2\n");
}

/* Each variable twice the one before: the work stays bounded. */
static void doubling_is_bounded(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf text = {.arena = a};
    buf_add(&text, S("FROM x\nENV A0=1\n"));
    for (unsigned i = 1; i < 40; i++)
        buf_fmt(&text, "ENV A%u=$A%u$A%u\n", i, i - 1, i - 1);
    buf_add(&text, S("USER $A3$A39\n"));
    struct str got = shown(a, buf_str(&text));
    assert_true(str_starts(got, S("11111111")));
    assert_true(str_chr(got, '?') != STR_NONE && got.n < 4096);
    arena_close(a);
}

/* A list as long as the text, read as often as it is long: what it gives stays bounded, and what
 * is not known any more is said to be so. */
static void lists_times_reads_are_bounded(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf text = {.arena = a};
    buf_add(&text, S("FROM x\nRUN set --"));
    for (unsigned i = 0; i < 500; i++)
        buf_add(&text, S(" p"));
    for (unsigned i = 0; i < 500; i++)
        buf_add(&text, S("; P \"$@\""));
    struct str got = shown(a, buf_str(&text));
    assert_true(str_starts(got, S("p p p p")));
    assert_true(str_ends(got, S("?; ?; ?")));
    assert_true(got.n < (size_t)16 * 1024);
    arena_close(a);
}

/* Many reads in one huge instruction, and many writers of one variable: what is known of the first
 * is known at its end, and nothing of the second. */
static void huge_instructions_are_looked_through(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct buf text = {.arena = a};
    buf_add(&text, S("FROM x\nENV A=1\nRUN B=2"));
    for (unsigned i = 0; i < 20000; i++)
        buf_add(&text, S("; c $B $A"));
    buf_add(&text, S("; P $A $B\nRUN B=2"));
    for (unsigned i = 0; i < 2000; i++)
        buf_add(&text, S("; B=2"));
    buf_add(&text, S("; P $A $B\nUSER $A\n"));
    struct str got = shown(a, buf_str(&text));
    assert_true(str_eq(got, S("1 2; 1 ?; 1")));
    arena_close(a);
}

/* Names that other words hold are not meant; those that an option's letters stand before are. */
static void names_are_told_apart(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"RUN A=3; read BA; P \"$A\"", "3"},
        {"RUN A=3; read -rA; P \"$A\"", "?"},
        {"RUN A=3; read -p x A; P \"$A\"", "?"},
        {"RUN A=3; read $B; P \"$A\"", "?"},
        {"RUN A=3; unset \"$B\"; P \"$A\"", "?"},
        {"RUN A=3; printf '$A' $B; P \"$A\"", "3"},
        {"RUN A=3; printf -v \"$B\" x; P \"$A\"", "?"},
        {"RUN A=3; [ -e A ]; P \"$A\"", "3"},
        {"RUN A=3; export A=4 A=5; P \"$A\"", "5"},
        {"RUN A=3; export $B A=5; P \"$A\"", "5"},
        {"RUN A=3; export A=5 $B; P \"$A\"", "?"},
        {"RUN A=3; B=$((BA=1)); P \"$A\"", "3"},
        {"RUN A=3; B=$((1 + $((A=1)))); P \"$A\"", "?"},
        {"RUN false && A=3 && true && P \"$A\"", "3"},
        {"RUN false && A=3 || true && P \"$A\"", "?"},
        {"RUN export A=3 && true || P \"$A\"", "3"},
    };
    CHECK(table, "FROM x\nENV A=2\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_reach),
        cmocka_unit_test(definitions_cross_stages),
        cmocka_unit_test(operators_apply),
        cmocka_unit_test(operators_apply_to_arguments),
        cmocka_unit_test(assignments_reach),
        cmocka_unit_test(assignments_are_not_guessed),
        cmocka_unit_test(lists_are_followed),
        cmocka_unit_test(heredocs_are_shells_of_their_own),
        cmocka_unit_test(doubling_is_bounded),
        cmocka_unit_test(lists_times_reads_are_bounded),
        cmocka_unit_test(huge_instructions_are_looked_through),
        cmocka_unit_test(names_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
