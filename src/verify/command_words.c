/* Two commands of one program, or two lists of words, that differ. */
#include "parts.h"

/* The words that one has and the other has not, with what they are. */
struct left_word {
    size_t at; /* which of the pieces */
    bool names_package;
    struct package package;
};
struct left {
    const struct group *g;
    struct left_word *v;
    size_t n;
};

static uint64_t *hashes_of(struct arena *a, const struct group *g)
{
    uint64_t *h = arena_new(a, uint64_t, g->n + 1);

    for (size_t i = 0; i < g->n; i++)
        h[i] = verify_hash(str_hash(g->piece[i].text), g->piece[i].kind);
    return h;
}

static void add_left(struct arena *a, struct left *l, size_t at)
{
    struct left_word *w = &l->v[l->n++];

    arena_tick(a);
    w->at = at;
    w->names_package = package_of_piece(l->g, &l->g->piece[at], &w->package);
}

static void read_left(struct comparison *c, const struct group *x, const struct group *y,
                      struct left *lx, struct left *ly)
{
    uint32_t *partner =
        verify_align(c->arena, hashes_of(c->arena, x), x->n, hashes_of(c->arena, y), y->n);
    bool *met = arena_new(c->arena, bool, y->n + 1);

    *lx = (struct left){x, arena_new(c->arena, struct left_word, x->n + 1), 0};
    *ly = (struct left){y, arena_new(c->arena, struct left_word, y->n + 1), 0};
    for (size_t i = 0; i < x->n; i++) {
        if (partner[i] == ALIGN_NONE)
            add_left(c->arena, lx, i);
        else
            met[partner[i]] = true;
    }
    for (size_t i = 0; i < y->n; i++)
        if (!met[i])
            add_left(c->arena, ly, i);
}

static void drop(struct left *l, size_t i)
{
    memmove(l->v + i, l->v + i + 1, (--l->n - i) * sizeof(*l->v));
}

static const struct part *piece_of(const struct left *l, size_t i)
{
    return &l->g->piece[l->v[i].at];
}

static bool is_same(const struct part *x, const struct part *y)
{
    return x->kind == y->kind && str_eq(x->text, y->text);
}

/* ---- packages ---- */

static struct str version_shown(struct arena *a, const struct package *p)
{
    if (!p->operator_.n)
        return S("any version");
    if (word_is_one_of(p->operator_, "= == @ :"))
        return p->version;
    return str_fmt(a, STR_FMT STR_FMT, STR_ARG(p->operator_), STR_ARG(p->version));
}

static bool same_package(const struct package *p, const struct package *q)
{
    return str_eq(p->name, q->name) && str_eq(p->qualifier, q->qualifier);
}

/* Words that name the same package in another version. */
static void pair_packages(struct comparison *c, struct left *x, struct left *y)
{
    for (size_t i = 0; i < x->n; i++) {
        const struct package *p = &x->v[i].package;
        size_t k = 0;
        arena_tick(c->arena);
        while (x->v[i].names_package && k < y->n &&
               !(y->v[k].names_package && same_package(p, &y->v[k].package)))
            k++;
        if (!x->v[i].names_package || k == y->n || is_same(piece_of(x, i), piece_of(y, k)))
            continue;
        verify_tell(c, DIFFERENCE_VERSIONS,
                    "installs " STR_FMT " at " STR_FMT " instead of " STR_FMT, STR_ARG(p->name),
                    STR_ARG(version_shown(c->arena, &y->v[k].package)),
                    STR_ARG(version_shown(c->arena, p)));
        drop(x, i--);
        drop(y, k);
    }
}

/* ---- words that stand elsewhere ---- */

static void pair_moved(struct comparison *c, struct left *x, struct left *y)
{
    bool packages = true;
    size_t count = 0;

    for (size_t i = 0; i < x->n; i++) {
        size_t k = 0;
        arena_tick(c->arena);
        while (k < y->n && !is_same(piece_of(x, i), piece_of(y, k)))
            k++;
        if (k == y->n)
            continue;
        packages &= x->v[i].names_package && y->v[k].names_package;
        count++;
        drop(x, i--);
        drop(y, k);
    }
    if (count)
        verify_tell(c, packages ? DIFFERENCE_ORDER : DIFFERENCE_BEHAVIOUR,
                    packages ? "names its packages in another order: " STR_FMT
                             : "has its words in another order: " STR_FMT,
                    STR_ARG(group_shown(c->arena, y->g)));
}

/* ---- words that only one has ---- */

static struct str called(struct arena *a, const struct left *l, const struct part *p)
{
    const struct command *k = option_taker(l->g, p);
    return k && k->name.n ? verify_shown(a, k->name) : S("it");
}

static bool is_url(struct str s)
{
    return str_starts(s, S("http://")) || str_starts(s, S("https://")) ||
           str_starts(s, S("ftp://"));
}

static void tell_one(struct comparison *c, const struct left *l, size_t i, bool gone)
{
    const struct part *p = piece_of(l, i);
    struct str text = piece_shown(c->arena, p);

    if (p->kind == PIECE_EXEC)
        verify_tell(c, DIFFERENCE_BEHAVIOUR,
                    gone ? "is started by a shell" : "is started without a shell");
    else if (l->v[i].names_package)
        verify_tell(c, DIFFERENCE_BEHAVIOUR,
                    gone ? "no longer installs " STR_FMT : "also installs " STR_FMT, STR_ARG(text));
    else if (is_url(p->text))
        verify_tell(c, DIFFERENCE_BEHAVIOUR,
                    gone ? "no longer fetches " STR_FMT : "also fetches " STR_FMT, STR_ARG(text));
    else
        verify_tell(c, option_matters(l->g, p, !gone),
                    gone ? STR_FMT " no longer gets " STR_FMT : STR_FMT " also gets " STR_FMT,
                    STR_ARG(called(c->arena, l, p)), STR_ARG(text));
}

