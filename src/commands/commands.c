/* commands.c - every command that a build or its container runs, in reading order, whoever
 * starts it. Which program one runs is told from its first word alone where that is plain text
 * and names no wrapper, so that most commands cost a look at one token. */
#include "commands/list.h"

enum { DEEPEST = 8 }; /* of `sh -c` in `sh -c` */

struct finder {
    struct commands *list;
    VEC(struct command) found;
};

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

/* The first word of a command when it is plain text, which most are; "" otherwise. */
static struct str plain_program(const struct tree *t, node_id command)
{
    node_id word = node_next(t, command, 0, NODE_WORD);
    const struct node *w = &t->node[word];

    if (!word || w->tok_end != w->tok + 1 || t->tok[w->tok].kind != TOK_TEXT)
        return S("");
    return node_text(t, word);
}

/* Steps over what only starts another program: leaves c->at on that one, and says which it is. */
static void step_over(struct command *c, const struct field *f, size_t n)
{
    for (size_t step; (step = wrapper_step(f + c->at, n - c->at, &c->wrappers));)
        c->at += (uint32_t)step;
    const struct field *first = &f[c->at];
    c->name = known(first) ? path_basename(first->value.text) : S("");
    c->by_path = c->name.n < first->value.text.n;
    const struct program_row *p = program_row_of(c->name);
    c->program = p ? p->program : known(first) ? PROGRAM_OTHER : PROGRAM_UNKNOWN;
}

/* python -m pip install: pip by another way. */
static void step_over_python(struct command *c, const struct field *f, size_t n)
{
    if (c->program != PROGRAM_PYTHON || c->at + 2 >= n || !known(&f[c->at + 1]) ||
        !known(&f[c->at + 2]) || !str_eq(f[c->at + 1].value.text, S("-m")) ||
        !str_eq(f[c->at + 2].value.text, S("pip")))
        return;
    c->at += 2;
    c->name = S("pip");
    c->by_path = false;
    c->program = PROGRAM_PIP;
    c->wrappers |= WRAP_OTHER;
}

static void find_in(struct finder *x, const struct command *holder, const struct nested_text *text,
                    unsigned depth);

static void find_handed(struct finder *x, const struct command *c, const struct field *f, size_t n,
                        unsigned depth);

/* find ... -exec COMMAND ; */
static void find_executed(struct finder *x, const struct command *c, const struct field *f,
                          size_t n, unsigned depth)
{
    for (size_t i = c->at + 1u; i + 1 < n; i++) {
        if (!known(&f[i]) || !word_is_one_of(f[i].value.text, "-exec -execdir -ok -okdir"))
            continue;
        struct command inner = *c;
        inner.at = (uint32_t)i + 1;
        for (i++; i < n && !(known(&f[i]) && word_is_one_of(f[i].value.text, "; +")); i++)
            ;
        inner.end = (uint32_t)i;
        inner.wrappers |= WRAP_FIND;
        step_over(&inner, f, i);
        vec_push(x->list->arena, &x->found, inner);
        find_handed(x, &inner, f, i, depth + 1);
    }
}

/* Is it one that the find before it in the list starts? */
static bool is_executed(const struct command *find, size_t behind)
{
    if (find->index + behind >= find->list->n)
        return false;
    const struct command *k = find + behind;
    return k->node == find->node && k->scope == find->scope && (k->wrappers & WRAP_FIND);
}

const struct command *command_executed(const struct command *find)
{
    bool one = find->program == PROGRAM_FIND && is_executed(find, 1) && !is_executed(find, 2);
    return one ? find + 1 : NULL;
}

/* What the command hands to a shell, or starts besides. */
static void find_handed(struct finder *x, const struct command *c, const struct field *f, size_t n,
                        unsigned depth)
{
    const struct program_row *p = program_row(c->program);
    size_t text = nested_text_of(p, f + c->at, n - c->at);

    if (depth >= DEEPEST)
        return;
    if (c->program == PROGRAM_FIND)
        find_executed(x, c, f, n, depth);
    if (!text)
        return;
    const struct field *word = &f[c->at + text];
    struct span place = {0};
    if (c->node) /* else it stands nowhere */
        place = node_span(x->list->scope->tree, word->word);
    const struct nested_text *s =
        nested_open(x->list->arena, word, place, c->program == PROGRAM_BASH);
    if (s)
        find_in(x, c, s, depth + 1);
}

