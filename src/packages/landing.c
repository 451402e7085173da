/* Files that land where, or with what in them, cannot be read here: below a variable, out of an
 * archive or another image, from a folder that is not at hand. They may be sources. */
#include "packages/landing.h"

#include "dfix/manager.h"

enum { NODES_BACK = 512 };                /* looked at for a `cd` */
enum { ANYTHING = '\1', NOTHING = '\2' }; /* in a pattern: any text; what no settings are below */

static const char why_place[] = "writes to a place that is known only at build time";
static const char why_tree[] = "may put unknown files below /etc";

/* Where a manager keeps what decides versions. A folder's files count by their ends; `plain`: those
 * without a dot, too. */
static const struct place {
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

/* Can the pattern stand for this text? `*` and `?` are the shell's. */
static bool may_be(struct str p, struct str text)
{
    size_t at = 0, mark = 0, star = 0;
    bool back = false;

    for (size_t i = 0; i < text.n || at < p.n;) {
        char c = at < p.n ? p.p[at] : 0;
        if (c == ANYTHING || c == '*') {
            star = at++;
            mark = i;
            back = true;
        } else if (i < text.n && at < p.n && c != NOTHING &&
                   (c == text.p[i] || (c == '?' && text.p[i] != '/'))) {
            at++;
            i++;
        } else if (back && mark < text.n && (p.p[star] == ANYTHING || text.p[mark] != '/')) {
            i = ++mark;
            at = star + 1;
        } else {
            return false;
        }
    }
    return true;
}

static bool is_open(char c)
{
    return c == ANYTHING || c == '*' || c == '?';
}

/* What a file in the folder could be called, going by the end of the pattern. */
static struct str sample(struct arena *a, const char *folder, struct str p)
{
    struct str base = path_basename(p);
    size_t tail = base.n;

    while (tail > 0 && !is_open(base.p[tail - 1]))
        tail--;
    return str_fmt(a, "%s/%s" STR_FMT, folder, tail ? "x" : "", STR_ARG(str_from(base, tail)));
}

static bool counts_in(const struct place *p, struct str path)
{
    struct str name = path_basename(path);
    ptrdiff_t dot = str_rchr(name, '.');

    if (!name.n || dot == 0)
        return false;
    return dot == STR_NONE ? p->plain : word_is_one_of(str_from(name, (size_t)dot + 1), p->ends);
}

/* An end that says nothing, as in `$FILE`, may be that of a list. */
bool landing_may_be_file(const struct landing *l, struct str p)
{
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i].manager == l->manager && may_be(p, str_of(files[i].path)))
            return true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct str one = sample(l->arena, places[i].folder, p);
        if (places[i].manager == l->manager && counts_in(&places[i], one) && may_be(p, one))
            return true;
    }
    return false;
}

/* The settings' folder or one around it: what lands in it may be settings. */
static bool may_be_folder(const struct landing *l, struct str p)
{
    p = path_without_slash(p);
    bool around =
        may_be(p, S("/")) || may_be(p, S("/etc")) || may_be(p, str_of(l->manager->settings));
    for (size_t i = 0; i < sizeof places / sizeof places[0] && !around; i++)
        around = places[i].manager == l->manager && may_be(p, str_of(places[i].folder));
    return around;
}

struct str landing_below(const struct landing *l, struct str folder, struct str name)
{
    return str_fmt(l->arena, STR_FMT "%s" STR_FMT, STR_ARG(folder),
                   str_ends(folder, S("/")) ? "" : "/", STR_ARG(name));
}

/* ---- values as patterns ---- */

/* Variables that name a program's own folder, where the file does not set them. */
static bool is_homely(const struct landing *l, struct str name)
{
    const struct definitions *d = l->im->scope.definitions;

    for (size_t i = 0; d && i < d->n; i++)
        if (str_eq(d->v[i].name, name))
            return false;
    return str_ends(name, S("HOME")) ||
           word_is_one_of(name, "GOPATH GOBIN PGDATA PHP_INI_DIR VIRTUAL_ENV TMPDIR USER");
}

