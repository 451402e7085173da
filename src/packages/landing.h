/* landing.h - files that land where they cannot be read here; landing.c says what it is for. */
#ifndef DFIX_LANDING_H
#define DFIX_LANDING_H

#include "packages/packages.h"

struct landing {
    const struct image *im;
    struct arena *arena;
    const struct manager *manager;
    struct str folder; /* the working folder; "" not known */
    node_id node;
    const char *why;
};
/* A word as a pattern of paths: bytes of its own stand for what is not known. */
struct str landing_pattern(const struct landing *l, const struct value *v);
struct str landing_folder(const struct landing *l); /* that a command works in; "" not known */
bool landing_may_be_file(const struct landing *l, struct str pattern);
bool landing_is_known(struct str pattern);
struct str landing_below(const struct landing *l, struct str folder, struct str name);
bool landing_is_file_name(struct str name); /* "run.sh" */
/* What lands there: one file; one, or one below it by its own name; any number of them. */
void landing_of_file(struct landing *l, struct str pattern);
void landing_of_named(struct landing *l, struct str pattern, struct str name);
void landing_of_tree(struct landing *l, struct str pattern);
/* landing_commands.c */
void landing_of_redirect(struct landing *l, node_id redirect, node_id statement);
void landing_of_command(struct landing *l, node_id command);

#endif
