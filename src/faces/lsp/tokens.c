/* Semantic tokens: whole, what changed since, or of a range. A token that runs over lines is told
 * line by line. */
#include "faces/lsp/lsp.h"

#include "faces/lsp/tokens.h"

enum token_type {
    TYPE_KEYWORD,
    TYPE_COMMENT,
    TYPE_STRING,
    TYPE_VARIABLE,
    TYPE_PARAMETER,
    TYPE_OPERATOR,
    TYPE_NAMESPACE,
    TYPE_FUNCTION,
    TYPE_MACRO,
    TYPE_PROPERTY,
    TYPE_NONE
};
static const char *const type_names[] = {"keyword",   "comment",  "string",    "variable",
                                         "parameter", "operator", "namespace", "function",
                                         "macro",     "property"};

json_t *tokens_ability(void)
{
    json_t *types = json_array();

    for (size_t i = 0; i < TYPE_NONE; i++)
        json_array_append_new(types, json_string(type_names[i]));
    return json_pack("{s:{s:o,s:[]},s:{s:b},s:b}", "legend", "tokenTypes", types, "tokenModifiers",
                     "full", "delta", 1, "range", 1);
}

/* ---- what each token is ---- */

static enum token_type type_of_node(const struct tree *t, node_id n)
{
    node_id parent = t->node[n].parent;

    switch (node_kind(t, n)) {
    case NODE_IMAGE:
    case NODE_ALIAS:
        return TYPE_NAMESPACE;
    case NODE_STRING:
    case NODE_DOUBLE:
    case NODE_SINGLE:
    case NODE_ANSI:
    case NODE_DATA:
        return TYPE_STRING;
    case NODE_PARAM:
        return TYPE_VARIABLE;
    case NODE_SUBST:
    case NODE_SHELL:
    case NODE_COMMAND:
        return TYPE_NONE;
    case NODE_NAME:
        if (node_kind(t, parent) == NODE_FLAG)
            return TYPE_PARAMETER;
        return node_instruction(t, t->node[parent].parent) == INST_LABEL &&
                       node_kind(t, parent) == NODE_PAIR
                   ? TYPE_PROPERTY
                   : TYPE_VARIABLE;
    case NODE_WORD:
        return node_kind(t, parent) == NODE_COMMAND && node_next(t, parent, 0, NODE_WORD) == n
                   ? TYPE_FUNCTION
                   : TYPE_NONE;
    default:
        return TYPE_NONE;
    }
}

/* By token: what the innermost node that says anything makes of its text. */
static unsigned char *paint(const struct tree *t, struct arena *a)
{
    unsigned char *type = arena_alloc(a, t->ntok + 1, 1);

    memset(type, TYPE_NONE, t->ntok + 1);
    for (node_id n = 1; n < t->nnode; n++) {
        enum token_type own = type_of_node(t, n);
        enum node_kind k = node_kind(t, n);
        bool says = own != TYPE_NONE || k == NODE_SUBST || k == NODE_SHELL;
        for (uint32_t i = t->node[n].tok; says && i < t->node[n].tok_end; i++)
            type[i] = (unsigned char)own;
    }
    return type;
}

static enum token_type type_of(const struct tree *t, const unsigned char *painted, uint32_t tok)
{
    switch (t->tok[tok].kind) {
    case TOK_KEYWORD:
        return TYPE_KEYWORD;
    case TOK_COMMENT:
        return TYPE_COMMENT;
    case TOK_DIRECTIVE:
    case TOK_DELIMITER:
        return TYPE_MACRO;
    case TOK_OPERATOR:
        return painted[tok] == TYPE_STRING ? TYPE_STRING : TYPE_OPERATOR;
    case TOK_QUOTE:
    case TOK_ESCAPE:
        return TYPE_STRING;
    case TOK_PARAM:
        return TYPE_VARIABLE;
    case TOK_TEXT:
        return (enum token_type)painted[tok];
    default:
        return TYPE_NONE;
    }
}

/* ---- numbers ---- */

struct numbers {
    const struct lsp *s;
    const struct document *d;
    struct arena *arena;
    VEC(uint32_t) v;
    struct position last;
};

