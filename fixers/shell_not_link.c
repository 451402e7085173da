/* shell-not-link: /bin/sh made a link to another shell, where SHELL says which one reads RUN. */
#include "dfix/fixer.h"

static const char doc[] =
    "`ln -sf /bin/bash /bin/sh` changes the shell of every script in the image, to change that of\n"
    "the RUNs. This rule takes the link away, and the `rm /bin/sh` before it, and writes\n"
    "`SHELL [\"/bin/bash\", \"-c\"]`.\n\n"
    "Only reported where the link is made in some other way. Not changed where the file itself "
    "runs\n"
    "`sh` later, which the link made bash, or has a SHELL before.\n\n"
    "Safety: unsafe. Scripts that begin with `#!/bin/sh` are read by the distribution's own sh "
    "again.\n";

/* The shell that the link is to lead to; "" this is no such command. */
static struct str linked(const struct command *k)
{
    const struct field *const *word;
    size_t n = k->program == PROGRAM_LN ? command_operands(k, &word) : 0;

    if (n != 2 || !str_eq(word[1]->value.text, S("/bin/sh")) || !command_has(k, "s"))
        return S("");
    struct str to = word[0]->value.text, name = path_basename(to);
    if (!word_is_one_of(name, "bash zsh ksh dash ash"))
        return S("");
    return to;
}

static bool names_sh(const struct command *k)
{
    const struct field *arg;

    for (size_t i = command_args(k, &arg); i-- > 1;)
        if (str_eq(arg[i].value.text, S("/bin/sh")))
            return true;
    return false;
}

/* The `rm /bin/sh` right before it in the same list; else the command itself. */
static node_id first_of(const struct command *k, const struct command *before)
{
    const struct tree *t = k->scope->tree;
    const struct field *const *word;

    if (!before || before->program != PROGRAM_RM || before->scope->tree != t ||
        node_sibling(t, before->node) != k->node || command_operands(before, &word) != 1 ||
        !str_eq(word[0]->value.text, S("/bin/sh")))
        return k->node;
    return before->node;
}

/* A `set` in front of it, for it alone. */
static node_id with_set(struct fix_ctx *c, node_id first, node_id last)
{
    const struct tree *t = c->tree;
    node_id chain = t->node[first].parent, set = node_first(t, chain), word;
    struct str name;

    if (node_kind(t, chain) != NODE_ANDOR || node_sibling(t, last) ||
        node_sibling(t, set) != first || !(word = node_next(t, set, 0, NODE_WORD)) ||
        !node_value(t, word, c->arena, &name) || !str_eq(name, S("set")))
        return first;
    return set;
}

/* Is there nothing else in the RUN, and no comment? */
static bool is_all(const struct tree *t, node_id run, node_id first, node_id last)
{
    node_id shell = node_next(t, run, 0, NODE_SHELL);

    for (uint32_t i = t->node[run].tok; i < t->node[run].tok_end; i++)
        if (t->tok[i].kind == TOK_COMMENT)
            return false;
    return shell && t->node[shell].tok == t->node[first].tok &&
           t->node[shell].tok_end == t->node[last].tok_end &&
           t->node[shell].tok_end == t->node[run].tok_end;
}

/* What a stage and those built on it do with sh and SHELL. */
struct use {
    uint32_t sh;   /* index of the last command that runs sh by its name, and one; 0 none */
    bool below;    /* a stage that is built on it does, or what the container starts */
    node_id shell; /* the first SHELL; 0 none */
    bool above;    /* there is one in a stage that it is built on */
};

static bool runs_sh(const struct command *k)
{
    const struct field *arg;
    size_t n = command_words(k, &arg);

    for (size_t i = 0; i < n && i <= k->at; i++)
        if (word_is_one_of(arg[i].value.text, "sh /bin/sh"))
            return true;
    return false;
}

