/* packing.h - how a file is compressed, as its name says. */
#ifndef DFIX_HOST_PACKING_H
#define DFIX_HOST_PACKING_H

#include "dfix/base.h"

enum packing { PACKING_PLAIN, PACKING_GZIP, PACKING_XZ, PACKING_ZSTD, PACKING_LZ4 };

/* By the end of a file's name (".xz"); PLAIN when it has none of them. */
enum packing packing_of(struct str name);

#endif
