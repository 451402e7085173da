/* deeds.c - what a build does to files, in the order in which it does it, with the folder that each
 * command works in. */
#include "files/deeds.h"
#include "files/find.h"

#include "dfix/user.h"

enum { USUAL_MASK = 022 };
static const char folder_unknown[] = {PATH_OWN, 0};

/* ---- places ---- */

static bool is_set(const struct doer *d, struct str name)
{
    const struct definitions *all = d->im->scope.definitions;
    uint32_t i = all->nlast ? all->last[str_hash(name) & (all->nlast - 1)] : 0;

    while (i && !str_eq(all->v[i - 1].name, name))
        i = all->v[i - 1].earlier;
    return i;
}

/* Variables that name a program's own folder, where the file does not set them. */
static bool is_homely(const struct doer *d, struct str name)
{
    bool homely = str_ends(name, S("HOME")) ||
                  word_is_one_of(name, "GOPATH GOBIN PGDATA PHP_INI_DIR VIRTUAL_ENV TMPDIR USER");

    return homely && !is_set(d, name);
}

static char unknown_piece(const struct doer *d, const struct piece *p)
{
    const struct tree *t = d->now.scope->tree;
    node_id name =
        p->node && node_kind(t, p->node) == NODE_PARAM ? node_next(t, p->node, 0, NODE_NAME) : 0;

    if (p->node && str_find(node_text(t, p->node), S("mktemp")) != STR_NONE)
        return PATH_OWN;
    return name && is_homely(d, node_text(t, name)) ? PATH_OWN : PATH_ANY;
}

struct str pattern_of(const struct doer *d, const struct value *v)
{
    struct buf b = {.arena = d->arena};

    if (v->certainty == VALUE_KNOWN)
        return v->text;
    for (size_t i = 0; i < v->npiece; i++)
        if (v->piece[i].known)
            buf_add(&b, v->piece[i].text);
        else
            buf_char(&b, unknown_piece(d, &v->piece[i]));
    if (!v->npiece)
        buf_char(&b, PATH_ANY);
    return buf_str(&b);
}

struct place place_of_text(const struct doer *d, struct str text)
{
    struct str path = path_from(d->arena, d->at, text), name = path_basename(text);

    return (struct place){.path = path,
                          .known = path_is_known(path),
                          .folder = text.n && (!name.n || word_is_one_of(name, ". .."))};
}

struct place place_of(const struct doer *d, const struct value *v)
{
    return place_of_text(d, pattern_of(d, v));
}

bool value_is_sure(const struct value *v)
{
    for (size_t i = 0; i < v->npiece; i++)
        if (v->piece[i].default_)
            return false;
    return v->certainty == VALUE_KNOWN;
}

struct deed *deed_add(struct doer *d, enum deed_kind kind, struct place to)
{
    vec_push(d->arena, &d->list, d->now);
    struct deed *x = &d->list.v[d->list.n - 1];
    x->kind = kind;
    x->to = to;
    x->folder = d->at;
    return x;
}

/* ---- the working folder ---- */

/* Does the step stand in what the `cd` changed the folder for? */
static bool is_within(const struct doer *d, const struct moved *m, const struct step *s)
{
    const struct command *c = s->holder;

    if (m->scope == &d->im->scope)
        return s->outer < m->until;
    if (m->scope == s->scope)
        return s->node < m->until;
    for (; c; c = c->holder == UINT32_MAX ? NULL : &c->list->v[c->holder])
        if (c->scope == m->scope)
            return c->node < m->until;
    return false;
}

static void leave_folders(struct doer *d, const struct step *s)
{
    while (d->moved.n && !is_within(d, &d->moved.v[d->moved.n - 1], s)) {
        const struct moved *m = &d->moved.v[--d->moved.n];
        d->at = m->before;
        d->now.mask = m->mask;
    }
}

/* What a `cd` lasts for: the subshell around it, the part of a pipeline, the branch; else all that
 * follows in its shell. */
static node_id lasts_for(const struct step *s, bool *branch)
{
    const struct tree *t = s->scope->tree;

    for (node_id n = s->node, up; (up = t->node[n].parent); n = up) {
        enum node_kind k = node_kind(t, up);
        *branch =
            k == NODE_IF || k == NODE_LOOP || k == NODE_FOR || k == NODE_CASE || k == NODE_FUNCTION;
        if (k == NODE_PIPELINE)
            return t->node[n].after;
        if (*branch || k == NODE_SUBSHELL || k == NODE_SUBST || k == NODE_PROCESS ||
            k == NODE_INSTRUCTION)
            return t->node[up].after;
    }
    *branch = false;
    return t->nnode;
}

static void change_folder(struct doer *d, const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);
    bool branch;
    node_id until = lasts_for(d->step, &branch);
    struct str before = branch ? str_of(folder_unknown) : d->at;

    vec_push(d->arena, &d->moved, (struct moved){d->step->scope, until, before, d->now.mask});
    bool known = n == 2 && f[1].value.certainty == VALUE_KNOWN && !str_eq(f[1].value.text, S("-"));
    struct str to = known ? path_from(d->arena, d->at, f[1].value.text) : S("");
    d->at = known && !node_after_or(d->step->scope->tree, d->step->node) && path_is_known(to)
                ? to
                : str_of(folder_unknown);
}

/* `umask 077`: what is made behind it, in its shell. */
static void change_mask(struct doer *d, const struct command *c)
{
    const struct field *f;
    size_t n = command_args(c, &f);
    bool branch;
    node_id until = lasts_for(d->step, &branch);

    if (n != 2 || f[1].value.certainty != VALUE_KNOWN ||
        node_after_or(d->step->scope->tree, d->step->node))
        return;
    vec_push(d->arena, &d->moved, (struct moved){d->step->scope, until, d->at, d->now.mask});
    d->now.mask = mask_after(f[1].value.text, d->now.mask);
}

