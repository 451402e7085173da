/* word.c - words as the builder of images expands them (BuildKit's shell/lex.go).
 *
 *   word   = {text | escape | single | double | param}
 *   single = "'" bytes "'"
 *   double = '"' {text | escape of " $ or itself | param} '"'
 *   param  = "$" name | "${" name "}" | "${" name [":"] ("-" "+" "?" "#" "%") word "}"
 *          | "${" name "/" ["/"] word "/" word "}" */
#include "syntax/dockerfile.h"

#include <string.h>

struct lexer {
    struct builder *b;
    const char *p;
    uint32_t end;
    enum word_mode mode;
    char escape;
    unsigned depth;
    bool failed; /* the rest of the word was put into an error node */
};

static uint32_t rune_value(const char *p, uint32_t n)
{
    static const unsigned char mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t v = (unsigned char)p[0] & mask[n];
    for (uint32_t i = 1; i < n; i++)
        v = v << 6 | ((unsigned char)p[i] & 0x3F);
    return v;
}

/* The blocks that hold letters; marks and signs among them do not matter here. */
static bool is_wide_letter(uint32_t c)
{
    static const uint32_t range[][2] = {
        {0xAA, 0xAA},     {0xB5, 0xB5},       {0xBA, 0xBA},     {0xC0, 0xD6},     {0xD8, 0xF6},
        {0xF8, 0x2C1},    {0x370, 0x373},     {0x376, 0x37D},   {0x386, 0x481},   {0x48A, 0x559},
        {0x561, 0x587},   {0x5D0, 0x5EA},     {0x620, 0x64A},   {0x671, 0x6D3},   {0x904, 0x939},
        {0xE01, 0xE30},   {0x10A0, 0x10FF},   {0x1100, 0x11FF}, {0x1E00, 0x1FBC}, {0x2C00, 0x2DFF},
        {0x3041, 0x3096}, {0x30A1, 0x30FA},   {0x3105, 0x318E}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF},
        {0xA000, 0xA48C}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF}, {0xFF21, 0xFF3A}, {0xFF41, 0xFF5A},
        {0xFF66, 0xFFDC}, {0x20000, 0x3134A},
    };
    for (size_t i = 0; i < sizeof(range) / sizeof(range[0]); i++)
        if (c >= range[i][0] && c <= range[i][1])
            return true;
    return false;
}

uint32_t param_name_len(const char *p, uint32_t n)
{
    uint32_t at = 0;
    if (n && *p >= '0' && *p <= '9') {
        while (at < n && p[at] >= '0' && p[at] <= '9')
            at++;
        return at;
    }
    if (n && *p && strchr("@*#?-$!", *p))
        return 1;
    while ((at = scan_name(p, at, n, scan_wide(n))) < n) {
        uint32_t len = rune_len(p + at, n - at);
        if (len < 2 || !is_wide_letter(rune_value(p + at, len)))
            break;
        at += len;
    }
    return at;
}

/* Bytes that may end a run of plain ones: white space, what begins a character that
 * is not ASCII, and what means something in a word. */
enum { STOP_PART = 1, STOP_CLOSE = 2, STOP_WORD = 4, STOP_FIELD = 8 };
static const unsigned char stops[256] = {
    ['\''] = STOP_PART | STOP_WORD,
    ['"'] = STOP_PART | STOP_WORD,
    ['\\'] = STOP_PART | STOP_WORD,
    ['`'] = STOP_PART | STOP_WORD,
    ['$'] = STOP_PART,
    ['}'] = STOP_CLOSE,
    ['/'] = STOP_CLOSE,
    [' '] = STOP_WORD | STOP_FIELD,
    ['\t'] = STOP_WORD | STOP_FIELD,
    ['\n'] = STOP_WORD,
    ['\v'] = STOP_WORD | STOP_FIELD,
    ['\f'] = STOP_WORD | STOP_FIELD,
    ['\r'] = STOP_WORD | STOP_FIELD,
    [0xC2] = STOP_WORD,
    [0xE1] = STOP_WORD,
    [0xE2] = STOP_WORD,
    [0xE3] = STOP_WORD,
};

