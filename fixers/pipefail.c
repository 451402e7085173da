/* pipefail: a RUN with a pipe, whose failures nobody sees. */
#include "dfix/fixer.h"

static const char doc[] =
    "A pipe succeeds when its last command does: `wget ... | tar x` goes on without the download.\n"
    "This rule puts `SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]` before the first such "
    "RUN of a\n"
    "stage (`/bin/ash` on Alpine), or adds the option to the SHELL that is there.\n\n"
    "Silent where the RUN itself says `set -o pipefail`, where the stage that this one is built "
    "on\n"
    "has set it, on Windows, and on pipes in an exec form, where hadolint reports them.\n\n"
    "Not changed: stages whose base is not known to have a shell with that option; pipes that are\n"
    "cut short on purpose (`yes |`, `| head -1`, `| grep -q`), which would fail; and `echo` with\n"
    "backslashes, which bash writes as they are.\n\n"
    "Safety: unsafe. A build that went on after such a failure ends there; and CMD and ENTRYPOINT\n"
    "in shell form get that shell.\n";

struct state {
    node_id shell; /* the SHELL in force; 0: the base image's */
    bool safe;     /* it has the option, or is no shell of sh's kind */
    bool told;     /* the stage's fix was made */
};

static struct str word_of(struct fix_ctx *c, node_id exec, size_t i)
{
    node_id s = node_first(c->tree, exec);
    struct str text = S("");

    while (s && i--)
        s = node_sibling(c->tree, s);
    if (!s || !node_value(c->tree, s, c->arena, &text))
        return S("");
    return text;
}

static bool is_pipefail_shell(struct str program)
{
    return word_is_one_of(path_basename(program), "bash zsh ash ksh");
}

/* Does a SHELL have the option, or a shell that knows nothing of it? */
static bool shell_is_safe(struct fix_ctx *c, node_id instruction)
{
    node_id exec = node_next(c->tree, instruction, 0, NODE_EXEC);
    struct str program = exec ? word_of(c, exec, 0) : S("");
    struct str name = path_basename(program), word;

    if (str_starts(name, S("pwsh")) || str_starts(name, S("powershell")) ||
        str_starts(name, S("cmd")))
        return true;
    if (!is_pipefail_shell(program) && !str_eq(name, S("busybox")))
        return false;
    for (size_t i = 1; exec && (word = word_of(c, exec, i)).n; i++)
        if (str_eq(word, S("pipefail")))
            return true;
    return false;
}

/* ---- what a RUN does ---- */

static bool sets_pipefail(const struct command *k)
{
    const struct field *arg;
    size_t n = command_args(k, &arg);

    if (!str_eq(k->name, S("set")) && k->program != PROGRAM_BASH)
        return false;
    for (size_t i = 1; i < n; i++)
        if (str_eq(arg[i].value.text, S("pipefail")))
            return true;
    return false;
}

static bool run_is_safe(struct fix_ctx *c, node_id run)
{
    struct command_list l = commands_of_instruction(c->image, run);

    for (size_t i = 0; i < l.n; i++)
        if (sets_pipefail(&l.v[i]))
            return true;
    return false;
}

static node_id pipe_in(const struct tree *t, node_id run)
{
    for (node_id n = run + 1; n < t->node[run].after; n++) {
        node_id first = node_kind(t, n) == NODE_PIPELINE ? node_first(t, n) : 0;
        if (first && node_sibling(t, first))
            return n;
    }
    return 0;
}

/* ---- what would break ---- */

static bool in_pipe(const struct tree *t, node_id n)
{
    node_id above = t->node[n].parent;
    return node_kind(t, above) == NODE_PIPELINE &&
           (node_first(t, above) != n || node_sibling(t, n));
}

/* grep that ends at a match. */
static bool stops_at_match(const struct command *k)
{
    const struct field *arg;

    for (size_t i = command_args(k, &arg); i-- > 1;) {
        struct str s = arg[i].value.text;
        bool letters = str_starts(s, S("-")) && !str_starts(s, S("--"));
        if (word_is_one_of(s, "--quiet --silent") || str_starts(s, S("--max-count")) ||
            (letters && (str_chr(s, 'q') != STR_NONE || str_chr(s, 'm') != STR_NONE)))
            return true;
    }
    return false;
}

