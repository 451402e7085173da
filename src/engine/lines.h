/* lines.h - tokens as they stand in lines, for the verbs and the guard. */
#ifndef DFIX_ENGINE_LINES_H
#define DFIX_ENGINE_LINES_H

#include "engine.h"

static inline enum token_kind token_kind(const struct tree *t, uint32_t tok)
{
    return (enum token_kind)t->tok[tok].kind;
}

/* Blanks, line ends, comments, continuations, a byte-order mark. */
static inline bool token_is_trivia(const struct tree *t, uint32_t tok)
{
    return token_kind(t, tok) <= TOK_BOM;
}

/* Does a line begin at this token? */
bool line_begins(const struct tree *t, uint32_t tok);
/* The first token of the line, when only blanks stand before `tok`; else `tok` itself. */
uint32_t line_start(const struct tree *t, uint32_t tok);
/* Over the comment lines right above the line that starts at `line`. */
uint32_t line_with_comments(const struct tree *t, uint32_t line);
/* The node right under the file that holds this one; 0 for the file. */
node_id node_outermost(const struct tree *t, node_id n);
/* `set -e` at the start of the list: a failure ends it wherever it happens. */
bool list_has_errexit(const struct fix *f, node_id list);

#endif
