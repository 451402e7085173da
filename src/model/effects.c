/* effects.c - the walk over an instruction that finds what changes variables, and its table by
 * name. Work and memory are linear in the tree, and an instruction that nobody asks for is not
 * walked. */
#include "model/effects.h"
#include "model/model.h"

/* The name that the effects on the positional parameters have. */
#define ARGUMENTS S("set --")

struct node_place {
    unsigned joined : 29, directly : 1, sure : 1, background : 1;
    node_id inner;
};
/* Of one instruction; those outside any have instruction 0. */
struct effects {
    node_id instruction;
    VEC(struct effect) list;  /* in reading order */
    uint32_t *slot;           /* by the hash of the name: the first one's index and one */
    size_t nslot;             /* a power of two */
    struct node_place *place; /* of its nodes, by how far behind the instruction each is */
};
struct tree_effects {
    uint32_t *of; /* by instruction: which of the list, and one; 0: not asked for yet */
    VEC(const struct effects *) list;
};
struct walk {
    const struct tree *t;
    struct arena *arena;
    struct effects *x;
};

static struct node_place *place_at(const struct effects *x, node_id n)
{
    return &x->place[n - x->instruction];
}

static bool spoils_already(const struct walk *w, node_id node, struct str name)
{
    if (!w->x->list.n)
        return false;
    const struct effect *last = &w->x->list.v[w->x->list.n - 1];
    return last->kind == EFFECT_SPOILS && last->node == node && str_eq(last->name, name);
}

static void add(struct walk *w, enum effect_kind kind, node_id node, struct str name,
                struct assignment to)
{
    if (kind == EFFECT_SPOILS && spoils_already(w, node, name))
        return;
    vec_push(w->arena, &w->x->list, (struct effect){name, node, to, kind, 0});
}

static void add_spoiled(struct walk *w, node_id node, struct str name)
{
    if (name.n)
        add(w, EFFECT_SPOILS, node, name, (struct assignment){0, 0});
}

static void add_spoiled_all(struct walk *w, node_id node)
{
    add(w, EFFECT_SPOILS, node, S(""), (struct assignment){0, 0});
}

/* Every name that the text mentions; -vNAME mentions one behind its letters. */
static void add_mentioned(struct walk *w, node_id node, struct str text)
{
    enum { LETTERS_MAX = 4 };
    bool option = str_starts(text, S("-"));

    for (size_t at = 0, end; at < text.n; at = end + 1) {
        for (end = at; end < text.n && char_is_of_name(text.p[end]); end++)
            ;
        if (end > at)
            add_spoiled(w, node, str_sub(text, at, end));
        for (size_t i = 1; option && at == 1 && i <= LETTERS_MAX && at + i < end; i++)
            add_spoiled(w, node, str_sub(text, at + i, end));
    }
}

/* The bytes before the first of = + [, and which of them follows; 0: none does. */
static struct str name_before(struct str text, char *sign)
{
    size_t n = 0;

    while (n < text.n && text.p[n] != '=' && text.p[n] != '+' && text.p[n] != '[')
        n++;
    *sign = n < text.n ? text.p[n] : 0;
    return str_sub(text, 0, n);
}

/* Is the name itself known only when it runs? */
static bool is_name_expanded(struct str text)
{
    size_t quoted = str_starts(text, S("\"")) ? 1 : 0;
    return text.n > quoted && (text.p[quoted] == '$' || text.p[quoted] == '`');
}

