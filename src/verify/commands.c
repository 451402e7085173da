/* Two instructions that run commands: which commands one has and the other has not, and how they
 * are linked. */
#include "parts.h"

#include <assert.h>

typedef VEC(const struct group *) group_list;

static uint64_t *hashes_of(struct arena *a, const struct unit *u)
{
    uint64_t *h = arena_new(a, uint64_t, u->n + 1);

    for (size_t i = 0; i < u->n; i++)
        h[i] = u->group[i].hash;
    return h;
}

static bool is_link(const struct group *g)
{
    return g->n == 1 && g->piece[0].kind == PIECE_LINK;
}

struct str group_name(const struct group *g)
{
    struct str name = g->command ? g->command->name : S("");

    for (size_t i = 0; !name.n && i < g->n; i++)
        if (g->piece[i].kind == PIECE_WORD) {
            ptrdiff_t value = str_find(g->piece[i].text, S("=\7"));
            name = value == STR_NONE ? g->piece[i].text
                                     : str_sub(g->piece[i].text, 0, (size_t)value + 1);
        }
    return str_eq(name, S("apt")) ? S("apt-get") : name;
}

static uint64_t *names_of(struct arena *a, const group_list *l)
{
    uint64_t *h = arena_new(a, uint64_t, l->n + 1);

    for (size_t i = 0; i < l->n; i++)
        h[i] = str_hash(group_name(l->v[i]));
    return h;
}

/* One gap: groups that stand between two that both have. */
struct gap {
    const struct unit *u;
    size_t from, to;
    group_list command;
    bool *explained; /* by group of the gap: a link that goes with a command */
    bool *alone;     /* by group of the unit: a command that only one of both has */
};

static void gap_read(struct arena *a, struct gap *g)
{
    g->explained = arena_new(a, bool, g->to - g->from + 1);
    for (size_t i = g->from; i < g->to; i++)
        if (!is_link(&g->u->group[i]))
            vec_push(a, &g->command, &g->u->group[i]);
}

/* The group behind a command, and behind the text that it hands to a shell. */
static size_t behind(const struct unit *u, size_t command)
{
    size_t end = command + 1;

    for (size_t i = end; i < u->n; i++)
        if (u->group[i].holder == command + 1)
            end = i + 1;
    return end;
}

/* A command that stands alone takes a link with it: the one before it, else the one behind; which
 * it was, or "" there is none. */
static struct str gap_take_link(struct gap *g, const struct group *command)
{
    size_t at = (size_t)(command - g->u->group);
    size_t places[] = {at - 1, behind(g->u, at)};

    for (size_t i = 0; i < 2; i++) {
        size_t p = places[i];
        if (p < g->from || p >= g->to || (i == 0 && at == 0) || !is_link(&g->u->group[p]) ||
            g->u->group[p].holder || g->explained[p - g->from])
            continue;
        g->explained[p - g->from] = true;
        return g->u->group[p].piece[0].text;
    }
    return S("");
}

/* Does the shell begin with `set -e`, so that the first command to fail ends it? */
static bool ends_at_failure(const struct unit *u)
{
    const struct group *first = NULL;
    bool does = false;

    for (size_t i = 0; i < u->n && !first; i++)
        if (u->group[i].command)
            first = &u->group[i];
    if (!first || !str_eq(first->command->name, S("set")))
        return false;
    for (size_t i = 1; i < first->n; i++) {
        struct str word = first->piece[i].text;
        does |= str_eq(word, S("errexit")) ||
                (str_starts(word, S("-")) && str_chr(word, 'e') != STR_NONE);
    }
    return does;
}

/* Is the exit status of its list that of the command? */
static bool is_last(const struct unit *u, const struct group *g)
{
    size_t i = (size_t)(g - u->group) + 1;

    while (i < u->n && str_eq(u->group[i].piece[0].text, S(";")))
        i++;
    return i == u->n ||
           (is_link(&u->group[i]) &&
            word_is_one_of(u->group[i].piece[0].text,
                           "&& || | |& & ;; ;& ;;& ) } then do else elif fi done esac"));
}

/* Behind `;` it runs whatever came of the command before, and says that all went well. */
static bool hides_failure(const struct unit *u, const struct group *g, struct str link)
{
    return str_eq(link, S(";")) && is_last(u, g) && !ends_at_failure(u);
}

