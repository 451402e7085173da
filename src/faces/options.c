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
    {"dfix tree [--json | --buildkit] FILE", "Show how a file is read."},
