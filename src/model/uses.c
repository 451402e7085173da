/* Who reads a variable: found in a list that is sorted once, as files may have as many
 * variables as words. */
#include "model/model.h"

#include <stdlib.h>

struct use {
    uint64_t name; /* its hash */
    node_id node;
};

static int by_name(const void *x, const void *y)
{
    const struct use *a = x, *b = y;

    if (a->name != b->name)
        return a->name < b->name ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static struct str name_of(const struct tree *t, node_id n)
{
    node_id key = node_kind(t, n) == NODE_PARAM ? node_next(t, n, 0, NODE_NAME) : 0;
    return key ? node_text(t, key) : S("");
}

static void find_uses(const struct tree *t, struct scope_late *late)
{
    static const struct use none;
    VEC(struct use) list = {0};

    for (node_id n = 1; n < t->nnode; n++) {
        struct str name = name_of(t, n);
        if (name.n)
            vec_push(late->arena, &list, (struct use){str_hash(name), n});
    }
    if (list.n)
        qsort(list.v, list.n, sizeof(*list.v), by_name);
    late->use = list.v ? list.v : &none;
    late->nuse = list.n;
}

/* How many of the list come before this one. */
static size_t place_of(const struct scope_late *l, struct use u)
{
    struct bisect b = {.high = l->nuse};

    while (bisect_next(&b))
        bisect_take(&b, by_name(&l->use[b.at], &u) < 0);
    return b.low;
}

node_id scope_next_use(const struct scope *sc, struct str name, node_id after, node_id to)
{
    struct scope_late *l = sc->late;

    if (!l->use)
        find_uses(sc->tree, l);
    uint64_t hash = str_hash(name);
    size_t i = place_of(l, (struct use){hash, after + 1});
    bool there = i < l->nuse && l->use[i].name == hash && l->use[i].node < to;
    return there ? l->use[i].node : 0;
}

node_id image_next_use(const struct image *im, struct str name, node_id after)
{
    return scope_next_use(&im->scope, name, after, (node_id)im->tree->nnode);
}
