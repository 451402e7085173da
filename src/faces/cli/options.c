/* The words of a command line, held against the table. */
#include "faces/options.h"

#include <string.h>

const struct option_spec option_specs[OPTIONS] = {
#define OPTION(id, name, letter, arg, group, help) {name, letter, arg, group, help},
#include "faces/options.def"
#undef OPTION
};

static int find_long(struct str name)
{
    for (int i = 0; i < OPTIONS; i++)
        if (str_eq(str_of(option_specs[i].name), name))
            return i;
    return OPTIONS;
}

static int find_letter(char letter)
{
    for (int i = 0; i < OPTIONS; i++)
        if (option_specs[i].letter && option_specs[i].letter == letter)
            return i;
    return OPTIONS;
}

static bool no_option(struct str name, struct err *e)
{
    struct str known[OPTIONS];

    for (int i = 0; i < OPTIONS; i++)
        known[i] = str_of(option_specs[i].name);
    struct str near = str_nearest(name, known, OPTIONS);
    if (near.n)
        return err_set(e, "dfix: no option --" STR_FMT "; did you mean --" STR_FMT "?",
                       STR_ARG(name), STR_ARG(near));
    return err_set(e, "dfix: no option --" STR_FMT "; `dfix --help` lists them", STR_ARG(name));
}

static bool parse_long(struct arena *a, struct str word, char ***next, struct command_line *out,
                       struct err *e)
{
    ptrdiff_t eq = str_chr(word, '=');
    struct str name = eq == STR_NONE ? word : str_sub(word, 0, (size_t)eq);
    int id = find_long(name);

    if (id == OPTIONS)
        return no_option(name, e);
    out->set[id] = true;
    if (!option_specs[id].arg)
        return eq == STR_NONE || err_set(e, "dfix: --%s takes no value", option_specs[id].name);
    if (eq == STR_NONE && option_specs[id].arg[0] == '[') /* a value only behind `=` */
        return true;
    if (eq == STR_NONE && !**next)
        return err_set(e, "dfix: --%s needs a value (%s)", option_specs[id].name,
                       option_specs[id].arg);
    struct str value = eq == STR_NONE ? str_of(*(*next)++) : str_from(word, (size_t)eq + 1);
    vec_push(a, &out->value[id], value);
    return true;
}

static bool parse_letters(struct arena *a, struct str letters, char ***next,
                          struct command_line *out, struct err *e)
{
    for (size_t i = 0; i < letters.n; i++) {
        int id = find_letter(letters.p[i]);
        if (id == OPTIONS)
            return err_set(e, "dfix: no option -%c; `dfix --help` lists them", letters.p[i]);
        out->set[id] = true;
        if (!option_specs[id].arg)
            continue;
        struct str value = str_from(letters, i + 1);
        if (!value.n && !**next)
            return err_set(e, "dfix: -%c needs a value (%s)", letters.p[i], option_specs[id].arg);
        if (!value.n)
            value = str_of(*(*next)++);
        vec_push(a, &out->value[id], value);
        break;
    }
    return true;
}

bool options_parse(struct arena *a, int argc, char **argv, struct command_line *out, struct err *e)
{
    bool only_words = false, good = true;
    struct err later; /* the first one is told; the rest of the line is read all the same */

    *out = (struct command_line){.word = {0}};
    for (char **next = argv + (argc > 0); *next;) {
        struct str word = str_of(*next++);
        if (only_words || word.n < 2 || word.p[0] != '-')
            vec_push(a, &out->word, word);
        else if (str_eq(word, S("--"))) {
            only_words = true;
            out->only_paths = !out->word.n;
        } else if (str_starts(word, S("--")))
            good &= parse_long(a, str_from(word, 2), &next, out, good ? e : &later);
        else
            good &= parse_letters(a, str_from(word, 1), &next, out, good ? e : &later);
    }
    return good;
}

/* What a run over files does, and a command has no use for. */
static bool is_of_runs(int id, struct str command)
{
    static const enum option_id runs[] = {OPT_DIFF,           OPT_FIX,        OPT_CHECK,
                                          OPT_WATCH,          OPT_SHOW_FILES, OPT_SHOW_SETTINGS,
                                          OPT_STDIN_FILENAME, OPT_CACHED};
    static const enum option_id told[] = {OPT_BASELINE, OPT_WRITE_BASELINE, OPT_CHANGED, OPT_REPORT,
                                          OPT_STATISTICS};
    bool checks = str_eq(command, S("report")); /* which runs over files, too */

    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++)
        if (id == (int)runs[i])
            return true;
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
        if (id == (int)told[i])
            return !checks;
    return (id == OPT_OUTPUT && !word_is_one_of(command, "rules accept gate")) ||
           (id == OPT_FORMAT && !word_is_one_of(command, "rules accept gate verify pr")) ||
           (id == OPT_JSON && !word_is_one_of(command, "rules accept gate verify pr tree"));
}

/* As a variable without a value leaves it: what it was to say would be passed over. An editor may
 * have no name for a file; some options have words of their own for it. */
static bool is_left_empty(const struct command_line *c, int id)
{
    bool own = id == OPT_STDIN_FILENAME || id == OPT_SELECT || id == OPT_IGNORE ||
               id == OPT_PLATFORM || id == OPT_JOBS;

    return !own && c->value[id].n && !options_value(c, (enum option_id)id).n;
}

static bool reads_input(const struct command_line *c)
{
    bool input = c->set[OPT_STDIN_FILENAME];

    for (size_t i = 0; i < c->word.n; i++)
        input |= str_eq(c->word.v[i], S("-"));
    return input;
}

bool options_fit(const struct command_line *c, const char *command, struct err *e)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_spec *s = &option_specs[i];
        bool own = strncmp(s->group, "dfix ", 5) == 0;
        if (c->set[i] && own && strcmp(s->group + 5, command) != 0)
            return err_set(e, "dfix: --%s is an option of `%s`", s->name, s->group);
        if (c->set[i] && command[0] && is_of_runs(i, str_of(command)))
            return err_set(e, "dfix: `dfix %s` takes no --%s", command, s->name);
    }
    for (int i = 0; i < OPTIONS; i++)
        if (c->set[i] && is_left_empty(c, i))
            return err_set(e, "dfix: --%s needs a value (%s)", option_specs[i].name,
                           option_specs[i].arg);
    if (c->set[OPT_WATCH] && reads_input(c))
        return err_set(e, "dfix: --watch is for files: standard input is read once");
    return true;
}

struct str options_value(const struct command_line *c, enum option_id id)
{
    return c->value[id].n ? c->value[id].v[c->value[id].n - 1] : S("");
}
