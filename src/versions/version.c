/* version.c - one door to the version orders. */
#include "dfix/version.h"

#include "dfix/manager.h"

int version_compare(const struct manager *m, struct str a, struct str b)
{
    return m->version_compare(a, b);
}

bool version_valid(const struct manager *m, struct str version)
{
    return m->version_valid(version);
}
