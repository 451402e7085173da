/* toml_tree.h - the part of TOML that containers' files use, as the same tree as YAML's.
 *
 * Tables, arrays of tables, dotted keys, strings of one line, booleans, numbers and dates (as
 * text), arrays, inline tables. Strings of several lines are refused. A table is a YAML_MAP, an
 * array a YAML_LIST. Size and depth are capped. */
#ifndef DFIX_SERVICES_TOML_TREE_H
#define DFIX_SERVICES_TOML_TREE_H

#include "config/yaml_tree.h"

bool toml_parse(struct arena *a, const char *name, struct str text, struct yaml_node **root,
                struct err *e);
/* The value of a key; NULL: not there. */
const struct yaml_node *toml_get(const struct yaml_node *map, const char *key);

#endif
