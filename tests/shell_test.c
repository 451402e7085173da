/* shell_test.c - the shell grammar: what it reads, what it refuses, what it bounds. */
#include "check_tree.h"
#include "cmocka_all.h"
#include "dfix/syntax.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[NODE_KINDS] = {
    [NODE_FILE] = "file",         [NODE_NAME] = "name",
    [NODE_WORD] = "word",         [NODE_HEREDOC] = "heredoc",
    [NODE_DATA] = "data",         [NODE_SHELL] = "sh",
    [NODE_LIST] = "list",         [NODE_ANDOR] = "andor",
    [NODE_PIPELINE] = "pipe",     [NODE_COMMAND] = "cmd",
    [NODE_ASSIGN] = "assign",     [NODE_ARRAY] = "array",
    [NODE_REDIRECT] = "redirect", [NODE_SUBSHELL] = "subshell",
    [NODE_GROUP] = "group",       [NODE_IF] = "if",
    [NODE_LOOP] = "loop",         [NODE_FOR] = "for",
    [NODE_CASE] = "case",         [NODE_CASE_ITEM] = "item",
    [NODE_FUNCTION] = "function", [NODE_TEST] = "test",
    [NODE_ARITH] = "arith",       [NODE_SINGLE] = "single",
    [NODE_ANSI] = "ansi",         [NODE_DOUBLE] = "double",
    [NODE_PARAM] = "param",       [NODE_SUBST] = "subst",
    [NODE_PROCESS] = "process",   [NODE_ERROR] = "error",
};

/* A word of plain text and a name: itself. Others: kind.op+flags(children). */
static void show(struct buf *out, const struct tree *t, node_id n)
{
    const struct node *d = &t->node[n];
    bool leaf = node_first(t, n) == 0;
    if (leaf && (d->kind == NODE_WORD || d->kind == NODE_NAME)) {
        buf_add(out, node_text(t, n));
        return;
    }
    buf_fmt(out, "%s", kinds[d->kind]);
    unsigned flags = d->flags & ~(unsigned)NODE_BASH;
    if (d->op)
        buf_fmt(out, ".%u", d->op);
    if (flags)
        buf_fmt(out, "+%u", flags);
    buf_char(out, '(');
    if (leaf)
        buf_add(out, node_text(t, n));
    for (node_id c = node_first(t, n); c; c = node_sibling(t, c)) {
        if (c != node_first(t, n))
            buf_char(out, ' ');
        show(out, t, c);
    }
    buf_char(out, ')');
}

static void assert_lossless(const struct tree *t)
{
    node_id at;
    const char *wrong = check_tree(t, &at);
    if (wrong)
        fail_msg("%s (node %u)", wrong, at);
}

struct example {
    const char *text, *tree;
};

static void check(bool bash, const struct example *e, size_t n)
{
    int wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct arena *a = arena_open();
        struct tree *t = tree_parse_shell(a, str_of(e[i].text), bash);
        assert_lossless(t);
        struct buf out = {.arena = a};
        for (node_id c = node_first(t, node_first(t, 0)); c; c = node_sibling(t, c)) {
            if (out.n)
                buf_char(&out, ' ');
            show(&out, t, c);
        }
        buf_char(&out, '\0');
        if (strcmp(out.p, e[i].tree) != 0) {
            print_message("%s\n  gave   %s\n  wanted %s\n", e[i].text, out.p, e[i].tree);
            wrong++;
        }
        arena_close(a);
    }
    assert_int_equal(wrong, 0);
}
#define CHECK(bash, table) check((bash), (table), sizeof(table) / sizeof(*(table)))

