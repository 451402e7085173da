/* heredoc.c - which words of a line open heredocs, and their bodies.
 *
 * BuildKit decides this by its own word lexer, not the shell's: a heredoc is a word
 * that is nothing but [digits] "<<" ["-"] delimiter. What its lexer cannot read (an
 * open quote, an unknown ${x modifier}) has no heredocs at all. */
#include "syntax/dockerfile.h"

#include <string.h>

enum { NESTED_MAX = 1000 }; /* of ${x-${y-...}}: deeper is taken for not readable */

/* shell/lex.go with an empty environment, unset variables kept as written. */
struct shlex {
    struct arena *scratch;
    const char *p;
    uint32_t n, at;
    bool raw_quotes, raw_escapes;
    char *out;
    size_t nout, capout;
    struct str_span {
        uint32_t start, end;
    } * word; /* of out */
    size_t nword, capword;
    size_t word_start;
    unsigned depth;
};

static void put(struct shlex *l, const char *p, size_t n)
{
    l->out = arena_grow(l->scratch, l->out, l->nout, &l->capout, l->nout + n, 1);
    memcpy(l->out + l->nout, p, n);
    l->nout += n;
}

/* The character at `at`, as it is but for bytes that are not UTF-8. */
static void put_rune(struct shlex *l)
{
    if ((unsigned char)l->p[l->at] < 0x80) {
        put(l, l->p + l->at++, 1);
        return;
    }
    uint32_t n = rune_len(l->p + l->at, l->n - l->at);
    if (n == 1)
        put(l, "\xEF\xBF\xBD", 3);
    else
        put(l, l->p + l->at, n);
    l->at += n;
}

static bool lex_until(struct shlex *l, char stop, bool raw_escapes);

static bool lex_single(struct shlex *l)
{
    if (l->raw_quotes)
        put(l, "'", 1);
    l->at++;
    while (l->at < l->n && l->p[l->at] != '\'')
        put_rune(l);
    if (l->at == l->n)
        return false;
    l->at++;
    if (l->raw_quotes)
        put(l, "'", 1);
    return true;
}

/* ${name op word}: at the name. */
static bool lex_braces(struct shlex *l)
{
    if (l->at == l->n || memchr("{}:", l->p[l->at], 3))
        return false;
    put(l, "${", 2);
    uint32_t name = param_name_len(l->p + l->at, l->n - l->at);
    put(l, l->p + l->at, name);
    l->at += name;
    if (l->at == l->n)
        return false;
    char c = l->p[l->at];
    if (c == '/') {
        l->at += l->at + 1 < l->n && l->p[l->at + 1] == '/' ? 2 : 1;
        put(l, "/", 1);
        if (!lex_until(l, '/', true))
            return false;
        put(l, "/", 1);
        return lex_until(l, '}', true) && (put(l, "}", 1), true);
    }
    if (c == '}') {
        l->at++;
        put(l, "}", 1);
        return true;
    }
    if (!memchr(":+-?#%", c, 6))
        return false;
    put_rune(l);
    if (c == ':') {
        if (l->at == l->n)
            return false;
        c = l->p[l->at];
        if (c == '#' || c == '%')
            return false;
        put_rune(l);
    }
    return lex_until(l, '}', c == '#' || c == '%') && (put(l, "}", 1), true);
}

static bool lex_dollar(struct shlex *l)
{
    l->at++;
    if (l->at == l->n || l->p[l->at] != '{') {
        uint32_t name = param_name_len(l->p + l->at, l->n - l->at);
        put(l, "$", 1);
        put(l, l->p + l->at, name);
        l->at += name;
        return true;
    }
    l->at++;
    if (l->depth == NESTED_MAX)
        return false;
    l->depth++;
    bool ok = lex_braces(l);
    l->depth--;
    return ok;
}

static bool lex_double(struct shlex *l)
{
    if (l->raw_quotes)
        put(l, "\"", 1);
    l->at++;
    while (l->at < l->n && l->p[l->at] != '"') {
        char c = l->p[l->at];
        if (c == '$') {
            if (!lex_dollar(l))
                return false;
            continue;
        }
        if (c != '\\') {
            put_rune(l);
            continue;
        }
        l->at++;
        if (l->raw_escapes)
            put(l, "\\", 1);
        if (l->at == l->n)
            return false;
        if (memchr("\"$\\", l->p[l->at], 3))
            put_rune(l);
        else
            put(l, "\\", 1);
    }
    if (l->at == l->n)
        return false;
    l->at++;
    if (l->raw_quotes)
        put(l, "\"", 1);
    return true;
}