static void add_piece(struct numbers *out, struct span piece, enum token_type type)
{
    const struct document *d = out->d;
    struct position from = position_at(d->text, &d->lines, out->s->client.encoding, piece.start);
    struct position to = position_at(d->text, &d->lines, out->s->client.encoding, piece.end);

    if (to.line != from.line || to.character <= from.character)
        return;
    uint32_t lines = from.line - out->last.line;
    uint32_t numbers[5] = {lines, lines ? from.character : from.character - out->last.character,
                           to.character - from.character, (uint32_t)type, 0};
    for (size_t i = 0; i < 5; i++)
        vec_push(out->arena, &out->v, numbers[i]);
    out->last = from;
}

static void add_token(struct numbers *out, struct span s, enum token_type type)
{
    const struct document *d = out->d;

    while (s.start < s.end) {
        size_t line = line_at_offset(&d->lines, s.start);
        uint32_t end = line_end(d->text, &d->lines, line);
        uint32_t next = line + 1 < d->lines.n ? d->lines.start[line + 1] : (uint32_t)d->text.n;
        add_piece(out, (struct span){s.start, end < s.end ? end : s.end}, type);
        s.start = next > s.start ? next : s.end;
    }
}

/* Neighbours of one type are one token. */
static void tokens_within(struct numbers *out, const struct tree *t, struct span range)
{
    const unsigned char *painted = paint(t, out->arena);

    for (uint32_t i = 0; i < t->ntok; i++) {
        enum token_type type = type_of(t, painted, i);
        struct span s = token_span(t, i);
        while (type != TYPE_NONE && i + 1 < t->ntok && type_of(t, painted, i + 1) == type)
            s.end = token_span(t, ++i).end;
        if (type != TYPE_NONE && s.start < range.end && s.end > range.start)
            add_token(out, s, type);
    }
}

static json_t *json_of_numbers(const uint32_t *v, size_t n)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_integer(v[i]));
    return list;
}

static struct numbers numbers_of(struct request *r, struct arena *a, struct span range)
{
    struct numbers out = {.s = r->s, .d = r->d, .arena = a};
    const struct image *im = document_image(r->s, r->d);

    if (im)
        tokens_within(&out, im->tree, range);
    return out;
}

/* The answer is kept: the next one may only tell what changed. */
static void keep(struct document *d, struct arena *a, const struct numbers *now)
{
    if (d->tokens_arena)
        arena_close(d->tokens_arena);
    d->tokens_arena = a;
    d->tokens = now->v.v;
    d->ntokens = now->v.n;
    d->tokens_id++;
}

json_t *tokens_full(struct request *r)
{
    const struct span all = {0, (uint32_t)r->d->text.n};
    struct arena *a = arena_open();
    struct numbers now = numbers_of(r, a, all);
    json_t *data = json_of_numbers(now.v.v, now.v.n);

    keep(r->d, a, &now);
    return json_pack("{s:o,s:o}", "resultId",
                     document_str(str_fmt(r->arena, "%u", r->d->tokens_id)), "data", data);
}

json_t *tokens_delta(struct request *r)
{
    const struct span all = {0, (uint32_t)r->d->text.n};
    struct document *d = r->d;
    struct str before = lsp_member(r->params, "previousResultId");
    size_t front = 0, back = 0;

    if (!d->tokens_arena || !str_eq(before, str_fmt(r->arena, "%u", d->tokens_id)))
        return tokens_full(r);
    struct arena *a = arena_open();
    struct numbers now = numbers_of(r, a, all);
    size_t least = now.v.n < d->ntokens ? now.v.n : d->ntokens;
    while (front < least && d->tokens[front] == now.v.v[front])
        front++;
    while (back < least - front && d->tokens[d->ntokens - 1 - back] == now.v.v[now.v.n - 1 - back])
        back++;
    size_t gone = d->ntokens - front - back, new = now.v.n - front - back;
    json_t *edits = json_array();
    if (gone || new)
        json_array_append_new(edits, json_pack("{s:I,s:I,s:o}", "start", (json_int_t)front,
                                               "deleteCount", (json_int_t)gone, "data",
                                               json_of_numbers(now.v.v + front, new)));
    keep(d, a, &now);
    return json_pack("{s:o,s:o}", "resultId", document_str(str_fmt(r->arena, "%u", d->tokens_id)),
                     "edits", edits);
}

json_t *tokens_range(struct request *r)
{
    struct span range;

    if (!lsp_span(r->s, r->d, json_object_get(r->params, "range"), &range))
        return lsp_fail(r, LSP_INVALID_PARAMS, "there is no range");
    struct numbers now = numbers_of(r, r->arena, range);
    return json_pack("{s:o}", "data", json_of_numbers(now.v.v, now.v.n));
}
