/* Calls of package managers: which, with what options, and of which packages. */
#include "commands/list.h"
#include "packages/packages.h"
#include "dfix/manager.h"

#include <string.h>

typedef VEC(struct option) option_list;
typedef VEC(struct package) package_list;

struct reader {
    const struct image *im;
    struct arena *arena;
    const struct command *command;
    const struct tree *tree; /* that the command stands in */
    struct install in;
    option_list option;
    package_list package;
};

static bool known(const struct field *f)
{
    return f->value.certainty == VALUE_KNOWN;
}

static void read_options(struct reader *r, const struct command_line *l, const struct field *f)
{
    for (size_t i = 0; i < l->option.n; i++) {
        const struct command_option *o = &l->option.v[i];
        vec_push(r->arena, &r->option,
                 (struct option){.name = f[o->arg],
                                 .value = o->value,
                                 .spelled = o->name,
                                 .has_value = o->has_value});
    }
}

/* apt-get purge $TOOLS, in the RUN that installs them: removing takes `name=version` as well. */
static bool only_removes(const struct reader *r, node_id param, node_id install)
{
    const struct tree *t = r->tree;
    node_id node = node_up(t, param, NODE_COMMAND);

    if (!node || node_up(t, node, NODE_INSTRUCTION) != node_up(t, install, NODE_INSTRUCTION))
        return false;
    const struct command *c = command_at_node(r->command->list, t, node);
    return c && c->phase == PHASE_BUILD && r->in.manager->removes_pinned(c);
}

/* How many other places read the variable that wrote this field. */
static unsigned other_uses(const struct reader *r, const struct field *f, node_id writer)
{
    enum { ENOUGH = 8 }; /* of them to know */
    const struct tree *t = r->tree;
    node_id param = 0;

    if (writer == f->word)
        return 0;
    for (node_id n = f->word + 1; !param && n < t->node[f->word].after; n++)
        if (node_kind(t, n) == NODE_PARAM)
            param = node_next(t, n, 0, NODE_NAME);
    if (!param)
        return 1;
    /* A loop's variable is written where it is read; those of the shell live as long as their
     * instruction; ARG and ENV are read anywhere. */
    struct str name = node_text(t, param);
    node_id instruction = node_up(t, writer, NODE_INSTRUCTION), within = 0;
    if (f->each)
        within = node_up(t, writer, NODE_FOR);
    else if (instruction && node_instruction(t, instruction) == INST_RUN)
        within = instruction;
    unsigned uses = 0;
    node_id n = within;
    while (uses < ENOUGH && (n = scope_next_use(r->command->scope, name, n, t->node[within].after)))
        uses += !only_removes(r, n, f->word);
    return uses - 1;
}

/* `make>4` without quotes: a redirection to a file named 4, and hardly meant so. */
static bool meets_redirect(const struct tree *t, node_id word)
{
    node_id next = node_sibling(t, word);
    node_id target = next && node_kind(t, next) == NODE_REDIRECT ? node_first(t, next) : 0;

    if (!target || node_span(t, next).start != node_span(t, word).end)
        return false;
    char first = t->text.p[node_span(t, target).start];
    return (first >= '0' && first <= '9') || first == '=' || first == '~';
}

static void read_package(struct reader *r, const struct field *f)
{
    struct package p = {.kind = PACKAGE_UNKNOWN,
                        .name = S(""),
                        .qualifier = S(""),
                        .operator_ = S(""),
                        .version = S(""),
                        .field = *f,
                        .node = f->word,
                        .span = node_span(r->tree, f->word)};
    struct str w = f->value.text;

    if (known(f) && !w.n)
        return;
    if (known(f)) {
        if (str_find(w, S("://")) != STR_NONE)
            p.kind = PACKAGE_URL;
        else
            r->in.manager->package_read(&p, w);
        if (!p.name.n)
            p.name = w;
    }
    if (f->value.npiece == 1 && f->value.piece[0].literal) {
        p.literal = true;
        p.node = f->value.piece[0].node;
        p.span = f->value.piece[0].span;
        p.shared = other_uses(r, f, p.node);
    }
    p.redirected = p.kind == PACKAGE_NAME && meets_redirect(r->tree, f->word);
    vec_push(r->arena, &r->package, p);
}

static void add_unknown_package(struct reader *r, const struct field *at, struct str name)
{
    struct field f = *at;

    f.value = (struct value){.certainty = VALUE_UNKNOWN, .text = S("")};
    read_package(r, &f);
    r->package.v[r->package.n - 1].name = name;
}

