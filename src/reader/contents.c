/* contents.c - all files of an image's layers, from the newest layer down: what a newer one has in
 * the same place, or took away, does not count.
 *
 * Paths are kept as hashes alone. A package counts as the distro's own where a layer that is not
 * older than the file lists it among the files of one: what was put over such a file later is
 * something else. */
#include "reader/contents.h"

#include <stdlib.h>
#include <string.h>

enum { LISTS_MAX = 64 << 20 /* bytes of a list of files */ };

/* ---- many paths, by their hashes ---- */

struct hashes {
    uint64_t *v; /* 0: free */
    size_t n, size;
};

static void hashes_free(struct hashes *h)
{
    free(h->v);
    *h = (struct hashes){.v = NULL};
}

static bool has_hash(const struct hashes *h, uint64_t x)
{
    size_t i = h->size ? (size_t)x & (h->size - 1) : 0;

    while (h->size && h->v[i] && h->v[i] != x)
        i = (i + 1) & (h->size - 1);
    return h->size && h->v[i];
}

static void put_hash(struct hashes *h, uint64_t x)
{
    size_t i = (size_t)x & (h->size - 1);

    while (h->v[i])
        i = (i + 1) & (h->size - 1);
    h->v[i] = x;
    h->n++;
}

/* Entries are bounded, and so is this. */
static void add_hash(struct hashes *h, uint64_t x)
{
    struct hashes old = *h;

    if (has_hash(h, x))
        return;
    if (h->n * 2 >= h->size) {
        h->size = h->size ? h->size * 2 : 1024;
        h->n = 0;
        h->v = calloc(h->size, sizeof(*h->v));
        if (!h->v)
            abort();
        for (size_t i = 0; i < old.size; i++)
            if (old.v[i])
                put_hash(h, old.v[i]);
        free(old.v);
    }
    put_hash(h, x);
}

/* What is said of a path. */
enum mark { MARK_ITSELF, MARK_BELOW, MARK_BOTH };

static const uint64_t hash_start = 14695981039346656037u;

static uint64_t hash_on(uint64_t h, char c)
{
    return (h ^ (unsigned char)c) * 1099511628211u;
}

/* Mixed, so that paths that are made to fall together do not. */
static uint64_t hash_end(uint64_t h, enum mark mark)
{
    h = (h ^ (uint64_t)mark) * 0x9e3779b97f4a7c15u;
    h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
    h ^= h >> 32;
    return h ? h : 1;
}

static uint64_t hash_of(struct str path, enum mark mark)
{
    uint64_t h = hash_start;

    for (size_t i = 0; i < path.n; i++)
        h = hash_on(h, path.p[i]);
    return hash_end(h, mark);
}

/* ---- the walk ---- */

/* What one file gave. */
struct taken {
    uint64_t path;
    size_t first, end; /* of the list */
    struct str gap;    /* it could not be looked into: its path; "" */
};
struct walk {
    struct content_list list;
    struct layers layers;
    struct hashes covered; /* places that newer layers have, or took away */
    struct hashes fresh;   /* the same of the layer in hand */
    struct hashes unread;  /* files of it that a newer layer covers */
    struct hashes owned;   /* files of a distro's packages, of newer layers and this one */
    VEC(struct taken) taken;
    size_t settled; /* of the list: what is known to count */
    struct str why; /* what could not be looked into, the first */
};

static bool is_covered(const struct walk *w, struct str path)
{
    const struct hashes *c = &w->covered;
    uint64_t h = hash_start;

    if (!c->n)
        return false;
    if (has_hash(c, hash_end(h, MARK_BELOW)))
        return true;
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '/' &&
            (has_hash(c, hash_end(h, MARK_BOTH)) || has_hash(c, hash_end(h, MARK_BELOW))))
            return true;
        h = hash_on(h, path.p[i]);
    }
    return has_hash(c, hash_end(h, MARK_BOTH)) || has_hash(c, hash_end(h, MARK_ITSELF));
}

static struct str folder_of(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? S("") : str_sub(path, 0, (size_t)slash);
}

/* "a/.wh.b" takes away a/b, "a/.wh..wh..opq" all that was in a. */
static bool take_whiteout(struct walk *w, struct str path)
{
    struct str name = path_basename(path), folder = folder_of(path);

    if (!str_starts(name, S(".wh.")))
        return false;
    if (str_eq(name, S(".wh..wh..opq")))
        add_hash(&w->fresh, hash_of(folder, MARK_BELOW));
    else if (!str_starts(name, S(".wh..wh.")))
        add_hash(&w->fresh, hash_of(str_fmt(w->list.scratch, STR_FMT "%s" STR_FMT, STR_ARG(folder),
                                            folder.n ? "/" : "", STR_ARG(str_from(name, 4))),
                                    MARK_BOTH));
    return true;
}

