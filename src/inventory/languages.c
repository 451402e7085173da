/* languages.c - what lock files name that a build copies from its context and installs by, and what
 * commands of languages' package managers name with a version. */
#include "inventory/collect.h"

/* ---- named in a command ---- */

static const struct {
    const struct manager *manager;
    const char *ecosystem;
} languages[] = {{&manager_pip, "pypi"},
                 {&manager_npm, "npm"},
                 {&manager_yarn, "npm"},
                 {&manager_gem, "rubygems"},
                 {&manager_go, "go"}};
enum { LANGUAGES = sizeof languages / sizeof languages[0] };

static const char *ecosystem_of(const struct manager *m)
{
    for (size_t i = 0; m && i < LANGUAGES; i++)
        if (languages[i].manager == m)
            return languages[i].ecosystem;
    return NULL;
}

/* pip's extras stand behind the name: "uvicorn[standard]". */
static struct str without_extras(struct str name)
{
    ptrdiff_t at = str_chr(name, '[');
    return at == STR_NONE ? name : str_sub(name, 0, (size_t)at);
}

/* One version, and no tag, prefix or range. */
static bool is_whole(const struct package *p, struct str ecosystem, struct str *version)
{
    *version = p->version;
    if (p->kind != PACKAGE_CONSTRAINED)
        return false;
    if (str_eq(ecosystem, S("pypi"))) {
        bool exact = str_eq(p->operator_, S("=")) && str_starts(p->version, S("="));
        *version = exact ? str_from(p->version, 1) : p->version;
        if (!exact)
            return false;
    } else {
        ptrdiff_t first = str_chr(*version, '.');
        if (first == STR_NONE || str_chr(str_from(*version, (size_t)first + 1), '.') == STR_NONE)
            return false;
    }
    return ecosystem_valid(ecosystem, *version);
}

static void collect_command(struct collector *x, const struct command *c, const struct manager *m,
                            struct str ecosystem)
{
    const struct field *const *f;
    size_t n = m->packages(c, &f);
    for (size_t i = 0; i < n; i++) {
        struct package p = {.field = *f[i], .name = S(""), .version = S(""), .operator_ = S("")};
        struct str version;
        if (f[i]->value.certainty != VALUE_KNOWN) {
            collect_gap(x, c->outer, c->stage, S("a package of this command"),
                        S("its name is only known when it is built"));
            continue;
        }
        m->package_read(&p, f[i]->value.text);
        struct str name = without_extras(p.name);
        if (!is_whole(&p, ecosystem, &version)) {
            collect_gap(x, c->outer, c->stage, name.n ? name : f[i]->value.text,
                        S("no version says which one is installed"));
            continue;
        }
        vec_push(x->arena, &x->item,
                 (struct inventory_item){.is = {.ecosystem = ecosystem,
                                                .name = name,
                                                .version = version,
                                                .source = S(""),
                                                .source_version = S(""),
                                                .arch = S(""),
                                                .brought = BROUGHT_BY_NAME,
                                                .by = S(""),
                                                .line = collect_line(x, f[i]->word)},
                                         .at = f[i]->word,
                                         .stage = c->stage});
    }
}

/* ---- lock files ---- */

/* The first command that installs by the file, in its stage or one on it. */
static const struct command *installer(const struct collector *x, const struct deed *d,
                                       const struct lock_kind *kind)
{
    for (const struct command *c = NULL; (c = command_next(x->im, c, PHASE_BUILD));)
        if (!c->onbuild && image_is_built_on(x->im, c->stage, d->stage) &&
            (c->stage != d->stage || c->instruction >= d->instruction) &&
            words_have(str_of(kind->programs), c->name))
            return c;
    return NULL;
}

static bool is_collected(const struct collector *x, struct str path)
{
    for (size_t i = 0; i < x->item.n; i++)
        if (x->item.v[i].is.brought == BROUGHT_BY_LOCK && str_eq(x->item.v[i].is.by, path))
            return true;
    return false;
}

static void collect_lock(struct collector *x, const struct deed *d, struct str path,
                         unsigned depth);

static struct str join(struct arena *a, struct str folder, struct str name)
{
    if (!folder.n || str_eq(folder, S(".")))
        return name;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(str_without_end(folder, '/')), STR_ARG(name));
}

static struct str folder_of(struct str path)
{
    ptrdiff_t at = str_rchr(path, '/');
    return at == STR_NONE ? S("") : str_sub(path, 0, (size_t)at);
}

