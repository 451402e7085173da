/* syntax_test.c - the tree: its laws on every file there is. */
#include "check_tree.h"
#include "cmocka_all.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parse a copy of exactly n bytes, so that reading past them is seen. */
static struct tree *parse_exact(struct arena *a, struct str text, char **copy)
{
    *copy = malloc(text.n ? text.n : 1);
    assert_non_null(*copy);
    if (text.n)
        memcpy(*copy, text.p, text.n);
    return tree_parse(a, (struct str){*copy, text.n});
}

static void check_text(const char *what, struct str text)
{
    struct arena *a = arena_open();
    char *copy;
    struct tree *t = parse_exact(a, text, &copy);
    node_id at;
    const char *wrong = check_tree(t, &at);
    if (wrong)
        fail_msg("%s, first %zu bytes: %s (node %u)", what, text.n, wrong, at);
    arena_close(a);
    free(copy);
}

static void to_crlf(struct buf *out, struct str text)
{
    struct str line;
    while (str_cut(&text, '\n', &line)) {
        buf_add(out, line);
        buf_add(out, S("\r\n"));
    }
}

static struct str slurp(struct arena *a, const char *path)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    struct buf b = {.arena = a};
    char chunk[4096];
    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), f)) > 0;)
        buf_add(&b, (struct str){chunk, n});
    fclose(f);
    return buf_str(&b);
}

/* Many bytes are read at once where there are many: what stands at the end of a text is read in
 * the same way when more follows. */
static void check_followed(const char *what, struct str text)
{
    struct arena *a = arena_open();
    struct buf longer = {.arena = a};
    buf_add(&longer, text);
    buf_add(&longer,
            S("# what follows here is longer than what is ever read at once, and says nothing\n"));
    const struct tree *t = tree_parse(a, text), *more = tree_parse(a, buf_str(&longer));
    assert_true(more->ntok >= t->ntok);
    for (uint32_t i = 0; i < t->ntok; i++)
        if (t->tok[i].start != more->tok[i].start || t->tok[i].kind != more->tok[i].kind)
            fail_msg("%s: token %u at %u differs", what, i, t->tok[i].start);
    arena_close(a);
}

static unsigned nfiles, nprefixed;

static void check_file(const char *path)
{
    struct arena *a = arena_open();
    struct str text = slurp(a, path);
    struct buf crlf = {.arena = a};
    to_crlf(&crlf, text);
    check_text(path, text);
    check_text(path, buf_str(&crlf));
    if (str_ends(text, S("\n")))
        check_followed(path, text);
    if (nfiles++ % 12 == 0 && text.n < 3000) {
        nprefixed++;
        for (size_t n = 0; n < text.n; n++) {
            check_text(path, str_sub(text, 0, n));
            if (n && text.p[n - 1] == '\n')
                check_followed(path, str_sub(text, 0, n));
        }
    }
    arena_close(a);
}

static void walk(const char *dir)
{
    DIR *d = opendir(dir);
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        char path[4096];
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_type == DT_DIR)
            walk(path);
        else
            check_file(path);
    }
    closedir(d);
}

static void corpus_tiles(void **state)
{
    (void)state;
    walk(DFIX_SHARED "/corpus/public");
    walk(DFIX_SHARED "/corpus/parser-cases");
    if (!nfiles) {
        print_message("no corpus beside the project: skipped\n");
        skip();
    }
    print_message("%u files, every prefix of %u\n", nfiles, nprefixed);
    assert_true(nprefixed >= 200);
}

static struct str dump_of(struct arena *a, struct str text)
{
    struct buf out = {.arena = a};
    tree_dump_buildkit(&out, tree_parse(a, text));
    return buf_str(&out);
}

/* BuildKit's own cases: its dump, byte for byte. */
static void buildkit_agrees(void **state)
{
    (void)state;
    static const char root[] = DFIX_SHARED "/corpus/parser-cases/buildkit/testfiles";
    DIR *d = opendir(root);
    if (!d) {
        print_message("no BuildKit cases beside the project: skipped\n");
        skip();
        return;
    }
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        struct arena *a = arena_open();
        struct str in = slurp(a, str_fmt(a, "%s/%s/Dockerfile", root, e->d_name).p);
        struct str want = slurp(a, str_fmt(a, "%s/%s/result", root, e->d_name).p);
        struct str got = dump_of(a, in);
        if (!str_eq(want, got))
            fail_msg("%s:\nwant\n" STR_FMT "got\n" STR_FMT, e->d_name, STR_ARG(want), STR_ARG(got));
        n++;
        arena_close(a);
    }
    closedir(d);
    assert_true(n >= 30);
}

