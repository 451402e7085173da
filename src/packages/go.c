/* go.c - the go command: `go help install`, `go help packages`. */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_GO, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "install get run",
    [VERB_UPGRADE] = NULL,
    [VERB_DIST_UPGRADE] = NULL,
    [VERB_UPDATE] = NULL,
    [VERB_REMOVE] = NULL,
    [VERB_OTHER] = NULL,
};

/* ./..., /go/src/app, main.go */
static bool is_file(struct str word)
{
    return str_starts(word, S(".")) || str_starts(word, S("/")) || str_ends(word, S(".go"));
}

/* PATH[@VERSION]; @latest and @none hold nothing in place. */
static void package_read(struct package *p, struct str word)
{
    ptrdiff_t at = str_rchr(word, '@');

    p->name = at == STR_NONE ? word : str_sub(word, 0, (size_t)at);
    p->kind = PACKAGE_NAME;
    if (is_file(word)) {
        p->kind = PACKAGE_FILE;
    } else if (word_is_one_of(word, "all std cmd tool")) {
        p->kind = PACKAGE_PATTERN;
    } else if (at != STR_NONE && !word_is_one_of(str_from(word, (size_t)at + 1), "latest none")) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = S("@");
        p->version = str_from(word, (size_t)at + 1);
    }
}

/* What stands behind the program that `go run` runs is the program's own. */
static size_t packages(const struct command *c, const struct field *const **out)
{
    size_t n = install_operands(c, out);
    return n && str_eq(command_subcommand(c), S("run")) ? 1 : n;
}

const struct manager manager_go = {
    .name = "go",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = packages,
    .pin_form = "@VERSION",
    .lock_file = "go.mod",
    .tidy_words = "clean",
    .caches = "~/.cache/go-build /go/pkg/mod",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans_nothing,
    .cache_serves = serves_nothing,
};
