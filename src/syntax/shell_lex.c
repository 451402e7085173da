/* shell_lex.c - what lies between the words of a shell: bytes, blanks, line ends,
 * continuations, bodies of heredocs; and how errors end it. */
#include "syntax/shell.h"

#include <string.h>

#define A CHAR_ALPHA
#define D (CHAR_DIGIT | CHAR_REDIRECT)
/* clang-format off */
const uint16_t shell_class[256] = {
    ['\t'] = CHAR_BLANK | CHAR_PLAIN_END, [' '] = CHAR_BLANK | CHAR_PLAIN_END, ['\n'] = CHAR_LINE, ['\r'] = CHAR_LINE,
    [';'] = CHAR_META | CHAR_PLAIN_END, ['|'] = CHAR_META, [')'] = CHAR_META, ['('] = CHAR_META,
    ['&'] = CHAR_META | CHAR_REDIRECT, ['<'] = CHAR_META | CHAR_REDIRECT,
    ['>'] = CHAR_META | CHAR_REDIRECT,
    ['$'] = CHAR_EXPAND | CHAR_SPECIAL, ['`'] = CHAR_EXPAND, ['\\'] = CHAR_EXPAND,
    ['#'] = CHAR_HASH | CHAR_SPECIAL, ['\''] = CHAR_SINGLE, ['"'] = CHAR_DOUBLE,
    ['['] = CHAR_BRACKET, [']'] = CHAR_BRACKET,
    ['@'] = CHAR_SPECIAL, ['*'] = CHAR_SPECIAL, ['?'] = CHAR_SPECIAL, ['-'] = CHAR_SPECIAL,
    ['!'] = CHAR_SPECIAL, ['{'] = CHAR_REDIRECT, ['}'] = CHAR_BRACE,
    ['A'] = A, ['B'] = A, ['C'] = A, ['D'] = A, ['E'] = A, ['F'] = A, ['G'] = A, ['H'] = A,
    ['I'] = A, ['J'] = A, ['K'] = A, ['L'] = A, ['M'] = A, ['N'] = A, ['O'] = A, ['P'] = A,
    ['Q'] = A, ['R'] = A, ['S'] = A, ['T'] = A, ['U'] = A, ['V'] = A, ['W'] = A, ['X'] = A,
    ['Y'] = A, ['Z'] = A, ['_'] = A,
    ['a'] = A, ['b'] = A, ['c'] = A, ['d'] = A, ['e'] = A, ['f'] = A, ['g'] = A, ['h'] = A,
    ['i'] = A, ['j'] = A, ['k'] = A, ['l'] = A, ['m'] = A, ['n'] = A, ['o'] = A, ['p'] = A,
    ['q'] = A, ['r'] = A, ['s'] = A, ['t'] = A, ['u'] = A, ['v'] = A, ['w'] = A, ['x'] = A,
    ['y'] = A, ['z'] = A,
    ['0'] = D, ['1'] = D, ['2'] = D, ['3'] = D, ['4'] = D, ['5'] = D, ['6'] = D, ['7'] = D,
    ['8'] = D, ['9'] = D,
};
/* clang-format on */
#undef A
#undef D

/* Looking */

uint32_t shell_skip_continuations(const struct shell *s, uint32_t i)
{
    uint32_t n;
    while (char_at(s, i) == '\\' && (n = line_end_at(s, i + 1)))
        i += 1 + n;
    return i;
}

uint32_t shell_match_rest(const struct shell *s, uint32_t i, const char *text)
{
    for (i++; *++text; i++) {
        i = shell_after_continuation(s, i);
        if (char_at(s, i) != (unsigned char)*text)
            return 0;
    }
    return i;
}

bool shell_ends_word(const struct shell *s, uint32_t i)
{
    i = shell_after_continuation(s, i);
    return i >= s->end || char_class(s, i) & (CHAR_BLANK | CHAR_META) || line_end_at(s, i);
}