static void add_fields(struct finder *x, struct command c, const struct field *f, size_t n,
                       unsigned depth)
{
    step_over(&c, f, n);
    step_over_python(&c, f, n);
    vec_push(x->list->arena, &x->found, c);
    find_handed(x, &c, f, n, depth);
}

/* Adds one command of a tree, and what it hands on. `c` holds all that is said of its place. */
static void add_command(struct finder *x, const struct command *at, unsigned depth)
{
    struct str word = plain_program(at->scope->tree, at->node), plain = path_basename(word);
    const struct program_row *p = plain.n ? program_row_of(plain) : NULL;
    bool ends_here = plain.n && (!p || !(p->flags & (WRAPS | SHELL | SU)));

    if (ends_here && (!p || (p->program != PROGRAM_FIND && p->program != PROGRAM_PYTHON))) {
        vec_push(x->list->arena, &x->found, *at);
        struct command *c = &x->found.v[x->found.n - 1];
        c->name = plain;
        c->by_path = plain.n < word.n;
        c->program = p ? p->program : PROGRAM_OTHER;
        return;
    }
    const struct field *f;
    size_t n = command_fields(x->list->arena, at, &f);
    if (n) /* else assignments, redirections: no program */
        add_fields(x, *at, f, n, depth);
}

/* The commands of a text that `holder` hands to a shell. */
static void find_in(struct finder *x, const struct command *holder, const struct nested_text *text,
                    unsigned depth)
{
    const struct tree *t = text->scope.tree;
    struct command c = *holder;

    c.scope = &text->scope;
    c.within = text;
    c.wrappers |= WRAP_SH_C;
    c.holder = (uint32_t)x->found.n - 1;
    c.at = 0;
    c.end = UINT32_MAX;
    for (node_id n = 1; n < t->nnode; n++) {
        c.node = n;
        if (node_kind(t, n) == NODE_COMMAND)
            add_command(x, &c, depth);
    }
}

static bool phase_of(enum instruction op, enum phase *out)
{
    *out = op == INST_RUN ? PHASE_BUILD : PHASE_START;
    return op == INST_RUN || op == INST_CMD || op == INST_ENTRYPOINT;
}

/* The commands of one instruction, from its first node to its last. */
static void find_in_instruction(struct finder *x, const struct image *im, node_id instruction)
{
    const struct tree *t = im->tree;
    struct command c = {.instruction = instruction,
                        .stage = image_stage_of(im, instruction),
                        .name = S(""),
                        .onbuild = t->node[instruction].parent != 0 &&
                                   node_instruction(t, t->node[instruction].parent) == INST_ONBUILD,
                        .scope = &im->scope,
                        .list = x->list,
                        .holder = UINT32_MAX,
                        .end = UINT32_MAX};

    if (!phase_of(node_instruction(t, instruction), &c.phase))
        return;
    node_id heredoc_end = 0;
    for (node_id n = instruction + 1; n < t->node[instruction].after; n++) {
        enum node_kind k = node_kind(t, n);
        if (k == NODE_HEREDOC)
            heredoc_end = t->node[n].after;
        if ((k != NODE_COMMAND && k != NODE_EXEC) || node_has_error(t, n))
            continue;
        c.node = c.outer = n;
        c.wrappers = k == NODE_EXEC ? WRAP_EXEC_FORM : n < heredoc_end ? WRAP_HEREDOC : 0;
        add_command(x, &c, 0);
    }
}

static void list_end(const struct finder *x)
{
    struct commands *l = x->list;

    l->v = x->found.n ? x->found.v : arena_new(l->arena, struct command, 1); /* never NULL */
    l->n = x->found.n;
    l->late = arena_new(l->arena, struct command_late, l->n + 1);
    l->first = arena_new(l->arena, uint32_t, PROGRAMS);
    for (size_t i = l->n; i-- > 0;) {
        uint32_t *first = &l->first[l->v[i].program];
        l->v[i].index = (uint32_t)i;
        l->late[i].alike = *first;
        *first = (uint32_t)i + 1;
    }
}

/* Every command of a file. */
static struct commands *list_build(const struct image *im, struct arena *a)
{
    struct commands *list = arena_new(a, struct commands, 1);
    struct finder x = {.list = list};
    const struct tree *t = im->tree;