/* name=value. */
static void add_assignment(struct walk *w, node_id n)
{
    const struct tree *t = w->t;
    node_id program = place_at(w->x, t->node[n].parent)->inner, key = node_next(t, n, 0, NODE_NAME);
    struct str text = key ? node_text(t, key) : S("");
    ptrdiff_t bracket = str_chr(text, '[');

    if (bracket != STR_NONE) {
        add_spoiled(w, n, str_sub(text, 0, (size_t)bracket));
    } else if (program) {
        bool special =
            program < n || node_first(t, program) ||
            word_is_one_of(node_text(t, program), ". : eval exec export readonly set trap unset");
        add(w, special ? EFFECT_SPOILS : EFFECT_PASSES, n, text, (struct assignment){0, 0});
    } else if ((t->node[n].flags & NODE_APPEND) || node_next(t, n, 0, NODE_ARRAY)) {
        add_spoiled(w, n, text);
    } else {
        add(w, EFFECT_SETS, n, text, (struct assignment){node_next(t, n, 0, NODE_WORD), 0});
    }
}

/* export, local and their like: each argument may be name=value. */
static void add_declared(struct walk *w, node_id command, node_id program)
{
    const struct tree *t = w->t;
    bool keeps = word_is_one_of(node_text(t, program), "export readonly"), odd = false;

    for (node_id word = program; (word = node_next(t, command, word, NODE_WORD));) {
        struct str text = node_text(t, word);
        char sign, first = text.n ? text.p[0] : 'x';
        struct str name = name_before(text, &sign);
        if (first == '-')
            odd = odd || !word_is_one_of(text, "-- -x -g -gx -r");
        else if (is_name_expanded(text))
            add_spoiled_all(w, command);
        else if (first == '"' || first == '\'')
            add_mentioned(w, command, text);
        else if (sign == '=')
            add(w, odd ? EFFECT_SPOILS : EFFECT_SETS, command, name,
                (struct assignment){word, (uint32_t)name.n + 1});
        else if (sign || !keeps)
            add_spoiled(w, command, name);
    }
}

/* read and its like; printf with -v. */
static void add_read(struct walk *w, node_id command, node_id program)
{
    const struct tree *t = w->t;
    bool writes = !str_eq(node_text(t, program), S("printf"));

    for (node_id word = program; (word = node_next(t, command, word, NODE_WORD));) {
        struct str text = node_text(t, word);
        writes = writes || str_starts(text, S("-v"));
        if (writes && is_name_expanded(text))
            add_spoiled_all(w, command);
        else if (writes)
            add_mentioned(w, command, text);
    }
}

/* `set`: the word before the first of the parameters that it gives. */
static void add_arguments(struct walk *w, node_id command, node_id program)
{
    const struct tree *t = w->t;

    for (node_id last = program, word; (word = node_next(t, command, last, NODE_WORD));
         last = word) {
        struct str text = node_text(t, word);
        bool ends = str_eq(text, S("--"));
        if (ends || (!str_starts(text, S("-")) && !str_starts(text, S("+")))) {
            add(w, EFFECT_SETS, command, ARGUMENTS, (struct assignment){ends ? word : last, 0});
            return;
        }
        if (str_ends(text, S("o")) && node_next(t, command, word, NODE_WORD))
            word = node_next(t, command, word, NODE_WORD);
    }
}

static void add_builtin(struct walk *w, node_id command, node_id program)
{
    const struct tree *t = w->t;
    struct str text = node_text(t, program);

    if (word_is_one_of(text, "export readonly local declare typeset"))
        add_declared(w, command, program);
    else if (word_is_one_of(text, "read mapfile readarray getopts unset let printf"))
        add_read(w, command, program);
    else if (str_eq(text, S("set")))
        add_arguments(w, command, program);
    if (word_is_one_of(text, ". source eval"))
        add_spoiled_all(w, command);
    if (word_is_one_of(text, ". source eval shift"))
        add_spoiled(w, command, ARGUMENTS);
}

