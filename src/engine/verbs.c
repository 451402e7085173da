/* The verbs of fixer.h: fixes are made here, and whole lines and nodes come and go. */
#include "lines.h"

#include <stdlib.h>
#include <string.h>

static struct fix *add(struct fix_ctx *c, node_id at, enum safety s, const char *fmt, va_list ap)
{
    struct fix *f = arena_new(c->arena, struct fix, 1);

    *f = (struct fix){
        .ctx = c,
        .fixer = c->run->fixer,
        .at = at,
        .point = node_span(c->tree, at),
        .safety = s < c->run->fixer->safety ? s : c->run->fixer->safety,
        .severity = c->run->fixer->severity,
        .title = str_vfmt(c->arena, fmt, ap),
        .why = S(""),
        .help = str_of(c->run->fixer->title),
        .order = (unsigned)c->run->fix.n,
        .found = true,
    };
    vec_push(c->arena, &c->run->fix, f);
    return f;
}

struct fix *fix_begin(struct fix_ctx *c, node_id at, enum safety s, const char *title, ...)
{
    va_list ap;
    va_start(ap, title);
    struct fix *f = add(c, at, s, title, ap);
    va_end(ap);
    return f;
}

struct fix *fix_hint(struct fix_ctx *c, node_id at, const char *message, ...)
{
    va_list ap;
    va_start(ap, message);
    struct fix *f = add(c, at, HINT, message, ap);
    va_end(ap);
    return f;
}

struct fix *fix_skip(struct fix_ctx *c, node_id at, const char *why, ...)
{
    va_list ap;
    va_start(ap, why);
    struct fix *f = add(c, at, HINT, why, ap);
    va_end(ap);
    f->skip = true;
    f->found = false;
    return f;
}

struct fix *fix_skip_package(struct fix_ctx *c, const struct package *p, const char *why, ...)
{
    va_list ap;
    va_start(ap, why);
    bool elsewhere = p->literal && (p->script || p->node != p->field.word);
    struct fix *f = add(c, elsewhere ? p->node : p->field.word, HINT, why, ap);
    va_end(ap);
    f->skip = true;
    f->found = package_is_open(p);
    if (p->name.n && str_starts(f->title, p->name))
        f->subject = (uint32_t)p->name.n;
    if (elsewhere)
        f->point = p->span;
    return f;
}

void fix_found(struct fix *f)
{
    f->found = true;
}

void fix_not_found(struct fix *f)
{
    f->found = false;
}

void fix_severity(struct fix *f, enum severity s)
{
    f->severity = s;
}

void fix_code(struct fix *f, const char *codes)
{
    f->codes = codes;
}

void fix_why(struct fix *f, const char *why, ...)
{
    va_list ap;
    va_start(ap, why);
    f->why = str_vfmt(f->ctx->arena, why, ap);
    va_end(ap);
}

void fix_help(struct fix *f, const char *help, ...)
{
    va_list ap;
    va_start(ap, help);
    f->help = str_vfmt(f->ctx->arena, help, ap);
    va_end(ap);
}

void fix_excused_at(struct fix *f, node_id instruction)
{
    f->also = instruction;
}

void fix_point(struct fix *f, struct span at)
{
    f->point = at;
}

void fix_refuse(struct fix *f, const char *why)
{
    f->refused = why;
}

void fix_drops_comments(struct fix *f)
{
    f->drops_comments = true;
}

void fix_declares(struct fix *f, node_id n)
{
    vec_push(f->ctx->arena, &f->declared, n);
}

void fix_respells(struct fix *f, node_id instruction)
{
    fix_declares(f, instruction);
    vec_push(f->ctx->arena, &f->respelled, instruction);
}

/* Does the node stand in an ENV whose values may change? */
static bool is_in_env(const struct fix *f, node_id n)
{
    const struct tree *t = f->ctx->tree;
    node_id pair = node_kind(t, n) == NODE_PAIR ? n : node_up(t, n, NODE_PAIR);
    node_id own = pair ? t->node[pair].parent : 0;

    for (size_t i = 0; i < f->respelled.n; i++)
        if (f->respelled.v[i] == own)
            return false;
    return own && node_kind(t, own) == NODE_INSTRUCTION && node_instruction(t, own) == INST_ENV;
}

static void change(struct fix *f, node_id inside, struct span s, struct str text, bool line)
{
    if (s.start == s.end && !text.n)
        return;
    if (!line && f->safety == SAFE && is_in_env(f, inside))
        f->safety = UNSAFE; /* containers see its value */
    vec_push(f->ctx->arena, &f->change, (struct change){{s, text}, inside, line});
}

