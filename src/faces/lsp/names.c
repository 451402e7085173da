/* Names that a file gives, stages and variables: where they are given, where they are used, and how
 * all of that is called otherwise. */
#include "faces/lsp/lsp.h"

enum name_kind { NAME_NONE, NAME_STAGE, NAME_VARIABLE };
struct mention {
    struct span span;
    node_id node;
    bool gives; /* it is where the name is given */
};
struct name {
    enum name_kind kind;
    struct str text;
    struct span here;
    unsigned stage;     /* NAME_STAGE: which */
    const bool *family; /* NAME_VARIABLE: by stage, and last what stands before the first */
    VEC(struct mention) mention;
    struct str no_rename; /* why it cannot be called otherwise; "" it can */
};

/* ---- variables ---- */

/* Stages that share variables: one that is built on another, and, of a build argument that a stage
 * takes from before the first one, both. */
static void unite(unsigned *leader, size_t n, unsigned a, unsigned b)
{
    unsigned from = leader[a], to = leader[b];

    for (size_t i = 0; i < n; i++)
        if (leader[i] == from)
            leader[i] = to;
}

static unsigned group_of(const struct image *im, node_id n)
{
    unsigned stage = image_stage_of(im, n);
    return stage < im->nstage ? stage : (unsigned)im->nstage;
}

static bool pair_is(const struct tree *t, node_id pair, struct str name)
{
    node_id key = node_next(t, pair, 0, NODE_NAME);
    return key && str_eq(node_text(t, key), name);
}

/* Of the instruction: ARG or ENV, perhaps behind ONBUILD. */
static bool defines(const struct tree *t, node_id n)
{
    enum instruction i = node_instruction(t, n);
    return node_kind(t, n) == NODE_INSTRUCTION && (i == INST_ARG || i == INST_ENV);
}

static bool *family_of(const struct image *im, struct arena *a, struct str name, node_id at)
{
    const struct tree *t = im->tree;
    size_t n = im->nstage + 1;
    unsigned *leader = arena_new(a, unsigned, n);
    bool *family = arena_new(a, bool, n), outside = false;

    for (size_t i = 0; i < n; i++)
        leader[i] = (unsigned)i;
    for (size_t i = 0; i < im->nstage; i++)
        if (im->stage[i].base == BASE_STAGE)
            unite(leader, n, (unsigned)i, im->stage[i].base_stage);
    for (node_id k = 1; k < t->nnode; k++) {
        if (!defines(t, k) || node_instruction(t, k) != INST_ARG)
            continue;
        for (node_id p = 0; (p = node_next(t, k, p, NODE_PAIR));)
            if (pair_is(t, p, name)) {
                outside |= group_of(im, k) == im->nstage;
                if (outside)
                    unite(leader, n, group_of(im, k), (unsigned)im->nstage);
            }
    }
    /* A FROM is read before its stage begins. */
    node_id outer = at;
    while (t->node[outer].parent)
        outer = t->node[outer].parent;
    bool from = node_instruction(t, outer) == INST_FROM && node_kind(t, outer) == NODE_INSTRUCTION;
    unsigned mine = from ? (unsigned)im->nstage : group_of(im, at);
    for (size_t i = 0; i < n; i++)
        family[i] = leader[i] == leader[mine];
    return family;
}

static bool in_family(const struct image *im, const struct name *x, node_id n)
{
    const struct tree *t = im->tree;
    node_id outer = n;

    while (t->node[outer].parent)
        outer = t->node[outer].parent;
    if (node_kind(t, outer) == NODE_INSTRUCTION && node_instruction(t, outer) == INST_FROM)
        return x->family[im->nstage];
    return x->family[group_of(im, n)];
}

/* The name that a node of this kind holds, when it is that of a variable. */
static node_id variable_key(const struct tree *t, node_id n, bool *gives)
{
    enum node_kind k = node_kind(t, n);

    *gives = k == NODE_PAIR && defines(t, t->node[n].parent);
    return *gives || k == NODE_PARAM ? node_next(t, n, 0, NODE_NAME) : 0;
}

static bool is_shell_variable(const struct tree *t, node_id n)
{
    return node_kind(t, n) == NODE_ASSIGN || node_kind(t, n) == NODE_FOR;
}

static void find_variable_mentions(const struct image *im, struct arena *a, struct name *x)
{
    const struct tree *t = im->tree;

    for (node_id n = 1; n < t->nnode; n++) {
        bool gives;
        node_id key = variable_key(t, n, &gives);
        node_id shell = is_shell_variable(t, n) ? node_next(t, n, 0, NODE_NAME) : 0;
        if (shell && str_eq(node_text(t, shell), x->text) && in_family(im, x, n))
            x->no_rename = S("a shell gives this variable another value, which would have to be "
                             "renamed by hand");
        if (key && str_eq(node_text(t, key), x->text) && in_family(im, x, n))
            vec_push(a, &x->mention, (struct mention){node_span(t, key), key, gives});
    }
}

