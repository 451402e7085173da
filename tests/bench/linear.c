/* linear.c - hostile texts of n, 2n and 4n bytes, each parsed under callgrind: twice the bytes
 * must not cost more than twice the instructions. Then the same of all rules, on shorter ones,
 * and on texts that only rules find hard. With an argument: only `parse`, only `rules`, or the
 * kinds that hold it. With N KIND [rules]: the work on that text. */
#include "dfix/dfix.h"

#include "bench/instructions.h"

enum { SIZE = 256 * 1024 };      /* of the smallest; the biggest has 1 MiB */
enum { RULES_SIZE = 32 * 1024 }; /* the same for the rules */

#define TEN(text) text text text text text text text text text text
#define BASH      "FROM a\nSHELL [\"bash\"]\nRUN "
#define SCRIPT    "FROM a\nRUN <<E\n"

/* head {piece} middle {closing} tail, with as many closings as pieces. */
static const struct hostile {
    const char *kind, *head, *piece, *middle, *closing, *tail;
} hostile[] = {
    /* The Dockerfile's own grammar. */
    {"continuations", "FROM a\nRUN ", "\\\n", "", "", ""},
    {"words continued", "FROM a\nRUN ", "a\\\n", "", "", ""},
    {"comments", "", "# c\n", "", "", ""},
    {"comments between", "FROM a\nRUN a \\\n", "# c\n", "", "", ""},
    {"blank lines", "", "\n", "", "", ""},
    {"carriage returns", "FROM a\nRUN a", "\r", "", "", ""},
    {"wide spaces", "FROM a\nRUN a", "\xE2\x80\x80", "", "", ""},
    {"wide spaces, fields", "FROM a\nCOPY a", " \xE2\x80\x80", "", "", ""},
    {"not UTF-8", "FROM a\nENV a=", "\xE2", "", "", ""},
    {"instructions", "", "USER a\n", "", "", ""},
    {"stages", "", "FROM a AS b\nSHELL [\"bash\"]\n", "", "", ""},
    {"names of stages", "", "FROM a:windows/nanoserve\n", "", "", ""},
    {"onbuild", "FROM a\n", "ONBUILD ", "", "", ""},
    {"onbuild lines", "FROM a\n", "ONBUILD ONBUILD ONBUILD RUN <<E\n", "", "", ""},
    {"flags", "FROM a\nRUN ", "--mount=a ", "", "", ""},
    {"flags of nothing", "FROM a\nHEALTHCHECK ", "--a ", "", "", ""},
    {"json", "FROM a\nCMD [", "\"a\",", "", "", ""},
    {"json closed", "FROM a\nCMD [", "\"a\",", "\"a\"]", "", ""},
    {"json nested", "FROM a\nCMD ", "[", "", "]", ""},
    {"json braces", "FROM a\nVOLUME [\"a\"", ",\"${\"", "]", "", ""},
    {"json braces, one", "FROM a\nVOLUME [\"", "${", "\"]", "", ""},
    {"json dollars", "FROM a\nVOLUME [\"", "$a", "\"]", "", ""},
    {"labels", "FROM a\nLABEL", " a=b", "", "", ""},
    {"name cut", SCRIPT "d", "\\\n", "eclarx", " 'x'", "\nE\n"},
    {"pairs", "FROM a\nENV ", "a=b ", "", "", ""},
    {"pair of old", "FROM a\nENV a ", "b ", "", "", ""},
    {"pair quotes", "FROM a\nENV a=", "\"'\"'\"'", "", "", ""},
    {"pair quotes, open", "FROM a\nENV a=\"", "\"'\"'\"'", "", "", ""},
    {"expansions", "FROM a\nENV a=", "${a:-", "", "", ""},
    {"expansions closed", "FROM a\nENV a=", "${a:-", "", "}", ""},
    {"expansions, open", "FROM a\nENV a=b", " a=${", "", "", ""},
    {"ports", "FROM a\nEXPOSE", " 1", "", "", ""},
    {"sources", "FROM a\nCOPY", " <<<", "", "", ""},
    /* Heredocs. */
    {"heredocs", "FROM a\n", "RUN <<E\na\nE\n", "", "", ""},
    {"heredocs open", "FROM a\n", "RUN <<E\n", "", "", ""},
    {"heredoc words", "FROM a\nRUN ", "<<E ", "", "", ""},
    {"heredocs of a line", "FROM a\nRUN a", " <<E", "\n", "E\n", ""},
    {"heredocs of commands", "FROM a\nRUN a", "; sh <<E ", "\n", "E\n", ""},
    {"heredocs of COPY", "FROM a\nCOPY", " <<E", " /\n", "E\n", ""},
    {"heredocs of a script", SCRIPT, "a <<F\n", "", "F\n", "E\n"},
    {"heredocs with tabs", "FROM a\n", "RUN <<-E\n\ta\n\tE\n", "", "", ""},
    {"heredoc lines", SCRIPT, "a\n", "E\n", "", ""},
    {"heredoc lines, tabs", "FROM a\nRUN <<-E\n", "\ta\n", "E\n", "", ""},
    {"heredoc backslashes", "FROM a\nRUN <<X\na <<E\n", "\\", "\nE\nX\n", "", ""},
    {"heredoc names", "FROM a\nRUN <<E", "${a:-", "", "}", "\n"},
    /* Words of the shell. */
    {"long word", "FROM a\nRUN ", "a", "", "", ""},
    {"script continuations", SCRIPT, "\\\n", "", "", "E\n"},
    {"script words continued", SCRIPT, "a\\\n", "", "", "E\n"},
    {"script keyword continued", SCRIPT "function ", "\\\n", "", "", "E\n"},
    {"script name continued", SCRIPT "a", "\\\n", "=b\n", "", "E\n"},
    {"quotes", "FROM a\nRUN ", "\"", "", "", ""},
    {"single quotes", "FROM a\nRUN ", "'", "", "", ""},
    {"ansi quotes", "FROM a\nRUN ", "$'", "", "", ""},
    {"escapes", "FROM a\nRUN a", "\\\\a", "", "", ""},
    {"backquotes", "FROM a\nRUN ", "`", "", "", ""},
    {"backquotes open", "FROM a\nRUN a`", "\\`", "", "", ""},
    {"backquotes in quotes", "FROM a\nRUN ", "\"`\"", "", "", ""},
    {"backquotes with errors", "FROM a\nRUN ", "`)` ", "", "", ""},
    {"backquotes with heredocs", "FROM a\nRUN ", "`<<E` ", "", "", ""},
    {"substitutions", "FROM a\nRUN ", "$(", "", "", ""},
    {"substitutions closed", "FROM a\nRUN a", " $(a)", "", "", ""},
    {"processes", BASH, "<(", "", "", ""},
    {"arithmetic", "FROM a\nRUN ", "$((", "", "", ""},
    {"arithmetic of one", "FROM a\nRUN a ", "$((a)) ", "", "", ""},
    {"arithmetic, half", "FROM a\nRUN a ", "$((a) ", "", "", ""},
    {"arithmetic commands", BASH, "((", "", "", ""},
    {"arithmetic brackets", BASH, "$[", "", "", ""},
    {"braces", "FROM a\nRUN ", "${a:-", "", "", ""},
    {"braces in quotes", "FROM a\nRUN ", "\"${a:-", "", "", ""},
    {"braces, closed", "FROM a\nRUN a", " ${a:-b}", "", "", ""},
    {"subscripts", BASH, "a[", "", "", ""},
    {"subscripts in braces", BASH, "${a[", "", "", ""},
    {"subscripts of words", BASH, "a[ ", "", "", ""},
    {"subscripts of values", BASH, "a[1]= ", "", "", ""},
    {"arrays", BASH, "a=(", "", "", ""},
    {"array words", BASH "a=(", "b ", ")", "", ""},
    {"extended patterns", BASH "a", "@(", "", ")", ""},
    {"dollars", "FROM a\nRUN ", "$", "", "", ""},
    /* Commands of the shell. */
    {"commands", "FROM a\nRUN a", ";a", "", "", ""},
    {"semicolons", "FROM a\nRUN a", ";", "", "", ""},
    {"and chain", "FROM a\nRUN a", " && a", "", "", ""},
    {"or chain, lines", "FROM a\nRUN a", " \\\n || a", "", "", ""},
    {"pipeline", "FROM a\nRUN a", " | a", "", "", ""},
    {"pipelines", "FROM a\nRUN a", " | a && a", "", "", ""},
    {"negations", BASH, "! ", "", "", ""},
    {"times", BASH, "time ", "", "", ""},
    {"redirections", "FROM a\nRUN a", " >b", "", "", ""},
    {"duplications", "FROM a\nRUN a", " 2>&1", "", "", ""},
    {"digits", "FROM a\nRUN a", " 2222", "", "", ""},
    {"groups", "FROM a\nRUN ", "{ ", "", "", ""},
    {"parentheses", "FROM a\nRUN ", "(", "", "", ""},
    {"parentheses apart", "FROM a\nRUN ", "( ", "a", " )", ""},
    {"conditions", "FROM a\nRUN ", "if ", "", "", ""},
    {"conditions closed", "FROM a\nRUN a", "; if a; then b; fi", "", "", ""},
    {"else chain", "FROM a\nRUN if a; then b;", " elif a; then b;", " fi", "", ""},
    {"loops", "FROM a\nRUN ", "while ", "", "", ""},
    {"for words", "FROM a\nRUN for a in", " b", "; do c; done", "", ""},
    {"cases", "FROM a\nRUN ", "case a in b) ", "", "", ""},
    {"case items", "FROM a\nRUN case a in", " b) c;;", " esac", "", ""},
    {"case patterns", "FROM a\nRUN case a in b", "|b", ") ;; esac", "", ""},
    {"functions", "FROM a\nRUN ", "f() ", "", "", ""},
    {"function words", SCRIPT, "function ", "\n", "", "E\n"},
    {"select words", SCRIPT, "select ", "\n", "", "E\n"},
    {"tests", BASH "[[ a", " && a", " ]]", "", ""},
    {"wrapped in chains", "FROM a\nRUN " TEN(TEN("( ")) "a", ";a", TEN(TEN(" ) && b")), "", ""},
    {"wrapped in pipelines", "FROM a\nRUN " TEN(TEN("{ ")) "a", ";a", TEN(TEN("; } | b")), "", ""},
};

