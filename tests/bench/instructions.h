/* instructions.h - how many instructions a program spends in one of its functions, tree_parse for
 * the most part, counted by callgrind: repeatable, where time is not. */
#ifndef DFIX_BENCH_INSTRUCTIONS_H
#define DFIX_BENCH_INSTRUCTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the command line, whose program must not be another than the one that parses; 0: no
 * valgrind here. What it prints is thrown away. */
static inline double instructions_in(const char *function, const char *command)
{
    char line[4096];
    double n = 0;
    snprintf(line, sizeof(line),
             "valgrind --tool=callgrind --callgrind-out-file=/dev/null "
             "--toggle-collect=%s %s 2>&1 >/dev/null",
             function, command);
    FILE *f = popen(line, "r");
    if (!f)
        return 0;
    while (fgets(line, sizeof(line), f)) {
        const char *collected = strstr(line, "Collected : ");
        if (collected)
            n = strtod(collected + strlen("Collected : "), NULL);
    }
    pclose(f);
    return n;
}

static inline double instructions_of(const char *command)
{
    return instructions_in("tree_parse", command);
}

#endif
