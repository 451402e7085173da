/* Files that land where, or with what in them, cannot be read here: below a variable, out of an
 * archive or another image, from a folder that is not at hand. They may be sources. */
#include "packages/packages.h"

#include "dfix/manager.h"

struct landing {
    const struct image *im;
    struct arena *arena;
    const struct manager *manager;
    const struct spot *spot;
    const char *why;
};

static const char why_place[] = "writes to a place that is known only at build time";
static const char why_tree[] = "may put unknown files below /etc";

/* Where a manager keeps what decides versions. A folder's files count by their ends; `plain`: those
 * without a dot, too. */
static const struct keeper {
    const struct manager *manager;
    const char *folder, *ends;
    bool plain;
} places[] = {
    {&manager_apt, "/etc/apt/sources.list.d", "list sources", false},
    {&manager_apt, "/etc/apt/preferences.d", "pref", true},
    {&manager_apt, "/etc/apt/apt.conf.d", "conf", true},
    {&manager_apk, "/etc/apk/repositories.d", "list", false},
};
static const struct {
    const struct manager *manager;
    const char *path;
} files[] = {
    {&manager_apt, "/etc/apt/sources.list"},
    {&manager_apt, "/etc/apt/preferences"},
    {&manager_apt, "/etc/apt/apt.conf"},
    {&manager_apk, "/etc/apk/repositories"},
};

/* ---- patterns of paths ---- */

static bool is_open(char c)
{
    return c == PATH_ANY || c == '*' || c == '?';
}

static bool is_known(struct str p)
{
    for (size_t i = 0; i < p.n; i++)
        if (is_open(p.p[i]))
            return false;
    return true;
}

/* What a file in the folder could be called, going by the end of the pattern. */
static struct str sample(struct arena *a, const char *folder, struct str p)
{
    struct str base = path_basename(p);
    size_t tail = base.n;

    while (tail > 0 && !is_open(base.p[tail - 1]))
        tail--;
    return str_join(a, str_of(folder), tail ? S("/x") : S("/"), str_from(base, tail));
}

static bool counts_in(const struct keeper *p, struct str path)
{
    struct str name = path_basename(path);
    ptrdiff_t dot = str_rchr(name, '.');

    if (!name.n || dot == 0)
        return false;
    return dot == STR_NONE ? p->plain : word_is_one_of(str_from(name, (size_t)dot + 1), p->ends);
}

/* It is written out, and leads somewhere else. */
static bool is_elsewhere(struct str p)
{
    return p.n > 1 && !str_starts(p, S("/etc")) && is_known(p);
}

/* An end that says nothing, as in `$FILE`, may be that of a list. */
static bool may_be_file(const struct landing *l, struct str p)
{
    if (is_elsewhere(p))
        return false;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i].manager == l->manager && path_may_be(p, str_of(files[i].path)))
            return true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (places[i].manager != l->manager)
            continue;
        struct str one = sample(l->arena, places[i].folder, p);
        if (counts_in(&places[i], one) && path_may_be(p, one))
            return true;
    }
    return false;
}

/* The settings' folder or one around it: what lands in it may be settings. */
static bool may_be_folder(const struct landing *l, struct str p)
{
    if (is_elsewhere(p))
        return false;
    bool around = path_may_be(p, S("/")) || path_may_be(p, S("/etc")) ||
                  path_may_be(p, str_of(l->manager->settings));
    for (size_t i = 0; i < sizeof places / sizeof places[0] && !around; i++)
        around = places[i].manager == l->manager && path_may_be(p, str_of(places[i].folder));
    return around;
}

static struct str below(const struct landing *l, struct str folder, struct str name)
{
    return str_join(l->arena, folder, str_ends(folder, S("/")) ? S("") : S("/"), name);
}

/* ---- what lands ---- */

/* A place that is written out whole was judged by its words. */
static void file_lands(struct landing *l, struct str p)
{
    struct str text = node_text(l->spot->at.scope->tree, l->spot->at.node);
    bool written = is_known(p) && str_find(text, S("/etc/ap")) != STR_NONE;

    if (!l->why && !written && may_be_file(l, p))
        l->why = is_known(p) ? why_tree : why_place;
}

/* A file that is put at the place, or below it by its own name. */
static void named_lands(struct landing *l, const struct place *to, struct str name)
{
    if (!to->folder)
        file_lands(l, to->path);
    file_lands(l, below(l, to->path, name));
}

static void tree_lands(struct landing *l, struct str p)
{
    if (!l->why && may_be_folder(l, p))
        l->why = is_known(p) ? why_tree : why_place;
}

/* "run.sh", "*.patch": an end of a file's name. Folders end in ".d". */
static bool is_file_name(struct str name)
{
    ptrdiff_t dot = str_rchr(name, '.');
    struct str end = dot > 0 ? str_from(name, (size_t)dot + 1) : S("");

    return (end.n && end.n <= 5 && is_known(end) && !str_eq(end, S("d"))) ||
           (is_known(name) && (str_ends(name, S("file")) || str_eq(name, S("LICENSE"))));
}

/* Of another image: programs and their like are files. */
static bool is_file_path(struct str path)
{
    struct str name = path_basename(path), folder = path_basename(folder_around(path));

    return is_file_name(name) || word_is_one_of(folder, "bin sbin") ||
           word_is_one_of(name, "passwd group shadow gshadow hosts hostname localtime");
}

/* COPY and ADD: a file, or all that a folder holds. */
static void copied(struct landing *l, const struct deed *d)
{
    struct str name = path_basename(d->from.path);

    if (d->kind == DEED_FETCH || (!d->from.folder && is_file_path(d->from.path)))
        named_lands(l, &d->to, name);
    else
        tree_lands(l, d->to.path);
}

