/* accepted.c - of which vulnerability an acceptance speaks. */
#include "dfix/gate.h"

static bool is_version_of(const struct acceptance *x, struct str package, struct str version)
{
    return str_eq(x->package, package) && (!x->version.n || str_eq(x->version, version));
}

bool acceptance_names(const struct acceptance *x, const struct accept_subject *of)
{
    if (x->id.n && !str_ieq(x->id, of->id) && !str_listed(of->aliases, x->id))
        return false;
    return !x->package.n || is_version_of(x, of->package, of->version) ||
           is_version_of(x, of->source, of->source_version);
}