/* Any text of its command line, but for options. */
static bool says(const struct command *k, const char *what)
{
    const struct field *arg;

    for (size_t i = command_args(k, &arg); i-- > 1;)
        if (str_find(arg[i].value.text, str_of(what)) != STR_NONE)
            return true;
    return false;
}

static bool is_grep(const struct command *k)
{
    return word_is_one_of(k->name, "grep egrep fgrep");
}

/* Does it read no more than it wants, or write until it is stopped? */
static bool cuts_short(const struct fix_ctx *c, const struct command *k)
{
    bool last = !node_sibling(c->tree, k->node),
         first = node_first(c->tree, c->tree->node[k->node].parent) == k->node;

    if (first || str_eq(k->name, S("yes")))
        return !last && str_eq(k->name, S("yes"));
    return str_eq(k->name, S("head")) || (is_grep(k) && stops_at_match(k)) ||
           (word_is_one_of(k->name, "awk gawk mawk") && says(k, "exit")) ||
           (str_eq(k->name, S("sed")) && (says(k, "q;") || says(k, "q}") || says(k, "1q")));
}

/* A loop that writes to a pipe, and is not told by what it reads when to end. */
static bool loops(const struct fix_ctx *c, node_id run)
{
    const struct tree *t = c->tree;
    node_id until = 0; /* nodes before it stand in a pipe, and not at its end */
    struct str name;

    for (node_id n = run + 1; n < t->node[run].after; n++) {
        if (in_pipe(t, n) && node_sibling(t, n) && t->node[n].after > until)
            until = t->node[n].after;
        if (node_kind(t, n) != NODE_LOOP || n >= until)
            continue;
        node_id word = node_next(t, node_first(t, node_first(t, n)), 0, NODE_WORD);
        if (!word || !node_value(t, word, c->arena, &name) || !str_eq(name, S("read")))
            return true;
    }
    return false;
}

/* dash reads backslashes in the words of echo, and no options but -n; bash does not. */
static bool echoes_otherwise(const struct command *k)
{
    const struct field *arg;
    size_t n = str_eq(k->name, S("echo")) ? command_args(k, &arg) : 0;

    for (size_t i = 1; i < n; i++) {
        struct str s = arg[i].value.text;
        if (str_chr(s, '\\') != STR_NONE || (i == 1 && word_is_one_of(s, "-e -E -ne -en -nE -En")))
            return true;
    }
    return false;
}

/* The last instruction of a stage that wants no such shell, by its reason, and whether a stage that
 * is built on it has one. */
struct stage_wants {
    node_id cut, loop, echo;
    bool cut_below, loop_below, echo_below;
};

static void look_for_pipes(struct fix_ctx *c, struct stage_wants *w)
{
    const struct image *im = c->image;
    bool *greps = arena_new(c->arena, bool, c->tree->nnode); /* a pipe: grep writes into it */

    for (const struct command *k = NULL; (k = command_next(im, k, PHASE_BUILD));) {
        if (k->within || k->stage >= im->nstage)
            continue;
        if (echoes_otherwise(k))
            w[k->stage].echo = k->instruction;
        if (!in_pipe(c->tree, k->node))
            continue;
        node_id pipe = c->tree->node[k->node].parent;
        /* grep that finds nothing for xargs is no failure. */
        if (cuts_short(c, k) || (greps[pipe] && (k->wrappers & WRAP_XARGS)))
            w[k->stage].cut = k->instruction;
        greps[pipe] |= is_grep(k);
    }
}

static struct stage_wants *wants_of(struct fix_ctx *c)
{
    const struct image *im = c->image;
    struct stage_wants *w = arena_new(c->arena, struct stage_wants, im->nstage + 1);

    look_for_pipes(c, w);
    for (node_id n = 0; (n = instruction_next(c->tree, n));) {
        unsigned stage = image_stage_of(im, n);
        if (stage < im->nstage && node_instruction(c->tree, n) == INST_RUN && loops(c, n))
            w[stage].loop = n;
    }
    for (size_t i = im->nstage; i-- > 0;) {
        struct stage_wants *base =
            im->stage[i].base == BASE_STAGE ? &w[im->stage[i].base_stage] : NULL;
        if (!base)
            continue;
        base->cut_below |= w[i].cut_below || w[i].cut;
        base->loop_below |= w[i].loop_below || w[i].loop;
        base->echo_below |= w[i].echo_below || w[i].echo;
    }
    return w;
}

