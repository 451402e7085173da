/* pull.c - JSON read forward. */
#include "dfix/pull.h"

#include "dfix/coding.h"

enum { LONGEST_ESCAPE = 6 };

void pull_open(struct pull *j, struct arena *a, struct str text)
{
    *j = (struct pull){.arena = a, .p = text.p, .end = text.p + text.n};
}

static void fail(struct pull *j)
{
    j->bad = true;
    j->p = j->end;
}

static char peek(struct pull *j)
{
    while (j->p < j->end && (*j->p == ' ' || *j->p == '\n' || *j->p == '\t' || *j->p == '\r'))
        j->p++;
    return j->p < j->end ? *j->p : 0;
}

bool pull_is(struct pull *j, char begin)
{
    return peek(j) == begin;
}

/* ---- strings ---- */

/* Past the quote that ends the string which has begun; *escaped: something in it is. */
static struct str take_string(struct pull *j, bool *escaped)
{
    const char *start = j->p;
    *escaped = false;
    while (j->p < j->end) {
        const char *quote = memchr(j->p, '"', (size_t)(j->end - j->p));
        const char *end = quote ? quote : j->end;
        const char *escape = memchr(j->p, '\\', (size_t)(end - j->p));
        if (!escape && quote) {
            j->p = quote + 1;
            return (struct str){start, (size_t)(quote - start)};
        }
        if (!escape || j->end - escape < 2)
            break;
        *escaped = true;
        j->p = escape + 2;
    }
    fail(j);
    return S("");
}

/* The four digits behind "\u"; -1: they are none. */
static long code_unit(struct str s)
{
    long n = 0;
    if (s.n < LONGEST_ESCAPE || s.p[0] != '\\' || s.p[1] != 'u')
        return -1;
    for (size_t i = 2; i < LONGEST_ESCAPE; i++) {
        int digit = hex_digit(s.p[i]);
        if (digit < 0)
            return -1;
        n = n * 16 + digit;
    }
    return n;
}

static void put_character(struct buf *b, long c)
{
    if (c < 0x80) {
        buf_char(b, (char)c);
        return;
    }
    int more = 1;
    if (c >= 0x800)
        more = c >= 0x10000 ? 3 : 2;
    static const int lead[] = {0, 0xc0, 0xe0, 0xf0};
    buf_char(b, (char)(lead[more] | c >> (6 * more)));
    while (more--)
        buf_char(b, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

/* How many bytes the escape at the front has. */
static size_t put_escape(struct buf *b, struct str s)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    long c = code_unit(s), low;
    if (c >= 0xd800 && c < 0xdc00) {
        low = code_unit(str_from(s, LONGEST_ESCAPE));
        if (low >= 0xdc00 && low < 0xe000) {
            put_character(b, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
            return 2 * LONGEST_ESCAPE;
        }
    }
    if (c >= 0) {
        put_character(b, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
        return LONGEST_ESCAPE;
    }
    ptrdiff_t at = str_chr(str_of(from), s.p[1]);
    buf_char(b, at == STR_NONE ? s.p[1] : to[at]);
    return 2;
}

static struct str unescaped(struct arena *a, struct str s)
{
    struct buf b = {.arena = a};
    for (size_t i = 0; i < s.n;) {
        if (s.p[i] == '\\' && i + 1 < s.n) {
            i += put_escape(&b, str_from(s, i));
        } else {
            buf_char(&b, s.p[i]);
            i++;
        }
    }
    return buf_str(&b);
}

/* ---- values ---- */

static bool begins(struct pull *j, char c)
{
    if (peek(j) != c) {
        pull_skip(j);
        return false;
    }
    j->p++;
    return true;
}

bool pull_object(struct pull *j)
{
    return begins(j, '{');
}

bool pull_array(struct pull *j)
{
    return begins(j, '[');
}

/* Past the comma, and past what ends it all: false. */
static bool next(struct pull *j, char end)
{
    char c = peek(j);
    if (c == ',') {
        j->p++;
        c = peek(j);
    }
    if (c == end)
        j->p++;
    else if (!c)
        fail(j);
    return c && c != end;
}

bool pull_item(struct pull *j)
{
    return next(j, ']');
}

bool pull_member(struct pull *j, struct str *name)
{
    *name = S("");
    if (!next(j, '}'))
        return false;
    *name = pull_text(j);
    if (peek(j) != ':') {
        fail(j);
        return false;
    }
    j->p++;
    return true;
}

struct str pull_text(struct pull *j)
{
    bool escaped;
    if (peek(j) != '"') {
        pull_skip(j);
        return S("");
    }
    j->p++;
    struct str s = take_string(j, &escaped);
    return escaped ? unescaped(j->arena, s) : s;
}

static bool ends_scalar(char c)
{
    return c == ',' || c == '}' || c == ']' || c == ':' || c == ' ' || c == '\n' || c == '\t' ||
           c == '\r' || c == '"' || c == '{' || c == '[';
}

static struct str take_scalar(struct pull *j)
{
    const char *start = j->p;
    while (j->p < j->end && !ends_scalar(*j->p))
        j->p++;
    if (j->p == start)
        fail(j);
    return (struct str){start, (size_t)(j->p - start)};
}

struct str pull_scalar(struct pull *j)
{
    char c = peek(j);
    if (c == '"' || c == '{' || c == '[')
        return pull_text(j);
    return take_scalar(j);
}

void pull_skip(struct pull *j)
{
    size_t depth = 0;
    bool escaped;
    if (peek(j) != '{' && peek(j) != '[' && peek(j) != '"') {
        take_scalar(j);
        return;
    }
    do {
        switch (j->p < j->end ? *j->p++ : 0) {
        case '"':
            take_string(j, &escaped);
            break;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            depth--;
            break;
        case 0:
            fail(j);
            return;
        default:
            break;
        }
    } while (depth);
}

bool pull_more(struct pull *j)
{
    return peek(j) != 0;
}

bool pull_end(struct pull *j)
{
    if (peek(j))
        fail(j);
    return !j->bad;
}
