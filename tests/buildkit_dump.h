/* buildkit_dump.h - BuildKit's own list of instructions, read back: what a build is given. Quotes
 * and expansions are read here as BuildKit's shell word lexer reads them; nothing here is the
 * guard's. */
#ifndef DFIX_TESTS_BUILDKIT_DUMP_H
#define DFIX_TESTS_BUILDKIT_DUMP_H

#include "dfix/dfix.h"

enum { WORDS = 256 };

/* One instruction: (keyword ["flag" ...] "word" ... (nested)) */
struct line {
    struct str keyword, flags;
    struct str word[WORDS];
    size_t n;
    struct str rest; /* a nested instruction, as printed; "" none */
    struct str body; /* of its heredocs */
};

/* Go's quoted string, at the front of *s. */
static struct str unquote(struct arena *a, struct str *s)
{
    struct buf b = {.arena = a};
    size_t i = 1;

    for (; i < s->n && s->p[i] != '"'; i++) {
        if (s->p[i] != '\\') {
            buf_char(&b, s->p[i]);
            continue;
        }
        i++;
        if (s->p[i] == '"' || s->p[i] == '\\')
            buf_char(&b, s->p[i]);
        else if (s->p[i] == 't')
            buf_char(&b, '\t');
        else
            buf_fmt(&b, "\003%c", s->p[i]); /* another control character */
    }
    *s = str_from(*s, i + 1);
    return buf_str(&b);
}

static struct line read_line(struct arena *a, struct str text)
{
    struct line l = {.flags = S(""), .rest = S(""), .body = S("")};
    struct str s = str_sub(text, 1, text.n - 1); /* without the brackets */

    if (!str_cut(&s, ' ', &l.keyword))
        l.keyword = s;
    if (str_starts(s, S("["))) {
        ptrdiff_t end = str_find(s, S("\"]"));
        l.flags = str_sub(s, 0, (size_t)end + 2);
        s = str_trim(str_from(s, (size_t)end + 2));
    }
    while (s.n && s.p[0] == '"' && l.n < WORDS) {
        l.word[l.n++] = unquote(a, &s);
        s = str_trim(s);
    }
    l.rest = s;
    return l;
}

typedef VEC(struct line) line_list;

/* The bodies of an instruction's heredocs, which BuildKit's dump leaves out. */
static struct str bodies(struct arena *a, const struct tree *t, node_id instruction)
{
    struct buf b = {.arena = a};

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++)
        if (node_kind(t, n) == NODE_HEREDOC)
            buf_add(&b, node_text(t, n));
    return buf_str(&b);
}

static line_list dump_of(struct arena *a, struct str text)
{
    const struct tree *t = tree_parse(a, text);
    struct buf b = {.arena = a};
    struct str all, one;
    line_list list = {0};
    size_t i = 0;

    tree_dump_buildkit(&b, t);
    all = buf_str(&b);
    while (str_cut(&all, '\n', &one))
        if (one.n)
            vec_push(a, &list, read_line(a, one));
    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION && i < list.n)
            list.v[i++].body = bodies(a, t, n);
    return list;
}

static bool same_word(const struct line *x, const struct line *y, size_t from)
{
    if (x->n != y->n)
        return false;
    for (size_t i = from; i < x->n; i++)
        if (!str_eq(x->word[i], y->word[i]))
            return false;
    return str_eq(x->rest, y->rest) && str_eq(x->body, y->body);
}

static bool same_line(const struct line *x, const struct line *y)
{
    return str_eq(x->keyword, y->keyword) && str_eq(x->flags, y->flags) && same_word(x, y, 0);
}

/* ---- values ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* `$NAME` or `${...}` at i: its end. */
static size_t expansion_end(struct str s, size_t i)
{
    size_t end = i + 1;
    int depth = 0;

    if (end < s.n && s.p[end] == '{') {
        for (; end < s.n; end++) {
            depth += s.p[end] == '{';
            depth -= s.p[end] == '}';
            if (!depth)
                return end + 1;
        }
        return s.n;
    }
    while (end < s.n && is_name(s.p[end]))
        end++;
    return end;
}

/* What a word comes to: text, and each expansion between two marks. */
static struct str value_of(struct arena *a, struct str s, char escape)
{
    struct buf b = {.arena = a};
    char quote = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '$' && quote != '\'') {
            size_t end = expansion_end(s, i);
            buf_fmt(&b, "\001" STR_FMT "\002", STR_ARG(str_sub(s, i, end)));
            i = end - 1;
        } else if (c == escape && quote != '\'') {
            char next = i + 1 < s.n ? s.p[i + 1] : 0;
            bool taken = !quote || next == '"' || next == '$' || next == escape;
            if (!taken)
                buf_char(&b, c);
            if (taken && next) {
                buf_char(&b, next);
                i++;
            }
        } else if ((c == '"' || c == '\'') && (!quote || quote == c)) {
            quote = quote ? 0 : c;
        } else {
            buf_char(&b, c);
        }
    }
    return buf_str(&b);
}

/* Is it one word to BuildKit: no white space outside quotes and escapes? */
static bool is_one_word(struct str s, char escape)
{
    char quote = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == escape && quote != '\'')
            i++;
        else if ((c == '"' || c == '\'') && (!quote || quote == c))
            quote = quote ? 0 : c;
        else if (!quote && memchr(" \t\v\f\r\n", c, 6))
            return false;
    }
    return true;
}

#endif
