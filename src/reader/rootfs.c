/* Collects a few wanted files from an image's layers, read from the newest down. */
#include "reader/rootfs.h"

#include <stdlib.h>
#include <string.h>

#include "reader/tar.h"

enum {
    FILE_MAX = 64 * 1024 * 1024,
    TOTAL_MAX = 4 * FILE_MAX,
    DIRECTORY_MAX = 20000, /* files in a wanted directory */
    ROUNDS_MAX = 8,        /* links followed one after another */
    SORTED_MIN = 64,       /* entries in order before the order is trusted */
    NAME_MAX_BYTES = 255   /* of a file, in every file system */
};

/* What links lead to is looked for in further rounds: together they read no more than the first
 * one did, and this. */
static const uint64_t rounds_extra = (uint64_t)256 << 20;

enum state { OPEN, FOUND, GONE, LINKED };

struct name {
    struct str name, bytes;
    size_t layer;
    bool gone, unreadable;
};

struct seek {
    const struct want *want;
    struct str path; /* where it is looked for: links so far followed */
    enum state state;
    bool hidden; /* this layer hides what older ones have */
    bool unreadable;
    struct str bytes;
    size_t layer;             /* that it was found in */
    size_t newest;            /* layers above this one do not count (target of a hard link) */
    size_t solid, solid_next; /* bytes of the path that newer layers say are directories */
    struct str link;          /* LINKED: the path to follow */
    VEC(struct name) names;
    uint32_t *slot; /* places in `names` + 1, by the hash of the name; 0: free */
    size_t nslot;   /* a power of two, or 0 */
};

struct scan {
    struct arena *arena;
    struct seek *seek;
    size_t nseek;
    struct layers layers;
    size_t *newer;   /* of each layer: the next newer place that lists the same one, or SIZE_MAX */
    size_t layer;    /* in hand */
    size_t total;    /* bytes kept */
    struct str data; /* of the entry in hand, once it was read */
    bool data_read;
    /* The order of the layer's entries so far: by path component (a walk of directories) or
     * by bytes (a sorted list of paths). Tools write one or the other. */
    bool by_component, by_bytes;
    size_t nentry;
    char first[TAR_PATH_MAX + 1], last[TAR_PATH_MAX + 1], target[TAR_PATH_MAX + 1];
    struct str first_key, last_key;
};

/* Is `path` below `directory` ("" is the root)? */
static bool below(struct str path, struct str directory)
{
    if (!directory.n)
        return path.n > 0;
    return path.n > directory.n && path.p[directory.n] == '/' && str_starts(path, directory);
}

static struct str parent_of(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? S("") : str_sub(path, 0, (size_t)slash);
}

static struct str base_of(struct str path)
{
    ptrdiff_t slash = str_rchr(path, '/');
    return slash == STR_NONE ? path : str_from(path, (size_t)slash + 1);
}

/* ---- is it still possible that something wanted comes? ---- */

/* As by str_cmp, but "/" before any other byte: the order of a walk. */
static int walk_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    for (size_t i = 0; i < n; i++) {
        if (a.p[i] == b.p[i])
            continue;
        if (a.p[i] == '/' || b.p[i] == '/')
            return a.p[i] == '/' ? -1 : 1;
        return (unsigned char)a.p[i] < (unsigned char)b.p[i] ? -1 : 1;
    }
    return (a.n > b.n) - (a.n < b.n);
}

static struct str remember(char *to, struct str key)
{
    memcpy(to, key.p, key.n);
    return (struct str){to, key.n};
}

/* A whiteout stands where what it removes would. */
static void note_order(struct scan *s, struct str key)
{
    if (!key.n)
        return;
    if (s->nentry++ == 0)
        s->first_key = remember(s->first, key);
    else if (s->by_component || s->by_bytes) {
        s->by_component = s->by_component && walk_cmp(s->last_key, key) <= 0;
        s->by_bytes = s->by_bytes && str_cmp(s->last_key, key) <= 0;
    }
    if (s->by_component || s->by_bytes)
        s->last_key = remember(s->last, key);
}

/* Whether the layer, in order so far, is past all that has to do with `path`. It must have
 * begun before the path: archives are also made of several sorted trees, one after another. */
static bool past(const struct scan *s, struct str path)
{
    struct str last = s->last_key;
    if (s->nentry < SORTED_MIN || last.n == 0)
        return false;
    if (s->by_component && walk_cmp(s->first_key, path) <= 0 && walk_cmp(last, path) > 0 &&
        !below(last, path))
        return true;
    /* By bytes, path-x and path.x come before path/x; '0' is what follows '/'. */
    size_t n = path.n < last.n ? path.n : last.n;
    int c = memcmp(last.p, path.p, n);
    return s->by_bytes && str_cmp(s->first_key, path) <= 0 &&
           (c > 0 || (c == 0 && last.n > path.n && last.p[path.n] > '/'));
}

