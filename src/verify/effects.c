/* What commands do that no program of the image reads: caches, lists, logs, output. */
#include "parts.h"

#include "dfix/calls.h"

static const struct manager *const all[] = {
#define MANAGER(name)       &manager_##name,
#define WITHOUT_INDEX(name) &manager_##name,
#include "packages/managers.def"
#undef MANAGER
#undef WITHOUT_INDEX
};
enum { ALL = sizeof(all) / sizeof(all[0]) };

static const struct manager *tidied_by(const struct command *c)
{
    for (size_t i = 0; i < ALL; i++)
        if (all[i]->cleans && all[i]->cleans(c))
            return all[i];
    return NULL;
}

/* `rm` may take away more than the lists: each of its operands must be a cache's. */
static bool removes_only(const struct command *c, const struct manager *m)
{
    const struct field *const *word;
    size_t n = command_operands(c, &word);

    if (c->program != PROGRAM_RM)
        return c->program != PROGRAM_FIND;
    for (size_t i = 0; i < n; i++) {
        struct str path = word[i]->value.text;
        bool lists = m->lists_folder && str_starts(path, str_of(m->lists_folder)), cache = false;
        struct str folders = str_of(m->caches), folder;
        while (str_cut(&folders, ' ', &folder))
            cache |= folder.n && folder.p[0] == '/' && str_starts(path, folder);
        if (word[i]->value.certainty != VALUE_KNOWN || (!lists && !cache) ||
            str_find(path, S("..")) != STR_NONE)
            return false;
    }
    return n > 0;
}

bool group_tidies(const struct group *g)
{
    static const unsigned harmless =
        WRAP_SUDO | WRAP_ENV | WRAP_SH_C | WRAP_HEREDOC | WRAP_EXEC_FORM;
    const struct manager *m = g->command ? tidied_by(g->command) : NULL;

    for (size_t i = 0; i < g->n; i++)
        if (g->piece[i].kind == PIECE_REDIRECT)
            return false;
    unsigned around = g->command ? g->command->wrappers : 0;
    return m && !(around & ~harmless) && removes_only(g->command, m);
}

struct str group_tidies_too_early(const struct comparison *c, const struct unit *y,
                                  const struct group *g)
{
    const struct manager *m = tidied_by(g->command);
    const struct command *last = NULL;

    for (size_t i = 0; i < y->n; i++) {
        const struct command *k = y->group[i].command;
        if (!k || manager_of_program(k->program) != m || tidied_by(k))
            continue;
        if (&y->group[i] > g)
            return str_fmt(c->arena, STR_FMT " comes later",
                           STR_ARG(group_shown(c->arena, &y->group[i])));
        last = k;
    }
    return last ? call_keeps(c->after.image, c->arena, last) : S("");
}

/* ---- options ---- */

/* Options that decide only what is printed, cached or logged. The first word: a program. */
static const char *const idle[] = {
    "apk --no-cache --no-progress -q --quiet",
    "pip --no-cache-dir --no-color --disable-pip-version-check",
    "wget --progress --show-progress -nv --no-verbose -q --quiet",
    "curl --progress-bar -# --no-progress-meter -s --silent -S --show-error",
    "useradd -l --no-log-init",
};

/* Is it an option that the line has for it? */
static bool is_idle(struct str program, struct str option)
{
    ptrdiff_t eq = str_chr(option, '=');
    struct str name = eq == STR_NONE ? option : str_sub(option, 0, (size_t)eq);

    if (str_starts(program, S("pip")))
        program = S("pip");
    for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++) {
        struct str rest = str_of(idle[i]), word;
        str_cut(&rest, ' ', &word);
        if (str_eq(word, program))
            return words_have(rest, name);
    }
    return false;
}

/* Does the word only say yes where the command asks, and nobody is there to answer? */
static bool says_yes(const struct command *k, struct str option)
{
    const struct manager *m = manager_of_program(k->program);

    if (m == &manager_apt)
        return command_verb(k) != VERB_OTHER && word_is_one_of(option, "-y --yes --assume-yes");
    return m && *m->yes && word_is_one_of(command_subcommand(k), m->asks) &&
           (str_eq(option, str_of(m->yes)) ||
            word_is_one_of(option, "--assumeyes --non-interactive"));
}

const struct command *option_taker(const struct group *g, const struct part *p)
{
    const struct command *k = g->command;
    const struct command *started = k && str_starts(p->text, S("--")) ? command_executed(k) : NULL;

    return started ? started : k;
}

enum difference_kind option_matters(const struct group *g, const struct part *p, bool added)
{
    const struct command *k = option_taker(g, p);

    if (!k || p->kind != PIECE_WORD || !str_starts(p->text, S("-")))
        return DIFFERENCE_BEHAVIOUR;
    if (is_idle(k->name, p->text))
        return DIFFERENCE_CACHES;
    return added && says_yes(k, p->text) ? DIFFERENCE_LAYOUT : DIFFERENCE_BEHAVIOUR;
}
