/* Stages and the instructions in them: which have a partner on the other side. */
#include "parts.h"

#include <assert.h>

typedef VEC(const struct unit *) unit_list;

static void compare_pair(struct comparison *c, const struct unit *x, const struct unit *y)
{
    c->where = unit_place(c->arena, &c->after, y);
    c->at_before = node_span(c->before.tree, x->part ? x->part : x->node);
    c->at_after = node_span(c->after.tree, y->part ? y->part : y->node);
    compare_layout(c, x, y);
    if (x->hash != y->hash || x->op != y->op)
        compare_unit(c, x, y);
}

static struct str unit_shown(struct arena *a, const struct side *s, const struct unit *u)
{
    return verify_shown(a, node_text(s->tree, u->part ? u->part : u->node));
}

static void tell_alone(struct comparison *c, const struct unit *u, bool gone)
{
    const struct side *s = gone ? &c->before : &c->after;
    struct span at = node_span(s->tree, u->part ? u->part : u->node);

    c->where = unit_place(c->arena, s, u);
    c->at_before = gone ? at : (struct span){0, 0};
    c->at_after = gone ? (struct span){0, 0} : at;
    verify_tell(c, DIFFERENCE_BEHAVIOUR, STR_FMT " is %s", STR_ARG(unit_shown(c->arena, s, u)),
                gone ? "gone" : "new");
}

/* ---- moved ---- */

/* Is the image the same wherever in its stage it stands? What it says goes into the image's
 * settings, and no other instruction there reads or changes what it reads. */
static bool may_move(const struct tree *t, const struct unit *u, bool has_shell)
{
    bool form = node_next(t, u->node, 0, NODE_EXEC) != 0;

    if (u->onbuild)
        return false;
    switch (u->op) {
    case INST_LABEL:
    case INST_EXPOSE:
    case INST_STOPSIGNAL:
    case INST_MAINTAINER:
        return word_is_plain(t, u->part ? u->part : u->node);
    case INST_CMD:
    case INST_ENTRYPOINT:
        return form || !has_shell;
    case INST_HEALTHCHECK:
        return !has_shell;
    default:
        return false;
    }
}

static bool section_has_shell(const struct section *s)
{
    for (size_t i = 0; i < s->unit.n; i++)
        if (s->unit.v[i].op == INST_SHELL)
            return true;
    return false;
}

/* Does another LABEL there have the same key? The last one counts. */
static bool sets_again(const struct section *s, const struct unit *u)
{
    for (size_t i = 0; i < s->unit.n; i++) {
        const struct unit *o = &s->unit.v[i];
        if (o == u || o->op != u->op || !o->part || !u->part || o->op != INST_LABEL)
            continue;
        if (o->n && u->n && o->group[0].n && u->group[0].n &&
            str_eq(o->group[0].piece[0].text, u->group[0].piece[0].text))
            return true;
    }
    return false;
}

static void tell_moved(struct comparison *c, const struct section *s, const struct unit *x,
                       const struct unit *y)
{
    bool free = may_move(c->after.tree, y, section_has_shell(s)) && !sets_again(s, y);

    compare_pair(c, x, y);
    verify_tell(c, free ? DIFFERENCE_ORDER : DIFFERENCE_BEHAVIOUR, "%s in another place: " STR_FMT,
                free ? "stands" : "is done", STR_ARG(unit_shown(c->arena, &c->after, y)));
}

/* ---- partners among what is left ---- */

static struct str key_of(const struct unit *u)
{
    return u->part && u->n && u->group[0].n ? u->group[0].piece[0].text : S("");
}

static bool is_copy(const struct unit *u)
{
    return u->op == INST_COPY || u->op == INST_ADD;
}

/* Has one a command that the other has, by its program? */
static bool share_command(const struct unit *x, const struct unit *y)
{
    for (size_t i = 0; i < x->n; i++)
        for (size_t k = 0; k < y->n; k++) {
            const struct group *a = &x->group[i], *b = &y->group[k];
            if (a->command && b->command && group_name(a).n && str_eq(group_name(a), group_name(b)))
                return true;
        }
    return false;
}

