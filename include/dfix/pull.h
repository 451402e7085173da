/* pull.h - a JSON text read forward, value by value, without a tree of it. Pure.
 *
 *     pull_open(&j, arena, text);
 *     if (pull_object(&j))
 *         while (pull_member(&j, &name))
 *             if (str_eq(name, S("id"))) id = pull_text(&j); else pull_skip(&j);
 *     good = pull_end(&j);
 *
 * After pull_member and pull_item the value is taken by exactly one call. A text that is not JSON
 * ends all loops, and pull_end says so. Slices are of the text, or of the arena where something in
 * them was escaped. */
#ifndef DFIX_PULL_H
#define DFIX_PULL_H

#include "dfix/base.h"

struct pull {
    struct arena *arena;
    const char *p, *end;
    bool bad;
};
void pull_open(struct pull *j, struct arena *a, struct str text);
/* False: it is something else, which was skipped. */
bool pull_object(struct pull *j);
bool pull_array(struct pull *j);
/* The next one; false: there is none, and what holds them was left. */
bool pull_member(struct pull *j, struct str *name);
bool pull_item(struct pull *j);
struct str pull_text(struct pull *j);     /* a string's; "" for anything else */
struct str pull_scalar(struct pull *j);   /* the same, and a number's or word's own text */
bool pull_is(struct pull *j, char begin); /* does the value begin so? `"`, `{`, `[` */
void pull_skip(struct pull *j);
/* More values behind this one: a line each, or nothing between. */
bool pull_more(struct pull *j);
/* The text was JSON as far as it was read, and is all read. */
bool pull_end(struct pull *j);

#endif