static void add_command(struct walk *w, node_id command)
{
    static const char builtins[] =
        "command builtin export readonly local declare typeset read mapfile readarray getopts "
        "unset let printf set . source eval shift";
    const struct tree *t = w->t;
    node_id program = node_next(t, command, 0, NODE_WORD);
    bool builtin = program && word_is_one_of(node_text(t, program), builtins);

    place_at(w->x, command)->inner = program;
    while (builtin && program && word_is_one_of(node_text(t, program), "command builtin"))
        program = node_next(t, command, program, NODE_WORD);
    if (!program)
        return;
    char sign;
    struct str name = name_before(node_text(t, program), &sign);
    if (sign == '+' || sign == '[')
        add_spoiled(w, command, name); /* a+=b is a command's name where bash is not the shell */
    if (builtin)
        add_builtin(w, command, program);
}

/* The next run of the node's bytes that no expression or command inside it covers. */
struct own_text {
    const struct tree *t;
    node_id node, next;
    uint32_t at;
};

static bool own_next(struct own_text *o, struct str *out)
{
    const struct tree *t = o->t;
    struct span all = node_span(t, o->node);
    uint32_t from = o->at;

    if (from > all.end)
        return false;
    o->at = all.end + 1;
    *out = str_sub(t->text, from, all.end);
    for (node_id n = o->next; n < t->node[o->node].after; n++) {
        enum node_kind k = node_kind(t, n);
        if (k != NODE_ARITH && k != NODE_SUBST && k != NODE_PROCESS)
            continue;
        *out = str_sub(t->text, from, node_span(t, n).start);
        o->at = node_span(t, n).end;
        o->next = t->node[n].after;
        break;
    }
    return true;
}

/* An expression that assigns may do so to each variable that it names. */
static void add_arithmetic(struct walk *w, node_id n)
{
    struct own_text o = {w->t, n, n + 1, node_span(w->t, n).start}, again = o;
    struct str part;
    bool assigns = false;

    while (!assigns && own_next(&o, &part))
        assigns = str_chr(part, '=') != STR_NONE || str_find(part, S("++")) != STR_NONE ||
                  str_find(part, S("--")) != STR_NONE;
    while (assigns && own_next(&again, &part))
        add_mentioned(w, n, part);
}

/* Assignments of plain words, and the builtins that do not fail. */
static bool succeeds(const struct tree *t, node_id command)
{
    node_id word = node_next(t, command, 0, NODE_WORD);
    if (node_kind(t, command) != NODE_COMMAND || node_next(t, command, 0, NODE_REDIRECT))
        return false;
    for (node_id n = command; n < t->node[command].after; n++)
        if (node_kind(t, n) == NODE_SUBST)
            return false;
    return !word || word_is_one_of(node_text(t, word), "set export readonly : true");
}

static void place_list(struct walk *w, node_id list)
{
    const struct tree *t = w->t;
    bool sure = true, directly = false;
    unsigned joined = 0;

    for (node_id k = node_first(t, list); k; k = node_sibling(t, k)) {
        struct node_place *p = place_at(w->x, k);
        joined += !directly;
        p->joined = joined & ((1u << 29) - 1);
        p->directly = directly;
        p->sure = sure;
        directly = str_eq(operator_after(t, k), S("&&"));
        sure = sure && directly && succeeds(t, k);
    }
}

static void visit(struct walk *w, node_id n)
{
    const struct tree *t = w->t;
    enum node_kind k = node_kind(t, n);
    struct node_place *p = place_at(w->x, n);

    if (k >= NODE_SHELL && k <= NODE_ARITH)
        p->background = str_eq(operator_after(t, n), S("&"));
    switch (k) {
    case NODE_ANDOR:
        place_list(w, n);
        break;
    case NODE_ASSIGN:
        add_assignment(w, n);
        break;
    case NODE_COMMAND:
        add_command(w, n);
        break;
    case NODE_FOR:
        p->inner = node_next(t, n, 0, NODE_LIST);
        if (node_next(t, n, 0, NODE_NAME))
            add_spoiled(w, n, node_text(t, node_next(t, n, 0, NODE_NAME)));
        break;
    case NODE_PARAM:
        if (t->node[n].op == PARAM_ASSIGN && node_next(t, n, 0, NODE_NAME))
            add_spoiled(w, n, node_text(t, node_next(t, n, 0, NODE_NAME)));
        break;
    case NODE_ARITH:
        add_arithmetic(w, n);
        break;
    default:
        break;
    }
}