static enum difference_kind kind_of_pair(struct comparison *c, const struct part *x,
                                         const struct part *y, enum instruction op)
{
    if (op == INST_FROM && x->kind == PIECE_WORD && y->kind == PIECE_WORD)
        return images_differ(c->arena, x->text, y->text);
    if (x->kind == PIECE_FLAG && y->kind == PIECE_FLAG)
        return flags_differ(c->arena, x->text, y->text);
    return assignments_differ_in_version(c, x, y) ? DIFFERENCE_VERSIONS : DIFFERENCE_BEHAVIOUR;
}

/* Do they stand at one place: behind words that both have? */
static bool face_each_other(const struct left *x, size_t i, const struct left *y, size_t k)
{
    const struct part *p = piece_of(x, i), *q = piece_of(y, k);
    size_t a = x->v[i].at, b = y->v[k].at;

    if (p->kind != q->kind || option_matters(x->g, p, false) != DIFFERENCE_BEHAVIOUR ||
        option_matters(y->g, q, true) != DIFFERENCE_BEHAVIOUR)
        return false;
    for (; a && b; a--, b--)
        if (is_same(&x->g->piece[a - 1], &y->g->piece[b - 1]))
            return true;
        else if (i == 0 || x->v[i - 1].at != a - 1)
            return false;
    return a == b;
}

static void tell_left(struct comparison *c, struct left *x, struct left *y, const char *verb,
                      enum instruction op)
{
    while (x->n || y->n) {
        if (x->n && y->n && (verb || face_each_other(x, 0, y, 0)) &&
            piece_of(x, 0)->kind == piece_of(y, 0)->kind) {
            const struct part *p = piece_of(x, 0), *q = piece_of(y, 0);
            bool urls = is_url(p->text) && is_url(q->text);
            struct str name =
                verb   ? S("")
                : urls ? S("fetches")
                       : str_fmt(c->arena, STR_FMT " gets", STR_ARG(called(c->arena, y, q)));
            verify_tell(c, kind_of_pair(c, p, q, op),
                        "%s" STR_FMT " " STR_FMT " instead of " STR_FMT, verb ? verb : "",
                        STR_ARG(name), STR_ARG(piece_shown(c->arena, q)),
                        STR_ARG(piece_shown(c->arena, p)));
            drop(x, 0);
            drop(y, 0);
            continue;
        }
        bool gone = x->n && (!y->n || x->v[0].at <= y->v[0].at);
        tell_one(c, gone ? x : y, 0, gone);
        drop(gone ? x : y, 0);
    }
}

void compare_words(struct comparison *c, const struct group *x, const struct group *y,
                   const char *verb, enum instruction op)
{
    struct left lx, ly;

    read_left(c, x, y, &lx, &ly);
    pair_moved(c, &lx, &ly);
    tell_left(c, &lx, &ly, verb, op);
}

/* ---- apt and apt-get ---- */

static bool is_called(const struct group *g, const char *name)
{
    return g->command && str_eq(g->command->name, str_of(name));
}

static size_t find_word(const struct left *l, struct str text)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_eq(piece_of(l, i)->text, text))
            return i;
    return SIZE_MAX;
}

static bool drop_both(struct left *x, const char *old, struct left *y, const char *new)
{
    size_t i = find_word(x, str_of(old)), k = find_word(y, str_of(new));

    if (i == SIZE_MAX || k == SIZE_MAX)
        return false;
    drop(x, i);
    drop(y, k);
    return true;
}

/* One is the other, made for people: what is written for it otherwise is the same. */
static void pair_apt(struct comparison *c, struct left *x, struct left *y)
{
    static const char both[] = "install reinstall remove purge autoremove autopurge update upgrade "
                               "full-upgrade dist-upgrade build-dep satisfy clean autoclean check "
                               "source download changelog";
    bool to = is_called(x->g, "apt") && is_called(y->g, "apt-get");
    struct left *apt = to ? x : y, *get = to ? y : x;

    if ((!to && !(is_called(x->g, "apt-get") && is_called(y->g, "apt"))) ||
        !word_is_one_of(command_subcommand(apt->g->command), both))
        return;
    bool upgrade = str_eq(command_subcommand(apt->g->command), S("upgrade"));
    size_t new = find_word(get, S("--with-new-pkgs"));
    if (upgrade && new == SIZE_MAX) /* apt does, and apt-get does not, install new packages */
        return;
    if (upgrade)
        drop(get, new);
    drop_both(apt, "full-upgrade", get, "dist-upgrade");
    if (drop_both(apt, "apt", get, "apt-get"))
        verify_tell(c, DIFFERENCE_LAYOUT, "calls %s, which does the same as %s",
                    to ? "apt-get" : "apt", to ? "apt" : "apt-get");
}

void compare_command(struct comparison *c, const struct group *x, const struct group *y)
{
    struct left lx, ly;

    read_left(c, x, y, &lx, &ly);
    pair_apt(c, &lx, &ly);
    pair_packages(c, &lx, &ly);
    pair_moved(c, &lx, &ly);
    tell_left(c, &lx, &ly, NULL, INST_RUN);
}
