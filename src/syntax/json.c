/* json.c - the exec form: a JSON array of strings (RFC 8259, as Go's decoder takes it).
 *
 * What is not valid JSON is shell text that happens to begin with a bracket; a valid
 * array that holds anything but strings is an error. */
#include "syntax/dockerfile.h"

#include <string.h>

enum { NESTING_MAX = 10000 }; /* Go's: deeper is not valid */

struct scan {
    const char *p, *end;
    const char *room; /* up to here bytes may be read */
};

static void skip_ws(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

/* Bytes of the escape at p, 0 when it is none. */
static size_t escape_len(const char *p, const char *end)
{
    if (end - p < 2)
        return 0;
    if (p[1] != 'u')
        return p[1] && strchr("\"\\/bfnrt", p[1]) ? 2 : 0;
    if (end - p < 6)
        return 0;
    for (int i = 2; i < 6; i++)
        if (!is_hex(p[i]))
            return 0;
    return 6;
}

static inline scan_bytes may_end_string(scan_bytes v)
{
    return (scan_bytes)((v < ' ') | (v == '"') | (v == '\\'));
}

static inline bool stops_string(char c)
{
    return (unsigned char)c < ' ' || c == '"' || c == '\\';
}

/* Over the characters of a string that mean nothing but themselves. */
static void skip_plain(struct scan *s)
{
    uint32_t left = (uint32_t)(s->end - s->p), wide = scan_wide((uint32_t)(s->room - s->p));
    s->p += scan(s->p, 0, left, wide, may_end_string, stops_string);
}

/* string = '"' {character | escape} '"' */
static bool scan_string(struct scan *s)
{
    if (!take(s, '"'))
        return false;
    for (size_t n;; s->p += n) {
        skip_plain(s);
        if (take(s, '"'))
            return true;
        n = s->p < s->end && *s->p == '\\' ? escape_len(s->p, s->end) : 0;
        if (!n)
            return false;
    }
}

static bool scan_digits(struct scan *s)
{
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p > from;
}

/* number = ["-"] ("0" | digits) ["." digits] [("e" | "E") ["+" | "-"] digits] */
static bool scan_number(struct scan *s)
{
    take(s, '-');
    if (!take(s, '0') && !scan_digits(s))
        return false;
    if (take(s, '.') && !scan_digits(s))
        return false;
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        return scan_digits(s);
    }
    return true;
}

static bool scan_literal(struct scan *s, struct str word)
{
    if ((size_t)(s->end - s->p) < word.n || memcmp(s->p, word.p, word.n) != 0)
        return false;
    s->p += word.n;
    return true;
}

static bool scan_scalar(struct scan *s)
{
    switch (s->p < s->end ? *s->p : 0) {
    case '"':
        return scan_string(s);
    case 't':
        return scan_literal(s, S("true"));
    case 'f':
        return scan_literal(s, S("false"));
    case 'n':
        return scan_literal(s, S("null"));
    default:
        return scan_number(s);
    }
}

/* Arrays and objects open, one bit each: is it an object? */
struct nest {
    unsigned char bits[NESTING_MAX / 8 + 1];
    unsigned depth;
};

static bool nest_push(struct nest *n, bool object)
{
    if (n->depth == NESTING_MAX)
        return false;
    unsigned in_byte = n->depth % 8;
    unsigned char *at = &n->bits[n->depth / 8];
    unsigned below = in_byte ? *at & ((1u << in_byte) - 1) : 0;
    *at = (unsigned char)(below | (unsigned)object << in_byte);
    n->depth++;
    return true;
}

static bool nest_object(const struct nest *n)
{
    unsigned top = n->depth - 1;
    return n->bits[top / 8] >> top % 8 & 1;
}

/* After "{" or ",": name ":" */
static bool scan_member(struct scan *s)
{
    skip_ws(s);
    if (!scan_string(s))
        return false;
    skip_ws(s);
    return take(s, ':');
}

/* After a value: what closes here, and the comma. False: not valid. */
static bool scan_after(struct scan *s, struct nest *n)
{
    while (n->depth) {
        skip_ws(s);
        bool object = nest_object(n);
        if (take(s, ','))
            return !object || scan_member(s);
        if (!take(s, object ? '}' : ']'))
            return false;
        n->depth--;
    }
    return true;
}

/* A value begins. Sets *closed when it is whole. */
static bool scan_value(struct scan *s, struct nest *n, bool *closed)
{
    skip_ws(s);
    *closed = true;
    if (take(s, '[')) {
        if (!nest_push(n, false))
            return false;
        skip_ws(s);
        if (take(s, ']'))
            n->depth--;
        else
            *closed = false;
        return true;
    }
    if (take(s, '{')) {
        if (!nest_push(n, true))
            return false;
        skip_ws(s);
        if (take(s, '}')) {
            n->depth--;
            return true;
        }
        *closed = false;
        return scan_member(s);
    }
    return scan_scalar(s);
}

