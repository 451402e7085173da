/* Offsets into places of an editor, and back. */
#include "faces/lsp/positions.h"

/* The next `c` from there on; the end of the text: none. */
static size_t next_of(struct str text, char c, size_t at)
{
    ptrdiff_t found = str_chr(str_from(text, at), c);
    return found == STR_NONE ? text.n : at + (size_t)found;
}

struct lines lines_of(struct arena *a, struct str text)
{
    VEC(uint32_t) start = {0};
    size_t feed = next_of(text, '\n', 0);

    vec_push(a, &start, 0);
    for (size_t at = 0; at < text.n;) {
        at = next_of(str_sub(text, 0, feed), '\r', at);
        bool returns = at < feed;
        if (at == text.n)
            break;
        at += returns && at + 1 == feed && feed < text.n ? 2 : 1;
        vec_push(a, &start, (uint32_t)at);
        if (at > feed)
            feed = next_of(text, '\n', at);
    }
    return (struct lines){start.v, start.n};
}

/* Bytes of the character that begins here; a byte that begins none stands for itself. */
static uint32_t character_length(const char *p, uint32_t room)
{
    unsigned char c = (unsigned char)*p;
    static const unsigned char leads[] = {0xC0, 0xE0, 0xF0};
    uint32_t n = 1;

    while (n < 4 && c >= leads[n - 1])
        n++;
    if (n > room)
        return 1;
    for (uint32_t i = 1; i < n; i++)
        if (((unsigned char)p[i] & 0xC0) != 0x80)
            return 1;
    return n;
}

static uint32_t units(enum encoding e, uint32_t bytes)
{
    if (e == ENCODING_UTF8)
        return bytes;
    return e == ENCODING_UTF16 && bytes == 4 ? 2 : 1;
}

uint32_t character_start(struct str text, uint32_t offset)
{
    for (uint32_t back = 1; back <= 3 && back <= offset && offset < text.n; back++) {
        uint32_t at = offset - back;
        if (((unsigned char)text.p[offset] & 0xC0) != 0x80)
            return offset;
        if (((unsigned char)text.p[at] & 0xC0) != 0x80)
            return at + character_length(text.p + at, (uint32_t)text.n - at) > offset ? at : offset;
    }
    return offset;
}

size_t line_at_offset(const struct lines *l, uint32_t offset)
{
    struct bisect b = {.low = 1, .high = l->n}; /* the first line begins at 0 */

    while (bisect_next(&b))
        bisect_take(&b, l->start[b.at] <= offset);
    return b.low - 1;
}

uint32_t line_end(struct str text, const struct lines *l, size_t line)
{
    uint32_t end = line + 1 < l->n ? l->start[line + 1] : (uint32_t)text.n;

    if (line + 1 < l->n)
        end -=
            end - l->start[line] >= 2 && text.p[end - 1] == '\n' && text.p[end - 2] == '\r' ? 2 : 1;
    return end;
}

struct position position_at(struct str text, const struct lines *l, enum encoding e,
                            uint32_t offset)
{
    size_t line = line_at_offset(l, offset);
    uint32_t at = l->start[line], end = line_end(text, l, line);
    struct position p = {(uint32_t)line, 0};

    offset = character_start(text, offset < end ? offset : end);
    if (e == ENCODING_UTF8) {
        p.character = offset - at;
        return p;
    }
    while (at < offset) {
        uint32_t n = (unsigned char)text.p[at] < 0x80 ? 1 : character_length(text.p + at, end - at);
        p.character += units(e, n);
        at += n;
    }
    return p;
}

uint32_t offset_at(struct str text, const struct lines *l, enum encoding e, struct position p)
{
    if (p.line >= l->n)
        return (uint32_t)text.n;
    uint32_t at = l->start[p.line], end = line_end(text, l, p.line), left = p.character;
    if (e == ENCODING_UTF8)
        return character_start(text, left < end - at ? at + left : end);
    while (at < end && left) {
        uint32_t n = (unsigned char)text.p[at] < 0x80 ? 1 : character_length(text.p + at, end - at);
        if (units(e, n) > left)
            break;
        left -= units(e, n);
        at += n;
    }
    return at;
}
