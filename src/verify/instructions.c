/* Two instructions of one kind whose words differ. */
#include "parts.h"

/* What the words of an instruction are for: "is built on X instead of Y". */
static const char *verb_of(enum instruction op)
{
    switch (op) {
    case INST_FROM:
        return "is built on";
    case INST_USER:
        return "goes on as";
    case INST_WORKDIR:
        return "works in";
    case INST_COPY:
    case INST_ADD:
        return "takes";
    case INST_EXPOSE:
        return "exposes";
    case INST_STOPSIGNAL:
        return "stops by";
    case INST_VOLUME:
        return "keeps";
    default:
        return "says";
    }
}

/* ---- ENV, ARG, LABEL ---- */

static void compare_pairs(struct comparison *c, const struct unit *x, const struct unit *y)
{
    const struct group *gx = &x->group[0], *gy = &y->group[0];
    struct str name = verify_shown(c->arena, gy->piece[0].text);

    if (gx->n < 2 || gy->n < 2) {
        verify_tell(c, DIFFERENCE_BEHAVIOUR, STR_FMT " has %s value", STR_ARG(name),
                    gy->n < 2 ? "no" : "a");
        return;
    }
    struct str old = gx->piece[1].text, new = gy->piece[1].text;
    bool version = x->op != INST_LABEL ? values_differ_in_version(c, x, old, new) : false;
    verify_tell(c, version ? DIFFERENCE_VERSIONS : DIFFERENCE_BEHAVIOUR,
                STR_FMT " is " STR_FMT " instead of " STR_FMT, STR_ARG(name),
                STR_ARG(piece_shown(c->arena, &gy->piece[1])),
                STR_ARG(piece_shown(c->arena, &gx->piece[1])));
}

/* MAINTAINER and the label that says the same. */
static void compare_maintainers(struct comparison *c, const struct unit *x, const struct unit *y)
{
    const struct group *gx = &x->group[0], *gy = &y->group[0];
    struct str old = gx->piece[gx->n - 1].text, new = gy->piece[gy->n - 1].text;
    bool quoted =
        old.n > 1 && (old.p[0] == '"' || old.p[0] == '\'') && old.p[old.n - 1] == old.p[0];

    if (str_eq(old, new) || (quoted && str_eq(str_sub(old, 1, old.n - 1), new)))
        verify_tell(c, DIFFERENCE_LAYOUT, "says who maintains the image, as MAINTAINER did");
    else
        verify_tell(c, DIFFERENCE_BEHAVIOUR, "names " STR_FMT " instead of " STR_FMT,
                    STR_ARG(verify_shown(c->arena, new)), STR_ARG(verify_shown(c->arena, old)));
}

/* ---- ADD and COPY ---- */

static bool is_remote(struct str s)
{
    return str_find(s, S("://")) != STR_NONE || str_starts(s, S("git@")) || !s.n;
}

/* Would ADD unpack what is called so? By the names that archives have. */
static bool may_be_archive(struct str path)
{
    struct str name = path_basename(path), end;
    ptrdiff_t dot = str_rchr(name, '.');

    if (!name.n || word_is_one_of(name, ". .."))
        return false; /* a folder */
    end = dot == STR_NONE ? S("") : str_from(name, (size_t)dot + 1);
    for (size_t i = 0; i < end.n; i++)
        if (end.p[i] < '0' || (end.p[i] > '9' && end.p[i] < 'A') ||
            (end.p[i] > 'Z' && end.p[i] < 'a') || end.p[i] > 'z')
            return true;
    if (!end.n || (end.p[0] >= '0' && end.p[0] <= '9'))
        return true; /* no name of a plain file */
    return word_is_one_of(end, "tar Z bz2 gz lz lzma tZ tb2 tbz tbz2 tgz tlz tpz txz xz zst tzst");
}