enum json json_kind(struct str text, size_t room)
{
    struct scan s = {text.p, text.p + text.n, text.p + room};
    if (!text.n || *s.p != '[')
        return JSON_NOT;
    struct nest n;
    n.depth = 0;
    bool strings = true;
    do {
        bool closed;
        skip_ws(&s);
        strings = strings && (n.depth == 0 || (n.depth == 1 && s.p < s.end && *s.p == '"'));
        if (!scan_value(&s, &n, &closed) || (closed && !scan_after(&s, &n)))
            return JSON_NOT;
    } while (n.depth);
    skip_ws(&s);
    return s.p != s.end ? JSON_NOT : strings ? JSON_STRINGS : JSON_OTHER;
}

static void emit_param(struct builder *b, uint32_t name_end)
{
    node_id n = build_open(b, NODE_PARAM, PARAM_PLAIN);
    build_emit(b, TOK_PARAM, b->pos + 1);
    build_leaf(b, NODE_NAME, TOK_TEXT, name_end);
    build_close(b, n);
}

/* The exec form that is being put out. */
struct exec {
    struct builder *b;
    const char *p;
    uint32_t end;
    bool expanded;
    uint32_t brace, quote; /* the next } and " known: looked for once, not from each ${ */
};

static uint32_t next_byte(const struct exec *x, char c, uint32_t at, uint32_t *known)
{
    if (*known < at) {
        const char *found = memchr(x->p + at, c, x->end - at);
        *known = found ? (uint32_t)(found - x->p) : x->end;
    }
    return *known;
}

/* ${...} inside a string: its operand is not looked into. */
static uint32_t braced_end(struct exec *x, uint32_t at)
{
    uint32_t close = next_byte(x, '}', at, &x->brace), quote = next_byte(x, '"', at, &x->quote);
    return close < quote ? close + 1 : 0;
}

static void emit_braced(struct exec *x, uint32_t end)
{
    struct builder *b = x->b;
    uint32_t name = b->pos + 2, n = param_name_len(x->p + name, end - name);
    bool plain = n && x->p[name + n] == '}';
    node_id param = build_open(b, NODE_PARAM, plain ? PARAM_PLAIN : PARAM_OTHER);
    build_emit(b, TOK_PARAM, name);
    build_leaf(b, NODE_NAME, TOK_TEXT, name + n);
    build_emit(b, TOK_PARAM, end);
    build_close(b, param);
}

static uint32_t emit_expansion(struct exec *x, uint32_t at)
{
    uint32_t stop = 0;
    bool brace = at + 1 < x->end && x->p[at + 1] == '{';
    if (brace) {
        stop = braced_end(x, at);
    } else {
        uint32_t n = param_name_len(x->p + at + 1, x->end - at - 1);
        stop = n ? at + 1 + n : 0;
    }
    if (!stop)
        return at + 1;
    build_emit(x->b, TOK_TEXT, at);
    if (brace)
        emit_braced(x, stop);
    else
        emit_param(x->b, stop);
    return stop;
}

static inline scan_bytes may_be_piece(scan_bytes v)
{
    return (scan_bytes)((v == '"') | (v == '\\') | (v == '$'));
}

static inline bool stops_piece(char c)
{
    return c == '"' || c == '\\' || c == '$';
}

static void emit_string(struct exec *x)
{
    struct builder *b = x->b;
    const char *p = x->p;
    uint32_t at = scan(p, b->pos + 1, x->end, b->wide, may_be_piece, stops_piece);
    if (p[at] == '"' && build_quoted(b, NODE_STRING, at))
        return;
    node_id n = build_open(b, NODE_STRING, 0);
    build_emit(b, TOK_QUOTE, b->pos + 1);
    while (at = scan(p, at, x->end, b->wide, may_be_piece, stops_piece), p[at] != '"') {
        if (p[at] == '\\') {
            build_emit(b, TOK_TEXT, at);
            at += (uint32_t)escape_len(p + at, p + x->end);
            build_emit(b, TOK_ESCAPE, at);
        } else if (p[at] == '$' && x->expanded) {
            at = emit_expansion(x, at);
        } else {
            at++;
        }
    }
    build_emit(b, TOK_TEXT, at);
    build_emit(b, TOK_QUOTE, at + 1);
    build_close(b, n);
}

void json_parse(struct builder *b, uint32_t end, bool expanded)
{
    struct exec x = {.b = b, .p = b->view->p, .end = end, .expanded = expanded};
    node_id n = build_open(b, NODE_EXEC, 0);
    while (b->pos < end) {
        if (x.p[b->pos] == '"') {
            emit_string(&x);
            continue;
        }
        uint32_t at = b->pos;
        while (at < end && is_field_space(x.p[at]))
            at++;
        if (at > b->pos)
            build_emit(b, TOK_BLANK, at);
        else
            build_emit(b, TOK_OPERATOR, at + 1);
    }
    build_close(b, n);
}