static void test_lists(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"", ""},
        {"  # nothing", ""},
        {"a b  c", "cmd(a b c)"},
        {" a;b & c ", "cmd(a) cmd(b) cmd(c)"},
        {"a && b || c; d", "andor(cmd(a) cmd(b) cmd+512(c)) cmd(d)"},
        {"a | b && ! c | d", "andor(pipe(cmd(a) cmd(b)) pipe+2(cmd(c) cmd(d)))"},
        {"! a", "pipe+2(cmd(a))"},
        {"a |\n\n # note\n b &&\nc\n\nd", "andor(pipe(cmd(a) cmd(b)) cmd(c)) cmd(d)"},
        {"a # b; c\nd#e", "cmd(a) cmd(d#e)"},
        {"a\r\nb\r\n", "cmd(a) cmd(b)"},
        {"a |& b", "pipe(cmd(a) cmd(b))"},
        {"if then", "if(error.8(then))"},
        {"echo if then fi { } ! [[ case", "cmd(echo if then fi { } ! [[ case)"},
    };
    CHECK(false, table);
    CHECK(true, table);
}

static void test_commands(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"A=1 B= c d=e", "cmd(assign(A 1) assign(B) c d=e)"},
        {">x a <y b 2>&1 >>z 3<>w >|v <&-",
         "cmd+256(redirect.1(x) a redirect(y) b redirect.6(1) redirect.2(z) redirect.4(w) "
         "redirect.3(v) redirect.5(-))"},
        {"echo 2 >x 2x>y", "cmd(echo 2 redirect.1(x) 2x redirect.1(y))"},
        {"a 2>(b) >(c)", "cmd(a word(process(sh(cmd(b)))) word(process(sh(cmd(c)))))"},
        {"a 2>&1>x <&3<y", "cmd(a redirect.6(1) redirect.1(x) redirect.5(3) redirect(y))"},
        {"cat <<<x", "cmd(cat redirect.11(x))"},
        {"a=1 >x b=(1)", "cmd(assign(a 1) redirect.1(x) b= error.8((1)))"},
        {">x a=1 b=(1)", "cmd+256(redirect.1(x) assign(a 1) assign(b array(1)))"},
        {">x b=(1)", "cmd+256(redirect.1(x) assign(b array(1)))"},
        {"export >x b=(1)", "cmd(export redirect.1(x) assign(b array(1)))"},
        {"a=(b \"c\"\n# no\nd) e", "cmd(assign(a array(b word(double(\"c\")) d)) e)"},
        {"f() { a; }", "function(f group(list(cmd(a))))"},
        {"f ( )\n( a ) >x", "function(f subshell(list(cmd(a)) redirect.1(x)))"},
        {"function f-g { a; }", "function(f-g group(list(cmd(a))))"},
        {"function f ( ) { a; }", "function(f group(list(cmd(a))))"},
        {"export a=(b)", "cmd(export assign(a array(b)))"},
    };
    CHECK(false, table);
    CHECK(true, table);
}

