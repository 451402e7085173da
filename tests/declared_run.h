/* declared_run.h - what rules may make of RUN, and which instructions they may add or take away. A
 * RUN is compared word by word: words stand in the same order, and only those that its rule names
 * are new or gone. */
#ifndef DFIX_TESTS_DECLARED_RUN_H
#define DFIX_TESTS_DECLARED_RUN_H

#include "buildkit_dump.h"

/* Two lists of instructions that are read side by side. */
struct walk {
    struct arena *a;
    const line_list *x, *y;
    size_t i, k;
    char escape;
};

struct words {
    struct str v[4096];
    size_t n;
};

static const struct line *old_line(const struct walk *w)
{
    return w->i < w->x->n ? &w->x->v[w->i] : NULL;
}

static const struct line *new_line(const struct walk *w)
{
    return w->k < w->y->n ? &w->y->v[w->k] : NULL;
}

static bool is_line(const struct line *l, const char *keyword)
{
    return l && str_eq(l->keyword, str_of(keyword));
}

/* Signs of the shell are words of their own, wherever they stand. */
static void add_words(struct words *w, struct str s)
{
    static const char signs[] = "|&;()`\"'\\";
    size_t from = 0;

    for (size_t i = 0; i <= s.n && w->n + 1 < sizeof w->v / sizeof w->v[0]; i++) {
        bool sign = i < s.n && memchr(signs, s.p[i], sizeof signs - 1);
        if (i < s.n && !sign)
            continue;
        if (i > from)
            w->v[w->n++] = str_sub(s, from, i);
        if (sign)
            w->v[w->n++] = str_sub(s, i, i + 1);
        from = i + 1;
    }
}

/* All that the instruction runs; of a RUN in exec form, too. */
static struct words *words_of(struct arena *a, const struct line *l)
{
    struct words *w = arena_new(a, struct words, 1);
    struct str part, word;

    for (size_t i = 0; i < l->n + 2; i++) {
        part = i < l->n ? l->word[i] : S("");
        part = i == l->n ? l->rest : part;
        part = i == l->n + 1 ? l->body : part;
        while (word_next(&part, &word))
            add_words(w, word);
    }
    return w;
}

static bool runs_both(const struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    return x && y && str_eq(x->keyword, y->keyword) && (is_line(x, "run") || is_line(x, "onbuild"));
}

/* ---- words more and less ---- */

/* What a rule may do to a RUN's words. */
struct of_words {
    const char *adds, *drops;
    bool (*turns)(struct arena *a, struct str x, struct str y); /* one word into another */
    bool together; /* what is added stands in one place */
};

static bool same_but(struct arena *a, const struct words *x, const struct words *y,
                     const struct of_words *of)
{
    size_t i = 0, k = 0, places = 0;
    bool adding = false;

    while (i < x->n || k < y->n) {
        struct str one = i < x->n ? x->v[i] : S(""), other = k < y->n ? y->v[k] : S("");
        bool same =
            i < x->n && k < y->n && (str_eq(one, other) || (of->turns && of->turns(a, one, other)));
        bool added = !same && k < y->n && of->adds && word_is_one_of(other, of->adds);
        bool gone = !same && !added && i < x->n && of->drops && word_is_one_of(one, of->drops);
        if (!same && !added && !gone)
            return false;
        places += added && !adding;
        adding = added;
        i += same || gone;
        k += same || added;
    }
    return !of->together || places <= 1;
}

static bool by_words(struct walk *w, const struct of_words *of)
{
    const struct line *x = old_line(w), *y = new_line(w);

    if (!runs_both(w) || !str_eq(x->flags, y->flags) ||
        !same_but(w->a, words_of(w->a, x), words_of(w->a, y), of))
        return false;
    w->i++;
    w->k++;
    return true;
}

static struct str with_instead(struct arena *a, struct str s, const char *from, const char *to)
{
    struct buf b = {.arena = a};
    ptrdiff_t at = str_find(s, str_of(from));

    if (at == STR_NONE)
        return s;
    buf_fmt(&b, STR_FMT "%s" STR_FMT, STR_ARG(str_sub(s, 0, (size_t)at)), to,
            STR_ARG(str_from(s, (size_t)at + strlen(from))));
    return buf_str(&b);
}