/* "<<" takes the blanks after it along, so that the delimiter joins it. */
static void lex_less(struct shlex *l)
{
    put_rune(l);
    if (l->at == l->n || l->p[l->at] != '<')
        return;
    put_rune(l);
    while (l->at < l->n && memchr(" \t\r", l->p[l->at], 3))
        put_rune(l);
}

static bool lex_special(struct shlex *l, char c)
{
    switch (c) {
    case '\'':
        return lex_single(l);
    case '"':
        return lex_double(l);
    case '$':
        return lex_dollar(l);
    default:
        lex_less(l);
        return true;
    }
}

static bool is_special(char c)
{
    return c == '\'' || c == '"' || c == '$' || c == '<';
}

/* Inside ${...}: up to `stop`, which is taken. */
static bool lex_until(struct shlex *l, char stop, bool raw_escapes)
{
    bool outer = l->raw_escapes;
    l->raw_escapes = raw_escapes;
    bool ok = true;
    while (ok && l->at < l->n && l->p[l->at] != stop) {
        char c = l->p[l->at];
        if (is_special(c)) {
            ok = lex_special(l, c);
        } else if (c == '\\') {
            l->at++;
            if (raw_escapes)
                put(l, "\\", 1);
            if (l->at < l->n)
                put_rune(l);
        } else {
            put_rune(l);
        }
    }
    l->raw_escapes = outer;
    if (!ok || l->at == l->n)
        return false;
    l->at++;
    return true;
}

static void word_done(struct shlex *l, size_t end)
{
    if (end > l->word_start) {
        struct str_span word = {(uint32_t)l->word_start, (uint32_t)end};
        l->word =
            arena_grow(l->scratch, l->word, l->nword, &l->capword, l->nword + 1, sizeof(word));
        l->word[l->nword++] = word;
    }
}

/* What an expansion gave, from `from` on, is split at white space. */
static void split_expansion(struct shlex *l, size_t from)
{
    for (size_t i = from; i < l->nout;) {
        uint32_t n = space_len(l->out + i, l->nout - i);
        if (n) {
            word_done(l, i);
            l->word_start = i + n;
        }
        i += n ? n : 1;
    }
}

static bool lex_words(struct shlex *l, struct str s)
{
    l->p = s.p;
    l->n = (uint32_t)s.n;
    l->at = str_starts(s, S("\xEF\xBB\xBF")) ? 3 : 0;
    l->nout = l->nword = l->word_start = 0;
    while (l->at < l->n) {
        char c = l->p[l->at];
        size_t from = l->nout;
        if (is_special(c)) {
            if (!lex_special(l, c))
                return false;
            if (c == '$')
                split_expansion(l, from);
            continue;
        }
        uint32_t space = space_len(l->p + l->at, l->n - l->at);
        if (space) {
            word_done(l, l->nout);
            l->word_start = l->nout;
            l->at += space;
            continue;
        }
        if (c == '\\') {
            l->at++;
            if (l->raw_escapes)
                put(l, "\\", 1);
            if (l->at == l->n)
                break;
        }
        put_rune(l);
    }
    word_done(l, l->nout);
    return true;
}

static struct str word_at(const struct shlex *l, size_t k)
{
    return (struct str){l->out + l->word[k].start, l->word[k].end - l->word[k].start};
}

static size_t count_quotes(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\'' || s.p[i] == '"';
    return n;
}

/* heredoc = [digits] "<<" ["-"] \s* delimiter, without another "<" */
static bool heredoc_match(struct str s, bool *tabs, struct str *rest)
{
    while (s.n && s.p[0] >= '0' && s.p[0] <= '9')
        s = str_from(s, 1);
    if (!str_starts(s, S("<<")))
        return false;
    s = str_from(s, 2);
    *tabs = str_starts(s, S("-"));
    if (*tabs)
        s = str_from(s, 1);
    while (s.n && is_field_space(s.p[0]) && s.p[0] != '\v')
        s = str_from(s, 1);
    *rest = s;
    return s.n && str_chr(s, '<') == STR_NONE;
}

/* The delimiter without quotes into l->out; false when it is not one word. */
static bool heredoc_name(struct shlex *l, struct str rest, bool *quoted)
{
    l->raw_quotes = true;
    if (!lex_words(l, rest) || l->nword != 1)
        return false;
    size_t raw = count_quotes(word_at(l, 0));
    l->raw_quotes = false;
    if (!lex_words(l, rest) || l->nword != 1)
        return false;
    *quoted = count_quotes(word_at(l, 0)) != raw;
    return true;
}

