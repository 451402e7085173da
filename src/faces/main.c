/* dfix: the program. */
#include "faces/faces.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct subcommand {
    const char *name;
    int (*run)(struct arena *a, const struct command_line *c);
} commands[] = {
    {"", command_run}, /* no command: the words are paths */
    {"rules", command_rules}, {"explain", command_explain},
    {"tree", command_tree},   {"index", command_index},
};

static const struct subcommand *command_of(const struct command_line *c)
{
    for (size_t i = 1; c->word.n && !c->only_paths && i < sizeof(commands) / sizeof(commands[0]);
         i++)
        if (str_eq(c->word.v[0], str_of(commands[i].name)))
            return &commands[i];
    return &commands[0];
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
        options_man(stdout);
        return EXIT_CLEAN;
    }
    const struct subcommand *command = command_of(c);
    struct err e;
    if (!options_fit(c, command->name, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return EXIT_FAILED;
    }
    if (command->name[0]) {
        c->word.v++;
        c->word.n--;
    }
    return command->run(a, c);
}

/* What is opened next would take the place of a standard stream that is closed, and be written
 * to in its stead. These are open and fail: reading and writing say EBADF as before. */
static void hold_standard_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            _exit(EXIT_FAILED);
}

int main(int argc, char **argv)
{
    hold_standard_streams();
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
