/* Values: what a word becomes once variables are put in, and who wrote each piece. */
#include "values.h"

#include <string.h>

struct expansion {
    const struct image *im;
    struct arena *arena;
    VEC(struct piece) piece;
    unsigned depth;
};

static void add(struct expansion *x, struct piece p)
{
    struct piece *last = x->piece.n ? &x->piece.v[x->piece.n - 1] : NULL;

    /* Neighbouring bytes of one word are one piece. */
    if (last && p.known && p.literal && last->known && last->literal && last->node == p.node &&
        last->span.end == p.span.start) {
        last->span.end = p.span.end;
        last->text = str_sub(x->im->tree->text, last->span.start, last->span.end);
        return;
    }
    vec_push(x->arena, &x->piece, p);
}

static void add_unknown(struct expansion *x, node_id n)
{
    add(x, (struct piece){.text = S(""), .span = node_span(x->im->tree, n), .node = n});
}

static bool in_shell(const struct tree *t, node_id n)
{
    return node_up(t, n, NODE_SHELL) != 0;
}

/* A shell variable is known when one plain assignment on the straight line before it is all
 * that the instruction says of it. 1: `out` is it; 0: not assigned here; -1: not known. */
static int find_assignment(const struct image *im, node_id at, struct str name, node_id *out)
{
    const struct tree *t = im->tree;
    node_id instruction = node_up(t, at, NODE_INSTRUCTION);
    unsigned found = 0;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        enum node_kind k = node_kind(t, n);
        if (k != NODE_ASSIGN && k != NODE_FOR)
            continue;
        node_id key = node_next(t, n, 0, NODE_NAME);
        if (!key || !str_eq(node_text(t, key), name))
            continue;
        node_id command = t->node[n].parent, up = t->node[command].parent;
        bool plain = k == NODE_ASSIGN && !(t->node[n].flags & NODE_APPEND) &&
                     node_kind(t, command) == NODE_COMMAND &&
                     !node_next(t, command, 0, NODE_WORD) && n < at && t->node[command].after <= at;
        if (up && node_kind(t, up) == NODE_ANDOR)
            up = t->node[up].parent;
        if (!plain || node_kind(t, up) != NODE_SHELL || ++found > 1)
            return -1;
        *out = node_next(t, n, 0, NODE_WORD);
        if (!*out)
            return -1;
    }
    return (int)found;
}

/* The last definition in force there; NULL: none is known. */
static const struct definition *find_definition(const struct image *im, node_id at, struct str name)
{
    const struct definitions *d = im->self;
    unsigned stage = image_stage_of(im, at);
    node_id top = at;

    while (im->tree->node[top].parent)
        top = im->tree->node[top].parent;
    bool global = stage == UINT32_MAX || im->stage[stage].from == top, inherited = false;
    for (;;) {
        const struct definition *best = NULL;
        for (size_t i = 0; i < d->n; i++) {
            const struct definition *x = &d->v[i];
            if (!str_eq(x->name, name) || x->node >= top || (inherited && !x->env) ||
                (global ? x->stage != UINT32_MAX : x->stage != stage))
                continue;
            if (!best || x->env || !best->env)
                best = x;
        }
        if (best && !best->word && !best->env && !global) {
            global = true; /* declared without a default: the one before the first FROM */
            continue;
        }
        if (best || global || im->stage[stage].base != BASE_STAGE)
            return best;
        stage = im->stage[stage].base_stage;
        top = im->tree->node[im->stage[stage].last].after;
        inherited = true;
    }
}

static void expand(struct expansion *x, node_id n);

static void add_definition(struct expansion *x, node_id param, const struct definition *d)
{
    size_t first = x->piece.n;

    if (!d || !d->word) {
        add_unknown(x, param);
        return;
    }
    expand(x, d->word);
    for (size_t i = first; i < x->piece.n; i++)
        x->piece.v[i].default_ |= !d->env;
}

/* Before the first stage, and in FROM, a variable is what ARG says and nothing else; but for
 * those that the builder sets itself. */