static bool turns_to_apt_get(struct arena *a, struct str x, struct str y)
{
    return str_eq(x, with_instead(a, y, "apt-get", "apt")) ||
           str_eq(x, with_instead(a, y, "apt-cache", "apt")) ||
           str_eq(x, with_instead(a, y, "dist-upgrade", "full-upgrade"));
}

/* ---- downloaders ---- */

static int by_text(const void *x, const void *y)
{
    return str_cmp(*(const struct str *)x, *(const struct str *)y);
}

/* The words without those of the list, in the order of the alphabet. */
static struct words *without(struct arena *a, const struct words *x, const char *list)
{
    struct words *w = arena_new(a, struct words, 1);

    for (size_t i = 0; i < x->n; i++)
        if (!word_is_one_of(x->v[i], list))
            w->v[w->n++] = x->v[i];
    qsort(w->v, w->n, sizeof w->v[0], by_text);
    return w;
}

/* Each wget that is gone has a curl for it, and files and URLs are the same. */
static bool by_curl(struct walk *w)
{
    static const char both[] =
        "-nv -q -qq -qO -O -qO- -O- -nc --quiet --no-verbose -N - "
        "--output-document --no-check-certificate --show-progress -S "
        "--progress=dot:giga --progress=bar:force wget $wget curl $curl -fsSL -fsSLO "
        "-fsSLk -fsSLkO -o";
    struct of_words none = {0};

    if (!runs_both(w))
        return false;
    struct words *x = without(w->a, words_of(w->a, old_line(w)), both),
                 *y = without(w->a, words_of(w->a, new_line(w)), both);
    w->i++;
    w->k++;
    return same_but(w->a, x, y, &none);
}

/* ---- shells ---- */

static bool is_shell(const struct line *l, const char *last)
{
    return is_line(l, "shell") && l->n > 1 && str_eq(l->word[l->n - 1], S("-c")) &&
           (!last || str_eq(l->word[l->n - 2], str_of(last)));
}

/* `ln -sf /bin/bash /bin/sh` out of a RUN, and SHELL behind it or in its place. */
static bool by_shell(struct walk *w)
{
    static const struct of_words link = {
        .drops = "& ; rm -f /bin/sh ln -s -fs -sf -sfn -snf -nsf --symbolic --force /bin/bash "
                 "bash /usr/bin/bash /bin/dash dash unlink /bin/zsh -v -sv -rf set -e -ex -x"};
    const struct line *x = old_line(w), *y = new_line(w);
    struct words empty = {.n = 0};

    if (!is_line(x, "run"))
        return false;
    if (is_shell(y, NULL)) {
        w->i++;
        w->k++;
        return same_but(w->a, words_of(w->a, x), &empty, &link);
    }
    return by_words(w, &link) && is_shell(new_line(w), NULL) && w->k++ < w->y->n;
}

/* SHELL with the option before a RUN, or the option in a SHELL. */
static bool by_pipefail(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    if (is_line(x, "shell") && is_line(y, "shell")) {
        static const struct of_words option = {.adds = "-o pipefail", .together = true};
        w->i++;
        w->k++;
        return same_but(w->a, words_of(w->a, x), words_of(w->a, y), &option);
    }
    w->k++;
    return is_line(x, "run") && is_shell(y, "pipefail");
}

/* ---- RUNs that are one ---- */

static bool by_join(struct walk *w)
{
    const struct line *y = new_line(w);
    struct words *all = arena_new(w->a, struct words, 1);

    if (!runs_both(w))
        return false;
    const struct words *whole = words_of(w->a, y);
    for (; all->n < whole->n && is_line(old_line(w), "run"); w->i++) {
        const struct words *one = words_of(w->a, old_line(w));
        if (!str_eq(old_line(w)->flags, y->flags) || old_line(w)->body.n ||
            all->n + one->n + 2 > sizeof all->v / sizeof all->v[0])
            return false;
        if (all->n) {
            all->v[all->n++] = S("&");
            all->v[all->n++] = S("&");
        }
        memcpy(all->v + all->n, one->v, one->n * sizeof one->v[0]);
        all->n += one->n;
    }
    static const struct of_words none = {0};
    w->k++;
    return same_but(w->a, all, whole, &none);
}

/* ---- folders ---- */

