/* dfix verify: what two texts differ in, by kind and in words; and that it takes nothing from the
 * guard, nor the guard from it. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "dfix/verify.h"
#include "sandbox.h"

enum { N = DIFFERENCE_NONE, L, C, V, K, O, B }; /* none, layout, comments, ..., caches, ... */

/* `says`: what one of the differences says, of those of the worst kind. */
static const struct pair {
    const char *before, *after;
    int worst;
    const char *says;
} pairs[] = {
    /* the same */
    {"FROM a\n", "FROM a\n", N, ""},
    {"", "", N, ""},
    /* layout */
    {"FROM a\nRUN a  b\n", "from a\nRUN a \\\n   b\n", L, "another way"},
    {"FROM a\nRUN a;b\n", "FROM a\nRUN a ; b;\n", L, ""},
    {"FROM a\nRUN 'a' \"b\" c\\d\n", "FROM a\nRUN a b cd\n", L, ""},
    {"FROM a\nRUN echo ${x}\n", "FROM a\nRUN echo $x\n", L, ""},
    {"FROM a\nRUN echo `date`\n", "FROM a\nRUN echo $(date)\n", L, ""},
    {"FROM a\nENV a b c\n", "FROM a\nENV a=\"b c\"\n", L, ""},
    {"FROM a\nENV a=1 b=2\n", "FROM a\nENV a=1\nENV b=2\n", L, ""},
    {"FROM a\nLABEL a=1\nLABEL b=2\n", "FROM a\nLABEL a=1 b=2\n", L, ""},
    {"FROM a\nEXPOSE 80/TCP\n", "FROM a\nEXPOSE 80\n", L, ""},
    {"FROM a as B\nFROM b\n", "FROM a AS b\nFROM b\n", L, ""},
    {"FROM a AS X\nFROM b\nCOPY --from=X /a /b\n", "FROM a AS x\nFROM b\nCOPY --from=x /a /b\n", L,
     ""},
    {"FROM a\nCOPY a b /c\n", "FROM a\nCOPY a b /c/\n", L, ""},
    {"FROM a\nADD a.py /c\n", "FROM a\nCOPY a.py /c\n", L, "as ADD does"},
    {"FROM a\nMAINTAINER me\n", "FROM a\nLABEL org.opencontainers.image.authors=\"me\"\n", L,
     "MAINTAINER"},
    {"FROM a\nCMD x\nCMD y\n", "FROM a\nCMD y\n", L, "no effect"},
    {"FROM a\r\nRUN b\r\n", "FROM a\nRUN b\n", L, ""},
    {"FROM a\n\n\nRUN b\n", "FROM a\nRUN b", L, ""},
    {"FROM a\nRUN apt-get install a\n", "FROM a\nRUN apt-get install -y a\n", L, "also gets `-y`"},
    {"FROM a\nRUN apt full-upgrade\n", "FROM a\nRUN apt-get dist-upgrade\n", L, "calls apt-get"},
    {"FROM a\nRUN <<E\na; b\nE\n", "FROM a\nRUN <<E\na\nb\nE\n", L, ""},
    {"FROM a\nRUN <<A\nb\nA\n", "FROM a\nRUN <<B\nb\nB\n", L, ""},
    {"FROM a\nRUN if a; then b; fi\n", "FROM a\nRUN if a; \\\n  then b; \\\n  fi\n", L, ""},
    {"FROM --platform=$TARGETPLATFORM a\n", "FROM a\n", L, ""},
    {"FROM debian\n", "FROM docker.io/library/debian:latest\n", L, ""},
    {"FROM a\nRUN --mount=type=ssh --network=none b\n",
     "FROM a\nRUN --network=none --mount=type=ssh b\n", L, ""},
    {"FROM a\nADD --chown=b a.py /c\n", "FROM a\nCOPY --chown=b a.py /c\n", L, ""},
    {"FROM a\nADD ./ /c\n", "FROM a\nCOPY ./ /c\n", L, ""},
    {"FROM a\nRUN apt upgrade\n", "FROM a\nRUN apt-get upgrade --with-new-pkgs\n", L, ""},
    /* a change that makes one the same as its neighbour */
    {"FROM a\nRUN dnf install a\nRUN dnf install -y a\nRUN dnf install b\n",
     "FROM a\nRUN dnf install -y a\nRUN dnf install -y a\nRUN dnf install -y b\n", L,
     "also gets `-y`"},
    {"FROM a\nRUN find . -exec pip install -r {} \\;\n",
     "FROM a\nRUN find . -exec pip install --no-cache-dir -r {} \\;\n", K,
     "`pip` also gets `--no-cache-dir`"},
    {"FROM a\nRUN find . -exec pip install --no-color {} \\;\n",
     "FROM a\nRUN find . -exec pip install --no-cache-dir {} \\;\n", K,
     "`pip` no longer gets `--no-color`"},
    {"FROM a\nRUN pip install a\nRUN pip install --no-cache-dir a\n",
     "FROM a\nRUN pip install --no-cache-dir a\nRUN pip install --no-cache-dir a\n", K,
     "also gets `--no-cache-dir`"},
    {"FROM a\nRUN x a\nRUN x b\n", "FROM a\nRUN x b\nRUN x b\n", B, "`b` instead of `a`"},
    /* comments */
    {"# a\nFROM a\n", "FROM a\n", C, "`# a` is gone"},
    {"FROM a\n", "# a\nFROM a\n", C, "`# a` is new"},
    {"FROM a\n# one\nRUN b\n", "FROM a\n# two\nRUN b\n", C, "says `# two` instead of `# one`"},
    {"FROM a\nRUN b \\\n # c\n d\n", "FROM a\nRUN b \\\n d\n", C, "is gone"},
    {"# hadolint ignore=DL3008\nFROM a\n", "FROM a\n", C, "hadolint"},
    {"FROM a\nRUN <<E\n# c\nb\nE\n", "FROM a\nRUN <<E\nb\nE\n", C, "is gone"},
    {"# check=skip=all\nFROM a\n", "FROM a\n", C, "is gone"},
    /* versions */
    {"FROM debian:12\n", "FROM debian:12.5\n", V, "debian:12.5"},
    {"FROM debian:bookworm-slim\n", "FROM debian:trixie-slim\n", V, ""},
    {"FROM a:1\n",
     "FROM a:1@sha256:0123456789012345678901234567890123456789012345678901234567890123\n", V, ""},
    {"FROM a\nCOPY --from=b:1 /x /y\n", "FROM a\nCOPY --from=b:2 /x /y\n", V, ""},
    {"FROM a\nRUN --mount=type=bind,from=b:1 c\n", "FROM a\nRUN --mount=type=bind,from=b:2 c\n", V,
     ""},
    {"# syntax=docker/dockerfile:1\nFROM a\n", "# syntax=docker/dockerfile:1.7\nFROM a\n", V, ""},
    {"FROM a\nRUN apt-get install -y curl g++\n",
     "FROM a\nRUN apt-get install -y curl=7.88.* g++=4:12.*\n", V,
     "installs curl at 7.88.* instead of any version"},
    {"FROM a\nRUN apk add curl\n", "FROM a\nRUN apk add 'curl=~8.14'\n", V, "curl at =~8.14"},
    {"FROM a\nRUN npm i -g yarn@1.0.0\n", "FROM a\nRUN npm i -g yarn@1.0.1\n", V,
     "yarn at 1.0.1 instead of 1.0.0"},
    {"FROM a\nRUN pip install x==1.0\n", "FROM a\nRUN pip install x==1.1\n", V, ""},
    {"FROM a\nRUN sh -c 'apt-get install -y curl'\n",
     "FROM a\nRUN sh -c 'apt-get install -y curl=7.88.*'\n", V, "curl at 7.88.*"},
    {"FROM a\nENV P=\"curl git\"\nRUN apt-get install -y $P\n",
     "FROM a\nENV P=\"curl=7.* git\"\nRUN apt-get install -y $P\n", V, ""},
    {"ARG TAG=1\nFROM a:$TAG\n", "ARG TAG=2\nFROM a:$TAG\n", V, ""},
    {"ARG B=a:1\nFROM $B\n", "ARG B=a:2\nFROM $B\n", V, ""},
    {"FROM a\nENV NODE_VERSION=1.2\n", "FROM a\nENV NODE_VERSION=1.3\n", V,
     "`NODE_VERSION` is `1.3`"},
    {"FROM a\nENV APP_VERSION=v1.2\n", "FROM a\nENV APP_VERSION=v1.3\n", V, ""},
    {"FROM a\nRUN P='curl git' && apt-get install -y $P\n",
     "FROM a\nRUN P='curl=7.* git' && apt-get install -y $P\n", V, ""},
    /* caches */
    {"FROM a\nRUN apt-get update && apt-get install b\n",
     "FROM a\nRUN apt-get update && apt-get install b && rm -rf /var/lib/apt/lists/*\n", K,
     "also runs `rm -rf"},
    {"FROM a\nRUN apk add b\n", "FROM a\nRUN apk add --no-cache b\n", K, "--no-cache"},
    {"FROM a\nRUN wget --progress=dot:giga b\n", "FROM a\nRUN wget b\n", K, "no longer gets"},
    {"FROM a\nRUN yum install -y b\n", "FROM a\nRUN yum install -y b && yum clean all\n", K, ""},
    {"FROM a\nRUN set -e; apt-get install b\n",
     "FROM a\nRUN set -e; apt-get install b; rm -rf /var/lib/apt/lists/*\n", K, ""},
    {"FROM a\nRUN <<E\nset -eux\napt-get install b\nE\n",
     "FROM a\nRUN <<E\nset -eux\napt-get install b\nrm -rf /var/lib/apt/lists/*\nE\n", K, ""},
    {"FROM a\nRUN apt-get install b; c\n",
     "FROM a\nRUN apt-get install b; rm -rf /var/lib/apt/lists/*; c\n", K, ""},
    {"FROM a\nRUN apt-get install b; c\n",
     "FROM a\nRUN apt-get install b && rm -rf /var/lib/apt/lists/*; c\n", K, ""},
    /* order */
    {"FROM a\nRUN apt-get install bb aa\n", "FROM a\nRUN apt-get install aa bb\n", O,
     "packages in another order"},
    {"FROM a\nLABEL x=1\nRUN b\n", "FROM a\nRUN b\nLABEL x=1\n", O, "another place"},
    {"FROM a\nCMD [\"b\"]\nEXPOSE 80\n", "FROM a\nEXPOSE 80\nCMD [\"b\"]\n", O, ""},
    /* behaviour */
    {"FROM a\nRUN b\nRUN c\n", "FROM a\nRUN c\nRUN b\n", B, "is done in another place"},
    {"FROM a\nLABEL x=1\nLABEL x=2\n", "FROM a\nLABEL x=2\nLABEL x=1\n", B, ""},
    {"FROM a\nRUN sh -c 'a && b' && c\n", "FROM a\nRUN sh -c a && b && c\n", B,
     "links its commands"},
    {"FROM a\nRUN a && b\n", "FROM a\nRUN a; b\n", B,
     "links its commands with `;` instead of `&&`"},
    {"FROM a\nRUN a | b\n", "FROM a\nRUN a || b\n", B, ""},
    {"FROM a\nRUN a b c\n", "FROM a\nRUN a c\n", B, "no longer gets `b`"},
    {"FROM a\nRUN curl -f x\n", "FROM a\nRUN curl -k x\n", B, "`curl` gets `-k` instead of `-f`"},
    {"FROM a\nRUN curl https://a/x\n", "FROM a\nRUN curl https://b/x\n", B,
     "fetches `https://b/x`"},
    {"FROM a\nRUN apt-get install -y a\n", "FROM a\nRUN apt-get install a\n", B,
     "no longer gets `-y`"},
    {"FROM a\nRUN apt-get install aa\n", "FROM a\nRUN apt-get install aa bb\n", B,
     "also installs `bb`"},
    {"FROM a\nRUN rm -rf /var/lib/apt/lists/*\n", "FROM a\nRUN rm -rf /var/lib/apt/lists/* /etc\n",
     B, ""},
    {"FROM a\nRUN apt-get update && apt-get install b\n",
     "FROM a\nRUN apt-get update && rm -rf /var/lib/apt/lists/* && apt-get install b\n", B,
     "comes later"},
    {"FROM a\nRUN apt-get update && a\nRUN apt-get install b\n",
     "FROM a\nRUN apt-get update && a && rm -rf /var/lib/apt/lists/*\nRUN apt-get install b\n", B,
     "may need them"},
    /* `;` and what tidies up would hide that the install failed */
    {"FROM a\nRUN apt-get install b\n",
     "FROM a\nRUN apt-get install b; rm -rf /var/lib/apt/lists/*\n", B, "its exit status"},
    {"FROM a\nRUN apt-get install b; rm -rf /var/lib/apt/lists/*\n",
     "FROM a\nRUN apt-get install b\n", B, "no longer runs"},
    {"FROM a\nRUN if a; then apt-get install b; fi\n",
     "FROM a\nRUN if a; then apt-get install b; rm -rf /var/lib/apt/lists/*; fi\n", B, ""},
    {"FROM a\nRUN <<E\napt-get install b\nE\n",
     "FROM a\nRUN <<E\napt-get install b\nrm -rf /var/lib/apt/lists/*\nE\n", B, ""},
    {"FROM a\nRUN set -x; apt-get install b\n",
     "FROM a\nRUN set -x; apt-get install b; rm -rf /var/lib/apt/lists/*\n", B, ""},
    {"FROM a\nRUN echo \"$x\"\n", "FROM a\nRUN echo $x\n", B, ""},
    {"FROM a\nRUN echo '$x'\n", "FROM a\nRUN echo \"$x\"\n", B, ""},
    {"FROM a\nRUN ls '*'\n", "FROM a\nRUN ls *\n", B, ""},
    {"FROM a\nRUN echo \"a  b\"\n", "FROM a\nRUN echo \"a b\"\n", B, ""},
    {"FROM a\nRUN echo ${x:-a  b}\n", "FROM a\nRUN echo ${x:-a b}\n", B, ""},
    {"FROM a\nRUN echo $(echo \"a\\\nb\")\n", "FROM a\nRUN echo $(echo \"a b\")\n", B, ""},
    {"FROM a\nRUN echo '\1$x\3'\n", "FROM a\nRUN echo $x\n", B, ""},
    {"FROM a\nENV A=\"\1$x\3\"\n", "FROM a\nENV A='\1\1$x\3\3'\n", B, ""},
    {"FROM a\nRUN sh -c 'a; b'\n", "FROM a\nRUN sh -c 'a && b'\n", B, ""},
    {"FROM a\nRUN sh -c \"echo $x\"\n", "FROM a\nRUN sh -c 'echo $x'\n", B, ""},
    {"FROM a\nRUN a >b\n", "FROM a\nRUN a >>b\n", B, ""},
    {"FROM a\nRUN a >b 2>&1\n", "FROM a\nRUN a 2>&1 >b\n", B, ""},
    {"FROM a\nRUN (a && b)\n", "FROM a\nRUN a && b\n", B, ""},
    {"FROM a\nRUN x=1 a\n", "FROM a\nRUN x=2 a\n", B, ""},
    {"FROM a\nRUN a &\n", "FROM a\nRUN a\n", B, ""},
    {"FROM a\nRUN ! a\n", "FROM a\nRUN a\n", B, ""},
    {"FROM a\nRUN for i in a b; do c; done\n", "FROM a\nRUN for i in a; do c; done\n", B,
     "no longer has `b`"},
    {"FROM a\nRUN <<E\na\nE\n", "FROM a\nRUN <<'E'\na\nE\n", B, ""},
    {"FROM a\nRUN <<E\n#!/bin/sh\na\nE\n", "FROM a\nRUN <<E\n#!/bin/bash\na\nE\n", B, ""},
    {"FROM a\nCOPY <<E /x\na\nE\n", "FROM a\nCOPY <<E /x\nb\nE\n", B, "another text"},
    {"FROM a\nCOPY <<E /x/\na\nE\n", "FROM a\nCOPY <<F /x/\na\nF\n", B, ""},
    {"FROM a\nCOPY <<-E /x\n\ta\nE\n", "FROM a\nCOPY <<E /x\n\ta\nE\n", B, ""},
    {"FROM a\nCOPY <<E /x\n# a\nE\n", "FROM a\nCOPY <<E /x\nE\n", B, ""},
    {"FROM a\nCMD [\"a\"]\n", "FROM a\nCMD a\n", B, "started by a shell"},
    {"FROM a\nCMD [\"a\", \"b\"]\n", "FROM a\nCMD [\"a b\"]\n", B, ""},
    {"FROM a\nADD a.tar.gz /c\n", "FROM a\nCOPY a.tar.gz /c\n", B, "only ADD unpacks"},
    {"FROM a\nADD https://x/a /c\n", "FROM a\nCOPY https://x/a /c\n", B, ""},
    {"FROM a\nCOPY a /c\n", "FROM a\nCOPY a /c/\n", B, ""},
    {"FROM a\nCOPY a /c\n", "FROM a\nCOPY --chown=b a /c\n", B, ""},
    {"FROM a\nUSER a\n", "FROM a\nUSER root\n", B, "as `root` instead of `a`"},
    {"FROM a\nUSER a\n", "FROM a\n", B, "is gone"},
    {"FROM a\nENV A=1\n", "FROM a\nENV A=2\n", B, "`A` is `2` instead of `1`"},
    {"FROM a\nENV a=1 b=$a\n", "FROM a\nENV a=1\nENV b=$a\n", B, ""},
    {"FROM a\nENV NPM_VERBOSE=1\n", "FROM a\nENV NPM_VERBOSE=0\n", B, ""},
    {"FROM a\nARG A\n", "FROM a\nARG A=\n", B, ""},
    {"FROM a\nWORKDIR /a\n", "FROM a\nWORKDIR /b\n", B, "works in"},
    {"FROM a\nSHELL [\"bash\", \"-c\"]\nRUN b\n", "FROM a\nRUN b\n", B, ""},
    {"FROM a\nONBUILD RUN a\n", "FROM a\nRUN a\n", B, ""},
    {"FROM a\nHEALTHCHECK NONE\n", "FROM a\nHEALTHCHECK CMD a\n", B, ""},
    {"FROM a\nHEALTHCHECK --retries=1 CMD a\n", "FROM a\nHEALTHCHECK --retries=2 CMD a\n", B, ""},
    {"FROM a AS x\nFROM b\n", "FROM b\n", B, "the stage"},
    {"FROM a AS x\nFROM b\n", "FROM a AS y\nFROM b\n", B, ""},
    {"FROM node:20-alpine\n", "FROM node:20-slim\n", B, ""},
    {"FROM debian:12\n", "FROM evil/debian:12\n", B, ""},
    {"FROM ${A}/debian:12\n", "FROM ${B}/debian:12\n", B, ""},
    {"FROM --platform=linux/amd64 a\n", "FROM a\n", B, ""},
    {"ARG TARGETPLATFORM=x\nFROM --platform=$TARGETPLATFORM a\n", "ARG TARGETPLATFORM=x\nFROM a\n",
     B, ""},
    {"# syntax=docker/dockerfile:1\nFROM a\n", "# syntax=evil/dockerfile:1\nFROM a\n", B, ""},
    {"# syntax=docker/dockerfile:1\nFROM a\n", "FROM a\n", B, ""},
    {"# check=skip=all\nFROM a\n", "# check=error=true\nFROM a\n", B, ""},
    {"FROM a\nRUN b\n", "FROM a\nRUN 'b\n", B, "does not parse"},
    {"FROM a\nRUN apt-get install curl=1\n", "FROM a\nRUN apt-get install git=1\n", B, ""},
    {"FROM a\nADD --checksum=sha256:0 a.py /c\n", "FROM a\nCOPY a.py /c\n", B, ""},
    {"FROM a\nADD --unpack a.py /c\n", "FROM a\nCOPY --unpack a.py /c\n", B, ""},
    {"FROM a\nADD data /c\n", "FROM a\nCOPY data /c\n", B, "only ADD unpacks"},
    {"FROM a\nADD a.1 /c\n", "FROM a\nCOPY a.1 /c\n", B, "only ADD unpacks"},
    {"FROM a\nADD $x /c\n", "FROM a\nCOPY $x /c\n", B, "only ADD unpacks"},
    {"FROM a\nMAINTAINER me\n", "FROM a\nLABEL maintainer=you\n", B, "names `you` instead of `me`"},
    {"FROM a\nEXPOSE 80\n", "FROM a\nEXPOSE 81\n", B, "exposes `81` instead of `80`"},
    {"FROM a\nSTOPSIGNAL SIGINT\n", "FROM a\nSTOPSIGNAL SIGKILL\n", B, "stops by"},
    {"FROM a\nVOLUME /a\n", "FROM a\nVOLUME /b\n", B, "keeps"},
    {"FROM a\nCOPY a /c\n", "FROM a\nCOPY b /c\n", B, "takes `b` instead of `a`"},
    {"FROM a\nRUN apt upgrade\n", "FROM a\nRUN apt-get upgrade\n", B, ""},
    {"FROM a\nRUN P='curl git' && apt-get install -y $P\n",
     "FROM a\nRUN P='curl wget' && apt-get install -y $P\n", B, ""},
    {"FROM a\nRUN rm -rf /var/lib/apt/lists/*\n", "FROM a\nRUN rm -rf /var/lib/apt/lists/* >x\n", B,
     ""},
    {"FROM a\nRUN x && a\n", "FROM a\nRUN x && a && rm -rf /var/lib/apt/lists/../../../etc\n", B,
     ""},
    {"FROM a\n", "", B, "does not parse: no FROM"},
    {"# escape=`\nFROM a\nRUN a `\n b\n", "# escape=\\\nFROM a\nRUN a `\n b\n", B, ""},
};
enum { PAIRS = sizeof(pairs) / sizeof(pairs[0]) };

