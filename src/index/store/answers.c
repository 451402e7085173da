/* Remembers answers of an index service by question. */
#include "index/store/answers.h"

enum { SLOTS = 1024 };

struct known {
    struct known *next;
    struct str name;
    enum answer answer;
    struct package_info info;
};
struct index_answers {
    struct known *slot[SLOTS];
};

static bool same_source(const struct source *x, const struct source *y)
{
    return x->replaces == y->replaces && x->archs == y->archs && str_eq(x->uri, y->uri) &&
           str_eq(x->suite, y->suite) && str_eq(x->components, y->components) &&
           str_eq(x->signed_by, y->signed_by);
}

bool index_same_question(const struct question *x, const struct question *y)
{
    bool same = x->archs == y->archs && x->nsource == y->nsource &&
                str_eq(x->release->codename, y->release->codename) &&
                str_eq(x->release->version, y->release->version) &&
                str_eq(x->release->distro, y->release->distro);
    for (size_t i = 0; same && i < x->nsource; i++)
        same = same_source(&x->source[i], &y->source[i]);
    return same;
}

struct question index_question_dup(struct arena *a, const struct question *q)
{
    struct question copy = *q;
    struct release *r = arena_new(a, struct release, 1);
    struct source *source = arena_new(a, struct source, q->nsource + 1);
    *r = (struct release){str_dup(a, q->release->distro), str_dup(a, q->release->version),
                          str_dup(a, q->release->codename)};
    for (size_t i = 0; i < q->nsource; i++) {
        const struct source *x = &q->source[i];
        source[i] = *x;
        source[i].uri = str_dup(a, x->uri);
        source[i].suite = str_dup(a, x->suite);
        source[i].components = str_dup(a, x->components);
        source[i].signed_by = str_dup(a, x->signed_by);
        source[i].tag = str_dup(a, x->tag);
    }
    copy.release = r;
    copy.source = source;
    copy.name = S("");
    return copy;
}

struct index_answers *index_answers_new(struct arena *a)
{
    return arena_new(a, struct index_answers, 1);
}

enum answer index_answer(struct arena *a, struct index_answers *given, const struct manager *m,
                         const struct store_part *part, size_t npart, arch_set archs,
                         struct str name, struct package_info *out)
{
    struct known **slot = &given->slot[str_hash(name) % SLOTS], *k = *slot;
    while (k && !str_eq(k->name, name))
        k = k->next;
    if (!k) {
        k = arena_new(a, struct known, 1);
        k->name = str_dup(a, name);
        k->answer = store_merge(a, m, part, npart, archs, k->name, &k->info);
        k->next = *slot;
        *slot = k;
    }
    *out = k->info;
    return k->answer;
}
