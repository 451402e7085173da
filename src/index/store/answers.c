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

struct str index_question(struct arena *a, const struct release *r, arch_set archs,
                          const struct source *extra, size_t nextra)
{
    struct buf b = {.arena = a};
    buf_fmt(&b, STR_FMT "\n" STR_FMT "\n" STR_FMT "\n%x", STR_ARG(r->distro), STR_ARG(r->codename),
            STR_ARG(r->version), archs);
    for (size_t i = 0; i < nextra; i++) {
        const struct source *x = &extra[i];
        buf_fmt(&b, "\n%d %x\n" STR_FMT "\n" STR_FMT "\n" STR_FMT "\n" STR_FMT, x->replaces,
                x->archs, STR_ARG(x->uri), STR_ARG(x->suite), STR_ARG(x->components),
                STR_ARG(x->signed_by));
    }
    return buf_str(&b);
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