/* Texts that were not read may use it. */
static void look_into_the_unread(const struct image *im, struct name *x)
{
    const struct tree *t = im->tree;

    for (node_id n = 1; n < t->nnode; n++)
        if ((node_kind(t, n) == NODE_DATA || node_kind(t, n) == NODE_ERROR ||
             node_kind(t, n) == NODE_SINGLE || node_kind(t, n) == NODE_STRING) &&
            str_find(node_text(t, n), x->text) != STR_NONE && in_family(im, x, n))
            x->no_rename = S("it may be used in a text that dfix does not read");
}

/* ---- stages ---- */

/* The last stage of that name among the first `n`. */
static bool is_stage_word(const struct image *im, struct str word, size_t n, unsigned *stage)
{
    struct arena *a = arena_open();
    struct str lower = str_lower(a, word);
    bool found = false;

    for (size_t i = n < im->nstage ? n : im->nstage; i > 0 && !found; i--)
        if (im->stage[i - 1].name.n && str_eq(im->stage[i - 1].name, lower)) {
            *stage = (unsigned)i - 1;
            found = true;
        }
    arena_close(a);
    return found;
}

/* Where an instruction names a stage: FROM's image, the value of --from, a mount's from=. */
static bool stage_place(const struct tree *t, node_id n, struct span *out)
{
    struct str text = node_text(t, n);
    node_id flag = t->node[n].parent;

    *out = node_span(t, n);
    if (node_kind(t, n) == NODE_IMAGE || node_kind(t, n) == NODE_ALIAS)
        return true;
    if (node_kind(t, n) != NODE_WORD || node_kind(t, flag) != NODE_FLAG)
        return false;
    struct str name = node_text(t, node_next(t, flag, 0, NODE_NAME));
    if (str_eq(name, S("from")))
        return text.n > 0;
    return str_eq(name, S("mount")) && flag_key(t, flag, S("from"), out);
}

/* Which stage the node names; a FROM and what follows know those before it only. */
static bool stage_of(const struct image *im, node_id n, struct span *at, unsigned *stage)
{
    unsigned here = image_stage_of(im, n);

    if (!stage_place(im->tree, n, at) || here >= im->nstage)
        return false;
    *stage = here;
    return node_kind(im->tree, n) == NODE_ALIAS ||
           is_stage_word(im, str_sub(im->tree->text, at->start, at->end), here, stage);
}

static void find_stage_mentions(const struct image *im, struct arena *a, struct name *x)
{
    const struct tree *t = im->tree;

    for (node_id n = 1; n < t->nnode; n++) {
        struct span at;
        unsigned stage;
        if (stage_of(im, n, &at, &stage) && stage == x->stage)
            vec_push(a, &x->mention, (struct mention){at, n, node_kind(t, n) == NODE_ALIAS});
    }
}

/* ---- at a place ---- */

static bool is_in(struct span s, uint32_t offset)
{
    return s.start <= offset && offset <= s.end;
}

static void find_name(const struct image *im, struct arena *a, uint32_t offset, struct name *x)
{
    const struct tree *t = im->tree;
    node_id n = node_at(t, offset);
    struct span at;

    *x = (struct name){.kind = NAME_NONE, .text = S(""), .no_rename = S("")};
    for (; n; n = t->node[n].parent) {
        bool gives;
        node_id key = variable_key(t, n, &gives);
        if (key && is_in(node_span(t, key), offset)) {
            x->kind = NAME_VARIABLE;
            x->text = node_text(t, key);
            x->here = node_span(t, key);
            x->family = family_of(im, a, x->text, n);
            find_variable_mentions(im, a, x);
            look_into_the_unread(im, x);
            return;
        }
        if (stage_of(im, n, &at, &x->stage) && is_in(at, offset)) {
            x->kind = NAME_STAGE;
            x->text = str_sub(t->text, at.start, at.end);
            x->here = at;
            find_stage_mentions(im, a, x);
            return;
        }
    }
}

static bool name_of(struct request *r, struct name *x)
{
    const struct image *im = document_image(r->s, r->d);

    if (!im)
        return false;
    find_name(im, r->arena, lsp_offset(r->s, r->d, json_object_get(r->params, "position")), x);
    return x->kind != NAME_NONE;
}

/* ---- the methods ---- */

