/* dfix: the program. */
#include "faces/faces.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name;
    int (*run)(struct arena *a, const struct command_line *c);
} commands[] = {
    {"rules", command_rules},
    {"explain", command_explain},
    {"tree", command_tree},
    {"index", command_index},
};

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
        options_man(stdout);
        return EXIT_CLEAN;
    }
    for (size_t i = 0; c->word.n && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!str_eq(c->word.v[0], str_of(commands[i].name)))
            continue;
        c->word.v++;
        c->word.n--;
        return commands[i].run(a, c);
    }
    return command_run(a, c);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    struct command_line c;
    struct err e;
    int status = EXIT_FAILED;

    if (options_parse(a, argc, argv, &c, &e))
        status = run(a, &c);
    else
        fprintf(stderr, "%s\n", e.text);
    arena_close(a);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("dfix: standard output");
        status = EXIT_FAILED;
    }
    return status;
}
