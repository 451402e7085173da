/* merge.c - a release is made of several indexes: their rows for one name, as offers. */
#include "index/store/store.h"

#include "dfix/manager.h"

#include <stdlib.h>

/* Where a record of this index can be installed. An "all" package is part of
 * each architecture's own index; only a flat archive's says nothing itself. */
static arch_set record_archs(const struct store_meta *meta, struct str arch)
{
    if (meta->arch.n)
        return arch_of(meta->arch);
    return str_eq(arch, S("all")) || str_eq(arch, S("noarch")) ? ~(arch_set)0 : arch_of(arch);
}

struct row {
    struct offer offer;
    const struct manager *manager;
    size_t part;
};

static int same_place(const struct offer *a, const struct offer *b)
{
    int d = str_cmp(a->suite, b->suite);
    d = d ? d : str_cmp(a->component, b->component);
    return d ? d : str_cmp(a->from, b->from);
}

/* Newest first; one version's rows together, in the order of the parts. */
static int by_version(const void *x, const void *y)
{
    const struct row *a = x, *b = y;
    int d = version_compare(a->manager, b->offer.version, a->offer.version);
    if (!d)
        d = str_cmp(a->offer.version, b->offer.version);
    return d ? d : (a->part > b->part) - (a->part < b->part);
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

typedef VEC(struct row) row_vec;
typedef VEC(struct str) str_vec;

static struct offer offer_of(const struct store_part *part, const struct store_meta *meta,
                             const struct store_record *r, arch_set on)
{
    return (struct offer){.version = r->version,
                          .suite = part->suite,
                          .component = part->component,
                          .source = r->source,
                          .source_version = r->source_version,
                          .archs = on,
                          .security = part->security,
                          .dated = meta->dated,
                          .made = r->made,
                          .from = part->from.n ? part->from : S("")};
}

/* False: a record of that name has no version that could be compared, be it that the index is
 * wrong or that the file on disk is damaged. */
static bool gather_rows(struct arena *a, const struct manager *m, const struct store_part *part,
                        size_t which, arch_set archs, struct str name, row_vec *rows)
{
    struct store_meta meta = store_meta(part->store);
    struct store_range run = store_find(part->store, name);
    for (uint32_t i = run.first; i < run.end; i++) {
        struct store_record r = store_record(part->store, i);
        arch_set on = record_archs(&meta, r.arch) & archs;
        if (!on)
            continue;
        if (!version_valid(m, r.version) || !version_valid(m, r.source_version))
            return false;
        vec_push(a, rows, (struct row){offer_of(part, &meta, &r, on), m, which});
    }
    return true;
}

static enum answer refuse(struct arena *a, const struct store_part *part, struct str name,
                          struct package_info *out)
{
    if (store_damaged(part->store)) {
        *out =
            (struct package_info){.why = str_fmt(a,
                                                 "the cached index of " STR_FMT
                                                 " is damaged; remove it with `dfix index prune`",
                                                 STR_ARG(part->suite))};
        return ANSWER_UNAVAILABLE;
    }
    *out = (struct package_info){.why = str_fmt(a,
                                                "the index of " STR_FMT " has " STR_FMT
                                                " with a version that is not valid",
                                                STR_ARG(part->suite), STR_ARG(name))};
    return ANSWER_UNAVAILABLE;
}

/* Does the record provide the name in its own version? */
static bool provides_version(struct arena *a, const struct store_part *part, struct str name,
                             uint32_t provider)
{
    struct store_record r = store_provider(part->store, provider);
    struct store_range run = store_providers(
        part->store, str_fmt(a, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(r.version)));
    bool provides = false;

    for (uint32_t i = run.first; i < run.end && !provides; i++) {
        struct store_record x = store_provider(part->store, i);
        provides = str_eq(x.name, r.name) && str_eq(x.version, r.version) && str_eq(x.arch, r.arch);
    }
    return provides;
}

/* apk takes the only package that provides a name in its own version as one of that name. False:
 * one that provides it has another name, or no such version. */
static bool gather_provided(struct arena *a, const struct manager *m, const struct store_part *part,
                            size_t which, arch_set archs, struct str name, struct str only,
                            row_vec *rows)
{
    struct store_meta meta = store_meta(part->store);
    struct store_range run = store_providers(part->store, name);

    for (uint32_t i = run.first; i < run.end; i++) {
        struct store_record r = store_provider(part->store, i);
        arch_set on = record_archs(&meta, r.arch) & archs;
        if (!on)
            continue;
        if (!str_eq(r.name, only) || !version_valid(m, r.version) ||
            !provides_version(a, part, name, i))
            return false;
        vec_push(a, rows, (struct row){offer_of(part, &meta, &r, on), m, which});
    }
    return true;
}

static void gather_providers(struct arena *a, const struct manager *m,
                             const struct store_part *part, arch_set archs, struct str name,
                             str_vec *names)
{
    struct store_meta meta = store_meta(part->store);
    struct store_range run = store_providers(part->store, name);
    for (uint32_t i = run.first; i < run.end; i++) {
        struct store_record r = store_provider(part->store, i);
        if (m->name_valid(r.name) && (record_archs(&meta, r.arch) & archs))
            vec_push(a, names, r.name);
    }
}

/* The last of its architectures counts; what one does not tell is not known of the whole. */
static int64_t last_made(int64_t a, int64_t b)
{
    if (!a || !b)
        return 0;
    return a > b ? a : b;
}

/* Rows of the same version, suite and component differ in architecture alone. */
static size_t fold_rows(const row_vec *rows, struct offer *offer)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const struct offer *o = &rows->v[i].offer;
        size_t j = n;
        while (j > 0 && str_eq(offer[j - 1].version, o->version) && same_place(&offer[j - 1], o))
            j--;
        if (j > 0 && str_eq(offer[j - 1].version, o->version)) {
            offer[j - 1].archs |= o->archs;
            offer[j - 1].made = last_made(offer[j - 1].made, o->made);
        } else
            offer[n++] = *o;
    }
    return n;
}

