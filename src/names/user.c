/* user.c - names and numbers of users, as those read them who start a container: a sign before a
 * number is taken. */
#include "dfix/username.h"

struct str user_name(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? user : str_sub(user, 0, (size_t)colon);
}

struct str user_group(struct str user)
{
    ptrdiff_t colon = str_chr(user, ':');
    return colon == STR_NONE ? S("") : str_from(user, (size_t)colon + 1);
}

bool user_is_number(struct str name)
{
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] < '0' || name.p[i] > '9')
            return false;
    return name.n > 0 && name.n <= 10;
}

bool user_is_root(struct str user)
{
    struct str name = user_name(user);

    if (!name.n || str_eq(name, S("root")))
        return true;
    if (name.n > 1 && (name.p[0] == '+' || name.p[0] == '-'))
        name = str_from(name, 1);
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] != '0')
            return false;
    return true;
}