/* Why the RUNs from this one on, in the stage and those built on it, want no such shell; NULL. */
static const char *breaks(const struct stage_wants *w, node_id run, bool dash)
{
    if (w->cut >= run || w->cut_below)
        return "a pipe is cut short on purpose, and would fail";
    if (w->loop >= run || w->loop_below)
        return "a loop writes to a pipe until that is closed, and would fail";
    if (dash && (w->echo >= run || w->echo_below))
        return "bash's echo does not read the backslashes of a later echo";
    return NULL;
}

/* ---- the fix ---- */

/* The shell with the option that the stage's base has; "" not known. */
static const char *shell_line(const struct stage *s)
{
    struct str distro = s->release.distro;

    if (str_eq(distro, S("alpine")))
        return "SHELL [\"/bin/ash\", \"-o\", \"pipefail\", \"-c\"]";
    if (word_is_one_of(distro, "debian ubuntu fedora centos rhel almalinux rocky amzn ol"))
        return "SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]";
    return "";
}

static void add_option(struct fix_ctx *c, struct fix *f, node_id shell)
{
    node_id exec = node_next(c->tree, shell, 0, NODE_EXEC),
            first = exec ? node_first(c->tree, exec) : 0;

    if (!first || !is_pipefail_shell(word_of(c, exec, 0))) {
        fix_refuse(f, "the shell that SHELL names may lack the option");
        return;
    }
    fix_declares(f, shell);
    fix_insert_code(f, exec, node_span(c->tree, first).end, S(", \"-o\", \"pipefail\""));
}

static void report(struct fix_ctx *c, node_id run, node_id pipe, struct state *s,
                   const struct stage_wants *wants)
{
    unsigned stage = image_stage_of(c->image, run);

    if (s->told) {
        fix_help(fix_hint(c, pipe, "A failure in the pipe goes unnoticed"),
                 "set pipefail before it");
        return;
    }
    s->told = true;
    struct fix *f = fix_begin(c, pipe, UNSAFE, "Set pipefail before the pipe");
    const char *line = stage < c->image->nstage ? shell_line(&c->image->stage[stage]) : "";
    bool dash = !s->shell && stage < c->image->nstage &&
                word_is_one_of(c->image->stage[stage].release.distro, "debian ubuntu");
    const char *why = stage < c->image->nstage ? breaks(&wants[stage], run, dash) : NULL;
    if (why)
        fix_refuse(f, why);
    else if (s->shell)
        add_option(c, f, s->shell);
    else if (!line[0])
        fix_refuse(f, "which shell the base image has is not known");
    else
        fix_line_before(f, run, str_of(line));
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    const struct image *im = c->image;
    struct state *end = arena_new(c->arena, struct state, im->nstage + 1);
    struct state s = {0};
    const struct stage_wants *wants = NULL;

    for (node_id n = 0; (n = instruction_next(t, n));) {
        enum instruction op = node_instruction(t, n);
        unsigned stage = image_stage_of(im, n);
        bool known = stage < im->nstage;
        if (op == INST_FROM && known)
            s = (struct state){.safe = im->stage[stage].windows ||
                                       (im->stage[stage].base == BASE_STAGE &&
                                        end[im->stage[stage].base_stage].safe)};
        if (op == INST_SHELL) {
            s = (struct state){.shell = n, .safe = shell_is_safe(c, n)};
        } else if (op == INST_RUN && !s.safe && !t->node[n].parent) {
            node_id pipe = pipe_in(t, n);
            if (pipe && !run_is_safe(c, n)) {
                wants = wants ? wants : wants_of(c);
                report(c, n, pipe, &s, wants);
            }
        }
        if (known)
            end[stage] = s;
    }
}

const struct fixer fixer_pipefail = {
    .id = "pipefail",
    .aliases = "DL4006",
    .title = "Set pipefail before a RUN with a pipe",
    .why = "Only the last command of a pipe decides whether the build goes on.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
