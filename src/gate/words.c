/* words.c - what the gate says of a vulnerability, and of how it judges. */
#include "gate/gate.h"

const char *gate_verdict_word(enum gate_verdict v)
{
    static const char *const words[] = {"passed", "accepted", "not judged", "refused"};
    return words[v];
}

static void add_fix(struct buf *b, const struct advisory_match *m)
{
    static const char *const words[] = {[FIX_RELEASED] = "",
                                        [FIX_NONE] = "no fix yet",
                                        [FIX_POSTPONED] = "fix postponed",
                                        [FIX_NEVER] = "will not be fixed",
                                        [FIX_PAID] = "fixed for subscribers only"};

    if (m->fix == FIX_RELEASED && m->fixed.n)
        buf_fmt(b, "; fixed in " STR_FMT, STR_ARG(m->fixed));
    else
        buf_fmt(b, "; %s", words[m->fix][0] ? words[m->fix] : "no fix is named");
}

struct str gate_why(struct arena *a, const struct advisory_match *m, const char *severity)
{
    struct buf b = {.arena = a};

    if (m->verdict == VERDICT_UNKNOWN)
        buf_add(&b, S("not known whether it holds; "));
    buf_fmt(&b, "%s", severity[0] ? severity : "not rated");
    if (m->is.rating.n)
        buf_fmt(&b, " (" STR_FMT ": " STR_FMT ")", STR_ARG(m->is.rated_by), STR_ARG(m->is.rating));
    if (m->is.cvss_score >= 0)
        buf_fmt(&b, ", CVSS %d.%d", m->is.cvss_score / 10, m->is.cvss_score % 10);
    if (m->is.epss >= 0)
        buf_fmt(&b, ", EPSS %d.%d %%", m->is.epss / 1000, m->is.epss / 100 % 10);
    if (m->is.exploited)
        buf_fmt(&b, ", exploited since " STR_FMT,
                STR_ARG(m->is.kev_added.n ? m->is.kev_added : S("some time")));
    add_fix(&b, m);
    if (m->is.published.n)
        buf_fmt(&b, "; published " STR_FMT, STR_ARG(m->is.published));
    if (m->released.n)
        buf_fmt(&b, "; fix out since " STR_FMT, STR_ARG(m->released));
    return buf_str(&b);
}

struct str gate_title(struct arena *a, const struct gate_item *x, struct str today)
{
    const struct support support = {x->packages, x->component->ecosystem, x->ended, S("")};

    if (!x->match)
        return support_text(a, &support, today);
    return str_fmt(a, STR_FMT " in " STR_FMT " " STR_FMT, STR_ARG(x->match->is.id),
                   STR_ARG(x->packages), STR_ARG(x->component->version));
}