enum { KINDS = sizeof(hostile) / sizeof(hostile[0]) };

/* For the rules: `#` in a piece is its number. */
#define LIST(file) "http://x#.example/debian bookworm main\" >> /etc/apt/sources.list" file
static const struct hostile ruled[] = {
    {"users and calls", "FROM debian:12\n", "USER u#\nRUN apt-get install -y curl\nUSER root\n", "",
     "", ""},
    {"node and calls", "FROM node:20\n", "USER node\nRUN apt-get install -y curl\n", "", "", ""},
    {"accounts and users", "FROM debian:12\n", "RUN useradd u#\nUSER u#\n", "", "", ""},
    {"accounts", "FROM debian:12\n", "RUN useradd u#\n", "", "", "CMD [\"x\"]\n"},
    {"accounts that go", "FROM debian:12\n", "RUN useradd u#\nRUN userdel u#\n", "", "",
     "CMD [\"x\"]\n"},
    {"copied words", "FROM node:20\nCOPY", " w#", " /x/\n", "RUN /x/y/s#.sh\n", ""},
    {"lists", "FROM debian:12\n", "RUN echo \"deb " LIST(".d/x#.list") "\n", "", "", ""},
    {"lists and calls", "FROM debian:12\n",
     "RUN echo \"deb " LIST(".d/x#.list") " && apt-get install -y p#\n", "", "", ""},
    {"list and calls", "FROM debian:12\nCOPY <<E /etc/apt/sources.list.d/x.list\n",
     "deb http://x#.example/d bookworm main\n", "E\n",
     "RUN apt-get update && apt-get install -y p#\n", ""},
    {"lists and sed", "FROM debian:12\n",
     "RUN echo \"deb " LIST("") " && sed -i s/o/oo/g /etc/apt/sources.list\n", "", "", ""},
    {"lists copied", "FROM debian:12\n",
     "COPY <<E /etc/apt/sources.list.d/x#.list\ndeb http://x#.example/d bookworm main\nE\n", "", "",
     ""},
    {"lists removed", "FROM debian:12\n",
     "RUN echo \"deb " LIST(".d/x#.list") " && rm /etc/apt/sources.list.d/x#.list\n", "", "", ""},
    {"repositories", "FROM alpine:3.20\n",
     "RUN echo http://x#.example/alpine/v3.20/main >> /etc/apk/repositories && apk add p#\n", "",
     "", ""},
    {"bare stages", "", "FROM a\n", "", "", ""},
    {"chain of stages", "FROM debian:12 AS s0\n", "FROM s# AS s#x\n", "", "", ""},
    {"stages by argument", "ARG V=12\n", "FROM debian:$V AS s#\n", "", "", ""},
    {"stages and calls", "", "FROM debian:12 AS s#\nRUN apt-get install -y curl\n", "", "", ""},
    {"stages and scripts", "", "FROM debian:12 AS s#\nRUN sh -c 'apt-get install -y curl'\n", "",
     "", ""},
    {"stages copied from", "", "FROM debian:12 AS s#\nCOPY --from=s# a b\n", "", "", ""},
    {"stages and users", "", "FROM node:20 AS s#\nUSER root\nCMD [\"x\"]\n", "", "", ""},
    {"arguments", "FROM debian:12\n", "ARG V#=p#\nRUN apt-get install -y $V#\n", "", "", ""},
    {"upgrades", "FROM debian:12\n",
     "RUN apt-get update && apt-get upgrade -y && apt-get install -y curl\n", "", "", ""},
    {"upgrades of a line", "FROM debian:12\nRUN apt-get update",
     " && apt-get upgrade -y && apt-get install -y curl", "\n", "", ""},
    {"pipelines and calls", "FROM debian:12\nRUN apt-get update",
     " && a | a && apt-get install -y curl", "\n", "", ""},
    {"variables of a line", "FROM debian:12\nRUN apt-get update",
     " && V#=p && apt-get install -y $V# && apt-get purge -y $V#", "\n", "", ""},
    {"variables of a script", "FROM debian:12\nRUN sh -c 'apt-get update",
     " && V#=p && apt-get install -y $V#", "'\n", "", ""},
    {"one variable", "FROM debian:12\nRUN apt-get update", " && V=p# && apt-get install -y $V",
     "\n", "", ""},
    {"one variable nested", "FROM debian:12\nRUN ", "( V=p#; apt-get install -y $V; ", "true", ")",
     "\n"},
    {"expressions", "FROM debian:12\nSHELL [\"bash\"]\nRUN a",
     " && : $((V#=1)) && apt-get install -y p$V#", "\n", "", ""},
    {"arguments and reads", "FROM debian:12\nRUN set --", " p#", "", "; apt-get install -y \"$@\"",
     "\n"},
    {"loop and reads", "FROM debian:12\nRUN for p in", " p#", "; do true",
     "; apt-get install -y $p", "; done\n"},
    {"packages", "FROM debian:12\nRUN apt-get install -y", " p#", "\n", "", ""},
    {"pinned packages", "FROM debian:12\n", "RUN apt-get install -y p#=1.2.3\n", "", "", ""},
    {"suppressions", "FROM debian:12\n",
     "# dfix ignore=pin-apt because x\nRUN apt-get install -y curl\n", "", "", ""},
    {"volumes", "FROM node:20\n", "VOLUME /v#\nWORKDIR d#\n", "", "", "CMD [\"node\"]\n"},
};

