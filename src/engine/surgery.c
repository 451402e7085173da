/* The verbs that take commands and instructions out, with the operators, continuations
 * and lines that held them, so that nothing shows where they were. */
#include "lines.h"

static bool ends_line(enum token_kind k)
{
    return k == TOK_NEWLINE || k == TOK_CONTINUATION;
}

static uint32_t skip_blanks(const struct tree *t, uint32_t tok)
{
    while (token_kind(t, tok) == TOK_BLANK)
        tok++;
    return tok;
}

static void cut(struct fix *f, node_id inside, uint32_t from, uint32_t to)
{
    const struct tree *t = f->ctx->tree;

    if (tokens_have_comment(t, from, to) && !f->drops_comments) {
        fix_drops_comments(f);
        f->title = str_fmt(f->ctx->arena, STR_FMT ", and the comment on it", STR_ARG(f->title));
    }
    fix_delete_code(f, inside, (struct span){t->tok[from].start, t->tok[to].start});
}

/* ---- instructions ---- */

static bool is_blank_line(const struct tree *t, uint32_t line)
{
    return token_kind(t, skip_blanks(t, line)) == TOK_NEWLINE;
}

/* The lines from `from` on to the end of the instruction. */
static void delete_lines(struct fix *f, node_id instruction, uint32_t from)
{
    const struct tree *t = f->ctx->tree;
    uint32_t to = t->node[instruction].tok_end;

    fix_declares(f, instruction);
    if (!line_begins(t, to))
        to = skip_blanks(t, to);
    if (token_kind(t, to) == TOK_CONTINUATION) {
        f->refused = "the instruction ends in a line continuation";
        return;
    }
    if (!line_begins(t, to) && token_kind(t, to) == TOK_NEWLINE)
        to++;
    /* Between two empty lines, one of them goes too. */
    uint32_t up = from ? from - 1 : 0;
    if (from && token_kind(t, up) == TOK_NEWLINE && line_begins(t, line_start(t, up)) &&
        is_blank_line(t, to))
        to = skip_blanks(t, to) + 1;
    else if (from && token_kind(t, to) == TOK_END && !line_begins(t, to) &&
             token_kind(t, up) == TOK_NEWLINE)
        from--; /* no line end after it: the one before goes */
    cut(f, instruction, from, to);
}

void fix_delete_instruction(struct fix *f, node_id instruction)
{
    const struct tree *t = f->ctx->tree;

    instruction = node_outermost(t, instruction);
    delete_lines(f, instruction, line_with_comments(t, line_start(t, t->node[instruction].tok)));
}

void fix_delete_below_comments(struct fix *f, node_id instruction)
{
    const struct tree *t = f->ctx->tree;

    instruction = node_outermost(t, instruction);
    delete_lines(f, instruction, line_start(t, t->node[instruction].tok));
}

/* ---- commands ---- */

/* Commands next to each other in a list, and the operators around them (0: none). */
struct stretch {
    node_id first, last, before, after; /* before, after: siblings, 0 none */
    uint32_t from, to;                  /* tokens of the commands */
    uint32_t op_before, op_after;
};

static node_id previous_sibling(const struct tree *t, node_id n)
{
    node_id found = 0;

    for (node_id k = node_first(t, t->node[n].parent); k && k < n; k = node_sibling(t, k))
        found = k;
    return found;
}

static uint32_t operator_before(const struct tree *t, uint32_t tok, uint32_t limit)
{
    while (tok > limit && token_is_trivia(t, tok - 1))
        tok--;
    return tok > limit && token_kind(t, tok - 1) == TOK_OPERATOR ? tok - 1 : 0;
}

static uint32_t operator_after(const struct tree *t, uint32_t tok, uint32_t limit)
{
    while (tok < limit && token_is_trivia(t, tok))
        tok++;
    return tok < limit && token_kind(t, tok) == TOK_OPERATOR ? tok : 0;
}

static struct stretch stretch_of(const struct tree *t, node_id first, node_id last)
{
    struct stretch s = {.first = first,
                        .last = last,
                        .before = previous_sibling(t, first),
                        .after = node_sibling(t, last),
                        .from = t->node[first].tok,
                        .to = t->node[last].tok_end};

    if (s.before)
        s.op_before = operator_before(t, s.from, t->node[s.before].tok_end);
    s.op_after = operator_after(
        t, s.to, s.after ? t->node[s.after].tok : t->node[t->node[first].parent].tok_end);
    return s;
}

static bool op_is(const struct tree *t, uint32_t op, struct str what)
{
    struct span s = token_span(t, op);
    return op && str_eq(str_sub(t->text, s.start, s.end), what);
}

bool list_has_errexit(const struct fix *f, node_id list)
{
    const struct tree *t = f->ctx->tree;
    node_id first = node_first(t, list);
    struct str word;

    while (first && t->node[first].kind == NODE_ANDOR)
        first = node_first(t, first);
    if (!first || t->node[first].kind != NODE_COMMAND)
        return false;
    node_id name = node_next(t, first, 0, NODE_WORD);
    if (!name || !node_value(t, name, f->ctx->arena, &word) || !str_eq(word, S("set")))
        return false;
    for (node_id w = node_next(t, first, name, NODE_WORD); w; w = node_next(t, first, w, NODE_WORD))
        if (node_value(t, w, f->ctx->arena, &word) &&
            (str_eq(word, S("errexit")) || (str_starts(word, S("-")) && str_chr(word, 'e') > 0)))
            return true;
    return false;
}

