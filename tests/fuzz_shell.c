/* fuzz_shell.c - any bytes are shell text: the tree keeps its laws. The first byte picks
 * the dialect. */
#include "check_tree.h"
#include "dfix/syntax.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct arena *a = arena_open();
    struct str text = {(const char *)data + 1, size - 1};
    struct tree *t = tree_parse_shell(a, text, data[0] & 1);
    node_id at;
    if (check_tree(t, &at))
        abort();
    for (node_id n = 1; n < t->nnode; n++) {
        struct str value;
        if (node_is_word(t, n))
            node_value(t, n, a, &value);
    }
    arena_close(a);
    return 0;
}
