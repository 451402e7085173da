/* use-workdir: a RUN that changes its folder, where WORKDIR says where it works. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports `cd` in a RUN. Where the RUN begins with it (`RUN cd /src && make`) and does all of "
    "its\n"
    "work there, WORKDIR goes before the RUN, and the folder from before behind it, unless a\n"
    "WORKDIR follows anyway.\n\n"
    "Not changed: RUNs with more than one `cd` or with commands before it, folders that the shell\n"
    "works out, and stages whose folder from before is not known.\n\n"
    "Safety: unsafe. WORKDIR makes a folder that is not there, where `cd` fails.\n";

/* The folder that a WORKDIR leads to; "" not known. */
static struct str next_folder(struct fix_ctx *c, node_id workdir, struct str at)
{
    node_id word = node_next(c->tree, workdir, 0, NODE_WORD);
    struct value v = word ? image_value(c->image, c->arena, word) : (struct value){0};

    if (v.certainty != VALUE_KNOWN || !v.text.n)
        return S("");
    for (size_t i = 0; i < v.npiece; i++)
        if (v.piece[i].default_)
            return S(""); /* a build may say otherwise */
    if (str_starts(v.text, S("/")))
        return v.text;
    if (!at.n)
        return S("");
    return str_fmt(c->arena, STR_FMT "%s" STR_FMT, STR_ARG(at), str_ends(at, S("/")) ? "" : "/",
                   STR_ARG(v.text));
}

/* These begin in the root, by their own configurations. */
static struct str first_folder(const struct stage *s)
{
    struct reference r;

    if (s->base == BASE_SCRATCH)
        return S("/");
    if (s->base != BASE_IMAGE || !reference_parse(s->reference.text, &r) || r.domain.n)
        return S("");
    return word_is_one_of(r.path, "debian ubuntu alpine busybox fedora centos almalinux rockylinux")
               ? S("/")
               : S("");
}

/* A walk along the instructions, with the folder that each works in. */
struct walk {
    struct fix_ctx *c;
    node_id next; /* not looked at yet */
    struct str folder;
    struct str *end; /* by stage */
};

/* The folder that an instruction works in; "" not known. They are asked for in reading order. */
static struct str folder_at(struct walk *w, node_id at)
{
    const struct image *im = w->c->image;
    const struct tree *t = w->c->tree;

    for (; w->next && w->next < at; w->next = instruction_next(t, w->next)) {
        unsigned stage = image_stage_of(im, w->next);
        enum instruction op = node_instruction(t, w->next);
        if (stage >= im->nstage)
            continue;
        const struct stage *s = &im->stage[stage];
        if (op == INST_FROM)
            w->folder = s->base == BASE_STAGE ? w->end[s->base_stage] : first_folder(s);
        if (op == INST_WORKDIR && !t->node[w->next].parent)
            w->folder = next_folder(w->c, w->next, w->folder);
        w->end[stage] = w->folder;
    }
    return w->folder;
}

/* The WORKDIR with a whole path that comes next and makes the folder before it of no account. */
static bool is_followed(struct fix_ctx *c, node_id run)
{
    node_id n = instruction_next(c->tree, run);

    if (!n || node_instruction(c->tree, n) != INST_WORKDIR)
        return false;
    node_id word = node_next(c->tree, n, 0, NODE_WORD);
    return word && str_starts(node_text(c->tree, word), S("/"));
}

static bool is_path(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char x = s.p[i];
        bool letter = (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z') || (x >= '0' && x <= '9');
        if (!letter && !memchr("/._-+@", x, 6))
            return false;
    }
    return s.n > 0 && s.p[0] != '-';
}

/* `cd FOLDER` at the front of a chain that is all of the RUN; the folder, as it is written. */
static const char *why_not(struct fix_ctx *c, const struct command *k, struct str *folder)
{
    const struct tree *t = c->tree;
    struct command_list l = commands_of_instruction(c->image, k->instruction);
    const struct field *const *word;
    node_id chain = t->node[k->node].parent;

    for (size_t i = 0; i < l.n; i++)
        if (l.v[i].program == PROGRAM_CD && l.v[i].node != k->node)
            return "the RUN changes its folder more than once";
    if (node_kind(t, chain) != NODE_ANDOR || node_first(t, chain) != k->node ||
        node_kind(t, t->node[chain].parent) != NODE_SHELL || node_sibling(t, chain) ||
        node_first(t, t->node[chain].parent) != chain ||
        t->node[t->node[chain].parent].parent != k->instruction)
        return "not all of the RUN is done there";
    for (node_id n = node_first(t, chain); n; n = node_sibling(t, n))
        if (t->node[n].flags & NODE_AFTER_OR)
            return "part of the RUN is done if the folder is not there";
    if (command_operands(k, &word) != 1 || command_option(k, NULL, NULL) ||
        word[0]->value.npiece != 1 || !word[0]->value.piece[0].literal ||
        word[0]->value.piece[0].node != word[0]->word || !is_path(word[0]->value.text))
        return "its folder is not written out";
    *folder = word[0]->value.text;
    return NULL;
}

static void look(struct walk *w, const struct command *k)
{
    struct fix_ctx *c = w->c;
    struct str folder = S(""), before = folder_at(w, k->instruction);

    if (k->within || k->onbuild || k->wrappers) {
        fix_help(fix_hint(c, k->outer, "The RUN changes its folder with cd"), "use WORKDIR");
        return;
    }
    const char *why = why_not(c, k, &folder);
    if (why) {
        fix_help(fix_hint(c, k->node, "The RUN changes its folder with cd"), "use WORKDIR; %s",
                 why);
        return;
    }
    struct fix *f = fix_begin(c, k->node, UNSAFE, "Use WORKDIR in place of cd");
    bool whole = str_starts(folder, S("/"));
    if (!before.n && (!whole || !is_followed(c, k->instruction))) {
        fix_refuse(f, "the folder of the base image, to come back to, is not known");
        return;
    }
    if (!whole)
        folder = str_fmt(c->arena, STR_FMT "%s" STR_FMT, STR_ARG(before),
                         str_ends(before, S("/")) ? "" : "/", STR_ARG(folder));
    fix_line_before(f, k->instruction, str_fmt(c->arena, "WORKDIR " STR_FMT, STR_ARG(folder)));
    fix_delete_commands(f, k->node, k->node);
    if (!is_followed(c, k->instruction) && !str_eq(folder, before))
        fix_line_after(f, k->instruction, str_fmt(c->arena, "WORKDIR " STR_FMT, STR_ARG(before)));
}

static void run(struct fix_ctx *c)
{
    struct walk w = {.c = c,
                     .next = instruction_next(c->tree, 0),
                     .folder = S(""),
                     .end = arena_new(c->arena, struct str, c->image->nstage + 1)};
    node_id told = 0;

    for (size_t i = 0; i < c->image->nstage; i++)
        w.end[i] = S("");
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_CD, PHASE_BUILD));) {
        if (k->instruction == told)
            continue;
        told = k->instruction;
        look(&w, k);
    }
}

const struct fixer fixer_use_workdir = {
    .id = "use-workdir",
    .aliases = "DL3003",
    .title = "Use WORKDIR to change the folder",
    .why = "Where the RUN works is hidden among its commands.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
