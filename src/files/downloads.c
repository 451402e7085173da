/* Scripts that a file fetches and runs: they may add package sources, unless they are known. */
#include "commands/list.h"
#include "files/files.h"

/* Installers known by their address: the packages that they bring. The others may bring any. */
static const struct known {
    const char *address, *touched;
} known[] = {
    {"deb.nodesource.com/setup", "nodejs nsolid*"},
    {"get.docker.com", "docker-* containerd.io"},
    {"sh.rustup.rs", ""},
    {"static.rust-lang.org/rustup", ""},
    {"nvm-sh/nvm", ""},
    {"creationix/nvm", ""},
    {"astral.sh/uv", ""},
    {"install.python-poetry.org", ""},
    {"python-poetry/poetry", ""},
    {"bootstrap.pypa.io/", ""},
    {"pypa/get-pip/", ""},
    {"pyenv.run", ""},
    {"getcomposer.org/installer", ""},
    {"get.sdkman.io", ""},
    {"bun.sh/install", ""},
    {"deno.land/install.sh", ""},
    {"get.pnpm.io", ""},
    {"yarnpkg.com/install.sh", ""},
    {"repo.anaconda.com/", ""},
    {"repo.continuum.io/", ""},
    {"conda-forge/miniforge", ""},
    {"get.helm.sh", ""},
    {"helm/helm/", ""},
    {"dot.net/v1/dotnet-install", ""},
    {"ohmyzsh/ohmyzsh", ""},
    {"starship.rs/install", ""},
};

enum { PIPELINE_LONG = 64 }; /* commands of one that are looked at */

static struct str touched_of(struct str text)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_find(text, str_of(known[i].address)) != STR_NONE)
            return str_of(known[i].touched);
    return S("*");
}

bool is_fetcher(const struct command *c)
{
    return c->program == PROGRAM_CURL || c->program == PROGRAM_WGET || c->program == PROGRAM_ARIA2C;
}

static bool may_fetch(const struct image *im)
{
    static const char *const signs[] = {"curl", "wget", "aria2c", "://"};
    struct image_late *late = image_own(im)->late;
    bool may = false;

    if (late->fetches != FETCHES_UNKNOWN)
        return late->fetches == FETCHES_PERHAPS;
    for (size_t i = 0; i < sizeof signs / sizeof signs[0] && !may; i++)
        may = str_find(im->tree->text, str_of(signs[i])) != STR_NONE;
    late->fetches = may ? FETCHES_PERHAPS : FETCHES_NOT;
    return may;
}

static struct str text_of(const struct command *c)
{
    return node_text(c->scope->tree, c->node);
}

/* $(curl ...) or <(wget ...) among the words of a shell. */
static const struct command *fetched_inside(const struct command *c)
{
    const struct command *end = c->list->v + c->list->n, *x = c + 1;
    node_id after = c->scope->tree->node[c->node].after;

    for (; x < end && x->instruction == c->instruction; x++) {
        if (x->scope == c->scope && x->node >= after)
            break;
        if (x->scope == c->scope && is_fetcher(x))
            return x;
    }
    return NULL;
}

/* curl ... | sh */
const struct command *fetched_upstream(const struct command *c)
{
    const struct tree *t = c->scope->tree;
    node_id pipeline = t->node[c->node].parent;
    unsigned looked = 0;

    if (node_kind(t, pipeline) != NODE_PIPELINE)
        return NULL;
    for (const struct command *x = c; x-- > c->list->v && looked < PIPELINE_LONG; looked++) {
        if (x->scope == c->scope && x->node < pipeline)
            break;
        if (x->scope == c->scope && is_fetcher(x))
            return x;
    }
    return NULL;
}

/* The script that is run was downloaded, to where it is run from or, when that cannot be told,
 * under its name. */
static const struct deed *fetched_before(const struct image *im, const struct command *c,
                                         struct str path)
{
    if (!path.n || !may_fetch(im))
        return NULL;
    struct file f = file_of_program(im, c->stage, c->outer, command_folder(im, c), path);
    return f.fetched || f.kind == FILE_PLAIN
               ? f.fetched
               : fetch_named(im, c->stage, c->outer, path_basename(path));
}

bool download_run(const struct image *im, const struct command *c, struct str *by,
                  struct str *touched)
{
    bool shell = command_is_shell(c) || c->program == PROGRAM_PYTHON ||
                 (c->program == PROGRAM_OTHER && word_is_one_of(c->name, "perl ruby"));
    const struct field *f;

    if (!shell && !c->by_path)
        return false;
    const struct command *fetch = shell ? fetched_upstream(c) : NULL;
    size_t n = command_args(c, &f);
    if (shell && !fetch)
        fetch = fetched_inside(c);
    const struct deed *before =
        fetch || !n ? NULL : fetched_before(im, c, script_path(f, n, shell));
    if (fetch)
        *by = text_of(fetch);
    else if (before)
        *by = node_text(before->scope->tree, before->node);
    else
        return false;
    *touched = touched_of(*by);
    if (before && before->from.path.n && touched->n)
        *touched = touched_of(before->from.path); /* variables put in */
    return true;
}
