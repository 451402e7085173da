/* packages_file.h - a Packages file becomes a store, if it is the file that was signed for. */
#ifndef DFIX_READER_PACKAGES_FILE_H
#define DFIX_READER_PACKAGES_FILE_H

#include "host/packing.h"
#include "index/store/store.h"

struct packages_file {
    int fd; /* at its beginning */
    enum packing packing;
    bool sum_of_packed; /* `sha256` and `size` are of the file as it is, else of what it holds */
    uint8_t sha256[32];
    uint64_t size;
    uint64_t most; /* plain bytes that it may hold */
};
/* NULL with the reason: it is another file, or damaged. */
struct store *packages_file_compile(const struct packages_file *f, const struct store_meta *meta,
                                    struct err *e);

#endif
