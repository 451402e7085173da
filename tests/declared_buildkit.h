/* declared_buildkit.h - what the rules for BuildKit's checks may make of an instruction. */
#ifndef DFIX_TESTS_DECLARED_BUILDKIT_H
#define DFIX_TESTS_DECLARED_BUILDKIT_H

#include "buildkit_dump.h"

/* An instruction before, and the one that it became. */
struct pair_of {
    struct arena *a;
    const struct line *x, *y;
    char escape;
};

static bool by_equals_sign(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;

    return x->n == 3 && y->n == 3 && !x->word[2].n && str_eq(y->word[2], S("=")) &&
           str_eq(x->word[0], y->word[0]) && is_one_word(y->word[1], p->escape) &&
           str_eq(value_of(p->a, x->word[1], p->escape), value_of(p->a, y->word[1], p->escape));
}

static bool by_label(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    struct str old = x->n ? x->word[0] : S(""), new;

    if (!str_eq(x->keyword, S("maintainer")) || !str_eq(y->keyword, S("label")) || y->n != 3 ||
        !str_eq(y->word[0], S("org.opencontainers.image.authors")) || !str_eq(y->word[2], S("=")) ||
        !is_one_word(y->word[1], p->escape))
        return false;
    new = value_of(p->a, y->word[1], p->escape);
    bool quoted =
        old.n > 1 && (old.p[0] == '"' || old.p[0] == '\'') && old.p[old.n - 1] == old.p[0];
    return str_eq(new, old) || (quoted && str_eq(new, str_sub(old, 1, old.n - 1)));
}

/* Without --platform. */
static bool by_platform(const struct pair_of *p)
{
    return str_eq(p->x->keyword, S("from")) && same_word(p->x, p->y, 0) &&
           str_find(p->x->flags, S("\"--platform=")) != STR_NONE && !p->y->flags.n;
}

static bool by_port(const struct pair_of *p)
{
    if (!str_eq(p->x->keyword, S("expose")) || p->x->n != p->y->n)
        return false;
    for (size_t i = 0; i < p->x->n; i++) {
        struct str old = p->x->word[i], new = p->y->word[i];
        ptrdiff_t colon = str_rchr(old, ':');
        if (str_eq(old, new))
            continue;
        if (colon != STR_NONE && !str_ends(new, old))
            old = str_from(old, (size_t)colon + 1);
        if (!str_ieq(old, new) && !str_ieq(p->x->word[i], new))
            return false;
    }
    return true;
}

/* The words as they stand in the shell's text, quotes and escapes gone. */
static bool by_exec_form(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    bool health = str_eq(x->keyword, S("healthcheck"));
    size_t at = health ? 1 : 0;

    if (!str_eq(x->keyword, y->keyword) || !str_eq(x->flags, y->flags) || x->n != at + 1 || !y->n)
        return false;
    struct str text = str_trim(x->word[at]);
    if (str_eq(y->word[y->n - 1], text) && str_eq(y->word[y->n - 2], S("-c")))
        return true;
    if (str_starts(text, S("exec ")))
        text = str_trim(str_from(text, 5));
    struct buf b = {.arena = p->a};
    for (size_t i = at; i < y->n; i++)
        buf_fmt(&b, "%s" STR_FMT, i > at ? " " : "", STR_ARG(y->word[i]));
    struct str plain = value_of(p->a, text, '\\'), joined = S(""), word;
    struct buf c = {.arena = p->a};
    while (word_next(&plain, &word))
        buf_fmt(&c, "%s" STR_FMT, c.n ? " " : "", STR_ARG(word));
    joined = buf_str(&b);
    struct buf d = {.arena = p->a};
    while (word_next(&joined, &word))
        buf_fmt(&d, "%s" STR_FMT, d.n ? " " : "", STR_ARG(word));
    return str_eq(buf_str(&c), buf_str(&d));
}

static struct str last_part(struct str s)
{
    s = str_without_end(s, '/');
    return path_basename(s);
}

static bool by_folder(const struct pair_of *p)
{
    if (!str_eq(p->x->keyword, S("workdir")) || p->x->n != 1 || p->y->n != 1)
        return false;
    struct str old = value_of(p->a, p->x->word[0], p->escape),
               new = value_of(p->a, p->y->word[0], p->escape);
    return str_starts(new, S("/")) &&
           (str_starts(old, S(".")) || str_eq(last_part(old), last_part(new)));
}

static bool by_destination(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;

    if (!str_eq(x->keyword, y->keyword) || !word_is_one_of(x->keyword, "copy add") ||
        x->n != y->n || !str_eq(x->flags, y->flags))
        return false;
    for (size_t i = 0; i + 1 < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]))
            return false;
    struct str old = value_of(p->a, x->word[x->n - 1], p->escape),
               new = value_of(p->a, y->word[y->n - 1], p->escape);
    while (str_starts(old, S("./")))
        old = str_from(old, 2);
    return str_eq(new, str_eq(old, S(".")) ? S("/") : str_fmt(p->a, "/" STR_FMT, STR_ARG(old)));
}

static bool by_as(const struct pair_of *p)
{
    return str_eq(p->x->keyword, S("from")) && p->x->n == 3 && p->y->n == 3 &&
           str_ieq(p->x->word[1], S("as")) && str_ieq(p->y->word[1], S("as")) &&
           str_eq(p->x->word[0], p->y->word[0]) && str_eq(p->x->word[2], p->y->word[2]);
}

/* Words that differ do so in letters only, or by what a rename puts behind them. */
static bool by_stage_name(const struct pair_of *p)
{
    const struct line *x = p->x, *y = p->y;
    bool from = str_eq(x->keyword, S("from")) && str_eq(y->keyword, S("from"));

    if (!str_eq(x->keyword, y->keyword) || x->n != y->n)
        return false;
    for (size_t i = 0; i < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]) &&
            !(from && i != 1 &&
              (str_ieq(x->word[i], y->word[i]) ||
               str_starts(y->word[i], str_lower(p->a, x->word[i])))))
            return false;
    return str_eq(x->flags, y->flags) || str_find(x->flags, S("from=")) != STR_NONE;
}

#endif
