/* branches.c - does a command run whenever its instruction does? */
#include "model/model.h"

/* The operator between a command of a list and what follows it; "" none. (Line ends in between are
 * those of lines that the builder drops, or no operator follows them.) */
struct str operator_after(const struct tree *t, node_id n)
{
    for (uint32_t i = t->node[n].tok_end; i < t->ntok; i++) {
        struct span s = token_span(t, i);
        if (t->tok[i].kind == TOK_OPERATOR)
            return str_sub(t->text, s.start, s.end);
        if (t->tok[i].kind > TOK_BOM)
            break;
    }
    return S("");
}

bool node_in_branch(const struct tree *t, node_id n)
{
    for (n = t->node[n].parent; n; n = t->node[n].parent) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_IF || k == NODE_LOOP || k == NODE_FOR || k == NODE_CASE ||
            k == NODE_FUNCTION || k == NODE_SUBST)
            return true;
    }
    return false;
}

bool node_after_or(const struct tree *t, node_id n)
{
    for (; n; n = t->node[n].parent)
        if (t->node[n].flags & NODE_AFTER_OR)
            return true;
    return false;
}

bool node_before_or(const struct tree *t, node_id n)
{
    return str_eq(operator_after(t, n), S("||"));
}
