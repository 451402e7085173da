/* label-schema: labels that policy asks for, and what their values must be. */
#include "dfix/fixer.h"

static const char doc[] =
    "Labels that the policy names must be there (DL3049), must not be empty (DL3051), and must "
    "have\n"
    "the format that it gives them: a URL (DL3052), a time (DL3053), an SPDX licence (DL3054), a "
    "git\n"
    "hash (DL3055), a semantic version (DL3056), an e-mail address (DL3058). With `strict`, all "
    "other\n"
    "labels are reported (DL3050). hadolint's `label-schema` and `strict-labels` say the same.\n\n"
    "If the policy gives the label's value (`values`), a missing label is added at the end of the "
    "stage.\n\n"
    "Silent without such a policy; on values that only the build tells, where hadolint reports "
    "the\n"
    "variable; on licence expressions (`MIT OR Apache-2.0`), which are valid SPDX; and on stages "
    "that\n"
    "another one copies from, or that is built into one which has the label.\n\n"
    "Safety: unsafe. A label of the base image is replaced.\n";

static const struct option_doc options[] = {
    {"labels", "", "list",
     "labels that must be there: `name` or `name=type` (text, email, hash, rfc3339, semver, spdx, "
     "url)"},
    {"values", "", "list", "`name=value`: what to write where the label is missing"},
    {"strict", "no", "yes|no", "report labels that are not in the list"},
    {NULL, NULL, NULL, NULL},
};

static const char *const code_of_type[LABEL_TYPES] = {
    [LABEL_URL] = "DL3052",  [LABEL_TIME] = "DL3053",    [LABEL_LICENSE] = "DL3054",
    [LABEL_HASH] = "DL3055", [LABEL_VERSION] = "DL3056", [LABEL_EMAIL] = "DL3058",
};

struct wanted {
    struct str name;
    enum label_type type;
    bool *has; /* by stage */
};
struct schema {
    struct fix_ctx *c;
    struct wanted *v;
    size_t n;
    bool *copied; /* by stage: another one copies from it */
};

/* "name=rest" of an option's lines. */
static bool next_line(struct str *rest, struct str *name, struct str *value)
{
    struct str line;

    if (!str_cut(rest, '\n', &line))
        return false;
    *value = line;
    str_cut(value, '=', name);
    *name = str_trim(*name);
    *value = name->n < line.n ? str_trim(*value) : S("");
    return true;
}

static void read_schema(struct schema *s)
{
    struct fix_ctx *c = s->c;
    struct str rest = fix_option(c, "labels"), name, type;
    VEC(struct wanted) list = {0};

    while (rest.n && next_line(&rest, &name, &type)) {
        struct wanted w = {name, LABEL_TEXT, arena_new(c->arena, bool, c->image->nstage + 1)};
        label_type_of(type, &w.type);
        if (name.n)
            vec_push(c->arena, &list, w);
    }
    s->v = list.v;
    s->n = list.n;
}

static struct wanted *find(const struct schema *s, struct str name)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_eq(s->v[i].name, name))
            return &s->v[i];
    return NULL;
}

/* ---- labels that are there ---- */

static void check_value(struct fix_ctx *c, const struct wanted *w, node_id pair)
{
    node_id word = node_next(c->tree, pair, 0, NODE_WORD);
    struct value v = {.certainty = VALUE_KNOWN, .text = S("")};

    if (word)
        v = image_value(c->image, c->arena, word);
    if (v.certainty != VALUE_KNOWN)
        return;
    if (!v.text.n)
        fix_code(fix_hint(c, pair, "The label " STR_FMT " is empty", STR_ARG(w->name)), "DL3051");
    if (label_fits(w->type, v.text))
        return;
    struct fix *f = fix_hint(c, pair, "The label " STR_FMT " is not %s", STR_ARG(w->name),
                             label_type_says(w->type));
    fix_code(f, code_of_type[w->type]);
    fix_severity(f, SEVERITY_WARNING);
}

static void check_pair(struct schema *s, node_id label, node_id pair)
{
    struct fix_ctx *c = s->c;
    node_id name = node_next(c->tree, pair, 0, NODE_NAME);
    unsigned stage = image_stage_of(c->image, label);
    struct str key;

    if (!name || !node_value(c->tree, name, c->arena, &key))
        return;
    struct wanted *w = find(s, key);
    if (!w && fix_option_is(c, "strict", "yes")) {
        struct fix *f =
            fix_hint(c, name, "The label " STR_FMT " is not in the policy's list", STR_ARG(key));
        fix_code(f, "DL3050");
        fix_help(f, "remove it, or add it to the list");
    }
    if (!w)
        return;
    if (stage < c->image->nstage)
        w->has[stage] = true;
    check_value(c, w, pair);
}

