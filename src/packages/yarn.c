/* yarn.c - yarn of Node.js, the classic one and the one after it. */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_YARN, 0};
static const char caches[] = "~/.cache/yarn";

static const char *const verbs[] = {
    [VERB_INSTALL] = "install", [VERB_UPGRADE] = "upgrade up", [VERB_DIST_UPGRADE] = NULL,
    [VERB_UPDATE] = NULL,       [VERB_REMOVE] = "remove",      [VERB_OTHER] = NULL,
};

/* What yarn.lock holds decides. */
static void package_read(struct package *p, struct str word)
{
    p->name = word;
    p->kind = PACKAGE_CONSTRAINED;
}

static bool cleans(const struct command *c)
{
    return c->program == PROGRAM_YARN ? says_words(c, "cache", "clean") : removes_from(c, caches);
}

const struct manager manager_yarn = {
    .name = "yarn",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = install_operands,
    .pin_form = "@VERSION",
    .lock_file = "yarn.lock",
    .tidy_words = "cache",
    .caches = caches,
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "install",
    .clean = "cache clean",
    .cleans = cleans,
};