static bool are_partners(const struct unit *x, const struct unit *y)
{
    if (is_copy(x) && is_copy(y))
        return x->onbuild == y->onbuild;
    if (x->op == INST_MAINTAINER && y->op == INST_LABEL)
        return str_ieq(key_of(y), S("maintainer")) ||
               str_eq(key_of(y), S("org.opencontainers.image.authors"));
    if (x->op != y->op || x->onbuild != y->onbuild)
        return false;
    if (x->part && y->part && x->op != INST_EXPOSE)
        return str_eq(key_of(x), key_of(y));
    return x->op != INST_RUN || share_command(x, y);
}

/* Neither has a partner of the same text: those that are alike are compared, in their order. */
static void compare_left(struct comparison *c, unit_list *x, unit_list *y)
{
    size_t next = 0;

    for (size_t i = 0; i < x->n; i++) {
        size_t k = next;
        for (; k < y->n && !are_partners(x->v[i], y->v[k]); k++)
            arena_tick(c->arena);
        if (k == y->n) {
            tell_alone(c, x->v[i], true);
            continue;
        }
        for (; next < k; next++)
            tell_alone(c, y->v[next], false);
        compare_pair(c, x->v[i], y->v[next++]);
    }
    for (; next < y->n; next++)
        tell_alone(c, y->v[next], false);
    x->n = y->n = 0;
}

/* ---- one stage ---- */

static uint64_t *hashes_of(struct arena *a, const unit_list *l)
{
    uint64_t *h = arena_new(a, uint64_t, l->n + 1);

    for (size_t i = 0; i < l->n; i++)
        h[i] = l->v[i]->hash;
    return h;
}

static unit_list living(struct arena *a, const struct section *s)
{
    unit_list l = {0};

    for (size_t i = 0; i < s->unit.n; i++)
        if (!s->unit.v[i].dead)
            vec_push(a, &l, &s->unit.v[i]);
    return l;
}

/* Of those without a partner at their place, the ones that stand elsewhere. */
static uint32_t *find_moved(struct arena *a, const unit_list *x, const unit_list *y,
                            const uint32_t *partner, bool *taken)
{
    enum { MANY = 4000 };
    uint32_t *moved = arena_new(a, uint32_t, x->n + 1);

    for (size_t i = 0; i < x->n; i++)
        if (partner[i] != ALIGN_NONE)
            taken[partner[i]] = true;
    for (size_t i = 0; i < x->n; i++) {
        moved[i] = ALIGN_NONE;
        for (size_t k = 0; partner[i] == ALIGN_NONE && k < y->n && k < MANY; k++)
            if (!taken[k] && x->v[i]->hash == y->v[k]->hash) {
                taken[k] = true;
                moved[i] = (uint32_t)k;
                break;
            }
    }
    return moved;
}

/* What a later CMD or the like takes the place of: it may go and come. */
static void compare_dead(struct comparison *c, const struct section *x, const struct section *y,
                         bool gone)
{
    const struct side *s = gone ? &c->before : &c->after;

    for (size_t i = 0; i < x->unit.n; i++) {
        const struct unit *u = &x->unit.v[i];
        bool met = !u->dead;
        for (size_t k = 0; k < y->unit.n && !met; k++)
            met = y->unit.v[k].dead && y->unit.v[k].hash == u->hash;
        if (met)
            continue;
        c->where = unit_place(c->arena, s, u);
        c->at_before = gone ? node_span(s->tree, u->node) : (struct span){0, 0};
        c->at_after = gone ? (struct span){0, 0} : node_span(s->tree, u->node);
        verify_tell(c, DIFFERENCE_LAYOUT, STR_FMT ", which has no effect, is %s",
                    STR_ARG(unit_shown(c->arena, s, u)), gone ? "gone" : "new");
    }
}

/* Could each be what became of the one at its place? */
static bool are_in_place(const unit_list *x, const unit_list *y)
{
    bool so = x->n == y->n;

    for (size_t i = 0; i < x->n && so; i++)
        so = x->v[i]->hash == y->v[i]->hash || are_partners(x->v[i], y->v[i]);
    return so;
}

/* Between two that are the same: are there more of one side than of the other? Then a change has
 * made one the same as its neighbour, and it is the neighbour that was met. */
