/* Values: what a word becomes once variables are put in, and who wrote each piece. */
#include "model/model.h"

#include <string.h>

struct expansion {
    const struct scope *sc;
    struct arena *arena;
    VEC(struct piece) piece;
    unsigned depth, steps;
};

enum { DEEPEST = 16, STEPS_MAX = 500 }; /* of variables in the values of variables */

static void add(struct expansion *x, struct piece p)
{
    struct piece *last = x->piece.n ? &x->piece.v[x->piece.n - 1] : NULL;

    /* Neighbouring bytes of one word are one piece. */
    if (last && p.known && p.literal && last->known && last->literal && last->node == p.node &&
        last->span.end == p.span.start) {
        last->span.end = p.span.end;
        last->text = str_sub(x->sc->tree->text, last->span.start, last->span.end);
        return;
    }
    vec_push(x->arena, &x->piece, p);
}

static void add_unknown(struct expansion *x, node_id n)
{
    add(x, (struct piece){.text = S(""), .span = node_span(x->sc->tree, n), .node = n});
}

static bool in_shell(const struct tree *t, node_id n)
{
    return node_up(t, n, NODE_SHELL) != 0;
}

static bool is_in_bash(const struct tree *t, node_id n)
{
    node_id shell = node_up(t, n, NODE_SHELL);

    return shell && (t->node[shell].flags & NODE_BASH);
}

/* What the shell sets itself, whatever ENV says. */
static bool is_shells_own(const struct tree *t, node_id shell, struct str name)
{
    return word_is_one_of(name, "PWD OLDPWD PPID IFS OPTIND LINENO RANDOM SHLVL _") ||
           ((t->node[shell].flags & NODE_BASH) &&
            word_is_one_of(name, "UID EUID GROUPS SECONDS HOSTNAME OPTARG"));
}

static void expand(struct expansion *x, node_id n);

/* Before the first stage, and in FROM, a variable is what ARG says and nothing else; but for
 * those that the builder sets itself. */
static bool is_settled_by_arguments(const struct scope *sc, node_id n, struct str name)
{
    node_id top = n;

    while (sc->tree->node[top].parent)
        top = sc->tree->node[top].parent;
    unsigned stage = scope_stage_of(sc, top);
    return (stage == UINT32_MAX || sc->stage[stage].from == top) &&
           !str_starts(name, S("TARGET")) && !str_starts(name, S("BUILD"));
}

static bool has_blank(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ' ' || s.p[i] == '\t' || s.p[i] == '\n' || s.p[i] == '\r')
            return true;
    return false;
}

/* What an assignment wrote. False: `export x=$y` is cut at blanks by some shells. */
static bool add_assigned(struct expansion *x, const struct assignment *a)
{
    size_t first = x->piece.n;

    if (!a->word)
        return true;
    expand(x, a->word);
    if (!a->skip)
        return true;
    for (size_t i = first; i < x->piece.n; i++)
        if (node_next(x->sc->tree, a->word, 0, NODE_PARAM) && has_blank(x->piece.v[i].text))
            return false;
    struct piece *p = x->piece.n > first ? &x->piece.v[first] : NULL;
    if (!p || !p->literal || p->text.n < a->skip)
        return false;
    p->text = str_from(p->text, a->skip);
    p->span.start += a->skip;
    return true;
}

/* A variable as its place finds it. */
struct variable {
    enum { VARIABLE_UNKNOWN, VARIABLE_UNSET, VARIABLE_SET } state;
    bool argument; /* an ARG: a build may give another value */
    size_t first;  /* its value: the pieces from here on */
};

static struct variable add_variable(struct expansion *x, node_id n, struct str name)
{
    struct variable v = {VARIABLE_UNKNOWN, false, x->piece.n};
    struct assignment a;
    node_id shell = node_up(x->sc->tree, n, NODE_SHELL);
    enum assigned assigned = shell ? assigned_before(x->sc, n, name, &a) : ASSIGNED_NOT;

    if (assigned == ASSIGNED_KNOWN && add_assigned(x, &a))
        v.state = VARIABLE_SET;
    if (assigned != ASSIGNED_NOT || (shell && is_shells_own(x->sc->tree, shell, name)))
        return v;
    const struct definition *d = definition_at(x->sc, n, name, &v.argument);
    if (d && d->word) {
        v.state = VARIABLE_SET;
        expand(x, d->word);
        for (size_t i = v.first; i < x->piece.n; i++)
            x->piece.v[i].default_ |= v.argument;
    } else if (is_settled_by_arguments(x->sc, n, name)) {
        v.state = VARIABLE_UNSET;
    }
    return v;
}

