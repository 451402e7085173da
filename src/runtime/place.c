/* place.c - where a stage's user may change, which folders of root's it is given there, and what
 * else is to be said of that. */
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

node_id image_start_near(const struct image *im, node_id at)
{
    unsigned stage = image_stage_of(im, at);
    node_id start = 0;

    for (node_id n = im->stage[stage].from; n; n = node_sibling(im->tree, n)) {
        enum instruction op =
            node_kind(im->tree, n) == NODE_INSTRUCTION ? node_instruction(im->tree, n) : INST_RUN;
        if (image_stage_of(im, n) != stage)
            break;
        start = op == INST_CMD || op == INST_ENTRYPOINT ? n : start;
    }
    return start;
}

struct str image_user_caveats(const struct image *im, struct arena *a, unsigned stage,
                              node_id place)
{
    struct str ports = image_low_ports(im, a, stage);
    size_t several;
    struct str kept = image_folder_names(im, a, stage, place, false, &several);
    struct buf b = {.arena = a};

    if (ports.n)
        buf_fmt(&b, "port%s " STR_FMT ": below 1024, some runtimes want NET_BIND_SERVICE for %s",
                str_chr(ports, ',') == STR_NONE ? "" : "s", STR_ARG(ports),
                str_chr(ports, ',') == STR_NONE ? "it" : "them");
    if (kept.n)
        buf_fmt(&b, "%s" STR_FMT " %s owned by root; `chown` %s if the program writes there",
                ports.n ? "; " : "", STR_ARG(kept), several > 1 ? "stay" : "stays",
                several > 1 ? "them" : "it");
    return buf_str(&b);
}

struct str image_kept_volume(const struct image *im, struct arena *a, unsigned stage, node_id place)
{
    const struct folder *v;
    size_t n = image_root_folders(im, a, stage, &v);

    for (size_t i = 0; i < n; i++)
        if (v[i].volume && !folder_is_given(im, &v[i], place))
            return str_fmt(a, "its volume " STR_FMT " is owned by root; `chown` it first",
                           STR_ARG(v[i].path));
    return S("");
}

/* A program alone, that says where it listens, needs no account: its number will do. It keeps
 * nothing, and no other program has to read its files. */
static bool serves_from_scratch(const struct image *im, struct arena *a, unsigned stage)
{
    return image_stage_has(im, stage, INST_EXPOSE) && !image_stage_has(im, stage, INST_VOLUME) &&
           !image_low_ports(im, a, stage).n && !image_stage_says(im, stage, S(".wasm"));
}

bool image_lacks_passwd(const struct image *im, struct arena *a, unsigned stage)
{
    return im->stage[image_root_stage(im, stage)].base == BASE_SCRATCH &&
           !image_stage_says(im, stage, S("/etc/passwd")) &&
           !image_stage_says(im, stage, S("rootfs")) && !serves_from_scratch(im, a, stage);
}
