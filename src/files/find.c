/* find.c - what lies at a path: the deeds that may touch it are found by the path and the folders
 * that it is in, and done one after the other. */
#include "commands/list.h"
#include "files/find.h"

#include <stdlib.h>

enum { LOOKS = 1 << 18 }; /* at deeds, for one file; behind them nothing is known */
enum { LINKS = 8 };       /* that are followed */

/* One deed by one of the paths that it is about. */
struct touch {
    struct str key;
    uint32_t deed, earlier; /* `earlier`: index and one of that with the same hash; 0: none */
};
struct touched {
    VEC(struct touch) touch;
    size_t ndeed;   /* that are in it: it grows as deeds are worked out */
    size_t nlinked; /* of `touch` */
    uint32_t *last; /* by hash: index and one */
    size_t size;    /* a power of two */
    unsigned looks; /* left */
    bool relative;  /* some begin at a working folder that is not known */
};

/* ---- by path ---- */

/* What is written out of a path, down to the last folder; "" none. */
static struct str key_of(const struct place *p)
{
    size_t end = 0, slash = 0;

    if (p->known)
        return p->path;
    for (; end < p->path.n && str_chr(S("\1\2*?["), p->path.p[end]) == STR_NONE; end++)
        slash = p->path.p[end] == '/' ? end : slash;
    if (slash)
        return str_sub(p->path, 0, slash);
    if (!p->path.n || p->path.p[0] == PATH_ANY || p->path.p[0] == PATH_OWN)
        return S("");
    return p->path.p[0] == '/' ? S("/") : S(".");
}

static void add_touch(struct arena *a, struct touched *t, const struct place *p, size_t deed)
{
    struct str key = key_of(p);

    t->relative |= key.n && key.p[0] != '/' && !str_eq(key, S("."));
    if (key.n)
        vec_push(a, &t->touch, (struct touch){.key = key, .deed = (uint32_t)deed});
}

static void link_touches(struct arena *a, struct touched *t)
{
    if (t->size < 2 * t->touch.n) { /* all of them anew */
        for (t->size = 16; t->size < 2 * t->touch.n;)
            t->size *= 2;
        t->last = arena_new(a, uint32_t, t->size);
        t->nlinked = 0;
    }
    for (; t->nlinked < t->touch.n; t->nlinked++) {
        struct touch *x = &t->touch.v[t->nlinked];
        uint32_t *last = &t->last[str_hash(x->key) & (t->size - 1)];
        x->earlier = *last;
        *last = (uint32_t)t->nlinked + 1;
    }
}

static struct touched *touched_of(struct arena *a, struct image_files *all)
{
    struct touched *t = all->touched;

    if (!t) {
        t = all->touched = arena_new(a, struct touched, 1);
        t->looks = LOOKS;
        t->size = 16;
        t->last = arena_new(a, uint32_t, t->size);
    }
    if (t->ndeed == all->ndeed)
        return t;
    for (; t->ndeed < all->ndeed; t->ndeed++) {
        const struct deed *d = &all->deed[t->ndeed];
        add_touch(a, t, &d->to, t->ndeed);
        if (d->moves)
            add_touch(a, t, &d->from, t->ndeed);
    }
    link_touches(a, t);
    return t;
}

/* The deeds that count in front of the node; UINT32_MAX: all. */
static struct image_files *files_before(const struct image *im, node_id before)
{
    return image_files_to(im, before == UINT32_MAX ? (node_id)im->tree->nnode : before);
}

/* ---- does it fit? ---- */

/* Can the pattern stand for this text? */
bool path_may_be(struct str p, struct str text)
{
    size_t at = 0, mark = 0, star = 0;
    bool back = false;

    for (size_t i = 0; i < text.n || at < p.n;) {
        char c = at < p.n ? p.p[at] : 0;
        if (c == PATH_ANY || c == '*') {
            star = at++;
            mark = i;
            back = true;
        } else if (i < text.n && at < p.n && c != PATH_OWN &&
                   (c == text.p[i] || (c == '?' && text.p[i] != '/'))) {
            at++;
            i++;
        } else if (back && mark < text.n && (p.p[star] == PATH_ANY || text.p[mark] != '/')) {
            i = ++mark;
            at = star + 1;
        } else {
            return false;
        }
    }
    return true;
}

