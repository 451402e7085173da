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
                        S("only the build knows its name"));
            continue;
        }
        m->package_read(&p, f[i]->value.text);
        struct str name = without_extras(p.name);
        if (!is_whole(&p, ecosystem, &version)) {
            collect_gap(x, c->outer, c->stage, name.n ? name : f[i]->value.text,
                        S("no version of it is given"));
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

enum { LOCKS_MOST = 500 };

/* Each file is read once: what includes itself has an end. */
static bool is_taken(struct collector *x, struct str path)
{
    for (size_t i = 0; i < x->lock.n; i++)
        if (str_eq(x->lock.v[i], path))
            return true;
    vec_push(x->arena, &x->lock, path);
    return false;
}

static struct str join(struct arena *a, struct str folder, struct str name)
{
    if (!folder.n || str_eq(folder, S(".")))
        return name;
    return str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(str_without_end(folder, '/')), STR_ARG(name));
}

/* Without "." and ".."; false: it leads out of the context. */
static bool path_within(struct arena *a, struct str path, struct str *out)
{
    struct buf b = {.arena = a};
    struct str part;
    while (str_cut(&path, '/', &part)) {
        if (!part.n || str_eq(part, S(".")))
            continue;
        if (!str_eq(part, S(".."))) {
            buf_fmt(&b, b.n ? "/" STR_FMT : STR_FMT, STR_ARG(part));
            continue;
        }
        if (!b.n)
            return false;
        ptrdiff_t slash = str_rchr(buf_str(&b), '/');
        b.n = slash == STR_NONE ? 0 : (size_t)slash;
    }
    *out = b.n ? buf_str(&b) : S("");
    return b.n > 0;
}

static struct str folder_of(struct str path)
{
    ptrdiff_t at = str_rchr(path, '/');
    return at == STR_NONE ? S("") : str_sub(path, 0, (size_t)at);
}

/* A lock file, and what is to be told of it. */
struct lock_at {
    struct collector *x;
    const struct lock_kind *kind;
    const struct command *by;
    struct str path;
};

static bool file_beside(void *user, struct str name, struct str *text)
{
    const struct lock_at *at = user;
    struct collector *x = at->x;
    struct context_entry file = {.text = S("")};
    struct str path;
    if (!path_within(x->arena, join(x->arena, folder_of(at->path), name), &path))
        return false;
    enum answer answer = lookup_file(x->lookup, x->folder, path, &file);
    x->pending |= answer == ANSWER_PENDING;
    *text = file.text;
    return answer == ANSWER_FOUND && !file.is_folder;
}

static bool pom_published(void *user, const struct str package[3], struct str *text)
{
    const struct lock_at *at = user;
    struct collector *x = at->x;
    struct str name =
        str_fmt(x->arena, STR_FMT ":" STR_FMT, STR_ARG(package[0]), STR_ARG(package[1]));
    enum answer answer = lookup_pom(x->lookup, name, package[2], text);
    x->pending |= answer == ANSWER_PENDING;
    return answer == ANSWER_FOUND;
}

static void add_entry(const struct lock_at *at, const struct lock_entry *e, uint32_t line)
{
    struct str none = S("");
    struct inventory_item item = {.is = {.ecosystem = str_of(at->kind->ecosystem),
                                         .name = e->name,
                                         .version = e->version,
                                         .source = none,
                                         .source_version = none,
                                         .arch = none,
                                         .brought = BROUGHT_BY_LOCK,
                                         .by = at->path,
                                         .line = line},
                                  .at = at->by->outer,
                                  .stage = at->by->stage,
                                  .lock_line = e->line};
    vec_push(at->x->arena, &at->x->item, item);
}

static void collect_lock(const struct lock_at *at);

static void take_lock(const struct lock_at *at, struct str text)
{
    struct collector *x = at->x;
    const struct command *c = at->by;
    const struct lock_files files = {
        .user = (void *)(uintptr_t)at, .beside = file_beside, .published = pom_published};
    struct lock lock;
    uint32_t line = collect_line(x, c->outer);
    lock_read(x->arena, at->kind, text, &files, &lock);
    for (size_t i = 0; i < lock.n; i++)
        add_entry(at, &lock.v[i], line);
    for (size_t i = 0; i < lock.nunknown; i++)
        collect_gap(x, c->outer, c->stage,
                    str_fmt(x->arena, STR_FMT " of " STR_FMT, STR_ARG(lock.unknown[i].name),
                            STR_ARG(at->path)),
                    lock.unknown[i].why);
    if (lock.broken)
        collect_gap(x, c->outer, c->stage, at->path,
                    S("it is not whole, or not of the form that it should have"));
    for (size_t i = 0; i < lock.nmore; i++) {
        struct lock_at next = *at;
        if (path_within(x->arena, join(x->arena, folder_of(at->path), lock.more[i]), &next.path))
            collect_lock(&next);
        else
            collect_gap(x, c->outer, c->stage, lock.more[i], S("it is not in the build context"));
    }
}

static void collect_lock(const struct lock_at *at)
{
    struct collector *x = at->x;
    struct context_entry file;
    if (x->lock.n > LOCKS_MOST || is_taken(x, at->path))
        return;
    if (x->lock.n > LOCKS_MOST) {
        collect_gap(x, at->by->outer, at->by->stage, S("what further lock files name"),
                    S("there are more of them than dfix reads"));
        return;
    }
    switch (lookup_file(x->lookup, x->folder, at->path, &file)) {
    case ANSWER_FOUND:
        if (!file.is_folder)
            take_lock(at, file.text);
        return;
    case ANSWER_PENDING:
        x->pending = true;
        return;
    case ANSWER_ABSENT:
    case ANSWER_UNAVAILABLE:
        collect_gap(x, at->by->outer, at->by->stage, at->path,
                    S("it is not in the build context, or too large"));
        return;
    }
}

static void collect_named(struct collector *x, const struct deed *d, struct str path)
{
    struct lock_at at = {.x = x, .kind = lock_kind(path)};
    at.by = at.kind ? installer(x, d, at.kind) : NULL;
    if (at.by && path_within(x->arena, path, &at.path))
        collect_lock(&at);
}

static bool is_lock(struct str name)
{
    return lock_kind(name) != NULL;
}

/* The names in a folder that fit. */
static void collect_folder(struct collector *x, const struct deed *d, struct str folder,
                           struct str pattern)
{
    struct context_entry entry;
    struct str line;
    if (lookup_names(x->lookup, x->folder, folder.n ? folder : S("."), is_lock, &entry) !=
            ANSWER_FOUND ||
        !entry.is_folder)
        return;
    while (str_cut(&entry.text, '\n', &line))
        if (is_lock(line) && glob_fits(pattern, line, GLOB_PATH))
            collect_named(x, d, join(x->arena, folder, line));
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
        collect_named(x, d, path);
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
