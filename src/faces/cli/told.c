/* What is told of one file: its findings in order, and each reason why something was left alone
 * once an instruction, with how often it holds. */
#include "faces/faces.h"

#include <stdlib.h>

enum { NAMES = 3 };

static struct str reason_of(const struct finding *f)
{
    return str_from(f->message, f->subject);
}

static int by_reason(const void *x, const void *y)
{
    const struct finding *a = *(const struct finding *const *)x;
    const struct finding *b = *(const struct finding *const *)y;

    if (a->instruction != b->instruction)
        return a->instruction < b->instruction ? -1 : 1;
    int c = str_cmp(str_of(a->rule), str_of(b->rule));
    if (!c)
        c = str_cmp(reason_of(a), reason_of(b));
    return c ? c : (a > b) - (a < b);
}

static bool is_same_reason(const struct finding *a, const struct finding *b)
{
    return a->instruction == b->instruction && str_eq(str_of(a->rule), str_of(b->rule)) &&
           str_eq(reason_of(a), reason_of(b));
}

/* " (also: git, jq and 3 more)" */
static struct str others(struct arena *a, const struct finding *const *v, size_t n)
{
    struct buf b = {.arena = a};

    if (n < 2)
        return S("");
    if (!v[0]->subject)
        return str_fmt(a, " (%zu times)", n);
    for (size_t i = 1; i < n && i <= NAMES; i++)
        buf_fmt(&b, "%s" STR_FMT, i > 1 ? ", " : " (also: ", (int)v[i]->subject, v[i]->message.p);
    if (n > NAMES + 1)
        buf_fmt(&b, " and %zu more", n - NAMES - 1);
    buf_char(&b, ')');
    return buf_str(&b);
}

struct told *told_of(struct arena *a, const struct result *r)
{
    struct told *told = arena_new(a, struct told, r->nfinding);
    const struct finding **skip = arena_new(a, const struct finding *, r->nfinding);
    size_t n = 0;

    for (size_t i = 0; i < r->nfinding; i++) {
        told[i] = (struct told){.count = !r->finding[i].skip, .also = S("")};
        if (r->finding[i].skip)
            skip[n++] = &r->finding[i];
    }
    if (n)
        qsort(skip, n, sizeof(*skip), by_reason);
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && is_same_reason(skip[i], skip[end]);)
            end++;
        told[skip[i] - r->finding] = (struct told){end - i, others(a, skip + i, end - i)};
    }
    return told;
}