static bool needed(const struct scan *s, const struct seek *k)
{
    if (k->state != OPEN)
        return false;
    for (size_t i = 0; i < s->nseek; i++)
        if (s->seek[i].state == FOUND && (s->seek[i].want->settles & k->want->group))
            return false;
    return true;
}

/* Can the layer in hand say anything about it? Not above the one that it was linked to in, nor
 * what it said already where it was listed before. */
static bool may_speak(const struct scan *s, const struct seek *k)
{
    size_t newer = s->newer[s->layer];
    return k->newest >= s->layer && (newer == SIZE_MAX || k->newest < newer);
}

static bool anything_needed(const struct scan *s)
{
    for (size_t i = 0; i < s->nseek; i++)
        if (needed(s, &s->seek[i]) && may_speak(s, &s->seek[i]))
            return true;
    return false;
}

static bool layer_is_done(const struct scan *s)
{
    for (size_t i = 0; i < s->nseek; i++) {
        const struct seek *k = &s->seek[i];
        if (may_speak(s, k) && needed(s, k) && !past(s, k->path))
            return false;
    }
    return true;
}

/* ---- one entry ---- */

/* Where the name stands, or would stand, in a table that has room. */
static uint32_t *slot_of(const struct seek *k, struct str name)
{
    size_t at = (size_t)str_hash(name) & (k->nslot - 1);
    while (k->slot[at] && !str_eq(k->names.v[k->slot[at] - 1].name, name))
        at = (at + 1) & (k->nslot - 1);
    return &k->slot[at];
}

/* Twice as many slots as names, at least. */
static void make_slots(struct scan *s, struct seek *k)
{
    if (k->nslot > 2 * k->names.n)
        return;
    for (k->nslot = k->nslot ? k->nslot : 16; k->nslot <= 2 * k->names.n;)
        k->nslot *= 2;
    k->slot = arena_new(s->arena, uint32_t, k->nslot);
    for (size_t i = 0; i < k->names.n; i++)
        *slot_of(k, k->names.v[i].name) = (uint32_t)i + 1;
}

static struct name *name_of(struct scan *s, struct seek *k, struct str name, bool *new)
{
    *new = false;
    make_slots(s, k);
    uint32_t *slot = slot_of(k, name);
    if (*slot)
        return &k->names.v[*slot - 1];
    if (k->names.n == DIRECTORY_MAX || name.n > NAME_MAX_BYTES) {
        k->unreadable = true;
        return NULL;
    }
    vec_push(s->arena, &k->names,
             (struct name){.name = str_dup(s->arena, name), .layer = s->layer});
    *slot = (uint32_t)k->names.n;
    *new = true;
    return &k->names.v[k->names.n - 1];
}

static void hide(struct scan *s, struct seek *k, struct str target, bool contents_only)
{
    bool itself = str_eq(k->path, target);
    if (below(k->path, target) || (itself && (!contents_only || k->want->directory))) {
        k->hidden = true;
    } else if (k->want->directory && !contents_only && str_eq(parent_of(target), k->path)) {
        bool new;
        struct name *n = name_of(s, k, base_of(target), &new);
        if (n && new)
            n->gone = true;
    }
}

/* Where a link found at `at` leads for what is looked for at `path` (`at` or below it). */
static bool follow(struct scan *s, struct str at, const struct tar_entry *entry, struct str path,
                   struct str *out)
{
    struct str up =
        entry->type == TAR_SYMLINK && !str_starts(entry->link, S("/")) ? parent_of(at) : S("");
    struct buf b = {.arena = s->arena};
    struct str rest =
        str_fmt(s->arena, STR_FMT "/" STR_FMT, STR_ARG(entry->link), STR_ARG(str_from(path, at.n)));
    struct str part;
    if (up.n + rest.n > TAR_PATH_MAX)
        return false;
    buf_add(&b, up);
    while (str_cut(&rest, '/', &part)) {
        if (!part.n || str_eq(part, S(".")))
            continue;
        if (str_eq(part, S(".."))) {
            b.n = parent_of(buf_str(&b)).n; /* the root is its own parent */
            continue;
        }
        if (b.n)
            buf_char(&b, '/');
        buf_add(&b, part);
    }
    *out = buf_str(&b);
    return true;
}

/* One entry may serve two wants (a link led there), but its data can be read only once. */
static bool take_file(struct scan *s, struct tar *t, const struct tar_entry *entry,
                      struct str *bytes, bool *unreadable, struct err *e)
{
    *bytes = S("");
    *unreadable =
        entry->type != TAR_FILE || entry->size > FILE_MAX || entry->size > TOTAL_MAX - s->total;
    if (*unreadable)
        return true;
    if (!s->data_read && !tar_data(t, s->arena, FILE_MAX, &s->data, e))
        return false;
    s->total += s->data_read ? 0 : s->data.n;
    s->data_read = true;
    *bytes = s->data;
    return true;
}

