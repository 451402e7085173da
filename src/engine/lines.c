/* Which tokens share a line, for the verbs and the guard. */
#include "lines.h"

bool line_begins(const struct tree *t, uint32_t tok)
{
    if (!tok)
        return true;
    enum token_kind before = token_kind(t, tok - 1);
    return before == TOK_NEWLINE || before == TOK_CONTINUATION || before == TOK_BOM;
}

uint32_t line_start(const struct tree *t, uint32_t tok)
{
    if (tok && token_kind(t, tok - 1) == TOK_BLANK && line_begins(t, tok - 1))
        return tok - 1;
    return tok;
}

uint32_t line_with_comments(const struct tree *t, uint32_t line)
{
    while (line >= 2 && token_kind(t, line - 1) == TOK_NEWLINE &&
           token_kind(t, line - 2) == TOK_COMMENT) {
        uint32_t up = line_start(t, line - 2);
        if (!line_begins(t, up))
            break;
        line = up;
    }
    return line;
}

node_id node_outermost(const struct tree *t, node_id n)
{
    while (t->node[n].parent)
        n = t->node[n].parent;
    return n;
}
