/* The program's fixers, in the order they run, from the one list of them. */
#include "engine.h"

static const struct fixer *const table[] = {
#define FIXER(name) &fixer_##name,
#include "../../fixers/fixers.def"
#undef FIXER
};

const struct rules dfix_rules = {table, sizeof(table) / sizeof(table[0])};

const struct fixer *const *dfix_fixers(size_t *n)
{
    *n = dfix_rules.n;
    return dfix_rules.v;
}

const struct fixer *dfix_fixer(struct str name)
{
    return rules_find(&dfix_rules, name);
}

bool dfix_is_named(struct str name)
{
    return rules_are_named(&dfix_rules, name);
}

struct str dfix_fixer_near(struct str name)
{
    return rules_near(&dfix_rules, name);
}