/* A path from the base image's own folder on, which is not known: may it be this one? */
static bool may_end(struct str path, struct str relative)
{
    return relative.p[0] != '/' && path.n > relative.n && path.p[0] == '/' &&
           str_ends(path, relative) && path.p[path.n - relative.n - 1] == '/';
}

enum fit place_fits(const struct place *p, struct str path, bool deep, struct str *rest)
{
    *rest = S("");
    if (!p->path.n)
        return FITS_NOT;
    if (p->known && str_eq(p->path, path))
        return FITS;
    if (p->known && may_end(path, p->path))
        return FITS_PERHAPS;
    if (p->known)
        return deep && path_is_below(path, p->path, rest) ? FITS_BELOW : FITS_NOT;
    if (str_chr(p->path, PATH_ANY) != STR_NONE || str_chr(p->path, PATH_OWN) != STR_NONE)
        return path_may_be(p->path, path) ? FITS_PERHAPS : FITS_NOT;
    if (glob_fits(p->path, path, GLOB_PATH))
        return FITS;
    for (struct str up = folder_around(path); deep && up.n > 1; up = folder_around(up))
        if (glob_fits(p->path, up, GLOB_PATH)) {
            *rest = str_from(path, up.n + 1);
            return FITS_BELOW;
        }
    return FITS_NOT;
}

/* ---- one look ---- */

typedef VEC(uint32_t) found_list;

static int by_order(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return (a > b) - (a < b);
}

/* What a look gathers, and up to where. */
struct gathering {
    const struct look *look;
    const struct image_files *all;
    struct touched *touched;
    size_t end;
    node_id instruction;
    found_list found;
};

/* The deeds before the end that are about that very path. False: too many. */
static bool gather_at(struct gathering *g, struct str key)
{
    struct touched *t = g->touched;
    uint32_t i = t->last[str_hash(key) & (t->size - 1)];

    for (; i; i = t->touch.v[i - 1].earlier) {
        const struct touch *x = &t->touch.v[i - 1];
        const struct deed *d = &g->all->deed[x->deed];
        if (!t->looks)
            return false;
        t->looks--;
        if (x->deed < g->end && str_eq(x->key, key) &&
            image_is_built_on(g->look->im, g->look->stage, d->stage) &&
            (!d->mount || d->instruction == g->instruction))
            vec_push(g->look->arena, &g->found, x->deed);
    }
    return true;
}

/* Those about the path or a folder that it is in, and those that may be about it. */
static bool gather(struct gathering *g)
{
    struct str path = g->look->path, key = path;
    found_list *out = &g->found;
    bool few = true;

    for (bool top = false; !top && few; key = folder_around(key)) {
        few = gather_at(g, key);
        top = str_eq(key, S("/")) || str_eq(key, S("."));
    }
    for (size_t i = 0; g->touched->relative && path.p[0] == '/' && few && i + 1 < path.n; i++)
        if (path.p[i] == '/')
            few = gather_at(g, str_from(path, i + 1));
    if (!few)
        return false;
    if (out->n)
        qsort(out->v, out->n, sizeof(*out->v), by_order);
    return true;
}

/* Whatever was there before is gone behind it. */
static bool settles(const struct deed *d, struct str path)
{
    struct str rest;

    if (d->maybe || d->onbuild || !d->to.known)
        return false;
    if (d->kind == DEED_WRITE)
        return !d->append && str_eq(d->to.path, path);
    return d->kind == DEED_REMOVE && place_fits(&d->to, path, d->deep, &rest) != FITS_NOT;
}

static bool begins_empty(const struct image *im, unsigned stage)
{
    return im->stage[image_root_stage(im, stage)].base == BASE_SCRATCH;
}

static struct file look(const struct look *l, size_t end, node_id instruction)
{
    struct image_files *all = image_own(l->im)->late->files;
    struct touched *t = touched_of(image_own(l->im)->definitions.arena, all);
    struct file f = {.kind = begins_empty(l->im, l->stage) ? FILE_GONE : FILE_NONE,
                     .text = S(""),
                     .link = S(""),
                     .owner = S(""),
                     .path = l->path};
    struct gathering g = {
        .look = l, .all = all, .touched = t, .end = end, .instruction = instruction};