static bool is_said(struct differences d, int kind, const char *says)
{
    bool said = !*says;

    for (size_t i = 0; i < d.n; i++)
        said |= (int)d.v[i].kind == kind && (str_find(d.v[i].what, str_of(says)) != STR_NONE ||
                                             str_find(d.v[i].where, str_of(says)) != STR_NONE);
    return said;
}

static void kinds_and_words(void **state)
{
    (void)state;
    unsigned wrong = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        const struct pair *p = &pairs[i];
        struct arena *a = arena_open();
        struct differences d = verify_texts(a, str_of(p->before), str_of(p->after), NULL, S(""));
        int worst = (int)differences_worst(d);
        if (worst != p->worst || !is_said(d, worst, p->says)) {
            wrong++;
            print_error("--- before\n%s--- after\n%s--- %s, not %s\n", p->before, p->after,
                        difference_name((enum difference_kind)worst),
                        difference_name((enum difference_kind)p->worst));
            for (size_t k = 0; k < d.n; k++)
                print_error("  %s: %.*s: %.*s\n", difference_name(d.v[k].kind),
                            STR_ARG(d.v[k].where), STR_ARG(d.v[k].what));
        }
        arena_close(a);
    }
    if (wrong)
        fail_msg("%u pairs", wrong);
}