/* The first error of the tree; SYNTAX_OK: none. */
static enum syntax_error first_error(const struct tree *t)
{
    for (node_id n = 1; n < t->nnode; n++)
        if (node_kind(t, n) == NODE_ERROR)
            return (enum syntax_error)t->node[n].op;
    return SYNTAX_OK;
}

/* What BuildKit refuses, and what it does not. */
static void errors_have_reasons(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum syntax_error error;
    } cases[] = {
        {"", SYNTAX_NO_FROM},
        {"# Hello\n# nothing\n", SYNTAX_NO_FROM},
        {"ARG A=1\n", SYNTAX_NO_FROM},
        {"RUN a\nFROM b\n", SYNTAX_NO_FROM},
        {"ARG A\nFROM $A\n", SYNTAX_OK},
        {"FROM a\nENV PATH", SYNTAX_BAD_PAIR},
        {"FROM a\nENV a=b c", SYNTAX_BAD_PAIR},
        {"FROM a\nENV =c", SYNTAX_BAD_PAIR},
        {"FROM a\nENV", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nARG", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nARG =b", SYNTAX_BAD_PAIR},
        {"FROM a\nARG a b=c", SYNTAX_OK},
        {"FROM a\nLABEL a b", SYNTAX_OK},
        {"FROM", SYNTAX_MISSING_ARGUMENT},
        {"FROM a b", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a as", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a as b c", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a as 1b", SYNTAX_BAD_NAME},
        {"FROM a as b/c", SYNTAX_BAD_NAME},
        {"FROM a aS B.c_d-e", SYNTAX_OK},
        {"FROM --platform=x a", SYNTAX_OK},
        {"FROM --plat=x a", SYNTAX_BAD_FLAG},
        {"FROM --platform a", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --mount=type=cache --mount=from=b --network=host true", SYNTAX_OK},
        {"FROM a\nRUN --network=host --network=none true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --network=bridge true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --security=insecure --device=a --device=b true", SYNTAX_OK},
        {"FROM a\nRUN --security=none true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --mount= true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --mount=type=bind,from=$b,target=/c true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --mount=type=bind,From=${b} true", SYNTAX_BAD_FLAG},
        {"FROM a\nRUN --mount=type=bind,from=b$,target=$c true", SYNTAX_OK},
        {"FROM a\nCOPY --link --parents=false a b", SYNTAX_OK},
        {"FROM a\nCOPY --link=x a b", SYNTAX_BAD_FLAG},
        {"FROM a\nCOPY --\"from\"=x a b", SYNTAX_OK},
        {"FROM a\nADD --unpack --checksum=sha256:x --keep-git-dir=true a b", SYNTAX_OK},
        {"FROM a\nCMD --x a", SYNTAX_BAD_FLAG},
        {"FROM a\nSTOPSIGNAL --x 9", SYNTAX_OK},
        {"FROM a\nCOPY -- --x a", SYNTAX_OK},
        {"FROM a\nCOPY a", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nCOPY [\"a\"]", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nCOPY a <<b\nb", SYNTAX_BAD_HEREDOC},
        {"FROM a\nCOPY <<b c\nx", SYNTAX_UNTERMINATED_HEREDOC},
        {"FROM a\nRUN <<b", SYNTAX_UNTERMINATED_HEREDOC},
        {"FROM a\nRUN <<b\nb x\n", SYNTAX_UNTERMINATED_HEREDOC},
        {"FROM a\nUSER", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nWORKDIR  ", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nEXPOSE", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nVOLUME", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nVOLUME []", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nVOLUME [\"a\", \" \"]", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nVOLUME a \xC2\xA0 b", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nHEALTHCHECK --interval=1m30.5s --timeout=0 --retries=3 CMD a", SYNTAX_OK},
        {"FROM a\nHEALTHCHECK --interval=30 CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --interval=$a CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --interval=+ CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --interval=-1s CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --interval=0.5ms CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --interval=.5s500us CMD a", SYNTAX_OK},
        {"FROM a\nHEALTHCHECK --interval=-0 --timeout= CMD a", SYNTAX_OK},
        {"FROM a\nHEALTHCHECK --interval=9999999h CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --retries=10s CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --retries=-1 CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --retries=3000000000 CMD a", SYNTAX_BAD_FLAG},
        {"FROM a\nHEALTHCHECK --retries=+0000000000003 CMD a", SYNTAX_OK},
        {"FROM a\nMAINTAINER O'Neill", SYNTAX_OK},
        {"FROM a\nUSER O'Neill", SYNTAX_UNTERMINATED_QUOTE},
        {"FROM a\nUSER \"a", SYNTAX_UNTERMINATED_QUOTE},
        {"FROM a\nUSER ${a", SYNTAX_UNTERMINATED_EXPANSION},
        {"FROM a\nUSER ${", SYNTAX_UNTERMINATED_EXPANSION},
        {"FROM a\nUSER ${}", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a\nUSER ${a:=b}", SYNTAX_BAD_MODIFIER},
        {"FROM a\nUSER ${a:#b}", SYNTAX_BAD_MODIFIER},
        {"FROM a\nUSER ${a:%b}", SYNTAX_BAD_MODIFIER},
        {"FROM a\nUSER ${a^}", SYNTAX_BAD_MODIFIER},
        {"FROM a\nUSER ${a:-b}${a+b}${a#b}${a%%b}${a//b/c}", SYNTAX_OK},
        {"FROM a\nRUN", SYNTAX_OK},
        {"FROM a\nCMD", SYNTAX_OK},
        {"FROM a\nCMD [ \"echo\", [ \"nested json\" ] ]", SYNTAX_BAD_JSON},
        {"FROM a\nCMD [1]", SYNTAX_BAD_JSON},
        {"FROM a\nCMD [{\"a\": [true, null, -1.5e+3]}]", SYNTAX_BAD_JSON},
        {"FROM a\nCMD []", SYNTAX_OK},
        {"FROM a\nSHELL bash -c", SYNTAX_BAD_JSON},
        {"FROM a\nSHELL []", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nSHELL", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nHEALTHCHECK", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nHEALTHCHECK CMD", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nHEALTHCHECK CMD []", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nHEALTHCHECK NONE a", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a\nHEALTHCHECK NONE [\"a\"]", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a\nHEALTHCHECK NONE []", SYNTAX_OK},
        {"FROM a\nHEALTHCHECK --interval=x --foo none", SYNTAX_OK},
        {"FROM a\nHEALTHCHECK TCP 80", SYNTAX_UNEXPECTED_TOKEN},
        {"FROM a\nHEALTHCHECK --retries=3 cmd --x", SYNTAX_OK},
        {"FROM a\nONBUILD", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nONBUILD ONBUILD RUN a", SYNTAX_BAD_ONBUILD},
        {"FROM a\nONBUILD from b", SYNTAX_BAD_ONBUILD},
        {"FROM a\nONBUILD MAINTAINER b", SYNTAX_BAD_ONBUILD},
        {"FROM a\nONBUILD COPY a", SYNTAX_MISSING_ARGUMENT},
        {"FROM a\nONBUILD RUN <<b\nb\n", SYNTAX_OK},
        {"FROM a\nONBUILD COPY <<b c\nb\n", SYNTAX_OK},
        {"FROM a\nONBUILD HEALTHCHECK CMD <<b\nb\n", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nRUN <<b ${c:#d}\nb\n", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nONBUILD foo", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nfoo bar", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nRUNX b", SYNTAX_UNKNOWN_INSTRUCTION}, /* begins as a name does */
        {"FROM a\nENV\001a b", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nRU", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\nMAINTAINE", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM a\n\\\n\n", SYNTAX_UNKNOWN_INSTRUCTION},
        {"FROM\xC2\xA0"
         "a",
         SYNTAX_NO_FROM},
        {"# escape=x\nFROM a", SYNTAX_BAD_DIRECTIVE},
        {"# escape=`\n# Escape = `\nFROM a", SYNTAX_BAD_DIRECTIVE},
        {"# escape= \nFROM a", SYNTAX_BAD_DIRECTIVE},
        {"# check=a\n#syntax=b\nFROM a", SYNTAX_OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_open();
        struct tree *t = tree_parse(a, str_of(cases[i].text));
        enum syntax_error got = first_error(t);
        if (got != cases[i].error)
            fail_msg("%s: %s, not %s", cases[i].text, syntax_error_text(got),
                     syntax_error_text(cases[i].error));
        check_text(cases[i].text, str_of(cases[i].text));
        arena_close(a);
    }
}

/* Who reads the last shell form of before + part + after: b: bash, s: another sh, -: nobody. */
static void expect_reader(const char *before, const char *part, const char *after, char reader)
{
    struct arena *a = arena_open();
    const struct tree *t = tree_parse(a, str_fmt(a, "%s%s%s", before, part, after));
    char got = '-';
    for (node_id n = 1; n < t->nnode; n++)
        if (node_kind(t, n) == NODE_SHELL)
            got = t->node[n].flags & NODE_BASH ? 'b' : 's';
    if (got != reader)
        fail_msg("%s: %c", part, got);
    arena_close(a);
}

/* Which shell reads RUN after a SHELL. */
static void shells_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *shell;
        char reader;
    } cases[] = {
        {"\"/bin/sh\", \"-ec\"", 's'},
        {"\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"", 'b'},
        {"\"bash\", \"-euxo\", \"pipefail\", \"-lc\"", 'b'},
        {"\"/bin/bash\", \"--rcfile\", \"/a\", \"-ic\"", 'b'},
        {"\"/usr/bin/env\", \"-S\", \"bash\", \"-c\"", 'b'},
        {"\"conda\", \"run\", \"-n\", \"a\", \"/bin/bash\", \"-c\"", 'b'},
        {"\"/bin/busybox\", \"ash\", \"-c\"", 's'},
        {"\"C:\\\\Git\\\\bash.exe\", \"-c\"", 'b'},
        {"\"/bin/bash\", \"/a.sh\"", '-'},
        {"\"/bin/zsh\", \"-c\"", '-'},
        {"\"powershell\", \"-Command\"", '-'},
        {"\"cmd\", \"/S\", \"/C\"", '-'},
        {"\"/usr/bin/python3\", \"-c\"", '-'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_reader("FROM a\nSHELL [", cases[i].shell, "]\nRUN b\n", cases[i].reader);
}

/* What RUN holds on Windows is no shell's text; an ARG may name the base. */
static void windows_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        char reader;
    } cases[] = {
        {"FROM mcr.microsoft.com/windows/servercore:ltsc2022", '-'},
        {"FROM --platform=windows/amd64 a", '-'},
        {"FROM swindows/a:windows", 's'},
        {"ARG B=mcr.microsoft.com/windows/servercore:ltsc2022\nFROM $B", '-'},
        {"ARG B=\"mcr.microsoft.com/windows\"\nARG C=${B}/a\nFROM ${C} AS d", '-'},
        {"ARG R=mcr.microsoft.com/windows V=1\nFROM ${R:-a}/b:${V}", '-'},
        {"ARG B=mcr.microsoft.com/windows/servercore\nFROM a", 's'},
        {"ARG B=mcr.microsoft.com/windows/servercore\nARG B=debian\nFROM $B", 's'},
        {"ARG B=mcr.microsoft.com/windows\nARG C B=${B}/nanoserver\nFROM ${B}", '-'},
        {"ARG B=mcr.microsoft.com/windows\nARG B\nFROM $B", '-'},
        {"ARG B=mcr.microsoft.com/windows\nFROM a$$B", 's'},
        {"ARG B=mcr.microsoft.com/windows\nFROM a\\$B", 's'},
        {"ARG B=mcr.microsoft.com/windows\nFROM a\\\\$B", '-'},
        {"ARG P=windows/amd64\nFROM --platform=$P a", '-'},
        {"ARG P=linux/amd64\nFROM --platform=$P a", 's'},
        {"ARG B=mcr.microsoft.com/windows/servercore\nFROM ${BASE}", 's'},
        {"ARG B=mcr.microsoft.com/windows/servercore\nFROM $B AS b\nFROM debian\nCOPY --from=b a b",
         's'},
        {"ARG B=debian V\nFROM $B:$V", 's'},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_reader("", cases[i].head, "\nRUN b\n", cases[i].reader);
}

static void binary_is_one_error(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct tree *t = tree_parse(a, S("FROM a\nRUN b\0c\n"));
    assert_int_equal(first_error(t), SYNTAX_BINARY);
    assert_int_equal(t->nnode, 2);
    arena_close(a);
}

/* How BuildKit splits what stands on lines: its dump says it. */
static void lines_join(void **state)
{
    (void)state;
    static const struct {
        const char *in, *dump;
    } cases[] = {
        /* continuations */
        {"RUN a \\\n  # c\n\n  b\n", "(run \"a   b\")\n"},
        {"RUN a \\\n  # c \\\n  b\n", "(run \"a   b\")\n"},
        {"RUN a \\  \t\r\n b\r\n", "(run \"a  b\")\n"},
        {"RUN a\\\\\nUSER b\n", "(run \"a\\\\\\\\\")\n(user \"b\")\n"},
        {"RUN a\\\\\\\nUSER b\n", "(run \"a\\\\\\\\\\\\\")\n(user \"b\")\n"},
        {"RUN a\\ \\\nb", "(run \"a\\\\ b\")\n"},
        {"RU\\\nN a", "(run \"a\")\n"},
        {"\\\nRUN a", "(run \"a\")\n"},
        {"RUN a \\", "(run \"a\")\n"},
        {"RUN a \\\n# c", "(run \"a\")\n"},
        {"RUN a # c \\\n&& b", "(run \"a # c && b\")\n"},
        {"RUN # c", "(run \"# c\")\n"},
        {"RUN --a -- # <<b\nb\n", "(run [\"--a\"] \"# <<b\")\n"},
        {"RUN \\\n# c\n", "(run)\n"},
        {"RUN a \\\n\xC2\xA0\n b", "(run \"a  b\")\n"},
        {"# escape=`\nRUN a \\\nUSER b `\nc", "(run \"a \\\\\")\n(user \"b c\")\n"},
        {"#\n# escape=`\nRUN a `\nUSER b", "(run \"a `\")\n(user \"b\")\n"},
        {"\xEF\xBB\xBF# escape=`\nRUN a `\nb", "(run \"a b\")\n"},
        {"RUN a\r\r\n", "(run \"a\")\n"},
        {"\xC2\xA0RUN a\xE3\x80\x80\n", "(run \"a\")\n"},
        {"RUN\va", "(run \"a\")\n"},
        {"RUN a \xFF\xC3\xA9", "(run \"a \\xff\xC3\xA9\")\n"},
        /* keywords and flags */
        {"rUn  a", "(run \"a\")\n"},
        {"RUN --a='b c' --d=\"e\\\"\" -- --f", "(run [\"--a=b c\" \"--d=e\\\"\"] \"--f\")\n"},
        {"RUN --", "(run)\n"},
        {"# escape=`\nCOPY --from=a\\ b` c d", "(copy [\"--from=a b`\"] \"c\" \"d\")\n"},
        {"# escape=`\nARG --a=b\\", "(arg [\"--a=b\"])\n"},
        {"RUN --a", "(run [\"--a\"])\n"},
        {"foo --a b", "(foo [\"--a\"] \"\")\n"},
        /* words */
        {"FROM a AS b", "(from \"a\" \"AS\" \"b\")\n"},
        {"COPY \"a b\" c", "(copy \"\\\"a\" \"b\\\"\" \"c\")\n"},
        {"ENV a  b  c ", "(env \"a\" \"b  c\" \"\")\n"},
        {"ENV a=b\\ c d='e f'", "(env \"a\" \"b\\\\ c\" \"=\" \"d\" \"'e f'\" \"=\")\n"},
        {"ENV \"a b\"=c", "(env \"\\\"a b\\\"\" \"c\" \"=\")\n"},
        {"ENV \"a b\" c", "(env \"\\\"a\" \"b\\\" c\" \"\")\n"},
        {"ARG a b=\"c d\"", "(arg \"a\" \"b=\\\"c d\\\"\")\n"},
        {"ENV a=b\xC2\xA0"
         "c=d\nRUN 0123456789abcdef",
         "(env \"a\" \"b\" \"=\" \"c\" \"d\" \"=\")\n(run \"0123456789abcdef\")\n"},
        {"RUN --a=b\x85"
         "c d\nRUN 0123456789abcdef",
         "(run [\"--a=b\"] \"c d\")\n(run \"0123456789abcdef\")\n"},
        {"EXPOSE 1 2/udp", "(expose \"1\" \"2/udp\")\n"},
        {"USER a b", "(user \"a b\")\n"},
        /* exec form */
        {"RUN [\"a\",\\\n\"b\"]", "(run \"a\" \"b\")\n"},
        {"RUN [\"a\" ,]", "(run \"[\\\"a\\\" ,]\")\n"},
        {"RUN [\"a\"] b", "(run \"[\\\"a\\\"] b\")\n"},
        {"RUN [\"\\u00e9\\uD83D\\ude00\\/\"]", "(run \"\xC3\xA9\xF0\x9F\x98\x80/\")\n"},
        {"RUN [\"\\x\"]", "(run \"[\\\"\\\\x\\\"]\")\n"},
        {"RUN [\"a\tb\"]", "(run \"[\\\"a\\tb\\\"]\")\n"},
        {"RUN [ -f a ] && b", "(run \"[ -f a ] && b\")\n"},
        {"VOLUME [\"a\", \"b\"]", "(volume \"a\" \"b\")\n"},
        {"HEALTHCHECK --interval=1s CMD [\"a\"]",
         "(healthcheck [\"--interval=1s\"] \"CMD\" \"a\")\n"},
        {"HEALTHCHECK NONE [\"a\"]", "(healthcheck \"NONE\" \"a\")\n"},
        {"HEALTHCHECK TCP [\"a\"]", "(healthcheck \"TCP\" \"a\")\n"},
        {"ONBUILD ONBUILD RUN a", "(onbuild (onbuild (run \"a\")))\n"},
        {"ONBUILD FOO --a b", "(onbuild (foo [\"--a\"] \"\"))\n"},
        {"LABEL =a", "(label \"\" \"a\" \"=\")\n"},
        {" \\\n \n", "(\"\")\n"},
        /* heredocs: what is one, and where its body ends */
        {"RUN <<E\nUSER a\nE\nUSER b", "(run \"<<E\")\n(user \"b\")\n"},
        {"RUN 3<<E\nE\nUSER b", "(run \"3<<E\")\n(user \"b\")\n"},
        {"RUN \"<<E\"\nUSER b", "(run \"\\\"<<E\\\"\")\n(user \"b\")\n"},
        {"RUN <<-E\n\tx\n\tE\nUSER b", "(run \"<<-E\")\n(user \"b\")\n"},
        {"RUN <<E\n\tE\nE\nUSER b", "(run \"<<E\")\n(user \"b\")\n"},
        {"RUN <<e'o'\\'f\neo'f\nUSER b", "(run \"<<e'o'\\\\'f\")\n(user \"b\")\n"},
        {"RUN <<'one two'\none two\nUSER b", "(run \"<<'one two'\")\n(user \"b\")\n"},
        {"RUN <<$E\n$E\nUSER b", "(run \"<<$E\")\n(user \"b\")\n"},
        {"RUN <<  E  > f\nE\nUSER b", "(run \"<<  E  > f\")\n(user \"b\")\n"},
        {"RUN << -E\n-E\nUSER b", "(run \"<< -E\")\n(user \"b\")\n"},
        {"RUN <<- E\nUSER b", "(run \"<<- E\")\n(user \"b\")\n"},
        {"RUN a<<E\nUSER b", "(run \"a<<E\")\n(user \"b\")\n"},
        {"RUN a <<<E\nUSER b", "(run \"a <<<E\")\n(user \"b\")\n"},
        {"RUN (a <<E)\nE\nE)\nUSER b", "(run \"(a <<E)\")\n(user \"b\")\n"},
        {"RUN echo it's <<E\nUSER b", "(run \"echo it's <<E\")\n(user \"b\")\n"},
        {"RUN echo ${a^} <<E\nUSER b", "(run \"echo ${a^} <<E\")\n(user \"b\")\n"},
        {"RUN echo ${a:-b c} <<E\nE\nUSER b", "(run \"echo ${a:-b c} <<E\")\n(user \"b\")\n"},
        {"RUN [\"<<E\"]\nUSER b", "(run \"<<E\")\n(user \"b\")\n"},
        {"USER <<E\nUSER b", "(user \"<<E\")\n(user \"b\")\n"},
        {"COPY <<X <<Y /d\nY\nX\nX\nY\nUSER b", "(copy \"<<X\" \"<<Y\" \"/d\")\n(user \"b\")\n"},
        {"COPY a\\\nb <<E /d\nE \\\nE\nUSER b", "(copy \"ab\" \"<<E\" \"/d\")\n(user \"b\")\n"},
        {"ONBUILD RUN <<E\nUSER a\nE\nUSER b", "(onbuild (run \"<<E\"))\n(user \"b\")\n"},
        {"RUN <<E\r\na\r\nE\r\nUSER b\r\n", "(run \"<<E\")\n(user \"b\")\n"},
        {"RUN <\\\n<E\nUSER a\nE\nUSER b", "(run \"<<E\")\n(user \"b\")\n"},
        {"# escape=`\nCOPY <`\n<E /d\nE\nUSER b", "(copy \"<<E\" \"/d\")\n(user \"b\")\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_open();
        struct str got = dump_of(a, str_of(cases[i].in));
        if (!str_eq(got, str_of(cases[i].dump)))
            fail_msg("%s:\nwant %sgot  " STR_FMT, cases[i].in, cases[i].dump, STR_ARG(got));
        check_text(cases[i].in, str_of(cases[i].in));
        arena_close(a);
    }
}

/* The value of the first word in `text`; "?" when it has none of its own. */
static struct str value_in(struct arena *a, struct str text)
{
    struct tree *t = tree_parse(a, text);
    struct str out;
    for (node_id n = 1; n < t->nnode; n++)
        if (node_is_word(t, n) && node_kind(t, n) != NODE_IMAGE)
            return node_value(t, n, a, &out) ? out : S("?");
    return S("no word");
}

static void values_are_plain(void **state)
{
    (void)state;
    static const struct {
        const char *line, *value;
    } cases[] = {
        {"USER a", "a"},
        {"USER \"a b\"", "a b"},
        {"USER a\\ b", "a b"},
        {"USER a\\\nb", "ab"},
        {"USER a\\\n# c\nb", "ab"},
        {"USER 'a\\b'", "a\\b"},
        {"USER \"a\\b\\\"\\$\"", "a\\b\"$"},
        {"USER \\$a$", "$a$"},
        {"USER $a", "?"},
        {"USER \"${a}\"", "?"},
        {"USER \"a", "?"},
        {"ENV a=", ""},
        {"ENV a=b\\ c", "b c"},
        {"ENV a b  'c'", "b  c"},
        {"CMD [\"a\\n\\u00e9\"]", "a\n\xC3\xA9"},
        {"CMD [\"\\u00\\\ne9\"]", "\xC3\xA9"},
        {"CMD [\"\\uD83D\\uDE00\\uD83D\"]", "\xF0\x9F\x98\x80\xEF\xBF\xBD"},
        {"VOLUME [\"$a\"]", "?"},
        {"CMD [\"$a\"]", "$a"},
        {"RUN 'a'\"b\"\\c", "abc"},
        {"RUN a\\\nb", "ab"},
        {"RUN $a", "?"},
        {"RUN --mount='type=a' b", "type=a"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_open();
        struct str got = value_in(a, str_fmt(a, "FROM x\n%s\n", cases[i].line));
        if (!str_eq(got, str_of(cases[i].value)))
            fail_msg("%s: " STR_FMT ", not %s", cases[i].line, STR_ARG(got), cases[i].value);
        arena_close(a);
    }
}

static void navigation_finds(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    struct tree *t = tree_parse(
        a, S("FROM a\nRUN --mount=type=cache,from=b,target=/c --network=none e\nUSER ${f"));
    node_id run = node_sibling(t, node_first(t, 0));
    assert_int_equal(node_instruction(t, run), INST_RUN);
    assert_false(node_has_error(t, run));
    assert_true(node_has_error(t, node_sibling(t, run)));
    node_id mount = instruction_flag(t, run, S("mount"));
    assert_true(mount);
    assert_false(instruction_flag(t, run, S("moun")));
    struct span s;
    assert_true(flag_key(t, mount, S("from"), &s));
    assert_true(str_eq(str_sub(t->text, s.start, s.end), S("b")));
    assert_false(flag_key(t, mount, S("fro"), &s));
    node_id word = node_next(t, mount, 0, NODE_WORD);
    assert_int_equal(node_up(t, word, NODE_INSTRUCTION), run);
    assert_int_equal(node_up(t, word, NODE_EXEC), 0);
    assert_int_equal(node_sibling(t, node_sibling(t, run)), 0);
    struct place_lc at = text_place(t->text, node_span(t, word).start);
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 13);
    arena_close(a);
}

/* golden/syntax/CASE/{in,tree}: the tree as `dfix tree` prints it. DFIX_GOLDEN=write
 * in the environment writes it anew, to be looked at. */
static void golden_trees(void **state)
{
    (void)state;
    static const char root[] = DFIX_ROOT "/golden/syntax";
    const char *mode = getenv("DFIX_GOLDEN");
    DIR *d = opendir(root);
    unsigned n = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        struct arena *a = arena_open();
        struct str in = slurp(a, str_fmt(a, "%s/%s/in", root, e->d_name).p);
        const char *path = str_fmt(a, "%s/%s/tree", root, e->d_name).p;
        struct buf got = {.arena = a};
        tree_dump(&got, tree_parse(a, in));
        check_text(e->d_name, in);
        if (mode && !strcmp(mode, "write")) {
            FILE *f = fopen(path, "wb");
            assert_non_null(f);
            fwrite(got.p, 1, got.n, f);
            fclose(f);
        }
        if (!str_eq(slurp(a, path), buf_str(&got)))
            fail_msg("golden/syntax/%s: the tree differs:\n" STR_FMT, e->d_name,
                     STR_ARG(buf_str(&got)));
        n++;
        arena_close(a);
    }
    closedir(d);
    assert_true(n > 0);
}

/* Nothing here may take long or go deep. */
static void hostile_texts(void **state)
{
    (void)state;
    static const struct {
        const char *head, *piece, *tail;
    } cases[] = {
        {"FROM a\nRUN ", "\\\n", ""},
        {"FROM a\nRUN a ", "\\\n# c\n", ""},
        {"", "# c\n", ""},
        {"", "\n", ""},
        {"FROM a\n", "RUN <<E\nE\n", ""},
        {"FROM a\nCOPY ", "<<E ", "x\n"},
        {"FROM a\nRUN ", "<<E ", "\n"},
        {"FROM a\nENV a=", "\"", ""},
        {"FROM a\nENV a=", "${a:-", ""},
        {"FROM a\nENV a=", "\"${a:-", ""},
        {"FROM a\nRUN <<", "${a:-", ""},
        {"FROM a\nENV ", "a=b ", ""},
        {"FROM a\nCMD ", "[", ""},
        {"FROM a\nCMD [", "\"a\",", "\"\"]"},
        {"FROM a\nCMD [\"", "\\u0041\\\n", "\"]"},
        {"FROM a\nCMD [", "{\"a\":", ""},
        {"FROM a\n", "ONBUILD ", "RUN a"},
        {"FROM a\nRUN ", "--mount=a ", "b"},
        {"FROM a\nRUN ", "$(", ""},
        {"", "FROM a AS b\nSHELL [\"bash\"]\n", ""},
        {"FROM a\nRUN <<-E\n", "\t\\\n", "\tE\n"},
    };
    enum { SIZE = 100000 };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *a = arena_open();
        struct buf b = {.arena = a};
        buf_add(&b, str_of(cases[i].head));
        while (b.n < SIZE)
            buf_add(&b, str_of(cases[i].piece));
        buf_add(&b, str_of(cases[i].tail));
        check_text(cases[i].piece, buf_str(&b));
        arena_close(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_tiles),        cmocka_unit_test(buildkit_agrees),
        cmocka_unit_test(errors_have_reasons), cmocka_unit_test(shells_are_known),
        cmocka_unit_test(windows_is_known),    cmocka_unit_test(binary_is_one_error),
        cmocka_unit_test(lines_join),          cmocka_unit_test(values_are_plain),
        cmocka_unit_test(navigation_finds),    cmocka_unit_test(golden_trees),
        cmocka_unit_test(hostile_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
