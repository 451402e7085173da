/* judge.c - what an interval of an advisory says of a version. */
#include "dfix/advisory.h"

static bool is_beginning(struct str version)
{
    return !version.n || str_eq(version, S("0"));
}

/* A bound that has no place in the order says nothing. */
static bool has_order(struct str ecosystem, const struct advisory_range *r)
{
    return (is_beginning(r->introduced) || ecosystem_valid(ecosystem, r->introduced)) &&
           (!r->fixed.n || ecosystem_valid(ecosystem, r->fixed)) &&
           (!r->last.n || ecosystem_valid(ecosystem, r->last));
}

enum verdict range_judge(struct str ecosystem, struct str version, const struct advisory_range *r)
{
    if (r->exact && str_eq(version, r->introduced))
        return VERDICT_AFFECTED;
    if (!ecosystem_valid(ecosystem, version))
        return r->exact && ecosystem_known(ecosystem) ? VERDICT_NOT_AFFECTED : VERDICT_UNKNOWN;
    if (r->exact) {
        bool same = ecosystem_valid(ecosystem, r->introduced) &&
                    ecosystem_compare(ecosystem, version, r->introduced) == 0;
        return same ? VERDICT_AFFECTED : VERDICT_NOT_AFFECTED;
    }
    if (!has_order(ecosystem, r))
        return VERDICT_UNKNOWN;
    if (!is_beginning(r->introduced) && ecosystem_compare(ecosystem, version, r->introduced) < 0)
        return VERDICT_NOT_AFFECTED;
    if (r->fixed.n && ecosystem_compare(ecosystem, version, r->fixed) >= 0)
        return VERDICT_FIXED;
    if (r->last.n && ecosystem_compare(ecosystem, version, r->last) > 0)
        return VERDICT_NOT_AFFECTED;
    return VERDICT_AFFECTED;
}
