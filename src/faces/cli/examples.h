/* examples.h - a Dockerfile before and after each rule, from its golden cases. */
#ifndef DFIX_EXAMPLES_H
#define DFIX_EXAMPLES_H

struct example {
    const char *rule, *before, *after; /* after: "" the rule only reports */
};
extern const struct example examples[]; /* ends with no rule */

#endif
