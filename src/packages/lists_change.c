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

static bool is_key(struct str path)
{
    return is_below(path, S("/etc/apt/keyrings")) || is_below(path, S("/etc/apt/trusted.gpg.d")) ||
           str_eq(path, S("/etc/apt/trusted.gpg"));
}

/* Settings that choose no versions. */
static bool is_harmless(struct arena *a, struct str path, struct str text)
{
    if (is_below(path, S("/etc/apt/preferences.d")) || str_eq(path, S("/etc/apt/preferences")))
        return !preferences_matter(text);
    return (is_below(path, S("/etc/apt/apt.conf.d")) || str_eq(path, S("/etc/apt/apt.conf"))) &&
           !apt_conf_matters(a, text);
}

/* What lies at `from` in the build context comes to lie at `to`. False: it may be anything, or it
 * holds settings that are not read here. */
static bool place(struct arena *a, const struct build_context *context, struct str from,
                  struct str to, struct lists *l, unsigned depth)
{
    struct str own = settings_folder(l), text, name;
    bool leads_there = is_below(own, to) && !str_eq(own, to);
    bool folder = false;

    if (!leads_there && (!is_below(to, own) || is_key(to)))
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
        return is_below(to, S("/etc/apt/sources.list.d")) || is_harmless(a, to, text);
    if (!l->opaque)
        lists_put(a, l, str_dup(a, to), str_dup(a, text), false);
    return !l->opaque;
}

/* Folders that every image has. */
static bool is_folder(struct str path)
{
    return str_ends(path, S("/")) ||
           word_is_one_of(path, "/etc /etc/apk /etc/apt /etc/apt/sources.list.d "
                                "/etc/apt/trusted.gpg.d");
}

static enum list_change copy_one(struct arena *a, const struct build_context *context,
                                 struct str from, struct str to, struct lists *l)
{
    struct str ignored;
    bool folder = false;

    from = context_path(from);
    from = from.n ? path_without_slash(from) : S(".");
    if (build_context_read(context, from, &folder, &ignored) != ANSWER_FOUND)
        return str_eq(path_without_slash(to), settings_folder(l)) ? LIST_UNKNOWN : LIST_OTHER;
    if (!folder && is_folder(to))
        to =
            str_fmt(a, "%s/" STR_FMT, str_eq(to, S("/")) ? "" : str_cstr(a, path_without_slash(to)),
                    STR_ARG(path_basename(from)));
    return place(a, context, from, path_without_slash(to), l, 6) ? LIST_KNOWN : LIST_UNKNOWN;
}

static bool leads_to(struct str folder, struct str path)
{
    path = path_without_slash(path);
    return is_below(path, folder) || is_below(folder, path);
}

static enum list_change copy(const struct image *im, struct arena *a,
                             const struct build_context *context, node_id n, struct lists *l)
{
    enum list_change change = LIST_KNOWN;
    const struct value *word;
    size_t count = copy_words(im, a, n, &word);

    if (instruction_flag(im->tree, n, S("from")) || copy_unpacks(im, a, n))
        return LIST_OTHER;
    for (size_t i = 0; i < count; i++)
        if (word[i].certainty != VALUE_KNOWN)
            return LIST_OTHER;
    if (count < 2 || !leads_to(settings_folder(l), word[count - 1].text))
        return LIST_OTHER;
    for (size_t i = 0; change == LIST_KNOWN && i + 1 < count; i++)
        change = copy_one(a, context, word[i].text, word[count - 1].text, l);
    return change;
}

/* ---- commands ---- */

struct words {
    const struct field *field;
    size_t n;
};

static struct str word_at(const struct words *w, size_t i)
{
    return w->field[i].value.text;
}

/* All but the program; false: one is not known. */
static bool are_known(const struct words *w)
{
    for (size_t i = 1; i < w->n; i++)
        if (w->field[i].value.certainty != VALUE_KNOWN)
            return false;
    return w->n > 1;
}

static bool names(struct str pattern, struct str path)
{
    return glob_fits(pattern, path, GLOB_PATH);
}

/* Where it and all that it may stand for are lists, or what apt does not read beside them. */
static bool is_about_lists(const struct lists *l, struct str word)
{
    return str_starts(word, str_of(l->manager->lists_prefix));
}

/* rm [-rf] PATH... What goes of other settings can only be what the file put there. */
static bool remove_files(const struct words *w, struct lists *l)
{
    bool about = false;

    if (!are_known(w))
        return false;
    for (size_t i = 1; i < w->n; i++)
        about |= str_starts(word_at(w, i), settings_folder(l));
    for (size_t i = 1; about && i < w->n; i++) {
        struct str word = path_without_slash(word_at(w, i));
        size_t kept = 0;
        for (size_t k = 0; k < l->file.n; k++)
            if (!names(word, l->file.v[k].path) && !is_below(l->file.v[k].path, word))
                l->file.v[kept++] = l->file.v[k];
        l->changes += kept < l->file.n;
        l->file.n = kept;
    }
    return about;
}