static void test_compounds(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"if a; then b; elif c\nthen d; else e; fi >x",
         "if(list(cmd(a)) list(cmd(b)) list(cmd(c)) list(cmd(d)) list(cmd(e)) redirect.1(x))"},
        {"if (a) then (b) fi", "if(list(subshell(list(cmd(a)))) list(subshell(list(cmd(b)))))"},
        {"{ { a; } }", "group(list(group(list(cmd(a)))))"},
        {"{a,b} {a", "cmd({a,b} {a)"},
        {"while a; do b; done | until c; do d; done",
         "pipe(loop(list(cmd(a)) list(cmd(b))) loop(list(cmd(c)) list(cmd(d))))"},
        {"for i in a b; do c; done", "for(i a b list(cmd(c)))"},
        {"for i\nin a\ndo c\ndone", "for(i a list(cmd(c)))"},
        {"for i; do c; done", "for(i list(cmd(c)))"},
        {"for i do c; done", "for(i list(cmd(c)))"},
        {"for in in in; do a in; done", "for(in in list(cmd(a in)))"},
        {"for ((i=0; i<3; i++)); do c; done", "for(arith(((i=0; i<3; i++))) list(cmd(c)))"},
        {"case a in b|c) d;; (e) ;; *) f & esac",
         "case(a item(b c list(cmd(d))) item(e) item(* list(cmd(f))))"},
        {"case a in esac", "case(a)"},
        {"case a in\n# x\nb) c ;& d) e ;;& esac) ;; esac",
         "case(a item(b list(cmd(c))) item(d list(cmd(e)))) error.8() ;; esac)"},
        {"case a in (esac) b;; esac", "case(a item(esac list(cmd(b))))"},
        {"[[ -f a && $b == c* || ! ( d < e ) ]] && f",
         "andor(test(-f a word(param(b)) == c* ! d e) cmd(f))"},
        {"[[ a =~ ^(b|c d)+$ ]]", "test(a =~ ^(b|c d)+$)"},
        {"[[ a =~ b|c ]]", "test(a =~ b|c)"},
        {"select i in a; do b; done", "for(i a list(cmd(b)))"},
        {"(a)\n(b) | c", "subshell(list(cmd(a))) pipe(subshell(list(cmd(b))) cmd(c))"},
    };
    CHECK(false, table);
    CHECK(true, table);
}

static void test_words(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"a\\ b'c d'\"e f\"$'g\\'h'", "cmd(word(single('c d') double(\"e f\") ansi($'g\\'h')))"},
        {"\\a", "cmd(\\a)"},
        {"a $ b$ \"$\" $% a=b", "cmd(a $ b$ word(double(\"$\")) $% a=b)"},
        {"$a$1$10$@$$", "cmd(word(param(a) param(1) param(1) param(@) param($)))"},
        {"${a} ${a-b} ${a:-b} ${a:=b} ${a?} ${a:+b}",
         "cmd(word(param(a)) word(param.1(a b)) word(param.1+1(a b)) word(param.2+1(a b)) "
         "word(param.3(a)) word(param.4+1(a b)))"},
        {"${a#b} ${a##b} ${a%b} ${a%%b} ${#a} ${#} ${##} ${#-} ${#-a} ${10}",
         "cmd(word(param.5(a b)) word(param.5(a b)) word(param.6(a b)) word(param.6(a b)) "
         "word(param.7(a)) word(param(#)) word(param.7(#)) word(param.7(-)) word(param.1(# a)) "
         "word(param(10)))"},
        {"${a/b/c} ${a:1:2} ${a^^} ${!a} ${a[1]} ${a[@]/x}",
         "cmd(word(param.8(a b/c)) word(param.8(a 1:2)) word(param.8(a)) word(param.8(a)) "
         "word(param.8(a[1])) word(param.8(a[@] x)))"},
        {"\"${a:-b c}\" ${a:-\"b}\"} \"${a:-'}\" \"${a#'}'}\" ${a:-'}'} ${a:-\\}}",
         "cmd(word(double(param.1+1(a b c))) word(param.1+1(a word(double(\"b}\")))) "
         "word(double(param.1+1(a '))) word(double(param.5(a word(single('}'))))) "
         "word(param.1+1(a word(single('}')))) word(param.1+1(a \\})))"},
        {"$(a) \"$(b \"$c\")\" $( ) $(<d)",
         "cmd(word(subst(sh(cmd(a)))) word(double(subst(sh(cmd(b word(double(param(c)))))))) "
         "word(subst($( ))) word(subst(sh(cmd+256(redirect(d))))))"},
        {"$(case a in b) c;; esac)", "cmd(word(subst(sh(case(a item(b list(cmd(c))))))))"},
        {"`a b` \"`c \"d\"`\"", "cmd(word(subst+32(sh(cmd(a b)))) word(double(subst+32(sh(cmd(c "
                                "word(double(\"d\"))))))))"},
        {"`a '\\$1'`", "cmd(word(subst+32(sh(cmd(a word(single('\\$1')))))))"},
        {"`a \\`b \\\\\\`c\\\\\\`\\``",
         "cmd(word(subst+32(sh(cmd(a word(subst+32(sh(cmd(b word(subst+32(sh(cmd(c)))))))))))))"},
        {"\"`a \\\"b \\$c\\\" \\\\d`\"",
         "cmd(word(double(subst+32(sh(cmd(a word(double(param(c))) \\d))))))"},
        {"`a ;;` b", "cmd(word(subst+32(sh(cmd(a)) error.8(;;))) b)"},
        {"$((1 + (2) * $a))", "cmd(word(arith(param(a))))"},
        {"$((a); (b))", "cmd(word(subst(sh(subshell(list(cmd(a))) subshell(list(cmd(b)))))))"},
        {"<(a) b>(c)", "cmd(word(process(sh(cmd(a)))) word(process(sh(cmd(c)))))"},
        {"a @(b|c d)e !(f)", "cmd(a @(b|c d)e !(f))"},
        {"a\\\nb && c\\\n d", "andor(cmd(a\\\nb) cmd(c d))"},
        {"a &\\\n& b\nwh\\\r\nile c; do d; done $\\\n{x}",
         "andor(cmd(a) cmd(b)) loop(list(cmd(c)) list(cmd(d))) error.8($\\\n{x})"},
        {"\"a\\\nb\" $c\\\nd", "cmd(word(double(\"a\\\nb\")) word(param(c\\\nd)))"},
    };
    CHECK(false, table);
    CHECK(true, table);
}