static bool is_settled_by_arguments(const struct image *im, node_id n, struct str name)
{
    node_id top = n;

    while (im->tree->node[top].parent)
        top = im->tree->node[top].parent;
    unsigned stage = image_stage_of(im, top);
    return (stage == UINT32_MAX || im->stage[stage].from == top) &&
           !str_starts(name, S("TARGET")) && !str_starts(name, S("BUILD"));
}

/* ${X:-word} where X has no default, or an empty one: the word. */
static bool expand_fallback(struct expansion *x, node_id n, const struct definition *d)
{
    const struct tree *t = x->im->tree;
    node_id word = node_next(t, n, 0, NODE_WORD);
    size_t first = x->piece.n;

    if ((enum param)t->node[n].op != PARAM_DEFAULT || !word ||
        !is_settled_by_arguments(x->im, n, node_text(t, node_next(t, n, 0, NODE_NAME))))
        return false;
    if (d && d->word) {
        bool empty = node_span(t, d->word).start == node_span(t, d->word).end;
        if (!empty || !(t->node[n].flags & NODE_COLON))
            return false;
    }
    expand(x, word);
    for (size_t i = first; i < x->piece.n; i++)
        x->piece.v[i].default_ |= d != NULL;
    return true;
}

static void expand_param(struct expansion *x, node_id n)
{
    const struct tree *t = x->im->tree;
    node_id name = node_next(t, n, 0, NODE_NAME), word = 0;
    enum param op = (enum param)t->node[n].op;

    if (!name || x->depth > 16 || (op != PARAM_PLAIN && op != PARAM_DEFAULT)) {
        add_unknown(x, n);
        return;
    }
    x->depth++;
    int assigned = in_shell(t, n) ? find_assignment(x->im, n, node_text(t, name), &word) : 0;
    if (assigned > 0)
        expand(x, word);
    else if (assigned < 0)
        add_unknown(x, n);
    else {
        const struct definition *d = find_definition(x->im, n, node_text(t, name));
        if (!expand_fallback(x, n, d))
            add_definition(x, n, d);
    }
    x->depth--;
}

/* All of a word's tokens; a child node speaks for the tokens that it covers. */
static void expand(struct expansion *x, node_id n)
{
    const struct tree *t = x->im->tree;
    const struct node *w = &t->node[n];
    node_id child = node_first(t, n);

    for (uint32_t i = w->tok; i < w->tok_end; i++) {
        while (child && t->node[child].tok_end <= i)
            child = node_sibling(t, child);
        if (child && t->node[child].tok == i && t->node[child].tok_end > i) {
            enum node_kind k = node_kind(t, child);
            if (k == NODE_SINGLE || k == NODE_DOUBLE)
                expand(x, child);
            else if (k == NODE_PARAM)
                expand_param(x, child);
            else
                add_unknown(x, child);
            i = t->node[child].tok_end - 1;
            continue;
        }
        struct span s = token_span(t, i);
        struct str text = str_sub(t->text, s.start, s.end);
        node_id word = n;
        while (word && !node_is_word(t, word))
            word = t->node[word].parent;
        if (t->tok[i].kind == TOK_TEXT)
            add(x, (struct piece){text, s, word ? word : n, true, true, false});
        else if (t->tok[i].kind == TOK_ESCAPE)
            add(x, (struct piece){str_from(text, 1), s, word ? word : n, true, false, false});
        else if (t->tok[i].kind > TOK_BOM && t->tok[i].kind != TOK_QUOTE)
            add_unknown(x, n);
    }
}

struct value value_of_pieces(struct arena *a, const struct piece *v, size_t n)
{
    struct buf text = {.arena = a};
    size_t known = 0;

    for (size_t i = 0; i < n; i++) {
        known += v[i].known;
        buf_add(&text, v[i].text);
    }
    return (struct value){known == n ? VALUE_KNOWN
                          : known    ? VALUE_PARTLY
                                     : VALUE_UNKNOWN,
                          known == n ? buf_str(&text) : S(""), v, n};
}

/* What a JSON escape of two characters stands for (RFC 8259, 7); 0: none of these. */
static char json_escape(char c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *at = c ? strchr(from, c) : NULL;
    return at ? to[at - from] : 0;
}

/* A JSON string's plain runs are pieces of their own, so that edits find them. */
static struct value value_of_string(const struct image *im, struct arena *a, node_id string)
{
    const struct tree *t = im->tree;
    struct expansion x = {.im = im, .arena = a};
    struct span s = node_span(t, string);
    struct str text;

