/* model.c - what a file costs beyond its parsing: instructions a file, over the first 300 of the
 * public corpus, for the parsing, for the model that is made at once, for the rules with all that
 * they ask of the model, for what either asks of the world, and for the guard. Offline, as
 * callgrind counts them. */
#include <stdbool.h>

#include "bench/instructions.h"

enum { FILES = 300 };

static const struct part {
    const char *name, *function;
    bool guarded; /* JSON asks for all edits, which are guarded */
} parts[] = {
    {"parse", "tree_parse", false}, {"model", "image_of", false},  {"rules", "session_ask", false},
    {"world", "ask_world", false},  {"guard", "judge_each", true}, {"whole", "command_run", false},
};
enum { PARSE, MODEL, RULES, WORLD, PARTS = sizeof parts / sizeof parts[0] };

/* The first files, by the names that the corpus gives them. */
static void command_for(char *out, size_t size, bool guarded)
{
    const char *build = getenv("DFIX_BUILD"), *shared = getenv("DFIX_SHARED");
    build = build ? build : "build";
    shared = shared ? shared : "../shared";
    snprintf(out, size,
             "%s/dfix --check --offline --no-config -j1 %s %s/corpus/public/0[012]*.Dockerfile "
             "%s/corpus/public/0300.Dockerfile",
             build, guarded ? "--json" : "", shared, shared);
}

int main(void)
{
    char command[2048], quiet[2100];
    double count[PARTS];

    if (system("valgrind --version >/dev/null 2>&1") != 0) {
        printf("skipped: no valgrind\n");
        return 0;
    }
    command_for(command, sizeof command, false);
    snprintf(quiet, sizeof quiet, "%s >/dev/null 2>&1", command);
    int status = system(quiet); /* an index that is not compiled yet is none of the files' cost */
    if (status == -1)
        return 1;
    for (size_t i = 0; i < PARTS; i++) {
        command_for(command, sizeof command, parts[i].guarded);
        count[i] = instructions_in(parts[i].function, command) / FILES;
        if (count[i] <= 0) {
            printf("%s: not counted: no such files, or no such function\n", parts[i].name);
            return 1;
        }
        printf("%s: %.0f instructions a file, %.1f times the parsing\n", parts[i].name, count[i],
               count[i] / count[PARSE]);
    }
    printf("rules and model, without the world's answers: %.1f times the parsing\n",
           (count[MODEL] + count[RULES] - count[WORLD]) / count[PARSE]);
    return 0;
}
