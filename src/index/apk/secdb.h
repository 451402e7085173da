/* secdb.h - a file of Alpine's security database, read. Pure. */
#ifndef DFIX_APK_SECDB_H
#define DFIX_APK_SECDB_H

#include "dfix/lookup.h"

struct secdb_fix {
    struct str source; /* origin package */
    struct advisory advisory;
};
struct secdb {
    struct secdb_fix *fix; /* by source, then by version */
    size_t n;
};
/* Entries that are no fix (version "0"), and those whose version or id is not valid, are left out.
 */
bool secdb_parse(struct arena *a, struct str text, struct secdb *out, struct err *e);

struct secdb_range {
    size_t first, end;
};
struct secdb_range secdb_find(const struct secdb *db, struct str source);

#endif
