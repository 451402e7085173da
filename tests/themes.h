/* themes.h - texts of cases. A theme begins with a sentence; each case has a name and parts. Parts
 * before the first case hold for all of them.
 *
 *     What it is about.
 *
 *     === a-case
 *     == in
 *     FROM debian:bookworm
 *
 * A part's head may end in `(no newline)`: at its end there is none; or `(crlf)`. */
#ifndef DFIX_TEST_THEMES_H
#define DFIX_TEST_THEMES_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka_all.h"
#include "host/files.h"
#include "twins.h"

enum { THEME_PARTS = 8, THEME_MAX = 4 << 20 };

struct theme_parts {
    bool set[THEME_PARTS];
    struct str text[THEME_PARTS];
};
struct theme_case {
    struct arena *arena; /* of this case alone */
    struct str name;     /* "lsp/hover/a-package" */
    const char *const *parts;
    const struct theme_parts *shared;
    struct theme_parts *own;
};
struct theme_text {
    struct arena *arena;
    const char *const *parts;
    struct str name, sentence;
    struct theme_parts shared;
    VEC(struct theme_one {
        struct str name;
        struct theme_parts parts;
    })
    one;
};

static inline int theme_number(const char *const *parts, struct str name)
{
    for (int i = 0; parts[i]; i++)
        if (str_eq(str_of(parts[i]), name))
            return i;
    return -1;
}

/* Of the case, else of its theme. */
static inline bool theme_part(const struct theme_case *c, const char *name, struct str *out)
{
    int p = theme_number(c->parts, str_of(name));

    assert_true(p >= 0);
    *out = c->own->set[p] ? c->own->text[p] : c->shared->set[p] ? c->shared->text[p] : S("");
    return c->own->set[p] || c->shared->set[p];
}

/* Of the theme, then of the case. */
static inline void theme_part_joined(const struct theme_case *c, const char *name, struct str *out)
{
    int p = theme_number(c->parts, str_of(name));
    struct buf b = {.arena = c->arena};

    buf_add(&b, c->shared->set[p] ? c->shared->text[p] : S(""));
    buf_add(&b, c->own->set[p] ? c->own->text[p] : S(""));
    *out = buf_str(&b);
}

static inline void theme_set(struct theme_case *c, const char *name, struct str text)
{
    int p = theme_number(c->parts, str_of(name));

    c->own->set[p] = true;
    c->own->text[p] = text;
}

static inline void theme_clear(struct theme_case *c, const char *name)
{
    int p = theme_number(c->parts, str_of(name));

    c->own->set[p] = false;
    c->own->text[p] = S("");
}

/* The lines up to the next head. */
static inline struct str theme_lines(struct str *rest)
{
    struct str all = *rest;

    while (rest->n && !str_starts(*rest, S("== ")) && !str_starts(*rest, S("=== "))) {
        ptrdiff_t end = str_chr(*rest, '\n');
        *rest = end == STR_NONE ? S("") : str_from(*rest, (size_t)end + 1);
    }
    return str_sub(all, 0, all.n - rest->n);
}

static inline void theme_read_part(struct theme_text *t, struct str head, struct str text)
{
    struct theme_parts *into = t->one.n ? &t->one.v[t->one.n - 1].parts : &t->shared;
    bool open = str_ends(head, S(" (no newline)")), crlf = str_ends(head, S(" (crlf)"));
    int p = theme_number(t->parts, str_sub(head, 0, head.n - (open ? 13 : crlf ? 7 : 0)));

    if (p < 0 || into->set[p])
        fail_msg(STR_FMT ": an unknown part, or one that is there already: " STR_FMT,
                 STR_ARG(t->name), STR_ARG(head));
    into->set[p] = true;
    into->text[p] = open ? str_sub(text, 0, text.n - 1) : crlf ? with_crlf(t->arena, text) : text;
}

static inline void theme_read(struct theme_text *t, struct str text)
{
    t->sentence = str_trim(theme_lines(&text));
    if (!t->sentence.n)
        fail_msg(STR_FMT " does not begin with a sentence", STR_ARG(t->name));
    while (text.n) {
        struct str head = S("");
        str_cut(&text, '\n', &head);
        struct str body = theme_lines(&text);
        bool gap = !text.n || str_starts(text, S("=== ")) || !t->one.n;
        if (str_starts(head, S("=== "))) {
            vec_push(t->arena, &t->one, (struct theme_one){.name = str_from(head, 4)});
            continue;
        }
        if (gap && (str_ends(body, S("\n\n")) || str_eq(body, S("\n"))))
            body.n--; /* the empty line before a head */
        theme_read_part(t, str_from(head, 3), body);
    }
}