static void settle_options(struct reader *r)
{
    struct install *in = &r->in;

    in->target_release = in->virtual_ = in->root = S("");
    for (size_t i = 0; i < r->option.n; i++) {
        const struct option *o = &r->option.v[i];
        struct str value = o->has_value && known(&o->value) ? o->value.value.text : S("");
        in->manager->option_read(r->arena, in, o, value);
    }
}

static void settle(struct reader *r)
{
    settle_options(r);
    r->in.option = r->option.v;
    r->in.noption = r->option.n;
    r->in.package = r->package.v;
    r->in.npackage = r->package.n;
}

/* The command's line, when it calls a package manager: false, it calls none. */
static bool read_call(struct reader *r, const struct field *f, size_t n)
{
    const struct command *c = r->command;
    struct command_line own = {0};
    const struct command_line *line = &own;

    r->in.manager = manager_of_program(c->program);
    if (!r->in.manager || !manager_has_index(r->in.manager))
        return false;
    if (c->within) /* here its words are those of its own text */
        command_line_read(r->arena, c->program, f, n, &own);
    else
        line = command_line_of(c);
    if (line->subcommand_arg && !line->subcommand.n)
        return false;
    r->in.program = c->name;
    r->in.verb = line->subcommand.n ? manager_verb(r->in.manager, line->subcommand) : VERB_OTHER;
    r->in.said = line->subcommand;
    read_options(r, line, f);
    for (size_t i = 0; i < line->operand.n; i++)
        read_package(r, line->operand.v[i]);
    if (c->wrappers & WRAP_XARGS)
        add_unknown_package(r, f - c->at, S("what xargs adds")); /* said of xargs itself */
    settle(r);
    return true;
}

const struct option *install_option(const struct install *in, struct str spelled)
{
    for (size_t i = 0; i < in->noption; i++)
        if (str_eq(in->option[i].spelled, spelled))
            return &in->option[i];
    return NULL;
}

struct finder {
    const struct image *im;
    struct arena *arena;
    VEC(struct install) list;
};

/* What was read in a text's own tree, said of the word of the file that holds it. */
static void place_package(struct arena *a, const struct command *c, struct package *p)
{
    const struct nested_text *s = c->within;
    const struct tree *t = s->scope.tree;
    struct span word = node_span(t, p->node);
    /* Behind two shells nothing is written: three would have to read it alike. */
    bool once = c->list->v[c->holder].holder == UINT32_MAX;
    bool whole = s->value.certainty == VALUE_KNOWN;

    if (!p->name.n)
        p->name = whole ? node_text(t, p->field.word) : S("a package of this text");
    p->script = true;
    p->bare = p->span.start == word.start && p->span.end == word.end;
    p->literal = p->literal && whole && once && nested_span(s, p->span, &p->span);
    if (!p->literal)
        p->span = s->place;
    p->node = s->word;
    nested_place(s, a, &p->field);
}

static void add_unread(struct finder *x, const struct command *c, const struct field *f,
                       struct str by, struct str text);

/* Do the two words start an install? */
static bool starts_install(struct str program, struct str word)
{
    for (size_t i = 0; managers[i]; i++)
        if (managers[i]->is_called(program) && manager_verb(managers[i], word) == VERB_INSTALL)
            return true;
    return false;
}

/* May a call stand behind the program? Where its words are as they are written, the text tells. */
static bool may_carry(const struct command *c)
{
    static const char printers[] =
        "echo printf grep sed awk test [ cat tee exit command type which";

    if (c->within || !c->name.n || word_is_one_of(c->name, printers))
        return false;
    struct str text = node_text(c->scope->tree, c->node);
    bool may = !command_is_literal(c);
    for (size_t i = 0; managers[i] && !may; i++)
        for (const struct manager_call *call = managers[i]->calls; call->text && !may; call++)
            may = str_find(text, str_of(call->program)) != STR_NONE;
    return may;
}

/* A call behind a program that is not known: retry 3 apt-get install -y curl. Programs that only
 * look or print are left out. */
static void read_carried(struct finder *x, const struct command *c, const struct field *f, size_t n)
{
    struct str before = S("");

    if (str_eq(c->name, S("install_packages")))
        add_unread(x, c, f, c->name, c->name);
    for (size_t i = 0; i < n; i++) {
        struct str word = f[i].value.text;
        if (!known(&f[i]) || str_starts(word, S("-")))
            continue;
        if (starts_install(before, word)) {
            add_unread(x, c, f, c->name,
                       str_fmt(x->arena, STR_FMT " " STR_FMT, STR_ARG(before), STR_ARG(word)));
            return;
        }
        before = path_basename(word);
    }
}

