/* dfix: its commands, and what every run of it begins and ends with. */
#include "faces/faces.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static const struct subcommand {
    const char *name;
    int (*run)(struct arena *a, const struct command_line *c);
} commands[] = {
    {"", command_run}, /* no command: the words are paths */
    {"rules", command_rules}, {"explain", command_explain},       {"tree", command_tree},
    {"init", command_init},   {"completion", command_completion}, {"schema", command_schema},
    {"index", command_index}, {"advisories", command_advisories}, {"accept", command_accept},
    {"gate", command_gate},   {"report", command_report},         {"lsp", command_lsp},
    {"pr", command_pr},       {"verify", command_verify},
};

static const struct subcommand *command_of(const struct command_line *c)
{
    for (size_t i = 1; c->word.n && !c->only_paths && i < sizeof(commands) / sizeof(commands[0]);
         i++)
        if (str_eq(c->word.v[0], str_of(commands[i].name)))
            return &commands[i];
    return &commands[0];
}

/* The words are not ones that anything can be done with. */
static int refuse(const struct command_line *c, const char *why)
{
    say_error(why);
    if (filter_asked(c))
        filter_give_back(S(""));
    return EXIT_FAILED;
}

/* Paths, policies and repositories are found from there on. */
static bool has_folder(struct err *e)
{
    char here[PATH_MAX];

    return getcwd(here, sizeof(here)) ||
           err_set(e, "dfix: the working directory has no name: %s; go to one that is there",
                   strerror(errno));
}

static int run(struct arena *a, struct command_line *c)
{
    if (c->set[OPT_HELP]) {
        options_help(stdout);
        return EXIT_CLEAN;
    }
    if (c->set[OPT_VERSION]) {
        puts("dfix " DFIX_VERSION);
        return EXIT_CLEAN;
    }
    if (c->set[OPT_MAN]) {
        bool policy = c->word.n == 1 && str_eq(c->word.v[0], S("dfix.yaml"));
        if (c->word.n && !policy)
            return refuse(c, "dfix: --man takes no word but dfix.yaml");
        (policy ? policy_man : options_man)(stdout);
        return EXIT_CLEAN;
    }
    const struct subcommand *command = command_of(c);
    struct err e;
    if (!has_folder(&e))
        return refuse(c, e.text);
    if (c->set[OPT_IMPORT_HADOLINT])
        return import_hadolint(a, c);
    if (!options_fit(c, command->name, &e))
        return refuse(c, e.text);
    if (command->name[0]) {
        c->word.v++;
        c->word.n--;
    }
    return command->run(a, c);
}

int dfix_program(int argc, char **argv)
{
    streams_open();
    struct arena *a = arena_open();
    struct command_line c;
    struct err e;
    bool good = options_parse(a, argc, argv, &c, &e);

    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow fails alone */
    if (filter_asked(&c))
        streams_join();
    int status = good ? run(a, &c) : refuse(&c, e.text);
    arena_close(a);
    return streams_end() ? status : EXIT_FAILED;
}
