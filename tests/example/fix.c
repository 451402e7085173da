/* Reads a Dockerfile from standard input, says on standard error what is wrong with it, and prints
 * it with every safe fix that needs to know nothing of the world.
 *
 *     cc fix.c $(pkg-config --cflags --libs dfix) -o fix */
#include <dfix/dfix.h>

#include <stdio.h>

int main(void)
{
    struct arena *a = arena_open(); /* all that is made below lives in it */
    struct buf text = {.arena = a};
    char chunk[4096];

    for (size_t n; (n = fread(chunk, 1, sizeof(chunk), stdin)) > 0;)
        buf_add(&text, (struct str){chunk, n});

    struct settings settings = {.offline = true, .today = S("")};
    struct result r = dfix_fix(a, buf_str(&text), &dfix_rules, &settings, NULL);
    for (size_t i = 0; i < r.nfinding; i++)
        if (!r.finding[i].skip)
            fprintf(stderr, "%u: %s: %.*s%s\n", r.finding[i].start.line, r.finding[i].rule,
                    STR_ARG(r.finding[i].title), r.finding[i].applied ? " (fixed)" : "");
    fwrite(r.text.p, 1, r.text.n, stdout);
    arena_close(a);
    return 0;
}
