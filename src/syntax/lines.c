/* lines.c - physical lines, and the logical line that continued ones make.
 *
 * An escape character at a line's end (blanks after it allowed) continues the line,
 * unless another escape character stands before it. Comment lines and blank lines
 * that follow a continued line are dropped from it. */
#include "syntax/dockerfile.h"

#include <string.h>

const unsigned char space_class[256] = {
    ['\t'] = SPACE_FIELD | SPACE_BYTE,
    ['\n'] = SPACE_BYTE,
    ['\v'] = SPACE_FIELD | SPACE_BYTE,
    ['\f'] = SPACE_FIELD | SPACE_BYTE,
    ['\r'] = SPACE_FIELD | SPACE_BYTE,
    [' '] = SPACE_FIELD | SPACE_BYTE,
    [0x85] = SPACE_BYTE,
    [0xA0] = SPACE_BYTE,
};

uint32_t wide_space_len(const char *p, size_t n)
{
    const unsigned char *s = (const unsigned char *)p;
    if (n >= 2 && s[0] == 0xC2 && (s[1] == 0x85 || s[1] == 0xA0))
        return 2;
    if (n < 3)
        return 0;
    unsigned c = (unsigned)s[0] << 16 | (unsigned)s[1] << 8 | s[2];
    bool space = c == 0xE19A80 || (c >= 0xE28080 && c <= 0xE2808A) || c == 0xE280A8 ||
                 c == 0xE280A9 || c == 0xE280AF || c == 0xE2819F || c == 0xE38080;
    return space ? 3 : 0;
}