/* The value of the last word of the first command. */
static void test_values(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"a b\\ c'd\\'\"e\\f\\\"\\$\"", "b cd\\e\\f\"$"},
        {"a b\\\nc\"d\\\ne\"'f\\\ng'", "bcdef\\\ng"},
        {"a $'b\\tc\\x41\\101\\u00e9\\'d'", "b\tcAA\xc3\xa9'd"},
        {"`a '{print \\$1 \\\\ \\n}'`", "{print $1 \\ \\n}"},
        {"`a \\\\. \\\\\\.b`", "\\.b"},
        {"a b#c{d,e}=f~*", "b#c{d,e}=f~*"},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct arena *a = arena_open();
        struct tree *t = tree_parse_shell(a, str_of(table[i].text), true);
        node_id word = t->nnode - 1;
        while (node_kind(t, word) != NODE_WORD)
            word--;
        struct str value = S("");
        assert_true(node_value(t, word, a, &value));
        assert_string_equal(str_cstr(a, value), table[i].tree);
        arena_close(a);
    }
}

static void test_dialects(void **state)
{
    (void)state;
    static const struct example posix[] = {
        {"a &>b", "cmd(a) cmd+256(redirect.1(b))"},
        {"((a))", "subshell(list(subshell(list(cmd(a)))))"},
        {"a+=b c[1]=d e", "cmd(a+=b c[1]=d e)"},
        {"time a", "cmd(time a)"},
        {"{a}>b", "cmd({a} redirect.1(b))"},
        {"a $[1] $\"b\"", "cmd(a $[1] word(double(\"b\")))"},
        {"function a; select b; coproc c", "cmd(function a) cmd(select b) cmd(coproc c)"},
        {"!", "error.9+2(!)"},
        {"a() b", "function(a cmd(b))"},
        {"! ! a", "pipe+2(error.8(! a))"},
        {"a; ]] b", "cmd(a) cmd(]] b)"},
        {"a $((''))", "cmd(a word(arith($(('')))))"},
    };
    static const struct example bash[] = {
        {"a[1 + 2]=x b", "cmd(assign(a[1 + 2] x) b)"},
        {"declare a[1 + 2]=(x)", "cmd(declare assign(a[1 + 2] array(x)))"},
        {"a b[1 c]=x", "cmd(a b[1 c]=x)"},
        {"function a { b; }", "function(a group(list(cmd(b))))"},
        {"a &>b &>>c", "cmd(a redirect.7(b) redirect.8(c))"},
        {"((a))", "arith(((a)))"},
        {"((a); b)", "subshell(list(subshell(list(cmd(a))) cmd(b)))"},
        {"a+=b c[1 + 2]=d e", "cmd(assign+16(a b) assign(c[1 + 2] d) e)"},
        {"time -p a | b", "pipe(cmd(a) cmd(b))"},
        {"{a}>b", "cmd+256(redirect.1(b))"},
        {"a $[1] $\"b\"", "cmd(a word(arith($[1])) word(double($\"b\")))"},
        {"a; coproc c", "cmd(a) error.17(coproc c)"},
        {"!", "pipe+2(!)"},
        {"a() b", "function(a error.8(b))"},
        {"! ! a", "pipe(cmd(a))"},
        {"a[$(b]=c)]=d", "cmd(assign(name(subst(sh(cmd(b]=c)))) d))"},
        {"a[`]=b` ]=c", "cmd(assign(name(subst+32(sh(cmd(]=b)))) c))"},
        {"a[$(b #)]=c\n)]=d", "cmd(error.7(name(subst(sh(cmd(b))))))"},
        {"for i in a; { b; }", "for(i a list(cmd(b)))"},
        {"a; ]] b", "cmd(a) error.8(]] b)"},
        {"a $(('1' + \"2\"))", "cmd(a word(arith(single('1') double(\"2\"))))"},
        {"a $(('))", "cmd(a word(arith(error.5('))))))"},
    };
    CHECK(false, posix);
    CHECK(true, bash);
}

