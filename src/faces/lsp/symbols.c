/* The outline: stages with their instructions; folds, selections that grow, links. */
#include "faces/lsp/lsp.h"

enum {
    SYMBOL_NAMESPACE = 3,
    SYMBOL_VARIABLE = 13,
    SYMBOL_FUNCTION = 12,
    SYMBOL_PROPERTY = 7,
    SYMBOL_EVENT = 24,
    SYMBOL_FILE = 1
};
enum { NAME_MAX_BYTES = 60 };

static int kind_of(enum instruction i)
{
    switch (i) {
    case INST_FROM:
        return SYMBOL_NAMESPACE;
    case INST_ARG:
    case INST_ENV:
        return SYMBOL_VARIABLE;
    case INST_RUN:
    case INST_CMD:
    case INST_ENTRYPOINT:
    case INST_HEALTHCHECK:
        return SYMBOL_FUNCTION;
    case INST_COPY:
    case INST_ADD:
        return SYMBOL_FILE;
    case INST_ONBUILD:
        return SYMBOL_EVENT;
    default:
        return SYMBOL_PROPERTY;
    }
}

/* The first line of what follows the keyword, not too much of it. */
static struct str rest_of(const struct tree *t, node_id n)
{
    node_id keyword = node_next(t, n, 0, NODE_KEYWORD);
    struct str rest = node_text(t, n);
    size_t end = 0;

    if (keyword)
        rest = str_from(rest, node_span(t, keyword).end - node_span(t, n).start);
    rest = str_trim(rest);
    while (end < rest.n && end < NAME_MAX_BYTES && rest.p[end] != '\n' && rest.p[end] != '\r')
        end++;
    while (end && end < rest.n && ((unsigned char)rest.p[end] & 0xC0) == 0x80)
        end--;
    return str_trim(str_without_end(str_trim(str_sub(rest, 0, end)), t->escape));
}

static json_t *symbol(struct request *r, const struct tree *t, node_id n, struct span whole,
                      struct str name, struct str detail)
{
    json_t *o = json_object();
    node_id keyword = node_next(t, n, 0, NODE_KEYWORD);

    json_object_set_new(o, "name", document_str(name));
    if (detail.n)
        json_object_set_new(o, "detail", document_str(detail));
    json_object_set_new(o, "kind", json_integer(kind_of(node_instruction(t, n))));
    json_object_set_new(o, "range", lsp_range(r->s, r->d, whole));
    json_object_set_new(o, "selectionRange",
                        lsp_range(r->s, r->d, node_span(t, keyword ? keyword : n)));
    return o;
}

static json_t *instruction_symbol(struct request *r, const struct tree *t, node_id n)
{
    struct span whole = {node_span(t, n).start, node_end(t, n)};
    struct str name = node_instruction(t, n) == INST_UNKNOWN
                          ? str_trim(node_text(t, n))
                          : instruction_name(node_instruction(t, n));

    if (name.n > NAME_MAX_BYTES || !name.n)
        name = S("?");
    return symbol(r, t, n, whole, name, rest_of(t, n));
}

static json_t *stage_symbol(struct request *r, const struct image *im, const struct stage *g)
{
    const struct tree *t = im->tree;
    struct span whole = {node_span(t, g->from).start, node_end(t, g->last ? g->last : g->from)};
    struct str name = g->alias   ? node_text(t, g->alias)
                      : g->image ? node_text(t, g->image)
                                 : S("FROM");
    json_t *o = symbol(r, t, g->from, whole, name.n ? name : S("FROM"), rest_of(t, g->from)),
           *children = json_array();

    for (node_id n = node_sibling(t, g->from); n && n <= g->last; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_INSTRUCTION)
            json_array_append_new(children, instruction_symbol(r, t, n));
    json_object_set_new(o, "children", children);
    return o;
}

/* For clients that know of no tree. */
static json_t *flattened(struct request *r, json_t *tree)
{
    json_t *list = json_array(), *one;
    size_t i;

    json_array_foreach(tree, i, one)
    {
        json_t *children = flattened(r, json_object_get(one, "children")),
               *flat = json_pack("{s:O,s:O,s:{s:o,s:O}}", "name", json_object_get(one, "name"),
                                 "kind", json_object_get(one, "kind"), "location", "uri",
                                 document_str(r->d->uri), "range", json_object_get(one, "range"));
        json_array_append_new(list, flat);
        json_array_extend(list, children);
        json_decref(children);
    }
    return list;
}

json_t *symbols_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    json_t *list = json_array();

    if (!im)
        return list;
    node_id first = im->nstage ? im->stage[0].from : im->tree->nnode;
    for (node_id n = node_first(im->tree, 0); n && n < first; n = node_sibling(im->tree, n))
        if (node_kind(im->tree, n) == NODE_INSTRUCTION)
            json_array_append_new(list, instruction_symbol(r, im->tree, n));
    for (size_t i = 0; i < im->nstage; i++)
        json_array_append_new(list, stage_symbol(r, im, &im->stage[i]));
    if (r->s->client.hierarchical_symbols)
        return list;
    json_t *flat = flattened(r, list);
    json_decref(list);
    return flat;
}

/* ---- folds ---- */

static void add_fold(struct request *r, json_t *list, uint32_t from, uint32_t to, const char *kind)
{
    size_t first = line_at_offset(&r->d->lines, from), last = line_at_offset(&r->d->lines, to);

    if (last <= first)
        return;
    json_t *o = json_pack("{s:I,s:I}", "startLine", (json_int_t)first, "endLine", (json_int_t)last);
    if (kind)
        json_object_set_new(o, "kind", json_string(kind));
    json_array_append_new(list, o);
}