/* By stage. */
static struct use *uses_of(struct fix_ctx *c)
{
    const struct image *im = c->image;
    struct use *u = arena_new(c->arena, struct use, im->nstage + 1);

    for (const struct command *k = NULL; (k = command_next(im, k, PHASE_BUILD));)
        if (k->stage < im->nstage && runs_sh(k))
            u[k->stage].sh = k->index + 1;
    for (const struct command *k = NULL; (k = command_next(im, k, PHASE_START));)
        if (k->stage < im->nstage)
            u[k->stage].below |= runs_sh(k);
    for (node_id n = 0; (n = instruction_next(c->tree, n));) {
        unsigned stage = image_stage_of(im, n);
        if (node_instruction(c->tree, n) == INST_SHELL && stage < im->nstage && !u[stage].shell)
            u[stage].shell = n;
    }
    for (size_t i = 0; i < im->nstage; i++)
        if (im->stage[i].base == BASE_STAGE)
            u[i].above = u[im->stage[i].base_stage].above || u[im->stage[i].base_stage].shell;
    for (size_t i = im->nstage; i-- > 0;)
        if (im->stage[i].base == BASE_STAGE)
            u[im->stage[i].base_stage].below |= u[i].below || u[i].sh;
    return u;
}

static void look(struct fix_ctx *c, const struct command *k, const struct command *before,
                 bool touched, const struct use *use)
{
    struct str shell = linked(k);
    const struct use *u = k->stage < c->image->nstage ? &use[k->stage] : &use[c->image->nstage];

    if (!shell.n || k->within || k->onbuild || k->wrappers ||
        node_kind(c->tree, k->node) != NODE_COMMAND) {
        fix_hint(c, k->outer, "Use SHELL, and leave /bin/sh as it is");
        return;
    }
    if (str_chr(shell, '/') == STR_NONE)
        shell = str_fmt(c->arena, "/bin/" STR_FMT, STR_ARG(shell));
    struct fix *f = fix_begin(c, k->node, UNSAFE, "Use SHELL, and leave /bin/sh as it is");
    if (touched)
        fix_refuse(f, "an earlier command takes /bin/sh away");
    else if (u->below || u->sh > k->index)
        fix_refuse(f, "the file runs sh later, which is then another one");
    else if (u->above || (u->shell && u->shell < k->instruction))
        fix_refuse(f, "SHELL says already which one reads RUN");
    struct str line = str_fmt(c->arena, "SHELL [\"" STR_FMT "\", \"-c\"]", STR_ARG(shell));
    node_id first = first_of(k, before), run = k->instruction;
    if (is_all(c->tree, run, with_set(c, first, k->node), k->node)) {
        fix_declares(f, run);
        fix_replace_code(f, run, fix_instruction(c, line));
        return;
    }
    fix_line_after(f, run, line);
    fix_delete_commands(f, first, k->node);
}

static void run(struct fix_ctx *c)
{
    const struct command *before = NULL;
    const struct use *use = NULL;
    unsigned stage = UINT32_MAX;
    unsigned touched = 0; /* commands of the stage that take /bin/sh away */

    if (!command_next_of(c->image, NULL, PROGRAM_LN, PHASE_BUILD))
        return;
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD)); before = k) {
        if (k->stage != stage)
            touched = 0;
        stage = k->stage;
        if (!word_is_one_of(k->name, "rm mv unlink ln") || !names_sh(k))
            continue;
        bool removed = before && first_of(k, before) != k->node;
        if (k->program == PROGRAM_LN && !use)
            use = uses_of(c);
        if (k->program == PROGRAM_LN)
            look(c, k, before, touched > (removed ? 1u : 0u), use);
        touched++;
    }
}

const struct fixer fixer_shell_not_link = {
    .id = "shell-not-link",
    .aliases = "DL4005",
    .title = "Use SHELL to change the shell of RUN",
    .why = "Every script in the image gets another shell than its author tested it with.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