static inline uint32_t skip_plain(const char *p, uint32_t at, uint32_t end, unsigned stop)
{
    while (at < end && !(stops[(unsigned char)p[at]] & stop))
        at++;
    return at;
}

static inline scan_bytes may_be_part(scan_bytes v)
{
    return (scan_bytes)((v - '"' <= '\'' - '"') | (v == '\\') | (v == '`'));
}

static inline bool stops_part(char c)
{
    return stops[(unsigned char)c] & STOP_PART;
}

/* The first byte that may be more than plain text. */
static inline uint32_t part_find(const struct builder *b, uint32_t at, uint32_t end)
{
    return scan(b->view->p, at, end, b->wide, may_be_part, stops_part);
}

/* The same in a word that may end at a } or /. */
static uint32_t piece_find(const struct builder *b, uint32_t at, uint32_t end, char stop)
{
    return stop ? skip_plain(b->view->p, at, end, STOP_PART | STOP_CLOSE) : part_find(b, at, end);
}

static inline scan_bytes may_end_word(scan_bytes v)
{
    return (scan_bytes)((v <= '\'') | (v == '\\') | (v == '`') | (v >= 0xC2));
}

static inline bool stops_word(char c)
{
    return stops[(unsigned char)c] & STOP_WORD;
}

static inline bool stops_plain_word(char c)
{
    return stops[(unsigned char)c] & (STOP_WORD | STOP_PART);
}

uint32_t word_end(const struct builder *b, uint32_t end, bool *plain)
{
    const char *p = b->view->p;
    char escape = b->escape;
    uint32_t at = scan(p, b->pos, end, b->wide, may_end_word, stops_plain_word);
    *plain = at == end || ((unsigned char)p[at] < 0x80 && space_len(p + at, 1));
    if (*plain)
        return at;
    char quote = 0;
    while ((at = scan(p, at, end, b->wide, may_end_word, stops_word)) < end) {
        char c = p[at];
        if (c == escape && quote != '\'') {
            at++;
            at += rune_len(p + at, end - at);
            continue;
        }
        if (!quote && space_len(p + at, end - at))
            return at;
        if (quote ? c == quote : c == '\'' || c == '"')
            quote = quote ? 0 : c;
        at++;
    }
    return end;
}

DFIX_COLD static void fail(struct lexer *l, node_id n, enum syntax_error e)
{
    build_emit(l->b, TOK_TEXT, l->end);
    build_error(l->b, n, e);
    l->failed = true;
}

static void emit_escape(struct lexer *l)
{
    uint32_t at = l->b->pos + 1;
    build_emit(l->b, TOK_ESCAPE, at + rune_len(l->p + at, l->end - at));
}

static bool lex_dollar(struct lexer *l, uint32_t at);

static void lex_single(struct lexer *l)
{
    struct builder *b = l->b;
    uint32_t close = scan_single(l->p, b->pos + 1, l->end, b->wide);
    if (close < l->end && build_quoted(b, NODE_SINGLE, close))
        return;
    node_id n = build_open(b, NODE_SINGLE, 0);
    build_emit(b, TOK_QUOTE, b->pos + 1);
    if (close < l->end) {
        build_emit(b, TOK_TEXT, close);
        build_emit(b, TOK_QUOTE, b->pos + 1);
    } else {
        fail(l, n, SYNTAX_UNTERMINATED_QUOTE);
    }
    build_close(b, n);
}

/* In "..." the escape character quotes only itself, the quote and the dollar. */
static bool escapes_in_double(const struct lexer *l, uint32_t at)
{
    if (l->mode == WORD_FLAG)
        return true;
    char next = at + 1 < l->end ? l->p[at + 1] : 0;
    return next == '"' || next == '$' || next == l->escape;
}

