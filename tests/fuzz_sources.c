/* fuzz_sources.c - apt's source lists, in both forms, for libFuzzer. */
#include <stdint.h>
#include <stdlib.h>

#include "dfix/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_open();
    struct str text = {(const char *)data, size};

    for (int form = 0; form < 2; form++) {
        struct source_list out = {.broken = false};
        if (form)
            sources_read_deb822(a, text, &out);
        else
            sources_read_lines(a, text, &out);
        for (size_t i = 0; i < out.list.n; i++)
            if (!out.list.v[i].uri.n || !out.list.v[i].suite.n || !out.list.v[i].signed_by.p)
                abort();
    }
    arena_close(a);
    return 0;
}