    *list = (struct commands){.arena = a, .scope = &im->scope};
    for (node_id n = 1; n < t->nnode;) {
        bool instruction = node_kind(t, n) == NODE_INSTRUCTION;
        enum instruction op = instruction ? node_instruction(t, n) : INST_UNKNOWN;
        if (instruction)
            find_in_instruction(&x, im, n);
        n = op == INST_ONBUILD || op == INST_HEALTHCHECK ? n + 1 : t->node[n].after;
    }
    list_end(&x);
    return list;
}

static struct commands *list_of(const struct image *im)
{
    struct image_late *late = image_own(im)->late;

    if (!late->commands)
        late->commands = list_build(im, image_own(im)->definitions.arena);
    return late->commands;
}

const struct command *command_next(const struct image *im, const struct command *after,
                                   enum phase phase)
{
    const struct commands *l = after ? after->list : list_of(im);

    for (size_t i = after ? after->index + 1u : 0; i < l->n; i++)
        if (l->v[i].phase == phase)
            return &l->v[i];
    return NULL;
}

const struct command *command_next_of(const struct image *im, const struct command *after,
                                      enum program p, enum phase phase)
{
    const struct commands *l = list_of(im);
    uint32_t next = after ? l->late[after->index].alike : l->first[p];

    while (next && l->v[next - 1].phase != phase)
        next = l->late[next - 1].alike;
    return next ? &l->v[next - 1] : NULL;
}

size_t commands_count(const struct image *im)
{
    return list_of(im)->n;
}

/* The first command at the node or behind it; the list's end: there is none. */
static const struct command *command_from(const struct commands *l, node_id node)
{
    struct bisect b = {.high = l->n};

    while (bisect_next(&b))
        bisect_take(&b, l->v[b.at].outer < node);
    return l->v + b.low;
}

uint32_t order_before(const struct image *im, node_id node)
{
    const struct commands *l = list_of(im);
    return 2 * (uint32_t)(command_from(l, node) - l->v);
}

struct command_list commands_of_instruction(const struct image *im, node_id instruction)
{
    const struct commands *l = list_of(im);
    struct command_list part = {.v = command_from(l, instruction)};

    while (part.v + part.n < l->v + l->n && part.v[part.n].instruction == instruction)
        part.n++;
    return part;
}

struct command_list commands_at(const struct image *im, node_id node)
{
    const struct commands *l = list_of(im);
    struct command_list part = {.v = command_from(l, node)};

    while (part.v + part.n < l->v + l->n && part.v[part.n].outer == node)
        part.n++;
    return part;
}

/* A list of its own, of what no instruction holds. */
static struct finder list_begin(struct arena *a, const struct scope *sc, struct command *c)
{
    struct finder x = {.list = arena_new(a, struct commands, 1)};

    *x.list = (struct commands){.arena = a, .scope = sc};
    *c = (struct command){.stage = UINT32_MAX,
                          .name = S(""),
                          .phase = PHASE_START,
                          .scope = sc,
                          .list = x.list,
                          .holder = UINT32_MAX,
                          .end = UINT32_MAX};
    return x;
}

bool commands_of_text(struct arena *a, struct str text, struct command_list *out)
{
    struct scope *sc = arena_new(a, struct scope, 1);
    struct command c;

    *out = (struct command_list){.n = 0};
    if (!text.n || text.n > NESTED_MAX)
        return false;
    *sc = scope_of_text(a, tree_parse_shell(a, text, true));
    if (sc->tree->nerror)
        return false;
    struct finder x = list_begin(a, sc, &c);
    for (node_id n = 1; n < sc->tree->nnode; n++) {
        c.node = c.outer = n;
        if (node_kind(sc->tree, n) == NODE_COMMAND)
            add_command(&x, &c, 0);
    }
    list_end(&x);
    *out = (struct command_list){x.list->v, x.list->n};
    return true;
}

struct command_list commands_of_words(struct arena *a, const struct field *f, size_t n)
{
    struct scope *sc = arena_new(a, struct scope, 1);
    struct command c;

    *sc = scope_of_text(a, tree_parse_shell(a, S(""), true));
    struct finder x = list_begin(a, sc, &c);
    c.wrappers = WRAP_EXEC_FORM;
    x.list->word = f;
    x.list->nword = n;
    if (n)
        add_fields(&x, c, f, n, 0);
    list_end(&x);
    return (struct command_list){x.list->v, x.list->n};
}