/* mv FROM TO, cp FROM TO */
static bool move_file(struct arena *a, const struct words *w, bool keep, struct lists *l)
{
    struct str path[2];
    size_t n = 0;

    if (!are_known(w))
        return false;
    for (size_t i = 1; i < w->n; i++) {
        if (str_starts(word_at(w, i), S("-")))
            continue;
        if (n == 2)
            return false;
        path[n++] = word_at(w, i);
    }
    struct list_file *f = n == 2 ? lists_find(l, path[0]) : NULL;
    if (!f)
        return false;
    struct list_file old = *f;
    if (is_folder(path[1]))
        path[1] = str_fmt(a, STR_FMT "/" STR_FMT, STR_ARG(path_without_slash(path[1])),
                          STR_ARG(path_basename(path[0])));
    l->changes++;
    if (!keep)
        *f = l->file.v[--l->file.n];
    if (is_list(l, path[1]))
        lists_put(a, l, path[1], old.text, false);
    return true;
}

/* sed's own words. */
struct sed {
    struct buf script;
    bool extended, in_place;
    size_t first; /* of the files */
};

/* -i.bak, -ri, -e SCRIPT, -Ee SCRIPT */
static bool read_letters(const struct words *w, size_t *i, struct sed *s)
{
    struct str word = word_at(w, *i);

    for (size_t k = 1; k < word.n; k++) {
        switch (word.p[k]) {
        case 'E':
        case 'r':
            s->extended = true;
            break;
        case 's':
            break;
        case 'i':
            s->in_place = true;
            return true; /* what follows is the suffix of a copy */
        case 'e':
            if (k + 1 == word.n && ++*i == w->n)
                return false;
            buf_add(&s->script, k + 1 < word.n ? str_from(word, k + 1) : word_at(w, *i));
            buf_char(&s->script, '\n');
            return true;
        default:
            return false;
        }
    }
    return true;
}

static bool read_sed(const struct words *w, struct sed *s)
{
    size_t i = 1;

    for (; i < w->n && str_starts(word_at(w, i), S("-")); i++) {
        struct str word = word_at(w, i);
        if (str_eq(word, S("--regexp-extended")))
            s->extended = true;
        else if (str_starts(word, S("--in-place")))
            s->in_place = true;
        else if (str_starts(word, S("--expression=")))
            buf_fmt(&s->script, STR_FMT "\n", STR_ARG(str_from(word, 13)));
        else if (str_starts(word, S("--")) || !read_letters(w, &i, s))
            return false;
    }
    if (!s->script.n && i < w->n)
        buf_add(&s->script, word_at(w, i++));
    s->first = i;
    return s->in_place && s->script.n && i < w->n;
}

static bool edit_files(struct arena *a, const struct words *w, struct lists *l)
{
    struct sed s = {.script = {.arena = a}};

    if (!are_known(w) || !read_sed(w, &s))
        return false;
    for (size_t i = s.first; i < w->n; i++)
        if (!is_about_lists(l, word_at(w, i)))
            return false;
    for (size_t i = s.first; i < w->n; i++)
        for (size_t k = 0; k < l->file.n; k++) {
            struct list_file *f = &l->file.v[k];
            struct str script = buf_str(&s.script), text;
            if (!names(word_at(w, i), f->path))
                continue;
            f->text = release_list_named(a, f->text, script);
            if (!sed_apply(a, script, s.extended, f->text, &text))
                return false;
            l->changes += !str_eq(f->text, text);
            f->text = text;
        }
    return true;
}

static bool run(const struct image *im, struct arena *a, node_id n, struct lists *l)
{
    struct source_list added = {.broken = false};
    struct words w;
    unsigned wrappers = 0;

    struct str text = node_text(im->tree, n);
    if (str_find(text, settings_folder(l)) == STR_NONE && str_find(text, S("apt-")) == STR_NONE)
        return false; /* cheap to ask of every command */
    if (node_in_branch(im->tree, n) || node_after_or(im->tree, n))
        return false;
    w.n = image_fields(im, a, n, &w.field);
    size_t at = wrappers_end(w.field, w.n, &wrappers);
    if (at == w.n)
        return false;
    w.field += at;
    w.n -= at;
    struct str program = command_program(w.field);
    if (word_is_one_of(program, "rm mv cp sed") && l->opaque)
        return false;
    if (str_eq(program, S("rm")))
        return remove_files(&w, l);
    if (word_is_one_of(program, "mv cp"))
        return move_file(a, &w, str_eq(program, S("cp")), l);
    if (str_eq(program, S("sed")))
        return edit_files(a, &w, l);
    if (!repository_added(im, a, n, &added))
        return false;
    for (size_t i = 0; i < added.list.n; i++)
        vec_push(a, &l->added, added.list.v[i]);
    l->changes++;
    return true;
}

static enum list_change change_of(const struct image *im, struct arena *a,
                                  const struct build_context *context, node_id n, struct lists *l)
{
    struct written w;

    if (written_read(im, a, n, &w)) {
        if (l->opaque && is_list(l, w.path) && !w.append)
            return LIST_OTHER;
        if (is_list(l, w.path))
            lists_put(a, l, w.path, w.text, w.append);
        return is_about_lists(l, w.path) ? LIST_KNOWN : LIST_OTHER;
    }
    if (node_kind(im->tree, n) == NODE_INSTRUCTION)
        return copy(im, a, context, n, l);
    return node_kind(im->tree, n) == NODE_COMMAND && run(im, a, n, l) ? LIST_KNOWN : LIST_OTHER;
}

enum list_change lists_change(const struct image *im, struct arena *a,
                              const struct build_context *context, node_id n, struct lists *l)
{
    enum list_change change = change_of(im, a, context, n, l);
    return change == LIST_KNOWN && lists_give_up(l) ? LIST_UNKNOWN : change;
}