static bool lie_askew(const unit_list *x, const unit_list *y, const uint32_t *partner,
                      const uint32_t *moved, const bool *taken)
{
    size_t gone = 0, new = 0, j = 0;

    for (size_t i = 0; i <= x->n; i++) {
        bool met = i < x->n && partner[i] != ALIGN_NONE;
        if (i < x->n && !met) {
            gone += moved[i] == ALIGN_NONE;
            continue;
        }
        for (size_t end = met ? partner[i] : y->n; j < end; j++)
            new += !taken[j];
        if (gone != new)
            return true;
        gone = new = 0;
        j += met;
    }
    return false;
}

static void compare_section(struct comparison *c, const struct section *sx,
                            const struct section *sy)
{
    unit_list x = living(c->arena, sx), y = living(c->arena, sy), gone = {0}, new = {0};
    uint32_t *partner =
        verify_align(c->arena, hashes_of(c->arena, &x), x.n, hashes_of(c->arena, &y), y.n);
    bool *taken = arena_new(c->arena, bool, y.n + 1);
    uint32_t *moved = find_moved(c->arena, &x, &y, partner, taken);
    size_t j = 0;

    if (are_in_place(&x, &y) && lie_askew(&x, &y, partner, moved, taken))
        for (size_t i = 0; i < x.n; i++)
            partner[i] = (uint32_t)i;

    for (size_t i = 0; i <= x.n; i++) {
        bool met = i < x.n && partner[i] != ALIGN_NONE;
        if (i < x.n && !met) {
            assert(moved[i] == ALIGN_NONE || moved[i] < y.n);
            if (moved[i] == ALIGN_NONE)
                vec_push(c->arena, &gone, x.v[i]);
            else
                tell_moved(c, sy, x.v[i], y.v[moved[i]]);
            continue;
        }
        assert(!met || partner[i] < y.n);
        for (size_t end = met ? partner[i] : y.n; j < end; j++)
            if (!taken[j])
                vec_push(c->arena, &new, y.v[j]);
        compare_left(c, &gone, &new);
        if (met)
            compare_pair(c, x.v[i], y.v[j++]);
    }
    compare_dead(c, sx, sy, true);
    compare_dead(c, sy, sx, false);
}

/* ---- all of them ---- */

static struct str stage_name(const struct side *s, const struct section *x)
{
    return x->stage < s->image->nstage ? s->image->stage[x->stage].name : S("");
}

static uint64_t *names_of(struct arena *a, const struct side *s)
{
    uint64_t *h = arena_new(a, uint64_t, s->section.n + 1);

    for (size_t i = 1; i < s->section.n; i++) {
        struct str name = stage_name(s, &s->section.v[i]);
        h[i] = name.n                   ? str_hash(name)
               : s->section.v[i].unit.n ? s->section.v[i].unit.v[0].hash
                                        : i;
    }
    return h;
}

static void tell_stage(struct comparison *c, const struct side *s, const struct section *x,
                       bool gone)
{
    const struct unit *from = &x->unit.v[0];
    struct span at = node_span(s->tree, from->node);

    c->where = S("FROM");
    c->at_before = gone ? at : (struct span){0, 0};
    c->at_after = gone ? (struct span){0, 0} : at;
    verify_tell(c, DIFFERENCE_BEHAVIOUR, "the stage " STR_FMT " is %s",
                STR_ARG(unit_shown(c->arena, s, from)), gone ? "gone" : "new");
}

void compare_stages(struct comparison *c)
{
    const struct side *x = &c->before, *y = &c->after;
    size_t n = x->section.n, m = y->section.n, j = 0;
    uint32_t *partner = verify_align(c->arena, names_of(c->arena, x), n, names_of(c->arena, y), m);

    for (size_t i = 0; n == m && i < n; i++)
        partner[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        if (partner[i] == ALIGN_NONE) {
            tell_stage(c, x, &x->section.v[i], true);
            continue;
        }
        for (; j < partner[i]; j++)
            tell_stage(c, y, &y->section.v[j], false);
        compare_section(c, &x->section.v[i], &y->section.v[j++]);
    }
    for (; j < m; j++)
        tell_stage(c, y, &y->section.v[j], false);
}