/* `cd FOLDER &&` gone from the front of a RUN, behind a WORKDIR that leads there. */
static bool is_moved(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w), *before = y;
    const struct words *old = words_of(w->a, x);
    struct words *rest = arena_new(w->a, struct words, 1);
    static const struct of_words none = {0};

    while (before > w->y->v && !is_line(before, "workdir"))
        before--;
    if (!is_line(before, "workdir") || old->n < 5 || !str_eq(old->v[0], S("cd")) ||
        !str_eq(old->v[2], S("&")) || !str_eq(old->v[3], S("&")))
        return false;
    struct str folder = str_without_end(old->v[1], '/'),
               there = str_without_end(before->word[0], '/');
    if (str_starts(folder, S("./")))
        folder = str_from(folder, 2);
    rest->n = old->n - 4;
    memcpy(rest->v, old->v + 4, rest->n * sizeof rest->v[0]);
    return (str_ends(there, folder) || str_ends(folder, there)) && str_eq(x->flags, y->flags) &&
           same_but(w->a, rest, words_of(w->a, y), &none);
}

static bool by_workdir(struct walk *w)
{
    if (is_line(new_line(w), "workdir")) {
        w->k++;
        return true; /* where each instruction works is compared apart */
    }
    bool moved = runs_both(w) && is_moved(w);
    w->i++;
    w->k++;
    return moved;
}

/* ---- users ---- */

static bool is_number(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != ':')
            return false;
    return s.n > 0;
}

/* USER by number, new or in place of another; a RUN that makes the user, or gives it folders. */
static bool by_user(struct walk *w)
{
    static const char makes[] = "useradd adduser groupadd addgroup mkdir chown";
    const struct line *x = old_line(w), *y = new_line(w);
    bool user = is_line(y, "user") && y->n == 1 && is_number(y->word[0]);
    bool run = is_line(y, "run") && y->n && word_is_one_of(words_of(w->a, y)->v[0], makes);

    w->k++;
    w->i += user && is_line(x, "user");
    return user || run;
}

static bool by_number(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    w->i++;
    w->k++;
    return is_line(x, "user") && is_line(y, "user") && y->n == 1 && is_number(y->word[0]);
}

/* ---- the rest ---- */

static bool is_label_name(struct str s)
{
    static const char marks[] = "abcdefghijklmnopqrstuvwxyz0123456789.-_/";

    for (size_t i = 0; i < s.n; i++)
        if (!memchr(marks, s.p[i], sizeof marks - 1))
            return false;
    return s.n > 0;
}

static bool by_label_name(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    w->i++;
    w->k++;
    if (!is_line(x, "label") || !is_line(y, "label") || x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]) &&
            (i % 3 || !is_label_name(value_of(w->a, y->word[i], w->escape))))
            return false;
    return true;
}

/* A label of the test's policy. */
static bool by_new_label(struct walk *w)
{
    const struct line *y = new_line(w);

    w->k++;
    return is_line(y, "label") && y->n == 3 && str_eq(y->word[0], S("org.example.team")) &&
           str_eq(y->word[1], S("\"builders\""));
}

static bool by_copy(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);
    bool keyword = is_line(x, "add") && is_line(y, "copy");
    bool nested = is_line(x, "onbuild") && is_line(y, "onbuild");

    w->i++;
    w->k++;
    if (nested)
        return str_eq(with_instead(w->a, y->rest, "(copy ", "(add "), x->rest);
    return keyword && str_eq(x->flags, y->flags) && same_word(x, y, 0);
}

static bool by_slash(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    w->i++;
    w->k++;
    if (!x || !y || !str_eq(x->keyword, y->keyword) || x->n != y->n || x->n < 3 ||
        !str_eq(x->flags, y->flags))
        return false;
    for (size_t i = 0; i + 1 < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]))
            return false;
    struct str old = value_of(w->a, x->word[x->n - 1], w->escape);
    return str_eq(value_of(w->a, y->word[y->n - 1], w->escape),
                  str_fmt(w->a, STR_FMT "/", STR_ARG(old)));
}

/* An ARG or ENV less, and a RUN that has a secret of its name. */
static bool by_secret(struct walk *w)
{
    const struct line *x = old_line(w), *y = new_line(w);

    if (is_line(x, "arg") || is_line(x, "env")) {
        w->i++;
        return true;
    }
    w->i++;
    w->k++;
    return is_line(x, "run") && is_line(y, "run") && same_word(x, y, 0) &&
           str_find(y->flags, S("--mount=type=secret,id=")) != STR_NONE;
}

#endif
