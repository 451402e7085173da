/* dockerfile.c - a file as parser directives, comments and instructions.
 *
 *   file        = [BOM] {directive} {comment | blank line | instruction}
 *   directive   = "#" key "=" value        before anything else
 *   instruction = logical line {heredoc body} */
#include "syntax/dockerfile.h"

#include <string.h>

enum { SEGMENTS = 64 };      /* so many to begin with */
enum { BINARY_LOOK = 8000 }; /* a NUL in the first bytes: not a text */

static bool is_letter(char c)
{
    c = (char)(c | 32);
    return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

static struct str skip_re_space(struct str s) /* \s of regular expressions: no \v */
{
    while (s.n && is_field_space(s.p[0]) && s.p[0] != '\v')
        s = str_from(s, 1);
    return s;
}

/* "#" white-space letter {letter | digit} \s* "=" \s* value \s* */
static bool directive_match(struct str line, struct str *key, struct str *value)
{
    struct str s = str_from(line, 1);
    s = str_from(s, skip_space(s.p, 0, (uint32_t)s.n));
    size_t n = 0;
    while (n < s.n && is_alnum(s.p[n]))
        n++;
    if (n == 0 || !is_letter(s.p[0]))
        return false;
    *key = str_sub(s, 0, n);
    s = skip_re_space(str_from(s, n));
    if (!s.n || s.p[0] != '=')
        return false;
    struct str all = str_from(s, 1);
    s = skip_re_space(all);
    while (s.n && is_field_space(s.p[s.n - 1]) && s.p[s.n - 1] != '\v')
        s.n--;
    /* Nothing but white space: the last of it is the value. */
    *value = s.n || !all.n ? s : str_from(all, all.n - 1);
    return value->n > 0;
}

static int directive_of(struct str key)
{
    static const char *const name[] = {"syntax", "escape", "check"};
    for (int i = 0; i < 3; i++)
        if (str_ieq(key, str_of(name[i])))
            return i;
    return -1;
}

/* False: the line is no directive, and none can follow. */
static bool directive_parse(struct parser *p, struct physical_line l, uint32_t start)
{
    struct builder *b = &p->b;
    struct str key, value;
    if (start == l.end || p->text.p[start] != '#' ||
        !directive_match(str_sub(p->text, start, l.end), &key, &value))
        return false;
    int d = directive_of(key);
    if (d < 0)
        return false;
    bool twice = p->directives_seen & 1u << d;
    bool bad = d == DIRECTIVE_ESCAPE && !str_eq(value, S("\\")) && !str_eq(value, S("`"));
    p->directives_seen |= 1u << d;
    build_token(b, TOK_BLANK, start);
    node_id n = build_open(b, NODE_DIRECTIVE, (unsigned)d);
    build_token(b, TOK_DIRECTIVE, (uint32_t)(value.p + value.n - p->text.p));
    if (twice || bad)
        build_error(b, n, SYNTAX_BAD_DIRECTIVE);
    build_close(b, n);
    if (d == DIRECTIVE_ESCAPE && !twice && !bad)
        b->escape = value.p[0];
    build_trivia(b, l.next);
    return true;
}

/* Says once that there is no stage for an instruction, or none at all. */
static void say_no_from(struct parser *p)
{
    if (p->from_seen || p->no_from_said)
        return;
    p->no_from_said = true;
    build_close(&p->b, build_open_error(&p->b, SYNTAX_NO_FROM));
}

/* A line of nothing but continued white space is an instruction without a name. */
static void nameless(struct parser *p, uint32_t start)
{
    struct builder *b = &p->b;
    build_token(b, TOK_BLANK, start);
    node_id n = build_open_error(b, SYNTAX_UNKNOWN_INSTRUCTION);
    build_token(b, TOK_ERROR, start + 1);
    build_close(b, n);
}

static bool needs_stage(struct str line, uint32_t room)
{
    enum instruction i = instruction_of(line, room);
    return i != INST_ARG && i != INST_FROM;
}

static void logical_line(struct parser *p, struct physical_line l, uint32_t start)
{
    struct builder *b = &p->b;
    line_read(p, start, l.end, l.next);
    struct str line = {p->view.p, p->view.n};
    struct str trimmed = line;
    if (!line.n || !is_graphic(line.p[0]) || !is_graphic(line.p[line.n - 1]))
        trimmed = trim_space(line);
    p->at = p->line_end;
    if (!trimmed.n) {
        nameless(p, start);
        build_trivia(b, p->line_end);
        return;
    }
    uint32_t from = (uint32_t)(trimmed.p - line.p);
    build_trivia(b, p->view.segment[0].source_at);
    build_view_begin(b, &p->view);
    build_emit(b, TOK_BLANK, from);
    if (!p->from_seen && !p->no_from_said && needs_stage(trimmed, p->view.room - from)) {
        build_flush_gap(b);
        say_no_from(p);
    }
    enum reader before = p->reader;
    instruction_parse(p, from, from + (uint32_t)trimmed.n, 0);
    line_over(p);
    if (p->reader != before)
        vec_push(b->arena, &p->reading, (struct reading){p->line_end, p->reader});
    build_trivia(b, p->line_end);
}

/* A comment or a blank line; `start` is where its text begins. */
static void line_trivia(struct builder *b, struct physical_line l, uint32_t start)
{
    if (l.end == b->text.n || b->text.p[l.end] == '\n') { /* no CR */
        build_token(b, TOK_BLANK, start);
        build_token(b, TOK_COMMENT, l.end);
    }
    build_trivia(b, l.next);
}

/* An empty line behind the last one, if there is one. After one line in three there is, which no
 * processor foresees: so it is written in any case, and kept when it is there. */
static inline void line_empty(struct parser *p)
{
    struct builder *b = &p->b;
    struct line_ends *ends = p->ends;
    if (p->at == p->text.n || ends->next == ends->n || b->ntok == b->captok)
        return;
    assert(b->source_pos == p->at);
    bool empty = p->text.p[p->at] == '\n';
    b->tok[b->ntok] = (struct token){p->at, TOK_NEWLINE};
    b->ntok += empty;
    b->source_pos += empty;
    ends->next += empty;
    p->at += empty;
}

static void file_parse(struct parser *p)
{
    struct builder *b = &p->b;
    if (str_starts(p->text, S("\xEF\xBB\xBF"))) {
        build_token(b, TOK_BOM, 3);
        p->at = 3;
    }
    while (p->at < p->text.n) {
        struct physical_line l = line_at(p, p->at);
        p->at = l.next;
        if (l.start == l.end) {
            p->directives_over = true;
            build_trivia(b, l.next);
            continue;
        }
        bool indented = !is_graphic(p->text.p[l.start]);
        uint32_t start = indented ? line_text(p, &l) : l.start;
        if (!p->directives_over && directive_parse(p, l, start))
            continue;
        p->directives_over = true;
        bool comment = start < l.end && p->text.p[start] == '#';
        if (comment)
            reader_by_comment(p, str_sub(p->text, start, l.end));
        if (comment || start == l.end)
            line_trivia(b, l, start);
        else
            logical_line(p, l, start);
        line_empty(p);
    }
    say_no_from(p);
}

static void binary(struct parser *p)
{
    node_id n = build_open_error(&p->b, SYNTAX_BINARY);
    build_token(&p->b, TOK_ERROR, (uint32_t)p->text.n);
    build_close(&p->b, n);
}

static struct tree *finish(struct parser *p)
{
    struct tree *t = build_finish(&p->b);

    t->reading = p->reading.v;
    t->nreading = (uint32_t)p->reading.n;
    return t;
}

static void start(struct parser *p, struct line_ends *ends, struct arena *a, struct str text)
{
    *p = (struct parser){.text = text, .wide = scan_wide((uint32_t)text.n), .ends = ends};
    ends->n = ends->next = ends->scanned = 0;
    build_start(&p->b, a, text);
    p->capsegment = SEGMENTS;
    p->segment = arena_room(p->b.scratch, SEGMENTS, sizeof(*p->segment));
    p->heredocs = less_before(text, S("<\\`")); /* << that a continuation may cut */
}

struct tree *tree_parse(struct arena *a, struct str text)
{
    struct line_ends ends;
    struct parser p;

    start(&p, &ends, a, text);
    size_t look = text.n < BINARY_LOOK ? text.n : BINARY_LOOK;
    if (look && memchr(text.p, 0, look))
        binary(&p);
    else
        file_parse(&p);
    return finish(&p);
}

static enum reader reader_at(const struct tree *t, uint32_t at)
{
    struct bisect b = {.high = t->nreading};

    while (bisect_next(&b))
        bisect_take(&b, t->reading[b.at].from <= at);
    return b.low ? (enum reader)t->reading[b.low - 1].reader : READER_POSIX;
}

struct tree *tree_parse_part(struct arena *a, struct str text, const struct tree *whole,
                             uint32_t at)
{
    struct line_ends ends;
    struct parser p;

    start(&p, &ends, a, text);
    p.b.escape = whole->escape;
    p.directives_over = p.from_seen = true;
    p.reader = reader_at(whole, at);
    file_parse(&p);
    return finish(&p);
}
