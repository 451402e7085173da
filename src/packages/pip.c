/* pip.c - pip of Python, and pipx: pip-install(1), PEP 508, PEP 440. */
#include "packages/words.h"

static const unsigned programs[] = {PROGRAM_PIP, PROGRAM_PIPX, 0};

static const char *const verbs[] = {
    [VERB_INSTALL] = "install", [VERB_UPGRADE] = NULL,       [VERB_DIST_UPGRADE] = NULL,
    [VERB_UPDATE] = NULL,       [VERB_REMOVE] = "uninstall", [VERB_OTHER] = NULL,
};

/* git+https://host/owner/name@ref#egg=name: the reference stands behind the last '/'. */
static void read_checkout(struct package *p, struct str word)
{
    ptrdiff_t hash = str_chr(word, '#');
    struct str url = hash == STR_NONE ? word : str_sub(word, 0, (size_t)hash);
    ptrdiff_t at = str_rchr(url, '@'), scheme = str_find(url, S("://"));
    struct str path = scheme == STR_NONE ? url : str_from(url, (size_t)scheme + 3);
    ptrdiff_t slash = str_chr(path, '/');
    size_t host = url.n - path.n + (slash == STR_NONE ? 0 : (size_t)slash);

    p->name = url;
    p->kind = PACKAGE_NAME;
    if (at != STR_NONE && (size_t)at > host) {
        p->kind = PACKAGE_CONSTRAINED;
        p->name = str_sub(url, 0, (size_t)at);
        p->operator_ = S("@");
        p->version = str_from(url, (size_t)at + 1);
    }
}

static bool is_checkout(struct str word)
{
    return str_starts(word, S("git+")) || str_starts(word, S("hg+")) ||
           str_starts(word, S("svn+")) || str_starts(word, S("bzr+")) ||
           str_starts(word, S("git:"));
}

static bool is_file(struct str word)
{
    return str_chr(word, '/') != STR_NONE || str_starts(word, S(".")) ||
           str_ends(word, S(".whl")) || str_ends(word, S(".tar.gz")) || str_ends(word, S(".zip"));
}

/* NAME[EXTRAS] OPERATOR VERSION ; MARKERS, NAME @ URL, files and URLs. */
static void package_read(struct package *p, struct str word)
{
    size_t end = 0;

    if (is_checkout(word)) {
        read_checkout(p, word);
        return;
    }
    while (end < word.n && str_chr(S("=<>!~"), word.p[end]) == STR_NONE)
        end++;
    p->name = str_trim(str_sub(word, 0, end));
    p->kind = PACKAGE_NAME;
    if (end < word.n) {
        p->kind = PACKAGE_CONSTRAINED;
        p->operator_ = str_sub(word, end, end + 1);
        p->version = str_from(word, end + 1);
    } else if (is_file(word)) {
        p->kind = PACKAGE_FILE;
    }
}

/* What stands beside a requirements file, the project itself, or under constraints, is taken to
 * get its versions there. */
static size_t packages(const struct command *c, const struct field *const **out)
{
    size_t n = install_operands(c, out);
    bool elsewhere = command_has(c, "requirement") || command_has(c, "constraint");

    for (size_t i = 0; i < n; i++)
        elsewhere |= str_eq((*out)[i]->value.text, S("."));
    return elsewhere ? 0 : n;
}

const struct manager manager_pip = {
    .name = "pip",
    .programs = programs,
    .verbs = verbs,
    .package_read = package_read,
    .packages = packages,
    .pin_form = "==VERSION",
    .lock_file = "requirements.txt",
    .tidy_words = "cache",
    .caches = "~/.cache/pip",
    .asks = "",
    .yes = "",
    .yes_options = "",
    .fills = "",
    .clean = "",
    .cleans = cleans_nothing,
    .cache_serves = serves_nothing,
};