static void note_gap(struct walk *w, struct str path)
{
    struct taken t = {.path = hash_of(path, MARK_ITSELF),
                      .first = w->list.v.n,
                      .end = w->list.v.n,
                      .gap = content_text(w->list.arena, path)};
    vec_push(w->list.arena, &w->taken, t);
}

/* ---- what packages own ---- */

static bool is_list(struct str path)
{
    return (str_starts(path, S("var/lib/dpkg/info/")) && str_ends(path, S(".list"))) ||
           (str_starts(path, S("var/lib/dpkg/status.d/")) && str_ends(path, S(".md5sums"))) ||
           str_eq(path, S("lib/apk/db/installed")) || str_eq(path, S("usr/lib/apk/db/installed"));
}

/* /bin is a link to usr/bin, and packages may name either. */
static void own(struct walk *w, struct str path)
{
    while (str_starts(path, S("/")))
        path = str_from(path, 1);
    if (!path.n)
        return;
    add_hash(&w->owned, hash_of(path, MARK_ITSELF));
    if (str_starts(path, S("lib")) || str_starts(path, S("bin/")) || str_starts(path, S("sbin/")))
        add_hash(&w->owned,
                 hash_of(str_fmt(w->list.scratch, "usr/" STR_FMT, STR_ARG(path)), MARK_ITSELF));
}

/* apk: "F:usr/bin", then "R:curl" for each file in it. dpkg: a path a line, of md5sums behind the
 * sum. */
static void take_list(struct walk *w, struct str path, struct str text)
{
    struct str line, folder = S("");
    bool apk = str_ends(path, S("installed")), sums = str_ends(path, S(".md5sums"));

    while (str_cut(&text, '\n', &line)) {
        struct arena_mark m = arena_mark(w->list.scratch);
        ptrdiff_t blank = sums ? str_chr(line, ' ') : STR_NONE;
        if (apk && str_starts(line, S("F:")))
            folder = str_from(line, 2);
        else if (apk && str_starts(line, S("R:")))
            own(w, str_fmt(w->list.scratch, STR_FMT "/" STR_FMT, STR_ARG(folder),
                           STR_ARG(str_from(line, 2))));
        else if (!apk)
            own(w, blank == STR_NONE ? line : str_trim(str_from(line, (size_t)blank)));
        arena_rewind(w->list.scratch, m);
    }
}

/* ---- an entry ---- */

/* A list of files, if it is of no kind. */
static bool read_file(struct walk *w, struct tar *t, struct str path, enum content_kind kind,
                      bool *whole, struct err *e)
{
    struct str bytes;

    if (kind == CONTENT_PROGRAM)
        return content_take_program(&w->list, t, path, whole, e);
    if (!tar_data(t, w->list.scratch, CONTENT_FILE_MAX, &bytes, e))
        return false;
    if (kind == CONTENT_NONE)
        take_list(w, path, bytes);
    else
        *whole = content_take(&w->list, kind, path, bytes);
    return true;
}

static bool take_file(struct walk *w, struct tar *t, struct str path, uint64_t size,
                      enum content_kind kind, struct err *e)
{
    struct taken taken = {.path = hash_of(path, MARK_ITSELF), .first = w->list.v.n, .gap = S("")};
    uint64_t most = kind == CONTENT_NONE ? (uint64_t)LISTS_MAX : (uint64_t)CONTENT_FILE_MAX;
    bool whole = kind == CONTENT_PROGRAM || size <= most;

    if (whole && !read_file(w, t, path, kind, &whole, e))
        return false;
    taken.end = w->list.v.n;
    if (!whole)
        taken.gap = content_text(w->list.arena, path);
    if (!whole || taken.end > taken.first)
        vec_push(w->list.arena, &w->taken, taken);
    return true;
}

/* What a newer layer covers may still be there by another name. */
static bool pass_file(struct walk *w, struct tar *t, struct str path, enum content_kind kind,
                      struct err *e)
{
    bool tells = true;

    if (kind == CONTENT_PROGRAM && !content_is_program(t, &tells, e))
        return false;
    if (tells)
        add_hash(&w->unread, hash_of(path, MARK_ITSELF));
    return true;
}

