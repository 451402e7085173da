/* workdir-absolute: `WORKDIR app` becomes `WORKDIR /app`, where it leads to. */
#include "dfix/fixer.h"

static const char doc[] =
    "A relative WORKDIR depends on the one before it, which may be the base image's, and that may\n"
    "change. The folder that it leads to is written out: below the stage's own WORKDIR, or below\n"
    "/ when the file sets none and the base image is known to set none.\n\n"
    "BuildKit reports the first WORKDIR of a stage only, hadolint each.\n\n"
    "Only reported: a folder that depends on build arguments, or on a base image that is not\n"
    "known.\n\n"
    "Safety: unsafe. A later base image may set a folder of its own.\n";

static bool is_absolute(struct str s)
{
    return (s.n && (s.p[0] == '/' || s.p[0] == '\\')) || path_has_drive(s);
}

/* `path` below `folder`, without . and .. in it. */
static struct str joined(struct fix_ctx *c, struct str folder, struct str path)
{
    struct str whole = str_fmt(c->arena, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(path)), part;
    struct buf b = {.arena = c->arena};

    while (str_cut(&whole, '/', &part)) {
        if (str_eq(part, S("..")))
            b.n = b.n ? (size_t)str_rchr(buf_str(&b), '/') : 0;
        else if (part.n && !str_eq(part, S(".")))
            buf_fmt(&b, "/" STR_FMT, STR_ARG(part));
    }
    return b.n ? buf_str(&b) : S("/");
}

/* Where a stage's WORKDIRs have led so far. Linux takes no longer path (PATH_MAX). */
enum { FOLDER_MAX = 4096 };
struct place {
    bool set, known;
    struct str folder;
};

static bool has_default(const struct value *v)
{
    bool any = false;

    for (size_t i = 0; i < v->npiece; i++)
        any |= v->piece[i].default_;
    return any;
}

static void look(struct fix_ctx *c, node_id n, node_id word, const struct value *v,
                 const struct place *p)
{
    struct str text = fix_written(c, word);
    bool by_hadolint = !is_absolute(text) && !str_starts(text, S("$"));
    bool by_buildkit = !p->set && v->certainty == VALUE_KNOWN && !is_absolute(v->text);
    struct fix *f;

    if (!by_hadolint && !by_buildkit)
        return;
    if (v->certainty == VALUE_KNOWN && v->npiece == 1 && v->piece[0].literal && !has_default(v) &&
        p->known) {
        struct str to = joined(c, p->set ? p->folder : S(""), v->text);
        f = fix_begin(c, n, UNSAFE, "Write WORKDIR " STR_FMT " as " STR_FMT, STR_ARG(v->text),
                      STR_ARG(to));
        fix_replace_at(f, word, v->piece[0].span, to);
    } else {
        f = fix_hint(c, n, "WORKDIR " STR_FMT " is relative; write the whole path",
                     STR_ARG(node_text(c->tree, word)));
    }
    if (by_hadolint && by_buildkit)
        fix_code(f, "DL3000 WorkdirRelativePath");
    else
        fix_code(f, by_hadolint ? "DL3000" : "WorkdirRelativePath");
    if (by_hadolint)
        fix_severity(f, SEVERITY_ERROR);
}

static void go_to(struct fix_ctx *c, struct place *p, const struct value *v)
{
    bool known = v->certainty == VALUE_KNOWN && !has_default(v);

    if (known && is_absolute(v->text))
        p->folder = v->text;
    else if (known && p->known)
        p->folder = joined(c, p->set ? p->folder : S(""), v->text);
    else
        known = false;
    p->known = known && p->folder.n < FOLDER_MAX;
    p->set = true;
}

static void run(struct fix_ctx *c)
{
    const struct tree *t = c->tree;
    struct place *stage = arena_new(c->arena, struct place, c->image->nstage + 1);
    unsigned at = UINT32_MAX;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        if (node_instruction(t, n) == INST_FROM) {
            const struct stage *s = &c->image->stage[++at];
            if (s->base == BASE_STAGE)
                stage[at] = stage[s->base_stage];
            else
                stage[at].known = image_base_in_root(c->image, at);
        }
        node_id own = instruction_inner(t, n);
        node_id word =
            own && node_instruction(t, own) == INST_WORKDIR ? node_next(t, own, 0, NODE_WORD) : 0;
        if (!word)
            continue;
        unsigned in = at < c->image->nstage ? at : (unsigned)c->image->nstage;
        struct value v = image_value(c->image, c->arena, word);
        struct place other = {.set = true}; /* where another build's stage is */
        look(c, own, word, &v, own == n ? &stage[in] : &other);
        if (own == n)
            go_to(c, &stage[in], &v);
    }
}

const struct fixer fixer_workdir_absolute = {
    .id = "workdir-absolute",
    .aliases = "DL3000 WorkdirRelativePath",
    .title = "Write WORKDIR with an absolute path",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_WARNING,
    .run = run,
};