/* NULL when what is left means the same as if the commands had done nothing and succeeded. */
static const char *why_not_chain(const struct tree *t, const struct stretch *s)
{
    for (node_id n = s->first; n != s->last; n = node_sibling(t, n))
        if (!op_is(t, operator_after(t, t->node[n].tok_end, s->to), S("&&")))
            return "a following command depends on its exit status";
    if (s->before && !op_is(t, s->op_before, S("&&")))
        return "it runs only if something else fails";
    if (s->after && !op_is(t, s->op_after, S("&&")) && !s->before)
        return "a following command depends on its exit status";
    return NULL;
}

static const char *why_not_list(const struct fix *f, const struct stretch *s)
{
    const struct tree *t = f->ctx->tree;
    node_id list = t->node[s->first].parent;

    if (op_is(t, s->op_after, S("&")) || op_is(t, s->op_before, S("&")))
        return "it is next to a command that runs in the background";
    if (!s->before && !s->after)
        return "nothing would be left in its place";
    if (!s->after && !list_has_errexit(f, list))
        return "its exit status is that of the whole command list";
    return NULL;
}

/* `&& command` with what leads to it. */
static void cut_with_operator_before(struct fix *f, const struct stretch *s)
{
    const struct tree *t = f->ctx->tree;
    uint32_t op = s->op_before ? s->op_before : s->from;
    uint32_t line = line_start(t, op), end = skip_blanks(t, s->to);

    if (line_begins(t, line) && token_kind(t, end) == TOK_CONTINUATION && s->after) {
        cut(f, s->first, line_with_comments(t, line), end + 1);
        return;
    }
    while (op > 0 && token_is_trivia(t, op - 1) && token_kind(t, op - 1) != TOK_BOM)
        op--;
    cut(f, s->first, op, s->to);
}

/* `command &&` up to what follows. */
static void cut_with_operator_after(struct fix *f, const struct stretch *s)
{
    const struct tree *t = f->ctx->tree;
    uint32_t line = line_start(t, s->from), next = t->node[s->after].tok;
    uint32_t end = skip_blanks(t, s->op_after ? s->op_after + 1 : s->to);

    if (line_begins(t, line) && ends_line(token_kind(t, end)))
        cut(f, s->first, s->before ? line_with_comments(t, line) : line, end + 1);
    else if (tokens_have_comment(t, end, next))
        cut(f, s->first, s->from, end);
    else
        cut(f, s->first, s->from, next);
}

/* Is there a line end between the two tokens? */
static bool is_cut(const struct tree *t, uint32_t from, uint32_t to)
{
    for (; from < to; from++)
        if (ends_line(token_kind(t, from)))
            return true;
    return false;
}

static void cut_stretch(struct fix *f, const struct stretch *s)
{
    const struct tree *t = f->ctx->tree;
    bool leads = s->op_before && !is_cut(t, s->op_before, s->from);

    if (s->before && (leads || !s->after))
        cut_with_operator_before(f, s);
    else
        cut_with_operator_after(f, s);
}

/* `<<EOF` with no command that would read it: the heredoc is what runs. */
static bool opens_script(const struct tree *t, node_id shell)
{
    node_id command = node_first(t, shell), redirect = command ? node_first(t, command) : 0;
    return redirect && t->node[redirect].kind == NODE_REDIRECT && !node_sibling(t, redirect) &&
           !node_sibling(t, command);
}

/* The RUN that has nothing but this list to do; 0: it has more. */
static node_id run_of(const struct tree *t, node_id shell)
{
    node_id n = t->node[shell].parent, instruction = node_up(t, shell, NODE_INSTRUCTION);
    unsigned shells = 0;

    if (n != instruction && t->node[n].kind != NODE_HEREDOC)
        return 0;
    for (node_id k = instruction + 1; k < t->node[instruction].after; k++)
        shells +=
            t->node[k].kind == NODE_DATA || (t->node[k].kind == NODE_SHELL && !opens_script(t, k));
    return shells == 1 ? instruction : 0;
}

void fix_delete_commands(struct fix *f, node_id first, node_id last)
{
    const struct tree *t = f->ctx->tree;
    node_id parent = t->node[first].parent;
    struct stretch s = stretch_of(t, first, last);
    const char *why = "it is part of something larger";

    for (node_id n = first; n < t->node[last].after; n++)
        if (t->node[n].kind == NODE_REDIRECT &&
            (t->node[n].op == REDIR_HEREDOC || t->node[n].op == REDIR_HEREDOC_TABS))
            f->refused = "it reads a heredoc";
    if (f->refused)
        return;
    if (node_kind(t, parent) == NODE_ANDOR) {
        why = why_not_chain(t, &s);
        /* A whole chain goes like one command. */
        if (!s.before && !s.after && !why) {
            fix_delete_commands(f, parent, parent);
            return;
        }
    } else if (node_kind(t, parent) == NODE_SHELL || node_kind(t, parent) == NODE_LIST) {
        node_id run = !s.before && !s.after ? run_of(t, parent) : 0;
        if (run) {
            fix_delete_instruction(f, run);
            return;
        }
        why = why_not_list(f, &s);
    }
    if (why) {
        f->refused = why;
        return;
    }
    fix_declares(f, node_up(t, first, NODE_INSTRUCTION));
    cut_stretch(f, &s);
}