/* ---- labels that are not ---- */

static unsigned stage_of_copy(struct fix_ctx *c, node_id copy)
{
    node_id flag = instruction_flag(c->tree, copy, S("from"));
    struct str from = flag ? node_text(c->tree, node_next(c->tree, flag, 0, NODE_WORD)) : S("");
    unsigned here = image_stage_of(c->image, copy);

    for (unsigned i = 0; from.n && i < here && i < c->image->nstage; i++)
        if (str_ieq(c->image->stage[i].name, from) || str_eq(from, str_fmt(c->arena, "%u", i)))
            return i;
    return UINT32_MAX;
}

static struct str value_for(struct fix_ctx *c, struct str name)
{
    struct str rest = fix_option(c, "values"), key, value;

    while (rest.n && next_line(&rest, &key, &value))
        if (str_eq(key, name))
            return value;
    return S("");
}

/* In double quotes, as LABEL reads them. */
static struct str quoted(struct fix_ctx *c, struct str value)
{
    struct buf b = {.arena = c->arena};

    buf_char(&b, '"');
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] == '"' || value.p[i] == '$' || value.p[i] == c->tree->escape)
            buf_char(&b, c->tree->escape);
        buf_char(&b, value.p[i]);
    }
    buf_char(&b, '"');
    return buf_str(&b);
}

static void report_missing(struct schema *s, const struct wanted *w, const struct stage *stage)
{
    struct fix_ctx *c = s->c;
    struct str value = value_for(c, w->name);

    if (!value.n || !label_key_is_valid(w->name)) {
        struct fix *f =
            fix_hint(c, stage->from, "The label " STR_FMT " is missing", STR_ARG(w->name));
        fix_code(f, "DL3049");
        fix_help(f, "add it");
        return;
    }
    struct fix *f = fix_begin(c, stage->from, UNSAFE, "Add the label " STR_FMT, STR_ARG(w->name));
    fix_code(f, "DL3049");
    fix_line_after(f, stage->last,
                   str_fmt(c->arena, "LABEL " STR_FMT "=" STR_FMT, STR_ARG(w->name),
                           STR_ARG(quoted(c, value))));
}

/* A stage has what the one has that it is built on; one that is only built on or copied from needs
 * nothing of its own. */
static void check_missing(struct schema *s, const struct wanted *w)
{
    const struct image *im = s->c->image;
    bool *excused = arena_new(s->c->arena, bool, im->nstage + 1);

    for (size_t i = 0; i < im->nstage; i++)
        if (im->stage[i].base == BASE_STAGE)
            w->has[i] |= w->has[im->stage[i].base_stage];
    for (size_t i = im->nstage; i-- > 0;)
        if ((w->has[i] || excused[i]) && im->stage[i].base == BASE_STAGE)
            excused[im->stage[i].base_stage] = true;
    for (size_t i = 0; i < im->nstage; i++)
        if (!w->has[i] && !excused[i] && !s->copied[i])
            report_missing(s, w, &im->stage[i]);
}

static void run(struct fix_ctx *c)
{
    struct schema s = {.c = c, .copied = arena_new(c->arena, bool, c->image->nstage + 1)};
    const struct tree *t = c->tree;

    read_schema(&s);
    if (!s.n && !fix_option_is(c, "strict", "yes"))
        return;
    for (node_id n = 0; (n = instruction_next(t, n));) {
        enum instruction op = node_instruction(t, n);
        for (node_id p = 0; op == INST_LABEL && (p = node_next(t, n, p, NODE_PAIR));)
            check_pair(&s, n, p);
        unsigned from = op == INST_COPY ? stage_of_copy(c, n) : UINT32_MAX;
        if (from != UINT32_MAX)
            s.copied[from] = true;
    }
    for (size_t i = 0; i < s.n; i++)
        check_missing(&s, &s.v[i]);
}

const struct fixer fixer_label_schema = {
    .id = "label-schema",
    .aliases = "DL3049 DL3050 DL3051 DL3052 DL3053 DL3054 DL3055 DL3056 DL3058",
    .title = "Have the labels that the policy asks for",
    .why = "Whoever looks for images by their labels does not find this one.",
    .doc = doc,
    .safety = UNSAFE,
    .severity = SEVERITY_INFO,
    .off = true,
    .options = options,
    .run = run,
};
