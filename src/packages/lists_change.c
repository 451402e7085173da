/* What the instructions of a file do to apt's source lists and apk's repositories: text that is
 * written, COPY, and the commands that edit, move and remove files. */
#include "packages/lists.h"

#include "files/sed.h"
#include "dfix/manager.h"

/* Where the manager keeps its settings. */
static struct str settings_folder(const struct lists *l)
{
    return str_of(l->manager->settings);
}

static bool is_list(const struct lists *l, struct str path)
{
    return l->manager->is_list(path);
}

static bool is_below(struct str path, struct str folder)
{
    return str_starts(path, folder) &&
           (path.n == folder.n || path.p[folder.n] == '/' || str_ends(folder, S("/")));
}

/* ---- COPY and ADD ---- */

static bool is_key(const struct lists *l, struct str path)
{
    struct str keys = str_of(l->manager->keys), each;
    bool is = false;

    while (word_next(&keys, &each))
        is |= is_below(path, each);
    return is;
}

/* What lies at `from` in the build context comes to lie at `to`. False: it may be anything, or it
 * holds settings that are not read here. */
static bool place(struct arena *a, const struct build_context *context, struct str from,
                  struct str to, struct lists *l, unsigned depth)
{
    struct str own = settings_folder(l), text, name;
    bool leads_there = is_below(own, to) && !str_eq(own, to);
    bool folder = false;

    if (!leads_there && (!is_below(to, own) || is_key(l, to)))
        return true;
    if (!depth || build_context_read(context, from, &folder, &text) != ANSWER_FOUND)
        return false;
    while (folder && str_cut(&text, '\n', &name)) {
        struct str below = str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(to),
                                   str_ends(to, S("/")) ? "" : "/", STR_ARG(name));
        struct str source = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(from), STR_ARG(name));
        if (!place(a, context, source, below, l, depth - 1))
            return false;
    }
    if (folder || leads_there)
        return true;
    if (!is_list(l, to))
        return l->manager->is_harmless(a, to, text);
    if (!l->opaque)
        lists_put(a, l, str_dup(a, to), str_dup(a, text), false);
    return !l->opaque;
}

/* A folder that every image has. */
static bool is_folder(const struct lists *l, struct str path)
{
    return str_ends(path, S("/")) || str_eq(path, S("/etc")) ||
           word_is_one_of(path, l->manager->folders);
}

static enum list_change copy_one(struct arena *a, const struct build_context *context,
                                 const struct deed *d, struct lists *l)
{
    struct str from = d->from.path, to = d->to.path, ignored;
    bool folder = false;

    if (build_context_read(context, from, &folder, &ignored) != ANSWER_FOUND)
        return str_eq(to, settings_folder(l)) ? LIST_UNKNOWN : LIST_OTHER;
    if (!folder && (d->to.folder || is_folder(l, to)))
        to = path_from(a, to, path_basename(from));
    return place(a, context, from, to, l, 6) ? LIST_KNOWN : LIST_UNKNOWN;
}

static bool leads_to(struct str folder, struct str path)
{
    return is_below(path, folder) || is_below(folder, path);
}

static enum list_change copy(const struct image *im, struct arena *a, const struct spot *s,
                             struct lists *l)
{
    const struct build_context *context = image_own(im)->context;
    enum list_change change = s->ndeed ? LIST_KNOWN : LIST_OTHER;

    for (size_t i = 0; i < s->ndeed; i++) {
        const struct deed *d = &s->deed[i];
        if (d->kind != DEED_COPY || d->origin != ORIGIN_CONTEXT || !place_is_said(&d->from) ||
            !place_is_said(&d->to) || !leads_to(settings_folder(l), d->to.path))
            return LIST_OTHER;
    }
    for (size_t i = 0; change == LIST_KNOWN && i < s->ndeed; i++)
        change = copy_one(a, context, &s->deed[i], l);
    return change;
}

/* ---- commands ---- */

static bool names(struct str pattern, struct str path)
{
    return glob_fits(pattern, path, GLOB_PATH);
}

/* Where it and all that it may stand for are lists, or what apt does not read beside them. */
static bool is_about_lists(const struct lists *l, struct str path)
{
    return str_starts(path, str_of(l->manager->lists_prefix));
}

/* Is all that is done of that kind, to paths that are written out? */
static bool are_all(const struct spot *s, enum deed_kind kind)
{
    for (size_t i = 0; i < s->ndeed; i++)
        if (s->deed[i].kind != kind || !place_is_said(&s->deed[i].to))
            return false;
    return s->ndeed > 0;
}

