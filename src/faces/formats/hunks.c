/* An edit list as lines that go and lines that come. */
#include "faces/formats/formats.h"

static uint32_t line_start_of(struct str text, uint32_t at)
{
    return (uint32_t)(str_rchr(str_sub(text, 0, at), '\n') + 1);
}

/* Behind the line's end. */
static uint32_t line_end_of(struct str text, uint32_t at)
{
    ptrdiff_t end = str_chr(str_from(text, at), '\n');
    return end == STR_NONE ? (uint32_t)text.n : at + (uint32_t)end + 1;
}

static struct span lines_of(struct str text, struct span s)
{
    bool whole = s.end > s.start && text.p[s.end - 1] == '\n';

    return (struct span){line_start_of(text, s.start), whole ? s.end : line_end_of(text, s.end)};
}

/* The first line of what is left, its end included. */
static size_t first_line(struct str s)
{
    ptrdiff_t end = str_chr(s, '\n');
    return end == STR_NONE ? s.n : (size_t)end + 1;
}

static size_t last_line(struct str s)
{
    size_t end = s.n - (s.n > 0);

    return s.n - (size_t)(str_rchr(str_sub(s, 0, end), '\n') + 1);
}

/* Lines that stay are no part of it. */
static void trim(struct hunk *h)
{
    while (h->old.n && h->new.n) {
        size_t n = first_line(h->old);
        if (!str_starts(h->new, str_sub(h->old, 0, n)) || n != first_line(h->new))
            break;
        h->old = str_from(h->old, n);
        h->new = str_from(h->new, n);
        h->line++;
    }
    while (h->old.n && h->new.n) {
        size_t n = last_line(h->old), m = last_line(h->new);
        if (!str_eq(str_from(h->old, h->old.n - n), str_from(h->new, h->new.n - m)))
            break;
        h->old.n -= n;
        h->new.n -= m;
    }
    for (size_t i = 0; i < h->old.n; i += first_line(str_from(h->old, i)))
        h->nold++;
}

size_t hunks_of(struct arena *a, struct str text, struct edits e, const struct finding *near,
                struct hunk **out)
{
    VEC(struct hunk) list = {0};
    struct place_lc at = {near->start.line, 1};
    uint32_t from = line_start_of(text, near->span.start);

    for (size_t i = 0, end; i < e.n; i = end) {
        struct span lines = lines_of(text, e.v[i].span);
        if (lines.start < from) {
            at = (struct place_lc){1, 1};
            from = 0;
        }
        for (end = i + 1; end < e.n && e.v[end].span.start < lines.end; end++)
            lines.end = lines_of(text, e.v[end].span).end;
        struct edit *inner = arena_new(a, struct edit, end - i);
        for (size_t k = i; k < end; k++)
            inner[k - i] = (struct edit){
                {e.v[k].span.start - lines.start, e.v[k].span.end - lines.start}, e.v[k].text};
        at = text_place_on(text, at, from, lines.start);
        from = lines.start;
        struct str old = str_sub(text, lines.start, lines.end);
        struct hunk h = {.line = at.line, .old = old};
        h.new = edits_apply(a, old, (struct edits){inner, end - i});
        trim(&h);
        vec_push(a, &list, h);
    }
    *out = list.v;
    return list.n;
}