static char unknown_piece(const struct landing *l, const struct piece *p)
{
    const struct tree *t = l->im->tree;
    node_id name =
        p->node && node_kind(t, p->node) == NODE_PARAM ? node_next(t, p->node, 0, NODE_NAME) : 0;

    if (p->node && p->node < t->nnode && str_find(node_text(t, p->node), S("mktemp")) != STR_NONE)
        return NOTHING;
    return name && is_homely(l, node_text(t, name)) ? NOTHING : ANYTHING;
}

/* The working folder of a command: of the nearest `cd` before it, else the WORKDIR. */
struct str landing_folder(const struct landing *l)
{
    const struct tree *t = l->im->tree;
    node_id instruction = node_up(t, l->node, NODE_INSTRUCTION), n = l->node;

    for (int i = 0; i < NODES_BACK && n > instruction; i++, n--) {
        const struct field *f;
        if (node_kind(t, n) != NODE_COMMAND || !str_starts(node_text(t, n), S("cd")))
            continue;
        size_t count = image_fields(l->im, l->arena, n, &f);
        if (count != 2 || !str_eq(f[0].value.text, S("cd")))
            continue;
        return f[1].value.certainty == VALUE_KNOWN && str_starts(f[1].value.text, S("/"))
                   ? f[1].value.text
                   : S("");
    }
    return l->folder;
}

struct str landing_pattern(const struct landing *l, const struct value *v)
{
    struct buf b = {.arena = l->arena};

    for (size_t i = 0; i < v->npiece; i++)
        if (v->piece[i].known)
            buf_add(&b, v->piece[i].text);
        else
            buf_char(&b, unknown_piece(l, &v->piece[i]));
    if (!v->npiece && v->certainty != VALUE_KNOWN)
        buf_char(&b, ANYTHING);
    struct str p = v->npiece || v->certainty != VALUE_KNOWN ? buf_str(&b) : v->text;
    bool whole = str_starts(p, S("/")) || (p.n && (p.p[0] == ANYTHING || p.p[0] == NOTHING));
    if (whole || !p.n)
        return p;
    bool telling = str_find(p, S("apt")) != STR_NONE || str_find(p, S("apk")) != STR_NONE;
    struct str folder = telling && l->node ? landing_folder(l) : l->folder;
    if (!folder.n)
        return p;
    while (str_starts(p, S("./")))
        p = str_from(p, 2);
    return !p.n || str_eq(p, S(".")) ? folder : landing_below(l, folder, p);
}

bool landing_is_known(struct str p)
{
    for (size_t i = 0; i < p.n; i++)
        if (is_open(p.p[i]))
            return false;
    return true;
}

/* ---- what lands ---- */

/* A place that is written out whole was judged by its words. */
void landing_of_file(struct landing *l, struct str p)
{
    bool written =
        landing_is_known(p) && str_find(node_text(l->im->tree, l->node), S("/etc/ap")) != STR_NONE;

    if (!l->why && !written && landing_may_be_file(l, p))
        l->why = landing_is_known(p) ? why_tree : why_place;
}

/* A file that is put at the place, or below it by its own name. */
void landing_of_named(struct landing *l, struct str p, struct str name)
{
    if (!str_ends(p, S("/")))
        landing_of_file(l, p);
    landing_of_file(l, landing_below(l, p, name));
}

void landing_of_tree(struct landing *l, struct str p)
{
    if (!l->why && may_be_folder(l, p))
        l->why = landing_is_known(p) ? why_tree : why_place;
}

/* "run.sh", "*.patch": an end of a file's name. Folders end in ".d". */
bool landing_is_file_name(struct str name)
{
    ptrdiff_t dot = str_rchr(name, '.');
    struct str end = dot > 0 ? str_from(name, (size_t)dot + 1) : S("");

    return (end.n && end.n <= 5 && landing_is_known(end) && !str_eq(end, S("d"))) ||
           (landing_is_known(name) && (str_ends(name, S("file")) || str_eq(name, S("LICENSE"))));
}