static inline void theme_write_parts(struct buf *b, const char *const *parts,
                                     const struct theme_parts *p)
{
    for (int i = 0; parts[i]; i++) {
        if (!p->set[i])
            continue;
        struct str text = p->text[i];
        bool open = text.n && !str_ends(text, S("\n")), crlf = str_chr(text, '\r') != STR_NONE;
        buf_fmt(b, "== %s%s\n", parts[i], open ? " (no newline)" : crlf ? " (crlf)" : "");
        for (size_t k = 0; k < text.n; k++)
            if (!crlf || text.p[k] != '\r')
                buf_char(b, text.p[k]);
        if (open)
            buf_char(b, '\n');
    }
}

static inline void theme_write(const struct theme_text *t, const char *path)
{
    struct buf b = {.arena = t->arena};
    bool any = false;

    for (int i = 0; i < THEME_PARTS; i++)
        any |= t->shared.set[i];
    buf_fmt(&b, STR_FMT "\n%s", STR_ARG(t->sentence), any ? "\n" : "");
    theme_write_parts(&b, t->parts, &t->shared);
    for (size_t i = 0; i < t->one.n; i++) {
        buf_fmt(&b, "\n=== " STR_FMT "\n", STR_ARG(t->one.v[i].name));
        theme_write_parts(&b, t->parts, &t->one.v[i].parts);
    }
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(b.p, 1, b.n, f);
    fclose(f);
}

typedef void theme_run_fn(void *user, struct theme_case *c);

/* One theme; how many cases it has. */
static inline unsigned theme_run(struct str path, struct str name, const char *const *parts,
                                 theme_run_fn *run, void *user, bool update)
{
    struct theme_text t = {.arena = arena_open(), .parts = parts, .name = name};
    const char *only = getenv("DFIX_GOLDEN_ONLY");
    struct str text;
    struct err e;
    bool ran = false;

    if (!file_read(t.arena, str_cstr(t.arena, path), THEME_MAX, &text, &e))
        fail_msg("%s", e.text);
    theme_read(&t, text);
    for (size_t i = 0; i < t.one.n; i++) {
        struct theme_case c = {
            .arena = arena_open(), .parts = parts, .shared = &t.shared, .own = &t.one.v[i].parts};
        c.name = str_fmt(t.arena, STR_FMT "/" STR_FMT, STR_ARG(name), STR_ARG(t.one.v[i].name));
        if (!only || strstr(c.name.p, only)) {
            run(user, &c);
            ran = true;
        }
        for (int p = 0; p < THEME_PARTS; p++) /* what was updated outlives the case */
            if (c.own->set[p])
                c.own->text[p] = str_dup(t.arena, c.own->text[p]);
        arena_close(c.arena);
    }
    if (update && ran)
        theme_write(&t, str_cstr(t.arena, path));
    unsigned found = (unsigned)t.one.n;
    arena_close(t.arena);
    return found;
}

static inline int theme_by_name(const struct dirent **x, const struct dirent **y)
{
    return strcmp((*x)->d_name, (*y)->d_name);
}

static inline int theme_is(const struct dirent *d)
{
    return str_ends(str_of(d->d_name), S(".txt")) && d->d_name[0] != '.';
}

/* All themes of a folder, each case; `parts` ends with NULL, in the order in which they are
 * written. How many cases there are. */
static inline unsigned themes_run(const char *folder, const char *const *parts, theme_run_fn *run,
                                  void *user, bool update)
{
    struct dirent **entry;
    struct arena *a = arena_open();
    unsigned found = 0;
    int n = scandir(folder, &entry, theme_is, theme_by_name);

    for (int i = 0; i < n; i++) {
        struct str file = str_of(entry[i]->d_name);
        found += theme_run(str_fmt(a, "%s/" STR_FMT, folder, STR_ARG(file)),
                           str_fmt(a, STR_FMT "/%.*s", STR_ARG(path_basename(str_of(folder))),
                                   (int)file.n - 4, file.p),
                           parts, run, user, update);
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
    arena_close(a);
    return found;
}

#endif
