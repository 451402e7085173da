/* check_tree.h - the laws of every tree, for any test to call. */
#ifndef DFIX_TESTS_CHECK_TREE_H
#define DFIX_TESTS_CHECK_TREE_H

#include "dfix/syntax.h"

#include <stdio.h>

static inline bool check_tree_trivia(const struct tree *t, uint32_t tok)
{
    return t->tok[tok].kind <= TOK_BOM;
}

static inline const char *check_tree_tokens(const struct tree *t)
{
    if (t->tok[t->ntok].kind != TOK_END || t->tok[t->ntok].start != t->text.n)
        return "the tokens do not end with the text";
    if (t->tok[0].start != 0)
        return "the first token does not begin the text";
    for (uint32_t i = 0; i < t->ntok; i++) {
        if (t->tok[i].start >= t->tok[i + 1].start)
            return "a token is empty or out of order";
        if (t->tok[i].kind >= TOK_END)
            return "a token of no kind";
    }
    return NULL;
}

static inline const char *check_tree_node(const struct tree *t, node_id n)
{
    const struct node *x = &t->node[n];
    if (x->kind >= NODE_KINDS)
        return "a node of no kind";
    if (x->after <= n || x->after > t->nnode || x->tok > x->tok_end || x->tok_end > t->ntok)
        return "a node's ends are out of order";
    if (n && (x->parent >= n || x->after > t->node[x->parent].after ||
              x->tok < t->node[x->parent].tok || x->tok_end > t->node[x->parent].tok_end))
        return "a node is not inside its parent";
    if (x->kind == NODE_FILE || x->kind == NODE_HEREDOC || x->kind == NODE_DATA ||
        x->tok == x->tok_end)
        return NULL;
    if (check_tree_trivia(t, x->tok) || check_tree_trivia(t, x->tok_end - 1)) {
        bool whole = n + 1 < x->after; /* DATA may stand at the ends */
        for (node_id i = n + 1; i < x->after && whole; i++)
            if (node_kind(t, i) == NODE_HEREDOC || node_kind(t, i) == NODE_DATA)
                return NULL;
        return "a node begins or ends with trivia";
    }
    return NULL;
}

/* What is wrong with the tree; NULL: nothing. Where, in *at. */
static inline const char *check_tree(const struct tree *t, node_id *at)
{
    *at = 0;
    const char *wrong = check_tree_tokens(t);
    uint32_t errors = 0;
    for (node_id n = 0; n < t->nnode && !wrong; n++) {
        *at = n;
        wrong = check_tree_node(t, n);
        errors += node_kind(t, n) == NODE_ERROR;
        node_id before = 0;
        for (node_id c = node_first(t, n); c && !wrong; before = c, c = node_sibling(t, c)) {
            if (t->node[c].parent != n)
                wrong = "a child has another parent";
            else if (before && t->node[c].tok < t->node[before].tok_end)
                wrong = "children overlap";
        }
    }
    if (!wrong && (t->node[0].kind != NODE_FILE || t->node[0].after != t->nnode))
        wrong = "the file is not the whole";
    if (!wrong && errors != t->nerror)
        wrong = "errors miscounted";
    return wrong;
}

#endif
