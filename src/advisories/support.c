/* support.c - how long a distribution looks after a package, in words. */
#include "dfix/advisory.h"

bool support_has_ended(const struct match_list *l, struct str today)
{
    return l->support_end.n && str_cmp(l->support_end, today) <= 0;
}

struct str support_text(struct arena *a, const struct support *s, struct str today)
{
    struct buf b = {.arena = a};

    if (!s->end.n && !s->why.n)
        return S("");
    buf_fmt(&b, "Security support of " STR_FMT " in " STR_FMT, STR_ARG(s->name),
            STR_ARG(s->ecosystem));
    if (s->end.n)
        buf_fmt(&b, " %s on " STR_FMT, str_cmp(s->end, today) <= 0 ? "ended" : "ends",
                STR_ARG(s->end));
    else
        buf_add(&b, S(" is limited"));
    buf_fmt(&b, "%s" STR_FMT, s->why.n ? ": " : "", STR_ARG(s->why));
    return buf_str(&b);
}