bool heredoc_is(struct arena *scratch, struct str s, bool *tabs)
{
    struct str rest;
    bool quoted;
    struct shlex l = {.scratch = scratch};
    return heredoc_match(s, tabs, &rest) && heredoc_name(&l, rest, &quoted);
}

void heredocs_find(struct arena *scratch, struct heredocs *h, struct str line)
{
    struct shlex l = {.scratch = scratch, .raw_quotes = true, .raw_escapes = true};
    struct shlex name = {.scratch = scratch};
    if (!lex_words(&l, line))
        return;
    for (size_t i = 0; i < l.nword; i++) {
        struct str rest;
        bool tabs, quoted;
        if (!heredoc_match(word_at(&l, i), &tabs, &rest) || !heredoc_name(&name, rest, &quoted))
            continue;
        h->v = arena_grow(scratch, h->v, h->n, &h->cap, h->n + 1, sizeof(*h->v));
        h->v[h->n++] =
            (struct heredoc){str_dup(scratch, word_at(&name, 0)), tabs, quoted, READER_OPAQUE};
    }
}

static uint32_t skip_tabs(struct str text, uint32_t at, uint32_t end)
{
    while (at < end && text.p[at] == '\t')
        at++;
    return at;
}

/* The line that ends the body that begins at `at`; false: the file ends before. */
static bool delimiter_find(struct parser *p, const struct heredoc *h, struct physical_line *l)
{
    for (uint32_t at = p->at; at < p->text.n; at = l->next) {
        *l = line_at(p, at);
        uint32_t from = h->tabs ? skip_tabs(p->text, l->start, l->end) : l->start;
        if (str_eq(str_sub(p->text, from, l->end), h->name))
            return true;
    }
    return false;
}

static void body_shell(struct parser *p, uint32_t end, bool tabs, enum reader r)
{
    struct builder *b = &p->b;
    if (tabs) {
        struct joined j = join_begin(p);
        for (uint32_t at = b->source_pos; at < end;) {
            uint32_t next = behind_line(p->text.p, at, end);
            uint32_t from = skip_tabs(p->text, at, next);
            j = join_add(p, j, from, next - from);
            at = next;
        }
        join_end(p, j);
    } else {
        line_view(p, b->source_pos, end);
    }
    build_token(b, TOK_BLANK, p->segment[0].source_at);
    build_view_begin(b, &p->view);
    shell_parse(b, p->view.n, r == READER_BASH ? DIALECT_BASH : DIALECT_POSIX, true);
    build_view_end(b);
}

static void body_read(struct parser *p, uint32_t end, bool tabs, enum reader r)
{
    struct builder *b = &p->b;
    if (b->source_pos == end)
        return;
    if (r != READER_OPAQUE) {
        body_shell(p, end, tabs, r);
        return;
    }
    node_id n = build_open(b, NODE_DATA, 0);
    build_token(b, TOK_TEXT, end);
    build_close(b, n);
}

/* heredoc = {body line} delimiter-line */
static bool heredoc_read(struct parser *p, const struct heredoc *h, enum reader r)
{
    struct builder *b = &p->b;
    struct physical_line l;
    node_id n = build_open(b, NODE_HEREDOC, 0);
    b->node[n].flags = (uint16_t)((h->quoted ? NODE_QUOTED : 0) | (h->tabs ? NODE_TABS : 0));
    bool found = delimiter_find(p, h, &l);
    if (found) {
        body_read(p, l.start, h->tabs, r);
        build_token(b, TOK_DELIMITER, l.end);
        p->at = p->line_end = l.next;
    } else {
        build_token(b, TOK_TEXT, (uint32_t)p->text.n);
        build_error(b, n, SYNTAX_UNTERMINATED_HEREDOC);
        p->at = p->line_end = (uint32_t)p->text.n;
    }
    build_close(b, n);
    return found;
}

void heredocs_read(struct parser *p, struct heredocs *h, node_id shell, bool script)
{
    bool known = p->reader != READER_OPAQUE;
    if (known && shell)
        readers_of_heredocs(&p->b, shell, h);
    for (size_t i = 0; i < h->n; i++) {
        enum reader r = h->v[i].reader;
        if (known && script)
            r = reader_of_script(str_from(p->text, p->at), p->reader);
        if (p->at == p->text.n) {
            build_close(&p->b, build_open_error(&p->b, SYNTAX_UNTERMINATED_HEREDOC));
            break;
        }
        line_over(p);
        build_trivia(&p->b, p->line_end);
        if (!heredoc_read(p, &h->v[i], r))
            break;
    }
}