/* An operand takes the value's place. */
static void put_operand(struct expansion *x, const struct variable *v, node_id word)
{
    x->piece.n = v->first;
    if (word)
        expand(x, word);
    for (size_t i = v->first; i < x->piece.n; i++)
        x->piece.v[i].default_ |= v->argument;
}

/* A text made of the value, written nowhere as it is, takes the value's place. */
static void put_text(struct expansion *x, const struct variable *v, node_id n, struct str text)
{
    bool default_ = v->argument;

    for (size_t i = v->first; i < x->piece.n; i++)
        default_ |= x->piece.v[i].default_;
    x->piece.n = v->first;
    if (text.n)
        add(x, (struct piece){text, node_span(x->sc->tree, n), n, true, false, default_});
}

/* A pattern or a replacement that is plain text. */
static bool plain_operand(const struct tree *t, node_id word, struct str *out)
{
    *out = word ? node_text(t, word) : S("");
    for (uint32_t i = t->node[word].tok; word && i < t->node[word].tok_end; i++)
        if (t->tok[i].kind != TOK_TEXT)
            return false;
    return true;
}

/* ${x#p} ${x%p} ${x/p/w}; the last as the builder reads it, not in a shell. */
static bool cut_value(struct expansion *x, node_id n, const struct variable *v)
{
    const struct tree *t = x->sc->tree;
    node_id name = node_next(t, n, 0, NODE_NAME), word = node_next(t, n, 0, NODE_WORD);
    node_id with = word ? node_next(t, n, word, NODE_WORD) : 0;
    size_t n_pieces = x->piece.n - v->first;
    struct value value =
        value_of_pieces(x->arena, n_pieces ? x->piece.v + v->first : NULL, n_pieces);
    struct str pattern, replacement, text;
    enum param op = (enum param)t->node[n].op;

    if (value.certainty != VALUE_KNOWN || !plain_operand(t, word, &pattern) ||
        !plain_operand(t, with, &replacement))
        return false;
    uint32_t from = node_span(t, name).end;
    bool twice = word && node_span(t, word).start == from + 2;
    if (op == PARAM_OTHER
            ? !with || in_shell(t, n) || t->text.p[from] != '/' ||
                  !text_replace(x->arena, value.text, pattern, replacement, twice, &text)
            : !text_cut(value.text, pattern, op == PARAM_SUFFIX, twice, &text))
        return false;
    put_text(x, v, n, text);
    return true;
}

/* The operator of ${x-w} and so on, applied to the value; false: the outcome is not known. */
static bool apply(struct expansion *x, node_id n, const struct variable *v)
{
    const struct tree *t = x->sc->tree;
    bool colon = t->node[n].flags & NODE_COLON, set = v->state == VARIABLE_SET, filled = false;
    node_id word = node_next(t, n, 0, NODE_WORD);
    size_t unknown = 0;

    for (size_t i = v->first; i < x->piece.n; i++) {
        filled |= x->piece.v[i].text.n > 0;
        unknown += !x->piece.v[i].known;
    }
    bool stands = set && (filled || !colon), empty = set && !filled && !unknown;
    switch ((enum param)t->node[n].op) {
    case PARAM_PLAIN:
        return set;
    case PARAM_ERROR:
        return stands;
    case PARAM_DEFAULT:
    case PARAM_ASSIGN:
        if (!stands && (empty || !set))
            put_operand(x, v, word);
        return stands || empty || !set;
    case PARAM_ALTERNATE:
        if (stands)
            put_operand(x, v, word);
        else if (empty || (!set && !v->argument))
            x->piece.n = v->first;
        else
            return false;
        return true;
    case PARAM_PREFIX:
    case PARAM_SUFFIX:
    case PARAM_OTHER:
        return set && cut_value(x, n, v);
    case PARAM_LENGTH:
        break;
    }
    return false;
}

static void expand_param(struct expansion *x, node_id n)
{
    node_id name = node_next(x->sc->tree, n, 0, NODE_NAME);
    size_t first = x->piece.n;

    if (!name || x->depth > DEEPEST || ++x->steps > STEPS_MAX) {
        add_unknown(x, n);
        return;
    }
    x->depth++;
    struct variable v = add_variable(x, n, node_text(x->sc->tree, name));
    if (v.state == VARIABLE_UNKNOWN || !apply(x, n, &v)) {
        x->piece.n = first;
        add_unknown(x, n);
    }
    x->depth--;
}

