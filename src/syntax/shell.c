/* shell.c - the text that a shell reads. */
#include "syntax/build.h"

node_id shell_parse(struct builder *b, enum dialect d)
{
    node_id shell = build_open(b, NODE_SHELL, 0);
    if (d == DIALECT_BASH)
        b->node[shell].flags |= NODE_BASH;
    node_id data = build_open(b, NODE_DATA, 0);
    build_emit(b, TOK_TEXT, b->view->n);
    build_close(b, data);
    build_close(b, shell);
    return shell;
}
