/* npm.c - package-lock.json, of versions 1 to 3. */
#include "dfix/pull.h"
#include "locks/locks.h"

enum { DEEPEST = 64 };

struct npm_package {
    struct str name, version, resolved;
    bool link;
};

static uint32_t line_of(struct str text, const char *p, const char **from, uint32_t *line)
{
    for (; *from < p && *from < text.p + text.n; ++*from)
        *line += **from == '\n';
    return *line;
}

static void read_dependencies(struct lock_reader *r, struct pull *j, unsigned depth);

/* What is resolved from a folder, a repository or a file has no version of the registry's. */
static bool is_of_registry(const struct npm_package *p)
{
    return !p->link && p->version.n && str_chr(p->version, ':') == STR_NONE &&
           !str_starts(p->resolved, S("git")) && !str_starts(p->resolved, S("file:"));
}

static void add(struct lock_reader *r, const struct npm_package *p, uint32_t line)
{
    if (is_of_registry(p))
        lock_add(r, p->name, p->version, line);
    else
        lock_add_unknown(r, p->name, "it is installed from a folder, file or repository");
}

/* `nested`: version 1 has what a package brings for itself in it. */
static void read_package(struct lock_reader *r, struct pull *j, struct npm_package *p, bool nested,
                         unsigned depth)
{
    struct str key;
    if (!pull_object(j))
        return;
    while (pull_member(j, &key)) {
        if (str_eq(key, S("version")))
            p->version = pull_text(j);
        else if (str_eq(key, S("name")))
            p->name = pull_text(j); /* installed under another name */
        else if (str_eq(key, S("resolved")))
            p->resolved = pull_text(j);
        else if (str_eq(key, S("link")))
            p->link = str_eq(pull_scalar(j), S("true"));
        else if (nested && str_eq(key, S("dependencies")) && depth < DEEPEST)
            read_dependencies(r, j, depth + 1);
        else
            pull_skip(j);
    }
}

static void read_dependencies(struct lock_reader *r, struct pull *j, unsigned depth)
{
    struct str name;
    if (!pull_object(j))
        return;
    while (pull_member(j, &name)) {
        struct npm_package p = {name, S(""), S(""), false};
        read_package(r, j, &p, true, depth);
        if (!j->bad)
            add(r, &p, 0);
    }
}

/* "node_modules/a/node_modules/@s/b"; "" is the project, other paths its own folders. */
static struct str name_of_path(struct str path)
{
    struct str folder = S("node_modules/"), rest = path, name = S("");
    for (ptrdiff_t at; (at = str_find(rest, folder)) != STR_NONE;) {
        name = str_from(rest, (size_t)at + folder.n);
        rest = name;
    }
    return name;
}

static void read_packages(struct lock_reader *r, struct pull *j, struct str text)
{
    struct str path;
    const char *from = text.p;
    uint32_t line = 1;
    if (!pull_object(j))
        return;
    while (pull_member(j, &path)) {
        struct npm_package p = {name_of_path(path), S(""), S(""), false};
        bool own = !p.name.n;
        uint32_t at = line_of(text, j->p, &from, &line);
        read_package(r, j, &p, false, 0);
        if (!own && !p.link && !j->bad)
            add(r, &p, at);
    }
}

void lock_read_npm(struct lock_reader *r, struct str text)
{
    struct pull j, packages = {.p = NULL}, dependencies = {.p = NULL};
    struct str key;
    pull_open(&j, r->arena, text);
    if (pull_object(&j))
        while (pull_member(&j, &key)) {
            if (str_eq(key, S("packages")))
                packages = j;
            if (str_eq(key, S("dependencies")))
                dependencies = j;
            pull_skip(&j);
        }
    r->out->broken = !pull_end(&j) || (!packages.p && !dependencies.p);
    if (packages.p)
        read_packages(r, &packages, text);
    else if (dependencies.p)
        read_dependencies(r, &dependencies, 0);
}