static struct install install_of(const struct command *c)
{
    return (struct install){.instruction = c->instruction,
                            .command = c->outer,
                            .call = c,
                            .order = command_order(c),
                            .stage = c->stage,
                            .conditional = command_may_not_run(c),
                            .wrappers = c->wrappers,
                            .onbuild = c->onbuild};
}

/* A text that cannot be read, but shows this call. */
static void add_call(struct finder *x, const struct command *c, const struct field *f,
                     struct str by, const struct manager *m, const struct manager_call *call)
{
    struct reader r = {
        .im = x->im, .arena = x->arena, .command = c, .tree = c->scope->tree, .in = install_of(c)};

    r.in.manager = m;
    r.in.program = str_of(call->program);
    r.in.verb = VERB_INSTALL;
    r.in.said = S("install");
    add_unknown_package(
        &r, f,
        by.n ? str_fmt(x->arena, "what " STR_FMT " does with `%s`", STR_ARG(by), call->text)
             : S("what this text installs"));
    settle(&r);
    vec_push(x->arena, &x->list, r.in);
}

/* All that it shows. `by`: the program whose words they are; "" none. */
static void add_unread(struct finder *x, const struct command *c, const struct field *f,
                       struct str by, struct str text)
{
    for (size_t i = 0; managers[i]; i++)
        for (const struct manager_call *call = managers[i]->calls; call->text; call++)
            if (str_find(text, str_of(call->text)) != STR_NONE)
                add_call(x, c, f, by, managers[i], call);
}

/* Is it the text of a shell that could not be read? */
static bool hides_text(const struct command *c, const struct field *f, size_t n, size_t *text)
{
    const struct command *next = c->index + 1 < c->list->n ? c + 1 : NULL;

    *text = nested_text_of(program_row(c->program), f, n);
    return *text && (!next || next->holder != c->index);
}

static void read_command(struct finder *x, const struct command *c)
{
    struct reader r = {
        .im = x->im, .arena = x->arena, .command = c, .tree = c->scope->tree, .in = install_of(c)};
    const struct field *f;
    size_t n = command_raw(x->arena, c, &f), text;

    if (!n)
        return;
    if (!read_call(&r, f, n)) {
        if (!c->within && hides_text(c, f, n, &text))
            add_unread(x, c, &f[text], S(""), node_text(r.tree, f[text].word));
        else if (!c->within)
            read_carried(x, c, f, n);
        return;
    }
    for (size_t i = 0; c->within && i < r.in.npackage; i++)
        place_package(x->arena, c, &r.package.v[i]);
    for (size_t i = 0; c->within && i < r.in.noption; i++) {
        nested_place(c->within, x->arena, &r.option.v[i].name);
        if (r.option.v[i].has_value)
            nested_place(c->within, x->arena, &r.option.v[i].value);
    }
    vec_push(x->arena, &x->list, r.in);
}

/* May its line be one of a package manager, or hide one? Programs of the table that are none, and
 * hand nothing on, cannot. */
static bool is_of_interest(const struct command *c)
{
    const struct program_row *p = program_row(c->program);
    const struct manager *m = manager_of_program(c->program);

    if (!p)
        return c->stage != UINT32_MAX && may_carry(c);
    return c->stage != UINT32_MAX && ((p->flags & (SHELL | SU)) || p->program == PROGRAM_EVAL ||
                                      p->program == PROGRAM_NALA || (m && manager_has_index(m)));
}

static void find(const struct image *im, struct arena *a, struct image_late *late)
{
    struct finder x = {.im = im, .arena = a};

    for (const struct command *c = NULL; (c = command_next(im, c, PHASE_BUILD));)
        if (is_of_interest(c))
            read_command(&x, c);
    late->install = x.list.v;
    late->ninstall = x.list.n;
    late->installs_found = true;
    calls_index(im, a, late);
}

const struct install *image_installs(const struct image *im, size_t *n)
{
    const struct image_own *own = image_own(im);

    *n = 0;
    if (!own)
        return NULL;
    if (!own->late->installs_found)
        find(im, own->definitions.arena, own->late);
    *n = own->late->ninstall;
    return own->late->install;
}