enum { RULED = sizeof(ruled) / sizeof(ruled[0]) };

/* Each `#` is the number. */
static void add_numbered(struct buf *b, const char *piece, size_t number)
{
    for (; *piece; piece++)
        if (*piece == '#')
            buf_fmt(b, "%zu", number);
        else
            buf_char(b, *piece);
}

static struct str text_of(struct arena *a, const struct hostile *h, size_t size, bool numbered)
{
    size_t n = size / (strlen(h->piece) + strlen(h->closing)) + 1;
    struct buf b = {.arena = a};
    buf_add(&b, str_of(h->head));
    for (size_t i = 0; i < n; i++)
        if (numbered)
            add_numbered(&b, h->piece, i);
        else
            buf_add(&b, str_of(h->piece));
    buf_add(&b, str_of(h->middle));
    for (size_t i = 0; i < n; i++)
        if (numbered)
            add_numbered(&b, h->closing, i);
        else
            buf_add(&b, str_of(h->closing));
    buf_add(&b, str_of(h->tail));
    return buf_str(&b);
}

static enum answer no_file(void *self, const struct question *q, struct reply *out)
{
    (void)self, (void)out;
    return q->kind == ASK_FILE ? ANSWER_ABSENT : ANSWER_UNAVAILABLE;
}

