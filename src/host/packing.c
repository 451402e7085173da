/* packing.c - how a file is compressed. */
#include "host/packing.h"

enum packing packing_of(struct str name)
{
    static const struct {
        struct str end;
        enum packing packing;
    } ends[] = {{{".gz", 3}, PACKING_GZIP},
                {{".xz", 3}, PACKING_XZ},
                {{".zst", 4}, PACKING_ZSTD},
                {{".lz4", 4}, PACKING_LZ4}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_ends(name, ends[i].end))
            return ends[i].packing;
    return PACKING_PLAIN;
}