/* cp, mv, install, ln, rsync */
static void moved(struct landing *l, const struct deed *d)
{
    struct str name = path_basename(d->from.path);
    bool inside = d->from.folder || !name.n || !is_known(name);
    bool deep = d->deep || d->kind == DEED_LINK;

    if (!deep || (is_file_name(name) && !d->from.folder))
        named_lands(l, &d->to, inside ? S("*") : name);
    else
        tree_lands(l, inside ? d->to.path : below(l, d->to.path, name));
    if (deep && !inside && !is_known(d->to.path))
        named_lands(l, &d->to, name);
}

/* s6-overlay has files of its own alone. */
static bool is_s6(const struct landing *l)
{
    const struct field *f;
    size_t n = l->spot->at.command ? command_args(l->spot->at.command, &f) : 0;
    bool is = false;

    for (size_t i = 0; i < n && !is; i++)
        is = str_find(f[i].value.text, S("s6-overlay")) != STR_NONE;
    return is;
}

static void unpacked(struct landing *l, const struct deed *d)
{
    if (is_s6(l))
        return;
    tree_lands(l, d->to.path);
    if (d->command && d->from.path.n) /* a member by its name */
        file_lands(l, d->to.path);
}

/* ---- what is printed into a file ---- */

static bool tells_of_sources(struct str text)
{
    static const char *const signs[] = {"deb",     "://", "Types", "Package", "Pin",
                                        "Acquire", "APT", "Dir",   "cdrom"};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (str_find(text, str_of(signs[i])) != STR_NONE)
            return true;
    return false;
}

static bool prints_else(const struct command *c, struct str instruction)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    if (word_is_one_of(c->name, "gpg apt-key openssl sha256sum sha512sum md5sum date"))
        return true; /* keys, sums: no sources */
    if (c->program == PROGRAM_CAT && n == 1)
        return !tells_of_sources(instruction);
    for (size_t i = 1; i < n; i++)
        if (f[i].value.certainty != VALUE_KNOWN || tells_of_sources(f[i].value.text))
            return false;
    return word_is_one_of(c->name, "echo printf true : touch");
}

/* The statement that a deed is part of: the pipeline that ends in tee, the group that is
 * redirected. */
static node_id statement_of(const struct deed *d)
{
    const struct tree *t = d->scope->tree;
    node_id up = t->node[d->node].parent;

    if (node_kind(t, d->node) == NODE_REDIRECT)
        return up;
    return !d->redirect && node_kind(t, up) == NODE_PIPELINE ? up : d->node;
}

/* All that is printed by the statement is known, and is no source. */
static bool is_other_text(const struct landing *l, const struct deed *d)
{
    const struct tree *t = d->scope->tree;
    struct str whole = node_text(l->im->tree, d->instruction);
    bool any = false;

    if (d->text_known || d->node == d->instruction)
        return d->text_known && !tells_of_sources(d->text);
    node_id statement = statement_of(d);
    for (node_id n = statement; n < t->node[statement].after; n++) {
        const struct command *c =
            node_kind(t, n) == NODE_COMMAND ? command_of_node(l->im, d->scope, n) : NULL;
        if (!c || c->program == PROGRAM_TEE)
            continue;
        if (!prints_else(c, whole))
            return false;
        any = true;
    }
    return any;
}

static void written(struct landing *l, const struct deed *d)
{
    if (may_be_file(l, d->to.path) && !is_other_text(l, d))
        file_lands(l, d->to.path);
}

/* ---- what holds none ---- */

/* Is the path one that settings may lie at, or in? */
static bool may_hold_settings(struct str path)
{
    return word_is_one_of(path, "/ /etc /etc/") || str_starts(path, S("/etc/ap"));
}

/* One that is built on no other stage, and does little. */
bool copies_no_settings(const struct image *im, const struct deed *copy)
{
    enum { DEEDS = 64 };
    const struct stage *from = copy->origin == ORIGIN_STAGE ? &im->stage[copy->origin_stage] : NULL;
    const struct image_files *all = image_files_to(im, from ? im->tree->node[from->last].after : 0);
    size_t first = from ? deed_from(all, from->from) : 0, i = first;
    bool none = from && (from->base == BASE_SCRATCH || from->known.only_programs);

    for (; none && i < all->ndeed && all->deed[i].stage == copy->origin_stage; i++) {
        const struct deed *d = &all->deed[i];
        none = d->kind == DEED_COPY && d->to.known && str_starts(d->to.path, S("/")) &&
               !may_hold_settings(d->to.path) && i - first < DEEDS;
    }
    return none;
}

/* ---- which deed it is ---- */

static void lands(struct landing *l, const struct deed *d)
{
    bool instruction = !d->command;

    switch (d->kind) {
    case DEED_WRITE:
        written(l, d);
        break;
    case DEED_COPY:
    case DEED_LINK:
        if (d->mount)
            tree_lands(l, d->to.path);
        if (d->mount)
            file_lands(l, d->to.path);
        else if (!copies_no_settings(l->im, d))
            (instruction ? copied : moved)(l, d);
        break;
    case DEED_FETCH:
        if (instruction)
            copied(l, d);
        else if (d->into)
            named_lands(l, &d->to, path_basename(d->from.path));
        else
            file_lands(l, d->to.path);
        break;
    case DEED_UNPACK:
        unpacked(l, d);
        break;
    case DEED_EDIT:
        file_lands(l, d->to.path);
        break;
    default:
        break;
    }
}

const char *lands_unread(const struct image *im, struct arena *a, const struct manager *m,
                         const struct spot *s)
{
    struct landing l = {.im = im, .arena = a, .manager = m, .spot = s};

    for (size_t i = 0; i < s->ndeed && !l.why; i++)
        lands(&l, &s->deed[i]);
    return l.why;
}
