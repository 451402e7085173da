/* value.c - the plain value of a word: quotes, escapes and continuations gone. */
#include "dfix/syntax.h"
#include "dfix/coding.h"

#include <string.h>

/* Who quotes: decides what an escape token stands for. */
enum quoting { QUOTING_WORD, QUOTING_JSON, QUOTING_ANSI };

static bool is_opaque(enum node_kind k)
{
    return k == NODE_PARAM || k == NODE_SUBST || k == NODE_PROCESS || k == NODE_ARITH ||
           k == NODE_ERROR || k == NODE_ARRAY;
}

static bool is_trivia(const struct tree *t, uint32_t tok)
{
    return t->tok[tok].kind <= TOK_BOM;
}

static uint32_t hex_value(const char *p, size_t n, size_t *used)
{
    uint32_t v = 0;
    size_t i = 0;
    for (int d; i < n && (d = hex_digit(p[i])) >= 0; i++)
        v = v << 4 | (uint32_t)d;
    *used = i;
    return v;
}

static size_t utf8_put(char *out, uint32_t c)
{
    if (c >= 0xD800 && c <= 0xDFFF)
        c = 0xFFFD;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static char simple_escape(char c)
{
    static const char from[] = "abefnrtvE", to[] = "\a\b\033\f\n\r\t\v\033";
    const char *p = memchr(from, c, sizeof(from) - 1);
    return p ? to[p - from] : c;
}

/* A lone high surrogate waits here for its other half. */
struct output {
    char *p;
    size_t n;
    uint32_t high;
};

static void put_json_unit(struct output *o, uint32_t unit)
{
    if (o->high && unit >= 0xDC00 && unit <= 0xDFFF) {
        o->n -= 3; /* the replacement character that stands for the half */
        unit = 0x10000 + ((o->high - 0xD800) << 10) + (unit - 0xDC00);
        o->high = 0;
    } else {
        o->high = unit >= 0xD800 && unit <= 0xDBFF ? unit : 0;
    }
    o->n += utf8_put(o->p + o->n, unit);
}

static void put_json(struct output *o, const char *e, size_t n)
{
    size_t used;
    if (e[1] == 'u' && n == 6) {
        put_json_unit(o, hex_value(e + 2, 4, &used));
        return;
    }
    o->high = 0;
    o->p[o->n++] = e[1] == 'b' || strchr("fnrt", e[1]) ? simple_escape(e[1]) : e[1];
}

/* bash: $'\n', \nnn, \xHH, \uHHHH, \UHHHHHHHH, \cx. */
static void put_ansi(struct output *o, const char *e, size_t n)
{
    size_t used;
    char c = e[1];
    if (c >= '0' && c <= '7') {
        unsigned v = 0;
        for (size_t i = 1; i < n && i < 4 && e[i] >= '0' && e[i] <= '7'; i++)
            v = v * 8 + (unsigned)(e[i] - '0');
        o->p[o->n++] = (char)v;
    } else if (c == 'x' && n > 2) {
        o->p[o->n++] = (char)hex_value(e + 2, n - 2, &used);
    } else if ((c == 'u' || c == 'U') && n > 2) {
        uint32_t v = hex_value(e + 2, n - 2, &used);
        o->n += utf8_put(o->p + o->n, v > 0x10FFFF ? 0xFFFD : v);
    } else if (c == 'c' && n > 2) {
        o->p[o->n++] = (char)(e[2] & 0x1F);
    } else if (c == 'x' || c == 'u' || c == 'U' || c == 'c') {
        o->p[o->n++] = '\\';
        o->p[o->n++] = c;
    } else {
        char v = simple_escape(c);
        if (v == c && !strchr("\\'\"?", c))
            o->p[o->n++] = '\\';
        o->p[o->n++] = v;
    }
}

static void put_escape(struct output *o, enum quoting q, const char *e, size_t n)
{
    switch (q) {
    case QUOTING_WORD:
        if (e[1] != '\n' && !(e[1] == '\r' && n > 2)) {
            memcpy(o->p + o->n, e + 1, n - 1);
            o->n += n - 1;
        }
        return;
    case QUOTING_JSON:
        put_json(o, e, n);
        return;
    case QUOTING_ANSI:
        put_ansi(o, e, n);
        return;
    }
}

/* An escape cut by a gap is several tokens: `e` collects its bytes. Returns the token after. */
static uint32_t join_escape(const struct tree *t, uint32_t tok, uint32_t end, enum quoting q,
                            char e[16], size_t *n)
{
    *n = 0;
    do {
        struct span s = token_span(t, tok++);
        for (uint32_t i = s.start; i < s.end && *n < 15; i++)
            e[(*n)++] = t->text.p[i];
        bool whole = *n > 1 && !(q == QUOTING_JSON && e[1] == 'u' && *n < 6);
        uint32_t next = tok;
        while (next < end && is_trivia(t, next))
            next++;
        if (whole || next == tok || next >= end || t->tok[next].kind != TOK_ESCAPE)
            break;
        tok = next;
    } while (true);
    e[*n] = '\0';
    return tok;
}

/* An expansion as written, marked off from text that looks like it. */
static uint32_t put_expansion(struct output *o, const struct tree *t, node_id n)
{
    o->p[o->n++] = '\0';
    for (uint32_t tok = t->node[n].tok; tok < t->node[n].tok_end; tok++) {
        struct span s = token_span(t, tok);
        if (is_trivia(t, tok) && t->tok[tok].kind != TOK_BLANK)
            continue;
        memcpy(o->p + o->n, t->text.p + s.start, s.end - s.start);
        o->n += s.end - s.start;
    }
    o->p[o->n++] = '\0';
    return t->node[n].tok_end;
}

/* A walk along a word's tokens, with the nodes that begin on the way. */
struct walk {
    node_id next;      /* of those below the word, which stand in the order of their tokens */
    uint32_t ansi_end; /* behind the last $'...' */
    node_id expansion; /* the outermost one that begins at the token; 0: none */
};

static void walk_to(struct walk *w, const struct tree *t, node_id word, uint32_t tok)
{
    w->expansion = 0;
    for (; w->next < t->node[word].after && t->node[w->next].tok <= tok; w->next++) {
        const struct node *n = &t->node[w->next];
        if (node_kind(t, w->next) == NODE_ANSI)
            w->ansi_end = n->tok_end;
        if (n->tok == tok && is_opaque(node_kind(t, w->next)) && !w->expansion)
            w->expansion = w->next;
    }
}

static struct str value_of(const struct tree *t, node_id n, struct output *o)
{
    const struct node *w = &t->node[n];
    enum quoting plain = node_kind(t, n) == NODE_STRING ? QUOTING_JSON : QUOTING_WORD;
    struct walk at = {n + 1, node_kind(t, n) == NODE_ANSI ? w->tok_end : 0, 0};

    for (uint32_t tok = w->tok; tok < w->tok_end;) {
        walk_to(&at, t, n, tok);
        if (at.expansion) {
            tok = put_expansion(o, t, at.expansion);
        } else if (is_trivia(t, tok) || t->tok[tok].kind == TOK_QUOTE) {
            tok++;
        } else if (t->tok[tok].kind == TOK_ESCAPE) {
            char e[16];
            size_t len;
            enum quoting q = tok < at.ansi_end ? QUOTING_ANSI : plain;
            tok = join_escape(t, tok, w->tok_end, q, e, &len);
            if (len > 1)
                put_escape(o, q, e, len);
            else
                o->p[o->n++] = e[0];
        } else {
            struct span s = token_span(t, tok++);
            memcpy(o->p + o->n, t->text.p + s.start, s.end - s.start);
            o->n += s.end - s.start;
            o->high = 0;
        }
    }
    return (struct str){o->p, o->n};
}

static bool is_plain(const struct tree *t, node_id n)
{
    const struct node *w = &t->node[n];
    return w->tok_end - w->tok <= 1 && (w->tok == w->tok_end || t->tok[w->tok].kind == TOK_TEXT);
}

bool node_value(const struct tree *t, node_id n, struct arena *a, struct str *out)
{
    for (node_id i = n; i < t->node[n].after; i++)
        if (is_opaque(node_kind(t, i)))
            return false;
    if (is_plain(t, n)) {
        *out = node_text(t, n);
        return true;
    }
    struct output o = {.p = arena_new(a, char, node_text(t, n).n + 1)};
    *out = value_of(t, n, &o);
    return true;
}

bool node_template(const struct tree *t, node_id n, struct arena *a, struct str *out)
{
    size_t marks = 2; /* two bytes around each expansion */

    if (node_has_error(t, n))
        return false;
    for (node_id i = n; i < t->node[n].after; i++)
        marks += is_opaque(node_kind(t, i)) ? 2 : 0;
    struct output o = {.p = arena_new(a, char, node_text(t, n).n + marks)};
    *out = value_of(t, n, &o);
    return true;
}