static void work_on(struct arena *a, struct str text, bool rules)
{
    static const struct settings s = {
        .unsafe = true, .today = {"2026-01-01", 10}, .folder = {"/a/b/c", 6}};
    static const struct lookup l = {.ask = no_file};

    if (rules) {
        struct result r = dfix_fix(a, text, &dfix_rules, &s, &l);
        printf("%zu bytes, %zu findings, %zu edits" STR_FMT "\n", text.n, r.nfinding, r.edits.n,
               STR_ARG(r.over));
        return;
    }
    struct tree *t = tree_parse(a, text);
    printf("%zu bytes, %u tokens, %u nodes, %u errors\n", text.n, t->ntok, t->nnode, t->nerror);
}

static int work(size_t size, const char *kind, bool rules)
{
    for (size_t i = 0; i < KINDS + RULED; i++) {
        const struct hostile *h = i < KINDS ? &hostile[i] : &ruled[i - KINDS];
        if (strcmp(h->kind, kind) != 0)
            continue;
        struct arena *a = arena_open();
        work_on(a, text_of(a, h, size, i >= KINDS), rules);
        arena_close(a);
        return 0;
    }
    return 2;
}

static bool measure(const char *program, const struct hostile *h, bool rules)
{
    int least = rules ? RULES_SIZE : SIZE;
    double count[3], most = rules ? 2.3 : 2.2;
    for (int i = 0; i < 3; i++) {
        char command[1024];
        snprintf(command, sizeof(command), "%s %d '%s'%s", program, least << i, h->kind,
                 rules ? " rules" : "");
        count[i] = instructions_in(rules ? "dfix_fix" : "tree_parse", command);
        if (!count[i])
            return false;
    }
    bool linear = count[1] < most * count[0] && count[2] < most * count[1];
    printf("%-28s %7.1f %7.2f %7.2f%s\n", h->kind, count[0] / least, count[1] / count[0],
           count[2] / count[1], linear ? "" : "  not linear");
    fflush(stdout);
    return linear;
}