static bool offer_child(struct scan *s, struct seek *k, struct tar *t,
                        const struct tar_entry *entry, struct err *e)
{
    bool new;
    if (entry->type == TAR_DIRECTORY)
        return true;
    struct name *n = name_of(s, k, base_of(entry->path), &new);
    /* Within one layer the later entry counts, and an entry more than a whiteout. */
    if (!n || (!new && n->layer != s->layer))
        return true;
    n->gone = false;
    return take_file(s, t, entry, &n->bytes, &n->unreadable, e);
}

static bool offer_itself(struct scan *s, struct seek *k, struct tar *t,
                         const struct tar_entry *entry, struct err *e)
{
    bool ancestor = !str_eq(entry->path, k->path);
    switch (entry->type) {
    case TAR_SYMLINK:
    case TAR_HARDLINK:
        if ((ancestor && entry->type == TAR_HARDLINK) || entry->path.n <= k->solid)
            break;
        k->state = LINKED;
        k->newest = entry->type == TAR_HARDLINK ? s->layer : SIZE_MAX;
        if (!follow(s, entry->path, entry, k->path, &k->link)) {
            k->state = GONE;
            k->unreadable = true;
        }
        return true;
    case TAR_DIRECTORY:
        if (k->solid_next < entry->path.n)
            k->solid_next = entry->path.n;
        if (!ancestor && !k->want->directory)
            k->hidden = true;
        return true;
    case TAR_FILE:
    case TAR_OTHER:
        if (ancestor || k->want->directory)
            break;
        k->state = FOUND;
        k->layer = s->layer;
        return take_file(s, t, entry, &k->bytes, &k->unreadable, e);
    }
    k->hidden = true; /* something else where a directory should be */
    return true;
}

static bool offer(struct scan *s, struct seek *k, struct tar *t, const struct tar_entry *entry,
                  struct err *e)
{
    if (str_eq(entry->path, k->path) || below(k->path, entry->path))
        return offer_itself(s, k, t, entry, e);
    if (k->want->directory && str_eq(parent_of(entry->path), k->path))
        return offer_child(s, k, t, entry, e);
    return true;
}

/* What the whiteout at `path` removes: "a/b" of "a/.wh.b". */
static struct str whited_out(struct scan *s, struct str path)
{
    struct str base = str_from(base_of(path), strlen(".wh."));
    size_t up = path.n - base_of(path).n;
    memcpy(s->target, path.p, up);
    memcpy(s->target + up, base.p, base.n);
    return (struct str){s->target, up + base.n};
}

static bool take_entry(struct scan *s, struct tar *t, const struct tar_entry *entry, struct err *e)
{
    struct str base = base_of(entry->path);
    bool opaque = str_eq(base, S(".wh..wh..opq"));
    bool whiteout = !opaque && str_starts(base, S(".wh.")) && !str_starts(base, S(".wh..wh."));
    struct str target = entry->path;
    if (opaque)
        target = parent_of(entry->path);
    else if (whiteout)
        target = whited_out(s, entry->path);
    note_order(s, target);
    s->data_read = false;
    if (!entry->path.n)
        return true;
    for (size_t i = 0; i < s->nseek; i++) {
        struct seek *k = &s->seek[i];
        bool again = k->state == FOUND && k->layer == s->layer && str_eq(entry->path, k->path);
        if (!may_speak(s, k) || !(again || needed(s, k)))
            continue;
        if (opaque || whiteout)
            hide(s, k, target, opaque);
        else if (!offer(s, k, t, entry, e))
            return false;
    }
    return true;
}

/* ---- layers ---- */

static bool scan_layer(struct scan *s, const struct layer_file *l, struct err *e)
{
    struct tar_entry entry;
    enum tar_step step = TAR_ENTRY;
    bool ok = true;
    struct blob *b = blob_open(l->fd, l->digest, l->size, e);
    if (!b)
        return false;
    struct tar *t = malloc(sizeof *t);
    if (!t)
        abort();
    tar_open(t, b);
    blob_limit(b, &s->layers.left->bytes);
    t->most = &s->layers.left->entries;
    s->by_component = s->by_bytes = true;
    s->nentry = 0;
    while (ok && !layer_is_done(s) && (step = tar_next(t, &entry, e)) == TAR_ENTRY)
        ok = take_entry(s, t, &entry, e);
    ok = ok && step != TAR_ERROR && blob_finish(b, e);
    free(t);
    blob_close(b);
    for (size_t i = 0; i < s->nseek; i++) {
        struct seek *k = &s->seek[i];
        if (k->hidden && k->state == OPEN)
            k->state = GONE;
        k->hidden = false;
        k->solid = k->solid_next;
    }
    return ok;
}

