/* pin_move.c - a pin that is moved to what would be installed without it, in its own style: where
 * its version is written, and what is written there. */
#include "dfix/fixer.h"

/* One pin, and where it is written. */
struct pinned {
    const struct pin_move *in;
    node_id node; /* where its version is written in one piece; 0: it is not */
    struct span span;
    struct str variable; /* that holds it; "" the command itself */
    bool env;            /* ... and stays in the image */
};

/* Where a pin moves to. */
struct move {
    struct str to; /* as it is written behind the operator; "": nowhere, and why */
    struct str why;
    bool same_image; /* up, and within one upstream version */
};

/* ---- where the version is written ---- */

static void find_place(struct pinned *x)
{
    const struct value *v = &x->in->p->field.value;
    struct str version = x->in->p->version;
    size_t at = (size_t)(version.p - v->text.p), from = 0;

    if (version.p < v->text.p || at + version.n > v->text.n)
        return;
    for (size_t i = 0; i < v->npiece; from += v->piece[i].text.n, i++) {
        const struct piece *piece = &v->piece[i];
        if (at < from || at + version.n > from + piece->text.n || !piece->literal)
            continue;
        x->node = piece->node;
        x->span.start = piece->span.start + (uint32_t)(at - from);
        x->span.end = x->span.start + (uint32_t)version.n;
    }
}

/* How often a name stands in the text as a whole word. */
static unsigned mentions(struct str text, struct str name)
{
    unsigned n = 0;
    ptrdiff_t at;

    for (size_t from = 0; (at = str_find(str_from(text, from), name)) != STR_NONE;) {
        size_t start = from + (size_t)at;
        from = start + name.n;
        n += (start == 0 || !char_is_of_name(text.p[start - 1])) &&
             (from == text.n || !char_is_of_name(text.p[from]));
    }
    return n;
}

/* What reads the variable, besides its definitions. Scripts may read ARG and ENV wherever their
 * name is mentioned. */
static unsigned uses(const struct pinned *x, struct str name, bool environment)
{
    const struct tree *t = x->in->c->tree;
    unsigned params = 0, definitions = 0;

    for (node_id n = 1; n < t->nnode; n++) {
        enum node_kind k = node_kind(t, n);
        node_id key = k == NODE_PARAM || k == NODE_PAIR ? node_next(t, n, 0, NODE_NAME) : 0;
        if (key && str_eq(node_text(t, key), name)) {
            params += k == NODE_PARAM;
            definitions += k == NODE_PAIR;
        }
    }
    return environment ? mentions(t->text, name) - definitions : params;
}

/* Why the version cannot be changed where it stands; NULL: it can. */
static const char *immovable(struct pinned *x)
{
    const struct tree *t = x->in->c->tree;
    node_id word = x->in->p->field.word;

    x->variable = S("");
    find_place(x);
    node_id by = x->node;
    if (!by)
        return "its version is assembled from several pieces";
    if (by >= word && by < t->node[word].after)
        return NULL;
    while (by && node_kind(t, by) != NODE_PAIR && node_kind(t, by) != NODE_ASSIGN &&
           node_kind(t, by) != NODE_FOR)
        by = t->node[by].parent;
    node_id name = by ? node_next(t, by, 0, NODE_NAME) : 0;
    if (!name)
        return "its version is assembled from several pieces";
    bool environment = node_kind(t, by) == NODE_PAIR;
    x->variable = node_text(t, name);
    x->env = environment && node_instruction(t, node_up(t, by, NODE_INSTRUCTION)) == INST_ENV;
    return uses(x, x->variable, environment) > 1 ? "its variable is also used elsewhere" : NULL;
}

/* ---- where it moves ---- */

/* The newest version on every architecture that has the package, above the pin and with its
 * upstream part. */
static struct str same_upstream(const struct pinned *x)
{
    struct str pin = x->in->p->version, upstream = version_upstream(x->in->manager, pin);

    for (size_t i = 0; i < x->in->info->noffer; i++) {
        struct str v = x->in->info->offer[i].version;
        if (!version_valid(x->in->manager, v) || version_compare(x->in->manager, v, pin) <= 0 ||
            !str_eq(version_upstream(x->in->manager, v), upstream))
            continue;
        struct pick y =
            pick_constrained(x->in->manager, x->in->info, x->in->free->archs, S("="), v);
        if (y.archs == x->in->free->archs)
            return v;
    }
    return S("");
}

