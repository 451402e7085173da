/* YAML by libyaml's events, strictly: a policy file with what is not understood is refused. */
#include "config/yaml_tree.h"

#include <yaml.h>

enum { DEPTH_CAP = 32, NODE_CAP = 100000, ALIAS_CAP = 100 };

struct anchor {
    struct str name;
    struct yaml_node *node;
};

struct reader {
    struct arena *arena;
    const char *name;
    struct str text;
    yaml_parser_t parser;
    yaml_event_t event; /* the one in hand */
    VEC(struct anchor) anchor;
    size_t nodes, aliases;
    struct err *err;
};

static bool fail_at(struct reader *r, yaml_mark_t at, const char *what)
{
    return err_set(r->err, "%s:%zu:%zu: %s", r->name, at.line + 1, at.column + 1, what);
}

static bool fail(struct reader *r, const char *what)
{
    return fail_at(r, r->event.start_mark, what);
}

/* A broken byte stream is told by its offset only. */
static yaml_mark_t mark_of(struct str text, size_t offset)
{
    yaml_mark_t at = {.index = offset};
    for (size_t i = 0; i < offset && i < text.n; i++) {
        at.column = text.p[i] == '\n' ? 0 : at.column + 1;
        at.line += text.p[i] == '\n';
    }
    return at;
}

static bool next(struct reader *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return true;
    yaml_mark_t at = r->parser.problem_mark;
    if (r->parser.error == YAML_READER_ERROR)
        at = mark_of(r->text, r->parser.problem_offset);
    return fail_at(r, at, r->parser.problem ? r->parser.problem : "not a YAML file");
}

static struct yaml_node *node_new(struct reader *r, enum yaml_kind kind)
{
    struct yaml_node *n = arena_new(r->arena, struct yaml_node, 1);
    n->kind = kind;
    n->line = (unsigned)r->event.start_mark.line + 1;
    n->column = (unsigned)r->event.start_mark.column + 1;
    n->text = S("");
    return n;
}

static bool read_node(struct reader *r, unsigned depth, struct yaml_node **out);

static bool read_list(struct reader *r, unsigned depth, struct yaml_node *list)
{
    VEC(struct yaml_node *) items = {0};
    while (next(r)) {
        struct yaml_node *item;
        if (r->event.type == YAML_SEQUENCE_END_EVENT) {
            list->item = items.v;
            list->n = items.n;
            return true;
        }
        if (!read_node(r, depth + 1, &item))
            return false;
        vec_push(r->arena, &items, item);
    }
    return false;
}

static int by_text(const void *x, const void *y)
{
    const struct yaml_node *const *a = x, *const *b = y;
    int order = str_cmp((*a)->text, (*b)->text);
    if (order)
        return order;
    if ((*a)->line != (*b)->line)
        return (*a)->line < (*b)->line ? -1 : 1;
    return ((*a)->column > (*b)->column) - ((*a)->column < (*b)->column);
}

/* No key stands twice: the second would silently win. (It is not shown: the file may be anything
 * yet, and no policy.) */
static bool check_keys(struct reader *r, const struct yaml_node *map)
{
    struct yaml_node **key = arena_new(r->arena, struct yaml_node *, map->n);
    for (size_t i = 0; i < map->n; i++)
        key[i] = map->pair[i].key;
    qsort(key, map->n, sizeof(struct yaml_node *), by_text);
    for (size_t i = 1; i < map->n; i++)
        if (str_eq(key[i - 1]->text, key[i]->text))
            return err_set(r->err, "%s:%u:%u: duplicate key, first used in line %u", r->name,
                           key[i]->line, key[i]->column, key[i - 1]->line);
    return true;
}