    if (!l->path.n || !gather(&g)) {
        f.kind = FILE_SOME;
        return f;
    }
    size_t first = g.found.n;
    while (first && !settles(&all->deed[g.found.v[first - 1]], l->path))
        first--;
    for (size_t i = first ? first - 1 : 0; i < g.found.n; i++)
        if (i == 0 || g.found.v[i] != g.found.v[i - 1])
            deed_play(l, &all->deed[g.found.v[i]], &f);
    return f;
}

struct file look_before(const struct look *l, unsigned stage, const struct deed *before,
                        struct str path)
{
    const struct image_files *all = image_own(l->im)->late->files;
    struct buf text = {.arena = l->arena};
    struct look inner = {l->im, l->arena, stage, path, l->depth + 1, &text};

    return look(&inner, (size_t)(before - all->deed), before->instruction);
}

/* The first deed at the node or behind it. */
size_t deed_from(const struct image_files *all, node_id node)
{
    struct bisect b = {.high = all->ndeed};

    while (bisect_next(&b))
        bisect_take(&b, all->deed[b.at].outer < node);
    return b.low;
}

struct file file_at(const struct image *im, unsigned stage, node_id before, struct str path)
{
    struct arena *a = image_own(im)->definitions.arena;
    const struct image_files *all = files_before(im, before);
    struct buf text = {.arena = a};
    struct look l = {im, a, stage, path, 0, &text};
    node_id instruction = before;

    if (before != UINT32_MAX && node_kind(im->tree, before) != NODE_INSTRUCTION)
        instruction = node_up(im->tree, before, NODE_INSTRUCTION);
    return look(&l, before == UINT32_MAX ? all->ndeed : deed_from(all, before), instruction);
}

struct file file_behind_links(const struct image *im, unsigned stage, node_id before,
                              struct str path)
{
    struct file f = file_at(im, stage, before, path);

    for (int i = 0; i < LINKS && f.kind == FILE_LINK; i++)
        f = file_at(im, stage, before, f.link);
    return f;
}

/* ---- programs ---- */