/* Of the kinds that are asked for; how many are not linear. */
static unsigned measure_all(const char *program, const char *only, const struct hostile *h,
                            size_t n, bool rules)
{
    unsigned bad = 0;

    printf("%-28s %7s %7s %7s   (%s, n: %d bytes)\n", "instructions", "a byte", "2n", "4n",
           rules ? "all rules" : "parse", rules ? RULES_SIZE : SIZE);
    for (size_t i = 0; i < n; i++)
        if (strstr(h[i].kind, only))
            bad += !measure(program, &h[i], rules);
    return bad;
}

int main(int argc, char **argv)
{
    const char *only = argc == 2 ? argv[1] : "";
    bool parse = strcmp(only, "rules") != 0, rules = strcmp(only, "parse") != 0;
    unsigned bad = 0;

    if (argc >= 3)
        return work(strtoul(argv[1], NULL, 10), argv[2], argc > 3);
    if (system("valgrind --version >/dev/null 2>&1") != 0) {
        printf("skipped: no valgrind\n");
        return 0;
    }
    if (!parse || !rules)
        only = "";
    if (parse)
        bad += measure_all(argv[0], only, hostile, KINDS, false);
    if (rules) {
        bad += measure_all(argv[0], only, hostile, KINDS, true);
        bad += measure_all(argv[0], only, ruled, RULED, true);
    }
    printf("%u not linear\n", bad);
    return bad ? 1 : 0;
}