/* '"' ... '"'; a flag's '...' reads the same way. */
static void lex_double(struct lexer *l, char quote)
{
    struct builder *b = l->b;
    enum node_kind k = quote == '"' ? NODE_DOUBLE : NODE_SINGLE;
    uint32_t at = part_find(b, b->pos + 1, l->end);
    if (at < l->end && l->p[at] == quote && build_quoted(b, k, at))
        return;
    node_id n = build_open(b, k, 0);
    build_emit(b, TOK_QUOTE, b->pos + 1);
    while (!l->failed && (at = part_find(b, at, l->end)) < l->end && l->p[at] != quote) {
        char c = l->p[at];
        if (c == l->escape && escapes_in_double(l, at)) {
            build_emit(b, TOK_TEXT, at);
            emit_escape(l);
            at = b->pos;
        } else if (c == '$' && lex_dollar(l, at)) {
            at = b->pos;
        } else {
            at++;
        }
    }
    if (l->failed) {
        build_close(b, n);
        return;
    }
    build_emit(b, TOK_TEXT, at);
    if (at < l->end)
        build_emit(b, TOK_QUOTE, at + 1);
    else if (l->mode != WORD_FLAG)
        fail(l, n, SYNTAX_UNTERMINATED_QUOTE);
    build_close(b, n);
}

/* Up to `stop`, which is not taken; 0: to the end. False: not found. */
static bool lex_until(struct lexer *l, char stop)
{
    struct builder *b = l->b;
    uint32_t at = b->pos;
    while (!l->failed && (at = piece_find(b, at, l->end, stop)) < l->end) {
        char c = l->p[at];
        bool quote = c == '\'' || c == '"';
        if (!quote && c != '$' && c != l->escape && (c != stop || !stop)) {
            at++;
            continue;
        }
        if (c == stop) {
            build_emit(b, TOK_TEXT, at);
            return true;
        }
        if (c == '$') {
            at = lex_dollar(l, at) ? b->pos : at + 1;
            continue;
        }
        build_emit(b, TOK_TEXT, at);
        if (c == l->escape)
            emit_escape(l);
        else if (c == '"' || l->mode == WORD_FLAG)
            lex_double(l, c);
        else
            lex_single(l);
        at = b->pos;
    }
    if (l->failed)
        return false;
    build_emit(b, TOK_TEXT, at);
    return !stop;
}

/* A word inside ${...}; false when its end was not found. */
static bool lex_operand(struct lexer *l, char stop)
{
    node_id n = build_open(l->b, NODE_WORD, 0);
    bool found = lex_until(l, stop);
    build_close(l->b, n);
    return found;
}

static enum param param_of(char c)
{
    switch (c) {
    case '-':
        return PARAM_DEFAULT;
    case '+':
        return PARAM_ALTERNATE;
    case '?':
        return PARAM_ERROR;
    case '#':
        return PARAM_PREFIX;
    case '%':
        return PARAM_SUFFIX;
    default:
        return PARAM_OTHER;
    }
}