/* ---- the walk ---- */

static void see(void *self, const struct step *s)
{
    struct doer *d = self;
    const struct command *c = s->command;

    d->step = s;
    leave_folders(d, s);
    if (c)
        d->files->at[c->index] = d->at;
    d->now.command = c;
    d->now.scope = s->scope;
    d->now.node = s->node;
    d->now.outer = s->outer;
    d->now.maybe = d->now.mount = false;
    bool other = c && c->program == PROGRAM_OTHER;
    if (c && (c->program == PROGRAM_CD || (other && word_is_one_of(c->name, "pushd popd"))))
        change_folder(d, c);
    else if (other && str_eq(c->name, S("umask")))
        change_mask(d, c);
    else if (c && !d->starts)
        deeds_of_command(d, c);
    if (d->starts)
        return;
    if (node_kind(s->scope->tree, s->node) == NODE_COMMAND && !s->again)
        deeds_of_redirects(d, s->node);
    else if (node_kind(s->scope->tree, s->node) == NODE_REDIRECT)
        deed_of_group(d, s->node);
    else if (node_kind(s->scope->tree, s->node) == NODE_FLAG)
        deeds_of_mount(d, s->node);
}

bool step_acts(const struct step *s)
{
    const struct tree *t = s->scope->tree;

    switch (node_kind(t, s->node)) {
    case NODE_FOR:
    case NODE_HEREDOC:
        return false;
    case NODE_COMMAND:
        return (s->command && command_acts(s->command)) ||
               node_next(t, s->node, 0, NODE_REDIRECT) != 0;
    case NODE_EXEC:
        return s->command && command_acts(s->command);
    default:
        return true;
    }
}

static void of_workdir(struct doer *d, node_id instruction)
{
    node_id w = node_next(d->im->tree, instruction, 0, NODE_WORD);
    struct value v = {.text = S("")};

    if (w)
        v = image_value(d->im, d->arena, w);
    struct place to = place_of(d, &v);
    d->at = to.known ? to.path : str_of(folder_unknown);
    if (to.known)
        deed_add(d, DEED_FOLDER, to);
}

static void of_instruction(struct doer *d, node_id n)
{
    enum instruction op = node_instruction(d->im->tree, n);

    d->now = (struct deed){.scope = &d->im->scope,
                           .node = n,
                           .outer = n,
                           .instruction = n,
                           .stage = image_stage_of(d->im, n),
                           .text = S(""),
                           .owner = S(""),
                           .mode = S(""),
                           .mask = USUAL_MASK};
    if (d->now.stage == UINT32_MAX)
        return;
    struct str at = d->at;
    d->now.onbuild = d->im->tree->node[n].parent != 0;
    if (op == INST_COPY || op == INST_ADD)
        deeds_of_copy(d, n);
    else if (op == INST_WORKDIR && !d->now.onbuild)
        of_workdir(d, n);
    d->starts = op == INST_CMD || op == INST_ENTRYPOINT;
    if (op != INST_RUN && !d->starts)
        return;
    d->moved.n = 0;
    steps_of_instruction(d->im, n, see, d);
    d->at = at;
}

/* Goes on from where it stopped, up to the node. */
static void go_on(struct doer *d, node_id end)
{
    struct image_files *out = d->files;
    const struct tree *t = d->im->tree;

    for (node_id n = d->next; n < end; n = d->next) {
        d->next = t->node[n].after;
        if (node_kind(t, n) != NODE_INSTRUCTION)
            continue;
        unsigned here = image_stage_of(d->im, n);
        if (here != d->stage && here != UINT32_MAX) {
            const struct stage *s = &d->im->stage[here];
            d->at = s->base == BASE_STAGE ? out->folder[s->base_stage] : S("");
            if (s->base == BASE_SCRATCH)
                d->at = S("/");
        }
        d->stage = here;
        of_instruction(d, n);
        if (here != UINT32_MAX)
            out->folder[here] = d->at;
        if (node_instruction(t, n) == INST_ONBUILD)
            d->next = n + 1;
    }
    out->deed = d->list.v;
    out->ndeed = d->list.n;
}

static struct image_files *begin(const struct image *im, struct arena *a)
{
    struct image_files *out = arena_new(a, struct image_files, 1);
    struct doer *d = arena_new(a, struct doer, 1);

    *d = (struct doer){
        .im = im, .arena = a, .files = out, .at = S(""), .next = 1, .stage = UINT32_MAX};
    out->doer = d;
    out->ncommand = commands_count(im);
    out->folder = arena_new(a, struct str, im->nstage + 1);
    out->at = arena_new(a, struct str, out->ncommand + 1);
    for (size_t i = 0; i < im->nstage; i++)
        out->folder[i] = S("");
    return out;
}

struct image_files *image_files_to(const struct image *im, node_id end)
{
    struct image_late *late = image_own(im)->late;

    if (!late->files)
        late->files = begin(im, image_own(im)->definitions.arena);
    if (late->files->doer->next < end)
        go_on(late->files->doer, end);
    return late->files;
}

struct image_files *image_files(const struct image *im)
{
    return image_files_to(im, (node_id)im->tree->nnode);
}

const struct deed *image_deeds(const struct image *im, size_t *n)
{
    const struct image_files *all = image_files(im);

    *n = all->ndeed;
    return all->deed;
}
