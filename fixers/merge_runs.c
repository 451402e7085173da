/* merge-runs: RUNs of one command each, one after the other. */
#include "dfix/fixer.h"

static const char doc[] =
    "Joins a RUN to the one before it (`RUN a`, `RUN b` become `RUN a && b`), where each runs one\n"
    "command and both have the same flags. RUNs of several commands are left as they are: "
    "somebody\n"
    "has drawn the line there.\n\n"
    "Not changed: RUNs whose first command changes the shell itself (`cd`, `export`, `set`, "
    "`trap`,\n"
    "`exec`, an assignment), exec forms, heredocs, background commands, and RUNs that an empty "
    "line\n"
    "and a comment part.\n\n"
    "Safety: unsafe. What is in the image is the same, but the cache has one layer where it had "
    "two.\n";

/* ---- what hadolint counts ---- */

/* An exec form is one command, unless it hands a text with more to a shell. */
static size_t count_in_exec(struct fix_ctx *c, node_id run)
{
    size_t n = commands_of_instruction(c->image, run).n;
    return n > 1 ? n - 1 : 1;
}

/* Commands of the RUN's shell that have a plain name, tests apart; of a shell that is not sh's kind
 * it is not known. */
static size_t count_commands(struct fix_ctx *c, node_id run)
{
    const struct tree *t = c->tree;
    size_t count = 0;
    struct str name;

    if (node_next(t, run, 0, NODE_EXEC))
        return count_in_exec(c, run);
    if (!node_next(t, run, 0, NODE_SHELL))
        return SIZE_MAX;
    for (node_id n = run + 1; n < t->node[run].after; n++) {
        node_id word = node_kind(t, n) == NODE_COMMAND ? node_next(t, n, 0, NODE_WORD) : 0;
        count += word && node_value(t, word, c->arena, &name) && !str_eq(name, S("["));
    }
    return count;
}

static struct str flags_of(struct fix_ctx *c, node_id run)
{
    struct buf b = {.arena = c->arena};

    for (node_id f = 0; (f = node_next(c->tree, run, f, NODE_FLAG));) {
        buf_add(&b, node_text(c->tree, f));
        buf_char(&b, ' ');
    }
    return buf_str(&b);
}

/* ---- may they be joined? ---- */

/* The one command of a RUN that is nothing else; 0: there is more to it. */
static node_id sole_command(const struct tree *t, node_id run)
{
    node_id shell = node_next(t, run, 0, NODE_SHELL), first = shell ? node_first(t, shell) : 0;

    if (!first || node_next(t, run, 0, NODE_HEREDOC) || node_sibling(t, first) ||
        t->node[first].tok_end != t->node[shell].tok_end ||
        t->node[run].tok_end != t->node[shell].tok_end ||
        (node_kind(t, first) != NODE_COMMAND && node_kind(t, first) != NODE_SUBSHELL))
        return 0;
    return first;
}

/* Does it change the shell that runs it? */
static bool leaks(struct fix_ctx *c, node_id command)
{
    static const char builtins[] = ". alias break builtin bind caller cd command compgen complete "
                                   "continue declare dirs disown enable eval exec exit export "
                                   "fc getopts hash jobs let local logout mapfile popd pushd read "
                                   "readarray readonly return set shift shopt source suspend times "
                                   "trap typeset ulimit umask unalias unset wait";
    node_id word = node_next(c->tree, command, 0, NODE_WORD);
    struct str name;

    if (node_kind(c->tree, command) == NODE_SUBSHELL)
        return false;
    return !word || !node_value(c->tree, word, c->arena, &name) || word_is_one_of(name, builtins);
}

static void report(struct fix_ctx *c, node_id before, node_id run)
{
    const struct tree *t = c->tree;
    struct fix *f =
        fix_begin(c, node_next(t, run, 0, NODE_KEYWORD), UNSAFE, "Join this RUN to the one before");
    node_id first = sole_command(t, before), second = sole_command(t, run);

    if (!first || !second)
        fix_refuse(f, "one of them is no plain command");
    else if (leaks(c, first))
        fix_refuse(f, "the one before changes the shell that runs it");
    else
        fix_join(f, before, run);
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    node_id before = 0, remembered = 0;

    for (node_id n = 0; (n = instruction_next(t, n)); before = n) {
        if (node_instruction(t, n) != INST_RUN || t->node[n].parent) {
            remembered = 0;
            continue;
        }
        if (!remembered || !str_eq(flags_of(c, remembered), flags_of(c, n)) ||
            count_commands(c, n) > 1 || count_commands(c, remembered) > 1)
            remembered = n;
        else
            report(c, before, n);
    }
}

const struct fixer fixer_merge_runs = {
    .id = "merge-runs",
    .aliases = "DL3059",
    .title = "Join RUNs of one command each",
    .why = "Each RUN is a layer: what one deletes stays in the one before.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_INFO,
    .off = true,
    .run = run,
};