/* After the name: the operator, the operand, the brace. */
static enum syntax_error lex_modifier(struct lexer *l, node_id n)
{
    struct builder *b = l->b;
    uint32_t at = b->pos;
    char c = at < l->end ? l->p[at] : 0;
    bool found = true;
    if (c == ':' && at + 1 < l->end) {
        b->node[n].flags |= NODE_COLON;
        c = l->p[++at];
    }
    if (c == '/' && !(b->node[n].flags & NODE_COLON)) {
        b->node[n].op = PARAM_OTHER;
        build_emit(b, TOK_PARAM, at + 1 + (at + 1 < l->end && l->p[at + 1] == '/'));
        found = lex_operand(l, '/');
        if (found) {
            build_emit(b, TOK_PARAM, b->pos + 1);
            found = lex_operand(l, '}');
        }
    } else if (c != '}' || b->node[n].flags & NODE_COLON) {
        b->node[n].op = (uint8_t)param_of(c);
        if (at == l->end || c == ':')
            return SYNTAX_UNTERMINATED_EXPANSION;
        bool cut = c == '#' || c == '%';
        if (b->node[n].op == PARAM_OTHER || (cut && b->node[n].flags & NODE_COLON))
            return SYNTAX_BAD_MODIFIER;
        bool twice = cut && at + 1 < l->end && l->p[at + 1] == c;
        build_emit(b, TOK_PARAM, at + 1 + twice);
        found = lex_operand(l, '}');
    }
    if (!found)
        return SYNTAX_UNTERMINATED_EXPANSION;
    build_emit(b, TOK_PARAM, b->pos + 1);
    return SYNTAX_OK;
}

static void lex_name(struct lexer *l, uint32_t len)
{
    build_leaf(l->b, NODE_NAME, TOK_TEXT, l->b->pos + len);
}

static enum syntax_error lex_braces(struct lexer *l, node_id n)
{
    struct builder *b = l->b;
    build_emit(b, TOK_PARAM, b->pos + 2);
    if (b->pos == l->end)
        return SYNTAX_UNTERMINATED_EXPANSION;
    if (strchr("{}:", l->p[b->pos]) && l->p[b->pos])
        return SYNTAX_UNEXPECTED_TOKEN;
    if (l->depth == DEPTH_MAX)
        return SYNTAX_TOO_DEEP;
    l->depth++;
    lex_name(l, param_name_len(l->p + b->pos, l->end - b->pos));
    enum syntax_error e = lex_modifier(l, n);
    l->depth--;
    return e;
}

/* At a dollar sign; false when it is one like any other character. */
static bool lex_dollar(struct lexer *l, uint32_t at)
{
    struct builder *b = l->b;
    bool brace = at + 1 < l->end && l->p[at + 1] == '{';
    uint32_t name = brace ? 0 : param_name_len(l->p + at + 1, l->end - at - 1);
    if (!brace && !name)
        return false;
    build_emit(b, TOK_TEXT, at);
    if (!brace && build_param(b, at + 1, TOK_TEXT, at + 1 + name))
        return true;
    node_id n = build_open(b, NODE_PARAM, PARAM_PLAIN);
    if (brace) {
        enum syntax_error e = lex_braces(l, n);
        if (e && !l->failed)
            fail(l, n, e);
    } else {
        build_emit(b, TOK_PARAM, at + 1);
        lex_name(l, name);
    }
    build_close(b, n);
    return true;
}

DFIX_APART static node_id parts_parse(struct builder *b, enum node_kind k, uint32_t end,
                                      enum word_mode m)
{
    node_id n = build_open(b, k, 0);
    struct lexer l = {.b = b, .p = b->view->p, .end = end, .mode = m};
    l.escape = m == WORD_FLAG ? FLAG_ESCAPE : b->escape;
    lex_until(&l, 0);
    build_close(b, n);
    return n;
}

node_id word_parse(struct builder *b, enum node_kind k, uint32_t end, enum word_mode m)
{
    if (m == WORD_RAW || part_find(b, b->pos, end) == end)
        return build_leaf(b, k, TOK_TEXT, end);
    return parts_parse(b, k, end, m);
}

static inline bool stops_plain_field(char c)
{
    return stops[(unsigned char)c] & (STOP_FIELD | STOP_PART);
}

node_id field_parse(struct builder *b, enum node_kind k, uint32_t end)
{
    const char *p = b->view->p;
    uint32_t at = scan(p, b->pos, end, b->wide, may_end_word, stops_plain_field);
    if (at == end || is_field_space(p[at]))
        return build_leaf(b, k, TOK_TEXT, at);
    return parts_parse(b, k, field_end(b, at, end), WORD_LEXED);
}