/* Where the first effect on the name is kept, or would be. */
static uint32_t *slot_of(const struct effects *x, struct str name)
{
    for (size_t at = (size_t)str_hash(name);; at++) {
        uint32_t *slot = &x->slot[at & (x->nslot - 1)];
        if (!*slot || str_eq(x->list.v[*slot - 1].name, name))
            return slot;
    }
}

/* Another instruction inside it, as ONBUILD has one, has its own. */
static const struct effects *find_effects(struct arena *a, const struct tree *t,
                                          node_id instruction)
{
    struct effects *x = arena_new(a, struct effects, 1);
    struct walk w = {t, a, x};
    node_id end = instruction ? t->node[instruction].after : (node_id)t->nnode;

    x->instruction = instruction;
    x->place = arena_new(a, struct node_place, end - instruction);
    for (node_id n = instruction + 1; n < end && node_kind(t, n) != NODE_INSTRUCTION; n++)
        visit(&w, n);
    for (x->nslot = 4; x->nslot < 2 * x->list.n; x->nslot *= 2)
        ;
    x->slot = arena_new(a, uint32_t, x->nslot);
    for (size_t i = x->list.n; i--;) {
        uint32_t *slot = slot_of(x, x->list.v[i].name);
        x->list.v[i].next = *slot;
        *slot = (uint32_t)i + 1;
    }
    return x;
}

static const struct effects *effects_of(const struct scope *sc, node_id instruction)
{
    struct scope_late *late = sc->late;
    struct tree_effects *all = late->effects;

    if (!all) {
        all = late->effects = arena_new(late->arena, struct tree_effects, 1);
        all->of = arena_new(late->arena, uint32_t, sc->tree->nnode);
    }
    if (!all->of[instruction]) {
        vec_push(late->arena, &all->list, find_effects(late->arena, sc->tree, instruction));
        all->of[instruction] = (uint32_t)all->list.n;
    }
    return all->list.v[all->of[instruction] - 1];
}

static struct node_place place_of(const struct scope *sc, node_id n)
{
    return *place_at(effects_of(sc, node_up(sc->tree, n, NODE_INSTRUCTION)), n);
}

struct effect_walk effects_on(const struct scope *sc, node_id instruction, struct str name)
{
    const struct effects *x = effects_of(sc, instruction);

    return (struct effect_walk){x, *slot_of(x, name), *slot_of(x, S(""))};
}

struct effect_walk effects_on_arguments(const struct scope *sc, node_id instruction)
{
    const struct effects *x = effects_of(sc, instruction);

    return (struct effect_walk){x, *slot_of(x, ARGUMENTS), 0};
}

/* The earlier of the two lists' next ones. */
static const struct effect *take(struct effect_walk *w)
{
    uint32_t *from = w->own && (!w->any || w->own < w->any) ? &w->own : &w->any;
    const struct effect *e = *from ? &w->all->list.v[*from - 1] : NULL;

    if (e)
        *from = e->next;
    return e;
}

const struct effect *effect_next(struct effect_walk *w)
{
    const struct effect *e = take(w);

    /* Of one node the last counts, as `export a=1 a=2`. */
    for (struct effect_walk ahead = *w; e; *w = ahead) {
        const struct effect *next = take(&ahead);
        if (!next || next->node != e->node)
            break;
        e = next;
    }
    return e;
}

struct list_place effects_list_place(const struct scope *sc, node_id command)
{
    struct node_place p = place_of(sc, command);
    return (struct list_place){p.sure, p.directly, p.joined};
}

bool effects_in_background(const struct scope *sc, node_id n)
{
    return place_of(sc, n).background;
}

node_id effects_inner(const struct scope *sc, node_id n)
{
    return place_of(sc, n).inner;
}