static struct move move_exact(const struct pinned *x)
{
    struct str candidate = x->in->free->newest->version, pin = x->in->p->version;
    struct move m = {.to = candidate, .why = S("")};
    bool same =
        str_eq(version_upstream(x->in->manager, candidate), version_upstream(x->in->manager, pin));
    struct str near = same ? S("") : same_upstream(x);

    m.same_image = same && version_compare(x->in->manager, candidate, pin) > 0;
    if (near.n)
        m.to = near;
    if (!near.n && !x->in->free->same) {
        m.to = S("");
        m.why = S("its version differs between architectures");
    }
    return m;
}

/* As deep as it was, and letting in what is installed without it. */
static struct move move_open(const struct pinned *x)
{
    struct str candidate = x->in->free->newest->version, old = x->in->p->version;
    struct move m = {.to = constraint_like(x->in->c->arena, x->in->manager, old, candidate),
                     .why = S("")};
    struct pick y = pick_constrained(x->in->manager, x->in->info, x->in->free->archs,
                                     x->in->p->operator_, m.to);
    struct str stem = str_ends(old, S("*")) ? str_sub(old, 0, old.n - 1) : old;

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (x->in->free->on[bit] &&
            (!y.on[bit] || !str_eq(y.on[bit]->version, x->in->free->on[bit]->version)))
            m.to = S("");
    if (!m.to.n)
        m.why = S("no pin of this form matches what would be installed without it");
    m.same_image = str_eq(version_upstream(x->in->manager, candidate),
                          version_upstream(x->in->manager, stem)) &&
                   version_valid(x->in->manager, stem) &&
                   version_compare(x->in->manager, candidate, stem) > 0;
    return m;
}

static struct move move_of(const struct pinned *x)
{
    const struct package *p = x->in->p;
    struct move m = {.to = S(""), .why = S("dfix does not rewrite such a pattern or range")};

    for (unsigned bit = 0; bit < ARCH_MAX; bit++)
        if (x->in->free->on[bit] && !version_valid(x->in->manager, x->in->free->on[bit]->version)) {
            m.why = S("the index has no valid version of it");
            return m;
        }
    if (constraint_exact(x->in->manager, p->operator_, p->version))
        return move_exact(x);
    return constraint_open(x->in->manager, p->operator_, p->version) ? move_open(x) : m;
}

struct str pin_text(struct arena *a, const struct package *p)
{
    return str_fmt(a, STR_FMT STR_FMT STR_FMT, STR_ARG(p->name), STR_ARG(p->operator_),
                   STR_ARG(p->version));
}

struct fix *fix_move_pin(const struct pin_move *in)
{
    struct fix_ctx *c = in->c;
    const struct package *p = in->p;
    struct pinned x = {.in = in};
    const char *stays = immovable(&x);
    struct move m = move_of(&x);
    struct str from = str_fmt(c->arena, "Update " STR_FMT " from " STR_FMT "%s", STR_ARG(p->name),
                              STR_ARG(p->version), in->aside);
    bool idle = !m.to.n || str_eq(m.to, p->version);
    struct str held = idle ? S("") : settings_held(c->settings, p->name, m.to);
    struct fix *f;

    if (held.n) {
        fix_skip_package(c, p, STR_FMT " " STR_FMT, STR_ARG(pin_text(c->arena, p)), STR_ARG(held));
        return NULL;
    }
    if (idle || stays) {
        struct str why = !m.to.n ? m.why : str_of(stays ? stays : "it allows no newer one");
        struct str to = idle ? S("") : str_fmt(c->arena, "; current: " STR_FMT, STR_ARG(m.to));
        f = fix_begin(c, p->field.word, HINT, STR_FMT "%s has to be updated by hand",
                      STR_ARG(pin_text(c->arena, p)), in->aside);
        fix_why(f, STR_FMT STR_FMT, STR_ARG(why), STR_ARG(to));
        fix_severity(f, in->severity);
        return f;
    }
    struct str where =
        x.variable.n ? str_fmt(c->arena, ", in " STR_FMT, STR_ARG(x.variable)) : S("");
    f = fix_begin(c, p->field.word, m.same_image && !x.env ? SAFE : UNSAFE,
                  STR_FMT " to " STR_FMT STR_FMT STR_FMT, STR_ARG(from), STR_ARG(m.to),
                  STR_ARG(in->tail), STR_ARG(where));
    fix_severity(f, in->severity);
    if (!x.variable.n)
        fix_point(f, x.span);
    fix_replace_at(f, x.node, x.span, m.to);
    return f;
}