/* Each name once, by byte order; gives how many. */
static size_t fold_names(str_vec *names)
{
    size_t n = 0;

    if (names->n)
        qsort(names->v, names->n, sizeof *names->v, by_bytes);
    for (size_t i = 0; i < names->n; i++)
        if (!n || !str_eq(names->v[n - 1], names->v[i]))
            names->v[n++] = names->v[i];
    return n;
}

enum answer store_merge_needs(const struct store_part *part, size_t npart, const struct question *q,
                              struct package_needs *out)
{
    for (size_t i = 0; i < npart; i++) {
        struct store_meta meta = store_meta(part[i].store);
        struct store_range run = store_find(part[i].store, q->name);
        for (uint32_t k = run.first; k < run.end; k++) {
            struct store_record r = store_record(part[i].store, k);
            if (!str_eq(r.version, q->version) || !(record_archs(&meta, r.arch) & q->archs))
                continue;
            return store_needs(part[i].store, k, out) ? ANSWER_FOUND : ANSWER_UNAVAILABLE;
        }
    }
    return ANSWER_ABSENT;
}

size_t store_merge_file(struct arena *a, const struct store_part *part, size_t npart,
                        const struct question *q, struct store_file *out)
{
    for (size_t i = 0; i < npart; i++) {
        struct store_meta meta = store_meta(part[i].store);
        struct store_range run = store_find(part[i].store, q->name);
        for (uint32_t k = run.first; k < run.end; k++) {
            struct store_record r = store_record(part[i].store, k);
            if (str_eq(r.version, q->version) && (record_archs(&meta, r.arch) & q->archs) &&
                store_file(a, part[i].store, k, out))
                return i;
        }
    }
    return npart;
}

static int64_t newest_date(const struct store_part *part, size_t npart)
{
    int64_t newest = 0;
    for (size_t i = 0; i < npart; i++) {
        int64_t dated = store_meta(part[i].store).dated;
        if (dated > newest)
            newest = dated;
    }
    return newest;
}

static int64_t oldest_fetch(const struct store_part *part, size_t npart)
{
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < npart; i++) {
        int64_t fetched = store_meta(part[i].store).fetched;
        if (fetched < oldest)
            oldest = fetched;
    }
    return oldest;
}

enum answer store_merge(struct arena *a, const struct manager *m, const struct store_part *part,
                        size_t npart, arch_set archs, struct str name, struct package_info *out)
{
    row_vec rows = {0}, by_provider = {0};
    str_vec names = {0};
    for (size_t i = 0; i < npart; i++) {
        bool read = gather_rows(a, m, &part[i], i, archs, name, &rows);
        gather_providers(a, m, &part[i], archs, name, &names);
        if (!read || store_damaged(part[i].store))
            return refuse(a, &part[i], name, out);
    }
    size_t nprovider = fold_names(&names);
    row_vec *of = rows.n ? &rows : &by_provider;
    bool provided = !rows.n && nprovider == 1;
    for (size_t i = 0; i < npart && provided; i++)
        provided = gather_provided(a, m, &part[i], i, archs, name, names.v[0], &by_provider);
    if (!rows.n && !provided)
        by_provider.n = 0;
    if (of->n)
        qsort(of->v, of->n, sizeof *of->v, by_version);
    struct offer *offer = arena_new(a, struct offer, of->n);
    size_t noffer = fold_rows(of, offer);
    *out = (struct package_info){.offer = offer,
                                 .noffer = noffer,
                                 .provider = names.v,
                                 .nprovider = nprovider,
                                 .why = S(""),
                                 .dated = newest_date(part, npart),
                                 .fetched = oldest_fetch(part, npart)};
    return noffer || nprovider ? ANSWER_FOUND : ANSWER_ABSENT;
}
