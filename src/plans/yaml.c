/* yaml.c - YAML and JSON as data, by libyaml's events. Types are not told apart: a scalar is its
 * text. Tags say nothing here. */
#include "plans/plans.h"

#include <yaml.h>

enum { DEPTH_CAP = 48, NODE_CAP = 20000, ANCHOR_CAP = 256, ALIAS_CAP = 1024 };

struct anchor {
    struct str name;
    const struct data *value;
};
struct yaml {
    struct arena *arena; /* without a budget: nobody leaves while libyaml holds memory */
    yaml_parser_t parser;
    yaml_event_t event; /* in hand */
    VEC(struct anchor) anchor;
    unsigned depth, nodes, aliases;
};

static bool next(struct yaml *y)
{
    yaml_event_delete(&y->event);
    return yaml_parser_parse(&y->parser, &y->event);
}

static struct str kept(const struct yaml *y, const yaml_char_t *text, size_t n)
{
    return str_dup(y->arena, (struct str){(const char *)text, n});
}

/* What stands there under another name: the same values, which nobody walks twice. One that is
 * not at its end yet, or that nobody gave the name, is not known. */
static struct data *alias(struct yaml *y)
{
    struct data *d = data_new(y->arena, DATA_UNKNOWN, S(""));
    struct str name = str_of((const char *)y->event.data.alias.anchor);

    if (y->aliases++ >= ALIAS_CAP)
        return d;
    for (size_t i = y->anchor.n; i-- > 0;)
        if (str_eq(y->anchor.v[i].name, name)) {
            *d = *y->anchor.v[i].value;
            d->next = NULL;
            break;
        }
    return d;
}

static struct data *node(struct yaml *y);

/* The rest of a list or map; NULL: libyaml refuses it. */
static struct data *within(struct yaml *y, struct data *d, yaml_event_type_t end)
{
    while (next(y)) {
        if (y->event.type == end)
            return d;
        struct data *key = d->kind == DATA_MAP ? node(y) : NULL;
        if (d->kind == DATA_MAP && (!key || !next(y)))
            return NULL;
        struct data *value = node(y);
        if (!value)
            return NULL;
        data_put(d, key ? key->text : S(""), value);
    }
    return NULL;
}

static struct data *collection(struct yaml *y, enum data_kind kind)
{
    struct data *d = data_new(y->arena, kind, S(""));

    if (y->depth == DEPTH_CAP)
        return NULL;
    y->depth++;
    d = within(y, d, kind == DATA_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT);
    y->depth--;
    return d;
}

static const yaml_char_t *anchor_of(const yaml_event_t *e)
{
    if (e->type == YAML_SCALAR_EVENT)
        return e->data.scalar.anchor;
    return e->type == YAML_MAPPING_START_EVENT ? e->data.mapping_start.anchor
                                               : e->data.sequence_start.anchor;
}

/* What begins with the event in hand; NULL: libyaml refuses it, or there is too much of it. */
static struct data *node(struct yaml *y)
{
    const yaml_event_t *e = &y->event;
    struct data *d;

    if (y->nodes++ == NODE_CAP)
        return NULL;
    if (e->type == YAML_ALIAS_EVENT)
        return alias(y);
    const yaml_char_t *name = anchor_of(e);
    struct str anchor = name ? kept(y, name, strlen((const char *)name)) : S("");
    if (e->type == YAML_SCALAR_EVENT)
        d = data_new(y->arena, DATA_TEXT, kept(y, e->data.scalar.value, e->data.scalar.length));
    else
        d = collection(y, e->type == YAML_MAPPING_START_EVENT ? DATA_MAP : DATA_LIST);
    if (d && anchor.n && y->anchor.n < ANCHOR_CAP)
        vec_push(y->arena, &y->anchor, ((struct anchor){anchor, d}));
    return d;
}

const struct data *data_of_yaml(struct arena *a, struct str text)
{
    struct yaml y = {.arena = arena_within(a)};
    struct data *d = NULL;

    arena_limit(y.arena, NULL);
    if (!yaml_parser_initialize(&y.parser))
        return data_new(a, DATA_UNKNOWN, S(""));
    yaml_parser_set_input_string(&y.parser, (const unsigned char *)text.p, text.n);
    /* The stream begins, a document begins, and its value; else the stream ends. */
    if (next(&y) && next(&y) && y.event.type == YAML_DOCUMENT_START_EVENT && next(&y))
        d = node(&y);
    yaml_event_delete(&y.event);
    yaml_parser_delete(&y.parser);
    return d ? d : data_new(a, DATA_UNKNOWN, S(""));
}