/* All of a word's tokens; a child node speaks for the tokens that it covers. */
static void expand(struct expansion *x, node_id n)
{
    const struct tree *t = x->sc->tree;
    const struct node *w = &t->node[n];
    node_id child = node_first(t, n);
    bool half = false; /* an escape that a gap cuts is two tokens */

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
        else if (t->tok[i].kind == TOK_ESCAPE) {
            struct str escaped = half ? text : str_from(text, 1);
            half = !half && text.n == 1;
            if (escaped.n)
                add(x, (struct piece){escaped, s, word ? word : n, true, false, false});
        } else if (t->tok[i].kind > TOK_BOM && t->tok[i].kind != TOK_QUOTE)
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

/* Does the builder put variables into it, and is there nothing else to read in it? */
static bool is_plain_but_variables(const struct tree *t, node_id string)
{
    struct str text = node_text(t, string);

    return str_chr(text, '\\') == STR_NONE && str_chr(text, '\'') == STR_NONE &&
           node_next(t, string, 0, NODE_PARAM) && !node_has_error(t, string);
}

/* A JSON string's plain runs are pieces of their own, so that edits find them. */
static struct value value_of_string(const struct scope *sc, struct arena *a, node_id string)
{
    const struct tree *t = sc->tree;
    struct expansion x = {.sc = sc, .arena = a};
    struct span s = node_span(t, string);
    struct str text;

    if (!node_value(t, string, a, &text) || s.end - s.start < 2) {
        if (is_plain_but_variables(t, string))
            expand(&x, string);
        else
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

/* A word of one plain token, as most are, is its own value. */
static bool value_of_plain(const struct scope *sc, struct arena *a, node_id word, struct value *out)
{
    const struct tree *t = sc->tree;
    const struct node *w = &t->node[word];

    if (w->tok_end != w->tok + 1 || t->tok[w->tok].kind != TOK_TEXT || !node_is_word(t, word) ||
        node_first(t, word))
        return false;
    struct span s = token_span(t, w->tok);
    struct piece *p = arena_room(a, 1, sizeof(*p));
    *p = (struct piece){str_sub(t->text, s.start, s.end), s, word, true, true, false};
    *out = (struct value){VALUE_KNOWN, p->text, p, 1};
    return true;
}

struct value scope_value(const struct scope *sc, struct arena *a, node_id word)
{
    struct value v;
    struct expansion x = {.sc = sc, .arena = a};

    if (node_kind(sc->tree, word) == NODE_STRING)
        return value_of_string(sc, a, word);
    if (value_of_plain(sc, a, word, &v))
        return v;
    expand(&x, word);
    return value_of_pieces(a, x.piece.v, x.piece.n);
}

struct value scope_variable(const struct scope *sc, struct arena *a, node_id at, struct str name)
{
    struct expansion x = {.sc = sc, .arena = a};
    struct variable v = add_variable(&x, at, name);

    return v.state == VARIABLE_SET ? value_of_pieces(a, x.piece.v, x.piece.n)
                                   : (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
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

static void push_field(struct arena *a, node_id word, const struct piece *v, size_t from, size_t to,
                       field_list *out)
{
    if (to > from)
        vec_push(a, out,
                 (struct field){value_of_pieces(a, v + from, to - from), word, false, false});
}

/* The fields that blanks make of a value. One may run over several pieces. */
static void split(struct arena *a, node_id word, struct value v, field_list *out)
{
    VEC(struct piece) part = {0};
    size_t first = 0; /* of `part`: where the field begins */

    for (size_t i = 0; i < v.npiece; i++) {
        const struct piece *p = &v.piece[i];
        for (size_t at = 0, end; at < p->text.n; at = end + (end < p->text.n)) {
            for (end = at; end < p->text.n && !is_blank(p->text.p[end]); end++)
                ;
            if (end > at) {
                struct piece one = *p;
                one.text = str_sub(p->text, at, end);
                if (p->literal)
                    one.span =
                        (struct span){p->span.start + (uint32_t)at, p->span.start + (uint32_t)end};
                vec_push(a, &part, one);
            }
            if (end < p->text.n) {
                push_field(a, word, part.v, first, part.n, out);
                first = part.n;
            }
        }
    }
    push_field(a, word, part.v, first, part.n, out);
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

static void add_fields(const struct scope *sc, struct arena *a, node_id word, bool bash,
                       field_list *out);

/* Of lists in one tree: each may be as long as the file, and read as often. */
enum { LISTED_MAX = 4096 };

/* The fields of a loop's list, or of `set --`, in the place of the word that gives them. False:
 * they are not known whole. */
static bool add_list(const struct scope *sc, struct arena *a, node_id word, node_id param,
                     field_list *out)
{
    const struct tree *t = sc->tree;
    node_id key = node_next(t, param, 0, NODE_NAME), owner = 0, w = 0;
    struct str name = key ? node_text(t, key) : S("");
    bool positional = str_eq(name, S("@")) || str_eq(name, S("*"));
    bool split_again = is_one_param(t, word);
    field_list list = {0};

    if (sc->late->listed > LISTED_MAX || (enum param)t->node[param].op != PARAM_PLAIN || !key ||
        (positional && !split_again && str_eq(name, S("*"))))
        return false;
    owner = positional ? set_before(sc, param, &w) : loop_of(sc, param, name);
    if (!owner)
        return false;
    while ((w = node_next(t, owner, w, NODE_WORD)))
        add_fields(sc, a, w, is_in_bash(t, w), &list);
    sc->late->listed += list.n;
    for (size_t i = 0; i < list.n && split_again; i++)
        if (has_blank(list.v[i].value.text))
            return false;
    for (size_t i = 0; i < list.n; i++) {
        list.v[i].word = word;
        list.v[i].quoted = !split_again;
        list.v[i].each = !positional;
        vec_push(a, out, list.v[i]);
    }
    return list.n > 0;
}

/* bash makes several words of a{b,c} and a{1..3}. */
static bool has_braces(const struct tree *t, node_id word)
{
    struct str rest = node_text(t, word), part;

    if (str_chr(rest, '{') == STR_NONE || !str_cut(&rest, '{', &part))
        return false;
    ptrdiff_t close = str_rchr(rest, '}');
    if (str_ends(part, S("$")) || str_ends(part, S("\\")) || close == STR_NONE)
        return false;
    rest = str_sub(rest, 0, (size_t)close);
    return str_chr(rest, ',') != STR_NONE || str_find(rest, S("..")) != STR_NONE;
}

/* Are the values of variables split at blanks there? */
static bool splits_at_blanks(const struct scope *sc, node_id word)
{
    struct assignment ignored;
    return assigned_before(sc, word, S("IFS"), &ignored) == ASSIGNED_NOT;
}

/* `bash`: reads it. */
static void add_fields(const struct scope *sc, struct arena *a, node_id word, bool bash,
                       field_list *out)
{
    const struct tree *t = sc->tree;
    bool quoted = false, expands = false;
    struct value v;

    if (value_of_plain(sc, a, word, &v) && !(bash && has_braces(t, word))) {
        vec_push(a, out, (struct field){v, word, false, false});
        return;
    }
    node_id param = in_shell(t, word) ? sole_param(t, word) : 0;
    if (param && add_list(sc, a, word, param, out))
        return;
    v = scope_value(sc, a, word);
    for (node_id n = node_first(t, word); n; n = node_sibling(t, n)) {
        enum node_kind k = node_kind(t, n);
        quoted |= k == NODE_SINGLE || k == NODE_DOUBLE || k == NODE_ANSI;
        expands |= k == NODE_PARAM;
    }
    if (!quoted && ((bash && has_braces(t, word)) || (expands && !splits_at_blanks(sc, word))))
        v = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    if (v.certainty == VALUE_KNOWN && expands) {
        if (is_one_param(t, word)) {
            split(a, word, v, out);
            return;
        }
        if (!quoted && has_blank(v.text))
            v = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    }
    vec_push(a, out, (struct field){v, word, quoted, false});
}

/* Room for one field a word, as most have. */
static field_list fields_begin(const struct tree *t, struct arena *a, node_id command)
{
    field_list list = {0};

    for (node_id n = node_first(t, command); n; n = node_sibling(t, n))
        list.cap += node_kind(t, n) == NODE_WORD || node_kind(t, n) == NODE_STRING;
    list.v =
        arena_room(a, list.cap + 1, sizeof(*list.v)); /* so that what is skipped can be added */
    return list;
}

size_t scope_fields(const struct scope *sc, struct arena *a, node_id command,
                    const struct field **out)
{
    const struct tree *t = sc->tree;
    const struct definitions *d = sc->definitions; /* NULL: another shell's text */
    struct kept_fields *kept = d ? d->kept : NULL;

    if (kept && kept->of[command]) {
        const struct command_fields *f = &kept->list.v[kept->of[command] - 1];
        *out = f->v;
        return f->n;
    }
    a = d ? d->arena : a;
    bool bash = is_in_bash(t, command);
    field_list list = fields_begin(t, a, command);
    for (node_id n = node_first(t, command); n; n = node_sibling(t, n))
        if (node_kind(t, n) == NODE_WORD || node_kind(t, n) == NODE_STRING)
            add_fields(sc, a, n, bash, &list);
    if (kept) {
        vec_push(a, &kept->list, ((struct command_fields){list.v, list.n}));
        kept->of[command] = (uint32_t)kept->list.n;
    }
    *out = list.v;
    return list.n;
}