static bool scan_layers(struct scan *s, struct err *e)
{
    for (size_t i = s->layers.n; i > 0; i--) {
        s->layer = i - 1;
        if (anything_needed(s) && !scan_layer(s, &s->layers.v[i - 1], e))
            return false;
    }
    return true;
}

/* ---- links ---- */

/* What a link leads to may have been looked for already. True: no further look is needed. */
static bool known_target(struct scan *s, struct seek *k)
{
    for (size_t i = 0; i < s->nseek; i++) {
        const struct seek *other = &s->seek[i];
        if (other == k || other->state == LINKED || k->newest != SIZE_MAX ||
            other->newest != SIZE_MAX || other->want->directory != k->want->directory ||
            !str_eq(other->path, k->link) || (other->state == OPEN && !needed(s, other)))
            continue;
        k->state = other->state;
        k->bytes = other->bytes;
        k->unreadable = other->unreadable;
        k->names.v = other->names.v;
        k->names.n = other->names.n;
        k->names.cap = other->names.n; /* a push makes a copy */
        k->slot = NULL;
        k->nslot = 0;
        return true;
    }
    return false;
}

static bool follow_links(struct scan *s)
{
    bool more = false;
    for (size_t i = 0; i < s->nseek; i++) {
        struct seek *k = &s->seek[i];
        if (k->state != LINKED || known_target(s, k))
            continue;
        k->path = k->link;
        k->state = OPEN;
        k->solid = k->solid_next = 0;
        k->names.n = k->names.cap = 0;
        k->slot = NULL;
        k->nslot = 0;
        more = true;
    }
    return more;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct rootfs_file *)a)->name, ((const struct rootfs_file *)b)->name);
}

static void give(struct arena *a, const struct seek *k, struct found *out)
{
    *out = (struct found){.there = k->state == FOUND,
                          .unreadable = k->unreadable,
                          .bytes = k->state == FOUND ? k->bytes : S("")};
    if (k->state == LINKED)
        out->unreadable = true; /* links without end */
    if (!k->want->directory)
        return;
    struct rootfs_file *file = arena_new(a, struct rootfs_file, k->names.n + 1);
    for (size_t i = 0; i < k->names.n; i++) {
        const struct name *n = &k->names.v[i];
        out->unreadable = out->unreadable || (n->unreadable && !n->gone);
        if (!n->gone && !n->unreadable)
            file[out->nfile++] = (struct rootfs_file){n->name, n->bytes};
    }
    qsort(file, out->nfile, sizeof *file, by_name);
    out->file = file;
    out->there = out->nfile > 0;
}

static void find_doubles(struct scan *s)
{
    s->newer = arena_new(s->arena, size_t, s->layers.n + 1);
    for (size_t i = 0; i < s->layers.n; i++) {
        const struct layer_file *l = &s->layers.v[i];
        s->newer[i] = SIZE_MAX;
        for (size_t k = i + 1; k < s->layers.n && s->newer[i] == SIZE_MAX; k++)
            if (l->digest.n && str_eq(l->digest, s->layers.v[k].digest))
                s->newer[i] = k;
    }
}

/* Links lead on to further rounds, until nothing is new. */
static bool scan_rounds(struct scan *s, struct err *e)
{
    uint64_t *left = &s->layers.left->bytes, before = *left, kept_back = 0;
    bool ok = true;
    for (unsigned round = 0; round < ROUNDS_MAX && ok; round++) {
        ok = scan_layers(s, e);
        uint64_t further = before - *left + rounds_extra;
        if (round == 0 && *left > further) {
            kept_back = *left - further;
            *left = further;
        }
        if (round + 1 == ROUNDS_MAX || !follow_links(s))
            break;
    }
    *left += kept_back;
    return ok;
}

bool rootfs_read(struct arena *a, struct layers layers, const struct want *want, size_t nwant,
                 struct found *out, struct err *e)
{
    struct scan *s = arena_new(a, struct scan, 1);
    s->arena = a;
    s->layers = layers;
    find_doubles(s);
    s->nseek = nwant;
    s->seek = arena_new(a, struct seek, nwant);
    for (size_t i = 0; i < nwant; i++)
        s->seek[i] = (struct seek){
            .want = &want[i], .path = str_of(want[i].path), .bytes = S(""), .newest = SIZE_MAX};
    if (!scan_rounds(s, e))
        return false;
    for (size_t i = 0; i < nwant; i++)
        give(a, &s->seek[i], &out[i]);
    return true;
}
