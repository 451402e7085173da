/* hadolint_cases.h - the cases of hadolint's own rule tests that lie beside the project. */
#ifndef DFIX_TEST_HADOLINT_CASES_H
#define DFIX_TEST_HADOLINT_CASES_H

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cmocka_all.h"

/* Hands each case of the rule (NULL: of all) over; how many there were. Skips the test when there
 * is no corpus. */
static inline unsigned hadolint_cases(const char *rule,
                                      void (*check)(const char *rule, json_t *one))
{
    FILE *f = fopen(DFIX_SHARED "/corpus/hadolint-cases.jsonl", "r");
    static char line[1 << 16];
    unsigned seen = 0;

    if (!f) {
        print_message("skipped: no shared corpus\n");
        skip();
    }
    while (fgets(line, sizeof(line), f)) {
        json_t *one = json_loads(line, 0, NULL);
        const char *id = json_string_value(json_object_get(one, "rule"));
        if (id && (!rule || strcmp(id, rule) == 0)) {
            check(id, one);
            seen++;
        }
        json_decref(one);
    }
    fclose(f);
    return seen;
}

/* Each RUN becomes an ONBUILD RUN, as hadolint's tests have it. */
static inline struct str in_onbuild(struct arena *a, struct str text)
{
    struct buf b = {.arena = a};
    struct str line;

    while (str_cut(&text, '\n', &line))
        buf_fmt(&b, "%s" STR_FMT "\n", str_starts(line, S("RUN ")) ? "ONBUILD " : "",
                STR_ARG(line));
    return buf_str(&b);
}

#endif