static bool is_archive_name(struct str name)
{
    static const char *const ends[] = {".tar",    ".tgz",     ".tbz2",   ".txz",
                                       ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(name, str_of(ends[i])))
            return true;
    return false;
}

/* ---- COPY and ADD ---- */

/* Of another image: programs and their like are files. */
static bool is_file_path(struct str path)
{
    struct str name = path_basename(path);
    struct str folder = path_basename(path_without_slash(str_sub(path, 0, path.n - name.n)));

    return landing_is_file_name(name) || word_is_one_of(folder, "bin sbin") ||
           word_is_one_of(name, "passwd group shadow gshadow hosts hostname localtime");
}

static void one_is_copied(struct landing *l, const struct value *from, struct str to, bool add)
{
    struct landing outside = *l;
    outside.folder = S(""); /* sources are no paths of the image */
    struct str p = landing_pattern(&outside, from), name = path_basename(p);
    bool url = str_find(p, S("://")) != STR_NONE;

    if (add && !url && is_archive_name(name))
        landing_of_tree(l, to);
    else if (url || (name.n && is_file_path(p)))
        landing_of_named(l, to, name);
    else
        landing_of_tree(l, to);
}

static void copied(struct landing *l)
{
    const struct tree *t = l->im->tree;
    const struct value *word;
    size_t n = copy_words(l->im, l->arena, l->node, &word);
    bool add = node_instruction(t, l->node) == INST_ADD;

    if (!n)
        return;
    struct str to = landing_pattern(l, &word[n - 1]);
    for (size_t i = 0; i + 1 < n; i++)
        one_is_copied(l, &word[i], to, add);
    if (node_next(t, l->node, 0, NODE_REDIRECT) && !landing_is_known(to)) /* COPY <<EOF $FILE */
        landing_of_file(l, to);
}

bool copy_unpacks(const struct image *im, struct arena *a, node_id instruction)
{
    const struct value *word;
    size_t n = copy_words(im, a, instruction, &word);

    for (size_t i = 0; i + 1 < n && node_instruction(im->tree, instruction) == INST_ADD; i++)
        if (is_archive_name(word[i].text) && str_find(word[i].text, S("://")) == STR_NONE)
            return true;
    return false;
}

/* ---- mounts ---- */

/* What is bound lasts for its RUN; caches hold no settings. */
static void mounted(struct landing *l, node_id flag)
{
    static const char *const keys[] = {"target", "dst", "destination"};
    const struct tree *t = l->im->tree;
    struct buf b = {.arena = l->arena};
    struct span type, at;

    if (flag_key(t, flag, S("type"), &type) &&
        !str_eq(str_sub(t->text, type.start, type.end), S("bind")))
        return;
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        if (!flag_key(t, flag, str_of(keys[k]), &at))
            continue;
        struct str raw = str_sub(t->text, at.start, at.end);
        for (size_t i = 0; i < raw.n; i++) {
            if (raw.p[i] != '$') {
                buf_char(&b, raw.p[i]);
                continue;
            }
            buf_char(&b, ANYTHING);
            while (i + 1 < raw.n && str_chr(S("/.,"), raw.p[i + 1]) == STR_NONE)
                i++;
        }
        struct str p = buf_str(&b);
        if (str_starts(p, S("/")) || (p.n && p.p[0] == ANYTHING)) {
            landing_of_tree(l, p);
            landing_of_file(l, p);
        }
        return;
    }
}

const char *lands_unread(const struct image *im, struct arena *a, const struct manager *m,
                         struct str folder, node_id n)
{
    struct landing l = {.im = im, .arena = a, .manager = m, .folder = folder, .node = n};

    switch (node_kind(im->tree, n)) {
    case NODE_INSTRUCTION:
        copied(&l);
        break;
    case NODE_COMMAND:
    case NODE_EXEC:
        landing_of_command(&l, n);
        break;
    case NODE_REDIRECT:
        landing_of_redirect(&l, n, im->tree->node[n].parent);
        break;
    case NODE_FLAG:
        mounted(&l, n);
        break;
    default:
        break;
    }
    return l.why;
}