    if (!node_value(t, string, a, &text) || s.end - s.start < 2) {
        add_unknown(&x, string);
        return value_of_pieces(a, x.piece.v, x.piece.n);
    }
    s = (struct span){s.start + 1, s.end - 1};
    for (uint32_t at = s.start; at < s.end;) {
        uint32_t end = at;
        while (end < s.end && t->text.p[end] != '\\')
            end++;
        if (end > at)
            add(&x,
                (struct piece){str_sub(t->text, at, end), {at, end}, string, true, true, false});
        if (end == s.end)
            break;
        char *c = arena_new(a, char, 1);
        *c = json_escape(t->text.p[end + 1]);
        if (!*c) { /* \u1234: the whole is known, but not where */
            struct piece *p = arena_new(a, struct piece, 1);
            *p = (struct piece){text, s, string, true, false, false};
            return value_of_pieces(a, p, 1);
        }
        at = end + 2;
        add(&x, (struct piece){{c, 1}, {end, at}, string, true, false, false});
    }
    return value_of_pieces(a, x.piece.v, x.piece.n);
}

struct value image_value(const struct image *im, struct arena *a, node_id word)
{
    struct expansion x = {.im = im, .arena = a};

    if (node_kind(im->tree, word) == NODE_STRING)
        return value_of_string(im, a, word);
    expand(&x, word);
    return value_of_pieces(a, x.piece.v, x.piece.n);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* One unquoted variable is a whole argument: its value is split at blanks. */
static bool is_one_param(const struct tree *t, node_id word)
{
    const struct node *w = &t->node[word];
    node_id child = node_first(t, word);

    return child && node_kind(t, child) == NODE_PARAM && t->node[child].tok == w->tok &&
           t->node[child].tok_end == w->tok_end;
}

typedef VEC(struct field) field_list;

static void split(struct arena *a, node_id word, struct value v, field_list *out)
{
    for (size_t i = 0; i < v.npiece; i++) {
        const struct piece *p = &v.piece[i];
        for (size_t at = 0; at < p->text.n;) {
            size_t end = at;
            while (end < p->text.n && !is_blank(p->text.p[end]))
                end++;
            if (end > at) {
                struct piece *one = arena_new(a, struct piece, 1);
                *one = *p;
                one->text = str_sub(p->text, at, end);
                if (p->literal)
                    one->span =
                        (struct span){p->span.start + (uint32_t)at, p->span.start + (uint32_t)end};
                /* A field that runs over into the next piece is not written in one place. */
                bool joined = (end == p->text.n && i + 1 < v.npiece) || (at == 0 && i > 0);
                one->literal &= !joined;
                one->known &= !joined;
                struct value part = value_of_pieces(a, one, 1);
                vec_push(a, out, (struct field){part, word, false, false});
            }
            at = end + 1;
        }
    }
}

/* The parameter that is all of a word, in double quotes or in none; 0: there is more, or none. */
static node_id sole_param(const struct tree *t, node_id word)
{
    node_id child = node_first(t, word);

    if (is_one_param(t, word))
        return child;
    if (!child || node_kind(t, child) != NODE_DOUBLE || t->node[child].tok != t->node[word].tok ||
        t->node[child].tok_end != t->node[word].tok_end)
        return 0;
    node_id inner = node_first(t, child);
    bool whole = inner && node_kind(t, inner) == NODE_PARAM &&
                 t->node[inner].tok == t->node[child].tok + 1 &&
                 t->node[inner].tok_end + 1 == t->node[child].tok_end;
    return whole ? inner : 0;
}

/* The loop whose variable stands at `at`, when nothing else in the instruction sets it; 0: none. */
static node_id loop_of(const struct tree *t, node_id at, struct str name)
{
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), found = 0;

    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        enum node_kind k = node_kind(t, n);
        node_id key = k == NODE_ASSIGN || k == NODE_FOR ? node_next(t, n, 0, NODE_NAME) : 0;
        if (!key || !str_eq(node_text(t, key), name))
            continue;
        if (k == NODE_ASSIGN)
            return 0;
        if (n < at && at < t->node[n].after)
            found = n;
    }
    return found;
}

