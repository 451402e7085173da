/* accepted.c - what is vulnerable and accepted, here or in the lock file that names it. */
#include "dfix/inventory.h"

static struct accept_subject subject_of(const struct component *is, const struct vulnerability *v)
{
    struct str none = S("");

    return (struct accept_subject){.id = v->id,
                                   .aliases = v->aliases,
                                   .package = is->name,
                                   .source = is->source.n ? is->source : is->name,
                                   .version = is->version,
                                   .source_version =
                                       is->source_version.n ? is->source_version : is->version,
                                   .file = none,
                                   .origin = is->brought == BROUGHT_BY_LOCK ? is->by : none,
                                   .image = none,
                                   .digest = none};
}

static bool speaks_of(const struct accepted *x, const struct accept_subject *of)
{
    return acceptance_names(x->is, of) &&
           (x->here || (of->origin.n && glob_fits_path(x->is->where, of->origin)));
}

void inventory_accept(struct arena *a, const struct accepted *v, size_t n, struct accept_use *use,
                      const struct component *is, node_id at, struct match_list *list)
{
    struct advisory_match *left;
    size_t nleft = 0;

    if (!n || !list->n)
        return;
    left = arena_new(a, struct advisory_match, list->n);
    for (size_t i = 0; i < list->n; i++) {
        struct accept_subject of = subject_of(is, &list->v[i].is);
        bool accepted = false;
        for (size_t k = 0; k < n; k++) {
            if (!speaks_of(&v[k], &of))
                continue;
            accepted |= !v[k].fault.n;
            if (use)
                use[k].met = true;
            if (use && v[k].fault.n && !use[k].lacking)
                use[k].lacking = at;
        }
        if (!accepted)
            left[nleft++] = list->v[i];
    }
    list->v = left;
    list->n = nleft;
}
