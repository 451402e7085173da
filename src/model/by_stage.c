/* Things of a file in reading order, found by the stage that they are in and those that it is
 * built on, without a look at the other stages'. */
#include "model/model.h"

struct by_stage *by_stage_of(const struct image *im, struct arena *a, const unsigned *stage,
                             size_t n)
{
    struct by_stage *b = arena_new(a, struct by_stage, 1);
    size_t at = 0;

    *b = (struct by_stage){.first = arena_new(a, size_t, im->nstage + 1),
                           .above = arena_new(a, unsigned, im->nstage + 1)};
    for (unsigned i = 0; i < im->nstage; i++) {
        const struct stage *s = &im->stage[i];
        while (at < n && (stage[at] < i || stage[at] == UINT32_MAX))
            at++;
        b->first[i] = at;
        while (at < n && stage[at] == i)
            at++;
        bool built = s->base == BASE_STAGE;
        unsigned base = built ? s->base_stage : UINT32_MAX;
        bool empty = built && b->first[base] == b->first[base + 1];
        b->first[i + 1] = at;
        b->above[i] = empty ? b->above[base] : base;
    }
    return b;
}

struct stage_walk by_stage_from(const struct by_stage *b, unsigned stage)
{
    return (struct stage_walk){b, b->above[stage], b->first[stage], b->first[stage + 1]};
}

bool by_stage_back(struct stage_walk *w, size_t *out)
{
    while (w->end == w->first) {
        if (w->above == UINT32_MAX)
            return false;
        *w = by_stage_from(w->by, w->above);
    }
    *out = --w->end;
    return true;
}