static void test_heredocs(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"cat <<A", "cmd(cat redirect.9(A))"},
        {"cat <<A | b\nx $y\nA\nc",
         "pipe(cmd(cat redirect.9(A)) cmd(b)) heredoc(data(x $y\n)) cmd(c)"},
        {"a <<A <<-'B' &&\n1\nA\n\t2\n\tB\nc",
         "andor(cmd(a redirect.9(A) redirect.10(word(single('B')))) heredoc(data(1\n)) "
         "heredoc+12(data(\t2\n)) cmd(c))"},
        {"a <<A\nA\nb", "cmd(a redirect.9(A)) heredoc(A) cmd(b)"},
        {"a <<A\nx\\\nA\nA\nb", "cmd(a redirect.9(A)) heredoc(data(x\\\nA\n)) cmd(b)"},
        {"a <<\\A\nx\\\nA\nb", "cmd(a redirect.9(\\A)) heredoc+4(data(x\\\n)) cmd(b)"},
        {"a <<A\nx", "cmd(a redirect.9(A)) heredoc(data(x))"},
        {"a <<A\r\nx\r\nA\r\nb\r\n", "cmd(a redirect.9(A)) heredoc(data(x\r\n)) cmd(b)"},
        {"a <<A $(b <<B\n1\nB\n)\n2\nA",
         "cmd(a redirect.9(A) word(subst(sh(cmd(b redirect.9(B)) heredoc(data(1\n)))))) "
         "heredoc(data(2\n))"},
        {"if a <<A; then\nx\nA\nb; fi",
         "if(list(cmd(a redirect.9(A))) heredoc(data(x\n)) list(cmd(b)))"},
    };
    CHECK(false, table);
    CHECK(true, table);
}