void fix_replace_code(struct fix *f, node_id n, struct str code)
{
    change(f, n, node_span(f->ctx->tree, n), code, false);
}

void fix_replace_code_at(struct fix *f, node_id inside, struct span s, struct str code)
{
    change(f, inside, s, code, false);
}

void fix_insert_code(struct fix *f, node_id inside, uint32_t offset, struct str code)
{
    change(f, inside, (struct span){offset, offset}, code, false);
}

void fix_delete_code(struct fix *f, node_id inside, struct span s)
{
    change(f, inside, s, S(""), false);
}

/* The continuation that leads to this line, over the comment and blank lines
 * between; UINT32_MAX: the line is not a continued one. */
static uint32_t leading_continuation(const struct tree *t, uint32_t line)
{
    for (uint32_t i = line; i > 0; i--) {
        enum token_kind k = token_kind(t, i - 1);
        if (k == TOK_CONTINUATION)
            return i - 1;
        if (k != TOK_BLANK && k != TOK_NEWLINE && k != TOK_COMMENT)
            break;
    }
    return UINT32_MAX;
}

static void delete_tokens(struct fix *f, node_id n, uint32_t from, uint32_t to)
{
    const struct tree *t = f->ctx->tree;
    change(f, n, (struct span){t->tok[from].start, t->tok[to].start}, S(""), false);
}

/* The last word of an instruction stands alone on a continued line: the line goes, and
 * the continuation that led to it, but not the comment lines between. */
static void delete_last_line(struct fix *f, node_id n, uint32_t line, uint32_t end)
{
    const struct tree *t = f->ctx->tree;
    uint32_t lead = leading_continuation(t, line);

    if (lead == UINT32_MAX) {
        f->refused = "nothing would be left of its line";
        return;
    }
    uint32_t from = lead;
    while (from > 0 && token_kind(t, from - 1) == TOK_BLANK)
        from--;
    if (lead + 1 == line) {
        delete_tokens(f, n, from, end);
        return;
    }
    struct span c = token_span(t, lead);
    uint32_t keep = t->text.p[c.end - 1] == '\n' ? 1 : 0;
    if (keep && c.end - c.start > 2 && t->text.p[c.end - 2] == '\r')
        keep = 2;
    change(f, n, (struct span){t->tok[from].start, c.end - keep}, S(""), false);
    if (token_kind(t, end) == TOK_NEWLINE)
        delete_tokens(f, n, line, end + 1);
    else
        delete_tokens(f, n, line - 1, end); /* no line end after it: the one before goes */
}

void fix_delete(struct fix *f, node_id n)
{
    const struct tree *t = f->ctx->tree;
    uint32_t first = t->node[n].tok, end = t->node[n].tok_end, line = first;

    if (line > 0 && token_kind(t, line - 1) == TOK_BLANK)
        line--;
    if (!line_begins(t, line)) {
        delete_tokens(f, n, line, end);
        return;
    }
    while (token_kind(t, end) == TOK_BLANK)
        end++;
    if (token_kind(t, end) == TOK_CONTINUATION)
        delete_tokens(f, n, line, end + 1);
    else if (token_kind(t, end) == TOK_NEWLINE || token_kind(t, end) == TOK_END)
        delete_last_line(f, n, line, end);
    else
        delete_tokens(f, n, first, end);
}

static struct str line_end_of(const struct tree *t)
{
    return t->crlf ? S("\r\n") : S("\n");
}

/* The blanks before an instruction. */
static struct str indentation(const struct tree *t, node_id instruction)
{
    uint32_t tok = t->node[instruction].tok;
    return str_sub(t->text, t->tok[line_start(t, tok)].start, t->tok[tok].start);
}

struct str fix_written(const struct fix_ctx *c, node_id word)
{
    struct str s = node_text(c->tree, word);

    return s.n && (s.p[0] == '"' || s.p[0] == '\'') ? str_from(s, 1) : s;
}

bool path_has_drive(struct str path)
{
    char drive = path.n > 1 && path.p[1] == ':' ? path.p[0] : 0;

    return (drive >= 'a' && drive <= 'z') || (drive >= 'A' && drive <= 'Z');
}