static bool is_word(const struct tree *t, node_id n, const char *text)
{
    return n && str_eq(node_text(t, n), str_of(text));
}

/* `set -- a b` on the straight line before, and nothing else that moves the parameters. */
static node_id set_before(const struct tree *t, node_id at)
{
    node_id instruction = node_up(t, at, NODE_INSTRUCTION), found = 0;

    if (node_up(t, at, NODE_FUNCTION))
        return 0;
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        if (node_kind(t, n) != NODE_COMMAND)
            continue;
        node_id name = node_next(t, n, 0, NODE_WORD);
        if (is_word(t, name, "shift") || is_word(t, name, "eval") || is_word(t, name, "."))
            return 0;
        if (!is_word(t, name, "set") || !is_word(t, node_next(t, n, name, NODE_WORD), "--"))
            continue;
        node_id up = t->node[n].parent;
        if (node_kind(t, up) == NODE_ANDOR)
            up = t->node[up].parent;
        if (found || node_kind(t, up) != NODE_SHELL || t->node[n].after > at || node_after_or(t, n))
            return 0;
        found = n;
    }
    return found;
}

static void add_fields(const struct image *im, struct arena *a, node_id word, field_list *out);

/* The fields of a loop's list, or of `set --`, in the place of the word that gives them. False:
 * they are not known whole. */
static bool add_list(const struct image *im, struct arena *a, node_id word, node_id param,
                     field_list *out)
{
    const struct tree *t = im->tree;
    node_id key = node_next(t, param, 0, NODE_NAME), owner = 0, w = 0;
    struct str name = key ? node_text(t, key) : S("");
    bool positional = str_eq(name, S("@")) || str_eq(name, S("*"));
    bool split_again = is_one_param(t, word);
    field_list list = {0};

    if ((enum param)t->node[param].op != PARAM_PLAIN || !key ||
        (positional && !split_again && str_eq(name, S("*"))))
        return false;
    owner = positional ? set_before(t, param) : loop_of(t, param, name);
    if (!owner)
        return false;
    if (positional)
        w = node_next(t, owner, node_next(t, owner, 0, NODE_WORD), NODE_WORD);
    while ((w = node_next(t, owner, w, NODE_WORD)))
        add_fields(im, a, w, &list);
    for (size_t i = 0; i < list.n; i++)
        for (size_t k = 0; k < list.v[i].value.text.n && split_again; k++)
            if (is_blank(list.v[i].value.text.p[k]))
                return false;
    for (size_t i = 0; i < list.n; i++) {
        list.v[i].word = word;
        list.v[i].quoted = !split_again;
        list.v[i].each = !positional;
        vec_push(a, out, list.v[i]);
    }
    return list.n > 0;
}

static void add_fields(const struct image *im, struct arena *a, node_id word, field_list *out)
{
    const struct tree *t = im->tree;
    node_id param = in_shell(t, word) ? sole_param(t, word) : 0;
    bool quoted = false, expands = false;

    if (param && add_list(im, a, word, param, out))
        return;
    struct value v = image_value(im, a, word);
    for (node_id n = node_first(t, word); n; n = node_sibling(t, n)) {
        enum node_kind k = node_kind(t, n);
        quoted |= k == NODE_SINGLE || k == NODE_DOUBLE || k == NODE_ANSI;
        expands |= k == NODE_PARAM;
    }
    if (v.certainty == VALUE_KNOWN && expands) {
        if (is_one_param(t, word)) {
            split(a, word, v, out);
            return;
        }
        for (size_t i = 0; i < v.text.n && !quoted; i++)
            if (is_blank(v.text.p[i]))
                v = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    }
    vec_push(a, out, (struct field){v, word, quoted, false});
}

size_t image_fields(const struct image *im, struct arena *a, node_id command,
                    const struct field **out)
{
    const struct tree *t = im->tree;
    field_list list = {0};

    for (node_id n = node_first(t, command); n; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_WORD || node_kind(t, n) == NODE_STRING)
            add_fields(im, a, n, &list);
    static const struct field none; /* so that what is skipped can be added to it */
    *out = list.v ? list.v : &none;
    return list.n;
}
