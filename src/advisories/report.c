/* report.c - many components, asked about together. */
#include "dfix/advisory.h"
#include "dfix/lookup.h"

enum { ROUNDS = 8 };

static bool is_said(const struct match_report *out, struct str why)
{
    for (size_t i = 0; i < out->nwhy; i++)
        if (str_eq(out->why[i], why))
            return true;
    return false;
}

static void count(struct match_report *out, enum answer answer, const struct match_list *l)
{
    size_t affected = 0;
    for (size_t i = 0; i < l->n; i++)
        affected += l->v[i].verdict == VERDICT_AFFECTED;
    out->matches += affected;
    if (answer == ANSWER_PENDING || answer == ANSWER_UNAVAILABLE)
        out->unchecked++;
    else if (affected)
        out->affected++;
    else if (l->n)
        out->unknown++;
    else
        out->clean++;
    if (answer == ANSWER_UNAVAILABLE && l->why.n && !is_said(out, l->why))
        out->why[out->nwhy++] = l->why;
    if (l->dated && (!out->dated || l->dated < out->dated))
        out->dated = l->dated;
}

void matches_find(struct arena *a, const struct lookup *l, const struct component *of, size_t n,
                  bool settled, struct match_report *out)
{
    enum answer *answer = arena_new(a, enum answer, n + 1);
    *out = (struct match_report){.list = arena_new(a, struct match_list, n + 1),
                                 .why = arena_new(a, struct str, n + 1)};
    bool pending = true;
    for (size_t i = 0; i < n; i++)
        answer[i] = ANSWER_PENDING;
    for (int round = 0; pending && round < ROUNDS; round++) {
        pending = false;
        for (size_t i = 0; i < n; i++) {
            if (answer[i] == ANSWER_PENDING)
                answer[i] = lookup_matches(l, &of[i], settled, &out->list[i]);
            pending |= answer[i] == ANSWER_PENDING;
        }
        if (pending && (!l || !l->resolve || !l->resolve(l->self)))
            break;
    }
    for (size_t i = 0; i < n; i++)
        count(out, answer[i], &out->list[i]);
}