uint32_t rune_len(const char *p, size_t n)
{
    const unsigned char *s = (const unsigned char *)p;
    if (n == 0)
        return 0;
    uint32_t len = s[0] < 0xC2 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : s[0] < 0xF5 ? 4 : 1;
    if (len > n)
        return 1;
    for (uint32_t i = 1; i < len; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 1;
    bool odd = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
               (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F);
    return odd ? 1 : len;
}

uint32_t skip_spaces(const char *p, uint32_t at, uint32_t end)
{
    for (uint32_t n; (n = space_len(p + at, end - at)); at += n)
        ;
    return at;
}

/* Bytes of the white space character that ends at p + n; 0: none. */
static uint32_t space_before(const char *p, size_t n)
{
    if (n == 0 || (unsigned char)p[n - 1] < 0x80)
        return n ? space_len(p + n - 1, 1) : 0;
    for (uint32_t k = 2; k <= 3 && k <= n; k++)
        if (space_len(p + n - k, k) == k)
            return k;
    return 0;
}

struct str trim_space(struct str s)
{
    for (uint32_t n; (n = space_len(s.p, s.n)); s = str_from(s, n))
        ;
    for (uint32_t n; (n = space_before(s.p, s.n)); s.n -= n)
        ;
    return s;
}

/* Adds the offsets of the bits. Three at a time, with no branch that asks how many there are:
 * seldom do 64 bytes hold more. May write three places behind the last. */
static inline uint32_t *put_ends(uint32_t *to, uint32_t at, uint64_t bits)
{
    const uint64_t some = (uint64_t)1 << 63; /* what is counted when there is no bit is not kept */
    do {
        uint64_t second = bits & (bits - 1), third = second & (second - 1);
        to[0] = at + (uint32_t)__builtin_ctzll(bits | some);
        to[1] = at + (uint32_t)__builtin_ctzll(second | some);
        to[2] = at + (uint32_t)__builtin_ctzll(third | some);
        to += (unsigned)(bits != 0) + (second != 0) + (third != 0);
        bits = third & (third - 1);
    } while (bits);
    return to;
}

/* The line ends of the next bytes of the text. */
void line_ends_find(struct line_ends *l, struct str text)
{
    uint32_t at = l->scanned, *to = l->at;
    while (to == l->at && at < text.n) {
        uint32_t end = text.n - at > LINE_ENDS ? at + LINE_ENDS : (uint32_t)text.n;
        for (; at < end; at += 64)
            to = put_ends(to, at, scan_line_ends(text.p + at, end - at, at));
        at = end;
    }
    if (to == l->at)
        *to++ = (uint32_t)text.n;
    l->n = (uint32_t)(to - l->at);
    l->next = 0;
    l->scanned = at;
}

/* Where the escape character that continues [start, end) stands; `end` when none does. */
static inline uint32_t continuation(const char *s, uint32_t start, uint32_t end, char escape)
{
    uint32_t at = end;
    if (at == start || (is_graphic(s[at - 1]) && s[at - 1] != escape))
        return end;
    while (s[--at] != escape)
        if (at == start || (s[at] != ' ' && s[at] != '\t'))
            return end;
    return at > start && s[at - 1] == escape ? end : at;
}

/* Room for one more segment and the end. */
static inline struct segment *segment_room(struct parser *p, size_t n)
{
    p->segment =
        arena_grow(p->b.scratch, p->segment, n, &p->capsegment, n + 2, sizeof(*p->segment));
    return p->segment;
}

void line_view(struct parser *p, uint32_t from, uint32_t end)
{
    struct segment *s = segment_room(p, 0);
    s[0] = (struct segment){0, from};
    s[1].view_at = SEGMENT_END;
    p->view = (struct view){.p = p->text.p + from,
                            .n = end - from,
                            .room = (uint32_t)p->text.n - from,
                            .segment = s,
                            .source_end = end};
}

enum { JOIN_AT_ONCE = 64 };

struct joined join_begin(struct parser *p)
{
    if (!p->joined)
        p->joined = arena_room(p->b.scratch, p->text.n + JOIN_AT_ONCE, 1);
    return (struct joined){0, 0};
}

static inline struct joined join(struct parser *p, struct joined j, uint32_t from, uint32_t n)
{
    if (n == 0)
        return j;
    segment_room(p, j.nsegment)[j.nsegment] = (struct segment){j.n, from};
    char *to = p->joined + j.n;
    const char *text = p->text.p + from;
    if (p->text.n - from < n + JOIN_AT_ONCE) {
        memcpy(to, text, n);
    } else {
        uint32_t i = 0;
        do /* most lines are shorter: mostly once */
            memcpy(to + i, text + i, JOIN_AT_ONCE);
        while ((i += JOIN_AT_ONCE) < n);
    }
    return (struct joined){j.n + n, j.nsegment + 1};
}

struct joined join_add(struct parser *p, struct joined j, uint32_t from, uint32_t n)
{
    return join(p, j, from, n);
}

void join_end(struct parser *p, struct joined j)
{
    p->view = (struct view){.p = "", .segment = p->segment};
    if (!j.n)
        return;
    const struct segment *last = &p->segment[j.nsegment - 1];
    p->segment[j.nsegment].view_at = SEGMENT_END;
    p->view.p = p->joined;
    p->view.n = j.n;
    p->view.room = j.n + JOIN_AT_ONCE;
    p->view.source_end = last->source_at + (j.n - last->view_at);
}

/* The next line that is not dropped from a continued one. */
static inline bool next_kept(struct parser *p, uint32_t at, struct physical_line *l)
{
    for (; at < p->text.n; at = l->next) {
        *l = line_at(p, at);
        uint32_t s = line_text(p, l);
        if (s < l->end && p->text.p[s] != '#')
            return true;
    }
    return false;
}

/* The logical line whose first one is [start, end), continued at `cut`; `next`: behind its end. */
DFIX_APART static void continued_read(struct parser *p, uint32_t start, uint32_t cut, uint32_t end,
                                      uint32_t next)
{
    struct physical_line l = {start, end, next};
    const char *text = p->text.p, escape = p->b.escape;
    struct joined j = join_begin(p);
    for (;;) {
        j = join(p, j, start, cut - start);
        if (cut == l.end)
            break;
        if (!next_kept(p, l.next, &l)) {
            l.next = (uint32_t)p->text.n;
            break;
        }
        start = l.start;
        cut = continuation(text, start, l.end, escape);
    }
    join_end(p, j);
    p->line_end = l.next;
}

void line_read(struct parser *p, uint32_t start, uint32_t end, uint32_t next)
{
    uint32_t cut = continuation(p->text.p, start, end, p->b.escape);
    if (cut < end) {
        continued_read(p, start, cut, end, next);
        return;
    }
    line_view(p, start, end);
    p->line_end = next;
}

void line_over(struct parser *p)
{
    struct builder *b = &p->b;
    if (!b->view)
        return;
    build_emit(b, TOK_BLANK, b->view->n);
    build_view_end(b);
}
