/* zypper.c - zypper of SUSE: zypper(8). */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_ZYPPER, 0};
static const char caches[] = "/var/cache/zypp";

static const char *const verbs[] = {
    [VERB_INSTALL] = "install in",
    [VERB_UPGRADE] = "update up",
    [VERB_DIST_UPGRADE] = "dist-upgrade dup",
    [VERB_UPDATE] = "refresh ref",
    [VERB_REMOVE] = "remove rm",
    [VERB_OTHER] = NULL,
};

/* NAME, NAME=VERSION, NAME>=VERSION, files. */
static void package_read(struct package *p, struct str word)
{
    size_t end = 0;

    while (end < word.n && str_chr(S("=<>"), word.p[end]) == STR_NONE)
        end++;
    p->name = str_sub(word, 0, end);
    p->kind = PACKAGE_NAME;
    if (end < word.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(word, end, end + 1);
        p->version = str_from(word, end + 1);
    } else if (str_ends(word, S(".rpm")) || str_chr(word, '/') != STR_NONE) {
        p->kind = PACKAGE_FILE;
    } else if (str_starts(word, S("-")) || str_starts(word, S("!"))) {
        p->kind = PACKAGE_REMOVED;
    } else if (str_chr(word, ':') != STR_NONE) { /* pattern:devel_basis */
        p->kind = PACKAGE_TASK;
    }
}

/* Patterns and products have no versions of their own. */
static size_t packages(const struct command *c, const struct field *const **out)
{
    const struct command_option *type = command_option(c, "type", NULL);
    size_t n = install_operands(c, out);

    return type && !str_eq(type->value.value.text, S("package")) ? 0 : n;
}

static bool cleans(const struct command *c)
{
    return c->program == PROGRAM_ZYPPER ? says_words(c, "clean cc", "") : removes_from(c, caches);
}

const struct manager manager_zypper = {
    .name = "zypper",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = packages,
    .pin_form = "=VERSION",
    .lock_file = "",
    .tidy_words = "clean cc",
    .caches = caches,
    .asks = "install in remove rm source-install si patch",
    .yes = "-n",
    .yes_options = "non-interactive no-confirm",
    .fills = "install in",
    .clean = "clean",
    .cleans = cleans,
    .cache_serves = serves_nothing,
    .does = {.yes_first = true},
};
