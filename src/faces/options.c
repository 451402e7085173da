#include "faces/options.h"

#include <string.h>

static const struct spec {
    const char *name;
    char letter;
    const char *arg, *group, *help;
} specs[OPTIONS] = {
#define OPTION(id, name, letter, arg, group, help) {name, letter, arg, group, help},
#include "faces/options.def"
#undef OPTION
};

static const struct usage {
    const char *words, *what;
} usages[] = {
    {"dfix [--diff | --fix | --check] [OPTION]... [PATH... | -]",
     "Check or fix Dockerfiles. Folders are searched; without a PATH, the current one."},
    {"dfix rules", "List the rules."},
    {"dfix explain RULE", "Say what a rule does, when it stays silent, and how safe it is."},
    {"dfix index [list | show PACKAGE... | update | verify | prune]",
     "What the cache of package indexes holds: list it, look packages up, fetch what is newer, "
     "check every byte, remove what is damaged or was not used for 30 days."},
    {"dfix tree [--json | --buildkit] FILE", "Show how a file is read."},
};

static int find_long(struct str name)
{
    for (int i = 0; i < OPTIONS; i++)
        if (str_eq(str_of(specs[i].name), name))
            return i;
    return OPTIONS;
}

static int find_letter(char letter)
{
    for (int i = 0; i < OPTIONS; i++)
        if (specs[i].letter && specs[i].letter == letter)
            return i;
    return OPTIONS;
}

static bool parse_long(struct arena *a, struct str word, char ***next, struct command_line *out,
                       struct err *e)
{
    ptrdiff_t eq = str_chr(word, '=');
    struct str name = eq == STR_NONE ? word : str_sub(word, 0, (size_t)eq);
    int id = find_long(name);

    if (id == OPTIONS)
        return err_set(e, "dfix: no option --" STR_FMT "; `dfix --help` lists them", STR_ARG(name));
    out->set[id] = true;
    if (!specs[id].arg)
        return eq == STR_NONE || err_set(e, "dfix: --%s takes no value", specs[id].name);
    if (eq == STR_NONE && !**next)
        return err_set(e, "dfix: --%s needs a value (%s)", specs[id].name, specs[id].arg);
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
        if (!specs[id].arg)
            continue;
        struct str value = str_from(letters, i + 1);
        if (!value.n && !**next)
            return err_set(e, "dfix: -%c needs a value (%s)", letters.p[i], specs[id].arg);
        if (!value.n)
            value = str_of(*(*next)++);
        vec_push(a, &out->value[id], value);
        break;
    }
    return true;
}

bool options_parse(struct arena *a, int argc, char **argv, struct command_line *out, struct err *e)
{
    bool only_words = false;

    *out = (struct command_line){.word = {0}};
    for (char **next = argv + (argc > 0); *next;) {
        struct str word = str_of(*next++);
        if (only_words || word.n < 2 || word.p[0] != '-')
            vec_push(a, &out->word, word);
        else if (str_eq(word, S("--")))
            only_words = true;
        else if (str_starts(word, S("--")) ? !parse_long(a, str_from(word, 2), &next, out, e)
                                           : !parse_letters(a, str_from(word, 1), &next, out, e))
            return false;
    }
    return true;
}

struct str options_value(const struct command_line *c, enum option_id id)
{
    return c->value[id].n ? c->value[id].v[c->value[id].n - 1] : S("");
}

void options_help(FILE *out)
{
    const char *group = "";

    fputs("dfix fixes Dockerfiles: it pins, narrows and hardens what linters only report.\n\n",
          out);
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
        fprintf(out, "  %s\n      %s\n", usages[i].words, usages[i].what);
    for (int i = 0; i < OPTIONS; i++) {
        const struct spec *s = &specs[i];
        char left[64];
        if (strcmp(group, s->group) != 0)
            fprintf(out, "\n%s:\n", s->group);
        group = s->group;
        if (s->letter)
            snprintf(left, sizeof(left), "-%c, --%s%s%s", s->letter, s->name, s->arg ? " " : "",
                     s->arg ? s->arg : "");
        else
            snprintf(left, sizeof(left), "    --%s%s%s", s->name, s->arg ? " " : "",
                     s->arg ? s->arg : "");
        fprintf(out, "  %-26s %s\n", left, s->help);
    }
    fputs("\nExit status: 0 nothing left to do, 1 findings remain or a patch was printed, 2 could "
          "not\n"
          "run. `dfix --fix -` exits 0 whenever it printed the file.\n",
          out);
}

/* roff wants its backslashes and leading dots and dashes told apart from its own. */
static void roff(FILE *out, const char *text)
{
    for (const char *p = text; *p; p++)
        if (*p == '-')
            fputs("\\-", out);
        else if (*p == '\\')
            fputs("\\e", out);
        else if (*p != '`')
            fputc(*p, out);
}

void options_man(FILE *out)
{
    const char *group = "";

    fprintf(out, ".TH DFIX 1 \"\" \"dfix %s\" \"User Commands\"\n", DFIX_VERSION);
    fputs(".SH NAME\ndfix \\- fix Dockerfiles\n.SH SYNOPSIS\n", out);
    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++) {
        fputs(i ? ".br\n" : "", out);
        roff(out, usages[i].words);
        fputc('\n', out);
    }
    fputs(".SH DESCRIPTION\nReads Dockerfiles and proposes the smallest edits that make the image "
          "safer: versions pinned from the signed package index, base images from approved "
          "mirrors, a user that is not root, upgrades narrowed to what needs one.\n.SH OPTIONS\n",
          out);
    for (int i = 0; i < OPTIONS; i++) {
        const struct spec *s = &specs[i];
        if (strcmp(group, s->group) != 0)
            fprintf(out, ".SS %s\n", s->group);
        group = s->group;
        fputs(".TP\n", out);
        if (s->letter)
            fprintf(out, "\\fB\\-%c\\fR, ", s->letter);
        fputs("\\fB\\-\\-", out);
        roff(out, s->name);
        fprintf(out, "\\fR%s%s\n", s->arg ? " " : "", s->arg ? s->arg : "");
        roff(out, s->help);
        fputc('\n', out);
    }
    fputs(".SH EXIT STATUS\n0: nothing left to do; 1: findings remain or a patch was printed; "
          "2: could not run.\n",
          out);
}

struct str options_table(struct arena *a)
{
    struct buf b = {.arena = a};

    buf_add(&b, S("| option | what it does |\n| --- | --- |\n"));
    for (int i = 0; i < OPTIONS; i++) {
        const struct spec *s = &specs[i];
        buf_add(&b, S("| `"));
        if (s->letter)
            buf_fmt(&b, "-%c`, `", s->letter);
        buf_fmt(&b, "--%s%s%s` | %s |\n", s->name, s->arg ? " " : "", s->arg ? s->arg : "",
                s->help);
    }
    return buf_str(&b);
}