static bool read_map(struct reader *r, unsigned depth, struct yaml_node *map)
{
    VEC(struct yaml_pair) pairs = {0};
    while (next(r)) {
        struct yaml_pair pair;
        if (r->event.type == YAML_MAPPING_END_EVENT) {
            map->pair = pairs.v;
            map->n = pairs.n;
            return check_keys(r, map);
        }
        if (r->event.type != YAML_SCALAR_EVENT)
            return fail(r, "a key must be a plain word");
        if (!read_node(r, depth + 1, &pair.key) || !next(r) ||
            !read_node(r, depth + 1, &pair.value))
            return false;
        vec_push(r->arena, &pairs, pair);
    }
    return false;
}

static bool read_alias(struct reader *r, struct yaml_node **out)
{
    struct str name = str_of((const char *)r->event.data.alias.anchor);
    if (++r->aliases > ALIAS_CAP)
        return fail(r, "too many aliases");
    for (size_t i = r->anchor.n; i > 0; i--)
        if (str_eq(r->anchor.v[i - 1].name, name)) {
            *out = r->anchor.v[i - 1].node;
            return true;
        }
    return fail(r, "no anchor of that name comes before this alias");
}

/* The node that begins with the event in hand. */
static bool read_node(struct reader *r, unsigned depth, struct yaml_node **out)
{
    const yaml_char_t *tag = NULL, *anchor = NULL;
    enum yaml_kind kind = YAML_TEXT;

    if (r->event.type == YAML_ALIAS_EVENT)
        return read_alias(r, out);
    if (r->event.type == YAML_SCALAR_EVENT) {
        tag = r->event.data.scalar.tag;
        anchor = r->event.data.scalar.anchor;
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        kind = YAML_LIST;
        tag = r->event.data.sequence_start.tag;
        anchor = r->event.data.sequence_start.anchor;
    } else if (r->event.type == YAML_MAPPING_START_EVENT) {
        kind = YAML_MAP;
        tag = r->event.data.mapping_start.tag;
        anchor = r->event.data.mapping_start.anchor;
    } else {
        return fail(r, "a value is missing here");
    }
    if (tag)
        return fail(r, "tags (!name) are not supported");
    if (depth > DEPTH_CAP || ++r->nodes > NODE_CAP)
        return fail(r, "too deep, or too much for a policy file");

    struct yaml_node *n = *out = node_new(r, kind);
    /* The event, and the anchor's name with it, is gone once the next is read. */
    struct str name = anchor ? str_dup(r->arena, str_of((const char *)anchor)) : S("");
    if (kind == YAML_TEXT) {
        n->text = str_dup(r->arena, (struct str){(const char *)r->event.data.scalar.value,
                                                 r->event.data.scalar.length});
        n->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    } else if (kind == YAML_LIST ? !read_list(r, depth, n) : !read_map(r, depth, n)) {
        return false;
    }
    if (name.n)
        vec_push(r->arena, &r->anchor, (struct anchor){name, n});
    return true;
}

static bool read_stream(struct reader *r, struct yaml_node **root)
{
    *root = NULL;
    if (!next(r) || !next(r)) /* stream start; the document, or the stream's end */
        return false;
    if (r->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!next(r) || !read_node(r, 0, root) || !next(r) || !next(r))
        return false;
    if (r->event.type != YAML_STREAM_END_EVENT)
        return fail(r, "a policy file must be a single document");
    if (yaml_is_empty(*root))
        *root = NULL;
    return true;
}

bool yaml_parse(struct arena *a, const char *name, struct str text, struct yaml_node **root,
                struct err *e)
{
    struct reader r = {.arena = a, .name = name, .text = text, .err = e};

    if (!yaml_parser_initialize(&r.parser)) {
        fputs("dfix: out of memory\n", stderr);
        abort();
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text.p, text.n);
    bool ok = read_stream(&r, root);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return ok;
}

bool yaml_is_empty(const struct yaml_node *n)
{
    return n->kind == YAML_TEXT && n->plain &&
           (!n->text.n || str_eq(n->text, S("~")) || str_eq(n->text, S("null")));
}
