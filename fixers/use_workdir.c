/* use-workdir: a RUN that changes its folder, where WORKDIR says where it works. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports `cd` in a RUN. Where the RUN begins with it (`RUN cd /src && make`) and does all of "
    "its\n"
    "work there, WORKDIR goes before the RUN, and the folder from before behind it, unless a\n"
    "WORKDIR follows anyway. RUNs that stand one after the other are mended together.\n\n"
    "Not changed: RUNs with more than one `cd` or with commands before it, folders that the shell\n"
    "works out, that are mounted for the RUN alone or belong to the kernel, and stages whose "
    "folder\n"
    "from before is not known.\n\n"
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

static bool is_below(struct str path, struct str folder)
{
    folder = path_without_slash(folder);
    return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* From the root on; "" where it leads through `..`, or begins in a folder that is not known. */
static struct str whole_path(struct fix_ctx *c, struct str before, struct str folder)
{
    while (str_starts(folder, S("./")))
        folder = str_from(folder, 2);
    if (!str_starts(folder, S("/")) && before.n)
        folder = str_fmt(c->arena, STR_FMT "%s" STR_FMT, STR_ARG(before),
                         str_ends(before, S("/")) ? "" : "/", STR_ARG(folder));
    bool whole = str_starts(folder, S("/")) && str_find(folder, S("/.")) == STR_NONE;
    return whole ? path_without_slash(folder) : S("");
}

/* Is the folder one that only the RUN sees? */
static bool is_mounted(struct fix_ctx *c, node_id run, struct str folder)
{
    const struct tree *t = c->tree;
    struct str kernel = S("/proc /sys /dev"), one;
    struct span at;

    while (word_next(&kernel, &one))
        if (is_below(folder, one))
            return true;
    for (node_id f = 0; (f = node_next(t, run, f, NODE_FLAG));)
        if ((flag_key(t, f, S("target"), &at) || flag_key(t, f, S("dst"), &at) ||
             flag_key(t, f, S("destination"), &at)) &&
            is_below(folder, str_sub(t->text, at.start, at.end)))
            return true;
    return false;
}

/* A RUN that begins with cd, and the folder that WORKDIR would name. */
struct move {
    const struct command *cd;
    struct str folder, before;
    const char *why; /* it cannot be moved: "" needs no saying; NULL: it can */
};

static struct move move_of(struct walk *w, const struct command *k)
{
    struct move m = {.cd = k, .folder = S(""), .before = folder_at(w, k->instruction)};

    m.why = k->within || k->onbuild || k->wrappers ? "" : why_not(w->c, k, &m.folder);
    if (m.why)
        return m;
    m.folder = whole_path(w->c, m.before, m.folder);
    if (!m.folder.n)
        m.why = m.before.n ? "its folder is not written out"
                           : "the folder of the base image, to come back to, is not known";
    else if (is_mounted(w->c, k->instruction, m.folder))
        m.why = "the folder is mounted, and no part of the image";
    return m;
}

static void hint(struct fix_ctx *c, const struct move *m)
{
    struct fix *f = fix_hint(c, m->why && !*m->why ? m->cd->outer : m->cd->node,
                             "The RUN changes its folder with cd");

    if (m->why && *m->why)
        fix_help(f, "use WORKDIR; %s", m->why);
    else
        fix_help(f, "use WORKDIR");
}

/* One fix for moves of RUNs that follow each other: between them there is nothing to come back to.
 */
static void mend(struct fix_ctx *c, const struct move *m, size_t n)
{
    node_id last = m[n - 1].cd->instruction;
    struct str before = m->before, at = path_without_slash(before);
    bool there = n == 1 && str_eq(m->folder, at);
    struct fix *f =
        fix_begin(c, m->cd->node, UNSAFE,
                  there ? "Leave out cd: WORKDIR leads there" : "Use WORKDIR in place of cd");

    for (size_t i = 1; i < n; i++)
        hint(c, &m[i]);
    if (!before.n && !is_followed(c, last)) {
        fix_refuse(f, "the folder of the base image, to come back to, is not known");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(m[i].folder, at))
            fix_line_before(f, m[i].cd->instruction,
                            str_fmt(c->arena, "WORKDIR " STR_FMT, STR_ARG(m[i].folder)));
        at = m[i].folder;
        fix_delete_commands(f, m[i].cd->node, m[i].cd->node);
        if (i)
            fix_excused_at(f, m[i].cd->instruction);
    }
    if (!is_followed(c, last) && !str_eq(at, path_without_slash(before)))
        fix_line_after(f, last, str_fmt(c->arena, "WORKDIR " STR_FMT, STR_ARG(before)));
}

static void run(struct fix_ctx *c)
{
    struct walk w = {.c = c,
                     .next = instruction_next(c->tree, 0),
                     .folder = S(""),
                     .end = arena_new(c->arena, struct str, c->image->nstage + 1)};
    VEC(struct move) moves = {0};

    for (size_t i = 0; i < c->image->nstage; i++)
        w.end[i] = S("");
    for (const struct command *k = NULL;
         (k = command_next_of(c->image, k, PROGRAM_CD, PHASE_BUILD));)
        if (!moves.n || moves.v[moves.n - 1].cd->instruction != k->instruction)
            vec_push(c->arena, &moves, move_of(&w, k));
    for (size_t i = 0, n; i < moves.n; i += n) {
        for (n = 1; !moves.v[i].why && i + n < moves.n && !moves.v[i + n].why &&
                    instruction_next(c->tree, moves.v[i + n - 1].cd->instruction) ==
                        moves.v[i + n].cd->instruction;)
            n++;
        if (moves.v[i].why)
            hint(c, &moves.v[i]);
        else
            mend(c, &moves.v[i], n);
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
