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

uint32_t line_indented_text(const struct parser *p, const struct physical_line *l)
{
    const char *s = p->text.p;
    uint32_t wide = scan_wide((uint32_t)p->text.n);
    return skip_space(s, scan_blanks(s, l->start, l->end, wide), l->end);
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

/* The line ends of the next bytes of the text. */
void line_ends_find(struct line_ends *l, struct str text)
{
    uint32_t at = l->scanned, n = 0;
    while (n == 0 && at < text.n) {
        uint32_t end = text.n - at > LINE_ENDS ? at + LINE_ENDS : (uint32_t)text.n;
        for (; at < end; at += 64) {
            uint64_t bits = scan_line_ends(text.p + at, end - at);
            for (; bits; bits &= bits - 1)
                l->at[n++] = at + (uint32_t)__builtin_ctzll(bits);
        }
        at = end;
    }
    if (n == 0)
        l->at[n++] = (uint32_t)text.n;
    l->n = n;
    l->next = 0;
    l->scanned = at;
}

/* Where the escape character that continues [start, end) stands; `end` when none does. */
static inline uint32_t continuation(const struct parser *p, uint32_t start, uint32_t end)
{
    const char *s = p->text.p;
    uint32_t at = end;
    if (at > start && is_graphic(s[at - 1]) && s[at - 1] != p->b.escape)
        return end;
    while (at > start && (s[at - 1] == ' ' || s[at - 1] == '\t'))
        at--;
    if (at == start || s[at - 1] != p->b.escape)
        return end;
    return at - 1 > start && s[at - 2] == p->b.escape ? end : at - 1;
}

void segment_add(struct parser *p, uint32_t view_at, uint32_t source_at)
{
    p->segment = arena_grow(p->b.scratch, p->segment, p->nsegment, &p->capsegment, p->nsegment + 1,
                            sizeof(*p->segment));
    p->segment[p->nsegment++] = (struct segment){view_at, source_at};
}

enum { JOIN_AT_ONCE = 64 };

void join_add(struct parser *p, uint32_t source_at, uint32_t n)
{
    if (n == 0)
        return;
    segment_add(p, (uint32_t)p->njoined, source_at);
    if (!p->joined)
        p->joined = arena_room(p->b.scratch, p->text.n + JOIN_AT_ONCE, 1);
    char *to = p->joined + p->njoined;
    const char *from = p->text.p + source_at;
    if (p->text.n - source_at < JOIN_AT_ONCE) {
        memcpy(to, from, n);
    } else {
        memcpy(to, from, JOIN_AT_ONCE); /* most lines are shorter: no call, no loop */
        if (n > JOIN_AT_ONCE)
            memcpy(to + JOIN_AT_ONCE, from + JOIN_AT_ONCE, n - JOIN_AT_ONCE);
    }
    p->njoined += n;
}

void line_view(struct parser *p, uint32_t from, uint32_t end)
{
    p->nsegment = 0;
    segment_add(p, 0, from);
    p->view = (struct view){.p = p->text.p + from,
                            .n = end - from,
                            .room = (uint32_t)p->text.n - from,
                            .segment = p->segment,
                            .nsegment = 1,
                            .source_end = end};
}

void joined_view(struct parser *p)
{
    p->view = (struct view){.p = "", .segment = p->segment, .nsegment = (uint32_t)p->nsegment};
    if (!p->njoined)
        return;
    const struct segment *last = &p->segment[p->nsegment - 1];
    p->view.p = p->joined;
    p->view.n = (uint32_t)p->njoined;
    p->view.room = p->view.n + JOIN_AT_ONCE;
    p->view.source_end = last->source_at + (p->view.n - last->view_at);
}

/* The next line that is not dropped from a continued one. */
static bool next_kept(struct parser *p, uint32_t at, struct physical_line *l)
{
    for (; at < p->text.n; at = l->next) {
        *l = line_at(p, at);
        uint32_t s = line_text(p, l);
        if (s < l->end && p->text.p[s] != '#')
            return true;
    }
    return false;
}

void line_read(struct parser *p, struct physical_line l, uint32_t start)
{
    uint32_t cut = continuation(p, start, l.end);
    p->nsegment = p->njoined = 0;
    if (cut == l.end) {
        line_view(p, start, l.end);
        p->line_end = l.next;
        return;
    }
    while (join_add(p, start, cut - start), cut < l.end) {
        if (!next_kept(p, l.next, &l)) {
            l.next = (uint32_t)p->text.n;
            break;
        }
        start = l.start;
        cut = continuation(p, start, l.end);
    }
    joined_view(p);
    p->line_end = l.next;
}

void line_over(struct parser *p)
{
    struct builder *b = &p->b;
    if (!b->view)
        return;
    build_emit(b, TOK_BLANK, b->view->n);
    build_view_end(b);
}
