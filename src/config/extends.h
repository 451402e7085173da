/* extends.h - policy files that hold below another one. */
#ifndef DFIX_CONFIG_EXTENDS_H
#define DFIX_CONFIG_EXTENDS_H

#include "config/config_value.h"

/* What the file extends is put into s->into. */
bool config_extend(struct config_scope *s, const struct yaml_node *root, unsigned deep);
/* schema.c: config_apply of a file that others extend, so many deep. */
bool config_apply_deep(struct arena *a, const struct policy_file *p, bool trusted,
                       struct config_rules rules, struct config *into, struct err *e,
                       unsigned deep);

#endif