static void test_errors(void **state)
{
    (void)state;
    static const struct example table[] = {
        {"a; 'b", "cmd(a) cmd(word(error.5('b)))"},
        {"a \"b $(c", "cmd(a word(double(error.7(sh(cmd(c))))))"},
        {"a )", "cmd(a) error.8())"},
        {"a; fi; b", "cmd(a) error.8(fi; b)"},
        {"a ;; b", "cmd(a) error.8(;; b)"},
        {"a ; ; b", "cmd(a) error.9(; b)"},
        {"a &&", "error.9(cmd(a))"},
        {"a && ; b", "andor(cmd(a) error.9(; b))"},
        {"a | | b", "pipe(cmd(a) error.9(| b))"},
        {"in", "error.8(in)"},
        {"a > 2>b", "cmd(a redirect.1(error.9(2>b)))"},
        {"a > #b", "cmd(a redirect.1(error.9(#b)))"},
        {"a >", "cmd(a error.9(>))"},
        {"a > ; b", "cmd(a redirect.1(error.9(; b)))"},
        {"( a", "error.10(list(cmd(a)))"},
        {"( )", "subshell(error.8()))"},
        {"{ a", "error.10(list(cmd(a)))"},
        {"while a; done", "loop(list(cmd(a)) error.8(done))"},
        {"(a) b", "subshell(list(cmd(a))) error.8(b)"},
        {"a (b)", "function(a error.8(b)))"},
        {"a b ()", "cmd(a b error.8(()))"},
        {"for 1 in a; do b; done", "for(error.9(1 in a; do b; done))"},
        {"for a in b; c; done", "for(a b error.8(c; done))"},
        {"case a in b c) d;; esac", "case(a item(b error.8(c) d;; esac)))"},
        {"${a", "cmd(word(error.7(a)))"},
        {"${${a}}", "cmd(word(param.8(word(param(a)))))"},
        {"${${a}", "cmd(word(error.7(word(param(a)))))"},
        {"a=(b", "cmd(assign(a error.10(b)))"},
        {"[[ a", "error.10(a)"},
    };
    for (int bash = 0; bash < 2; bash++)
        CHECK(bash, table);
}

static void test_any_prefix_is_lossless(void **state)
{
    (void)state;
    static const char text[] =
        "#!/bin/sh\nset -e; A=1 b=(c) apt-get install -y \"a$b${c:-\"d$(e `f`)\"}\" 2>&1 <<X "
        "<<-'Y' |\n"
        "x\nX\n\ty\n\tY\nif [ a ]; then [[ b =~ (c) ]]; elif ((d)); then e\\\nf; else g; fi >h\n"
        "for i in a; do case $i in (a|b) c;; *) d; esac; done && f() { $((1+2)) $'\\x41'; }\r\n"
        "while a; do <(b) @(c|d) \\\n e; done # end\n\0\xff\r";
    for (int bash = 0; bash < 2; bash++)
        for (size_t from = 0; from < sizeof(text); from += 7)
            for (size_t n = 0; from + n < sizeof(text); n++) {
                struct arena *a = arena_open();
                char *exact = malloc(n + 1); /* so that a read past the end is seen */
                memcpy(exact + 1, text + from, n);
                assert_lossless(tree_parse_shell(a, (struct str){exact + 1, n}, bash));
                free(exact);
                arena_close(a);
            }
}

/* Nesting ends in one error; what follows is not read again. */
static void test_depth_is_bounded(void **state)
{
    (void)state;
    static const char *const units[] = {"$(",           "(",      "\"${a:-", "`",
                                        "{ ",           "if ",    "$((",     "((",
                                        "<(",           "${a-",   "a() {\n", "case a in a) ",
                                        "while a; do ", "${a[$(", "\"$("};
    enum { REPEAT = 20001 };
    for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++)
        for (int bash = 0; bash < 2; bash++) {
            struct arena *a = arena_open();
            struct buf text = {.arena = a};
            for (int i = 0; i < REPEAT; i++)
                buf_add(&text, str_of(units[u]));
            struct tree *t = tree_parse_shell(a, buf_str(&text), bash);
            assert_lossless(t);
            assert_true(t->nerror == 1 && t->nnode < REPEAT);
            arena_close(a);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_compounds),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_dialects),
        cmocka_unit_test(test_heredocs),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_any_prefix_is_lossless),
        cmocka_unit_test(test_depth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
