/* manager.c - the table of package managers. */
#include "dfix/calls.h"

const struct manager *const managers[] = {
#define MANAGER(name) &manager_##name,
#define WITHOUT_INDEX(name)
#include "packages/managers.def"
#undef MANAGER
#undef WITHOUT_INDEX
    NULL,
};
static const struct manager *const all[] = {
#define MANAGER(name)       &manager_##name,
#define WITHOUT_INDEX(name) MANAGER(name)
#include "packages/managers.def"
#undef MANAGER
#undef WITHOUT_INDEX
};
enum { ALL = sizeof(all) / sizeof(all[0]) };

unsigned manager_number(const struct manager *m)
{
    unsigned i = 0;

    while (managers[i] && managers[i] != m)
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

const char *manager_code_of(const struct manager_code *codes, const struct manager *m)
{
    while (codes->manager && codes->manager != m)
        codes++;
    return codes->code;
}

static size_t number_of_program(unsigned program)
{
    for (size_t i = 0; i < ALL; i++)
        for (const unsigned *p = all[i]->programs; *p; p++)
            if (*p == program)
                return i;
    return ALL;
}

/* Asked of every command, and by many. */
const struct manager *manager_of_program(unsigned program)
{
    static _Atomic unsigned char known[PROGRAMS]; /* its number and one; 0: not asked yet */

    if (program <= PROGRAM_OTHER || program >= PROGRAMS)
        return NULL;
    size_t number = known[program];
    if (!number) {
        number = number_of_program(program) + 1;
        known[program] = (unsigned char)number;
    }
    return number <= ALL ? all[number - 1] : NULL;
}

bool manager_has_index(const struct manager *m)
{
    return m->purl;
}

enum verb manager_verb(const struct manager *m, struct str word)
{
    for (int v = 0; v < VERB_OTHER; v++)
        if (m->verbs[v] && word_is_one_of(word, m->verbs[v]))
            return (enum verb)v;
    return VERB_OTHER;
}

enum verb command_verb(const struct command *c)
{
    const struct manager *m = manager_of_program(c->program);
    struct str said = m ? command_subcommand(c) : S("");

    return said.n ? manager_verb(m, said) : VERB_OTHER;
}

const struct manager *manager_of_distro(struct str distro)
{
    for (size_t i = 0; managers[i]; i++)
        if (managers[i]->serves(distro))
            return managers[i];
    return NULL;
}
