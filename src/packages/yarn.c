/* yarn.c - yarn of Node.js, the classic one and the one after it. */
#include "packages/packages.h"
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

/* The name of a file: no folder, pattern or variable, and none of modern yarn's own. */
static bool is_plain_file(const struct value *v)
{
    struct str name = path_basename(v->text);
    bool known = v->certainty == VALUE_KNOWN && name.n && str_chr(name, '.') > 0;

    for (size_t i = 0; known && i < name.n; i++)
        known = str_chr(S("*?["), name.p[i]) == STR_NONE;
    return known;
}

/* Only the classic yarn's cache is no more than one: packages of the modern one may run from it.
 * The classic one it is where nothing was copied before that may bring another. */
static bool cache_serves(const struct image *im, struct arena *a, const struct command *c)
{
    const struct tree *t = im->tree;

    for (node_id n = node_first(t, 0); n && n < c->instruction; n = node_sibling(t, n)) {
        const struct value *word;
        bool copies = node_kind(t, n) == NODE_INSTRUCTION &&
                      (node_instruction(t, n) == INST_COPY || node_instruction(t, n) == INST_ADD);
        size_t nword = copies ? copy_words(im, a, n, &word) : 0;
        for (size_t i = 0; i + 1 < nword; i++)
            if (!is_plain_file(&word[i]) && !str_eq(word[i].text, S("yarn.lock")))
                return true;
    }
    for (const struct command *k = NULL;
         (k = command_next(im, k, PHASE_BUILD)) && k->index < c->index;)
        if (str_eq(k->name, S("corepack")) || command_is(k, PROGRAM_YARN, "set"))
            return true;
    return command_has(c, "immutable");
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
    .cache_serves = cache_serves,
};