uint32_t shell_name_end(const struct shell *s, uint32_t i)
{
    if (i >= s->end || !(char_class(s, i) & CHAR_ALPHA))
        return i;
    const unsigned allowed = CHAR_ALPHA | CHAR_DIGIT;
    if (!s->continued)
        return scan_name(s->p, i, s->end, s->b->wide);
    while (i < s->end && char_class(s, i) & allowed) {
        uint32_t next = shell_skip_continuations(s, i + 1);
        /* What follows the name does not reach into the continuation before it. */
        if (next > i + 1 && !(next < s->end && char_class(s, next) & allowed))
            return i + 1;
        i = next;
    }
    return i;
}

/* <( and >( do, and so does a lone CR. */
bool shell_begins_word(const struct shell *s, uint32_t i)
{
    if (line_end_at(s, i))
        return false;
    unsigned c = char_class(s, i);
    if (c & CHAR_META)
        return (s->p[i] == '<' || s->p[i] == '>') && char_at(s, i + 1) == '(';
    return !(c & CHAR_BLANK);
}

/* Whether the (( whose inside begins at i is closed by )) and not by ) alone, which
 * makes it two subshells. Gives up, as true, once too much was read twice. */
bool shell_arith_ahead(struct shell *s, uint32_t i)
{
    uint32_t from = i, depth = 0;
    bool arith = true, done = false;
    for (; !done && i < s->end && i - from < s->lookahead; i++) {
        switch (s->p[i]) {
        case '\\':
            i++;
            break;
        case '\'':
        case '"': {
            char quote = s->p[i];
            while (++i < s->end && s->p[i] != quote)
                if (s->p[i] == '\\' && quote == '"')
                    i++;
            break;
        }
        case '(':
            depth++;
            break;
        case ')':
            done = depth-- == 0;
            if (done)
                arith = shell_match(s, i, "))") != 0;
            break;
        }
    }
    uint32_t used = i - from;
    s->lookahead -= used < s->lookahead ? used : s->lookahead;
    return arith;
}

/* Writing */

void shell_emit_continued(struct shell *s, enum token_kind k, uint32_t end)
{
    struct builder *b = s->b;
    for (uint32_t i = b->pos; i < end; i++) {
        uint32_t after = shell_skip_continuations(s, i);
        if (after > i && after <= end) {
            build_emit(b, k, i);
            build_emit(b, TOK_CONTINUATION, after);
            i = after - 1;
        }
    }
    build_emit(b, k, end);
}

static inline void skip_blanks(struct shell *s)
{
    build_emit(s->b, TOK_BLANK, scan_blanks(s->p, s->b->pos, s->end, s->b->wide));
    while (s->continued) {
        uint32_t after = shell_skip_continuations(s, s->b->pos);
        if (after == s->b->pos)
            return;
        build_emit(s->b, TOK_CONTINUATION, after);
        build_emit(s->b, TOK_BLANK, scan_blanks(s->p, after, s->end, s->b->wide));
    }
}

void shell_skip_blanks(struct shell *s)
{
    skip_blanks(s);
}

static bool odd_backslashes(const struct shell *s, uint32_t from, uint32_t end)
{
    uint32_t n = 0;
    while (end - n > from && s->p[end - n - 1] == '\\')
        n++;
    return n % 2;
}

static bool is_delimiter(const struct shell *s, const struct pending *h, uint32_t from,
                         uint32_t end)
{
    while (h->tabs && from < end && s->p[from] == '\t')
        from++;
    return end - from == h->size && !memcmp(s->p + from, s->delimiters + h->delimiter, h->size);
}

static void heredoc_body(struct shell *s, const struct pending *h)
{
    struct builder *b = s->b;
    node_id doc = build_open(b, NODE_HEREDOC, 0);
    b->node[doc].flags = (uint16_t)((h->quoted ? NODE_QUOTED : 0) | (h->tabs ? NODE_TABS : 0));
    uint32_t from = b->pos, line = from, end = s->end;
    bool joined = false, found = false;
    while (line < s->end) {
        end = line_text_end(s->p, line, s->end);
        found = !joined && is_delimiter(s, h, line, end);
        if (found)
            break;
        joined = !h->quoted && odd_backslashes(s, line, end);
        line = end + line_end_at(s, end);
    }
    if (line > from) {
        node_id data = build_open(b, NODE_DATA, 0);
        build_emit(b, TOK_TEXT, line);
        build_close(b, data);
    }
    if (found)
        build_emit(b, TOK_DELIMITER, end);
    build_close(b, doc);
}