static void take_lock(struct collector *x, const struct deed *d, const struct command *c,
                      const struct lock_kind *kind, struct str path, struct str text,
                      unsigned depth)
{
    struct lock lock;
    uint32_t line = collect_line(x, c->outer);
    lock_read(x->arena, kind, text, &lock);
    for (size_t i = 0; i < lock.n; i++)
        vec_push(x->arena, &x->item,
                 (struct inventory_item){.is = {.ecosystem = str_of(lock.ecosystem),
                                                .name = lock.v[i].name,
                                                .version = lock.v[i].version,
                                                .source = S(""),
                                                .source_version = S(""),
                                                .arch = S(""),
                                                .brought = BROUGHT_BY_LOCK,
                                                .by = path,
                                                .line = line},
                                         .at = c->outer,
                                         .stage = c->stage,
                                         .lock_line = lock.v[i].line});
    for (size_t i = 0; i < lock.nunknown; i++)
        collect_gap(
            x, c->outer, c->stage,
            str_fmt(x->arena, STR_FMT " of " STR_FMT, STR_ARG(lock.unknown[i].name), STR_ARG(path)),
            lock.unknown[i].why);
    if (lock.broken)
        collect_gap(x, c->outer, c->stage, path,
                    S("it is not whole, or not of the form that it should have"));
    for (size_t i = 0; i < lock.nmore; i++)
        collect_lock(x, d, join(x->arena, folder_of(path), lock.more[i]), depth + 1);
}

enum { INCLUDES_DEEPEST = 8 };

static void collect_lock(struct collector *x, const struct deed *d, struct str path, unsigned depth)
{
    struct str requirements = S("requirements.txt");
    const struct lock_kind *kind = lock_kind(depth ? requirements : path);
    const struct command *c = kind ? installer(x, d, kind) : NULL;
    struct context_entry file;
    if (!c || depth > INCLUDES_DEEPEST || is_collected(x, path))
        return;
    switch (lookup_file(x->lookup, x->folder, path, &file)) {
    case ANSWER_FOUND:
        if (!file.is_folder)
            take_lock(x, d, c, kind, path, file.text, depth);
        return;
    case ANSWER_PENDING:
        x->pending = true;
        return;
    case ANSWER_ABSENT:
    case ANSWER_UNAVAILABLE:
        collect_gap(x, c->outer, c->stage, path, S("it is not in the build context, or too large"));
        return;
    }
}

/* The names in a folder that fit. */
static void collect_folder(struct collector *x, const struct deed *d, struct str folder,
                           struct str pattern)
{
    struct context_entry entry;
    struct str line;
    if (lookup_file(x->lookup, x->folder, folder.n ? folder : S("."), &entry) != ANSWER_FOUND ||
        !entry.is_folder)
        return;
    while (str_cut(&entry.text, '\n', &line))
        if (line.n && lock_kind(line) && glob_fits(pattern, line, GLOB_PATH))
            collect_lock(x, d, join(x->arena, folder, line), 0);
}

static void collect_copy(struct collector *x, const struct deed *d)
{
    struct str path = path_without_slash(d->from.path);
    while (str_starts(path, S("./")))
        path = str_from(path, 2);
    while (str_starts(path, S("/")))
        path = str_from(path, 1);
    struct str name = path_basename(path);
    bool pattern = str_chr(name, '*') != STR_NONE || str_chr(name, '?') != STR_NONE;
    if (str_chr(path, PATH_ANY) != STR_NONE)
        return;
    if (pattern)
        collect_folder(x, d, folder_of(path), name);
    else if (lock_kind(path))
        collect_lock(x, d, path, 0);
    else
        collect_folder(x, d, path, S("*"));
}

void collect_languages(struct collector *x)
{
    size_t n;
    const struct deed *d = image_deeds(x->im, &n);
    for (const struct command *c = NULL; (c = command_next(x->im, c, PHASE_BUILD));) {
        const struct manager *m = manager_of_program(c->program);
        const char *ecosystem = ecosystem_of(m);
        if (ecosystem && !c->onbuild && command_verb(c) == VERB_INSTALL)
            collect_command(x, c, m, str_of(ecosystem));
    }
    for (size_t i = 0; i < n && x->folder.n; i++)
        if (d[i].kind == DEED_COPY && d[i].origin == ORIGIN_CONTEXT && !d[i].onbuild)
            collect_copy(x, &d[i]);
}
