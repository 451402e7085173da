/* gem.c - gem of Ruby: `gem help install`. */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_GEM, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "install i", [VERB_UPGRADE] = "update",   [VERB_DIST_UPGRADE] = NULL,
    [VERB_UPDATE] = NULL,         [VERB_REMOVE] = "uninstall", [VERB_OTHER] = NULL,
};

/* NAME[:VERSION], files. */
static void package_read(struct package *p, struct str word)
{
    ptrdiff_t colon = str_chr(word, ':');

    p->name = word;
    p->kind = PACKAGE_NAME;
    if (str_ends(word, S(".gem"))) {
        p->kind = PACKAGE_FILE;
    } else if (colon != STR_NONE) {
        p->kind = PACKAGE_CONSTRAINED;
        p->name = str_sub(word, 0, (size_t)colon);
        p->operator_ = S(":");
        p->version = str_from(word, (size_t)colon + 1);
    }
}

/* Behind `--` stand options of what is built; --version holds for all. */
static size_t packages(const struct command *c, const struct field *const **out)
{
    const struct field *arg;
    size_t n = install_operands(c, out), args = command_args(c, &arg), end = 0, at = 0;

    if (command_has(c, "version"))
        return 0;
    while (end < args && !str_eq(arg[end].value.text, S("--")))
        end++;
    while (at < n && (*out)[at] < arg + end)
        at++;
    return at;
}

const struct manager manager_gem = {
    .name = "gem",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = packages,
    .pin_form = ":VERSION",
    .lock_file = "Gemfile.lock",
    .tidy_words = "cleanup",
    .caches = "~/.gem",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans_nothing,
    .cache_serves = serves_nothing,
};
