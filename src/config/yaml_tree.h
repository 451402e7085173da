/* yaml_tree.h - a YAML file as a small tree that knows where each node stands.
 *
 * One document, no tags, string keys, no key twice in a map. Size, depth and
 * number of nodes and aliases are capped. An alias shares its anchor's node; as
 * an anchor is known only once its node is whole, there are no cycles. */
#ifndef DFIX_SERVICES_YAML_TREE_H
#define DFIX_SERVICES_YAML_TREE_H

#include "dfix/base.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_pair;
struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column;   /* from 1 */
    struct str text;         /* YAML_TEXT; NUL-terminated too */
    bool plain;              /* YAML_TEXT without quotes */
    struct yaml_node **item; /* YAML_LIST */
    struct yaml_pair *pair;  /* YAML_MAP */
    size_t n;                /* items or pairs */
};
struct yaml_pair {
    struct yaml_node *key, *value; /* key: YAML_TEXT */
};

/* NULL root: the document is empty. `name` is for messages. */
bool yaml_parse(struct arena *a, const char *name, struct str text, struct yaml_node **root,
                struct err *e);

/* Nothing was written: `key:` with no value. */
bool yaml_is_empty(const struct yaml_node *n);

#endif
