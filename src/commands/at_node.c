/* Which command a node is: found in a list that is sorted once, as a line may have as many commands
 * as words. */
#include "commands/list.h"

#include <stdlib.h>

static int by_place(const struct tree *t, node_id n, const struct command *c)
{
    uintptr_t tree = (uintptr_t)t, other = (uintptr_t)c->scope->tree;

    if (tree != other)
        return tree < other ? -1 : 1;
    return (n > c->node) - (n < c->node);
}

static int by_node(const void *x, const void *y)
{
    const struct command *a = *(const struct command *const *)x;
    const struct command *b = *(const struct command *const *)y;
    int order = by_place(a->scope->tree, a->node, b);

    return order ? order : (a->index > b->index) - (a->index < b->index);
}

static void sort_by_node(struct commands *l)
{
    l->by_node = arena_new(l->arena, const struct command *, l->n + 1);
    for (size_t i = 0; i < l->n; i++)
        l->by_node[i] = &l->v[i];
    qsort(l->by_node, l->n, sizeof(*l->by_node), by_node);
}

const struct command *command_at_node(struct commands *l, const struct tree *t, node_id n)
{
    struct bisect b = {.high = l->n};

    if (!l->by_node)
        sort_by_node(l);
    while (bisect_next(&b))
        bisect_take(&b, by_place(t, n, l->by_node[b.at]) > 0);
    const struct command *found = b.low < l->n ? l->by_node[b.low] : NULL;
    return found && by_place(t, n, found) == 0 ? found : NULL;
}
