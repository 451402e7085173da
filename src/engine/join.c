/* join.c - the verb that makes one RUN of two, one after the other. */
#include "lines.h"

static bool has_comment(const struct tree *t, uint32_t from, uint32_t to)
{
    for (; from < to; from++)
        if (token_kind(t, from) == TOK_COMMENT)
            return true;
    return false;
}

/* Empty lines within an instruction are none that BuildKit wants. */
static void drop_empty_lines(struct fix *f, node_id second, uint32_t from, uint32_t to)
{
    const struct tree *t = f->ctx->tree;

    for (uint32_t i = from; i < to; i++) {
        uint32_t line = line_start(t, i);
        if (token_kind(t, i) == TOK_NEWLINE && line_begins(t, line) && (line == i || line + 1 == i))
            fix_delete_code(f, second, (struct span){t->tok[line].start, t->tok[i + 1].start});
    }
}

/* The comment lines between them stand as far in as the command. */
static void indent_comments(struct fix *f, node_id second, uint32_t from, uint32_t to)
{
    const struct tree *t = f->ctx->tree;

    for (uint32_t i = from; i < to; i++)
        if (token_kind(t, i) == TOK_COMMENT && line_begins(t, i))
            fix_insert_code(f, second, t->tok[i].start, S("    "));
}

/* Does an empty line stand between two, and a comment? Then something new begins there. */
static bool has_heading(const struct tree *t, uint32_t from, uint32_t to)
{
    bool comment = false, empty = false;

    for (uint32_t i = from; i < to; i++) {
        uint32_t line = line_start(t, i);
        comment |= token_kind(t, i) == TOK_COMMENT;
        empty |=
            token_kind(t, i) == TOK_NEWLINE && line_begins(t, line) && (line == i || line + 1 == i);
    }
    return comment && empty;
}

void fix_join(struct fix *f, node_id first, node_id second)
{
    const struct tree *t = f->ctx->tree;
    node_id shell = node_next(t, second, 0, NODE_SHELL);
    uint32_t end = t->node[first].tok_end, line = end, begin = t->node[second].tok;

    while (token_kind(t, line) == TOK_BLANK)
        line++;
    if (token_kind(t, line) != TOK_NEWLINE || !shell) {
        fix_refuse(f, "a comment or a line continuation stands at the end of the one before");
        return;
    }
    if (has_comment(t, begin, t->node[shell].tok)) {
        fix_refuse(f, "a comment stands between RUN and its command");
        return;
    }
    if (has_heading(t, line + 1, begin)) {
        fix_refuse(f, "an empty line and a comment part them");
        return;
    }
    struct span gap = {t->tok[end].start, t->tok[line + 1].start};
    fix_delete_code(f, first, gap);
    fix_insert_code(f, first, gap.start,
                    str_fmt(f->ctx->arena, " %c%s", t->escape, t->crlf ? "\r\n" : "\n"));
    drop_empty_lines(f, second, line + 1, line_start(t, begin));
    indent_comments(f, second, line + 1, begin);
    struct span head = {t->tok[begin].start, t->tok[t->node[shell].tok].start};
    fix_delete_code(f, second, head);
    fix_insert_code(f, second, head.start, S("    && "));
    fix_declares(f, first);
    fix_declares(f, second);
    vec_push(f->ctx->arena, &f->joined, second);
}
