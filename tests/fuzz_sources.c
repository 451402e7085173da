/* fuzz_sources.c - apt's source lists, in both forms, for libFuzzer. */
#include <stdint.h>
#include <stdlib.h>

#include "index/apt/sources.h"

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
        for (size_t i = 0; i < out.list.n; i++) {
            const struct source *x = &out.list.v[i];
            struct str path = sources_list_path(a, S("/lists"), x->uri, x->suite, S("InRelease"));
            if (!x->uri.n || str_ends(x->uri, S("/")) || !x->suite.n || !x->signed_by.p ||
                str_rchr(path, '/') != 6) /* no other folder */
                abort();
        }
    }
    arena_close(a);
    return 0;
}