static json_t *location(struct request *r, struct span at)
{
    return json_pack("{s:o,s:o}", "uri", document_str(r->d->uri), "range",
                     lsp_range(r->s, r->d, at));
}

json_t *names_definition(struct request *r)
{
    struct name x;
    json_t *list = json_array();

    for (size_t i = 0; name_of(r, &x) && i < x.mention.n; i++)
        if (x.mention.v[i].gives)
            json_array_append_new(list, location(r, x.mention.v[i].span));
    return list;
}

json_t *names_references(struct request *r)
{
    bool all = lsp_true(r->params, "context.includeDeclaration");
    json_t *list = json_array();
    struct name x;

    if (!name_of(r, &x))
        return list;
    for (size_t i = 0; i < x.mention.n; i++)
        if (all || !x.mention.v[i].gives)
            json_array_append_new(list, location(r, x.mention.v[i].span));
    return list;
}

json_t *names_highlight(struct request *r)
{
    enum { READ = 2, WRITE = 3 };
    json_t *list = json_array();
    struct name x;

    if (!name_of(r, &x))
        return list;
    for (size_t i = 0; i < x.mention.n; i++)
        json_array_append_new(list, json_pack("{s:o,s:i}", "range",
                                              lsp_range(r->s, r->d, x.mention.v[i].span), "kind",
                                              x.mention.v[i].gives ? WRITE : READ));
    return list;
}

static bool has_definition(const struct name *x)
{
    for (size_t i = 0; i < x->mention.n; i++)
        if (x->mention.v[i].gives)
            return true;
    return false;
}

/* Why not; NULL: it can be. */
static const char *cannot_rename(struct request *r, struct name *x)
{
    if (!name_of(r, x))
        return "there is no name of a stage or variable here";
    if (!has_definition(x))
        return "the file does not give this name";
    return x->no_rename.n ? x->no_rename.p : NULL;
}

json_t *names_prepare(struct request *r)
{
    struct name x;
    const char *why = cannot_rename(r, &x);

    if (why)
        return lsp_fail(r, LSP_FAILED, why);
    return json_pack("{s:o,s:o}", "range", lsp_range(r->s, r->d, x.here), "placeholder",
                     document_str(x.text));
}

static bool is_name(struct str s, bool stage)
{
    bool letter = s.n && ((s.p[0] | 32) >= 'a') && ((s.p[0] | 32) <= 'z');

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] | 32;
        bool plain = (c >= 'a' && c <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '_';
        if (!plain && !(stage && (s.p[i] == '-' || s.p[i] == '.')))
            return false;
    }
    return letter || (!stage && s.n && s.p[0] == '_');
}

/* Is there another stage of that name, or an image, which the stage would stand for then? */
static bool is_stage_taken(const struct image *im, const struct name *x, struct str new)
{
    const struct tree *t = im->tree;
    struct span at;
    unsigned stage;

    for (node_id n = 1; n < t->nnode; n++)
        if (stage_place(t, n, &at) && str_ieq(str_sub(t->text, at.start, at.end), new) &&
            !(stage_of(im, n, &at, &stage) && stage == x->stage))
            return true;
    return false;
}

/* Is the new name in use, wherever the old one is known? */
static bool is_taken(const struct image *im, struct arena *a, const struct name *x, struct str new)
{
    struct name other = *x;

    if (x->kind == NAME_STAGE)
        return is_stage_taken(im, x, new);
    other.text = new;
    other.no_rename = S("");
    memset(&other.mention, 0, sizeof(other.mention));
    find_variable_mentions(im, a, &other);
    return !str_eq(new, x->text) && (other.mention.n || other.no_rename.n);
}

json_t *names_rename(struct request *r)
{
    struct name x;
    struct str new = lsp_member(r->params, "newName");
    const char *why = cannot_rename(r, &x);

    if (why)
        return lsp_fail(r, LSP_FAILED, why);
    if (!is_name(new, x.kind == NAME_STAGE))
        return lsp_fail(
            r, LSP_INVALID_PARAMS,
            x.kind == NAME_STAGE
                ? "a stage's name begins with a letter and has letters, digits, -, _ and ."
                : "a variable's name has letters, digits and _, no digit first");
    if (is_taken(document_image(r->s, r->d), r->arena, &x, new))
        return lsp_fail(r, LSP_FAILED, "this name is taken already");
    json_t *edits = json_array();
    for (size_t i = 0; i < x.mention.n; i++)
        json_array_append_new(edits, json_pack("{s:o,s:o}", "range",
                                               lsp_range(r->s, r->d, x.mention.v[i].span),
                                               "newText", document_str(new)));
    return lsp_workspace_edit(r->s, r->d, edits);
}
