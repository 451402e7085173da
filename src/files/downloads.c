/* Scripts that a file fetches and runs: they may add package sources, unless they are known. */
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

static const char shells[] = "sh bash dash ash zsh ksh source . python python2 python3 perl ruby";
static const char fetchers[] = "curl wget aria2c";

static struct str touched_of(struct str text)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_find(text, str_of(known[i].address)) != STR_NONE)
            return str_of(known[i].touched);
    return S("*");
}

static struct str program_of(const struct image *im, struct arena *a, node_id command)
{
    const struct field *f;
    unsigned wrappers = 0;
    size_t n = image_fields(im, a, command, &f), at = wrappers_end(f, n, &wrappers);

    return at < n ? command_program(&f[at]) : S("");
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

static bool mentions(struct str text, struct str name)
{
    ptrdiff_t k;

    for (size_t from = 0; (k = str_find(str_from(text, from), name)) != STR_NONE;) {
        size_t at = from + (size_t)k, end = at + name.n;
        from = end;
        bool ends = end == text.n || (!is_name(text.p[end]) && text.p[end] != '/');
        if (ends && (!at || !is_name(text.p[at - 1])))
            return true;
    }
    return false;
}

bool text_may_fetch(struct str text)
{
    return str_find(text, S("curl")) != STR_NONE || str_find(text, S("wget")) != STR_NONE ||
           str_find(text, S("aria2c")) != STR_NONE || str_find(text, S("://")) != STR_NONE;
}

/* Most files fetch nothing. */
static bool may_fetch(const struct image *im)
{
    const struct image_own *own = image_own(im);
    return own ? own->may_fetch : text_may_fetch(im->tree->text);
}

/* What fetched the file of this name before the command, for its stage; 0: nothing here. */
static node_id fetched_by(const struct image *im, struct arena *a, struct str name, node_id command)
{
    const struct tree *t = im->tree;

    if (!name.n || !may_fetch(im))
        return 0;
    for (node_id n = command; n-- > 1;) {
        bool adds = node_kind(t, n) == NODE_INSTRUCTION && node_instruction(t, n) == INST_ADD &&
                    str_find(node_text(t, n), S("://")) != STR_NONE;
        if ((adds || node_kind(t, n) == NODE_COMMAND) && mentions(node_text(t, n), name) &&
            image_is_built_on(im, image_stage_of(im, command), image_stage_of(im, n)) &&
            (adds || word_is_one_of(program_of(im, a, n), fetchers)))
            return n;
    }
    return 0;
}

/* $(curl ...) or <(wget ...) among the words of a shell. */
static node_id fetched_inside(const struct image *im, struct arena *a, node_id command)
{
    const struct tree *t = im->tree;

    for (node_id n = command + 1; n < t->node[command].after; n++)
        if (node_kind(t, n) == NODE_COMMAND && word_is_one_of(program_of(im, a, n), fetchers))
            return n;
    return 0;
}

/* curl ... | sh */
static node_id fetched_upstream(const struct image *im, struct arena *a, node_id command)
{
    const struct tree *t = im->tree;
    node_id pipeline = t->node[command].parent;

    if (node_kind(t, pipeline) != NODE_PIPELINE)
        return 0;
    for (node_id n = pipeline + 1; n < command; n++)
        if (node_kind(t, n) == NODE_COMMAND && word_is_one_of(program_of(im, a, n), fetchers))
            return n;
    return 0;
}

node_id download_run(const struct image *im, struct arena *a, node_id command,
                     const struct field *f, size_t n, struct str *touched)
{
    bool shell = word_is_one_of(command_program(f), shells);
    node_id by = 0;

    if (shell)
        by = fetched_upstream(im, a, command);
    if (shell && !by)
        by = fetched_inside(im, a, command);
    if (!by)
        by = fetched_by(im, a, path_basename(script_path(f, n, shell)), command);
    *touched = by ? touched_of(node_text(im->tree, by)) : S("");
    return by;
}