const struct command *command_of_node(const struct image *im, const struct scope *sc, node_id n)
{
    if (sc != &im->scope)
        return command_at_node(list_of(im), sc->tree, n);
    struct command_list here = commands_at(im, n);
    return here.n ? here.v : NULL;
}

size_t command_fields(struct arena *a, const struct command *c, const struct field **out)
{
    if (!c->node) {
        *out = c->list->word;
        return c->list->nword;
    }
    size_t n = scope_fields(c->scope, a, c->node, out);
    if (!c->within)
        return n;
    struct field *placed = arena_new(a, struct field, n + 1);
    for (size_t i = 0; i < n; i++) {
        placed[i] = (*out)[i];
        nested_place(c->within, a, &placed[i]);
    }
    *out = placed;
    return n;
}

size_t command_args(const struct command *c, const struct field **out)
{
    struct command_late *late = &c->list->late[c->index];

    if (!late->arg) {
        const struct field *f;
        size_t n = command_fields(c->list->arena, c, &f), end = c->end < n ? c->end : n;
        late->arg = f + c->at;
        late->narg = end > c->at ? end - c->at : 0;
    }
    *out = late->arg;
    return late->narg;
}

size_t command_raw(struct arena *a, const struct command *c, const struct field **out)
{
    if (!c->within)
        return command_args(c, out);
    size_t n = scope_fields(c->scope, a, c->node, out), end = c->end < n ? c->end : n;
    *out += c->at;
    return end > c->at ? end - c->at : 0;
}

size_t command_words(const struct command *c, const struct field **out)
{
    return command_fields(c->list->arena, c, out);
}

size_t command_text(const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);

    return nested_text_of(program_row(c->program), f, n);
}

bool command_holds(const struct command *c)
{
    return c->index + 1 < c->list->n && c[1].holder == c->index;
}

bool command_is_literal(const struct command *c)
{
    static const bool means[256] = {
        ['$'] = true, ['`'] = true, ['"'] = true, ['\''] = true, ['\\'] = true};
    struct str text = node_text(c->scope->tree, c->node);
    bool literal = true;

    for (size_t i = 0; i < text.n && literal; i++)
        literal = !means[(unsigned char)text.p[i]];
    return literal;
}

bool command_is_shell(const struct command *c)
{
    const struct program_row *p = program_row(c->program);

    return p ? p->flags & SHELL : str_eq(c->name, S(".")) || str_eq(c->name, S("source"));
}

struct str command_script(const struct command *c)
{
    const struct field *f;
    bool shell = command_is_shell(c);
    size_t n = shell || c->by_path ? command_args(c, &f) : 0;

    return n ? script_path(f, n, shell) : S("");
}

bool command_starts_another(const struct command *c)
{
    const struct program_row *p = program_row(c->program);

    return (p && (p->flags & WRAPS)) || str_starts(c->name, S("-")) ||
           str_chr(c->name, '=') != STR_NONE;
}

bool command_arg_is_bare(const struct command *c, size_t i)
{
    const struct tree *t = c->scope->tree;
    const struct field *f;
    size_t n = scope_fields(c->scope, c->list->arena, c->node, &f);

    if (c->at + i >= n)
        return false;
    const struct node *w = &t->node[f[c->at + i].word];
    return w->tok_end == w->tok + 1 && t->tok[w->tok].kind == TOK_TEXT;
}

const struct command_line *command_line_of(const struct command *c)
{
    struct command_late *late = &c->list->late[c->index];

    if (!late->line) {
        const struct field *f;
        size_t n = command_args(c, &f);
        late->line = arena_new(c->list->arena, struct command_line, 1);
        command_line_read(c->list->arena, c->program, f, n, late->line);
    }
    return late->line;
}

/* Does it stand so, or what hands its text on? */
static bool stands(const struct command *c, bool (*how)(const struct tree *t, node_id n))
{
    while (!c->node || !how(c->scope->tree, c->node)) {
        if (c->holder == UINT32_MAX)
            return false;
        c = &c->list->v[c->holder];
    }
    return true;
}

bool command_in_branch(const struct command *c)
{
    return stands(c, node_in_branch);
}

bool command_may_fail(const struct command *c)
{
    return stands(c, node_before_or);
}

bool command_may_not_run(const struct command *c)
{
    return command_in_branch(c) || stands(c, node_after_or);
}
