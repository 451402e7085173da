/* WWW-Authenticate and Link headers of any bytes. */
#include <stdlib.h>

#include "registry/challenge.h"
#include "registry/tags.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_open();
    struct challenge out[CHALLENGES_MAX];
    struct str text = str_dup(a, (struct str){(const char *)data, n});
    size_t found = challenge_parse(a, text, out, CHALLENGES_MAX);
    if (found > CHALLENGES_MAX)
        abort();
    for (size_t i = 0; i < found; i++)
        if (!out[i].scheme.n || str_chr(out[i].realm, '\n') != STR_NONE)
            abort();
    struct str next = tags_next(a, text, S("a/b"));
    if (next.n && (!str_starts(next, S("tags/list?")) || str_chr(next, ' ') != STR_NONE))
        abort();
    arena_close(a);
    return 0;
}
