/* cleaning.c - what a call leaves in its layer for itself alone: may its cache, or the package
 * lists that it brought up to date, go at the end of its instruction? */
#include "packages/packages.h"
#include "packages/words.h"

bool command_in_image(const struct image *im, const struct command *c)
{
    if (c->onbuild || c->stage == UINT32_MAX || c->stage + 1 == im->nstage)
        return true;
    const struct stage *s = &im->stage[c->stage];
    return s->tour_end > s->tour + 1; /* another is built on it */
}

/* ---- what all calls of a manager ask, found once ---- */

/* A later command that matters to a call. */
enum mark {
    MARK_CACHE,   /* fails when the manager's caches are gone */
    MARK_LISTS,   /* when its lists are */
    MARK_OFFLINE, /* is told to do with what is in the cache */
    MARKS
};

struct cleaning {
    const struct manager *manager;
    struct cleaning *other;             /* another manager's; NULL: no more */
    const struct command **next[MARKS]; /* by command: the next one that is marked; NULL: unasked */
    signed char copied[2]; /* are its caches, its lists taken to another stage? 0: unasked */
    signed char installs;  /* does what the container starts install? 0: unasked */
};

static struct cleaning *cleaning_of(const struct image *im, const struct manager *m)
{
    const struct image_own *own = image_own(im);
    struct cleaning *x = own->late->cleaning;

    while (x && x->manager != m)
        x = x->other;
    if (!x) {
        x = arena_new(own->definitions.arena, struct cleaning, 1);
        *x = (struct cleaning){.manager = m, .other = own->late->cleaning};
        own->late->cleaning = x;
    }
    return x;
}

static const char *folders_of(const struct manager *m, bool lists)
{
    return lists ? m->lists_folder : m->caches;
}

/* Does an instruction take files from these folders out of a stage? */
static bool find_copied(const struct image *im, struct arena *a, const char *folders)
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

static bool copies_out(const struct image *im, struct arena *a, const struct manager *m, bool lists)
{
    signed char *copied = &cleaning_of(im, m)->copied[lists];

    if (!*copied)
        *copied = find_copied(im, a, folders_of(m, lists)) ? 1 : -1;
    return *copied > 0;
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

static bool is_marked(const struct command *c, enum mark mark, const struct manager *m)
{
    if (mark != MARK_OFFLINE)
        return removes_something(c, folders_of(m, mark == MARK_LISTS));
    return manager_of_program(c->program) == m &&
           (command_has(c, "cacheonly") || command_has(c, "offline"));
}

/* The next command behind `c` that is marked; NULL: none. */
static const struct command *next_marked(const struct image *im, const struct command *c,
                                         enum mark mark, const struct manager *m)
{
    const struct command ***next = &cleaning_of(im, m)->next[mark];
    size_t from = 0;

    if (!*next) {
        *next = arena_alloc(image_own(im)->definitions.arena, commands_count(im), sizeof(**next));
        for (const struct command *k = NULL; (k = command_next(im, k, PHASE_BUILD));)
            if (is_marked(k, mark, m))
                while (from < k->index)
                    (*next)[from++] = k;
    }
    return (*next)[c->index];
}

/* A later command of the manager that is told to do with what is in its cache. */
static bool works_from_cache(const struct image *im, const struct command *c)
{
    const struct manager *m = manager_of_program(c->program);

    for (const struct command *k = c; (k = next_marked(im, k, MARK_OFFLINE, m));)
        if (k->instruction != c->instruction &&
            (c->stage == UINT32_MAX || image_is_built_on(im, k->stage, c->stage)))
            return true;
    return false;
}

/* `elsewhere`: in other instructions only. */
static struct str removed_why(const struct image *im, struct arena *a, const struct command *c,
                              bool lists, bool elsewhere)
{
    const struct manager *m = manager_of_program(c->program);
    enum mark mark = lists ? MARK_LISTS : MARK_CACHE;

    for (const struct command *k = c; (k = next_marked(im, k, mark, m));) {
        bool own = k->instruction == c->instruction;
        bool reached =
            own ? !elsewhere : c->stage == UINT32_MAX || image_is_built_on(im, k->stage, c->stage);
        if (reached)
            return str_fmt(a, "rm on line %u fails when there is nothing to remove",
                           image_line(im, k->outer));
    }
    return S("");
}

struct str call_cache_needed(const struct image *im, struct arena *a, const struct command *c)
{
    return removed_why(im, a, c, false, false);
}

static bool find_started(const struct image *im, const struct manager *m)
{
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

/* What the container starts may install packages too. */
static bool starts_install(const struct image *im, const struct manager *m)
{
    signed char *installs = &cleaning_of(im, m)->installs;

    if (!*installs)
        *installs = find_started(im, m) ? 1 : -1;
    return *installs > 0;
}

static struct str lists_why(const struct image *im, struct arena *a, const struct command *c)
{
    struct lists_left left = {.manager = manager_of_program(c->program),
                              .stage = c->stage,
                              .from = im->tree->node[c->instruction].after};
    node_id user = c->stage == UINT32_MAX ? 0 : lists_user(im, &left);

    if (user)
        return str_fmt(a, "line %u may need them", image_line(im, user));
    if (starts_install(im, left.manager))
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
    if (copies_out(im, a, m, lists))
        return S("another stage copies them");
    return removed_why(im, a, c, lists, true);
}
