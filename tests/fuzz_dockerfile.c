/* fuzz_dockerfile.c - any bytes are a Dockerfile: its tree keeps the laws, and every
 * view of it can be printed. */
#include "check_tree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void values(struct arena *a, const struct tree *t)
{
    struct str value;
    for (node_id n = 0; n < t->nnode; n++)
        if (node_is_word(t, n) && node_value(t, n, a, &value) &&
            value.n > (size_t)(node_span(t, n).end - node_span(t, n).start))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_open();
    struct tree *t = tree_parse(a, (struct str){(const char *)data, size});
    node_id at;
    const char *wrong = check_tree(t, &at);
    if (wrong) {
        fprintf(stderr, "node %u: %s\n", at, wrong);
        abort();
    }
    struct buf out = {.arena = a};
    tree_dump(&out, t);
    tree_dump_json(&out, t);
    tree_dump_buildkit(&out, t);
    values(a, t);
    arena_close(a);
    return 0;
}
