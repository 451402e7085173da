/* cleaning.c - what a call leaves in its layer for itself alone: may its cache, or the package
 * lists that it brought up to date, go at the end of its instruction? */
#include "packages/packages.h"
#include "packages/words.h"

bool command_in_image(const struct image *im, const struct command *c)
{
    if (c->onbuild || c->stage == UINT32_MAX || c->stage + 1 == im->nstage)
        return true;
    for (unsigned i = c->stage + 1; i < im->nstage; i++)
        if (im->stage[i].base == BASE_STAGE && im->stage[i].base_stage == c->stage)
            return true;
    return false;
}

/* Does an instruction take files from these folders out of a stage? */
static bool copies_out(const struct image *im, struct arena *a, const char *folders)
{
    const struct tree *t = im->tree;

    for (node_id n = node_first(t, 0); n; n = node_sibling(t, n)) {
        const struct value *word;
        if (node_kind(t, n) != NODE_INSTRUCTION || node_instruction(t, n) != INST_COPY ||
            !instruction_flag(t, n, S("from")))
            continue;
        size_t nword = copy_words(im, a, n, &word);
        for (size_t i = 0; i + 1 < nword; i++)
            if (word[i].certainty == VALUE_KNOWN && path_meets(word[i].text, folders))
                return true;
    }
    return false;
}

/* A later command of the manager that is told to do with what is in its cache. */
static bool works_from_cache(const struct image *im, const struct command *c)
{
    const struct manager *m = manager_of_program(c->program);

    for (const struct command *k = c; (k = command_next(im, k, PHASE_BUILD));)
        if (k->instruction != c->instruction && manager_of_program(k->program) == m &&
            (command_has(k, "cacheonly") || command_has(k, "offline")) &&
            (c->stage == UINT32_MAX || image_is_built_on(im, k->stage, c->stage)))
            return true;
    return false;
}

/* Does the instruction take the program itself away again? */
static bool removes_itself(const struct image *im, const struct command *c)
{
    for (const struct command *k = c;
         (k = command_next(im, k, PHASE_BUILD)) && k->instruction == c->instruction;) {
        const struct field *f;
        bool removes = command_verb(k) == VERB_REMOVE || word_is_one_of(k->name, "rm rpm dpkg");
        size_t n = removes ? command_args(k, &f) : 0;
        for (size_t i = 1; i < n; i++)
            if (str_find(f[i].value.text, c->name) != STR_NONE)
                return true;
    }
    return false;
}

/* `rm` without -f, which fails when there is nothing to remove. */
static bool removes_something(const struct command *c, const char *folders)
{
    const struct field *f;
    size_t n = c->program == PROGRAM_RM && removes_from(c, folders) ? command_args(c, &f) : 0;
    bool meets = false;

    for (size_t i = 1; i < n; i++) {
        struct str word = f[i].value.text;
        bool is_option = str_starts(word, S("-"));
        bool is_short = is_option && !str_starts(word, S("--"));
        if (str_eq(word, S("--force")) || (is_short && str_chr(word, 'f') != STR_NONE))
            return false;
        meets |= !is_option && f[i].value.certainty == VALUE_KNOWN && path_meets(word, folders);
    }
    return meets;
}

/* `elsewhere`: in other instructions only. */
static struct str removed_why(const struct image *im, struct arena *a, const struct command *c,
                              const char *folders, bool elsewhere)
{
    for (const struct command *k = c; (k = command_next(im, k, PHASE_BUILD));) {
        bool own = k->instruction == c->instruction;
        bool reached =
            own ? !elsewhere : c->stage == UINT32_MAX || image_is_built_on(im, k->stage, c->stage);
        if (reached && removes_something(k, folders))
            return str_fmt(a, "rm on line %u fails when there is nothing to remove",
                           image_line(im, k->outer));
    }
    return S("");
}

struct str call_cache_needed(const struct image *im, struct arena *a, const struct command *c)
{
    return removed_why(im, a, c, manager_of_program(c->program)->caches, false);
}

/* What the container starts may install packages too. */
static bool starts_install(const struct image *im, const struct command *c)
{
    const struct manager *m = manager_of_program(c->program);
    node_id updated = 0;

    for (const struct command *k = NULL; (k = command_next(im, k, PHASE_START));) {
        if (manager_of_program(k->program) != m)
            continue;
        if (command_verb(k) == VERB_UPDATE)
            updated = k->instruction;
        else if (k->instruction != updated)
            return true;
    }
    return false;
}

static struct str lists_why(const struct image *im, struct arena *a, const struct command *c)
{
    struct lists_left left = {.manager = manager_of_program(c->program),
                              .stage = c->stage,
                              .from = im->tree->node[c->instruction].after};
    node_id user = c->stage == UINT32_MAX ? 0 : lists_user(im, &left);

    if (user)
        return str_fmt(a, "line %u may need them", image_line(im, user));
    if (starts_install(im, c))
        return S("the container installs packages when it starts");
    return S("");
}

struct str call_keeps(const struct image *im, struct arena *a, const struct command *c)
{
    const struct manager *m = manager_of_program(c->program);
    bool lists = manager_has_index(m);
    struct str why = lists ? lists_why(im, a, c) : S("");

    if (why.n)
        return why;
    if (command_has(c, "installroot") || command_has(c, "root"))
        return S("packages are installed into another root");
    if (!lists && removes_itself(im, c))
        return str_fmt(a, STR_FMT " may be removed before the RUN ends", STR_ARG(c->name));
    if (works_from_cache(im, c))
        return S("a later command works from the cache");
    const char *folders = lists ? m->lists_folder : m->caches;
    if (copies_out(im, a, folders))
        return S("another stage copies them");
    return removed_why(im, a, c, folders, true);
}
