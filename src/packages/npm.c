/* npm.c - npm of Node.js: npm-install(1), package-spec(7). */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_NPM, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "install i add", [VERB_UPGRADE] = "update upgrade",
    [VERB_DIST_UPGRADE] = NULL,       [VERB_UPDATE] = NULL,
    [VERB_REMOVE] = "uninstall rm",   [VERB_OTHER] = NULL,
};

static bool is_checkout(struct str word)
{
    return str_starts(word, S("git://")) || str_starts(word, S("git+"));
}

static bool is_file(struct str word)
{
    return str_starts(word, S("/")) || str_starts(word, S(".")) || str_starts(word, S("~/")) ||
           str_starts(word, S("file:")) || str_ends(word, S(".tar")) ||
           str_ends(word, S(".tar.gz")) || str_ends(word, S(".tgz"));
}

/* [@SCOPE/]NAME[@VERSION], git URLs with #COMMIT, files. */
static void package_read(struct package *p, struct str word)
{
    ptrdiff_t at = is_checkout(word) ? str_chr(word, '#') : str_rchr(word, '@');

    p->name = word;
    p->kind = PACKAGE_NAME;
    if (!is_checkout(word) && is_file(word)) {
        p->kind = PACKAGE_FILE;
    } else if (at > 0) {
        p->kind = PACKAGE_CONSTRAINED;
        p->name = str_sub(word, 0, (size_t)at);
        p->operator_ = str_sub(word, (size_t)at, (size_t)at + 1);
        p->version = str_from(word, (size_t)at + 1);
    }
}

const struct manager manager_npm = {
    .name = "npm",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = install_operands,
    .pin_form = "@VERSION",
    .lock_file = "package-lock.json",
    .tidy_words = "cache",
    .caches = "~/.npm",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans_nothing,
    .cache_serves = serves_nothing,
};
