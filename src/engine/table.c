/* The fixers, in the order they run, from the one list of them. */
#include "dfix/dfix.h"

static const struct fixer *const table[] = {
#define FIXER(name) &fixer_##name,
#include "../../fixers/fixers.def"
#undef FIXER
};

const struct fixer *const *dfix_fixers(size_t *n)
{
    *n = sizeof(table) / sizeof(table[0]);
    return table;
}