static void tell_alone(struct comparison *c, struct gap *g, const struct group *x, bool gone)
{
    struct str link = gap_take_link(g, x);
    g->alone[x - g->u->group] = true;
    bool tidies = word_is_one_of(link, "&& ;") && group_tidies(x);
    struct str why = tidies && !gone ? group_tidies_too_early(c, g->u, x) : S("");

    if (tidies && hides_failure(g->u, x, link)) {
        tidies = false;
        why = S("its exit status takes the place of the one before it");
    }

    if (gone)
        c->at_before = x->at;
    else
        c->at_after = x->at;
    if (why.n)
        verify_tell(c, DIFFERENCE_BEHAVIOUR, "%s runs " STR_FMT ", but " STR_FMT,
                    gone ? "no longer" : "also", STR_ARG(group_shown(c->arena, x)), STR_ARG(why));
    else
        verify_tell(c, tidies ? DIFFERENCE_CACHES : DIFFERENCE_BEHAVIOUR, "%s %s " STR_FMT,
                    gone ? "no longer" : "also", x->command ? "runs" : "has",
                    STR_ARG(group_shown(c->arena, x)));
}

static struct str links_of(struct arena *a, const struct gap *g)
{
    struct buf b = {.arena = a};

    for (size_t i = g->from; i < g->to; i++) {
        size_t holder = g->u->group[i].holder;
        if (is_link(&g->u->group[i]) && !g->explained[i - g->from] &&
            !(holder && g->alone[holder - 1])) {
            if (b.n)
                buf_char(&b, ' ');
            buf_add(&b, g->u->group[i].piece[0].text);
        }
    }
    return buf_str(&b);
}

static void tell_links(struct comparison *c, struct str x, struct str y)
{
    if (str_eq(x, y))
        return;
    if (!y.n || !x.n)
        verify_tell(c, DIFFERENCE_BEHAVIOUR, "links its commands with%s " STR_FMT, y.n ? "" : "out",
                    STR_ARG(verify_shown(c->arena, y.n ? y : x)));
    else
        verify_tell(c, DIFFERENCE_BEHAVIOUR,
                    "links its commands with " STR_FMT " instead of " STR_FMT,
                    STR_ARG(verify_shown(c->arena, y)), STR_ARG(verify_shown(c->arena, x)));
}

static void compare_gap(struct comparison *c, struct gap *x, struct gap *y)
{
    gap_read(c->arena, x);
    gap_read(c->arena, y);
    uint32_t *partner = verify_align(c->arena, names_of(c->arena, &x->command), x->command.n,
                                     names_of(c->arena, &y->command), y->command.n);
    struct span before = c->at_before, after = c->at_after;
    size_t j = 0;

    for (size_t i = 0; i <= x->command.n; i++) {
        bool met = i < x->command.n && partner[i] != ALIGN_NONE;
        if (i < x->command.n && !met) {
            tell_alone(c, x, x->command.v[i], true);
            c->at_before = before;
            continue;
        }
        assert(!met || partner[i] < y->command.n);
        for (size_t end = met ? partner[i] : y->command.n; j < end; j++)
            tell_alone(c, y, y->command.v[j], false);
        c->at_before = met ? x->command.v[i]->at : before;
        c->at_after = met ? y->command.v[j]->at : after;
        if (met && x->command.v[i]->hash != y->command.v[j]->hash)
            compare_command(c, x->command.v[i], y->command.v[j]);
        j += met;
        c->at_before = before;
        c->at_after = after;
    }
    tell_links(c, links_of(c->arena, x), links_of(c->arena, y));
}

void compare_commands(struct comparison *c, const struct unit *x, const struct unit *y)
{
    uint32_t *partner =
        verify_align(c->arena, hashes_of(c->arena, x), x->n, hashes_of(c->arena, y), y->n);
    bool *gone = arena_new(c->arena, bool, x->n + 1), *new = arena_new(c->arena, bool, y->n + 1);
    size_t i = 0, j = 0;

    while (i < x->n || j < y->n) {
        size_t from = i, start = j;
        while (i < x->n && partner[i] == ALIGN_NONE)
            i++;
        j = i < x->n ? partner[i] : y->n;
        struct gap gx = {.u = x, .from = from, .to = i, .alone = gone};
        struct gap gy = {.u = y, .from = start, .to = j, .alone = new};
        if (from < i || start < j)
            compare_gap(c, &gx, &gy);
        i += i < x->n;
        j += j < y->n;
    }
}