bool fix_writes_small(const struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    node_id from = c->image->nstage ? c->image->stage[0].from : 0;
    size_t small = 0, capitals = 0;

    if (c->run->letters != LETTERS_UNKNOWN)
        return c->run->letters == LETTERS_SMALL;
    for (node_id n = from; n; n = node_sibling(t, n)) {
        struct str name =
            node_kind(t, n) == NODE_INSTRUCTION ? node_text(t, node_first(t, n)) : S("");
        small += name.n && str_eq(name, str_lower(c->arena, name));
        capitals += name.n && str_eq(name, instruction_name(node_instruction(t, n)));
    }
    c->run->letters = small > capitals ? LETTERS_SMALL : LETTERS_CAPITAL;
    return small > capitals;
}

struct str fix_instruction(const struct fix_ctx *c, struct str line)
{
    struct str rest = line, name = line;

    if (!fix_writes_small(c) || !str_cut(&rest, ' ', &name))
        return line;
    return str_fmt(c->arena, STR_FMT " " STR_FMT, STR_ARG(str_lower(c->arena, name)),
                   STR_ARG(rest));
}

/* Every line indented, with the file's line ends between and `end` after the last. */
static struct str lay_out(struct fix *f, node_id instruction, struct str lines, struct str end)
{
    const struct tree *t = f->ctx->tree;
    struct buf b = {.arena = f->ctx->arena};
    struct str line, indent = indentation(t, instruction);

    while (str_cut(&lines, '\n', &line)) {
        buf_add(&b, b.n ? line_end_of(t) : S(""));
        buf_add(&b, indent);
        buf_add(&b, fix_instruction(f->ctx, line));
    }
    buf_add(&b, end);
    return buf_str(&b);
}

void fix_line_before(struct fix *f, node_id instruction, struct str line)
{
    const struct tree *t = f->ctx->tree;
    node_id n = node_outermost(t, instruction);
    /* The comment lines right above belong to it. */
    uint32_t at = t->tok[line_with_comments(t, line_start(t, t->node[n].tok))].start;

    change(f, n, (struct span){at, at}, lay_out(f, n, line, line_end_of(t)), true);
}

void fix_line_after(struct fix *f, node_id instruction, struct str line)
{
    const struct tree *t = f->ctx->tree;
    node_id n = node_outermost(t, instruction);
    uint32_t tok = t->node[n].tok_end;
    struct str eol = line_end_of(t), text;
    bool heredoc = false;

    if (node_has_error(t, n)) {
        f->refused = "the instruction cannot be parsed to its end";
        return;
    }
    for (node_id k = n + 1; k < t->node[n].after; k++)
        heredoc |= t->node[k].kind == NODE_HEREDOC && t->node[k].tok_end == tok;
    while (token_kind(t, tok) == TOK_BLANK || token_kind(t, tok) == TOK_COMMENT)
        tok++;
    if (token_kind(t, tok) == TOK_CONTINUATION) {
        f->refused = "the instruction ends in a line continuation";
        return;
    }
    uint32_t at = t->tok[tok].start;
    bool ended = heredoc && at > 0 && t->text.p[at - 1] == '\n';
    if (token_kind(t, tok) == TOK_NEWLINE && !ended) {
        at = t->tok[tok + 1].start;
        ended = true;
    }
    text = lay_out(f, n, line, ended ? eol : S(""));
    if (!ended)
        text = str_fmt(f->ctx->arena, STR_FMT STR_FMT, STR_ARG(eol), STR_ARG(text));
    change(f, n, (struct span){at, at}, text, true);
}

static int by_start(const void *x, const void *y)
{
    const struct edit *a = x, *b = y;

    if (a->span.start != b->span.start)
        return a->span.start < b->span.start ? -1 : 1;
    return (a->span.end > b->span.end) - (a->span.end < b->span.end);
}

/* Edits of one list may not touch: neighbours become one. */
bool edits_join(struct arena *a, struct edits *e)
{
    size_t n = 0;

    if (e->n)
        qsort(e->v, e->n, sizeof(*e->v), by_start);
    for (size_t i = 0; i < e->n; i++) {
        struct edit *last = n ? &e->v[n - 1] : NULL;
        if (last && e->v[i].span.start < last->span.end)
            return false;
        if (last && e->v[i].span.start == last->span.end) {
            struct buf both = {.arena = a};
            buf_add(&both, last->text);
            buf_add(&both, e->v[i].text);
            last->span.end = e->v[i].span.end;
            last->text = buf_str(&both);
        } else {
            e->v[n++] = e->v[i];
        }
    }
    e->n = n;
    return true;
}

bool fix_edits(struct arena *a, const struct fix *f, struct edits *out)
{
    *out = (struct edits){arena_new(a, struct edit, f->change.n), f->change.n};
    for (size_t i = 0; i < f->change.n; i++)
        out->v[i] = f->change.v[i].edit;
    return edits_join(a, out);
}