static const char usual_folders[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static bool is_found(const struct file *f)
{
    return f->kind == FILE_PLAIN || f->kind == FILE_LINK;
}

/* The one that is known, else the one that may be there. */
static struct file better_of(const struct file *f, const struct file *other)
{
    bool none = f->kind == FILE_NONE || f->kind == FILE_GONE;

    return is_found(other) || (none && other->kind != FILE_NONE) ? *other : *f;
}

static struct file no_file(struct str path)
{
    return (struct file){
        .kind = FILE_NONE, .text = S(""), .link = S(""), .owner = S(""), .path = path};
}

/* In the folders of PATH, as ENV sets it and as it is in most images. */
static struct file in_path(const struct image *im, unsigned stage, node_id before, struct str name)
{
    struct arena *a = image_own(im)->definitions.arena;
    node_id at = before == UINT32_MAX ? im->tree->nnode - 1 : before;
    bool argument;
    const struct definition *d = definition_at(&im->scope, at, S("PATH"), &argument);
    struct buf b = {.arena = a};

    if (d && d->env && d->word) {
        struct value v = image_value(im, a, d->word);
        for (size_t i = 0; i < v.npiece; i++)
            buf_add(&b, v.piece[i].known ? v.piece[i].text : S(":"));
        buf_char(&b, ':');
    }
    buf_add(&b, str_of(usual_folders));
    struct str rest = buf_str(&b), folder;
    struct file f = no_file(name);
    while (!is_found(&f) && str_cut(&rest, ':', &folder)) {
        if (!str_starts(folder, S("/")))
            continue;
        struct file here = file_behind_links(im, stage, before, path_from(a, folder, name));
        f = better_of(&f, &here);
    }
    return f;
}

/* Where a deed puts a file of that name; "" it does not. */
static struct str put_at(struct arena *a, const struct deed *d, struct str name)
{
    bool puts = d->kind == DEED_WRITE || d->kind == DEED_COPY || d->kind == DEED_LINK ||
                d->kind == DEED_FETCH;

    if (!puts || d->mount || !d->to.known)
        return S("");
    if (!d->into && str_eq(path_basename(d->to.path), name))
        return d->to.path;
    bool fits = d->from.path.n && glob_fits(path_basename(d->from.path), name, GLOB_PATH);
    return fits && d->into ? path_from(a, d->to.path, name) : S("");
}

/* May the two be one path, when a working folder is not known? */
static bool may_be_one(struct str path, struct str word)
{
    struct str shorter = path.n < word.n ? path : word, longer = path.n < word.n ? word : path;

    if (str_eq(path, word))
        return true;
    return shorter.n && shorter.p[0] != '/' && str_ends(longer, shorter) &&
           longer.p[longer.n - shorter.n - 1] == '/';
}

/* The last one that is put anywhere by the word's name. */
static struct file by_name(const struct image *im, unsigned stage, node_id before, struct str word)
{
    struct arena *a = image_own(im)->definitions.arena;
    struct image_files *all = files_before(im, before);
    struct touched *t = touched_of(a, all);
    struct str name = path_basename(word);
    struct file f = no_file(word);
    size_t i = before == UINT32_MAX ? all->ndeed : deed_from(all, before);

    while (i-- > 0 && t->looks && !is_found(&f)) {
        const struct deed *d = &all->deed[i];
        t->looks--;
        struct str at = put_at(a, d, name);
        if (at.n && may_be_one(at, word) && image_is_built_on(im, stage, d->stage))
            f = file_behind_links(im, stage, before, at);
    }
    return f;
}

static struct file find_program(const struct image *im, unsigned stage, node_id before,
                                struct str folder, struct str word)
{
    struct arena *a = image_own(im)->definitions.arena;
    bool bare = str_chr(word, '/') == STR_NONE;
    struct str path = path_from(a, folder, word);
    struct file f = bare ? in_path(im, stage, before, word) : no_file(path), other;

    if (!is_found(&f)) {
        other = file_behind_links(im, stage, before, path);
        f = better_of(&f, &other);
    }
    if (!is_found(&f)) {
        other = by_name(im, stage, before, bare ? word : path);
        f = better_of(&f, &other);
    }
    return f;
}

/* What a stage starts is looked for by many, one after the other. */
struct file file_of_program(const struct image *im, unsigned stage, node_id before,
                            struct str folder, struct str word)
{
    struct image_files *all = files_before(im, before);

    for (size_t i = 0; i < PROGRAMS_KEPT; i++) {
        const struct program_file *p = &all->program[i];
        if (p->word.p && p->stage == stage && p->before == before && str_eq(p->word, word) &&
            str_eq(p->folder, folder))
            return p->file;
    }
    struct arena *a = image_own(im)->definitions.arena; /* the words may be another's, and go */
    struct program_file *p = &all->program[all->nprogram++ % PROGRAMS_KEPT];
    *p = (struct program_file){stage, before, str_dup(a, folder), str_dup(a, word), no_file(word)};
    p->file = find_program(im, stage, before, p->folder, p->word);
    return p->file;
}

const struct deed *fetch_named(const struct image *im, unsigned stage, node_id before,
                               struct str name)
{
    struct image_files *all = files_before(im, before);
    struct touched *t = touched_of(image_own(im)->definitions.arena, all);

    for (size_t i = deed_from(all, before); i-- > 0 && t->looks; t->looks--) {
        const struct deed *d = &all->deed[i];
        bool into = d->kind == DEED_FETCH && d->into;
        if (d->fetched && image_is_built_on(im, stage, d->stage) &&
            str_eq(into ? name_of_url(d->from.path) : path_basename(d->to.path), name))
            return d;
    }
    return NULL;
}

struct str file_folder(const struct image *im, unsigned stage)
{
    return image_files(im)->folder[stage];
}

struct str command_folder(const struct image *im, const struct command *c)
{
    bool own = c->list->scope == &im->scope;
    const struct image_files *all =
        image_files_to(im, own ? im->tree->node[c->instruction].after : 0);
    bool listed = own && c->index < all->ncommand;

    return listed && all->at[c->index].p ? all->at[c->index] : S("");
}