static bool is_comment(const struct tree *t, uint32_t tok)
{
    return t->tok[tok].kind == TOK_COMMENT;
}

/* Comments of two lines and more, with nothing else between them. */
static void fold_comments(struct request *r, json_t *list, const struct tree *t)
{
    for (uint32_t i = 0; i < t->ntok; i++) {
        uint32_t first = i, last = i;
        if (!is_comment(t, i))
            continue;
        while (i + 2 < t->ntok && t->tok[i + 1].kind == TOK_NEWLINE &&
               (is_comment(t, i + 2) ||
                (t->tok[i + 2].kind == TOK_BLANK && i + 3 < t->ntok && is_comment(t, i + 3)))) {
            i += is_comment(t, i + 2) ? 2 : 3;
            last = i;
        }
        add_fold(r, list, t->tok[first].start, t->tok[last].start, "comment");
    }
}

json_t *folding_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    json_t *list = json_array();

    if (!im)
        return list;
    const struct tree *t = im->tree;
    for (size_t i = 0; i < im->nstage; i++)
        add_fold(r, list, node_span(t, im->stage[i].from).start,
                 node_end(t, im->stage[i].last ? im->stage[i].last : im->stage[i].from), "region");
    for (node_id n = 1; n < t->nnode; n++) {
        bool root = node_kind(t, n) == NODE_INSTRUCTION && !t->node[n].parent;
        if ((root && node_instruction(t, n) != INST_FROM) || node_kind(t, n) == NODE_HEREDOC)
            add_fold(r, list, node_span(t, n).start, node_end(t, n), NULL);
    }
    fold_comments(r, list, t);
    return list;
}

/* ---- selections ---- */

/* From the whole file inwards, each smaller than the one around it. */
static json_t *selection_at(struct request *r, const struct tree *t, uint32_t offset)
{
    struct span last = {0, (uint32_t)r->d->text.n};
    json_t *around = json_pack("{s:o}", "range", lsp_range(r->s, r->d, last));

    VEC(node_id) path = {0};
    for (node_id n = node_at(t, offset); n; n = t->node[n].parent)
        vec_push(r->arena, &path, n);
    for (size_t i = path.n; i > 0; i--) {
        struct span s = {node_span(t, path.v[i - 1]).start, node_end(t, path.v[i - 1])};
        if ((s.start == last.start && s.end == last.end) || offset > s.end)
            continue;
        around = json_pack("{s:o,s:o}", "range", lsp_range(r->s, r->d, s), "parent", around);
        last = s;
    }
    return around;
}

json_t *selection_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    const json_t *positions = json_object_get(r->params, "positions"), *one;
    json_t *list = json_array();
    size_t i;

    json_array_foreach(positions, i, one)
    {
        const struct span all = {0, (uint32_t)r->d->text.n};
        json_array_append_new(list, im ? selection_at(r, im->tree, lsp_offset(r->s, r->d, one))
                                       : json_pack("{s:o}", "range", lsp_range(r->s, r->d, all)));
    }
    return list;
}

/* ---- links ---- */

/* Where people read about an image; "" nowhere that is known. */
static struct str page_of(struct arena *a, struct str image)
{
    struct reference ref;

    if (!reference_parse(image, &ref))
        return S("");
    struct str name = reference_name(a, &ref);
    if (str_starts(name, S("docker.io/library/")))
        return str_fmt(a, "https://hub.docker.com/_/" STR_FMT, STR_ARG(str_from(name, 18)));
    if (str_starts(name, S("docker.io/")))
        return str_fmt(a, "https://hub.docker.com/r/" STR_FMT, STR_ARG(str_from(name, 10)));
    if (str_starts(name, S("quay.io/")))
        return str_fmt(a, "https://quay.io/repository/" STR_FMT, STR_ARG(str_from(name, 8)));
    if (str_starts(name, S("mcr.microsoft.com/")))
        return str_fmt(a, "https://mcr.microsoft.com/artifact/mar/" STR_FMT,
                       STR_ARG(str_from(name, 18)));
    return S("");
}

static void add_link(struct request *r, json_t *list, struct span at, struct str target)
{
    if (target.n)
        json_array_append_new(list, json_pack("{s:o,s:o}", "range", lsp_range(r->s, r->d, at),
                                              "target", document_str(target)));
}

/* What ADD downloads. */
static void link_downloads(struct request *r, json_t *list, const struct tree *t, node_id n)
{
    for (node_id w = 0; (w = node_next(t, n, w, NODE_WORD));) {
        struct str url = node_text(t, w), value;
        bool plain = node_value(t, w, r->arena, &value) && str_eq(value, url);
        if (plain && (str_starts(url, S("https://")) || str_starts(url, S("http://"))))
            add_link(r, list, node_span(t, w), url);
    }
}

json_t *links_list(struct request *r)
{
    const struct image *im = document_image(r->s, r->d);
    const struct image_place *place;
    json_t *list = json_array();

    if (!im)
        return list;
    size_t n = image_places(im, r->arena, &place);
    for (size_t i = 0; i < n; i++)
        if (place[i].value.certainty == VALUE_KNOWN && place[i].kind != PLACE_SYNTAX)
            add_link(r, list, node_span(im->tree, place[i].word),
                     page_of(r->arena, place[i].value.text));
    for (node_id i = node_first(im->tree, 0); i; i = node_sibling(im->tree, i))
        if (node_kind(im->tree, i) == NODE_INSTRUCTION && node_instruction(im->tree, i) == INST_ADD)
            link_downloads(r, list, im->tree, i);
    return list;
}
