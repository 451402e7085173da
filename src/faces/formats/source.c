/* A line of a file as people are shown it: what would steer a terminal is spelled out, tabs are
 * blanks, and of a long line the part around the place is shown. */
#include "faces/formats/formats.h"

enum { WIDTH = 110, BEFORE = 40, TAB = 4 };

/* A character as it is shown: where it begins in the shown text, and at which column. */
struct cell {
    size_t at, column;
};
typedef VEC(struct cell) cell_list;

struct str source_line_at(struct str text, uint32_t at, uint32_t *start)
{
    ptrdiff_t length = str_chr(str_from(text, at), '\n');
    uint32_t end = length == STR_NONE ? (uint32_t)text.n : at + (uint32_t)length;

    *start = (uint32_t)(str_rchr(str_sub(text, 0, at), '\n') + 1);
    if (end > *start && text.p[end - 1] == '\r')
        end--;
    return str_sub(text, *start, end);
}

/* What takes two columns: East Asian scripts, full-width forms, emoji. */
static bool is_wide(uint32_t c)
{
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) ||
           (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
           (c >= 0x1F300 && c <= 0x1F64F) || (c >= 0x1F900 && c <= 0x1F9FF);
}

static size_t width_of(uint32_t c)
{
    if (c >= 0x300 && c <= 0x36F)
        return 0;
    return is_wide(c) ? 2 : 1;
}

/* One character of the line more; how many bytes of it that is. */
static size_t add_cell(struct buf *b, size_t *column, struct str line, size_t i)
{
    uint32_t c = (unsigned char)line.p[i];

    if (c >= ' ' && c <= '~' && c != '#') { /* nearly all */
        ++*column;
        buf_char(b, line.p[i]);
        return 1;
    }
    size_t n = terminal_character(line, i, &c);
    if (c == '\t') {
        *column += TAB;
        buf_add(b, S("    "));
    } else if (n && terminal_is_plain(line, i, c)) {
        *column += width_of(c);
        buf_add(b, str_sub(line, i, i + n));
    } else {
        n += !n;
        *column += 4 * n;
        for (size_t k = 0; k < n; k++)
            buf_fmt(b, "\\x%02x", (unsigned char)line.p[i + k]);
    }
    return n;
}

/* Which cells to show: all, or those around the place. */
static void window(const cell_list *cells, size_t place, size_t *first, size_t *last)
{
    const struct cell *v = cells->v;

    *first = 0;
    *last = cells->n - 1;
    if (v[*last].column <= WIDTH)
        return;
    while (*first < place && v[place].column - v[*first].column > BEFORE)
        ++*first;
    *last = *first;
    while (*last + 1 < cells->n && v[*last + 1].column - v[*first].column <= WIDTH)
        ++*last;
}

static struct source_line show_in_cells(struct arena *a, struct str line, size_t from, size_t to)
{
    enum { AROUND = 4096 }; /* bytes looked at on either side of the place */
    size_t begin = from > AROUND ? from - AROUND : 0;
    size_t end = line.n - from > AROUND ? from + AROUND : line.n;
    struct buf b = {.arena = a}, shown = {.arena = a};
    size_t place = 0, behind = 0, column = 0, first, last;
    size_t most = SIZE_MAX; /* columns: nothing behind it is shown */
    cell_list cells = {0};

    for (size_t i = begin; i < end && column <= most;) {
        if (i >= from && most == SIZE_MAX)
            most = column + WIDTH;
        vec_push(a, &cells, (struct cell){b.n, column});
        place += i < from;
        behind += i < to;
        i += add_cell(&b, &column, line, i);
    }
    vec_push(a, &cells, (struct cell){b.n, column});
    window(&cells, place, &first, &last);
    bool cut = first > 0 || begin > 0;
    buf_add(&shown, cut ? S("...") : S(""));
    buf_add(&shown, str_sub(buf_str(&b), cells.v[first].at, cells.v[last].at));
    buf_add(&shown, last + 1 < cells.n || end < line.n ? S("...") : S(""));
    behind = behind > last ? last : behind;
    size_t dots = cut ? 3 : 0, left = cells.v[first].column;
    return (struct source_line){buf_str(&shown), cells.v[place].column - left + dots,
                                cells.v[behind].column - left + dots};
}

bool source_is_plain(struct str line)
{
    unsigned char other = 0;

    if (line.n > WIDTH)
        return false;
    for (size_t i = 0; i < line.n; i++)
        other |= (line.p[i] < ' ') | (line.p[i] > '~');
    return !other && str_find(line, S("##")) == STR_NONE;
}

struct source_line source_show(struct arena *a, struct str line, size_t from, size_t to)
{
    if (source_is_plain(line))
        return (struct source_line){line, from, to < line.n ? to : line.n};
    return show_in_cells(a, line, from, to);
}
