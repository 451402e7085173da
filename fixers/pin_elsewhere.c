/* pin-elsewhere: packages without a version, of managers whose versions are held in place by
 * another file, or written by hand. */
#include "dfix/fixer.h"

static const char doc[] =
    "Reports packages without a version that yum, dnf, zypper, pip, pipx, npm, gem and go install, "
    "and "
    "says\n"
    "what would hold them in place: a requirements file, a lock file, or the version itself.\n\n"
    "Silent for files, URLs, groups, patterns and local paths, which have no versions; for pip "
    "beside a\n"
    "requirements or constraints file; for words known only at build time.\n\n"
    "Safety: only reported. dfix does not read the indexes of these managers.\n";

static const struct manager_code codes[] = {{&manager_pip, "DL3013"},    {&manager_npm, "DL3016"},
                                            {&manager_gem, "DL3028"},    {&manager_yum, "DL3033"},
                                            {&manager_zypper, "DL3037"}, {&manager_dnf, "DL3041"},
                                            {&manager_go, "DL3062"},     {NULL, NULL}};

/* Of a word that is not known whole: its bytes, when all else in it are variables that nothing
 * sets; "" otherwise. */
static struct str text_of_unset(const struct fix_ctx *c, const struct command *k,
                                const struct value *v)
{
    const struct tree *t = k->scope->tree;
    struct buf b = {.arena = c->arena};
    struct value set;

    for (size_t i = 0; i < v->npiece; i++) {
        const struct piece *p = &v->piece[i];
        bool param = !p->known && !k->within && node_kind(t, p->node) == NODE_PARAM;
        node_id name = param ? node_next(t, p->node, 0, NODE_NAME) : 0;
        if (p->known)
            buf_add(&b, p->text);
        else if (!name || command_variable(k, c->arena, node_text(t, name), &set))
            return S("");
    }
    return buf_str(&b);
}

/* The package has no version, and could have one. */
static bool is_open(const struct fix_ctx *c, const struct command *k, const struct field *f,
                    struct package *p)
{
    const struct value *v = &f->value;
    struct str word = v->certainty == VALUE_KNOWN ? v->text : text_of_unset(c, k, v);

    *p = (struct package){.kind = PACKAGE_UNKNOWN, .name = S("")};
    if (!word.n)
        return false;
    manager_of_program(k->program)->package_read(p, word);
    return p->kind == PACKAGE_NAME && p->name.n;
}

static struct str how_to(const struct fix_ctx *c, const struct command *k, const struct field *f,
                         struct str name)
{
    const struct manager *m = manager_of_program(k->program);

    if (f->value.certainty != VALUE_KNOWN)
        return S("set the variable in it with ARG or ENV");
    if (str_find(name, S("://")) != STR_NONE)
        return S("name a tag or a commit");
    if (str_eq(command_subcommand(k), S("module")))
        return str_fmt(c->arena, "write " STR_FMT ":STREAM", STR_ARG(name));
    if (!*m->lock_file || k->program == PROGRAM_PIPX) /* which reads no such file */
        return str_fmt(c->arena, "write " STR_FMT "%s", STR_ARG(name), m->pin_form);
    return str_fmt(c->arena, "write " STR_FMT "%s, or let %s pin it", STR_ARG(name), m->pin_form,
                   m->lock_file);
}

static void report(struct fix_ctx *c, const struct command *k, const struct manager *m,
                   const char *code)
{
    const struct field *const *f;
    size_t n = m->packages(k, &f);

    for (size_t i = 0; i < n; i++) {
        struct package p;
        if (!is_open(c, k, f[i], &p))
            continue;
        bool whole = f[i]->value.certainty == VALUE_KNOWN;
        struct str name = whole ? p.name : node_text(c->tree, f[i]->word);
        struct fix *x = fix_hint(c, f[i]->word, STR_FMT " has no version", STR_ARG(name));
        fix_code(x, code);
        fix_help(x, STR_FMT, STR_ARG(how_to(c, k, f[i], p.name)));
    }
}

static void run(struct fix_ctx *c)
{
    for (const struct command *k = NULL; (k = command_next(c->image, k, PHASE_BUILD));) {
        const struct manager *m = manager_of_program(k->program);
        const char *code = m ? manager_code_of(codes, m) : NULL;
        if (code)
            report(c, k, m, code);
    }
}

const struct fixer fixer_pin_elsewhere = {
    .id = "pin-elsewhere",
    .aliases = "DL3013 DL3016 DL3028 DL3033 DL3037 DL3041 DL3062",
    .title = "Pin packages of pip, npm, gem, go, yum, dnf and zypper",
    .why = "Without a version, two builds of one Dockerfile may install different packages.",
    .doc = doc,
    .safety = HINT,
    .severity = SEVERITY_WARNING,
    .off = true,
    .run = run,
};
