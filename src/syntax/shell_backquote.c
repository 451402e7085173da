/* shell_backquote.c - `...` (XCU 2.6.3). The list in it is what is left once the
 * backslashes before $ ` \ (in double quotes also ") are taken away: a text of its own,
 * read through a view in which those backslashes are gaps, like continuations. */
#include "syntax/shell.h"

/* What the shell reads instead of the view that the backquotes stand in. */
struct inner {
    struct view view;
    char *text;
    struct segment *segment;
    size_t nsegment, capsegment;
    const struct segment *outer_segment; /* that the last byte is in */
};

static bool taken_away(const struct shell *s, uint32_t i, uint32_t end, bool quoted)
{
    if (s->p[i] != '\\' || i + 1 >= end)
        return false;
    char c = s->p[i + 1];
    return c == '$' || c == '`' || c == '\\' || (c == '"' && quoted);
}

static void cut(struct arena *scratch, struct inner *in, uint32_t n, uint32_t source)
{
    size_t count = in->nsegment;
    in->segment =
        arena_grow(scratch, in->segment, count, &in->capsegment, count + 1, sizeof(*in->segment));
    in->segment[count] = (struct segment){n, source};
    in->nsegment = count + 1;
}

static void unescape(const struct shell *s, uint32_t end, bool quoted, struct inner *in)
{
    const struct builder *b = s->b;
    const struct segment *outer = b->segment;
    uint32_t n = 0;
    in->text = arena_room(b->scratch, end - b->pos + SCAN_WIDE, 1);
    cut(b->scratch, in, 0, b->source_pos);
    for (uint32_t i = b->pos; i < end; i++) {
        bool gap = taken_away(s, i, end, quoted);
        i += gap;
        for (; outer[1].view_at <= i; outer++)
            gap = true;
        if (gap)
            cut(b->scratch, in, n, outer->source_at + (i - outer->view_at));
        in->text[n++] = s->p[i];
    }
    cut(b->scratch, in, SEGMENT_END, 0);
    in->outer_segment = outer;
    in->view.p = in->text;
    in->view.n = n;
    in->view.room = n + SCAN_WIDE;
    in->view.segment = in->segment;
    in->view.source_end = outer->source_at + (end - outer->view_at);
}

/* The list up to s->end. An error in it ends there. */
static void list(struct shell *s)
{
    uint32_t outer = s->first_pending;
    s->first_pending = s->npending;
    shell_text(s);
    if (s->b->pos < s->end)
        shell_unexpected(s, SYNTAX_UNEXPECTED_TOKEN);
    shell_newlines(s);
    s->failed = false;
    s->npending = s->first_pending;
    s->first_pending = outer;
}

static void unescaped_list(struct shell *s, uint32_t end, bool quoted)
{
    struct builder *b = s->b;
    const struct view *outer = b->view;
    struct inner in = {0};
    build_flush_gap(b);
    unescape(s, end, quoted, &in);
    build_view_switch(b, &in.view, 0, in.segment);
    s->p = in.text;
    s->word = 0; /* its offset was the other text's */
    s->end = in.view.n;
    list(s);
    build_view_switch(b, outer, end, in.outer_segment);
    s->p = outer->p;
    s->word = 0;
}

/* subst : '`' list '`', up to the first backquote without a backslash */
void shell_backquotes(struct shell *s, bool quoted)
{
    struct builder *b = s->b;
    if (!shell_enter(s))
        return;
    node_id n = build_open(b, NODE_SUBST, 0);
    b->node[n].flags |= NODE_BACKTICK;
    uint32_t from = b->pos + 1, end = from, outer_end = s->end;
    bool escaped = false;
    while (end < outer_end && s->p[end] != '`') {
        escaped = escaped || taken_away(s, end, outer_end, quoted);
        end += s->p[end] == '\\' ? 2 : 1;
    }
    if (end < outer_end) {
        build_emit(b, TOK_QUOTE, from);
        s->end = end;
        if (escaped)
            unescaped_list(s, end, quoted);
        else
            list(s);
        s->end = outer_end;
        build_emit(b, TOK_QUOTE, end + 1);
    } else {
        shell_broken(s, n, SYNTAX_UNTERMINATED_EXPANSION);
    }
    build_close(b, n);
    shell_leave(s);
}
