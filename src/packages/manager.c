/* manager.c - the table of package managers. */
#include "dfix/manager.h"

const struct manager *const managers[] = {
#define MANAGER(name) &manager_##name,
#include "packages/managers.def"
#undef MANAGER
    NULL,
};

unsigned manager_number(const struct manager *m)
{
    unsigned i = 0;

    while (managers[i] != m)
        i++;
    return i;
}

const struct manager *manager_numbered(unsigned number)
{
    for (unsigned i = 0; managers[i]; i++)
        if (i == number)
            return managers[i];
    return NULL;
}

const struct manager *manager_of_program(unsigned program)
{
    for (size_t i = 0; managers[i]; i++)
        for (const unsigned *p = managers[i]->programs; *p; p++)
            if (*p == program)
                return managers[i];
    return NULL;
}

const struct manager *manager_of_distro(struct str distro)
{
    for (size_t i = 0; managers[i]; i++)
        if (managers[i]->serves(distro))
            return managers[i];
    return NULL;
}