static void take_link(struct walk *w, struct str path, struct str link)
{
    char *room = arena_new(w->list.scratch, char, TAR_PATH_MAX + 1);
    struct str target;

    if (tar_plain_path(link, room, &target) && has_hash(&w->unread, hash_of(target, MARK_ITSELF)))
        note_gap(w, path);
}

static bool take_other(struct walk *w, struct tar *t, const struct tar_entry *entry, struct err *e)
{
    struct str path = str_dup(w->list.scratch, entry->path);
    bool list = is_list(path), covered = is_covered(w, path);
    enum content_kind kind = list ? CONTENT_NONE : content_kind(path, entry->size);
    bool tells = list || kind != CONTENT_NONE;

    add_hash(&w->fresh, hash_of(path, MARK_BOTH));
    if (entry->type == TAR_HARDLINK && !covered)
        take_link(w, path, entry->link);
    else if (entry->type == TAR_OTHER && !covered && tells && entry->size)
        note_gap(w, path); /* a file with holes */
    if (entry->type != TAR_FILE || !tells)
        return true;
    return covered ? pass_file(w, t, path, kind, e) : take_file(w, t, path, entry->size, kind, e);
}

static bool take_entry(struct walk *w, struct tar *t, const struct tar_entry *entry, struct err *e)
{
    struct arena_mark m = arena_mark(w->list.scratch);
    bool good = true;

    if (entry->type == TAR_DIRECTORY)
        add_hash(&w->fresh, hash_of(entry->path, MARK_ITSELF));
    else if (!take_whiteout(w, entry->path))
        good = take_other(w, t, entry, e);
    arena_rewind(w->list.scratch, m);
    return good;
}

/* ---- layers ---- */

/* Which packages of the layer are not the distro's is known at its end. */
static void settle_layer(struct walk *w)
{
    for (size_t i = 0; i < w->taken.n; i++) {
        const struct taken *t = &w->taken.v[i];
        if (has_hash(&w->owned, t->path))
            continue;
        for (size_t k = t->first; k < t->end; k++)
            w->list.v.v[w->settled++] = w->list.v.v[k];
        if (t->gap.n && !w->why.n)
            w->why = str_fmt(w->list.arena, STR_FMT " could not be looked into", STR_ARG(t->gap));
    }
    w->list.v.n = w->settled;
    w->taken.n = 0;
    for (size_t i = 0; i < w->fresh.size; i++)
        if (w->fresh.v[i])
            add_hash(&w->covered, w->fresh.v[i]);
    hashes_free(&w->fresh);
    hashes_free(&w->unread);
}

static bool walk_layer(struct walk *w, const struct layer_file *l, struct err *e)
{
    struct tar_entry entry;
    enum tar_step step;
    struct blob *b = blob_open(l->fd, l->digest, l->size, e);
    struct tar *t = b ? malloc(sizeof(*t)) : NULL;

    if (!b)
        return false;
    if (!t)
        abort();
    tar_open(t, b);
    blob_limit(b, &w->layers.left->bytes);
    t->most = &w->layers.left->entries;
    bool ok = true;
    while (ok && (step = tar_next(t, &entry, e)) != TAR_END)
        ok = step == TAR_ENTRY && take_entry(w, t, &entry, e);
    ok = ok && blob_finish(b, e);
    if (t->passed_over && !w->why.n)
        w->why = S("a file whose name is too long or leads elsewhere was not looked into");
    free(t);
    blob_close(b);
    settle_layer(w);
    return ok;
}

/* All that an older place of the same layer has, the newer one covers. */
static bool is_walked(struct layers l, size_t at)
{
    for (size_t i = at + 1; i < l.n; i++)
        if (l.v[at].digest.n && str_eq(l.v[at].digest, l.v[i].digest))
            return true;
    return false;
}

bool contents_of_layers(struct arena *a, struct layers layers, struct base_facts *f, struct err *e)
{
    struct walk w = {.list = {.arena = a, .scratch = arena_open(), .left = &layers.left->bytes},
                     .layers = layers,
                     .why = S("")};
    bool ok = true;

    for (size_t i = layers.n; ok && i > 0; i--)
        if (!is_walked(layers, i - 1))
            ok = walk_layer(&w, &layers.v[i - 1], e);
    if (ok) {
        f->content = w.list.v.v;
        f->ncontent = w.list.v.n;
        f->contents_known = true;
        f->contents_why = w.list.full ? S("there are more packages than dfix reads") : w.why;
    }
    hashes_free(&w.covered);
    hashes_free(&w.fresh);
    hashes_free(&w.unread);
    hashes_free(&w.owned);
    arena_close(w.list.scratch);
    return ok;
}