/* rm [-rf] PATH... What goes of other settings can only be what the file put there. */
static bool remove_files(const struct spot *s, struct lists *l)
{
    bool about = false;

    if (!are_all(s, DEED_REMOVE))
        return false;
    for (size_t i = 0; i < s->ndeed; i++)
        about |= str_starts(s->deed[i].to.path, settings_folder(l));
    for (size_t i = 0; about && i < s->ndeed; i++) {
        struct str path = s->deed[i].to.path;
        size_t kept = 0;
        for (size_t k = 0; k < l->file.n; k++)
            if (!names(path, l->file.v[k].path) && !is_below(l->file.v[k].path, path))
                l->file.v[kept++] = l->file.v[k];
        l->changes += kept < l->file.n;
        l->file.n = kept;
    }
    return about;
}

/* mv FROM TO, cp FROM TO */
static bool move_file(struct arena *a, const struct spot *s, struct lists *l)
{
    const struct deed *d = s->deed;
    struct list_file *f = s->ndeed == 1 ? lists_find(l, d->from.path) : NULL;

    if (!f || !are_all(s, DEED_COPY))
        return false;
    struct list_file old = *f;
    bool folder = d->to.folder || is_folder(l, d->to.path);
    struct str to = folder ? path_from(a, d->to.path, path_basename(d->from.path)) : d->to.path;
    l->changes++;
    if (d->moves)
        *f = l->file.v[--l->file.n];
    if (is_list(l, to))
        lists_put(a, l, to, old.text, false);
    return true;
}

static bool edit_file(struct arena *a, const struct deed *d, struct lists *l)
{
    for (size_t k = 0; k < l->file.n; k++) {
        struct list_file *f = &l->file.v[k];
        struct str text;
        if (!names(d->to.path, f->path))
            continue;
        f->text = release_list_named(a, f->text, d->sed->text);
        if (!sed_apply(a, d->sed->text, d->sed->extended, f->text, &text))
            return false;
        l->changes += !str_eq(f->text, text);
        f->text = text;
    }
    return true;
}

static bool edit_files(struct arena *a, const struct spot *s, struct lists *l)
{
    if (!are_all(s, DEED_EDIT))
        return false;
    for (size_t i = 0; i < s->ndeed; i++)
        if (!s->deed[i].sed->understood || !is_about_lists(l, s->deed[i].to.path))
            return false;
    for (size_t i = 0; i < s->ndeed; i++)
        if (!edit_file(a, &s->deed[i], l))
            return false;
    return true;
}

static bool add_repository(const struct image *im, struct arena *a, const struct command *c,
                           struct lists *l)
{
    struct source_list added = {.broken = false};

    if (command_may_not_run(c) || !repository_added(im, a, c, &added))
        return false;
    for (size_t i = 0; i < added.list.n; i++)
        vec_push(a, &l->added, added.list.v[i]);
    l->changes++;
    return true;
}

static bool run(const struct image *im, struct arena *a, const struct spot *s, struct lists *l)
{
    const struct command *c = s->at.command;

    if (c->program == PROGRAM_ADD_APT_REPOSITORY)
        return add_repository(im, a, c, l);
    if (!s->ndeed || s->deed->maybe || l->opaque)
        return false;
    switch (c->program) {
    case PROGRAM_RM:
        return remove_files(s, l);
    case PROGRAM_MV:
    case PROGRAM_CP:
        return move_file(a, s, l);
    case PROGRAM_SED:
        return edit_files(a, s, l);
    default:
        return false;
    }
}

/* What is written: all of it is known, and some of it is about lists. */
static enum list_change write_files(struct arena *a, const struct spot *s, struct lists *l)
{
    enum list_change change = LIST_OTHER;

    for (size_t i = 0; i < s->ndeed; i++) {
        const struct deed *d = &s->deed[i];
        bool list = is_list(l, d->to.path);
        if (d->kind != DEED_WRITE || d->maybe || !d->text_known || !d->to.known ||
            (l->opaque && list && !d->append))
            return LIST_OTHER;
        if (is_about_lists(l, d->to.path))
            change = LIST_KNOWN;
    }
    for (size_t i = 0; i < s->ndeed; i++)
        if (is_list(l, s->deed[i].to.path))
            lists_put(a, l, s->deed[i].to.path, s->deed[i].text, s->deed[i].append);
    return change;
}

static enum list_change change_of(const struct image *im, struct arena *a, const struct spot *s,
                                  struct lists *l)
{
    if (s->ndeed && s->deed->kind == DEED_WRITE)
        return write_files(a, s, l);
    if (node_kind(s->at.scope->tree, s->at.node) == NODE_INSTRUCTION)
        return copy(im, a, s, l);
    return s->at.command && run(im, a, s, l) ? LIST_KNOWN : LIST_OTHER;
}

enum list_change lists_change(const struct image *im, struct arena *a, const struct spot *s,
                              struct lists *l)
{
    enum list_change change = change_of(im, a, s, l);
    return change == LIST_KNOWN && lists_give_up(l) ? LIST_UNKNOWN : change;
}