/* The brackets that stand for a text handed to a shell are in neither file. */
static void texts_have_no_brackets(void **state)
{
    static const char *const files[][2] = {
        {"FROM a\nCMD ./b $(nproc)\n", "FROM a\nCMD [\"sh\", \"-c\", \"./b $(nproc)\"]\n"},
        {"FROM a\nRUN b\n", "FROM a\nRUN sh -c 'b && c' && b\n"},
        {"FROM a\nRUN b && c\n", "FROM a\nRUN sh -c b && c\n"},
    };
    (void)state;
    struct arena *a = arena_open();
    for (size_t i = 0; i < 2 * sizeof(files) / sizeof(files[0]); i++) {
        const char *const *f = files[i / 2];
        struct differences d = verify_texts(a, str_of(f[i % 2]), str_of(f[1 - i % 2]), NULL, S(""));
        assert_true(d.n > 0);
        for (size_t k = 0; k < d.n; k++)
            assert_int_equal(str_find(d.v[k].what, S("links its commands")), STR_NONE);
    }
    arena_close(a);
}

/* What is a difference one way is one the other way, too. */
static void both_ways_differ(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        struct arena *a = arena_open();
        struct str x = str_of(pairs[i].before), y = str_of(pairs[i].after);
        bool there = verify_texts(a, x, y, NULL, S("")).n,
             back = verify_texts(a, y, x, NULL, S("")).n;
        if (there != back)
            fail_msg("%s%s", pairs[i].before, pairs[i].after);
        arena_close(a);
    }
}