/* io_here bodies: they begin after the next line end, one after the other. One that
 * lacks its delimiter reaches to the end, which shells only warn of. */
static void heredoc_bodies(struct shell *s)
{
    for (uint32_t i = s->first_pending; i < s->npending && s->b->pos < s->end; i++) {
        heredoc_body(s, &s->pending[i]);
        build_emit(s->b, TOK_NEWLINE, s->b->pos + line_end_at(s, s->b->pos));
    }
    s->npending = s->first_pending;
}

static inline bool at_line_end(const struct shell *s)
{
    uint32_t at = s->b->pos;
    return at < s->end && char_class(s, at) & (CHAR_HASH | CHAR_LINE);
}

DFIX_APART static void skip_lines(struct shell *s)
{
    for (; at_line_end(s); skip_blanks(s)) {
        uint32_t at = s->b->pos;
        if (s->p[at] == '#')
            build_emit(s->b, TOK_COMMENT, line_text_end(s->p, at, s->end));
        uint32_t n = line_end_at(s, s->b->pos);
        if (!n)
            return;
        build_emit(s->b, TOK_NEWLINE, s->b->pos + n);
        heredoc_bodies(s);
    }
}

void shell_skip_newlines(struct shell *s)
{
    skip_blanks(s);
    if (at_line_end(s))
        skip_lines(s);
}

/* Remember the heredoc whose delimiter is the word from..to: any quote in it quotes all. */
void shell_heredoc(struct shell *s, uint32_t from, uint32_t to, bool tabs)
{
    struct arena *scratch = s->b->scratch;
    s->delimiters = arena_grow(scratch, s->delimiters, s->ndelimiters, &s->capdelimiters,
                               s->ndelimiters + (to - from), 1);
    s->pending = arena_grow(scratch, s->pending, s->npending, &s->cappending, s->npending + 1,
                            sizeof(*s->pending));
    struct pending h = {.delimiter = s->ndelimiters, .tabs = tabs};
    char quote = 0;
    for (uint32_t i = from; i < to; i++) {
        char c = s->p[i];
        if (quote ? c == quote : c == '\'' || c == '"') {
            quote = quote ? 0 : c;
            h.quoted = true;
            continue;
        }
        if (c == '\\' && quote != '\'' && i + 1 < to) {
            uint32_t n = line_end_at(s, i + 1);
            if (n) {
                i += n;
                continue;
            }
            if (!quote || strchr("$`\"\\", s->p[i + 1])) {
                h.quoted = true;
                c = s->p[++i];
            }
        }
        s->delimiters[s->ndelimiters++] = c;
    }
    h.size = s->ndelimiters - h.delimiter;
    s->pending[s->npending++] = h;
}

/* Ending early */

bool shell_enter(struct shell *s)
{
    if (++s->b->depth <= DEPTH_MAX)
        return true;
    s->b->depth--;
    shell_unexpected(s, SYNTAX_TOO_DEEP);
    return false;
}

void shell_leave(struct shell *s)
{
    s->b->depth--;
}

static void swallow(struct shell *s)
{
    s->failed = true;
    s->npending = s->first_pending;
    uint32_t end = s->end;
    while (end > s->b->pos && (char_class(s, end - 1) & CHAR_BLANK || line_end_at(s, end - 1)))
        end--;
    build_emit(s->b, TOK_ERROR, end);
}

void shell_unexpected(struct shell *s, enum syntax_error e)
{
    if (s->failed)
        return;
    shell_blanks(s);
    node_id n = build_open(s->b, NODE_WORD, 0);
    build_error(s->b, n, e);
    swallow(s);
    build_close(s->b, n);
}

void shell_broken(struct shell *s, node_id open, enum syntax_error e)
{
    if (s->failed)
        return;
    build_error(s->b, open, e);
    swallow(s);
}