/* Is it a folder of the build context, or a file that is none of the archives ADD knows? */
static bool context_has_plain(const struct comparison *c, struct str path)
{
    static const char *const starts[] = {"\x1f\x8b", "BZh", "\3757zXZ", "\x28\xb5\x2f\xfd"};
    enum { TAR_MARK = 257 };
    struct context_entry r;

    while (str_starts(path, S("./")) || str_starts(path, S("/")))
        path = str_from(path, path.p[0] == '/' ? 1 : 2);
    if (!c->folder.n || lookup_file(c->lookup, c->folder, path, &r) != ANSWER_FOUND)
        return false;
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (str_starts(r.text, str_of(starts[i])))
            return false;
    return r.is_folder || r.text.n < TAR_MARK + 5 ||
           !str_eq(str_sub(r.text, TAR_MARK, TAR_MARK + 5), S("ustar"));
}

/* Do ADD and COPY of these words come to the same? */
static bool is_plain_copy(const struct comparison *c, const struct group *g)
{
    size_t words = 0, last = 0;

    for (size_t i = 0; i < g->n; i++) {
        if (g->piece[i].kind == PIECE_FLAG && !str_starts(g->piece[i].text, S("ch")) &&
            !str_starts(g->piece[i].text, S("link")))
            return false;
        if (g->piece[i].kind == PIECE_FLAG && str_starts(g->piece[i].text, S("checksum")))
            return false;
        if (g->piece[i].kind == PIECE_WORD) {
            words++;
            last = i;
        }
    }
    for (size_t i = 0; i < last; i++) {
        struct str s = g->piece[i].text;
        if (g->piece[i].kind != PIECE_WORD)
            continue;
        if (is_remote(s) || memchr(s.p, '$', s.n) ||
            (may_be_archive(s) && !context_has_plain(c, s)))
            return false;
    }
    return words > 0;
}

static void compare_copies(struct comparison *c, const struct unit *x, const struct unit *y)
{
    if (x->op != y->op) {
        bool same = x->n && y->n && is_plain_copy(c, &y->group[0]);
        verify_tell(c, same ? DIFFERENCE_LAYOUT : DIFFERENCE_BEHAVIOUR,
                    same ? "copies plain files, as ADD does too"
                         : "is " STR_FMT " now, and only ADD unpacks archives and fetches URLs",
                    STR_ARG(instruction_name(y->op)));
    }
    if (x->n && y->n && x->group[0].hash != y->group[0].hash)
        compare_words(c, &x->group[0], &y->group[0], "takes", x->op);
    for (size_t i = 1; i < x->n || i < y->n; i++)
        if (i >= x->n || i >= y->n || x->group[i].hash != y->group[i].hash) {
            verify_tell(c, DIFFERENCE_BEHAVIOUR, "writes another text");
            break;
        }
}

/* ---- any ---- */

static bool runs_commands(enum instruction op)
{
    return op == INST_RUN || op == INST_CMD || op == INST_ENTRYPOINT || op == INST_HEALTHCHECK ||
           op == INST_ONBUILD || op == INST_SHELL;
}

void compare_unit(struct comparison *c, const struct unit *x, const struct unit *y)
{
    size_t before = c->found.n;

    if (x->op == INST_MAINTAINER && y->op == INST_LABEL && x->n && y->n)
        compare_maintainers(c, x, y);
    else if ((x->op == INST_COPY || x->op == INST_ADD) && (y->op == INST_COPY || y->op == INST_ADD))
        compare_copies(c, x, y);
    else if (x->part && y->part && x->op != INST_EXPOSE && x->n && y->n)
        compare_pairs(c, x, y);
    else if (runs_commands(x->op))
        compare_commands(c, x, y);
    else if (x->n == 1 && y->n == 1)
        compare_words(c, &x->group[0], &y->group[0], verb_of(x->op), x->op);
    for (size_t i = before; i < c->found.n; i++)
        if (c->found.v[i].kind >= DIFFERENCE_LAYOUT)
            return;
    verify_tell(
        c, DIFFERENCE_BEHAVIOUR, "says " STR_FMT " instead of " STR_FMT,
        STR_ARG(verify_shown(c->arena, node_text(c->after.tree, y->part ? y->part : y->node))),
        STR_ARG(verify_shown(c->arena, node_text(c->before.tree, x->part ? x->part : x->node))));
}