/* ---- apart from the guard ---- */

typedef VEC(struct str) name_list_of;

static bool is_letter_of_name(char c)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Names with a parenthesis behind them: of a definition, those at the front of lines; else all. */
static void read_names(struct arena *a, const char *file, bool defined, name_list_of *out)
{
    char line[1024];
    FILE *f = fopen(file, "r");

    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        bool skipped = defined && (strchr(" \t}/*#\n", line[0]) || strncmp(line, "static", 6) == 0);
        for (char *p = skipped ? NULL : strchr(line, '('); p; p = strchr(p + 1, '(')) {
            char *from = p;
            while (from > line && is_letter_of_name(from[-1]))
                from--;
            if (from < p && strncmp(from, "sizeof", 6) != 0)
                vec_push(a, out, str_dup(a, (struct str){from, (size_t)(p - from)}));
            if (defined)
                break;
        }
    }
    fclose(f);
}

static void read_folder(struct arena *a, const char *pattern, bool defined, name_list_of *out)
{
    glob_t found;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        read_names(a, found.gl_pathv[i], defined, out);
    globfree(&found);
}

static void nobody_calls(struct arena *a, const char *callers, const char *called)
{
    name_list_of calls = {0}, names = {0};

    read_folder(a, callers, false, &calls);
    read_folder(a, called, true, &names);
    if (calls.n < 50 || names.n < 2)
        fail_msg("%s: %zu calls; %s: %zu names", callers, calls.n, called, names.n);
    for (size_t i = 0; i < calls.n; i++)
        for (size_t k = 0; k < names.n; k++)
            if (str_eq(calls.v[i], names.v[k]))
                fail_msg("%s calls %.*s of %s", callers, STR_ARG(calls.v[i]), called);
}

/* They share what the model says, and no judgement: that of the engine is not what verify goes by.
 */
static void guard_and_verify_are_apart(void **state)
{
    (void)state;
    struct arena *a = arena_open();
    nobody_calls(a, DFIX_ROOT "/src/verify/*.[ch]", DFIX_ROOT "/src/engine/*.c");
    nobody_calls(a, DFIX_ROOT "/src/verify/*.[ch]", DFIX_ROOT "/src/base/edit.c");
    nobody_calls(a, DFIX_ROOT "/src/engine/*.[ch]", DFIX_ROOT "/src/verify/*.c");
    nobody_calls(a, DFIX_ROOT "/fixers/*.c", DFIX_ROOT "/src/verify/*.c");
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_and_words),
        cmocka_unit_test(texts_have_no_brackets),
        cmocka_unit_test(both_ways_differ),
        cmocka_unit_test(guard_and_verify_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
