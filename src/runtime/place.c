/* place.c - where a stage's user may change, and which folders of root's it is given there. */
#include "dfix/user.h"

bool image_has_onbuild(const struct image *im, unsigned stage)
{
    const struct tree *t = im->tree;

    for (node_id n = im->stage[stage].from; n; n = node_sibling(t, n)) {
        if (t->node[n].kind == NODE_INSTRUCTION && t->node[n].op == INST_ONBUILD)
            return true;
        if (n == im->stage[stage].last)
            break;
    }
    return false;
}

/* What the user of the build matters to: what comes before the switch. */
static bool heeds_user(const struct tree *t, node_id n)
{
    if (t->node[n].kind != NODE_INSTRUCTION)
        return t->node[n].kind == NODE_ERROR;
    return t->node[n].op == INST_RUN || t->node[n].op == INST_WORKDIR ||
           t->node[n].op == INST_UNKNOWN || t->node[n].op == INST_FROM;
}

void image_user_place(const struct image *im, unsigned stage, node_id *root, node_id *start)
{
    const struct tree *t = im->tree;

    *root = im->stage[stage].from;
    *start = 0;
    for (node_id n = im->stage[stage].from; n; n = node_sibling(t, n)) {
        if (heeds_user(t, n)) {
            *root = n;
            *start = 0;
        } else if (!*start && (t->node[n].op == INST_CMD || t->node[n].op == INST_ENTRYPOINT)) {
            *start = n;
        }
        if (n == im->stage[stage].last)
            return;
    }
}

bool folder_is_given(const struct image *im, const struct folder *x, node_id place)
{
    const struct tree *t = im->tree;

    return x->givable && (!place || node_span(t, x->volume).start < node_span(t, place).start);
}

struct str image_folder_names(const struct image *im, struct arena *a, unsigned stage,
                              node_id place, bool given, size_t *count)
{
    struct buf b = {.arena = a};
    const struct folder *v;
    size_t n = image_root_folders(im, a, stage, &v);

    *count = 0;
    for (size_t i = 0; i < n; i++)
        if (folder_is_given(im, &v[i], place) == given)
            buf_fmt(&b, "%s" STR_FMT, (*count)++ ? ", " : "", STR_ARG(v[i].path));
    return buf_str(&b);
}
