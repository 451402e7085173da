/* What stands where in a tree. */
#include "faces/lsp/lsp.h"

static bool is_around(const struct tree *t, node_id n, uint32_t offset)
{
    struct span s = node_span(t, n);
    return s.start <= offset && offset <= s.end;
}

/* Of two that touch, the one that begins there. */
static node_id child_at(const struct tree *t, node_id parent, uint32_t offset)
{
    node_id found = 0;

    for (node_id n = node_first(t, parent); n; n = node_sibling(t, n))
        if (is_around(t, n, offset))
            found = n;
    return found;
}

node_id node_at(const struct tree *t, uint32_t offset)
{
    node_id n = child_at(t, 0, offset), inner = n;

    while (inner) {
        n = inner;
        inner = child_at(t, n, offset);
    }
    return n;
}

uint32_t node_end(const struct tree *t, node_id n)
{
    uint32_t end = node_span(t, n).end;

    while (end > node_span(t, n).start &&
           (t->text.p[end - 1] == '\n' || t->text.p[end - 1] == '\r'))
        end--;
    return end;
}
