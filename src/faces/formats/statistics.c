/* --statistics: how often each rule found something, the most frequent first. */
#include "faces/formats/formats.h"

#include <stdlib.h>

struct count {
    size_t rule, all, fixable;
};
struct counts {
    struct count *v;
    size_t n;
};

static void statistics_begin(struct writer *w)
{
    struct counts *c = arena_new(w->arena, struct counts, 1);
    struct rule_words r;

    while (rule_words(c->n, &r))
        c->n++;
    c->v = arena_new(w->arena, struct count, c->n);
    for (size_t i = 0; i < c->n; i++)
        c->v[i].rule = i;
    w->state = c;
}

static void statistics_file(struct writer *w, const struct report_file *f)
{
    struct counts *c = w->state;

    for (size_t i = 0; i < f->result->nfinding; i++) {
        const struct finding *x = &f->result->finding[i];
        size_t rule = rule_words_index(x->rule);
        if (!format_lists(f, i) || rule >= c->n)
            continue;
        c->v[rule].all++;
        c->v[rule].fixable += x->remedy != REMEDY_NONE || x->applied;
    }
}

static int by_count(const void *x, const void *y)
{
    const struct count *a = x, *b = y;

    if (a->all != b->all)
        return a->all > b->all ? -1 : 1;
    return (a->rule > b->rule) - (a->rule < b->rule);
}

static void statistics_end(struct writer *w, const struct report_sum *sum)
{
    struct counts *c = w->state;
    struct rule_words r;

    (void)sum;
    qsort(c->v, c->n, sizeof(*c->v), by_count);
    for (size_t i = 0; i < c->n && c->v[i].all; i++) {
        rule_words(c->v[i].rule, &r);
        fprintf(w->out, "%7zu  %-18s %s", c->v[i].all, r.id, r.title);
        if (c->v[i].fixable)
            fprintf(w->out, " (%zu fixable)", c->v[i].fixable);
        fputc('\n', w->out);
    }
}

const struct format format_statistics = {
    .name = "statistics",
    .what = "how often each rule found something",
    .begin = statistics_begin,
    .file = statistics_file,
    .end = statistics_end,
    .people = true,
};
