/* Is what a fix wrote anew the same but for its notation? */
#include "engine.h"

/* The next pair's name and value, each as a template; *pair is 0 when there is none. */
static bool next_pair(struct arena *a, const struct tree *t, node_id instruction, node_id *pair,
                      struct str out[2])
{
    *pair = node_next(t, instruction, *pair, NODE_PAIR);
    if (!*pair)
        return true;
    node_id name = node_next(t, *pair, 0, NODE_NAME), word = node_next(t, *pair, 0, NODE_WORD);
    out[1] = S("");
    return name && node_template(t, name, a, &out[0]) &&
           (!word || node_template(t, word, a, &out[1]));
}

bool same_pairs(struct arena *a, const struct tree *x, node_id nx, const struct tree *y, node_id ny)
{
    struct str px[2], py[2];
    node_id i = 0, k = 0;

    if (node_instruction(x, nx) != node_instruction(y, ny) || node_has_error(y, ny))
        return false;
    do {
        if (!next_pair(a, x, nx, &i, px) || !next_pair(a, y, ny, &k, py) || !i != !k)
            return false;
        if (i && !(str_eq(px[0], py[0]) && str_eq(px[1], py[1])))
            return false;
    } while (i);
    return true;
}
